//! One step of a native: its arguments, its registers, and whose they are.

use crate::error::{ErrorKind, Raise};
use crate::native::Value;
use crate::scope::Scope;
use crate::value::Raw;
use std::ops::{Deref, DerefMut};

/// One step of a native: its arguments, its registers, and, as a [`Scope`], the machine
/// as far as a native may touch it.
///
/// ```
/// use weave_vm::native::{Answer, Args, Native, Run, Step};
/// use weave_vm::{Raise, Vm};
///
/// /// `twice(f, x)` is `f(f(x))`: two calls, and a step behind each of them.
/// fn twice<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
///     if !step.arg(0).is_function() {
///         return Err(step.expected(0, "a function"));
///     }
///     match step.phase() {
///         0 => Ok(Answer::Call(step.arg(0), Args::One(step.arg(1)))),
///         1 => Ok(Answer::Call(step.arg(0), Args::One(step.result()))),
///         _ => Ok(Answer::Return(step.result())),
///     }
/// }
///
/// let mut vm = Vm::new();
/// let run = Run::Steps(0, twice);
/// vm.register(Native { name: "twice", parameters: "f, x", about: "f(f(x))", examples: &[], run });
/// ```
pub struct Step<'s> {
    pub(crate) scope: Scope<'s>,
    /// The first argument.
    pub(crate) window: *mut Raw,
    /// Number of arguments, the rest ones included.
    pub(crate) argc: usize,
    /// Registers from `window` on that belong to the step: the whole frame of a
    /// native of several steps, the arguments of another, none in a host
    /// object's method.
    pub(crate) room: usize,
    /// First register of the window of calls of a native of several steps, whose own
    /// registers lie between its arguments and that; 0 for any other.
    pub(crate) scratch: usize,
    /// Index of the running native.
    pub(crate) native: usize,
}

impl<'s> Deref for Step<'s> {
    type Target = Scope<'s>;

    fn deref(&self) -> &Scope<'s> {
        &self.scope
    }
}

impl<'s> DerefMut for Step<'s> {
    fn deref_mut(&mut self) -> &mut Scope<'s> {
        &mut self.scope
    }
}

impl<'s> Step<'s> {
    /// Number of arguments: every parameter counts, given or not, and each
    /// surplus one.
    ///
    /// ```
    /// use weave_vm::native::{Native, Run};
    /// use weave_vm::{Value, Vm};
    ///
    /// let mut vm = Vm::new();
    /// let run = Run::Plain(|step| Ok(Value::int(step.count() as i64)));
    /// vm.register(Native { name: "total", parameters: "*values", about: "an example", examples: &[], run });
    /// # let chunk = weave_compiler::chunk_of("total(8, nil, \"x\")", &vm.signatures());
    /// // The program `total(8, nil, "x")`.
    /// let program = vm.load(&chunk, None)?;
    /// vm.run(program)?;
    /// assert_eq!(vm.result::<i64>()?, 3);
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn count(&self) -> usize {
        self.argc
    }

    /// An argument; nil where it was left out.
    ///
    /// ```
    /// use weave_vm::native::{Native, Run};
    /// use weave_vm::Vm;
    ///
    /// let mut vm = Vm::new();
    /// let run = Run::Plain(|step| {
    ///     let b = step.arg(1);
    ///     Ok(if b.is_nil() { step.arg(0) } else { b })
    /// });
    /// vm.register(Native { name: "either", parameters: "a, b?", about: "an example", examples: &[], run });
    /// # let chunk = weave_compiler::chunk_of("[either(1), either(1, 2)]", &vm.signatures());
    /// // The program `[either(1), either(1, 2)]`.
    /// let program = vm.load(&chunk, None)?;
    /// vm.run(program)?;
    /// assert_eq!(vm.result::<Vec<i64>>()?, [1, 2]);
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn arg(&self, i: usize) -> Value<'s> {
        let v = self.register(i, self.argc);
        Value::new(if v.is_unset() { Raw::NIL } else { v })
    }

    /// An argument, or `None` where it was left out.
    ///
    /// ```
    /// use weave_vm::native::{Native, Run};
    /// use weave_vm::{Value, Vm};
    ///
    /// let mut vm = Vm::new();
    /// let run = Run::Plain(|step| Ok(Value::bool(step.given(0).is_some())));
    /// vm.register(Native { name: "told", parameters: "x?", about: "an example", examples: &[], run });
    /// # let chunk = weave_compiler::chunk_of("[told(), told(nil)]", &vm.signatures());
    /// // The program `[told(), told(nil)]`.
    /// let program = vm.load(&chunk, None)?;
    /// vm.run(program)?;
    /// assert_eq!(vm.result::<Vec<bool>>()?, [false, true]);
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn given(&self, i: usize) -> Option<Value<'s>> {
        let v = self.register(i, self.argc);
        (i < self.argc && !v.is_unset()).then(|| Value::new(v))
    }

    pub(crate) fn register(&self, i: usize, below: usize) -> Raw {
        if i >= below || i >= self.room {
            return Raw::NIL;
        }
        // SAFETY: the window holds `room` registers.
        unsafe { *self.window.add(i) }
    }

    pub(crate) fn set_register(&mut self, i: usize, v: Raw) {
        if i < self.room {
            // SAFETY: the window holds `room` registers.
            unsafe { *self.window.add(i) = v }
        }
    }

    pub(crate) fn own(&self, i: usize) -> usize {
        let at = (self.argc + 1).saturating_add(i);
        assert!(at < self.scratch, "a native names a register that it did not declare");
        at
    }

    /// How often the native was resumed: 0 in its first step, unless it set
    /// another number.
    ///
    /// ```
    /// use weave_vm::native::{Answer, Args, Native, Run};
    /// use weave_vm::{Value, Vm};
    ///
    /// let mut vm = Vm::new();
    /// let run = Run::Steps(0, |step| {
    ///     Ok(match step.phase() {
    ///         0..3 => Answer::Call(step.arg(0), Args::One(Value::int(step.phase()))),
    ///         _ => Answer::Return(step.result()),
    ///     })
    /// });
    /// vm.register(Native { name: "thrice", parameters: "f", about: "an example", examples: &[], run });
    /// # let chunk = weave_compiler::chunk_of("seen = []; thrice(^{ seen << it }); seen", &vm.signatures());
    /// // The program `seen = []; thrice(^{ seen << it }); seen`.
    /// let program = vm.load(&chunk, None)?;
    /// vm.run(program)?;
    /// assert_eq!(vm.result::<Vec<i64>>()?, [0, 1, 2]);
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn phase(&self) -> i64 {
        self.register(self.argc, usize::MAX).as_int().unwrap_or(0)
    }

    /// Sets what [`Step::phase`] answers in the next step.
    ///
    /// ```
    /// use weave_vm::native::{Answer, Args, Native, Run};
    /// use weave_vm::Vm;
    ///
    /// let mut vm = Vm::new();
    /// let run = Run::Steps(0, |step| {
    ///     // Phase 1 comes again and again, until f gives something true.
    ///     if step.phase() == 1 && step.result().is_true() {
    ///         return Ok(Answer::Return(step.result()));
    ///     }
    ///     step.set_phase(0);
    ///     Ok(Answer::Call(step.arg(0), Args::None))
    /// });
    /// vm.register(Native { name: "repeat_until", parameters: "f", about: "an example", examples: &[], run });
    /// # let chunk = weave_compiler::chunk_of("n = 0; repeat_until(^() { n += 1; n > 3 and n })", &vm.signatures());
    /// // The program `n = 0; repeat_until(^() { n += 1; n > 3 and n })`.
    /// let program = vm.load(&chunk, None)?;
    /// vm.run(program)?;
    /// assert_eq!(vm.result::<i64>()?, 4);
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn set_phase(&mut self, phase: i64) {
        self.set_register(self.argc, Raw::int(phase));
    }

    /// A register of its own; nil before it is set.
    ///
    /// ```
    /// use weave_vm::native::{Answer, Args, Native, Run};
    /// use weave_vm::{Value, Vm};
    ///
    /// let mut vm = Vm::new();
    /// let run = Run::Steps(1, |step| {
    ///     Ok(match step.phase() {
    ///         0 => Answer::Call(step.arg(0), Args::One(Value::int(1))),
    ///         1 => {
    ///             let first = step.result();
    ///             step.set(0, first);
    ///             Answer::Call(step.arg(0), Args::One(Value::int(2)))
    ///         }
    ///         _ => {
    ///             let (first, second) = (step.get(0), step.result());
    ///             let pair = step.container(2)?;
    ///             step.push(pair, first)?;
    ///             step.push(pair, second)?;
    ///             Answer::Return(pair.value())
    ///         }
    ///     })
    /// });
    /// vm.register(Native { name: "last_two", parameters: "f", about: "an example", examples: &[], run });
    /// # let chunk = weave_compiler::chunk_of("last_two(^{ it * 10 })", &vm.signatures());
    /// // The program `last_two(^{ it * 10 })`.
    /// let program = vm.load(&chunk, None)?;
    /// vm.run(program)?;
    /// assert_eq!(vm.result::<Vec<i64>>()?, [10, 20]);
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn get(&self, i: usize) -> Value<'s> {
        let at = self.own(i);
        Value::new(self.register(at, at + 1))
    }

    /// Sets a register of its own.
    ///
    /// ```
    /// use weave_vm::native::{Answer, Native, Run};
    /// use weave_vm::{Value, Vm};
    ///
    /// let mut vm = Vm::new();
    /// let run = Run::Steps(1, |step| {
    ///     // Register 0 outlives the step, a Rust variable does not.
    ///     let n = if step.phase() == 0 { step.arg(0) } else { step.get(0) };
    ///     match n.as_int() {
    ///         Some(n) if n > 1 => step.set(0, Value::int(n / 2)),
    ///         _ => return Ok(Answer::Return(Value::int(step.phase()))),
    ///     }
    ///     step.set_phase(step.phase() + 1);
    ///     Ok(Answer::Again)
    /// });
    /// vm.register(Native { name: "halvings", parameters: "n", about: "an example", examples: &[], run });
    /// # let chunk = weave_compiler::chunk_of("halvings(1000)", &vm.signatures());
    /// // The program `halvings(1000)`.
    /// let program = vm.load(&chunk, None)?;
    /// vm.run(program)?;
    /// assert_eq!(vm.result::<i64>()?, 9);
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn set(&mut self, i: usize, v: Value<'s>) {
        let at = self.own(i);
        self.set_register(at, v.raw);
    }

    /// All registers of its own at once: for natives of this crate whose steps
    /// are short.
    pub(crate) fn own_registers(&mut self) -> &mut [Raw] {
        let first = self.argc + 1;
        let count = self.scratch.saturating_sub(first);
        // SAFETY: the frame holds these registers, and only this step uses them.
        unsafe { std::slice::from_raw_parts_mut(self.window.add(first), count) }
    }

    /// Sets where execution goes on when what the step asks for is done: code of one
    /// instruction that lives as long as the process and does this native's work.
    pub(crate) fn go_on_at(&mut self, code: *const u64) {
        self.vm.cur.ip = code;
    }

    /// Sets an argument's register, so that a later step finds another value.
    ///
    /// ```
    /// use weave_vm::native::{Answer, Args, Native, Run};
    /// use weave_vm::Vm;
    ///
    /// let mut vm = Vm::new();
    /// let run = Run::Steps(0, |step| {
    ///     if step.phase() == 2 {
    ///         return Ok(Answer::Return(step.result()));
    ///     }
    ///     if step.phase() == 1 {
    ///         // What the first call gave goes where the second one looks.
    ///         step.set_arg(1, step.result());
    ///     }
    ///     Ok(Answer::Call(step.arg(0), Args::One(step.arg(1))))
    /// });
    /// vm.register(Native { name: "twice", parameters: "f, x", about: "an example", examples: &[], run });
    /// # let chunk = weave_compiler::chunk_of("twice(^{ it * it }, 3)", &vm.signatures());
    /// // The program `twice(^{ it * it }, 3)`.
    /// let program = vm.load(&chunk, None)?;
    /// vm.run(program)?;
    /// assert_eq!(vm.result::<i64>()?, 81);
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn set_arg(&mut self, i: usize, v: Value<'s>) {
        if i < self.argc {
            self.set_register(i, v.raw);
        }
    }

    /// Register `i` of the window where calls and pulls leave what they give; nil
    /// for a native that has none.
    pub(crate) fn answer(&self, i: usize) -> Raw {
        if self.scratch == 0 {
            return Raw::NIL;
        }
        self.register(self.scratch + i, usize::MAX)
    }

    /// The name of the running native.
    ///
    /// ```
    /// use weave_vm::native::{Native, Run};
    /// use weave_vm::Vm;
    ///
    /// let mut vm = Vm::new();
    /// let run = Run::Plain(|step| {
    ///     let said = format!("I am {}", step.name());
    ///     Ok(step.text(&said)?)
    /// });
    /// vm.register(Native { name: "who", parameters: "", about: "an example", examples: &[], run });
    /// # let chunk = weave_compiler::chunk_of("who()", &vm.signatures());
    /// // The program `who()`.
    /// let program = vm.load(&chunk, None)?;
    /// vm.run(program)?;
    /// assert_eq!(vm.result::<String>()?, "I am who");
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn name(&self) -> &str {
        &self.vm.natives[self.native].signature.name
    }

    /// The name of its parameter `i`.
    ///
    /// ```
    /// use weave_vm::native::{Native, Run};
    /// use weave_vm::Vm;
    ///
    /// let mut vm = Vm::new();
    /// let run = Run::Plain(|step| {
    ///     let name = step.parameter(1).to_owned();
    ///     Ok(step.text(&name)?)
    /// });
    /// vm.register(Native { name: "second", parameters: "a, b", about: "an example", examples: &[], run });
    /// # let chunk = weave_compiler::chunk_of("second(1, 2)", &vm.signatures());
    /// // The program `second(1, 2)`.
    /// let program = vm.load(&chunk, None)?;
    /// vm.run(program)?;
    /// assert_eq!(vm.result::<String>()?, "b");
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn parameter(&self, i: usize) -> &str {
        self.vm.natives[self.native].signature.parameters.get(i).map_or("", |p| &p.name)
    }

    /// An error about an argument of the wrong type: names both.
    ///
    /// ```
    /// use weave_vm::native::{Native, Run};
    /// use weave_vm::{Value, Vm};
    ///
    /// let mut vm = Vm::new();
    /// let run = Run::Plain(|step| {
    ///     Ok(match step.arg(0).as_int() {
    ///         Some(n) => Value::int(n * 2),
    ///         None => return Err(step.expected(0, "an int")),
    ///     })
    /// });
    /// vm.register(Native { name: "double", parameters: "n", about: "an example", examples: &[], run });
    /// # let chunk = weave_compiler::chunk_of("double(\"2\")", &vm.signatures());
    /// // The program `double("2")`.
    /// let program = vm.load(&chunk, None)?;
    /// let error = vm.run(program).unwrap_err();
    /// assert_eq!(error.message, "double: n must be an int, not string");
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn expected(&self, i: usize, what: &str) -> Raise {
        let got = self.arg(i).type_name();
        let (name, parameter) = (self.name(), self.parameter(i));
        Raise::new(ErrorKind::Type, format!("{name}: {parameter} must be {what}, not {got}"))
    }
}
