//! Reading and writing JSON (RFC 8259).
//!
//! The reader goes straight from text to Weave values: no tree in between, and
//! nesting lives on a stack of its own. Numbers keep their spelling. A key given
//! twice, a lone surrogate, text behind the value: errors with line and column.

use memchr::memchr2;
use weave_vm::error::{ErrorKind, Raise};
use weave_vm::native::{Container, Step, Value};

/// Deepest nesting that is read or written.
pub const DEEPEST: usize = 100_000;

/// The value of a JSON document. `name` is the file, for errors.
///
/// # Errors
/// `:data` with line and column for text that is no JSON, `:memory` at the limit.
pub fn parse<'s>(step: &mut Step<'s>, text: &str, name: &str) -> Result<Value<'s>, Raise> {
    parse_at(step, text, name, Place { line: 1, column: 1 })
}

/// A line and column, both from 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Place {
    /// The place behind this text, where the text begins here.
    pub(crate) fn after(self, text: &str) -> Place {
        match text.rfind('\n') {
            Some(at) => Place {
                line: self.line + text.bytes().filter(|&b| b == b'\n').count(),
                column: text[at + 1..].chars().count() + 1,
            },
            None => Place { line: self.line, column: self.column + text.chars().count() },
        }
    }
}

/// As [`parse`] for text that begins somewhere in a file.
pub(crate) fn parse_at<'s>(step: &mut Step<'s>, text: &str, name: &str, start: Place) -> Result<Value<'s>, Raise> {
    let mut reader = Reader { text, at: 0, name, start, polled: 0 };
    let value = reader.value(step)?;
    reader.blanks();
    if reader.at < text.len() {
        return Err(reader.error("text behind the value", "write one value a line and read it as :jsonl"));
    }
    step.poll((text.len() - reader.polled) / 8)?;
    Ok(value)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    name: &'a str,
    start: Place,
    polled: usize,
}

/// A container that is not finished, and the key of the value to come.
struct Open<'s> {
    container: Container<'s>,
    key: Option<Value<'s>>,
}

impl<'a> Reader<'a> {
    #[cold]
    fn error(&self, message: &str, help: &str) -> Raise {
        self.error_at(self.at, message, help)
    }

    #[cold]
    fn error_at(&self, at: usize, message: &str, help: &str) -> Raise {
        let before = self.text.get(..at.min(self.text.len())).unwrap_or("");
        let place = self.start.after(before);
        let raise = Raise::new(ErrorKind::Data, format!("JSON: {message}"))
            .in_data(format!("{}:{}:{}", self.name, place.line, place.column));
        if help.is_empty() { raise } else { raise.help(help) }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\t' | b'\r')) {
            self.at += 1;
        }
    }

    fn unexpected(&self, wanted: &str) -> Raise {
        match self.text[self.at..].chars().next() {
            None => self.error(&format!("the text ends where {wanted} should stand"), "is the file cut short?"),
            Some('\'') => self.error("a single quote", "JSON strings stand in double quotes"),
            Some(c) => self.error(&format!("{} where {wanted} should stand", c.escape_debug()), ""),
        }
    }

    fn value<'s>(&mut self, step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
        let mut open: Vec<Open<'s>> = Vec::new();
        loop {
            if self.at - self.polled > 64 * 1024 {
                step.poll((self.at - self.polled) / 8)?;
                self.polled = self.at;
            }
            self.blanks();
            let mut value = match self.peek() {
                Some(b'{') | Some(b'[') => {
                    let object = self.peek() == Some(b'{');
                    if open.len() >= DEEPEST {
                        return Err(self.error("nested too deep", ""));
                    }
                    self.at += 1;
                    let container = step.container(0)?;
                    self.blanks();
                    if self.peek() == Some(if object { b'}' } else { b']' }) {
                        self.at += 1;
                        container.value()
                    } else {
                        let key = if object { Some(self.key(step)?) } else { None };
                        open.push(Open { container, key });
                        continue;
                    }
                }
                Some(b'"') => self.string(step)?,
                Some(b'-' | b'0'..=b'9') => self.number(step)?,
                _ => self.word()?,
            };
            // The value is complete: so may be the containers around it.
            loop {
                let Some(top) = open.last_mut() else { return Ok(value) };
                match top.key.take() {
                    None => step.push(top.container, value)?,
                    Some(key) => {
                        let before = top.container.len();
                        step.put(top.container, key, value)?;
                        if top.container.len() == before {
                            let name = key.as_text().unwrap_or("").to_owned();
                            return Err(
                                self.error(&format!("the key {name:?} is given twice"), "rename one of the two")
                            );
                        }
                        top.key = Some(key);
                    }
                }
                let object = top.key.is_some();
                self.blanks();
                match (self.peek(), object) {
                    (Some(b','), _) => {
                        self.at += 1;
                        self.blanks();
                        if matches!(self.peek(), Some(b'}' | b']')) {
                            return Err(self.error("a comma in front of the closing bracket", "remove it"));
                        }
                        if object {
                            let key = self.key(step)?;
                            if let Some(top) = open.last_mut() {
                                top.key = Some(key);
                            }
                        }
                        break;
                    }
                    (Some(b'}'), true) | (Some(b']'), false) => {
                        self.at += 1;
                        value = top.container.value();
                        open.pop();
                    }
                    _ => return Err(self.unexpected(if object { "`,` or `}`" } else { "`,` or `]`" })),
                }
            }
        }
    }

    /// A key and its colon.
    fn key<'s>(&mut self, step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
        self.blanks();
        if self.peek() != Some(b'"') {
            return Err(self.unexpected("a key in double quotes"));
        }
        let key = self.string(step)?;
        self.blanks();
        if self.peek() != Some(b':') {
            return Err(self.unexpected("`:`"));
        }
        self.at += 1;
        Ok(key)
    }

    fn word<'s>(&mut self) -> Result<Value<'s>, Raise> {
        for (word, value) in [("true", Value::bool(true)), ("false", Value::bool(false)), ("null", Value::nil())] {
            if self.text[self.at..].starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.unexpected("a value"))
    }

    fn number<'s>(&mut self, step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
        let bytes = self.text.as_bytes();
        let start = self.at;
        let mut at = start + usize::from(bytes[start] == b'-');
        let digits = |mut at: usize| {
            let from = at;
            while bytes.get(at).is_some_and(u8::is_ascii_digit) {
                at += 1;
            }
            (at, at - from)
        };
        let (end, count) = digits(at);
        if count == 0 || count > 1 && bytes[at] == b'0' {
            return Err(
                self.error("a number that JSON does not have", "no leading zeros; digits on both sides of the dot")
            );
        }
        at = end;
        if bytes.get(at) == Some(&b'.') {
            let (end, count) = digits(at + 1);
            if count == 0 {
                return Err(self.error_at(
                    at,
                    "a number that JSON does not have",
                    "write digits on both sides of the dot",
                ));
            }
            at = end;
        }
        if matches!(bytes.get(at), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
            let (end, count) = digits(at + 1 + sign);
            if count == 0 {
                return Err(self.error_at(at, "an exponent without digits", ""));
            }
            at = end;
        }
        self.at = at;
        step.data_scalar(&self.text[start..at])
    }

    fn string<'s>(&mut self, step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
        let bytes = self.text.as_bytes();
        let start = self.at + 1;
        let Some(length) = memchr2(b'"', b'\\', &bytes[start..]) else {
            return Err(self.error("a string that does not end", "is a quote missing?"));
        };
        let end = start + length;
        self.no_controls(start, end)?;
        if bytes[end] == b'"' {
            self.at = end + 1;
            return step.text(&self.text[start..end]);
        }
        let mut out = String::from(&self.text[start..end]);
        let mut at = end;
        loop {
            // `at` stands at a quote or a backslash.
            if bytes[at] == b'"' {
                self.at = at + 1;
                return step.text(&out);
            }
            at = self.escape(at, &mut out)?;
            let Some(length) = memchr2(b'"', b'\\', &bytes[at..]) else {
                return Err(self.error("a string that does not end", "is a quote missing?"));
            };
            self.no_controls(at, at + length)?;
            out.push_str(&self.text[at..at + length]);
            at += length;
        }
    }

    fn no_controls(&self, start: usize, end: usize) -> Result<(), Raise> {
        match self.text.as_bytes()[start..end].iter().position(|&b| b < 0x20) {
            None => Ok(()),
            Some(i) => {
                Err(self.error_at(start + i, "a control character inside a string", "escape it, as \\n or \\u000a"))
            }
        }
    }

    /// Resolves the escape at `at`; gives the offset behind it.
    fn escape(&self, at: usize, out: &mut String) -> Result<usize, Raise> {
        let bad = || {
            self.error_at(at, "an escape that JSON does not have", "JSON has \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX")
        };
        let c = match self.text.as_bytes().get(at + 1).ok_or_else(bad)? {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let unit = self.hex(at + 2).ok_or_else(bad)?;
                if !(0xd800..0xe000).contains(&unit) {
                    out.push(char::from_u32(unit).ok_or_else(bad)?);
                    return Ok(at + 6);
                }
                let lone = || {
                    self.error_at(at, "half of a surrogate pair", "a character beyond \\uffff takes two \\u escapes")
                };
                if unit >= 0xdc00 || self.text.as_bytes().get(at + 6..at + 8) != Some(b"\\u") {
                    return Err(lone());
                }
                let low = self.hex(at + 8).filter(|l| (0xdc00..0xe000).contains(l)).ok_or_else(lone)?;
                let c = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
                out.push(char::from_u32(c).ok_or_else(lone)?);
                return Ok(at + 12);
            }
            _ => return Err(bad()),
        };
        out.push(c);
        Ok(at + 2)
    }

    fn hex(&self, at: usize) -> Option<u32> {
        let digits = self.text.get(at..at + 4)?;
        digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
    }
}

/// Appends a value as JSON; `pretty` breaks lines and indents by two.
///
/// # Errors
/// `:type` for what JSON does not have (functions, streams, a container with both
/// bare and keyed values), `:value` for NaN, infinities and containers that hold
/// themselves.
pub fn write(step: &mut Step<'_>, value: Value<'_>, out: &mut String, pretty: bool) -> Result<(), Raise> {
    let mut open: Vec<(Container<'_>, usize)> = Vec::new();
    if let Some(c) = scalar(value, out)? {
        begin(c, &mut open, out)?;
    }
    let mut polled = out.len();
    while let Some((c, at)) = open.pop() {
        let keyed = c.has_keys();
        if at == c.len() {
            if pretty && at > 0 {
                newline(open.len(), out);
            }
            out.push(if keyed { '}' } else { ']' });
            continue;
        }
        if at > 0 {
            out.push(',');
        }
        if pretty {
            newline(open.len() + 1, out);
        }
        if keyed {
            let key = c.key(at);
            let Some(key) = key.as_text() else {
                return Err(Raise::new(
                    ErrorKind::Type,
                    "a container with both bare and keyed values is neither a JSON list nor a JSON object",
                )
                .help("give every value a key, or none"));
            };
            string(key, out);
            out.push_str(if pretty { ": " } else { ":" });
        }
        open.push((c, at + 1));
        if let Some(inner) = scalar(c.get(at), out)? {
            begin(inner, &mut open, out)?;
        }
        if out.len() - polled > 64 * 1024 {
            step.poll((out.len() - polled) / 8)?;
            polled = out.len();
        }
    }
    Ok(())
}

fn newline(depth: usize, out: &mut String) {
    out.push('\n');
    (0..depth).for_each(|_| out.push_str("  "));
}

fn begin<'s>(c: Container<'s>, open: &mut Vec<(Container<'s>, usize)>, out: &mut String) -> Result<(), Raise> {
    if open.len() >= DEEPEST {
        return Err(Raise::new(ErrorKind::Value, "nested too deep for JSON; does the container hold itself?"));
    }
    out.push(if c.has_keys() { '{' } else { '[' });
    open.push((c, 0));
    Ok(())
}

/// Writes a value that is no container; gives the container otherwise.
fn scalar<'s>(value: Value<'s>, out: &mut String) -> Result<Option<Container<'s>>, Raise> {
    if let Some(c) = value.as_container() {
        return Ok(Some(c));
    }
    if value.is_nil() {
        out.push_str("null");
    } else if let Some(b) = value.as_bool() {
        out.push_str(if b { "true" } else { "false" });
    } else if let Some(text) = value.as_text() {
        string(text, out);
    } else if let Some(text) = value.number_text() {
        out.push_str(text);
    } else if let Some(f) = value.as_float() {
        if !f.is_finite() {
            return Err(
                Raise::new(ErrorKind::Value, format!("JSON has no number {f}")).help("write nil or text in its place")
            );
        }
        value.write_number(out);
    } else {
        return Err(Raise::new(ErrorKind::Type, format!("JSON has no {}", value.type_name())).help(
            if value.is_stream() {
                "collect the stream, or write it as :jsonl"
            } else {
                "write its text, for example \"{x}\""
            },
        ));
    }
    Ok(None)
}

/// Appends a JSON string.
pub(crate) fn string(text: &str, out: &mut String) {
    use std::fmt::Write;
    out.push('"');
    let mut from = 0;
    for (i, b) in text.bytes().enumerate() {
        let escape = match b {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0x08 => "\\b",
            0x0c => "\\f",
            0..=0x1f | 0x7f => "",
            _ => continue,
        };
        out.push_str(&text[from..i]);
        if escape.is_empty() {
            let _ = write!(out, "\\u{b:04x}");
        } else {
            out.push_str(escape);
        }
        from = i + 1;
    }
    out.push_str(&text[from..]);
    out.push('"');
}
