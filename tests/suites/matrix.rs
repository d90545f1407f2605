//! Every pipeline operator over every kind of source with every form of right side: what
//! each combination gives is worked out here, and compared in every way of running
//! chains. A second table has a function that raises inside each of them.

use weave_tests::mode::Mode;
use weave_tests::runner::core_outcome;

/// Functions of each form: `add`, `above` and `plus` with and without further arguments.
const PRELUDE: &str = "\
fn bump(x) { probe(x) + 1 }
fn add(x, n) { probe(x) + n }
fn is_even(x) { probe(x) % 2 == 0 }
fn above(x, n) { probe(x) > n }
fn plus(acc: 10, x) { acc + probe(x) }
fn plus_all(acc: 10, x, n) { acc + probe(x) + n }
fn total(xs) { sum = 0
  for x in xs { sum += probe(x) }
  sum }
fn scaled(xs, n) { total(xs) * n }
u = [add: add, above: above, plus: plus_all, scaled: scaled]
fn pick(f) { f }
";

/// The number that the second table's functions raise at.
const BAD: i64 = 2;

struct Source {
    text: &'static str,
    /// Keys and numbers, as far as they are looked at.
    items: &'static [(&'static str, i64)],
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Container,
    Stream,
    Endless,
    Single,
}

const SOURCES: &[Source] = &[
    Source { text: "[3, 1, 2, 4]", items: &[("", 3), ("", 1), ("", 2), ("", 4)], kind: Kind::Container },
    Source { text: "[a: 3, b: 1, c: 2]", items: &[("a", 3), ("b", 1), ("c", 2)], kind: Kind::Container },
    Source { text: "[4, x: 2, 1]", items: &[("", 4), ("x", 2), ("", 1)], kind: Kind::Container },
    Source { text: "1..4", items: &[("", 1), ("", 2), ("", 3)], kind: Kind::Container },
    Source { text: "step(1..=5, 2)", items: &[("", 1), ("", 3), ("", 5)], kind: Kind::Container },
    Source { text: "[]", items: &[], kind: Kind::Container },
    Source {
        text: "(1.. |> take_while(^{ it < 5 }))",
        items: &[("", 1), ("", 2), ("", 3), ("", 4)],
        kind: Kind::Stream,
    },
    Source { text: "1..", items: &[("", 1), ("", 2), ("", 3), ("", 4), ("", 5), ("", 6)], kind: Kind::Endless },
    Source { text: "2", items: &[("", 2)], kind: Kind::Single },
];

/// A right side, and what it does with a number or two.
type Map = (&'static str, fn(i64) -> i64);
type Filter = (&'static str, fn(i64) -> bool);
type Fold = (&'static str, Option<i64>, fn(i64, i64) -> i64);
type Apply = (&'static str, fn(i64) -> i64);

const MAPS: &[Map] = &[
    ("bump", |x| x + 1),
    ("^(x) { probe(x) * 2 }", |x| x * 2),
    (".bump()", |x| x + 1),
    ("add(3)", |x| x + 3),
    ("add(n: 3)", |x| x + 3),
    ("u.add(3)", |x| x + 3),
    ("(pick(bump))", |x| x + 1),
];
const FILTERS: &[Filter] = &[
    ("is_even", |x| x % 2 == 0),
    ("^{ probe(it) > 1 }", |x| x > 1),
    (".is_even()", |x| x % 2 == 0),
    ("above(2)", |x| x > 2),
    ("above(n: 2)", |x| x > 2),
    ("u.above(2)", |x| x > 2),
    ("(pick(is_even))", |x| x % 2 == 0),
];
const FOLDS: &[Fold] = &[
    ("plus", Some(10), |a, x| a + x),
    ("^(a, x) { a + probe(x) }", None, |a, x| a + x),
    ("^(a: 5, x) { a + probe(x) }", Some(5), |a, x| a + x),
    ("plus_all(1)", Some(10), |a, x| a + x + 1),
    ("plus_all(n: 1)", Some(10), |a, x| a + x + 1),
    ("(pick(plus))", Some(10), |a, x| a + x),
];
const APPLIES: &[Apply] = &[
    ("total", |s| s),
    ("^(xs) { total(xs) }", |s| s),
    (".total()", |s| s),
    ("scaled(2)", |s| s * 2),
    ("scaled(n: 2)", |s| s * 2),
    ("u.scaled(2)", |s| s * 2),
    ("(pick(total))", |s| s),
];

/// A container as it prints.
fn container(items: &[(&str, i64)], keys: bool) -> String {
    let entry = |(key, v): &(&str, i64)| if keys && !key.is_empty() { format!("{key}: {v}") } else { v.to_string() };
    format!("[{}]", items.iter().map(entry).collect::<Vec<_>>().join(", "))
}

/// What a chain of items prints: all of a container, the first three of what is endless.
fn items_as_printed(source: &Source, items: Vec<(&str, i64)>) -> String {
    match source.kind {
        Kind::Container => container(&items, true),
        Kind::Stream => container(&items, false),
        Kind::Endless => container(&items[..items.len().min(3)], false),
        Kind::Single => items.first().map_or("nil".to_owned(), |(_, v)| v.to_string()),
    }
}

/// The chain's text behind its operator, so that its value is a container.
fn finished(source: &Source, chain: &str) -> String {
    match source.kind {
        Kind::Container | Kind::Single => chain.to_owned(),
        Kind::Stream => format!("{chain} |> collect"),
        Kind::Endless => format!("{chain} |> take(3) |> collect"),
    }
}

/// Every combination: a program and what it prints.
fn combinations() -> Vec<(String, String)> {
    let mut all = Vec::new();
    for source in SOURCES {
        for (f, of) in MAPS {
            let items = source.items.iter().map(|(k, v)| (*k, of(*v))).collect();
            all.push((finished(source, &format!("{} *> {f}", source.text)), items_as_printed(source, items)));
        }
        for (f, of) in FILTERS {
            let items: Vec<_> = source.items.iter().copied().filter(|(_, v)| of(*v)).collect();
            // Of an endless one this table knows as many as are taken.
            if source.kind == Kind::Endless && items.len() < 3 {
                continue;
            }
            all.push((finished(source, &format!("{} ?> {f}", source.text)), items_as_printed(source, items)));
        }
        if source.kind == Kind::Endless {
            continue;
        }
        for (f, start, of) in FOLDS {
            let mut numbers = source.items.iter().map(|(_, v)| *v);
            let Some(first) = start.or_else(|| numbers.next()) else { continue };
            all.push((format!("{} &> {f}", source.text), numbers.fold(first, of).to_string()));
        }
        if source.kind != Kind::Single {
            for (f, of) in APPLIES {
                let sum = source.items.iter().map(|(_, v)| v).sum();
                all.push((format!("{} |> {f}", source.text), of(sum).to_string()));
            }
        }
    }
    all
}

const MODES: [Mode; 5] = [Mode::Normal, Mode::Without("fuse"), Mode::Without("inline"), Mode::NoOpt, Mode::Match];

#[test]
fn every_operator_over_every_source_with_every_right_side() {
    let all = combinations();
    assert!(all.len() > 200, "{} combinations", all.len());
    for mode in MODES {
        for (chain, expected) in &all {
            let program = format!("fn probe(x) {{ x }}\n{PRELUDE}print({chain})");
            let found = core_outcome(&program, mode).expect("it compiles and ends");
            assert_eq!(found.trim_end(), expected, "{} of {}", chain, mode.name());
        }
    }
}

#[test]
fn an_error_inside_each_of_them_leaves_it_and_is_caught() {
    for mode in MODES {
        for (chain, _) in combinations() {
            let program = format!(
                "fn probe(x) {{ if x == {BAD} {{ error(\"bad {{x}}\") }}\n  x }}\n{PRELUDE}\
                 r = try {{ {chain} }} catch e {{ e.message }}\nprint(r)\nprint([1] *> ^{{ it + 1 }})"
            );
            let found = core_outcome(&program, mode).expect("it compiles and ends");
            // What begins with the bad number as its accumulator never looks at it.
            let meets = !chain.starts_with("step(") && !chain.starts_with("[]") && !chain.starts_with("2 &> ^(a, x)");
            let first = if meets { format!("bad {BAD}\n[2]") } else { "[2]".to_owned() };
            assert!(found.trim_end().ends_with(&first), "{chain} of {}: {found}", mode.name());
        }
    }
}
