//! Calls, indexes, fields and methods, in a loop over any number of them; and
//! getters, which are nothing else.

use crate::ast::{Block, Expr, ExprId, FnKind, Function, Param, Pattern, Stmt, TokenId};
use crate::parser::cursor::Parser;
use crate::symbols::Name;
use weave_lexer::TokenKind;

/// The name of a getter's parameter. No source can spell it.
pub(super) const GETTER: &str = "<getter>";

impl Parser<'_, '_> {
    /// Everything that stands behind an operand and belongs to it.
    pub(super) fn postfixes(&mut self, mut left: ExprId) -> ExprId {
        loop {
            left = match self.peek() {
                TokenKind::Dot | TokenKind::QuestionDot => self.member(left),
                TokenKind::ParenOpen if !self.at_line_break() => self.call(left),
                TokenKind::BracketOpen | TokenKind::QuestionBracket if !self.at_line_break() => self.index(left),
                _ => return left,
            };
        }
    }

    fn call(&mut self, callee: ExprId) -> ExprId {
        let first = self.tree[callee].first;
        let args = self.arguments();
        self.add(Expr::Call { callee, args }, first)
    }

    fn index(&mut self, object: ExprId) -> ExprId {
        let open = self.at;
        let safe = self.peek() == TokenKind::QuestionBracket;
        self.bump();
        if !self.enter() {
            return object;
        }
        let saved = self.context;
        self.context.newlines = false;
        let index = self.index_expr();
        self.leave();
        self.context = saved;
        self.close(open, TokenKind::BracketClose);
        let first = self.tree[object].first;
        self.add(Expr::Index { object, index, safe }, first)
    }

    /// `.name`, `?.name`, with arguments where `(` follows.
    fn member(&mut self, object: ExprId) -> ExprId {
        let reported = self.check_number_dot(object);
        let safe = self.peek() == TokenKind::QuestionDot;
        self.bump();
        let first = self.tree[object].first;
        if !self.at_plain_name() || self.item().line_start && self.peek().is_keyword() {
            if !reported {
                self.complain_member(safe);
            }
            return self.add(Expr::Error, first);
        }
        let name_token = self.token();
        let name = self.name_of(name_token);
        self.bump();
        if self.peek() == TokenKind::ParenOpen && !self.at_line_break() {
            let args = self.arguments();
            return self.add(Expr::Method { object, name, name_token, safe, args }, first);
        }
        self.add(Expr::Field { object, name, name_token, safe }, first)
    }

    /// Reports a `.` right behind a number, which reads like a fraction.
    fn check_number_dot(&mut self, object: ExprId) -> bool {
        let is_number = matches!(self.tree[object].kind, Expr::Int(_) | Expr::Float(_));
        let is_glued = is_number && !self.item().spaced && self.peek() == TokenKind::Dot;
        if is_glued {
            self.complain_number_dot(object);
        }
        is_glued
    }

    #[cold]
    fn complain_number_dot(&mut self, object: ExprId) {
        let text = self.text_of(self.tree[object].last);
        let (name, after) = (self.item_at(1), self.peek_at(2));
        let help = if name.kind == TokenKind::Name || name.kind.is_keyword() {
            let call = if after == TokenKind::ParenOpen { "()" } else { "" };
            format!("put the number in parentheses: `({text}).{}{call}`", self.text_of(name.token))
        } else {
            "a float has a digit on both sides of its dot".to_string()
        };
        let span = self.span_of(self.token());
        self.complain_at(span, &format!("a `.` right behind the number `{text}`"), &help);
    }

    /// Reports what stands behind a `.` instead of a name, and passes it where
    /// it can have been meant as one.
    #[cold]
    fn complain_member(&mut self, safe: bool) {
        let dot = if safe { "?" } else { "" };
        let text = self.text_of(self.token());
        let help = match self.peek() {
            TokenKind::Int | TokenKind::Float if self.is_getter_dot() => format!("a fraction is written `0.{text}`"),
            TokenKind::Int => format!("write an index: `{dot}[{text}]`"),
            TokenKind::StringStart | TokenKind::RawString | TokenKind::BracketOpen => {
                format!("write an index: `{dot}[\"…\"]`")
            }
            _ => String::new(),
        };
        self.expected("a name behind the `.`", &help);
        match self.peek() {
            TokenKind::Int | TokenKind::Float | TokenKind::RawString => {
                self.bump();
            }
            TokenKind::StringStart => self.skip_one(),
            _ => {}
        }
    }

    /// Whether the `.` that was just passed stands where an operand starts.
    fn is_getter_dot(&self) -> bool {
        let dot = self.last();
        self.tree.exprs.last().is_some_and(|node| node.first == dot)
    }

    /// `.name`, `.["key"]`, `.trim()` and every postfix that follows, as a
    /// function of one hidden parameter.
    pub(super) fn getter(&mut self) -> ExprId {
        let first = self.token();
        let hidden = self.names.intern(GETTER);
        // The parameter, and the name in the body, sit on the dot: no other
        // token stands for them.
        let object = self.add(Expr::Name(hidden), first);
        let inner = if self.peek_at(1) == TokenKind::BracketOpen && !self.item_at(1).line_start {
            self.bump();
            self.index(object)
        } else {
            self.member(object)
        };
        let body = self.postfixes(inner);
        self.end_getter(body, hidden, first)
    }

    fn end_getter(&mut self, body: ExprId, hidden: Name, first: TokenId) -> ExprId {
        let stmt = self.add_stmt(Stmt::Expr(body), first);
        let last = self.last();
        let body = self.add_block(Block { stmts: vec![stmt] }, first, last);
        let pattern = self.add_pattern(Pattern::Name(hidden), first);
        self.tree.patterns[pattern.0 as usize].last = first;
        let params = vec![Param { pattern, default: None, rest: false }];
        let function = Function { kind: FnKind::Getter, name: None, params, body };
        let function = self.add_function(function, first);
        self.add(Expr::Function(function), first)
    }
}
