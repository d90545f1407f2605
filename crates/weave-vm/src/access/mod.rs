//! Looking into values and making them, as natives and hosts do.

mod container;
mod make;

pub use container::Container;

use crate::native::Value;
use crate::object::container::ContainerRef;
use crate::object::host::{self, HostObject};
use crate::object::range::{Range, range_of};
use crate::object::stream::StreamRef;
use crate::object::text::TextRef;
use crate::value::{Raw, Tag};

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
    ///
    /// ```
    /// use weave_vm::{Raise, Value, Vm};
    ///
    /// Vm::new().enter(|scope| -> Result<(), Raise> {
    ///     assert_eq!(Value::float(0.5).type_name(), "float");
    ///     assert_eq!(scope.container(0)?.value().type_name(), "container");
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn type_name(self) -> &'static str {
        type_name(self.raw)
    }

    /// Whether it is nil.
    ///
    /// ```
    /// use weave_vm::Value;
    ///
    /// assert!(Value::nil().is_nil());
    /// assert!(!Value::bool(false).is_nil());
    /// ```
    pub fn is_nil(self) -> bool {
        self.raw.is_nil()
    }

    /// Whether it holds in a condition: all but nil and false do.
    ///
    /// ```
    /// use weave_vm::Value;
    ///
    /// assert!(Value::int(0).is_true());
    /// assert!(!Value::bool(false).is_true() && !Value::nil().is_true());
    /// ```
    pub fn is_true(self) -> bool {
        self.raw.truthy()
    }

    /// The bool, where it is one.
    ///
    /// ```
    /// use weave_vm::Value;
    ///
    /// assert_eq!(Value::bool(true).as_bool(), Some(true));
    /// assert_eq!(Value::nil().as_bool(), None);
    /// ```
    pub fn as_bool(self) -> Option<bool> {
        matches!(self.raw.tag(), Tag::True | Tag::False).then(|| self.raw.truthy())
    }

    /// The integer, where it is one; a number that keeps its text counts as the
    /// number it denotes.
    ///
    /// ```
    /// use weave_vm::{Raise, Value, Vm};
    ///
    /// assert_eq!((Value::int(7).as_int(), Value::float(7.0).as_int()), (Some(7), None));
    /// Vm::new().enter(|scope| -> Result<(), Raise> {
    ///     assert_eq!(scope.data_scalar("12")?.as_int(), Some(12));
    ///     assert_eq!(scope.text("12")?.as_int(), None);
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn as_int(self) -> Option<i64> {
        crate::number::resolve(self.raw)?.as_int()
    }

    /// The number as a float, where it is one.
    ///
    /// ```
    /// use weave_vm::Value;
    ///
    /// assert_eq!(Value::float(0.5).as_float(), Some(0.5));
    /// assert_eq!((Value::int(3).as_float(), Value::nil().as_float()), (Some(3.0), None));
    /// ```
    pub fn as_float(self) -> Option<f64> {
        let v = crate::number::resolve(self.raw)?;
        if v.is_int() { Some(v.int_bits() as f64) } else { Some(v.float_bits()) }
    }

    /// The text of a string, borrowed from this copy of the value.
    ///
    /// ```
    /// use weave_vm::{Raise, Value, Vm};
    ///
    /// Vm::new().enter(|scope| -> Result<(), Raise> {
    ///     let word = scope.text("straße")?;
    ///     assert_eq!(word.as_text().map(str::to_uppercase), Some("STRASSE".to_owned()));
    ///     assert_eq!(Value::int(1).as_text(), None);
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn as_text(&self) -> Option<&str> {
        text_of(&self.raw)
    }

    /// The bytes of a bytes value.
    ///
    /// ```
    /// use weave_vm::{Raise, Vm};
    ///
    /// Vm::new().enter(|scope| -> Result<(), Raise> {
    ///     assert_eq!(scope.bytes(&[0xff, 0])?.as_bytes(), Some(&[0xff, 0][..]));
    ///     assert_eq!(scope.text("a string is text, not bytes")?.as_bytes(), None);
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn as_bytes(&self) -> Option<&[u8]> {
        self.raw.is(Tag::Bytes).then(|| bytes_of(&self.raw)).flatten()
    }

    /// The text of a number that was read from data in another spelling than
    /// its own.
    ///
    /// ```
    /// use weave_vm::{Raise, Value, Vm};
    ///
    /// Vm::new().enter(|scope| -> Result<(), Raise> {
    ///     let price = scope.data_scalar("4.50")?;
    ///     assert_eq!((price.number_text(), price.as_float()), (Some("4.50"), Some(4.5)));
    ///     assert_eq!(Value::float(4.5).number_text(), None);
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn number_text(&self) -> Option<&str> {
        number_text_of(&self.raw)
    }

    /// The container.
    ///
    /// ```
    /// use weave_vm::{Raise, Value, Vm};
    ///
    /// Vm::new().enter(|scope| -> Result<(), Raise> {
    ///     let list = scope.container(1)?;
    ///     scope.push(list, Value::int(8))?;
    ///     let v: Value<'_> = list.value();
    ///     assert_eq!(v.as_container().map(|c| c.len()), Some(1));
    ///     assert!(Value::int(8).as_container().is_none());
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn as_container(self) -> Option<Container<'s>> {
        ContainerRef::of(self.raw).map(Container::new)
    }

    /// The range's parts.
    ///
    /// ```
    /// use weave_vm::{Raise, Range, Vm};
    ///
    /// Vm::new().enter(|scope| -> Result<(), Raise> {
    ///     let from_3 = Range { start: Some(3), end: None, inclusive: false, step: 1 };
    ///     assert_eq!(scope.range(from_3)?.as_range(), Some(from_3));
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn as_range(self) -> Option<Range> {
        self.raw.is(Tag::Range).then(|| range_of(self.raw))
    }

    /// Whether it can be called.
    ///
    /// ```
    /// use weave_vm::Vm;
    ///
    /// let mut vm = Vm::new();
    /// # let chunk = weave_compiler::chunk_of("^(x) { x + 1 }", &vm.signatures());
    /// // The program `^(x) { x + 1 }`.
    /// let program = vm.load(&chunk, None)?;
    /// vm.run(program)?;
    /// vm.enter(|scope| assert!(scope.last().is_function()));
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn is_function(self) -> bool {
        matches!(self.raw.tag(), Tag::Closure | Tag::Native)
    }

    /// Whether it is a stream.
    ///
    /// ```
    /// use weave_vm::Vm;
    ///
    /// let mut vm = Vm::new();
    /// # let chunk = weave_compiler::chunk_of("1.. *> ^{ it * 2 }", &vm.signatures());
    /// // The program `1.. *> ^{ it * 2 }`.
    /// let program = vm.load(&chunk, None)?;
    /// vm.run(program)?;
    /// vm.enter(|scope| assert!(scope.last().is_stream()));
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn is_stream(self) -> bool {
        self.raw.is(Tag::Stream)
    }

    /// What a stream draws from in the end, through all its stages; the value
    /// itself where it is no stream.
    ///
    /// ```
    /// use weave_vm::{Range, Vm};
    ///
    /// let mut vm = Vm::new();
    /// # let chunk = weave_compiler::chunk_of("5.. *> ^{ it * 2 } ?> ^{ it > 12 }", &vm.signatures());
    /// // The program `5.. *> ^{ it * 2 } ?> ^{ it > 12 }`.
    /// let program = vm.load(&chunk, None)?;
    /// vm.run(program)?;
    /// vm.enter(|scope| {
    ///     let numbers: Option<Range> = scope.last().source().as_range();
    ///     assert_eq!(numbers.and_then(|r| r.start), Some(5));
    /// });
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn source(self) -> Value<'s> {
        let mut v = self.raw;
        while v.is(Tag::Stream) {
            v = StreamRef::from_raw(v).source();
        }
        Value::new(v)
    }

    /// Runs `f` on the host object, where it is one of type `T`; `None` also
    /// where one of its methods is running.
    ///
    /// ```
    /// # use std::any::Any;
    /// use weave_vm::{HostObject, Raise, Value, Vm};
    ///
    /// struct Log(Vec<String>);
    ///
    /// impl HostObject for Log {
    ///     fn type_name(&self) -> &'static str {
    ///         "log"
    ///     }
    ///     fn as_any(&mut self) -> &mut dyn Any {
    ///         self
    ///     }
    /// }
    ///
    /// Vm::new().enter(|scope| -> Result<(), Raise> {
    ///     let log = scope.host(Box::new(Log(Vec::new())))?;
    ///     log.with_host(|log: &mut Log| log.0.push("opened".to_owned()));
    ///     assert_eq!(log.with_host(|log: &mut Log| log.0.len()), Some(1));
    ///     assert_eq!(Value::nil().with_host(|log: &mut Log| log.0.len()), None);
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn with_host<T: HostObject, R>(self, f: impl FnOnce(&mut T) -> R) -> Option<R> {
        if !self.raw.is(Tag::Host) {
            return None;
        }
        host::with_host(self.raw, |h| h.as_any().downcast_mut::<T>().map(f)).flatten()
    }

    /// Appends the text of a number as `print` writes it; nothing for any other
    /// value.
    ///
    /// ```
    /// use weave_vm::{Raise, Value, Vm};
    ///
    /// Vm::new().enter(|scope| -> Result<(), Raise> {
    ///     let mut line = String::new();
    ///     for v in [Value::int(12), scope.data_scalar("4.50")?, Value::nil()] {
    ///         v.write_number(&mut line);
    ///         line.push(';');
    ///     }
    ///     assert_eq!(line, "12;4.50;;");
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn write_number(self, out: &mut String) {
        match self.number_text() {
            Some(text) => out.push_str(text),
            None => out.push_str(crate::number::NumberText::default().of(self.raw)),
        }
    }
}
