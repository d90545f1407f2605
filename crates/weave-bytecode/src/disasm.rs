//! The listing of a chunk: one block a prototype, one line an instruction. It
//! walks operands, not opcodes, and trusts nothing, so that a chunk which no
//! verifier would accept can be listed too.
//!
//! A line shows the source line where it changes, the offset in words, the
//! opcode and its operands. `r3` is a register, `r3..r5` a run of them, `c2` a
//! register of the cell range, `@name` a top-level slot, `^name` a captured
//! variable, `-> 12` the offset a jump goes to, `#2` a flag word or count, and
//! constants are spelled out.

use crate::chunk::Chunk;
use crate::constant::Constant;
use crate::decode::{BadCode, Located, decode};
use crate::operand::{Kind, Operand};
use crate::position::Part;
use crate::prototype::{Capture, Prototype};
use std::fmt::{self, Write};

/// Characters of a text constant that are shown.
const SHOWN_TEXT: usize = 60;
/// Columns that an opcode's name takes.
const NAME_WIDTH: usize = 17;

/// Writes the listing of a whole chunk. Linear in its size; never panics, also
/// where indices in the code point nowhere.
///
/// # Errors
/// Those of the writer.
///
/// ```
/// use weave_bytecode::{chunk::Chunk, disasm::list, ops::Instr, prototype::Prototype};
///
/// let mut program = Prototype::default();
/// program.emit(Instr::ReturnNil {});
/// let chunk = Chunk { name: "empty.wv".into(), prototypes: vec![program], ..Chunk::default() };
/// let mut text = String::new();
/// list(&chunk, &mut text).unwrap();
/// assert!(text.contains("ReturnNil"));
/// ```
pub fn list(chunk: &Chunk, out: &mut impl Write) -> fmt::Result {
    let lines = Lines::of(chunk);
    for (index, prototype) in chunk.prototypes.iter().enumerate() {
        if index > 0 {
            out.write_char('\n')?;
        }
        Listing { chunk, prototype, lines: &lines }.write(index, out)?;
    }
    Ok(())
}

/// Where the lines of the source start; empty where there is no source.
struct Lines(Vec<u32>);

impl Lines {
    fn of(chunk: &Chunk) -> Lines {
        let Some(source) = chunk.source.as_deref() else { return Lines(Vec::new()) };
        let ends = source.bytes().enumerate().filter(|&(_, b)| b == b'\n').map(|(i, _)| i as u32 + 1);
        Lines(std::iter::once(0).chain(ends).collect())
    }

    /// The line of a byte, counted from 1; `None` without a source.
    fn line(&self, at: u32) -> Option<usize> {
        (!self.0.is_empty()).then(|| self.0.partition_point(|&start| start <= at))
    }
}

struct Listing<'a> {
    chunk: &'a Chunk,
    prototype: &'a Prototype,
    lines: &'a Lines,
}

impl Listing<'_> {
    fn write(&self, index: usize, out: &mut impl Write) -> fmt::Result {
        self.header(index, out)?;
        self.captures(out)?;
        let mut last_line = None;
        for item in decode(&self.prototype.code) {
            match item {
                Ok(located) => self.instruction(&located, &mut last_line, out)?,
                Err(BadCode::Opcode { offset, number }) => {
                    writeln!(out, "{:>5} {offset:>5}  no opcode has the number {number}", "")?;
                }
                Err(BadCode::Truncated { offset }) => {
                    writeln!(out, "{:>5} {offset:>5}  the second word of this instruction is missing", "")?;
                }
            }
        }
        for handler in &self.prototype.handlers {
            let (start, end, target) = (handler.start, handler.end, handler.target);
            writeln!(out, "  catch  {start}..{end} -> {target}, the error in r{}", handler.register)?;
        }
        Ok(())
    }

    fn header(&self, index: usize, out: &mut impl Write) -> fmt::Result {
        let prototype = self.prototype;
        if index == 0 {
            write!(out, "program {}", escaped(&self.chunk.name, SHOWN_TEXT))?;
        } else {
            write!(out, "#{index} {}", escaped(&prototype.signature.to_string(), 4 * SHOWN_TEXT))?;
            if let Some(line) = self.lines.line(prototype.span.start) {
                write!(out, ", line {line}")?;
            }
        }
        write!(out, ", {} registers", prototype.registers)?;
        if prototype.cells > 0 {
            let first = prototype.first_cell;
            write!(out, ", cells {}", run(u32::from(first), u32::from(prototype.cells), 'c'))?;
        }
        if let Some(entry) = prototype.default_entry {
            write!(out, ", first default at {entry}")?;
        }
        out.write_char('\n')
    }

    fn captures(&self, out: &mut impl Write) -> fmt::Result {
        for upvalue in &self.prototype.upvalues {
            let name = escaped(&upvalue.name, SHOWN_TEXT);
            let what = if upvalue.cell { "cell" } else { "value" };
            write!(out, "  captures ^{name}, a {what}, from ")?;
            match upvalue.capture {
                Capture::Value(register) => writeln!(out, "r{register}")?,
                Capture::Cell(register) => writeln!(out, "c{register}")?,
                Capture::Upvalue(outer) => writeln!(out, "captured variable {outer}")?,
                Capture::Itself => writeln!(out, "the closure itself")?,
            }
        }
        Ok(())
    }

    fn instruction(&self, located: &Located, last_line: &mut Option<usize>, out: &mut impl Write) -> fmt::Result {
        let span = self.prototype.positions.find(located.offset, Part::Whole);
        let line = span.and_then(|span| self.lines.line(span.start));
        match line {
            Some(number) if line != *last_line => write!(out, "{number:>5}")?,
            _ => write!(out, "{:>5}", "")?,
        }
        *last_line = line.or(*last_line);
        write!(out, " {:>5}  ", located.offset)?;
        let name = located.op.name();
        let mut operands = String::new();
        for operand in located.op.operands() {
            if operand.kind == Kind::Cache {
                continue;
            }
            if !operands.is_empty() {
                operands.push_str(", ");
            }
            self.operand(located, *operand, &mut operands)?;
        }
        if operands.is_empty() { writeln!(out, "{name}") } else { writeln!(out, "{name:NAME_WIDTH$} {operands}") }
    }

    fn operand(&self, located: &Located, operand: Operand, out: &mut String) -> fmt::Result {
        let bits = operand.bits(located.words);
        match operand.kind {
            Kind::Out | Kind::In | Kind::InOut => write!(out, "r{bits}"),
            Kind::Window => write!(out, "{}", run(bits, count(located).max(1), 'r')),
            Kind::WindowIn => write!(out, "{}", run(bits, count(located), 'r')),
            Kind::Window2 | Kind::Window2In => write!(out, "{}", run(bits, 2, 'r')),
            Kind::Window3 => write!(out, "{}", run(bits, 3, 'r')),
            Kind::Window5 => write!(out, "{}", run(bits, 5, 'r')),
            Kind::Cell => write!(out, "c{bits}"),
            Kind::Count | Kind::Flags => write!(out, "#{bits}"),
            Kind::Small => write!(out, "{}", bits as u16 as i16),
            Kind::Int => write!(out, "{}", bits as i32),
            Kind::Const | Kind::WideConst => match self.prototype.constants.get(bits as usize) {
                Some(constant) => write_constant(constant, out),
                None => write!(out, "no constant {bits}"),
            },
            Kind::Jump => write!(out, "-> {}", i64::from(located.end()) + i64::from(bits as i32)),
            Kind::Proto => match self.chunk.prototypes.get(bits as usize) {
                Some(p) if !p.signature.name.is_empty() => {
                    write!(out, "#{bits} {}", escaped(&p.signature.name, SHOWN_TEXT))
                }
                Some(_) => write!(out, "#{bits}"),
                None => write!(out, "no prototype {bits}"),
            },
            Kind::Slot => named(self.chunk.slots.get(bits as usize).map(|name| &**name), '@', bits, out),
            Kind::Native => match self.chunk.natives.get(bits as usize) {
                Some(name) => write!(out, "{}()", escaped(name, SHOWN_TEXT)),
                None => write!(out, "no native {bits}"),
            },
            Kind::Upvalue | Kind::UpCell => {
                named(self.prototype.upvalues.get(bits as usize).map(|u| &*u.name), '^', bits, out)
            }
            Kind::Cache => Ok(()),
        }
    }
}

/// What the row's count operand says; 0 where it has none.
fn count(located: &Located) -> u32 {
    let operands = located.op.operands();
    operands.iter().find(|o| o.kind == Kind::Count).map_or(0, |o| o.bits(located.words))
}

/// A run of registers, its last one included.
fn run(first: u32, count: u32, letter: char) -> String {
    match count {
        0 => format!("{letter}{first}.."),
        1 => format!("{letter}{first}"),
        n => format!("{letter}{first}..{letter}{}", u64::from(first) + u64::from(n) - 1),
    }
}

fn named(name: Option<&str>, sign: char, index: u32, out: &mut String) -> fmt::Result {
    match name {
        Some(name) => write!(out, "{sign}{}", escaped(name, SHOWN_TEXT)),
        None => write!(out, "no name {sign}{index}"),
    }
}

fn write_constant(constant: &Constant, out: &mut String) -> fmt::Result {
    match constant {
        Constant::Int(v) => write!(out, "{v}"),
        Constant::Float(v) => write!(out, "{v:?}"),
        Constant::Text(text) => write!(out, "\"{}\"", escaped(text, SHOWN_TEXT)),
        Constant::Keys(keys) => {
            out.push('[');
            for (i, key) in keys.iter().enumerate() {
                let comma = if i > 0 { ", " } else { "" };
                match key {
                    Some(key) => write!(out, "{comma}{}:", escaped(key, SHOWN_TEXT))?,
                    None => write!(out, "{comma}_")?,
                }
            }
            out.push(']');
            Ok(())
        }
    }
}

/// Text on one line without control characters, cut behind `most` of them.
fn escaped(text: &str, most: usize) -> String {
    let mut out = String::new();
    for (i, c) in text.chars().enumerate() {
        if i == most {
            out.push('…');
            break;
        }
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out.extend(c.escape_debug()),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operand::Reg;
    use crate::ops::Instr;
    use crate::prototype::{Handler, Upvalue};
    use crate::signature::{Parameter, Signature};
    use crate::span::Span;

    fn sample() -> Chunk {
        let source = "total = 0\nfn add(x) { total = total + x }\n";
        let mut program = Prototype { registers: 4, ..Prototype::default() };
        program.constants.push(Constant::Text("a \"b\"\n".into()));
        for (instr, span) in [
            (Instr::LoadInt { a: Reg(0), w: -7 }, Span::new(0, 9)),
            (Instr::SetSlot { a: Reg(0), w: 0 }, Span::new(0, 9)),
            (Instr::Closure { a: Reg(1), w: 1 }, Span::new(10, 41)),
            (Instr::LoadConst { a: Reg(2), w: 0 }, Span::new(10, 41)),
            (Instr::JumpIfNil { a: Reg(2), w: 1 }, Span::new(10, 41)),
            (Instr::Move { a: Reg(0), b: Reg(2) }, Span::new(10, 41)),
            (Instr::Return { a: Reg(0) }, Span::new(10, 41)),
        ] {
            let at = program.emit(instr);
            program.positions.add(at, Part::Whole, span, None);
        }
        program.handlers.push(Handler { start: 0, end: 3, target: 5, register: 2 });
        let parameter = Parameter { name: "x".into(), optional: false, rest: false };
        let mut add = Prototype {
            signature: Signature { name: "add".into(), parameters: vec![parameter] },
            registers: 2,
            first_cell: 1,
            cells: 1,
            span: Span::new(10, 41),
            upvalues: vec![Upvalue { name: "total".into(), capture: Capture::Cell(3), cell: true }],
            ..Prototype::default()
        };
        add.emit(Instr::GetUpCell { a: Reg(1), b: 0 });
        add.emit(Instr::NewCell { a: Reg(1), b: Reg(0) });
        add.emit(Instr::ReturnNil {});
        Chunk {
            name: "sample.wv".into(),
            source: Some(source.into()),
            prototypes: vec![program, add],
            slots: vec!["total".into()],
            natives: vec!["print".into()],
        }
    }

    fn listing(chunk: &Chunk) -> String {
        let mut text = String::new();
        list(chunk, &mut text).expect("a string takes everything");
        text
    }

    #[test]
    fn a_listing_shows_lines_offsets_names_and_targets() {
        insta::assert_snapshot!(listing(&sample()));
    }

    #[test]
    fn indices_that_point_nowhere_are_listed() {
        let mut chunk = sample();
        chunk.slots.clear();
        chunk.prototypes[0].constants.clear();
        chunk.prototypes[1].upvalues.clear();
        chunk.prototypes[0].emit(Instr::CallSlot { a: Reg(65_535), c: 9, x: 7, y: 0 });
        chunk.prototypes[0].code.pop();
        chunk.prototypes[1].code.push(u64::MAX);
        insta::assert_snapshot!(listing(&chunk));
    }

    #[test]
    fn every_opcode_can_be_listed() {
        let mut program = Prototype::default();
        for op in crate::ops::Op::ALL {
            program.code.push(0xffff_ffff_ffff_0000 | *op as u64);
            program.code.extend(std::iter::repeat_n(u64::MAX, op.words() - 1));
        }
        let chunk = Chunk { prototypes: vec![program], ..Chunk::default() };
        assert_eq!(listing(&chunk).lines().count(), crate::ops::Op::ALL.len() + 1);
    }
}
