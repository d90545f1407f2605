//! From one type to another, and the name of a type.

use super::plain;
use super::walk::build;
use crate::access::{number_text_of, text_of, type_name};
use crate::display::clip;
use crate::error::{ErrorKind, Raise};
use crate::native::{Native, Step, Value};
use crate::number;
use crate::value::Tag;

pub(super) fn natives() -> Vec<Native> {
    vec![
        plain("type", "x", "the name of the value's type, as a symbol", &["print(type(1.5))  # => float"], type_of),
        plain("str", "x", "the text that print would write", &["print(str(42) + \"!\")  # => 42!"], str_of),
        plain(
            "int",
            "x",
            "an int: the whole part of a float, the number that a text is, 1 or 0 for a bool",
            &["print(int(\" 42 \") + 1)  # => 43", "print(int(-2.9))  # => -2"],
            int,
        ),
        plain(
            "float",
            "x",
            "a float: the nearest one of an int, the number that a text is",
            &["print(float(\"1.5\") * 2)  # => 3.0"],
            float,
        ),
        plain("bool", "x", "false for nil and false, true for all else", &["print(bool(0))  # => true"], |step| {
            Ok(Value::bool(step.arg(0).is_true()))
        }),
    ]
}

fn type_of<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    let name = type_name(step.arg(0).raw);
    step.text(name)
}

fn str_of<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    let v = step.arg(0);
    if v.as_text().is_some() {
        return Ok(v);
    }
    build(step, |step, out| out.display(step, v.raw))
}

fn beyond(step: &Step<'_>, shown: &str) -> Raise {
    Raise::new(ErrorKind::Overflow, format!("{}: {} does not fit into 64 bits", step.name(), clip(shown)))
}

fn int<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    let v = step.arg(0);
    if let Some(b) = v.as_bool() {
        return Ok(Value::int(i64::from(b)));
    }
    if let Some(text) = text_of(&v.raw) {
        let trimmed = number_text(step, text)?;
        let digits = trimmed.strip_prefix(['-', '+']).unwrap_or(trimmed);
        if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
            return trimmed.parse().map(Value::int).map_err(|_| beyond(step, trimmed));
        }
        let raise = Raise::new(ErrorKind::Value, format!("int: \"{}\" is not an int", clip(text)));
        return Err(if trimmed.parse::<f64>().is_ok() {
            raise.help("take the whole part of a number with `int(float(…))`")
        } else {
            raise.help("catch the error with `try`, or clean the text first")
        });
    }
    if let Some(text) = number_text_of(&v.raw) {
        if !text.contains(['.', 'e', 'E']) {
            return text.parse().map(Value::int).map_err(|_| beyond(step, text));
        }
        return truncated(step, text.parse().unwrap_or(f64::NAN));
    }
    match v.raw.tag() {
        Tag::Int => Ok(v),
        Tag::Float => truncated(step, v.raw.float_bits()),
        _ => Err(step.expected(0, "a number, a text or a bool")),
    }
}

/// Text without white space at its ends, where it is short enough to be read as a
/// number in one go.
fn number_text<'t>(step: &mut Step<'_>, text: &'t str) -> Result<&'t str, Raise> {
    const LONGEST: usize = 1 << 20;
    let trimmed = super::string::trimmed(step, text)?;
    step.poll(trimmed.len() / 8)?;
    if trimmed.len() > LONGEST {
        let message = format!("{}: a text of {} bytes is too long for a number", step.name(), trimmed.len());
        return Err(Raise::new(ErrorKind::Value, message));
    }
    Ok(trimmed)
}

fn truncated<'s>(step: &Step<'s>, f: f64) -> Result<Value<'s>, Raise> {
    if f.is_nan() {
        return Err(Raise::new(ErrorKind::Value, format!("{}: nan is no int", step.name())));
    }
    whole_float(f.trunc()).map(Value::int).ok_or_else(|| {
        let mut shown = String::new();
        number::float_text(f, &mut shown);
        beyond(step, &shown)
    })
}

/// The int that a float without a fraction is.
pub(super) fn whole_float(f: f64) -> Option<i64> {
    // All of i64 lies at or above -2^63 and below 2^63.
    (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&f).then_some(f as i64)
}

fn float<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    let v = step.arg(0);
    if let Some(b) = v.as_bool() {
        return Ok(Value::float(f64::from(u8::from(b))));
    }
    if let Some(text) = text_of(&v.raw) {
        return number_text(step, text)?.parse().map(Value::float).map_err(|_| {
            Raise::new(ErrorKind::Value, format!("float: \"{}\" is not a number", clip(text)))
                .help("catch the error with `try`, or clean the text first")
        });
    }
    if let Some(text) = number_text_of(&v.raw) {
        return Ok(Value::float(text.parse().unwrap_or(f64::NAN)));
    }
    match v.raw.tag() {
        Tag::Int | Tag::Float => Ok(Value::float(number::to_float(v.raw))),
        _ => Err(step.expected(0, "a number, a text or a bool")),
    }
}
