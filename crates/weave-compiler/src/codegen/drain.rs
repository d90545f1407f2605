//! Streams that nobody uses: whether a value may be one, and the code that
//! runs it to its end.

use super::Generator;
use super::expr::Value;
use crate::ast::{AssignOp, BinaryOp, BlockId, Expr, ExprId, FnId, PipeOp, Stmt};
use crate::resolve::Use;
use crate::walk::{Piece, walk};
use weave_bytecode::operand::Reg;
use weave_bytecode::ops::Instr;
use weave_bytecode::span::Span;

/// Core functions whose result is no stream, whatever their arguments.
const NO_STREAM: &[&str] = &[
    "abs", "assert", "bool", "ceil", "count", "error", "exit", "float", "floor", "has", "insert", "int", "join", "len",
    "max", "mean", "min", "print", "puts", "round", "sort", "sort_by", "str", "sum", "type", "write",
];

impl Generator<'_> {
    /// Whether the value of an expression may be a stream.
    pub(super) fn may_be_stream(&mut self, id: ExprId) -> bool {
        match &self.tree[self.bare(id)].kind {
            Expr::Call { callee, .. } => !self.gives_no_stream(*callee),
            _ => self.kind_may_stream(id),
        }
    }

    /// The same without a look into the functions that are called.
    fn kind_may_stream(&self, id: ExprId) -> bool {
        match &self.tree[self.bare(id)].kind {
            Expr::Call { callee, .. } => !self.never_streams(*callee),
            Expr::Name(_) | Expr::Index { .. } | Expr::Field { .. } | Expr::Method { .. } => true,
            Expr::Logic { .. } => true,
            Expr::Pipe { op: PipeOp::Apply, right, .. } => match &self.tree[self.bare(*right)].kind {
                Expr::Call { callee, .. } => !self.never_streams(*callee),
                Expr::Name(_) => !self.never_streams(*right),
                _ => true,
            },
            Expr::Pipe { .. } | Expr::If { .. } | Expr::Block(_) | Expr::Try { .. } => true,
            _ => false,
        }
    }

    /// Whether a callee is a function that never gives a stream.
    pub(super) fn gives_no_stream(&mut self, callee: ExprId) -> bool {
        if self.never_streams(callee) {
            return true;
        }
        let Some((function, ..)) = self.fixed_function(callee) else { return false };
        if let Some(&streams) = self.streams.get(&function) {
            return !streams;
        }
        let streams = self.function_may_stream(function);
        self.streams.insert(function, streams);
        !streams
    }

    /// Whether a callee is a core function that never gives a stream.
    fn never_streams(&self, callee: ExprId) -> bool {
        match self.resolution.name_use(self.bare(callee)) {
            Use::Core(core) if matches!(self.tree[self.bare(callee)].kind, Expr::Name(_)) => {
                NO_STREAM.contains(&&*self.core[core as usize].name)
            }
            _ => false,
        }
    }

    /// Whether what a function gives may be a stream.
    fn function_may_stream(&self, id: FnId) -> bool {
        let tree = self.tree;
        let body = tree[id].kind.body;
        let mut returned = Vec::new();
        walk(tree, vec![Piece::Block(body)], |piece, _| {
            if let Piece::Stmt(stmt) = piece
                && let Stmt::Return(Some(value)) = tree[stmt].kind
            {
                returned.push(value);
            }
            true
        });
        self.block_may_stream(body) || returned.into_iter().any(|value| self.kind_may_stream(value))
    }

    fn block_may_stream(&self, id: BlockId) -> bool {
        let tree = self.tree;
        let Some(last) = tree[id].kind.stmts.last() else { return false };
        match &tree[*last].kind {
            Stmt::Expr(value) => self.tail_may_stream(*value),
            Stmt::Let { value, .. } | Stmt::Assign { op: None, value, .. } => self.kind_may_stream(*value),
            Stmt::Assign { op: Some(AssignOp::Binary(op)), .. } => *op == BinaryOp::Append,
            Stmt::Assign { .. } | Stmt::Import { .. } => true,
            _ => false,
        }
    }

    /// Whether the value of a body's last expression may be a stream.
    fn tail_may_stream(&self, id: ExprId) -> bool {
        let tree = self.tree;
        let mut at = self.bare(id);
        while let Expr::If { then, otherwise, .. } = &tree[at].kind {
            if self.block_may_stream(*then) {
                return true;
            }
            let Some(next) = otherwise else { return false };
            at = self.bare(*next);
        }
        match &tree[at].kind {
            Expr::Block(block) => self.block_may_stream(*block),
            _ => self.kind_may_stream(at),
        }
    }

    /// Runs a dropped stream to its end.
    pub(super) fn drain(&mut self, value: Value, span: Span) {
        let reg = match value {
            Value::Int(_) | Value::Float(_) => return,
            Value::Temporary(reg) if self.f().registers.is_top(reg) => reg,
            Value::Temporary(reg) | Value::Variable(reg) => {
                let copy = self.f().registers.take();
                self.f().copy(copy, reg);
                copy
            }
        };
        let mark = self.f().registers.mark();
        let _above: Reg = self.f().registers.take_run(2);
        self.f().emit_at(Instr::Drain { a: reg }, span);
        self.f().emit_at(Instr::DrainNext { a: reg }, span);
        self.f().registers.release(mark);
    }
}
