//! What the functions over sequences share: the checks of arguments, sequences
//! whose items are at hand, and text that is built within the memory limit.

use crate::access::type_name;
use crate::error::{ErrorKind, Raise};
use crate::interp::pipeline;
use crate::native::{Answer, Args, Step, Value};
use crate::object::container::ContainerRef;
use crate::object::range::{Range, range_of};
use crate::object::stream::Stage;
use crate::scratch::Scratch;
use crate::value::{Raw, Tag};

pub(super) use crate::walk::{OWN, Turn, item_number, no_calls, walk};

/// A call of the function in argument `i` with one argument.
pub(super) fn call<'s>(step: &Step<'s>, i: usize, v: Value<'s>) -> Turn<'s> {
    Turn::Call(step.arg(i), Args::One(v))
}

/// How a walk begins that fills a container, in its register [`OWN`].
pub(super) fn into_container<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    let out = step.container(0)?;
    step.set(OWN, out.value());
    Ok(step.arg(0))
}

/// Gathers the items of the first argument in a container, and gives what `end`
/// makes of it.
pub(super) fn gathered<'s>(
    step: &mut Step<'s>,
    end: impl FnOnce(&mut Step<'s>, ContainerRef) -> Result<Value<'s>, Raise>,
) -> Result<Answer<'s>, Raise> {
    walk(
        step,
        into_container,
        |step, v, _| {
            let out = held(step, OWN)?;
            step.vm.heap.push(out, v.raw)?;
            Ok(Turn::More)
        },
        no_calls,
        |step| {
            let items = held(step, OWN)?;
            end(step, items)
        },
    )
}

// ---- arguments

/// The argument, which must be a function.
pub(super) fn function<'s>(step: &Step<'s>, i: usize) -> Result<Value<'s>, Raise> {
    let f = step.arg(i);
    if f.is_function() { Ok(f) } else { Err(step.expected(i, "a function")) }
}

/// The argument, which must be a container.
pub(super) fn container(step: &Step<'_>, i: usize) -> Result<ContainerRef, Raise> {
    ContainerRef::of(step.arg(i).raw).ok_or_else(|| step.expected(i, "a container"))
}

/// The argument, which must be an int.
pub(super) fn whole(step: &Step<'_>, i: usize) -> Result<i64, Raise> {
    crate::number::operand(step.arg(i).raw)?.and_then(Raw::as_int).ok_or_else(|| step.expected(i, "an int"))
}

/// The argument, which must be an int of at least `least`.
pub(super) fn at_least(step: &Step<'_>, i: usize, least: i64) -> Result<i64, Raise> {
    let n = whole(step, i)?;
    if n >= least {
        return Ok(n);
    }
    let (name, parameter) = (step.name(), step.parameter(i));
    Err(Raise::new(ErrorKind::Value, format!("{name}: {parameter} must be at least {least}, not {n}")))
}

/// The argument, which must be a string.
pub(super) fn string<'s>(step: &Step<'s>, i: usize) -> Result<Value<'s>, Raise> {
    let v = step.arg(i);
    if v.as_text().is_some() {
        return Ok(v);
    }
    let raise = step.expected(i, "a string");
    Err(match v.type_name() {
        "nil" => raise.help("give a text in place of nil with `??`, for example `(x ?? \"\")`"),
        _ => raise.help("make text of it with `str(…)`"),
    })
}

// ---- sequences

/// A sequence whose items are all at hand.
#[derive(Clone, Copy)]
pub(super) enum Closed {
    Container(ContainerRef),
    Range(Range, u64),
}

impl Closed {
    /// `None` where the value is no container and no range with an end.
    pub(super) fn of(v: Raw) -> Option<Closed> {
        match v.tag() {
            Tag::Container => Some(Closed::Container(ContainerRef::from_raw(v))),
            Tag::Range => {
                let r = range_of(v);
                r.extent().1.map(|n| Closed::Range(r, n))
            }
            _ => None,
        }
    }

    pub(super) fn len(self) -> usize {
        match self {
            Closed::Container(c) => c.len(),
            Closed::Range(_, n) => usize::try_from(n).unwrap_or(usize::MAX),
        }
    }

    pub(super) fn get(self, i: usize) -> Raw {
        match self {
            Closed::Container(c) => c.get(i),
            Closed::Range(r, _) => r.nth(i as u64).map_or(Raw::NIL, Raw::int),
        }
    }

    pub(super) fn key(self, i: usize) -> Raw {
        match self {
            Closed::Container(c) => c.key(i),
            Closed::Range(..) => Raw::NIL,
        }
    }
}

/// Whether functions that give streams give one for this sequence.
pub(super) fn is_lazy(step: &Step<'_>, v: Value<'_>) -> bool {
    pipeline::is_lazy(step.vm, v.raw)
}

/// Whether the value is a sequence of any kind.
pub(super) fn is_sequence(step: &Step<'_>, v: Value<'_>) -> bool {
    matches!(v.raw.tag(), Tag::Container | Tag::Range | Tag::Stream) || step.vm.host_is_sequence(v.raw)
}

/// The error for a first argument that is no sequence.
pub(super) fn no_sequence(step: &mut Step<'_>, xs: Value<'_>) -> Raise {
    let xs = xs.raw;
    match crate::interp::iterate::begin(step.vm, xs, false) {
        Err(raise) => raise,
        Ok(_) => Raise::new(ErrorKind::Type, format!("{} is no sequence", type_name(xs))),
    }
}

/// A stream of a stage over the first argument.
pub(super) fn stage<'s>(
    step: &mut Step<'s>,
    stage: Stage,
    function: Value<'s>,
    count: i64,
) -> Result<Value<'s>, Raise> {
    let xs = step.arg(0).raw;
    let source = pipeline::lazy_stream(step.vm, xs)?;
    let s = pipeline::compose(step.vm, stage, source, function.raw, Raw::NIL, count)?;
    Ok(Value::new(s))
}

/// The container in a register.
pub(super) fn held(step: &Step<'_>, i: usize) -> Result<ContainerRef, Raise> {
    ContainerRef::of(step.get(i).raw)
        .ok_or_else(|| Raise::new(ErrorKind::Internal, format!("{} lost its container", step.name())))
}

/// Runs `f` while so many bytes count as held for the program.
pub(super) fn charged<'s, T>(
    step: &mut Step<'s>,
    bytes: usize,
    f: impl FnOnce(&mut Step<'s>) -> Result<T, Raise>,
) -> Result<T, Raise> {
    step.vm.heap.charge(bytes)?;
    let out = f(step);
    step.vm.heap.discharge(bytes);
    out
}

/// An empty vector with room for `n`, or the memory error.
pub(super) fn reserve<T>(n: usize) -> Result<Vec<T>, Raise> {
    let mut v = Vec::new();
    v.try_reserve_exact(n).map_err(|_| crate::heap::OutOfMemory)?;
    Ok(v)
}

/// Text that is built piece by piece within the memory limit.
#[derive(Default)]
pub(super) struct Building {
    pub(super) text: String,
    charged: usize,
    polled: usize,
}

impl Building {
    /// Makes room for so many more bytes.
    pub(super) fn room(&mut self, step: &mut Step<'_>, more: usize) -> Result<(), Raise> {
        if self.text.len() - self.polled >= 8_192 {
            step.poll((self.text.len() - self.polled) / 8)?;
            self.polled = self.text.len();
        }
        if self.text.capacity() > self.charged {
            step.vm.heap.charge(self.text.capacity() - self.charged)?;
            self.charged = self.text.capacity();
        }
        let needed = self.text.len().checked_add(more).ok_or(crate::heap::OutOfMemory)?;
        if needed > self.text.capacity() {
            let capacity = needed.max(self.text.capacity() * 2).max(64);
            step.vm.heap.charge(capacity.saturating_sub(self.charged))?;
            self.charged = self.charged.max(capacity);
            self.text.try_reserve_exact(capacity - self.text.len()).map_err(|_| crate::heap::OutOfMemory)?;
        }
        Ok(())
    }

    /// Appends text.
    pub(super) fn push(&mut self, step: &mut Step<'_>, text: &str) -> Result<(), Raise> {
        self.room(step, text.len())?;
        self.text.push_str(text);
        Ok(())
    }

    /// Appends a value as `print` writes it.
    pub(super) fn display(&mut self, step: &mut Step<'_>, v: Raw) -> Result<(), Raise> {
        if let Some(text) = crate::access::text_of(&v) {
            return self.push(step, text);
        }
        let (text, counted) = (&mut self.text, self.charged);
        Scratch::with(step.vm, |scratch| crate::display::write_display(scratch, v, text, counted))?;
        self.room(step, 0)
    }
}

/// Makes a string with a [`Building`]; its memory is given back in any case.
pub(super) fn build<'s>(
    step: &mut Step<'s>,
    f: impl FnOnce(&mut Step<'s>, &mut Building) -> Result<(), Raise>,
) -> Result<Value<'s>, Raise> {
    let mut building = Building::default();
    let out = f(step, &mut building).and_then(|()| step.text(&building.text));
    step.vm.heap.discharge(building.charged);
    out
}
