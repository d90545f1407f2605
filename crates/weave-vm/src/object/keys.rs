//! The keys of a container: which position has which key. A *shared* one is a
//! shape: it never changes, many containers refer to it, and field access
//! remembers its number. An *owned* one belongs to one container and changes
//! with it.
//!
//! Keys are text inside the value, or interned, so two keys are equal exactly
//! when their words are.

use crate::heap::header::{Header, Kind};
use crate::heap::{Heap, OutOfMemory};
use crate::object::array::ArrayRef;
use crate::object::text::TextRef;
use crate::value::{Raw, Tag};
use std::sync::atomic::{AtomicU64, Ordering};

/// Layout: header (`wide` = shape number, `u32::MAX` where owned), keys per
/// position (nil: bare), hash index or null, number of positions.
#[repr(C)]
pub(crate) struct KeysObject {
    header: Header,
    pub(crate) keys: ArrayRef,
    pub(crate) index: *mut IndexObject,
    pub(crate) count: usize,
}

/// Layout: header, number of entries less one (a power of two, less one),
/// entries of 32 bits, so that a large index takes little of the processor's
/// caches. An entry is 0, or position + 1 in the bits of the mask and bits of the
/// hash in the others; a quarter of the entries is always 0, so a position and
/// one fits.
#[repr(C)]
pub(crate) struct IndexObject {
    header: Header,
    mask: usize,
}

/// Number of an owned key list: never a shape's.
pub(crate) const OWNED: u32 = u32::MAX;
/// Up to so many keys a search compares them one by one.
const LINEAR: usize = 8;
/// An index has at most so many entries.
const MOST_ENTRIES: usize = 1 << 31;
/// A container that grows beyond this many keys owns them.
pub(crate) const SHARED_MOST: usize = 32;

/// A handle to the keys of a container.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct KeysRef(pub(crate) *mut KeysObject);

impl KeysRef {
    pub(crate) const NULL: KeysRef = KeysRef(std::ptr::null_mut());

    pub(crate) fn is_null(self) -> bool {
        self.0.is_null()
    }

    pub(crate) fn header(self) -> *mut Header {
        self.0.cast()
    }

    /// The shape number; [`OWNED`] where the list is not shared.
    #[inline(always)]
    pub(crate) fn id(self) -> u32 {
        // SAFETY: H1; not null.
        unsafe { (*self.0).header.wide }
    }

    pub(crate) fn is_shared(self) -> bool {
        self.id() != OWNED
    }

    pub(crate) fn count(self) -> usize {
        if self.is_null() {
            return 0;
        }
        // SAFETY: H1.
        unsafe { (*self.0).count }
    }

    /// The key of a position, nil where it has none.
    pub(crate) fn key(self, position: usize) -> Raw {
        if position >= self.count() {
            return Raw::NIL;
        }
        // SAFETY: H1; `count` is at most the array's capacity.
        unsafe { (*self.0).keys.get(position) }
    }

    /// The position of a key in its canonical form.
    #[inline]
    pub(crate) fn find(self, key: Raw) -> Option<usize> {
        if self.is_null() {
            return None;
        }
        // SAFETY: H1; every position read is below `count`, every entry below
        // the mask.
        unsafe {
            let object = &*self.0;
            if object.index.is_null() {
                return (0..object.count).find(|&i| object.keys.get(i).same_words(key));
            }
            let hash = hash_key(key);
            let mask = (*object.index).mask;
            let wanted = mark(hash, mask);
            let mut at = hash as usize & mask;
            loop {
                let entry = *entries(object.index).add(at);
                if entry == 0 {
                    return None;
                }
                if entry & !(mask as u32) == wanted {
                    let position = (entry & mask as u32) as usize - 1;
                    if object.keys.get(position).same_words(key) {
                        return Some(position);
                    }
                }
                at = (at + 1) & mask;
            }
        }
    }
}

#[inline(always)]
fn entries(index: *mut IndexObject) -> *mut u32 {
    index.cast::<u8>().wrapping_add(size_of::<IndexObject>()).cast()
}

/// The bits of a hash that an entry keeps.
#[inline(always)]
fn mark(hash: u64, mask: usize) -> u32 {
    (hash >> 32) as u32 & !(mask as u32)
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

/// The shapes that containers reach by adding one key after another.
pub(crate) struct Shapes {
    steps: std::collections::HashMap<(u32, u64, u64), KeysRef, foldhash::fast::FixedState>,
    next_id: u32,
}

impl Default for Shapes {
    fn default() -> Shapes {
        Shapes {
            steps: std::collections::HashMap::with_hasher(foldhash::fast::FixedState::with_seed(seed())),
            next_id: 1,
        }
    }
}

/// Steps that are remembered; beyond this, containers own their keys.
const MOST_STEPS: usize = 20_000;

impl Shapes {
    /// Every shape that a step leads to: they live as long as the machine.
    pub(crate) fn roots(&self) -> impl Iterator<Item = *mut Header> + '_ {
        self.steps.values().map(|k| k.header())
    }

    /// The shape that follows `from` when `key` is added, where one is known.
    pub(crate) fn step(&self, from: KeysRef, key: Raw) -> Option<KeysRef> {
        self.steps.get(&step_key(from, key)).copied()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.steps.len() >= MOST_STEPS
    }

    pub(crate) fn remember(&mut self, from: KeysRef, key: Raw, to: KeysRef) {
        self.steps.insert(step_key(from, key), to);
    }

    /// A number that no shape had before.
    pub(crate) fn new_id(&mut self) -> Option<u32> {
        let id = self.next_id;
        self.next_id = id.checked_add(1).filter(|&n| n != OWNED)?;
        Some(id)
    }
}

fn step_key(from: KeysRef, key: Raw) -> (u32, u64, u64) {
    let (tag, payload) = key.words();
    (if from.is_null() { 0 } else { from.id() }, tag, payload)
}

impl Heap {
    /// A key list over the first `count` values of `keys`. `id` is [`OWNED`] or
    /// a shape number.
    pub(crate) fn keys(&mut self, keys: ArrayRef, count: usize, id: u32) -> Result<KeysRef, OutOfMemory> {
        let index = if count > LINEAR { self.build_index(keys, count)? } else { std::ptr::null_mut() };
        let object = self.allocate(Kind::Shape, size_of::<KeysObject>())?.cast::<KeysObject>();
        // SAFETY: the cell is large enough; every field is written.
        unsafe {
            (*object).header.wide = id;
            (*object).keys = keys;
            (*object).index = index;
            (*object).count = count;
        }
        Ok(KeysRef(object))
    }

    fn build_index(&mut self, keys: ArrayRef, count: usize) -> Result<*mut IndexObject, OutOfMemory> {
        let size = (count.max(LINEAR) * 2).next_power_of_two();
        if size > MOST_ENTRIES {
            return Err(OutOfMemory);
        }
        let bytes = size_of::<IndexObject>() + size * size_of::<u32>();
        let index = self.allocate(Kind::Index, bytes)?.cast::<IndexObject>();
        // SAFETY: the cell holds `size` entries, zeroed first; positions are
        // below `count`, which the array holds.
        unsafe {
            (*index).mask = size - 1;
            entries(index).write_bytes(0, size);
            for position in 0..count {
                let key = keys.get(position);
                if !key.is_nil() {
                    enter(index, key, position);
                }
            }
        }
        Ok(index)
    }

    /// Adds a position with this key (nil: bare) at the end of an owned list.
    pub(crate) fn push_key(&mut self, list: KeysRef, key: Raw) -> Result<(), OutOfMemory> {
        debug_assert!(!list.is_shared(), "a shape never changes");
        // SAFETY: H1; bounds as stated at each step.
        unsafe {
            let object = list.0;
            let count = (*object).count;
            if count == (*object).keys.capacity() {
                (*object).keys = self.grow_array((*object).keys, count, (count * 2).max(4))?;
            }
            // The index grows before the key counts, so a failure changes nothing.
            let index = (*object).index;
            let full = !index.is_null() && (count + 1) * 4 > ((*index).mask + 1) * 3;
            if (index.is_null() && count >= LINEAR) || full {
                (*object).keys.set(count, key);
                match self.build_index((*object).keys, count + 1) {
                    Ok(new) => {
                        (*object).index = new;
                        if !index.is_null() {
                            self.free_early(index.cast(), index_size(index));
                        }
                    }
                    Err(e) => {
                        (*object).keys.set(count, Raw::NIL);
                        return Err(e);
                    }
                }
            } else {
                (*object).keys.set(count, key);
                if !index.is_null() && !key.is_nil() {
                    enter(index, key, count);
                }
            }
            (*object).count = count + 1;
        }
        Ok(())
    }

    /// Takes the last position off an owned list.
    pub(crate) fn pop_key(&mut self, list: KeysRef) {
        debug_assert!(!list.is_shared(), "a shape never changes");
        // SAFETY: H1; positions are below `count`.
        unsafe {
            let object = list.0;
            let Some(last) = (*object).count.checked_sub(1) else { return };
            let key = (*object).keys.get(last);
            (*object).keys.set(last, Raw::NIL);
            (*object).count = last;
            let index = (*object).index;
            if index.is_null() {
                return;
            }
            if last <= LINEAR {
                (*object).index = std::ptr::null_mut();
                self.free_early(index.cast(), index_size(index));
            } else if !key.is_nil() {
                leave(index, key, last, (*object).keys);
            }
        }
    }

    /// Enters the keys of an owned list into its index anew, after its array was
    /// changed and `count` set, which is at most what the index was made for. It
    /// needs no memory, so a change of a container can't fail half way.
    pub(crate) fn reindex(&mut self, list: KeysRef) {
        // SAFETY: H1; positions are below `count`.
        unsafe {
            let object = list.0;
            let index = (*object).index;
            if index.is_null() {
                return;
            }
            if (*object).count <= LINEAR {
                (*object).index = std::ptr::null_mut();
                self.free_early(index.cast(), index_size(index));
                return;
            }
            entries(index).write_bytes(0, (*index).mask + 1);
            for position in 0..(*object).count {
                let key = (*object).keys.get(position);
                if !key.is_nil() {
                    enter(index, key, position);
                }
            }
        }
    }
}

pub(crate) fn index_size(index: *mut IndexObject) -> usize {
    // SAFETY: H1 for the index, not null.
    size_of::<IndexObject>() + (unsafe { (*index).mask } + 1) * size_of::<u32>()
}

/// # Safety
/// The index has a free entry; `position` is the key's.
unsafe fn enter(index: *mut IndexObject, key: Raw, position: usize) {
    let hash = hash_key(key);
    // SAFETY: indices are masked; the caller leaves room, so the search ends.
    unsafe {
        let mask = (*index).mask;
        let mut at = hash as usize & mask;
        while *entries(index).add(at) != 0 {
            at = (at + 1) & mask;
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
unsafe fn leave(index: *mut IndexObject, key: Raw, position: usize, keys: ArrayRef) {
    // SAFETY: indices are masked; a free entry ends both searches.
    unsafe {
        let mask = (*index).mask;
        let entry = |at: usize| entries(index).add(at);
        let mut hole = hash_key(key) as usize & mask;
        while *entry(hole) != 0 && (*entry(hole) & mask as u32) as usize != position + 1 {
            hole = (hole + 1) & mask;
        }
        let mut at = hole;
        loop {
            at = (at + 1) & mask;
            let moved = *entry(at);
            if moved == 0 {
                break;
            }
            let home = hash_key(keys.get((moved & mask as u32) as usize - 1)) as usize & mask;
            // Its place lies at or before the hole, on the way round to here.
            if (at.wrapping_sub(home) & mask) >= (at.wrapping_sub(hole) & mask) {
                *entry(hole) = moved;
                hole = at;
            }
        }
        *entry(hole) = 0;
    }
}
