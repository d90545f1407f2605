//! The walk over a function's instructions.

use super::{Refusal, Rule, Walk};
use crate::constant::Constant;
use crate::decode::{Located, decode};
use crate::operand::{Field, Kind};
use crate::ops::{Instr, Op};

impl Walk<'_, '_> {
    pub(super) fn code(&mut self) -> Result<(), Refusal> {
        let code = &self.prototype.code;
        let starts = &mut self.notes.starts;
        starts.clear();
        starts.resize(code.len() + 1, false);
        let (mut at, mut last) = (0, None);
        while let Some(&word) = code.get(at) {
            let number = word as u16;
            let op = Op::from_u16(number).filter(|op| at + op.words() <= code.len());
            let Some(op) = op else {
                self.at = at as u32;
                let known = Op::from_u16(number).is_some();
                let unknown = || format!("no opcode has the number {number}");
                let reason = if known { "the instruction is cut off".to_owned() } else { unknown() };
                return Err(self.refuse(Rule::Code, reason));
            };
            starts[at] = true;
            last = Some(op);
            at += op.words();
        }
        self.at = code.len() as u32;
        self.need(last.is_some_and(Op::diverts), Rule::Code, "execution can run off the end")?;
        self.notes.named.clear();
        let named = self.prototype.constants.iter().map(|constant| match constant {
            Constant::Keys(keys) => keys.iter().all(Option::is_some),
            _ => false,
        });
        self.notes.named.extend(named);
        let mut at = 0;
        // The same steps again, through instructions that are known to be whole.
        while let Some(&word) = code.get(at) {
            let Some(op) = Op::from_u16(word as u16) else { break };
            let second = if op.words() == 2 { code.get(at + 1).copied().unwrap_or(0) } else { 0 };
            let located = Located { offset: at as u32, words: [word, second], op };
            self.at = located.offset;
            self.instruction(&located)?;
            match op {
                Op::IterNext | Op::Drain => self.pair(&located)?,
                op if needs(op) => self.needs_of(&located)?,
                _ => {}
            }
            at += op.words();
        }
        Ok(())
    }

    /// A run of registers outside the cells.
    #[inline]
    fn run(&self, first: u16, length: usize, rule: Rule) -> Result<(), Refusal> {
        let p = self.prototype;
        let end = usize::from(first) + length;
        self.need(end <= usize::from(p.registers), rule, "a register lies outside the frame")?;
        if p.cells == 0 {
            return Ok(());
        }
        let (cells, cells_end) = (usize::from(p.first_cell), usize::from(p.first_cell) + usize::from(p.cells));
        let apart = length == 0 || end <= cells || usize::from(first) >= cells_end;
        self.need(apart, Rule::Cell, "a cell register is used as a value")
    }

    fn constant(&self, index: u32) -> Result<&Constant, Refusal> {
        let constant = self.prototype.constants.get(index as usize);
        constant.ok_or_else(|| self.refuse(Rule::Const, format!("there is no constant {index}")))
    }

    /// Every operand by its kind.
    #[inline]
    fn instruction(&mut self, located: &Located) -> Result<(), Refusal> {
        let op = located.op;
        self.need(!op.is_internal(), Rule::Code, "the opcode is the machine's own")?;
        let operands = op.operands();
        let count = || {
            let count = operands.iter().find(|o| o.kind == Kind::Count);
            count.map_or(1, |o| o.bits(located.words) as usize)
        };
        for operand in operands {
            let bits = operand.bits(located.words);
            let register = bits as u16;
            match operand.kind {
                Kind::Out | Kind::In | Kind::InOut => self.run(register, 1, Rule::Reg)?,
                Kind::Window => self.run(register, count().max(1), Rule::Window)?,
                Kind::WindowIn => self.run(register, count(), Rule::Window)?,
                Kind::Window2 | Kind::Window2In => self.run(register, 2, Rule::Window)?,
                Kind::Window3 => self.run(register, 3, Rule::Window)?,
                Kind::Window5 => self.run(register, 5, Rule::Window)?,
                Kind::Cell => self.need(self.is_cell(register), Rule::Cell, "the register is not in the cell range")?,
                Kind::Count | Kind::Small | Kind::Flags | Kind::Int => {}
                Kind::Cache => self.need(bits == 0, Rule::Cache, "room for the machine's own use is not empty")?,
                Kind::Const | Kind::WideConst => {
                    self.constant(bits)?;
                }
                Kind::Jump => {
                    let target = i64::from(located.end()) + i64::from(bits as i32);
                    let lands = u32::try_from(target).is_ok_and(|target| self.lands(target));
                    self.need(lands, Rule::Jump, "a jump lands on no instruction")?;
                    let forward = bits as i32 >= 0 || op.counts_steps();
                    self.need(forward, Rule::Jump, "a jump that counts no step goes back")?;
                }
                Kind::Proto => self.capture(bits)?,
                Kind::Slot => {
                    self.need((bits as usize) < self.chunk.slots.len(), Rule::Slot, "there is no such slot")?
                }
                Kind::Native => {
                    self.need((bits as usize) < self.chunk.natives.len(), Rule::Native, "there is no such native")?;
                }
                Kind::Upvalue | Kind::UpCell => {
                    let upvalue = self.prototype.upvalues.get(bits as usize);
                    let wanted = operand.kind == Kind::UpCell;
                    let holds = upvalue.is_some_and(|u| u.cell == wanted);
                    self.need(holds, Rule::Up, "there is no such captured variable")?;
                }
            }
        }
        Ok(())
    }

    /// What single opcodes need beyond the kinds of their operands: kinds of
    /// constants, lengths of key lists and of windows.
    fn needs_of(&self, located: &Located) -> Result<(), Refusal> {
        let bits = |field: Field| {
            let (word, shift, mask) = field.place();
            (located.words[word] >> shift) as u32 & mask
        };
        let number = |index: u32| self.constant(index).map(|c| matches!(c, Constant::Int(_) | Constant::Float(_)));
        let text = |index: u32| self.constant(index).map(|c| matches!(c, Constant::Text(_)));
        let scalar = |index: u32| self.constant(index).map(|c| !matches!(c, Constant::Keys(_)));
        let keys = |index: u32| match self.constant(index)? {
            Constant::Keys(keys) => Ok(keys.len()),
            _ => Err(self.refuse(Rule::Const, "the constant is no list of keys")),
        };
        let count = bits(Field::C) as usize;
        let holds = match located.op {
            Op::AddK | Op::SubK | Op::MulK | Op::DivK => number(bits(Field::C))?,
            Op::AddFromK | Op::SubFromK | Op::MulFromK | Op::DivFromK => number(bits(Field::B))?,
            Op::JumpNotLtK | Op::JumpNotLeK | Op::JumpNotGtK | Op::JumpNotGeK => number(bits(Field::C))?,
            Op::LoadConst => scalar(bits(Field::W))?,
            Op::JumpEqK | Op::JumpNeK => scalar(bits(Field::C))?,
            Op::CheckSet => text(bits(Field::W))?,
            Op::GetField | Op::GetFieldOpt | Op::GetFieldSafe | Op::Format | Op::FindMethod | Op::GetCellChecked => {
                text(bits(Field::C))?
            }
            Op::SetField => text(bits(Field::B))?,
            Op::CallMethod | Op::CallMethodNative => {
                self.need(count >= 1, Rule::Window, "a method call has a receiver")?;
                text(bits(Field::X))?
            }
            Op::Stage => {
                self.need(count >= 2, Rule::Window, "a stage has a stream and a function")?;
                true
            }
            Op::NewKeyed => {
                let fits = keys(bits(Field::X))? == count;
                self.need(fits, Rule::Keys, "a literal has a key for each value")?;
                true
            }
            Op::Project => {
                keys(bits(Field::C))?;
                self.need(self.notes.named[bits(Field::C) as usize], Rule::Keys, "fields have names")?;
                true
            }
            Op::CallNamed => {
                let fits = keys(bits(Field::X))? <= count && self.notes.named[bits(Field::X) as usize];
                self.need(fits, Rule::Keys, "named arguments have names")?;
                true
            }
            _ => true,
        };
        self.need(holds, Rule::Const, "the constant is of the wrong kind")
    }

    /// The second half of an instruction that has one.
    fn pair(&self, located: &Located) -> Result<(), Refusal> {
        let rest = self.prototype.code.get(located.end() as usize..).unwrap_or_default();
        let next = decode(rest).next().and_then(Result::ok).map(|next| next.instr());
        let holds = match located.instr() {
            Instr::IterNext { a, c, .. } => {
                matches!(next, Some(Instr::IterStream { a: b, c: d, .. }) if a == b && c == d)
            }
            Instr::Drain { a } => matches!(next, Some(Instr::DrainNext { a: b }) if a == b),
            _ => true,
        };
        self.need(holds, Rule::Pair, "the second half of the instruction is missing")
    }
}

/// Whether an opcode has constants, or is one of those that [`Walk::needs_of`] names.
const fn needs(op: Op) -> bool {
    const NEEDS: [bool; Op::ALL.len()] = {
        let mut table = [false; Op::ALL.len()];
        let mut i = 0;
        while i < table.len() {
            let operands = Op::ALL[i].operands();
            let mut at = 0;
            while at < operands.len() {
                if matches!(operands[at].kind, Kind::Const | Kind::WideConst) {
                    table[i] = true;
                }
                at += 1;
            }
            i += 1;
        }
        table[Op::Stage as usize] = true;
        table
    };
    NEEDS[op as usize]
}
