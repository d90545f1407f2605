//! Depth and length: deep sources fit a 2 MiB stack of a debug build, long
//! ones take linear time, and what is too deep is one error.

use super::parsed;
use crate::ast::{Expr, Stmt};
use crate::parser::{MAX_ERRORS, MAX_NESTING, MAX_PENDING};
use std::time::{Duration, Instant};

/// What nests, as opening and closing halves around a core.
const NESTS: &[(&str, &str, &str)] = &[
    ("(", "1", ")"),
    ("[", "1", "]"),
    ("[a: ", "1", "]"),
    ("[\"a\": ", "1", "]"),
    ("[*", "x", "]"),
    ("f(", "1", ")"),
    ("x.f(", "1", ")"),
    ("x[", "1", "]"),
    ("x?[..", "1", "]"),
    (".a[", "1", "]"),
    ("-(", "1", ")"),
    ("1 + (", "1", ")"),
    ("1 + 2 * (", "1", ")"),
    ("not (", "1", ")"),
    ("{ ", "1", " }"),
    ("^{ ", "1", " }"),
    ("^(x) { ", "1", " }"),
    ("fn(x) { ", "1", " }"),
    ("fn g() { ", "1", " }"),
    ("^(x: ", "1", ") { }"),
    ("if a { ", "1", " }"),
    ("if a { } else { ", "1", " }"),
    ("if ", "a", " { }"),
    ("while a { ", "1", " }"),
    ("for a in b { ", "1", " }"),
    ("try { ", "1", " } catch { }"),
    ("try { } catch { ", "1", " }"),
    ("\"{", "1", "}\""),
    ("`{", "1", "}`"),
    ("\"\"\"\n{", "1", "}\n\"\"\""),
    ("xs *> (", "f", ")"),
    ("x = 1 + ^{ ", "1", " }"),
    ("[\"a\" + ", "1", "]"),
    ("print \"a\" + { ", "1", " }"),
    ("x = { ", "1", " }"),
    ("let x = { ", "1", " }"),
    ("print { ", "1", " }"),
    ("return { ", "1", " }"),
    ("-", "1", ""),
    ("- ", "1", ""),
    ("!", "1", ""),
    ("not ", "1", ""),
    ("2 ** ", "1", ""),
    ("2 ** -", "1", ""),
    ("a ?? ", "1", ""),
];

fn nest((open, core, close): (&str, &str, &str), levels: usize) -> String {
    let source = format!("{}{core}{}", open.repeat(levels), close.repeat(levels));
    match open {
        "return { " => format!("fn h() {{ {source} }}"),
        // At the start of a line it would be the binary one.
        "- " => format!("x = {source}"),
        _ => source,
    }
}

/// A little less than 2 MiB, which leaves room for a caller.
const STACK: usize = 1_900 << 10;

/// Runs on a thread with the stack that a debug build has to be content with.
fn on_small_stack<T: Send + 'static>(body: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(body);
    thread.expect("a thread starts").join().expect("the thread does not panic")
}

#[test]
fn a_thousand_levels_of_anything_parse() {
    for nested in NESTS {
        let source = nest(*nested, 1_000);
        let errors = on_small_stack(move || parsed(&source).errors);
        assert!(errors.is_empty(), "{:?}: {:?}", nested.0, errors.first());
    }
}

#[test]
fn the_deepest_source_fits_the_stack_and_more_is_one_error() {
    for nested in NESTS {
        for levels in [MAX_NESTING as usize / 2, MAX_NESTING as usize, 20_000] {
            let source = nest(*nested, levels);
            let errors = on_small_stack(move || parsed(&source).errors);
            let deep: Vec<_> = errors.iter().filter(|error| error.message.contains("nests deeper")).collect();
            assert!(deep.len() <= 1, "{:?}: {errors:?}", nested.0);
            if levels > MAX_PENDING {
                assert_eq!(deep.len(), 1, "{:?} {levels}: {errors:?}", nested.0);
            }
        }
    }
}

#[test]
fn a_target_nests_as_deep_as_its_expression() {
    let levels = 1_000;
    let source = format!("{}x{} = 1", "[".repeat(levels), "]".repeat(levels));
    assert!(on_small_stack(move || parsed(&source).errors).is_empty());
    let source = format!("let {}x{} = 1", "[".repeat(levels), "]".repeat(levels));
    assert!(on_small_stack(move || parsed(&source).errors).is_empty());
    let source = format!("fn f({}x{}) {{ }}", "[".repeat(levels), "]".repeat(levels));
    assert!(on_small_stack(move || parsed(&source).errors).is_empty());
}

#[test]
fn a_hundred_thousand_open_brackets_are_one_error_quickly() {
    let start = Instant::now();
    for open in ["(", "[", "{", "^{", "f(", "\"{", "`{", "-", "if ", "((]", "x?[", "[(]", "fn f(", "^(a: "] {
        let source = open.repeat(100_000);
        let errors = on_small_stack(move || parsed(&source).errors);
        assert!(!errors.is_empty() && errors.len() <= MAX_ERRORS, "{open}");
        if !open.contains([']', '"', '`']) && open != "fn f(" {
            assert_eq!(errors.len(), 1, "{open}: {:?}", &errors[..2.min(errors.len())]);
        }
        let words: usize = errors.iter().map(|error| error.message.len()).sum();
        assert!(words < 10_000, "{open}: {words} bytes of messages");
    }
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn a_hundred_thousand_closing_brackets_are_quick() {
    let start = Instant::now();
    for close in [")", "]", "}", ")]", "(]", "[)", "{)", "}(", ")\n", "(\n", "[1 2\n", "x = (\n"] {
        let source = close.repeat(100_000);
        let errors = on_small_stack(move || parsed(&source).errors);
        assert!(!errors.is_empty() && errors.len() <= MAX_ERRORS, "{close}");
    }
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn long_chains_parse() {
    let parts = 100_000;
    let repeated = |part: &str| part.repeat(parts);
    let chains = [
        format!("a{}", repeated(" + a")),
        format!("a{}", repeated(" - a * b")),
        format!("a{}", repeated(" and a")),
        format!("a{}", repeated(" or a")),
        format!("a{}", repeated(" << a")),
        format!("a{}", repeated(" | a")),
        format!("a{}", repeated("\n  |> f")),
        format!("a{}", repeated(" *> ^{ it } ?> .b")),
        format!("a{}", repeated(".b.c")),
        format!("a{}", repeated("\n  .b(1)")),
        format!("a{}", repeated("[0]")),
        format!("a{}", repeated("()")),
        format!("xs *> .a{}", repeated(".b[0]")),
        format!("if a {{ }}{}", repeated(" else if b { }")),
        format!("[{}]", repeated("1, ")),
        format!("f({})", repeated("x, ")),
        format!("fn f({}) {{ }}", repeated("x, ")),
        format!("print {}x", repeated("x, ")),
        repeated("x = 1\n"),
        repeated("fn f() { }\n"),
        repeated("{ }"),
        repeated("# comment\n"),
        repeated(";"),
        format!("\"{}\"", repeated("{a} ")),
        format!("x = {}", repeated("\n")) + "1",
        format!("'{}'", repeated("''")),
    ];
    for chain in chains {
        let start = chain[..20].to_string();
        let errors = on_small_stack(move || parsed(&chain).errors);
        assert!(errors.is_empty(), "{start:?}: {:?}", errors.first());
    }
}

#[test]
fn errors_are_kept_up_to_a_limit() {
    assert_eq!(parsed(&"x = = 1\n".repeat(1_000)).errors.len(), MAX_ERRORS);
    assert_eq!(parsed(&"$\n".repeat(1_000)).errors.len(), MAX_ERRORS);
    assert_eq!(parsed(&"$ x y\n".repeat(1_000)).errors.len(), MAX_ERRORS);
}

#[test]
fn an_else_if_chain_nests_to_the_right() {
    let parsed = parsed("if a { 1 } else if b { 2 } else { 3 }");
    let tree = &parsed.tree;
    let Stmt::Expr(first) = tree[tree[tree.root].kind.stmts[0]].kind else { panic!("no expression") };
    let Expr::If { otherwise: Some(second), .. } = tree[first].kind else { panic!("no if") };
    let Expr::If { otherwise: Some(third), .. } = tree[second].kind else { panic!("no else if") };
    assert!(matches!(tree[third].kind, Expr::Block(_)));
    assert_eq!(tree.expr_span(first).len(), 38 - 1);
    assert_eq!(tree.expr_span(second).start, 16);
}
