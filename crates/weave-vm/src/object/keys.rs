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
use crate::object::index::{self, IndexObject, LINEAR, enter, index_size, leave, seed};
use crate::value::Raw;

/// Layout: header (`wide` = shape number, `u32::MAX` where owned), keys per
/// position (nil: bare), hash index or null, number of positions.
#[repr(C)]
pub(crate) struct KeysObject {
    header: Header,
    pub(crate) keys: ArrayRef,
    pub(crate) index: *mut IndexObject,
    pub(crate) count: usize,
}

/// Number of an owned key list: never a shape's.
pub(crate) const OWNED: u32 = u32::MAX;
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

    /// Whether one key more needs a larger index.
    pub(crate) fn is_full(self) -> bool {
        // SAFETY: H1; an index that is not null.
        unsafe {
            let index = (*self.0).index;
            !index.is_null() && index::is_full_with(index, (*self.0).count + 1)
        }
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
            index::find(object.index, object.keys, key)
        }
    }

    /// Enters the keys of an owned list into its index anew, after its array was
    /// changed and `count` set, which is at most what the index was made for. It
    /// needs no memory, so a change of a container can't fail half way.
    pub(crate) fn refill(self) {
        debug_assert!(!self.is_shared(), "a shape never changes");
        // SAFETY: H1; positions are below `count`.
        unsafe {
            let (index, count) = ((*self.0).index, (*self.0).count);
            if index.is_null() {
                return;
            }
            index::fill(index, (*self.0).keys, count);
        }
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
            if (index.is_null() && count >= LINEAR) || list.is_full() {
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

    /// As [`KeysRef::refill`], and without the index where the keys are few.
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
            list.refill();
        }
    }
}
