//! A caught error as a value.

use crate::error::RuntimeError;
use crate::heap::header::{Header, Kind};
use crate::heap::{Heap, OutOfMemory};
use crate::value::{Raw, Tag};

/// Layout: header, the error's facts (owned, dropped when the object dies),
/// its data.
#[repr(C)]
pub(crate) struct ErrorObject {
    header: Header,
    pub(crate) facts: *mut RuntimeError,
    pub(crate) data: Raw,
}

impl Heap {
    pub(crate) fn error(&mut self, facts: Box<RuntimeError>, data: Raw) -> Result<Raw, OutOfMemory> {
        let object = self.allocate(Kind::Error, size_of::<ErrorObject>())?;
        // SAFETY: the cell is large enough; every field is written.
        unsafe {
            (*object.cast::<ErrorObject>()).facts = Box::into_raw(facts);
            (*object.cast::<ErrorObject>()).data = data;
        }
        self.finalise_later(object);
        Ok(Raw::object(Tag::Error, object))
    }
}

/// The facts of an error value.
pub(crate) fn facts<'a>(v: Raw) -> &'a RuntimeError {
    debug_assert!(v.is(Tag::Error), "error facts from an error");
    // SAFETY: H1; the box lives as long as the object and is never changed.
    unsafe { &*(*v.address().cast::<ErrorObject>()).facts }
}

/// The data of an error value.
pub(crate) fn data(v: Raw) -> Raw {
    // SAFETY: H1.
    unsafe { (*v.address().cast::<ErrorObject>()).data }
}
