//! Lines of a source, and JSON values of a source with one on each line.

use super::json;
use crate::input::Input;
use crate::options::Options;
use std::any::Any;
use weave_vm::HostObject;
use weave_vm::error::{ErrorKind, Raise};
use weave_vm::native::{Step, Value};

/// What each line holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    Text,
    Json,
}

/// The lines of a source.
pub(crate) struct Lines {
    input: Input,
    holds: Holds,
    skip_bad: bool,
    skipped: usize,
    begun: bool,
    line: usize,
    /// The fields of JSON objects that are read, where not all are.
    wanted: Option<Vec<String>>,
}

impl Lines {
    /// Lines as text, without their ends.
    pub(crate) fn of_text(input: Input) -> Lines {
        Lines { input, holds: Holds::Text, skip_bad: false, skipped: 0, begun: false, line: 0, wanted: None }
    }

    /// A JSON value on each line.
    pub(crate) fn of_json<'s>(step: &Step<'s>, input: Input, options: Options<'s>) -> Result<Lines, Raise> {
        let skip_bad = options.word(step, "on_error", &["error", "skip"])? == "skip";
        Ok(Lines { input, holds: Holds::Json, skip_bad, skipped: 0, begun: false, line: 0, wanted: None })
    }

    /// How many bad lines were left out so far.
    pub(crate) fn skipped(&self) -> usize {
        self.skipped
    }

    /// The source, for reading what is left otherwise.
    pub(crate) fn input(&mut self) -> &mut Input {
        &mut self.input
    }

    fn value<'s>(&self, step: &mut Step<'s>, len: usize) -> Result<Option<Value<'s>>, Raise> {
        let text = self.input.text_of(len)?;
        let text = text.strip_suffix('\r').unwrap_or(text);
        match self.holds {
            Holds::Text => step.text(text).map(Some),
            Holds::Json if text.trim_ascii().is_empty() => Ok(None),
            Holds::Json => {
                json::parse_fields(step, text, self.wanted.as_deref(), &|at, message| self.input.fault(at, message))
                    .map(Some)
            }
        }
    }
}

impl HostObject for Lines {
    fn type_name(&self) -> &'static str {
        "lines"
    }

    fn is_sequence(&self) -> bool {
        true
    }

    fn next<'s>(&mut self, step: &mut Step<'s>) -> Result<Option<Value<'s>>, Raise> {
        if !self.begun {
            self.begun = true;
            self.input.skip_mark(step)?;
        }
        loop {
            let Some((len, newline)) = self.input.next_line(step)? else {
                self.input.close();
                return Ok(None);
            };
            self.line = self.input.line();
            let v = self.value(step, len);
            match v {
                Err(raise) if !(self.skip_bad && raise.kind() == ErrorKind::Data) => {
                    self.input.close();
                    return Err(raise);
                }
                Err(_) => {
                    self.skipped += 1;
                    step.poll(1)?;
                }
                Ok(_) => {}
            }
            self.input.consume_line(len + usize::from(newline));
            if let Ok(Some(v)) = v {
                return Ok(Some(v));
            }
        }
    }

    fn project(&mut self, fields: &[&str]) {
        self.wanted = Some(fields.iter().map(|&f| f.to_owned()).collect());
    }

    fn place(&self) -> Option<String> {
        (self.line > 0).then(|| format!("{}:{}", self.input.name(), self.line))
    }

    fn close(&mut self) {
        self.input.close();
    }

    fn bytes_held(&self) -> usize {
        self.input.held()
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}
