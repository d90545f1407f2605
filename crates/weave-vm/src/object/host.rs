//! Rust values of the host as Weave values: files, readers and what else the
//! layers above the machine bring.

use crate::error::Raise;
use crate::heap::header::{Header, Kind};
use crate::heap::{Heap, OutOfMemory};
use crate::native::{Step, Value};
use crate::value::{Raw, Tag};
use std::any::Any;

/// What a host object declares about itself: a Rust value that programs hold and hand
/// around. All methods but two have a default that suits an opaque object.
///
/// ```
/// use std::any::Any;
/// use weave_vm::{HostObject, Raise, Vm};
///
/// struct Counter(u32);
///
/// impl HostObject for Counter {
///     fn type_name(&self) -> &'static str {
///         "counter"
///     }
///     fn as_any(&mut self) -> &mut dyn Any {
///         self
///     }
/// }
///
/// Vm::new().enter(|scope| {
///     let v = scope.host(Box::new(Counter(1)))?;
///     v.with_host::<Counter, _>(|counter| counter.0 += 1);
///     assert_eq!(v.with_host::<Counter, _>(|counter| counter.0), Some(2));
///     assert_eq!(scope.display(v), "<counter>");
///     Ok::<_, Raise>(())
/// })?;
/// # Ok::<(), Box<weave_vm::RuntimeError>>(())
/// ```
///
/// A sequence gives its items one by one, and lets go of what it holds at the end:
///
/// ```
/// use std::any::Any;
/// use weave_vm::native::{Native, Run};
/// use weave_vm::{HostObject, Raise, Step, Value, Vm};
///
/// /// Rows `[name, size]` of a listing; `wants_size` is false where nobody reads it.
/// struct Listing { text: String, at: usize, line: usize, wants_size: bool }
///
/// impl HostObject for Listing {
///     fn type_name(&self) -> &'static str {
///         "listing"
///     }
///     fn is_sequence(&self) -> bool {
///         true
///     }
///     fn next<'s>(&mut self, step: &mut Step<'s>) -> Result<Option<Value<'s>>, Raise> {
///         let Some(line) = self.text[self.at..].lines().next() else { return Ok(None) };
///         self.line += 1;
///         let (name, size) = line.split_once(' ').ok_or("a line is a name and a size")?;
///         let name = step.text(name)?;
///         let size = if self.wants_size { step.data_scalar(size)? } else { Value::nil() };
///         let row = step.container(2)?;
///         step.put_text(row, "name", name)?;
///         step.put_text(row, "size", size)?;
///         self.at = (self.at + line.len() + 1).min(self.text.len());
///         Ok(Some(row.value()))
///     }
///     fn project(&mut self, fields: &[&str]) {
///         self.wants_size = fields.contains(&"size");
///     }
///     fn place(&self) -> Option<String> {
///         Some(format!("listing.txt:{}", self.line))
///     }
///     fn bytes_held(&self) -> usize {
///         self.text.len() // charged below
///     }
///     fn close(&mut self) {
///         self.at = self.text.len();
///     }
///     fn as_any(&mut self) -> &mut dyn Any {
///         self
///     }
/// }
///
/// let mut vm = Vm::new();
/// let run = Run::Plain(|step| {
///     let text = "a.txt 12\nb.txt large\n".to_owned();
///     step.charge(text.len())?;
///     step.host_stream(Box::new(Listing { text, at: 0, line: 0, wants_size: true }))
/// });
/// vm.register(Native { name: "listing", parameters: "", about: "the files", examples: &[], run });
/// # let chunk = weave_compiler::chunk_of("listing() *> ^{ it.size * 2 } |> collect", &vm.signatures());
/// // The program `listing() *> ^{ it.size * 2 } |> collect`.
/// let program = vm.load(&chunk, None)?;
/// let error = vm.run(program).unwrap_err();
/// assert_eq!(error.data_place.as_deref(), Some("listing.txt:2"), "{}", error.message);
/// # Ok::<(), Box<weave_vm::RuntimeError>>(())
/// ```
///
/// A pattern is what `split`, `replace` and others look for; this one equals others of the
/// same words:
///
/// ```
/// use std::any::Any;
/// use weave_vm::{HostObject, Rest, Vm};
///
/// struct AnyOf(Vec<String>);
///
/// impl HostObject for AnyOf {
///     fn type_name(&self) -> &'static str {
///         "words"
///     }
///     fn is_pattern(&self) -> bool {
///         true
///     }
///     fn find(&self, text: &str, from: usize) -> Option<(usize, usize)> {
///         let found = self.0.iter().filter_map(|word| Some((from + text[from..].find(word)?, word.len())));
///         found.min().map(|(at, length)| (at, at + length))
///     }
///     fn equals(&self, other: &dyn HostObject) -> bool {
///         let other: &dyn Any = other;
///         other.downcast_ref::<AnyOf>().is_some_and(|other| other.0 == self.0)
///     }
///     fn hash(&self) -> Option<u64> {
///         // Equal ones have equal lengths; a better one would tell more apart.
///         Some(self.0.iter().map(|word| word.len() as u64).sum())
///     }
///     fn as_any(&mut self) -> &mut dyn Any {
///         self
///     }
/// }
///
/// let mut vm = Vm::new();
/// vm.define("any_of", ["words"], |words: Rest<String>| -> Box<dyn HostObject> { Box::new(AnyOf(words.0)) })?;
/// # let source = "[replace(\"tea and coffee\", any_of(\"tea\", \"coffee\"), \"milk\"), any_of(\"a\") == any_of(\"a\")]";
/// # let chunk = weave_compiler::chunk_of(source, &vm.signatures());
/// // The program `[replace("tea and coffee", any_of("tea", "coffee"), "milk"), any_of("a") == any_of("a")]`.
/// let program = vm.load(&chunk, None)?;
/// vm.run(program)?;
/// assert_eq!(vm.result::<(String, bool)>()?, ("milk and milk".to_owned(), true));
/// # Ok::<(), Box<weave_vm::RuntimeError>>(())
/// ```
pub trait HostObject: Any + Send {
    /// The name that `type` answers and errors use.
    fn type_name(&self) -> &'static str;

    /// How it prints; `<type name>` by default.
    fn display(&self) -> String {
        format!("<{}>", self.type_name())
    }

    /// Whether it is a sequence that [`HostObject::next`] pulls from.
    fn is_sequence(&self) -> bool {
        false
    }

    /// The next item, or `None` at the end. What the object needs again at the
    /// next item and is a value lies in [`Step::memory`].
    ///
    /// # Errors
    /// Whatever the source raises; the sequence is over then.
    fn next<'s>(&mut self, step: &mut Step<'s>) -> Result<Option<Value<'s>>, Raise> {
        let _ = step;
        Ok(None)
    }

    /// Whoever pulls from now on reads these fields of its items and nothing
    /// else: values of other fields may be nil. Keys, their order, and every
    /// error must be as before, so what is left out is still checked.
    fn project(&mut self, fields: &[&str]) {
        let _ = fields;
    }

    /// Where in the data the item that was pulled last stands, as `file:line`:
    /// errors that arise while the item is used name it.
    fn place(&self) -> Option<String> {
        None
    }

    /// Releases what it holds outside: called when a pipeline stops early, and
    /// before it is dropped.
    fn close(&mut self) {}

    /// Whether the script can't tell two of them apart; by default each equals
    /// itself only. Whoever says something else says it in
    /// [`hash`](HostObject::hash) too.
    fn equals(&self, other: &dyn HostObject) -> bool {
        let _ = other;
        false
    }

    /// A number that all objects have which equal this one, for `unique` and the
    /// set operators; `None` where it equals itself only.
    fn hash(&self) -> Option<u64> {
        None
    }

    /// Whether it is a pattern that [`HostObject::find`] looks for in text.
    fn is_pattern(&self) -> bool {
        false
    }

    /// Start and end, in bytes, of the first match in the text at or behind a
    /// position; both must lie between characters.
    fn find(&self, text: &str, from: usize) -> Option<(usize, usize)> {
        let _ = (text, from);
        None
    }

    /// Bytes that were charged for it with [`Scope::charge`](crate::Scope::charge); they are given back
    /// when it dies.
    fn bytes_held(&self) -> usize {
        0
    }

    /// For getting at the Rust type again.
    fn as_any(&mut self) -> &mut dyn Any;
}

/// Layout: header (`flags`), the boxed object, the value that it remembers. The
/// object is `None` while one of its methods runs, so that a re-entrant use is an
/// error and not a second borrow.
#[repr(C)]
pub(crate) struct HostCell {
    header: Header,
    pub(crate) object: Option<Box<dyn HostObject>>,
    pub(crate) memory: Raw,
}

impl Heap {
    pub(crate) fn host(&mut self, object: Box<dyn HostObject>) -> Result<Raw, OutOfMemory> {
        let cell = self.allocate(Kind::Host, size_of::<HostCell>())?;
        // What the host holds for it is charged by the host; it brings the next
        // collection nearer, since only that frees it.
        self.owns_more(size_of_val(&*object).saturating_add(object.bytes_held()));
        // SAFETY: the cell is large enough; the fields are written, not dropped.
        unsafe {
            (&raw mut (*cell.cast::<HostCell>()).object).write(Some(object));
            (&raw mut (*cell.cast::<HostCell>()).memory).write(Raw::NIL);
        }
        self.finalise_later(cell);
        Ok(Raw::object(Tag::Host, cell))
    }
}

/// Where the value that the object remembers lies.
pub(crate) fn memory_of(v: Raw) -> *mut Raw {
    debug_assert!(v.is(Tag::Host), "a host object's memory from a host value");
    // SAFETY: H1.
    unsafe { &raw mut (*v.address().cast::<HostCell>()).memory }
}

/// Takes the object out for the time of a method call.
pub(crate) fn take_host(v: Raw) -> Option<Box<dyn HostObject>> {
    debug_assert!(v.is(Tag::Host), "a host object from a host value");
    // SAFETY: H1.
    unsafe { (*v.address().cast::<HostCell>()).object.take() }
}

/// Puts it back.
pub(crate) fn put_host(v: Raw, object: Box<dyn HostObject>) {
    // SAFETY: H1.
    unsafe { (*v.address().cast::<HostCell>()).object = Some(object) }
}

/// Runs `f` on the object; `None` where one of its methods is running.
pub(crate) fn with_host<T>(v: Raw, f: impl FnOnce(&mut dyn HostObject) -> T) -> Option<T> {
    let mut object = take_host(v)?;
    let out = f(&mut *object);
    put_host(v, object);
    Some(out)
}
