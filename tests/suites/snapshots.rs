//! Compares what is said about the programs in `tests/errors`, and the code of
//! those in `tests/listings`, with the text beside each. `BLESS=1` writes the texts anew; the difference is then read
//! like code.
#![forbid(unsafe_code)]

use libtest_mimic::{Arguments, Failed, Trial};
use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};
use weave_tests::file;
use weave_tests::runner::{explain, listing};

/// What stands beside a program: made of its source and its path.
type Show = fn(&str, &Path) -> String;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let bless = env::var_os("BLESS").is_some_and(|value| value == "1");
    let home = file::home();
    let mut trials = Vec::new();
    let kinds: [(&str, Show); 2] = [("errors", explain), ("listings", listing)];
    for (folder, show) in kinds {
        let programs = match file::below(&home.join(folder), "wv") {
            Ok(programs) => programs,
            Err(error) => {
                eprintln!("{folder}: {error}");
                return ExitCode::FAILURE;
            }
        };
        let named = programs.into_iter().map(|path| (file::name(&path, home), path));
        trials.extend(named.map(|(name, path)| Trial::test(name, move || compare(&path, show, bless))));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn compare(path: &Path, show: Show, bless: bool) -> Result<(), Failed> {
    let source = fs::read_to_string(path)?;
    let shown = show(&source, path);
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
