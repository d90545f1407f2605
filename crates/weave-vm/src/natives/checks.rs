//! What the functions that can stand in a chain's loop check of their arguments before
//! they look at an item, by the helpers that they check with themselves, so that a
//! chain's loop says the same.

use super::container::amount;
use super::walk::{at_least, function, is_sequence, no_sequence, string};
use crate::error::Raise;
use crate::native::{Step, Value};
use crate::object::closure::closure_of;
use crate::value::{Raw, Tag};

/// Checks the arguments of the function of this name; numbers of items become ints, and in
/// place of the sequence it says whether a loop may call the function in argument 1: what
/// else calls may mean is left to the built-in function.
///
/// # Errors
/// What the function would raise.
pub(crate) fn before_the_first(step: &mut Step<'_>, name: &str) -> Result<(), Raise> {
    arguments(step, name)?;
    // A call has its sequence in front; a chain has its source already.
    let sequence = step.given(0);
    let items = if name == "reduce" { 2 } else { 1 };
    let plain = is_closure_of(step.arg(1).raw, items);
    step.set_arg(0, Value::bool(plain));
    match sequence {
        // Any other value is a single item for these two.
        Some(xs) if matches!(name, "map" | "filter") && !xs.is_nil() => Ok(()),
        Some(xs) if name == "find" && xs.as_text().is_some() => super::pattern::check(step),
        Some(xs) if !is_sequence(step, xs) => Err(no_sequence(step, xs)),
        _ => Ok(()),
    }
}

/// Whether it is a function of the program that takes so many arguments.
fn is_closure_of(f: Raw, arguments: usize) -> bool {
    if !f.is(Tag::Closure) {
        return false;
    }
    // SAFETY: H1; its prototype is alive as long as it is.
    let parameters = unsafe { &(*(*closure_of(f)).proto).prototype().signature.parameters };
    let required = parameters.iter().filter(|p| !p.optional && !p.rest).count();
    let rest = parameters.iter().any(|p| p.rest);
    required <= arguments && (rest || arguments <= parameters.len())
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
