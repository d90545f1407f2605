//! Text: strings, `"""` texts and shell literals with their interpolations,
//! and raw strings.

use crate::ast::{Expr, ExprId, Part, TokenId};
use crate::error::{CompileError, ErrorKind};
use crate::parser::cursor::{NO_PARTNER, Parser};
use crate::parser::format;
use weave_bytecode::span::Span;
use weave_lexer::{LexError, TokenKind, unescape, unescape_shell};

/// What a text is made of before its indentation is taken off.
enum Piece {
    /// Characters as they stand in the source, from this byte on.
    Raw { text: Box<str>, start: u32 },
    /// The character of an escape.
    Escape(char),
    /// An interpolation.
    Value(Part),
}

impl Parser<'_, '_> {
    /// A string, a `"""` text or a shell literal.
    pub(super) fn text(&mut self) -> ExprId {
        let kind = self.peek();
        let first = self.bump();
        let pieces = self.pieces(kind == TokenKind::ShellStart);
        self.finish_text(kind, first, pieces)
    }

    /// Everything up to the closing quotes, which it passes.
    fn pieces(&mut self, shell: bool) -> Vec<Piece> {
        let mut pieces = Vec::new();
        loop {
            let token = self.token();
            match self.peek() {
                TokenKind::InterpolationOpen => {
                    let part = self.interpolation();
                    pieces.push(Piece::Value(part));
                    continue;
                }
                TokenKind::Text => {
                    let start = self.span_of(token).start;
                    pieces.push(Piece::Raw { text: self.text_of(token).into(), start });
                }
                TokenKind::Escape => {
                    let escape = self.text_of(token);
                    pieces.extend(if shell { unescape_shell(escape) } else { unescape(escape) }.map(Piece::Escape));
                }
                TokenKind::End => return pieces,
                TokenKind::TextEnd | TokenKind::Error(LexError::Unterminated) => {
                    self.bump();
                    return pieces;
                }
                // Bad escapes were reported when the tokens were read.
                _ => {}
            }
            self.bump();
        }
    }

    /// `{expr}` or `{expr:format}`.
    fn interpolation(&mut self) -> Part {
        let open = self.at;
        self.bump();
        if !self.enter() {
            return Part::Value { expr: self.error_expr(), format: None };
        }
        let saved = self.context;
        self.context.newlines = false;
        let expr = if self.peek() == TokenKind::InterpolationClose {
            self.complain_empty(open);
            self.error_expr()
        } else {
            self.expr()
        };
        let format = self.format();
        self.leave();
        self.context = saved;
        if self.peek() != TokenKind::InterpolationClose {
            if self.open_text && self.items[open].partner == NO_PARTNER {
                // The text that is never closed was reported.
                self.error_at = Some(self.at);
            }
            self.expected_close(open, "`}`");
            while !matches!(self.peek(), TokenKind::InterpolationClose | TokenKind::End)
                && !matches!(self.peek(), TokenKind::Error(LexError::Unterminated))
            {
                self.skip_one();
            }
        }
        self.eat(TokenKind::InterpolationClose);
        Part::Value { expr, format }
    }

    fn format(&mut self) -> Option<Box<str>> {
        if self.peek() != TokenKind::Format {
            return None;
        }
        let token = self.bump();
        let text = self.text_of(token).strip_prefix(':').unwrap_or_default();
        if let Err(message) = format::check(text) {
            self.complain_format(token, message);
        }
        (!text.is_empty()).then(|| text.into())
    }

    #[cold]
    fn complain_format(&mut self, token: TokenId, message: String) {
        let help = "a format is `[[fill]align][sign][0][width][,][.precision][type]`, with `<`, `>` or `^` as align \
                    and `f e x b o %` as types";
        self.complain(CompileError::new(ErrorKind::Syntax, self.span_of(token), message).with_help(help));
    }

    #[cold]
    fn complain_empty(&mut self, open: usize) {
        let span = self.span_of(self.items[open].token).to(self.span_of(self.token()));
        self.complain_at(
            span,
            "an interpolation without an expression",
            "for the characters themselves write `\\{\\}`",
        );
    }

    fn finish_text(&mut self, kind: TokenKind, first: TokenId, mut pieces: Vec<Piece>) -> ExprId {
        if kind == TokenKind::TripleStart {
            self.unindent(first, &mut pieces);
        }
        let mut parts: Vec<Part> = Vec::new();
        let mut text = String::new();
        for piece in pieces {
            match piece {
                Piece::Raw { text: raw, .. } => push_lines(&mut text, &raw),
                Piece::Escape(c) => text.push(c),
                Piece::Value(value) => {
                    if !text.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut text).into()));
                    }
                    parts.push(value);
                }
            }
        }
        let shell = kind == TokenKind::ShellStart;
        if parts.is_empty() && !shell {
            return self.add(Expr::Str(text.into()), first);
        }
        if !text.is_empty() {
            parts.push(Part::Text(text.into()));
        }
        self.add(if shell { Expr::Shell(parts) } else { Expr::Interpolated(parts) }, first)
    }

    /// Takes the first and the last line break and the closing line's
    /// indentation from a `"""` text.
    fn unindent(&mut self, first: TokenId, pieces: &mut [Piece]) {
        let is_closed = matches!(self.items[self.at.saturating_sub(1)].kind, TokenKind::TextEnd);
        if !is_closed {
            return;
        }
        let opening = match pieces.first_mut() {
            Some(Piece::Raw { text, .. }) => text.find('\n').filter(|at| text[..*at].trim().is_empty()),
            _ => None,
        };
        if opening.is_none() {
            let span = self.span_of(first);
            self.complain_at(span, "the text of `\"\"\"` starts on the next line", "break the line behind the quotes");
            return;
        }
        let indent: Box<str> = match pieces.last() {
            Some(Piece::Raw { text, .. }) => {
                let line = text.rsplit('\n').next().unwrap_or_default();
                if text.contains('\n') && line.chars().all(|c| c == ' ' || c == '\t') {
                    line.into()
                } else {
                    return self.complain_closing();
                }
            }
            _ => return self.complain_closing(),
        };
        let count = pieces.len();
        for (index, piece) in pieces.iter_mut().enumerate() {
            if let Piece::Raw { text, start } = piece {
                let (lines, short) = unindented(text, &indent, index == 0, index + 1 == count);
                if let Some(at) = short {
                    let span = Span::new(*start + at.start as u32, *start + at.end as u32);
                    self.complain_indent(span, &indent);
                }
                *text = lines.into();
            }
        }
    }

    #[cold]
    fn complain_closing(&mut self) {
        let span = self.span_of(self.last());
        self.complain_at(span, "the closing `\"\"\"` stands on a line of its own", "break the line before the quotes");
    }

    #[cold]
    fn complain_indent(&mut self, span: Span, indent: &str) {
        let message = "a line has less indentation than the closing `\"\"\"`";
        let help =
            format!("indent it with the {} characters that the closing line begins with", indent.chars().count());
        self.complain(CompileError::new(ErrorKind::Syntax, span, message).with_help(help));
    }

    /// The text of a raw string or regular expression behind so many bytes of
    /// opening, with `''` as one quote.
    pub(super) fn raw_text(&self, token: TokenId, opening: usize) -> Box<str> {
        let text = self.text_of(token);
        let inner = text.get(opening..text.len().saturating_sub(1)).unwrap_or_default();
        let mut clean = String::with_capacity(inner.len());
        push_lines(&mut clean, inner);
        if clean.contains("''") { clean.replace("''", "'").into() } else { clean.into() }
    }
}

/// Appends source text without the CR of its line breaks.
fn push_lines(text: &mut String, raw: &str) {
    let mut rest = raw;
    while let Some(at) = rest.find("\r\n") {
        text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
    }
    text.push_str(rest);
}

/// One raw piece without the indentation of its lines, and the first line that
/// has less. Text before the first line break of a piece is the rest of a
/// line; the last piece ends with the closing line.
fn unindented(raw: &str, indent: &str, is_first: bool, is_last: bool) -> (String, Option<std::ops::Range<usize>>) {
    let mut text = String::with_capacity(raw.len());
    let mut short = None;
    let mut at = 0;
    let count = raw.split('\n').count();
    for (number, line) in raw.split('\n').enumerate() {
        let begin = at;
        at += line.len() + 1;
        if number == 0 {
            if !is_first {
                text.push_str(line);
            }
            continue;
        }
        let closing = is_last && number + 1 == count;
        if closing {
            break;
        }
        // The line break behind the opening quotes is no part of the text.
        if number > 1 || !is_first {
            text.push('\n');
        }
        let continues = number + 1 == count;
        if let Some(line) = line.strip_prefix(indent) {
            text.push_str(line);
        } else if !line.trim().is_empty() || continues {
            short = short.or(Some(begin..begin + line.len()));
        }
    }
    // The CR of the closing line's break goes with its LF.
    if is_last && text.ends_with('\r') {
        text.pop();
    }
    (text, short)
}
