//! Where the parser's errors get their words. Nothing here recurses, and
//! nothing of it is inlined into what does: formatting takes stack.

use crate::ast::{ExprId, TokenId};
use crate::error::{CompileError, ErrorKind};
use crate::parser::cursor::{NO_PARTNER, Parser};
use crate::parser::{MAX_ERRORS, MAX_NESTING, MAX_PENDING};
use weave_bytecode::span::Span;
use weave_lexer::{LexError, TokenKind};

/// How much of a token a message quotes, in characters.
const QUOTED: usize = 30;

impl Parser<'_, '_> {
    /// Adds an error that does not depend on the next token.
    #[cold]
    pub(super) fn complain(&mut self, error: CompileError) {
        if self.aborted {
            return;
        }
        self.error_count += 1;
        if self.error_count <= MAX_ERRORS {
            self.errors.push(error);
        }
    }

    /// Adds a syntax error about a range, with an optional help line.
    #[cold]
    pub(super) fn complain_at(&mut self, span: Span, message: &str, help: &str) {
        let mut error = CompileError::new(ErrorKind::Syntax, span, message);
        if !help.is_empty() {
            error.help = Some(help.to_string());
        }
        self.complain(error);
    }

    /// Adds a syntax error about an expression.
    #[cold]
    pub(super) fn complain_expr(&mut self, id: ExprId, message: &str, help: &str) {
        let span = self.tree.expr_span(id);
        self.complain_at(span, message, help);
    }

    /// Reports that something else should stand where the next token is. A
    /// second report at one place says nothing new and is dropped, as is one
    /// about a token that is an error itself.
    #[cold]
    pub(super) fn expected(&mut self, what: &str, help: &str) {
        let message = format!("expected {what}, found {}", self.found());
        self.unexpected(message, help, None);
    }

    /// As [`Parser::expected`], with a message of its own and a second place.
    #[cold]
    pub(super) fn unexpected(&mut self, message: String, help: &str, context: Option<(TokenId, &str)>) {
        if self.is_known() {
            return;
        }
        let mut error = CompileError::new(ErrorKind::Syntax, self.place(), message);
        if !help.is_empty() {
            error.help = Some(help.to_string());
        }
        if let Some((token, text)) = context {
            error = error.with_label(self.span_of(token), text);
        }
        self.note_end();
        self.complain(error);
    }

    /// Notes an error that more text could mend.
    pub(super) fn note_end(&mut self) {
        if self.peek() == TokenKind::End && !self.aborted {
            self.errors_at_end += 1;
            self.wants_more = true;
        }
    }

    /// Whether an error at the next token says nothing new: one was reported
    /// there, or the token is an error itself, or the source ends in a text
    /// that is never closed, whose rest explains everything.
    fn is_known(&mut self) -> bool {
        if self.error_at == Some(self.at) {
            return true;
        }
        self.error_at = Some(self.at);
        let known = matches!(self.peek(), TokenKind::Error(_)) || self.peek() == TokenKind::End && self.open_text;
        self.error_count += usize::from(known);
        known
    }

    /// The place of an error about the next token. At the end of the source
    /// there is nothing to underline but what stands before.
    fn place(&self) -> Span {
        match self.peek() {
            TokenKind::End => self.span_of(self.last()),
            _ => self.span_of(self.token()),
        }
    }

    /// Reports a bracket that is not closed where it should be: the bracket
    /// itself where nothing closes it, otherwise what stands in the way.
    #[cold]
    pub(super) fn expected_close(&mut self, open: usize, close: &str) {
        let bracket = self.items[open].token;
        if !self.is_left_open(open) {
            let message = format!("expected {close}, found {}", self.found());
            self.unexpected(message, "", Some((bracket, "opened here")));
            return;
        }
        if self.is_known() {
            return;
        }
        let message = format!("this `{}` is never closed", self.text_of(bracket));
        let help = format!("add {close}");
        let mut error = CompileError::new(ErrorKind::Syntax, self.span_of(bracket), message).with_help(help);
        if self.peek() != TokenKind::End {
            error = error.with_label(self.span_of(self.token()), format!("{close} is missing before this"));
        }
        self.note_end();
        self.complain(error);
    }

    /// Whether a bracket is left open at the next token: the source ends, or
    /// it has no partner and the line is over.
    pub(super) fn is_left_open(&self, open: usize) -> bool {
        self.peek() == TokenKind::End || self.items[open].partner == NO_PARTNER && self.item().line_start
    }

    /// The next token in words.
    pub(super) fn found(&self) -> String {
        let token = self.token();
        match self.peek() {
            TokenKind::End => "the end of the source".to_string(),
            TokenKind::StringStart | TokenKind::TripleStart | TokenKind::RawString => "a string".to_string(),
            TokenKind::ShellStart => "a shell literal".to_string(),
            TokenKind::Regex => "a regular expression".to_string(),
            TokenKind::Format => "a format".to_string(),
            TokenKind::TextEnd | TokenKind::Error(LexError::Unterminated) => "the end of the string".to_string(),
            TokenKind::InterpolationClose => "`}`".to_string(),
            kind if kind.is_keyword() => format!("the keyword `{}`", self.text_of(token)),
            _ => quote(self.text_of(token)),
        }
    }

    /// Enters something that nests. False, after the one error about it and
    /// with the rest of the source passed over, where that is too deep.
    pub(super) fn enter(&mut self) -> bool {
        if self.depth >= MAX_NESTING {
            self.too_deep(MAX_NESTING as usize, "levels");
            return false;
        }
        self.depth += 1;
        true
    }

    /// Leaves what [`Parser::enter`] entered.
    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Makes sure that one more operator may wait; as [`Parser::enter`].
    pub(super) fn may_wait(&mut self) -> bool {
        let fits = self.pending.len() < MAX_PENDING;
        if !fits {
            self.too_deep(MAX_PENDING, "operators that wait for their right side");
        }
        fits
    }

    #[cold]
    fn too_deep(&mut self, most: usize, of_what: &str) {
        let message = format!("the source nests deeper than {most} {of_what}");
        let span = self.span_of(self.token());
        let help = "name the inner part, or move it into a function";
        self.complain(CompileError::new(ErrorKind::Limit, span, message).with_help(help));
        self.aborted = true;
        self.at = self.items.len() - 1;
    }

    /// Passes a closing bracket. Where something else stands, reports it and
    /// goes to the partner of the opening one, or else to the end of the line.
    pub(super) fn close(&mut self, open: usize, kind: TokenKind) {
        if self.eat(kind) {
            return;
        }
        let what = match kind {
            TokenKind::ParenClose => "`)`",
            TokenKind::BracketClose => "`]`",
            _ => "`}`",
        };
        self.expected_close(open, what);
        let partner = self.items[open].partner;
        if partner != NO_PARTNER && partner as usize >= self.at {
            self.at = partner as usize;
            self.bump();
        } else {
            self.skip_line();
        }
    }
}

/// A piece of source in backquotes, shortened where it is long.
pub(super) fn quote(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(QUOTED) {
        Some((at, _)) => format!("`{}…`", &line[..at]),
        None => format!("`{line}`"),
    }
}
