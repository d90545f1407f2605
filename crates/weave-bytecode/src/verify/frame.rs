//! The shape of a function's frame: sizes, parameters, cells, handlers.

use super::{MOST_CAPTURES, MOST_CODE, MOST_REGISTERS, Refusal, Rule, Walk};
use crate::prototype::Capture;
use crate::signature::Parameter;
use std::collections::HashSet;

/// Parameters up to this many are compared with each other, more by a set.
const FEW: usize = 8;

impl Walk<'_, '_> {
    pub(super) fn frame(&self) -> Result<(), Refusal> {
        let p = self.prototype;
        self.need(p.registers <= MOST_REGISTERS, Rule::Size, "too many registers")?;
        self.need(p.upvalues.len() <= MOST_CAPTURES, Rule::Size, "too many captured variables")?;
        self.need(p.code.len() <= MOST_CODE, Rule::Size, "too much code")?;
        self.need(p.arity() <= usize::from(p.registers), Rule::Signature, "parameters need registers")?;
        let cells_end = u32::from(p.first_cell) + u32::from(p.cells);
        self.need(cells_end <= u32::from(p.registers), Rule::Cell, "the cell range leaves the frame")?;
        let apart = p.cells == 0 || usize::from(p.first_cell) >= p.arity();
        self.need(apart, Rule::Signature, "a parameter lies in the cell range")?;
        let parameters = &p.signature.parameters;
        if let [inner @ .., _] = &parameters[..] {
            self.need(!inner.iter().any(|p| p.rest), Rule::Signature, "a parameter before the last takes the rest")?;
            self.need(!repeats(parameters), Rule::Signature, "two parameters have the same name")?;
        }
        Ok(())
    }

    /// The handlers, and where the first parameter's default begins.
    pub(super) fn handlers(&mut self) -> Result<(), Refusal> {
        let p = self.prototype;
        let end = p.code.len() as u32;
        for h in &p.handlers {
            self.at = h.start;
            let covers = self.lands(h.start) && h.start <= h.end && (self.lands(h.end) || h.end == end);
            self.need(covers && self.lands(h.target), Rule::Handler, "a handler covers or leads to no instruction")?;
            let held = h.register < p.registers && !self.is_cell(h.register);
            self.need(held, Rule::Handler, "its register is not in the frame")?;
        }
        if let Some(entry) = p.default_entry {
            self.at = entry;
            let wanted = p.signature.parameters.first().is_some_and(|p| p.optional && !p.rest);
            self.need(wanted && self.lands(entry), Rule::Default, "the default's code is not there, or nobody's")?;
        }
        Ok(())
    }

    /// What a new closure of a prototype captures. Each list is looked at once for
    /// every function that makes such closures: one mostly, and those that it became
    /// a part of.
    pub(super) fn capture(&mut self, proto: u32) -> Result<(), Refusal> {
        let Some(inner) = self.chunk.prototypes.get(proto as usize) else {
            return Err(self.refuse(Rule::Proto, "there is no such prototype"));
        };
        let me = self.index as u32;
        match std::mem::replace(&mut self.notes.makers[proto as usize], me) {
            maker if maker == me => return Ok(()),
            super::NOBODY => {}
            _ => match self.notes.again.checked_sub(inner.upvalues.len()) {
                Some(left) => self.notes.again = left,
                None => return Err(self.refuse(Rule::Size, "too many functions make closures of this prototype")),
            },
        }
        for upvalue in &inner.upvalues {
            let holds = match upvalue.capture {
                Capture::Value(r) => !upvalue.cell && r < self.prototype.registers && !self.is_cell(r),
                Capture::Cell(r) => upvalue.cell && self.is_cell(r),
                Capture::Upvalue(u) => {
                    self.prototype.upvalues.get(usize::from(u)).is_some_and(|outer| outer.cell == upvalue.cell)
                }
                Capture::Itself => !upvalue.cell,
            };
            self.need(holds, Rule::Capture, "a closure captures what is not there")?;
        }
        Ok(())
    }
}

/// Whether two parameters have the same name, other than that of a pattern.
fn repeats(parameters: &[Parameter]) -> bool {
    let names = || parameters.iter().map(|p| &*p.name).filter(|name| !name.is_empty());
    if parameters.len() <= FEW {
        names().enumerate().any(|(i, name)| names().take(i).any(|other| other == name))
    } else {
        let mut seen = HashSet::with_capacity(parameters.len());
        !names().all(|name| seen.insert(name))
    }
}
