//! A set of values by `==`, for `unique` and the set operators: linear time,
//! with a hash that equal values share.

use crate::access::bytes_of;
use crate::equality::equal_in;
use crate::error::Raise;
use crate::heap::OutOfMemory;
use crate::number;
use crate::object::closure::native_index;
use crate::object::container::ContainerRef;
use crate::object::error;
use crate::object::keys::seed;
use crate::object::range::range_of;
use crate::scratch::Scratch;
use crate::value::{Raw, Tag};
use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};

/// Values found by hash, and the keys of keyed entries. What it holds counts
/// against the limit of the operation that it serves.
pub(crate) struct Bag {
    /// The newest value of each hash.
    newest: HashMap<u64, u32, foldhash::fast::FixedState>,
    /// Each value, and the one before it with the same hash.
    values: Vec<(Raw, u32)>,
    keyed: Option<ContainerRef>,
}

/// No value before this one.
const NONE: u32 = u32::MAX;
/// Bytes of a value in the table and in the list.
const ENTRY: usize = 48;

impl Default for Bag {
    fn default() -> Bag {
        let newest = HashMap::with_hasher(foldhash::fast::FixedState::with_seed(seed()));
        Bag { newest, values: Vec::new(), keyed: None }
    }
}

impl Bag {
    /// What a container holds: its bare values, and its keys.
    ///
    /// # Errors
    /// The limit that was reached.
    pub(crate) fn of(scratch: &mut Scratch<'_>, c: ContainerRef) -> Result<Bag, Raise> {
        let mut bag = Bag { keyed: Some(c), ..Bag::default() };
        for i in 0..c.len() {
            if c.key(i).is_nil() {
                bag.insert(scratch, c.get(i))?;
            }
        }
        Ok(bag)
    }

    /// Adds a value; whether it was not there yet.
    ///
    /// # Errors
    /// The limit that was reached.
    pub(crate) fn insert(&mut self, scratch: &mut Scratch<'_>, v: Raw) -> Result<bool, Raise> {
        let hash = hash(v);
        if self.find(scratch, hash, v)? {
            return Ok(false);
        }
        let len = self.values.len();
        if len == self.values.capacity() {
            let more = len.max(8);
            scratch.add(more.saturating_mul(ENTRY))?;
            self.values.try_reserve_exact(more).map_err(|_| OutOfMemory)?;
            self.newest.try_reserve(more).map_err(|_| OutOfMemory)?;
        }
        let at = u32::try_from(len).map_err(|_| OutOfMemory)?;
        let before = self.newest.insert(hash, at).unwrap_or(NONE);
        self.values.push((v, before));
        Ok(true)
    }

    /// Whether the entry is in the bag: by its key, or a bare one by its value.
    ///
    /// # Errors
    /// The limit that was reached.
    pub(crate) fn has(&self, scratch: &mut Scratch<'_>, key: Raw, v: Raw) -> Result<bool, Raise> {
        if !key.is_nil() {
            return Ok(self.keyed.is_some_and(|c| c.find(key).is_some()));
        }
        self.find(scratch, hash(v), v)
    }

    fn find(&self, scratch: &mut Scratch<'_>, hash: u64, v: Raw) -> Result<bool, Raise> {
        scratch.report(4, 0)?;
        let mut at = self.newest.get(&hash).copied().unwrap_or(NONE);
        while let Some(&(w, before)) = self.values.get(at as usize) {
            if equal_in(scratch.vm, v, w)? {
                return Ok(true);
            }
            scratch.report(1, 0)?;
            at = before;
        }
        Ok(false)
    }
}

/// A hash that equal values share. It looks at a bounded number of parts.
pub(crate) fn hash(v: Raw) -> u64 {
    let mut h = foldhash::fast::FixedState::with_seed(seed()).build_hasher();
    let mut left = 64;
    mix(&mut h, v, &mut left);
    h.finish()
}

/// Containers of more keyed entries are told apart by their number alone.
const ENTRIES: usize = 64;

/// A hash of a keyed entry; a container inside counts by its length. A bare
/// value among keyed ones counts without its place.
fn entry(key: Raw, v: Raw) -> u64 {
    let mut h = foldhash::fast::FixedState::with_seed(seed()).build_hasher();
    h.write(bytes_of(&key).unwrap_or(&[]));
    match ContainerRef::of(v) {
        Some(c) => h.write_usize(c.len()),
        None => mix(&mut h, v, &mut 2),
    }
    h.finish()
}

fn mix(h: &mut impl Hasher, v: Raw, left: &mut u32) {
    let mut pending = vec![v];
    while let Some(v) = pending.pop() {
        if *left == 0 {
            return;
        }
        *left -= 1;
        match v.tag() {
            Tag::Int | Tag::Float | Tag::ShortNumber | Tag::Number => match number::resolve(v) {
                Some(n) => h.write_u64(number::to_float(n).to_bits() << 1),
                None => h.write_u8(1),
            },
            Tag::Short | Tag::Text | Tag::Bytes => h.write(bytes_of(&v).unwrap_or(&[])),
            Tag::Container => {
                let c = ContainerRef::from_raw(v);
                h.write_usize(c.len());
                if c.keys().is_null() {
                    pending.extend((0..c.len().min(16)).rev().map(|i| c.get(i)));
                } else if c.len() <= ENTRIES {
                    // Keyed entries are equal in any order, so what they give
                    // is added up.
                    h.write_u64((0..c.len()).map(|i| entry(c.key(i), c.get(i))).fold(0, u64::wrapping_add));
                }
            }
            Tag::Range => {
                let r = range_of(v);
                h.write_i64(r.start.unwrap_or(0));
                h.write_i64(r.end.unwrap_or(0));
            }
            // Equal only to themselves.
            Tag::Closure | Tag::Stream => h.write_usize(v.address().addr()),
            Tag::Native => h.write_usize(native_index(v)),
            Tag::Error => h.write(error::facts(v).message.as_bytes()),
            _ => h.write_u8(v.tag_byte()),
        }
    }
}
