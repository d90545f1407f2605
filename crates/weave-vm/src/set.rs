//! A set of values by `==`, for `unique` and the set operators: linear time,
//! with a hash that equal values share.

use crate::access::bytes_of;
use crate::equality::{LONG, equal_in};
use crate::error::Raise;
use crate::heap::OutOfMemory;
use crate::number;
use crate::object::closure::native_index;
use crate::object::container::ContainerRef;
use crate::object::error;
use crate::object::host;
use crate::object::index::seed;
use crate::object::range::range_of;
use crate::scratch::Scratch;
use crate::value::{Raw, Tag};
use std::hash::{BuildHasher, Hasher};

/// Values found by hash, and the keys of keyed entries. What it holds counts
/// against the limit of the operation that it serves.
#[derive(Default)]
pub(crate) struct Bag {
    /// Each value with its hash.
    values: Vec<(Raw, u64)>,
    /// Positions of values, counted from 1, found by open addressing; 0 is free.
    /// Bits above those of a position are bits of the hash, so that few values
    /// are looked at in vain.
    slots: Vec<u32>,
    keyed: Option<ContainerRef>,
}

/// Bytes of a value: twice as many slots as values.
const ENTRY: usize = size_of::<(Raw, u64)>() + 2 * size_of::<u32>();

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
        if is_nan(v) {
            // It equals nothing, and many would all have the same hash.
            return Ok(true);
        }
        let hash = hash(v);
        if self.find(scratch, hash, v)? {
            return Ok(false);
        }
        if self.values.len() == self.values.capacity() {
            self.grow(scratch)?;
        }
        self.values.push((v, hash));
        let position = self.values.len() as u32;
        enter(&mut self.slots, hash, position);
        Ok(true)
    }

    fn grow(&mut self, scratch: &mut Scratch<'_>) -> Result<(), Raise> {
        let len = self.values.len();
        let more = len.max(8);
        scratch.add(more.saturating_mul(ENTRY))?;
        self.values.try_reserve_exact(more).map_err(|_| OutOfMemory)?;
        let size = (len + more).saturating_mul(2).next_power_of_two();
        if u32::try_from(size).is_err() {
            return Err(OutOfMemory.into());
        }
        // The hashes are at hand: the old slots go before the new ones come.
        self.slots = Vec::new();
        self.slots.try_reserve_exact(size).map_err(|_| OutOfMemory)?;
        self.slots.resize(size, 0);
        for (i, &(_, hash)) in self.values.iter().enumerate() {
            if i % 4_096 == 0 {
                scratch.report(4_096, 0)?;
            }
            enter(&mut self.slots, hash, i as u32 + 1);
        }
        Ok(())
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
        if self.slots.is_empty() {
            return Ok(false);
        }
        let mask = self.slots.len() - 1;
        let wanted = mark(hash, mask);
        let mut at = hash as usize & mask;
        while self.slots[at] != 0 {
            let slot = self.slots[at];
            if slot & !(mask as u32) == wanted {
                let (w, other) = self.values[(slot & mask as u32) as usize - 1];
                if other == hash && equal_in(scratch.vm, v, w)? {
                    return Ok(true);
                }
            }
            scratch.report(1, 0)?;
            at = (at + 1) & mask;
        }
        Ok(false)
    }
}

/// Takes the first free slot for a hash; half of them are free.
fn enter(slots: &mut [u32], hash: u64, position: u32) {
    let mask = slots.len() - 1;
    let mut at = hash as usize & mask;
    while slots[at] != 0 {
        at = (at + 1) & mask;
    }
    slots[at] = mark(hash, mask) | position;
}

/// The bits of a hash that a slot keeps: positions are below half the slots.
fn mark(hash: u64, mask: usize) -> u32 {
    (hash >> 32) as u32 & !(mask as u32)
}

fn is_nan(v: Raw) -> bool {
    v.is_float() && v.float_bits().is_nan()
}

/// A hash that equal values share. It looks at a bounded number of parts.
pub(crate) fn hash(v: Raw) -> u64 {
    let mut h = foldhash::fast::FixedState::with_seed(seed()).build_hasher();
    let mut left = 64;
    mix(&mut h, v, &mut left);
    h.finish()
}

/// So many bare values of a container count; one of more keyed entries is told apart
/// by its length alone.
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
            Tag::Short | Tag::Text | Tag::Bytes => {
                let bytes = bytes_of(&v).unwrap_or_default();
                match bytes.len().checked_sub(LONG) {
                    // Both ends of a long text.
                    Some(middle) if middle > 0 => {
                        h.write_usize(bytes.len());
                        h.write(&bytes[..LONG / 2]);
                        h.write(&bytes[middle + LONG / 2..]);
                    }
                    _ => h.write(bytes),
                }
            }
            Tag::Container => {
                let c = ContainerRef::from_raw(v);
                h.write_usize(c.len());
                if c.keys().is_null() {
                    pending.extend((0..c.len().min(ENTRIES)).rev().map(|i| c.get(i)));
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
            Tag::Host => {
                let shared = host::with_host(v, |object| object.hash()).flatten();
                h.write_u64(shared.unwrap_or(v.address().addr() as u64));
            }
            Tag::Native => h.write_usize(native_index(v)),
            Tag::Error => h.write(error::facts(v).message.as_bytes()),
            _ => h.write_u8(v.tag_byte()),
        }
    }
}
