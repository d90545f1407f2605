//! Values of number literals.

use crate::ast::{Expr, ExprId, TokenId};
use crate::error::{CompileError, ErrorKind};
use crate::parser::cursor::Parser;
use weave_lexer::TokenKind;

impl Parser<'_, '_> {
    /// An integer literal. The lowest integer has no positive counterpart, so
    /// its literal takes the minus before it along.
    pub(super) fn int(&mut self) -> ExprId {
        let token = self.token();
        let value = magnitude(self.text_of(token));
        if let Some(value) = value.and_then(|value| i64::try_from(value).ok()) {
            self.bump();
            return self.add(Expr::Int(value), token);
        }
        let lowest = value == Some(i64::MIN.unsigned_abs()) && self.peek_at(1) != TokenKind::Power;
        if lowest && let Some(minus) = self.take_minus() {
            self.bump();
            return self.add(Expr::Int(i64::MIN), minus);
        }
        self.complain_int(token);
        self.bump();
        self.add(Expr::Error, token)
    }

    #[cold]
    fn complain_int(&mut self, token: TokenId) {
        let message = "an integer literal beyond 64 bits";
        let help = "the largest integer is 9223372036854775807; a float is written with a dot or an exponent";
        self.complain(CompileError::new(ErrorKind::Syntax, self.span_of(token), message).with_help(help));
    }

    /// A float literal: the double nearest to what is written.
    pub(super) fn float(&mut self) -> ExprId {
        let token = self.bump();
        let text = self.text_of(token);
        let value = if text.contains('_') { text.replace('_', "").parse() } else { text.parse() };
        // Everything that the lexer calls a float is one to the standard
        // library too.
        self.add(value.map_or(Expr::Error, Expr::Float), token)
    }
}

/// The value of an integer literal, `None` beyond 64 bits.
fn magnitude(text: &str) -> Option<u64> {
    let (digits, radix) = match text.get(..2) {
        Some("0x") => (&text[2..], 16),
        Some("0o") => (&text[2..], 8),
        Some("0b") => (&text[2..], 2),
        _ => (text, 10),
    };
    let mut value = 0_u64;
    for digit in digits.chars().filter_map(|c| c.to_digit(radix)) {
        value = value.checked_mul(u64::from(radix))?.checked_add(u64::from(digit))?;
    }
    Some(value)
}
