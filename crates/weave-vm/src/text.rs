//! Text by characters: positions, slices and joining. ASCII text, which is most
//! of it, is indexed in constant time.

use crate::access::bytes_of;
use crate::error::Raise;
use crate::object::text::TextRef;
use crate::scratch::Scratch;
use crate::value::{Raw, ShortText, Tag};
use crate::vm::Vm;

/// Whether every character of a string value is one byte.
pub(crate) fn is_ascii(v: &Raw, text: &str) -> bool {
    if v.is(Tag::Text) { TextRef::from_raw(*v).is_ascii() } else { text.is_ascii() }
}

/// Number of characters.
pub(crate) fn length(v: &Raw, text: &str) -> usize {
    if is_ascii(v, text) { text.len() } else { text.chars().count() }
}

/// Byte range of the character at a position below the length.
pub(crate) fn character(v: &Raw, text: &str, at: usize) -> (usize, usize) {
    byte_range(v, text, at, at + 1)
}

/// Byte range of the characters `start..end`, both at most the length.
pub(crate) fn byte_range(v: &Raw, text: &str, start: usize, end: usize) -> (usize, usize) {
    if is_ascii(v, text) {
        return (start, end);
    }
    let mut offsets = text.char_indices().map(|(i, _)| i).chain(std::iter::once(text.len()));
    let from = offsets.by_ref().nth(start).unwrap_or(text.len());
    let to = if end == start { from } else { offsets.nth(end - start - 1).unwrap_or(text.len()) };
    (from, to)
}

/// The texts of values joined, where all are texts and ints and the whole is
/// short.
#[inline(always)]
pub(crate) fn concat_short(parts: &[Raw]) -> Option<Raw> {
    let mut out = ShortText::default();
    for p in parts {
        let fits = match p.tag_byte() {
            SHORT_TAG => out.push_short(*p),
            INT_TAG => out.push_int(p.int_bits()),
            _ => false,
        };
        if !fits {
            return None;
        }
    }
    Some(out.finish())
}

const SHORT_TAG: u8 = Tag::Short as u8;
const INT_TAG: u8 = Tag::Int as u8;

/// The texts of values joined: one allocation at most, none up to 14 bytes.
pub(crate) fn concat(vm: &mut Vm, parts: &[Raw]) -> Result<Raw, Raise> {
    if parts.iter().all(|p| matches!(p.tag(), Tag::Short | Tag::Text | Tag::Int | Tag::ShortNumber | Tag::Number)) {
        let mut total = 0usize;
        let mut digits = itoa::Buffer::new();
        for p in parts {
            total = total.saturating_add(match p.as_int() {
                Some(i) => digits.format(i).len(),
                None => bytes_of(p).map_or(0, <[u8]>::len),
            });
        }
        vm.poll_work(total / 8)?;
        // The part that is being copied, where it begins in the whole.
        let (mut part, mut begin) = (0, 0);
        let write = |at: usize, room: &mut [u8]| {
            let mut done = 0;
            while done < room.len() && part < parts.len() {
                let bytes = match parts[part].as_int() {
                    Some(i) => digits.format(i).as_bytes(),
                    None => bytes_of(&parts[part]).unwrap_or(&[]),
                };
                let rest = &bytes[at + done - begin..];
                let count = rest.len().min(room.len() - done);
                room[done..done + count].copy_from_slice(&rest[..count]);
                done += count;
                if count == rest.len() {
                    begin += bytes.len();
                    part += 1;
                }
            }
        };
        return Ok(vm.heap.text_with(total, write)?);
    }
    Scratch::with(vm, |scratch| {
        let mut out = String::new();
        for &p in parts {
            crate::display::write_display(scratch, p, &mut out, 0)?;
        }
        Ok(scratch.vm.heap.text(&out)?)
    })
}
