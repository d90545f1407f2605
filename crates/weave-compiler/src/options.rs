//! What a caller of the compiler chooses: the names in scope, the mode of the
//! top level, and which optimisations run.

use crate::resolve::{Mode, Slot};
use weave_bytecode::signature::Signature;

/// Optimisations that can be switched off by name. No program can tell
/// whether one is on, but for its speed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OptFlags {
    /// Arithmetic on number literals is done by the compiler where it
    /// succeeds.
    pub fold: bool,
    /// Instructions with small numbers and constants in them, fused
    /// compare-and-jump, counting loops, operations on cells.
    pub superinstructions: bool,
    /// Calls of functions in slots and captured variables without reading
    /// them first.
    pub known_calls: bool,
    /// A chain of pipeline operators becomes one loop over its source, not a chain
    /// of streams.
    pub fuse: bool,
    /// Chains of several statements become one loop, where each is named for the
    /// next one alone.
    pub forward: bool,
    /// Lambdas written as a stage become part of the pipeline's loop, small
    /// known functions part of the code that calls them.
    pub inline: bool,
    /// Captured values, what else other frames own and nothing changes, and
    /// large numbers in loops stay in a register between reads.
    pub captures: bool,
    /// Named arguments and defaults of known functions find their parameters
    /// when the call is compiled.
    pub arguments: bool,
    /// Rows of files are made with those fields only that the pass over them
    /// reads.
    pub projection: bool,
}

impl Default for OptFlags {
    fn default() -> OptFlags {
        OptFlags {
            fold: true,
            superinstructions: true,
            known_calls: true,
            fuse: true,
            forward: true,
            inline: true,
            captures: true,
            arguments: true,
            projection: true,
        }
    }
}

impl OptFlags {
    /// The names that [`OptFlags::disable`] knows.
    pub const NAMES: &'static [&'static str] = &[
        "fold",
        "superinstructions",
        "known-calls",
        "fuse",
        "forward",
        "inline",
        "captures",
        "arguments",
        "projection",
    ];

    /// Everything switched off.
    pub const fn none() -> OptFlags {
        OptFlags {
            fold: false,
            superinstructions: false,
            known_calls: false,
            fuse: false,
            forward: false,
            inline: false,
            captures: false,
            arguments: false,
            projection: false,
        }
    }

    /// Switches one off by its name; says whether there is one of that name.
    pub fn disable(&mut self, name: &str) -> bool {
        match name {
            "fold" => self.fold = false,
            "superinstructions" => self.superinstructions = false,
            "known-calls" => self.known_calls = false,
            "fuse" => self.fuse = false,
            "forward" => self.forward = false,
            "inline" => self.inline = false,
            "captures" => self.captures = false,
            "arguments" => self.arguments = false,
            "projection" => self.projection = false,
            _ => return false,
        }
        true
    }
}

/// The names that earlier entries of a REPL declared, with their slots.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Session {
    /// In the order of their slots.
    pub slots: Vec<Slot>,
}

/// How a source is compiled.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options<'a> {
    /// Core and host functions by name and parameters.
    pub core: &'a [Signature],
    /// Those of them, without parameters, whose bare mention is a call:
    /// `args[0]`, `stdin ?> f`. `name(…)` calls what the mention gives.
    pub values: &'a [&'a str],
    /// The names so far, where the source is an entry of a session.
    pub session: Option<&'a Session>,
    /// How the top level is treated; an entry of a session has [`Mode::Session`]
    /// whatever stands here.
    pub mode: Mode,
    /// Which optimisations run.
    pub optimise: OptFlags,
    /// Whether the program returns the value of its last statement. An entry of
    /// a session also keeps it under the name `_` unless it is nil, and the
    /// next entry may begin with a pipe operator that takes it.
    pub value: bool,
}
