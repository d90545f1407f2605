//! Chains that run as one loop do what the same chains do as streams: random ones, with
//! effects, errors, early stops and resized sources, print the same.
//!
//! `WEAVE_CHAINS=n` runs n programs of ten chains instead of a thousand;
//! `WEAVE_SEED=s` starts at another seed.

use std::fmt::Write;
use weave_tests::chains::{CHAINS, has_something, program};
use weave_tests::mode::Mode;
use weave_tests::runner::core_outcome;

/// How many of a thousand chains must have a result with something in it.
const LEAST: usize = 300;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}

/// Runs programs in every way; gives how many chains had something in their result.
fn agree(seeds: std::ops::Range<u64>) -> Result<usize, String> {
    let mut something = 0;
    for seed in seeds {
        let source = program(seed);
        let run = |mode| core_outcome(&source, mode).ok_or(format!("seed {seed}: no outcome\n{source}"));
        let normal = run(Mode::Normal)?;
        something += normal.lines().filter(|line| has_something(line)).count();
        for mode in [Mode::Without("fuse"), Mode::Without("forward"), Mode::Without("inline"), Mode::NoOpt, Mode::Match]
        {
            let other = run(mode)?;
            if other != normal {
                let mut report = format!("seed {seed}, {}: ", mode.name());
                let at = normal.lines().zip(other.lines()).position(|(a, b)| a != b);
                let _ = write!(report, "line {at:?}\n--- normal\n{normal}\n--- {}\n{other}\n{source}", mode.name());
                return Err(report);
            }
        }
    }
    Ok(something)
}

#[test]
fn fused_chains_do_what_streams_do() {
    let (first, count) = (number("WEAVE_SEED", 1), number("WEAVE_CHAINS", 1_000));
    let half = first + count / 2;
    let other = std::thread::spawn(move || agree(half..first + count));
    let one = agree(first..half);
    let two = other.join().expect("no panic");
    let something: usize = [one, two].into_iter().map(|part| part.unwrap_or_else(|report| panic!("{report}"))).sum();
    let chains = count as usize * CHAINS;
    println!("{chains} chains from seed {first} on, {something} with something in their result");
    assert!(something * 1_000 >= LEAST * chains, "{something} of {chains} chains have a result with something in it");
}
