//! Cycles, closures and what they capture are reclaimed: each program runs in a
//! process of its own, whose resident memory the system knows.
#![forbid(unsafe_code)]

use libtest_mimic::{Arguments, Failed, Trial};
use std::process::{Command, ExitCode};
use std::{env, thread};
use weave_tests::host::Host;
use weave_tests::resident;

/// Names the program that a child process runs.
const CHILD: &str = "WEAVE_TEST_CLEANUP";
const MIB: usize = 1 << 20;

/// A program that does its work `rounds` times; `N` stands for how often, `model` for
/// a text of nearly 10,000 bytes.
struct Program {
    name: &'static str,
    rounds: usize,
    source: &'static str,
}

/// Each round drops a cycle that holds 10 KB. The process may not grow by more
/// than 64 MiB over what it held before the program, however many there are.
const CYCLES: &[Program] = &[
    Program {
        name: "recursive_function_with_a_text",
        rounds: 1_000_000,
        source: "fn make() {
            big = model + \"y\"
            fn down(n) { if n == 0 { len(big) } else { down(n - 1) } }
            down
        }
        for i in 0..N { f = make() }
        print(f(2))",
    },
    Program {
        name: "recursive_function_with_a_list",
        rounds: 100_000,
        source: "list = collect(0..640)
        fn make() {
            big = list + []
            fn down(n) { if n == 0 { len(big) } else { down(n - 1) } }
            down
        }
        for i in 0..N { f = make() }
        print(f(2) * 10_000 / 640)",
    },
    Program {
        name: "functions_that_call_each_other",
        rounds: 200_000,
        source: "fn make() {
            big = model + \"y\"
            fn even(n) { if n == 0 { len(big) } else { odd(n - 1) } }
            fn odd(n) { if n == 0 { 0 } else { even(n - 1) } }
            [even, odd]
        }
        for i in 0..N { f = make() }
        print(f[0](2))",
    },
    Program {
        name: "container_that_holds_a_closure_over_itself",
        rounds: 200_000,
        source: "fn make() {
            let self = [big: model + \"y\"]
            self.size = ^() { len(self.big) }
            self
        }
        for i in 0..N { f = make() }
        print(f.size())",
    },
    Program {
        name: "closure_in_the_cell_that_it_captures",
        rounds: 200_000,
        source: "fn make() {
            big = model + \"y\"
            f = nil
            f = ^(again) { if again { f(false) } else { len(big) } }
            f
        }
        for i in 0..N { f = make() }
        print(f(true))",
    },
    Program {
        name: "stream_that_holds_a_closure_over_itself",
        rounds: 200_000,
        source: "fn make() {
            big = model + \"y\"
            let self = []
            self.stream = 1.. *> ^(i) { len(self) * len(big) }
            self
        }
        for i in 0..N { f = make() }
        print(f.stream |> first)",
    },
    Program {
        name: "stream_that_is_left_in_the_middle",
        rounds: 200_000,
        source: "fn make() {
            big = model + \"y\"
            for x in 1.. *> ^(i) { i * len(big) } { if x > 0 { return ^() { x } } }
        }
        for i in 0..N { f = make() }
        print(f())",
    },
    Program {
        name: "error_whose_data_holds_a_closure_over_it",
        rounds: 200_000,
        source: "fn make() {
            big = model + \"y\"
            box = []
            try { error(\"e\", [^() { len(big) + len(box) - 1 }, box]) } catch e {
                box << e
                e
            }
        }
        for i in 0..N { f = make() }
        print(f.data[0]())",
    },
];

/// Each is run for 100,000 rounds and then, in the same machine, for many more:
/// the process then holds at most 2 % more than before.
const STEADY: &[Program] = &[
    Program {
        name: "steady_closures",
        rounds: 10_000_000,
        source: "fn main() {
            total = 0
            for i in 0..N {
                n = 0
                let a = i % 7
                let b = 2 * a
                let c = a + b
                let d = b + c
                add = ^(x) { n += x + a + b + c + d }
                wide = ^() { [a, b, c, d] }
                fn back(m) { if m == 0 { n } else { back(m - 1) } }
                add(1)
                total += back(1) - sum(wide())
            }
            total
        }
        print(main() / N * 10_000)",
    },
    Program {
        name: "steady_containers_of_closures",
        rounds: 1_000_000,
        source: "fn main() {
            kept = []
            for i in 0..64 { kept << ^() { 0 } }
            for i in 0..N {
                let self = [n: i, text: \"a text of its own: {i}\"]
                self.get = ^() { self.n }
                kept[i % 64] = self.get
            }
            kept[0]() + 64 >= N
        }
        print(if main() { 10_000 } else { 0 })",
    },
    Program {
        name: "steady_streams",
        rounds: 1_000_000,
        source: "fn main() {
            total = 0
            for i in 0..N { s = 1.. *> ^(x) { x + i }
 total += sum(take(s, 1)) }
            total
        }
        print(10_000 * main() / (N * (N + 1) / 2))",
    },
];

fn main() -> ExitCode {
    if let Ok(name) = env::var(CHILD) {
        let done = thread::Builder::new().spawn(move || child(&name)).map(thread::JoinHandle::join);
        return if matches!(done, Ok(Ok(()))) { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let cycles = CYCLES.iter().map(|p| Trial::test(format!("dropped::{}", p.name), move || stays_small(p)));
    let steady = STEADY.iter().map(|p| Trial::test(format!("kept::{}", p.name), move || stays_level(p)));
    libtest_mimic::run(&Arguments::from_args(), cycles.chain(steady).collect()).exit_code()
}

/// Runs a program and prints what the process held before and at most; for a steady
/// one, what it held after 100,000 rounds and at the end.
fn child(name: &str) {
    let Some(program) = CYCLES.iter().chain(STEADY).find(|p| p.name == name) else { panic!("no such program") };
    let mut host = Host::default();
    let steady = STEADY.iter().any(|p| p.name == name);
    let mut run = |rounds: usize| {
        let source = format!("N = {rounds}\nmodel = repeat(\"x\", 9_999)\n{}", program.source);
        let printed: f64 = host.prints(&source).trim().parse().expect("it prints a number");
        assert!((printed - 10_000.0).abs() < 1e-6, "{printed}");
    };
    if steady {
        run(100_000);
    } else {
        run(1);
    }
    let before = resident::now();
    run(program.rounds);
    let after = if steady { resident::now() } else { resident::peak() };
    // Where the system tells neither, the program has at least run.
    println!("{} {}", before.unwrap_or(0), after.unwrap_or(0));
}

/// The two figures that a child prints.
fn measure(program: &Program) -> Result<(usize, usize), Failed> {
    let output = Command::new(env::current_exe()?).env(CHILD, program.name).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let figures = text.trim().split_once(' ').filter(|_| output.status.success());
    let Some((before, after)) = figures else {
        return Err(format!("{}: {text}{}", output.status, String::from_utf8_lossy(&output.stderr)).into());
    };
    Ok((before.parse()?, after.parse()?))
}

fn stays_small(program: &Program) -> Result<(), Failed> {
    let (before, peak) = measure(program)?;
    if peak <= before + 64 * MIB {
        return Ok(());
    }
    Err(format!("{} MiB before, {} MiB at the peak", before / MIB, peak / MIB).into())
}

fn stays_level(program: &Program) -> Result<(), Failed> {
    let (before, after) = measure(program)?;
    if after as f64 <= before as f64 * 1.02 {
        return Ok(());
    }
    Err(format!("{} KiB after 100,000 rounds, {} KiB after {}", before >> 10, after >> 10, program.rounds).into())
}
