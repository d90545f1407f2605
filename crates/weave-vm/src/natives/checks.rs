//! What the functions that can stand in a chain's loop check of their arguments before
//! they look at an item, by the helpers that they check with themselves, so that a
//! chain's loop says the same.

use super::container::amount;
use super::walk::{at_least, function, is_sequence, no_sequence, string};
use crate::error::Raise;
use crate::native::{Step, Value};

/// Checks the arguments of the function of this name; numbers of items become ints.
///
/// # Errors
/// What the function would raise.
pub(crate) fn before_the_first(step: &mut Step<'_>, name: &str) -> Result<(), Raise> {
    arguments(step, name)?;
    // A call has its sequence in front; a chain has its source already.
    match step.given(0) {
        Some(xs) if !is_sequence(step, xs) => Err(no_sequence(step)),
        _ => Ok(()),
    }
}

fn arguments(step: &mut Step<'_>, name: &str) -> Result<(), Raise> {
    match name {
        "take" | "skip" => counted(step, 0),
        "chunk" => counted(step, 1),
        "first" => match amount(step, 1)? {
            Some(n) => {
                step.set_arg(1, Value::int(n));
                Ok(())
            }
            None => Ok(()),
        },
        "zip" => {
            let second = step.arg(1);
            if is_sequence(step, second) { Ok(()) } else { Err(step.expected(1, "a sequence")) }
        }
        "join" => match step.given(1) {
            Some(_) => string(step, 1).map(|_| ()),
            None => Ok(()),
        },
        "sort_by" => {
            super::sort::direction(step, 2)?;
            function(step, 1).map(|_| ())
        }
        _ => function(step, 1).map(|_| ()),
    }
}

fn counted(step: &mut Step<'_>, least: i64) -> Result<(), Raise> {
    let n = at_least(step, 1, least)?;
    step.set_arg(1, Value::int(n));
    Ok(())
}
