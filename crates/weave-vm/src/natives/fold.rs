//! Functions that bring a sequence down to one value.

use super::container::amount;
use super::stages::part;
use super::steps;
use super::walk::{
    Closed, OWN, Turn, build, call, function, gathered, held, into_container, item_number, no_calls, walk,
};
use crate::access::type_name;
use crate::error::{ErrorKind, Raise};
use crate::interp::arith::{Arith, numbers};
use crate::native::{Answer, Args, Native, Step, Value};
use crate::number;
use crate::object::container::ContainerRef;
use crate::value::Raw;

const COUNT: usize = OWN + 1;
const REGISTERS: u16 = OWN as u16 + 2;

pub(super) fn natives() -> Vec<Native> {
    vec![
        steps(
            "reduce",
            "xs, f, start?",
            "left fold: f of the result so far and an item; starts with start, or as &> does",
            &[
                "print(reduce([1, 2, 3], ^(a, b) { a + b }))  # => 6",
                "print(reduce([1], ^(a, b) { a + b }, 10))  # => 11",
            ],
            REGISTERS,
            reduce,
        ),
        steps("sum", "xs", "the sum of the items; 0 of none", &["print(sum([1, 2.5]))  # => 3.5"], REGISTERS, sum),
        steps(
            "mean",
            "xs",
            "the arithmetic mean, a float; nil of none",
            &["print(mean([1, 2]))  # => 1.5"],
            REGISTERS,
            mean,
        ),
        steps(
            "count",
            "xs, f?",
            "how many items there are, or for how many f is true",
            &["print(count([1, 2, 3]), count([1, 2, 3], ^{ it > 1 }))  # => 3 2"],
            REGISTERS,
            count,
        ),
        steps(
            "first",
            "xs, n?",
            "the first item or nil, or the first n items",
            &["print(first([1, 2]), first([1, 2, 3], 2))  # => 1 [1, 2]"],
            REGISTERS,
            first,
        ),
        steps(
            "last",
            "xs, n?",
            "the last item or nil, or the last n items",
            &["print(last([1, 2]), last([1, 2, 3], 2))  # => 2 [2, 3]"],
            REGISTERS,
            last,
        ),
        steps(
            "join",
            "xs, separator?",
            "the items' text with the separator between",
            &["print(join([1, \"b\"], \", \"))  # => 1, b"],
            REGISTERS,
            join,
        ),
    ]
}

/// The number that an item is.
fn numeric(name: &str, at: i64, v: Raw) -> Result<Raw, Raise> {
    number::operand(v)?.ok_or_else(|| {
        let got = type_name(v);
        let raise = Raise::new(ErrorKind::Type, format!("{name}: item {at} must be a number, not {got}"));
        match got {
            "string" => raise.help("make numbers of texts first: `xs *> int`, or `xs *> float`"),
            "nil" => raise.help("leave nil out first: `xs ?> ^{ it != nil }`"),
            _ => raise,
        }
    })
}

/// The sum with item number `at` of what the function `name` adds up.
pub(crate) fn added(name: &str, at: i64, sum: Raw, v: Raw) -> Result<Raw, Raise> {
    // A sum that is no number is one of code that no compiler wrote.
    let sum = number::operand(sum)?.unwrap_or(Raw::int(0));
    numbers(Arith::Add, sum, numeric(name, at, v)?).map_err(|_| {
        Raise::new(
            ErrorKind::Overflow,
            format!("{name}: integer overflow at item {at}: the sum does not fit into 64 bits"),
        )
        .help("sum floats instead: `xs *> float |> sum`")
    })
}

/// Adds to the sum in a register.
fn add<'s>(step: &mut Step<'s>, v: Value<'s>, _: Value<'s>) -> Result<Turn<'s>, Raise> {
    let total = added(step.name(), item_number(step), step.get(OWN).raw, v.raw)?;
    step.set(OWN, Value::new(total));
    let n = step.get(COUNT).raw.int_bits();
    step.set(COUNT, Value::int(n + 1));
    Ok(Turn::More)
}

fn begin_sum<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    step.set(OWN, Value::int(0));
    step.set(COUNT, Value::int(0));
    Ok(step.arg(0))
}

fn sum<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    walk(step, begin_sum, add, no_calls, |step| Ok(step.get(OWN)))
}

fn mean<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    walk(
        step,
        |step| {
            // Floats from the start: a mean of large ints does not overflow.
            step.set(OWN, Value::float(-0.0));
            step.set(COUNT, Value::int(0));
            Ok(step.arg(0))
        },
        add,
        no_calls,
        |step| {
            let n = step.get(COUNT).raw.int_bits();
            let sum = number::to_float(step.get(OWN).raw);
            Ok(if n == 0 { Value::nil() } else { Value::float(sum / n as f64) })
        },
    )
}

const START_GIVEN: i64 = 10;

/// Without a start the fold begins with the default of the function's first
/// parameter, or else with the first item; an unset register says that there is
/// no result yet.
fn reduce<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    if step.phase() == 0 {
        let f = function(step, 1)?;
        step.set(COUNT, Value::bool(false));
        if let Some(start) = step.given(2) {
            step.set(OWN, start);
            step.set(COUNT, Value::bool(true));
        } else {
            step.set_phase(START_GIVEN - 1);
            return Ok(Answer::Start(f));
        }
    }
    if step.phase() == START_GIVEN {
        if let Some(start) = step.start() {
            step.set(OWN, start);
            step.set(COUNT, Value::bool(true));
        }
        step.set_phase(0);
    }
    walk(
        step,
        |step| Ok(step.arg(0)),
        |step, v, _| {
            if !step.get(COUNT).is_true() {
                step.set(OWN, v);
                step.set(COUNT, Value::bool(true));
                return Ok(Turn::More);
            }
            Ok(Turn::Call(step.arg(1), Args::Two(step.get(OWN), v)))
        },
        |step, result| {
            step.set(OWN, result);
            Ok(Turn::More)
        },
        |step| {
            if step.get(COUNT).is_true() {
                return Ok(step.get(OWN));
            }
            Err(Raise::new(ErrorKind::Value, "reduce: no items and no start, so there is no result")
                .help("give a start: `reduce(xs, f, 0)`"))
        },
    )
}

fn count<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    let asks = step.given(1).is_some_and(|f| !f.is_nil());
    if step.phase() == 0 {
        if asks {
            function(step, 1)?;
        } else if let Some(xs) = Closed::of(step.arg(0).raw) {
            return Ok(Answer::Return(Value::int(i64::try_from(xs.len()).unwrap_or(i64::MAX))));
        }
    }
    let more = |step: &mut Step<'s>| {
        let n = step.get(COUNT).raw.int_bits();
        step.set(COUNT, Value::int(n + 1));
    };
    walk(
        step,
        |step| {
            step.set(COUNT, Value::int(0));
            Ok(step.arg(0))
        },
        |step, v, _| {
            if asks {
                return Ok(call(step, 1, v));
            }
            more(step);
            Ok(Turn::More)
        },
        |step, answer| {
            if answer.is_true() {
                more(step);
            }
            Ok(Turn::More)
        },
        |step| Ok(step.get(COUNT)),
    )
}

fn first<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    let n = amount(step, 1)?;
    if step.phase() == 0 {
        if let (None, Some(c)) = (n, ContainerRef::of_as_is(step.arg(0).raw)) {
            return Ok(Answer::Return(Value::new(c.first())));
        }
        if let Some(xs) = Closed::of(step.arg(0).raw) {
            return Ok(Answer::Return(match n {
                Some(n) => part(step, xs, 0, n as usize)?,
                None => Value::new(if xs.len() == 0 { Raw::NIL } else { xs.get(0) }),
            }));
        }
        if n == Some(0) {
            let none = step.container(0)?;
            return Ok(Answer::Return(none.value()));
        }
    }
    walk(
        step,
        into_container,
        |step, v, key| {
            let Some(n) = amount(step, 1)? else { return Ok(Turn::Done(v)) };
            let out = held(step, OWN)?;
            crate::interp::container::put(step.vm, out, key.raw, v.raw)?;
            Ok(if out.len() as i64 >= n { Turn::Done(step.get(OWN)) } else { Turn::More })
        },
        no_calls,
        |step| Ok(if amount(step, 1)?.is_some() { step.get(OWN) } else { Value::nil() }),
    )
}

/// Of a stream twice as many items as are wanted are kept before the older half
/// goes, so the work stays in proportion to the items.
fn last<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    let n = amount(step, 1)?;
    if let (0, None, Some(c)) = (step.phase(), n, ContainerRef::of_as_is(step.arg(0).raw)) {
        return Ok(Answer::Return(Value::new(c.last())));
    }
    if let (0, Some(xs)) = (step.phase(), Closed::of(step.arg(0).raw)) {
        return Ok(Answer::Return(match n {
            Some(n) => part(step, xs, xs.len().saturating_sub(n as usize), usize::MAX)?,
            None => Value::new(if xs.len() == 0 { Raw::NIL } else { xs.get(xs.len() - 1) }),
        }));
    }
    walk(
        step,
        into_container,
        |step, v, _| {
            let n = amount(step, 1)?.unwrap_or(1) as usize;
            let out = held(step, OWN)?;
            step.vm.heap.push(out, v.raw)?;
            if out.len() >= n.saturating_mul(2).saturating_add(64) {
                let newest = step.vm.slice_container(out, out.len() - n, out.len())?;
                step.set(OWN, Value::new(newest.raw()));
            }
            Ok(Turn::More)
        },
        no_calls,
        |step| {
            let n = amount(step, 1)?;
            let out = held(step, OWN)?;
            match n {
                Some(n) => part(step, Closed::Container(out), out.len().saturating_sub(n as usize), out.len()),
                None => Ok(Value::new(if out.len() == 0 { Raw::NIL } else { out.get(out.len() - 1) })),
            }
        },
    )
}

/// The items of a stream are gathered first; the text is then written in one
/// go.
fn join<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    if step.phase() == 0 {
        if step.given(1).is_some() {
            super::walk::string(step, 1)?;
        }
        if let Some(c) = ContainerRef::of(step.arg(0).raw) {
            return joined(step, c).map(Answer::Return);
        }
    }
    gathered(step, joined)
}

fn joined<'s>(step: &mut Step<'s>, items: ContainerRef) -> Result<Value<'s>, Raise> {
    let separator = step.arg(1);
    let separator = separator.as_text().unwrap_or("");
    build(step, |step, out| {
        for i in 0..items.len() {
            if i > 0 {
                out.push(step, separator)?;
            }
            out.display(step, items.get(i))?;
        }
        step.poll(items.len())
    })
}
