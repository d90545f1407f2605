//! Looking into values and making them, as natives and hosts do.

use crate::error::{ErrorKind, Raise};
use crate::native::{Brand, Value};
use crate::number::Data;
use crate::object::container::ContainerRef;
use crate::object::host::{self, HostObject};
use crate::object::range::{Range, range_of};
use crate::object::stream::StreamRef;
use crate::object::text::TextRef;
use crate::scope::Scope;
use crate::value::{Raw, Tag};
use std::marker::PhantomData;

/// A string value's text, borrowed from the copy of the value it was read from.
pub type Text<'a> = &'a str;

/// The bytes of any textual value, borrowed from it.
pub(crate) fn bytes_of(v: &Raw) -> Option<&[u8]> {
    match v.tag() {
        Tag::Short | Tag::ShortNumber => Some(v.short_bytes()),
        Tag::Text | Tag::Number | Tag::Bytes => Some(TextRef::from_raw(*v).bytes()),
        _ => None,
    }
}

/// The text of a string, borrowed from it.
pub(crate) fn text_of(v: &Raw) -> Option<&str> {
    match v.tag() {
        Tag::Short | Tag::Text => bytes_of(v).and_then(|b| utf8(b)),
        _ => None,
    }
}

/// The text that a number read from data keeps.
pub(crate) fn number_text_of(v: &Raw) -> Option<&str> {
    match v.tag() {
        Tag::ShortNumber | Tag::Number => bytes_of(v).and_then(|b| utf8(b)),
        _ => None,
    }
}

fn utf8(bytes: &[u8]) -> Option<&str> {
    // SAFETY: text objects and short text are only ever made from `str` (or, in
    // `text_with`, from pieces of it), so the bytes are UTF-8.
    Some(unsafe { std::str::from_utf8_unchecked(bytes) })
}

/// The name that `type` answers.
pub(crate) fn type_name(v: Raw) -> &'static str {
    match v.tag() {
        Tag::Nil | Tag::Unset => "nil",
        Tag::False | Tag::True => "bool",
        Tag::Int => "int",
        Tag::Float => "float",
        Tag::Short | Tag::Text => "string",
        Tag::ShortNumber | Tag::Number => crate::number::type_name_of_text(&v),
        Tag::Range => "range",
        Tag::Container => "container",
        Tag::Stream => "stream",
        Tag::Closure | Tag::Native => "function",
        Tag::Host => host::with_host(v, |h| h.type_name()).unwrap_or("host object"),
        Tag::Error => "error",
        Tag::Bytes => "bytes",
        Tag::Cell => "cell",
    }
}

impl<'s> Value<'s> {
    /// The name that `type` answers: `"int"`, `"container"`, ….
    pub fn type_name(self) -> &'static str {
        type_name(self.raw)
    }

    /// Whether it is nil.
    pub fn is_nil(self) -> bool {
        self.raw.is_nil()
    }

    /// Whether it holds in a condition: all but nil and false do.
    pub fn is_true(self) -> bool {
        self.raw.truthy()
    }

    /// The bool, where it is one.
    pub fn as_bool(self) -> Option<bool> {
        matches!(self.raw.tag(), Tag::True | Tag::False).then(|| self.raw.truthy())
    }

    /// The integer, where it is one; a number that keeps its text counts as the
    /// number it denotes.
    pub fn as_int(self) -> Option<i64> {
        crate::number::resolve(self.raw)?.as_int()
    }

    /// The number as a float, where it is one.
    pub fn as_float(self) -> Option<f64> {
        let v = crate::number::resolve(self.raw)?;
        if v.is_int() { Some(v.int_bits() as f64) } else { Some(v.float_bits()) }
    }

    /// The text of a string, borrowed from this copy of the value.
    pub fn as_text(&self) -> Option<Text<'_>> {
        text_of(&self.raw)
    }

    /// The bytes of a bytes value.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        self.raw.is(Tag::Bytes).then(|| bytes_of(&self.raw)).flatten()
    }

    /// The text of a number that was read from data in another spelling than
    /// its own.
    pub fn number_text(&self) -> Option<&str> {
        number_text_of(&self.raw)
    }

    /// The container.
    pub fn as_container(self) -> Option<Container<'s>> {
        ContainerRef::of(self.raw).map(Container::new)
    }

    /// The range's parts.
    pub fn as_range(self) -> Option<Range> {
        self.raw.is(Tag::Range).then(|| range_of(self.raw))
    }

    /// Whether it can be called.
    pub fn is_function(self) -> bool {
        matches!(self.raw.tag(), Tag::Closure | Tag::Native)
    }

    /// Whether it is a stream.
    pub fn is_stream(self) -> bool {
        self.raw.is(Tag::Stream)
    }

    /// What a stream draws from in the end, through all its stages; the value
    /// itself where it is no stream.
    pub fn source(self) -> Value<'s> {
        let mut v = self.raw;
        while v.is(Tag::Stream) {
            v = StreamRef::from_raw(v).source();
        }
        Value::new(v)
    }

    /// Runs `f` on the host object, where it is one of type `T`; `None` also
    /// where one of its methods is running.
    pub fn with_host<T: HostObject, R>(self, f: impl FnOnce(&mut T) -> R) -> Option<R> {
        if !self.raw.is(Tag::Host) {
            return None;
        }
        host::with_host(self.raw, |h| h.as_any().downcast_mut::<T>().map(f)).flatten()
    }
}

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
    pub fn value(self) -> Value<'s> {
        Value::new(self.inner.raw())
    }

    /// A number that no other container alive has.
    pub fn identity(self) -> usize {
        self.inner.0.addr()
    }

    /// Number of values.
    pub fn len(self) -> usize {
        self.inner().len()
    }

    /// Whether it has no values.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The value at a position; nil behind the end.
    pub fn get(self, i: usize) -> Value<'s> {
        Value::new(self.inner().get(i))
    }

    /// The key of a position: a string, or nil where it has none.
    pub fn key(self, i: usize) -> Value<'s> {
        Value::new(self.inner().key(i))
    }

    /// Replaces the value at a position; nothing behind the end.
    pub fn set_at(self, i: usize, v: Value<'s>) {
        self.inner().set(i, v.raw);
    }

    /// Whether any value has a key.
    pub fn has_keys(self) -> bool {
        !self.inner().keys().is_null()
    }

    /// The value under a key.
    pub fn field(self, scope: &Scope<'s>, key: &str) -> Option<Value<'s>> {
        let key = scope.vm.heap.known_text_key(key)?;
        self.inner().find(key).map(|i| self.get(i))
    }
}

impl<'s> Scope<'s> {
    /// A string.
    ///
    /// # Errors
    /// `:memory` at the limit.
    pub fn text(&mut self, text: &str) -> Result<Value<'s>, Raise> {
        Ok(Value::new(self.vm.heap.text(text)?))
    }

    /// A bytes value.
    ///
    /// # Errors
    /// `:memory` at the limit.
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<Value<'s>, Raise> {
        Ok(Value::new(self.vm.heap.bytes(bytes)?))
    }

    /// What a field of a data file denotes: a plain decimal number becomes a
    /// number, one that is not in its canonical spelling keeps its text, all
    /// else is a string.
    ///
    /// # Errors
    /// `:memory` at the limit.
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
    pub fn container(&mut self, room: usize) -> Result<Container<'s>, Raise> {
        Ok(Container::new(self.vm.heap.container(room)?))
    }

    /// Appends a bare value.
    ///
    /// # Errors
    /// `:memory` at the limit.
    pub fn push(&mut self, c: Container<'s>, v: Value<'s>) -> Result<(), Raise> {
        Ok(self.vm.heap.push(c.inner(), v.raw)?)
    }

    /// Appends a value under a key (a string; nil: bare), or replaces the
    /// value that the key has.
    ///
    /// # Errors
    /// `:memory` at the limit.
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
    pub fn put_text(&mut self, c: Container<'s>, key: &str, v: Value<'s>) -> Result<(), Raise> {
        let key = self.vm.heap.key_of(key)?;
        Ok(self.vm.heap.set_key(c.inner(), key, v.raw)?)
    }

    /// Appends a value under a key's text; false, and no change, where the
    /// container has that key.
    ///
    /// # Errors
    /// `:memory` at the limit.
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
    pub fn host(&mut self, object: Box<dyn HostObject>) -> Result<Value<'s>, Raise> {
        Ok(Value::new(self.vm.heap.host(object)?))
    }

    /// A stream that pulls from a host object.
    ///
    /// # Errors
    /// `:memory` at the limit.
    pub fn host_stream(&mut self, object: Box<dyn HostObject>) -> Result<Value<'s>, Raise> {
        let source = self.vm.heap.host(object)?;
        let stream = self.vm.heap.stream(crate::object::stream::Stage::Items, source, Raw::NIL, Raw::NIL, 0)?;
        Ok(Value::new(stream.raw()))
    }

    /// A value as `print` writes it.
    pub fn display(&self, v: Value<'s>) -> String {
        crate::display::display(self.vm, v.raw)
    }

    /// A value as it stands inside a container: text is quoted.
    pub fn quoted(&self, v: Value<'s>) -> String {
        crate::display::quoted(self.vm, v.raw)
    }
}

impl Value<'_> {
    /// Appends the text of a number as `print` writes it; nothing for any other
    /// value.
    pub fn write_number(self, out: &mut String) {
        match self.number_text() {
            Some(text) => out.push_str(text),
            None => out.push_str(crate::number::NumberText::default().of(self.raw)),
        }
    }
}
