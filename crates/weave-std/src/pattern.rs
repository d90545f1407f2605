//! Regular expressions as values, which `split`, `replace` and `find` take.

use crate::declare::plain;
use regex::Regex;
use std::any::Any;
use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};
use weave_vm::HostObject;
use weave_vm::error::{ErrorKind, Raise};
use weave_vm::native::{Native, Step, Value};

/// Compiled expressions that are remembered; a literal in a loop is compiled
/// once.
const REMEMBERED: usize = 256;

pub(crate) fn natives() -> Vec<Native> {
    vec![plain(
        "regex",
        "pattern",
        "a regular expression; re'…' is the same",
        &["print(split(\"a1b22c\", regex('[0-9]+')))  # => [\"a\", \"b\", \"c\"]"],
        regex,
    )]
}

struct Pattern(Regex);

fn regex<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    static KNOWN: OnceLock<Mutex<HashMap<String, Regex>>> = OnceLock::new();
    let pattern = step.arg(0);
    let Some(pattern) = pattern.as_text() else { return Err(step.expected(0, "a string")) };
    let known = KNOWN.get_or_init(Mutex::default);
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(compiled) = known.get(pattern) {
        let compiled = compiled.clone();
        return step.host(Box::new(Pattern(compiled)));
    }
    let compiled = Regex::new(pattern).map_err(|e| {
        let text = e.to_string();
        let words = text.lines().last().unwrap_or("").trim_start_matches("error: ").to_owned();
        Raise::new(ErrorKind::Value, format!("regex: {words}"))
            .help("look-around and back-references are left out: every pattern takes linear time")
    })?;
    if known.len() >= REMEMBERED {
        known.clear();
    }
    known.insert(pattern.to_owned(), compiled.clone());
    step.host(Box::new(Pattern(compiled)))
}

impl HostObject for Pattern {
    fn type_name(&self) -> &'static str {
        "regex"
    }

    fn display(&self) -> String {
        format!("re'{}'", self.0.as_str().replace('\'', "''"))
    }

    fn is_pattern(&self) -> bool {
        true
    }

    fn find(&self, text: &str, from: usize) -> Option<(usize, usize)> {
        self.0.find_at(text, from).map(|m| (m.start(), m.end()))
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}
