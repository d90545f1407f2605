//! Modes: the ways in which the same program must do the same.

/// One way of compiling and running a program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// As a user runs it.
    Normal,
    /// Every optimisation of the compiler off.
    NoOpt,
    /// A collection before every allocation.
    GcStress,
    /// The interpreter's loop as one `match`.
    Match,
    /// The VM on a thread with 256 KiB of stack.
    SmallStack,
    /// Measured by the profiler, whose sums must agree.
    Profiled,
}

impl Mode {
    /// All modes, the plain one first.
    pub const ALL: [Mode; 6] =
        [Mode::Normal, Mode::NoOpt, Mode::GcStress, Mode::Match, Mode::SmallStack, Mode::Profiled];

    /// The name that a test's name starts with.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Normal => "normal",
            Mode::NoOpt => "no-opt",
            Mode::GcStress => "gc-stress",
            Mode::Match => "match",
            Mode::SmallStack => "small-stack",
            Mode::Profiled => "profiled",
        }
    }

    /// Whether programs of a folder run in this mode. A program that builds a
    /// large heap would be collected once for each of its objects.
    pub fn runs(self, folder: &str) -> bool {
        !(self == Mode::GcStress && folder == "limits")
    }
}
