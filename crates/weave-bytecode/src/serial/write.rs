//! From a chunk to bytes.

use super::{HEADER, MAGIC, NONE, VERSION};
use crate::chunk::Chunk;
use crate::constant::Constant;
use crate::position::Positions;
use crate::prototype::{Capture, Prototype};
use crate::span::Span;

/// A chunk has more of something than the format can say: 4 GiB in all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooLarge;

impl std::fmt::Display for TooLarge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the chunk is too large for a file: it would take more than 4 GiB")
    }
}

impl std::error::Error for TooLarge {}

/// Writes a chunk as the bytes of a file. The same chunk always gives the same
/// bytes. Linear in its size.
///
/// # Errors
/// [`TooLarge`] where a list or all of it goes beyond 32 bits.
pub fn write(chunk: &Chunk) -> Result<Vec<u8>, TooLarge> {
    let mut out = Writer { bytes: Vec::new(), fits: true };
    out.bytes.resize(HEADER, 0);
    out.text(&chunk.name);
    out.optional_text(chunk.source.as_deref());
    out.list(&chunk.slots, |out, name| out.text(name));
    out.list(&chunk.natives, |out, name| out.text(name));
    out.list(&chunk.prototypes, Writer::prototype);
    let Writer { mut bytes, fits } = out;
    let length = u32::try_from(bytes.len() - HEADER).map_err(|_| TooLarge)?;
    if !fits {
        return Err(TooLarge);
    }
    let checksum = crc32fast::hash(&bytes[HEADER..]);
    bytes[..8].copy_from_slice(&MAGIC);
    bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
    bytes[12..16].copy_from_slice(&length.to_le_bytes());
    bytes[16..20].copy_from_slice(&checksum.to_le_bytes());
    Ok(bytes)
}

struct Writer {
    bytes: Vec<u8>,
    /// Whether every length so far is one that can be said.
    fits: bool,
}

impl Writer {
    fn u8(&mut self, v: u8) {
        self.bytes.push(v);
    }

    fn u16(&mut self, v: u16) {
        self.bytes.extend_from_slice(&v.to_le_bytes());
    }

    fn u32(&mut self, v: u32) {
        self.bytes.extend_from_slice(&v.to_le_bytes());
    }

    fn u64(&mut self, v: u64) {
        self.bytes.extend_from_slice(&v.to_le_bytes());
    }

    fn span(&mut self, span: Span) {
        self.u32(span.start);
        self.u32(span.end);
    }

    /// A length, which must not be the number that stands for nothing.
    fn length(&mut self, length: usize) {
        let v = u32::try_from(length).unwrap_or(NONE);
        self.fits &= v != NONE;
        self.u32(v);
    }

    fn text(&mut self, text: &str) {
        self.length(text.len());
        self.bytes.extend_from_slice(text.as_bytes());
    }

    fn optional_text(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.text(text),
            None => self.u32(NONE),
        }
    }

    fn list<T>(&mut self, items: &[T], item: impl Fn(&mut Self, &T)) {
        self.length(items.len());
        for i in items {
            item(self, i);
        }
    }

    fn varint(&mut self, mut v: u64) {
        while v >= 0x80 {
            self.u8(v as u8 | 0x80);
            v >>= 7;
        }
        self.u8(v as u8);
    }

    fn prototype(&mut self, p: &Prototype) {
        self.text(&p.signature.name);
        self.u16(p.registers);
        self.u16(p.first_cell);
        self.u16(p.cells);
        self.span(p.span);
        self.u32(p.default_entry.unwrap_or(NONE));
        self.list(&p.signature.parameters, |out, parameter| {
            out.text(&parameter.name);
            out.u8(u8::from(parameter.optional) | u8::from(parameter.rest) << 1);
        });
        self.list(&p.upvalues, |out, upvalue| {
            out.text(&upvalue.name);
            let (kind, index) = match upvalue.capture {
                Capture::Value(index) => (0, index),
                Capture::Cell(index) => (1, index),
                Capture::Upvalue(index) => (2, index),
                Capture::Itself => (3, 0),
            };
            out.u8(kind);
            out.u8(upvalue.cell.into());
            out.u16(index);
        });
        self.list(&p.constants, Writer::constant);
        self.list(&p.code, |out, word| out.u64(*word));
        self.list(&p.handlers, |out, handler| {
            out.u32(handler.start);
            out.u32(handler.end);
            out.u32(handler.target);
            out.u16(handler.register);
        });
        self.positions(&p.positions);
    }

    fn constant(&mut self, constant: &Constant) {
        match constant {
            Constant::Int(v) => {
                self.u8(0);
                self.u64(*v as u64);
            }
            Constant::Float(v) => {
                self.u8(1);
                self.u64(v.to_bits());
            }
            Constant::Text(text) => {
                self.u8(2);
                self.text(text);
            }
            Constant::Keys(keys) => {
                self.u8(3);
                self.list(keys, |out, key| out.optional_text(key.as_deref()));
            }
        }
    }

    /// Rows take four bytes mostly: each says how far it is from the one before.
    fn positions(&mut self, positions: &Positions) {
        self.list(positions.inlined(), |out, call| {
            out.text(&call.function);
            out.span(call.span);
            out.span(call.body);
            out.u8(call.default.into());
            out.u32(call.parent);
        });
        self.length(positions.rows().len());
        let (mut offset, mut start) = (0_u32, 0_u32);
        for row in positions.rows() {
            let step = row.offset.wrapping_sub(offset);
            self.varint(u64::from(step) << 2 | row.part as u64);
            let moved = row.span.start.wrapping_sub(start) as i32;
            self.varint(u64::from((moved << 1 ^ moved >> 31) as u32));
            self.varint(u64::from(row.span.end.wrapping_sub(row.span.start)));
            self.varint(u64::from(row.parent.wrapping_add(1)));
            (offset, start) = (row.offset, row.span.start);
        }
    }
}
