//! Functions whose body becomes part of the code around it: lambdas written as
//! a stage, and small known functions. Their variables get registers of the
//! function around them; what they capture is read where it lives.

use super::Generator;
use super::body::Tail;
use super::expr::Value;
use super::function::{Around, Home, Jumps};
use crate::ast::{Expr, ExprId, FnId, FnKind, Pattern, Stmt};
use crate::resolve::OwnerId;
use crate::walk::{Piece, walk};
use weave_bytecode::operand::Reg;
use weave_bytecode::position::InlinedAt;
use weave_bytecode::span::Span;

/// Bodies inside bodies are inlined up to this depth, so that code stays
/// proportional to the source.
const DEEPEST: usize = 4;

impl Generator<'_> {
    /// Whether a lambda with this many arguments becomes part of the loop.
    pub(super) fn inlines(&self, id: FnId, arguments: usize) -> bool {
        let function = &self.tree[id].kind;
        let defaults = function.params.iter().enumerate().any(|(i, p)| p.default.is_some() && (arguments < 2 || i > 0));
        self.flags.inline
            && function.kind != FnKind::Declared
            && !self.is_inlined_deeply()
            && function.params.len() == arguments
            && !defaults
            && function.params.iter().all(|p| !p.rest && matches!(self.tree[p.pattern].kind, Pattern::Name(_)))
            && !self.owns_cells(id)
    }

    /// Whether nothing more is inlined into the current code.
    pub(super) fn is_inlined_deeply(&self) -> bool {
        self.inlining.len() > DEEPEST
    }

    /// The expression that a function's body consists of, where it is one and
    /// no `return` leaves it half way.
    pub(super) fn single_expression(&self, id: FnId) -> Option<ExprId> {
        let tree = self.tree;
        match tree[tree[id].kind.body].kind.stmts.as_slice() {
            [stmt] => match tree[*stmt].kind {
                Stmt::Expr(value) => (!self.resolution.returns(id)).then_some(value),
                Stmt::Return(Some(value)) => (!self.returns_within(value)).then_some(value),
                _ => None,
            },
            _ => None,
        }
    }

    fn last_statement(&self, id: FnId) -> Option<&Stmt> {
        let last = self.tree[self.tree[id].kind.body].kind.stmts.last()?;
        Some(&self.tree[*last].kind)
    }

    fn returns_within(&self, id: ExprId) -> bool {
        let tree = self.tree;
        let mut found = false;
        walk(tree, vec![Piece::Expr(id)], |piece, _| {
            found |= matches!(piece, Piece::Stmt(stmt) if matches!(tree[stmt].kind, Stmt::Return(_)));
            !found
        });
        found
    }

    /// Runs a function's body on arguments; a parameter without one takes its
    /// default. `dest` is written by the last instruction of each path only.
    pub(super) fn inline(&mut self, id: FnId, arguments: &[Option<Value>], call: Span, dest: Option<Reg>) -> Value {
        if let Some(expr) = self.single_expression(id)
            && !matches!(self.tree[self.bare(expr)].kind, Expr::If { .. } | Expr::Block(_) | Expr::Try { .. })
        {
            self.enter_inlined(id, arguments, call, None);
            let value = self.value(expr, dest);
            self.leave_inlined();
            return value;
        }
        let result = self.target(dest);
        self.inline_body(id, arguments, call, result, Tail::Into(result));
        Value::Temporary(result)
    }

    /// Runs a function's body for its effects.
    pub(super) fn inline_for_effect(&mut self, id: FnId, arguments: &[Option<Value>], call: Span) {
        let unused = self.f().registers.take();
        let returns = matches!(self.last_statement(id), Some(Stmt::Return(_)));
        let tail = if returns { Tail::Into(unused) } else { Tail::Effect };
        self.inline_body(id, arguments, call, unused, tail);
    }

    fn inline_body(&mut self, id: FnId, arguments: &[Option<Value>], call: Span, result: Reg, tail: Tail) {
        let mark = self.f().registers.mark();
        self.enter_inlined(id, arguments, call, Some(result));
        self.block(self.tree[id].kind.body, tail);
        let returns = self.leave_inlined();
        self.f().land(returns);
        self.f().registers.release(mark);
    }

    /// Binds a function's parameters to values and records where it is
    /// inlined. `dest` receives what `return` gives.
    pub(super) fn enter_inlined(&mut self, id: FnId, arguments: &[Option<Value>], call: Span, dest: Option<Reg>) {
        let tree = self.tree;
        let outer = self.f().inlined_at;
        let function = tree[id].kind.name.map_or("lambda", |(name, _)| self.names.text(name)).into();
        let body = tree.span_between(tree[id].first, tree[id].last);
        let default = arguments.len() < tree[id].kind.params.len();
        let at = InlinedAt { function, span: call, body, default, parent: outer.unwrap_or(u32::MAX) };
        let index = self.f().proto.positions.add_inlined(at);
        self.f().inlined_at = Some(index);
        self.inlining.push(id);
        self.f().kept.nested += 1;
        let nested = self.f().kept.nested;
        self.f().around.push(Around::Inlined { dest, returns: Jumps::new(), outer, nested });
        for (param, argument) in tree[id].kind.params.iter().zip(arguments) {
            let Some((binding, _)) = self.resolution.target(param.pattern) else { continue };
            let value = match (argument, param.default) {
                (Some(value), _) => *value,
                (None, Some(default)) => match self.number(default) {
                    Some(number) => number,
                    None => self.value(default, None),
                },
                (None, None) => continue,
            };
            let assigned = self.resolution.binding(binding).assignments > 1;
            let home = match value {
                Value::Variable(reg) | Value::Temporary(reg) if !assigned => {
                    self.f().registers.make_home(reg);
                    Home::Register(reg)
                }
                Value::Int(_) | Value::Float(_) if !assigned => Home::Number(value),
                _ => {
                    let reg = self.f().registers.take();
                    self.put(value, reg);
                    self.f().registers.make_home(reg);
                    Home::Register(reg)
                }
            };
            self.f().homes.insert(binding, home);
        }
        self.make_variables(OwnerId::of(id));
    }

    /// Ends an inlined body; gives the jumps of its `return`s.
    pub(super) fn leave_inlined(&mut self) -> Jumps {
        self.inlining.pop();
        self.f().kept.nested -= 1;
        let Some(Around::Inlined { returns, outer, .. }) = self.f().around.pop() else { return Jumps::new() };
        self.f().inlined_at = outer;
        returns
    }

    /// Whether what is to become of a value is what becomes of the inlined
    /// body's: a `return` there needs no jump.
    pub(super) fn ends_inlined(&mut self, tail: Tail) -> bool {
        let now = self.f().kept.nested;
        match (tail, self.f().around.last()) {
            (Tail::Into(reg), Some(Around::Inlined { dest, nested, .. })) => *dest == Some(reg) && *nested == now,
            _ => false,
        }
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
