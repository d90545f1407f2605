//! Patterns of `let`, `for` and parameters: names only, and containers of
//! them.

use crate::ast::{PatId, Pattern, PatternElement};
use crate::parser::cursor::Parser;
use weave_lexer::TokenKind;

impl Parser<'_, '_> {
    /// A name or a container pattern. Where there is none, reports that and
    /// yields an error node without passing a token.
    pub(super) fn pattern(&mut self) -> PatId {
        let first = self.token();
        match self.peek() {
            TokenKind::Name => {
                let name = self.name_of(first);
                self.bump();
                self.check_place();
                self.add_pattern(Pattern::Name(name), first)
            }
            TokenKind::BracketOpen => self.container_pattern(),
            _ => {
                self.complain_pattern();
                self.add_pattern(Pattern::Error, first)
            }
        }
    }

    #[cold]
    fn complain_pattern(&mut self) {
        let is_keyword = self.peek().is_keyword();
        let help = match self.peek() {
            TokenKind::ParenOpen => "a container is taken apart with `[a, b]`",
            TokenKind::BraceOpen => "keys are taken out with `[key: name]`",
            _ if is_keyword => "a keyword can't name a variable",
            _ => "",
        };
        self.expected("a name", help);
        if is_keyword && matches!(self.peek_at(1), TokenKind::Assign | TokenKind::Comma | TokenKind::ParenClose) {
            self.bump();
        }
    }

    /// Reports `a.b` and `a[i]`, which only an assignment can have as targets.
    fn check_place(&mut self) {
        let is_place = match self.peek() {
            TokenKind::Dot | TokenKind::QuestionDot | TokenKind::QuestionBracket => true,
            TokenKind::BracketOpen => !self.at_line_break() && !self.item().line_start,
            _ => false,
        };
        if !is_place {
            return;
        }
        let span = self.span_of(self.last()).to(self.span_of(self.token()));
        self.complain_at(span, "only names can be declared", "to set a field or an element, assign without `let`");
        while matches!(
            self.peek(),
            TokenKind::Dot | TokenKind::QuestionDot | TokenKind::QuestionBracket | TokenKind::BracketOpen
        ) {
            self.skip_one();
            if self.at_plain_name() && self.peek() != TokenKind::In {
                self.bump();
            }
        }
    }

    /// `[a, *rest, key: b]`
    fn container_pattern(&mut self) -> PatId {
        let first = self.token();
        let open = self.at;
        self.bump();
        let mut elements = Vec::new();
        if !self.enter() {
            return self.add_pattern(Pattern::Error, first);
        }
        let saved = self.context;
        self.context.newlines = false;
        while !matches!(self.peek(), TokenKind::BracketClose | TokenKind::End) {
            let before = self.at;
            let element = self.pattern_element();
            elements.push(element);
            if self.eat(TokenKind::Comma) || self.peek() == TokenKind::BracketClose {
                continue;
            }
            self.expected_in_list(open, TokenKind::BracketClose);
            if !self.recover_in_list(open, TokenKind::BracketClose) {
                break;
            }
            if self.at == before {
                self.skip_one();
            }
        }
        self.leave();
        self.context = saved;
        self.close(open, TokenKind::BracketClose);
        self.check_rest(&elements);
        self.add_pattern(Pattern::Container(elements), first)
    }

    fn pattern_element(&mut self) -> PatternElement {
        if self.eat(TokenKind::Star) {
            return PatternElement::Rest(self.pattern());
        }
        let token = self.token();
        let key: Box<str> = match self.peek() {
            _ if self.at_name_key() => {
                self.bump();
                self.text_of(token).into()
            }
            TokenKind::StringStart | TokenKind::TripleStart | TokenKind::RawString => match self.string_key() {
                Some(key) => key,
                None => return PatternElement::Positional(self.pattern()),
            },
            _ => return PatternElement::Positional(self.pattern()),
        };
        if !self.eat(TokenKind::Colon) {
            self.expected("`:`", "a key pattern is written `key: name`");
        }
        PatternElement::Keyed { key, pattern: self.pattern() }
    }

    /// A string as a key; `None`, after a report, where it has interpolations.
    fn string_key(&mut self) -> Option<Box<str>> {
        let id = self.primary();
        if let crate::ast::Expr::Str(text) = &self.tree[id].kind {
            return Some(text.clone());
        }
        self.complain_expr(id, "the key of a pattern is a fixed text", "");
        self.eat(TokenKind::Colon);
        None
    }

    /// Reports positional elements behind a `*rest`, and a second one.
    pub(super) fn check_rest(&mut self, elements: &[PatternElement]) {
        let mut rest = false;
        for element in elements {
            let pattern = match element {
                PatternElement::Keyed { .. } => continue,
                PatternElement::Positional(pattern) | PatternElement::Rest(pattern) => *pattern,
            };
            if rest {
                let node = &self.tree[pattern];
                let span = self.tree.span_between(node.first, node.last);
                self.complain_at(span, "an element follows the `*rest` of a pattern", "`*rest` stands last");
                return;
            }
            rest = matches!(element, PatternElement::Rest(_));
        }
    }
}
