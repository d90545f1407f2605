//! What a stage of unique items has seen: a set of values by `==` that lives on the
//! heap, because it grows from one item to the next.
//!
//! It is a container of three: the values in order, their hashes, and slots by
//! open addressing that hold positions of values, counted from 1; at most half
//! of the slots are in use.

use crate::equality::equal_in;
use crate::error::Raise;
use crate::object::container::ContainerRef;
use crate::set::hash;
use crate::value::Raw;
use crate::vm::Vm;

const VALUES: usize = 0;
const HASHES: usize = 1;
const SLOTS: usize = 2;
/// Slots of a new set.
const FIRST: usize = 16;

/// The three containers, where the value is such a set.
fn parts(state: Raw) -> Option<[ContainerRef; 3]> {
    let set = ContainerRef::of(state)?;
    if set.len() != 3 {
        return None;
    }
    let part = |i: usize| ContainerRef::of(set.get(i));
    Some([part(VALUES)?, part(HASHES)?, part(SLOTS)?])
}

/// Adds a value to a set, which begins as nil; gives the set, and whether the value was
/// there before. Where the memory limit refuses, nothing has changed.
///
/// # Errors
/// The limit that was reached.
pub(crate) fn meet(vm: &mut Vm, state: Raw, v: Raw) -> Result<(Raw, bool), Raise> {
    // A set that a hostile chunk has put together is no set.
    let sound = parts(state).filter(|[values, hashes, slots]| {
        hashes.len() >= values.len() && slots.len().is_power_of_two() && slots.len() >= 2 * values.len()
    });
    let (state, [values, hashes, slots]) = match sound {
        Some(parts) => (state, parts),
        None => {
            let values = vm.heap.container(0)?;
            let hashes = vm.heap.container(0)?;
            let slots = empty_slots(vm, FIRST)?;
            let set = vm.heap.container_of(&[values.raw(), hashes.raw(), slots.raw()])?;
            (set.raw(), [values, hashes, slots])
        }
    };
    let hash = hash(v);
    vm.poll_work(4)?;
    let mut at = hash as usize & (slots.len() - 1);
    let mut tried = 0;
    while let Some(position) = slots.get(at).as_int().filter(|p| *p > 0 && tried < slots.len()) {
        let i = position as usize - 1;
        if i < values.len() && hashes.get(i).as_int() == Some(hash as i64) && equal_in(vm, v, values.get(i))? {
            return Ok((state, true));
        }
        tried += 1;
        vm.poll_work(1)?;
        at = (at + 1) & (slots.len() - 1);
    }
    let n = values.len();
    // One more must leave half of the slots free.
    let slots = if 2 * (n + 1) > slots.len() {
        let wider = empty_slots(vm, slots.len() * 2)?;
        for i in 0..n {
            enter(wider, hashes.get(i).as_int().unwrap_or(0) as u64, i);
        }
        vm.poll_work(n)?;
        ContainerRef::from_raw(state).set(SLOTS, wider.raw());
        wider
    } else {
        slots
    };
    if hashes.len() > n {
        hashes.set(n, Raw::int(hash as i64));
    } else {
        vm.heap.push(hashes, Raw::int(hash as i64))?;
    }
    vm.heap.push(values, v)?;
    enter(slots, hash, n);
    Ok((state, false))
}

fn empty_slots(vm: &mut Vm, count: usize) -> Result<ContainerRef, Raise> {
    let slots = vm.heap.container(count)?;
    for _ in 0..count {
        vm.heap.push(slots, Raw::int(0))?;
    }
    Ok(slots)
}

fn enter(slots: ContainerRef, hash: u64, i: usize) {
    let mut at = hash as usize & (slots.len() - 1);
    // Half of the slots are free, but in a set that a hostile chunk has put together.
    for _ in 0..slots.len() {
        if slots.get(at).as_int() == Some(0) {
            break;
        }
        at = (at + 1) & (slots.len() - 1);
    }
    slots.set(at, Raw::int(i as i64 + 1));
}
