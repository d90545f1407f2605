//! The elements of one JSON array as a stream, in constant memory: the array at
//! the top of a document, or further in.

use super::json::{Place, parse_at};
use std::any::Any;
use std::io::BufRead;
use weave_vm::HostObject;
use weave_vm::error::{ErrorKind, Raise};
use weave_vm::native::{Step, Value};

/// Longest element that is read, in bytes.
const LONGEST: usize = 1 << 30;

/// Reads the elements of an array one by one.
pub struct ArrayReader {
    source: Option<Box<dyn BufRead + Send>>,
    name: String,
    /// Keys that lead to the array.
    path: Vec<String>,
    place: Place,
    begun: bool,
    /// Text of the element at hand: kept for its room.
    element: Vec<u8>,
}

impl ArrayReader {
    /// A reader of the array under the keys of `path` (`"data.items"`; empty: the
    /// document itself).
    pub fn new(source: Box<dyn BufRead + Send>, name: &str, path: &str) -> ArrayReader {
        let path = path.split('.').filter(|p| !p.is_empty()).map(str::to_owned).collect();
        ArrayReader {
            source: Some(source),
            name: name.to_owned(),
            path,
            place: Place { line: 1, column: 1 },
            begun: false,
            element: Vec::new(),
        }
    }

    fn error(&self, message: &str) -> Raise {
        Raise::new(ErrorKind::Data, format!("JSON: {message}"))
            .in_data(format!("{}:{}:{}", self.name, self.place.line, self.place.column))
    }

    fn failed(&self, e: &std::io::Error) -> Raise {
        Raise::new(ErrorKind::Io, format!("can't read {}: {e}", self.name))
    }

    fn peek(&mut self) -> Result<Option<u8>, Raise> {
        let Some(source) = &mut self.source else { return Ok(None) };
        loop {
            match source.fill_buf() {
                Ok(bytes) => return Ok(bytes.first().copied()),
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => return Err(self.failed(&e)),
            }
        }
    }

    fn next_byte(&mut self) -> Result<Option<u8>, Raise> {
        let byte = self.peek()?;
        if let (Some(b), Some(source)) = (byte, &mut self.source) {
            source.consume(1);
            if b == b'\n' {
                self.place = Place { line: self.place.line + 1, column: 1 };
            } else if b & 0xc0 != 0x80 {
                self.place.column += 1;
            }
        }
        Ok(byte)
    }

    fn blanks(&mut self) -> Result<Option<u8>, Raise> {
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = self.peek()? {
            self.next_byte()?;
        }
        self.peek()
    }

    /// Takes one value's text into `element`.
    fn take_value(&mut self) -> Result<(), Raise> {
        self.element.clear();
        let mut depth = 0usize;
        loop {
            let Some(b) = self.peek()? else { break };
            match b {
                b',' | b'}' | b']' if depth == 0 => break,
                b' ' | b'\n' | b'\t' | b'\r' if depth == 0 => break,
                _ => {}
            }
            if self.element.len() >= LONGEST {
                return Err(self.error("an element longer than 1 GiB"));
            }
            self.next_byte()?;
            self.element.push(b);
            match b {
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                b'"' => self.take_string()?,
                _ => {}
            }
            if depth == 0 && matches!(b, b'}' | b']' | b'"') {
                break;
            }
        }
        Ok(())
    }

    /// The rest of a string, whose opening quote is taken.
    fn take_string(&mut self) -> Result<(), Raise> {
        while let Some(b) = self.next_byte()? {
            self.element.push(b);
            match b {
                b'"' => return Ok(()),
                b'\\' => {
                    if let Some(next) = self.next_byte()? {
                        self.element.push(next);
                    }
                }
                _ => {}
            }
            if self.element.len() >= LONGEST {
                return Err(self.error("a string longer than 1 GiB"));
            }
        }
        Err(self.error("a string that does not end"))
    }

    fn element_value<'s>(&self, step: &mut Step<'s>, start: Place) -> Result<Value<'s>, Raise> {
        let Ok(text) = std::str::from_utf8(&self.element) else {
            return Err(self.error("bytes that are no UTF-8"));
        };
        parse_at(step, text, &self.name, start)
    }

    /// Goes to the first element: through the keys of the path and the bracket.
    fn begin(&mut self, step: &mut Step<'_>) -> Result<(), Raise> {
        if self.peek()? == Some(0xef) {
            for _ in 0..3 {
                self.next_byte()?;
            }
            self.place.column = 1;
        }
        for i in 0..self.path.len() {
            if self.blanks()? != Some(b'{') {
                return Err(self.error(&format!("no object that could have the key {:?}", self.path[i])));
            }
            self.next_byte()?;
            loop {
                if self.blanks()? != Some(b'"') {
                    return Err(self.error(&format!("no key {:?}", self.path[i])));
                }
                let start = self.place;
                self.take_value()?;
                let key = self.element_value(step, start)?;
                if self.blanks()? != Some(b':') {
                    return Err(self.error("no `:` behind a key"));
                }
                self.next_byte()?;
                self.blanks()?;
                if key.as_text() == Some(&self.path[i]) {
                    break;
                }
                self.take_value()?;
                if self.blanks()? == Some(b',') {
                    self.next_byte()?;
                }
            }
        }
        if self.blanks()? != Some(b'[') {
            return Err(self
                .error("no array to stream")
                .help("leave out `stream: true`, or name the array with `at:`"));
        }
        self.next_byte()?;
        Ok(())
    }
}

impl HostObject for ArrayReader {
    fn type_name(&self) -> &'static str {
        "file"
    }

    fn is_sequence(&self) -> bool {
        true
    }

    fn next<'s>(&mut self, step: &mut Step<'s>) -> Result<Option<Value<'s>>, Raise> {
        if self.source.is_none() {
            return Ok(None);
        }
        let first = !self.begun;
        if first {
            self.begun = true;
            self.begin(step)?;
        }
        match self.blanks()? {
            Some(b']') => {
                self.source = None;
                return Ok(None);
            }
            Some(b',') if !first => {
                self.next_byte()?;
                self.blanks()?;
            }
            Some(_) if first => {}
            _ => return Err(self.error("`,` or `]` should stand here")),
        }
        let start = self.place;
        self.take_value()?;
        step.poll(self.element.len() / 8)?;
        self.element_value(step, start).map(Some)
    }

    fn close(&mut self) {
        self.source = None;
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}
