//! Statements and where they end.

use crate::ast::{Block, Expr, ExprId, Stmt, StmtId, TokenId};
use crate::parser::cursor::{Parser, is_closer};
use crate::parser::table::{assignment, begins_operand, continues_line, infix};
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
    pub(super) fn statements(&mut self, top: bool) -> Vec<StmtId> {
        let mut stmts = Vec::new();
        loop {
            while self.eat(TokenKind::Semicolon) {}
            let kind = self.peek();
            if kind == TokenKind::End || !top && is_closer(kind) {
                return stmts;
            }
            let (before, errors) = (self.at, self.error_count);
            let ending = if is_closer(kind) { Ending::Open } else { self.statement(&mut stmts) };
            if self.at == before {
                self.not_a_statement();
                self.skip_broken();
                let stmt = self.add_stmt(Stmt::Error, self.items[before].token);
                stmts.push(stmt);
            } else if ending == Ending::Open && !self.at_statement_end() || self.error_count > errors {
                self.end_statement(errors);
            }
        }
    }

    /// One statement, added to a list. Passes nothing where there is none.
    fn statement(&mut self, stmts: &mut Vec<StmtId>) -> Ending {
        let first = self.token();
        match self.peek() {
            TokenKind::Let => self.let_stmt(stmts),
            TokenKind::Fn if matches!(self.peek_at(1), TokenKind::Name) => self.fn_stmt(stmts),
            TokenKind::For => self.for_stmt(stmts),
            TokenKind::While => self.while_stmt(stmts),
            TokenKind::If | TokenKind::Try | TokenKind::BraceOpen => {
                let left = self.primary();
                if self.operator_follows_brace() {
                    let left = self.postfixes(left);
                    return self.finish_expr_stmt(left, stmts);
                }
                let stmt = self.add_stmt(Stmt::Expr(left), first);
                stmts.push(stmt);
                Ending::Brace
            }
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
        matches!(
            self.peek(),
            TokenKind::PipeApply
                | TokenKind::PipeMap
                | TokenKind::PipeFilter
                | TokenKind::PipeFold
                | TokenKind::Dot
                | TokenKind::QuestionDot
        )
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
            let stmt = self.add_stmt(Stmt::Expr(left), first);
            stmts.push(stmt);
            return Ending::Open;
        };
        if op.is_some() && matches!(self.tree[left].kind, Expr::Container(_)) {
            let help = "take it apart with `=` first";
            self.complain_expr(left, "a container pattern can't be combined with an operator", help);
        }
        let target = self.target(left);
        self.bump();
        let value = self.expr();
        let stmt = self.add_stmt(Stmt::Assign { target, op, value }, first);
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
        let jump = match kind {
            TokenKind::Break => Stmt::Break,
            TokenKind::Continue => Stmt::Continue,
            _ if self.at_statement_end() => Stmt::Return(None),
            _ => Stmt::Return(Some(self.expr())),
        };
        let stmt = self.add_stmt(jump, token);
        stmts.push(stmt);
        Ending::Open
    }

    fn check_jump(&mut self, kind: TokenKind, token: TokenId) {
        let (message, help) = match kind {
            TokenKind::Return if self.context.in_function => return,
            TokenKind::Return => ("`return` outside of a function", "`exit(0)` ends a script"),
            _ if self.context.in_loop => return,
            _ if self.context.in_function => (
                "`break` and `continue` do not reach out of a function",
                "use a `for` loop instead of a lambda, or `return` from the lambda",
            ),
            _ => ("`break` and `continue` stand in a `for` or `while` body", ""),
        };
        let span = self.span_of(token);
        self.complain_at(span, message, help);
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
    fn skip_broken(&mut self) {
        if !matches!(self.peek(), TokenKind::Comma | TokenKind::ParenClose | TokenKind::BracketClose)
            && !is_closer(self.peek())
        {
            self.skip_one();
            self.skip_line();
            return;
        }
        self.bump();
        self.skip_line();
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
