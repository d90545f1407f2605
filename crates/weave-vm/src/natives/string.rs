//! Functions of text. Positions and widths count characters.

use super::plain;
use super::walk::{at_least, build, charged, string};
use crate::access::text_of;
use crate::display::clip;
use crate::error::{ErrorKind, Raise};
use crate::native::{Native, Step, Value};

pub(super) fn natives() -> Vec<Native> {
    vec![
        plain(
            "lines",
            "text",
            "the lines without their ends; a newline at the end starts no further line",
            &["print(lines(\"a\\nb\\n\"))  # => [\"a\", \"b\"]"],
            lines,
        ),
        plain(
            "words",
            "text",
            "the words, which white space separates",
            &["print(words(\" a b \"))  # => [\"a\", \"b\"]"],
            words,
        ),
        plain("chars", "text", "the characters, each a string", &["print(chars(\"añ\"))  # => [\"a\", \"ñ\"]"], chars),
        plain(
            "trim",
            "text",
            "without white space at both ends",
            &["print(trim(\"  a \") + \"!\")  # => a!"],
            |step| {
                let v = string(step, 0)?;
                let text = v.as_text().unwrap_or("");
                let trimmed = text.trim();
                if trimmed.len() == text.len() { Ok(v) } else { step.text(trimmed) }
            },
        ),
        plain("upper", "text", "in capital letters", &["print(upper(\"aß\"))  # => ASS"], |step| {
            cased(step, str::to_uppercase)
        }),
        plain("lower", "text", "in small letters", &["print(lower(\"AÉ\"))  # => aé"], |step| {
            cased(step, str::to_lowercase)
        }),
        plain(
            "starts_with",
            "text, prefix",
            "whether the text begins with the prefix",
            &["print(starts_with(\"abc\", \"ab\"))  # => true"],
            |step| {
                let (text, part) = (string(step, 0)?, string(step, 1)?);
                Ok(Value::bool(text.as_text().unwrap_or("").starts_with(part.as_text().unwrap_or(""))))
            },
        ),
        plain(
            "ends_with",
            "text, suffix",
            "whether the text ends with the suffix",
            &["print(ends_with(\"abc\", \"bc\"))  # => true"],
            |step| {
                let (text, part) = (string(step, 0)?, string(step, 1)?);
                Ok(Value::bool(text.as_text().unwrap_or("").ends_with(part.as_text().unwrap_or(""))))
            },
        ),
        plain(
            "pad",
            "text, width, fill?, side?",
            "fills up to the width at a side: :left, :right or :both",
            &["print(pad(\"7\", 3, \"0\", :left))  # => 007"],
            pad,
        ),
        plain("repeat", "text, n", "the text n times", &["print(repeat(\"ab\", 2))  # => abab"], repeat),
    ]
}

/// A container of the pieces that an iterator gives.
pub(super) fn pieces<'s, 't>(step: &mut Step<'s>, pieces: impl Iterator<Item = &'t str>) -> Result<Value<'s>, Raise> {
    let out = step.vm.heap.container(0)?;
    for piece in pieces {
        let v = step.vm.heap.text(piece)?;
        step.vm.heap.push(out, v)?;
        step.poll(1 + piece.len() / 8)?;
    }
    Ok(Value::new(out.raw()))
}

fn lines<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    let v = string(step, 0)?;
    pieces(step, v.as_text().unwrap_or("").lines())
}

pub(super) fn words<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    let v = string(step, 0)?;
    pieces(step, v.as_text().unwrap_or("").split_whitespace())
}

fn chars<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    let v = string(step, 0)?;
    let text = v.as_text().unwrap_or("");
    pieces(step, text.char_indices().map(|(i, c)| &text[i..i + c.len_utf8()]))
}

fn cased<'s>(step: &mut Step<'s>, f: fn(&str) -> String) -> Result<Value<'s>, Raise> {
    let v = string(step, 0)?;
    let text = v.as_text().unwrap_or("");
    step.poll(text.len() / 8)?;
    // No letter becomes more than three times as long.
    charged(step, text.len() * 3, |step| {
        let changed = f(text);
        if changed == text { Ok(v) } else { step.text(&changed) }
    })
}

fn pad<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    let v = string(step, 0)?;
    let width = at_least(step, 1, 0)? as usize;
    let fill = if step.given(2).is_some() { string(step, 2)? } else { step.text(" ")? };
    let fill = fill.as_text().unwrap_or(" ");
    if fill.chars().count() != 1 {
        return Err(Raise::new(ErrorKind::Value, format!("pad: fill must be one character, not \"{}\"", clip(fill))));
    }
    let side = step.arg(3);
    let text = v.as_text().unwrap_or("");
    let missing = width.saturating_sub(crate::text::length(&v.raw, text));
    let left = match (step.given(3).is_some(), side.as_text()) {
        (false, _) | (_, Some("right")) => 0,
        (_, Some("left")) => missing,
        (_, Some("both")) => missing / 2,
        (_, Some(other)) => {
            let message = format!("pad: side must be :left, :right or :both, not \"{}\"", clip(other));
            return Err(Raise::new(ErrorKind::Value, message));
        }
        _ => return Err(step.expected(3, ":left, :right or :both")),
    };
    if missing == 0 {
        return Ok(v);
    }
    build(step, |step, out| {
        for i in 0..missing + 1 {
            if i == left {
                out.push(step, text)?;
            }
            if i < missing {
                out.push(step, fill)?;
            }
        }
        Ok(())
    })
}

fn repeat<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    let v = string(step, 0)?;
    let n = at_least(step, 1, 0)? as usize;
    let text = v.raw;
    let bytes = text_of(&text).unwrap_or("").as_bytes();
    let total = bytes.len().checked_mul(n).ok_or(crate::heap::OutOfMemory)?;
    step.poll(total / 8)?;
    let out = step.vm.heap.text_with(total, |room| {
        // Doubling what is there already: the copies are few and long.
        let mut done = bytes.len().min(room.len());
        room[..done].copy_from_slice(&bytes[..done]);
        while done > 0 && done < room.len() {
            let more = done.min(room.len() - done);
            room.copy_within(..more, done);
            done += more;
        }
    })?;
    Ok(Value::new(out))
}
