//! Where the parser goes on after an error. Every skip passes the tokens it
//! looks at, so that all of them together are linear.

use crate::parser::cursor::{NO_PARTNER, Parser, is_closer};
use weave_lexer::TokenKind;

impl Parser<'_, '_> {
    /// Skips to the end of the statement: a `;`, a new line outside of the
    /// brackets that it passes, or what closes the surroundings.
    pub(super) fn skip_line(&mut self) {
        // What is left of a broken statement may begin a line itself.
        while !is_closer(self.peek()) && self.peek() != TokenKind::Semicolon && !self.at_new_line() {
            self.skip_one();
        }
    }

    fn at_new_line(&self) -> bool {
        self.item().line_start
    }

    /// Skips a token, or a bracket with everything up to its partner, or a
    /// string.
    pub(super) fn skip_one(&mut self) {
        let item = self.item();
        if item.partner != NO_PARTNER && item.partner as usize > self.at {
            self.at = item.partner as usize;
        } else if matches!(item.kind, TokenKind::StringStart | TokenKind::TripleStart | TokenKind::ShellStart) {
            self.skip_text();
            return;
        }
        self.bump();
    }

    fn skip_text(&mut self) {
        self.bump();
        while !is_closer(self.peek()) || self.peek() == TokenKind::Format {
            match self.peek() {
                TokenKind::InterpolationOpen if self.item().partner == NO_PARTNER => {
                    // The source ends inside: nothing behind it is text again.
                    self.at = self.items.len() - 1;
                    return;
                }
                TokenKind::InterpolationOpen => self.at = self.item().partner as usize,
                _ => {}
            }
            self.bump();
        }
        if self.peek() != TokenKind::End {
            self.bump();
        }
    }

    /// Goes on in a list whose element is followed by neither comma nor
    /// closing bracket, after that was reported. True where another element
    /// can follow, false where the list is over.
    pub(super) fn recover_in_list(&mut self, open: usize, close: TokenKind) -> bool {
        let partner = self.items[open].partner;
        let closed = partner != NO_PARTNER && partner as usize >= self.at;
        if self.item().line_start {
            // In a list that is closed a comma was forgotten; in one that
            // is not, the line belongs to the next statement.
            self.say_no_more(closed);
            return closed;
        }
        loop {
            let kind = self.peek();
            if kind == TokenKind::Comma {
                self.bump();
                return true;
            }
            let over = kind == close || is_closer(kind) || kind == TokenKind::Semicolon;
            if over || self.item().line_start && !closed {
                self.say_no_more(false);
                return false;
            }
            self.skip_one();
        }
    }

    /// Keeps the end of a list that was left from being reported too.
    fn say_no_more(&mut self, goes_on: bool) {
        if !goes_on {
            self.error_at = Some(self.at);
        }
    }
}
