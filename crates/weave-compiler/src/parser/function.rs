//! Functions: `fn name(…) { … }`, `fn(…) { … }`, `^(…) { … }` and `^{ … }`.

use crate::ast::{Block, BlockId, Expr, ExprId, FnId, FnKind, Function, Param, Pattern};
use crate::parser::cursor::Parser;
use weave_lexer::TokenKind;

/// The parameter of a lambda without a parameter list.
const IT: &str = "it";

impl Parser<'_, '_> {
    /// `fn name(…) { … }`, from its `fn`.
    pub(super) fn declared_fn(&mut self) -> FnId {
        let first = self.bump();
        let token = self.bump();
        let name = Some((self.name_of(token), token));
        let (params, body) = self.signature_and_body();
        self.add_function(Function { kind: FnKind::Declared, name, params, body }, first)
    }

    /// `fn(…) { … }` where an operand stands.
    pub(super) fn anonymous_fn(&mut self) -> ExprId {
        let first = self.bump();
        if self.at_plain_name() && self.peek_at(1) == TokenKind::ParenOpen {
            self.complain_named_fn();
            self.bump();
        }
        let (params, body) = self.signature_and_body();
        let function = Function { kind: FnKind::Anonymous, name: None, params, body };
        let function = self.add_function(function, first);
        self.add(Expr::Function(function), first)
    }

    #[cold]
    fn complain_named_fn(&mut self) {
        let span = self.span_of(self.token());
        let message = "a function inside of an expression has no name";
        self.complain_at(span, message, "write `name = fn(…) { … }`, or declare it in a statement of its own");
    }

    /// `^(…) { … }` or `^{ … }`.
    pub(super) fn lambda(&mut self) -> ExprId {
        let first = self.bump();
        let (params, body) = match self.peek() {
            TokenKind::BraceOpen => {
                let name = self.names.intern(IT);
                let pattern = self.add_pattern(Pattern::Name(name), first);
                (vec![Param { pattern, default: None, rest: false }], self.function_body())
            }
            TokenKind::ParenOpen => self.signature_and_body(),
            _ => {
                self.expected(
                    "`(` or `{` behind `^`",
                    "a lambda is written `^(x) { … }` or `^{ it + 1 }`; a power `**`",
                );
                return self.add(Expr::Error, first);
            }
        };
        let function = Function { kind: FnKind::Lambda, name: None, params, body };
        let function = self.add_function(function, first);
        self.add(Expr::Function(function), first)
    }

    fn signature_and_body(&mut self) -> (Vec<Param>, BlockId) {
        if self.peek() != TokenKind::ParenOpen {
            let at = self.token();
            self.expected("`(`", "parameters stand in parentheses, also where there are none: `fn name() { … }`");
            if self.peek() != TokenKind::BraceOpen {
                return (Vec::new(), self.add_block(Block::default(), at, at));
            }
            return (Vec::new(), self.function_body());
        }
        let params = self.params();
        (params, self.function_body())
    }

    /// A body: it has a `return` of its own, and no loop around it.
    fn function_body(&mut self) -> BlockId {
        let saved = self.context;
        self.context.in_function = true;
        self.context.in_loop = false;
        let body = self.block();
        self.context = saved;
        body
    }

    /// `(a, b: default, *rest)`
    fn params(&mut self) -> Vec<Param> {
        let mut params: Vec<Param> = Vec::new();
        let open = self.at;
        self.bump();
        if !self.enter() {
            return params;
        }
        let saved = self.context;
        self.context.newlines = false;
        self.context.in_function = true;
        self.context.in_loop = false;
        while !matches!(self.peek(), TokenKind::ParenClose | TokenKind::End) {
            let before = self.at;
            if params.last().is_some_and(|param| param.rest) {
                self.complain_rest();
            }
            let param = self.param();
            params.push(param);
            if self.eat(TokenKind::Comma) || self.peek() == TokenKind::ParenClose {
                continue;
            }
            self.expected_in_list(open, TokenKind::ParenClose);
            if !self.recover_in_list(open, TokenKind::ParenClose) {
                break;
            }
            if self.at == before {
                self.skip_one();
            }
        }
        self.leave();
        self.context = saved;
        self.close(open, TokenKind::ParenClose);
        params
    }

    #[cold]
    fn complain_rest(&mut self) {
        let span = self.span_of(self.token());
        self.complain_at(span, "a parameter follows the `*rest` parameter", "`*rest` stands last");
    }

    fn param(&mut self) -> Param {
        let rest = self.eat(TokenKind::Star);
        // A name with a colon is a parameter with a default, also where the
        // name is a keyword: then the pattern reports it.
        let pattern = self.pattern();
        let default = match self.peek() {
            TokenKind::Colon => {
                if rest {
                    self.complain_rest_default();
                }
                self.bump();
                Some(self.expr())
            }
            TokenKind::Assign => {
                let span = self.span_of(self.token());
                self.complain_at(span, "a default stands behind a `:`", "write `name: default`");
                self.bump();
                Some(self.expr())
            }
            _ => None,
        };
        Param { pattern, default, rest }
    }

    #[cold]
    fn complain_rest_default(&mut self) {
        let span = self.span_of(self.token());
        self.complain_at(span, "a `*rest` parameter has no default", "it is `[]` where no argument is left");
    }
}
