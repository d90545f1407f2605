//! The hash index of a key list: where the positions of keys are found. Its seed is
//! drawn for each process, so that keys from data can't be crafted to collide.

use crate::heap::header::{Header, Kind};
use crate::heap::{Heap, OutOfMemory};
use crate::object::array::ArrayRef;
use crate::object::text::TextRef;
use crate::value::{Raw, Tag};
use std::sync::atomic::{AtomicU64, Ordering};

/// Layout: header (`wide`: keys and bare values that a list with holes has), number of
/// entries less one (a power of two, less one), the first place of a list with holes that
/// is none, entries of 32 bits, so that a large index takes little of the processor's
/// caches. An entry is 0, or position + 1 in the bits of the mask and bits of the
/// hash in the others; a quarter of the entries is always 0, so a position and
/// one fits.
#[repr(C)]
pub(crate) struct IndexObject {
    pub(crate) header: Header,
    mask: u32,
    pub(crate) first: u32,
}

/// Up to so many keys a search compares them one by one.
pub(crate) const LINEAR: usize = 8;
/// An index has at most so many entries.
const MOST_ENTRIES: usize = 1 << 31;

/// The position of a key in its canonical form.
///
/// # Safety
/// The index is one of these keys: every position in it is below their number.
#[inline(always)]
pub(crate) unsafe fn find(index: *mut IndexObject, keys: ArrayRef, key: Raw) -> Option<usize> {
    // SAFETY: the search is masked; a free entry ends it.
    unsafe {
        let hash = hash_key(key);
        let mask = (*index).mask;
        let wanted = mark(hash, mask);
        let mut at = hash as usize & mask as usize;
        loop {
            let entry = *entries(index).add(at);
            if entry == 0 {
                return None;
            }
            if entry & !mask == wanted {
                let position = (entry & mask) as usize - 1;
                if keys.get(position).same_words(key) {
                    return Some(position);
                }
            }
            at = (at + 1) & mask as usize;
        }
    }
}

/// Whether an index has no room for so many keys.
///
/// # Safety
/// The index is alive.
pub(crate) unsafe fn is_full_with(index: *mut IndexObject, count: usize) -> bool {
    // SAFETY: as the caller says.
    count * 4 > (unsafe { (*index).mask } as usize + 1) * 3
}

/// Enters the keys of `count` positions anew, at most as many as the index was made for.
///
/// # Safety
/// The index is alive, and there are so many keys.
pub(crate) unsafe fn fill(index: *mut IndexObject, keys: ArrayRef, count: usize) {
    // SAFETY: as the caller says; the entries up to the mask are the index's.
    unsafe {
        // One that has become much too large is used in part.
        let size = size_for(count);
        if size * 4 <= (*index).mask as usize {
            (*index).mask = size as u32 - 1;
        }
        entries(index).write_bytes(0, (*index).mask as usize + 1);
        for position in 0..count {
            let key = keys.get(position);
            if !key.is_nil() && !key.is_unset() {
                enter(index, key, position);
            }
        }
    }
}

/// Entries of an index of so many keys.
fn size_for(count: usize) -> usize {
    (count.max(LINEAR) * 2).next_power_of_two()
}

#[inline(always)]
fn entries(index: *mut IndexObject) -> *mut u32 {
    index.cast::<u8>().wrapping_add(size_of::<IndexObject>()).cast()
}

/// The bits of a hash that an entry keeps.
#[inline(always)]
fn mark(hash: u64, mask: u32) -> u32 {
    (hash >> 32) as u32 & !mask
}

/// Mixes the words of a canonical key. Interned text is hashed by its content's
/// seeded hash, short text by its words with the same seed, so that keys from
/// data can't be crafted to collide.
#[inline]
pub(crate) fn hash_key(key: Raw) -> u64 {
    let (tag, payload) = key.words();
    let (a, b) = if key.is(Tag::Text) { (u64::from(TextRef::from_raw(key).hash()), 0) } else { (tag, payload) };
    // Both halves of the product: each bit of a key reaches all bits of the hash.
    let seed = seed();
    let m = u128::from(a ^ seed).wrapping_mul(u128::from(b ^ seed.rotate_left(32) ^ 0x9e37_79b9_7f4a_7c15));
    (m as u64) ^ ((m >> 64) as u64)
}

/// The process's hash seed, and 0 before it is drawn.
static SEED: AtomicU64 = AtomicU64::new(0);

/// The process's hash seed, drawn once from the system through the standard
/// library's own hasher, so that this crate reads no clock or file.
pub(crate) fn seed() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    let seed = SEED.load(Ordering::Relaxed);
    if seed != 0 {
        return seed;
    }
    let drawn = std::collections::hash_map::RandomState::new().build_hasher().finish() | 1;
    fix_seed(drawn)
}

/// Sets the seed where there is none yet, and gives the one that holds.
pub(crate) fn fix_seed(seed: u64) -> u64 {
    match SEED.compare_exchange(0, seed | 1, Ordering::Relaxed, Ordering::Relaxed) {
        Ok(_) => seed | 1,
        Err(other) => other,
    }
}

impl Heap {
    pub(crate) fn build_index(&mut self, keys: ArrayRef, count: usize) -> Result<*mut IndexObject, OutOfMemory> {
        let size = size_for(count);
        if size > MOST_ENTRIES {
            return Err(OutOfMemory);
        }
        let bytes = size_of::<IndexObject>() + size * size_of::<u32>();
        let index = self.allocate(Kind::Index, bytes)?.cast::<IndexObject>();
        // SAFETY: the cell holds `size` entries, zeroed first; positions are
        // below `count`, which the array holds.
        unsafe {
            (*index).mask = size as u32 - 1;
            (*index).first = 0;
            fill(index, keys, count);
        }
        Ok(index)
    }
}

pub(crate) fn index_size(index: *mut IndexObject) -> usize {
    // SAFETY: H1 for the index, not null.
    size_of::<IndexObject>() + (unsafe { (*index).mask } as usize + 1) * size_of::<u32>()
}

/// # Safety
/// The index has a free entry; `position` is the key's.
pub(crate) unsafe fn enter(index: *mut IndexObject, key: Raw, position: usize) {
    let hash = hash_key(key);
    // SAFETY: indices are masked; the caller leaves room, so the search ends.
    unsafe {
        let mask = (*index).mask;
        let mut at = hash as usize & mask as usize;
        while *entries(index).add(at) != 0 {
            at = (at + 1) & mask as usize;
        }
        *entries(index).add(at) = mark(hash, mask) | (position as u32 + 1);
    }
}

/// Takes an entry out: those behind it that would not be found any more move
/// towards their places.
///
/// # Safety
/// The key stands in the index under `position`, and `keys` holds the keys of all
/// other entries.
pub(crate) unsafe fn leave(index: *mut IndexObject, key: Raw, position: usize, keys: ArrayRef) {
    // SAFETY: indices are masked; a free entry ends both searches.
    unsafe {
        let bits = (*index).mask;
        let mask = bits as usize;
        let entry = |at: usize| entries(index).add(at);
        let mut hole = hash_key(key) as usize & mask;
        while *entry(hole) != 0 && (*entry(hole) & bits) as usize != position + 1 {
            hole = (hole + 1) & mask;
        }
        let mut at = hole;
        loop {
            at = (at + 1) & mask;
            let moved = *entry(at);
            if moved == 0 {
                break;
            }
            let home = hash_key(keys.get((moved & bits) as usize - 1)) as usize & mask;
            // Its place lies at or before the hole, on the way round to here.
            if (at.wrapping_sub(home) & mask) >= (at.wrapping_sub(hole) & mask) {
                *entry(hole) = moved;
                hole = at;
            }
        }
        *entry(hole) = 0;
    }
}
