//! How values become words of a command.

use std::any::Any;
use weave_vm::HostObject;
use weave_vm::error::{ErrorKind, Raise};
use weave_vm::native::{Step, Value};

/// Text that is spliced into a command as it is.
struct Spliced(String);

impl HostObject for Spliced {
    fn type_name(&self) -> &'static str {
        "raw"
    }

    fn display(&self) -> String {
        self.0.clone()
    }

    fn bytes_held(&self) -> usize {
        self.0.capacity()
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

/// `raw(text)`; of a container, its items with a space between them.
pub(super) fn raw<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    let value = step.arg(0);
    let text = match value.as_container() {
        Some(items) => {
            let mut words = Vec::with_capacity(items.len());
            for i in 0..items.len() {
                words.push(word(step, items.get(i))?);
            }
            words.join(" ")
        }
        None => word(step, value)?,
    };
    step.host(Box::new(Spliced(text)))
}

/// Appends a value to a script: one quoted word, one for each item of a
/// container, or the text of `raw(…)`.
pub(super) fn value<'s>(step: &mut Step<'s>, value: Value<'s>, script: &mut String) -> Result<(), Raise> {
    if let Some(items) = value.as_container() {
        for i in 0..items.len() {
            if i > 0 {
                script.push(' ');
            }
            one(step, items.get(i), script)?;
        }
        return Ok(());
    }
    one(step, value, script)
}

fn one<'s>(step: &mut Step<'s>, value: Value<'s>, script: &mut String) -> Result<(), Raise> {
    if let Some(text) = value.with_host(|spliced: &mut Spliced| spliced.0.clone()) {
        script.push_str(&text);
    } else {
        quote(&word(step, value)?, script);
    }
    step.poll(1)
}

/// The text of a value as one word. What has no text of its own is an error:
/// a `nil` in a command is a slip far more often than the word `nil`.
pub(super) fn word<'s>(step: &Step<'s>, value: Value<'s>) -> Result<String, Raise> {
    match value.type_name() {
        "nil" | "container" | "stream" | "function" | "bytes" | "error" | "file" => {
            let message = format!("a word of a command must be text or a number, not {}", value.type_name());
            Err(Raise::new(ErrorKind::Type, message))
        }
        _ => Ok(step.display(value)),
    }
}

/// Appends text as one word of a shell, whatever it holds.
fn quote(text: &str, script: &mut String) {
    script.push('\'');
    for (i, part) in text.split('\'').enumerate() {
        if i > 0 {
            script.push_str("'\\''");
        }
        script.push_str(part);
    }
    script.push('\'');
}

#[cfg(test)]
mod tests {
    use super::quote;

    #[test]
    fn a_word_stays_one_word() {
        let quoted = |text| {
            let mut script = String::new();
            quote(text, &mut script);
            script
        };
        assert_eq!(quoted(""), "''");
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted("$(x) `y` \\"), r"'$(x) `y` \'");
    }
}
