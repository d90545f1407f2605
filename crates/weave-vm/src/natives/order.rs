//! The smallest, the largest, and the opposite order.

use super::steps;
use super::walk::{Closed, OWN, Turn, build, gathered, no_calls, walk};
use crate::access::text_of;
use crate::equality::{LONG, order_in};
use crate::error::{ErrorKind, Raise};
use crate::native::{Answer, Native, Step, Value};
use crate::object::container::ContainerRef;
use crate::value::Raw;
use crate::vm::Vm;
use std::cmp::Ordering;

const SEEN: usize = OWN + 1;
const REGISTERS: u16 = OWN as u16 + 2;

pub(super) fn natives() -> Vec<Native> {
    vec![
        steps(
            "min",
            "*xs",
            "the smallest item of a sequence, or of several arguments; nil of none",
            &["print(min([3, 1]), min(2, 5))  # => 1 2"],
            REGISTERS,
            |step| extreme(step, Ordering::Less),
        ),
        steps(
            "max",
            "*xs",
            "the largest item of a sequence, or of several arguments; nil of none",
            &["print(max([3, 1]), max(2, 5))  # => 3 5"],
            REGISTERS,
            |step| extreme(step, Ordering::Greater),
        ),
        steps(
            "reverse",
            "xs",
            "the items, or the characters of a string, in the opposite order",
            &["print(reverse([1, 2]), reverse(\"ab\"))  # => [2, 1] ba"],
            REGISTERS,
            reverse,
        ),
    ]
}

/// The first of the items that stands on the wanted side of all others. NaN
/// gives way to anything.
fn extreme<'s>(step: &mut Step<'s>, wanted: Ordering) -> Result<Answer<'s>, Raise> {
    let given = ContainerRef::of(step.arg(0).raw).map_or(0, ContainerRef::len);
    if given == 0 && step.phase() == 0 {
        return Err(Raise::new(ErrorKind::Arity, format!("{} needs a sequence or several arguments", step.name())));
    }
    walk(
        step,
        |step| {
            step.set(SEEN, Value::bool(false));
            let all = step.arg(0);
            let one = ContainerRef::of(all.raw).filter(|c| c.len() == 1);
            Ok(one.map_or(all, |c| Value::new(c.get(0))))
        },
        |step, v, _| {
            let best = step.get(OWN);
            if !step.get(SEEN).is_true() || replaces(step.vm, v.raw, best.raw, wanted == Ordering::Greater)? {
                step.set(OWN, v);
                step.set(SEEN, Value::bool(true));
            }
            Ok(Turn::More)
        },
        no_calls,
        |step| Ok(step.get(OWN)),
    )
}

/// Whether an item takes the place of the best one so far: where it stands in front of it,
/// or behind it, or that is NaN.
pub(crate) fn replaces(vm: &mut Vm, item: Raw, best: Raw, behind: bool) -> Result<bool, Raise> {
    let wanted = if behind { Ordering::Greater } else { Ordering::Less };
    Ok(is_nan(best) || order_in(vm, item, best)? == Some(wanted))
}

fn is_nan(v: Raw) -> bool {
    v.is_float() && v.float_bits().is_nan()
}

fn reverse<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    if step.phase() == 0 {
        let v = step.arg(0).raw;
        if let Some(text) = text_of(&v) {
            let reversed = build(step, |step, out| {
                let mut rest = text;
                while !rest.is_empty() {
                    let from = rest.floor_char_boundary(rest.len().saturating_sub(LONG));
                    let reversed: String = rest[from..].chars().rev().collect();
                    out.push(step, &reversed)?;
                    rest = &rest[..from];
                }
                Ok(())
            })?;
            return Ok(Answer::Return(reversed));
        }
        if let Some(xs) = Closed::of(v) {
            return reversed(step, xs).map(Answer::Return);
        }
    }
    gathered(step, |step, items| reversed(step, Closed::Container(items)))
}

fn reversed<'s>(step: &mut Step<'s>, xs: Closed) -> Result<Value<'s>, Raise> {
    let out = step.vm.heap.container(0)?;
    for i in (0..xs.len()).rev() {
        step.vm.heap.push_keyed(out, xs.key(i), xs.get(i))?;
        step.poll(1)?;
    }
    Ok(Value::new(out.raw()))
}
