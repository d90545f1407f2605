//! Words for the error tokens of the lexer.

use crate::ast::TokenId;
use crate::error::{CompileError, ErrorKind};
use crate::parser::MAX_ERRORS;
use crate::parser::cursor::Parser;
use crate::parser::report::quote;
use weave_bytecode::span::Span;
use weave_lexer::{LexError, TokenKind};

impl Parser<'_, '_> {
    /// Reports every error token, before anything is parsed.
    pub(super) fn report_error_tokens(&mut self) {
        let mut open_texts: Vec<Span> = Vec::new();
        let mut last_character = None;
        for index in 0..self.tree.tokens.len() {
            let token = self.tree.tokens[index];
            match token.kind {
                TokenKind::StringStart | TokenKind::TripleStart | TokenKind::ShellStart => open_texts.push(token.span),
                TokenKind::TextEnd => {
                    open_texts.pop();
                }
                TokenKind::Error(LexError::Unterminated) => {
                    // Of texts that are open inside of each other the
                    // outermost is reported.
                    let start = open_texts.pop();
                    if open_texts.is_empty() {
                        self.unterminated(start.unwrap_or(token.span));
                    }
                }
                TokenKind::Error(LexError::UnterminatedRaw) => {
                    let quotes = if self.text_of(TokenId(index as u32)).starts_with('\'') { 1 } else { 3 };
                    self.unterminated(Span::new(token.span.start, token.span.start + quotes));
                }
                TokenKind::Error(error) => {
                    // A run of characters that are no tokens is one error.
                    let runs_on = last_character == Some(token.span.start) && error == LexError::Character;
                    if error == LexError::Character {
                        last_character = Some(token.span.end);
                    }
                    if !runs_on {
                        let text = self.text_of(TokenId(index as u32));
                        self.lexical(token.span, describe(error, text));
                    }
                }
                _ => {}
            }
        }
        // The parser's own errors are counted anew.
        self.error_count = 0;
    }

    fn unterminated(&mut self, opening: Span) {
        let text = self.source.get(opening.range()).unwrap_or_default();
        let message = format!("the text that starts with {text} is never closed");
        let help = match text {
            "re'" | "'" => "add `'`; a quote inside is written `''`".to_string(),
            _ => format!("add the closing {text}"),
        };
        self.open_text = true;
        if self.errors.len() < MAX_ERRORS {
            self.errors_at_end += 1;
            self.wants_more = true;
        }
        self.lexical(opening, (message, help));
    }

    fn lexical(&mut self, span: Span, (message, help): (String, String)) {
        if self.errors.len() < MAX_ERRORS {
            let mut error = CompileError::new(ErrorKind::Token, span, message);
            error.help = (!help.is_empty()).then_some(help);
            self.errors.push(error);
        }
    }
}

/// Message and help for an error token with this text.
fn describe(error: LexError, text: &str) -> (String, String) {
    let quoted = quote(text);
    let no_operator = format!("there is no operator {quoted}");
    let (message, help) = match error {
        LexError::Character => character(text),
        LexError::Number => (
            format!("{quoted} is no number"),
            "a name can't start with a digit; numbers are written `42`, `1_000`, `0xff`, `1.5`, `2e3`",
        ),
        LexError::Underscore => {
            (format!("{quoted} is no number"), "a `_` stands between two digits, as in `1_000_000`")
        }
        LexError::Escape => (
            format!("there is no escape {quoted}"),
            "escapes are `\\n \\t \\r \\0 \\\\ \\\" \\{ \\} \\xNN` (below 80) and `\\u{…}`; a raw string '…' has none",
        ),
        LexError::QuotedInterpolation => (
            "an interpolation inside the shell's double quotes".to_string(),
            "drop the quotes: an interpolated value is always quoted as one word; a brace itself is written `\\{`",
        ),
        LexError::TripleEqual => (no_operator, "write `==`, which compares by value"),
        LexError::NotDoubleEqual => (no_operator, "write `!=`, which compares by value"),
        LexError::LessGreater => (no_operator, "write `!=`"),
        LexError::PlusPlus => (no_operator, "write `+= 1` to count up, `+` to join"),
        LexError::ThinArrow => (no_operator, "a lambda is written `^(x) { … }`"),
        LexError::FatArrow => (no_operator, "a key is written `key: value`, a lambda `^(x) { … }`"),
        LexError::ShiftRight => {
            (no_operator, "the result of `x |> f` is an expression; files are written with `write`")
        }
        LexError::AndEqual | LexError::OrEqual => {
            (no_operator, "write the assignment out: `x = x and y`, `x = x or y`; `??=` fills in a missing value")
        }
        LexError::OperatorEqual => (no_operator, "write the assignment out: `x = x | y`"),
        LexError::ColonEqual => (no_operator, "`x = 1` assigns, `let x = 1` declares"),
        LexError::Question => (no_operator, "write `if c { a } else { b }`; for a missing value `a ?? b`"),
        LexError::Unterminated | LexError::UnterminatedRaw => ("a text that is never closed".to_string(), ""),
    };
    (message, help.to_string())
}

fn character(text: &str) -> (String, &'static str) {
    let c = text.chars().next().unwrap_or('\u{fffd}');
    let help = match c {
        '“' | '”' | '„' => "strings stand between `\"`",
        '‘' | '’' | '‚' => "raw strings stand between `'`",
        '\r' => "a line ends with LF or with CR and LF",
        '$' => "names have no `$`; a string takes values in as `{name}`",
        '~' => "there is no operator `~`",
        '\\' => "a line that ends with an operator or a comma goes on without a `\\`",
        c if c.is_whitespace() => "only spaces and tabs separate tokens",
        _ => "",
    };
    let shown = if c.is_control() || c.is_whitespace() { String::new() } else { format!("`{c}` ") };
    (format!("the character {shown}(U+{:04X}) begins no token", u32::from(c)), help)
}
