//! Rust types and Weave values: what each becomes on the other side.

mod from;
mod into;
mod mismatch;

pub use mismatch::Mismatch;

use crate::error::Raise;
use crate::native::Value;
use crate::scope::Scope;

/// A Rust type that a Weave value can be read as: parameters of functions that
/// [`Vm::define`](crate::Vm::define) registers, and results of
/// [`Vm::call`](crate::Vm::call).
///
/// | type | reads |
/// |---|---|
/// | `()` | anything, and forgets it |
/// | `bool` | a bool |
/// | `i64`, `u64`, `i32`, `u32`, `u16`, `u8`, … | an int within its range |
/// | `f64` | a number |
/// | `String`, `&str` (parameters only, borrowed) | a string |
/// | `Option<T>` | nil as `None`; as a parameter it may be left out |
/// | `Vec<T>` | the values of a container, in order |
/// | `(A, B)`, `(A, B, C)` | a container of so many values |
/// | `BTreeMap<String, T>`, `HashMap<String, T>` | a container whose values all have keys |
/// | [`Range`](crate::Range) | a range |
/// | [`Handle`](crate::Handle) | anything, and keeps it |
///
/// ```
/// use weave_vm::{FromValue, Mismatch, Scope, Value, Vm};
///
/// struct Point { x: f64, y: f64 }
///
/// impl FromValue for Point {
///     fn from_value<'s>(v: Value<'s>, scope: &mut Scope<'s>) -> Result<Point, Mismatch> {
///         let Some(c) = v.as_container() else { return Err(Mismatch::new("a point", v)) };
///         let mut field = |key| {
///             let v = c.field(scope, key).unwrap_or(Value::nil());
///             f64::from_value(v, scope).map_err(|m| m.inside(key))
///         };
///         Ok(Point { x: field("x")?, y: field("y")? })
///     }
/// }
///
/// let mut vm = Vm::new();
/// vm.define("length", ["point"], |p: Point| p.x.hypot(p.y));
/// ```
pub trait FromValue: Sized {
    /// Reads a value.
    ///
    /// # Errors
    /// What was expected and what was found.
    fn from_value<'s>(value: Value<'s>, scope: &mut Scope<'s>) -> Result<Self, Mismatch>;

    /// What an argument that was left out is read as; `None` where it must be there.
    ///
    /// ```
    /// use weave_vm::{FromValue, Mismatch, Scope, Value, Vm};
    ///
    /// /// A number of pixels; 16 where none is given.
    /// struct Size(i64);
    ///
    /// impl FromValue for Size {
    ///     fn from_value<'s>(v: Value<'s>, _: &mut Scope<'s>) -> Result<Size, Mismatch> {
    ///         v.as_int().map(Size).ok_or_else(|| Mismatch::new("a size", v))
    ///     }
    ///     fn left_out() -> Option<Size> {
    ///         Some(Size(16))
    ///     }
    /// }
    ///
    /// let mut vm = Vm::new();
    /// vm.define("pixels", ["size"], |size: Size| size.0)?;
    /// # let chunk = weave_compiler::chunk_of("pixels() + pixels(4)", &vm.signatures());
    /// // The program `pixels() + pixels(4)`.
    /// let program = vm.load(&chunk, None)?;
    /// vm.run(program)?;
    /// assert_eq!(vm.result::<i64>()?, 20);
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    fn left_out() -> Option<Self> {
        None
    }
}

/// A Rust type that becomes a Weave value: results of functions that
/// [`Vm::define`](crate::Vm::define) registers, and arguments of
/// [`Vm::call`](crate::Vm::call).
///
/// | type | becomes |
/// |---|---|
/// | `()`, `None` | nil |
/// | `bool`, integers, `f64`, `f32` | a bool, an int, a float; an integer beyond 64 signed bits is an error |
/// | `&str`, `String`, `char` | a string |
/// | `Vec<T>`, `&[T]`, arrays, `(A, B)`, `(A, B, C)` | a container of values |
/// | `BTreeMap<K, T>` | a container with keys, in their order |
/// | [`Range`](crate::Range) | a range |
/// | [`Items`](crate::Items) | a stream that draws from a Rust iterator |
/// | `Box<dyn HostObject>` | a host object |
/// | [`Handle`](crate::Handle), `&Handle` | the value that it keeps |
/// | `Result<T, E>` | the value, or the error raised |
///
/// ```
/// use weave_vm::{IntoValue, Raise, Scope, Value};
///
/// struct Point { x: f64, y: f64 }
///
/// impl IntoValue for Point {
///     fn into_value<'s>(self, scope: &mut Scope<'s>) -> Result<Value<'s>, Raise> {
///         let c = scope.container(2)?;
///         scope.put_text(c, "x", Value::float(self.x))?;
///         scope.put_text(c, "y", Value::float(self.y))?;
///         Ok(c.value())
///     }
/// }
///
/// let mut vm = weave_vm::Vm::new();
/// let shown = vm.enter(|scope| {
///     let point = Point { x: 1.5, y: 2.0 }.into_value(scope)?;
///     Ok::<_, Raise>(scope.display(point))
/// })?;
/// assert_eq!(shown, "[x: 1.5, y: 2.0]");
/// # Ok::<(), Box<weave_vm::RuntimeError>>(())
/// ```
pub trait IntoValue {
    /// Makes the value.
    ///
    /// # Errors
    /// `:memory` at the limit, and what the type itself raises.
    fn into_value<'s>(self, scope: &mut Scope<'s>) -> Result<Value<'s>, Raise>;
}
