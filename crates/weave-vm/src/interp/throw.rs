//! From an error to its handler: the only place that attaches a position and a
//! trace and unwinds frames.

use crate::error::{ErrorKind, Pending, Raise, RuntimeError};
use crate::frame::Frame;
use crate::heap::OutOfMemory;
use crate::heap::header::Kind;
use crate::load::Proto;
use crate::value::Raw;
use crate::vm::Vm;

/// Bytes beyond the limit that errors about it may take.
const RESERVE: usize = 256 * 1024;
impl Vm {
    /// Leaves `cur` at the handler of the error, or at the sentinel frame with
    /// the error as the run's outcome.
    #[cold]
    pub(crate) fn throw(&mut self, raise: Raise) {
        let mut pending = raise.0;
        if !pending.located {
            self.locate(&mut pending);
        }
        if pending.error.kind.is_catchable() {
            // An error is a jump, and may go back.
            if let Err(limit) = self.spend_slow() {
                pending = limit.0;
                self.locate(&mut pending);
            }
        }
        let catchable = pending.error.kind.is_catchable();
        loop {
            if catchable && self.enter_handler(&mut pending) {
                return;
            }
            if self.cur.cl.is_null() {
                // The sentinel: hand the error to the host.
                self.data = Raw::NIL;
                self.outcome = Some(pending.error);
                self.cur.ip = crate::vm::halt_code();
                return;
            }
            if catchable {
                self.close_loops(None);
            }
            // SAFETY: the sentinel's record lies below every other frame's.
            unsafe {
                self.frame_top = self.frame_top.sub(1);
                self.cur = *self.frame_top;
            }
        }
    }

    /// Makes the innermost handler around the current instruction current.
    fn enter_handler(&mut self, pending: &mut Pending) -> bool {
        let Some((proto, mut offset)) = self.code_position(&self.cur) else { return false };
        // The prototype lives as long as the machine and never changes.
        let proto: *const Proto = proto;
        // SAFETY: as above.
        let handlers = unsafe { (*proto).prototype().handlers.len() };
        self.charge_work(handlers);
        loop {
            // SAFETY: as above.
            let proto = unsafe { &*proto };
            let Some(handler) = proto.prototype().handlers.iter().find(|h| (h.start..h.end).contains(&offset)) else {
                return false;
            };
            let (target, register) = (handler.target, handler.register);
            self.close_loops(Some(target));
            self.reading.clear();
            // SAFETY: V-HANDLER: the target is an instruction of this code.
            self.cur.ip = unsafe { proto.code.add(target as usize) };
            match self.error_value(pending) {
                Some(v) => {
                    // SAFETY: V-HANDLER: the register lies in the frame.
                    unsafe { *self.cur.base.add(usize::from(register)) = v };
                    return true;
                }
                // No room for the error: as if the handler itself had met the
                // limit, that goes to the handlers around it.
                None if pending.error.kind != ErrorKind::Memory => {
                    let Pending { error, .. } = *Raise::from(OutOfMemory).0;
                    pending.error.kind = error.kind;
                    pending.error.message = error.message;
                    pending.error.help = error.help;
                    pending.error.label = None;
                    pending.data = Raw::NIL;
                    offset = target;
                }
                None => return false,
            }
        }
    }

    /// Closes what the loops of the current frame draw from that an error leaves, as `break`
    /// does: all of them, or those around the running instruction and not around a handler.
    /// Streams are used once, so nobody else draws from there.
    fn close_loops(&mut self, handler: Option<u32>) {
        let Some((proto, offset)) = self.code_position(&self.cur) else { return };
        // The prototype lives as long as the machine and never changes.
        let proto: *const Proto = proto;
        // SAFETY: as above.
        let loops = unsafe { (*proto).loops() };
        self.charge_work(loops.len());
        for around in loops {
            let range = around.start..around.end;
            if range.contains(&offset) && !handler.is_some_and(|target| range.contains(&target)) {
                // SAFETY: V-WINDOW: the register lies in the frame.
                let source = unsafe { *self.cur.base.add(usize::from(around.register)) };
                // A defect of the host must not stand in the way of the error.
                let closing = std::panic::AssertUnwindSafe(|| super::iterate::close(self, source));
                if let Err(panic) = std::panic::catch_unwind(closing) {
                    std::mem::forget(panic);
                }
            }
        }
    }

    /// The error as a value; its facts are moved into it. `None` where there is no
    /// room for it.
    fn error_value(&mut self, pending: &mut Pending) -> Option<Raw> {
        // The frames above are gone; what they held may make room.
        self.data = pending.data;
        let full = pending.error.kind == ErrorKind::Memory;
        if full {
            self.collect();
        } else {
            self.collect_if_due();
        }
        let blank = RuntimeError::new(pending.error.kind, String::new());
        let facts = Box::new(std::mem::replace(&mut pending.error, blank));
        let made = self.heap.error(facts, self.data).or_else(|facts| {
            self.collect();
            let data = self.data;
            // That the memory is full must fit in any case.
            let reserve = if full { RESERVE } else { 0 };
            self.heap.with_reserve(reserve, |heap| heap.error(facts, data))
        });
        self.data = Raw::NIL;
        match made {
            Ok(v) => Some(v),
            Err(facts) => {
                pending.error = *facts;
                None
            }
        }
    }

    /// The prototype and offset at which a bytecode frame stands.
    pub(crate) fn code_position(&self, frame: &Frame) -> Option<(&crate::load::Proto, u32)> {
        if frame.cl.is_null() {
            return None;
        }
        // SAFETY: H1 for the frame's closure or native object.
        unsafe {
            if (*frame.cl).header.kind != Kind::Closure {
                return None;
            }
            let proto = &*(*frame.cl).proto;
            // `ip` stands behind the running instruction's first word, or its
            // last: either way the word before belongs to it.
            let offset = proto.offset_of(frame.ip)?.checked_sub(1)?;
            Some((proto, offset))
        }
    }

    /// Calls that are active: the first record is the sentinel's, and the
    /// innermost call has no record.
    pub(super) fn calls(&self) -> usize {
        if self.cur.cl.is_null() {
            return 0;
        }
        // SAFETY: records lie between the region's start and `frame_top`.
        unsafe { self.frame_top.offset_from(self.frames.start) }.max(0) as usize
    }

    /// The frames from the current one down to the sentinel.
    pub(crate) fn frames_down(&self) -> impl Iterator<Item = Frame> + '_ {
        (0..self.calls()).map(|i| self.nth_call(i))
    }

    /// The frame of call `i`, the innermost one being 0.
    pub(super) fn nth_call(&self, i: usize) -> Frame {
        match i {
            0 => self.cur,
            // SAFETY: below `calls()`, so the record lies above the sentinel's.
            _ => unsafe { *self.frame_top.sub(i) },
        }
    }
}
