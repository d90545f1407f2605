//! A run of values: the storage of containers, key lists and argument lists.

use crate::heap::header::{Header, Kind};
use crate::heap::{Heap, OutOfMemory};
use crate::value::{Raw, Tag, load};

/// Layout: header, capacity, values. Values behind the owner's length are nil.
///
/// A list that loses its first values begins later in the same object: a second head is
/// written over the last value that is gone, with the flag [`MOVED`] and the number of
/// values in front of it in `wide`. So a position costs the same wherever the list
/// begins. The true head stays, and says how long the whole object is.
#[repr(C)]
pub(crate) struct ArrayObject {
    header: Header,
    capacity: usize,
}

pub(crate) const HEAD: usize = size_of::<ArrayObject>();

/// The flag of a head that is not at the beginning of its object.
const MOVED: u8 = 1;

// Tracing the whole object looks at moved heads as values: they are none on the heap.
const _: () = assert!(HEAD == size_of::<Raw>() && (Kind::Array as u8) < Tag::Text as u8);

/// A handle to an array; its owner knows the length.
#[derive(Clone, Copy)]
pub(crate) struct ArrayRef(pub(crate) *mut ArrayObject);

impl ArrayRef {
    pub(crate) const NULL: ArrayRef = ArrayRef(std::ptr::null_mut());

    pub(crate) fn capacity(self) -> usize {
        if self.0.is_null() {
            return 0;
        }
        // SAFETY: H1.
        unsafe { (*self.0).capacity }
    }

    /// The first value.
    #[inline(always)]
    pub(crate) fn values(self) -> *mut Raw {
        // An address computation only; reading behind it is the caller's matter.
        self.0.cast::<u8>().wrapping_add(HEAD).cast()
    }

    /// # Safety
    /// `i` is below the capacity.
    #[inline(always)]
    pub(crate) unsafe fn get(self, i: usize) -> Raw {
        // SAFETY: the caller bounds `i`; all values up to the capacity are
        // initialised.
        unsafe { load(self.values().add(i)) }
    }

    /// # Safety
    /// `i` is below the capacity.
    #[inline(always)]
    pub(crate) unsafe fn set(self, i: usize, v: Raw) {
        // SAFETY: the caller bounds `i`.
        unsafe { *self.values().add(i) = v }
    }

    /// Bytes of an array that begins with its object.
    fn size(self) -> usize {
        debug_assert!(self.moved() == 0, "a whole object");
        HEAD + self.capacity() * size_of::<Raw>()
    }

    pub(crate) fn header(self) -> *mut Header {
        self.0.cast()
    }

    /// Values of the object in front of this head.
    pub(crate) fn moved(self) -> usize {
        if self.0.is_null() {
            return 0;
        }
        // SAFETY: H1.
        let header = unsafe { &(*self.0).header };
        if header.flags & MOVED == 0 { 0 } else { header.wide as usize }
    }

    /// The array that begins with the object.
    pub(crate) fn whole(self) -> ArrayRef {
        ArrayRef(self.0.wrapping_sub(self.moved()))
    }

    /// Whether one value more in front can be counted.
    pub(crate) fn can_lose_first(self) -> bool {
        self.moved() < u32::MAX as usize
    }

    /// The array without its first value, which must not be needed any more.
    ///
    /// # Safety
    /// The capacity is not 0, [`ArrayRef::can_lose_first`] holds, and the owner alone refers
    /// to the array and takes the new one.
    pub(crate) unsafe fn without_first(self) -> ArrayRef {
        let moved = self.moved() as u32 + 1;
        // SAFETY: the new head takes the place of the first value; the old one becomes a
        // value like others where it is not the object's.
        unsafe {
            let capacity = (*self.0).capacity - 1;
            let next = self.0.add(1);
            (*next).header = Header { flags: MOVED, wide: moved, ..Header::new(Kind::Array) };
            (*next).capacity = capacity;
            if moved > 1 {
                *self.0.cast::<Raw>() = Raw::NIL;
            }
            ArrayRef(next)
        }
    }

    /// The array with one value more in front, which is nil, where it has lost some.
    ///
    /// # Safety
    /// The owner alone refers to the array and takes the new one.
    pub(crate) unsafe fn with_first(self) -> Option<ArrayRef> {
        let moved = self.moved().checked_sub(1)?;
        // SAFETY: the place in front is in the object: its head or a value that is gone.
        unsafe {
            let before = self.0.sub(1);
            if moved > 0 {
                (*before).header = Header { flags: MOVED, wide: moved as u32, ..Header::new(Kind::Array) };
                (*before).capacity = (*self.0).capacity + 1;
            }
            *self.0.cast::<Raw>() = Raw::NIL;
            Some(ArrayRef(before))
        }
    }

    /// The whole object with the first `len` values of this array at its beginning.
    ///
    /// # Safety
    /// `len` is at most the capacity, and the owner alone refers to the array and takes
    /// the new one.
    pub(crate) unsafe fn moved_back(self, len: usize) -> ArrayRef {
        let (whole, moved) = (self.whole(), self.moved());
        // SAFETY: both stretches lie in the one object. The head is read before, since it
        // may be written over.
        unsafe {
            std::ptr::copy(self.values(), whole.values(), len);
            whole.values().add(len).write_bytes(0, moved);
        }
        whole
    }
}

/// Values that are copied between two looks at the interrupt.
const PIECE: usize = 64 * 1024;

impl Heap {
    /// An array of nils.
    pub(crate) fn array(&mut self, capacity: usize) -> Result<ArrayRef, OutOfMemory> {
        self.array_from(ArrayRef::NULL, 0, capacity)
    }

    /// A larger array with the first `len` values of `old`, whose memory is
    /// given back: nothing else may refer to it.
    pub(crate) fn grow_array(&mut self, old: ArrayRef, len: usize, capacity: usize) -> Result<ArrayRef, OutOfMemory> {
        let new = self.array_from(old, len, capacity)?;
        if !old.0.is_null() {
            // SAFETY: the owner replaces the old one now and is its only user.
            unsafe { self.free_early(old.whole().header(), old.whole().size()) };
        }
        Ok(new)
    }

    fn array_from(&mut self, old: ArrayRef, len: usize, capacity: usize) -> Result<ArrayRef, OutOfMemory> {
        debug_assert!(len <= old.capacity() && len <= capacity, "values fit both arrays");
        let bytes = capacity.checked_mul(size_of::<Raw>()).and_then(|b| b.checked_add(HEAD)).ok_or(OutOfMemory)?;
        let object = self.allocate(Kind::Array, bytes)?.cast::<ArrayObject>();
        // SAFETY: the cell has room for the head and the values, of which the
        // first are copied from a different object and the others zeroed: nil.
        unsafe {
            (*object).capacity = capacity;
            let new = ArrayRef(object);
            if capacity <= PIECE {
                if len > 0 {
                    std::ptr::copy_nonoverlapping(old.values(), new.values(), len);
                }
                new.values().add(len).write_bytes(0, capacity - len);
                return Ok(new);
            }
            let mut done = 0;
            while done < capacity {
                if done > 0 {
                    // Nothing refers to the new object yet, nor ever will.
                    self.go_on()?;
                }
                let end = capacity.min(done + PIECE);
                let copied = len.clamp(done, end);
                if copied > done {
                    std::ptr::copy_nonoverlapping(old.values().add(done), new.values().add(done), copied - done);
                }
                new.values().add(copied).write_bytes(0, end - copied);
                done = end;
            }
            Ok(new)
        }
    }
}
