//! Patterns: taking a container apart, into new variables or into targets.

use super::Generator;
use crate::ast::{PatId, Pattern, PatternElement};
use weave_bytecode::constant::Constant;
use weave_bytecode::operand::Reg;
use weave_bytecode::ops::Instr;
use weave_bytecode::span::Span;

/// What the names in a pattern mean.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Intent {
    Declare,
    Assign,
}

impl Generator<'_> {
    /// Makes the variables of a pattern from the value in a register.
    pub(super) fn declare_from(&mut self, pattern: PatId, from: Reg) {
        self.take_apart(pattern, from, Intent::Declare);
    }

    /// Assigns the targets of a pattern from the value in a register.
    pub(super) fn assign_from(&mut self, pattern: PatId, from: Reg) {
        self.take_apart(pattern, from, Intent::Assign);
    }

    fn take_apart(&mut self, pattern: PatId, from: Reg, intent: Intent) {
        let tree = self.tree;
        match &tree[pattern].kind {
            Pattern::Error => {}
            Pattern::Place(place) => self.store_at(*place, from),
            Pattern::Name(_) => {
                let Some((binding, _)) = self.resolution.target(pattern) else { return };
                if intent == Intent::Assign {
                    return self.store_target(pattern, binding, from);
                }
                if self.in_register(binding) {
                    let home = self.f().registers.take();
                    self.f().copy(home, from);
                    self.define(binding, home);
                } else {
                    self.define(binding, from);
                }
            }
            Pattern::Container(elements) => self.take_container(pattern, elements, from, intent),
        }
    }

    fn take_container(&mut self, pattern: PatId, elements: &[PatternElement], from: Reg, intent: Intent) {
        let span = self.pattern_span(pattern);
        let positions = elements.iter().filter(|e| matches!(e, PatternElement::Positional(_))).count();
        let has_rest = elements.iter().any(|e| matches!(e, PatternElement::Rest(_)));
        let has_keys = elements.iter().any(|e| matches!(e, PatternElement::Keyed { .. }));
        if !has_keys || positions > 0 {
            // Values that key patterns take stand among the others.
            let at_least = u16::from(has_rest || has_keys);
            self.f().emit_at(Instr::CheckCount { a: from, b: positions as u16, c: at_least }, span);
        }
        let mut position = 0;
        for element in elements {
            let inner = element.pattern();
            let part = self.pattern_span(inner);
            let mark = self.f().registers.mark();
            let a = self.f().registers.take();
            match element {
                PatternElement::Positional(_) => {
                    self.get_position(a, from, position, part);
                    position += 1;
                }
                PatternElement::Rest(_) => {
                    self.f().emit_at(Instr::SliceFrom { a, b: from, c: positions as u16 }, part);
                }
                PatternElement::Keyed { key, .. } => self.get_pattern_key(a, from, key, part),
            }
            let binding = self.resolution.target(inner).map(|(binding, _)| binding);
            match (intent, binding) {
                // The register becomes the variable's home.
                (Intent::Declare, Some(binding)) => {
                    self.define(binding, a);
                    if !self.in_register(binding) {
                        self.f().registers.release(mark);
                    }
                }
                (Intent::Declare, None) => self.take_apart(inner, a, intent),
                (Intent::Assign, _) => {
                    self.take_apart(inner, a, intent);
                    self.f().registers.release(mark);
                }
            }
        }
    }

    fn get_position(&mut self, a: Reg, from: Reg, position: usize, span: Span) {
        match i16::try_from(position) {
            Ok(c) => self.f().emit_at(Instr::GetIndexI { a, b: from, c }, span),
            Err(_) => {
                self.put(super::expr::Value::Int(position as i64), a);
                self.f().emit_at(Instr::GetIndex { a, b: from, c: a }, span);
            }
        }
    }

    fn get_pattern_key(&mut self, a: Reg, from: Reg, key: &str, span: Span) {
        match self.f().short_constant(Constant::Text(key.into())) {
            Some(c) => self.f().emit_at(Instr::GetField { a, b: from, c, x: 0, y: 0 }, span),
            None => {
                self.load_text(key, a);
                self.f().emit_at(Instr::GetIndex { a, b: from, c: a }, span);
            }
        }
    }

    fn pattern_span(&self, id: PatId) -> Span {
        let node = &self.tree[id];
        self.tree.span_between(node.first, node.last)
    }
}
