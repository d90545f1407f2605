//! Functions that look for a pattern in text: a string, which means that very
//! text, or a host object that matches (a regular expression).

use super::group::{find_item, looks_through_items};
use super::string::{pieces, words};
use super::walk::{OWN, build, string};
use super::{plain, steps};
use crate::access::text_of;
use crate::error::{ErrorKind, Raise};
use crate::native::{Answer, Native, Step, Value};
use crate::object::host::with_host;
use crate::value::{Raw, Tag};

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

    /// Start and end of the first occurrence at or behind `from`, in bytes.
    fn find(&self, text: &str, from: usize) -> Option<(usize, usize)> {
        if from > text.len() {
            return None;
        }
        match self {
            Pattern::Text(finder, len) => {
                finder.find(text.as_bytes().get(from..)?).map(|at| (from + at, from + at + len))
            }
            Pattern::Host(v) => with_host(*v, |h| h.find(text, from)).flatten(),
        }
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
    let (mut start, mut from, mut over) = (0, 0, false);
    let parts = std::iter::from_fn(|| {
        if over {
            return None;
        }
        loop {
            match pattern.find(text, from) {
                // An empty match separates only between two characters.
                Some((a, b)) if a == b && (a == 0 || a >= text.len()) => {
                    from = behind(text, a);
                    if from > text.len() {
                        over = true;
                        return Some(&text[start..]);
                    }
                }
                Some((a, b)) => {
                    let part = &text[start..a];
                    start = b;
                    from = if a == b { behind(text, b) } else { b };
                    return Some(part);
                }
                None => {
                    over = true;
                    return Some(&text[start..]);
                }
            }
        }
    });
    pieces(step, parts)
}

fn replace<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    let (v, with) = (string(step, 0)?, string(step, 2)?);
    let wanted = step.arg(1).raw;
    let pattern = Pattern::of(step, 1, &wanted)?;
    let (text, with) = (v.as_text().unwrap_or(""), with.as_text().unwrap_or(""));
    let Some(first) = pattern.find(text, 0) else {
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
            next = if from > text.len() { None } else { pattern.find(text, from) };
            step.poll(1)?;
        }
        out.push(step, &text[start..])
    })
}

fn find<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    if step.phase() > 0 || looks_through_items(step) {
        return find_item(step);
    }
    let (v, wanted) = (step.arg(0), step.arg(1).raw);
    let pattern = Pattern::of(step, 1, &wanted)?;
    let text = v.as_text().unwrap_or("");
    step.poll(text.len() / 8)?;
    let at = pattern.find(text, 0).map(|(a, _)| match crate::text::is_ascii(&v.raw, text) {
        true => a,
        false => text[..a].chars().count(),
    });
    Ok(Answer::Return(at.map_or(Value::nil(), |at| Value::int(at as i64))))
}
