//! The deep copy: a loop over a list of containers still to be copied, with a
//! table of those that have a copy already, so nesting of any depth, shared
//! parts and containers that hold themselves are all copied as they are.

use super::plain;
use crate::error::Raise;
use crate::native::{Native, Step, Value};
use crate::object::container::ContainerRef;
use rustc_hash::FxHashMap;

pub(super) fn natives() -> Vec<Native> {
    vec![plain(
        "copy",
        "x",
        "a deep copy: containers inside are copied too, shared ones stay shared",
        &["xs = [[1]]; ys = copy(xs); ys[0] << 2; print(xs, ys)  # => [[1]] [[1, 2]]"],
        copy,
    )]
}

/// Bytes that an entry of the table and of the list take.
const ENTRY: usize = 64;

fn copy<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    let Some(c) = ContainerRef::of(step.arg(0).raw) else { return Ok(step.arg(0)) };
    let mut charged = 0;
    let out = deep(step, c, &mut charged);
    step.vm.heap.discharge(charged);
    Ok(Value::new(out?.raw()))
}

fn deep(step: &mut Step<'_>, c: ContainerRef, charged: &mut usize) -> Result<ContainerRef, Raise> {
    let mut copies: FxHashMap<usize, ContainerRef> = FxHashMap::default();
    let out = step.vm.copy_container(c, 0)?;
    copies.insert(c.0.addr(), out);
    let mut pending = vec![out];
    while let Some(copied) = pending.pop() {
        step.poll(copied.len() + 1)?;
        for i in 0..copied.len() {
            let Some(inner) = ContainerRef::of(copied.get(i)) else { continue };
            let copy = match copies.get(&inner.0.addr()) {
                Some(&known) => known,
                None => {
                    step.vm.heap.charge(ENTRY)?;
                    *charged += ENTRY;
                    let copy = step.vm.copy_container(inner, 0)?;
                    copies.insert(inner.0.addr(), copy);
                    pending.push(copy);
                    copy
                }
            };
            copied.set(i, copy.raw());
        }
    }
    Ok(out)
}
