//! What must hold before a machine may run a chunk. The machine's unchecked
//! accesses cite these rules by name; nothing else makes them true.
//!
//! | rule | what holds |
//! |---|---|
//! | V-CODE | every word begins or belongs to an instruction of the table, none is cut off, the machine's own opcodes do not occur, and no path runs off the end |
//! | V-REG | every register, and every register of a run, lies in the frame, and none but cell operands names the cell range |
//! | V-CELL | cell operands name registers of the cell range, and parameters lie outside it |
//! | V-CONST | constants exist and are of the kind that the instruction needs |
//! | V-UP | captured variables exist, cells where a cell is needed and values where a value is |
//! | V-SLOT | top-level slots exist |
//! | V-NATIVE | natives exist in the chunk's list |
//! | V-PROTO | prototypes exist, and the program itself takes no parameters and captures nothing |
//! | V-CAPTURE | what a closure captures exists in the function that makes it, and is a cell where the prototype says so |
//! | V-JUMP | jumps land on the first word of an instruction, and those that count no step go forward |
//! | V-WINDOW | call windows and iterator windows lie in the frame |
//! | V-KEYS | a keyed literal has as many keys as values, named arguments as many names as the call has arguments at most |
//! | V-CACHE | what the machine fills in is zero |
//! | V-PAIR | an IterStream follows its IterNext, a DrainNext its Drain, with the same operands |
//! | V-HANDLER | handlers cover and lead to instructions, their register lies in the frame |
//!
//! The walk is linear in the chunk.

use crate::chunk::Chunk;
use crate::constant::Constant;
use crate::decode::{BadCode, Located, decode};
use crate::operand::{Field, Kind};
use crate::ops::{Instr, Op};
use crate::prototype::{Capture, Prototype};

/// A broken rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The rule's name.
    pub rule: &'static str,
    /// Index of the prototype.
    pub prototype: usize,
    /// Offset of the instruction in its code.
    pub offset: u32,
    /// What is wrong.
    pub reason: String,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "prototype {} at {}: {} ({})", self.prototype, self.offset, self.reason, self.rule)
    }
}

/// Most registers of one frame.
pub const MOST_REGISTERS: u16 = 32_000;
/// Captured variables that a function may have.
pub const MOST_CAPTURES: usize = 32_000;

/// Checks every rule over a chunk.
///
/// # Errors
/// The first rule that it breaks.
pub fn verify(chunk: &Chunk) -> Result<(), Refusal> {
    match chunk.prototypes.first() {
        Some(main) if main.arity() == 0 && main.upvalues.is_empty() => {}
        _ => {
            let reason = "the first prototype must be the program, without parameters and captures".to_owned();
            return Err(Refusal { rule: "V-PROTO", prototype: 0, offset: 0, reason });
        }
    }
    for (index, prototype) in chunk.prototypes.iter().enumerate() {
        Walk { chunk, prototype, index, at: 0 }.check()?;
    }
    Ok(())
}

struct Walk<'a> {
    chunk: &'a Chunk,
    prototype: &'a Prototype,
    index: usize,
    at: u32,
}

impl Walk<'_> {
    fn refuse(&self, rule: &'static str, reason: impl Into<String>) -> Refusal {
        Refusal { rule, prototype: self.index, offset: self.at, reason: reason.into() }
    }

    fn need(&self, holds: bool, rule: &'static str, reason: &str) -> Result<(), Refusal> {
        if holds { Ok(()) } else { Err(self.refuse(rule, reason)) }
    }

    fn check(&mut self) -> Result<(), Refusal> {
        let p = self.prototype;
        self.need(p.registers <= MOST_REGISTERS, "V-REG", "too many registers")?;
        self.need(p.upvalues.len() <= MOST_CAPTURES, "V-UP", "too many captured variables")?;
        self.need(p.arity() <= usize::from(p.registers), "V-REG", "parameters need registers")?;
        let cells_end = u32::from(p.first_cell) + u32::from(p.cells);
        self.need(cells_end <= u32::from(p.registers), "V-CELL", "the cell range leaves the frame")?;
        self.need(
            p.cells == 0 || usize::from(p.first_cell) >= p.arity(),
            "V-CELL",
            "a parameter lies in the cell range",
        )?;

        let mut starts = vec![false; p.code.len() + 1];
        let mut code = Vec::new();
        for located in decode(&p.code) {
            let located = located.map_err(|bad| {
                let (offset, reason) = match bad {
                    BadCode::Opcode { offset, number } => (offset, format!("no opcode has the number {number}")),
                    BadCode::Truncated { offset } => (offset, "the instruction is cut off".to_owned()),
                };
                Refusal { rule: "V-CODE", prototype: self.index, offset, reason }
            })?;
            starts[located.offset as usize] = true;
            code.push(located);
        }
        match code.last() {
            Some(last) if last.op.diverts() => {}
            _ => return Err(self.refuse("V-CODE", "execution can run off the end")),
        }
        for (i, located) in code.iter().enumerate() {
            self.at = located.offset;
            self.instruction(located, &starts)?;
            self.pair(located, code.get(i + 1))?;
        }
        let first = p.default_entry.map(|e| starts.get(e as usize).copied().unwrap_or(false));
        self.need(first != Some(false), "V-JUMP", "the default's entry is no instruction")?;
        self.handlers(&starts)
    }

    fn handlers(&self, starts: &[bool]) -> Result<(), Refusal> {
        let p = self.prototype;
        let lands = |at: u32| starts.get(at as usize).copied().unwrap_or(false);
        for h in &p.handlers {
            let covers = lands(h.start) && h.start <= h.end && h.end as usize <= p.code.len();
            self.need(covers && lands(h.target), "V-HANDLER", "a handler covers or leads to no instruction")?;
            self.need(
                h.register < p.registers && !self.is_cell(h.register),
                "V-HANDLER",
                "its register is not in the frame",
            )?;
        }
        Ok(())
    }

    fn is_cell(&self, register: u16) -> bool {
        let first = self.prototype.first_cell;
        register >= first && u32::from(register) < u32::from(first) + u32::from(self.prototype.cells)
    }

    /// A run of registers outside the cells.
    fn run(&self, first: u16, length: usize, rule: &'static str) -> Result<(), Refusal> {
        let end = usize::from(first) + length;
        self.need(end <= usize::from(self.prototype.registers), rule, "a register lies outside the frame")?;
        let p = self.prototype;
        let (cells, cells_end) = (usize::from(p.first_cell), usize::from(p.first_cell) + usize::from(p.cells));
        let apart = p.cells == 0 || length == 0 || end <= cells || usize::from(first) >= cells_end;
        self.need(apart, "V-CELL", "a cell register is used as a value")
    }

    fn constant(&self, index: u32) -> Result<&Constant, Refusal> {
        self.prototype
            .constants
            .get(index as usize)
            .ok_or_else(|| self.refuse("V-CONST", format!("there is no constant {index}")))
    }

    fn instruction(&self, located: &Located, starts: &[bool]) -> Result<(), Refusal> {
        let op = located.op;
        self.need(
            !matches!(op, Op::Halt | Op::NativeStep | Op::MergeStep),
            "V-CODE",
            "the opcode is the machine's own",
        )?;
        let count = op.operands().iter().find(|o| o.kind == Kind::Count).map_or(1, |o| o.bits(located.words) as usize);
        for operand in op.operands() {
            let bits = operand.bits(located.words);
            let register = bits as u16;
            match operand.kind {
                Kind::Out | Kind::In | Kind::InOut => self.run(register, 1, "V-REG")?,
                Kind::Window => self.run(register, count.max(1), "V-WINDOW")?,
                Kind::WindowIn => self.run(register, count, "V-WINDOW")?,
                Kind::Window2 | Kind::Window2In => self.run(register, 2, "V-WINDOW")?,
                Kind::Window3 => self.run(register, 3, "V-WINDOW")?,
                Kind::Window5 => self.run(register, 5, "V-WINDOW")?,
                Kind::Cell => self.need(self.is_cell(register), "V-CELL", "the register is not in the cell range")?,
                Kind::Count | Kind::Small | Kind::Flags | Kind::Int => {}
                Kind::Cache => self.need(bits == 0, "V-CACHE", "room for the machine's own use is not empty")?,
                Kind::Const | Kind::WideConst => {
                    self.constant(bits)?;
                }
                Kind::Jump => {
                    let target = i64::from(located.end()) + i64::from(bits as i32);
                    let lands = usize::try_from(target).ok().and_then(|t| starts.get(t)).copied().unwrap_or(false);
                    self.need(lands, "V-JUMP", "a jump lands on no instruction")?;
                    let forward = bits as i32 >= 0 || counts_steps(op);
                    self.need(forward, "V-JUMP", "a jump that counts no step goes back")?;
                }
                Kind::Proto => self.capture(bits)?,
                Kind::Slot => self.need((bits as usize) < self.chunk.slots.len(), "V-SLOT", "there is no such slot")?,
                Kind::Native => {
                    self.need((bits as usize) < self.chunk.natives.len(), "V-NATIVE", "there is no such native")?
                }
                Kind::Upvalue | Kind::UpCell => {
                    let upvalue = self.prototype.upvalues.get(bits as usize);
                    let wanted = operand.kind == Kind::UpCell;
                    self.need(upvalue.is_some_and(|u| u.cell == wanted), "V-UP", "there is no such captured variable")?;
                }
            }
        }
        self.constants(located)
    }

    /// The kinds of constants, and the lengths of key lists.
    fn constants(&self, located: &Located) -> Result<(), Refusal> {
        let bits = |field: Field| {
            let operand = located.op.operands().iter().find(|o| o.field == field);
            operand.map_or(0, |o| o.bits(located.words))
        };
        let number = |index: u32| self.constant(index).map(|c| matches!(c, Constant::Int(_) | Constant::Float(_)));
        let text = |index: u32| self.constant(index).map(|c| matches!(c, Constant::Text(_)));
        let holds = match located.op {
            Op::AddK | Op::SubK | Op::MulK | Op::DivK => number(bits(Field::C))?,
            Op::AddFromK | Op::SubFromK | Op::MulFromK | Op::DivFromK => number(bits(Field::B))?,
            Op::JumpNotLtK | Op::JumpNotLeK | Op::JumpNotGtK | Op::JumpNotGeK => number(bits(Field::C))?,
            Op::LoadConst => !matches!(self.constant(bits(Field::W))?, Constant::Keys(_)),
            Op::JumpEqK | Op::JumpNeK => !matches!(self.constant(bits(Field::C))?, Constant::Keys(_)),
            Op::CheckSet => text(bits(Field::W))?,
            Op::GetField | Op::GetFieldOpt | Op::GetFieldSafe | Op::Format | Op::FindMethod | Op::GetCellChecked => {
                text(bits(Field::C))?
            }
            Op::SetField => text(bits(Field::B))?,
            Op::CallMethod | Op::CallMethodNative => {
                self.need(bits(Field::C) >= 1, "V-WINDOW", "a method call has a receiver")?;
                text(bits(Field::X))?
            }
            Op::Stage => {
                self.need(bits(Field::C) >= 2, "V-WINDOW", "a stage has a stream and a function")?;
                true
            }
            Op::NewKeyed => match self.constant(bits(Field::X))? {
                Constant::Keys(keys) => {
                    self.need(keys.len() == bits(Field::C) as usize, "V-KEYS", "a literal has a key for each value")?;
                    true
                }
                _ => false,
            },
            Op::Project => match self.constant(bits(Field::C))? {
                Constant::Keys(keys) => keys.iter().all(Option::is_some),
                _ => false,
            },
            Op::CallNamed => match self.constant(bits(Field::X))? {
                Constant::Keys(keys) => {
                    let fits = keys.len() <= bits(Field::C) as usize && keys.iter().all(Option::is_some);
                    self.need(fits, "V-KEYS", "named arguments have names")?;
                    true
                }
                _ => false,
            },
            _ => true,
        };
        self.need(holds, "V-CONST", "the constant is of the wrong kind")
    }

    fn capture(&self, proto: u32) -> Result<(), Refusal> {
        let Some(inner) = self.chunk.prototypes.get(proto as usize) else {
            return Err(self.refuse("V-PROTO", "there is no such prototype"));
        };
        for upvalue in &inner.upvalues {
            let holds = match upvalue.capture {
                Capture::Value(r) => !upvalue.cell && r < self.prototype.registers && !self.is_cell(r),
                Capture::Cell(r) => upvalue.cell && self.is_cell(r),
                Capture::Upvalue(u) => {
                    self.prototype.upvalues.get(usize::from(u)).is_some_and(|outer| outer.cell == upvalue.cell)
                }
                Capture::Itself => !upvalue.cell,
            };
            self.need(holds, "V-CAPTURE", "a closure captures what is not there")?;
        }
        Ok(())
    }

    fn pair(&self, located: &Located, next: Option<&Located>) -> Result<(), Refusal> {
        let holds = match located.instr() {
            Instr::IterNext { a, c, .. } => {
                matches!(next.map(Located::instr), Some(Instr::IterStream { a: b, c: d, .. }) if a == b && c == d)
            }
            Instr::Drain { a } => matches!(next.map(Located::instr), Some(Instr::DrainNext { a: b }) if a == b),
            _ => true,
        };
        self.need(holds, "V-PAIR", "the second half of the instruction is missing")
    }
}

/// Whether an instruction counts a step when it jumps: only such a one may go
/// back, so that no loop escapes the limits.
fn counts_steps(op: Op) -> bool {
    let name = op.name();
    name.starts_with("Loop") || matches!(op, Op::ForLoop | Op::IterNext | Op::IterStream)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operand::Reg;
    use crate::prototype::{Handler, Upvalue};

    fn refused(edit: impl FnOnce(&mut Chunk)) -> &'static str {
        let mut main = Prototype { registers: 8, ..Prototype::default() };
        main.constants.push(Constant::Text("t".into()));
        let mut chunk = Chunk { prototypes: vec![main], ..Chunk::default() };
        edit(&mut chunk);
        chunk.prototypes[0].emit(Instr::ReturnNil {});
        verify(&chunk).expect_err("the rule refuses it").rule
    }

    fn refused_instr(instr: Instr) -> &'static str {
        refused(|c| {
            c.prototypes[0].emit(instr);
        })
    }

    #[test]
    fn a_plain_chunk_is_accepted() {
        let mut main = Prototype { registers: 1, ..Prototype::default() };
        main.emit(Instr::LoadInt { a: Reg(0), w: 1 });
        main.emit(Instr::Return { a: Reg(0) });
        assert_eq!(verify(&Chunk { prototypes: vec![main], ..Chunk::default() }), Ok(()));
    }

    #[test]
    fn each_rule_refuses_what_breaks_it() {
        let r = Reg;
        assert_eq!(refused(|c| c.prototypes[0].code.push(0xffff)), "V-CODE");
        assert_eq!(refused_instr(Instr::Halt {}), "V-CODE");
        assert_eq!(refused_instr(Instr::Move { a: r(0), b: r(8) }), "V-REG");
        assert_eq!(refused_instr(Instr::LoadConst { a: r(0), w: 1 }), "V-CONST");
        assert_eq!(refused_instr(Instr::AddK { a: r(0), b: r(0), c: 0 }), "V-CONST");
        assert_eq!(refused_instr(Instr::GetUpvalue { a: r(0), b: 0 }), "V-UP");
        assert_eq!(refused_instr(Instr::GetSlot { a: r(0), w: 0 }), "V-SLOT");
        assert_eq!(refused_instr(Instr::CallNative { a: r(0), c: 0, x: 0 }), "V-NATIVE");
        assert_eq!(refused_instr(Instr::Closure { a: r(0), w: 9 }), "V-PROTO");
        assert_eq!(refused_instr(Instr::Jump { w: 7 }), "V-JUMP");
        assert_eq!(refused_instr(Instr::Jump { w: -1 }), "V-JUMP");
        assert_eq!(refused_instr(Instr::JumpIfNot { a: r(0), w: -1 }), "V-JUMP");
        assert_eq!(refused_instr(Instr::Call { a: r(6), b: r(0), c: 3 }), "V-WINDOW");
        assert_eq!(refused_instr(Instr::IterPrep { a: r(4), b: r(0), c: 0 }), "V-WINDOW");
        assert_eq!(refused_instr(Instr::Stage { a: r(7), b: 0, c: 1 }), "V-WINDOW");
        assert_eq!(refused_instr(Instr::GetField { a: r(0), b: r(0), c: 0, x: 1, y: 0 }), "V-CACHE");
        assert_eq!(refused_instr(Instr::Drain { a: r(0) }), "V-PAIR");
        assert_eq!(refused_instr(Instr::NewCell { a: r(0), b: r(1) }), "V-CELL");
        let keys = |c: &mut Chunk| {
            c.prototypes[0].constants.push(Constant::Keys([Some("k".into())].into()));
            c.prototypes[0].emit(Instr::NewKeyed { a: r(0), b: r(1), c: 2, x: 1, y: 0 });
        };
        assert_eq!(refused(keys), "V-KEYS");
        let cell_as_value = |c: &mut Chunk| {
            c.prototypes[0].first_cell = 2;
            c.prototypes[0].cells = 1;
            c.prototypes[0].emit(Instr::Move { a: r(0), b: r(2) });
        };
        assert_eq!(refused(cell_as_value), "V-CELL");
        let handler = |c: &mut Chunk| {
            c.prototypes[0].handlers.push(Handler { start: 0, end: 1, target: 5, register: 0 });
        };
        assert_eq!(refused(handler), "V-HANDLER");
        let capture = |c: &mut Chunk| {
            let mut inner = Prototype { registers: 1, ..Prototype::default() };
            inner.upvalues.push(Upvalue { name: "x".into(), capture: Capture::Cell(0), cell: true });
            inner.emit(Instr::ReturnNil {});
            c.prototypes.push(inner);
            c.prototypes[0].emit(Instr::Closure { a: r(0), w: 1 });
        };
        assert_eq!(refused(capture), "V-CAPTURE");
    }

    #[test]
    fn execution_can_not_run_off_the_end() {
        let mut main = Prototype { registers: 1, ..Prototype::default() };
        main.emit(Instr::LoadNil { a: Reg(0) });
        let refusal = verify(&Chunk { prototypes: vec![main], ..Chunk::default() }).expect_err("no end");
        assert_eq!(refusal.rule, "V-CODE");
    }
}
