//! Values that go from a container one by one: random programs do what a vector of pairs
//! does, whatever the container's inner form.
//!
//! `WEAVE_EDITS=n` runs n programs in place of some hundred; `WEAVE_SEED=s` starts at
//! another seed.
#![forbid(unsafe_code)]

use std::path::Path;
use weave_tests::edits::script;
use weave_tests::host::Host;
use weave_tests::mode::Mode;
use weave_tests::runner::run_source;
use weave_vm::limits::Limits;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}

/// Runs programs over containers of about `size` values in some modes.
fn agree(count: u64, size: usize, steps: usize, modes: &[Mode]) {
    let first = number("WEAVE_SEED", 1);
    let count = number("WEAVE_EDITS", count);
    for seed in first..first + count {
        let script = script(seed, size, steps);
        for &mode in modes {
            let outcome = run_source(&script.source, Path::new("edits.wv"), mode);
            assert!(
                outcome.error.is_none() && outcome.compile_errors.is_empty() && outcome.stdout == script.expected,
                "seed {seed}, size {size}, {}: {:?} {:?}\n--- expected\n{}\n--- got\n{}\n{}",
                mode.name(),
                outcome.error,
                outcome.compile_errors,
                script.expected,
                outcome.stdout,
                script.source
            );
        }
    }
    println!("{count} programs from seed {first} on");
}

#[test]
fn small_containers_change_as_vectors_do() {
    agree(150, 14, 80, &[Mode::Normal, Mode::NoOpt, Mode::Match]);
}

#[test]
fn large_containers_change_as_vectors_do() {
    agree(60, 150, 300, &[Mode::Normal, Mode::Match]);
}

#[test]
fn containers_change_as_vectors_do_under_a_collection_at_every_allocation() {
    agree(25, 40, 120, &[Mode::GcStress]);
}

#[test]
fn what_closes_holes_each_time_counts_as_work() {
    let steps = |positions: &str| {
        let source = format!(
            "c = []\nfor i in 0..20000 {{ c[\"k{{i}}\"] = i }}\n\
             for i in 0..2000 {{ remove(c, \"k{{i * 7 + 3}}\"); {positions} }}"
        );
        let ends = |steps| {
            let mut host = Host::default();
            host.vm.set_limits(Limits { steps, ..Limits::default() });
            host.outcome(&source).1.is_ok()
        };
        (20..60).map(|n| n * 1_000).find(|&n| ends(n)).expect("a limit that it keeps")
    };
    let (few, many) = (steps("c[0]"), steps("c[1000]"));
    assert!(few + 3_000 <= many, "{few} steps without, {many} with positions in the middle");
}
