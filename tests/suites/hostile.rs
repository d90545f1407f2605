//! Feeds the compiler what no author writes: every program of the suite cut
//! off at every character and with bytes replaced. It answers with a chunk
//! or with errors, quickly, and never panics.
//!
//! `WEAVE_HOSTILE=n` makes n mutations of each program instead of a few.
#![forbid(unsafe_code)]

use libtest_mimic::{Arguments, Failed, Trial};
use std::fs;
use std::panic::catch_unwind;
use std::path::Path;
use std::process::ExitCode;
use weave_compiler::error::CompileError;
use weave_compiler::parser::parse;
use weave_compiler::symbols::Names;
use weave_compiler::{Options, compile};
use weave_tests::file;
use weave_tests::hostile::{Dice, mutations, prefixes};

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
    let count = std::env::var("WEAVE_HOSTILE").ok().and_then(|n| n.parse().ok()).unwrap_or(20);
    let trials = programs
        .into_iter()
        .enumerate()
        .map(|(index, path)| {
            let name = file::name(&path, &folder);
            Trial::test(name, move || variants(&path, count, index as u64))
        })
        .collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Parses every prefix and compiles every mutation of one program.
fn variants(path: &Path, count: usize, seed: u64) -> Result<(), Failed> {
    let source = fs::read_to_string(path)?;
    for prefix in prefixes(&source) {
        survives(prefix, |text| parse(text, &mut Names::default()).errors)?;
    }
    for text in mutations(&source, count, &mut Dice::new(seed + 1)) {
        survives(&text, |text| compile(text, "hostile.wv", &Options::default()).err().unwrap_or_default())?;
    }
    Ok(())
}

/// The spans of all errors lie inside the text, and nothing panics.
fn survives(text: &str, errors_of: fn(&str) -> Vec<CompileError>) -> Result<(), Failed> {
    let errors = catch_unwind(|| errors_of(text)).map_err(|_| format!("the compiler panicked on {text:?}"))?;
    match errors.iter().find(|error| error.span().end as usize > text.len()) {
        Some(error) => Err(format!("an error lies outside of {text:?}: {error:?}").into()),
        None => Ok(()),
    }
}
