//! Expressions: which file handles which kind, and where values go.
//!
//! A value is evaluated into a register that its user names, or stays where it
//! lies. A register that is named is written by the last instruction of each
//! path only, unless no variable lives in it. Chains lean left and may be very
//! long, so the left spine is a loop.

use super::Generator;
use super::body::Tail;
use crate::ast::{Expr, ExprId, UnaryOp};
use crate::resolve::Use;
use weave_bytecode::constant::Constant;
use weave_bytecode::operand::Reg;
use weave_bytecode::ops::Instr;
use weave_bytecode::span::Span;

/// Where the value of an expression is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Value {
    /// In the register of a variable, which nobody else may write.
    Variable(Reg),
    /// In a register of its own.
    Temporary(Reg),
    /// Nowhere yet: an integer.
    Int(i64),
    /// Nowhere yet: a float.
    Float(f64),
}

impl Generator<'_> {
    /// The expression inside any parentheses.
    pub(super) fn bare(&self, id: ExprId) -> ExprId {
        let mut at = id;
        while let Expr::Paren(inner) = &self.tree[at].kind {
            at = *inner;
        }
        at
    }

    /// The source range of an expression.
    pub(super) fn span(&self, id: ExprId) -> Span {
        self.tree.expr_span(id)
    }

    /// Evaluates into `dest`, which is taken already. Nothing stays taken behind
    /// it, so that a run of registers can be filled one after the other.
    pub(super) fn expr_to(&mut self, id: ExprId, dest: Reg) {
        let mark = self.f().registers.mark();
        let value = self.value(id, Some(dest));
        self.put(value, dest);
        self.f().registers.release(mark);
    }

    /// Brings a value into `dest`.
    pub(super) fn put(&mut self, value: Value, dest: Reg) {
        match value {
            Value::Variable(reg) | Value::Temporary(reg) => self.f().copy(dest, reg),
            Value::Int(v) => match i32::try_from(v) {
                Ok(w) => self.f().emit(Instr::LoadInt { a: dest, w }),
                Err(_) => {
                    let w = self.f().constant(Constant::Int(v));
                    self.f().emit(Instr::LoadConst { a: dest, w });
                }
            },
            Value::Float(v) => {
                let w = self.f().constant(Constant::Float(v));
                self.f().emit(Instr::LoadConst { a: dest, w });
            }
        }
    }

    /// Evaluates into any register.
    pub(super) fn operand(&mut self, id: ExprId) -> Reg {
        let value = self.value(id, None);
        self.reg(value)
    }

    /// The register of a value; numbers get one.
    pub(super) fn reg(&mut self, value: Value) -> Reg {
        match value {
            Value::Variable(reg) | Value::Temporary(reg) => reg,
            Value::Int(_) | Value::Float(_) => {
                if let Some(reg) = self.kept_number(value) {
                    return reg;
                }
                let reg = self.f().registers.take();
                self.put(value, reg);
                reg
            }
        }
    }

    /// A value that stays what it is while `later` is evaluated: a variable
    /// that `later` may assign is copied.
    pub(super) fn settle(&mut self, value: Value, later: &[ExprId]) -> Value {
        match value {
            Value::Variable(reg)
                if later.iter().any(|id| self.resolution.assigns(*id)) && !self.f().kept.holds(reg) =>
            {
                let copy = self.f().registers.take();
                self.f().copy(copy, reg);
                Value::Temporary(copy)
            }
            value => value,
        }
    }

    /// `dest`, or a new register.
    pub(super) fn target(&mut self, dest: Option<Reg>) -> Reg {
        dest.unwrap_or_else(|| self.f().registers.take())
    }

    /// Evaluates an expression; `dest` is where its user would like the value.
    /// Registers taken on the way are given back, the value's own excepted.
    pub(super) fn value(&mut self, id: ExprId, dest: Option<Reg>) -> Value {
        let mark = self.f().registers.mark();
        let value = self.spine(self.bare(id), dest);
        self.keep(value, mark);
        value
    }

    /// Gives back all registers from `mark` on, a value's own excepted. That of
    /// an inlined lambda's parameter counts as its own too: the lambda has
    /// ended, and nothing else holds what it gave.
    pub(super) fn keep(&mut self, value: Value, mark: u32) {
        match value {
            Value::Temporary(reg) | Value::Variable(reg) if u32::from(reg.0) >= mark => {
                self.f().registers.release_behind(reg)
            }
            _ => self.f().registers.release(mark),
        }
    }

    /// The part of an expression that runs first and whose value it uses.
    fn left_of(&self, id: ExprId) -> Option<ExprId> {
        match &self.tree[id].kind {
            Expr::Paren(inner) => Some(*inner),
            Expr::Unary { operand, .. } => Some(*operand),
            Expr::Binary { left, .. } => Some(*left),
            Expr::Call { callee, .. } => {
                let plain = matches!(self.tree[self.bare(*callee)].kind, Expr::Name(_));
                (!plain).then_some(*callee)
            }
            Expr::Method { object, .. } | Expr::Index { object, .. } | Expr::Field { object, .. } => Some(*object),
            _ => None,
        }
    }

    /// Walks down the left operands, then does what stands right of each.
    fn spine(&mut self, id: ExprId, dest: Option<Reg>) -> Value {
        if self.number(id).is_some() || self.left_of(id).is_none() {
            return self.leaf(id, dest);
        }
        let mark = self.f().registers.mark();
        let mut chain = vec![id];
        let mut at = id;
        while let Some(left) = self.left_of(at) {
            if self.number(left).is_some() {
                at = left;
                break;
            }
            chain.push(left);
            at = left;
        }
        if chain.last() == Some(&at) {
            chain.pop();
        }
        // A name or literal is read in place; nothing else may use `dest` yet.
        let mut value = self.leaf(at, None);
        while let Some(id) = chain.pop() {
            self.keep(value, mark);
            value = self.lower(value, mark);
            let dest = if chain.is_empty() { dest } else { None };
            value = self.step(id, value, mark, dest);
        }
        value
    }

    /// In a long chain of calls each result lies above the last one; now and
    /// then it moves back down.
    pub(super) fn lower(&mut self, value: Value, mark: u32) -> Value {
        match value {
            Value::Temporary(reg) if u32::from(reg.0) > mark + 32 => self.lower_to(value, mark),
            value => value,
        }
    }

    /// Moves a value to the register at `mark`, behind which nothing is in use any more.
    pub(super) fn lower_to(&mut self, value: Value, mark: u32) -> Value {
        let Value::Temporary(reg) = value else { return value };
        self.f().registers.release(mark);
        let low = self.f().registers.take();
        self.f().copy(low, reg);
        Value::Temporary(low)
    }

    /// One node of a spine, the value of whose left part is at hand. `mark` is
    /// where the spine's registers begin.
    fn step(&mut self, id: ExprId, left: Value, mark: u32, dest: Option<Reg>) -> Value {
        let tree = self.tree;
        match &tree[id].kind {
            Expr::Unary { op, .. } => self.unary(id, *op, left, mark, dest),
            Expr::Binary { op, left: l, right } => self.binary_step(id, *op, (*l, left), *right, mark, dest),
            Expr::Call { callee, args } => self.call_value(id, *callee, left, args, dest),
            Expr::Method { object, name, safe, args, .. } => self.method(id, (*object, left), *name, *safe, args, dest),
            Expr::Index { object, index, safe } => self.index(id, (*object, left), *index, *safe, mark, dest),
            Expr::Field { object, name, safe, .. } => self.field(id, (*object, left), *name, *safe, mark, dest),
            _ => left,
        }
    }

    fn unary(&mut self, id: ExprId, op: UnaryOp, operand: Value, mark: u32, dest: Option<Reg>) -> Value {
        let b = self.reg(operand);
        let a = self.result(mark, dest);
        let span = self.span(id);
        match op {
            UnaryOp::Negate => self.f().emit_at(Instr::Neg { a, b }, span),
            UnaryOp::Not => self.f().emit(Instr::Not { a, b }),
        }
        Value::Temporary(a)
    }

    /// Where the result of a spine's node goes: its operands' registers may
    /// be written, since one instruction reads them and then writes.
    pub(super) fn result(&mut self, mark: u32, dest: Option<Reg>) -> Reg {
        match dest {
            Some(dest) => dest,
            None => {
                self.f().registers.release(mark);
                self.f().registers.take()
            }
        }
    }

    /// Expressions without a left operand.
    fn leaf(&mut self, id: ExprId, dest: Option<Reg>) -> Value {
        if let Some(number) = self.number(id) {
            return number;
        }
        let tree = self.tree;
        match &tree[id].kind {
            Expr::Name(_) => self.name(id, dest),
            Expr::Call { callee, args } => self.call_name(id, self.bare(*callee), args, dest),
            Expr::Logic { op, left, right } => self.logic(id, *op, *left, *right, dest),
            Expr::Pipe { .. } => self.pipeline(id, dest),
            Expr::Container(elements) => self.container(id, elements, dest),
            Expr::Interpolated(parts) => self.interpolated(id, parts, dest),
            Expr::Shell(parts) => self.shell(id, parts, dest),
            Expr::Regex(text) => self.regex(id, text, dest),
            Expr::Range { start, end, inclusive } => self.range(id, *start, *end, *inclusive, dest),
            Expr::If { .. } | Expr::Block(_) | Expr::Try { .. } => {
                let a = self.target(dest);
                self.f().kept.nested += 1;
                self.tail(id, Tail::Into(a));
                self.f().kept.nested -= 1;
                Value::Temporary(a)
            }
            _ => self.simple(id, dest),
        }
    }

    /// Literals and functions.
    fn simple(&mut self, id: ExprId, dest: Option<Reg>) -> Value {
        let tree = self.tree;
        let a = self.target(dest);
        match &tree[id].kind {
            Expr::Bool(true) => self.f().emit(Instr::LoadTrue { a }),
            Expr::Bool(false) => self.f().emit(Instr::LoadFalse { a }),
            Expr::Str(text) => self.load_text(text, a),
            Expr::Function(function) => self.closure(*function, a),
            _ => self.f().emit(Instr::LoadNil { a }),
        }
        Value::Temporary(a)
    }

    /// Brings a text constant into a register.
    pub(super) fn load_text(&mut self, text: &str, a: Reg) {
        let w = self.f().text(text);
        self.f().emit(Instr::LoadConst { a, w });
    }

    /// A variable or function by name.
    fn name(&mut self, id: ExprId, dest: Option<Reg>) -> Value {
        let span = self.span(id);
        match self.resolution.name_use(id) {
            Use::Binding { binding, check } => self.read(binding, check, span, dest),
            Use::Core(core) if self.resolution.is_value(core) => {
                let a = self.window(dest);
                let signatures = self.core;
                self.call_hidden(&signatures[core as usize].name, a, 0, span);
                Value::Temporary(a)
            }
            Use::Core(core) => {
                let a = self.target(dest);
                self.load_native(core, a);
                Value::Temporary(a)
            }
            Use::Nothing => {
                let a = self.target(dest);
                self.f().emit(Instr::LoadNil { a });
                Value::Temporary(a)
            }
        }
    }
}
