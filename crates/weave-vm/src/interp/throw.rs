//! From an error to its handler: the only place that attaches a position and a
//! trace and unwinds frames.

use crate::error::{ErrorKind, Pending, Place, Raise, RuntimeError, TraceEntry};
use crate::frame::Frame;
use crate::heap::OutOfMemory;
use crate::heap::header::Kind;
use crate::load::Proto;
use crate::object::stream::StreamRef;
use crate::value::{Raw, Tag};
use crate::vm::Vm;
use weave_bytecode::position::Part;

/// Bytes beyond the limit that errors about it may take.
const RESERVE: usize = 256 * 1024;
/// Bytes of a function's name that a trace keeps: it holds many, which count for
/// the program only when all are there.
const MOST_NAME: usize = 400;
/// Calls shown at each end of a long trace.
const SHOWN: usize = 10;

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
    fn calls(&self) -> usize {
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
    fn nth_call(&self, i: usize) -> Frame {
        match i {
            0 => self.cur,
            // SAFETY: below `calls()`, so the record lies above the sentinel's.
            _ => unsafe { *self.frame_top.sub(i) },
        }
    }

    fn locate(&mut self, pending: &mut Pending) {
        pending.located = true;
        if pending.error.data_place.is_none() {
            pending.error.data_place = self.data_place();
        }
        let mut trace: Vec<TraceEntry> = Vec::new();
        trace.extend(pending.inside.take().map(|function| TraceEntry { function, place: None }));
        let total = self.calls();
        // Both ends of a long trace; never a walk over a million calls.
        let cut = if total <= 2 * SHOWN + 1 { total..total } else { SHOWN..total - SHOWN };
        let mut entries_before = 0;
        // A stage's function was called where the stage stands, whatever pulls it.
        let mut called_at: Option<*const u64> = None;
        for i in (0..cut.start).chain(cut.end..total) {
            if i == cut.end {
                entries_before = trace.len();
            }
            let frame = self.nth_call(i);
            match self.code_position(&frame) {
                Some((proto, offset)) => {
                    let stage = called_at.take().and_then(|ip| proto.offset_of(ip)?.checked_sub(1));
                    let prototype = proto.prototype();
                    let inlined = |at: u32| prototype.positions.innermost(at);
                    let offset = stage.filter(|at| inlined(*at) == inlined(offset)).unwrap_or(offset);
                    let part = if pending.error.place.is_none() { pending.part } else { Part::Whole };
                    let place_of = |span| Place { chunk: proto.chunk.clone(), span };
                    let mut place = prototype.positions.find(offset, part).map(place_of);
                    if pending.error.place.is_none() {
                        pending.error.place = place.clone();
                    }
                    let function = match &*prototype.signature.name {
                        // What the compiler wraps around a stage is no call of
                        // the program's.
                        "<stage>" => continue,
                        "" if proto.index > 0 => "lambda".into(),
                        name => shown(name),
                    };
                    // A lambda that became part of this code was called all the
                    // same.
                    for call in prototype.positions.inlined_at(offset) {
                        let outer = Some(place_of(call.span));
                        trace.push(TraceEntry {
                            function: shown(&call.function),
                            place: std::mem::replace(&mut place, outer),
                        });
                    }
                    trace.push(TraceEntry { function, place });
                }
                None => {
                    // SAFETY: H1: a frame without code is a native's.
                    let native = unsafe { (*frame.cl).header.wide as usize };
                    let name = self.natives.get(native).map_or("", |n| &n.signature.name);
                    // The second half of a function whose first half is a chain's loop.
                    let name = if name == crate::natives::SORT_GATHERED { "sort_by" } else { name };
                    if name.starts_with('<') {
                        called_at = called_at.or_else(|| self.stage_of(&frame, native));
                    } else if i == 0 {
                        // Of built-in functions only the one that fails is shown.
                        trace.push(TraceEntry { function: shown(name), place: None });
                    }
                }
            }
        }
        if !cut.is_empty() {
            pending.error.omitted = Some((entries_before, cut.len()));
        }
        trace.shrink_to_fit();
        pending.error.trace = trace;
    }

    /// Where the stage stands whose frame this is, where its function is running.
    fn stage_of(&self, frame: &Frame, native: usize) -> Option<*const u64> {
        if !self.stages.contains(&native) {
            return None;
        }
        // SAFETY: a stage's frame holds its stream, then how often it was resumed.
        let (stream, phase) = unsafe { (*frame.base, *frame.base.add(1)) };
        let running = stream.is(Tag::Stream) && phase.as_int().is_some_and(|phase| phase >= 2);
        let ip = running.then(|| StreamRef::from_raw(stream).made_at())?;
        (!ip.is_null()).then_some(ip)
    }

    /// The `.trace` of a caught error: a line for each call.
    pub(crate) fn trace_value(&mut self, facts: &RuntimeError) -> Result<Raw, Raise> {
        let c = self.heap.container(facts.trace.len())?;
        for entry in &facts.trace {
            let name = if entry.function.is_empty() { "the program" } else { &entry.function };
            let text = match &entry.place {
                Some(place) if place.line() > 0 => format!("{name} ({}:{})", place.chunk.name, place.line()),
                Some(place) => format!("{name} ({})", place.chunk.name),
                None => name.to_owned(),
            };
            let v = self.heap.text(&text)?;
            self.heap.push(c, v)?;
        }
        Ok(c.raw())
    }
}

/// A name for a trace, its end cut where it is very long.
fn shown(name: &str) -> Box<str> {
    if name.len() <= MOST_NAME {
        return name.into();
    }
    format!("{}…", &name[..name.floor_char_boundary(MOST_NAME)]).into()
}
