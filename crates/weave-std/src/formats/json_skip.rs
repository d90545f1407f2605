//! JSON values that nobody reads: they are checked as if they were made, with
//! the same errors at the same places, and nothing is made.

use super::json::{DEEPEST, Parser};
use std::borrow::Cow;
use std::collections::HashSet;
use weave_vm::error::Raise;
use weave_vm::native::Step;

/// Up to so many keys are compared one by one.
const FEW: usize = 16;

/// An array or object that is open.
struct Open<'t> {
    object: bool,
    /// The keys of an object so far: a short list, and all of them in a set
    /// where they are many.
    few: Vec<Cow<'t, str>>,
    many: HashSet<Cow<'t, str>>,
}

impl<'t> Open<'t> {
    fn new(object: bool) -> Open<'t> {
        Open { object, few: Vec::new(), many: HashSet::new() }
    }

    /// Adds a key; false where it is there.
    fn add(&mut self, key: Cow<'t, str>) -> bool {
        if self.few.len() < FEW {
            let is_new = !self.few.contains(&key);
            self.few.push(key);
            return is_new;
        }
        if self.many.is_empty() {
            self.many.extend(self.few.iter().cloned());
        }
        self.many.insert(key)
    }
}

impl<'t> Parser<'t, '_> {
    /// Checks the value that comes next, inside so many open containers.
    pub(super) fn skip_value(&mut self, step: &mut Step<'_>, around: usize) -> Result<(), Raise> {
        let mut open: Vec<Open<'t>> = Vec::new();
        'value: loop {
            self.skip_space();
            step.poll(1)?;
            match self.peek() {
                Some(bracket @ (b'{' | b'[')) => {
                    self.at += 1;
                    self.skip_space();
                    let close = if bracket == b'{' { b'}' } else { b']' };
                    if self.peek() == Some(close) {
                        self.at += 1;
                    } else {
                        if around + open.len() >= DEEPEST {
                            return Err(self.wrong("JSON: nested too deep"));
                        }
                        open.push(Open::new(bracket == b'{'));
                        self.skip_key(&mut open)?;
                        continue 'value;
                    }
                }
                Some(b'"') => {
                    self.string()?;
                }
                Some(b'-' | b'0'..=b'9') => {
                    let end = self.number_end();
                    if !step.is_data_number(&self.text[self.at..end]) {
                        return Err(self.wrong("JSON: not a number"));
                    }
                    self.at = end;
                }
                Some(b't' | b'f' | b'n') => {
                    self.word()?;
                }
                _ => return Err(self.expected("a value")),
            }
            loop {
                let Some(inner) = open.last() else { return Ok(()) };
                let object = inner.object;
                self.skip_space();
                match (self.peek(), object) {
                    (Some(b','), _) => {
                        self.at += 1;
                        if object {
                            self.skip_space();
                            self.skip_key(&mut open)?;
                        }
                        continue 'value;
                    }
                    (Some(b'}'), true) | (Some(b']'), false) => {
                        self.at += 1;
                        open.pop();
                    }
                    (_, true) => return Err(self.expected("`,` or `}`")),
                    (_, false) => return Err(self.expected("`,` or `]`")),
                }
            }
        }
    }

    /// Checks a key and its colon, where the innermost container is an object.
    fn skip_key(&mut self, open: &mut [Open<'t>]) -> Result<(), Raise> {
        let Some(inner) = open.last_mut().filter(|inner| inner.object) else { return Ok(()) };
        let before = self.at;
        let (start, end, escaped) = self.key_text()?;
        let text = self.text;
        let key = if escaped { Cow::Owned(self.scratch.clone()) } else { Cow::Borrowed(&text[start..end]) };
        if !inner.add(key) {
            let key = if escaped { self.scratch.as_str() } else { &text[start..end] };
            return Err(self.given_twice(before, key));
        }
        self.colon()
    }
}
