//! What must hold before a machine may run a chunk: the numbered [`Rule`]s. The
//! machine's unchecked accesses cite them by name; nothing else makes them true.
//!
//! The walk is linear in the chunk, does not recurse, and looks at operands by
//! their kinds: only where a row of `ops.rs` can't say what it needs (the kind of a
//! constant, the second half of a pair) is an opcode named here.
//!
//! No flow of values is analysed, since nothing in the machine relies on one: every
//! register holds a value from the start, every value may be in every register,
//! and instructions look at the tags of what they find, those on cells and
//! iterators too.

mod code;
mod frame;
mod positions;
mod rule;
#[cfg(test)]
mod tests;

pub use rule::{Refusal, Rule};

use crate::chunk::Chunk;
use crate::prototype::Prototype;

/// Most registers of one frame.
pub const MOST_REGISTERS: u16 = 32_000;
/// Captured variables that a function may have.
pub const MOST_CAPTURES: usize = 32_000;
/// Words of code that a function may have.
pub const MOST_CODE: usize = 1 << 28;
/// Captured variables that are looked at again, since another function makes closures
/// that have them too, for each word of the chunk's code: it keeps the walk linear.
const CAPTURES_AGAIN: usize = 64;
/// How deep inlined calls may nest.
pub const MOST_INLINED: u16 = 1_000;

/// Checks every rule over a chunk. Linear in its size.
///
/// # Errors
/// The first rule that it breaks.
pub fn verify(chunk: &Chunk) -> Result<(), Refusal> {
    match chunk.prototypes.first() {
        Some(main) if main.arity() == 0 && main.upvalues.is_empty() => {}
        _ => {
            let reason = "the first prototype is not a program without parameters and captures".to_owned();
            return Err(Refusal { rule: Rule::Program, prototype: 0, offset: 0, reason });
        }
    }
    let words: usize = chunk.prototypes.iter().map(|p| p.code.len()).sum();
    let mut notes = Notes {
        makers: vec![NOBODY; chunk.prototypes.len()],
        again: words.saturating_mul(CAPTURES_AGAIN),
        starts: Vec::new(),
        named: Vec::new(),
    };
    for (index, prototype) in chunk.prototypes.iter().enumerate() {
        let mut walk = Walk { chunk, prototype, index, at: 0, notes: &mut notes };
        walk.frame()?;
        walk.code()?;
        walk.handlers()?;
        walk.positions()?;
    }
    Ok(())
}

/// Stands for no prototype.
const NOBODY: u32 = u32::MAX;

/// What the walk over a chunk writes down; its memory serves one prototype after
/// the other.
struct Notes {
    /// The prototype that was last seen to make closures of each prototype.
    makers: Vec<u32>,
    /// How many captured variables may still be looked at for another maker.
    again: usize,
    /// Whether an instruction starts at each word, and false for the word behind.
    starts: Vec<bool>,
    /// Which constants are lists of keys without a bare one among them.
    named: Vec<bool>,
}

/// The walk over one prototype.
struct Walk<'a, 'n> {
    chunk: &'a Chunk,
    prototype: &'a Prototype,
    index: usize,
    /// Offset of the instruction that is looked at.
    at: u32,
    notes: &'n mut Notes,
}

impl Walk<'_, '_> {
    #[cold]
    fn refuse(&self, rule: Rule, reason: impl Into<String>) -> Refusal {
        Refusal { rule, prototype: self.index, offset: self.at, reason: reason.into() }
    }

    #[inline]
    fn need(&self, holds: bool, rule: Rule, reason: &str) -> Result<(), Refusal> {
        if holds { Ok(()) } else { Err(self.refuse(rule, reason)) }
    }

    /// Whether an instruction starts at this offset.
    fn lands(&self, at: u32) -> bool {
        self.notes.starts.get(at as usize).copied().unwrap_or(false)
    }

    fn is_cell(&self, register: u16) -> bool {
        register.wrapping_sub(self.prototype.first_cell) < self.prototype.cells
    }
}
