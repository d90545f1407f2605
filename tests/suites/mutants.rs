//! Files that were chunks once, and sources that were programs: whatever they are,
//! they are refused with a reason or run within their limits. The fuzz targets do
//! the same with inputs of their own making, and `just mutants` with a million.
//!
//! `WEAVE_MUTANTS=n` tries so many mutated chunks instead of 100,000.
#![forbid(unsafe_code)]

use libtest_mimic::{Arguments, Failed, Trial};
use std::panic::catch_unwind;
use std::process::ExitCode;
use std::sync::{Arc, LazyLock};
use weave_tests::file;
use weave_tests::fuzzing;
use weave_tests::hostile::{Dice, mutations};
use weave_tests::mutants::{Parents, Tally, Ways, try_file};
use weave_tests::splice::splices;

/// Mutants of one test.
const BATCH: u64 = 5_000;
/// Of each hundred, those that must verify and run at least.
const LEAST: u64 = 5;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let count = std::env::var("WEAVE_MUTANTS").ok().and_then(|n| n.parse().ok()).unwrap_or(100_000_u64);
    let parents = Arc::new(LazyLock::new(|| Parents::of_the_suite().expect("the programs of the suite")));
    let mut trials = Vec::new();
    for from in (0..count).step_by(BATCH as usize) {
        let parents = Arc::clone(&parents);
        trials
            .push(Trial::test(format!("chunks from {from}"), move || chunks(&parents, from, BATCH.min(count - from))));
    }
    let programs = match file::below(&file::home().join("language"), "wv") {
        Ok(programs) => programs,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    // The rest of the targets on a part of the programs each.
    for (i, paths) in programs.chunks(programs.len().div_ceil(16)).enumerate() {
        let paths = paths.to_vec();
        trials.push(Trial::test(format!("sources {i}"), move || {
            let mut dice = Dice::new(i as u64 + 1);
            paths.iter().try_for_each(|path| sources(&std::fs::read_to_string(path)?, &mut dice))
        }));
    }
    trials.push(Trial::test("bytes", bytes));
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn chunks(parents: &Parents, from: u64, count: u64) -> Result<(), Failed> {
    if parents.count() < 50 {
        return Err(format!("only {} programs", parents.count()).into());
    }
    let mut tally = Tally::default();
    for number in from..from + count {
        let ways = Ways { by_match: number % 4 < 2, stressed: (number / 2).is_multiple_of(16) };
        let tried = catch_unwind(|| try_file(&parents.mutant(number), ways));
        let tried = tried.unwrap_or_else(|_| Err("it panicked".to_owned()));
        tally.add(tried.map_err(|what| format!("mutant {number}: {what}"))?);
    }
    if tally.ran() * 100 < tally.total() * LEAST {
        return Err(format!("too few run: {tally}").into());
    }
    Ok(())
}

/// A target by name and body, for messages.
type Target<T> = (&'static str, fn(&T));

fn sources(source: &str, dice: &mut Dice) -> Result<(), Failed> {
    let targets: [Target<str>; 4] = [
        ("compile_then_verify", fuzzing::compile_then_verify),
        ("source_run", fuzzing::source_run),
        ("optimised_against_plain", fuzzing::optimised_against_plain),
        ("source_against_chunk", fuzzing::source_against_chunk),
    ];
    let changed = mutations(source, 2, dice);
    let exchanged = splices(source, 2, dice);
    for text in changed.iter().chain(&exchanged) {
        for (name, target) in targets {
            catch_unwind(|| target(text)).map_err(|panic| format!("{name}: {}\n{text}", words(&*panic)))?;
        }
    }
    Ok(())
}

fn bytes() -> Result<(), Failed> {
    let targets: [Target<[u8]>; 3] = [
        ("chunk_reader", fuzzing::chunk_reader),
        ("verify_then_run", fuzzing::verify_then_run),
        ("changed_chunk", fuzzing::changed_chunk),
    ];
    let mut dice = Dice::new(11);
    for _ in 0..3_000 {
        let input: Vec<u8> = (0..dice.below(200)).map(|_| dice.below(256) as u8).collect();
        for (name, target) in targets {
            catch_unwind(|| target(&input)).map_err(|panic| format!("{name}: {}\n{input:?}", words(&*panic)))?;
        }
    }
    Ok(())
}

fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let words = panic.downcast_ref::<String>().map(String::as_str);
    words.or(panic.downcast_ref::<&str>().copied()).unwrap_or("a panic").to_owned()
}
