//! Bodies of field access. It remembers the shape and position it found in the
//! instruction's second word (this machine's own copy of the code): `shape number << 32 |
//! position`.

use super::machine::{Flow, Machine, Word, at};
use crate::access::{text_of, type_name};
use crate::error::{ErrorKind, Raise};
use crate::object::container::ContainerRef;
use crate::object::error as error_object;
use crate::value::{Raw, Tag, copy};
use crate::vm::Vm;
use weave_bytecode::position::Part;

/// Does `then` with the place of the field that the instruction found last time,
/// where the object at `object` has the same shape.
///
/// # Safety
/// The instruction has a second word (V-CODE); `object` is a register.
#[inline(always)]
unsafe fn remembered(m: &mut Machine, object: *const Raw, then: impl FnOnce(&mut Machine, *mut Raw)) -> Flow {
    // SAFETY: H1; the position is checked against the length.
    unsafe {
        if !(*object).is(Tag::Container) {
            return Flow::Slow;
        }
        let c = ContainerRef::as_is(*object);
        let keys = c.keys();
        if keys.is_null() || keys.id() != *m.ip.cast::<u32>().add(1) {
            return Flow::Slow;
        }
        let position = *m.ip.cast::<u32>() as usize;
        if position >= c.bound() {
            return Flow::Slow;
        }
        let place = (*c.0).values.values().add(position);
        then(m, place);
        m.ip = m.ip.add(1);
    }
    Flow::Next
}

#[inline(always)]
pub(crate) unsafe fn get_field(m: &mut Machine) -> Flow {
    let w = m.word();
    // SAFETY: V-REG, V-CODE.
    unsafe { remembered(m, at(m.base, w.b()), |m, place| copy(place, at(m.base, w.a()))) }
}

#[inline(always)]
pub(crate) unsafe fn set_field(m: &mut Machine) -> Flow {
    let w = m.word();
    // SAFETY: V-REG, V-CODE.
    unsafe { remembered(m, at(m.base, w.a()), |m, place| copy(at(m.base, w.c()), place)) }
}

/// How an access treats what is missing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    Raise,
    /// Nil for a missing key or position.
    Nil,
    /// Nil for a nil object too.
    Safe,
}

macro_rules! field_forms {
    ($($name:ident: $missing:ident;)*) => {$(
        pub(crate) fn $name(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
            let w = Word(insn);
            let v = field(vm, vm.reg(w.b()), vm.constant(w.c()), Missing::$missing)?;
            vm.take_second();
            vm.set(w.a(), v);
            Ok(())
        }
    )*};
}

field_forms! {
    get_field_slow: Raise;
    get_field_opt: Nil;
    get_field_safe: Safe;
}

fn field(vm: &mut Vm, object: Raw, key: Raw, missing: Missing) -> Result<Raw, Raise> {
    let Some(c) = ContainerRef::of_as_is(object) else {
        if object.is_nil() && missing == Missing::Safe {
            return Ok(Raw::NIL);
        }
        return other_field(vm, object, key);
    };
    match c.find(key) {
        Some(place) => {
            let keys = c.keys();
            if keys.is_shared() {
                let cache = u64::from(keys.id()) << 32 | place as u64;
                // SAFETY: the second word of the running instruction, in this
                // machine's own copy of the code (V-CODE).
                unsafe { vm.cur.ip.cast_mut().write(cache) };
            }
            Ok(c.get_in(place))
        }
        None if missing != Missing::Raise => Ok(Raw::NIL),
        None => Err(missing_key(c, key)),
    }
}

/// Fields of values that are no containers: those of errors, and of host
/// objects.
pub(super) fn other_field(vm: &mut Vm, object: Raw, key: Raw) -> Result<Raw, Raise> {
    let name = text_of(&key).unwrap_or("").to_owned();
    if object.is(Tag::Error) {
        let facts = error_object::facts(object);
        vm.collect_if_due();
        return match name.as_str() {
            "message" => Ok(vm.heap.text(&facts.message)?),
            "kind" => Ok(vm.heap.text(facts.kind.name())?),
            // A stripped chunk knows no lines.
            "line" => match facts.place.as_ref().map_or(0, |place| place.line()) {
                0 => Ok(Raw::NIL),
                line => Ok(Raw::int(i64::from(line))),
            },
            "data" => Ok(error_object::data(object)),
            "trace" => vm.trace_value(facts),
            _ => Err(Raise::new(ErrorKind::Key, format!("an error has no field `{name}`"))
                .help("its fields are message, kind, line, trace and data")),
        };
    }
    let raise = Raise::new(ErrorKind::Type, format!("{} has no field `{name}`", type_name(object))).at(Part::Left);
    Err(if object.is_nil() { raise.help(format!("write `?.{name}` where it may be nil")) } else { raise })
}

/// The error for a key that a container lacks, with the nearest one it has.
pub(crate) fn missing_key(c: ContainerRef, key: Raw) -> Raise {
    let name = crate::display::clip(text_of(&key).unwrap_or(""));
    let raise = Raise::new(ErrorKind::Key, format!("no key `{name}`")).at(Part::Right);
    let mut nearest: Option<(usize, String)> = None;
    let keys = c.keys();
    for i in 0..keys.count().min(200) {
        let k = keys.key(i);
        let Some(text) = text_of(&k) else { continue };
        let d = crate::display::distance(&name, text);
        if d <= 1 + name.chars().count() / 3 && nearest.as_ref().is_none_or(|(best, _)| d < *best) {
            nearest = Some((d, crate::display::clip(text)));
        }
    }
    match nearest {
        Some((_, other)) => raise.help(format!("did you mean `{other}`?")),
        None if keys.is_null() => raise.help("the container has no keys; ask for a position with a number"),
        None => {
            let names: Vec<String> = (0..keys.count())
                .map(|i| keys.key(i))
                .filter_map(|k| text_of(&k).map(crate::display::clip))
                .take(8)
                .collect();
            raise.help(format!("its keys are {}", names.join(", ")))
        }
    }
}

pub(crate) fn set_field_slow(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    let w = Word(insn);
    vm.collect_if_due();
    let (object, key, v) = (vm.reg(w.a()), vm.constant(w.b()), vm.reg(w.c()));
    let c = assignable(object)?;
    vm.heap.set_key(c, key, v)?;
    let keys = c.keys();
    if keys.is_shared()
        && let Some(position) = keys.find(key)
    {
        let cache = u64::from(keys.id()) << 32 | position as u64;
        // SAFETY: as in `field`.
        unsafe { vm.cur.ip.cast_mut().write(cache) };
    }
    vm.take_second();
    Ok(())
}

pub(super) fn assignable(object: Raw) -> Result<ContainerRef, Raise> {
    ContainerRef::of_as_is(object).ok_or_else(|| {
        let name = type_name(object);
        let raise =
            Raise::new(ErrorKind::Type, format!("can't assign into {name}: only containers change")).at(Part::Left);
        if name == "string" {
            raise.help("make a new string, for example with `replace` or interpolation")
        } else {
            raise
        }
    })
}
