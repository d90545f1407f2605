//! Runs the programs of the documents: each ```` ```weave ```` block of
//! `docs/` and of the readme is one test, named after its file and line.
#![forbid(unsafe_code)]

use libtest_mimic::{Arguments, Trial};
use std::path::Path;
use std::process::ExitCode;
use std::{fs, io};
use weave_tests::block::{Block, blocks};
use weave_tests::check::check;
use weave_tests::file;
use weave_tests::mark::Marks;
use weave_tests::mode::Mode;
use weave_tests::runner::{Outcome, compile_errors, run_source};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    match trials() {
        Ok(trials) => libtest_mimic::run(&arguments, trials).exit_code(),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn trials() -> io::Result<Vec<Trial>> {
    let mut documents = file::below(&file::root().join("docs"), "md")?;
    let readme = file::root().join("README.md");
    if readme.exists() {
        documents.push(readme);
    }
    let mut trials = Vec::new();
    for document in documents {
        let name = document.strip_prefix(file::root()).unwrap_or(&document).display().to_string();
        let found =
            blocks(&fs::read_to_string(&document)?).map_err(|error| io::Error::other(format!("{name}: {error}")))?;
        trials.extend(found.into_iter().map(|block| trial(Path::new(&name), block)));
    }
    Ok(trials)
}

/// The test that a block does what its marks say, or that it compiles.
fn trial(document: &Path, block: Block) -> Trial {
    let name = format!("{}:{}", document.display(), block.line);
    Trial::test(name, move || {
        let marks = Marks::read(&block.source)?;
        let path = file::root().join("docs/block.wv");
        if block.compile_only {
            let errors = compile_errors(&block.source, &path);
            return Ok(check(&marks, &Outcome { compile_errors: errors, ..Outcome::default() })?);
        }
        Ok(check(&marks, &run_source(&block.source, &path, Mode::Normal))?)
    })
}
