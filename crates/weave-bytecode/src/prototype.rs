//! One compiled function: everything about it that does not change when it
//! runs.

use crate::constant::Constant;
use crate::ops::Instr;
use crate::position::Positions;
use crate::signature::Signature;
use crate::span::Span;

/// Where a new closure takes a captured variable from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Capture {
    /// The value of a register of the function that makes the closure.
    Value(u16),
    /// The cell in a cell register of that function.
    Cell(u16),
    /// The maker's own captured variable, value or cell as it is.
    Upvalue(u16),
    /// The new closure itself: a function that names itself.
    Itself,
}

/// A captured variable of a prototype.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Upvalue {
    /// Its name, for messages.
    pub name: Box<str>,
    /// Where it comes from.
    pub capture: Capture,
    /// Whether it is a cell. A capture from an upvalue must agree with it.
    pub cell: bool,
}

/// A stretch of code whose errors are caught.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Handler {
    /// Offset of the first word covered.
    pub start: u32,
    /// Offset of the first word not covered any more.
    pub end: u32,
    /// Where execution goes on.
    pub target: u32,
    /// The register that receives the error.
    pub register: u16,
}

/// One function.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Prototype {
    /// Its name and parameters. Parameter i arrives in register i; one with a
    /// default arrives unset where it was left out, the rest parameter as a
    /// container.
    pub signature: Signature,
    /// Instruction words.
    pub code: Vec<u64>,
    /// Its constants.
    pub constants: Vec<Constant>,
    /// Its captured variables.
    pub upvalues: Vec<Upvalue>,
    /// Number of registers, parameters included.
    pub registers: u16,
    /// First register of the range that holds cells.
    pub first_cell: u16,
    /// Length of that range.
    pub cells: u16,
    /// Covered stretches, inner ones before those around them.
    pub handlers: Vec<Handler>,
    /// Where instructions come from.
    pub positions: Positions,
    /// Offset of code that computes the default of the first parameter and
    /// returns it, where that parameter has one.
    pub default_entry: Option<u32>,
    /// The whole function in the source.
    pub span: Span,
}

impl Prototype {
    /// Number of parameters, a rest parameter included.
    pub fn arity(&self) -> usize {
        self.signature.parameters.len()
    }

    /// Whether the last parameter takes all surplus arguments.
    pub fn has_rest(&self) -> bool {
        self.signature.parameters.last().is_some_and(|p| p.rest)
    }

    /// Appends an instruction and returns the offset of its first word.
    pub fn emit(&mut self, instr: Instr) -> u32 {
        let at = self.code.len() as u32;
        let words = instr.encode();
        self.code.extend_from_slice(&words[..instr.op().words()]);
        at
    }

    /// Overwrites the instruction at `at` with one of the same length.
    pub fn patch(&mut self, at: u32, instr: Instr) {
        let words = instr.encode();
        let n = instr.op().words();
        self.code[at as usize..at as usize + n].copy_from_slice(&words[..n]);
    }
}
