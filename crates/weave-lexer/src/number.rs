//! The extent and kind of a number. Its value is the parser's work, which
//! knows whether a minus stands before it.

use crate::rules::identifier_tail;
use crate::token::{LexError, TokenKind};

/// Scans the number at the start of a text, whose first byte is a digit.
/// Returns its length in bytes, letters glued to it included.
pub(crate) fn scan(text: &str) -> (usize, TokenKind) {
    let bytes = text.as_bytes();
    let radix = match bytes.get(1) {
        Some(b'x') if bytes[0] == b'0' => 16,
        Some(b'o') if bytes[0] == b'0' => 8,
        Some(b'b') if bytes[0] == b'0' => 2,
        _ => return decimal(text),
    };
    let length = identifier_tail(text);
    let digits = &text[2..length];
    let kind = if digits.is_empty() || !digits.chars().all(|c| c == '_' || c.is_digit(radix)) {
        TokenKind::Error(LexError::Number)
    } else if !underscores_are_inside(digits) {
        TokenKind::Error(LexError::Underscore)
    } else {
        TokenKind::Int
    };
    (length, kind)
}

fn decimal(text: &str) -> (usize, TokenKind) {
    let bytes = text.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let digits_from = |mut at: usize| {
        while is_digit(at) || bytes.get(at) == Some(&b'_') {
            at += 1;
        }
        at
    };
    let mut kind = TokenKind::Int;
    let mut at = digits_from(0);
    let mut underscores = underscores_are_inside(&text[..at]);
    if bytes.get(at) == Some(&b'.') && is_digit(at + 1) {
        let end = digits_from(at + 1);
        underscores &= underscores_are_inside(&text[at + 1..end]);
        at = end;
        kind = TokenKind::Float;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        if is_digit(at + 1 + sign) {
            let end = digits_from(at + 1 + sign);
            underscores &= underscores_are_inside(&text[at + 1 + sign..end]);
            at = end;
            kind = TokenKind::Float;
        }
    }
    let letters = identifier_tail(&text[at..]);
    if letters > 0 {
        return (at + letters, TokenKind::Error(LexError::Number));
    }
    (at, if underscores { kind } else { TokenKind::Error(LexError::Underscore) })
}

/// Whether each `_` stands between two digits.
fn underscores_are_inside(digits: &str) -> bool {
    !digits.starts_with('_') && !digits.ends_with('_') && !digits.contains("__")
}
