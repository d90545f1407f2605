//! Reading code back, instruction by instruction.

use crate::ops::{Instr, Op};

/// An instruction and where it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Located {
    /// Offset of its first word.
    pub offset: u32,
    /// Its words, the second zero where it has one word only.
    pub words: [u64; 2],
    /// Its opcode.
    pub op: Op,
}

impl Located {
    /// The typed form.
    pub fn instr(&self) -> Instr {
        Instr::decode(self.op, self.words)
    }

    /// Offset of the word behind it.
    pub fn end(&self) -> u32 {
        self.offset + self.op.words() as u32
    }
}

/// Why code can't be read on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BadCode {
    /// No opcode has this number.
    Opcode {
        /// Offset of the word.
        offset: u32,
        /// The number.
        number: u16,
    },
    /// The second word is missing.
    Truncated {
        /// Offset of the first word.
        offset: u32,
    },
}

/// The instructions of a code array, from its start.
pub fn decode(code: &[u64]) -> impl Iterator<Item = Result<Located, BadCode>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let &first = code.get(at)?;
        let offset = at as u32;
        let number = first as u16;
        let Some(op) = Op::from_u16(number) else {
            at = code.len();
            return Some(Err(BadCode::Opcode { offset, number }));
        };
        let second = if op.words() == 2 {
            match code.get(at + 1) {
                Some(&w) => w,
                None => {
                    at = code.len();
                    return Some(Err(BadCode::Truncated { offset }));
                }
            }
        } else {
            0
        };
        at += op.words();
        Some(Ok(Located { offset, words: [first, second], op }))
    })
}
