//! JSON texts straight into values: a loop over a stack of open containers, so
//! nesting of any depth needs no host stack. Numbers keep their spelling, a key
//! given twice is an error.

use weave_vm::error::Raise;
use weave_vm::native::{Container, Step, Value};

/// Containers may be nested so deep.
pub(super) const DEEPEST: usize = 1_000_000;

/// Makes an error at a byte of the text.
pub(crate) type Fault<'f> = dyn Fn(usize, String) -> Raise + 'f;

pub(super) struct Parser<'t, 'f> {
    pub(super) text: &'t str,
    pub(super) at: usize,
    fault: &'f Fault<'f>,
    pub(super) scratch: String,
    /// The keys of the outermost object whose values are made, where not all are.
    wanted: Option<&'f [String]>,
}

/// The value that a whole text is.
///
/// # Errors
/// `:data` where it is no JSON, made by `fault`.
pub(crate) fn parse<'s>(step: &mut Step<'s>, text: &str, fault: &Fault<'_>) -> Result<Value<'s>, Raise> {
    parse_fields(step, text, None, fault)
}

/// The same for an object of which only these keys are read: under the others
/// is nil. What stands there is checked all the same.
pub(crate) fn parse_fields<'s>(
    step: &mut Step<'s>,
    text: &str,
    wanted: Option<&[String]>,
    fault: &Fault<'_>,
) -> Result<Value<'s>, Raise> {
    let mut parser = Parser { text, at: 0, fault, scratch: String::new(), wanted };
    let v = parser.value(step)?;
    parser.skip_space();
    if parser.at < text.len() {
        return Err(parser.wrong("text behind the end of the JSON value"));
    }
    Ok(v)
}

impl<'t> Parser<'t, '_> {
    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    pub(super) fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    pub(super) fn wrong(&self, message: &str) -> Raise {
        (self.fault)(self.at, message.to_owned())
    }

    /// The error where something else was expected.
    pub(super) fn expected(&self, what: &str) -> Raise {
        let found = self.text.get(self.at..).and_then(|rest| rest.chars().next());
        let message = match found {
            Some(c) => format!("JSON: expected {what}, found `{}`", c.escape_debug()),
            None => format!("JSON: expected {what}, but the text ends"),
        };
        let raise = (self.fault)(self.at, message);
        let behind_comma = self.text.as_bytes()[..self.at].trim_ascii_end().ends_with(b",");
        match found {
            None => raise.help("is the text cut short?"),
            Some('\'') => raise.help("JSON strings stand in double quotes"),
            Some(']' | '}') if behind_comma => raise.help("remove the comma in front of the closing bracket"),
            _ => raise,
        }
    }

    fn value<'s>(&mut self, step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
        // Open containers, and whether each is an object, whose last value is
        // then still to come.
        let mut open: Vec<(Container<'s>, bool)> = Vec::new();
        'value: loop {
            self.skip_space();
            step.poll(1)?;
            let mut v = match self.peek() {
                Some(bracket @ (b'{' | b'[')) => {
                    self.at += 1;
                    let c = step.container(0)?;
                    self.skip_space();
                    let close = if bracket == b'{' { b'}' } else { b']' };
                    if self.peek() == Some(close) {
                        self.at += 1;
                        c.value()
                    } else {
                        if open.len() >= DEEPEST {
                            return Err(self.wrong("JSON: nested too deep"));
                        }
                        open.push((c, bracket == b'{'));
                        if bracket == b'{' && !self.key(step, c, open.len())? {
                            Value::nil()
                        } else {
                            continue 'value;
                        }
                    }
                }
                Some(b'"') => {
                    let (start, end, escaped) = self.string()?;
                    let text = if escaped { self.scratch.as_str() } else { &self.text[start..end] };
                    step.text(text)?
                }
                Some(b'-' | b'0'..=b'9') => self.number(step)?,
                Some(b't' | b'f' | b'n') => self.word()?,
                _ => return Err(self.expected("a value")),
            };
            // The value is complete: it goes into what is open, which it may
            // complete in turn.
            loop {
                let Some(&(c, object)) = open.last() else { return Ok(v) };
                if object {
                    c.set_at(c.len() - 1, v);
                } else {
                    step.push(c, v)?;
                }
                self.skip_space();
                match (self.peek(), object) {
                    (Some(b','), _) => {
                        self.at += 1;
                        if object {
                            self.skip_space();
                            if !self.key(step, c, open.len())? {
                                v = Value::nil();
                                continue;
                            }
                        }
                        continue 'value;
                    }
                    (Some(b'}'), true) | (Some(b']'), false) => {
                        self.at += 1;
                        open.pop();
                        v = c.value();
                    }
                    (_, true) => return Err(self.expected("`,` or `}`")),
                    (_, false) => return Err(self.expected("`,` or `]`")),
                }
            }
        }
    }

    /// A key and its colon; the container, inside which so many are open, gets the
    /// key with nil. False where the value was passed over, since nobody reads it.
    fn key<'s>(&mut self, step: &mut Step<'s>, c: Container<'s>, depth: usize) -> Result<bool, Raise> {
        let before = self.at;
        let (start, end, escaped) = self.key_text()?;
        let text = self.text;
        let key = if escaped { self.scratch.as_str() } else { &text[start..end] };
        if !step.add_text(c, key, Value::nil())? {
            return Err(self.given_twice(before, key));
        }
        let made = depth > 1 || self.wanted.is_none_or(|wanted| wanted.iter().any(|w| w == key));
        self.colon()?;
        if !made {
            self.skip_value(step, depth)?;
        }
        Ok(made)
    }

    /// A key: what [`Parser::string`] gives.
    pub(super) fn key_text(&mut self) -> Result<(usize, usize, bool), Raise> {
        if self.peek() != Some(b'"') {
            return Err(self.expected("a key in double quotes"));
        }
        self.string()
    }

    pub(super) fn given_twice(&self, at: usize, key: &str) -> Raise {
        let shown: String = key.chars().take(40).collect();
        (self.fault)(at, format!("JSON: the key `{shown}` is given twice"))
    }

    pub(super) fn colon(&mut self) -> Result<(), Raise> {
        self.skip_space();
        if self.peek() != Some(b':') {
            return Err(self.expected("`:`"));
        }
        self.at += 1;
        Ok(())
    }

    /// A string: where its text lies, and whether the text is in `scratch`
    /// instead because it has escapes.
    pub(super) fn string(&mut self) -> Result<(usize, usize, bool), Raise> {
        let open = self.at;
        let bytes = self.text.as_bytes();
        let start = open + 1;
        let mut from = start;
        let mut escaped = false;
        loop {
            let Some(n) = memchr::memchr2(b'"', b'\\', &bytes[from..]) else {
                self.at = open;
                return Err(self.wrong("JSON: the string that opens here is never closed"));
            };
            let end = from + n;
            if let Some(n) = bytes[from..end].iter().position(|&b| b < 0x20) {
                self.at = from + n;
                return Err(self.wrong("JSON: a control character in a string must be escaped"));
            }
            if bytes[end] == b'"' {
                self.at = end + 1;
                if escaped {
                    self.scratch.push_str(&self.text[from..end]);
                }
                return Ok((start, end, escaped));
            }
            if !escaped {
                self.scratch.clear();
                escaped = true;
            }
            self.scratch.push_str(&self.text[from..end]);
            self.at = end;
            from = self.escape()?;
        }
    }

    /// Decodes the escape at the backslash; gives what lies behind it.
    fn escape(&mut self) -> Result<usize, Raise> {
        let bytes = self.text.as_bytes();
        let c = match bytes.get(self.at + 1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => return Err(self.wrong("JSON: an unknown escape")),
        };
        self.scratch.push(c);
        Ok(self.at + 2)
    }

    fn unicode(&mut self) -> Result<usize, Raise> {
        let hex = |at: usize| -> Option<u32> {
            let digits = self.text.as_bytes().get(at..at + 4)?;
            digits.iter().try_fold(0, |n, &d| Some(n * 16 + (d as char).to_digit(16)?))
        };
        let Some(first) = hex(self.at + 2) else {
            return Err(self.wrong("JSON: `\\u` needs four hexadecimal digits"));
        };
        let (code, behind) = match first {
            0xd800..=0xdbff => {
                let pair = self.text.as_bytes().get(self.at + 6..self.at + 8) == Some(b"\\u");
                match hex(self.at + 8).filter(|low| pair && (0xdc00..=0xdfff).contains(low)) {
                    Some(low) => (0x10000 + ((first - 0xd800) << 10) + (low - 0xdc00), self.at + 12),
                    None => return Err(self.wrong("JSON: half of a surrogate pair")),
                }
            }
            _ => (first, self.at + 6),
        };
        match char::from_u32(code) {
            Some(c) => {
                self.scratch.push(c);
                Ok(behind)
            }
            None => Err(self.wrong("JSON: half of a surrogate pair")),
        }
    }

    /// Where the number that begins here ends.
    pub(super) fn number_end(&self) -> usize {
        let part = |b: &u8| matches!(b, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-');
        self.at + self.text.as_bytes()[self.at..].iter().take_while(|b| part(b)).count()
    }

    fn number<'s>(&mut self, step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
        let end = self.number_end();
        let v = step.data_scalar(&self.text[self.at..end])?;
        // What is no number in JSON stays text in data.
        if v.as_text().is_some() {
            return Err(self.wrong("JSON: not a number"));
        }
        self.at = end;
        Ok(v)
    }

    pub(super) fn word<'s>(&mut self) -> Result<Value<'s>, Raise> {
        let rest = &self.text.as_bytes()[self.at..];
        for (word, v) in [("true", Value::bool(true)), ("false", Value::bool(false)), ("null", Value::nil())] {
            if rest.starts_with(word.as_bytes()) {
                self.at += word.len();
                return Ok(v);
            }
        }
        Err(self.expected("a value"))
    }
}
