//! Looking into containers and changing them.

use super::plain;
use super::walk::{Closed, at_least, container, no_sequence, whole};
use super::{steps, walk};
use crate::access::{bytes_of, text_of};
use crate::equality::equal_in;
use crate::error::{ErrorKind, Raise};
use crate::interp::slice::slice as slice_of;
use crate::interp::{compare, field, index};
use crate::native::{Answer, Native, Step, Value};
use crate::object::container::ContainerRef;
use crate::object::range::Range;
use crate::value::{Raw, Tag};

pub(super) fn natives() -> Vec<Native> {
    vec![
        plain(
            "len",
            "x",
            "number of values of a container, characters of a string, bytes of bytes, items of a range",
            &["print(len([1, 2]), len(\"añb\"), len(1..4))  # => 2 3 3"],
            len,
        ),
        plain(
            "keys",
            "c",
            "the keys in order; the position for a value without a key",
            &["print(keys([a: 1, 2]))  # => [\"a\", 1]"],
            keys,
        ),
        plain("values", "c", "the values in order, without their keys", &["print(values([a: 1]))  # => [1]"], values),
        plain(
            "pairs",
            "c",
            "a key and a value for each value; the position where there is no key",
            &["print(pairs([a: 1]))  # => [[key: \"a\", value: 1]]"],
            pairs,
        ),
        plain(
            "has",
            "c, key",
            "whether the container has the key, or for an int the position",
            &["print(has([a: 1], :a), has([1], 1))  # => true false"],
            |step| Ok(Value::bool(lookup(step)?.is_some())),
        ),
        plain(
            "get",
            "c, key, default?",
            "the value under a key or position, or the default where it is missing",
            &["print(get([a: 1], :a), get([a: 1], :b, 0))  # => 1 0"],
            get,
        ),
        plain(
            "insert",
            "c, position, value",
            "puts a bare value in front of a position of the container; gives the container",
            &["print(insert([1, 3], 1, 2))  # => [1, 2, 3]"],
            insert,
        ),
        plain(
            "remove",
            "c, key_or_position",
            "takes a value out of the container and gives it",
            &["xs = [1, 2]; print(remove(xs, 0), xs)  # => 1 [2]"],
            remove,
        ),
        steps(
            "contains",
            "x, item",
            "whether the item is a value of the container, a part of the text, a member of the range",
            &["print(contains([1, 2], 2), contains(\"abc\", \"bc\"))  # => true true"],
            walk::OWN as u16,
            contains,
        ),
        plain(
            "slice",
            "x, start, end?",
            "the part from a position up to another one, of a container or a string",
            &["print(slice([1, 2, 3], 1), slice(\"abcd\", 1, 3))  # => [2, 3] bc"],
            slice,
        ),
        steps(
            "collect",
            "xs",
            "a container of all items of a sequence",
            &["print(collect(1..4))  # => [1, 2, 3]"],
            walk::OWN as u16 + 1,
            collect,
        ),
    ]
}

fn len<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    let v = step.arg(0).raw;
    if let Some(text) = text_of(&v) {
        return Ok(Value::int(crate::text::length(&v, text) as i64));
    }
    match v.tag() {
        Tag::Container => Ok(Value::int(ContainerRef::as_is(v).size() as i64)),
        Tag::Bytes => Ok(Value::int(bytes_of(&v).map_or(0, <[u8]>::len) as i64)),
        Tag::Range => match Closed::of(v) {
            Some(Closed::Range(_, n)) => i64::try_from(n)
                .map(Value::int)
                .map_err(|_| Raise::new(ErrorKind::Overflow, "len: the range has more items than 64 bits count")),
            _ => Err(Raise::new(ErrorKind::Value, "len: a range without an end has no length")
                .help("limit it first, for example with `take`")),
        },
        Tag::Stream => Err(step
            .expected(0, "a container, a string, bytes or a range")
            .help("count the items of a stream with `count`, which uses it up")),
        _ => Err(step.expected(0, "a container, a string, bytes or a range")),
    }
}

fn keys<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    let c = container(step, 0)?;
    let out = step.vm.heap.container(c.len())?;
    for i in 0..c.len() {
        let key = c.key(i);
        step.vm.heap.push(out, if key.is_nil() { Raw::int(i as i64) } else { key })?;
    }
    step.poll(c.len())?;
    Ok(Value::new(out.raw()))
}

fn values<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    let c = container(step, 0)?;
    let out = step.vm.heap.container(c.len())?;
    for i in 0..c.len() {
        step.vm.heap.push(out, c.get(i))?;
    }
    step.poll(c.len())?;
    Ok(Value::new(out.raw()))
}

fn pairs<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    let c = container(step, 0)?;
    let out = step.vm.heap.container(c.len())?;
    let names = [step.vm.heap.key_of("key")?, step.vm.heap.key_of("value")?];
    for i in 0..c.len() {
        let key = c.key(i);
        let pair = step.vm.heap.container(2)?;
        step.vm.heap.push_keyed(pair, names[0], if key.is_nil() { Raw::int(i as i64) } else { key })?;
        step.vm.heap.push_keyed(pair, names[1], c.get(i))?;
        step.vm.heap.push(out, pair.raw())?;
        step.poll(1)?;
    }
    Ok(Value::new(out.raw()))
}

/// The container of argument 0, which may have holes.
fn as_is(step: &Step<'_>) -> Result<ContainerRef, Raise> {
    ContainerRef::of_as_is(step.arg(0).raw).ok_or_else(|| step.expected(0, "a container"))
}

/// The place of what argument 1 names in the container of argument 0.
fn lookup(step: &Step<'_>) -> Result<Option<usize>, Raise> {
    let c = as_is(step)?;
    let key = step.arg(1).raw;
    if text_of(&key).is_some() {
        return Ok(step.vm.heap.known_key(key).and_then(|k| c.find(k)));
    }
    match crate::number::operand(key)?.and_then(Raw::as_int) {
        Some(i) => Ok(index::position(i, c.size()).map(|at| c.place(at))),
        None => Err(step.expected(1, "a key (a string) or a position (an int)")),
    }
}

fn get<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    let c = as_is(step)?;
    Ok(match lookup(step)? {
        Some(place) => Value::new(c.get_in(place)),
        None => step.arg(2),
    })
}

fn insert<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    let c = container(step, 0)?;
    let i = whole(step, 1)?;
    let at = if i < 0 { i.saturating_add(c.len() as i64) } else { i };
    let Some(at) = usize::try_from(at).ok().filter(|&at| at <= c.len()) else {
        return Err(Raise::new(
            ErrorKind::Index,
            format!("insert: no position {i} in a container of length {}", c.len()),
        )
        .help(format!("positions go from 0 to {}, which appends", c.len())));
    };
    let v = step.arg(2).raw;
    step.vm.heap.insert(c, at, Raw::NIL, v)?;
    step.poll(c.len() - at)?;
    Ok(step.arg(0))
}

fn remove<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    let c = as_is(step)?;
    match lookup(step)? {
        Some(place) => {
            let (v, moved) = step.vm.heap.remove(c, place)?;
            step.poll(moved)?;
            Ok(Value::new(v))
        }
        None => Err(match crate::number::operand(step.arg(1).raw)?.and_then(Raw::as_int) {
            Some(i) => {
                Raise::new(ErrorKind::Index, format!("remove: no position {i} in a container of length {}", c.size()))
                    .help("ask with `has` before")
            }
            None => field::missing_key(c, step.arg(1).raw),
        }),
    }
}

fn contains<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    let x = step.arg(0);
    if step.phase() == 0 && !walk::is_lazy(step, x) || x.raw.is(Tag::Range) {
        let wanted = step.arg(1).raw;
        let found = compare::is_in(step.vm, wanted, x.raw)?;
        step.poll(ContainerRef::of(x.raw).map_or(0, ContainerRef::len))?;
        return Ok(Answer::Return(Value::bool(found)));
    }
    walk::walk(
        step,
        |step| Ok(step.arg(0)),
        |step, v, _| {
            let wanted = step.arg(1).raw;
            let same = equal_in(step.vm, v.raw, wanted)?;
            Ok(if same { walk::Turn::Done(Value::bool(true)) } else { walk::Turn::More })
        },
        walk::no_calls,
        |_| Ok(Value::bool(false)),
    )
}

fn slice<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    let start = whole(step, 1)?;
    let end = if step.arg(2).is_nil() { None } else { Some(whole(step, 2)?) };
    let v = step.arg(0).raw;
    if !matches!(v.tag(), Tag::Container | Tag::Short | Tag::Text | Tag::Bytes) {
        return Err(step.expected(0, "a container or a string"));
    }
    let v = slice_of(step.vm, v, Range { start: Some(start), end, inclusive: false, step: 1 })?;
    Ok(Value::new(v))
}

/// The numbers of a range with an end.
fn counted<'s>(step: &mut Step<'s>, range: Closed) -> Result<Value<'s>, Raise> {
    // A few at a time, so that a huge one meets the limits before it takes memory.
    const PIECE: usize = 1_024;
    let out = step.vm.heap.container(range.len().min(PIECE))?;
    let mut at = 0;
    while at < range.len() {
        let end = at.saturating_add(PIECE).min(range.len());
        for i in at..end {
            step.vm.heap.push(out, range.get(i))?;
        }
        step.poll(end - at)?;
        at = end;
    }
    Ok(Value::new(out.raw()))
}

fn collect<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    if step.phase() == 0 {
        if let Some(c) = ContainerRef::of(step.arg(0).raw) {
            step.poll(c.len())?;
            let copy = step.vm.copy_container(c, 0)?;
            return Ok(Answer::Return(Value::new(copy.raw())));
        }
        if let Some(range @ Closed::Range(..)) = Closed::of(step.arg(0).raw) {
            return counted(step, range).map(Answer::Return);
        }
        let x = step.arg(0);
        if !walk::is_sequence(step, x) {
            return Err(no_sequence(step, step.arg(0)));
        }
    }
    walk::walk(
        step,
        |step| {
            let out = step.container(0)?;
            step.set(walk::OWN, out.value());
            Ok(step.arg(0))
        },
        |step, v, _| {
            let out = walk::held(step, walk::OWN)?;
            step.vm.heap.push(out, v.raw)?;
            Ok(walk::Turn::More)
        },
        walk::no_calls,
        |step| Ok(step.get(walk::OWN)),
    )
}

/// The number of items an optional argument asks for.
pub(super) fn amount(step: &Step<'_>, i: usize) -> Result<Option<i64>, Raise> {
    if step.given(i).is_none() { Ok(None) } else { at_least(step, i, 0).map(Some) }
}
