//! One driver that goes through the items of any sequence, for natives of
//! several steps.
//!
//! A walk keeps its place in registers, so a stream that runs Weave code and a
//! callback may both be waited for. Where the source is at hand (a container, a
//! range, a host source), items are taken without leaving the step.

use crate::error::Raise;
use crate::native::{Answer, Args, Pulled, Step, Value};

/// Registers of the walk's iterator.
pub(crate) const SOURCE: usize = 0;
/// First register that a walking native may use for itself.
///
/// ```
/// use weave_vm::native::{Native, Run, Value};
/// use weave_vm::walk::{OWN, Turn, no_calls, walk};
/// use weave_vm::Vm;
///
/// // One register behind the walk's own: the number of strings so far.
/// let run = Run::Steps(OWN as u16 + 1, |step| walk(
///     step,
///     |step| Ok(step.arg(0)),
///     |step, v, _| {
///         let before = step.get(OWN).as_int().unwrap_or(0);
///         step.set(OWN, Value::int(before + i64::from(v.as_text().is_some())));
///         Ok(Turn::More)
///     },
///     no_calls,
///     |step| Ok(Value::int(step.get(OWN).as_int().unwrap_or(0))),
/// ));
/// let mut vm = Vm::new();
/// vm.register(Native { name: "strings", parameters: "xs", about: "how many strings", examples: &[], run });
/// # let chunk = weave_compiler::chunk_of("strings([\"a\", 1, \"b\"])", &vm.signatures());
/// // The program `strings(["a", 1, "b"])`.
/// let program = vm.load(&chunk, None)?;
/// vm.run(program)?;
/// assert_eq!(vm.result::<i64>()?, 2);
/// # Ok::<(), Box<weave_vm::RuntimeError>>(())
/// ```
pub const OWN: usize = 4;

/// The phases of a walk. The machine adds one to the phase at each answer but
/// [`Answer::Again`].
const START: i64 = 0;
const PULLED: i64 = 1;
const CALLED: i64 = 2;
const GO_ON: i64 = 3;

/// Items that a step takes before it gives the machine a chance to look at its
/// limits.
const BATCH: usize = 1_000;

/// What an item or a callback's result leads to.
///
/// ```
/// use weave_vm::native::{Native, Run, Value};
/// use weave_vm::walk::{OWN, Turn, no_calls, walk};
/// use weave_vm::Vm;
///
/// // Ends at the first item that is negative.
/// let run = Run::Steps(OWN as u16, |step| walk(
///     step,
///     |step| Ok(step.arg(0)),
///     |_, v, _| Ok(if v.as_float() < Some(0.0) { Turn::Done(v) } else { Turn::More }),
///     no_calls,
///     |_| Ok(Value::nil()),
/// ));
/// let mut vm = Vm::new();
/// vm.register(Native { name: "negative", parameters: "xs", about: "the first one", examples: &[], run });
/// # let chunk = weave_compiler::chunk_of("negative(3.. *> ^{ 10 - it * it })", &vm.signatures());
/// // The program `negative(3.. *> ^{ 10 - it * it })`.
/// let program = vm.load(&chunk, None)?;
/// vm.run(program)?;
/// assert_eq!(vm.result::<i64>()?, -6);
/// # Ok::<(), Box<weave_vm::RuntimeError>>(())
/// ```
pub enum Turn<'s> {
    /// The next item.
    More,
    /// A call, whose result is handled next.
    Call(Value<'s>, Args<'s>),
    /// The end, with what the function gives; the source is closed.
    Done(Value<'s>),
}

/// Goes through a sequence. `begin` sets up the registers and gives the
/// sequence, `item` sees each item with its key (nil: bare), `result` what a
/// call gave, `end` makes the value of the whole.
///
/// # Errors
/// What the source or one of the functions raises.
///
/// ```
/// use weave_vm::native::{Args, Native, Run, Value};
/// use weave_vm::walk::{OWN, Turn, walk};
/// use weave_vm::Vm;
///
/// // Whether f is true of any item: a call for each, until one says yes.
/// let run = Run::Steps(OWN as u16, |step| walk(
///     step,
///     |step| Ok(step.arg(0)),
///     |step, v, _| Ok(Turn::Call(step.arg(1), Args::One(v))),
///     |_, said| Ok(if said.is_true() { Turn::Done(Value::bool(true)) } else { Turn::More }),
///     |_| Ok(Value::bool(false)),
/// ));
/// let mut vm = Vm::new();
/// vm.register(Native { name: "some", parameters: "xs, f", about: "whether any", examples: &[], run });
/// # let chunk = weave_compiler::chunk_of("[some([1, 2, 3], ^{ it > 2 }), some(1..3, ^{ it > 2 })]", &vm.signatures());
/// // The program `[some([1, 2, 3], ^{ it > 2 }), some(1..3, ^{ it > 2 })]`.
/// let program = vm.load(&chunk, None)?;
/// vm.run(program)?;
/// assert_eq!(vm.result::<Vec<bool>>()?, [true, false]);
/// # Ok::<(), Box<weave_vm::RuntimeError>>(())
/// ```
pub fn walk<'s>(
    step: &mut Step<'s>,
    begin: impl FnOnce(&mut Step<'s>) -> Result<Value<'s>, Raise>,
    item: impl Fn(&mut Step<'s>, Value<'s>, Value<'s>) -> Result<Turn<'s>, Raise>,
    result: impl Fn(&mut Step<'s>, Value<'s>) -> Result<Turn<'s>, Raise>,
    end: impl FnOnce(&mut Step<'s>) -> Result<Value<'s>, Raise>,
) -> Result<Answer<'s>, Raise> {
    let mut turn = match step.phase() {
        START => {
            let xs = begin(step)?;
            step.iterate(SOURCE, xs)?;
            Turn::More
        }
        PULLED => match step.item() {
            Some((v, key)) => item(step, v, key)?,
            None => return end(step).map(Answer::Return),
        },
        CALLED => {
            let v = step.result();
            result(step, v)?
        }
        _ => Turn::More,
    };
    let mut taken = 0;
    loop {
        match turn {
            Turn::More => {}
            Turn::Call(f, args) => {
                step.set_phase(CALLED - 1);
                return Ok(Answer::Call(f, args));
            }
            Turn::Done(v) => {
                step.close(SOURCE);
                return Ok(Answer::Return(v));
            }
        }
        if taken >= BATCH || taken > 0 && step.wants_collection() {
            step.poll(taken)?;
            step.set_phase(GO_ON);
            return Ok(Answer::Again);
        }
        taken += 1;
        turn = match step.next_here(SOURCE)? {
            Pulled::Item(v, key) => item(step, v, key)?,
            Pulled::End => return end(step).map(Answer::Return),
            Pulled::Away => {
                step.set_phase(PULLED - 1);
                return Ok(Answer::Next(SOURCE));
            }
        };
    }
}

/// The `result` of a walk that calls nothing.
///
/// # Errors
/// None.
///
/// ```
/// use weave_vm::native::{Native, Run, Value};
/// use weave_vm::walk::{OWN, Turn, no_calls, walk};
/// use weave_vm::Vm;
///
/// // The last key; no function is called on the way.
/// let run = Run::Steps(OWN as u16 + 1, |step| walk(
///     step,
///     |step| Ok(step.arg(0)),
///     |step, _, key: Value<'_>| {
///         step.set(OWN, key);
///         Ok(Turn::More)
///     },
///     no_calls,
///     |step| Ok(step.get(OWN)),
/// ));
/// let mut vm = Vm::new();
/// vm.register(Native { name: "last_key", parameters: "xs", about: "its last key", examples: &[], run });
/// # let chunk = weave_compiler::chunk_of("last_key([a: 1, b: 2])", &vm.signatures());
/// // The program `last_key([a: 1, b: 2])`.
/// let program = vm.load(&chunk, None)?;
/// vm.run(program)?;
/// assert_eq!(vm.result::<String>()?, "b");
/// # Ok::<(), Box<weave_vm::RuntimeError>>(())
/// ```
pub fn no_calls<'s>(_: &mut Step<'s>, _: Value<'s>) -> Result<Turn<'s>, Raise> {
    Ok(Turn::More)
}

/// The number of the item that a walk is at, counted from 1.
pub(crate) fn item_number(step: &Step<'_>) -> i64 {
    step.get(SOURCE + 1).as_int().unwrap_or(1)
}
