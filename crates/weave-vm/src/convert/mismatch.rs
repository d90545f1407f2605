//! A value that is not what Rust code expects.

use crate::error::{ErrorKind, Raise};
use crate::native::Value;

/// That a value can't be read as a Rust type: what was expected, what was found, and
/// where in the value. The border adds whose argument or result it is.
///
/// ```
/// use weave_vm::{FromValue, IntoValue, Raise, Vm};
///
/// let said = Vm::new().enter(|scope| {
///     let list = (1, "two").into_value(scope)?;
///     Ok::<_, Raise>(Vec::<i64>::from_value(list, scope).map_err(|m| m.raise("xs").message().to_owned()))
/// })?;
/// assert_eq!(said, Err("item 1 of xs must be an int, not string".to_owned()));
/// # Ok::<(), Box<weave_vm::RuntimeError>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mismatch(Box<Facts>);

#[derive(Clone, PartialEq, Eq, Debug)]
struct Facts {
    kind: ErrorKind,
    expected: String,
    found: String,
    /// From the innermost to the outermost.
    inside: Vec<String>,
}

impl Mismatch {
    /// A value of the wrong type; `expected` has its article: `"a point"`.
    ///
    /// ```
    /// use weave_vm::{Mismatch, Value};
    ///
    /// let mismatch = Mismatch::new("a point", Value::int(3));
    /// assert_eq!(mismatch.raise("from").message(), "from must be a point, not int");
    /// ```
    pub fn new(expected: &str, found: Value<'_>) -> Mismatch {
        Mismatch::of(ErrorKind::Type, expected.to_owned(), found.type_name().to_owned())
    }

    pub(super) fn of(kind: ErrorKind, expected: String, found: String) -> Mismatch {
        Mismatch(Box::new(Facts { kind, expected, found, inside: Vec::new() }))
    }

    /// Says in which part of a larger value it was found.
    ///
    /// ```
    /// use weave_vm::{Mismatch, Value};
    ///
    /// let mismatch = Mismatch::new("a number", Value::nil()).inside("x").inside("item 2");
    /// assert_eq!(mismatch.raise("points").message(), "x of item 2 of points must be a number, not nil");
    /// ```
    pub fn inside(mut self, part: impl Into<String>) -> Mismatch {
        self.0.inside.push(part.into());
        self
    }

    /// The error about `what`: a parameter's name, `the result`.
    ///
    /// ```
    /// use weave_vm::{ErrorKind, Mismatch, Value};
    ///
    /// let raise = Mismatch::new("a date", Value::bool(true)).raise("the result");
    /// assert_eq!((raise.kind(), raise.message()), (ErrorKind::Type, "the result must be a date, not bool"));
    /// ```
    pub fn raise(self, what: &str) -> Raise {
        let Facts { kind, expected, found, inside } = *self.0;
        let place: String = inside.iter().map(|part| format!("{part} of ")).collect();
        Raise::new(kind, format!("{place}{what} must be {expected}, not {found}"))
    }
}
