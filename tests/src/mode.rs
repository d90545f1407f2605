//! Modes: the ways in which the same program must do the same.

use weave_compiler::OptFlags;

/// One way of compiling and running a program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// As a user runs it.
    Normal,
    /// Every optimisation of the compiler off.
    NoOpt,
    /// One optimisation off, by its name in [`OptFlags::NAMES`].
    Without(&'static str),
    /// A collection before every allocation.
    GcStress,
    /// The interpreter's loop as one `match`.
    Match,
    /// The VM on a thread with 256 KiB of stack.
    SmallStack,
    /// Measured by the profiler, whose sums must agree.
    Profiled,
    /// Compiled, written to a file and read back, which must give the same chunk.
    Chunk,
}

impl Mode {
    /// All modes, the plain one first.
    pub fn all() -> Vec<Mode> {
        let fixed =
            [Mode::Normal, Mode::NoOpt, Mode::GcStress, Mode::Match, Mode::SmallStack, Mode::Profiled, Mode::Chunk];
        fixed.into_iter().chain(OptFlags::NAMES.iter().map(|name| Mode::Without(name))).collect()
    }

    /// The name that a test's name starts with.
    pub fn name(self) -> String {
        match self {
            Mode::Normal => "normal".to_owned(),
            Mode::NoOpt => "no-opt".to_owned(),
            Mode::Without(name) => format!("no-opt={name}"),
            Mode::GcStress => "gc-stress".to_owned(),
            Mode::Match => "match".to_owned(),
            Mode::SmallStack => "small-stack".to_owned(),
            Mode::Profiled => "profiled".to_owned(),
            Mode::Chunk => "chunk".to_owned(),
        }
    }

    /// The optimisations that run.
    pub fn optimisations(self) -> OptFlags {
        let mut flags = OptFlags::default();
        match self {
            Mode::NoOpt => flags = OptFlags::none(),
            Mode::Without(name) => assert!(flags.disable(name), "no optimisation is called {name}"),
            Mode::Normal | Mode::GcStress | Mode::Match | Mode::SmallStack | Mode::Profiled | Mode::Chunk => {}
        }
        flags
    }

    /// Whether programs of a folder run in this mode. A program that builds a
    /// large heap would be collected once for each of its objects.
    pub fn runs(self, folder: &str) -> bool {
        !(self == Mode::GcStress && folder == "limits")
    }
}
