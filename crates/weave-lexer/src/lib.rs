//! weave-lexer
#![forbid(unsafe_code)]

use weave_bytecode::span::Span;

/// A token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Token {
    /// Which bytes it covers.
    pub span: Span,
}
