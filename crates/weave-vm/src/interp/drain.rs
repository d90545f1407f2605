//! Bodies that run a stream to its end for its effects.

use super::iterate::{Item, begin, items_of, pull_stream};
use super::machine::{Flow, Machine, Word, at};
use crate::error::{ErrorKind, Raise};
use crate::object::stream::{Stage, StreamRef};
use crate::value::{Raw, Tag};
use crate::vm::Vm;

#[inline(always)]
pub(crate) unsafe fn drain(m: &mut Machine) -> Flow {
    let w = m.word();
    // SAFETY: V-REG; a DrainNext of one word follows (V-PAIR).
    unsafe {
        if m.reg(w.a()).is(Tag::Stream) {
            return Flow::Slow;
        }
        m.ip = m.ip.add(1);
    }
    Flow::Next
}

pub(crate) fn drain_slow(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    let w = Word(insn);
    let state = begin(vm, vm.reg(w.a()), false)?;
    vm.set(w.a(), state[0]);
    drain_on(vm, w)
}

pub(crate) fn drain_next(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    let w = Word(insn);
    if vm.reg(w.a() + 2).is_unset() {
        return Ok(());
    }
    // Come back here after the pull.
    vm.skip(-1);
    drain_on(vm, w)
}

/// Pulls until an item needs frames, or to the end. `ip` stands at the
/// DrainNext.
fn drain_on(vm: &mut Vm, w: Word) -> Result<(), Raise> {
    let stream = vm.reg(w.a());
    if !stream.is(Tag::Stream) {
        // A jump from elsewhere reached the second half of the pair.
        return Err(Raise::new(ErrorKind::Internal, "only a stream is drained"));
    }
    let s = StreamRef::from_raw(stream);
    s.set_ahead(Raw::NIL);
    if s.is_finished() {
        vm.set(w.a() + 2, Raw::UNSET);
        return Ok(());
    }
    if s.stage() != Stage::Items {
        vm.spend_slow()?;
        let window = at(vm.cur.base, w.a() + 2);
        return pull_stream(vm, stream, window);
    }
    loop {
        vm.spend_slow()?;
        if !matches!(items_of(vm, s)?, Item::Got(..)) {
            vm.set(w.a() + 2, Raw::UNSET);
            return Ok(());
        }
    }
}
