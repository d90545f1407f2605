//! The patterns of calls, closures and captured variables that are measured, and
//! the twin of each that does the same work without what is measured. The
//! criterion benchmarks and the counts of instructions use this one list.

use std::fmt::Write;

/// Iterations of a pattern's loop.
pub const ROUNDS: u64 = 10_000;

/// One program to measure.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pattern {
    /// What it belongs to: `create`, `nested`, `hot`, `captured`, `call`,
    /// `arguments`, `recursion`, `callbacks` or `chains`.
    pub group: &'static str,
    /// What is measured; unlike any other in the group.
    pub name: String,
    /// The whole program.
    pub source: String,
    /// Iterations, calls or items of one run: what its cost is divided by.
    pub iterations: u64,
    /// The pattern of the same group that does the same work without a closure.
    pub twin: Option<String>,
    /// Whether the compiler may put functions in the place of their calls. It is
    /// off where the calls are what is measured.
    pub inline: bool,
}

impl Pattern {
    /// Group and name: `hot/counter`.
    pub fn id(&self) -> String {
        format!("{}/{}", self.group, self.name)
    }
}

/// All patterns, group by group, a pattern's twin behind it.
pub fn patterns() -> Vec<Pattern> {
    let mut list = List::default();
    create(&mut list);
    nested(&mut list);
    hot(&mut list);
    captured(&mut list);
    call(&mut list);
    arguments(&mut list);
    recursion(&mut list);
    callbacks(&mut list);
    chains(&mut list);
    list.0
}

#[derive(Default)]
struct List(Vec<Pattern>);

impl List {
    fn add(&mut self, group: &'static str, name: &str, twin: Option<&str>, source: String) -> &mut Pattern {
        let (name, twin) = (name.to_owned(), twin.map(str::to_owned));
        self.0.push(Pattern { group, name, source, iterations: ROUNDS, twin, inline: false });
        let last = self.0.len() - 1;
        &mut self.0[last]
    }

    /// A pattern and its twin, which is named for it.
    fn pair(&mut self, group: &'static str, name: &str, [source, twin]: [String; 2]) {
        let other = format!("{name}_twin");
        self.add(group, name, Some(&other), source);
        self.add(group, &other, None, twin);
    }
}

/// A loop of [`ROUNDS`] iterations over `body`, behind `setup`, inside a function.
fn looped(setup: &str, body: &str) -> String {
    format!("fn main() {{\n{setup}\ni = 0\nsum = 0\nwhile i < {ROUNDS} {{\n{body}\ni += 1\n}}\nsum\n}}\nmain()\n")
}

/// `a0, a1, …` joined by `separator`.
fn names(n: usize, separator: &str) -> String {
    (0..n).map(|i| format!("a{i}")).collect::<Vec<_>>().join(separator)
}

/// `a0 = 0`, `a1 = 1`, …, a line each.
fn variables(n: usize) -> String {
    (0..n).fold(String::new(), |mut text, i| {
        let _ = writeln!(text, "a{i} = {i}");
        text
    })
}

/// A closure of so many captures made and called, against the same sum.
fn create(list: &mut List) {
    for n in 1..=10 {
        let (setup, total) = (variables(n), names(n, " + "));
        let made = looped(&setup, &format!("f = ^() {{ {total} }}\nsum += f()"));
        list.pair("create", &format!("captures_{n}"), [made, looped(&setup, &format!("sum += {total}"))]);
    }
}

/// A function inside so many others that reads a variable of each.
fn nested(list: &mut List) {
    for depth in 3..=5 {
        let total = names(depth, " + ");
        let open = (0..depth).fold(String::new(), |text, i| format!("{text}a{i} = {i}\nreturn ^() {{\n"));
        let (close, calls) = ("}\n".repeat(depth), "()".repeat(depth - 1));
        let make = format!("fn make() {{\n{open}{total}\n{close}\n}}\nf = make(){calls}");
        let twin = looped(&variables(depth), &format!("sum += {total}"));
        list.pair("nested", &format!("depth_{depth}"), [looped(&make, "sum += f()"), twin]);
    }
}

fn hot(list: &mut List) {
    let mut pair = |name, [setup, body]: [&str; 2], [twin_setup, twin]: [&str; 2]| {
        list.pair("hot", name, [looped(setup, body), looped(twin_setup, twin)]);
    };
    pair("counter", ["n = 0\nfn step() { n += 1 }", "sum = step()"], ["n = 0", "n += 1\nsum = n"]);
    pair("nested_calls", ["fn a(x) { x + 1 }\nfn b(x) { a(x) + 1 }", "sum = b(i)"], ["", "sum = i + 1 + 1"]);
    pair("mutation_in_the_loop", ["", "x = i\nf = ^() { x += 1; x }\nsum += f()"], ["", "x = i\nx += 1\nsum += x"]);
    let shared = "v = 0\nfn up() { v += 1 }\nfn down() { v -= 1 }\nfn get() { v }";
    pair("shared", [shared, "up()\nup()\ndown()\nsum += get()"], ["v = 0", "v += 1\nv += 1\nv -= 1\nsum += v"]);
    let objects = "fn make(n) { [up: ^() { n += 1 }, get: ^() { n }] }\na = make(0)\nb = make(5)";
    pair("methods", [objects, "a.up()\nb.up()\nsum = a.get()"], ["a = 0\nb = 5", "a += 1\nb += 1\nsum = a"]);
}

/// The same call of a function whose body uses one variable four times: captured
/// by value, captured in a cell, and a local of its own.
fn captured(list: &mut List) {
    let read = "v + v + v + v";
    let twin = Some("read_local");
    let mut add = |name, twin, setup: String| {
        list.add("captured", name, twin, looped(&setup, "sum += f(i)"));
    };
    add("read_by_value", twin, format!("v = 3\nfn f(x) {{ {read} }}"));
    add("read_cell", twin, format!("v = 3\nfn f(x) {{ {read} }}\nv = 4"));
    add("read_local", None, format!("fn f(v) {{ {read} }}"));
    let write = "v = x; v = x; v = x; v = x";
    add("write_cell", Some("write_local"), format!("v = 0\nfn f(x) {{ {write}\nx }}"));
    add("write_local", None, format!("fn f(x) {{ {write}\nx }}"));
    let change = "v += x; v += x; v += x; v += x";
    add("change_cell", Some("change_local"), format!("v = 0\nfn f(x) {{ {change}\nx }}"));
    add("change_local", None, format!("fn f(x) {{ v = 0\n{change}\nx }}"));
}

fn call(list: &mut List) {
    let mut add = |name, twin, setup, body| {
        list.add("call", name, twin, looped(setup, body));
    };
    add("closure", Some("plain"), "k = 1\nf = ^(x) { x + k }", "sum = f(sum)");
    add("plain", Some("none"), "fn f(x) { x + 1 }", "sum = f(sum)");
    add("none", None, "", "sum = sum + 1");
    add("frame_and_return", Some("empty_loop"), "fn f() { nil }", "f()");
    add("return_from_a_branch", Some("empty_loop"), "fn f() { if true { return nil }\n1 }", "f()");
    add("empty_loop", None, "", "");
}

fn arguments(list: &mut List) {
    for n in 0..=8 {
        let (setup, call) = (format!("fn f({}) {{ 1 }}", names(n, ", ")), format!("f({})", vec!["i"; n].join(", ")));
        let twin = (n > 0).then_some("count_0");
        list.add("arguments", &format!("count_{n}"), twin, looped(&setup, &format!("sum += {call}")));
    }
    let mut pair = |name, setup, [body, twin]: [&str; 2]| {
        list.pair("arguments", name, [looped(setup, body), looped(setup, twin)]);
    };
    pair("default", "fn f(a, b: 2) { a + b }", ["sum += f(i)", "sum += f(i, 2)"]);
    pair("named", "fn f(a, b) { a - b }", ["sum += f(b: 1, a: i)", "sum += f(i, 1)"]);
    // The compiler does not know which function this is.
    let unknown = "f = ^(a, b) { a - b }\nif f == nil { f = ^(b, a) { a - b } }";
    pair("named_unknown", unknown, ["sum += f(b: 1, a: i)", "sum += f(i, 1)"]);
    pair("rest", "fn f(*xs) { len(xs) }\nfn g(xs) { len(xs) }", ["sum += f(i, i, i)", "sum += g([i, i, i])"]);
    pair("spread", "xs = [1, 2, 3]\nfn f(a, b, c) { a + b + c }", ["sum += f(*xs)", "sum += f(1, 2, 3)"]);
}

fn recursion(list: &mut List) {
    let fib = "fn fib(n) { if n < 2 { return n }\nfib(n - 1) + fib(n - 2) }\n";
    let tak = "fn tak(x, y, z) { if y >= x { return z }\ntak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y)) }\n";
    let ack =
        "fn ack(m, n) { if m == 0 { return n + 1 }\nif n == 0 { return ack(m - 1, 1) }\nack(m - 1, ack(m, n - 1)) }\n";
    let mutual =
        "fn even(n) { if n == 0 { return true }\nodd(n - 1) }\nfn odd(n) { if n == 0 { return false }\neven(n - 1) }\n";
    let all = [
        ("fib", fib, "fib(18)", calls::fib(18)),
        ("tak", tak, "tak(12, 8, 4)", calls::tak(12, 8, 4).1),
        ("ackermann", ack, "ack(2, 40)", calls::ackermann(2, 40).1),
        ("mutual", mutual, "even(10000)", 10_001),
    ];
    for (name, functions, call, calls) in all {
        // Inside a function the names are captured variables, at the top level
        // they are not.
        let captured = format!("fn main() {{\n{functions}{call}\n}}\nmain()\n");
        list.add("recursion", &format!("{name}_captured"), Some(name), captured).iterations = calls;
        list.add("recursion", name, None, format!("{functions}{call}\n")).iterations = calls;
    }
}

fn callbacks(list: &mut List) {
    let setup = format!("fn main() {{\nxs = collect(0..{ROUNDS})\nf = ^(x) {{ x * 2 }}\n");
    let add = |list: &mut List, name, twin, body: &str, inline| {
        list.add("callbacks", name, twin, format!("{setup}{body}\n}}\nmain()\n")).inline = inline;
    };
    let twin = Some("loop");
    add(list, "map", twin, "len(map(xs, f))", false);
    add(list, "pipeline_of_a_name", twin, "len(xs *> f)", false);
    add(list, "pipeline_of_a_lambda", twin, "len(xs *> ^(x) { x * 2 })", true);
    add(list, "loop", None, "out = []\nfor x in xs { out << x * 2 }\nlen(out)", false);
    add(list, "filter", Some("filter_loop"), "len(xs ?> ^(x) { x % 3 == 0 })", false);
    add(list, "filter_loop", None, "out = []\nfor x in xs { if x % 3 == 0 { out << x } }\nlen(out)", false);
    add(list, "fold", Some("fold_loop"), "xs &> ^(sum, x) { sum + x }", false);
    add(list, "fold_loop", None, "sum = 0\nfor x in xs { sum += x }\nsum", false);
    let key = "x * 7919 % 10007";
    add(list, "sort_by", Some("sort"), &format!("len(sort_by(xs, ^(x) {{ {key} }}))"), false);
    add(list, "sort", None, &format!("ys = []\nfor x in xs {{ ys << {key} }}\nlen(sort(ys))"), false);
}

/// A chain that is one loop against the same loop written by hand.
fn chains(list: &mut List) {
    let setup = format!("fn main() {{\nxs = collect(0..{ROUNDS})\n");
    let mut pair = |name: &str, chain: &str, by_hand: &str| {
        let whole = |body: &str| format!("{setup}{body}\n}}\nmain()\n");
        list.pair("chains", name, [whole(chain), whole(by_hand)]);
        let last = list.0.len();
        list.0[last - 2].inline = true;
    };
    pair(
        "map_filter_fold",
        "xs *> ^(x) { x * 3 } ?> ^(x) { x % 2 == 0 } &> ^(acc: 0, x) { acc + x }",
        "sum = 0\nfor x in xs {\ny = x * 3\nif y % 2 == 0 { sum += y }\n}\nsum",
    );
    pair("filter_sum", "xs ?> ^(x) { x > 7 } |> sum", "sum = 0\nfor x in xs { if x > 7 { sum += x } }\nsum");
    pair(
        "skip_take_count",
        "xs |> skip(5) *> ^(x) { x + 1 } |> take(9000) |> count(^(x) { x % 3 == 0 })",
        "n = 0\nfor i in 5..9005 { if (xs[i] + 1) % 3 == 0 { n += 1 } }\nn",
    );
    pair(
        "range",
        &format!("0..{ROUNDS} *> ^(x) {{ x * 2 }} |> max"),
        &format!("best = 0\nfor x in 0..{ROUNDS} {{\ny = x * 2\nif y > best {{ best = y }}\n}}\nbest"),
    );
    pair(
        "group_by",
        "xs |> group_by(^(x) { x % 7 }) |> len",
        "groups = []\nfor x in xs {\nkey = \"{x % 7}\"\nif not has(groups, key) { groups[key] = [] }\ngroups[key] << x\n}\nlen(groups)",
    );
    pair(
        "sort_by",
        "xs |> sort_by(^(x) { x * 7919 % 10007 }) |> len",
        "ys = []\nfor x in xs { ys << x * 7919 % 10007 }\nlen(sort(ys))",
    );
}

/// How many calls the recursive patterns make.
mod calls {
    pub(super) fn fib(n: u64) -> u64 {
        if n < 2 { 1 } else { 1 + fib(n - 1) + fib(n - 2) }
    }

    /// Result and calls.
    pub(super) fn tak(x: i64, y: i64, z: i64) -> (i64, u64) {
        if y >= x {
            return (z, 1);
        }
        let (a, b, c) = (tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y));
        let (result, last) = tak(a.0, b.0, c.0);
        (result, 1 + a.1 + b.1 + c.1 + last)
    }

    /// Result and calls.
    pub(super) fn ackermann(m: u64, n: u64) -> (u64, u64) {
        if m == 0 {
            return (n + 1, 1);
        }
        if n == 0 {
            let (result, calls) = ackermann(m - 1, 1);
            return (result, calls + 1);
        }
        let inner = ackermann(m, n - 1);
        let (result, calls) = ackermann(m - 1, inner.0);
        (result, 1 + inner.1 + calls)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prepared::Prepared;
    use std::collections::HashSet;

    #[test]
    fn names_are_unique_and_twins_exist() {
        let all = patterns();
        let names: HashSet<String> = all.iter().map(Pattern::id).collect();
        assert_eq!(names.len(), all.len());
        for pattern in &all {
            if let Some(twin) = &pattern.twin {
                let twin = all.iter().find(|p| p.group == pattern.group && p.name == *twin);
                let twin = twin.unwrap_or_else(|| panic!("{} has no twin", pattern.id()));
                assert_eq!(twin.iterations, pattern.iterations, "{}", pattern.id());
            }
        }
    }

    #[test]
    fn every_pattern_runs_to_its_end() {
        for pattern in patterns() {
            Prepared::new(&pattern.id(), &pattern.source, pattern.inline).run();
        }
    }

    #[test]
    fn calls_are_counted_as_the_language_makes_them() {
        assert_eq!(calls::fib(4), 9);
        assert_eq!(calls::tak(1, 0, 0).0, 0);
        assert_eq!(calls::ackermann(2, 3), (9, 44));
    }
}
