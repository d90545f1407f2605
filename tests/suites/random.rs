//! Runs random programs and compares with the model, in every mode.
//!
//! `WEAVE_RANDOM=n` makes n programs instead of a few hundred;
//! `WEAVE_SEED=s` starts at another seed.
#![forbid(unsafe_code)]

use libtest_mimic::{Arguments, Failed, Trial};
use std::fmt::Write;
use std::process::ExitCode;
use weave_tests::file;
use weave_tests::mode::Mode;
use weave_tests::random::{grow, run};
use weave_tests::runner::run_source;

/// How many programs one test runs.
const BATCH: u64 = 25;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let number = |name: &str, default| std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(default);
    let (first, count): (u64, u64) = (number("WEAVE_SEED", 0), number("WEAVE_RANDOM", 300));
    let mut trials = Vec::new();
    for mode in Mode::all() {
        for start in (first..first.saturating_add(count)).step_by(BATCH as usize) {
            let name = format!("{}::seeds {start}..{}", mode.name(), start + BATCH);
            trials.push(Trial::test(name, move || (start..start + BATCH).try_for_each(|seed| agrees(seed, mode))));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// The interpreter prints what the model prints, and ends with the same kind
/// of error.
fn agrees(seed: u64, mode: Mode) -> Result<(), Failed> {
    let program = grow(seed);
    let Some(expected) = run(&program) else { return Ok(()) };
    let source = program.to_string();
    let outcome = run_source(&source, file::home(), mode);
    if let Some((message, line)) = outcome.compile_errors.first() {
        return Err(format!("seed {seed}: line {line}: {message}\n{source}").into());
    }
    let mut found = outcome.stdout;
    if let Some((message, _)) = &outcome.error {
        let known = [("64 bits", "overflow"), ("zero", "zero")];
        let kind = known.into_iter().find(|(words, _)| message.contains(words));
        let _ = writeln!(found, "error: {}", kind.map_or(message.as_str(), |(_, kind)| kind));
    }
    if found == expected {
        return Ok(());
    }
    Err(format!("seed {seed}\n--- expected\n{expected}--- found\n{found}--- source\n{source}").into())
}
