//! What is compiled, saved and loaded: prototypes and the text they share.

use crate::prototype::Prototype;
use crate::span::Span;
use std::collections::HashMap;
use std::sync::Arc;

/// A compiled program. It is immutable and may be shared between machines.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Chunk {
    /// Where the source came from, as messages name it.
    pub name: Box<str>,
    /// The source, where it is at hand: errors show lines of it.
    pub source: Option<Arc<str>>,
    /// All functions; the first is the program itself, without parameters.
    pub prototypes: Vec<Prototype>,
    /// The top-level names that live in slots, in the order of their numbers.
    pub slots: Vec<Box<str>>,
    /// The native functions that the program needs, by name.
    pub natives: Vec<Box<str>>,
}

/// A line and column, both counted from 1; the column in characters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LineColumn {
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
}

impl Chunk {
    /// Drops what only messages about places need: the source and where in it
    /// instructions stand. Errors still name the source and the functions, those
    /// whose body became part of another one included.
    pub fn strip(&mut self) {
        self.source = None;
        // A span still tells which inlined code is that of which function.
        let mut functions: HashMap<Span, u32> = HashMap::new();
        let mut number = |span: Span| {
            let next = functions.len() as u32;
            let number = *functions.entry(span).or_insert(next);
            Span::new(number, number)
        };
        for prototype in &mut self.prototypes {
            prototype.span = number(prototype.span);
            prototype.positions.strip(&mut number);
        }
    }

    /// Line and column of a span's start, where the source is at hand.
    pub fn line_column(&self, span: Span) -> Option<LineColumn> {
        let source = self.source.as_deref()?;
        let start = (span.start as usize).min(source.len());
        let before = source.get(..start)?;
        let line = before.bytes().filter(|&b| b == b'\n').count() as u32 + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() as u32 + 1;
        Some(LineColumn { line, column })
    }
}
