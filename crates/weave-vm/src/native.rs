//! What a built-in or host function declares, and what it sees while it runs.
//!
//! A native never calls the interpreter. Each of its steps reads its arguments,
//! and answers with a result, an error, or the wish that the loop call a function
//! or pull a stream and come back with what it gave. What outlives a step lies
//! in the native's own registers, which the collector sees; a [`Value`] carries
//! the step's lifetime and can't be kept.

use crate::error::{ErrorKind, Raise};
use crate::scope::Scope;
use crate::value::Raw;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use weave_bytecode::signature::{Parameter, Signature};

pub use crate::access::{Container, Text};

/// A value: valid for the scope `'s` that it came from.
///
/// ```
/// use weave_vm::{Raise, Value, Vm};
///
/// Vm::new().enter(|scope| {
///     let text = scope.text("borrowed, not copied")?;
///     assert_eq!(text.as_text(), Some("borrowed, not copied"));
///     assert_eq!((text.type_name(), text.as_int()), ("string", None));
///     assert_eq!((Value::int(2).as_int(), Value::int(2).as_float()), (Some(2), Some(2.0)));
///     assert!(Value::nil().is_nil() && !Value::bool(false).is_true());
///     Ok::<_, Raise>(())
/// })?;
/// # Ok::<(), Box<weave_vm::RuntimeError>>(())
/// ```
#[derive(Clone, Copy)]
pub struct Value<'s> {
    pub(crate) raw: Raw,
    step: Brand<'s>,
}

/// Ties a handle to one step and to the machine's thread: two steps never have
/// the same lifetime, and another thread must not look into a heap that changes.
pub(crate) type Brand<'s> = PhantomData<(fn(&'s ()) -> &'s (), *mut ())>;

impl<'s> Value<'s> {
    pub(crate) fn new(raw: Raw) -> Value<'s> {
        Value { raw, step: PhantomData }
    }

    /// The value nil.
    pub fn nil() -> Value<'s> {
        Value::new(Raw::NIL)
    }

    /// An integer.
    pub fn int(v: i64) -> Value<'s> {
        Value::new(Raw::int(v))
    }

    /// A float.
    pub fn float(v: f64) -> Value<'s> {
        Value::new(Raw::float(v))
    }

    /// A bool.
    pub fn bool(v: bool) -> Value<'s> {
        Value::new(Raw::bool(v))
    }
}

/// What one step of a native answers. [`Step`] has an example.
pub enum Answer<'s> {
    /// The native is done; this is its result.
    Return(Value<'s>),
    /// For stages of a stream: an item and its key (nil where it has none).
    Item(Value<'s>, Value<'s>),
    /// For stages of a stream: no more items.
    End,
    /// Call this function with these arguments and run the next step with
    /// [`Step::result`].
    Call(Value<'s>, Args<'s>),
    /// Run the default of this function's first parameter anew and run the next
    /// step with [`Step::start`]: how a fold begins.
    Start(Value<'s>),
    /// Pull an item from this iterator (made by [`Step::iterate`]) and run the
    /// next step with [`Step::item`].
    Next(usize),
    /// Give the machine a chance to collect and to look at its limits, then run
    /// the next step.
    Again,
}

/// Arguments of a call that a native asks for: up to four in place.
pub enum Args<'s> {
    /// No arguments.
    None,
    /// One argument.
    One(Value<'s>),
    /// Two arguments.
    Two(Value<'s>, Value<'s>),
    /// An argument followed by the values of a container.
    Spread(Value<'s>, Container<'s>),
}

/// A native that is done in one step.
pub type PlainFn = for<'s> fn(&mut Step<'s>) -> Result<Value<'s>, Raise>;
/// A native of several steps.
pub type StepsFn = for<'s> fn(&mut Step<'s>) -> Result<Answer<'s>, Raise>;
/// A host's closure.
pub type HostFn = dyn for<'s> Fn(&mut Step<'s>) -> Result<Value<'s>, Raise> + Send + Sync;

/// A host's closure of several steps.
pub type HostStepsFn = dyn for<'s> Fn(&mut Step<'s>) -> Result<Answer<'s>, Raise> + Send + Sync;

/// How a native runs: in one step, or in several with registers that outlive a step.
#[derive(Clone)]
pub enum Run {
    /// One step.
    Plain(PlainFn),
    /// Several steps with this many registers of its own.
    Steps(u16, StepsFn),
    /// One step of a closure.
    Host(Arc<HostFn>),
    /// Several steps of a closure with this many registers of its own.
    HostSteps(u16, Arc<HostStepsFn>),
}

impl Run {
    /// Whether it has a frame of its own.
    pub(crate) fn has_steps(&self) -> bool {
        matches!(self, Run::Steps(..) | Run::HostSteps(..))
    }
}

/// A native's declaration, for what [`Vm::define`](crate::Vm::define) does not do: arity errors, help, completion, the reference page
/// and tests follow from it.
#[derive(Clone)]
pub struct Native {
    /// Its name in programs.
    pub name: &'static str,
    /// Its parameters as they would be written: `"xs, order?"`, `"*values"`; a
    /// question mark means that it may be left out.
    pub parameters: &'static str,
    /// One line.
    pub about: &'static str,
    /// Programs that print what stands behind their `# =>`.
    pub examples: &'static [&'static str],
    /// What it does.
    pub run: Run,
}

impl Native {
    /// Its signature.
    pub fn signature(&self) -> Signature {
        let parameters = self
            .parameters
            .split(',')
            .map(str::trim)
            .filter(|p| !p.is_empty())
            .map(|p| Parameter {
                name: p.trim_start_matches('*').trim_end_matches('?').into(),
                optional: p.ends_with('?'),
                rest: p.starts_with('*'),
            })
            .collect();
        Signature { name: self.name.into(), parameters }
    }
}

/// A native in a machine's table.
pub(crate) struct Registered {
    pub(crate) signature: Signature,
    pub(crate) fixed: u16,
    pub(crate) rest: bool,
    /// How many arguments a call has that needs no binding; `u32::MAX` with a rest.
    pub(crate) plain: u32,
    pub(crate) about: &'static str,
    pub(crate) examples: &'static [&'static str],
    pub(crate) run: Run,
    /// The value that names it.
    pub(crate) value: Raw,
    /// One of the machine's own, which may run again after a collection where it
    /// met the memory limit.
    pub(crate) core: bool,
}

impl Registered {
    /// Registers of a step native's frame: arguments, phase, its own, and the
    /// window of the calls it asks for.
    pub(crate) fn frame(&self) -> usize {
        match self.run {
            Run::Steps(own, _) | Run::HostSteps(own, _) => {
                self.signature.parameters.len() + 1 + usize::from(own) + SCRATCH
            }
            _ => self.signature.parameters.len(),
        }
    }

    /// First register of the window of calls.
    pub(crate) fn scratch(&self) -> usize {
        self.frame() - SCRATCH
    }
}

/// Registers for the arguments and results of calls that a native asks for.
pub(crate) const SCRATCH: usize = 8;

/// One step of a native: its arguments, its registers, and, as a [`Scope`], the machine
/// as far as a native may touch it.
///
/// ```
/// use weave_vm::native::{Answer, Args, Native, Run, Step};
/// use weave_vm::{Raise, Value, Vm};
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
    pub fn count(&self) -> usize {
        self.argc
    }

    /// An argument; nil where it was left out.
    pub fn arg(&self, i: usize) -> Value<'s> {
        let v = self.register(i, self.argc);
        Value::new(if v.is_unset() { Raw::NIL } else { v })
    }

    /// An argument, or `None` where it was left out.
    pub fn given(&self, i: usize) -> Option<Value<'s>> {
        let v = self.register(i, self.argc);
        (i < self.argc && !v.is_unset()).then(|| Value::new(v))
    }

    fn register(&self, i: usize, below: usize) -> Raw {
        if i >= below || i >= self.room {
            return Raw::NIL;
        }
        // SAFETY: the window holds `room` registers.
        unsafe { *self.window.add(i) }
    }

    fn set_register(&mut self, i: usize, v: Raw) {
        if i < self.room {
            // SAFETY: the window holds `room` registers.
            unsafe { *self.window.add(i) = v }
        }
    }

    fn own(&self, i: usize) -> usize {
        let at = (self.argc + 1).saturating_add(i);
        assert!(at < self.scratch, "a native names a register that it did not declare");
        at
    }

    /// How often the native was resumed: 0 in its first step, unless it set
    /// another number.
    pub fn phase(&self) -> i64 {
        self.register(self.argc, usize::MAX).as_int().unwrap_or(0)
    }

    /// Sets what [`Step::phase`] answers in the next step.
    pub fn set_phase(&mut self, phase: i64) {
        self.set_register(self.argc, Raw::int(phase));
    }

    /// A register of its own; nil before it is set.
    pub fn get(&self, i: usize) -> Value<'s> {
        let at = self.own(i);
        Value::new(self.register(at, at + 1))
    }

    /// Sets a register of its own.
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
    pub fn set_arg(&mut self, i: usize, v: Value<'s>) {
        if i < self.argc {
            self.set_register(i, v.raw);
        }
    }

    /// Register `i` of the window where calls and pulls leave what they give; nil
    /// for a native that has none.
    fn answer(&self, i: usize) -> Raw {
        if self.scratch == 0 {
            return Raw::NIL;
        }
        self.register(self.scratch + i, usize::MAX)
    }

    /// In [`HostObject::next`](crate::HostObject::next): the value that the
    /// object remembers from one item to the next; nil at first.
    pub fn memory(&self) -> Value<'s> {
        self.arg(0)
    }

    /// Sets what [`Step::memory`] answers.
    pub fn remember(&mut self, v: Value<'s>) {
        self.set_arg(0, v);
    }

    /// What the call that the last step asked for returned.
    pub fn result(&self) -> Value<'s> {
        Value::new(self.answer(0))
    }

    /// What [`Answer::Start`] brought: the default, or `None` where the function's
    /// first parameter has none.
    pub fn start(&self) -> Option<Value<'s>> {
        let v = self.result();
        (!v.raw.is_unset()).then_some(v)
    }

    /// Starts iterating a value into four registers of its own from `i` on.
    ///
    /// # Errors
    /// `:type` where it is no sequence, `:state` for a stream in use.
    pub fn iterate(&mut self, i: usize, v: Value<'s>) -> Result<(), Raise> {
        let at = self.own(i.saturating_add(3)) - 3;
        let state = crate::interp::iterate::begin(self.vm, v.raw, false)?;
        for (n, part) in state.into_iter().enumerate() {
            self.set_register(at + n, part);
        }
        Ok(())
    }

    /// What [`Answer::Next`] brought: the item and its key (nil where it has
    /// none), or `None` at the end.
    pub fn item(&self) -> Option<(Value<'s>, Value<'s>)> {
        let item = self.answer(0);
        (!item.is_unset()).then(|| (Value::new(item), Value::new(self.answer(1))))
    }

    /// Takes the next item of an iterator at `i` without leaving the step,
    /// where its source is no stream that runs Weave code.
    ///
    /// # Errors
    /// What the source raises.
    pub fn next_here(&mut self, i: usize) -> Result<Pulled<'s>, Raise> {
        let at = self.own(i.saturating_add(3)) - 3;
        // SAFETY: `own` bounds all four registers.
        let state = unsafe { self.window.add(at) };
        crate::interp::iterate::step_here(self.vm, state)
    }

    /// The iterator of registers `i` is left early: its source is closed.
    pub fn close(&mut self, i: usize) {
        let at = self.own(i);
        let source = self.register(at, at + 1);
        crate::interp::iterate::close(self.vm, source);
    }

    /// The name of the running native.
    pub fn name(&self) -> &str {
        &self.vm.natives[self.native].signature.name
    }

    /// The name of its parameter `i`.
    pub fn parameter(&self, i: usize) -> &str {
        self.vm.natives[self.native].signature.parameters.get(i).map_or("", |p| &p.name)
    }

    /// An error about an argument of the wrong type: names both.
    pub fn expected(&self, i: usize, what: &str) -> Raise {
        let got = self.arg(i).type_name();
        let (name, parameter) = (self.name(), self.parameter(i));
        Raise::new(ErrorKind::Type, format!("{name}: {parameter} must be {what}, not {got}"))
    }
}

/// The answer of [`Step::next_here`].
pub enum Pulled<'s> {
    /// An item and its key.
    Item(Value<'s>, Value<'s>),
    /// No more items.
    End,
    /// The source runs Weave code: answer [`Answer::Next`] instead.
    Away,
}
