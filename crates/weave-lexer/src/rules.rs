//! The rules of code outside of strings, as one automaton. It dispatches on
//! the first characters; whatever can be long (names, numbers, comments, raw
//! strings) is scanned in a callback, so that no token's length costs stack.

use crate::number;
use crate::token::{LexError, TokenKind};
use logos::{Lexer, Logos};

/// A rule's match: always a token, errors included.
#[derive(Logos, Clone, Copy, Debug)]
#[logos(utf8 = true)]
pub(crate) enum Rule {
    #[regex("[ \t]+", |_| TokenKind::Blank)]
    #[token("\n", |_| TokenKind::Newline)]
    #[token("\r\n", |_| TokenKind::Newline)]
    #[token("#", comment)]
    #[regex("[a-zA-Z_]", word)]
    #[regex(r"[^\x00-\x7F]", beyond_ascii)]
    #[regex("[0-9]", number)]
    #[token("'", raw_string)]
    #[token("re'", regex)]
    #[token("\"", |_| TokenKind::StringStart)]
    #[token("\"\"\"", |_| TokenKind::TripleStart)]
    #[token("`", |_| TokenKind::ShellStart)]
    #[token("(", |_| TokenKind::ParenOpen)]
    #[token(")", |_| TokenKind::ParenClose)]
    #[token("[", |_| TokenKind::BracketOpen)]
    #[token("?[", |_| TokenKind::QuestionBracket)]
    #[token("]", |_| TokenKind::BracketClose)]
    #[token("{", |_| TokenKind::BraceOpen)]
    #[token("}", |_| TokenKind::BraceClose)]
    #[token(",", |_| TokenKind::Comma)]
    #[token(";", |_| TokenKind::Semicolon)]
    #[token(":", |_| TokenKind::Colon)]
    #[token(".", |_| TokenKind::Dot)]
    #[token("?.", |_| TokenKind::QuestionDot)]
    #[token("..", |_| TokenKind::DotDot)]
    #[token("..=", |_| TokenKind::DotDotEqual)]
    #[token("^", |_| TokenKind::Caret)]
    #[token("=", |_| TokenKind::Assign)]
    #[token("+=", |_| TokenKind::PlusAssign)]
    #[token("-=", |_| TokenKind::MinusAssign)]
    #[token("*=", |_| TokenKind::StarAssign)]
    #[token("/=", |_| TokenKind::SlashAssign)]
    #[token("//=", |_| TokenKind::DoubleSlashAssign)]
    #[token("%=", |_| TokenKind::PercentAssign)]
    #[token("**=", |_| TokenKind::PowerAssign)]
    #[token("??=", |_| TokenKind::CoalesceAssign)]
    #[token("==", |_| TokenKind::Equal)]
    #[token("!=", |_| TokenKind::NotEqual)]
    #[token("<", |_| TokenKind::Less)]
    #[token("<=", |_| TokenKind::LessEqual)]
    #[token(">", |_| TokenKind::Greater)]
    #[token(">=", |_| TokenKind::GreaterEqual)]
    #[token("<<", |_| TokenKind::Append)]
    #[token("+", |_| TokenKind::Plus)]
    #[token("-", |_| TokenKind::Minus)]
    #[token("*", |_| TokenKind::Star)]
    #[token("/", |_| TokenKind::Slash)]
    #[token("//", |_| TokenKind::DoubleSlash)]
    #[token("%", |_| TokenKind::Percent)]
    #[token("**", |_| TokenKind::Power)]
    #[token("??", |_| TokenKind::Coalesce)]
    #[token("|", |_| TokenKind::Bar)]
    #[token("&", |_| TokenKind::Ampersand)]
    #[token("!&", |_| TokenKind::NotAmpersand)]
    #[token("||", |_| TokenKind::DoubleBar)]
    #[token("&&", |_| TokenKind::DoubleAmpersand)]
    #[token("!", |_| TokenKind::Bang)]
    #[token("|>", |_| TokenKind::PipeApply)]
    #[token("*>", |_| TokenKind::PipeMap)]
    #[token("?>", |_| TokenKind::PipeFilter)]
    #[token("&>", |_| TokenKind::PipeFold)]
    #[token("===", |_| TokenKind::Error(LexError::TripleEqual))]
    #[token("!==", |_| TokenKind::Error(LexError::NotDoubleEqual))]
    #[token("<>", |_| TokenKind::Error(LexError::LessGreater))]
    #[token("++", |_| TokenKind::Error(LexError::PlusPlus))]
    #[token("->", |_| TokenKind::Error(LexError::ThinArrow))]
    #[token("=>", |_| TokenKind::Error(LexError::FatArrow))]
    #[token(">>", |_| TokenKind::Error(LexError::ShiftRight))]
    #[token("&&=", |_| TokenKind::Error(LexError::AndEqual))]
    #[token("||=", |_| TokenKind::Error(LexError::OrEqual))]
    #[token("|=", |_| TokenKind::Error(LexError::OperatorEqual))]
    #[token("&=", |_| TokenKind::Error(LexError::OperatorEqual))]
    #[token("<<=", |_| TokenKind::Error(LexError::OperatorEqual))]
    #[token(":=", |_| TokenKind::Error(LexError::ColonEqual))]
    #[token("?", |_| TokenKind::Error(LexError::Question))]
    Token(TokenKind),
}

fn comment(lexer: &mut Lexer<'_, Rule>) -> TokenKind {
    let rest = lexer.remainder().as_bytes();
    let mut length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    if length < rest.len() && length > 0 && rest[length - 1] == b'\r' {
        length -= 1;
    }
    lexer.bump(length);
    TokenKind::Comment
}

/// Length in bytes of the identifier characters at the start of a text.
pub(crate) fn identifier_tail(text: &str) -> usize {
    let ascii = text.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
    let rest = &text[ascii..];
    if rest.as_bytes().first().is_none_or(u8::is_ascii) {
        return ascii;
    }
    let more = rest.char_indices().find(|(_, c)| !unicode_ident::is_xid_continue(*c));
    ascii + more.map_or(rest.len(), |(at, _)| at)
}

fn word(lexer: &mut Lexer<'_, Rule>) -> TokenKind {
    let length = identifier_tail(lexer.remainder());
    lexer.bump(length);
    TokenKind::keyword(lexer.slice()).unwrap_or(TokenKind::Name)
}

fn beyond_ascii(lexer: &mut Lexer<'_, Rule>) -> TokenKind {
    match lexer.slice().chars().next() {
        Some('\u{feff}') if lexer.span().start == 0 => TokenKind::Blank,
        Some(c) if unicode_ident::is_xid_start(c) => word(lexer),
        _ => TokenKind::Error(LexError::Character),
    }
}

fn number(lexer: &mut Lexer<'_, Rule>) -> TokenKind {
    let source = lexer.source();
    let (length, kind) = number::scan(&source[lexer.span().start..]);
    lexer.bump(length - 1);
    kind
}

/// Scans past the closing quote of a raw string, where `''` is one quote.
fn quoted(lexer: &mut Lexer<'_, Rule>, kind: TokenKind) -> TokenKind {
    let rest = lexer.remainder().as_bytes();
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'\'', &rest[at..]) {
        at += found + 1;
        if rest.get(at) != Some(&b'\'') {
            lexer.bump(at);
            return kind;
        }
        at += 1;
    }
    lexer.bump(rest.len());
    TokenKind::Error(LexError::UnterminatedRaw)
}

fn raw_string(lexer: &mut Lexer<'_, Rule>) -> TokenKind {
    quoted(lexer, TokenKind::RawString)
}

fn regex(lexer: &mut Lexer<'_, Rule>) -> TokenKind {
    quoted(lexer, TokenKind::Regex)
}
