//! A place in the bytes of a file, and the primitive reads from there.

use super::{NONE, ReadError};
use crate::span::Span;

type Result<T> = std::result::Result<T, ReadError>;

pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Cursor<'a> {
        Cursor { bytes, at }
    }

    pub(super) fn at_end(&self) -> bool {
        self.at == self.bytes.len()
    }

    /// The error that the bytes before this place are wrong.
    #[cold]
    pub(super) fn malformed<T>(&self, size: usize, reason: &'static str) -> Result<T> {
        Err(ReadError::Malformed { offset: self.at.saturating_sub(size), reason })
    }

    pub(super) fn take(&mut self, size: usize) -> Result<&'a [u8]> {
        match self.bytes.get(self.at..).and_then(|rest| rest.get(..size)) {
            Some(taken) => {
                self.at += size;
                Ok(taken)
            }
            None => self.malformed(0, "more is announced than the file holds"),
        }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        match self.bytes.get(self.at..).and_then(|rest| rest.first_chunk()) {
            Some(&taken) => {
                self.at += N;
                Ok(taken)
            }
            None => self.malformed(0, "more is announced than the file holds"),
        }
    }

    pub(super) fn u8(&mut self) -> Result<u8> {
        Ok(self.array::<1>()?[0])
    }

    pub(super) fn u16(&mut self) -> Result<u16> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    pub(super) fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(super) fn u64(&mut self) -> Result<u64> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    pub(super) fn bool(&mut self) -> Result<bool> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => self.malformed(1, "neither 0 nor 1"),
        }
    }

    pub(super) fn span(&mut self) -> Result<Span> {
        Ok(Span { start: self.u32()?, end: self.u32()? })
    }

    /// A number of things that take at least `least` bytes each: never more than
    /// the rest of the file has room for.
    pub(super) fn count(&mut self, least: usize) -> Result<usize> {
        let count = self.u32()? as usize;
        if count > (self.bytes.len() - self.at) / least {
            return self.malformed(4, "a count goes beyond the file");
        }
        Ok(count)
    }

    pub(super) fn list<T>(&mut self, least: usize, item: impl Fn(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let count = self.count(least)?;
        let mut list = Vec::with_capacity(count);
        for _ in 0..count {
            list.push(item(self)?);
        }
        Ok(list)
    }

    /// A list of words.
    pub(super) fn words(&mut self) -> Result<Vec<u64>> {
        let count = self.count(size_of::<u64>())?;
        let (words, _) = self.take(count * size_of::<u64>())?.as_chunks();
        Ok(words.iter().map(|word| u64::from_le_bytes(*word)).collect())
    }

    fn text_of(&mut self, size: u32) -> Result<&'a str> {
        let taken = self.take(size as usize)?;
        match std::str::from_utf8(taken) {
            Ok(text) => Ok(text),
            Err(error) => self.malformed(taken.len() - error.valid_up_to(), "text that is not UTF-8"),
        }
    }

    pub(super) fn text(&mut self) -> Result<Box<str>> {
        let size = self.u32()?;
        Ok(self.text_of(size)?.into())
    }

    pub(super) fn optional_text(&mut self) -> Result<Option<&'a str>> {
        match self.u32()? {
            NONE => Ok(None),
            size => self.text_of(size).map(Some),
        }
    }

    /// A number in groups of seven bits, the lowest first; the high bit says that
    /// another one follows. Zeros at its high end are refused.
    #[inline]
    pub(super) fn varint(&mut self) -> Result<u64> {
        match self.bytes.get(self.at) {
            Some(&byte) if byte < 0x80 => {
                self.at += 1;
                Ok(u64::from(byte))
            }
            _ => self.long_varint(),
        }
    }

    fn long_varint(&mut self) -> Result<u64> {
        let mut value = 0;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.u8()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                if byte == 0 && shift > 0 {
                    return self.malformed(1, "a number is longer than it must be");
                }
                return Ok(value);
            }
        }
        self.malformed(1, "a number is too long")
    }

    pub(super) fn varint32(&mut self) -> Result<u32> {
        match u32::try_from(self.varint()?) {
            Ok(value) => Ok(value),
            Err(_) => self.malformed(1, "a number is too large"),
        }
    }
}
