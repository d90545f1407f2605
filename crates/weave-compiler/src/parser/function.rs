//! Functions: `fn name(…) { … }`, `fn(…) { … }`, `^(…) { … }` and `^{ … }`.

use crate::ast::{BlockId, Expr, ExprId, FnId, FnKind, Function, Param, Pattern, TokenId};
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
        let params = self.signature();
        let body = self.function_body();
        self.add_function(Function { kind: FnKind::Declared, name, params, body }, first)
    }

    /// `fn(…) { … }` where an operand stands.
    pub(super) fn anonymous_fn(&mut self) -> ExprId {
        let first = self.bump();
        if self.at_plain_name() && self.peek_at(1) == TokenKind::ParenOpen {
            self.complain_named_fn();
            self.bump();
        }
        let params = self.signature();
        let body = self.function_body();
        self.closure(FnKind::Anonymous, params, body, first)
    }

    #[cold]
    fn complain_named_fn(&mut self) {
        let span = self.span_of(self.token());
        if self.peek().is_keyword() {
            let message = format!("`{}` is a keyword: it can't name a function", self.text_of(self.token()));
            self.complain_at(span, &message, "choose another name");
            return;
        }
        let message = "a function inside of an expression has no name";
        self.complain_at(span, message, "write `name = fn(…) { … }`, or declare it in a statement of its own");
    }

    /// `^(…) { … }` or `^{ … }`.
    pub(super) fn lambda(&mut self) -> ExprId {
        let first = self.bump();
        let params = match self.peek() {
            TokenKind::BraceOpen => self.it(first),
            TokenKind::ParenOpen => self.params(),
            _ => return self.complain_lambda(first),
        };
        let body = self.function_body();
        self.closure(FnKind::Lambda, params, body, first)
    }

    fn it(&mut self, caret: TokenId) -> Vec<Param> {
        let name = self.names.intern(IT);
        let pattern = self.add_pattern(Pattern::Name(name), caret);
        vec![Param { pattern, default: None, rest: false }]
    }

    #[cold]
    fn complain_lambda(&mut self, caret: TokenId) -> ExprId {
        self.expected("`(` or `{` behind `^`", "a lambda is written `^(x) { … }` or `^{ it + 1 }`; a power `**`");
        self.add(Expr::Error, caret)
    }

    fn closure(&mut self, kind: FnKind, params: Vec<Param>, body: BlockId, first: TokenId) -> ExprId {
        let function = self.add_function(Function { kind, name: None, params, body }, first);
        self.add(Expr::Function(function), first)
    }

    /// The parameter list of an `fn`.
    fn signature(&mut self) -> Vec<Param> {
        if self.peek() == TokenKind::ParenOpen {
            return self.params();
        }
        self.expected("`(`", "parameters stand in parentheses, also where there are none: `fn name() { … }`");
        Vec::new()
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
