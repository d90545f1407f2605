//! Operators that always evaluate both sides, and the choice between their
//! forms with registers, small numbers and constants.

use super::Generator;
use super::expr::Value;
use super::literal::{constant, small};
use crate::ast::{BinaryOp, Expr, ExprId, LogicOp};
use weave_bytecode::operand::Reg;
use weave_bytecode::ops::Instr;
use weave_bytecode::span::Span;

/// The spans of an operator: the whole and both sides.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spans {
    pub(super) whole: Span,
    pub(super) left: Span,
    pub(super) right: Span,
}

impl Generator<'_> {
    /// A binary operator whose left value is at hand.
    pub(super) fn binary_step(
        &mut self,
        id: ExprId,
        op: BinaryOp,
        (left_id, left): (ExprId, Value),
        right_id: ExprId,
        mark: u32,
        dest: Option<Reg>,
    ) -> Value {
        let spans = Spans { whole: self.span(id), left: self.span(left_id), right: self.span(right_id) };
        let left = self.settle(left, &[right_id]);
        let right = match self.number(right_id) {
            Some(number) => number,
            None => self.value(right_id, None),
        };
        if let Some(folded) = self.fold(op, left, right) {
            return folded;
        }
        if op == BinaryOp::Append {
            let (a, b) = (self.reg(left), self.reg(right));
            self.f().emit_parts(Instr::Append { a, b }, spans.whole, spans.left, Some(spans.right));
            return Value::Temporary(a).or_variable(left);
        }
        self.binary(op, left, right, spans, mark, dest)
    }

    /// Emits a binary operator on two values.
    pub(super) fn binary(
        &mut self,
        op: BinaryOp,
        left: Value,
        right: Value,
        spans: Spans,
        mark: u32,
        dest: Option<Reg>,
    ) -> Value {
        if self.flags.superinstructions {
            if let (Some(c), None) = (small(right), constant(left))
                && with_small(op, Reg(0), Reg(0), c).is_some()
            {
                let b = self.reg(left);
                let a = self.result(mark, dest);
                if let Some(instr) = with_small(op, a, b, c) {
                    self.f().emit_parts(instr, spans.whole, spans.left, Some(spans.right));
                }
                return Value::Temporary(a);
            }
            if let Some(value) = self.binary_constant(op, left, right, spans, mark, dest) {
                return value;
            }
        }
        let (b, c) = (self.reg(left), self.reg(right));
        let a = self.result(mark, dest);
        self.f().emit_parts(plain(op, a, b, c), spans.whole, spans.left, Some(spans.right));
        Value::Temporary(a)
    }

    /// The forms with a number constant on one side.
    fn binary_constant(
        &mut self,
        op: BinaryOp,
        left: Value,
        right: Value,
        spans: Spans,
        mark: u32,
        dest: Option<Reg>,
    ) -> Option<Value> {
        if !matches!(op, BinaryOp::Add | BinaryOp::Subtract | BinaryOp::Multiply | BinaryOp::Divide) {
            return None;
        }
        let (k, variable, constant_is_left) = match (constant(left), constant(right)) {
            (None, Some(k)) => (k, left, false),
            (Some(k), None) => (k, right, true),
            _ => return None,
        };
        let k = self.f().short_constant(k)?;
        let r = self.reg(variable);
        let a = self.result(mark, dest);
        let instr = if constant_is_left { from_constant(op, a, k, r) } else { with_constant(op, a, r, k) };
        self.f().emit_parts(instr, spans.whole, spans.left, Some(spans.right));
        Some(Value::Temporary(a))
    }

    /// `and`, `or`, `??` for their value.
    pub(super) fn logic(&mut self, id: ExprId, op: LogicOp, left: ExprId, right: ExprId, dest: Option<Reg>) -> Value {
        // The left value is written before the right side runs, so it must not
        // lie in a variable that the right side can see.
        let dest = dest.filter(|d| !self.f().registers.is_home(*d));
        let a = self.target(dest);
        let mut end = Vec::new();
        if op == LogicOp::Coalesce {
            self.coalesce(id, a, &mut end);
        } else {
            let mut operands = vec![right];
            let mut at = left;
            while let Expr::Logic { op: inner, left, right } = &self.tree[self.bare(at)].kind {
                if *inner != op {
                    break;
                }
                operands.push(*right);
                at = *left;
            }
            operands.push(at);
            while let Some(operand) = operands.pop() {
                self.expr_to(operand, a);
                if !operands.is_empty() {
                    let jump = match op {
                        LogicOp::And => Instr::JumpIfNot { a, w: 0 },
                        _ => Instr::JumpIf { a, w: 0 },
                    };
                    self.f().emit_jump(jump, &mut end);
                }
            }
        }
        self.f().land(end);
        Value::Temporary(a)
    }

    /// `a ?? b ?? c`, which leans right.
    fn coalesce(&mut self, id: ExprId, a: Reg, end: &mut Vec<u32>) {
        let tree = self.tree;
        let mut at = id;
        while let Expr::Logic { op: LogicOp::Coalesce, left, right } = &tree[at].kind {
            self.optional(*left, a);
            self.f().emit_jump(Instr::JumpIfNotNil { a, w: 0 }, end);
            at = self.bare(*right);
        }
        self.expr_to(at, a);
    }
}

impl Value {
    /// The same register, as the variable that it was.
    fn or_variable(self, before: Value) -> Value {
        if matches!(before, Value::Variable(_)) { before } else { self }
    }
}

fn with_small(op: BinaryOp, a: Reg, b: Reg, c: i16) -> Option<Instr> {
    Some(match op {
        BinaryOp::Add => Instr::AddI { a, b, c },
        BinaryOp::Subtract => Instr::SubI { a, b, c },
        BinaryOp::Multiply => Instr::MulI { a, b, c },
        BinaryOp::FloorDivide => Instr::FloorDivI { a, b, c },
        BinaryOp::Remainder => Instr::RemI { a, b, c },
        _ => return None,
    })
}

fn with_constant(op: BinaryOp, a: Reg, b: Reg, c: u16) -> Instr {
    match op {
        BinaryOp::Add => Instr::AddK { a, b, c },
        BinaryOp::Subtract => Instr::SubK { a, b, c },
        BinaryOp::Multiply => Instr::MulK { a, b, c },
        _ => Instr::DivK { a, b, c },
    }
}

fn from_constant(op: BinaryOp, a: Reg, b: u16, c: Reg) -> Instr {
    match op {
        BinaryOp::Add => Instr::AddFromK { a, b, c },
        BinaryOp::Subtract => Instr::SubFromK { a, b, c },
        BinaryOp::Multiply => Instr::MulFromK { a, b, c },
        _ => Instr::DivFromK { a, b, c },
    }
}

fn plain(op: BinaryOp, a: Reg, b: Reg, c: Reg) -> Instr {
    match op {
        BinaryOp::Add => Instr::Add { a, b, c },
        BinaryOp::Subtract => Instr::Sub { a, b, c },
        BinaryOp::Multiply => Instr::Mul { a, b, c },
        BinaryOp::Divide => Instr::Div { a, b, c },
        BinaryOp::FloorDivide => Instr::FloorDiv { a, b, c },
        BinaryOp::Remainder => Instr::Rem { a, b, c },
        BinaryOp::Power => Instr::Pow { a, b, c },
        BinaryOp::Equal => Instr::Eq { a, b, c },
        BinaryOp::NotEqual => Instr::Ne { a, b, c },
        BinaryOp::Less => Instr::Lt { a, b, c },
        BinaryOp::LessEqual => Instr::Le { a, b, c },
        BinaryOp::Greater => Instr::Gt { a, b, c },
        BinaryOp::GreaterEqual => Instr::Ge { a, b, c },
        BinaryOp::In => Instr::In { a, b, c },
        BinaryOp::Union => Instr::Union { a, b, c },
        BinaryOp::Intersection => Instr::Intersect { a, b, c },
        BinaryOp::Difference => Instr::Differ { a, b, c },
        // Handled where its operands are evaluated: it has no result of its
        // own.
        BinaryOp::Append => Instr::Move { a, b },
    }
}
