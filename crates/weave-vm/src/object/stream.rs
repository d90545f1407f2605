//! Lazy, single-pass sequences. A stream is one stage over another stream, or
//! over a container, a range or a host source.

use crate::heap::header::{Header, Kind};
use crate::heap::{Heap, OutOfMemory};
use crate::value::{Raw, Tag};

/// What a stream does with the items of its source.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u16)]
pub(crate) enum Stage {
    /// Items of a container, a range, a host source or a single value as they
    /// are.
    Items = 0,
    Map,
    Filter,
    Take,
    Skip,
    TakeWhile,
    Enumerate,
    Zip,
    Chunk,
    Unique,
    Flatten,
}

impl Stage {
    pub(crate) const ALL: [Stage; 11] = [
        Stage::Items,
        Stage::Map,
        Stage::Filter,
        Stage::Take,
        Stage::Skip,
        Stage::TakeWhile,
        Stage::Enumerate,
        Stage::Zip,
        Stage::Chunk,
        Stage::Unique,
        Stage::Flatten,
    ];
}

/// Layout: header (`flags`, `small` = stage), what it draws from, its function
/// or second source, its memory, and a count.
#[repr(C)]
pub(crate) struct StreamObject {
    header: Header,
    pub(crate) source: Raw,
    pub(crate) function: Raw,
    pub(crate) extra: Raw,
    pub(crate) count: i64,
    pub(crate) edits: i64,
    /// What `peek` pulled, last first: keys and items in turn; or nil.
    pub(crate) ahead: Raw,
    /// Where the code stood that made it: calls of its function are shown there.
    made_at: *const u64,
}

const CLAIMED: u8 = 1;
const FINISHED: u8 = 2;

/// A handle to a stream.
#[derive(Clone, Copy)]
pub(crate) struct StreamRef(pub(crate) *mut StreamObject);

impl StreamRef {
    pub(crate) fn from_raw(v: Raw) -> StreamRef {
        debug_assert!(v.is(Tag::Stream), "a stream handle from a stream");
        StreamRef(v.address().cast())
    }

    pub(crate) fn raw(self) -> Raw {
        Raw::object(Tag::Stream, self.0.cast())
    }

    pub(crate) fn stage(self) -> Stage {
        // SAFETY: H1; the number was stored from a Stage.
        let n = unsafe { (*self.0).header.small } as usize;
        Stage::ALL[n.min(Stage::ALL.len() - 1)]
    }

    /// Takes the stream for one use; false where it was taken before.
    pub(crate) fn claim(self) -> bool {
        // SAFETY: H1.
        unsafe {
            let flags = &mut (*self.0).header.flags;
            let first = *flags & CLAIMED == 0;
            *flags |= CLAIMED;
            first
        }
    }

    pub(crate) fn is_claimed(self) -> bool {
        // SAFETY: H1.
        unsafe { (*self.0).header.flags & CLAIMED != 0 }
    }

    pub(crate) fn ahead(self) -> Raw {
        // SAFETY: H1.
        unsafe { (*self.0).ahead }
    }

    pub(crate) fn set_ahead(self, v: Raw) {
        // SAFETY: H1.
        unsafe { (*self.0).ahead = v }
    }

    pub(crate) fn made_at(self) -> *const u64 {
        // SAFETY: H1.
        unsafe { (*self.0).made_at }
    }

    pub(crate) fn set_made_at(self, ip: *const u64) {
        // SAFETY: H1.
        unsafe { (*self.0).made_at = ip }
    }

    pub(crate) fn finish(self) {
        // SAFETY: H1.
        unsafe { (*self.0).header.flags |= FINISHED }
    }

    pub(crate) fn is_finished(self) -> bool {
        // SAFETY: H1.
        unsafe { (*self.0).header.flags & FINISHED != 0 }
    }

    pub(crate) fn source(self) -> Raw {
        // SAFETY: H1.
        unsafe { (*self.0).source }
    }

    pub(crate) fn set_source(self, v: Raw) {
        // SAFETY: H1.
        unsafe { (*self.0).source = v }
    }

    pub(crate) fn function(self) -> Raw {
        // SAFETY: H1.
        unsafe { (*self.0).function }
    }

    pub(crate) fn extra(self) -> Raw {
        // SAFETY: H1.
        unsafe { (*self.0).extra }
    }

    pub(crate) fn set_extra(self, v: Raw) {
        // SAFETY: H1.
        unsafe { (*self.0).extra = v }
    }

    pub(crate) fn count(self) -> i64 {
        // SAFETY: H1.
        unsafe { (*self.0).count }
    }

    pub(crate) fn set_count(self, n: i64) {
        // SAFETY: H1.
        unsafe { (*self.0).count = n }
    }

    /// The source container's edit count when the stream was made.
    pub(crate) fn edits(self) -> i64 {
        // SAFETY: H1.
        unsafe { (*self.0).edits }
    }

    pub(crate) fn set_edits(self, n: i64) {
        // SAFETY: H1.
        unsafe { (*self.0).edits = n }
    }
}

impl Heap {
    pub(crate) fn stream(
        &mut self,
        stage: Stage,
        source: Raw,
        function: Raw,
        extra: Raw,
        count: i64,
    ) -> Result<StreamRef, OutOfMemory> {
        let object = self.allocate(Kind::Stream, size_of::<StreamObject>())?.cast::<StreamObject>();
        // SAFETY: the cell is large enough; every field is written.
        unsafe {
            (*object).header.small = stage as u16;
            (*object).source = source;
            (*object).function = function;
            (*object).extra = extra;
            (*object).count = count;
            (*object).edits = 0;
            (*object).ahead = Raw::NIL;
            (*object).made_at = std::ptr::null();
        }
        Ok(StreamRef(object))
    }
}
