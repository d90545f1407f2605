//! Bodies of loops over sequences.
//!
//! An iterator is three registers, the source and two numbers:
//!
//! | source     | second             | third                        |
//! |------------|--------------------|------------------------------|
//! | container  | next position      | its edit count at the start and whether it had holes, see `edits_of` |
//! | range      | next index         | how many, or the largest int |
//! | stream     | next index         |                              |
//! | host       | next index         |                              |
//! | unset      | a single value that is still to come; then nil          |

use super::machine::{Flow, Machine, Word, at};
use crate::access::type_name;
use crate::error::{ErrorKind, Raise};
use crate::native::{Pulled, Value};
use crate::object::container::ContainerRef;
use crate::object::host;
use crate::object::range::{RangeObject, range_of};
use crate::object::stream::{Stage, StreamRef};
use crate::value::{INT, Raw, Tag, copy, int_at, tag_at};
use crate::vm::Vm;
use weave_bytecode::ops::Op;

/// The three registers of an iterator over a value.
pub(crate) fn begin(vm: &mut Vm, v: Raw, single: bool) -> Result<[Raw; 3], Raise> {
    let zero = Raw::int(0);
    match v.tag() {
        Tag::Container => Ok([v, zero, edits_of(ContainerRef::as_is(v))]),
        Tag::Range => {
            let (_, count) = range_of(v).extent();
            Ok([v, zero, Raw::int(count.map_or(i64::MAX, |c| i64::try_from(c).unwrap_or(i64::MAX)))])
        }
        Tag::Stream => {
            if !StreamRef::from_raw(v).claim() {
                return Err(used_before());
            }
            Ok([v, zero, Raw::NIL])
        }
        Tag::Host if vm.host_is_sequence(v) => Ok([v, zero, Raw::NIL]),
        Tag::Nil if single => {
            Err(Raise::new(ErrorKind::Type, "nil is no sequence").help("write `?? []` behind what may be nil"))
        }
        _ if single => Ok([Raw::UNSET, v, Raw::NIL]),
        _ => Err(Raise::new(
            ErrorKind::Type,
            format!("{} is no sequence; containers, ranges, streams and files are", type_name(v)),
        )
        .help(match v.tag() {
            Tag::Short | Tag::Text => "take its characters with `chars`, or its lines with `lines`",
            Tag::Int => "count with a range: `0..n`",
            _ => "put it in a container: `[x]`",
        })),
    }
}

/// A container's edit count as its iterator keeps it: an int where it has no keys, else a
/// float with the same bits, and one bit more where it has holes. So fast bodies leave it to
/// `advance`, which closes the holes only where more than the first item is asked for.
#[inline(always)]
fn edits_of(c: ContainerRef) -> Raw {
    let edits = c.edits();
    if c.keys().is_null() {
        Raw::int(i64::from(edits))
    } else {
        Raw::float(f64::from_bits(u64::from(edits) | u64::from(c.has_holes()) << u32::BITS))
    }
}

/// Starts on a container.
#[inline(always)]
pub(crate) unsafe fn iter_prep_fast(m: &mut Machine) -> Flow {
    let w = m.word();
    // SAFETY: V-REG.
    unsafe {
        let source = at(m.base, w.b());
        if !(*source).is(Tag::Container) {
            return Flow::Slow;
        }
        let edits = edits_of(ContainerRef::as_is(*source));
        let state = at(m.base, w.a());
        copy(source, state);
        *state.add(1) = Raw::int(0);
        *state.add(2) = edits;
        *state.add(4) = Raw::NIL;
    }
    Flow::Next
}

pub(crate) fn iter_prep(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    let w = Word(insn);
    let source = vm.reg(w.b());
    let state = if w.c() & 2 != 0 && !source.is(Tag::Container) {
        [Raw::UNSET, source, Raw::NIL]
    } else {
        begin(vm, source, w.c() & 1 == 1)?
    };
    for (i, v) in state.into_iter().enumerate() {
        vm.set(w.a() + 2 * i, v);
    }
    vm.set(w.a() + 8, Raw::NIL);
    Ok(())
}

#[inline(always)]
pub(crate) unsafe fn iter_next(m: &mut Machine) -> Flow {
    let w = m.word();
    // SAFETY: V-REG, V-JUMP; the position is checked against the length.
    unsafe {
        let state = at(m.base, w.a());
        let i = int_at(state.add(1)) as u64;
        if (*state).is(Tag::Range) {
            // Not rare: this only says which test comes first.
            std::hint::cold_path();
            let range = (*state).address().cast::<RangeObject>();
            let ahead = int_at(state.add(2)) as u64;
            if i >= ahead {
                m.ip = m.ip.add(1 + Op::IterStream.words());
                return Flow::Next;
            }
            // The slow body takes keys, and numbers beyond 64 bits.
            let distance = (*range).step.checked_mul(i as i64);
            let Some(v) = distance.and_then(|distance| (*range).start.checked_add(distance)) else {
                return Flow::Slow;
            };
            if w.c() & 1 != 0 || m.spend() {
                return Flow::Slow;
            }
            *state.add(3) = Raw::int(v);
            *state.add(4) = Raw::NIL;
            // With its tag: whatever stood there, a number stands there now.
            *state.add(1) = Raw::int((i as i64).wrapping_add(1));
            m.jump_if(true);
            return Flow::Next;
        }
        if !(*state).is(Tag::Container) {
            return Flow::Slow;
        }
        let c = ContainerRef::as_is(*state);
        if i64::from(c.edits()) != int_at(state.add(2)) {
            return Flow::Slow;
        }
        if i >= c.bound() as u64 {
            // The end: behind the second word and the IterStream (V-PAIR).
            m.ip = m.ip.add(1 + Op::IterStream.words());
            return Flow::Next;
        }
        // A list without keys says so by the tag of its edit count, and has left nil for
        // the key; what changes its keys changes that count.
        if w.c() != 0 {
            if tag_at(state.add(2)) != INT {
                return Flow::Slow;
            }
            if w.c() & 1 != 0 {
                *state.add(4) = Raw::int(i as i64);
            }
        }
        if m.spend() {
            return Flow::Slow;
        }
        copy((*c.0).values.values().add(i as usize), state.add(3));
        *state.add(1) = Raw::int(i as i64 + 1);
        m.jump_if(true);
    }
    Flow::Next
}

/// The next item of an iterator whose source runs no Weave code.
pub(super) enum Item {
    Got(Raw, Raw),
    End,
    /// A stream that has to be pulled through frames.
    Away,
}

fn advance(vm: &mut Vm, state: *mut Raw) -> Result<Item, Raise> {
    draw(vm, state).map_err(Raise::of_source)
}

fn draw(vm: &mut Vm, state: *mut Raw) -> Result<Item, Raise> {
    // SAFETY: an iterator's three registers, by the caller.
    let (source, next, third) = unsafe { (*state, *state.add(1), *state.add(2)) };
    let i = next.as_int().unwrap_or(0);
    // SAFETY: as above.
    let step = || unsafe { *state.add(1) = Raw::int(i.wrapping_add(1)) };
    match source.tag() {
        Tag::Container => {
            let c = ContainerRef::as_is(source);
            if third.int_bits() as u32 != c.edits() {
                return Err(resized());
            }
            if c.has_holes() {
                if i == 0 {
                    step();
                    let place = c.place(0);
                    return Ok(Item::Got(c.get_in(place), c.keys().key(place)));
                }
                c.dense();
            }
            // Without holes from here on: what makes one is an edit.
            // SAFETY: as above.
            unsafe { *state.add(2) = edits_of(c) };
            if i as u64 >= c.len() as u64 {
                return Ok(Item::End);
            }
            step();
            Ok(Item::Got(c.get(i as usize), c.key(i as usize)))
        }
        Tag::Range => {
            if third.as_int().is_none_or(|count| i < 0 || i >= count) {
                return Ok(Item::End);
            }
            step();
            match range_of(source).nth(i as u64) {
                Some(v) => Ok(Item::Got(Raw::int(v), Raw::NIL)),
                None => Err(Raise::new(ErrorKind::Overflow, "the range goes on beyond 64 bits")),
            }
        }
        Tag::Host => {
            step();
            Ok(match vm.pull_host(source)? {
                Some(v) => Item::Got(v, Raw::NIL),
                None => Item::End,
            })
        }
        Tag::Stream => {
            let s = StreamRef::from_raw(source);
            if let Some((v, key)) = take_ahead(vm, s)? {
                step();
                return Ok(Item::Got(v, key));
            }
            if s.is_finished() {
                return Ok(Item::End);
            }
            step();
            if s.stage() != Stage::Items {
                return Ok(Item::Away);
            }
            items_of(vm, s)
        }
        Tag::Unset => {
            // SAFETY: as above.
            unsafe { *state = Raw::NIL };
            Ok(Item::Got(next, Raw::NIL))
        }
        _ => Ok(Item::End),
    }
}

/// The item that `peek` left in front of a stream, and its key.
fn take_ahead(vm: &mut Vm, s: StreamRef) -> Result<Option<(Raw, Raw)>, Raise> {
    let Some(ahead) = ContainerRef::of(s.ahead()) else { return Ok(None) };
    let (Some(value), Some(key)) = (ahead.len().checked_sub(1), ahead.len().checked_sub(2)) else {
        s.set_ahead(Raw::NIL);
        return Ok(None);
    };
    let item = (ahead.get(value), ahead.get(key));
    vm.heap.remove(ahead, value)?;
    vm.heap.remove(ahead, key)?;
    if key == 0 {
        s.set_ahead(Raw::NIL);
    }
    Ok(Some(item))
}

/// The next item of a stream over a container, a range, a host source or a
/// single value.
pub(super) fn items_of(vm: &mut Vm, s: StreamRef) -> Result<Item, Raise> {
    let mut state = [s.source(), Raw::int(s.count()), Raw::int(s.edits())];
    if state[0].is_unset() {
        state[1] = s.extra();
    }
    let item = advance(vm, state.as_mut_ptr());
    s.set_source(state[0]);
    if let Some(n) = state[1].as_int() {
        s.set_count(n);
    }
    if !matches!(item, Ok(Item::Got(..))) {
        s.finish();
    }
    item
}

pub(crate) fn used_before() -> Raise {
    Raise::new(ErrorKind::State, "this stream was used before; a stream gives its items once")
        .help("keep them in a container first: `xs = collect(stream)`")
        .of_source()
}

pub(super) fn resized() -> Raise {
    Raise::new(ErrorKind::State, "the container was resized while it is iterated")
        .help("iterate a copy: `for x in copy(xs)`, or collect the changes and make them afterwards")
}

pub(crate) fn iter_next_slow(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    let w = Word(insn);
    vm.spend_slow()?;
    vm.collect_if_due();
    let state = vm.place(w.a());
    match advance(vm, state)? {
        Item::Got(v, key) => {
            vm.set(w.a() + 6, v);
            set_key(vm, w, key);
            vm.leave(true);
        }
        Item::End => {
            vm.take_second();
            // Skip the IterStream behind.
            vm.skip(2);
        }
        Item::Away => {
            vm.take_second();
            let stream = vm.reg(w.a());
            let window = at(vm.cur.base, w.a() + 6);
            return pull_stream(vm, stream, window);
        }
    }
    Ok(())
}

/// The key register as the flags want it; the iterator has moved on already.
fn set_key(vm: &mut Vm, w: Word, key: Raw) {
    if w.c() & 2 != 0 {
        vm.set(w.a() + 8, key);
    } else if w.c() & 1 != 0 {
        let position = vm.reg(w.a() + 2).as_int().unwrap_or(1) - 1;
        vm.set(w.a() + 8, if key.is_nil() { Raw::int(position) } else { key });
    }
}

pub(crate) fn iter_stream(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    let w = Word(insn);
    vm.spend_slow()?;
    let (item, key) = (vm.reg(w.a() + 6), vm.reg(w.a() + 8));
    if item.is_unset() {
        if let Some(s) = vm.reg(w.a()).is(Tag::Stream).then(|| StreamRef::from_raw(vm.reg(w.a()))) {
            s.finish();
        }
        vm.take_second();
        return Ok(());
    }
    set_key(vm, w, key);
    vm.leave(true);
    Ok(())
}

/// Asks a stream with a stage for its next item: it arrives in `window[0]`, its
/// key in `window[1]`, when the frames that this pushes have returned.
pub(crate) fn pull_stream(vm: &mut Vm, stream: Raw, window: *mut Raw) -> Result<(), Raise> {
    let window = vm.make_room(window, 2 * size_of::<Raw>())?;
    // SAFETY: `make_room`.
    unsafe { *window = stream };
    let stage = StreamRef::from_raw(stream).stage();
    let native = vm.stages[stage as usize];
    vm.run_native(native, window, 1)
}

/// Pulls an iterator for a native: the item arrives in `window[0]`, or the end
/// marker.
pub(crate) fn pull(vm: &mut Vm, state: *mut Raw, window: *mut Raw) -> Result<(), Raise> {
    let (v, key) = match advance(vm, state)? {
        Item::Got(v, key) => (v, key),
        Item::End => (Raw::UNSET, Raw::NIL),
        Item::Away => {
            // SAFETY: an iterator's registers.
            let stream = unsafe { *state };
            return pull_stream(vm, stream, window);
        }
    };
    // SAFETY: the native's scratch registers.
    unsafe {
        *window = v;
        *window.add(1) = key;
    }
    Ok(())
}

/// See [`Step::next_here`](crate::native::Step::next_here).
pub(crate) fn step_here<'s>(vm: &mut Vm, state: *mut Raw) -> Result<Pulled<'s>, Raise> {
    // A stream that needs frames must not count as advanced.
    // SAFETY: an iterator's registers.
    let source = unsafe { *state };
    if source.is(Tag::Stream) {
        let s = StreamRef::from_raw(source);
        if !s.is_finished() && s.stage() != Stage::Items && s.ahead().is_nil() {
            return Ok(Pulled::Away);
        }
    }
    Ok(match advance(vm, state)? {
        Item::Got(v, key) => Pulled::Item(Value::new(v), Value::new(key)),
        Item::End => Pulled::End,
        Item::Away => Pulled::Away,
    })
}

/// Closes what an abandoned iterator draws from, down to the host sources.
pub(crate) fn close(vm: &mut Vm, source: Raw) {
    let mut pending = vec![source];
    while let Some(v) = pending.pop() {
        match v.tag() {
            Tag::Stream => {
                let s = StreamRef::from_raw(v);
                // What a finished stream draws from is closed or at its end, so a
                // long chain is walked down once and not once for each stage.
                s.set_ahead(Raw::NIL);
                if s.is_finished() {
                    continue;
                }
                s.finish();
                pending.push(s.source());
                if s.stage() == Stage::Zip {
                    pending.push(s.function());
                }
            }
            Tag::Host => {
                let sequence = vm.host_is_sequence(v);
                if sequence {
                    host::with_host(v, |h| h.close());
                    vm.done_reading(v);
                }
            }
            _ => {}
        }
    }
}

pub(crate) fn iter_close(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    let source = vm.reg(Word(insn).a());
    close(vm, source);
    Ok(())
}
