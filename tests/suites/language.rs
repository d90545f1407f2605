//! Runs the language suite: each program of `tests/language` is one test per
//! mode, under its own name.
#![forbid(unsafe_code)]

use libtest_mimic::{Arguments, Failed, Trial};
use std::path::Path;
use std::process::ExitCode;
use weave_tests::check::check;
use weave_tests::file;
use weave_tests::mark::Marks;
use weave_tests::mode::Mode;
use weave_tests::runner::run;

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
    // Programs name data files relative to this folder.
    if let Err(error) = std::env::set_current_dir(folder.join("data")) {
        eprintln!("{}: {error}", folder.display());
        return ExitCode::FAILURE;
    }
    let mut trials = Vec::new();
    for mode in Mode::all() {
        for path in &programs {
            let name = file::name(path, &folder);
            if mode.runs(name.split('/').next().unwrap_or_default()) {
                let path = path.clone();
                trials.push(Trial::test(format!("{}::{name}", mode.name()), move || behaves(&path, mode)));
            }
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// The test that a program does what its marks say.
fn behaves(path: &Path, mode: Mode) -> Result<(), Failed> {
    let marks = read(path)?;
    Ok(check(&marks, &run(path, mode)?)?)
}

/// The marks of a program, of which there must be at least one.
fn read(path: &Path) -> Result<Marks, Failed> {
    let source = std::fs::read_to_string(path)?;
    let marks = Marks::read(&source)?;
    if marks.is_empty() {
        return Err("a program without a mark tests nothing".into());
    }
    Ok(marks)
}
