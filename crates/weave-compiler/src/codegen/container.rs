//! Container literals, ranges and texts with interpolations.

use super::Generator;
use super::arguments::{Arg, How};
use super::expr::Value;
use crate::ast::{Element, ExprId, Key, Part};
use rustc_hash::FxHashSet;
use weave_bytecode::constant::Constant;
use weave_bytecode::operand::Reg;
use weave_bytecode::ops::Instr;
use weave_bytecode::span::Span;

/// Longer literals are built piece by piece, so that they need few registers.
const LONGEST_RUN: usize = 128;

impl Generator<'_> {
    /// `[…]`
    pub(super) fn container(&mut self, id: ExprId, elements: &[Element], dest: Option<Reg>) -> Value {
        let span = self.span(id);
        let args = self.args_of(elements);
        let runs_together = args.len() <= LONGEST_RUN
            && args.iter().all(|arg| matches!(arg.how, How::Position | How::Name(_)))
            && keys_differ(elements);
        if !runs_together {
            return self.long_container(&args, span, dest);
        }
        let mark = self.f().registers.mark();
        let first = self.window(dest);
        let c = self.fill(first, &args);
        let a = dest.unwrap_or(first);
        if args.iter().any(|arg| arg.name().is_some()) {
            let keys = args.iter().map(|arg| arg.name().map(Into::into)).collect();
            let x = self.f().constant(Constant::Keys(keys));
            self.f().emit_at(Instr::NewKeyed { a, b: first, c, x, y: 0 }, span);
        } else {
            self.f().emit_at(Instr::NewContainer { a, b: first, c }, span);
        }
        self.keep(Value::Temporary(a), mark);
        Value::Temporary(a)
    }

    fn long_container(&mut self, args: &[Arg], span: Span, dest: Option<Reg>) -> Value {
        let dest = dest.filter(|d| !self.f().registers.is_home(*d));
        let a = self.target(dest);
        self.collect_args(a, args, span);
        Value::Temporary(a)
    }

    /// `a..b`
    pub(super) fn range(
        &mut self,
        id: ExprId,
        start: Option<ExprId>,
        end: Option<ExprId>,
        inclusive: bool,
        dest: Option<Reg>,
    ) -> Value {
        let mark = self.f().registers.mark();
        let b = self.f().registers.take();
        self.range_part(start, b);
        let second = self.f().registers.take();
        self.range_part(end, second);
        let flags = u16::from(inclusive) | u16::from(start.is_none()) << 1 | u16::from(end.is_none()) << 2;
        let whole = self.span(id);
        let left = start.map_or(whole, |s| self.span(s));
        let right = end.map(|e| self.span(e));
        let a = self.result(mark, dest);
        self.f().emit_parts(Instr::Range { a, b, c: flags }, whole, left, right);
        Value::Temporary(a)
    }

    fn range_part(&mut self, part: Option<ExprId>, dest: Reg) {
        match part {
            Some(id) => self.expr_to(id, dest),
            None => self.f().emit(Instr::LoadNil { a: dest }),
        }
    }

    /// `"… {expr} …"`
    pub(super) fn interpolated(&mut self, id: ExprId, parts: &[Part], dest: Option<Reg>) -> Value {
        let span = self.span(id);
        let mark = self.f().registers.mark();
        let first = self.window(dest);
        let mut count = 0;
        for (i, part) in parts.iter().enumerate() {
            if count == LONGEST_RUN {
                // What there is so far becomes the first part of the rest.
                self.f().emit_at(Instr::Concat { a: first, b: first, c: count as u16 }, span);
                self.f().registers.release_behind(first);
                count = 1;
            }
            let reg = if i == 0 { first } else { self.f().registers.take() };
            self.part(part, reg);
            count += 1;
        }
        let a = dest.unwrap_or(first);
        self.f().emit_at(Instr::Concat { a, b: first, c: count as u16 }, span);
        self.keep(Value::Temporary(a), mark);
        Value::Temporary(a)
    }

    fn part(&mut self, part: &Part, reg: Reg) {
        match part {
            Part::Text(text) => self.load_text(text, reg),
            Part::Value { expr, format } => {
                self.expr_to(*expr, reg);
                let Some(format) = format else { return };
                let span = self.span(*expr);
                match self.f().short_constant(Constant::Text(format.clone())) {
                    Some(c) => self.f().emit_at(Instr::Format { a: reg, b: reg, c }, span),
                    None => self.limit(span, "this function has more than 65,536 constants"),
                }
            }
        }
    }

    /// A shell literal: a native gets its pieces, text and values by turns,
    /// beginning with text.
    pub(super) fn shell(&mut self, id: ExprId, parts: &[Part], dest: Option<Reg>) -> Value {
        let span = self.span(id);
        let mark = self.f().registers.mark();
        let a = self.window(dest);
        self.f().emit_at(Instr::NewContainer { a, b: a, c: 0 }, span);
        let mut text_is_next = true;
        for part in parts {
            let inner = self.f().registers.mark();
            let b = self.f().registers.take();
            let is_text = matches!(part, Part::Text(_));
            if is_text != text_is_next {
                // Two values side by side have an empty text between them; two
                // texts are never side by side.
                self.load_text("", b);
                self.f().emit_at(Instr::Append { a, b }, span);
            }
            self.part(part, b);
            self.f().emit_at(Instr::Append { a, b }, span);
            text_is_next = !is_text;
            self.f().registers.release(inner);
        }
        self.call_hidden("<shell>", a, 1, span);
        self.keep(Value::Temporary(a), mark);
        Value::Temporary(a)
    }

    /// `re'…'`: compiled when it is first reached, then kept in a slot.
    pub(super) fn regex(&mut self, id: ExprId, text: &str, dest: Option<Reg>) -> Value {
        let span = self.span(id);
        let mark = self.f().registers.mark();
        let slot = self.hidden_slot("regex");
        let a = self.window(dest);
        let mut have = Vec::new();
        self.f().emit(Instr::GetSlot { a, w: slot });
        self.f().emit_jump(Instr::JumpIfSet { a, w: 0 }, &mut have);
        self.load_text(text, a);
        self.call_hidden("regex", a, 1, span);
        self.f().emit(Instr::SetSlot { a, w: slot });
        self.f().land(have);
        self.keep(Value::Temporary(a), mark);
        Value::Temporary(a)
    }
}

/// Whether no key of a literal is written twice: of such the later value wins.
fn keys_differ(elements: &[Element]) -> bool {
    let mut seen = FxHashSet::default();
    elements.iter().all(|element| match element {
        Element::Keyed { key: Key::Text(text), .. } => seen.insert(&**text),
        _ => true,
    })
}
