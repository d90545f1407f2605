//! The runner: one program from its text to what it did.

/// What a program did.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Outcome {
    /// All that it printed.
    pub stdout: String,
    /// The message of the error that ended it and the line that failed,
    /// counted from 1.
    pub error: Option<(String, usize)>,
    /// The errors that kept it from running, each with its line.
    pub compile_errors: Vec<(String, usize)>,
}
