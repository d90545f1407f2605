//! Blocks, `if` and `try`: operands that hold statements.

use crate::ast::{Block, BlockId, Expr, ExprId, TokenId};
use crate::parser::cursor::Parser;
use weave_lexer::TokenKind;

impl Parser<'_, '_> {
    /// `{ … }`. Inside, newlines end statements again, whatever is around it.
    pub(super) fn block(&mut self) -> BlockId {
        let first = self.token();
        if self.peek() != TokenKind::BraceOpen {
            self.complain_block();
            return self.add_block(Block::default(), first, first);
        }
        let open = self.at;
        self.bump();
        if !self.enter() {
            return self.add_block(Block::default(), first, first);
        }
        let saved = self.context;
        self.context.newlines = true;
        self.context.top_level = false;
        let mut stmts = Vec::new();
        self.statements(false, &mut stmts);
        self.leave();
        self.context = saved;
        if !self.eat(TokenKind::BraceClose) {
            self.expected_close(open, "`}`");
        }
        let last = self.last();
        self.add_block(Block { stmts }, first, last)
    }

    #[cold]
    fn complain_block(&mut self) {
        let help = match self.peek() {
            TokenKind::Assign => "`=` assigns; compare with `==`",
            TokenKind::Colon => "a body stands in braces: `{ … }`",
            TokenKind::ParenOpen if self.passed(TokenKind::Catch) => "the name stands alone: `catch e { … }`",
            _ if self.passed(TokenKind::Else) => "each branch stands in braces: `else { … }`",
            _ => "",
        };
        self.expected("`{`", help);
    }

    /// Whether the last token that was passed is of this kind.
    fn passed(&self, kind: TokenKind) -> bool {
        self.items[self.at.saturating_sub(1)].kind == kind
    }

    pub(super) fn block_expr(&mut self) -> ExprId {
        let first = self.token();
        let block = self.block();
        self.add(Expr::Block(block), first)
    }

    /// `if c { … } else if d { … } else { … }`, any number of branches in a
    /// loop. The nodes are built from the last branch to the first.
    pub(super) fn if_expr(&mut self) -> ExprId {
        let mut branches: Vec<(TokenId, ExprId, BlockId)> = Vec::new();
        let mut otherwise = None;
        loop {
            let first = self.bump();
            let Some(condition) = self.condition() else { return self.error_expr() };
            let then = self.block();
            branches.push((first, condition, then));
            if self.at_elif() {
                self.complain_elif();
                continue;
            }
            if !self.eat(TokenKind::Else) {
                break;
            }
            if self.peek() != TokenKind::If {
                otherwise = Some(self.block_expr());
                break;
            }
        }
        let last = self.last();
        let mut id = self.last_branch(branches.pop(), otherwise);
        while let Some(branch) = branches.pop() {
            id = self.last_branch(Some(branch), Some(id));
            self.tree.exprs[id.0 as usize].last = last;
        }
        id
    }

    fn last_branch(&mut self, branch: Option<(TokenId, ExprId, BlockId)>, otherwise: Option<ExprId>) -> ExprId {
        match branch {
            Some((first, condition, then)) => self.add(Expr::If { condition, then, otherwise }, first),
            None => self.error_expr(),
        }
    }

    /// The condition of an `if` or `while`, or the source of a `for`. It nests
    /// without a bracket, as in `if if a { b } { c }`.
    pub(super) fn condition(&mut self) -> Option<ExprId> {
        if !self.enter() {
            return None;
        }
        let condition = self.expr();
        self.leave();
        Some(condition)
    }

    /// Whether another language's `else if` follows.
    fn at_elif(&self) -> bool {
        self.peek() == TokenKind::Name
            && matches!(self.text_of(self.token()), "elif" | "elseif" | "elsif")
            && !matches!(self.peek_at(1), TokenKind::Assign | TokenKind::ParenOpen | TokenKind::Dot)
    }

    #[cold]
    fn complain_elif(&mut self) {
        let span = self.span_of(self.token());
        let message = format!("there is no `{}`", self.text_of(self.token()));
        self.complain_at(span, &message, "write `else if`");
    }

    /// `try { … } catch e { … }`
    pub(super) fn try_expr(&mut self) -> ExprId {
        let first = self.bump();
        let body = self.block();
        let mut name = None;
        let handler = if self.eat(TokenKind::Catch) {
            if self.peek() == TokenKind::Name {
                let token = self.bump();
                name = Some((self.name_of(token), token));
            }
            self.block()
        } else {
            self.complain_catch(first);
            let at = self.last();
            self.add_block(Block::default(), at, at)
        };
        self.add(Expr::Try { body, name, handler }, first)
    }

    #[cold]
    fn complain_catch(&mut self, first: TokenId) {
        let help = match self.text_of(self.token()) {
            "except" | "rescue" => "write `catch e { … }`",
            _ => "put `catch e { … }` behind its `}`",
        };
        // At the end of the source the `}` may be what is missing.
        if self.error_at == Some(self.at) {
            return;
        }
        self.note_end();
        self.complain_at(self.span_of(first), "this `try` has no `catch`", help);
    }
}
