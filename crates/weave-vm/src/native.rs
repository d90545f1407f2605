//! What a built-in or host function declares, and what it sees while it runs.
//!
//! A native never calls the interpreter. Each of its steps reads its arguments,
//! and answers with a result, an error, or the wish that the loop call a function
//! or pull a stream and come back with what it gave. What outlives a step lies
//! in the native's own registers, which the collector sees; a [`Value`] carries
//! the step's lifetime and can't be kept.

use crate::error::Raise;
use crate::value::Raw;
use std::marker::PhantomData;
use std::sync::Arc;
use weave_bytecode::signature::{Parameter, Signature};

pub use crate::access::Container;
pub use crate::pull::Pulled;
pub use crate::step::Step;

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
    ///
    /// ```
    /// use weave_vm::{Value, Vm};
    ///
    /// Vm::new().enter(|scope| assert_eq!(scope.display(Value::nil()), "nil"));
    /// ```
    pub fn nil() -> Value<'s> {
        Value::new(Raw::NIL)
    }

    /// An integer.
    ///
    /// ```
    /// use weave_vm::Value;
    ///
    /// assert_eq!(Value::int(i64::MIN).as_int(), Some(i64::MIN));
    /// ```
    pub fn int(v: i64) -> Value<'s> {
        Value::new(Raw::int(v))
    }

    /// A float.
    ///
    /// ```
    /// use weave_vm::Value;
    ///
    /// let v = Value::float(1e300);
    /// assert_eq!((v.type_name(), v.as_float()), ("float", Some(1e300)));
    /// ```
    pub fn float(v: f64) -> Value<'s> {
        Value::new(Raw::float(v))
    }

    /// A bool.
    ///
    /// ```
    /// use weave_vm::Value;
    ///
    /// assert_eq!(Value::bool(2 > 1).as_bool(), Some(true));
    /// ```
    pub fn bool(v: bool) -> Value<'s> {
        Value::new(Raw::bool(v))
    }
}

/// What one step of a native answers. [`Step`] has an example.
///
/// ```
/// use weave_vm::native::{Answer, Native, Run, Step};
/// use weave_vm::{Raise, Value, Vm};
///
/// /// `rolls(n)` throws dice until their sum is at least n, a throw in each step.
/// fn rolls<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
///     let thrown = step.get(0).as_int().unwrap_or(0);
///     let sum = step.get(1).as_int().unwrap_or(0);
///     if sum >= step.arg(0).as_int().unwrap_or(0) {
///         return Ok(Answer::Return(Value::int(thrown)));
///     }
///     step.set(0, Value::int(thrown + 1));
///     step.set(1, Value::int(sum + 4)); // chosen by a fair throw
///     Ok(Answer::Again)
/// }
///
/// let mut vm = Vm::new();
/// let run = Run::Steps(2, rolls);
/// vm.register(Native { name: "rolls", parameters: "n", about: "how many throws", examples: &[], run });
/// # let chunk = weave_compiler::chunk_of("rolls(10)", &vm.signatures());
/// // The program `rolls(10)`.
/// let program = vm.load(&chunk, None)?;
/// vm.run(program)?;
/// assert_eq!(vm.result::<i64>()?, 3);
/// # Ok::<(), Box<weave_vm::RuntimeError>>(())
/// ```
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
///
/// ```
/// use weave_vm::native::{Answer, Args, Native, Run, Step};
/// use weave_vm::{Raise, Vm};
///
/// /// `apply(f, xs)` calls f with the items of xs, the first one apart.
/// fn apply<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
///     if step.phase() > 0 {
///         return Ok(Answer::Return(step.result()));
///     }
///     let Some(xs) = step.arg(1).as_container() else { return Err(step.expected(1, "a container")) };
///     let args = match xs.len() {
///         0 => Args::None,
///         1 => Args::One(xs.get(0)),
///         2 => Args::Two(xs.get(0), xs.get(1)),
///         _ => {
///             let rest = step.container(xs.len())?;
///             (1..xs.len()).try_for_each(|i| step.push(rest, xs.get(i)))?;
///             Args::Spread(xs.get(0), rest)
///         }
///     };
///     Ok(Answer::Call(step.arg(0), args))
/// }
///
/// let mut vm = Vm::new();
/// let run = Run::Steps(0, apply);
/// vm.register(Native { name: "apply", parameters: "f, xs", about: "calls f", examples: &[], run });
/// # let chunk = weave_compiler::chunk_of("[apply(^(a, b) { a - b }, [5, 3]), apply(^(a, b, c) { a * b + c }, [5, 3, 1])]", &vm.signatures());
/// // The program `[apply(^(a, b) { a - b }, [5, 3]), apply(^(a, b, c) { a * b + c }, [5, 3, 1])]`.
/// let program = vm.load(&chunk, None)?;
/// vm.run(program)?;
/// assert_eq!(vm.result::<Vec<i64>>()?, [2, 16]);
/// # Ok::<(), Box<weave_vm::RuntimeError>>(())
/// ```
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
///
/// ```
/// use weave_vm::native::{PlainFn, Step};
/// use weave_vm::{Raise, Value};
///
/// fn length<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
///     match step.arg(0).as_text() {
///         Some(text) => Ok(Value::int(text.chars().count() as i64)),
///         None => Err(step.expected(0, "a string")),
///     }
/// }
///
/// let table: [(&str, PlainFn); 1] = [("length", length)];
/// assert_eq!(table[0].0, "length");
/// ```
pub type PlainFn = for<'s> fn(&mut Step<'s>) -> Result<Value<'s>, Raise>;
/// A native of several steps.
///
/// ```
/// use weave_vm::Raise;
/// use weave_vm::native::{Answer, Args, Step, StepsFn};
///
/// /// Calls its argument, a function without parameters, and gives what that gives.
/// fn run<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
///     match step.phase() {
///         0 => Ok(Answer::Call(step.arg(0), Args::None)),
///         _ => Ok(Answer::Return(step.result())),
///     }
/// }
///
/// let table: [(&str, StepsFn); 1] = [("run", run)];
/// assert_eq!(table[0].0, "run");
/// ```
pub type StepsFn = for<'s> fn(&mut Step<'s>) -> Result<Answer<'s>, Raise>;
/// A host's closure.
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicI64, Ordering};
/// use weave_vm::native::{HostFn, Native, Run};
/// use weave_vm::{Value, Vm};
///
/// let hits = Arc::new(AtomicI64::new(0));
/// let counter = Arc::clone(&hits);
/// let hit: Arc<HostFn> = Arc::new(move |_| Ok(Value::int(counter.fetch_add(1, Ordering::Relaxed))));
///
/// let mut vm = Vm::new();
/// vm.register(Native { name: "hit", parameters: "", about: "counts", examples: &[], run: Run::Host(hit) });
/// # let chunk = weave_compiler::chunk_of("hit() + hit()", &vm.signatures());
/// // The program `hit() + hit()`.
/// let program = vm.load(&chunk, None)?;
/// vm.run(program)?;
/// assert_eq!(hits.load(Ordering::Relaxed), 2);
/// # Ok::<(), Box<weave_vm::RuntimeError>>(())
/// ```
pub type HostFn = dyn for<'s> Fn(&mut Step<'s>) -> Result<Value<'s>, Raise> + Send + Sync;

/// A host's closure of several steps.
///
/// ```
/// use std::sync::Arc;
/// use weave_vm::native::{Answer, Args, HostStepsFn, Native, Run, Value};
/// use weave_vm::Vm;
///
/// /// A function `name(f)` that calls f with a number of the host's.
/// fn calling_with(name: &'static str, number: i64) -> Native {
///     let run: Arc<HostStepsFn> = Arc::new(move |step| match step.phase() {
///         0 => Ok(Answer::Call(step.arg(0), Args::One(Value::int(number)))),
///         _ => Ok(Answer::Return(step.result())),
///     });
///     Native { name, parameters: "f", about: "calls f with a number", examples: &[], run: Run::HostSteps(0, run) }
/// }
///
/// let mut vm = Vm::new();
/// vm.register(calling_with("with_six", 6));
/// # let chunk = weave_compiler::chunk_of("with_six(^{ it * 7 })", &vm.signatures());
/// // The program `with_six(^{ it * 7 })`.
/// let program = vm.load(&chunk, None)?;
/// vm.run(program)?;
/// assert_eq!(vm.result::<i64>()?, 42);
/// # Ok::<(), Box<weave_vm::RuntimeError>>(())
/// ```
pub type HostStepsFn = dyn for<'s> Fn(&mut Step<'s>) -> Result<Answer<'s>, Raise> + Send + Sync;

/// How a native runs: in one step, or in several with registers that outlive a step.
///
/// ```
/// use std::sync::Arc;
/// use weave_vm::native::{Answer, Args, Run};
/// use weave_vm::Value;
///
/// let plain = Run::Plain(|step| Ok(step.arg(0)));
/// let with_state = { let port = 8080; Run::Host(Arc::new(move |_| Ok(Value::int(port)))) };
/// let steps = Run::Steps(0, |step| match step.phase() {
///     0 => Ok(Answer::Call(step.arg(0), Args::None)),
///     _ => Ok(Answer::Return(step.result())),
/// });
/// # let _ = (plain, with_state, steps);
/// ```
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
///
/// ```
/// use weave_vm::native::{Native, Run};
/// use weave_vm::{Value, Vm};
///
/// let mut vm = Vm::new();
/// vm.register(Native {
///     name: "clamp",
///     parameters: "x, low, high?",
///     about: "x, or the bound that it is beyond",
///     examples: &["print(clamp(12, 1, 10))  # => 10"],
///     run: Run::Plain(|step| {
///         let (x, low) = (step.arg(0).as_int().unwrap_or(0), step.arg(1).as_int().unwrap_or(0));
///         Ok(Value::int(x.max(low).min(step.arg(2).as_int().unwrap_or(i64::MAX))))
///     }),
/// });
/// # let chunk = weave_compiler::chunk_of("clamp(12, 1, 10)", &vm.signatures());
/// // The program `clamp(12, 1, 10)`.
/// let program = vm.load(&chunk, None)?;
/// vm.run(program)?;
/// assert_eq!(vm.result::<i64>()?, 10);
/// # Ok::<(), Box<weave_vm::RuntimeError>>(())
/// ```
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
    pub(crate) fn signature(&self) -> Signature {
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
