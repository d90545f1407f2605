//! Values as text. Containers are walked with a stack of their own, so any
//! nesting prints, and one that holds itself prints as `[...]` there.

use crate::access::{bytes_of, text_of};
use crate::error::Raise;
use crate::heap::OutOfMemory;
use crate::number::{NumberText, float_text};
use crate::object::closure::{closure_of, native_index};
use crate::object::container::ContainerRef;
use crate::object::range::range_of;
use crate::object::{error, host};
use crate::scratch::Scratch;
use crate::value::{Raw, Tag};
use crate::vm::Vm;
use rustc_hash::FxHashSet;
use std::fmt::Write;

/// What a walk through a value reports to: the machine, and whether its limits
/// hold.
trait Reader {
    fn vm(&self) -> &Vm;
    fn report(&mut self, work: usize, bytes: usize) -> Result<(), Raise>;
}

impl Reader for Scratch<'_> {
    fn vm(&self) -> &Vm {
        self.vm
    }
    fn report(&mut self, work: usize, bytes: usize) -> Result<(), Raise> {
        Scratch::report(self, work, bytes)
    }
}

/// For the host, which takes no steps: the text alone may take the memory that a
/// program may, and an interrupt stops it too. A container that shares its parts
/// can be longer as text than any memory.
struct ForHost<'v>(&'v Vm);

impl Reader for ForHost<'_> {
    fn vm(&self) -> &Vm {
        self.0
    }
    fn report(&mut self, _: usize, bytes: usize) -> Result<(), Raise> {
        if bytes > self.0.limits.memory || self.0.interrupt.is_set() { Err(OutOfMemory.into()) } else { Ok(()) }
    }
}

/// As `print` writes it: strings bare. For the host: an ellipsis stands where the
/// memory limit or an interrupt cuts it.
pub(crate) fn display(vm: &Vm, v: Raw) -> String {
    match text_of(&v) {
        Some(text) => text.to_owned(),
        None => quoted(vm, v),
    }
}

/// As it stands inside a container: strings quoted. For the host.
pub(crate) fn quoted(vm: &Vm, v: Raw) -> String {
    let mut out = String::new();
    if write_value(&mut ForHost(vm), v, &mut out, 0).is_err() {
        out.push('…');
    }
    out
}

/// Appends a value as `print` writes it, within the limits of an operation. Of
/// `out`, `counted` bytes are charged already.
///
/// # Errors
/// The limit that was reached.
pub(crate) fn write_display(scratch: &mut Scratch<'_>, v: Raw, out: &mut String, counted: usize) -> Result<(), Raise> {
    match text_of(&v) {
        Some(text) => {
            let needed = out.len().saturating_add(text.len()).max(out.capacity());
            scratch.report(text.len() / 8, needed.saturating_sub(counted))?;
            out.try_reserve(text.len()).map_err(|_| OutOfMemory)?;
            out.push_str(text);
            Ok(())
        }
        None => write_value(scratch, v, out, counted),
    }
}

fn write_value(reader: &mut impl Reader, v: Raw, out: &mut String, counted: usize) -> Result<(), Raise> {
    let Some(c) = ContainerRef::of(v) else {
        write_scalar(reader.vm(), v, out);
        return Ok(());
    };
    // Each entry: a container and the next position in it.
    let mut stack = vec![(c, 0usize)];
    let mut open: FxHashSet<usize> = FxHashSet::default();
    open.insert(c.0.addr());
    out.push('[');
    while let Some((c, i)) = stack.pop() {
        if i >= c.len() {
            out.push(']');
            open.remove(&c.0.addr());
            continue;
        }
        if i > 0 {
            out.push_str(", ");
        }
        let (key, v) = (c.key(i), c.get(i));
        let texts = [key, v].iter().map(|v| bytes_of(v).map_or(0, <[u8]>::len)).fold(0, usize::saturating_add);
        let walk = stack.capacity() * size_of::<(ContainerRef, usize)>() + open.capacity() * (size_of::<usize>() + 2);
        let bytes = out.len().saturating_add(texts).max(out.capacity()).saturating_add(walk);
        reader.report(4 + texts / 8, bytes.saturating_sub(counted))?;
        out.try_reserve(texts).map_err(|_| OutOfMemory)?;
        if let Some(key) = text_of(&key) {
            write_key(key, out);
            out.push_str(": ");
        }
        stack.push((c, i + 1));
        match ContainerRef::of(v) {
            Some(inner) if open.insert(inner.0.addr()) => {
                out.push('[');
                stack.push((inner, 0));
            }
            Some(_) => out.push_str("[...]"),
            None => write_scalar(reader.vm(), v, out),
        }
    }
    Ok(())
}

fn write_scalar(vm: &Vm, v: Raw, out: &mut String) {
    match v.tag() {
        Tag::Nil | Tag::Unset => out.push_str("nil"),
        Tag::True => out.push_str("true"),
        Tag::False => out.push_str("false"),
        Tag::Int => out.push_str(NumberText::default().of(v)),
        Tag::Float => float_text(v.float_bits(), out),
        Tag::Short | Tag::Text => write_quoted(text_of(&v).unwrap_or(""), out),
        Tag::ShortNumber | Tag::Number => out.push_str(crate::access::number_text_of(&v).unwrap_or("")),
        Tag::Range => {
            let r = range_of(v);
            if r.step != 1 {
                out.push_str("step(");
            }
            if let Some(start) = r.start {
                let _ = write!(out, "{start}");
            }
            out.push_str(if r.inclusive { "..=" } else { ".." });
            if let Some(end) = r.end {
                let _ = write!(out, "{end}");
            }
            if r.step != 1 {
                let _ = write!(out, ", {})", r.step);
            }
        }
        Tag::Stream => out.push_str("<stream>"),
        Tag::Closure => {
            // SAFETY: H1.
            let name = unsafe { &(*(*closure_of(v)).proto).prototype().signature.name };
            let _ = if name.is_empty() { write!(out, "<fn>") } else { write!(out, "<fn {name}>") };
        }
        Tag::Native => {
            let name = &vm.natives[native_index(v)].signature.name;
            let _ = write!(out, "<fn {name}>");
        }
        Tag::Host => out.push_str(&host::with_host(v, |h| h.display()).unwrap_or_else(|| "<host object>".into())),
        Tag::Error => out.push_str(&error::facts(v).message),
        Tag::Bytes => {
            out.push_str("b\"");
            for b in bytes_of(&v).unwrap_or(&[]) {
                let _ = write!(out, "{}", std::ascii::escape_default(*b));
            }
            out.push('"');
        }
        Tag::Container | Tag::Cell => {}
    }
}

/// A key: bare where it is a name.
fn write_key(key: &str, out: &mut String) {
    let mut chars = key.chars();
    let name =
        chars.next().is_some_and(|c| c == '_' || c.is_alphabetic()) && chars.all(|c| c == '_' || c.is_alphanumeric());
    if name { out.push_str(key) } else { write_quoted(key, out) }
}

/// Text between quotes, with `"`, `\` and control characters escaped.
pub(crate) fn write_quoted(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\0' => out.push_str("\\0"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{{{:x}}}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Text short enough for a message, control characters escaped.
pub(crate) fn clip(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars().take(60) {
        if c.is_control() {
            let _ = write!(out, "\\u{{{:x}}}", c as u32);
        } else {
            out.push(c);
        }
    }
    if text.chars().nth(60).is_some() {
        out.push('…');
    }
    out
}

/// Edits between two short words, for "did you mean".
pub(crate) fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(40).collect(), b.chars().take(40).collect());
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut last = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let next = if x == y { last } else { 1 + last.min(row[j]).min(row[j + 1]) };
            last = std::mem::replace(&mut row[j + 1], next);
        }
    }
    row[b.len()]
}
