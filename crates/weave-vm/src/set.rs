//! A set of values by `==`, for `unique` and the set operators: linear time,
//! with a hash that equal values share.

use crate::access::bytes_of;
use crate::equality::equal;
use crate::number;
use crate::object::container::ContainerRef;
use crate::object::keys::seed;
use crate::value::{Raw, Tag};
use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};

/// Values found by hash, and the keys of keyed entries.
pub(crate) struct Bag {
    values: HashMap<u64, Vec<Raw>, foldhash::fast::FixedState>,
    keyed: Option<ContainerRef>,
}

impl Default for Bag {
    fn default() -> Bag {
        Bag { values: HashMap::with_hasher(foldhash::fast::FixedState::with_seed(seed())), keyed: None }
    }
}

impl Bag {
    /// What a container holds: its bare values, and its keys.
    pub(crate) fn of(c: ContainerRef) -> Bag {
        let mut bag = Bag { keyed: Some(c), ..Bag::default() };
        for i in 0..c.len() {
            if c.key(i).is_nil() {
                bag.insert(c.get(i));
            }
        }
        bag
    }

    /// Adds a value; whether it was not there yet.
    pub(crate) fn insert(&mut self, v: Raw) -> bool {
        let slot = self.values.entry(hash(v)).or_default();
        if slot.iter().any(|&w| equal(v, w)) {
            return false;
        }
        slot.push(v);
        true
    }

    /// Whether the entry is in the bag: by its key, or a bare one by its value.
    pub(crate) fn has(&self, key: Raw, v: Raw) -> bool {
        if !key.is_nil() {
            return self.keyed.is_some_and(|c| c.find(key).is_some());
        }
        self.values.get(&hash(v)).is_some_and(|slot| slot.iter().any(|&w| equal(v, w)))
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
            Tag::Nil | Tag::True | Tag::False => h.write_u8(v.tag_byte()),
            _ => h.write_u8(v.tag_byte()),
        }
    }
}
