//! Making values.

use super::Container;
use crate::error::{ErrorKind, Raise};
use crate::native::Value;
use crate::number::Data;
use crate::object::host::HostObject;
use crate::object::range::Range;
use crate::scope::Scope;
use crate::value::Raw;

impl<'s> Scope<'s> {
    /// A string.
    ///
    /// # Errors
    /// `:memory` at the limit.
    ///
    /// ```
    /// use weave_vm::{Raise, Vm};
    ///
    /// let quoted = Vm::new().enter(|scope| {
    ///     let v = scope.text("a \"b\"")?;
    ///     Ok::<_, Raise>(scope.quoted(v))
    /// })?;
    /// assert_eq!(quoted, r#""a \"b\"""#);
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn text(&mut self, text: &str) -> Result<Value<'s>, Raise> {
        Ok(Value::new(self.vm.heap.text(text)?))
    }

    /// A bytes value.
    ///
    /// # Errors
    /// `:memory` at the limit.
    ///
    /// ```
    /// use weave_vm::{Raise, Vm};
    ///
    /// Vm::new().enter(|scope| -> Result<(), Raise> {
    ///     let v = scope.bytes(b"\x89PNG")?;
    ///     assert_eq!((v.type_name(), v.as_bytes().map(<[u8]>::len)), ("bytes", Some(4)));
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<Value<'s>, Raise> {
        Ok(Value::new(self.vm.heap.bytes(bytes)?))
    }

    /// What a field of a data file denotes: a plain decimal number becomes a
    /// number, one that is not in its canonical spelling keeps its text, all
    /// else is a string.
    ///
    /// # Errors
    /// `:memory` at the limit.
    ///
    /// ```
    /// use weave_vm::{Raise, Vm};
    ///
    /// Vm::new().enter(|scope| -> Result<(), Raise> {
    ///     for (field, kind) in [("12", "int"), ("1.50", "float"), ("twelve", "string"), ("", "string")] {
    ///         assert_eq!(scope.data_scalar(field)?.type_name(), kind);
    ///     }
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn data_scalar(&mut self, text: &str) -> Result<Value<'s>, Raise> {
        let raw = match crate::number::from_data(text) {
            Data::Number(v) => v,
            Data::Spelled => self.vm.heap.number_text(text)?,
            Data::Text => self.vm.heap.text(text)?,
        };
        Ok(Value::new(raw))
    }

    /// A range.
    ///
    /// # Errors
    /// `:memory` at the limit.
    /// `:value` for a step of 0.
    ///
    /// ```
    /// use weave_vm::{ErrorKind, Raise, Range, Vm};
    ///
    /// Vm::new().enter(|scope| -> Result<(), Raise> {
    ///     let down = Range { start: Some(10), end: Some(0), inclusive: true, step: -5 };
    ///     assert_eq!(scope.range(down)?.as_range().unwrap().extent(), (10, Some(3)));
    ///     let endless = Range { step: 0, ..down };
    ///     assert_eq!(scope.range(endless).err().map(|e| e.kind()), Some(ErrorKind::Value));
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn range(&mut self, r: Range) -> Result<Value<'s>, Raise> {
        if r.step == 0 {
            return Err(Raise::new(ErrorKind::Value, "the step of a range must not be 0"));
        }
        Ok(Value::new(self.vm.heap.range(r)?))
    }

    /// An empty container with room for so many values.
    ///
    /// # Errors
    /// `:memory` at the limit.
    ///
    /// ```
    /// use weave_vm::{Handle, Raise, Value, Vm};
    ///
    /// let mut vm = Vm::new();
    /// let squares: Handle = vm.enter(|scope| {
    ///     let list = scope.container(3)?;
    ///     for n in 1..=3 {
    ///         scope.push(list, Value::int(n * n))?;
    ///     }
    ///     Ok::<_, Raise>(scope.keep(list.value()))
    /// })?;
    /// let shown = vm.enter(|scope| scope.value(&squares).map(|v| scope.display(v)))?;
    /// assert_eq!(shown, "[1, 4, 9]");
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn container(&mut self, room: usize) -> Result<Container<'s>, Raise> {
        Ok(Container::new(self.vm.heap.container(room)?))
    }

    /// Appends a bare value.
    ///
    /// # Errors
    /// `:memory` at the limit.
    ///
    /// ```
    /// use weave_vm::{Raise, Value, Vm};
    ///
    /// Vm::new().enter(|scope| -> Result<(), Raise> {
    ///     let list = scope.container(0)?;
    ///     let word = scope.text("one")?;
    ///     scope.push(list, word)?;
    ///     scope.push(list, Value::int(2))?;
    ///     assert_eq!(scope.display(list.value()), "[\"one\", 2]");
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn push(&mut self, c: Container<'s>, v: Value<'s>) -> Result<(), Raise> {
        Ok(self.vm.heap.push(c.inner(), v.raw)?)
    }

    /// Appends a value under a key (a string; nil: bare), or replaces the
    /// value that the key has.
    ///
    /// # Errors
    /// `:memory` at the limit.
    ///
    /// ```
    /// use weave_vm::{Raise, Value, Vm};
    ///
    /// Vm::new().enter(|scope| -> Result<(), Raise> {
    ///     let c = scope.container(2)?;
    ///     let key = scope.text("n")?;
    ///     scope.put(c, key, Value::int(1))?;
    ///     scope.put(c, key, Value::int(2))?;
    ///     scope.put(c, Value::nil(), Value::int(3))?;
    ///     assert_eq!(scope.display(c.value()), "[n: 2, 3]");
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn put(&mut self, c: Container<'s>, key: Value<'s>, v: Value<'s>) -> Result<(), Raise> {
        if key.is_nil() {
            return self.push(c, v);
        }
        let key = self.vm.heap.key(key.raw)?;
        Ok(self.vm.heap.set_key(c.inner(), key, v.raw)?)
    }

    /// As [`Scope::put`] with the key's text.
    ///
    /// # Errors
    /// `:memory` at the limit.
    ///
    /// ```
    /// use weave_vm::{Raise, Value, Vm};
    ///
    /// Vm::new().enter(|scope| -> Result<(), Raise> {
    ///     let size = scope.container(2)?;
    ///     scope.put_text(size, "width", Value::int(3))?;
    ///     scope.put_text(size, "height", Value::int(4))?;
    ///     assert_eq!(scope.display(size.value()), "[width: 3, height: 4]");
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn put_text(&mut self, c: Container<'s>, key: &str, v: Value<'s>) -> Result<(), Raise> {
        let key = self.vm.heap.key_of(key)?;
        Ok(self.vm.heap.set_key(c.inner(), key, v.raw)?)
    }

    /// Appends a value under a key's text; false, and no change, where the
    /// container has that key.
    ///
    /// # Errors
    /// `:memory` at the limit.
    ///
    /// ```
    /// use weave_vm::{Raise, Value, Vm};
    ///
    /// Vm::new().enter(|scope| -> Result<(), Raise> {
    ///     let c = scope.container(1)?;
    ///     assert!(scope.add_text(c, "id", Value::int(1))?);
    ///     // How a reader finds a key that its data has twice.
    ///     assert!(!scope.add_text(c, "id", Value::int(2))?);
    ///     assert_eq!(scope.display(c.value()), "[id: 1]");
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn add_text(&mut self, c: Container<'s>, key: &str, v: Value<'s>) -> Result<bool, Raise> {
        let key = self.vm.heap.key_of(key)?;
        if c.inner().find(key).is_some() {
            return Ok(false);
        }
        self.vm.heap.push_keyed(c.inner(), key, v.raw)?;
        Ok(true)
    }

    /// A container of nils under these keys, which must differ: the model of
    /// rows that share its keys.
    ///
    /// # Errors
    /// `:memory` at the limit.
    ///
    /// ```
    /// use weave_vm::{Raise, Vm};
    ///
    /// Vm::new().enter(|scope| -> Result<(), Raise> {
    ///     let model = scope.model(&["name", "size"])?;
    ///     assert_eq!(scope.display(model.value()), "[name: nil, size: nil]");
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn model(&mut self, keys: &[&str]) -> Result<Container<'s>, Raise> {
        let mut canonical = Vec::with_capacity(keys.len());
        for key in keys {
            canonical.push(self.vm.heap.key_of(key)?);
        }
        let nils = vec![Raw::NIL; keys.len()];
        if let (Some(shape), false) = (self.vm.heap.shape_of(&canonical)?, keys.is_empty()) {
            return Ok(Container::new(self.vm.heap.container_with_shape(shape, &nils)?));
        }
        let c = self.container(keys.len())?;
        for key in canonical {
            self.vm.heap.push_keyed(c.inner(), key, Raw::NIL)?;
        }
        Ok(c)
    }

    /// Gives the bare values of `row` the keys of a model of the same length.
    ///
    /// # Errors
    /// `:memory` at the limit.
    ///
    /// ```
    /// use weave_vm::{IntoValue, Raise, Vm};
    ///
    /// Vm::new().enter(|scope| -> Result<(), Raise> {
    ///     let model = scope.model(&["name", "size"])?;
    ///     for (name, size) in [("a.txt", 12), ("b.txt", 40)] {
    ///         let row = (name, size).into_value(scope)?.as_container().unwrap();
    ///         let row = scope.take_keys(row, model)?;
    ///         assert_eq!(scope.display(row.value()), format!("[name: \"{name}\", size: {size}]"));
    ///     }
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn take_keys(&mut self, row: Container<'s>, model: Container<'s>) -> Result<Container<'s>, Raise> {
        let keys = model.inner().keys();
        if keys.is_null() || row.len() != model.len() || row.has_keys() {
            return Ok(row);
        }
        if keys.is_shared() {
            row.inner().share_keys(keys);
            return Ok(row);
        }
        let out = self.container(row.len())?;
        for i in 0..row.len() {
            self.vm.heap.push_keyed(out.inner(), keys.key(i), row.inner().get(i))?;
        }
        Ok(out)
    }

    /// A host object as a value.
    ///
    /// # Errors
    /// `:memory` at the limit.
    ///
    /// ```
    /// # use std::any::Any;
    /// use weave_vm::{HostObject, Raise, Vm};
    ///
    /// struct Door;
    ///
    /// impl HostObject for Door {
    ///     fn type_name(&self) -> &'static str {
    ///         "door"
    ///     }
    ///     fn as_any(&mut self) -> &mut dyn Any {
    ///         self
    ///     }
    /// }
    ///
    /// Vm::new().enter(|scope| -> Result<(), Raise> {
    ///     assert_eq!(scope.host(Box::new(Door))?.type_name(), "door");
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn host(&mut self, object: Box<dyn HostObject>) -> Result<Value<'s>, Raise> {
        Ok(Value::new(self.vm.heap.host(object)?))
    }

    /// A stream that pulls from a host object.
    ///
    /// # Errors
    /// `:memory` at the limit.
    ///
    /// ```
    /// # use std::any::Any;
    /// use weave_vm::{HostObject, Raise, Step, Value, Vm};
    ///
    /// /// The lines of a text that came from somewhere.
    /// struct Lines(std::vec::IntoIter<String>);
    ///
    /// impl HostObject for Lines {
    ///     fn type_name(&self) -> &'static str {
    ///         "lines"
    ///     }
    ///     fn is_sequence(&self) -> bool {
    ///         true
    ///     }
    ///     fn next<'s>(&mut self, step: &mut Step<'s>) -> Result<Option<Value<'s>>, Raise> {
    ///         self.0.next().map(|line| step.text(&line)).transpose()
    ///     }
    ///     fn as_any(&mut self) -> &mut dyn Any {
    ///         self
    ///     }
    /// }
    ///
    /// let mut vm = Vm::new();
    /// let lines = vec!["one".to_owned(), "two".to_owned()].into_iter();
    /// let stream = vm.enter(|scope| {
    ///     let v = scope.host_stream(Box::new(Lines(lines)))?;
    ///     assert!(v.is_stream());
    ///     Ok::<_, Raise>(scope.keep(v))
    /// })?;
    /// let mut items = vm.items(&stream)?;
    /// assert_eq!(vm.next_item::<String>(&mut items)?.as_deref(), Some("one"));
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn host_stream(&mut self, object: Box<dyn HostObject>) -> Result<Value<'s>, Raise> {
        let source = self.vm.heap.host(object)?;
        let stream = self.vm.heap.stream(crate::object::stream::Stage::Items, source, Raw::NIL, Raw::NIL, 0)?;
        Ok(Value::new(stream.raw()))
    }

    /// A value as `print` writes it.
    ///
    /// ```
    /// use weave_vm::{Raise, Value, Vm};
    ///
    /// Vm::new().enter(|scope| -> Result<(), Raise> {
    ///     let word = scope.text("word")?;
    ///     assert_eq!(scope.display(word), "word");
    ///     assert_eq!(scope.display(Value::float(2.0)), "2.0");
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn display(&self, v: Value<'s>) -> String {
        crate::display::display(self.vm, v.raw)
    }

    /// A value as it stands inside a container: text is quoted.
    ///
    /// ```
    /// use weave_vm::{Raise, Value, Vm};
    ///
    /// Vm::new().enter(|scope| -> Result<(), Raise> {
    ///     let word = scope.text("word")?;
    ///     assert_eq!(scope.quoted(word), "\"word\"");
    ///     assert_eq!(scope.quoted(Value::nil()), "nil");
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn quoted(&self, v: Value<'s>) -> String {
        crate::display::quoted(self.vm, v.raw)
    }
}
