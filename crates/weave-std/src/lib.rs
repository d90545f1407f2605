//! The outside world of Weave programs: files, processes and the environment.
//! An embedder that leaves this crate out leaves all of it out.
#![forbid(unsafe_code)]

pub mod formats;
pub mod import;
pub mod shell;

/// Natives without parameters that stand for a value: the compiler makes a bare
/// mention of one a call, so that `args[0]` and `env.HOME` read as they do.
pub const VALUES: &[&str] = &["stdin", "stdout", "stderr", "args", "env", "input"];
