//! Drives the rules through code, and scans the text of strings and shell
//! literals itself. Which of the two it is in stands on a stack on the heap,
//! so that strings nest in interpolations to any depth.

use crate::escape;
use crate::rules::Rule;
use crate::token::{LexError, Token, TokenKind};
use logos::Logos;
use weave_bytecode::span::Span;

/// What surrounds the next byte.
#[derive(Clone, Copy, Debug)]
enum Mode {
    /// Code: the source itself, or an interpolation.
    Code {
        /// `{` that are open in it.
        braces: u32,
        /// `(` and `[` that are open in it.
        parens: u32,
    },
    /// `"…"`
    String,
    /// `"""…"""`
    Triple,
    /// A shell literal, inside or outside of the shell's own quotes.
    Shell(Option<u8>),
}

/// The tokens of a source. They cover every byte in order, and the last one is
/// an empty [`TokenKind::End`]. Never fails: what is no token becomes an error
/// token. A source of 4 GiB or more yields the `End` alone, because no
/// span can hold its positions; the parser reports it.
pub fn lex(source: &str) -> Vec<Token> {
    if u32::try_from(source.len()).is_err() {
        return vec![Token { kind: TokenKind::End, span: Span::new(0, 0) }];
    }
    let mut lexer = Lexer {
        rules: Rule::lexer(source),
        tokens: Vec::with_capacity(source.len() / 4 + 1),
        modes: vec![Mode::Code { braces: 0, parens: 0 }],
        after_operand: false,
        name_follows: false,
    };
    while lexer.step() {}
    lexer.finish();
    lexer.tokens
}

struct Lexer<'s> {
    rules: logos::Lexer<'s, Rule>,
    tokens: Vec<Token>,
    /// Never empty; the first is the source's own code.
    modes: Vec<Mode>,
    /// Whether the last token that is no trivia can end an operand: then a `:`
    /// at the outer level of an interpolation starts its format.
    after_operand: bool,
    /// Whether a keyword would be a plain name here.
    name_follows: bool,
}

impl Lexer<'_> {
    /// Makes one token. False at the end of the source.
    fn step(&mut self) -> bool {
        let mode = self.modes.last().copied().unwrap_or(Mode::Code { braces: 0, parens: 0 });
        match mode {
            Mode::Code { .. } => return self.code(),
            _ if self.rules.remainder().is_empty() => return false,
            Mode::String => self.string(false),
            Mode::Triple => self.string(true),
            Mode::Shell(quote) => self.shell(quote),
        }
        true
    }

    fn push(&mut self, kind: TokenKind, start: usize, end: usize) {
        // `lex` has refused sources whose positions do not fit.
        self.tokens.push(Token { kind, span: Span::new(start as u32, end as u32) });
    }

    /// Makes a token of the next `length` bytes.
    fn take(&mut self, kind: TokenKind, length: usize) {
        let start = self.rules.span().end;
        self.rules.bump(length);
        self.push(kind, start, start + length);
    }

    fn code(&mut self) -> bool {
        let Some(rule) = self.rules.next() else { return false };
        let kind = match rule {
            Ok(Rule::Token(kind)) => kind,
            Err(()) => TokenKind::Error(LexError::Character),
        };
        let span = self.rules.span();
        if matches!(kind, TokenKind::Colon | TokenKind::Error(LexError::ColonEqual))
            && self.after_operand
            && self.at_interpolation_level()
        {
            // Whatever the automaton made of the colon, the format is the
            // scanner's: it may begin with `=`.
            let format = &self.rules.source()[span.start..];
            let length = format_extent(format);
            self.rules.bump(length - span.len());
            self.push(TokenKind::Format, span.start, span.start + length);
            self.after_operand = false;
            return true;
        }
        let kind = self.track(kind);
        self.push(kind, span.start, span.end);
        true
    }

    /// Whether no bracket is open in the interpolation around this place.
    fn at_interpolation_level(&self) -> bool {
        self.modes.len() > 1 && matches!(self.modes.last(), Some(Mode::Code { braces: 0, parens: 0 }))
    }

    /// Follows brackets and quotes; tells the `}` of an interpolation from
    /// that of a block.
    fn track(&mut self, kind: TokenKind) -> TokenKind {
        if kind.is_trivia() {
            return kind;
        }
        let nested = self.modes.len() > 1;
        let named = std::mem::take(&mut self.name_follows);
        self.after_operand = matches!(
            kind,
            TokenKind::Name
                | TokenKind::Int
                | TokenKind::Float
                | TokenKind::RawString
                | TokenKind::Regex
                | TokenKind::Nil
                | TokenKind::True
                | TokenKind::False
                | TokenKind::ParenClose
                | TokenKind::BracketClose
                | TokenKind::BraceClose
                | TokenKind::Error(_)
        ) || named && kind.is_keyword();
        self.name_follows = matches!(kind, TokenKind::Dot | TokenKind::QuestionDot | TokenKind::Colon);
        if let Some(Mode::Code { braces, parens }) = self.modes.last_mut() {
            match kind {
                TokenKind::BraceOpen => *braces += 1,
                TokenKind::BraceClose if *braces == 0 && nested => {
                    self.modes.pop();
                    return TokenKind::InterpolationClose;
                }
                TokenKind::BraceClose => *braces = braces.saturating_sub(1),
                TokenKind::ParenOpen | TokenKind::BracketOpen | TokenKind::QuestionBracket => *parens += 1,
                TokenKind::ParenClose | TokenKind::BracketClose => *parens = parens.saturating_sub(1),
                TokenKind::StringStart => self.modes.push(Mode::String),
                TokenKind::TripleStart => self.modes.push(Mode::Triple),
                TokenKind::ShellStart => self.modes.push(Mode::Shell(None)),
                _ => {}
            }
        }
        kind
    }

    fn open_interpolation(&mut self) {
        self.take(TokenKind::InterpolationOpen, 1);
        self.modes.push(Mode::Code { braces: 0, parens: 0 });
        self.after_operand = false;
        self.name_follows = false;
    }

    fn end_text(&mut self, length: usize) {
        self.take(TokenKind::TextEnd, length);
        self.modes.pop();
        self.after_operand = true;
        self.name_follows = false;
    }

    /// One token of a string's text; there is at least one byte left.
    fn string(&mut self, triple: bool) {
        let rest = self.rules.remainder();
        let bytes = rest.as_bytes();
        match bytes[0] {
            b'"' if !triple => self.end_text(1),
            b'"' if rest.starts_with("\"\"\"") => self.end_text(3),
            b'{' => self.open_interpolation(),
            b'\\' => {
                let length = escape::extent(rest);
                let known = escape::unescape(&rest[..length]).is_some();
                self.take(if known { TokenKind::Escape } else { TokenKind::Error(LexError::Escape) }, length);
            }
            _ => {
                let mut at = 0;
                while let Some(found) = memchr::memchr3(b'"', b'{', b'\\', &bytes[at..]) {
                    at += found;
                    // A quote or two inside of `"""` are text.
                    if !triple || bytes[at] != b'"' || bytes[at..].starts_with(b"\"\"\"") {
                        return self.take(TokenKind::Text, at);
                    }
                    at += 1;
                }
                self.take(TokenKind::Text, rest.len());
            }
        }
    }

    /// One token of a shell literal; there is at least one byte left.
    fn shell(&mut self, mut quote: Option<u8>) {
        let rest = self.rules.remainder();
        let bytes = rest.as_bytes();
        let is_escape = |at: usize| matches!(bytes.get(at + 1), Some(b'{' | b'}' | b'`'));
        match bytes[0] {
            b'`' => return self.end_text(1),
            b'\\' if is_escape(0) => return self.take(TokenKind::Escape, 2),
            b'{' if quote != Some(b'\'') => {
                if quote == Some(b'"') {
                    self.take(TokenKind::Error(LexError::QuotedInterpolation), 0);
                }
                return self.open_interpolation();
            }
            _ => {}
        }
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            match byte {
                b'`' => break,
                b'\\' if is_escape(at) => break,
                // A backslash hides the next character from the shell, but
                // not inside its single quotes.
                b'\\' if quote != Some(b'\'') && matches!(bytes.get(at + 1), Some(b'"' | b'\'' | b'\\')) => at += 1,
                b'{' if quote != Some(b'\'') => break,
                b'$' if bytes.get(at + 1) == Some(&b'{') => at += 1,
                b'\'' | b'"' if quote == Some(byte) => quote = None,
                b'\'' | b'"' if quote.is_none() => quote = Some(byte),
                _ => {}
            }
            at += 1;
        }
        if let Some(mode) = self.modes.last_mut() {
            *mode = Mode::Shell(quote);
        }
        self.take(TokenKind::Text, at);
    }

    /// Closes what the source left open and adds the end.
    fn finish(&mut self) {
        while let Some(mode) = self.modes.pop() {
            if !matches!(mode, Mode::Code { .. }) {
                self.take(TokenKind::Error(LexError::Unterminated), 0);
            }
        }
        self.take(TokenKind::End, 0);
    }
}

/// Length in bytes of a format, its colon included. It ends before the `}` of
/// the interpolation, or where no format can go on.
fn format_extent(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1).peekable();
    // The character before an alignment is a fill, whatever it is.
    if let Some((_, fill)) = chars.peek().copied()
        && fill != '\n'
        && text[1 + fill.len_utf8()..].starts_with(['<', '>', '^', '='])
    {
        chars.next();
    }
    chars.find(|(_, c)| matches!(c, '}' | '{' | '"' | '`' | '\n')).map_or(text.len(), |(at, _)| at)
}
