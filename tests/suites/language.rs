//! Runs the language suite: each program of `tests/language` is one test per
//! mode, under its own name.
#![forbid(unsafe_code)]

use libtest_mimic::{Arguments, Failed, Trial};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use weave_tests::mark::Marks;
use weave_tests::{file, mark};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let folder = file::home().join("language");
    let programs = match file::below(&folder, "wv") {
        Ok(programs) => programs,
        Err(error) => {
            eprintln!("{}: {error}", folder.display());
            return ExitCode::FAILURE;
        }
    };
    let trials = programs.into_iter().map(|path| marked(&folder, path)).collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// The test that a program says what it must do.
fn marked(folder: &Path, path: PathBuf) -> Trial {
    let name = format!("marks::{}", file::name(&path, folder));
    Trial::test(name, move || read(&path).map(drop))
}

/// The marks of a program, of which there must be at least one.
fn read(path: &Path) -> Result<mark::Marks, Failed> {
    let source = std::fs::read_to_string(path)?;
    let marks = Marks::read(&source)?;
    if marks.is_empty() {
        return Err("a program without a mark tests nothing".into());
    }
    Ok(marks)
}
