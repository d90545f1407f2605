//! The elements of an array in a JSON text, one at a time: the array may be
//! longer than memory, a single element is held whole.

use super::json;
use crate::input::Input;
use std::any::Any;
use weave_vm::HostObject;
use weave_vm::error::Raise;
use weave_vm::native::{Step, Value};

/// Elements of the top-level array, or of one further in.
pub(crate) struct Items {
    input: Input,
    /// Keys that lead to the array.
    path: Vec<String>,
    state: State,
    line: usize,
    /// The fields of elements that are read, where not all are.
    wanted: Option<Vec<String>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Before,
    First,
    Later,
    Over,
}

impl Items {
    /// Elements of the array at a path of keys joined by dots; empty for the
    /// top-level one.
    pub(crate) fn new(input: Input, path: &str) -> Items {
        let path = path.split('.').filter(|p| !p.is_empty()).map(str::to_owned).collect();
        Items { input, path, state: State::Before, line: 0, wanted: None }
    }

    /// The buffered byte at an offset.
    fn byte(&mut self, step: &mut Step<'_>, offset: usize) -> Result<Option<u8>, Raise> {
        while self.input.rest().len() <= offset {
            step.poll(self.input.rest().len() / 8)?;
            if !self.input.more(step)? {
                return Ok(None);
            }
        }
        Ok(Some(self.input.rest()[offset]))
    }

    /// Consumes white space and gives the next byte.
    fn next_byte(&mut self, step: &mut Step<'_>) -> Result<Option<u8>, Raise> {
        loop {
            let rest = self.input.rest();
            let space = rest.iter().take_while(|b| matches!(b, b' ' | b'\n' | b'\r' | b'\t')).count();
            let all = space == rest.len();
            self.input.consume(space);
            step.poll(space / 8)?;
            if !all || !self.input.more(step)? {
                return self.byte(step, 0);
            }
        }
    }

    fn expected(&self, what: &str, found: Option<u8>) -> Raise {
        let found = match found {
            Some(b) => format!("found `{}`", char::from(b).escape_debug()),
            None => "but the text ends".to_owned(),
        };
        self.input.fault(0, format!("JSON: expected {what}, {found}"))
    }

    /// The length of the value at the start of the buffer. What stands in it is
    /// checked when it is parsed.
    fn extent(&mut self, step: &mut Step<'_>) -> Result<usize, Raise> {
        let (mut at, mut depth) = (0usize, 0usize);
        loop {
            let Some(b) = self.byte(step, at)? else { return Ok(at) };
            match b {
                b'"' => {
                    at += 1;
                    loop {
                        match self.byte(step, at)? {
                            None => return Ok(at),
                            Some(b'\\') => at += 2,
                            Some(b'"') => break,
                            Some(_) => at += 1,
                        }
                    }
                    at += 1;
                }
                b'[' | b'{' => {
                    depth += 1;
                    at += 1;
                }
                b']' | b'}' if depth == 0 => return Ok(at),
                b']' | b'}' => {
                    depth -= 1;
                    at += 1;
                }
                b',' | b':' if depth == 0 => return Ok(at),
                _ => {
                    at += 1;
                    continue;
                }
            }
            if depth == 0 {
                return Ok(at);
            }
        }
    }

    /// Goes to the first element of the array.
    fn begin(&mut self, step: &mut Step<'_>) -> Result<(), Raise> {
        self.input.skip_mark(step)?;
        for key in std::mem::take(&mut self.path) {
            self.enter(step, &key)?;
        }
        match self.next_byte(step)? {
            Some(b'[') => {
                self.input.consume(1);
                Ok(())
            }
            other => Err(self.expected("an array to stream", other)),
        }
    }

    /// Goes to the value under a key of the object that comes next.
    fn enter(&mut self, step: &mut Step<'_>, wanted: &str) -> Result<(), Raise> {
        match self.next_byte(step)? {
            Some(b'{') => self.input.consume(1),
            other => return Err(self.expected(&format!("an object with the key `{wanted}`"), other)),
        }
        loop {
            match self.next_byte(step)? {
                Some(b'"') => {}
                Some(b'}') => return Err(self.input.fault(0, format!("JSON: no key `{wanted}` in this object"))),
                other => return Err(self.expected("a key in double quotes", other)),
            }
            let len = self.extent(step)?;
            let key = {
                let text = self.input.text_of(len)?;
                json::parse(step, text, &|at, message| self.input.fault(at, message))?
            };
            let found = key.as_text() == Some(wanted);
            self.input.consume(len);
            match self.next_byte(step)? {
                Some(b':') => self.input.consume(1),
                other => return Err(self.expected("`:`", other)),
            }
            if found {
                return Ok(());
            }
            self.next_byte(step)?;
            let len = self.extent(step)?;
            step.poll(len / 8)?;
            self.input.consume(len);
            match self.next_byte(step)? {
                Some(b',') => self.input.consume(1),
                Some(b'}') => {}
                other => return Err(self.expected("`,` or `}`", other)),
            }
        }
    }

    fn element<'s>(&mut self, step: &mut Step<'s>) -> Result<Option<Value<'s>>, Raise> {
        if self.state == State::Before {
            self.begin(step)?;
            self.state = State::First;
        }
        let next = self.next_byte(step)?;
        match (next, self.state) {
            (Some(b']'), _) => {
                self.input.consume(1);
                return Ok(None);
            }
            (Some(b','), State::Later) => {
                self.input.consume(1);
                self.next_byte(step)?;
            }
            (other, State::Later) => return Err(self.expected("`,` or `]`", other)),
            _ => {}
        }
        self.state = State::Later;
        self.line = self.input.line();
        let len = self.extent(step)?;
        let v = {
            let text = self.input.text_of(len)?;
            json::parse_fields(step, text, self.wanted.as_deref(), &|at, message| self.input.fault(at, message))?
        };
        self.input.consume(len);
        Ok(Some(v))
    }
}

impl HostObject for Items {
    fn type_name(&self) -> &'static str {
        "items"
    }

    fn is_sequence(&self) -> bool {
        true
    }

    fn next<'s>(&mut self, step: &mut Step<'s>) -> Result<Option<Value<'s>>, Raise> {
        if self.state == State::Over {
            return Ok(None);
        }
        let item = self.element(step);
        if !matches!(item, Ok(Some(_))) {
            self.state = State::Over;
            self.input.close();
        }
        item
    }

    fn project(&mut self, fields: &[&str]) {
        self.wanted = Some(fields.iter().map(|&f| f.to_owned()).collect());
    }

    fn place(&self) -> Option<String> {
        (self.line > 0).then(|| format!("{}:{}", self.input.name(), self.line))
    }

    fn close(&mut self) {
        self.state = State::Over;
        self.input.close();
    }

    fn bytes_held(&self) -> usize {
        self.input.held()
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}
