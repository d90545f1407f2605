//! Compares what is said about the programs in `tests/errors` with the text
//! beside each. `BLESS=1` writes the texts anew; the difference is then read
//! like code.
#![forbid(unsafe_code)]

use libtest_mimic::{Arguments, Failed, Trial};
use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};
use weave_tests::file;
use weave_tests::runner::explain;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let folder = file::home().join("errors");
    let programs = match file::below(&folder, "wv") {
        Ok(programs) => programs,
        Err(error) => {
            eprintln!("{}: {error}", folder.display());
            return ExitCode::FAILURE;
        }
    };
    let bless = env::var_os("BLESS").is_some_and(|value| value == "1");
    let trials = programs
        .into_iter()
        .map(|path| Trial::test(file::name(&path, &folder), move || compare(&path, bless)))
        .collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn compare(path: &Path, bless: bool) -> Result<(), Failed> {
    let source = fs::read_to_string(path)?;
    let shown = explain(&source, path);
    let beside = path.with_extension("txt");
    if bless {
        return Ok(fs::write(&beside, shown)?);
    }
    let expected = fs::read_to_string(&beside).unwrap_or_default();
    if shown == expected {
        return Ok(());
    }
    Err(format!("--- expected\n{expected}--- found\n{shown}").into())
}
