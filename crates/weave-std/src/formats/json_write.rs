//! Values as JSON text: a loop over a stack of open containers.

use std::collections::HashSet;
use std::fmt::Write;
use weave_vm::error::{ErrorKind, Raise};
use weave_vm::native::{Container, Step, Value};

/// Spaces that each level of a pretty text is moved in by.
const INDENT: usize = 2;

/// Appends a value. `level` is how deep it stands already, for pretty texts.
///
/// # Errors
/// `:value` for what JSON has no form for.
pub(crate) fn write<'s>(
    step: &mut Step<'s>,
    v: Value<'s>,
    pretty: bool,
    level: usize,
    out: &mut String,
) -> Result<(), Raise> {
    // Open containers with the next position in each, and whether it is an
    // object.
    let mut open: Vec<(Container<'s>, usize, bool)> = Vec::new();
    let mut inside: HashSet<usize> = HashSet::new();
    let mut next = Some(v);
    loop {
        if let Some(v) = next.take() {
            step.poll(1)?;
            match v.as_container() {
                Some(c) if c.is_empty() => out.push_str("[]"),
                Some(c) => {
                    if !inside.insert(c.identity()) {
                        return Err(no_form(step, "a container that holds itself"));
                    }
                    let object = is_object(step, c)?;
                    out.push(if object { '{' } else { '[' });
                    open.push((c, 0, object));
                }
                None => scalar(step, v, out)?,
            }
        }
        let Some(top) = open.last_mut() else { return Ok(()) };
        let (c, at, object) = *top;
        if at >= c.len() {
            open.pop();
            inside.remove(&c.identity());
            if pretty {
                line(level + open.len(), out);
            }
            out.push(if object { '}' } else { ']' });
            continue;
        }
        top.1 += 1;
        if at > 0 {
            out.push(',');
        }
        if pretty {
            line(level + open.len(), out);
        }
        if object {
            string(c.key(at).as_text().unwrap_or(""), out);
            out.push_str(if pretty { ": " } else { ":" });
        }
        next = Some(c.get(at));
    }
}

/// Bytes of a text that are written in one go.
const PIECE: usize = 64 * 1024;

/// Starts a line of a pretty text.
pub(crate) fn line(level: usize, out: &mut String) {
    out.push('\n');
    for _ in 0..level * INDENT {
        out.push(' ');
    }
}

fn no_form(step: &Step<'_>, what: &str) -> Raise {
    Raise::new(ErrorKind::Value, format!("{}: JSON has no form for {what}", step.name()))
}

/// Whether every value has a key; some with and some without are an error.
fn is_object(step: &Step<'_>, c: Container<'_>) -> Result<bool, Raise> {
    if !c.has_keys() {
        return Ok(false);
    }
    let keyed = (0..c.len()).filter(|&i| !c.key(i).is_nil()).count();
    if keyed != 0 && keyed != c.len() {
        return Err(no_form(step, "a container in which only some values have keys")
            .help("take `values(c)`, or give every value a key"));
    }
    Ok(keyed != 0)
}

fn scalar<'s>(step: &mut Step<'s>, v: Value<'s>, out: &mut String) -> Result<(), Raise> {
    if let Some(text) = v.as_text() {
        return long_string(step, text, out);
    }
    if let Some(text) = v.number_text() {
        out.push_str(text);
        return Ok(());
    }
    match v.type_name() {
        "nil" => out.push_str("null"),
        "bool" => out.push_str(&step.display(v)),
        "int" => v.write_number(out),
        "float" => {
            if !v.as_float().is_some_and(f64::is_finite) {
                return Err(no_form(step, &step.display(v)).help("replace it by nil first"));
            }
            v.write_number(out);
        }
        "time" | "duration" => string(&step.display(v), out),
        "range" => return Err(no_form(step, "a range").help("make a container of it with `collect`")),
        "stream" => return Err(no_form(step, "a stream inside").help("make a container of it with `collect`")),
        other => return Err(no_form(step, &format!("a value of type {other}"))),
    }
    Ok(())
}

/// Appends text between quotes, with a look at the limits after each piece of a long one.
fn long_string(step: &mut Step<'_>, text: &str, out: &mut String) -> Result<(), Raise> {
    out.push('"');
    let mut rest = text;
    while rest.len() > PIECE {
        let (piece, behind) = rest.split_at(rest.floor_char_boundary(PIECE));
        escaped(piece, out);
        step.poll(piece.len() / 8)?;
        rest = behind;
    }
    escaped(rest, out);
    out.push('"');
    Ok(())
}

/// Appends a short text between quotes.
fn string(text: &str, out: &mut String) {
    out.push('"');
    escaped(text, out);
    out.push('"');
}

fn escaped(text: &str, out: &mut String) {
    let mut from = 0;
    for (i, b) in text.bytes().enumerate() {
        if b >= 0x20 && b != b'"' && b != b'\\' {
            continue;
        }
        out.push_str(&text[from..i]);
        from = i + 1;
        match b {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            _ => {
                let _ = write!(out, "\\u{b:04x}");
            }
        }
    }
    out.push_str(&text[from..]);
}
