//! How much a program takes: each of these runs in a process of its own, whose
//! peak resident memory the system knows.
#![forbid(unsafe_code)]

use libtest_mimic::{Arguments, Failed, Trial};
use std::process::{Command, ExitCode};
use std::{env, thread};
use weave_tests::host::Host;
use weave_tests::resident;
use weave_vm::limits::Limits;

/// Names the program that a child process runs.
const CHILD: &str = "WEAVE_TEST_MEMORY";
const MIB: usize = 1 << 20;

struct Attack {
    name: &'static str,
    /// The machine's memory limit.
    limit: usize,
    /// Most that the process may ever hold.
    peak: usize,
    source: &'static str,
    printed: &'static str,
}

/// The limit, a tenth, and 16 MiB for the process itself.
const fn within(limit: usize) -> usize {
    limit + limit / 10 + 16 * MIB
}

macro_rules! attacks {
    ($($name:ident, $limit:expr, $peak:expr, $source:expr, $printed:expr;)*) => {
        const ATTACKS: &[Attack] = &[$(Attack {
            name: stringify!($name), limit: $limit, peak: $peak, source: $source, printed: $printed,
        }),*];
    };
}

attacks! {
    a_million_nested_calls, usize::MAX, 160 * MIB,
        "fn down(n) { if n == 0 { 0 } else { 1 + down(n - 1) } }\nprint(down(1_000_000))", "1000000";
    endless_recursion, usize::MAX, 200 * MIB,
        "fn f(n) { 1 + f(n + 1) }\nfor i in 0..4 { try { f(0) } catch e { print(e.kind) } }", "depth\ndepth\ndepth\ndepth";
    text_doubling, 64 * MIB, within(64 * MIB),
        "s = \"0123456789abcdef\"\ntry { while true { s = s + s } } catch e { print(e.kind) }", "memory";
    list_doubling, 64 * MIB, within(64 * MIB),
        "xs = [1, 2]\ntry { while true { xs = xs + xs } } catch e { print(e.kind) }", "memory";
    appending, 64 * MIB, within(64 * MIB),
        "xs = []\ntry { while true { xs << \"{xs.len()} and some text\" } } catch e { xs = nil\nprint(e.kind) }", "memory";
    nesting, 64 * MIB, within(64 * MIB),
        "xs = []\ntry { while true { xs = [xs, \"a text of its own {1}\"] } } catch e { xs = nil\nprint(e.kind) }", "memory";
    a_huge_range, 64 * MIB, within(64 * MIB),
        "try { (0..1_000_000_000_000) |> collect } catch e { print(e.kind) }", "memory";
    a_range_mapped, 64 * MIB, within(64 * MIB),
        "try { ys = 0..1_000_000_000_000 *> ^{ [it] }\nprint(ys.len()) } catch e { print(e.kind) }", "memory";
    interpolation, 64 * MIB, within(64 * MIB),
        "s = \"0123456789abcdef\"\ntry { while true { s = \"{s}{s}{s}\" } } catch e { print(e.kind) }", "memory";
    printing_shared_structure, 64 * MIB, within(64 * MIB),
        "xs = [1]\nfor i in 0..60 { xs = [xs, xs] }\ntry { print(\"{xs}\".len()) } catch e { print(e.kind) }", "memory";
    a_format, 64 * MIB, within(64 * MIB),
        "xs = [1]\nfor i in 0..60 { xs = [xs, xs] }\ntry { print(\"{xs:>10}\".len()) } catch e { print(e.kind) }", "memory";
    joining_shared_structure, 64 * MIB, within(64 * MIB),
        "xs = [1]\nfor i in 0..60 { xs = [xs, xs] }\ntry { print(join([xs, xs], \",\").len()) } catch e { print(e.kind) }", "memory";
    text_of_shared_structure, 64 * MIB, within(64 * MIB),
        "xs = [1]\nfor i in 0..60 { xs = [xs, xs] }\ntry { print(str(xs).len()) } catch e { print(e.kind) }", "memory";
    sets, 96 * MIB, within(96 * MIB),
        "xs = (0..1_500_000) |> collect\ntry { ys = xs | [1.5]\nprint(ys.len()) } catch e { print(e.kind) }", "memory";
    caught_errors, 64 * MIB, within(64 * MIB),
        "es = []\ntry { while true { try { error(\"some words that say what happened\") } catch e { es << e } } } catch e { es = nil\nprint(e.kind) }",
        "memory";
    errors_as_garbage, 64 * MIB, within(64 * MIB),
        "n = 0\nwhile n < 300_000 { try { error(\"some words\") } catch e { n += 1 } }\nprint(n)", "300000";
    errors_of_operators_as_garbage, 64 * MIB, within(64 * MIB),
        "n = 0\nwhile n < 1_000_000 { try { n + \"a\" } catch { }\nn += 1 }\nprint(n)", "1000000";
    garbage, 64 * MIB, within(64 * MIB),
        "n = 0\nwhile n < 3_000_000 { xs = [n, [n], \"a text of its own {n}\"]\nn += 1 }\nprint(n)", "3000000";
    streams_of_large_texts, 64 * MIB, within(64 * MIB),
        "s = \"0123456789abcdef\"\nwhile s.len() < 1_000_000 { s = s + s }\nn = 0\nfor t in 0.. *> ^{ \"{s}{it}\" } { n += 1\nif n == 2_000 { break } }\nprint(n)",
        "2000";
    deep_lists, usize::MAX, 700 * MIB, "
        fn nested() { xs = [1]
          n = 0
          while n < 1_000_000 { xs = [xs]
            n += 1 }
          xs }
        a = nested()
        b = nested()
        print(a == b, a < b)
        print(\"{a}\".len())
        print(unique([a, b, 1]).len(), a in [b])
        c = copy(a)
        print(c == b, flatten([a], 2_000_000))
        a = nil
        b = nil
        c = nil
        xs = []
        for i in 0..1_000_000 { xs << [i] }
        print(xs.len())", "true false\n2000003\n2 true\ntrue [1]\n1000000";
}

fn main() -> ExitCode {
    if let Ok(name) = env::var(CHILD) {
        let run = move || child(&name);
        // The machine needs hardly any of the host's stack.
        let done = thread::Builder::new().stack_size(256 << 10).spawn(run).map(thread::JoinHandle::join);
        return if matches!(done, Ok(Ok(()))) { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let trials = ATTACKS.iter().map(|attack| Trial::test(attack.name, move || parent(attack)));
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

fn child(name: &str) {
    let Some(attack) = ATTACKS.iter().find(|a| a.name == name) else { panic!("no such program") };
    let mut host = Host::default();
    host.vm.set_limits(Limits { memory: attack.limit, ..Limits::default() });
    print!("{}", host.prints(attack.source));
    // The machine is usable again.
    print!("{}", host.prints("print(1 + 1)"));
    println!("peak {}", resident::peak().unwrap_or(0));
}

fn parent(attack: &'static Attack) -> Result<(), Failed> {
    let program = env::current_exe()?;
    let output = Command::new(program).env(CHILD, attack.name).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        return Err(format!("{}: {text}{}", output.status, String::from_utf8_lossy(&output.stderr)).into());
    }
    let expected = format!("{}\n2", attack.printed);
    let (printed, peak) = text.trim_end().rsplit_once("\npeak ").unwrap_or((text.trim_end(), "0"));
    if printed != expected {
        return Err(format!("expected {expected:?}, found {printed:?}").into());
    }
    let peak: usize = peak.parse()?;
    if peak > attack.peak {
        return Err(format!("{} MiB at its peak, at most {} are allowed", peak / MIB, attack.peak / MIB).into());
    }
    Ok(())
}
