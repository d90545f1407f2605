//! One open prototype: what is emitted, at which position, with which
//! constants. Nothing is emitted where the program can't be.

use super::expr::Value;
use super::kept::{Kept, leaves_cells};
use super::registers::Registers;
use crate::resolve::BindingId;
use rustc_hash::FxHashMap;
use weave_bytecode::constant::Constant;
use weave_bytecode::operand::{Kind, Reg};
use weave_bytecode::ops::{Instr, Op};
use weave_bytecode::position::Part;
use weave_bytecode::prototype::{Handler, Prototype};
use weave_bytecode::span::Span;

/// Where a variable of the open function, or of a lambda inlined into it,
/// lives in its frame.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Home {
    /// The value itself.
    Register(Reg),
    /// A parameter of an inlined function whose argument is this number.
    Number(Value),
    /// A cell.
    Cell(Reg),
}

/// Jumps that wait for their target.
pub(super) type Jumps = Vec<u32>;

/// What `break`, `continue` and `return` have to leave.
#[derive(Debug)]
pub(super) enum Around {
    /// A loop of statements.
    Loop {
        /// Jumps behind it.
        breaks: Jumps,
        /// Jumps to its next iteration.
        continues: Jumps,
        /// The state of its iterator, to be closed on the way out.
        iterator: Option<Reg>,
    },
    /// The loop of a pipeline, which only `return` leaves.
    Pipeline {
        /// The state of its iterator, where it has one.
        iterator: Option<Reg>,
    },
    /// The body of a lambda that is inlined: `return` goes to its end.
    Inlined {
        /// Receives the value; none where no `return` stands in the body.
        dest: Option<Reg>,
        /// Jumps to the end.
        returns: Jumps,
        /// The call that the code around it is inlined at.
        outer: Option<u32>,
        /// How many expressions wait for a value where its statements stand.
        nested: u32,
    },
}

/// A cell whose value also lies in a register, until the next instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Written {
    cell: CellPlace,
    value: Reg,
    /// Offset behind the instruction.
    until: u32,
}

/// Which cell an instruction names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum CellPlace {
    /// A cell of the frame.
    Own(Reg),
    /// A captured cell.
    Captured(u16),
}

/// A constant as a key: floats by their bits.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum ConstantKey {
    Int(i64),
    Float(u64),
    Text(Box<str>),
    Keys(Box<[Option<Box<str>>]>),
}

/// A function whose code is being emitted.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) proto: Prototype,
    pub(super) registers: Registers,
    pub(super) homes: FxHashMap<BindingId, Home>,
    /// Position of each captured variable.
    pub(super) captures: FxHashMap<BindingId, u16>,
    pub(super) around: Vec<Around>,
    /// Whether the program can get to the next instruction.
    pub(super) reachable: bool,
    /// The call that the current code is inlined at.
    pub(super) inlined_at: Option<u32>,
    /// The cell that the last instruction wrote.
    written: Option<Written>,
    /// The last offset that something beside jumps forward refers to.
    fixed: u32,
    /// Where jumps landed last, and which.
    landed: (u32, Jumps),
    /// How many expressions of other functions stand in place of calls.
    pub(super) added: usize,
    /// Variables of other frames that stay in registers.
    pub(super) kept: Kept,
    constants: FxHashMap<ConstantKey, u32>,
}

impl Open {
    pub(super) fn new(span: Span) -> Open {
        Open {
            proto: Prototype { span, ..Prototype::default() },
            registers: Registers::default(),
            homes: FxHashMap::default(),
            captures: FxHashMap::default(),
            around: Vec::new(),
            reachable: true,
            inlined_at: None,
            written: None,
            fixed: 0,
            landed: (0, Jumps::new()),
            added: 0,
            kept: Kept::default(),
            constants: FxHashMap::default(),
        }
    }

    /// The offset of the next instruction, to which a jump may lead and which
    /// stays where it is.
    pub(super) fn here(&mut self) -> u32 {
        self.written = None;
        self.kept.forget_cells();
        self.fixed = self.offset();
        self.fixed
    }

    /// The offset of the next instruction.
    pub(super) fn offset(&self) -> u32 {
        self.proto.code.len() as u32
    }

    /// The register that holds a cell's value because the last instruction
    /// wrote both, and nothing can jump in between.
    pub(super) fn just_written(&self, cell: CellPlace) -> Option<Reg> {
        self.written.filter(|w| w.cell == cell && w.until == self.offset() && self.reachable).map(|w| w.value)
    }

    /// Emits an instruction that can't fail.
    pub(super) fn emit(&mut self, instr: Instr) {
        if !self.reachable {
            return;
        }
        let at = self.offset();
        self.proto.positions.belongs_to(at, self.inlined_at);
        self.proto.emit(instr);
        self.reachable = !instr.op().diverts();
        if !leaves_cells(instr.op()) {
            self.kept.forget_cells();
        }
        let written = match instr {
            Instr::SetUpCell { a, b } | Instr::AddUpCell { a, b, .. } | Instr::SubUpCell { a, b, .. } => {
                Some((CellPlace::Captured(b), a))
            }
            Instr::SetCell { a, b } | Instr::NewCell { a, b } => Some((CellPlace::Own(a), b)),
            Instr::AddCell { a, b, .. } | Instr::SubCell { a, b, .. } => Some((CellPlace::Own(b), a)),
            _ => None,
        };
        self.written = written.map(|(cell, value)| Written { cell, value, until: self.offset() });
    }

    /// Emits an instruction whose failure underlines `span`.
    pub(super) fn emit_at(&mut self, instr: Instr, span: Span) {
        self.position(Part::Whole, span);
        self.emit(instr);
    }

    /// Emits an instruction with a span for each of its parts.
    pub(super) fn emit_parts(&mut self, instr: Instr, whole: Span, left: Span, right: Option<Span>) {
        self.position(Part::Whole, whole);
        self.position(Part::Left, left);
        if let Some(right) = right {
            self.position(Part::Right, right);
        }
        self.emit(instr);
    }

    /// Records where a part of the next instruction stands.
    pub(super) fn position(&mut self, part: Part, span: Span) {
        if self.reachable {
            let at = self.offset();
            self.proto.positions.add(at, part, span, self.inlined_at);
        }
    }

    /// The handler of what stands from `start` to `end` begins here; gives the register that
    /// it finds the error in.
    pub(super) fn begin_handler(&mut self, start: u32, end: u32) -> Reg {
        let error = self.registers.take();
        let target = self.here();
        self.proto.handlers.push(Handler { start, end, target, register: error.0 });
        self.reachable = true;
        self.kept.forget_from(start);
        error
    }

    /// Emits a jump forward that waits for its target.
    pub(super) fn emit_jump(&mut self, instr: Instr, jumps: &mut Jumps) {
        if self.reachable {
            jumps.push(self.offset());
            self.emit(instr);
        }
    }

    /// Makes waiting jumps end here. One that would jump over nothing is taken
    /// back.
    pub(super) fn land(&mut self, mut jumps: Jumps) {
        let Some(&first) = jumps.iter().min() else { return };
        self.kept.forget_from(first);
        if self.landed.0 != self.offset() {
            self.landed.1.clear();
        }
        let last = self.offset().wrapping_sub(1);
        if self.fixed != self.offset()
            && self.proto.code.get(last as usize).is_some_and(|word| *word as u16 == Op::Jump as u16)
            && let Some(at) = jumps.iter().position(|at| *at == last)
        {
            jumps.swap_remove(at);
            self.proto.code.pop();
            self.proto.positions.take_back(last);
            // What landed behind it before lands where it was.
            jumps.append(&mut self.landed.1);
        }
        let here = self.offset();
        for &at in &jumps {
            self.aim(at, here);
        }
        self.landed.0 = here;
        self.landed.1.append(&mut jumps);
        self.written = None;
        self.kept.forget_cells();
        self.reachable = true;
    }

    /// Makes the jump at `at` go to `target`.
    pub(super) fn aim(&mut self, at: u32, target: u32) {
        let at = at as usize;
        let Some(op) = Op::from_u16(self.proto.code[at] as u16) else { return };
        let distance = i64::from(target) - (at + op.words()) as i64;
        let bits = u64::from(distance as i32 as u32);
        for operand in op.operands().iter().filter(|o| o.kind == Kind::Jump) {
            if operand.field == weave_bytecode::operand::Field::W {
                self.proto.code[at] = (self.proto.code[at] & 0xffff_ffff) | bits << 32;
            } else {
                let second = &mut self.proto.code[at + 1];
                *second = (*second & !0xffff_ffff) | bits;
            }
        }
    }

    /// Emits a jump back to `target`.
    pub(super) fn emit_back(&mut self, instr: Instr, target: u32) {
        if self.reachable {
            let at = self.offset();
            self.emit(instr);
            self.aim(at, target);
        }
    }

    /// The index of a constant, which is kept once.
    pub(super) fn constant(&mut self, constant: Constant) -> u32 {
        let key = match &constant {
            Constant::Int(v) => ConstantKey::Int(*v),
            Constant::Float(v) => ConstantKey::Float(v.to_bits()),
            Constant::Text(v) => ConstantKey::Text(v.clone()),
            Constant::Keys(v) => ConstantKey::Keys(v.clone()),
        };
        if let Some(&index) = self.constants.get(&key) {
            return index;
        }
        let index = self.proto.constants.len() as u32;
        self.proto.constants.push(constant);
        self.constants.insert(key, index);
        index
    }

    /// The index of a constant where it fits a short operand.
    pub(super) fn short_constant(&mut self, constant: Constant) -> Option<u16> {
        u16::try_from(self.constant(constant)).ok()
    }

    /// The index of a text.
    pub(super) fn text(&mut self, text: &str) -> u32 {
        self.constant(Constant::Text(text.into()))
    }

    /// Copies a register, where that changes anything.
    pub(super) fn copy(&mut self, to: Reg, from: Reg) {
        if to != from {
            self.emit(Instr::Move { a: to, b: from });
        }
    }
}
