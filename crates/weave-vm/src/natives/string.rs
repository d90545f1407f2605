//! Functions of text. Positions and widths count characters.

use super::plain;
use super::walk::{at_least, build, string};
use crate::access::text_of;
use crate::display::clip;
use crate::equality::LONG;
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
                let trimmed = trimmed(step, text)?;
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
    let out = step.vm.heap.container(0)?;
    let mut rest = without_leading(step, v.as_text().unwrap_or(""))?;
    while !rest.is_empty() {
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let word = step.vm.heap.text(&rest[..end])?;
        step.vm.heap.push(out, word)?;
        step.poll(1 + end / 8)?;
        rest = without_leading(step, &rest[end..])?;
    }
    Ok(Value::new(out.raw()))
}

/// The beginning of a text, as far as it is looked at in one go.
fn piece(text: &str) -> &str {
    &text[..text.floor_char_boundary(LONG)]
}

/// Text without the white space that it begins with.
fn without_leading<'t>(step: &mut Step<'_>, mut text: &'t str) -> Result<&'t str, Raise> {
    loop {
        let piece = piece(text);
        let kept = piece.trim_start().len();
        text = &text[piece.len() - kept..];
        if kept > 0 || text.is_empty() {
            return Ok(text);
        }
        step.poll(LONG / 8)?;
    }
}

/// Text without white space at both ends.
pub(super) fn trimmed<'t>(step: &mut Step<'_>, text: &'t str) -> Result<&'t str, Raise> {
    let mut text = without_leading(step, text)?;
    loop {
        let from = text.floor_char_boundary(text.len().saturating_sub(LONG));
        let kept = text[from..].trim_end().len();
        text = &text[..from + kept];
        if kept > 0 || text.is_empty() {
            return Ok(text);
        }
        step.poll(LONG / 8)?;
    }
}

fn chars<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    let v = string(step, 0)?;
    let text = v.as_text().unwrap_or("");
    pieces(step, text.char_indices().map(|(i, c)| &text[i..i + c.len_utf8()]))
}

fn cased<'s>(step: &mut Step<'s>, f: fn(&str) -> String) -> Result<Value<'s>, Raise> {
    let v = string(step, 0)?;
    let text = v.as_text().unwrap_or("");
    let mut same = true;
    let changed = build(step, |step, out| {
        let mut rest = text;
        while !rest.is_empty() {
            let piece = piece(rest);
            // A letter's form may depend on its neighbours, but not across a space.
            let end = piece.rfind([' ', '\n']).map_or(piece.len(), |at| at + 1);
            let changed = f(&rest[..end]);
            same = same && changed == rest[..end];
            out.push(step, &changed)?;
            rest = &rest[end..];
        }
        Ok(())
    })?;
    Ok(if same { v } else { changed })
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
    let out = step.vm.heap.text_with(total, |at, room| {
        // From the place in the text where the piece begins: its end, whole ones, and
        // what of another one is left.
        let from = at.checked_rem(bytes.len()).unwrap_or(0);
        let mut done = (bytes.len() - from).min(room.len());
        room[..done].copy_from_slice(&bytes[from..from + done]);
        let more = bytes.len().min(room.len() - done);
        room[done..done + more].copy_from_slice(&bytes[..more]);
        let first = done;
        done += more;
        // Doubling what is there already: the copies are few and long.
        while more > 0 && done < room.len() {
            let more = (done - first).min(room.len() - done);
            room.copy_within(first..first + more, done);
            done += more;
        }
    })?;
    Ok(Value::new(out))
}
