//! The value stack and the frame records. Both are plain memory that grows by
//! reallocation; frames hold pointers into the stack, which are set anew when
//! it moves. It moves only in the call path, never while a native runs.

use crate::object::closure::ClosureObject;
use crate::value::Raw;
use std::alloc::{Layout, alloc, dealloc, realloc};

/// What a caller needs back when its callee returns.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Frame {
    pub(crate) ip: *const u64,
    pub(crate) base: *mut Raw,
    /// The running closure, or the native object of a native's frame.
    pub(crate) cl: *mut ClosureObject,
}

const _: () = assert!(size_of::<Frame>() == 24);

/// A growing run of plain memory.
pub(crate) struct Region<T> {
    pub(crate) start: *mut T,
    pub(crate) capacity: usize,
}

impl<T: Copy> Region<T> {
    pub(crate) const fn new() -> Region<T> {
        Region { start: std::ptr::null_mut(), capacity: 0 }
    }

    /// Bytes that `capacity` elements take.
    pub(crate) fn bytes(capacity: usize) -> usize {
        capacity * size_of::<T>()
    }

    /// Grows to `capacity` elements; false where there is no memory.
    pub(crate) fn grow(&mut self, capacity: usize) -> bool {
        let Ok(new) = Layout::array::<T>(capacity) else { return false };
        // SAFETY: the old layout is the one that the memory was made with, and
        // the new size is larger than 0.
        let start = unsafe {
            match Layout::array::<T>(self.capacity) {
                Ok(old) if self.capacity > 0 => realloc(self.start.cast(), old, new.size()),
                _ => alloc(new),
            }
        };
        if start.is_null() {
            return false;
        }
        self.start = start.cast();
        self.capacity = capacity;
        true
    }

    /// The element behind the last one.
    pub(crate) fn end(&self) -> *mut T {
        self.start.wrapping_add(self.capacity)
    }
}

impl<T> Drop for Region<T> {
    fn drop(&mut self) {
        if let (true, Ok(layout)) = (self.capacity > 0, Layout::array::<T>(self.capacity)) {
            // SAFETY: the memory was made with this layout.
            unsafe { dealloc(self.start.cast(), layout) };
        }
    }
}
