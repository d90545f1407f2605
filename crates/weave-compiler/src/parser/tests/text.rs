//! Numbers, strings, shell literals and their errors.

use super::{fails, tree};
use crate::parser::{Completeness, completeness};

#[test]
fn numbers_have_values() {
    assert_eq!(tree("[42, 1_000_000, 0xff, 0b1010, 0o17, 007]"), "[42 1000000 255 10 15 7]");
    assert_eq!(tree("[1.5, 1e9, 2.5e-3, 1_0.2_5]"), "[1.5 1000000000.0 0.0025 10.25]");
    assert_eq!(tree("9223372036854775807"), "9223372036854775807");
    assert_eq!(tree("-9223372036854775808"), "-9223372036854775808");
    assert_eq!(tree("-0x8000000000000000"), "-9223372036854775808");
    assert_eq!(tree("a - -9223372036854775808"), "(Subtract a -9223372036854775808)");
    fails("9223372036854775808", 1, "beyond 64 bits");
    fails("a - 9223372036854775808", 1, "beyond 64 bits");
    fails("-9223372036854775808 ** 2", 1, "beyond 64 bits");
    fails("-9223372036854775809", 1, "beyond 64 bits");
    fails("0xffffffffffffffff", 1, "beyond 64 bits");
    fails(&"9".repeat(1000), 1, "beyond 64 bits");
    fails("12px", 1, "`12px` is no number");
    fails("0b12", 1, "`0b12` is no number");
    fails("0x", 1, "`0x` is no number");
    fails("1__0", 1, "between two digits");
    fails("1_", 1, "between two digits");
}

#[test]
fn a_dot_behind_a_number_is_an_error() {
    fails("5.abs()", 1, "put the number in parentheses: `(5).abs()`");
    fails("1.", 1, "a digit on both sides of its dot");
    fails("1.5.floor()", 1, "`(1.5).floor()`");
    assert_eq!(tree("(5).abs()"), "(. (paren 5) abs())");
    assert_eq!(tree("5\n  .abs()"), "(. 5 abs())");
}

#[test]
fn strings_have_escapes_and_interpolations() {
    assert_eq!(tree(r#""a\n\t\r\0\\\"\{\}\x41\u{e9}""#), "\"a\\n\\t\\r\\0\\\\\\\"{}Aé\"");
    assert_eq!(tree("\"a{b}c{d}\""), "(text \"a\" b \"c\" d)");
    assert_eq!(tree("\"{price:.2f} {n:>8,} {x:}\""), "(text price:\".2f\" \" \" n:\">8,\" \" \" x)");
    assert_eq!(tree("\"{\"x{y}\" + 'z'}\""), "(text (Add (text \"x\" y) \"z\"))");
    assert_eq!(tree("\"{f(:a, b: [c: 1])}\""), "(text (call f \"a\" \"b\": [\"c\": 1]))");
    assert_eq!(tree("\"{:a} {x ?? :b} {x.in:>3}\""), "(text \"a\" \" \" (Coalesce x \"b\") \" \" (. x in):\">3\")");
    assert_eq!(tree("\"{if a { :x } else { :y }:5}\""), "(text (if a {\"x\"} {\"y\"}):\"5\")");
    assert_eq!(tree("\"{a\n  + b\n}\""), "(text (Add a b))");
    assert_eq!(tree("\"{x:*^9} {x:}<3}\""), "(text x:\"*^9\" \" \" x:\"}<3\")");
    assert_eq!(tree("\"} a\r\nb\""), "\"} a\\nb\"");
    assert_eq!(tree("'it''s {raw} \\n'"), "\"it's {raw} \\\\n\"");
    assert_eq!(tree("re'\\d+''s'"), "re\"\\\\d+'s\"");
    fails("\"{}\"", 1, "for the characters themselves write `\\{\\}`");
    fails("\"{x:zz}\"", 1, "a format does not have `z`");
    fails("\"{1 + }\"", 1, "expected an expression, found `}`");
    fails("\"{a b}\"", 1, "expected `}`, found `b`");
    fails("\"\\q\"", 1, "there is no escape `\\q`");
    fails("\"\\x80\"", 1, "there is no escape");
    fails("\"\\u{d800}\"", 1, "there is no escape");
    fails("f(\"a", 1, "is never closed");
    fails("\"{a\"", 1, "is never closed");
    fails("x = .5", 1, "a fraction is written `0.5`");
    fails("f(\"a {b", 1, "is never closed");
    fails("f('a", 1, "is never closed");
    fails("x = `a", 1, "is never closed");
}

#[test]
fn triple_quoted_text_loses_its_indentation() {
    assert_eq!(tree("x = \"\"\"\n  a\n    b\n\n  c\n  \"\"\""), "(= x \"a\\n  b\\n\\nc\")");
    assert_eq!(tree("\"\"\"\n\"\"\""), "\"\"");
    assert_eq!(tree("\"\"\"\na\n\"\"\""), "\"a\"");
    assert_eq!(tree("\"\"\"\r\n  a\r\n  b\r\n  \"\"\""), "\"a\\nb\"");
    assert_eq!(
        tree("\"\"\"\n  a {b} c\n  {d}\n  \\n \"q\" \"\"\n  \"\"\""),
        "(text \"a \" b \" c\\n\" d \"\\n\\n \\\"q\\\" \\\"\\\"\")"
    );
    fails("\"\"\"a\n\"\"\"", 1, "starts on the next line");
    fails("\"\"\"\"\"\"", 1, "starts on the next line");
    fails("\"\"\"\na\"\"\"", 2, "stands on a line of its own");
    fails("x = \"\"\"\n    a\n  b\n    \"\"\"", 3, "less indentation");
    fails("x = \"\"\"\n {a}\n  \"\"\"", 2, "less indentation");
}

#[test]
fn shell_literals_know_the_shells_quotes() {
    assert_eq!(tree("`ls {dir}`"), "(shell \"ls \" dir)");
    assert_eq!(tree("`ls`"), "(shell \"ls\")");
    assert_eq!(tree("`awk '{print $1}' {f}`"), "(shell \"awk '{print $1}' \" f)");
    assert_eq!(tree("`echo ${HOME} {x}`"), "(shell \"echo ${HOME} \" x)");
    assert_eq!(tree("`echo \\{ \\} \\` \\n`"), "(shell \"echo { } ` \\\\n\")");
    assert_eq!(tree("`echo \"${HOME}\" \\\" {x}`"), "(shell \"echo \\\"${HOME}\\\" \\\\\\\" \" x)");
    assert_eq!(tree("`echo \"it's\" {x}`"), "(shell \"echo \\\"it's\\\" \" x)");
    assert_eq!(tree("``.code"), "(. (shell) code)");
    fails("`echo \"{x}\"`", 1, "drop the quotes");
}

#[test]
fn characters_that_are_no_tokens_are_errors() {
    fails("x = 1 $ 2", 1, "the character `$` (U+0024) begins no token");
    fails("x = “a", 1, "strings stand between");
    fails("a = \u{a0}1", 1, "(U+00A0) begins no token");
    fails("§§§", 1, "`§`");
    assert_eq!(tree("größe = übung_1"), "(= größe übung_1)");
}

#[test]
fn completeness_tells_open_from_broken() {
    for source in ["", "1", "f(1)\n", "x = 1..", "# c", "\"a\"", "fn f() { }"] {
        assert_eq!(completeness(source), Completeness::Complete, "{source:?}");
    }
    for source in [
        "f(",
        "[1,",
        "{",
        "x =",
        "a +",
        "a +\n\n",
        "\"abc",
        "\"a {b",
        "'a",
        "`ls",
        "\"\"\"\n",
        "a |>",
        "fn f",
        "fn f(a)",
        "if a",
        "if a {",
        "if a { } else",
        "for x in",
        "let",
        "not",
        "f(^{\n  x = [",
        "\"{",
        "try { a }",
        "^(x)",
        "x.",
        "re'",
    ] {
        assert_eq!(completeness(source), Completeness::Incomplete, "{source:?}");
    }
    for source in ["f(]", "1 = 2", "a < b < c (", "5.", ")", "x = = (", "$ (", "a b (", "break", "f(a: 1, 2", "}"] {
        assert_eq!(completeness(source), Completeness::Broken, "{source:?}");
    }
}
