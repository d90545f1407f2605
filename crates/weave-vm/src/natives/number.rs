//! Functions of numbers.

use super::convert::whole_float;
use super::plain;
use super::walk::whole;
use crate::error::{ErrorKind, Raise};
use crate::interp::arith::{Arith, binary};
use crate::native::{Native, Step, Value};
use crate::number;
use crate::value::Raw;

pub(super) fn natives() -> Vec<Native> {
    vec![
        plain("abs", "x", "the magnitude of a number", &["print(abs(-3))  # => 3"], abs),
        plain("floor", "x", "the nearest whole number below, as an int", &["print(floor(-1.5))  # => -2"], |step| {
            to_whole(step, f64::floor)
        }),
        plain("ceil", "x", "the nearest whole number above, as an int", &["print(ceil(1.2))  # => 2"], |step| {
            to_whole(step, f64::ceil)
        }),
        plain(
            "round",
            "x, digits?",
            "the nearest number with so many digits after the dot, halves to the even neighbour; an int without digits",
            &["print(round(2.5), round(3.14159, 2))  # => 2 3.14"],
            round,
        ),
        plain("sqrt", "x", "the square root, a float", &["print(sqrt(9))  # => 3.0"], |step| real(step, f64::sqrt)),
        plain("exp", "x", "e to the power of x, a float", &["print(exp(0))  # => 1.0"], |step| real(step, f64::exp)),
        plain("log", "x", "the natural logarithm, a float", &["print(log(1))  # => 0.0"], |step| real(step, f64::ln)),
        plain("pow", "x, y", "x ** y", &["print(pow(2, 10))  # => 1024"], |step| {
            let (x, y) = (step.arg(0).raw, step.arg(1).raw);
            Ok(Value::new(binary(step.vm, Arith::Pow, x, y)?))
        }),
    ]
}

/// The first argument as a plain number.
fn operand(step: &Step<'_>) -> Result<Raw, Raise> {
    number::operand(step.arg(0).raw)?.ok_or_else(|| {
        let raise = step.expected(0, "a number");
        match step.arg(0).type_name() {
            "string" => raise.help("make a number of the text with `int(…)` or `float(…)`"),
            _ => raise,
        }
    })
}

fn real<'s>(step: &mut Step<'s>, f: fn(f64) -> f64) -> Result<Value<'s>, Raise> {
    Ok(Value::float(f(number::to_float(operand(step)?))))
}

fn abs<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    let x = operand(step)?;
    match x.as_int() {
        Some(i) => i.checked_abs().map(Value::int).ok_or_else(|| beyond(step, x)),
        None => Ok(Value::float(x.float_bits().abs())),
    }
}

/// The error for a result that no int holds.
fn beyond(step: &Step<'_>, x: Raw) -> Raise {
    let name = step.name();
    let mut text = number::NumberText::default();
    let shown = text.of(x);
    if x.is_float() && x.float_bits().is_nan() {
        return Raise::new(ErrorKind::Value, format!("{name}: nan is no int"));
    }
    Raise::new(ErrorKind::Overflow, format!("integer overflow: {name}({shown}) does not fit into 64 bits"))
}

fn to_whole<'s>(step: &mut Step<'s>, f: fn(f64) -> f64) -> Result<Value<'s>, Raise> {
    let x = operand(step)?;
    if x.is_int() {
        return Ok(Value::new(x));
    }
    whole_float(f(x.float_bits())).map(Value::int).ok_or_else(|| beyond(step, x))
}

fn round<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    let x = operand(step)?;
    let digits = if step.given(1).is_some() { whole(step, 1)? } else { 0 };
    if digits == 0 {
        return to_whole(step, f64::round_ties_even);
    }
    match x.as_int() {
        Some(_) if digits > 0 => Ok(Value::new(x)),
        Some(i) => round_int(i, digits.unsigned_abs()).map(Value::int).ok_or_else(|| beyond(step, x)),
        None => Ok(Value::float(round_float(x.float_bits(), digits))),
    }
}

/// To a multiple of ten to `zeros`.
fn round_int(i: i64, zeros: u64) -> Option<i64> {
    let Some(unit) = u32::try_from(zeros).ok().and_then(|z| 10i128.checked_pow(z)) else { return Some(0) };
    let i = i128::from(i);
    let below = i.div_euclid(unit) * unit;
    let rest = i - below;
    let up = rest * 2 > unit || rest * 2 == unit && i.div_euclid(unit) % 2 != 0;
    i64::try_from(if up { below + unit } else { below }).ok()
}

/// Rounds the exact value of the float: its decimal text is exact, and so is
/// reading the rounded text back.
fn round_float(f: f64, digits: i64) -> f64 {
    // Beyond 1,100 digits no float has any left.
    if !f.is_finite() || digits > 1_100 {
        return f;
    }
    if digits > 0 {
        return format!("{f:.*}", digits as usize).parse().unwrap_or(f);
    }
    if digits < -308 {
        return 0f64.copysign(f);
    }
    let unit = 10f64.powi(-digits as i32);
    (f / unit).round_ties_even() * unit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_go_to_the_even_neighbour() {
        assert_eq!(round_int(25, 1), Some(20));
        assert_eq!(round_int(35, 1), Some(40));
        assert_eq!(round_int(-25, 1), Some(-20));
        assert_eq!(round_int(i64::MAX, 1), None);
        assert_eq!(round_int(i64::MAX, 400), Some(0));
        assert_eq!(round_float(2.675, 2), 2.67);
        assert_eq!(round_float(0.125, 2), 0.12);
        assert_eq!(round_float(1250.0, -2), 1200.0);
        assert_eq!(round_float(1e-300, 5000), 1e-300);
        assert!(round_float(f64::NAN, 2).is_nan());
    }
}
