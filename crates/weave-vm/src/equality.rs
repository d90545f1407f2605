//! Equality and order of any two values. Both are loops over a stack of
//! pending pairs, so nesting of any depth is an ordinary value, and pairs of
//! containers that are already being compared count as equal, so shared and
//! cyclic structure terminates.

use crate::access::{bytes_of, number_text_of, type_name};
use crate::error::{ErrorKind, Raise};
use crate::number;
use crate::object::container::ContainerRef;
use crate::object::range::range_of;
use crate::object::{error, host};
use crate::scratch::Scratch;
use crate::value::{Raw, Tag};
use crate::vm::Vm;
use rustc_hash::FxHashSet;
use std::cmp::Ordering;

/// Texts of more bytes are compared a piece of so many at a time.
pub(crate) const LONG: usize = 64 * 1024;

/// The answer for two values that are no containers and no long texts; `None` for two
/// containers, and two long texts.
fn shallow_equal(a: Raw, b: Raw) -> Option<bool> {
    let is_number = |v: Raw| matches!(v.tag(), Tag::Int | Tag::Float | Tag::ShortNumber | Tag::Number);
    if is_number(a) && is_number(b) {
        return Some(match (number::resolve(a), number::resolve(b)) {
            (Some(x), Some(y)) => number::compare(x, y) == Some(Ordering::Equal),
            // A number that can't be held exactly equals the same text only.
            (None, None) => number_text_of(&a) == number_text_of(&b),
            _ => false,
        });
    }
    match (a.tag(), b.tag()) {
        (Tag::Container, Tag::Container) => None,
        (Tag::Text, Tag::Text) | (Tag::Bytes, Tag::Bytes) if a.same_words(b) => Some(true),
        (Tag::Text, Tag::Text) | (Tag::Bytes, Tag::Bytes) => {
            let (x, y) = (bytes_of(&a).unwrap_or_default(), bytes_of(&b).unwrap_or_default());
            // Those that differ in length are told apart by that.
            if x.len() <= LONG || x.len() != y.len() { Some(x == y) } else { None }
        }
        (Tag::Range, Tag::Range) => Some(range_of(a) == range_of(b)),
        (Tag::Error, Tag::Error) => Some(
            a.same_words(b)
                || error::facts(a).message == error::facts(b).message && error::facts(a).kind == error::facts(b).kind,
        ),
        (Tag::Host, Tag::Host) => Some(
            a.same_words(b) || host::with_host(a, |x| host::with_host(b, |y| x.equals(y))).flatten().unwrap_or(false),
        ),
        _ => Some(a.same_words(b)),
    }
}

/// What a comparison of containers reports as it goes: how many values it has
/// looked at since it last did, and how many bytes it holds now.
type Watch<'w> = dyn FnMut(usize, usize) -> Result<(), Raise> + 'w;

/// Values of one container between two reports.
const STRETCH: usize = 4_096;

/// The pairs of containers that are still to be compared, and those that are
/// already.
struct Pairs<T> {
    pending: Vec<T>,
    seen: FxHashSet<(usize, usize)>,
}

impl<T> Pairs<T> {
    fn of(first: T) -> Pairs<T> {
        Pairs { pending: vec![first], seen: FxHashSet::default() }
    }

    fn bytes(&self) -> usize {
        self.pending.capacity() * size_of::<T>() + self.seen.capacity() * (size_of::<(usize, usize)>() + 2)
    }

    /// Whether two containers meet for the first time.
    fn meet(&mut self, x: ContainerRef, y: ContainerRef) -> bool {
        self.seen.insert((x.0.addr(), y.0.addr()))
    }
}

/// Whether two values are equal, deeply for containers, within the machine's
/// limits.
///
/// # Errors
/// The limit that was reached.
pub(crate) fn equal_in(vm: &mut Vm, a: Raw, b: Raw) -> Result<bool, Raise> {
    match shallow_equal(a, b) {
        Some(answer) => Ok(answer),
        None => Scratch::with(vm, |scratch| deep_equal(a, b, &mut |work, bytes| scratch.report(work, bytes))),
    }
}

/// The order of two texts, a piece at a time.
fn text_order(a: Raw, b: Raw, watch: &mut Watch<'_>) -> Result<Ordering, Raise> {
    let (x, y) = (bytes_of(&a).unwrap_or_default(), bytes_of(&b).unwrap_or_default());
    for (p, q) in x.chunks(LONG).zip(y.chunks(LONG)) {
        // Only the last pieces differ in length, and then the shorter text goes first.
        let o = p.cmp(q);
        if o != Ordering::Equal {
            return Ok(o);
        }
        watch(LONG / 8, 0)?;
    }
    Ok(x.len().cmp(&y.len()))
}

/// Whether two containers, or two long texts, are equal.
fn deep_equal(a: Raw, b: Raw, watch: &mut Watch<'_>) -> Result<bool, Raise> {
    if !a.is(Tag::Container) {
        return Ok(text_order(a, b, watch)? == Ordering::Equal);
    }
    let mut pairs = Pairs::of((ContainerRef::from_raw(a), ContainerRef::from_raw(b)));
    while let Some((x, y)) = pairs.pending.pop() {
        watch(1, pairs.bytes())?;
        if x == y && !holds_nan_shallow(x, watch)? {
            continue;
        }
        if x.len() != y.len() {
            return Ok(false);
        }
        if !pairs.meet(x, y) {
            continue;
        }
        let lists = x.keys().is_null() && y.keys().is_null();
        // Bare values in order, and the same value under each key.
        let mut bare = 0;
        for i in 0..x.len() {
            if i % STRETCH == STRETCH - 1 {
                watch(STRETCH, pairs.bytes())?;
            }
            let key = if lists { Raw::NIL } else { x.key(i) };
            let j = if lists {
                Some(i)
            } else if key.is_nil() {
                while bare < y.len() && !y.key(bare).is_nil() {
                    bare += 1;
                }
                bare += 1;
                (bare <= y.len()).then(|| bare - 1)
            } else {
                y.find(key)
            };
            let Some(j) = j else { return Ok(false) };
            let (v, w) = (x.get(i), y.get(j));
            match shallow_equal(v, w) {
                Some(true) => {}
                Some(false) => return Ok(false),
                None if v.is(Tag::Container) => {
                    pairs.pending.push((ContainerRef::from_raw(v), ContainerRef::from_raw(w)));
                }
                None if text_order(v, w, watch)? == Ordering::Equal => {}
                None => return Ok(false),
            }
        }
        watch(x.len() % STRETCH / 2, 0)?;
    }
    Ok(true)
}

/// A container equals itself unless NaN stands in it; one level is looked at,
/// deeper ones when they are reached.
fn holds_nan_shallow(c: ContainerRef, watch: &mut Watch<'_>) -> Result<bool, Raise> {
    for i in 0..c.len() {
        if i % STRETCH == STRETCH - 1 {
            watch(STRETCH / 2, 0)?;
        }
        let v = c.get(i);
        if v.is(Tag::Container) || v.is_float() && v.float_bits().is_nan() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// How two values are ordered, within the machine's limits; `None` where one is NaN.
///
/// # Errors
/// `:type` for values that have no order, naming both types; the limit that was reached.
pub(crate) fn order_in(vm: &mut Vm, a: Raw, b: Raw) -> Result<Option<Ordering>, Raise> {
    match shallow_order(a, b)? {
        Some(answer) => Ok(answer),
        None => Scratch::with(vm, |scratch| deep_order(a, b, &mut |work, bytes| scratch.report(work, bytes))),
    }
}

/// Containers value by value, long texts byte by byte: the first difference decides.
fn deep_order(a: Raw, b: Raw, watch: &mut Watch<'_>) -> Result<Option<Ordering>, Raise> {
    if !a.is(Tag::Container) {
        return text_order(a, b, watch).map(Some);
    }
    let mut pairs = Pairs::of((ContainerRef::from_raw(a), ContainerRef::from_raw(b), 0usize));
    while let Some((x, y, at)) = pairs.pending.pop() {
        watch(1, pairs.bytes())?;
        if at == 0 && !pairs.meet(x, y) {
            continue;
        }
        let mut i = at;
        loop {
            if i >= x.len() || i >= y.len() {
                watch(i % STRETCH / 2, 0)?;
                match x.len().cmp(&y.len()) {
                    Ordering::Equal => break,
                    other => return Ok(Some(other)),
                }
            }
            if i % STRETCH == STRETCH - 1 {
                watch(STRETCH, pairs.bytes())?;
            }
            let (v, w) = (x.get(i), y.get(i));
            i += 1;
            match shallow_order(v, w)? {
                Some(Some(Ordering::Equal)) => {}
                Some(other) => return Ok(other),
                None if !v.is(Tag::Container) => match text_order(v, w, watch)? {
                    Ordering::Equal => {}
                    other => return Ok(Some(other)),
                },
                None => {
                    // A pair that is done needs no way back.
                    if i < x.len() || i < y.len() {
                        pairs.pending.push((x, y, i));
                    }
                    pairs.pending.push((ContainerRef::from_raw(v), ContainerRef::from_raw(w), 0));
                    break;
                }
            }
        }
    }
    Ok(Some(Ordering::Equal))
}

/// The order of two values; `None` for two containers, and two long texts.
fn shallow_order(a: Raw, b: Raw) -> Result<Option<Option<Ordering>>, Raise> {
    if let (Some(x), Some(y)) = (number::operand(a)?, number::operand(b)?) {
        return Ok(Some(number::compare(x, y)));
    }
    let is_text = |v: Raw| matches!(v.tag(), Tag::Short | Tag::Text);
    if is_text(a) && is_text(b) || a.is(Tag::Bytes) && b.is(Tag::Bytes) {
        let (x, y) = (bytes_of(&a).unwrap_or_default(), bytes_of(&b).unwrap_or_default());
        return Ok(if x.len().min(y.len()) > LONG { None } else { Some(Some(x.cmp(y))) });
    }
    if a.is(Tag::Container) && b.is(Tag::Container) {
        return Ok(None);
    }
    let (x, y) = (type_name(a), type_name(b));
    let raise = Raise::new(ErrorKind::Type, format!("{x} and {y} have no order")).label(format!("{x} against {y}"));
    Err(if is_text(a) != is_text(b) && (x == "int" || x == "float" || y == "int" || y == "float") {
        raise.help("make a number of the text with `int(…)` or `float(…)`")
    } else {
        raise.help("compare numbers with numbers, text with text, containers with containers")
    })
}
