//! No program can tell how it runs: programs of the suite with expressions
//! exchanged do the same with every optimisation off, with the other form of
//! the loop, with a collection at every allocation, and from a saved chunk. Errors
//! stand at the same place.
//!
//! `WEAVE_SPLICES=n` makes n variants of each program instead of 25.
#![forbid(unsafe_code)]

use libtest_mimic::{Arguments, Failed, Trial};
use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};
use weave_tests::file;
use weave_tests::hostile::Dice;
use weave_tests::mode::Mode;
use weave_tests::runner::{core_outcome, depends_on_limits};
use weave_tests::splice::splices;

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
    let count = env::var("WEAVE_SPLICES").ok().and_then(|n| n.parse().ok()).unwrap_or(25);
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

fn variants(path: &Path, count: usize, seed: u64) -> Result<(), Failed> {
    let source = fs::read_to_string(path)?;
    for text in splices(&source, count, &mut Dice::new(seed + 77)) {
        // Where a limit strikes may differ.
        let Some(normal) = core_outcome(&text, Mode::Normal) else { continue };
        for mode in [Mode::NoOpt, Mode::Match, Mode::GcStress, Mode::Chunk] {
            match core_outcome(&text, mode) {
                Some(other) if other != normal && !depends_on_limits(&text) => {
                    let name = mode.name();
                    let clip = |text: &str| text.chars().take(2_000).collect::<String>();
                    let (normal, other) = (clip(&normal), clip(&other));
                    return Err(format!("{text}\n--- normal\n{normal}\n--- {name}\n{other}").into());
                }
                _ => {}
            }
        }
    }
    Ok(())
}
