//! Runs the programs of `benches/programs` with a small N, in every mode, and
//! compares with what the same programs print in other languages.
#![forbid(unsafe_code)]

use libtest_mimic::{Arguments, Failed, Trial};
use std::fs;
use std::process::ExitCode;
use weave_tests::file;
use weave_tests::mode::Mode;
use weave_tests::runner::run_source;

/// Name, N, and what Lua 5.4 prints (tabs between values are spaces here).
const PROGRAMS: [(&str, u32, &str); 21] = [
    ("ackermann", 1, "4093"),
    ("binary_trees", 2, "36861"),
    ("capture10", 1_000, "1992"),
    ("closure_counter", 1_000, "1000"),
    ("closure_create", 1_000, "5500"),
    ("fib", 15, "610"),
    ("hello", 0, "hi"),
    ("higher_order", 3, "1002000"),
    ("list_sort", 2_000, "4458318205"),
    ("list_sort_default", 2_000, "4458318205"),
    ("loop_baseline", 1_000, "2997"),
    ("mandelbrot", 20, "9568"),
    ("map_ops", 500, "504157"),
    ("nbody", 100, "0.150831305"),
    ("nested_closures", 1_000, "500000"),
    ("plain_call", 1_000, "1000"),
    ("queens", 1, "92"),
    ("shared_upvalues", 1_000, "500500"),
    ("sieve", 2_000, "303"),
    ("string_build", 2_000, "11544 1654 9545"),
    ("tak", 1, "7"),
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for mode in Mode::all() {
        // A large heap would be collected once for each of its objects.
        let large = ["binary_trees", "list_sort", "list_sort_default", "string_build", "map_ops"];
        for (name, n, printed) in PROGRAMS {
            if mode == Mode::GcStress && large.contains(&name) {
                continue;
            }
            trials.push(Trial::test(format!("{}::{name}", mode.name()), move || prints(name, n, printed, mode)));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn prints(name: &str, n: u32, printed: &str, mode: Mode) -> Result<(), Failed> {
    let path = file::root().join(format!("benches/programs/{name}.wv"));
    let source = fs::read_to_string(&path)?;
    let source = match source.split_once('\n') {
        Some((first, rest)) if first.starts_with("let N = ") => format!("let N = {n}\n{rest}"),
        _ => source,
    };
    let outcome = run_source(&source, &path, mode);
    if outcome.stdout.trim_end() == printed && outcome.error.is_none() {
        return Ok(());
    }
    Err(format!("expected `{printed}`, found {outcome:?}").into())
}
