//! Runs the generated programs: sources at the sizes where an encoding with
//! small fields would break, and sources beyond the compiler's limits.
#![forbid(unsafe_code)]

use libtest_mimic::{Arguments, Failed, Trial};
use std::process::ExitCode;
use weave_tests::file;
use weave_tests::generated::{Generated, programs, refused};
use weave_tests::mode::Mode;
use weave_tests::runner::run_source;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for mode in [Mode::Normal, Mode::NoOpt] {
        for program in programs() {
            let name = format!("{}::{}", mode.name(), program.name);
            trials.push(Trial::test(name, move || prints(&program, mode)));
        }
    }
    for (name, source) in refused() {
        trials.push(Trial::test(format!("refused::{name}"), move || is_refused(&source)));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn prints(program: &Generated, mode: Mode) -> Result<(), Failed> {
    let outcome = run_source(&program.source, file::home(), mode);
    if let Some((message, line)) = outcome.compile_errors.first().or(outcome.error.as_ref()) {
        return Err(format!("line {line}: {message}").into());
    }
    if outcome.stdout.trim_end() != program.printed {
        return Err(format!("expected `{}`, found `{}`", program.printed, outcome.stdout.trim_end()).into());
    }
    Ok(())
}

/// A source beyond the limits gets compile errors, and few.
fn is_refused(source: &str) -> Result<(), Failed> {
    match run_source(source, file::home(), Mode::Normal).compile_errors.len() {
        1..=3 => Ok(()),
        many => Err(format!("{many} compile errors").into()),
    }
}
