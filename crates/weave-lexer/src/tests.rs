//! Tokens of small texts, and what holds for those of every text.

use crate::invariants::check;
use crate::{LexError, TokenKind, lex};

/// The tokens that a parser looks at, with their text, in short.
fn tokens(source: &str) -> Vec<String> {
    check(source).unwrap();
    let shown = lex(source).into_iter().filter(|token| !token.kind.is_trivia() && token.kind != TokenKind::End);
    shown.map(|token| format!("{:?} {}", token.kind, &source[token.span.range()])).collect()
}

fn kinds(source: &str) -> Vec<TokenKind> {
    check(source).unwrap();
    lex(source).into_iter().map(|token| token.kind).collect()
}

#[test]
fn blanks_comments_and_newlines_are_tokens() {
    use TokenKind::{Blank, Comment, End, Name, Newline};
    assert_eq!(kinds(""), [End]);
    assert_eq!(kinds("\u{feff}a \t# c\r\n#d"), [Blank, Name, Blank, Comment, Newline, Comment, End]);
    assert_eq!(kinds("#!/usr/bin/env weave\na"), [Comment, Newline, Name, End]);
}

#[test]
fn the_longest_operator_wins() {
    assert_eq!(tokens("..=.. ."), ["DotDotEqual ..=", "DotDot ..", "Dot ."]);
    assert_eq!(tokens("**=*>*="), ["PowerAssign **=", "PipeMap *>", "StarAssign *="]);
    assert_eq!(
        tokens("a?.b?[c]??=d?>e"),
        [
            "Name a",
            "QuestionDot ?.",
            "Name b",
            "QuestionBracket ?[",
            "Name c",
            "BracketClose ]",
            "CoalesceAssign ??=",
            "Name d",
            "PipeFilter ?>",
            "Name e",
        ]
    );
    assert_eq!(tokens("!&!=!"), ["NotAmpersand !&", "NotEqual !=", "Bang !"]);
    assert_eq!(tokens("1..2"), ["Int 1", "DotDot ..", "Int 2"]);
    assert_eq!(tokens("1.5.e"), ["Float 1.5", "Dot .", "Name e"]);
}

#[test]
fn keywords_are_whole_words() {
    assert_eq!(tokens("if iffy not_ in"), ["If if", "Name iffy", "Name not_", "In in"]);
    assert_eq!(tokens("as _ größe"), ["Name as", "Name _", "Name größe"]);
}

#[test]
fn numbers_take_their_letters_along() {
    assert_eq!(
        tokens("0xFF 1e5 1e 1_0 1__0 12px 0b2"),
        [
            "Int 0xFF",
            "Float 1e5",
            "Error(Number) 1e",
            "Int 1_0",
            "Error(Underscore) 1__0",
            "Error(Number) 12px",
            "Error(Number) 0b2",
        ]
    );
}

#[test]
fn strings_split_at_interpolations_and_escapes() {
    assert_eq!(
        tokens(r#""a{b:>8}\n{"{c}"}""#),
        [
            "StringStart \"",
            "Text a",
            "InterpolationOpen {",
            "Name b",
            "Format :>8",
            "InterpolationClose }",
            "Escape \\n",
            "InterpolationOpen {",
            "StringStart \"",
            "InterpolationOpen {",
            "Name c",
            "InterpolationClose }",
            "TextEnd \"",
            "InterpolationClose }",
            "TextEnd \"",
        ]
    );
    assert_eq!(
        tokens("\"{ {a} }\""),
        [
            "StringStart \"",
            "InterpolationOpen {",
            "BraceOpen {",
            "Name a",
            "BraceClose }",
            "InterpolationClose }",
            "TextEnd \"",
        ]
    );
}

#[test]
fn a_colon_starts_a_format_only_behind_an_operand_of_the_interpolation() {
    let formats = |source: &str| lex(source).iter().filter(|token| token.kind == TokenKind::Format).count();
    assert_eq!(formats("\"{a:5} {:a} {f(a:5)} {[a:5]} {b ?? :a} {a.in:5} {a[0]:5} {'a':5}\""), 4);
    assert_eq!(formats("[a:5]"), 0);
    assert_eq!(tokens("\"{a:=5}\"")[3], "Format :=5");
}

#[test]
fn triple_quotes_hold_quotes() {
    assert_eq!(tokens("\"\"\"\na \"b\" \"\" \"\"\""), ["TripleStart \"\"\"", "Text \na \"b\" \"\" ", "TextEnd \"\"\""]);
}

#[test]
fn shell_literals_follow_the_shells_quotes() {
    assert_eq!(
        tokens("`a '{b}' {c} \\` ${d}`"),
        [
            "ShellStart `",
            "Text a '{b}' ",
            "InterpolationOpen {",
            "Name c",
            "InterpolationClose }",
            "Text  ",
            "Escape \\`",
            "Text  ${d}",
            "TextEnd `",
        ]
    );
    let quoted = kinds("`\"{a}\"`");
    assert!(quoted.contains(&TokenKind::Error(LexError::QuotedInterpolation)));
}

#[test]
fn open_texts_end_at_the_end() {
    assert_eq!(
        kinds("\"{\"a")[4..],
        [TokenKind::Error(LexError::Unterminated), TokenKind::Error(LexError::Unterminated), TokenKind::End,]
    );
    assert_eq!(kinds("'a"), [TokenKind::Error(LexError::UnterminatedRaw), TokenKind::End]);
    assert_eq!(kinds("'a''"), [TokenKind::Error(LexError::UnterminatedRaw), TokenKind::End]);
}

#[test]
fn long_tokens_and_deep_strings_cost_no_stack() {
    let sources = [
        "#".repeat(1_000_000),
        " ".repeat(1_000_000),
        "a".repeat(1_000_000),
        "1".repeat(1_000_000),
        format!("'{}", "a".repeat(1_000_000)),
        format!("\"{}\"", "a".repeat(1_000_000)),
        "\"{".repeat(200_000),
        "# c\n".repeat(100_000),
        "é".repeat(100_000),
    ];
    for source in sources {
        check(&source).unwrap();
    }
}

#[test]
fn random_texts_hold() {
    const PIECES: &[&str] = &[
        "a",
        "1",
        "\"",
        "\"\"\"",
        "'",
        "re'",
        "`",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        ":",
        ":=",
        ".",
        "\\",
        "\\n",
        "\\u{",
        "$",
        "?",
        "=",
        "*",
        ">",
        "-",
        "#",
        "\n",
        "\r",
        " ",
        "é",
        "\u{feff}",
        "\u{1f600}",
        "<",
        "|",
        "&",
        "!",
        "0x",
        "_",
    ];
    // A linear congruence is random enough to shuffle pieces.
    let mut state = 7_u64;
    for _ in 0..50_000 {
        let mut source = String::new();
        for _ in 0..(state >> 33) % 24 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            source.push_str(PIECES[(state >> 33) as usize % PIECES.len()]);
        }
        state = state.wrapping_add(1).wrapping_mul(6_364_136_223_846_793_005);
        check(&source).unwrap_or_else(|problem| panic!("{problem}: {source:?}"));
    }
}
