//! Elements of containers and arguments of calls.

use crate::ast::{Element, Expr, ExprId, Key};
use crate::parser::cursor::Parser;
use weave_lexer::TokenKind;

impl Parser<'_, '_> {
    /// `[…]`
    pub(super) fn container(&mut self) -> ExprId {
        let first = self.token();
        let elements = self.list(TokenKind::BracketClose);
        self.add(Expr::Container(elements), first)
    }

    /// `(…)` behind a callee.
    pub(super) fn arguments(&mut self) -> Vec<Element> {
        let args = self.list(TokenKind::ParenClose);
        self.check_order(&args);
        args
    }

    /// A bracketed list, from its opening to its closing bracket.
    pub(super) fn list(&mut self, close: TokenKind) -> Vec<Element> {
        let mut elements = Vec::new();
        let open = self.at;
        self.bump();
        if !self.enter() {
            return elements;
        }
        let saved = self.context;
        self.context.newlines = false;
        while self.peek() != close && self.peek() != TokenKind::End {
            let before = self.at;
            self.element(&mut elements);
            if self.eat(TokenKind::Comma) || self.peek() == close {
                continue;
            }
            self.expected_in_list(open, close);
            if !self.recover_in_list(open, close) {
                break;
            }
            if self.at == before {
                self.skip_one();
            }
        }
        self.leave();
        self.context = saved;
        self.close(open, close);
        elements
    }

    #[cold]
    pub(super) fn expected_in_list(&mut self, open: usize, close: TokenKind) {
        let (close, what) = match close {
            TokenKind::BracketClose => ("`]`", "`,` or `]`"),
            _ => ("`)`", "`,` or `)`"),
        };
        if self.is_left_open(open) {
            self.expected_close(open, close);
            return;
        }
        let help = match self.peek() {
            TokenKind::Assign => "a key is written `key: value`",
            TokenKind::Colon => "a key is a name or a string; a symbol needs a comma before it",
            _ => "",
        };
        let message = format!("expected {what}, found {}", self.found());
        self.unexpected(message, help, Some((self.items[open].token, "opened here")));
    }

    /// One element, added to a list.
    pub(super) fn element(&mut self, elements: &mut Vec<Element>) {
        let kind = self.peek();
        let element = match kind {
            TokenKind::Star => {
                self.bump();
                Element::Spread(self.expr())
            }
            TokenKind::StringStart | TokenKind::TripleStart | TokenKind::RawString => self.string_element(),
            _ if self.at_name_key() => self.named_element(),
            _ => {
                self.check_odd_key(kind);
                Element::Value(self.expr())
            }
        };
        elements.push(element);
    }

    /// Whether a name and a colon follow. A keyword is a name where the colon
    /// is attached to it.
    pub(super) fn at_name_key(&self) -> bool {
        let kind = self.peek();
        self.peek_at(1) == TokenKind::Colon && (kind == TokenKind::Name || kind.is_keyword() && !self.item_at(1).spaced)
    }

    fn named_element(&mut self) -> Element {
        let key_token = self.bump();
        let key = Key::Text(self.text_of(key_token).into());
        self.bump();
        Element::Keyed { key, key_token, value: self.expr() }
    }

    /// An element that begins with a string: its key, or a part of its value.
    fn string_element(&mut self) -> Element {
        let key_token = self.token();
        let text = self.primary();
        if self.peek() != TokenKind::Colon {
            let left = self.postfixes(text);
            return Element::Value(self.rest_of_expr(left));
        }
        self.bump();
        let key = match &mut self.tree.exprs[text.0 as usize].kind {
            Expr::Str(text) => Key::Text(text.clone()),
            _ => Key::Computed(text),
        };
        Element::Keyed { key, key_token, value: self.expr() }
    }

    /// Reports a number or a symbol in a key's place, and passes what keeps it
    /// from being read as a value.
    fn check_odd_key(&mut self, kind: TokenKind) {
        let colon_at = match kind {
            TokenKind::Int | TokenKind::Float if self.peek_at(1) == TokenKind::Colon => 1,
            TokenKind::Colon if self.peek_at(2) == TokenKind::Colon && !self.item_at(2).spaced => 2,
            _ => return,
        };
        let text = self.text_of(self.item_at(colon_at - 1).token);
        let help = match kind {
            TokenKind::Colon => format!("write `{text}: value`"),
            _ => format!("write `\"{text}\": value`"),
        };
        let span = self.span_of(self.token()).to(self.span_of(self.item_at(colon_at).token));
        self.complain_at(span, "a key is a name or a string", &help);
        for _ in 0..=colon_at {
            self.bump();
        }
    }

    /// Reports positional arguments behind named ones.
    pub(super) fn check_order(&mut self, args: &[Element]) {
        let mut named = None;
        for argument in args {
            match (argument, named) {
                (Element::Keyed { key_token, .. }, None) => named = Some(*key_token),
                (Element::Value(value), Some(key)) => {
                    self.complain_order(*value, key);
                    return;
                }
                _ => {}
            }
        }
    }

    #[cold]
    fn complain_order(&mut self, value: ExprId, key: crate::ast::TokenId) {
        use crate::error::{CompileError, ErrorKind};
        let span = self.tree.expr_span(value);
        let message = "a positional argument follows a named one";
        let error = CompileError::new(ErrorKind::Syntax, span, message)
            .with_label(self.span_of(key), "the named argument")
            .with_help("put the positional arguments first");
        self.complain(error);
    }
}
