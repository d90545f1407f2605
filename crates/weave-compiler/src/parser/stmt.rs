//! Statements and where they end.

use crate::ast::{AssignOp, Block, Expr, ExprId, PatId, Stmt, StmtId, TokenId};
use crate::parser::cursor::{Parser, is_closer};
use crate::parser::table::{assignment, begins_operand, continues_line, infix, is_pipe};
use crate::resolve::LAST_VALUE;
use weave_lexer::TokenKind;

/// How a statement ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ending {
    /// A newline, `;` or closing bracket has to follow.
    Open,
    /// With the last `}`: another statement may follow on the line.
    Brace,
}

impl Parser<'_, '_> {
    /// Statements up to the end of a block or, at the top, of the source.
    pub(super) fn statements(&mut self, top: bool, stmts: &mut Vec<StmtId>) {
        loop {
            while self.eat(TokenKind::Semicolon) {}
            let kind = self.peek();
            if kind == TokenKind::End || !top && is_closer(kind) {
                return;
            }
            let (before, errors) = (self.at, self.error_count);
            let ending = if is_closer(kind) { Ending::Open } else { self.statement(stmts) };
            if self.at == before {
                self.not_a_statement();
                self.skip_broken(stmts);
            } else if ending == Ending::Open && !self.at_statement_end() || self.error_count > errors {
                self.end_statement(errors);
            }
        }
    }

    /// An entry of a session that begins with a pipe operator: the last value is
    /// its left side. It stands where the operator stands.
    pub(super) fn continued_entry(&mut self, stmts: &mut Vec<StmtId>) {
        if !is_pipe(self.peek()) {
            return;
        }
        let errors = self.error_count;
        let first = self.token();
        let name = self.names.intern(LAST_VALUE);
        let left = self.add(Expr::Name(name), first);
        let ending = self.finish_expr_stmt(left, stmts);
        if ending == Ending::Open && !self.at_statement_end() || self.error_count > errors {
            self.end_statement(errors);
        }
    }

    /// One statement, added to a list. Passes nothing where there is none.
    fn statement(&mut self, stmts: &mut Vec<StmtId>) -> Ending {
        match self.peek() {
            kind if kind.is_keyword() && assignment(self.peek_at(1)).is_some() => self.keyword_target(stmts),
            TokenKind::Let => self.let_stmt(stmts),
            TokenKind::Fn if matches!(self.peek_at(1), TokenKind::Name) => self.fn_stmt(stmts),
            TokenKind::For => self.for_stmt(stmts),
            TokenKind::While => self.while_stmt(stmts),
            TokenKind::If | TokenKind::Try | TokenKind::BraceOpen => self.brace_stmt(stmts),
            TokenKind::Return | TokenKind::Break | TokenKind::Continue => self.jump(stmts),
            TokenKind::Import => self.import(stmts),
            TokenKind::Name => self.named_stmt(stmts),
            TokenKind::Minus if self.item().line_start && self.minus_is_binary() => {
                self.complain_line_minus();
                self.expr_stmt(stmts)
            }
            kind if begins_operand(kind) || matches!(kind, TokenKind::Error(_)) => self.expr_stmt(stmts),
            _ => Ending::Open,
        }
    }

    /// An operand that ends with a `}`, on its own or as a left operand.
    fn brace_stmt(&mut self, stmts: &mut Vec<StmtId>) -> Ending {
        let first = self.token();
        let left = self.primary();
        if self.operator_follows_brace() {
            let left = self.postfixes(left);
            return self.finish_expr_stmt(left, stmts);
        }
        self.push_stmt(Stmt::Expr(left), first, stmts);
        Ending::Brace
    }

    /// A statement that begins with a name: a call without parentheses,
    /// another language's declaration, or an expression.
    fn named_stmt(&mut self, stmts: &mut Vec<StmtId>) -> Ending {
        if self.at_print() {
            return self.print_stmt(stmts);
        }
        if self.at_foreign_declaration() {
            return self.foreign_declaration(stmts);
        }
        self.expr_stmt(stmts)
    }

    /// Whether what ended with a `}` is the left operand of what follows.
    pub(super) fn operator_follows_brace(&self) -> bool {
        is_pipe(self.peek()) || matches!(self.peek(), TokenKind::Dot | TokenKind::QuestionDot)
    }

    /// An expression or an assignment.
    pub(super) fn expr_stmt(&mut self, stmts: &mut Vec<StmtId>) -> Ending {
        let left = self.expr();
        self.finish_assignment(left, stmts)
    }

    /// As [`Parser::expr_stmt`], with the first operand already read.
    pub(super) fn finish_expr_stmt(&mut self, left: ExprId, stmts: &mut Vec<StmtId>) -> Ending {
        let left = self.rest_of_expr(left);
        self.finish_assignment(left, stmts)
    }

    fn finish_assignment(&mut self, left: ExprId, stmts: &mut Vec<StmtId>) -> Ending {
        let first = self.tree[left].first;
        let Some(op) = assignment(self.peek()).filter(|_| !self.at_line_break()) else {
            return self.push_stmt(Stmt::Expr(left), first, stmts);
        };
        let target = self.assigned(left, op);
        let value = self.expr();
        self.push_stmt(Stmt::Assign { target, op, value }, first, stmts)
    }

    /// The target in front of an assignment operator, which it passes.
    fn assigned(&mut self, left: ExprId, op: Option<AssignOp>) -> PatId {
        if op.is_some() && matches!(self.tree[left].kind, Expr::Container(_)) {
            let help = "take it apart with `=` first";
            self.complain_expr(left, "a container pattern can't be combined with an operator", help);
        }
        let target = self.target(left);
        self.bump();
        target
    }

    pub(super) fn push_stmt(&mut self, stmt: Stmt, first: TokenId, stmts: &mut Vec<StmtId>) -> Ending {
        let stmt = self.add_stmt(stmt, first);
        stmts.push(stmt);
        Ending::Open
    }

    /// `for v in source { … }`, `for k, v in source { … }`
    fn for_stmt(&mut self, stmts: &mut Vec<StmtId>) -> Ending {
        let first = self.bump();
        let mut value = self.pattern();
        let mut key = None;
        if self.eat(TokenKind::Comma) {
            key = Some(value);
            value = self.pattern();
        }
        if !self.eat(TokenKind::In) {
            self.expected("`in`", "a loop is written `for item in items { … }`");
            if self.peek() != TokenKind::BraceOpen && begins_operand(self.peek_at(1)) {
                self.bump();
            }
        }
        let Some(source) = self.condition() else { return Ending::Open };
        let body = self.loop_body();
        let stmt = self.add_stmt(Stmt::For { key, value, source, body }, first);
        self.finish_loop(stmt, first, stmts)
    }

    fn while_stmt(&mut self, stmts: &mut Vec<StmtId>) -> Ending {
        let first = self.bump();
        let Some(condition) = self.condition() else { return Ending::Open };
        let body = self.loop_body();
        let stmt = self.add_stmt(Stmt::While { condition, body }, first);
        self.finish_loop(stmt, first, stmts)
    }

    fn loop_body(&mut self) -> crate::ast::BlockId {
        let saved = self.context;
        self.context.in_loop = true;
        let body = self.block();
        self.context = saved;
        body
    }

    /// A loop is a statement; as the left operand of a pipe operator it stands
    /// in a block of its own, whose value is its nil.
    fn finish_loop(&mut self, stmt: StmtId, first: TokenId, stmts: &mut Vec<StmtId>) -> Ending {
        if !self.operator_follows_brace() {
            stmts.push(stmt);
            return Ending::Brace;
        }
        let last = self.last();
        let block = self.add_block(Block { stmts: vec![stmt] }, first, last);
        let left = self.add(Expr::Block(block), first);
        let left = self.postfixes(left);
        self.finish_expr_stmt(left, stmts)
    }

    /// `return`, `return expr`, `break`, `continue`.
    fn jump(&mut self, stmts: &mut Vec<StmtId>) -> Ending {
        let kind = self.peek();
        let token = self.bump();
        self.check_jump(kind, token);
        let has_value = kind == TokenKind::Return && !self.at_statement_end();
        let value = if has_value { Some(self.expr()) } else { None };
        let jump = match kind {
            TokenKind::Break => Stmt::Break,
            TokenKind::Continue => Stmt::Continue,
            _ => Stmt::Return(value),
        };
        self.push_stmt(jump, token, stmts)
    }

    fn check_jump(&mut self, kind: TokenKind, token: TokenId) {
        let fits = if kind == TokenKind::Return { self.context.in_function } else { self.context.in_loop };
        if !fits {
            self.complain_jump(kind, token);
        }
    }

    #[cold]
    fn complain_jump(&mut self, kind: TokenKind, token: TokenId) {
        let word = self.text_of(token);
        let (message, help) = match kind {
            TokenKind::Return => ("`return` outside of a function".to_string(), "`exit(0)` ends a script"),
            _ if self.context.in_function => (
                format!("`{word}` outside of a loop: it does not reach out of a function"),
                "use a `for` loop instead of a lambda, or `return` from the lambda",
            ),
            _ => (format!("`{word}` outside of a loop"), "it stands in the body of a `for` or `while`"),
        };
        let span = self.span_of(token);
        self.complain_at(span, &message, help);
    }

    /// Reports `while = 1` and reads the value.
    #[cold]
    fn keyword_target(&mut self, stmts: &mut Vec<StmtId>) -> Ending {
        let first = self.bump();
        let message = format!("`{}` is a keyword: it can't name a variable", self.text_of(first));
        let span = self.span_of(first);
        self.complain_at(span, &message, "choose another name");
        self.bump();
        self.expr();
        self.push_stmt(Stmt::Error, first, stmts)
    }

    /// Reports what is no statement.
    #[cold]
    fn not_a_statement(&mut self) {
        let kind = self.peek();
        let text = self.text_of(self.token());
        let help = match kind {
            TokenKind::Match => "`match` is reserved: use `if … else if …`".to_string(),
            TokenKind::Else => "an `else` stands behind the `}` of an `if`".to_string(),
            TokenKind::Catch => "a `catch` stands behind the `}` of a `try`".to_string(),
            TokenKind::BraceClose | TokenKind::ParenClose | TokenKind::BracketClose => {
                format!("no bracket is open here that `{text}` closes")
            }
            TokenKind::DoubleSlash | TokenKind::Slash => "a comment starts with `#`".to_string(),
            _ if continues_line(kind) => "its left operand is missing".to_string(),
            _ if infix(kind).is_some() => format!("end the line above with the `{text}`"),
            _ => String::new(),
        };
        self.expected("a statement", &help);
    }

    /// Passes what is no statement, up to the end of its line.
    fn skip_broken(&mut self, stmts: &mut Vec<StmtId>) {
        let first = self.token();
        if !matches!(self.peek(), TokenKind::Comma | TokenKind::ParenClose | TokenKind::BracketClose)
            && !is_closer(self.peek())
        {
            self.skip_one();
        } else {
            self.bump();
        }
        self.skip_line();
        self.push_stmt(Stmt::Error, first, stmts);
    }

    /// Reports what stands behind a whole statement on its line, unless an
    /// error in it explains that, and passes it.
    #[cold]
    fn end_statement(&mut self, errors: usize) {
        if self.at_statement_end() {
            return;
        }
        if self.error_count == errors {
            let kind = self.peek();
            let help = match kind {
                TokenKind::Assign => "an assignment is a statement: it has no value to assign or to test",
                TokenKind::Comma => "several names are assigned with `[a, b] = [1, 2]`",
                TokenKind::Colon => "containers are written in square brackets: `[key: value]`",
                TokenKind::Caret => "a power is written `**`",
                TokenKind::ParenClose | TokenKind::BracketClose => "no bracket is open here that it closes",
                _ if begins_operand(kind) => "put a `;` or a new line between two statements",
                _ => "",
            };
            self.expected("the end of the statement", help);
        }
        self.skip_line();
    }
}
