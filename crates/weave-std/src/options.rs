//! The options of `read`, `write`, `parse` and `format`: a container whose keys
//! are checked, so that a misspelt one is an error.

use weave_vm::error::{ErrorKind, Raise};
use weave_vm::native::{Container, Step, Value};

/// Options of a call; empty where none were given.
#[derive(Clone, Copy)]
pub(crate) struct Options<'s>(Option<Container<'s>>);

impl<'s> Options<'s> {
    /// Those of argument `i`, each of which must be among `known`.
    pub(crate) fn of(step: &Step<'s>, i: usize, known: &[&str]) -> Result<Options<'s>, Raise> {
        let v = step.arg(i);
        if v.is_nil() {
            return Ok(Options(None));
        }
        let Some(c) = v.as_container() else {
            return Err(step.expected(i, "a container of options"));
        };
        for at in 0..c.len() {
            let key = c.key(at);
            let key = key.as_text().unwrap_or("");
            if !known.contains(&key) {
                let shown: String = key.chars().take(40).collect();
                let raise = Raise::new(ErrorKind::Value, format!("{}: no option `{shown}` here", step.name()));
                return Err(raise.help(match known {
                    [] => "this format has no options".to_owned(),
                    _ => format!("the options are {}", known.join(", ")),
                }));
            }
        }
        Ok(Options(Some(c)))
    }

    /// The value of an option, where it was given.
    pub(crate) fn get(self, step: &Step<'s>, name: &str) -> Option<Value<'s>> {
        self.0.and_then(|c| c.field(step, name))
    }

    /// Whether a flag is set.
    pub(crate) fn flag(self, step: &Step<'s>, name: &str, default: bool) -> bool {
        self.get(step, name).map_or(default, Value::is_true)
    }

    /// One of several words, the first where none was given.
    pub(crate) fn word<'w>(self, step: &Step<'s>, name: &str, words: &[&'w str]) -> Result<&'w str, Raise> {
        let Some(v) = self.get(step, name) else { return Ok(words.first().copied().unwrap_or("")) };
        let given = v.as_text().unwrap_or("");
        words.iter().find(|w| **w == given).copied().ok_or_else(|| {
            let all: Vec<String> = words.iter().map(|w| format!(":{w}")).collect();
            Raise::new(ErrorKind::Value, format!("{}: option `{name}` must be {}", step.name(), all.join(" or ")))
        })
    }

    /// Texts: a string, or a container of strings.
    pub(crate) fn texts(self, step: &Step<'s>, name: &str) -> Result<Vec<String>, Raise> {
        let Some(v) = self.get(step, name) else { return Ok(Vec::new()) };
        let wrong =
            || Raise::new(ErrorKind::Type, format!("{}: option `{name}` must be a container of strings", step.name()));
        if let Some(text) = v.as_text() {
            return Ok(vec![text.to_owned()]);
        }
        let c = v.as_container().ok_or_else(wrong)?;
        (0..c.len()).map(|i| c.get(i).as_text().map(str::to_owned).ok_or_else(wrong)).collect()
    }

    /// A text.
    pub(crate) fn text(self, step: &Step<'s>, name: &str) -> Result<Option<String>, Raise> {
        match self.get(step, name) {
            None => Ok(None),
            Some(v) => match v.as_text() {
                Some(text) => Ok(Some(text.to_owned())),
                None => {
                    let (native, got) = (step.name(), v.type_name());
                    Err(Raise::new(ErrorKind::Type, format!("{native}: option `{name}` must be a string, not {got}")))
                }
            },
        }
    }
}
