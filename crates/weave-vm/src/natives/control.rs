//! Raising errors.

use super::plain;
use crate::error::{ErrorKind, Pending, Raise};
use crate::native::{Native, Step, Value};
use crate::object::error as error_object;
use crate::value::Tag;
use weave_bytecode::position::Part;

pub(super) fn natives() -> Vec<Native> {
    vec![
        plain(
            "error",
            "message, data?",
            "raises an error of kind :user, or an error that was caught again with its trace",
            &["try { error(\"no rows\", 3) } catch e { print(e.message, e.kind, e.data) }  # => no rows user 3"],
            error,
        ),
        plain(
            "assert",
            "condition, message?",
            "raises where the condition is false or nil; gives the condition otherwise",
            &["print(assert(1 < 2, \"order is broken\"))  # => true"],
            assert,
        ),
    ]
}

fn error<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    let v = step.arg(0);
    if v.raw.is(Tag::Error) {
        let data = step.given(1).map_or_else(|| error_object::data(v.raw), |d| d.raw);
        let error = error_object::facts(v.raw).clone();
        return Err(Raise(Box::new(Pending {
            error,
            data,
            part: Part::Whole,
            inside: None,
            of_source: false,
            located: true,
        })));
    }
    let message = step.display(v);
    Err(Raise::new(ErrorKind::User, message).data(step.arg(1).raw))
}

fn assert<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    let condition = step.arg(0);
    if condition.is_true() {
        return Ok(condition);
    }
    let message = step.given(1).map_or_else(|| "assertion failed".to_owned(), |m| step.display(m));
    Err(Raise::new(ErrorKind::User, message))
}
