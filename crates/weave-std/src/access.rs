//! What a program may reach.
//!
//! A sandbox holds by construction: its machine gets other functions. Those that only
//! work outside are replaced by [`no_files`] and its like, which can do nothing but
//! refuse; `read` and `write`, which take open files too, are made over [`Files`], and
//! over [`Sandbox`] there is no code in them that opens anything.

use crate::atomic::Target;
use crate::file::failed;
use crate::input::Input;
use std::fs;
use weave_vm::error::{ErrorKind, Raise};
use weave_vm::native::{Step, Value};

/// What a program may reach, and what it is told.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// The script's arguments.
    pub args: Vec<String>,
    /// Only standard input and output: no files, no environment, no clock.
    pub sandbox: bool,
}

/// How `read` and `write` open what a path names.
pub(crate) trait Files {
    /// Opens a file for reading.
    ///
    /// # Errors
    /// `:io` where that fails or is forbidden.
    fn open(step: &Step<'_>, path: &str) -> Result<Input, Raise>;

    /// Begins a file that takes the place of the old one when it is whole.
    ///
    /// # Errors
    /// As [`Files::open`].
    fn create(step: &Step<'_>, path: &str) -> Result<Target, Raise>;
}

/// The system's files.
pub(crate) struct Outside;

impl Files for Outside {
    fn open(_: &Step<'_>, path: &str) -> Result<Input, Raise> {
        match fs::File::open(path) {
            Ok(file) => Ok(Input::file(file, path)),
            Err(e) => Err(failed("read", path, &e)),
        }
    }

    fn create(_: &Step<'_>, path: &str) -> Result<Target, Raise> {
        Target::create(path).map_err(|e| failed("write", path, &e))
    }
}

/// None.
pub(crate) struct Sandbox;

impl Files for Sandbox {
    fn open(step: &Step<'_>, _: &str) -> Result<Input, Raise> {
        Err(refused(step, "files"))
    }

    fn create(step: &Step<'_>, _: &str) -> Result<Target, Raise> {
        Err(refused(step, "files"))
    }
}

fn refused(step: &Step<'_>, what: &str) -> Raise {
    Raise::new(ErrorKind::Io, format!("{}: {what} can't be used in a sandbox", step.name()))
        .help("run the script without `--sandbox`, or hand it the data on standard input")
}

/// In place of a function that needs files.
pub(crate) fn no_files<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    Err(refused(step, "files"))
}

/// In place of `env`.
pub(crate) fn no_environment<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    Err(refused(step, "the environment"))
}

/// In place of `clock`.
pub(crate) fn no_clock<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    Err(refused(step, "the clock"))
}
