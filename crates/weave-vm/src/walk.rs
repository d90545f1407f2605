//! One driver that goes through the items of any sequence, for natives of
//! several steps.
//!
//! A walk keeps its place in registers, so a stream that runs Weave code and a
//! callback may both be waited for. Where the source is at hand (a container, a
//! range, a host source), items are taken without leaving the step.

use crate::error::Raise;
use crate::native::{Answer, Args, Pulled, Step, Value};

/// Registers of the walk's iterator.
pub const SOURCE: usize = 0;
/// First register that a walking native may use for itself.
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
pub fn no_calls<'s>(_: &mut Step<'s>, _: Value<'s>) -> Result<Turn<'s>, Raise> {
    Ok(Turn::More)
}

/// The number of the item that a walk is at, counted from 1.
pub fn item_number(step: &Step<'_>) -> i64 {
    step.get(SOURCE + 1).as_int().unwrap_or(1)
}
