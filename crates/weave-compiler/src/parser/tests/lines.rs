//! Where statements end: section 1 of the reference.

use super::{fails, same, tree};

#[test]
fn statements_end_at_a_newline_or_a_semicolon() {
    assert_eq!(tree("a\nb; c;; d\n\n;"), "a b c d");
    assert_eq!(tree("a\r\nb\r\n"), "a b");
    assert_eq!(tree("\u{feff}a # one\n# two\nb"), "a b");
    assert_eq!(tree("#!/usr/bin/env weave\na"), "a");
    assert_eq!(tree(""), "");
}

#[test]
fn a_newline_inside_parentheses_and_brackets_ends_nothing() {
    assert_eq!(tree("f(a\n, b\n)"), "(call f a b)");
    assert_eq!(tree("[\n1\n,\n2,\n]"), "[1 2]");
    assert_eq!(tree("(a\n+ b)"), "(paren (Add a b))");
    assert_eq!(tree("(a\n- b)"), "(paren (Subtract a b))");
    assert_eq!(tree("(f\n(a))"), "(paren (call f a))");
    assert_eq!(tree("x[\na\n]"), "([] x a)");
    assert_eq!(tree("fn f(\na,\nb: 1\n) { }"), "(fn f(a b: 1) {})");
}

#[test]
fn it_does_so_again_inside_braces_inside_parentheses() {
    assert_eq!(tree("f(^{\na\nb\n})"), "(call f (^(it) {a b}))");
    assert_eq!(tree("(fn() {\na\n(b)\n}\n())"), "(paren (call (fn() {a (paren b)})))");
    assert_eq!(tree("[{ a\n[1] }]"), "[{a [1]}]");
}

#[test]
fn a_line_goes_on_after_an_operator_an_assignment_or_a_comma() {
    assert_eq!(tree("a +\n\n# comment\nb"), "(Add a b)");
    assert_eq!(tree("a =\n1"), "(= a 1)");
    assert_eq!(tree("a +=\n1"), "(Add= a 1)");
    assert_eq!(tree("let a =\n1"), "(let a 1)");
    assert_eq!(tree("print a,\n  b"), "(call print a b)");
    assert_eq!(tree("for k,\nv in c { }"), "(for k v in c {})");
    assert_eq!(tree("a |>\nf"), "(Apply a f)");
    assert_eq!(tree("not\na"), "(Not a)");
}

#[test]
fn a_line_that_starts_with_a_continuation_goes_on_with_the_one_above() {
    assert_eq!(tree("a\n|> f\n*> g\n?> h\n&> i"), "(Fold (Filter (Map (Apply a f) g) h) i)");
    assert_eq!(tree("a\n.b\n?.c\n.d()"), "(. (?. (. a b) c) d())");
    assert_eq!(tree("a\n?? b\n?? c"), "(Coalesce a (Coalesce b c))");
    assert_eq!(tree("a\nand b\nor c\n&& d\n|| e"), "(Or (Or (And a b) (And c d)) e)");
    assert_eq!(tree("if a { b }\n\n# comment\nelse { c }"), "(if a {b} {c})");
    assert_eq!(tree("try { a }\ncatch e { b }"), "(try {a} e {b})");
    assert_eq!(tree("x = if a { b }\nelse if c { d }\nelse { e }"), "(= x (if a {b} (if c {d} {e})))");
    same("a\n  # a comment between\n\n  |> f", "a |> f");
}

#[test]
fn a_bracket_or_a_caret_at_the_start_of_a_line_begins_a_statement() {
    assert_eq!(tree("f\n(a)"), "f (paren a)");
    assert_eq!(tree("f\n[a]"), "f [a]");
    assert_eq!(tree("f\n^{ a }"), "f (^(it) {a})");
    assert_eq!(tree("f\n(a)\n.b"), "f (. (paren a) b)");
    assert_eq!(tree("f (a)"), "(call f a)");
    assert_eq!(tree("f [a]"), "([] f a)");
    assert_eq!(tree("a.f\n(b)"), "(. a f) (paren b)");
}

#[test]
fn a_line_starting_with_a_minus_and_a_blank_is_an_error() {
    fails("a\n- b", 2, "end the line above with the `-`");
    fails("a\n  # comment\n  - b", 3, "a line can't start with a binary `-`");
    fails("if a { b }\n- c", 2, "a line can't start with a binary `-`");
    fails("x |> f\n- c", 2, "a line can't start with a binary `-`");
    assert_eq!(tree("a\n-b"), "a (Negate b)");
    assert_eq!(tree("a -\nb"), "(Subtract a b)");
    assert_eq!(tree("(a\n- b)"), "(paren (Subtract a b))");
}

#[test]
fn other_operators_at_the_start_of_a_line_are_errors() {
    fails("a\n+ b", 2, "end the line above with the `+`");
    fails("a\n* b", 2, "end the line above with the `*`");
    fails("a\n== b", 2, "end the line above with the `==`");
    fails("a\n<< b", 2, "end the line above with the `<<`");
    fails("a\n.. b", 2, "end the line above with the `..`");
    fails("|> f", 1, "its left operand is missing");
}

#[test]
fn a_statement_in_braces_ends_at_its_last_brace() {
    assert_eq!(tree("if a { b } c"), "(if a {b}) c");
    assert_eq!(tree("for a in b { } c"), "(for a in b {}) c");
    assert_eq!(tree("while a { } c"), "(while a {}) c");
    assert_eq!(tree("try { a } catch { b } c"), "(try {a} {b}) c");
    assert_eq!(tree("fn f() { } c"), "(fn f() {}) c");
    assert_eq!(tree("{ a } { b } c"), "{a} {b} c");
    assert_eq!(tree("{ a } (b)"), "{a} (paren b)");
    assert_eq!(tree("if a { b } [c]"), "(if a {b}) [c]");
    assert_eq!(tree("if a { b } -c"), "(if a {b}) (Negate c)");
    fails("if a { b } + c", 1, "expected a statement, found `+`");
}

#[test]
fn unless_a_pipe_operator_or_a_dot_follows() {
    assert_eq!(tree("if a { b } else { c } |> f"), "(Apply (if a {b} {c}) f)");
    assert_eq!(tree("{ a }.b(1) + 2"), "(Add (. {a} b(1)) 2)");
    assert_eq!(tree("{ a }\n  *> f"), "(Map {a} f)");
    assert_eq!(tree("try { a } catch { b }?.c"), "(?. (try {a} {b}) c)");
    assert_eq!(tree("while a { } |> f"), "(Apply {(while a {})} f)");
    assert_eq!(tree("for a in b { }\n|> f"), "(Apply {(for a in b {})} f)");
    assert_eq!(tree("fn f() { } |> g"), "(fn f() {}) (Apply f g)");
    assert_eq!(tree("{ a }.b = 1"), "(= (. {a} b) 1)");
}

#[test]
fn elsewhere_they_are_ordinary_operands() {
    assert_eq!(tree("x = if a { b } else { c } + 1"), "(= x (Add (if a {b} {c}) 1))");
    assert_eq!(tree("x = { a } + { b }"), "(= x (Add {a} {b}))");
    assert_eq!(tree("1 + try { a } catch { b } * 2"), "(Add 1 (Multiply (try {a} {b}) 2))");
    assert_eq!(tree("fn() { a }()"), "(call (fn() {a}))");
    fails("x = if a { b } c", 1, "expected the end of the statement, found `c`");
}
