//! Containers, read and changed in place.

use crate::native::{Brand, Value};
use crate::object::container::ContainerRef;
use crate::scope::Scope;
use std::marker::PhantomData;

/// A container: its values are read and replaced in place; a [`Scope`] makes one and
/// adds to it.
///
/// ```
/// use weave_vm::{Raise, Value, Vm};
///
/// Vm::new().enter(|scope| {
///     let c = scope.container(2)?;
///     scope.push(c, Value::int(1))?;
///     scope.put_text(c, "size", Value::int(40))?;
///     c.set_at(0, Value::int(2));
///     assert_eq!((c.len(), c.get(0).as_int(), c.key(1).as_text()), (2, Some(2), Some("size")));
///     assert_eq!(c.field(scope, "size").and_then(Value::as_int), Some(40));
///     Ok::<_, Raise>(())
/// })?;
/// # Ok::<(), Box<weave_vm::RuntimeError>>(())
/// ```
#[derive(Clone, Copy)]
pub struct Container<'s> {
    inner: ContainerRef,
    step: Brand<'s>,
}

impl<'s> Container<'s> {
    pub(crate) fn new(inner: ContainerRef) -> Container<'s> {
        Container { inner, step: PhantomData }
    }

    /// The handle. A program may have taken keys out since it was made.
    pub(crate) fn inner(self) -> ContainerRef {
        self.inner.dense()
    }

    /// Itself as a value.
    ///
    /// ```
    /// use weave_vm::{Raise, Vm};
    ///
    /// let shown = Vm::new().enter(|scope| {
    ///     let (inner, outer) = (scope.container(0)?, scope.container(1)?);
    ///     scope.push(outer, inner.value())?;
    ///     Ok::<_, Raise>(scope.display(outer.value()))
    /// })?;
    /// assert_eq!(shown, "[[]]");
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn value(self) -> Value<'s> {
        Value::new(self.inner.raw())
    }

    /// A number that no other container alive has.
    ///
    /// ```
    /// use weave_vm::{Raise, Vm};
    ///
    /// Vm::new().enter(|scope| -> Result<(), Raise> {
    ///     let (one, other) = (scope.container(0)?, scope.container(0)?);
    ///     // Equal, yet two: what a writer asks that must not go round in a circle.
    ///     assert_ne!(one.identity(), other.identity());
    ///     assert_eq!(one.value().as_container().map(|c| c.identity()), Some(one.identity()));
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn identity(self) -> usize {
        self.inner.0.addr()
    }

    /// Number of values.
    ///
    /// ```
    /// use weave_vm::{IntoValue, Raise, Vm};
    ///
    /// Vm::new().enter(|scope| -> Result<(), Raise> {
    ///     let list = vec!["a", "b"].into_value(scope)?;
    ///     assert_eq!(list.as_container().map(|c| c.len()), Some(2));
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn len(self) -> usize {
        self.inner().len()
    }

    /// Whether it has no values.
    ///
    /// ```
    /// use weave_vm::{Raise, Value, Vm};
    ///
    /// Vm::new().enter(|scope| -> Result<(), Raise> {
    ///     let list = scope.container(10)?;
    ///     assert!(list.is_empty(), "room is no value");
    ///     scope.push(list, Value::nil())?;
    ///     assert!(!list.is_empty());
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The value at a position; nil behind the end.
    ///
    /// ```
    /// use weave_vm::{IntoValue, Raise, Vm};
    ///
    /// Vm::new().enter(|scope| -> Result<(), Raise> {
    ///     let list = (3, 4).into_value(scope)?.as_container().unwrap();
    ///     let sum: i64 = (0..list.len()).filter_map(|i| list.get(i).as_int()).sum();
    ///     assert_eq!(sum, 7);
    ///     assert!(list.get(2).is_nil());
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn get(self, i: usize) -> Value<'s> {
        Value::new(self.inner().get(i))
    }

    /// The key of a position: a string, or nil where it has none.
    ///
    /// ```
    /// use weave_vm::{Raise, Value, Vm};
    ///
    /// Vm::new().enter(|scope| -> Result<(), Raise> {
    ///     let c = scope.container(2)?;
    ///     scope.put_text(c, "width", Value::int(3))?;
    ///     scope.push(c, Value::int(4))?;
    ///     assert_eq!(c.key(0).as_text(), Some("width"));
    ///     assert!(c.key(1).is_nil());
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn key(self, i: usize) -> Value<'s> {
        Value::new(self.inner().key(i))
    }

    /// Replaces the value at a position; nothing behind the end.
    ///
    /// ```
    /// use weave_vm::{IntoValue, Raise, Value, Vm};
    ///
    /// Vm::new().enter(|scope| -> Result<(), Raise> {
    ///     let list = vec![1, 2, 3].into_value(scope)?.as_container().unwrap();
    ///     list.set_at(1, Value::nil());
    ///     assert_eq!(scope.display(list.value()), "[1, nil, 3]");
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn set_at(self, i: usize, v: Value<'s>) {
        self.inner().set(i, v.raw);
    }

    /// Whether any value has a key.
    ///
    /// ```
    /// use weave_vm::{Raise, Value, Vm};
    ///
    /// Vm::new().enter(|scope| -> Result<(), Raise> {
    ///     let c = scope.container(1)?;
    ///     assert!(!c.has_keys());
    ///     scope.put_text(c, "id", Value::int(1))?;
    ///     assert!(c.has_keys());
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn has_keys(self) -> bool {
        !self.inner().keys().is_null()
    }

    /// The value under a key.
    ///
    /// ```
    /// use std::collections::BTreeMap;
    /// use weave_vm::{IntoValue, Raise, Value, Vm};
    ///
    /// Vm::new().enter(|scope| -> Result<(), Raise> {
    ///     let size = BTreeMap::from([("width", 3), ("height", 4)]).into_value(scope)?;
    ///     let size = size.as_container().unwrap();
    ///     assert_eq!(size.field(scope, "height").and_then(Value::as_int), Some(4));
    ///     assert!(size.field(scope, "depth").is_none());
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn field(self, scope: &Scope<'s>, key: &str) -> Option<Value<'s>> {
        let key = scope.vm.heap.known_text_key(key)?;
        self.inner().find(key).map(|i| self.get(i))
    }
}
