//! Chunks that were valid once: compiled programs of the language suite, changed at
//! random and saved with a checksum that fits. Whatever they are, they are refused
//! with a reason or run within their limits.
//!
//! A mutant is made from one number alone, so what a run reports can be made again.

mod bytes;
mod structured;
mod trial;

pub use bytes::seal;
pub use trial::{Fate, Tally, Ways, survive, try_file};

use crate::file;
use crate::hostile::Dice;
use std::io;
use weave_bytecode::chunk::Chunk;
use weave_bytecode::serial;
use weave_compiler::{Options, compile};
use weave_vm::Vm;

/// The programs that mutants are made from.
pub struct Parents(Vec<Chunk>);

impl Parents {
    /// Every program of the language suite that needs nothing but core functions.
    ///
    /// # Errors
    /// Where the programs can't be read.
    pub fn of_the_suite() -> io::Result<Parents> {
        let core = Vm::new().signatures();
        let mut chunks = Vec::new();
        for path in file::below(&file::home().join("language"), "wv")? {
            let source = std::fs::read_to_string(&path)?;
            let options = Options { core: &core, ..Options::default() };
            // Those that are about errors of the compiler do not compile.
            if source.len() < 20_000
                && let Ok(compiled) = compile(&source, "mutant.wv", &options)
            {
                chunks.push(compiled.chunk);
            }
        }
        Ok(Parents(chunks))
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The file of the mutant with this number. Of an even one the chunk was changed,
    /// of an odd one its bytes.
    pub fn mutant(&self, number: u64) -> Vec<u8> {
        let mut dice = Dice::new(scattered(number));
        self.mutant_by(number.is_multiple_of(2), &mut dice)
    }

    /// A mutant that these dice decide on.
    pub fn mutant_by(&self, structured: bool, dice: &mut Dice) -> Vec<u8> {
        let Some(parent) = self.0.get(dice.below(self.0.len())) else { return Vec::new() };
        let mut chunk = parent.clone();
        if dice.below(4) == 0 {
            chunk.strip();
        }
        if structured {
            // Some code runs on other code's data.
            let other = self.0.get(dice.below(self.0.len())).unwrap_or(parent);
            structured::change(&mut chunk, other, dice);
        }
        let mut file = serial::write(&chunk).unwrap_or_default();
        if !structured {
            bytes::change(&mut file, dice);
        }
        file
    }
}

/// Numbers that follow each other become numbers that don't (splitmix64).
fn scattered(number: u64) -> u64 {
    let z = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mutant_is_made_from_its_number_alone() {
        let parents = Parents::of_the_suite().expect("programs");
        assert!(parents.count() >= 50, "{} programs", parents.count());
        let again = Parents::of_the_suite().expect("programs");
        let mutants: Vec<Vec<u8>> = (0..200).map(|n| parents.mutant(n)).collect();
        assert!(mutants.iter().zip(0..).all(|(mutant, n)| *mutant == again.mutant(n)));
        let mut different = mutants.clone();
        different.sort();
        different.dedup();
        assert!(different.len() > 190);
        // All get past header and checksum, and most of them are well-formed.
        let read = mutants.iter().map(|file| serial::read(file));
        assert!(!read.clone().any(|chunk| matches!(chunk, Err(serial::ReadError::Checksum))));
        assert!(read.filter(Result::is_ok).count() > 120);
    }
}
