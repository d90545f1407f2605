//! What Rust code may do with a machine while no Weave code runs in it: make values,
//! look into them, keep them. Nothing is collected meanwhile, so a value stays valid
//! for as long as the scope's lifetime, which no other scope has.

use crate::error::{ErrorKind, Raise};
use crate::handle::Handle;
use crate::native::{Brand, Value};
use crate::vm::{SlotMap, Vm, another_machine};
use std::marker::PhantomData;

/// A machine as Rust code may use it: inside [`Vm::enter`], and as the larger part of a
/// native's [`Step`](crate::native::Step).
///
/// Values carry the scope's lifetime `'s`. It is one of its own for every scope, so a
/// value can neither leave its scope nor get into that of another machine; what shall
/// outlive the scope becomes a [`Handle`].
///
/// ```
/// use weave_vm::Vm;
///
/// let mut vm = Vm::new();
/// let kept = vm.enter(|scope| {
///     let list = scope.container(2)?;
///     let word = scope.text("a text of its own")?;
///     scope.push(list, word)?;
///     scope.put_text(list, "n", weave_vm::Value::int(1))?;
///     Ok::<_, weave_vm::Raise>(scope.keep(list.value()))
/// })?;
/// let shown = vm.enter(|scope| scope.value(&kept).map(|v| scope.display(v)))?;
/// assert_eq!(shown, "[\"a text of its own\", n: 1]");
/// # Ok::<(), Box<weave_vm::RuntimeError>>(())
/// ```
///
/// A value can't leave its scope:
///
/// ```compile_fail
/// let mut vm = weave_vm::Vm::new();
/// let text = vm.enter(|scope| scope.text("gone"));
/// ```
///
/// Nor can it get into another machine:
///
/// ```compile_fail
/// let (mut one, mut other) = (weave_vm::Vm::new(), weave_vm::Vm::new());
/// one.enter(|a| other.enter(|b| {
///     let list = a.container(1).unwrap();
///     let word = b.text("a text of its own").unwrap();
///     a.push(list, word).unwrap();
/// }));
/// ```
///
/// Nor can a scope get to another thread, away from its values:
///
/// ```compile_fail
/// fn is_send<T: Send>(_: T) {}
/// weave_vm::Vm::new().enter(|scope| is_send(scope));
/// ```
pub struct Scope<'s> {
    pub(crate) vm: &'s mut Vm,
    /// Not sent to another thread: its values stay on this one.
    brand: Brand<'s>,
}

impl<'s> Scope<'s> {
    #[inline(always)]
    pub(crate) fn new(vm: &'s mut Vm) -> Scope<'s> {
        Scope { vm, brand: PhantomData }
    }

    /// The value of the last run or call; nil where it failed or gave none.
    pub fn last(&self) -> Value<'s> {
        Value::new(self.vm.last)
    }

    /// A handle that keeps a value alive, for as long as it or a clone of it lives.
    pub fn keep(&mut self, v: Value<'s>) -> Handle {
        self.vm.handles.keep(v.raw, self.vm.number)
    }

    /// The value that a handle keeps.
    ///
    /// # Errors
    /// `:internal` for a handle of another machine.
    pub fn value(&self, handle: &Handle) -> Result<Value<'s>, Raise> {
        if handle.machine() != self.vm.number {
            return Err(another_machine("the handle").help("hand over what it keeps as text or numbers"));
        }
        Ok(Value::new(self.vm.handles.get(handle)))
    }

    /// What a top-level name of a session holds; `None` where it has no value.
    ///
    /// # Errors
    /// `:internal` for a session of another machine.
    pub fn session_value(&self, session: &SlotMap, name: &str) -> Result<Option<Value<'s>>, Raise> {
        let Some(slot) = session.slot(name) else { return Ok(None) };
        if session.machine() != self.vm.number {
            return Err(another_machine("the session"));
        }
        let v = self.vm.slot(slot as usize);
        Ok((!v.is_unset()).then(|| Value::new(v)))
    }

    /// A value that was made lasting under a name, for the whole life of the machine.
    pub fn lasting(&self, name: &str) -> Option<Value<'s>> {
        self.vm.lasting.iter().find(|(n, _)| *n == name).map(|(_, v)| Value::new(*v))
    }

    /// Keeps a value under a name for good; an earlier one of that name is let go.
    pub fn make_lasting(&mut self, name: &'static str, v: Value<'s>) {
        self.vm.lasting.retain(|(n, _)| *n != name);
        self.vm.lasting.push((name, v.raw));
    }

    /// Whether the machine would like to collect: a step that makes many values
    /// then answers
    /// [`Answer::Again`](crate::native::Answer::Again).
    pub fn wants_collection(&self) -> bool {
        self.vm.heap.wants_collection()
    }

    /// Counts bytes that are held for the program outside its values, before
    /// they are allocated. What stays with a host object is told by
    /// [`HostObject::bytes_held`](crate::HostObject::bytes_held); all else is to be
    /// given back with [`Scope::discharge`].
    ///
    /// # Errors
    /// `:memory` at the limit.
    pub fn charge(&mut self, bytes: usize) -> Result<(), Raise> {
        Ok(self.vm.heap.charge(bytes)?)
    }

    /// Gives back charged bytes.
    pub fn discharge(&mut self, bytes: usize) {
        self.vm.heap.discharge(bytes);
    }

    /// Looks at the step, time and interrupt limits from inside a long step;
    /// `work` is in items or bytes done since the last call, as one step of the
    /// program counts 10,000 items or 64 KiB.
    ///
    /// # Errors
    /// The limit that was reached.
    pub fn poll(&mut self, work: usize) -> Result<(), Raise> {
        self.vm.poll_work(work)
    }

    /// Looks at the interrupt and the limits now, for a native that waits for
    /// something outside.
    ///
    /// # Errors
    /// The limit that was reached, or the interrupt.
    pub fn check_limits(&mut self) -> Result<(), Raise> {
        self.vm.refuel()
    }

    /// Writes to the machine's output.
    ///
    /// # Errors
    /// `:io` where the writer fails.
    pub fn write(&mut self, text: &[u8]) -> Result<(), Raise> {
        self.vm.write_out(text)
    }

    /// Flushes the machine's output.
    ///
    /// # Errors
    /// `:io` where the writer fails.
    pub fn flush(&mut self) -> Result<(), Raise> {
        self.vm.flush_out()
    }
}

/// That a program has no such top-level value.
pub(crate) fn no_global(name: &str) -> Raise {
    Raise::new(ErrorKind::Name, format!("the program has no top-level value `{name}`"))
        .help("a chunk compiled as a module keeps every top-level name; a script those that its functions use")
}
