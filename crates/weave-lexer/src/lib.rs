//! weave-lexer
#![forbid(unsafe_code)]

use weave_bytecode::span::Span;

/// A token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Token {
    /// Which bytes it covers.
    pub span: Span,
}

/// The tokens of a source, which cover every byte in order.
pub fn lex(source: &str) -> Vec<Token> {
    let end = u32::try_from(source.len()).unwrap_or(u32::MAX);
    vec![Token { span: Span::new(0, end) }]
}
