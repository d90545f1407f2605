//! Assignments: to names, to places in containers, with and without an
//! operator. The parts of a target are evaluated once, before the value.

use super::Generator;
use super::access::Lookup;
use super::expr::Value;
use super::function::Jumps;
use super::literal::small;
use super::operators::Spans;
use super::variables::Place;
use crate::ast::{AssignOp, BinaryOp, Expr, ExprId, PatId, Pattern};
use crate::resolve::{BindingId, Storage, Use};
use weave_bytecode::operand::Reg;
use weave_bytecode::ops::Instr;

impl Generator<'_> {
    /// `target = value` or `target op= value`; gives the assigned value.
    pub(super) fn assignment(&mut self, target: PatId, op: Option<AssignOp>, value: ExprId) -> Value {
        let tree = self.tree;
        match (&tree[target].kind, op) {
            (Pattern::Name(_), op) => {
                let Some((binding, check)) = self.resolution.target(target) else { return Value::Int(0) };
                match op {
                    None => self.assign_name(target, binding, value),
                    Some(AssignOp::Binary(op)) => self.update_name(target, binding, check, op, value),
                    Some(AssignOp::Coalesce) => self.coalesce_name(target, binding, check, value),
                }
            }
            (Pattern::Place(place), op) => self.assign_place(target, *place, op, value),
            (Pattern::Container(_), _) => {
                let from = self.operand(value);
                self.assign_from(target, from);
                Value::Variable(from)
            }
            (Pattern::Error, _) => Value::Int(0),
        }
    }

    fn assign_name(&mut self, target: PatId, binding: BindingId, value: ExprId) -> Value {
        if self.resolution.binding(binding).storage != Storage::Register
            && let Some((op, by, spans)) = self.counted(binding, value)
            && let Some(value) = self.update_cell(binding, op, by, spans)
        {
            return value;
        }
        if self.resolution.binding(binding).made_by() == Some(target) {
            let home = self.f().registers.take();
            self.expr_to(value, home);
            self.define(binding, home);
            return Value::Variable(home);
        }
        if let Place::Register(home) = self.place(binding) {
            self.expr_to(value, home);
            return Value::Variable(home);
        }
        let from = self.operand(value);
        self.store_target(target, binding, from);
        Value::Variable(from)
    }

    /// Whether a value is written `name + 1` or `name - 1` for this very
    /// variable.
    fn counted(&self, binding: BindingId, value: ExprId) -> Option<(BinaryOp, i16, Spans)> {
        let value = self.bare(value);
        let Expr::Binary { op: op @ (BinaryOp::Add | BinaryOp::Subtract), left, right } = &self.tree[value].kind else {
            return None;
        };
        let spans = Spans { whole: self.span(value), left: self.span(*left), right: self.span(*right) };
        let left = self.bare(*left);
        let same = matches!(self.tree[left].kind, Expr::Name(_))
            && self.resolution.name_use(left) == Use::Binding { binding, check: false };
        if !same {
            return None;
        }
        self.number(*right).and_then(small).map(|by| (*op, by, spans))
    }

    /// One instruction that changes a cell by a small number.
    fn update_cell(&mut self, binding: BindingId, op: BinaryOp, c: i16, spans: Spans) -> Option<Value> {
        if !self.flags.superinstructions {
            return None;
        }
        let place = self.place(binding);
        if !matches!(place, Place::Cell(_) | Place::UpCell(_)) {
            return None;
        }
        let a = self.f().registers.take();
        let instr = match (place, op) {
            (Place::Cell(b), BinaryOp::Add) => Instr::AddCell { a, b, c },
            (Place::Cell(b), _) => Instr::SubCell { a, b, c },
            (Place::UpCell(b), BinaryOp::Add) => Instr::AddUpCell { a, b, c },
            (Place::UpCell(b), _) => Instr::SubUpCell { a, b, c },
            _ => return None,
        };
        self.f().emit_parts(instr, spans.whole, spans.left, Some(spans.right));
        Some(Value::Temporary(a))
    }

    /// `name op= value`
    fn update_name(&mut self, target: PatId, binding: BindingId, check: bool, op: BinaryOp, value: ExprId) -> Value {
        let target_span = self.tree.token_span(self.tree[target].first);
        let spans = Spans { whole: target_span.to(self.span(value)), left: target_span, right: self.span(value) };
        let number = self.number(value);
        if let (BinaryOp::Add | BinaryOp::Subtract, Some(c), false) = (op, number.and_then(small), check)
            && let Some(value) = self.update_cell(binding, op, c, spans)
        {
            return value;
        }
        let mark = self.f().registers.mark();
        let old = self.read(binding, check, target_span, None);
        let old = self.settle(old, &[value]);
        let right = match number {
            Some(number) => number,
            None => self.value(value, None),
        };
        let home = match self.place(binding) {
            Place::Register(home) => Some(home),
            _ => None,
        };
        if op == BinaryOp::Append {
            let (a, b) = (self.reg(old), self.reg(right));
            self.f().emit_parts(Instr::Append { a, b }, spans.whole, spans.left, Some(spans.right));
            return old;
        }
        let new = self.binary(op, old, right, spans, mark, home);
        if home.is_none() {
            let from = self.reg(new);
            self.store(binding, from);
        }
        new
    }

    /// `name ??= value`
    fn coalesce_name(&mut self, target: PatId, binding: BindingId, check: bool, value: ExprId) -> Value {
        let span = self.tree.token_span(self.tree[target].first);
        let (a, old) = match self.place(binding) {
            Place::Register(a) => (a, self.read(binding, check, span, None)),
            _ => {
                let a = self.f().registers.take();
                let old = self.read(binding, check, span, Some(a));
                self.put(old, a);
                (a, Value::Temporary(a))
            }
        };
        let mut have = Jumps::new();
        self.f().emit_jump(Instr::JumpIfNotNil { a, w: 0 }, &mut have);
        self.expr_to(value, a);
        if matches!(old, Value::Temporary(_)) {
            self.store(binding, a);
        }
        self.f().land(have);
        old
    }

    /// `c.k = value`, `c[e] op= value`
    fn assign_place(&mut self, target: PatId, place: ExprId, op: Option<AssignOp>, value: ExprId) -> Value {
        let slot = self.slot(place, &[value]);
        match op {
            None => {
                let from = self.operand(value);
                self.set_slot(slot, from);
                Value::Variable(from)
            }
            Some(AssignOp::Binary(op)) => {
                let target_span = self.tree.span_between(self.tree[target].first, self.tree[target].last);
                let right_span = self.span(value);
                let spans = Spans { whole: target_span.to(right_span), left: target_span, right: right_span };
                let a = self.f().registers.take();
                self.get_slot(slot, Lookup::Plain, a);
                let right = match self.number(value) {
                    Some(number) => number,
                    None => self.value(value, None),
                };
                if op == BinaryOp::Append {
                    let b = self.reg(right);
                    self.f().emit_parts(Instr::Append { a, b }, spans.whole, spans.left, Some(spans.right));
                    return Value::Temporary(a);
                }
                let mark = self.f().registers.mark();
                let new = self.binary(op, Value::Temporary(a), right, spans, mark, Some(a));
                let from = self.reg(new);
                self.set_slot(slot, from);
                new
            }
            Some(AssignOp::Coalesce) => {
                let a = self.f().registers.take();
                self.get_slot(slot, Lookup::Optional, a);
                let mut have = Jumps::new();
                self.f().emit_jump(Instr::JumpIfNotNil { a, w: 0 }, &mut have);
                self.expr_to(value, a);
                self.set_slot(slot, a);
                self.f().land(have);
                Value::Temporary(a)
            }
        }
    }

    /// Stores a value at a place, evaluated now.
    pub(super) fn store_at(&mut self, place: ExprId, from: Reg) {
        let mark = self.f().registers.mark();
        let slot = self.slot(place, &[]);
        self.set_slot(slot, from);
        self.f().registers.release(mark);
    }
}
