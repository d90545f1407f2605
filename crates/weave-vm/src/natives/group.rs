//! Grouping by the text of a scalar, and looking for an item.

use super::steps;
use super::walk::{OWN, Turn, call, function, held, into_container, walk};
use crate::access::{number_text_of, text_of, type_name};
use crate::error::{ErrorKind, Raise};
use crate::native::{Answer, Native, Step, Value};
use crate::number::{self, NumberText};
use crate::object::container::ContainerRef;
use crate::value::{Raw, Tag};
use crate::vm::Vm;

const ITEM: usize = OWN + 1;
const REGISTERS: u16 = OWN as u16 + 2;

pub(super) fn natives() -> Vec<Native> {
    vec![
        steps(
            "group_by",
            "xs, f",
            "a container of containers, keyed by the text of what f gives",
            &["print(group_by([1, 2, 3], ^{ it % 2 }))  # => [\"1\": [1, 3], \"0\": [2]]"],
            REGISTERS,
            group_by,
        ),
        steps(
            "count_by",
            "xs, f",
            "how many items there are for each text of what f gives",
            &["print(count_by([\"a\", \"bb\", \"c\"], len))  # => [\"1\": 2, \"2\": 1]"],
            REGISTERS,
            count_by,
        ),
    ]
}

/// The key for what a grouping function gave.
pub(crate) fn key_of(vm: &mut Vm, name: &str, v: Raw) -> Result<Raw, Raise> {
    let mut room = NumberText::default();
    match v.tag() {
        Tag::Short | Tag::Text => Ok(vm.heap.key(v)?),
        Tag::Int | Tag::Float => Ok(vm.heap.key_of(room.of(v))?),
        Tag::ShortNumber | Tag::Number => match number::resolve(v) {
            // `1.10` and `1.1` share a group.
            Some(n) => Ok(vm.heap.key_of(room.of(n))?),
            None => Ok(vm.heap.key_of(number_text_of(&v).unwrap_or(""))?),
        },
        Tag::Nil => Ok(vm.heap.key_of("nil")?),
        Tag::True => Ok(vm.heap.key_of("true")?),
        Tag::False => Ok(vm.heap.key_of("false")?),
        Tag::Host if !vm.host_is_sequence(v) => {
            let text = crate::display::display(vm, v);
            Ok(vm.heap.key_of(&text)?)
        }
        _ => {
            let got = type_name(v);
            Err(Raise::new(ErrorKind::Type, format!("{name}: f must give a scalar for the key, not {got}"))
                .help("make one text of several values by interpolation: `^{ \"{it.a}-{it.b}\" }`"))
        }
    }
}

fn gather<'s>(
    step: &mut Step<'s>,
    name: &'static str,
    add: fn(&mut Step<'s>, ContainerRef, Raw) -> Result<(), Raise>,
) -> Result<Answer<'s>, Raise> {
    if step.phase() == 0 {
        function(step, 1)?;
    }
    walk(
        step,
        into_container,
        |step, v, _| {
            step.set(ITEM, v);
            Ok(call(step, 1, v))
        },
        |step, result| {
            let groups = held(step, OWN)?;
            let key = key_of(step.vm, name, result.raw)?;
            add(step, groups, key)?;
            Ok(Turn::More)
        },
        |step| Ok(step.get(OWN)),
    )
}

fn group_by<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    gather(step, "group_by", |step, groups, key| {
        let item = step.get(ITEM).raw;
        into_group(step.vm, groups, key, item)
    })
}

fn count_by<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    gather(step, "count_by", |step, counts, key| one_more(step.vm, counts, key))
}

/// Appends an item to the group under a key.
pub(crate) fn into_group(vm: &mut Vm, groups: ContainerRef, key: Raw, item: Raw) -> Result<(), Raise> {
    match groups.find(key).and_then(|i| ContainerRef::of(groups.get(i))) {
        Some(group) => Ok(vm.heap.push(group, item)?),
        None => {
            let group = vm.heap.container_of(&[item])?;
            Ok(vm.heap.set_key(groups, key, group.raw())?)
        }
    }
}

/// Counts one more under a key.
pub(crate) fn one_more(vm: &mut Vm, counts: ContainerRef, key: Raw) -> Result<(), Raise> {
    match counts.find(key) {
        Some(i) => {
            counts.set(i, Raw::int(counts.get(i).as_int().unwrap_or(0).wrapping_add(1)));
            Ok(())
        }
        None => Ok(vm.heap.push_keyed(counts, key, Raw::int(1))?),
    }
}

/// `find` with a function: see `pattern.rs` for the text form.
pub(super) fn find_item<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    if step.phase() == 0 {
        function(step, 1)?;
    }
    walk(
        step,
        |step| Ok(step.arg(0)),
        |step, v, _| {
            step.set(OWN, v);
            Ok(call(step, 1, v))
        },
        |step, answer| Ok(if answer.is_true() { Turn::Done(step.get(OWN)) } else { Turn::More }),
        |_| Ok(Value::nil()),
    )
}

/// Whether `find` looks through a sequence rather than a text.
pub(super) fn looks_through_items(step: &Step<'_>) -> bool {
    text_of(&step.arg(0).raw).is_none()
}
