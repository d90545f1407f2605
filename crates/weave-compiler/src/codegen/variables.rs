//! Variables: where each one lives seen from the open function, and how it is
//! read, assigned and made.

use super::Generator;
use super::expr::Value;
use super::function::{CellPlace, Home};
use super::kept::Kind;
use crate::ast::{FnId, PatId};
use crate::resolve::{BindingId, OwnerId, Storage};
use weave_bytecode::constant::Constant;
use weave_bytecode::operand::Reg;
use weave_bytecode::ops::Instr;
use weave_bytecode::prototype::{Capture, Upvalue};
use weave_bytecode::span::Span;

/// Where the open function finds a variable.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Place {
    /// In its own register.
    Register(Reg),
    /// Nowhere: it is this number.
    Number(Value),
    /// In a cell of its own.
    Cell(Reg),
    /// Among its captured values.
    Upvalue(u16),
    /// Among its captured cells.
    UpCell(u16),
    /// In the module.
    Slot(u32),
}

impl Generator<'_> {
    /// Where a variable is.
    pub(super) fn place(&mut self, id: BindingId) -> Place {
        let storage = self.resolution.binding(id).storage;
        if let Storage::Slot(slot) = storage {
            return Place::Slot(slot);
        }
        match self.f().homes.get(&id).copied() {
            Some(Home::Register(reg)) => return Place::Register(reg),
            Some(Home::Number(value)) => return Place::Number(value),
            Some(Home::Cell(reg)) => return Place::Cell(reg),
            None => {}
        }
        let index = self.f().captures.get(&id).copied().unwrap_or(0);
        if storage == Storage::Cell { Place::UpCell(index) } else { Place::Upvalue(index) }
    }

    /// The text of a variable's name.
    pub(super) fn name_text(&self, id: BindingId) -> &str {
        self.names.text(self.resolution.binding(id).name)
    }

    /// The index of a variable's name among the constants.
    pub(super) fn name_constant(&mut self, id: BindingId) -> u32 {
        let text: Box<str> = self.name_text(id).into();
        self.f().constant(Constant::Text(text))
    }

    /// Reads a variable: where it lies already, or in `dest`, or in a register
    /// of its own.
    pub(super) fn read(&mut self, id: BindingId, check: bool, span: Span, dest: Option<Reg>) -> Value {
        let place = self.place(id);
        if let Place::Register(reg) = place {
            if check {
                let w = self.name_constant(id);
                self.f().emit_at(Instr::CheckSet { a: reg, w }, span);
            }
            return Value::Variable(reg);
        }
        if let Place::Number(value) = place {
            return value;
        }
        let kind = self.read_kept(id, place, dest);
        if let Kind::Here(reg) = kind {
            return Value::Variable(reg);
        }
        let cell = match place {
            Place::Cell(b) => Some(CellPlace::Own(b)),
            Place::UpCell(b) => Some(CellPlace::Captured(b)),
            _ => None,
        };
        if let (Some(cell), true) = (cell, self.flags.superinstructions)
            && let Some(value) = self.f().just_written(cell)
        {
            let a = self.target(dest);
            self.f().copy(a, value);
            return Value::Temporary(a);
        }
        let a = match kind {
            Kind::Load(reg) => reg,
            _ => self.target(dest),
        };
        let instr = match (place, check) {
            (Place::Register(b), _) => Instr::Move { a, b },
            (Place::Number(_), _) => Instr::LoadNil { a },
            (Place::Cell(b), false) => Instr::GetCell { a, b },
            (Place::Cell(b), true) => {
                let name = self.name_constant(id);
                Instr::GetCellChecked { a, b, c: u16::try_from(name).unwrap_or(u16::MAX) }
            }
            (Place::Upvalue(b), _) => Instr::GetUpvalue { a, b },
            (Place::UpCell(b), false) => Instr::GetUpCell { a, b },
            (Place::UpCell(b), true) => Instr::GetUpCellChecked { a, b },
            (Place::Slot(w), false) => Instr::GetSlot { a, w },
            (Place::Slot(w), true) => Instr::GetSlotChecked { a, w },
        };
        if kind == Kind::Load(a) {
            self.note_load(id, place);
        }
        self.f().emit_at(instr, span);
        if kind == Kind::Load(a) { Value::Variable(a) } else { Value::Temporary(a) }
    }

    /// Assigns a variable that has a home already.
    pub(super) fn store(&mut self, id: BindingId, from: Reg) {
        let instr = match self.place(id) {
            Place::Register(to) => return self.f().copy(to, from),
            Place::Cell(a) => Instr::SetCell { a, b: from },
            Place::UpCell(b) => Instr::SetUpCell { a: from, b },
            Place::Slot(w) => Instr::SetSlot { a: from, w },
            // A captured value is never assigned: resolution gives such a
            // variable a cell. A number stands only for what is not assigned.
            Place::Upvalue(_) | Place::Number(_) => return,
        };
        self.f().emit(instr);
    }

    /// Gives a variable the value that an assignment's target takes.
    pub(super) fn store_target(&mut self, target: PatId, id: BindingId, from: Reg) {
        match self.place(id) {
            // The cell is made by the assignment that surely comes first.
            Place::Cell(a) if self.resolution.binding(id).defined_by == Some(target) => {
                self.f().emit(Instr::NewCell { a, b: from });
            }
            _ => self.store(id, from),
        }
    }

    /// Makes a variable whose first value lies in `from`. Where that is a
    /// register of its own, `from` becomes the variable's home.
    pub(super) fn define(&mut self, id: BindingId, from: Reg) {
        match self.resolution.binding(id).storage {
            Storage::Slot(w) => self.f().emit(Instr::SetSlot { a: from, w }),
            Storage::Cell => match self.f().homes.get(&id).copied() {
                Some(Home::Cell(a)) => self.f().emit(Instr::NewCell { a, b: from }),
                _ => debug_assert!(false, "every cell has a home from the start"),
            },
            Storage::Register => {
                self.f().homes.insert(id, Home::Register(from));
                self.f().registers.make_home(from);
            }
        }
    }

    /// Makes a variable that has no value yet.
    pub(super) fn define_unset(&mut self, id: BindingId) {
        let binding = self.resolution.binding(id);
        match binding.storage {
            Storage::Slot(_) => {}
            Storage::Cell if binding.defined_by.is_some() => {}
            Storage::Cell => {
                if let Some(Home::Cell(a)) = self.f().homes.get(&id).copied() {
                    self.f().emit(Instr::NewCellUnset { a });
                }
            }
            Storage::Register => {
                let maybe_unset = binding.maybe_unset;
                let a = self.f().registers.take();
                if maybe_unset {
                    self.f().emit(Instr::LoadUnset { a });
                }
                self.f().homes.insert(id, Home::Register(a));
                self.f().registers.make_home(a);
            }
        }
    }

    /// Makes a closure of a function in `a`.
    pub(super) fn closure(&mut self, id: FnId, a: Reg) {
        if !self.f().reachable {
            return;
        }
        let upvalues = self.upvalues(id);
        let w = self.function(id, upvalues);
        self.f().emit(Instr::Closure { a, w });
    }

    /// Where a closure of this function, made here, takes its variables from.
    fn upvalues(&mut self, id: FnId) -> Vec<Upvalue> {
        let resolution = self.resolution;
        let captures = &resolution.functions[OwnerId::of(id).index()].captures;
        captures.iter().map(|&binding| self.upvalue(id, binding)).collect()
    }

    fn upvalue(&mut self, id: FnId, binding: BindingId) -> Upvalue {
        let info = self.resolution.binding(binding);
        let name = self.names.text(info.name).into();
        let cell = info.storage == Storage::Cell;
        if !cell && info.known_function() == Some(id) {
            return Upvalue { name, capture: Capture::Itself, cell };
        }
        let capture = match self.place(binding) {
            Place::Register(reg) => Capture::Value(reg.0),
            Place::Cell(reg) => Capture::Cell(reg.0),
            Place::Upvalue(index) | Place::UpCell(index) => Capture::Upvalue(index),
            // Slots are not captured; nor are parameters of functions that are
            // inlined with numbers.
            Place::Slot(_) | Place::Number(_) => Capture::Upvalue(0),
        };
        Upvalue { name, capture, cell }
    }
}
