//! `print a, b` and `puts a, b`: a call whose arguments are the rest of the
//! statement.

use crate::ast::{Element, Expr, ExprId, Stmt, StmtId, TokenId};
use crate::parser::cursor::Parser;
use crate::parser::stmt::Ending;
use crate::parser::table::begins_operand;
use weave_lexer::TokenKind;

impl Parser<'_, '_> {
    /// Whether `print` or `puts` comes next, then a blank and an operand.
    pub(super) fn at_print(&self) -> bool {
        let next = self.item_at(1);
        if !next.spaced || next.line_start || !matches!(self.text_of(self.token()), "print" | "puts") {
            return false;
        }
        match next.kind {
            // With a blank on both sides they are binary.
            TokenKind::Minus | TokenKind::Star => !self.item_at(2).spaced,
            TokenKind::Not => self.peek_at(2) != TokenKind::In,
            kind => begins_operand(kind),
        }
    }

    /// From the name to the end of the statement.
    pub(super) fn print_stmt(&mut self, stmts: &mut Vec<StmtId>) -> Ending {
        let first = self.token();
        let name = self.name_of(first);
        self.bump();
        let callee = self.add(Expr::Name(name), first);
        let mut args = Vec::new();
        if self.peek() == TokenKind::ParenOpen {
            if self.parenthesized(&mut args) {
                return self.finish_print(callee, args, first, stmts);
            }
        } else {
            self.element(&mut args);
        }
        while self.peek() == TokenKind::Comma && !self.at_line_break() {
            self.bump();
            if self.at_statement_end() && !self.item().line_start {
                break;
            }
            self.element(&mut args);
        }
        self.finish_print(callee, args, first, stmts)
    }

    /// Reads what begins with a parenthesis. True where its closing one ends
    /// the statement: then it is the argument list of a call. Otherwise it
    /// begins the first argument, as in `puts (1) + 2`.
    fn parenthesized(&mut self, args: &mut Vec<Element>) -> bool {
        let open = self.token();
        *args = self.list(TokenKind::ParenClose);
        match args[..] {
            [Element::Value(inner)] if !self.at_statement_end() => {
                args.clear();
                self.first_argument(open, inner, args);
                false
            }
            _ => true,
        }
    }

    fn first_argument(&mut self, open: TokenId, inner: ExprId, args: &mut Vec<Element>) {
        let paren = self.add(Expr::Paren(inner), open);
        let left = self.postfixes(paren);
        let value = self.rest_of_expr(left);
        args.push(Element::Value(value));
    }

    fn finish_print(&mut self, callee: ExprId, args: Vec<Element>, first: TokenId, stmts: &mut Vec<StmtId>) -> Ending {
        self.check_order(&args);
        let call = self.add(Expr::Call { callee, args }, first);
        self.push_stmt(Stmt::Expr(call), first, stmts)
    }
}
