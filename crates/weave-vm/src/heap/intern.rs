//! Interned text: keys and symbols longer than what fits into a value, one
//! object each. The table does not keep them alive; a collection drops those
//! that it did not reach.

use crate::heap::header::Header;
use crate::heap::{Heap, OutOfMemory};
use crate::object::index::seed;
use crate::object::text::TextRef;
use crate::value::{Raw, Tag};
use std::hash::{BuildHasher, Hasher};

/// An open-addressing set of text objects, found by content.
#[derive(Default)]
pub(crate) struct Interned {
    entries: Vec<*mut Header>,
    used: usize,
}

fn hash(bytes: &[u8]) -> u32 {
    let mut h = foldhash::fast::FixedState::with_seed(seed()).build_hasher();
    h.write(bytes);
    let h = h.finish();
    ((h >> 32) as u32 ^ h as u32).max(1)
}

impl Interned {
    fn find(&self, bytes: &[u8], hash: u32) -> Option<TextRef> {
        if self.entries.is_empty() {
            return None;
        }
        let mask = self.entries.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let entry = self.entries[at];
            if entry.is_null() {
                return None;
            }
            let text = TextRef::from_header(entry);
            if text.hash() == hash && text.bytes() == bytes {
                return Some(text);
            }
            at = (at + 1) & mask;
        }
    }

    fn insert(&mut self, text: TextRef) {
        let mask = self.entries.len() - 1;
        let mut at = text.hash() as usize & mask;
        while !self.entries[at].is_null() {
            at = (at + 1) & mask;
        }
        self.entries[at] = text.header();
        self.used += 1;
    }

    /// Keeps the texts for which `keep` holds.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(*mut Header) -> bool) {
        let old = std::mem::take(&mut self.entries);
        self.entries = vec![std::ptr::null_mut(); old.len()];
        self.used = 0;
        for entry in old {
            if !entry.is_null() && keep(entry) {
                self.insert(TextRef::from_header(entry));
            }
        }
    }
}

impl Heap {
    /// The canonical form of a string as a key: short text as it is, longer
    /// text interned.
    pub(crate) fn key(&mut self, text: Raw) -> Result<Raw, OutOfMemory> {
        if !text.is(Tag::Text) {
            return Ok(text);
        }
        let object = TextRef::from_raw(text);
        if object.is_interned() {
            return Ok(text);
        }
        let hash = hash(object.bytes());
        if let Some(known) = self.interned.find(object.bytes(), hash) {
            return Ok(Raw::object(Tag::Text, known.header()));
        }
        if (self.interned.used + 1) * 4 > self.interned.entries.len() * 3 {
            let size = (self.interned.entries.len() * 2).max(64);
            self.charge((size - self.interned.entries.len()) * size_of::<*mut Header>())?;
            let old = std::mem::replace(&mut self.interned.entries, vec![std::ptr::null_mut(); size]);
            self.interned.used = 0;
            for entry in old.into_iter().filter(|e| !e.is_null()) {
                self.interned.insert(TextRef::from_header(entry));
            }
        }
        object.set_interned(hash);
        self.interned.insert(object);
        Ok(text)
    }

    /// The canonical form of a key that some container may have, or `None`
    /// where no container can: the text was never interned.
    pub(crate) fn known_key(&self, text: Raw) -> Option<Raw> {
        if !text.is(Tag::Text) {
            return Some(text);
        }
        let object = TextRef::from_raw(text);
        if object.is_interned() {
            return Some(text);
        }
        let known = self.interned.find(object.bytes(), hash(object.bytes()))?;
        Some(Raw::object(Tag::Text, known.header()))
    }

    /// The key of this text.
    pub(crate) fn key_of(&mut self, text: &str) -> Result<Raw, OutOfMemory> {
        match Raw::short(text) {
            Some(v) => Ok(v),
            None => {
                if let Some(known) = self.interned.find(text.as_bytes(), hash(text.as_bytes())) {
                    return Ok(Raw::object(Tag::Text, known.header()));
                }
                let v = self.text(text)?;
                self.key(v)
            }
        }
    }
}

impl Heap {
    /// As [`Heap::known_key`] for text that is no value yet.
    pub(crate) fn known_text_key(&self, text: &str) -> Option<Raw> {
        match Raw::short(text) {
            Some(v) => Some(v),
            None => {
                let known = self.interned.find(text.as_bytes(), hash(text.as_bytes()))?;
                Some(Raw::object(Tag::Text, known.header()))
            }
        }
    }
}
