//! What a program may reach.

use weave_vm::error::{ErrorKind, Raise};
use weave_vm::native::Step;

/// What a program may reach, and what it is told.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// The script's arguments.
    pub args: Vec<String>,
    /// Only standard input and output: no files, no environment, no clock.
    pub sandbox: bool,
}

/// The flag that stands for [`Access::sandbox`] in the machine.
pub(crate) const SANDBOX: &str = "std.sandbox";

/// An error in a sandbox.
pub(crate) fn allowed(step: &Step<'_>, what: &str) -> Result<(), Raise> {
    if step.lasting(SANDBOX).is_some_and(|v| v.is_true()) {
        return Err(Raise::new(ErrorKind::Io, format!("{}: {what} can't be used in a sandbox", step.name()))
            .help("run the script without `--sandbox`, or hand it the data on standard input"));
    }
    Ok(())
}
