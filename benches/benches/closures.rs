//! Calls, closures and captured variables, 10,000 iterations of each pattern. A
//! pattern that uses a closure stands beside its twin that does the same work
//! without one, so the difference is a figure.

use criterion::{Criterion, criterion_group, criterion_main};
use std::sync::Arc;
use std::time::Duration;
use weave_compiler::{OptFlags, Options, compile};
use weave_vm::Vm;

const ROUNDS: usize = 10_000;

/// A loop of [`ROUNDS`] iterations over `body`, behind `setup`, inside a function.
fn looped(setup: &str, body: &str) -> String {
    format!("fn main() {{\n{setup}\ni = 0\nsum = 0\nwhile i < {ROUNDS} {{\n{body}\ni += 1\n}}\nsum\n}}\nmain()\n")
}

/// `a0, a1, …` joined by `separator`.
fn names(n: usize, separator: &str) -> String {
    (0..n).map(|i| format!("a{i}")).collect::<Vec<_>>().join(separator)
}

/// Group, name, program.
fn patterns() -> Vec<(&'static str, String, String)> {
    let mut out: Vec<(&'static str, String, String)> = Vec::new();
    let mut add = |group, name: &str, source: String| out.push((group, name.to_owned(), source));

    for n in 1..=10 {
        let setup: String = (0..n).map(|i| format!("a{i} = {i}\n")).collect();
        let total = names(n, " + ");
        add("create", &format!("captures_{n}"), looped(&setup, &format!("f = ^() {{ {total} }}\nsum += f()")));
        add("create", &format!("captures_{n}_twin"), looped(&setup, &format!("sum += {total}")));
    }
    for depth in 3..=5 {
        let open: String = (0..depth).map(|i| format!("v{i} = {i}\nreturn ^() {{\n")).collect();
        let total: String = (0..depth).map(|i| format!("v{i}")).collect::<Vec<_>>().join(" + ");
        let make =
            format!("fn make() {{\n{open}{total}\n{}\n}}\nf = make(){}", "}\n".repeat(depth), "()".repeat(depth - 1));
        add("nested", &format!("depth_{depth}"), looped(&make, "sum += f()"));
        let locals: String = (0..depth).map(|i| format!("v{i} = {i}\n")).collect();
        add("nested", &format!("depth_{depth}_twin"), looped(&locals, &format!("sum += {total}")));
    }

    let counter = "n = 0\nfn step() { n += 1 }";
    add("hot", "counter", looped(counter, "sum = step()"));
    add("hot", "counter_twin", looped("n = 0", "n += 1\nsum = n"));
    add("hot", "nested_calls", looped("fn a(x) { x + 1 }\nfn b(x) { a(x) + 1 }", "sum = b(i)"));
    add("hot", "nested_calls_twin", looped("", "sum = i + 1 + 1"));
    add("hot", "mutation_in_the_loop", looped("fs = []", "x = i\nf = ^() { x += 1; x }\nsum += f()"));
    add("hot", "mutation_in_the_loop_twin", looped("", "x = i\nx += 1\nsum += x"));
    let shared = "v = 0\nfn up() { v += 1 }\nfn down() { v -= 1 }\nfn get() { v }";
    add("hot", "shared", looped(shared, "up()\nup()\ndown()\nsum += get()"));
    add("hot", "shared_twin", looped("v = 0", "v += 1\nv += 1\nv -= 1\nsum += v"));

    add("captured", "read_by_value", looped("v = 3\nfn f() { v + v + v + v }", "sum += f()"));
    add("captured", "read_cell", looped("v = 3\nfn f() { v + v + v + v }\nv = 4", "sum += f()"));
    add("captured", "read_local", looped("fn f(v) { v + v + v + v }", "sum += f(3)"));
    add("captured", "write_cell", looped("v = 0\nfn f(x) { v = x }", "f(i)"));
    add("captured", "write_local", looped("fn f(x) { v = x }", "f(i)"));

    add("call", "closure", looped("k = 1\nf = ^(x) { x + k }", "sum = f(sum)"));
    add("call", "plain", looped("fn f(x) { x + 1 }", "sum = f(sum)"));
    add("call", "none", looped("", "sum = sum + 1"));
    add("call", "frame_and_return", looped("fn f() { nil }", "f()"));
    for n in 0..=8 {
        let params = names(n, ", ");
        let args = vec!["i"; n].join(", ");
        add(
            "arguments",
            &format!("count_{n}"),
            looped(&format!("fn f({params}) {{ 1 }}"), &format!("sum += f({args})")),
        );
    }
    add("arguments", "default", looped("fn f(a, b: 2) { a + b }", "sum += f(i)"));
    add("arguments", "named", looped("fn f(a, b) { a - b }", "sum += f(b: 1, a: i)"));
    add("arguments", "rest", looped("fn f(*xs) { len(xs) }", "sum += f(i, i, i)"));

    let recursive = [
        ("fib", "fn fib(n) { if n < 2 { return n }\nfib(n - 1) + fib(n - 2) }\nfib(18)\n"),
        (
            "tak",
            "fn tak(x, y, z) { if y >= x { return z }\ntak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y)) }\ntak(12, 8, 4)\n",
        ),
        (
            "ackermann",
            "fn ack(m, n) { if m == 0 { return n + 1 }\nif n == 0 { return ack(m - 1, 1) }\nack(m - 1, ack(m, n - 1)) }\nack(2, 40)\n",
        ),
        (
            "mutual",
            "fn even(n) { if n == 0 { return true }\nodd(n - 1) }\nfn odd(n) { if n == 0 { return false }\neven(n - 1) }\neven(10000)\n",
        ),
    ];
    for (name, source) in recursive {
        add("recursion", name, source.to_owned());
    }

    let list = format!("xs = collect(0..{ROUNDS})\n");
    add("callbacks", "map", format!("{list}f = ^(x) {{ x * 2 }}\nlen(map(xs, f))\n"));
    add("callbacks", "pipeline_of_a_name", format!("{list}f = ^(x) {{ x * 2 }}\nlen(xs *> f)\n"));
    add("callbacks", "pipeline_of_a_lambda", format!("{list}len(xs *> ^(x) {{ x * 2 }})\n"));
    add("callbacks", "sort_by", format!("{list}len(sort_by(xs, ^(x) {{ x * 7919 % 10007 }}))\n"));
    out
}

fn closures(c: &mut Criterion) {
    let signatures = Vm::new().signatures();
    for (group, name, source) in patterns() {
        // Inlining would take the calls away that are to be measured.
        let mut optimise = OptFlags::default();
        optimise.disable("inline");
        let inlined = name.ends_with("a_lambda");
        let optimise = if inlined { OptFlags::default() } else { optimise };
        let options = Options { core: &signatures, optimise, ..Options::default() };
        let compiled = match compile(&source, &name, &options) {
            Ok(compiled) => compiled,
            Err(errors) => panic!("{group}/{name}: {errors:?}\n{source}"),
        };
        let mut vm = Vm::new();
        let program = vm.load(&Arc::new(compiled.chunk), None).expect("a benchmark's program loads");
        vm.run(program).unwrap_or_else(|error| panic!("{group}/{name}: {error}\n{source}"));
        let mut group = c.benchmark_group(group);
        group.sample_size(20).measurement_time(Duration::from_millis(600)).warm_up_time(Duration::from_millis(150));
        group.bench_function(&name, |b| b.iter(|| vm.run(program).is_ok()));
        group.finish();
    }
}

criterion_group!(benches, closures);
criterion_main!(benches);
