//! The functions that turn a sequence into another one, item by item. Over a
//! stream or an open range those with a stage give a stream; over a container or
//! a closed range they give a container.

use super::container::amount;
use super::steps;
use super::walk::{
    Closed, OWN, Turn, at_least, call, function, held, is_lazy, is_sequence, no_calls, no_sequence, stage, walk,
};
use crate::error::{ErrorKind, Raise};
use crate::native::{Answer, Args, Native, Step, Value};
use crate::object::container::ContainerRef;
use crate::object::range::{Range, range_of};
use crate::object::stream::Stage;
use crate::scratch::Scratch;
use crate::set::Bag;
use crate::value::{Raw, Tag};

const KEY: usize = OWN + 1;
const ITEM: usize = OWN + 2;
const REGISTERS: u16 = OWN as u16 + 3;
/// The phase after the call for a single value.
const SINGLE: i64 = 9;

pub(super) fn natives() -> Vec<Native> {
    vec![
        steps(
            "map",
            "xs, f",
            "what f gives for each item",
            &["print(map([1, 2], ^{ it * 2 }))  # => [2, 4]"],
            REGISTERS,
            map,
        ),
        steps(
            "filter",
            "xs, f",
            "the items for which f is true",
            &["print(filter([1, 2, 3], ^{ it > 1 }))  # => [2, 3]"],
            REGISTERS,
            filter,
        ),
        steps("each", "xs, f", "calls f with each item; gives nil", &["each([1], print)  # => 1"], REGISTERS, each),
        steps(
            "take",
            "xs, n",
            "the first n items",
            &["print(take(1.., 3) |> collect)  # => [1, 2, 3]"],
            REGISTERS,
            take,
        ),
        steps(
            "skip",
            "xs, n",
            "all but the first n items",
            &["print(skip([1, 2, 3], 1))  # => [2, 3]"],
            REGISTERS,
            skip,
        ),
        steps(
            "take_while",
            "xs, f",
            "the items before the first for which f is false",
            &["print(take_while([1, 5, 2], ^{ it < 4 }))  # => [1]"],
            REGISTERS,
            take_while,
        ),
        steps(
            "chunk",
            "xs, n",
            "containers of n items each",
            &["print(chunk([1, 2, 3], 2))  # => [[1, 2], [3]]"],
            REGISTERS,
            chunk,
        ),
        steps(
            "zip",
            "a, b",
            "pairs of items that stand at the same place",
            &["print(zip([1, 2, 3], [\"a\", \"b\"]))  # => [[1, \"a\"], [2, \"b\"]]"],
            REGISTERS,
            zip,
        ),
        steps(
            "enumerate",
            "xs",
            "each item with its index, counted from 0",
            &["print(enumerate([\"a\"]))  # => [[0, \"a\"]]"],
            REGISTERS,
            enumerate,
        ),
        steps(
            "unique",
            "xs, f?",
            "items that differ, by == or by what f gives, the first of each kept",
            &["print(unique([1, 2, 1.0]))  # => [1, 2]"],
            REGISTERS,
            unique,
        ),
        steps(
            "flatten",
            "xs, depth?",
            "containers among the items are replaced by their items",
            &["print(flatten([1, [2, [3]]]))  # => [1, 2, [3]]"],
            REGISTERS,
            flatten,
        ),
        super::plain(
            "step",
            "range, n",
            "every n-th member of a range, from its start",
            &["print(step(0..10, 4) |> collect)  # => [0, 4, 8]"],
            every,
        ),
    ]
}

/// Puts an empty container into the register of results.
fn sink<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    let out = step.container(0)?;
    step.set(OWN, out.value());
    Ok(step.arg(0))
}

/// Adds an item to the results, under its key.
fn keep<'s>(step: &mut Step<'s>, v: Value<'s>, key: Value<'s>) -> Result<Turn<'s>, Raise> {
    let out = held(step, OWN)?;
    if key.is_nil() {
        step.vm.heap.push(out, v.raw)?;
    } else {
        step.vm.heap.set_key(out, key.raw, v.raw)?;
    }
    Ok(Turn::More)
}

fn results<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    Ok(step.get(OWN))
}

/// Whether the first argument is a single value, which `map` and `filter` take
/// as one item; nil is an error.
fn is_single(step: &mut Step<'_>) -> bool {
    let xs = step.arg(0);
    !xs.is_nil() && !is_sequence(step, xs)
}

fn map<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    if step.phase() == 0 {
        let f = function(step, 1)?;
        if is_lazy(step, step.arg(0)) {
            return stage(step, Stage::Map, f, 0).map(Answer::Return);
        }
        if is_single(step) {
            step.set_phase(SINGLE - 1);
            return Ok(Answer::Call(f, Args::One(step.arg(0))));
        }
    }
    if step.phase() == SINGLE {
        return Ok(Answer::Return(step.result()));
    }
    walk(
        step,
        sink,
        |step, v, key| {
            step.set(KEY, key);
            Ok(call(step, 1, v))
        },
        |step, result| keep(step, result, step.get(KEY)),
        results,
    )
}

fn filter<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    if step.phase() == 0 {
        let f = function(step, 1)?;
        if is_lazy(step, step.arg(0)) {
            return stage(step, Stage::Filter, f, 0).map(Answer::Return);
        }
        if is_single(step) {
            step.set_phase(SINGLE - 1);
            return Ok(Answer::Call(f, Args::One(step.arg(0))));
        }
    }
    if step.phase() == SINGLE {
        let kept = step.result().is_true();
        return Ok(Answer::Return(if kept { step.arg(0) } else { Value::nil() }));
    }
    walk(
        step,
        sink,
        ask,
        |step, answer| {
            if answer.is_true() { keep(step, step.get(ITEM), step.get(KEY)) } else { Ok(Turn::More) }
        },
        results,
    )
}

/// Calls the function of argument 1 with the item, which is remembered.
fn ask<'s>(step: &mut Step<'s>, v: Value<'s>, key: Value<'s>) -> Result<Turn<'s>, Raise> {
    step.set(ITEM, v);
    step.set(KEY, key);
    Ok(call(step, 1, v))
}

fn each<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    if step.phase() == 0 {
        function(step, 1)?;
    }
    walk(step, |step| Ok(step.arg(0)), |step, v, _| Ok(call(step, 1, v)), |_, _| Ok(Turn::More), |_| Ok(Value::nil()))
}

/// The values of positions `start..end` of a closed sequence, keys kept.
pub(super) fn part<'s>(step: &mut Step<'s>, xs: Closed, start: usize, end: usize) -> Result<Value<'s>, Raise> {
    let (start, end) = (start.min(xs.len()), end.min(xs.len()));
    if let Closed::Container(c) = xs {
        step.poll(end.saturating_sub(start))?;
        return Ok(Value::new(step.vm.slice_container(c, start, end.max(start))?.raw()));
    }
    let out = step.vm.heap.container(0)?;
    for i in start..end {
        step.vm.heap.push(out, xs.get(i))?;
        step.poll(1)?;
    }
    Ok(Value::new(out.raw()))
}

fn take<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    let n = at_least(step, 1, 0)?;
    match Closed::of(step.arg(0).raw) {
        Some(xs) => part(step, xs, 0, n as usize).map(Answer::Return),
        None if is_lazy(step, step.arg(0)) => stage(step, Stage::Take, Value::nil(), n).map(Answer::Return),
        None => Err(no_sequence(step, step.arg(0))),
    }
}

fn skip<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    let n = at_least(step, 1, 0)?;
    match Closed::of(step.arg(0).raw) {
        Some(xs) => part(step, xs, n as usize, usize::MAX).map(Answer::Return),
        None if is_lazy(step, step.arg(0)) => stage(step, Stage::Skip, Value::nil(), n).map(Answer::Return),
        None => Err(no_sequence(step, step.arg(0))),
    }
}

fn take_while<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    if step.phase() == 0 {
        let f = function(step, 1)?;
        if is_lazy(step, step.arg(0)) {
            return stage(step, Stage::TakeWhile, f, 0).map(Answer::Return);
        }
    }
    walk(
        step,
        sink,
        ask,
        |step, answer| {
            if answer.is_true() { keep(step, step.get(ITEM), step.get(KEY)) } else { Ok(Turn::Done(step.get(OWN))) }
        },
        results,
    )
}

fn chunk<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    let n = at_least(step, 1, 1)?;
    if step.phase() == 0 && is_lazy(step, step.arg(0)) {
        return stage(step, Stage::Chunk, Value::nil(), n).map(Answer::Return);
    }
    walk(
        step,
        sink,
        |step, v, key| {
            let n = at_least(step, 1, 1)? as usize;
            let out = held(step, OWN)?;
            let last = (out.len() > 0).then(|| ContainerRef::from_raw(out.get(out.len() - 1)));
            let last = match last.filter(|c| c.len() < n) {
                Some(c) => c,
                None => {
                    let c = step.vm.heap.container(n.min(64))?;
                    step.vm.heap.push(out, c.raw())?;
                    c
                }
            };
            crate::interp::container::put(step.vm, last, key.raw, v.raw)?;
            Ok(Turn::More)
        },
        no_calls,
        results,
    )
}

fn zip<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    let (a, b) = (step.arg(0), step.arg(1));
    for (i, v) in [a, b].into_iter().enumerate() {
        if !is_sequence(step, v) {
            return Err(step.expected(i, "a sequence"));
        }
    }
    if let (Some(x), Some(y)) = (Closed::of(a.raw), Closed::of(b.raw)) {
        return zip_closed(step, x, y).map(Answer::Return);
    }
    let second = crate::interp::pipeline::lazy_stream(step.vm, b.raw)?;
    let claimed = crate::object::stream::StreamRef::from_raw(second).claim();
    if !claimed {
        return Err(crate::interp::iterate::used_before());
    }
    stage(step, Stage::Zip, Value::new(second), 0).map(Answer::Return)
}

fn zip_closed<'s>(step: &mut Step<'s>, x: Closed, y: Closed) -> Result<Value<'s>, Raise> {
    let out = step.vm.heap.container(0)?;
    for i in 0..x.len().min(y.len()) {
        let pair = step.vm.heap.container_of(&[x.get(i), y.get(i)])?;
        step.vm.heap.push(out, pair.raw())?;
        step.poll(1)?;
    }
    Ok(Value::new(out.raw()))
}

fn enumerate<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    if step.phase() == 0 && is_lazy(step, step.arg(0)) {
        return stage(step, Stage::Enumerate, Value::nil(), 0).map(Answer::Return);
    }
    walk(
        step,
        sink,
        |step, v, _| {
            let out = held(step, OWN)?;
            let pair = step.vm.heap.container_of(&[Raw::int(out.len() as i64), v.raw])?;
            step.vm.heap.push(out, pair.raw())?;
            Ok(Turn::More)
        },
        no_calls,
        results,
    )
}

/// Over a closed sequence what is compared is gathered first, beside the items;
/// then one set sees them all.
fn unique<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    let asks = step.given(1).is_some_and(|f| !f.is_nil());
    if step.phase() == 0 {
        let f = if asks { function(step, 1)? } else { Value::nil() };
        if is_lazy(step, step.arg(0)) {
            return stage(step, Stage::Unique, f, 0).map(Answer::Return);
        }
    }
    walk(
        step,
        |step| {
            let items = step.container(0)?;
            step.set(ITEM, items.value());
            sink(step)
        },
        |step, v, _| {
            let items = held(step, ITEM)?;
            step.vm.heap.push(items, v.raw)?;
            if asks { Ok(call(step, 1, v)) } else { keep(step, v, Value::nil()) }
        },
        |step, result| keep(step, result, Value::nil()),
        |step| {
            let (items, compared) = (held(step, ITEM)?, held(step, OWN)?);
            Scratch::with(step.vm, |scratch| {
                let mut bag = Bag::default();
                let out = scratch.vm.heap.container(0)?;
                for i in 0..items.len() {
                    if bag.insert(scratch, compared.get(i))? {
                        scratch.vm.heap.push(out, items.get(i))?;
                    }
                }
                Ok(Value::new(out.raw()))
            })
        },
    )
}

fn flatten<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    let depth = amount(step, 1)?.unwrap_or(1);
    if step.phase() == 0 && is_lazy(step, step.arg(0)) {
        return stage(step, Stage::Flatten, Value::nil(), depth).map(Answer::Return);
    }
    walk(
        step,
        sink,
        |step, v, _| {
            let depth = amount(step, 1)?.unwrap_or(1);
            unpack(step, v.raw, depth)?;
            Ok(Turn::More)
        },
        no_calls,
        results,
    )
}

/// Adds the items of a value, down to a depth, to the results. What is being
/// unpacked stands on a container used as a stack, container and position in
/// turn, so that any depth is bounded by memory alone.
fn unpack(step: &mut Step<'_>, v: Raw, depth: i64) -> Result<(), Raise> {
    let out = held(step, OWN)?;
    if !v.is(Tag::Container) || depth == 0 {
        return Ok(step.vm.heap.push(out, v)?);
    }
    let levels = step.vm.heap.container_of(&[v, Raw::int(0)])?;
    while levels.len() > 0 {
        step.poll(1)?;
        let top = levels.len();
        let (c, at) = (ContainerRef::from_raw(levels.get(top - 2)), levels.get(top - 1).as_int().unwrap_or(0));
        if at as usize >= c.len() {
            step.vm.heap.remove(levels, top - 1)?;
            step.vm.heap.remove(levels, top - 2)?;
            continue;
        }
        levels.set(top - 1, Raw::int(at + 1));
        let inner = c.get(at as usize);
        if inner.is(Tag::Container) && ((top / 2) as i64) < depth {
            step.vm.heap.push(levels, inner)?;
            step.vm.heap.push(levels, Raw::int(0))?;
        } else {
            step.vm.heap.push(out, inner)?;
        }
    }
    Ok(())
}

fn every<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    if !step.arg(0).raw.is(Tag::Range) {
        return Err(step.expected(0, "a range"));
    }
    let r = range_of(step.arg(0).raw);
    let n = super::walk::whole(step, 1)?;
    if n == 0 {
        return Err(Raise::new(ErrorKind::Value, "step: n must not be 0")
            .help("1 takes every member, -1 goes down from the start"));
    }
    let by = r.step.checked_mul(n).ok_or_else(|| {
        Raise::new(ErrorKind::Overflow, format!("a step of {} by {n} does not fit into 64 bits", r.step))
    })?;
    step.range(Range { step: by, ..r })
}
