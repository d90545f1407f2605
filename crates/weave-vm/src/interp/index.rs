//! Bodies of indexing: by a position, by a key that is a value, by a range.

use super::field::{Missing, assignable, missing_key, other_field};
use super::machine::{Flow, Machine, Word, at};
use super::slice::slice;
use crate::access::{text_of, type_name};
use crate::error::{ErrorKind, Raise};
use crate::object::container::ContainerRef;
use crate::object::range::range_of;
use crate::value::{INT, Raw, Tag, copy, int_at, tag_at};
use crate::vm::Vm;
use weave_bytecode::position::Part;

/// Does `then` with the place of a position that counts from the start, where there is
/// such a position.
///
/// # Safety
/// `object` is a register.
#[inline(always)]
unsafe fn counted(
    m: &mut Machine,
    object: *const Raw,
    position: u64,
    then: impl FnOnce(&mut Machine, ContainerRef, *mut Raw) -> Flow,
) -> Flow {
    // SAFETY: H1; the position is below the length.
    unsafe {
        if !(*object).is(Tag::Container) {
            return Flow::Slow;
        }
        let c = ContainerRef::as_is(*object);
        if position >= c.bound() as u64 {
            return Flow::Slow;
        }
        let place = (*c.0).values.values().add(position as usize);
        then(m, c, place)
    }
}

/// Gets the value under a key that is short text: a search is too long for the
/// handler of positions, and too short for a slow body.
#[cfg(weave_tail)]
#[inline(always)]
pub(crate) unsafe fn get_under_key(m: &mut Machine) -> Flow {
    let w = m.word();
    // SAFETY: V-REG.
    unsafe {
        let place = under_key(at(m.base, w.b()), at(m.base, w.c()));
        if place.is_null() {
            return Flow::Slow;
        }
        copy(place, at(m.base, w.a()));
    }
    Flow::Next
}

/// Sets the value under a key that the container has.
#[cfg(weave_tail)]
#[inline(always)]
pub(crate) unsafe fn set_under_key(m: &mut Machine) -> Flow {
    let w = m.word();
    // SAFETY: V-REG.
    unsafe {
        let place = under_key(at(m.base, w.a()), at(m.base, w.b()));
        if place.is_null() {
            return Flow::Slow;
        }
        copy(at(m.base, w.c()), place);
    }
    Flow::Next
}

/// The place of the value under a key that is short text; null where the object
/// has none, or is no container.
///
/// # Safety
/// Both are registers.
#[cfg(weave_tail)]
#[inline(always)]
unsafe fn under_key(object: *const Raw, key: *const Raw) -> *mut Raw {
    // SAFETY: H1; a search gives a place of a key, and there is a value for each.
    unsafe {
        if !(*object).is(Tag::Container) || !(*key).is(Tag::Short) {
            return std::ptr::null_mut();
        }
        let c = ContainerRef::as_is(*object);
        match c.find(*key) {
            Some(place) => (*c.0).values.values().add(place),
            None => std::ptr::null_mut(),
        }
    }
}

#[inline(always)]
pub(crate) unsafe fn get_index(m: &mut Machine) -> Flow {
    let w = m.word();
    // SAFETY: V-REG.
    unsafe {
        let index = at(m.base, w.c());
        if tag_at(index) != INT {
            return Flow::Slow;
        }
        counted(m, at(m.base, w.b()), int_at(index) as u64, |m, _, place| {
            copy(place, at(m.base, w.a()));
            Flow::Next
        })
    }
}

#[inline(always)]
pub(crate) unsafe fn get_index_i(m: &mut Machine) -> Flow {
    let w = m.word();
    // SAFETY: V-REG.
    unsafe {
        counted(m, at(m.base, w.b()), w.small() as u64, |m, _, place| {
            copy(place, at(m.base, w.a()));
            Flow::Next
        })
    }
}

/// Sets a position of a container in which no value has a key.
#[inline(always)]
pub(crate) unsafe fn set_index(m: &mut Machine) -> Flow {
    let w = m.word();
    // SAFETY: V-REG.
    unsafe {
        let index = at(m.base, w.b());
        if tag_at(index) != INT {
            return Flow::Slow;
        }
        counted(m, at(m.base, w.a()), int_at(index) as u64, |m, c, place| {
            if !c.keys().is_null() {
                return Flow::Slow;
            }
            copy(at(m.base, w.c()), place);
            Flow::Next
        })
    }
}

macro_rules! index_forms {
    ($($name:ident: $missing:ident;)*) => {$(
        pub(crate) fn $name(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
            let w = Word(insn);
            let v = index(vm, vm.reg(w.b()), vm.reg(w.c()), Missing::$missing)?;
            vm.set(w.a(), v);
            Ok(())
        }
    )*};
}

index_forms! {
    get_index_slow: Raise;
    get_index_opt: Nil;
    get_index_safe: Safe;
}

pub(crate) fn get_index_i_slow(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    let w = Word(insn);
    let v = index(vm, vm.reg(w.b()), Raw::int(w.small()), Missing::Raise)?;
    vm.set(w.a(), v);
    Ok(())
}

/// The position that an int names among `len`, counting negative ones from
/// the end.
pub(crate) fn position(i: i64, len: usize) -> Option<usize> {
    let at = if i < 0 { i.checked_add(len as i64)? } else { i };
    usize::try_from(at).ok().filter(|&at| at < len)
}

fn no_position(what: &str, i: i64, len: usize) -> Raise {
    let raise = Raise::new(ErrorKind::Index, format!("no position {i} in a {what} of length {len}")).at(Part::Right);
    if len == 0 { raise } else { raise.help(format!("positions go from 0 to {}, or from -{len} to -1", len - 1)) }
}

fn index(vm: &mut Vm, object: Raw, key: Raw, missing: Missing) -> Result<Raw, Raise> {
    if object.is_nil() && missing == Missing::Safe {
        return Ok(Raw::NIL);
    }
    if key.is(Tag::Range) {
        vm.collect_if_due();
        return slice(vm, object, range_of(key));
    }
    if let Some(c) = ContainerRef::of_as_is(object) {
        if let Some(i) = crate::number::operand(key)?.and_then(Raw::as_int) {
            return match position(i, c.size()) {
                Some(at) => Ok(c.get_in(c.place(at))),
                None if missing != Missing::Raise => Ok(Raw::NIL),
                None => Err(no_position("container", i, c.size())),
            };
        }
        if matches!(key.tag(), Tag::Short | Tag::Text) {
            let found = vm.heap.known_key(key).and_then(|k| c.find(k));
            return match found {
                Some(place) => Ok(c.get_in(place)),
                None if missing != Missing::Raise => Ok(Raw::NIL),
                None => Err(missing_key(c, key)),
            };
        }
        return Err(Raise::new(
            ErrorKind::Type,
            format!("a container's key is text and its position an int; {} is neither", type_name(key)),
        )
        .at(Part::Right));
    }
    if let Some(text) = text_of(&object) {
        let Some(i) = crate::number::operand(key)?.and_then(Raw::as_int) else {
            return Err(Raise::new(
                ErrorKind::Type,
                format!("a position in a string is an int, not {}", type_name(key)),
            )
            .at(Part::Right));
        };
        let len = crate::text::length(&object, text);
        if !crate::text::is_ascii(&object, text) {
            // The characters had to be counted.
            vm.poll_work(text.len() / 16)?;
        }
        return match position(i, len) {
            Some(at) => {
                let (start, end) = crate::text::character(&object, text, at);
                Ok(vm.heap.text(&text[start..end])?)
            }
            None if missing != Missing::Raise => Ok(Raw::NIL),
            None => Err(no_position("string", i, len)),
        };
    }
    if object.is(Tag::Range) {
        let r = range_of(object);
        if let Some(i) = crate::number::operand(key)?.and_then(Raw::as_int) {
            let (_, count) = r.extent();
            let at = match count {
                Some(count) => position(i, usize::try_from(count).unwrap_or(usize::MAX)).map(|p| p as u64),
                None => u64::try_from(i).ok(),
            };
            return match at.and_then(|at| r.nth(at)) {
                Some(v) => Ok(Raw::int(v)),
                None if missing != Missing::Raise => Ok(Raw::NIL),
                None => Err(no_position("range", i, count.map_or(usize::MAX, |c| c as usize))),
            };
        }
    }
    if object.is(Tag::Error) && matches!(key.tag(), Tag::Short | Tag::Text) {
        return other_field(vm, object, key);
    }
    let raise = Raise::new(ErrorKind::Type, format!("{} can't be indexed", type_name(object))).at(Part::Left);
    Err(if object.is_nil() {
        raise.help("write `?[…]` where it may be nil")
    } else if object.is(Tag::Stream) {
        raise.help("make a container of the stream with `collect`")
    } else {
        raise
    })
}

pub(crate) fn set_index_slow(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    let w = Word(insn);
    vm.collect_if_due();
    let (object, key, v) = (vm.reg(w.a()), vm.reg(w.b()), vm.reg(w.c()));
    let c = assignable(object)?;
    if matches!(key.tag(), Tag::Short | Tag::Text) {
        let key = vm.heap.key(key)?;
        return Ok(vm.heap.set_key(c, key, v)?);
    }
    if key.is(Tag::Range) {
        return Err(Raise::new(ErrorKind::Type, "a slice can't be assigned")
            .at(Part::Right)
            .help("assign its positions one by one"));
    }
    let Some(i) = crate::number::operand(key)?.and_then(Raw::as_int) else {
        return Err(Raise::new(
            ErrorKind::Type,
            format!("a container's key is text and its position an int; {} is neither", type_name(key)),
        )
        .at(Part::Right)
        .help("make text of it by interpolation: `c[\"{k}\"]`"));
    };
    let c = c.dense();
    match position(i, c.len()) {
        Some(at) if c.key(at).is_nil() => {
            c.set(at, v);
            Ok(())
        }
        Some(at) => {
            let key = c.key(at);
            let name = text_of(&key).unwrap_or("").to_owned();
            Err(Raise::new(
                ErrorKind::Index,
                format!("the value at position {i} has the key `{name}`; a position sets bare values only"),
            )
            .at(Part::Right)
            .help(format!("assign it by its key, or use text as the key: `c[\"{i}\"] = …`")))
        }
        None => Err(Raise::new(ErrorKind::Index, format!("no position {i} in a container of length {}", c.len()))
            .at(Part::Right)
            .help(format!("append with `<<`, or use text as the key: `c[\"{i}\"] = …`"))),
    }
}
