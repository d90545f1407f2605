//! A function with its captured variables.

use crate::heap::header::{Header, Kind};
use crate::heap::{Heap, OutOfMemory};
use crate::load::Proto;
use crate::value::{Raw, Tag};

/// Layout: header (`wide` = number of captured variables), prototype, the
/// captured values and cells.
#[repr(C)]
pub(crate) struct ClosureObject {
    pub(crate) header: Header,
    pub(crate) proto: *const Proto,
}

const HEAD: usize = size_of::<ClosureObject>();
const _: () = assert!(HEAD == 16);

/// The place of captured variable `i`.
#[inline(always)]
pub(crate) fn upvalue(closure: *mut ClosureObject, i: usize) -> *mut Raw {
    closure.cast::<u8>().wrapping_add(HEAD + i * size_of::<Raw>()).cast()
}

/// The place of the captured variable that a loaded instruction's operand names: its
/// offset in units of 8 bytes.
#[inline(always)]
pub(crate) fn captured(closure: *mut ClosureObject, operand: usize) -> *mut Raw {
    closure.cast::<u8>().wrapping_add(operand * 8).cast()
}

/// The operand of captured variable `i` in loaded code.
pub(crate) const fn operand_of(i: usize) -> usize {
    (HEAD + i * size_of::<Raw>()) / 8
}

/// The captured variable that an operand of loaded code names.
pub(crate) fn index_of(operand: usize) -> usize {
    (operand * 8 - HEAD) / size_of::<Raw>()
}

impl Heap {
    /// A closure whose captured variables the caller fills in at once.
    #[inline(always)]
    pub(crate) fn closure(&mut self, proto: *const Proto, upvalues: usize) -> Result<*mut ClosureObject, OutOfMemory> {
        let size = HEAD + upvalues * size_of::<Raw>();
        let object = self.allocate(Kind::Closure, size)?.cast::<ClosureObject>();
        // SAFETY: the cell is large enough.
        unsafe {
            (*object).header.wide = upvalues as u32;
            (*object).proto = proto;
        }
        Ok(object)
    }
}

/// The closure behind a value with that tag.
#[inline(always)]
pub(crate) fn closure_of(v: Raw) -> *mut ClosureObject {
    debug_assert!(v.is(Tag::Closure), "a closure handle from a closure");
    v.address().cast()
}

/// Whether the value at a place is a closure.
///
/// # Safety
/// The place holds a value.
#[inline(always)]
pub(crate) unsafe fn is_closure(at: *const Raw) -> bool {
    // SAFETY: as the caller says.
    unsafe { (*at).is(Tag::Closure) }
}

/// The closure at a place.
///
/// # Safety
/// [`is_closure`] holds there.
#[inline(always)]
pub(crate) unsafe fn closure_at(at: *const Raw) -> *mut ClosureObject {
    // SAFETY: as the caller says.
    closure_of(unsafe { *at })
}

/// A built-in or host function as a value.
#[repr(C)]
pub(crate) struct NativeObject {
    /// `wide` is its index in the machine's table.
    pub(crate) header: Header,
}

impl Heap {
    /// A native's value. It is the host's, not the program's, so no limit keeps
    /// it from being made.
    pub(crate) fn native(&mut self, index: u32) -> Raw {
        let object = self.with_reserve(usize::MAX, |heap| heap.allocate(Kind::Native, size_of::<NativeObject>()));
        let Ok(object) = object else {
            std::alloc::handle_alloc_error(std::alloc::Layout::new::<NativeObject>());
        };
        // SAFETY: the cell is large enough.
        unsafe { (*object).wide = index };
        Raw::object(Tag::Native, object)
    }
}

/// The table index of a native value.
#[inline]
pub(crate) fn native_index(v: Raw) -> usize {
    debug_assert!(v.is(Tag::Native), "a native handle from a native");
    // SAFETY: H1.
    unsafe { (*v.address()).wide as usize }
}
