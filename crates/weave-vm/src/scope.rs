//! What Rust code may do with a machine while no Weave code runs in it: make values,
//! look into them, keep them. Nothing is collected meanwhile, so a value stays valid
//! for as long as the scope's lifetime, which no other scope has.

use crate::error::{ErrorKind, Raise};
use crate::handle::Handle;
use crate::native::{Brand, Value};
use crate::program::{SlotMap, another_machine};
use crate::vm::Vm;
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
    ///
    /// ```
    /// use weave_vm::Vm;
    ///
    /// let mut vm = Vm::new();
    /// # let chunk = weave_compiler::chunk_of("[1, \"two\"]", &vm.signatures());
    /// // The program `[1, "two"]`.
    /// let program = vm.load(&chunk, None)?;
    /// vm.run(program)?;
    /// vm.enter(|scope| {
    ///     let pair = scope.last().as_container().unwrap();
    ///     assert_eq!((pair.get(0).as_int(), pair.get(1).as_text()), (Some(1), Some("two")));
    /// });
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn last(&self) -> Value<'s> {
        Value::new(self.vm.last)
    }

    /// A handle that keeps a value alive, for as long as it or a clone of it lives.
    ///
    /// ```
    /// use weave_vm::{Handle, Raise, Vm};
    ///
    /// let mut vm = Vm::new();
    /// let kept: Handle = vm.enter(|scope| {
    ///     let v = scope.text("outlives its scope")?;
    ///     Ok::<_, Raise>(scope.keep(v))
    /// })?;
    /// vm.collect_now();
    /// assert_eq!(vm.enter(|scope| scope.value(&kept).map(|v| scope.display(v)))?, "outlives its scope");
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn keep(&mut self, v: Value<'s>) -> Handle {
        self.vm.handles.keep(v.raw, self.vm.number)
    }

    /// The value that a handle keeps.
    ///
    /// # Errors
    /// `:internal` for a handle of another machine.
    ///
    /// ```
    /// use weave_vm::{ErrorKind, Value, Vm};
    ///
    /// let mut vm = Vm::new();
    /// let kept = vm.enter(|scope| scope.keep(Value::int(7)));
    /// assert_eq!(vm.enter(|scope| scope.value(&kept).map(Value::as_int))?, Some(7));
    /// let refused = Vm::new().enter(|scope| scope.value(&kept).map(Value::as_int));
    /// assert_eq!(refused.unwrap_err().kind(), ErrorKind::Internal);
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
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
    ///
    /// ```
    /// use weave_vm::{Raise, SlotMap, Vm};
    /// # use weave_compiler::{Mode, Options, compile};
    ///
    /// let mut vm = Vm::new();
    /// let mut session = SlotMap::default();
    /// # let options = Options { mode: Mode::Module, ..Options::default() };
    /// # let chunk = std::sync::Arc::new(compile("total = 6 * 7", "line 1", &options).unwrap().chunk);
    /// // The input `total = 6 * 7` of a session.
    /// let input = vm.load(&chunk, Some(&mut session))?;
    /// vm.run(input)?;
    /// vm.enter(|scope| -> Result<(), Raise> {
    ///     assert_eq!(scope.session_value(&session, "total")?.and_then(|v| v.as_int()), Some(42));
    ///     assert!(scope.session_value(&session, "totals")?.is_none());
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn session_value(&self, session: &SlotMap, name: &str) -> Result<Option<Value<'s>>, Raise> {
        let Some(slot) = session.slot(name) else { return Ok(None) };
        if session.machine() != self.vm.number {
            return Err(another_machine("the session"));
        }
        let v = self.vm.slot(slot as usize);
        Ok((!v.is_unset()).then(|| Value::new(v)))
    }

    /// A value that was made lasting under a name, for the whole life of the machine.
    ///
    /// ```
    /// use weave_vm::{Raise, Vm};
    ///
    /// let mut vm = Vm::new();
    /// vm.enter(|scope| -> Result<(), Raise> {
    ///     let table = scope.container(0)?;
    ///     scope.make_lasting("my_host: cache", table.value());
    ///     Ok(())
    /// })?;
    /// // Natives that run later find it without a handle.
    /// vm.enter(|scope| {
    ///     assert!(scope.lasting("my_host: cache").is_some());
    ///     assert!(scope.lasting("my_host: other").is_none());
    /// });
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn lasting(&self, name: &str) -> Option<Value<'s>> {
        self.vm.lasting.iter().find(|(n, _)| *n == name).map(|(_, v)| Value::new(*v))
    }

    /// Keeps a value under a name for good; an earlier one of that name is let go.
    ///
    /// ```
    /// use weave_vm::{Value, Vm};
    ///
    /// let mut vm = Vm::new();
    /// vm.enter(|scope| {
    ///     scope.make_lasting("my_host: level", Value::int(1));
    ///     scope.make_lasting("my_host: level", Value::int(2));
    /// });
    /// assert_eq!(vm.enter(|scope| scope.lasting("my_host: level").and_then(Value::as_int)), Some(2));
    /// ```
    pub fn make_lasting(&mut self, name: &'static str, v: Value<'s>) {
        self.vm.lasting.retain(|(n, _)| *n != name);
        self.vm.lasting.push((name, v.raw));
    }

    /// Whether the machine would like to collect: a step that makes many values
    /// then answers
    /// [`Answer::Again`](crate::native::Answer::Again).
    ///
    /// ```
    /// use weave_vm::native::{Answer, Native, Run};
    /// use weave_vm::{Value, Vm};
    ///
    /// let mut vm = Vm::new();
    /// let run = Run::Steps(1, |step| {
    ///     // Makes n lists; between two of them the machine may clear away.
    ///     let mut made = step.get(0).as_int().unwrap_or(0);
    ///     while made < step.arg(0).as_int().unwrap_or(0) {
    ///         step.container(100)?;
    ///         made += 1;
    ///         step.poll(1)?;
    ///         if step.wants_collection() {
    ///             step.set(0, Value::int(made));
    ///             return Ok(Answer::Again);
    ///         }
    ///     }
    ///     Ok(Answer::Return(Value::int(made)))
    /// });
    /// vm.register(Native { name: "many", parameters: "n", about: "an example", examples: &[], run });
    /// # let chunk = weave_compiler::chunk_of("many(50_000)", &vm.signatures());
    /// // The program `many(50_000)`.
    /// let program = vm.load(&chunk, None)?;
    /// vm.run(program)?;
    /// assert_eq!(vm.result::<i64>()?, 50_000);
    /// assert!(vm.heap_stats().collections > 0);
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
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
    ///
    /// ```
    /// use weave_vm::{ErrorKind, Limits, Raise, Vm};
    ///
    /// let mut vm = Vm::new();
    /// vm.set_limits(Limits { memory: 16 << 20, ..Limits::default() });
    /// vm.enter(|scope| -> Result<(), Raise> {
    ///     // Before the room is asked for, so that the limit holds.
    ///     scope.charge(1 << 20)?;
    ///     let room: Vec<u8> = Vec::with_capacity(1 << 20);
    ///     drop(room);
    ///     scope.discharge(1 << 20);
    ///     assert_eq!(scope.charge(1 << 30).unwrap_err().kind(), ErrorKind::Memory);
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn charge(&mut self, bytes: usize) -> Result<(), Raise> {
        Ok(self.vm.heap.charge(bytes)?)
    }

    /// Gives back charged bytes.
    ///
    /// ```
    /// use weave_vm::{Raise, Vm};
    ///
    /// let mut vm = Vm::new();
    /// let before = vm.bytes_held();
    /// vm.enter(|scope| -> Result<(), Raise> {
    ///     scope.charge(4096)?;
    ///     scope.discharge(4096);
    ///     Ok(())
    /// })?;
    /// assert_eq!(vm.bytes_held(), before);
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn discharge(&mut self, bytes: usize) {
        self.vm.heap.discharge(bytes);
    }

    /// Looks at the step, time and interrupt limits from inside a long step;
    /// `work` is in items or bytes done since the last call, as one step of the
    /// program counts 10,000 items or 64 KiB.
    ///
    /// # Errors
    /// The limit that was reached.
    ///
    /// ```
    /// use weave_vm::native::{Native, Run};
    /// use weave_vm::{Value, Vm};
    ///
    /// let mut vm = Vm::new();
    /// let run = Run::Plain(|step| {
    ///     let mut sum = 0i64;
    ///     for i in 0..step.arg(0).as_int().unwrap_or(0) {
    ///         sum = sum.wrapping_add(i);
    ///         step.poll(1)?;
    ///     }
    ///     Ok(Value::int(sum))
    /// });
    /// vm.register(Native { name: "sum_to", parameters: "n", about: "an example", examples: &[], run });
    /// vm.set_limits(weave_vm::Limits { steps: 1_000, ..Default::default() });
    /// # let chunk = weave_compiler::chunk_of("sum_to(1_000_000_000_000)", &vm.signatures());
    /// // The program `sum_to(1_000_000_000_000)`.
    /// let program = vm.load(&chunk, None)?;
    /// let error = vm.run(program).unwrap_err();
    /// assert_eq!(error.kind, weave_vm::ErrorKind::Steps);
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn poll(&mut self, work: usize) -> Result<(), Raise> {
        self.vm.poll_work(work)
    }

    /// Looks at the interrupt and the limits now, for a native that waits for
    /// something outside.
    ///
    /// # Errors
    /// The limit that was reached, or the interrupt.
    ///
    /// ```
    /// use std::sync::mpsc::channel;
    /// use std::time::Duration;
    /// use weave_vm::{ErrorKind, Raise, Reason, Vm};
    ///
    /// let mut vm = Vm::new();
    /// let interrupt = vm.interrupt();
    /// let waited = vm.enter(|scope| loop {
    ///     // Nothing will ever come; the wait is cut into pieces.
    ///     let (_sender, answers) = channel::<i64>();
    ///     if let Ok(answer) = answers.recv_timeout(Duration::from_millis(1)) {
    ///         return Ok(answer);
    ///     }
    ///     interrupt.set(Reason::Timeout);
    ///     scope.check_limits()?;
    /// });
    /// let raise: Raise = waited.unwrap_err();
    /// assert_eq!(raise.kind(), ErrorKind::Timeout);
    /// ```
    pub fn check_limits(&mut self) -> Result<(), Raise> {
        self.vm.refuel()
    }

    /// Writes to the machine's output.
    ///
    /// # Errors
    /// `:io` where the writer fails.
    ///
    /// ```
    /// use weave_vm::{Raise, Vm};
    ///
    /// # use std::io::{self, Write};
    /// # use std::sync::{Arc, Mutex};
    /// # #[derive(Clone, Default)]
    /// # struct Shared(Arc<Mutex<Vec<u8>>>);
    /// # impl Write for Shared {
    /// #     fn write(&mut self, text: &[u8]) -> io::Result<usize> {
    /// #         self.0.lock().unwrap().extend(text);
    /// #         Ok(text.len())
    /// #     }
    /// #     fn flush(&mut self) -> io::Result<()> {
    /// #         Ok(())
    /// #     }
    /// # }
    /// // `Shared` is a writer whose text the host reads.
    /// let written = Shared::default();
    /// let mut vm = Vm::new();
    /// vm.set_output(Box::new(written.clone()));
    /// vm.enter(|scope| -> Result<(), Raise> {
    ///     let v = scope.text("a value")?;
    ///     let line = format!("{}\n", scope.quoted(v));
    ///     scope.write(line.as_bytes())
    /// })?;
    /// assert_eq!(*written.0.lock().unwrap(), b"\"a value\"\n");
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn write(&mut self, text: &[u8]) -> Result<(), Raise> {
        self.vm.write_out(text)
    }

    /// Flushes the machine's output.
    ///
    /// # Errors
    /// `:io` where the writer fails.
    ///
    /// ```
    /// use weave_vm::{Raise, Vm};
    ///
    /// let mut vm = Vm::new();
    /// vm.set_output(Box::new(std::io::BufWriter::new(std::io::stdout())));
    /// vm.enter(|scope| -> Result<(), Raise> {
    ///     scope.write(b"Name? ")?;
    ///     // Before somebody waits for the answer.
    ///     scope.flush()
    /// })?;
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn flush(&mut self) -> Result<(), Raise> {
        self.vm.flush_out()
    }
}

/// That a program has no such top-level value.
pub(crate) fn no_global(name: &str) -> Raise {
    Raise::new(ErrorKind::Name, format!("the program has no top-level value `{name}`"))
        .help("a chunk compiled as a module keeps every top-level name; a script those that its functions use")
}
