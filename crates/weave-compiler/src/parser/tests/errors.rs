//! Words, places and help of whole errors.

use super::{errors, parsed};

#[track_caller]
fn reports(source: &str, expected: &[&str]) {
    assert_eq!(errors(source), expected, "{source:?}");
}

#[test]
fn unclosed_brackets_are_reported_once_where_they_open() {
    reports("x = f(1, [2", &["1: `[` this `[` is never closed (add `]`)"]);
    reports("fn f() {\n  a", &["1: `{` this `{` is never closed (add `}`)"]);
    reports("x = (1 + 2\ny = 3", &["1: `(` this `(` is never closed (add `)`)"]);
    reports("f(1, 2\ny = 3", &["1: `(` this `(` is never closed (add `)`)"]);
    reports("f(1]", &["1: `]` expected `,` or `)`, found `]`"]);
}

#[test]
fn stray_closing_brackets_are_reported() {
    reports("}", &["1: `}` expected a statement, found `}` (no bracket is open here that `}` closes)"]);
    let help = "no bracket is open here that it closes";
    reports("x = 1)\ny", &[&format!("1: `)` expected the end of the statement, found `)` ({help})")]);
}

#[test]
fn the_second_place_of_an_error_is_labelled() {
    let parsed = parsed("f(1]");
    assert_eq!(parsed.errors[0].labels[1].text, "opened here");
    assert_eq!(parsed.errors[0].labels[1].span.range(), 1..2);
}

#[test]
fn what_is_missing_at_the_end_is_placed_at_the_last_token() {
    reports("x = 1 +\n\n", &["1: `+` expected an expression, found the end of the source"]);
    reports("x.", &["1: `.` expected a name behind the `.`, found the end of the source"]);
}

#[test]
fn an_error_does_not_hide_those_of_other_lines() {
    reports(
        "a = 1 +* 2\nb = \"\\q\"\nc = ]\nd = 1",
        &[
            "1: `*` expected an expression, found `*` (`*xs` spreads a container only as an element or argument)",
            "2: `\\q` there is no escape `\\q` (escapes are `\\n \\t \\r \\0 \\\\ \\\" \\{ \\} \\xNN` (below 80) and `\\u{…}`; a raw string '…' has none)",
            "3: `]` expected an expression, found `]`",
        ],
    );
}

#[test]
fn a_broken_list_is_left_at_its_own_end() {
    reports(
        "x = f(1 2, 3)\ny = ]",
        &["1: `2` expected `,` or `)`, found `2`", "2: `]` expected an expression, found `]`"],
    );
    reports(
        "if a { f(1 2) }\n)",
        &[
            "1: `2` expected `,` or `)`, found `2`",
            "2: `)` expected a statement, found `)` (no bracket is open here that `)` closes)",
        ],
    );
}

#[test]
fn long_tokens_are_quoted_short() {
    let source = format!("x {}", "y".repeat(1_000));
    assert!(parsed(&source).errors[0].message.len() < 150);
}
