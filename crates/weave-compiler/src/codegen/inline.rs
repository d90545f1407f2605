//! Lambdas that become part of the loop they are a stage of. Their variables
//! get registers of the function around them; what they capture is read where
//! it lives.

use super::Generator;
use super::body::Tail;
use super::expr::Value;
use super::function::{Around, Jumps};
use crate::ast::{Expr, ExprId, FnId, FnKind, Pattern, Stmt};
use crate::resolve::OwnerId;
use weave_bytecode::operand::Reg;
use weave_bytecode::position::InlinedAt;
use weave_bytecode::span::Span;

/// Lambdas inside lambdas are inlined up to this depth, so that code stays
/// proportional to the source.
const DEEPEST: u32 = 4;

impl Generator<'_> {
    /// Whether a lambda with this many arguments becomes part of the loop.
    pub(super) fn inlines(&self, id: FnId, arguments: usize) -> bool {
        let function = &self.tree[id].kind;
        let defaults = function.params.iter().enumerate().any(|(i, p)| p.default.is_some() && (arguments < 2 || i > 0));
        self.flags.inline
            && function.kind != FnKind::Declared
            && self.inlining < DEEPEST
            && function.params.len() == arguments
            && !defaults
            && function.params.iter().all(|p| !p.rest && matches!(self.tree[p.pattern].kind, Pattern::Name(_)))
            && !self.owns_cells(id)
    }

    /// The expression that a lambda's body consists of, where it is one and no
    /// `return` stands in it.
    pub(super) fn single_expression(&self, id: FnId) -> Option<ExprId> {
        if self.resolution.returns(id) {
            return None;
        }
        match self.tree[self.tree[id].kind.body].kind.stmts.as_slice() {
            [stmt] => match &self.tree[*stmt].kind {
                Stmt::Expr(expr) => Some(*expr),
                _ => None,
            },
            _ => None,
        }
    }

    /// Runs a lambda's body on values in registers. `dest` is written by the
    /// last instruction of each path only.
    pub(super) fn inline(&mut self, id: FnId, items: &[Reg], call: Span, dest: Option<Reg>) -> Value {
        if let Some(expr) = self.single_expression(id)
            && !matches!(self.tree[self.bare(expr)].kind, Expr::If { .. } | Expr::Block(_) | Expr::Try { .. })
        {
            self.enter_inlined(id, items, call, None);
            let value = self.value(expr, dest);
            self.leave_inlined();
            return value;
        }
        let result = self.f().registers.take();
        let mark = self.f().registers.mark();
        self.enter_inlined(id, items, call, Some(result));
        self.block(self.tree[id].kind.body, Tail::Into(result));
        let returns = self.leave_inlined();
        self.f().land(returns);
        self.f().registers.release(mark);
        Value::Temporary(result)
    }

    /// Binds a lambda's parameters to registers and records where it is
    /// inlined. `dest` receives what `return` gives.
    pub(super) fn enter_inlined(&mut self, id: FnId, items: &[Reg], call: Span, dest: Option<Reg>) {
        let tree = self.tree;
        let outer = self.f().inlined_at;
        let parent = outer.unwrap_or(u32::MAX);
        let body = tree.span_between(tree[id].first, tree[id].last);
        let default = items.len() < tree[id].kind.params.len();
        let at = InlinedAt { function: "lambda".into(), span: call, body, default, parent };
        let index = self.f().proto.positions.add_inlined(at);
        self.f().inlined_at = Some(index);
        self.inlining += 1;
        self.f().kept.nested += 1;
        self.f().around.push(Around::Inlined { dest: dest.unwrap_or_default(), returns: Jumps::new(), outer });
        for (param, item) in tree[id].kind.params.iter().zip(items) {
            let Some((binding, _)) = self.resolution.target(param.pattern) else { continue };
            let assigned = self.resolution.binding(binding).assignments > 1;
            let home = if assigned { self.f().registers.take() } else { *item };
            self.f().copy(home, *item);
            self.f().homes.insert(binding, super::function::Home::Register(home));
            self.f().registers.make_home(home);
        }
        self.make_variables(OwnerId::of(id));
    }

    /// Ends an inlined body; gives the jumps of its `return`s.
    pub(super) fn leave_inlined(&mut self) -> Jumps {
        self.inlining -= 1;
        self.f().kept.nested -= 1;
        let Some(Around::Inlined { returns, outer, .. }) = self.f().around.pop() else { return Jumps::new() };
        self.f().inlined_at = outer;
        returns
    }

    /// The default of an inlined function's first parameter.
    pub(super) fn inlined_default(&mut self, id: FnId, default: ExprId, call: Span, acc: Reg) {
        let mark = self.f().registers.mark();
        self.enter_inlined(id, &[], call, None);
        self.expr_to(default, acc);
        self.leave_inlined();
        self.f().registers.release(mark);
    }
}
