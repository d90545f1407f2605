//! The place of an error and its trace: which calls were active, and where each stood.
//! Calls that became part of other code are in it. Stages of streams are not: a
//! stage's function was called where the stage stands, whatever pulls it.

use crate::error::{Pending, Place, Raise, RuntimeError, TraceEntry};
use crate::frame::Frame;
use crate::object::stream::StreamRef;
use crate::value::{Raw, Tag};
use crate::vm::Vm;
use std::ops::Range;
use weave_bytecode::position::Part;

/// Calls shown at each end of a long trace.
const SHOWN: usize = 10;
/// Frames that are looked at for them at each end: stages and what the compiler wraps
/// around them have frames that are not shown.
const LOOKED_AT: usize = 8 * SHOWN;
/// Bytes of a function's name that a trace keeps: it holds many, which count for
/// the program only when all are there.
const MOST_NAME: usize = 400;

impl Vm {
    /// Attaches place and trace.
    pub(super) fn locate(&mut self, pending: &mut Pending) {
        pending.located = true;
        if pending.error.data_place.is_none() {
            pending.error.data_place = self.data_place();
        }
        let total = self.calls();
        let mut trace: Vec<TraceEntry> = Vec::new();
        trace.extend(pending.inside.take().map(|function| TraceEntry { function, place: None }));
        // Both ends of a long trace; never a walk over a million calls.
        if total <= 2 * LOOKED_AT {
            self.entries(0..total, pending, &mut trace);
            if trace.len() > 2 * SHOWN + 1 {
                let omitted = trace.len() - 2 * SHOWN;
                trace.drain(SHOWN..SHOWN + omitted);
                pending.error.omitted = Some((SHOWN, omitted));
            }
        } else {
            self.entries(0..LOOKED_AT, pending, &mut trace);
            trace.truncate(SHOWN);
            let mut outer = Vec::new();
            self.entries(total - LOOKED_AT..total, pending, &mut outer);
            let skipped = outer.len().saturating_sub(SHOWN);
            pending.error.omitted = Some((trace.len(), total - trace.len() - SHOWN.min(outer.len())));
            trace.extend(outer.drain(skipped..));
        }
        trace.shrink_to_fit();
        pending.error.trace = trace;
    }

    /// Adds the entries of calls, the innermost first; the innermost of all says where the
    /// error is.
    fn entries(&self, calls: Range<usize>, pending: &mut Pending, trace: &mut Vec<TraceEntry>) {
        let mut called_at: Option<*const u64> = None;
        let mut wrapped: Option<Place> = None;
        for i in calls {
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
                        // the program's: what it calls stands where the stage does.
                        "<stage>" => {
                            wrapped = place;
                            continue;
                        }
                        "" if proto.index > 0 => "lambda".into(),
                        name => shown(name),
                    };
                    place = wrapped.take().or(place);
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
                    } else if i == 0 && !pending.of_source {
                        // Of built-in functions only the one that fails is shown.
                        trace.push(TraceEntry { function: shown(name), place: None });
                    }
                }
            }
        }
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
