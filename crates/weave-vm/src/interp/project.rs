//! Rows of host sources that are read in part: the source is told which fields.

use super::machine::{Flow, Machine, Word};
use crate::access::text_of;
use crate::error::Raise;
use crate::object::container::ContainerRef;
use crate::object::host;
use crate::object::stream::{Stage, StreamRef};
use crate::value::{Raw, Tag};
use crate::vm::Vm;

/// Nothing but a stream draws from rows.
#[inline(always)]
pub(crate) unsafe fn project(m: &mut Machine) -> Flow {
    // SAFETY: V-REG.
    let v = unsafe { m.reg(m.word().a()) };
    if v.is(Tag::Stream) { Flow::Slow } else { Flow::Next }
}

/// The stream is in use by the loop or the stage before this instruction, so
/// nobody else gets an item of it.
pub(crate) fn project_slow(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    let w = Word(insn);
    let mut v = vm.reg(w.a());
    if w.b() & 1 == 1 && v.is(Tag::Stream) {
        v = StreamRef::from_raw(v).source();
    }
    if let (Some(source), Some(fields)) = (rows(v), ContainerRef::of(vm.constant(w.c()))) {
        let keys: Vec<Raw> = (0..fields.len()).map(|i| fields.get(i)).collect();
        let fields: Vec<&str> = keys.iter().filter_map(text_of).collect();
        host::with_host(source, |h| h.project(&fields));
    }
    Ok(())
}

/// The host object whose items a stream gives as they are.
fn rows(v: Raw) -> Option<Raw> {
    if !v.is(Tag::Stream) {
        return None;
    }
    let s = StreamRef::from_raw(v);
    let source = s.source();
    (s.stage() == Stage::Items && s.is_claimed() && source.is(Tag::Host)).then_some(source)
}
