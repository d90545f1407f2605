//! Generated programs: sources too long to write by hand, at the sizes where a
//! compiler with small fields would break.

use std::fmt::Write;

/// A generated source and the line that it prints.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Generated {
    /// What the test is called.
    pub name: String,
    /// The program.
    pub source: String,
    /// What it prints.
    pub printed: String,
}

/// Programs that must run.
pub fn programs() -> Vec<Generated> {
    let mut all = vec![
        locals(300),
        locals(20_000),
        captures(255),
        captures(256),
        captures(300),
        captures(1_000),
        constants(5_000),
        texts(70_000),
        arguments(100),
        parameters(300),
        statements(40_000),
        functions(5_000),
        elements(70_000),
        keys(20_000),
        sum(100_000),
        texts_joined(20_000),
        pipes(50_000),
        stages(1_000),
        else_ifs(10_000),
        fields(10_000),
        calls_in_a_row(10_000),
        appends(50_000),
        conditions(50_000),
        far_jumps(20_000),
        comments(100_000),
        long_text(1_000_000),
        interpolations(10_000),
    ];
    all.extend(NESTS.iter().map(|nest| nested(nest, 1_000 / nest.levels)));
    all
}

/// Sources beyond the compiler's limits, of nesting or of variables in one
/// function: one clean error each.
pub fn refused() -> Vec<(String, String)> {
    let depth = 100_000;
    let nests = NESTS.iter().map(|nest| {
        (format!("{} {depth}", nest.name), format!("x = {}1{}\n", nest.open.repeat(depth), nest.close.repeat(depth)))
    });
    let open = NESTS
        .iter()
        .map(|nest| (format!("{} {depth} unclosed", nest.name), format!("x = {}", nest.open.repeat(depth))));
    let variables = locals(70_000);
    nests.chain(open).chain([(variables.name, variables.source)]).collect()
}

/// A way of nesting one expression in another, all with the value 1.
struct Nest {
    name: &'static str,
    open: &'static str,
    close: &'static str,
    /// How many nesting levels one of them is.
    levels: usize,
}

const NESTS: [Nest; 9] = [
    Nest { name: "nested parentheses", open: "(", close: ")", levels: 1 },
    Nest { name: "nested containers", open: "[", close: "][0]", levels: 1 },
    Nest { name: "nested blocks", open: "{ ", close: " }", levels: 1 },
    Nest { name: "nested ifs", open: "if true { ", close: " } else { 2 }", levels: 1 },
    Nest { name: "nested tries", open: "try { ", close: " } catch { 2 }", levels: 1 },
    Nest { name: "nested calls", open: "abs(", close: ")", levels: 1 },
    Nest { name: "nested lambdas", open: "(^() { ", close: " })()", levels: 2 },
    Nest { name: "nested texts", open: "\"{", close: "}\"", levels: 1 },
    Nest { name: "nested indexes", open: "[1, 1][0 * ", close: "]", levels: 1 },
];

fn nested(nest: &Nest, depth: usize) -> Generated {
    let source = format!("x = {}1{}\nprint(x)\n", nest.open.repeat(depth), nest.close.repeat(depth));
    Generated { name: format!("{} {depth}", nest.name), source, printed: "1".to_owned() }
}

fn generated(name: String, source: String, printed: impl ToString) -> Generated {
    Generated { name, source, printed: printed.to_string() }
}

/// Text made by writing one piece for each number below `n`.
fn each(n: usize, piece: impl Fn(usize) -> String) -> String {
    (0..n).map(piece).collect()
}

/// `a0 + a1 + …`, the sum of `n` variables.
fn sum_of(prefix: &str, n: usize) -> String {
    let names: Vec<String> = (0..n).map(|i| format!("{prefix}{i}")).collect();
    names.join(" + ")
}

/// 0 + 1 + … + (n - 1)
fn total(n: usize) -> usize {
    n * n.saturating_sub(1) / 2
}

fn locals(n: usize) -> Generated {
    let set = each(n, |i| format!("  v{i} = {i}\n"));
    let source = format!("fn f() {{\n{set}  {}\n}}\nprint(f())\n", sum_of("v", n));
    generated(format!("locals {n}"), source, total(n))
}

fn captures(n: usize) -> Generated {
    let set = each(n, |i| format!("  v{i} = {i}\n"));
    let change = each(n / 2, |i| format!("    v{i} += 1\n"));
    let source = format!("fn f() {{\n{set}  ^() {{\n{change}    {}\n  }}\n}}\nprint(f()())\n", sum_of("v", n));
    generated(format!("captures {n}"), source, total(n) + n / 2)
}

fn constants(n: usize) -> Generated {
    let source = format!("x = 0\n{}print(x)\n", each(n, |i| format!("x += {}\n", 10_000_000 + i)));
    generated(format!("constants {n}"), source, n * 10_000_000 + total(n))
}

fn texts(n: usize) -> Generated {
    let source = format!("x = [{}]\nprint(len(x), x[-1])\n", each(n, |i| format!("\"a text, number {i}\",\n")));
    generated(format!("texts {n}"), source, format!("{n} a text, number {}", n - 1))
}

fn arguments(n: usize) -> Generated {
    let names: Vec<String> = (0..n).map(|i| format!("p{i}")).collect();
    let values: Vec<String> = (0..n).map(|i| i.to_string()).collect();
    let source = format!("fn f({}) {{ {} }}\nprint(f({}))\n", names.join(", "), sum_of("p", n), values.join(", "));
    generated(format!("arguments {n}"), source, total(n))
}

fn parameters(n: usize) -> Generated {
    let names: Vec<String> = (0..n).map(|i| format!("p{i}: {i}")).collect();
    let source = format!("fn f({}) {{ {} }}\nprint(f(p7: 0))\n", names.join(", "), sum_of("p", n));
    generated(format!("parameters with defaults {n}"), source, total(n) - 7)
}

fn statements(n: usize) -> Generated {
    let source = format!("x = 0\n{}print(x)\n", "x += 1\n".repeat(n));
    generated(format!("statements {n}"), source, n)
}

fn functions(n: usize) -> Generated {
    let declared = each(n, |i| format!("fn f{i}(x) {{ x + {i} }}\n"));
    let called = each(n, |i| format!("x = f{i}(x)\n"));
    generated(format!("functions {n}"), format!("{declared}x = 0\n{called}print(x)\n"), total(n))
}

fn elements(n: usize) -> Generated {
    let source = format!("x = [{}]\nprint(len(x), sum(x))\n", each(n, |i| format!("{i}, ")));
    generated(format!("elements {n}"), source, format!("{n} {}", total(n)))
}

fn keys(n: usize) -> Generated {
    let source = format!("x = [{}]\nprint(len(x), x.k{})\n", each(n, |i| format!("k{i}: {i}, ")), n - 1);
    generated(format!("keys {n}"), source, format!("{n} {}", n - 1))
}

fn sum(n: usize) -> Generated {
    let source = format!("a = 1\nx = a{}\nprint(x)\n", " + 1".repeat(n - 1));
    generated(format!("sum of {n} terms"), source, n)
}

fn texts_joined(n: usize) -> Generated {
    let source = format!("a = \"x\"\nx = a{}\nprint(len(x))\n", " + \"y\"".repeat(n - 1));
    generated(format!("text of {n} parts"), source, n)
}

fn pipes(n: usize) -> Generated {
    let source = format!("fn inc(x) {{ x + 1 }}\nx = 0{}\nprint(x)\n", " |> inc".repeat(n));
    generated(format!("pipes {n}"), source, n)
}

fn stages(n: usize) -> Generated {
    let source = format!("x = [1, 2]{}\nprint(x)\n", " *> ^{ it + 1 }".repeat(n));
    generated(format!("stages {n}"), source, format!("[{}, {}]", n + 1, n + 2))
}

fn else_ifs(n: usize) -> Generated {
    let arms = each(n, |i| format!(" else if x == {i} {{ {i} }}"));
    let source = format!("x = {}\ny = if x < 0 {{ 0 }}{arms}\nprint(y)\n", n - 1);
    generated(format!("else if {n}"), source, n - 1)
}

fn fields(n: usize) -> Generated {
    let source = format!("c = [v: 7]\nc.me = c\nprint(c{}.v)\n", ".me".repeat(n));
    generated(format!("fields {n}"), source, 7)
}

fn calls_in_a_row(n: usize) -> Generated {
    let source = format!("fn f() {{ f }}\nprint(f{} == f)\n", "()".repeat(n));
    generated(format!("calls in a row {n}"), source, true)
}

fn appends(n: usize) -> Generated {
    let source = format!("x = []\nx{}\nprint(len(x))\n", " << 1".repeat(n));
    generated(format!("appends {n}"), source, n)
}

fn conditions(n: usize) -> Generated {
    let source = format!("a = true\nx = a{}\nprint(x)\n", " and a or a".repeat(n / 2));
    generated(format!("conditions {n}"), source, true)
}

fn far_jumps(n: usize) -> Generated {
    let body = "  x += 1\n".repeat(n);
    let source = format!("x = 0\ni = 0\nwhile i < 3 {{\n  i += 1\n  if i == 2 {{ continue }}\n{body}}}\nprint(x)\n");
    generated(format!("far jumps {n}"), source, 2 * n)
}

fn comments(n: usize) -> Generated {
    generated(format!("comments {n}"), format!("{}print(1)\n", "# nothing\n".repeat(n)), 1)
}

fn long_text(n: usize) -> Generated {
    generated(format!("text of {n} bytes"), format!("print(len(\"{}\"))\n", "x".repeat(n)), n)
}

fn interpolations(n: usize) -> Generated {
    let mut source = String::from("a = 1\nx = \"");
    for _ in 0..n {
        let _ = write!(source, "{{a}}");
    }
    source.push_str("\"\nprint(len(x))\n");
    generated(format!("interpolations {n}"), source, n)
}
