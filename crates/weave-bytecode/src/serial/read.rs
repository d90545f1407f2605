//! From bytes to a chunk.

use super::cursor::Cursor;
use super::{HEADER, MAGIC, NONE, ReadError, VERSION};
use crate::chunk::Chunk;
use crate::constant::Constant;
use crate::position::{InlinedAt, Part, Position, Positions};
use crate::prototype::{Capture, Handler, Prototype, Upvalue};
use crate::signature::{Parameter, Signature};
use crate::span::Span;
use std::sync::Arc;

type Result<T> = std::result::Result<T, ReadError>;

/// The fewest bytes that each thing of a list takes in a file: what a count is
/// measured by before it is believed.
pub(super) const LEAST_TEXT: usize = 4;
pub(super) const LEAST_PARAMETER: usize = LEAST_TEXT + 1;
pub(super) const LEAST_UPVALUE: usize = LEAST_TEXT + 4;
pub(super) const LEAST_CONSTANT: usize = 1 + 4;
pub(super) const LEAST_HANDLER: usize = 14;
pub(super) const LEAST_INLINED: usize = LEAST_TEXT + 21;
pub(super) const LEAST_POSITION: usize = 4;
pub(super) const LEAST_PROTOTYPE: usize = LEAST_TEXT + 6 + 8 + 4 + 7 * 4;

/// Reads a chunk file. The chunk is not verified: [`crate::verify::verify`] does
/// that, and a machine does it whenever it loads one.
///
/// Linear in the file, in time and in memory; a few times the size of the file is
/// allocated at most, whatever it claims.
///
/// # Errors
/// [`ReadError`], for all bytes that [`write`](super::write()) does not make.
pub fn read(bytes: &[u8]) -> Result<Chunk> {
    let body = check_header(bytes)?;
    if crc32fast::hash(body) != header_word(bytes, 16) {
        return Err(ReadError::Checksum);
    }
    let mut c = Cursor::new(bytes, HEADER);
    let chunk = chunk(&mut c)?;
    if !c.at_end() {
        return c.malformed(0, "something follows the last function");
    }
    Ok(chunk)
}

/// The bytes behind the header, as many as it says.
fn check_header(bytes: &[u8]) -> Result<&[u8]> {
    if !super::is_chunk(bytes) {
        return Err(ReadError::NotAChunk);
    }
    let (found, least) = (bytes.len(), HEADER as u64);
    if !bytes.starts_with(&MAGIC) && found >= MAGIC.len() {
        return Err(ReadError::LineEnds);
    }
    if found < HEADER {
        return Err(ReadError::Truncated { found, announced: least });
    }
    let version = header_word(bytes, 8);
    if version != VERSION {
        return Err(ReadError::Version { found: version });
    }
    let body = &bytes[HEADER..];
    let announced = least + u64::from(header_word(bytes, 12));
    match (found as u64).cmp(&announced) {
        std::cmp::Ordering::Less => Err(ReadError::Truncated { found, announced }),
        std::cmp::Ordering::Greater => Err(ReadError::Surplus { found, announced }),
        std::cmp::Ordering::Equal => Ok(body),
    }
}

/// A number of the header, which is there as a whole.
fn header_word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |word| u32::from_le_bytes(*word))
}

fn chunk(c: &mut Cursor<'_>) -> Result<Chunk> {
    Ok(Chunk {
        name: c.text()?,
        source: c.optional_text()?.map(Arc::from),
        slots: c.list(LEAST_TEXT, Cursor::text)?,
        natives: c.list(LEAST_TEXT, Cursor::text)?,
        prototypes: c.list(LEAST_PROTOTYPE, prototype)?,
    })
}

fn prototype(c: &mut Cursor<'_>) -> Result<Prototype> {
    let name = c.text()?;
    let (registers, first_cell, cells) = (c.u16()?, c.u16()?, c.u16()?);
    let span = c.span()?;
    let default_entry = Some(c.u32()?).filter(|&entry| entry != NONE);
    Ok(Prototype {
        signature: Signature { name, parameters: c.list(LEAST_PARAMETER, parameter)? },
        upvalues: c.list(LEAST_UPVALUE, upvalue)?,
        constants: c.list(LEAST_CONSTANT, constant)?,
        code: c.words()?,
        handlers: c.list(LEAST_HANDLER, handler)?,
        positions: positions(c)?,
        registers,
        first_cell,
        cells,
        default_entry,
        span,
    })
}

fn parameter(c: &mut Cursor<'_>) -> Result<Parameter> {
    let name = c.text()?;
    let flags = c.u8()?;
    if flags > 3 {
        return c.malformed(1, "there is no such flag of a parameter");
    }
    Ok(Parameter { name, optional: flags & 1 != 0, rest: flags & 2 != 0 })
}

fn upvalue(c: &mut Cursor<'_>) -> Result<Upvalue> {
    let name = c.text()?;
    let (kind, cell, index) = (c.u8()?, c.bool()?, c.u16()?);
    let capture = match (kind, index) {
        (0, _) => Capture::Value(index),
        (1, _) => Capture::Cell(index),
        (2, _) => Capture::Upvalue(index),
        (3, 0) => Capture::Itself,
        _ => return c.malformed(4, "a captured variable comes from nowhere"),
    };
    Ok(Upvalue { name, capture, cell })
}

fn constant(c: &mut Cursor<'_>) -> Result<Constant> {
    Ok(match c.u8()? {
        0 => Constant::Int(c.u64()? as i64),
        1 => Constant::Float(f64::from_bits(c.u64()?)),
        2 => Constant::Text(c.text()?),
        3 => {
            let key = |c: &mut Cursor<'_>| Ok(c.optional_text()?.map(Box::from));
            Constant::Keys(c.list(LEAST_TEXT, key)?.into())
        }
        _ => return c.malformed(1, "there is no such kind of constant"),
    })
}

fn handler(c: &mut Cursor<'_>) -> Result<Handler> {
    Ok(Handler { start: c.u32()?, end: c.u32()?, target: c.u32()?, register: c.u16()? })
}

fn inlined(c: &mut Cursor<'_>) -> Result<InlinedAt> {
    Ok(InlinedAt { function: c.text()?, span: c.span()?, body: c.span()?, default: c.bool()?, parent: c.u32()? })
}

fn positions(c: &mut Cursor<'_>) -> Result<Positions> {
    let inlined = c.list(LEAST_INLINED, inlined)?;
    let count = c.count(LEAST_POSITION)?;
    let mut rows = Vec::with_capacity(count);
    let (mut offset, mut start) = (0_u32, 0_u32);
    for _ in 0..count {
        let step = c.varint()?;
        let part = match step & 3 {
            0 => Part::Whole,
            1 => Part::Left,
            2 => Part::Right,
            _ => return c.malformed(1, "there is no such part of an instruction"),
        };
        offset = match u32::try_from(step >> 2).ok().and_then(|step| offset.checked_add(step)) {
            Some(offset) => offset,
            None => return c.malformed(1, "a position lies behind all code"),
        };
        let moved = c.varint32()?;
        // The lowest bit is the sign.
        start = start.wrapping_add((moved >> 1) ^ (moved & 1).wrapping_neg());
        let span = Span { start, end: start.wrapping_add(c.varint32()?) };
        rows.push(Position { offset, part, span, parent: c.varint32()?.wrapping_sub(1) });
    }
    Ok(Positions::from_parts(rows, inlined))
}
