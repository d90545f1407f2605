//! Functions that look for a pattern in text: a string, which means that very
//! text, or a host object that matches (a regular expression).

use super::group::{find_item, looks_through_items};
use super::string::words;
use super::walk::{OWN, build, string};
use super::{plain, steps};
use crate::access::text_of;
use crate::error::{ErrorKind, Raise};
use crate::native::{Answer, Native, Step, Value};
use crate::object::host::with_host;
use crate::value::{Raw, Tag};
use crate::vm::Vm;

pub(super) fn natives() -> Vec<Native> {
    vec![
        plain(
            "split",
            "text, separator?",
            "the parts between separators; without one, between runs of white space",
            &[
                "print(split(\"a,b,\", \",\"))  # => [\"a\", \"b\", \"\"]",
                "print(split(\" a  b \"))  # => [\"a\", \"b\"]",
            ],
            split,
        ),
        plain(
            "replace",
            "text, pattern, with",
            "the text with every occurrence of the pattern replaced",
            &["print(replace(\"a-b-c\", \"-\", \"+\"))  # => a+b+c"],
            replace,
        ),
        steps(
            "find",
            "x, pattern_or_f",
            "the position of the first occurrence in a text, or the first item for which f is true; nil where there is none",
            &["print(find(\"abc\", \"c\"), find([1, 5], ^{ it > 2 }))  # => 2 5"],
            OWN as u16 + 1,
            find,
        ),
    ]
}

/// What is looked for.
enum Pattern<'t> {
    Text(Box<memchr::memmem::Finder<'t>>, usize),
    Host(Raw),
}

impl<'t> Pattern<'t> {
    fn of(step: &Step<'_>, i: usize, v: &'t Raw) -> Result<Pattern<'t>, Raise> {
        if let Some(text) = text_of(v) {
            return Ok(Pattern::Text(Box::new(memchr::memmem::Finder::new(text)), text.len()));
        }
        if v.is(Tag::Host) && with_host(*v, |h| h.is_pattern()).unwrap_or(false) {
            return Ok(Pattern::Host(*v));
        }
        Err(step.expected(i, "a string or a regular expression"))
    }

    /// Start and end of the first occurrence at or behind `from`, in bytes. Where a host
    /// object looks for it, nothing interrupts that.
    fn find(&self, step: &mut Step<'_>, text: &str, from: usize) -> Result<Option<(usize, usize)>, Raise> {
        if from > text.len() {
            return Ok(None);
        }
        match self {
            Pattern::Text(finder, len) => {
                let found = first_at(step.vm, text.as_bytes(), from, *len, |part| finder.find(part))?;
                Ok(found.map(|at| (at, at + len)))
            }
            Pattern::Host(v) => Ok(with_host(*v, |h| h.find(text, from)).flatten()),
        }
    }
}

/// Where something of `len` bytes is first found, a stretch of the text at a time.
pub(crate) fn first_at(
    vm: &mut Vm,
    text: &[u8],
    from: usize,
    len: usize,
    find: impl Fn(&[u8]) -> Option<usize>,
) -> Result<Option<usize>, Raise> {
    let stretch = (1usize << 20).max(len.saturating_mul(4));
    let mut from = from;
    loop {
        let end = text.len().min(from.saturating_add(stretch));
        if let Some(at) = find(&text[from..end]) {
            return Ok(Some(from + at));
        }
        vm.poll_work((end - from) / 64)?;
        if end == text.len() {
            return Ok(None);
        }
        // What begins in this stretch may end in the next one.
        from = end - len.saturating_sub(1);
    }
}

/// The next position behind `at`, where an empty match was found.
fn behind(text: &str, at: usize) -> usize {
    text[at..].chars().next().map_or(text.len() + 1, |c| at + c.len_utf8())
}

fn split<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    if step.given(1).is_none_or(Value::is_nil) {
        return words(step);
    }
    let (v, separator) = (string(step, 0)?, step.arg(1).raw);
    if text_of(&separator) == Some("") {
        return Err(Raise::new(ErrorKind::Value, "split: separator must not be empty")
            .help("`chars(text)` gives the characters"));
    }
    let pattern = Pattern::of(step, 1, &separator)?;
    let text = v.as_text().unwrap_or("");
    let out = step.vm.heap.container(0)?;
    let (mut start, mut from) = (0, 0);
    loop {
        let end = match pattern.find(step, text, from)? {
            // An empty match separates only between two characters.
            Some((a, b)) if a == b && (a == 0 || a >= text.len()) => {
                from = behind(text, a);
                if from <= text.len() {
                    continue;
                }
                None
            }
            found => found,
        };
        let part = &text[start..end.map_or(text.len(), |(a, _)| a)];
        let v = step.vm.heap.text(part)?;
        step.vm.heap.push(out, v)?;
        step.poll(1 + part.len() / 8)?;
        let Some((a, b)) = end else { return Ok(Value::new(out.raw())) };
        start = b;
        from = if a == b { behind(text, b) } else { b };
    }
}

fn replace<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    let (v, with) = (string(step, 0)?, string(step, 2)?);
    let wanted = step.arg(1).raw;
    let pattern = Pattern::of(step, 1, &wanted)?;
    let (text, with) = (v.as_text().unwrap_or(""), with.as_text().unwrap_or(""));
    let Some(first) = pattern.find(step, text, 0)? else {
        step.poll(text.len() / 8)?;
        return Ok(v);
    };
    build(step, |step, out| {
        let (mut start, mut next) = (0, Some(first));
        while let Some((a, b)) = next {
            out.push(step, &text[start..a])?;
            out.push(step, with)?;
            start = b;
            let from = if a == b { behind(text, b) } else { b };
            next = pattern.find(step, text, from)?;
            step.poll(1)?;
        }
        out.push(step, &text[start..])
    })
}

/// Checks that argument 1 can be looked for in a text.
///
/// # Errors
/// Where it can't.
pub(super) fn check(step: &mut Step<'_>) -> Result<(), Raise> {
    let wanted = step.arg(1).raw;
    Pattern::of(step, 1, &wanted).map(|_| ())
}

fn find<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    if step.phase() > 0 || looks_through_items(step) {
        return find_item(step);
    }
    let (v, wanted) = (step.arg(0), step.arg(1).raw);
    let pattern = Pattern::of(step, 1, &wanted)?;
    let text = v.as_text().unwrap_or("");
    step.poll(text.len() / 8)?;
    let at = pattern.find(step, text, 0)?.map(|(a, _)| match crate::text::is_ascii(&v.raw, text) {
        true => a,
        false => text[..a].chars().count(),
    });
    Ok(Answer::Return(at.map_or(Value::nil(), |at| Value::int(at as i64))))
}
