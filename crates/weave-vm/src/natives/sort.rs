//! `sort` and `sort_by`: a stable merge sort of our own.
//!
//! Items and what they are sorted by are gathered in two containers; what is
//! sorted are positions in them. nil and NaN go last in either direction and are
//! never compared. Without a comparing function the whole sort is one step that
//! looks at the limits; with one it is a merge whose state lies in registers,
//! one call at a time, so a comparator that is no order, raises, or changes what
//! is being sorted can break nothing.

use super::walk::{OWN, Turn, call, charged, container, function, held, reserve, walk};
use super::{plain_order, steps};
use crate::display::clip;
use crate::error::{ErrorKind, Raise};
use crate::interp::merge;
use crate::native::{Answer, Args, Native, Step, Value};
use crate::object::container::ContainerRef;
use crate::value::{Raw, Tag};
use weave_bytecode::ops::Op;

/// Registers: the items with their keys, what they are sorted by (the same
/// container where there is no function), the positions in two containers that
/// take turns, the rest of the merge's state, and how many positions take part.
const ITEMS: usize = OWN;
const BY: usize = OWN + 1;
const STATE: usize = OWN + 2;
const FROM: usize = STATE + merge::FROM;
const TO: usize = STATE + merge::TO;
const LEFT: usize = STATE + merge::LEFT;
const MIDDLE: usize = STATE + merge::MIDDLE;
const RIGHT: usize = STATE + merge::RIGHT;
const END: usize = STATE + merge::END;
const WIDTH: usize = STATE + merge::STATE;
const START: usize = WIDTH + 1;
const COUNT: usize = WIDTH + 2;
const REGISTERS: u16 = COUNT as u16 + 1;

/// Code of a merge of `sort`, whose comparing function is its second argument: runs
/// the next comparison, and where that is not enough the next step.
static MERGE: [u64; 1] = {
    let own = 3;
    let (state, window, function) = ((own + STATE) * 2, (own + REGISTERS as usize) * 2, 2);
    [Op::MergeStep as u64 | (state as u64) << 16 | (window as u64) << 32 | (function as u64) << 48]
};

/// The name of what sorts items by keys that a chain's loop has gathered.
pub(crate) const GATHERED: &str = "<sort_by>";

/// Phase of the merge: the comparing function has answered.
const COMPARED: i64 = 20;

pub(super) fn natives() -> Vec<Native> {
    vec![
        steps(
            "sort",
            "xs, order?",
            "a sorted container, stable; order is :asc, :desc or a function (a, b) that is true where a comes before b",
            &["print(sort([3, 1, 2]), sort([1, 3], :desc))  # => [1, 2, 3] [3, 1]"],
            REGISTERS,
            sort,
        ),
        steps(
            "sort_by",
            "xs, f, order?",
            "sorted by what f gives for each item, which is called once per item; stable",
            &["print(sort_by([\"bb\", \"a\"], len))  # => [\"a\", \"bb\"]"],
            REGISTERS,
            sort_by,
        ),
        // The end of a chain that has gathered both in its loop.
        steps(GATHERED, "items, keys, order?", "the items in the order of the keys", &[], REGISTERS, sort_gathered),
    ]
}

/// How to sort.
#[derive(Clone, Copy)]
pub(super) enum Direction<'s> {
    Up,
    Down,
    By(Value<'s>),
}

pub(super) fn direction<'s>(step: &Step<'s>, i: usize) -> Result<Direction<'s>, Raise> {
    let Some(v) = step.given(i) else { return Ok(Direction::Up) };
    match v.as_text() {
        Some("asc") => Ok(Direction::Up),
        Some("desc") => Ok(Direction::Down),
        Some(other) => {
            let name = step.name();
            let message = format!("{name}: order must be :asc, :desc or a function, not \"{}\"", clip(other));
            Err(Raise::new(ErrorKind::Value, message))
        }
        None if v.is_function() => Ok(Direction::By(v)),
        None => Err(step.expected(i, ":asc, :desc or a function")),
    }
}

fn begin<'s>(step: &mut Step<'s>, apart: bool) -> Result<Value<'s>, Raise> {
    let items = step.container(0)?;
    step.set(ITEMS, items.value());
    let by = if apart { step.container(0)? } else { items };
    step.set(BY, by.value());
    Ok(step.arg(0))
}

fn add<'s>(step: &mut Step<'s>, v: Value<'s>, key: Value<'s>) -> Result<(), Raise> {
    let items = held(step, ITEMS)?;
    if key.raw.is_nil() {
        return Ok(step.vm.heap.push(items, v.raw)?);
    }
    if step.arg(0).raw.is(Tag::Container) {
        return Ok(step.vm.heap.push_keyed(items, key.raw, v.raw)?);
    }
    crate::interp::container::put(step.vm, items, key.raw, v.raw)
}

fn sort<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    if step.phase() >= COMPARED {
        return merge(step, 1);
    }
    let how = direction(step, 1)?;
    if let (0, Some(c)) = (step.phase(), ContainerRef::of(step.arg(0).raw)) {
        // The items can't change before they are sorted, or are copied.
        let copied = matches!(how, Direction::By(_));
        let items = if copied { step.vm.copy_container(c, 0)? } else { c };
        step.set(ITEMS, Value::new(items.raw()));
        step.set(BY, Value::new(items.raw()));
        return gathered(step, how);
    }
    let answer = walk(
        step,
        |step| begin(step, false),
        |step, v, key| {
            add(step, v, key)?;
            Ok(Turn::More)
        },
        |_, _| Ok(Turn::More),
        |step| Ok(step.get(ITEMS)),
    )?;
    match answer {
        Answer::Return(_) => gathered(step, how),
        other => Ok(other),
    }
}

fn sort_by<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    if step.phase() >= COMPARED {
        return merge(step, 2);
    }
    let how = direction(step, 2)?;
    if step.phase() == 0 {
        function(step, 1)?;
    }
    let answer = walk(
        step,
        |step| begin(step, true),
        |step, v, key| {
            add(step, v, key)?;
            Ok(call(step, 1, v))
        },
        |step, result| {
            let by = held(step, BY)?;
            step.vm.heap.push(by, result.raw)?;
            Ok(Turn::More)
        },
        |step| Ok(step.get(ITEMS)),
    )?;
    match answer {
        Answer::Return(_) => gathered(step, how),
        other => Ok(other),
    }
}

fn sort_gathered<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    if step.phase() >= COMPARED {
        return merge(step, 2);
    }
    let how = direction(step, 2)?;
    for (register, i) in [(ITEMS, 0), (BY, 1)] {
        let c = container(step, i)?;
        step.set(register, Value::new(c.raw()));
    }
    if held(step, ITEMS)?.len() != held(step, BY)?.len() {
        return Err(step.expected(1, "a key for each item"));
    }
    gathered(step, how)
}

/// Everything is at hand: sorts at once, or begins the merge with calls.
fn gathered<'s>(step: &mut Step<'s>, how: Direction<'s>) -> Result<Answer<'s>, Raise> {
    let by = held(step, BY)?;
    let n = by.len();
    // Positions of what takes part in order, then those that go last.
    charged(step, n.saturating_mul(40), |step| {
        let (mut sorted, mut last): (Vec<usize>, Vec<usize>) = (reserve(n)?, Vec::new());
        for i in 0..n {
            if goes_last(by.get(i)) { last.push(i) } else { sorted.push(i) }
        }
        step.poll(n)?;
        match how {
            Direction::By(_) => {
                let from = step.vm.heap.container(n)?;
                let to = step.vm.heap.container(n)?;
                // Bare items that are compared themselves are merged as they
                // are; otherwise positions are.
                let items = held(step, ITEMS)?;
                let direct = items == by && items.keys().is_null();
                for &i in sorted.iter().chain(&last) {
                    let entry = if direct { items.get(i) } else { Raw::int(i as i64) };
                    step.vm.heap.push(from, entry)?;
                    step.vm.heap.push(to, entry)?;
                }
                step.set(FROM, Value::new(from.raw()));
                step.set(TO, Value::new(to.raw()));
                if direct {
                    step.set(BY, Value::nil());
                }
                for (register, v) in [(WIDTH, 1), (LEFT, 0), (RIGHT, 1), (START, 0), (COUNT, sorted.len())] {
                    step.set(register, Value::int(v as i64));
                }
                step.set_phase(0);
                let order = if matches!(how, Direction::By(f) if step.given(1).is_some_and(|g| g.raw.same_words(f.raw)))
                {
                    1
                } else {
                    2
                };
                merge(step, order)
            }
            Direction::Up | Direction::Down => {
                plain_order::sort(step, by, &mut sorted, matches!(how, Direction::Down))?;
                sorted.extend(last);
                arranged(step, sorted.into_iter()).map(Answer::Return)
            }
        }
    })
}

fn goes_last(v: Raw) -> bool {
    v.is_nil() || v.is_float() && v.float_bits().is_nan()
}

/// The items in the order of these positions, with their keys.
fn arranged<'s>(step: &mut Step<'s>, positions: impl Iterator<Item = usize>) -> Result<Value<'s>, Raise> {
    let items = held(step, ITEMS)?;
    let out = step.vm.heap.container(items.len())?;
    let keyed = !items.keys().is_null();
    for (count, i) in positions.enumerate() {
        if keyed {
            step.vm.heap.push_keyed(out, items.key(i), items.get(i))?;
        } else {
            step.vm.heap.push(out, items.get(i))?;
        }
        if count % 1_000 == 999 {
            step.poll(1_000)?;
        }
    }
    Ok(Value::new(out.raw()))
}

/// One comparison of the bottom-up merge by the function in argument `order`.
/// Runs of WIDTH entries in FROM are merged two by two into TO; LEFT and RIGHT are
/// the next entries of the two runs that begin at START, and the next place in
/// TO follows from them. Entries are the values themselves where BY is nil, else
/// positions in it.
fn merge<'s>(step: &mut Step<'s>, order: usize) -> Result<Answer<'s>, Raise> {
    let f = step.arg(order);
    let compared = (step.phase() == COMPARED).then(|| step.result().is_true());
    let (mut from, mut to) = (held(step, FROM)?, held(step, TO)?);
    let by = ContainerRef::of(step.get(BY).raw);
    let state = step.own_registers();
    let number = |i: usize| state[i].int_bits() as usize;
    let (n, mut width, mut left, mut right) = (number(COUNT), number(WIDTH), number(LEFT), number(RIGHT));
    let mut start = number(START);
    let mut answer = compared;
    while width < n {
        let middle = start.saturating_add(width).min(n);
        let end = middle.saturating_add(width).min(n);
        let at = left + (right - middle);
        if left < middle && right < end {
            match answer.take() {
                // The right one goes first only where it comes before the left
                // one: equal items stay in their order.
                Some(true) => {
                    to.set(at, from.get(right));
                    right += 1;
                }
                Some(false) => {
                    to.set(at, from.get(left));
                    left += 1;
                }
                None => {
                    let state = step.own_registers();
                    let numbers =
                        [(LEFT, left), (MIDDLE, middle), (RIGHT, right), (END, end), (WIDTH, width), (START, start)];
                    for (register, v) in numbers {
                        state[register] = Raw::int(v as i64);
                    }
                    let of = |i: usize| {
                        let entry = from.get(i);
                        Value::new(by.map_or(entry, |by| by.get(entry.int_bits() as usize)))
                    };
                    let args = Args::Two(of(right), of(left));
                    step.set_phase(COMPARED - 1);
                    if by.is_none() && order == 1 {
                        step.go_on_at(MERGE.as_ptr());
                    }
                    return Ok(Answer::Call(f, args));
                }
            }
            continue;
        }
        // One run is used up: the rest of the other follows.
        for (i, at) in (left..middle).chain(right..end).zip(at..) {
            to.set(at, from.get(i));
        }
        step.poll(end - start)?;
        start = end;
        if start >= n {
            width = width.saturating_mul(2);
            start = 0;
            // Entries that take no part stand at the same places in both.
            std::mem::swap(&mut from, &mut to);
            step.set(FROM, Value::new(from.raw()));
            step.set(TO, Value::new(to.raw()));
        }
        left = start;
        right = start.saturating_add(width).min(n);
    }
    if by.is_none() {
        return Ok(Answer::Return(Value::new(from.raw())));
    }
    let positions = (0..from.len()).map(move |i| from.get(i).int_bits() as usize);
    arranged(step, positions).map(Answer::Return)
}
