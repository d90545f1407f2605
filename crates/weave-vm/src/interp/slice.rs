//! Slices of containers, text and bytes.

use crate::access::{text_of, type_name};
use crate::error::{ErrorKind, Raise};
use crate::object::container::ContainerRef;
use crate::object::range::Range;
use crate::value::{Raw, Tag};
use crate::vm::Vm;
use weave_bytecode::position::Part;

/// Start and end of a slice of `len` things, clamped.
pub(crate) fn clamp(r: Range, len: usize) -> (usize, usize) {
    let len = len as i64;
    let resolve = |i: i64| if i < 0 { i.saturating_add(len) } else { i };
    let start = resolve(r.start.unwrap_or(0)).clamp(0, len);
    let end = match r.end {
        None => len,
        Some(e) => resolve(e).saturating_add(i64::from(r.inclusive)).clamp(0, len),
    };
    (start as usize, end.max(start) as usize)
}

/// `object[range]`: keeps keys, clamps, leaves the object alone.
pub(crate) fn slice(vm: &mut Vm, object: Raw, r: Range) -> Result<Raw, Raise> {
    if r.step != 1 {
        return Err(Raise::new(ErrorKind::Value, "a slice needs a range of step 1").at(Part::Right));
    }
    if let Some(c) = ContainerRef::of(object) {
        let (start, end) = clamp(r, c.len());
        vm.poll_work(end - start)?;
        return Ok(vm.slice_container(c, start, end)?.raw());
    }
    if let Some(text) = text_of(&object) {
        vm.poll_work(text.len() / 16)?;
        let (start, end) = clamp(r, crate::text::length(&object, text));
        let (from, to) = crate::text::byte_range(&object, text, start, end);
        return Ok(vm.heap.text(&text[from..to])?);
    }
    if object.is(Tag::Bytes) {
        let bytes = crate::access::bytes_of(&object).unwrap_or(&[]);
        let (start, end) = clamp(r, bytes.len());
        return Ok(vm.heap.bytes(&bytes[start..end])?);
    }
    Err(Raise::new(ErrorKind::Type, format!("{} can't be sliced", type_name(object))).at(Part::Left))
}
