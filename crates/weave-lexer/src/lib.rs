//! Tokens of the Weave language: every byte of a source, in order, with
//! interpolated strings split into the tokens that their expressions are made
//! of. A parser passes over blanks and comments, a formatter keeps them.
//!
//! ```
//! use weave_lexer::{TokenKind, lex};
//!
//! let kinds: Vec<TokenKind> = lex("n = 1").iter().map(|token| token.kind).collect();
//! let blank = TokenKind::Blank;
//! assert_eq!(kinds, [TokenKind::Name, blank, TokenKind::Assign, blank, TokenKind::Int, TokenKind::End]);
//! ```
#![forbid(unsafe_code)]

mod escape;
#[doc(hidden)]
pub mod invariants;
mod lexer;
mod number;
mod rules;
#[cfg(test)]
mod tests;
mod token;

pub use escape::{unescape, unescape_shell};
pub use lexer::lex;
pub use token::{LexError, Token, TokenKind};
