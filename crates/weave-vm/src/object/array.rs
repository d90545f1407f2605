//! A run of values: the storage of containers, key lists and argument lists.

use crate::heap::header::{Header, Kind};
use crate::heap::{Heap, OutOfMemory};
use crate::value::{Raw, load};

/// Layout: header, capacity, values. Values behind the owner's length are nil.
#[repr(C)]
pub(crate) struct ArrayObject {
    header: Header,
    capacity: usize,
}

pub(crate) const HEAD: usize = size_of::<ArrayObject>();

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

    pub(crate) fn size(self) -> usize {
        HEAD + self.capacity() * size_of::<Raw>()
    }

    pub(crate) fn header(self) -> *mut Header {
        self.0.cast()
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
            unsafe { self.free_early(old.header(), old.size()) };
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
