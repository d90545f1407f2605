//! Bodies of the ends and stages of a chain that the compiler puts into its loop: what
//! the functions of the same names do with each item of a sequence. An error
//! names the function, as if it had been called.

use super::machine::{Flow, Machine, Word, at};
use crate::error::Raise;
use crate::native::Step;
use crate::natives::{checks, fold, group, order};
use crate::object::container::ContainerRef;
use crate::seen;
use crate::value::{FLOAT, INT, Raw, float_at, int_at, tag_at};
use crate::vm::Vm;

/// The function in whose name a sum is made.
fn name_of_sum(flags: usize) -> &'static str {
    if flags & 1 == 1 { "mean" } else { "sum" }
}

pub(crate) fn check_stage(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    let w = Word(insn);
    let native = vm.take_second() as u32 as usize;
    let (window, argc) = (vm.place(w.a()), w.c().max(1));
    let mut step = Step { scope: crate::scope::Scope::new(vm), window, argc, room: argc, scratch: 0, native };
    let name = step.name().to_owned();
    checks::before_the_first(&mut step, &name).map_err(|raise| raise.inside(&name))
}

/// Adds numbers of the sum's own kind, and ints to a float.
#[inline(always)]
pub(crate) unsafe fn sum_fast(m: &mut Machine) -> Flow {
    let w = m.word();
    // SAFETY: V-REG, V-WINDOW.
    unsafe {
        let (sum, item) = (at(m.base, w.a()), at(m.base, w.b()));
        let total = if tag_at(sum) == INT {
            if tag_at(item) != INT {
                return Flow::Slow;
            }
            match int_at(sum).checked_add(int_at(item)) {
                Some(total) => Raw::int(total),
                None => return Flow::Slow,
            }
        } else if tag_at(sum) == FLOAT && tag_at(item) == FLOAT {
            Raw::float(float_at(sum) + float_at(item))
        } else if tag_at(sum) == FLOAT && tag_at(item) == INT {
            Raw::float(float_at(sum) + int_at(item) as f64)
        } else {
            return Flow::Slow;
        };
        *sum = total;
        // With its tag: whatever stood there, a number stands there now.
        *sum.add(1) = Raw::int(int_at(sum.add(1)).wrapping_add(1));
    }
    Flow::Next
}

pub(crate) fn sum(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    let w = Word(insn);
    let name = name_of_sum(w.c());
    let before = vm.reg(w.a() + 2).as_int().unwrap_or(0);
    let item = before.wrapping_add(1);
    let total = fold::added(name, item, vm.reg(w.a()), vm.reg(w.b())).map_err(|raise| raise.inside(name))?;
    vm.set(w.a(), total);
    vm.set(w.a() + 2, Raw::int(item));
    Ok(())
}

/// Compares numbers of one kind.
#[inline(always)]
pub(crate) unsafe fn extreme_fast(m: &mut Machine) -> Flow {
    let w = m.word();
    // SAFETY: V-REG.
    unsafe {
        let (best, item) = (at(m.base, w.a()), at(m.base, w.b()));
        let behind = w.c() & 1 == 1;
        if tag_at(best) == INT && tag_at(item) == INT {
            let (x, y) = (int_at(item), int_at(best));
            if if behind { x > y } else { x < y } {
                *best = Raw::int(x);
            }
            return Flow::Next;
        }
        if tag_at(best) == FLOAT && tag_at(item) == FLOAT {
            let (x, y) = (float_at(item), float_at(best));
            if y.is_nan() || if behind { x > y } else { x < y } {
                *best = Raw::float(x);
            }
            return Flow::Next;
        }
    }
    Flow::Slow
}

pub(crate) fn extreme(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    let w = Word(insn);
    let (best, item) = (vm.reg(w.a()), vm.reg(w.b()));
    let name = if w.c() & 1 == 1 { "max" } else { "min" };
    if best.is_unset() || order::replaces(vm, item, best, w.c() & 1 == 1).map_err(|raise| raise.inside(name))? {
        vm.set(w.a(), item);
    }
    Ok(())
}

pub(crate) fn unique(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    vm.collect_if_due();
    let w = Word(insn);
    let (state, known) = seen::meet(vm, vm.reg(w.a()), vm.reg(w.b()))?;
    vm.set(w.a(), state);
    vm.leave(known);
    Ok(())
}

/// The container that a group or a count goes to; anything else gets a new one, which
/// only code that no compiler wrote asks for.
fn groups(vm: &mut Vm, operand: usize) -> Result<ContainerRef, Raise> {
    if let Some(c) = ContainerRef::of(vm.reg(operand)) {
        return Ok(c);
    }
    let c = vm.heap.container(0)?;
    vm.set(operand, c.raw());
    Ok(c)
}

pub(crate) fn group(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    vm.collect_if_due();
    let w = Word(insn);
    let groups = groups(vm, w.a())?;
    let (item, v) = (vm.reg(w.b()), vm.reg(w.c()));
    let key = group::key_of(vm, "group_by", v).map_err(|raise| raise.inside("group_by"))?;
    group::into_group(vm, groups, key, item)
}

pub(crate) fn count(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    vm.collect_if_due();
    let w = Word(insn);
    let counts = groups(vm, w.a())?;
    let v = vm.reg(w.b());
    let key = group::key_of(vm, "count_by", v).map_err(|raise| raise.inside("count_by"))?;
    group::one_more(vm, counts, key)
}
