//! `peek`: the first items of a stream, which stay in it.
//!
//! What is pulled is put back in front of the stream, last one first, and comes
//! out again before the stream's own next item (`interp/iterate.rs`).

use super::container::amount;
use super::steps;
use crate::error::Raise;
use crate::native::{Answer, Native, Step, Value};
use crate::object::container::ContainerRef;
use crate::object::stream::StreamRef;
use crate::value::{Raw, Tag};

/// Registers: an iterator over the stream, and what it gave: items and keys in
/// turn.
const FROM: usize = 0;
const PULLED: usize = 4;

pub(super) fn natives() -> Vec<Native> {
    vec![steps(
        "peek",
        "stream, n",
        "the first n items of a stream, which it still gives afterwards",
        &["s = 1.. *> ^{ it * it }; print(peek(s, 3), take(s, 2) |> collect)  # => [1, 4, 9] [1, 4]"],
        5,
        peek,
    )]
}

fn peek<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    let v = step.arg(0).raw;
    if !v.is(Tag::Stream) {
        return Err(step.expected(0, "a stream").help("take the first items of anything else with `take`"));
    }
    let n = amount(step, 1)?.and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
    let s = StreamRef::from_raw(v);
    if step.phase() == 0 {
        if s.is_claimed() {
            return Err(crate::interp::iterate::used_before());
        }
        step.set(FROM, Value::new(v));
        step.set(FROM + 1, Value::int(0));
        let pulled = step.container(0)?;
        step.set(PULLED, pulled.value());
        if n == 0 {
            return done(step, s);
        }
        return Ok(Answer::Next(FROM));
    }
    let Some((item, key)) = step.item() else { return done(step, s) };
    let Some(pulled) = step.get(PULLED).as_container() else { return done(step, s) };
    step.push(pulled, item)?;
    step.push(pulled, key)?;
    if pulled.len() / 2 >= n { done(step, s) } else { Ok(Answer::Next(FROM)) }
}

/// Puts what was pulled back in front of what may still be there, and shows it.
fn done<'s>(step: &mut Step<'s>, s: StreamRef) -> Result<Answer<'s>, Raise> {
    let shown = step.container(0)?;
    let Some(pulled) = step.get(PULLED).as_container() else { return Ok(Answer::Return(shown.value())) };
    for i in (0..pulled.len()).step_by(2) {
        step.put(shown, pulled.get(i + 1), pulled.get(i))?;
    }
    let ahead = match ContainerRef::of(s.ahead()) {
        Some(rest) => rest,
        None => step.vm.heap.container(pulled.len())?,
    };
    for i in (0..pulled.len()).rev() {
        step.vm.heap.push(ahead, pulled.get(i).raw)?;
    }
    s.set_ahead(if ahead.len() == 0 { Raw::NIL } else { ahead.raw() });
    Ok(Answer::Return(shown.value()))
}
