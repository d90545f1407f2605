//! Fields and indices, read and written.

use super::Generator;
use super::expr::Value;
use super::literal::small;
use crate::ast::{Expr, ExprId};
use crate::symbols::Name;
use weave_bytecode::constant::Constant;
use weave_bytecode::operand::Reg;
use weave_bytecode::ops::Instr;
use weave_bytecode::span::Span;

/// How a key is looked up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Lookup {
    /// A missing key is an error.
    Plain,
    /// A missing key is nil.
    Optional,
    /// A missing key is nil, and so is everything in nil.
    Safe,
}

/// A place in a container whose parts are evaluated.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    object: Reg,
    key: SlotKey,
    whole: Span,
    left: Span,
    right: Span,
}

#[derive(Clone, Copy, Debug)]
enum SlotKey {
    /// A text constant with a short index.
    Field(u16),
    Register(Reg),
}

impl Generator<'_> {
    /// `object.name` whose object is at hand.
    pub(super) fn field(
        &mut self,
        id: ExprId,
        (object_id, object): (ExprId, Value),
        name: Name,
        safe: bool,
        mark: u32,
        dest: Option<Reg>,
    ) -> Value {
        let lookup = if safe { Lookup::Safe } else { Lookup::Plain };
        let text: Box<str> = self.names.text(name).into();
        let b = self.reg(object);
        let spans = (self.span(id), self.span(object_id), self.key_span(id));
        self.get_key(b, text, lookup, spans, mark, dest)
    }

    /// The part of a field or index that names the key.
    fn key_span(&self, id: ExprId) -> Span {
        match &self.tree[id].kind {
            Expr::Field { name_token, .. } => self.tree.token_span(*name_token),
            Expr::Index { index, .. } => self.span(*index),
            _ => self.span(id),
        }
    }

    fn get_key(
        &mut self,
        b: Reg,
        text: Box<str>,
        lookup: Lookup,
        (whole, left, right): (Span, Span, Span),
        mark: u32,
        dest: Option<Reg>,
    ) -> Value {
        let (x, y) = (0, 0);
        let instr = match self.f().short_constant(Constant::Text(text.clone())) {
            Some(c) => {
                let a = self.result(mark, dest);
                match lookup {
                    Lookup::Plain => (a, Instr::GetField { a, b, c, x, y }),
                    Lookup::Optional => (a, Instr::GetFieldOpt { a, b, c, x, y }),
                    Lookup::Safe => (a, Instr::GetFieldSafe { a, b, c, x, y }),
                }
            }
            None => {
                let c = self.f().registers.take();
                self.load_text(&text, c);
                let a = self.result(mark, dest);
                (a, index_instr(lookup, a, b, c))
            }
        };
        self.f().emit_parts(instr.1, whole, left, Some(right));
        Value::Temporary(instr.0)
    }

    /// `object[index]` whose object is at hand.
    pub(super) fn index(
        &mut self,
        id: ExprId,
        (object_id, object): (ExprId, Value),
        index: ExprId,
        safe: bool,
        mark: u32,
        dest: Option<Reg>,
    ) -> Value {
        let lookup = if safe { Lookup::Safe } else { Lookup::Plain };
        self.lookup_index(id, (object_id, object), index, lookup, mark, dest)
    }

    fn lookup_index(
        &mut self,
        id: ExprId,
        (object_id, object): (ExprId, Value),
        index: ExprId,
        lookup: Lookup,
        mark: u32,
        dest: Option<Reg>,
    ) -> Value {
        let spans = (self.span(id), self.span(object_id), self.span(index));
        let tree = self.tree;
        if let Expr::Str(text) = &tree[self.bare(index)].kind {
            let b = self.reg(object);
            return self.get_key(b, text.clone(), lookup, spans, mark, dest);
        }
        let object = self.settle(object, &[index]);
        let b = self.reg(object);
        let number = self.number(index);
        if let (Some(c), Lookup::Plain, true) = (number.and_then(small), lookup, self.flags.superinstructions) {
            let a = self.result(mark, dest);
            self.f().emit_parts(Instr::GetIndexI { a, b, c }, spans.0, spans.1, Some(spans.2));
            return Value::Temporary(a);
        }
        let c = match number {
            Some(number) => self.reg(number),
            None => self.operand(index),
        };
        let a = self.result(mark, dest);
        self.f().emit_parts(index_instr(lookup, a, b, c), spans.0, spans.1, Some(spans.2));
        Value::Temporary(a)
    }

    /// The left side of `??`: where it is a field or an index, a missing key
    /// or position is nil.
    pub(super) fn optional(&mut self, id: ExprId, dest: Reg) {
        let id = self.bare(id);
        let mark = self.f().registers.mark();
        let tree = self.tree;
        match &tree[id].kind {
            Expr::Field { object, name, safe: false, .. } => {
                let b = self.operand(*object);
                let text: Box<str> = self.names.text(*name).into();
                let spans = (self.span(id), self.span(*object), self.key_span(id));
                self.get_key(b, text, Lookup::Optional, spans, mark, Some(dest));
            }
            Expr::Index { object, index, safe: false } => {
                let value = self.value(*object, None);
                self.lookup_index(id, (*object, value), *index, Lookup::Optional, mark, Some(dest));
            }
            _ => self.expr_to(id, dest),
        }
        self.f().registers.release(mark);
    }

    /// Evaluates the parts of an assignment's target. `later` is what runs
    /// before the assignment does.
    pub(super) fn slot(&mut self, id: ExprId, later: &[ExprId]) -> Slot {
        let tree = self.tree;
        let (whole, right) = (self.span(id), self.key_span(id));
        match &tree[id].kind {
            Expr::Field { object, name, .. } => {
                let left = self.span(*object);
                let value = self.value(*object, None);
                let value = self.settle(value, later);
                let object = self.reg(value);
                let text: Box<str> = self.names.text(*name).into();
                let key = self.slot_key(text);
                Slot { object, key, whole, left, right }
            }
            Expr::Index { object, index, .. } => {
                let left = self.span(*object);
                let mut all = vec![*index];
                all.extend_from_slice(later);
                let value = self.value(*object, None);
                let value = self.settle(value, &all);
                let object = self.reg(value);
                let key = match &tree[self.bare(*index)].kind {
                    Expr::Str(text) => self.slot_key(text.clone()),
                    _ => {
                        let value = self.value(*index, None);
                        let value = self.settle(value, later);
                        SlotKey::Register(self.reg(value))
                    }
                };
                Slot { object, key, whole, left, right }
            }
            // The parser makes targets of these two only.
            _ => Slot { object: self.operand(id), key: SlotKey::Field(0), whole, left: whole, right },
        }
    }

    fn slot_key(&mut self, text: Box<str>) -> SlotKey {
        match self.f().short_constant(Constant::Text(text.clone())) {
            Some(key) => SlotKey::Field(key),
            None => {
                let reg = self.f().registers.take();
                self.load_text(&text, reg);
                SlotKey::Register(reg)
            }
        }
    }

    /// Reads a slot, in an `op=`.
    pub(super) fn get_slot(&mut self, slot: Slot, lookup: Lookup, a: Reg) {
        let b = slot.object;
        let (x, y) = (0, 0);
        let instr = match (slot.key, lookup) {
            (SlotKey::Field(c), Lookup::Plain) => Instr::GetField { a, b, c, x, y },
            (SlotKey::Field(c), Lookup::Optional) => Instr::GetFieldOpt { a, b, c, x, y },
            (SlotKey::Field(c), Lookup::Safe) => Instr::GetFieldSafe { a, b, c, x, y },
            (SlotKey::Register(c), lookup) => index_instr(lookup, a, b, c),
        };
        self.f().emit_parts(instr, slot.whole, slot.left, Some(slot.right));
    }

    /// Writes a slot.
    pub(super) fn set_slot(&mut self, slot: Slot, c: Reg) {
        let a = slot.object;
        let instr = match slot.key {
            SlotKey::Field(b) => Instr::SetField { a, b, c, x: 0, y: 0 },
            SlotKey::Register(b) => Instr::SetIndex { a, b, c },
        };
        self.f().emit_parts(instr, slot.whole, slot.left, Some(slot.right));
    }
}

fn index_instr(lookup: Lookup, a: Reg, b: Reg, c: Reg) -> Instr {
    match lookup {
        Lookup::Plain => Instr::GetIndex { a, b, c },
        Lookup::Optional => Instr::GetIndexOpt { a, b, c },
        Lookup::Safe => Instr::GetIndexSafe { a, b, c },
    }
}
