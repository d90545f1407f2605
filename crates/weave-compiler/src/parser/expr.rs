//! Operators. Those that wait for their right side stand on a stack that all
//! open expressions share, so that neither chains nor prefixes recurse.

use crate::ast::{BinaryOp, Expr, ExprId, LogicOp, PipeOp, TokenId, UnaryOp};
use crate::parser::cursor::Parser;
use crate::parser::table::{COMPARISON, Infix, RANGE, Row, begins_operand, infix, prefix};
use weave_lexer::TokenKind;

/// An operator that waits for its right side.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pending {
    kind: PendingKind,
    level: u8,
    /// The operator's token.
    token: TokenId,
}

#[derive(Clone, Copy, Debug)]
enum PendingKind {
    Unary(UnaryOp),
    /// `..` without a start, in an index.
    OpenStart {
        inclusive: bool,
    },
    Binary(BinaryOp, ExprId),
    Logic(LogicOp, ExprId),
    Range {
        inclusive: bool,
        start: ExprId,
    },
}

/// What became of an infix operator and its left side.
#[derive(Clone, Copy, Debug)]
enum Begun {
    /// It waits for an operand, which may have prefix operators.
    Waiting,
    /// It is a range without an end.
    Whole(ExprId),
    /// It takes one operand without prefix operators.
    Pipe(PipeOp),
}

impl Parser<'_, '_> {
    /// An expression. Where there is none, reports that and yields an error
    /// node without passing a token.
    pub(super) fn expr(&mut self) -> ExprId {
        let base = self.pending.len();
        self.prefixes();
        let left = self.operand();
        self.operators(base, left)
    }

    /// An expression inside of `[…]` as an index, where a range may be open
    /// at its start.
    pub(super) fn index_expr(&mut self) -> ExprId {
        let inclusive = self.peek() == TokenKind::DotDotEqual;
        if !inclusive && self.peek() != TokenKind::DotDot {
            return self.expr();
        }
        let base = self.pending.len();
        let token = self.bump();
        if self.range_is_open() {
            let range = self.add(Expr::Range { start: None, end: None, inclusive }, token);
            return self.operators(base, range);
        }
        self.pending.push(Pending { kind: PendingKind::OpenStart { inclusive }, level: RANGE, token });
        self.prefixes();
        let left = self.operand();
        self.operators(base, left)
    }

    /// The rest of an expression whose first operand has been read.
    pub(super) fn rest_of_expr(&mut self, left: ExprId) -> ExprId {
        let base = self.pending.len();
        self.operators(base, left)
    }

    fn prefixes(&mut self) {
        while let Some((op, level)) = prefix(self.peek()) {
            if !self.may_wait() {
                return;
            }
            let token = self.bump();
            self.pending.push(Pending { kind: PendingKind::Unary(op), level, token });
        }
    }

    /// Takes the `-` that was passed last from the stack, for a literal that
    /// fits only with it.
    pub(super) fn take_minus(&mut self) -> Option<TokenId> {
        let minus = self.pending.last()?;
        let adjacent = self.at > 0 && self.items[self.at - 1].token == minus.token;
        if !adjacent || !matches!(minus.kind, PendingKind::Unary(UnaryOp::Negate)) {
            return None;
        }
        self.pending.pop().map(|minus| minus.token)
    }

    /// The operator loop: `left` is whole, and operators above `base` on the
    /// stack are this expression's.
    fn operators(&mut self, base: usize, mut left: ExprId) -> ExprId {
        while let Some(row) = self.next_infix() {
            left = self.reduce(base, left, row);
            left = match self.begin(row, left) {
                Begun::Waiting => {
                    self.prefixes();
                    self.operand()
                }
                Begun::Whole(range) => range,
                Begun::Pipe(op) => {
                    let right = self.operand();
                    self.end_pipe(op, left, right)
                }
            };
        }
        while self.pending.len() > base {
            left = self.build(left);
        }
        left
    }

    /// Passes an operator; one that has a right side waits on the stack.
    fn begin(&mut self, row: Row, left: ExprId) -> Begun {
        if !self.may_wait() {
            return Begun::Whole(left);
        }
        let token = self.bump();
        let kind = match row.infix {
            Infix::Pipe(op) => {
                if prefix(self.peek()).is_some() {
                    self.complain_pipe_prefix();
                    self.bump();
                }
                return Begun::Pipe(op);
            }
            Infix::Range { inclusive } if self.range_is_open() => {
                let first = self.tree[left].first;
                return Begun::Whole(self.add(Expr::Range { start: Some(left), end: None, inclusive }, first));
            }
            Infix::Range { inclusive } => PendingKind::Range { inclusive, start: left },
            Infix::Logic(op) => PendingKind::Logic(op, left),
            Infix::Binary(op) => PendingKind::Binary(op, left),
        };
        self.pending.push(Pending { kind, level: row.level, token });
        Begun::Waiting
    }

    /// The row of the next token where it goes on with the expression.
    fn next_infix(&mut self) -> Option<Row> {
        let kind = self.peek();
        if self.at_line_break() {
            if kind != TokenKind::Minus || !self.minus_is_binary() {
                return None;
            }
            self.complain_line_minus();
        }
        if kind == TokenKind::Not && self.peek_at(1) == TokenKind::In {
            let span = self.span_of(self.token());
            self.complain_at(span, "there is no operator `not in`", "write `not (x in c)`");
            self.bump();
            return infix(TokenKind::In);
        }
        infix(kind)
    }

    /// Whether the `-` that comes next has a blank behind it, as a binary one.
    pub(super) fn minus_is_binary(&self) -> bool {
        self.item_at(1).spaced
    }

    /// Reports a line that begins with a binary minus.
    #[cold]
    pub(super) fn complain_line_minus(&mut self) {
        let span = self.span_of(self.token());
        self.complain_at(span, "a line can't start with a binary `-`", "end the line above with the `-`");
    }

    /// Whether the `..` that was just passed has no end.
    fn range_is_open(&self) -> bool {
        let item = self.item();
        item.line_start
            || item.kind == TokenKind::BraceOpen
            || item.kind == TokenKind::Minus && item.spaced && self.minus_is_binary()
            || !begins_operand(item.kind) && !matches!(item.kind, TokenKind::Error(_))
    }

    /// Builds what binds tighter than the next operator.
    fn reduce(&mut self, base: usize, mut left: ExprId, next: Row) -> ExprId {
        while self.pending.len() > base {
            let Some(top) = self.pending.last().copied() else { break };
            if top.level < next.level || top.level == next.level && next.right {
                break;
            }
            if top.level == next.level && next.level == COMPARISON && !self.is_error(left) {
                self.complain_chain(top);
            }
            left = self.build(left);
        }
        if next.level == RANGE && matches!(self.tree[left].kind, Expr::Range { .. }) {
            let span = self.span_of(self.token());
            self.complain_at(span, "ranges do not chain", "use `step(range, n)` for a range with steps");
        }
        left
    }

    fn is_error(&self, id: ExprId) -> bool {
        matches!(self.tree[id].kind, Expr::Error)
    }

    #[cold]
    fn complain_chain(&mut self, top: Pending) {
        let first = self.text_of(top.token);
        let second = self.text_of(self.token());
        let message = format!("comparisons do not chain: `{second}` follows `{first}`");
        let help = format!("compare twice: `a {first} b and b {second} c`");
        let error =
            crate::error::CompileError::new(crate::error::ErrorKind::Syntax, self.span_of(self.token()), message)
                .with_help(help)
                .with_label(self.span_of(top.token), "the first comparison");
        self.complain(error);
    }

    /// Takes the top of the stack and gives it its right side.
    fn build(&mut self, right: ExprId) -> ExprId {
        let Some(top) = self.pending.pop() else { return right };
        let (expr, first) = match top.kind {
            PendingKind::Unary(op) => (Expr::Unary { op, operand: right }, top.token),
            PendingKind::OpenStart { inclusive } => {
                (Expr::Range { start: None, end: Some(right), inclusive }, top.token)
            }
            PendingKind::Binary(op, left) => (Expr::Binary { op, left, right }, self.tree[left].first),
            PendingKind::Logic(op, left) => (Expr::Logic { op, left, right }, self.tree[left].first),
            PendingKind::Range { inclusive, start } => {
                (Expr::Range { start: Some(start), end: Some(right), inclusive }, self.tree[start].first)
            }
        };
        let id = self.add(expr, first);
        // What was built may end before the last token that was passed: a
        // prefix operator can be built late.
        let last = self.tree[right].last;
        let node = &mut self.tree.exprs[id.0 as usize];
        node.last = TokenId(last.0.max(node.first.0));
        id
    }

    /// Builds a pipe and reports what may not follow its right side.
    fn end_pipe(&mut self, op: PipeOp, left: ExprId, right: ExprId) -> ExprId {
        let first = self.tree[left].first;
        let pipe = self.add(Expr::Pipe { op, left, right }, first);
        if !self.at_line_break() {
            self.check_after_pipe();
        }
        pipe
    }

    #[cold]
    fn complain_pipe_prefix(&mut self) {
        let span = self.span_of(self.token());
        let message = "the right side of a pipe operator is one operand, without prefix operators";
        self.complain_at(span, message, "put it in parentheses, or write a lambda: `^{ … }`");
    }

    fn check_after_pipe(&mut self) {
        let Some(row) = infix(self.peek()) else { return };
        if row.level == 1 {
            return;
        }
        let operator = self.text_of(self.token());
        let message = format!("`{operator}` can't follow the right side of a pipe operator");
        let help = format!(
            "put the pipeline in parentheses: `(xs ?> f) {operator} …`, or write a lambda: `xs ?> ^{{ it.age {operator} … }}`"
        );
        let span = self.span_of(self.token());
        self.complain_at(span, &message, &help);
    }
}
