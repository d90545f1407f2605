//! A caught error as a value.

use crate::error::RuntimeError;
use crate::heap::Heap;
use crate::heap::header::{Header, Kind};
use crate::value::{Raw, Tag};

/// Layout: header (`wide` = bytes charged for the facts), the error's facts
/// (owned, dropped when the object dies), its data.
#[repr(C)]
pub(crate) struct ErrorObject {
    header: Header,
    pub(crate) facts: *mut RuntimeError,
    pub(crate) data: Raw,
}

impl Heap {
    /// An error value; where there is no room, the facts come back.
    pub(crate) fn error(&mut self, facts: Box<RuntimeError>, data: Raw) -> Result<Raw, Box<RuntimeError>> {
        let bytes = u32::try_from(facts.bytes_held()).unwrap_or(u32::MAX);
        let Ok(object) = self.allocate(Kind::Error, size_of::<ErrorObject>()) else { return Err(facts) };
        // SAFETY: the cell is large enough for the field.
        unsafe { (*object.cast::<ErrorObject>()).facts = std::ptr::null_mut() };
        if self.charge_owned(bytes as usize).is_err() {
            // The cell is garbage without content.
            return Err(facts);
        }
        // SAFETY: the cell is large enough; every field is written.
        unsafe {
            (*object).wide = bytes;
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
