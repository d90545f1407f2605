//! Declarations: `let`, `fn name`, `import`, and what other languages call
//! them.

use crate::ast::{Expr, Stmt, StmtId};
use crate::parser::cursor::Parser;
use crate::parser::stmt::Ending;
use weave_lexer::TokenKind;

impl Parser<'_, '_> {
    /// `let pattern = value`
    pub(super) fn let_stmt(&mut self, stmts: &mut Vec<StmtId>) -> Ending {
        let first = self.bump();
        let pattern = self.pattern();
        let value = if self.peek() == TokenKind::Assign && !self.at_line_break() {
            self.bump();
            self.expr()
        } else {
            self.complain_let();
            self.error_expr()
        };
        self.push_stmt(Stmt::Let { pattern, value }, first, stmts)
    }

    #[cold]
    fn complain_let(&mut self) {
        let help = match self.peek() {
            TokenKind::Comma => "several names are declared with `let [a, b] = [1, 2]`",
            TokenKind::Colon => "types are not written: `let name = value`",
            _ => "a declaration has a value: `let name = nil` where there is none yet",
        };
        self.expected("`=`", help);
    }

    /// `fn name(…) { … }`
    pub(super) fn fn_stmt(&mut self, stmts: &mut Vec<StmtId>) -> Ending {
        let first = self.token();
        let function = self.declared_fn();
        self.push_stmt(Stmt::Function(function), first, stmts);
        if !self.operator_follows_brace() {
            return Ending::Brace;
        }
        // As a left operand the statement is its value, the function; the
        // declaration stays one of this block.
        let Some((name, token)) = self.tree[function].kind.name else { return Ending::Brace };
        let left = self.add(Expr::Name(name), token);
        let node = &mut self.tree.exprs[left.0 as usize];
        node.last = token;
        let left = self.postfixes(left);
        self.finish_expr_stmt(left, stmts)
    }

    /// `import "path" as name`
    pub(super) fn import(&mut self, stmts: &mut Vec<StmtId>) -> Ending {
        let first = self.bump();
        if !self.context.top_level {
            let span = self.span_of(first);
            self.complain_at(span, "`import` inside of a block", "imports stand at the top level of a file");
        }
        let is_text = matches!(self.peek(), TokenKind::StringStart | TokenKind::RawString | TokenKind::TripleStart);
        if !is_text {
            self.expected("the path of a file as a string", "write `import \"path.wv\" as name`");
            return self.push_stmt(Stmt::Error, first, stmts);
        }
        let id = self.primary();
        let path = match &self.tree[id].kind {
            Expr::Str(path) => path.clone(),
            _ => {
                self.complain_expr(id, "the path of an import is a fixed text", "");
                "".into()
            }
        };
        // `as` is a keyword here alone.
        if self.peek() != TokenKind::Name || self.text_of(self.token()) != "as" {
            self.expected("`as`", "write `import \"path.wv\" as name`");
            return self.push_stmt(Stmt::Error, first, stmts);
        }
        self.bump();
        if self.peek() != TokenKind::Name {
            self.expected("a name", "write `import \"path.wv\" as name`");
            return self.push_stmt(Stmt::Error, first, stmts);
        }
        let name_token = self.bump();
        let name = self.name_of(name_token);
        self.push_stmt(Stmt::Import { path, name, name_token }, first, stmts)
    }

    /// Whether another language's declaration stands here: one of its words
    /// and a name on the same line.
    pub(super) fn at_foreign_declaration(&self) -> bool {
        let next = self.item_at(1);
        matches!(self.text_of(self.token()), "def" | "function" | "func" | "var" | "const" | "local" | "elif")
            && !next.line_start
            && next.kind == TokenKind::Name
    }

    /// Reports such a declaration and reads it as what it was meant to be.
    #[cold]
    pub(super) fn foreign_declaration(&mut self, stmts: &mut Vec<StmtId>) -> Ending {
        let first = self.token();
        let word = self.text_of(first);
        let is_function = matches!(word, "def" | "function" | "func");
        let help = match word {
            "elif" => "write `else if` behind the `}` of the `if`",
            _ if is_function => "a function is declared with `fn name(…) { … }`",
            _ => "`name = value` assigns, `let name = value` declares",
        };
        let span = self.span_of(first);
        self.complain_at(span, &format!("`{word}` is no keyword"), help);
        if !is_function || self.peek_at(2) != TokenKind::ParenOpen {
            self.bump();
            return self.expr_stmt(stmts);
        }
        let function = self.declared_fn();
        self.push_stmt(Stmt::Function(function), first, stmts);
        Ending::Brace
    }
}
