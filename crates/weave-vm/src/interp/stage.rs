//! The stages of a stream as natives of several steps: a pull is a frame on the
//! machine's own stack, so a chain of 100,000 stages needs no host stack.
//!
//! Each is called with the stream and draws from the stream's source.

use super::iterate;
use crate::error::Raise;
use crate::native::{Answer, Args, Native, Run, Step, StepsFn, Value};
use crate::object::container::ContainerRef;
use crate::object::stream::{Stage, StreamRef};
use crate::value::{Raw, Tag};

fn declare(name: &'static str, run: StepsFn) -> Native {
    Native { name, parameters: "stream", about: "", examples: &[], run: Run::Steps(8, run) }
}

/// One native for each stage, in the order of their numbers.
pub(crate) fn natives() -> Vec<Native> {
    Stage::ALL
        .iter()
        .map(|stage| match stage {
            Stage::Items => declare("<items>", items),
            Stage::Map => declare("<map>", map),
            Stage::Filter => declare("<filter>", filter),
            Stage::Take => declare("<take>", take),
            Stage::Skip => declare("<skip>", skip),
            Stage::TakeWhile => declare("<take_while>", take_while),
            Stage::Enumerate => declare("<enumerate>", enumerate),
            Stage::Zip => declare("<zip>", zip),
            Stage::Chunk => declare("<chunk>", chunk),
            Stage::Unique => declare("<unique>", unique),
            Stage::Flatten => declare("<flatten>", flatten),
        })
        .collect()
}

const SOURCE: usize = 0;
const ITEM: usize = 4;
const KEY: usize = 5;
const SECOND: usize = 4;

fn stream(step: &Step<'_>) -> StreamRef {
    StreamRef::from_raw(step.arg(0).raw)
}

/// Writes the iterator's registers over the stream's source; it was claimed
/// when the stage was made.
fn draw(step: &mut Step<'_>) {
    let source = stream(step).source();
    step.set(SOURCE, Value::new(source));
    step.set(SOURCE + 1, Value::int(0));
    step.set(SOURCE + 2, Value::nil());
}

fn finish<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    stream(step).finish();
    Ok(Answer::End)
}

/// Ends the stream early: what it draws from is closed.
fn stop<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    let source = stream(step).source();
    iterate::close(step.vm, source);
    finish(step)
}

fn call<'s>(step: &mut Step<'s>, item: Value<'s>) -> Answer<'s> {
    let s = stream(step);
    match ContainerRef::of(s.extra()) {
        Some(more) => Answer::Call(Value::new(s.function()), Args::Spread(item, crate::native::Container::new(more))),
        None => Answer::Call(Value::new(s.function()), Args::One(item)),
    }
}

fn items<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    if step.phase() == 0 {
        draw(step);
        return Ok(Answer::Next(SOURCE));
    }
    match step.item() {
        Some((v, key)) => Ok(Answer::Item(v, key)),
        None => finish(step),
    }
}

/// Draws an item and calls the stage's function with it; `None` once that has
/// answered. The item and its key lie in their registers then.
fn ask<'s>(step: &mut Step<'s>) -> Result<Option<Answer<'s>>, Raise> {
    let answer = match step.phase() {
        0 => {
            draw(step);
            Answer::Next(SOURCE)
        }
        1 => match step.item() {
            Some((v, key)) => {
                step.set(ITEM, v);
                step.set(KEY, key);
                call(step, v)
            }
            None => finish(step)?,
        },
        _ => return Ok(None),
    };
    Ok(Some(answer))
}

fn map<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    if let Some(answer) = ask(step)? {
        return Ok(answer);
    }
    Ok(Answer::Item(step.result(), step.get(KEY)))
}

fn filter<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    if let Some(answer) = ask(step)? {
        return Ok(answer);
    }
    if step.result().is_true() {
        return Ok(Answer::Item(step.get(ITEM), step.get(KEY)));
    }
    step.set_phase(0);
    Ok(Answer::Next(SOURCE))
}

fn take<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    let s = stream(step);
    if step.phase() == 0 {
        if s.count() <= 0 {
            return stop(step);
        }
        draw(step);
        return Ok(Answer::Next(SOURCE));
    }
    match step.item() {
        Some((v, key)) => {
            s.set_count(s.count() - 1);
            if s.count() <= 0 {
                // The last one: let go of the source now, not at a next pull.
                let source = s.source();
                iterate::close(step.vm, source);
                s.finish();
            }
            Ok(Answer::Item(v, key))
        }
        None => finish(step),
    }
}

fn skip<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    if step.phase() == 0 {
        draw(step);
        return Ok(Answer::Next(SOURCE));
    }
    let s = stream(step);
    match step.item() {
        Some((v, key)) if s.count() <= 0 => Ok(Answer::Item(v, key)),
        Some(_) => {
            s.set_count(s.count() - 1);
            step.set_phase(0);
            Ok(Answer::Next(SOURCE))
        }
        None => finish(step),
    }
}

fn take_while<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    if let Some(answer) = ask(step)? {
        return Ok(answer);
    }
    if step.result().is_true() { Ok(Answer::Item(step.get(ITEM), step.get(KEY))) } else { stop(step) }
}

fn enumerate<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    if step.phase() == 0 {
        draw(step);
        return Ok(Answer::Next(SOURCE));
    }
    match step.item() {
        Some((v, _)) => {
            let s = stream(step);
            let pair = step.container(2)?;
            step.push(pair, Value::int(s.count()))?;
            step.push(pair, v)?;
            s.set_count(s.count() + 1);
            Ok(Answer::Item(pair.value(), Value::nil()))
        }
        None => finish(step),
    }
}

/// Draws from the source, then from the second one, a stream of items that the
/// stage keeps as its function.
fn zip<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    let s = stream(step);
    match step.phase() {
        0 => {
            draw(step);
            Ok(Answer::Next(SOURCE))
        }
        1 => match step.item() {
            Some((v, _)) => {
                // The item lies in an argument's place: the iterator of the
                // second source needs the registers.
                s.set_extra(v.raw);
                step.set(SECOND, Value::new(s.function()));
                step.set(SECOND + 1, Value::int(0));
                step.set(SECOND + 2, Value::nil());
                Ok(Answer::Next(SECOND))
            }
            None => {
                let second = s.function();
                iterate::close(step.vm, second);
                finish(step)
            }
        },
        _ => match step.item() {
            Some((v, _)) => {
                let pair = step.container(2)?;
                step.push(pair, Value::new(s.extra()))?;
                step.push(pair, v)?;
                s.set_extra(Raw::NIL);
                Ok(Answer::Item(pair.value(), Value::nil()))
            }
            None => stop(step),
        },
    }
}

fn chunk<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    let s = stream(step);
    if step.phase() == 0 {
        let c = step.container(0)?;
        step.set(ITEM, c.value());
        draw(step);
        return Ok(Answer::Next(SOURCE));
    }
    let Some(c) = step.get(ITEM).as_container() else { return finish(step) };
    match step.item() {
        Some((v, key)) => {
            step.put(c, key, v)?;
            if c.len() as i64 >= s.count() {
                return Ok(Answer::Item(c.value(), Value::nil()));
            }
            Ok(Answer::Next(SOURCE))
        }
        None if c.is_empty() => finish(step),
        None => {
            s.finish();
            Ok(Answer::Item(c.value(), Value::nil()))
        }
    }
}

/// Remembers what it has seen in a container that the stage keeps; a function,
/// where there is one, gives what is compared.
fn unique<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    let s = stream(step);
    let compared = match step.phase() {
        0 => {
            draw(step);
            return Ok(Answer::Next(SOURCE));
        }
        1 => match step.item() {
            Some((v, key)) => {
                step.set(ITEM, v);
                step.set(KEY, key);
                if !s.function().is_nil() {
                    return Ok(Answer::Call(Value::new(s.function()), Args::One(v)));
                }
                v
            }
            None => return finish(step),
        },
        _ => step.result(),
    };
    let (seen, known) = crate::seen::meet(step.vm, s.extra(), compared.raw)?;
    s.set_extra(seen);
    if !known {
        return Ok(Answer::Item(step.get(ITEM), Value::nil()));
    }
    step.set_phase(0);
    Ok(Answer::Next(SOURCE))
}

/// Items of items, `count` levels deep. What is being unpacked stands in a
/// container of [container, position, its edit count at the start] that the stage
/// keeps.
fn flatten<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    let s = stream(step);
    if step.phase() > 0 {
        match step.item() {
            Some((v, _)) => match ContainerRef::of(v.raw) {
                Some(_) if s.count() > 0 => push_level(step, v)?,
                _ => return Ok(Answer::Item(v, Value::nil())),
            },
            None => return finish(step),
        }
    }
    while let Some(levels) = ContainerRef::of(s.extra()).filter(|l| l.len() > 0) {
        let top = ContainerRef::from_raw(levels.get(levels.len() - 1));
        let (c, at) = (ContainerRef::from_raw(top.get(0)), top.get(1).as_int().unwrap_or(0) as usize);
        if top.get(2).as_int() != Some(i64::from(c.edits())) {
            return Err(iterate::resized());
        }
        if at >= c.len() {
            step.vm.heap.remove(levels, levels.len() - 1)?;
            continue;
        }
        top.set(1, Raw::int(at as i64 + 1));
        let v = c.get(at);
        if v.is(Tag::Container) && (levels.len() as i64) < s.count() {
            push_level(step, Value::new(v))?;
            continue;
        }
        return Ok(Answer::Item(Value::new(v), Value::nil()));
    }
    draw(step);
    step.set_phase(0);
    Ok(Answer::Next(SOURCE))
}

fn push_level<'s>(step: &mut Step<'s>, v: Value<'s>) -> Result<(), Raise> {
    let s = stream(step);
    let levels = match ContainerRef::of(s.extra()) {
        Some(l) => l,
        None => {
            let l = step.vm.heap.container(1)?;
            s.set_extra(l.raw());
            l
        }
    };
    let edits = ContainerRef::of(v.raw).map_or(0, ContainerRef::edits);
    let level = step.vm.heap.container_of(&[v.raw, Raw::int(0), Raw::int(i64::from(edits))])?;
    Ok(step.vm.heap.push(levels, level.raw())?)
}
