//! Bodies of counting loops: three registers hold the next number, the last one, and the
//! variable.

use super::machine::{Flow, Machine, Word, at};
use crate::access::type_name;
use crate::error::{ErrorKind, Raise};
use crate::value::{Raw, int_at};
use crate::vm::Vm;
use weave_bytecode::position::Part;

pub(crate) fn for_prep(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    let w = Word(insn);
    let bound = |v: Raw, part: Part| {
        crate::number::operand(v)?.and_then(Raw::as_int).ok_or_else(|| {
            Raise::new(ErrorKind::Type, format!("a range goes from an int to an int, not {}", type_name(v))).at(part)
        })
    };
    let start = bound(vm.reg(w.a()), Part::Left)?;
    let end = bound(vm.reg(w.a() + 2), Part::Right)?;
    let last = if w.c() & 1 == 1 { Some(end) } else { end.checked_sub(1) };
    match last {
        Some(last) if start <= last => {
            vm.set(w.a(), Raw::int(start));
            vm.set(w.a() + 2, Raw::int(last));
            vm.set(w.a() + 4, Raw::int(start));
            vm.leave(false);
        }
        _ => vm.leave(true),
    }
    Ok(())
}

#[inline(always)]
pub(crate) unsafe fn for_loop(m: &mut Machine) -> Flow {
    let w = m.word();
    // SAFETY: V-WINDOW, V-JUMP. The counter and the last number are ints where the
    // ForPrep was run; the bits of anything else only count wrong.
    unsafe {
        let counter = at(m.base, w.a());
        let (i, last) = (int_at(counter), int_at(counter.add(1)));
        if i < last {
            if m.spend() {
                return Flow::Slow;
            }
            *counter = Raw::int(i + 1);
            *counter.add(2) = Raw::int(i + 1);
            m.jump(w.signed());
        }
    }
    Flow::Next
}

pub(crate) fn for_loop_slow(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    vm.refuel()?;
    let w = Word(insn);
    let i = vm.reg(w.a()).int_bits() + 1;
    vm.set(w.a(), Raw::int(i));
    vm.set(w.a() + 4, Raw::int(i));
    vm.skip(w.signed());
    Ok(())
}
