//! Text and bytes longer than what fits into a value.

use crate::heap::header::{Header, Kind};
use crate::heap::{Heap, OutOfMemory};
use crate::value::{Raw, SHORT, Tag};

/// Layout: header (`wide` = hash, 0 where not computed), length, bytes.
#[repr(C)]
pub(crate) struct TextObject {
    header: Header,
    len: usize,
}

/// The text is in the intern table.
pub(crate) const INTERNED: u8 = 1;
/// Every byte is below 128, so characters are bytes.
pub(crate) const ASCII: u8 = 2;

const HEAD: usize = size_of::<TextObject>();

/// A handle to a text or bytes object.
#[derive(Clone, Copy)]
pub(crate) struct TextRef(*mut TextObject);

impl TextRef {
    pub(crate) fn from_raw(v: Raw) -> TextRef {
        debug_assert!(v.is(Tag::Text) || v.is(Tag::Number) || v.is(Tag::Bytes), "a text handle from text");
        TextRef(v.address().cast())
    }

    pub(crate) fn from_header(h: *mut Header) -> TextRef {
        TextRef(h.cast())
    }

    pub(crate) fn header(self) -> *mut Header {
        self.0.cast()
    }

    /// The bytes. They never change and live at least until the next
    /// collection, which no caller's borrow outlasts (the lifetime is bounded
    /// by the value it was read from, see `Text` in `text.rs`).
    pub(crate) fn bytes<'a>(self) -> &'a [u8] {
        // SAFETY: H1; `len` bytes follow the head and are initialised.
        unsafe { std::slice::from_raw_parts(self.0.cast::<u8>().add(HEAD), (*self.0).len) }
    }

    pub(crate) fn flags(self) -> u8 {
        // SAFETY: H1.
        unsafe { (*self.0).header.flags }
    }

    pub(crate) fn is_interned(self) -> bool {
        self.flags() & INTERNED != 0
    }

    pub(crate) fn is_ascii(self) -> bool {
        self.flags() & ASCII != 0
    }

    pub(crate) fn set_interned(self, hash: u32) {
        // SAFETY: H1; nothing borrows the header.
        unsafe {
            (*self.0).header.flags |= INTERNED;
            (*self.0).header.wide = hash;
        }
    }

    /// The hash that was stored when the text was interned.
    pub(crate) fn hash(self) -> u32 {
        // SAFETY: H1.
        unsafe { (*self.0).header.wide }
    }
}

/// Bytes that are filled between two looks at the interrupt.
const PIECE: usize = 1 << 20;

impl Heap {
    /// A string with this text: inside the value where it fits.
    pub(crate) fn text(&mut self, text: &str) -> Result<Raw, OutOfMemory> {
        match Raw::short(text) {
            Some(v) => Ok(v),
            None => {
                let object = self.bytes_object(Kind::Text, text.as_bytes())?;
                Ok(Raw::object(Tag::Text, object.header()))
            }
        }
    }

    /// A number that keeps the text it was read from.
    pub(crate) fn number_text(&mut self, text: &str) -> Result<Raw, OutOfMemory> {
        match Raw::short_number(text) {
            Some(v) => Ok(v),
            None => {
                let object = self.bytes_object(Kind::Text, text.as_bytes())?;
                Ok(Raw::object(Tag::Number, object.header()))
            }
        }
    }

    /// A bytes value.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<Raw, OutOfMemory> {
        let object = self.bytes_object(Kind::Bytes, bytes)?;
        Ok(Raw::object(Tag::Bytes, object.header()))
    }

    fn bytes_object(&mut self, kind: Kind, bytes: &[u8]) -> Result<TextRef, OutOfMemory> {
        if bytes.len() > PIECE {
            return self.bytes_with(kind, bytes.len(), |at, room| room.copy_from_slice(&bytes[at..at + room.len()]));
        }
        let size = HEAD.checked_add(bytes.len()).ok_or(OutOfMemory)?;
        let object = self.allocate(kind, size)?.cast::<TextObject>();
        // SAFETY: the cell has `size` bytes, of which the head comes first.
        unsafe {
            (*object).len = bytes.len();
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), object.cast::<u8>().add(HEAD), bytes.len());
            if bytes.is_ascii() {
                (*object).header.flags |= ASCII;
            }
        }
        Ok(TextRef(object))
    }

    /// A string of `len` bytes that `fill` writes, piece by piece: each with its place in
    /// the text. `fill` must leave UTF-8; short results move into the value.
    pub(crate) fn text_with(&mut self, len: usize, mut fill: impl FnMut(usize, &mut [u8])) -> Result<Raw, OutOfMemory> {
        if len <= SHORT {
            let mut room = [0u8; SHORT];
            fill(0, &mut room[..len]);
            let text = std::str::from_utf8(&room[..len]).unwrap_or("");
            return Ok(Raw::short(text).unwrap_or(Raw::NIL));
        }
        let object = self.bytes_with(Kind::Text, len, fill)?;
        Ok(Raw::object(Tag::Text, object.header()))
    }

    fn bytes_with(
        &mut self,
        kind: Kind,
        len: usize,
        mut fill: impl FnMut(usize, &mut [u8]),
    ) -> Result<TextRef, OutOfMemory> {
        let size = HEAD.checked_add(len).ok_or(OutOfMemory)?;
        let object = self.allocate(kind, size)?.cast::<TextObject>();
        // SAFETY: the cell has `size` bytes; they are zeroed before a slice of
        // them is made, then filled.
        unsafe {
            (*object).len = len;
            let start = object.cast::<u8>().add(HEAD);
            let (mut done, mut ascii) = (0, true);
            while done < len {
                if done > 0 {
                    // Nothing refers to the new object yet, nor ever will.
                    self.go_on()?;
                }
                let piece = (len - done).min(PIECE);
                start.add(done).write_bytes(0, piece);
                let room = std::slice::from_raw_parts_mut(start.add(done), piece);
                fill(done, room);
                ascii = ascii && room.is_ascii();
                done += piece;
            }
            if ascii {
                (*object).header.flags |= ASCII;
            }
        }
        Ok(TextRef(object))
    }
}
