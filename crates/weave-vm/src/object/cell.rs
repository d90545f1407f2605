//! The heap home of a captured variable that is reassigned.

use crate::heap::header::{Header, Kind};
use crate::heap::{Heap, OutOfMemory};
use crate::value::{Raw, Tag};

/// Layout: header, value.
#[repr(C)]
pub(crate) struct CellObject {
    header: Header,
    pub(crate) value: Raw,
}

impl Heap {
    /// A new cell that holds `value`, as a `Raw` for a cell register.
    #[inline]
    pub(crate) fn cell(&mut self, value: Raw) -> Result<Raw, OutOfMemory> {
        let object = self.allocate(Kind::Cell, size_of::<CellObject>())?.cast::<CellObject>();
        // SAFETY: the cell is large enough.
        unsafe { (*object).value = value };
        Ok(Raw::object(Tag::Cell, object.cast()))
    }
}

/// The place of a cell's value.
#[inline(always)]
pub(crate) fn cell_value(cell: Raw) -> *mut Raw {
    cell.address().cast::<u8>().wrapping_add(std::mem::offset_of!(CellObject, value)).cast()
}
