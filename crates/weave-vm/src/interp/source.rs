//! Sources of the host: their next item, and which of them are being read.

use super::dispatch;
use crate::error::{ErrorKind, Raise};
use crate::native::Step;
use crate::object::host;
use crate::scope::Scope;
use crate::value::{Raw, Tag};
use crate::vm::Vm;

impl Vm {
    /// The next item of a host source.
    pub(super) fn pull_host(&mut self, source: Raw) -> Result<Option<Raw>, Raise> {
        let Some(mut object) = host::take_host(source) else {
            return Err(Raise::new(ErrorKind::State, "this source is being read already"));
        };
        // The cell is reached from a register, so it outlives the step.
        let window = host::memory_of(source);
        #[cfg(feature = "profile")]
        self.profile_items(Some(&*object));
        let item = {
            let mut step = Step { scope: Scope::new(self), window, argc: 1, room: 1, scratch: 0, native: 0 };
            object.next(&mut step).map(|v| v.map(|v| v.raw))
        };
        #[cfg(feature = "profile")]
        self.profile_items(None);
        host::put_host(source, object);
        match item {
            Ok(Some(_)) => self.now_reading(source),
            _ => self.done_reading(source),
        }
        item
    }

    /// An item of the source is in use. A source that is read inside the loop
    /// over another one stands above it.
    fn now_reading(&mut self, source: Raw) {
        match self.reading.iter().rposition(|r| r.same_words(source)) {
            Some(at) => self.reading.truncate(at + 1),
            None => self.reading.push(source),
        }
    }

    pub(super) fn done_reading(&mut self, source: Raw) {
        self.reading.retain(|r| !r.same_words(source));
    }

    /// Where in the data the item stands that was read last.
    pub(crate) fn data_place(&self) -> Option<String> {
        // An error is on its way: a panic of the host must not overtake it.
        let place = |r| dispatch::guarded(|| Ok(host::with_host(r, |h| h.place()).flatten())).unwrap_or(None);
        self.reading.iter().rev().find_map(|&r| place(r))
    }

    pub(crate) fn host_is_sequence(&self, v: Raw) -> bool {
        v.is(Tag::Host) && host::with_host(v, |h| h.is_sequence()).unwrap_or(false)
    }
}
