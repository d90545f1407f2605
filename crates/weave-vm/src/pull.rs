//! What a step of a native gets for what the step before it asked for: results of calls
//! and items of sequences.

use crate::error::Raise;
use crate::interp::iterate;
use crate::native::{Step, Value};

impl<'s> Step<'s> {
    /// In [`HostObject::next`](crate::HostObject::next): the value that the
    /// object remembers from one item to the next; nil at first.
    ///
    /// ```
    /// use std::any::Any;
    /// use weave_vm::{HostObject, Raise, Step, Value};
    ///
    /// /// Strings that grow by a letter from item to item.
    /// struct Growing(u32);
    ///
    /// impl HostObject for Growing {
    ///     fn type_name(&self) -> &'static str {
    ///         "growing"
    ///     }
    ///     fn is_sequence(&self) -> bool {
    ///         true
    ///     }
    ///     fn next<'s>(&mut self, step: &mut Step<'s>) -> Result<Option<Value<'s>>, Raise> {
    ///         // A field could not hold the value of another step.
    ///         let before = step.memory();
    ///         let text = format!("{}x", before.as_text().unwrap_or(""));
    ///         let v = step.text(&text)?;
    ///         step.remember(v);
    ///         Ok(Some(v))
    ///     }
    ///     fn as_any(&mut self) -> &mut dyn Any {
    ///         self
    ///     }
    /// }
    /// # let mut vm = weave_vm::Vm::new();
    /// # let v = vm.enter(|scope| { let v = scope.host_stream(Box::new(Growing(0)))?; Ok::<_, Raise>(scope.keep(v)) })?;
    /// # let mut items = vm.items(&v)?;
    /// # assert_eq!(vm.next_item::<String>(&mut items)?.as_deref(), Some("x"));
    /// # assert_eq!(vm.next_item::<String>(&mut items)?.as_deref(), Some("xx"));
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn memory(&self) -> Value<'s> {
        self.arg(0)
    }

    /// Sets what [`Step::memory`] answers.
    ///
    /// ```
    /// use std::any::Any;
    /// use weave_vm::{HostObject, Raise, Step, Value, Vm};
    ///
    /// /// One container, given again and again with one item more.
    /// struct Filling;
    ///
    /// impl HostObject for Filling {
    ///     fn type_name(&self) -> &'static str {
    ///         "filling"
    ///     }
    ///     fn is_sequence(&self) -> bool {
    ///         true
    ///     }
    ///     fn next<'s>(&mut self, step: &mut Step<'s>) -> Result<Option<Value<'s>>, Raise> {
    ///         let list = match step.memory().as_container() {
    ///             Some(list) => list,
    ///             None => step.container(4)?,
    ///         };
    ///         step.remember(list.value());
    ///         step.push(list, Value::int(list.len() as i64))?;
    ///         Ok(Some(list.value()))
    ///     }
    ///     fn as_any(&mut self) -> &mut dyn Any {
    ///         self
    ///     }
    /// }
    ///
    /// let mut vm = Vm::new();
    /// let v = vm.enter(|scope| scope.host_stream(Box::new(Filling)).map(|v| scope.keep(v)))?;
    /// let mut items = vm.items(&v)?;
    /// vm.next_item::<()>(&mut items)?;
    /// assert_eq!(vm.next_item::<Vec<i64>>(&mut items)?, Some(vec![0, 1]));
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn remember(&mut self, v: Value<'s>) {
        self.set_arg(0, v);
    }

    /// What the call that the last step asked for returned.
    ///
    /// ```
    /// use weave_vm::native::{Answer, Args, Native, Run};
    /// use weave_vm::{Value, Vm};
    ///
    /// let mut vm = Vm::new();
    /// let run = Run::Steps(0, |step| {
    ///     Ok(match step.phase() {
    ///         0 => Answer::Call(step.arg(0), Args::None),
    ///         _ => Answer::Return(Value::bool(!step.result().is_true())),
    ///     })
    /// });
    /// vm.register(Native { name: "negated", parameters: "f", about: "an example", examples: &[], run });
    /// # let chunk = weave_compiler::chunk_of("negated(^() { 1 > 2 })", &vm.signatures());
    /// // The program `negated(^() { 1 > 2 })`.
    /// let program = vm.load(&chunk, None)?;
    /// vm.run(program)?;
    /// assert!(vm.result::<bool>()?);
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn result(&self) -> Value<'s> {
        Value::new(self.answer(0))
    }

    /// What [`Answer::Start`](crate::native::Answer::Start) brought: the default, or `None` where the function's
    /// first parameter has none.
    ///
    /// ```
    /// use weave_vm::native::{Answer, Native, Run};
    /// use weave_vm::{Value, Vm};
    ///
    /// let mut vm = Vm::new();
    /// let run = Run::Steps(0, |step| {
    ///     Ok(match step.phase() {
    ///         0 => Answer::Start(step.arg(0)),
    ///         _ => Answer::Return(step.start().unwrap_or(Value::nil())),
    ///     })
    /// });
    /// vm.register(Native { name: "start_of", parameters: "f", about: "an example", examples: &[], run });
    /// # let chunk = weave_compiler::chunk_of("[start_of(^(sum: 100, x) { sum + x }), start_of(^(x) { x })]", &vm.signatures());
    /// // The program `[start_of(^(sum: 100, x) { sum + x }), start_of(^(x) { x })]`.
    /// let program = vm.load(&chunk, None)?;
    /// vm.run(program)?;
    /// assert_eq!(vm.result::<Vec<Option<i64>>>()?, [Some(100), None]);
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn start(&self) -> Option<Value<'s>> {
        let v = self.result();
        (!v.raw.is_unset()).then_some(v)
    }

    /// Starts iterating a value into four registers of its own from `i` on.
    ///
    /// # Errors
    /// `:type` where it is no sequence, `:state` for a stream in use.
    ///
    /// ```
    /// use weave_vm::native::{Answer, Native, Run};
    /// use weave_vm::{Value, Vm};
    ///
    /// let mut vm = Vm::new();
    /// let run = Run::Steps(4, |step| {
    ///     match step.phase() {
    ///         0 => step.iterate(0, step.arg(0))?,
    ///         1 => {} // the first one has come
    ///         _ => {
    ///             let item = step.item();
    ///             step.close(0);
    ///             return Ok(Answer::Return(item.map_or(Value::nil(), |(v, _)| v)));
    ///         }
    ///     }
    ///     Ok(Answer::Next(0))
    /// });
    /// vm.register(Native { name: "second", parameters: "xs", about: "an example", examples: &[], run });
    /// # let chunk = weave_compiler::chunk_of("[second([7, 8, 9]), second(1.. *> ^{ it * it })]", &vm.signatures());
    /// // The program `[second([7, 8, 9]), second(1.. *> ^{ it * it })]`.
    /// let program = vm.load(&chunk, None)?;
    /// vm.run(program)?;
    /// assert_eq!(vm.result::<Vec<i64>>()?, [8, 4]);
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn iterate(&mut self, i: usize, v: Value<'s>) -> Result<(), Raise> {
        let at = self.own(i.saturating_add(3)) - 3;
        let state = iterate::begin(self.vm, v.raw, false)?;
        for (n, part) in state.into_iter().enumerate() {
            self.set_register(at + n, part);
        }
        Ok(())
    }

    /// What [`Answer::Next`](crate::native::Answer::Next) brought: the item and its key (nil where it has
    /// none), or `None` at the end.
    ///
    /// ```
    /// use weave_vm::native::{Answer, Native, Run};
    /// use weave_vm::{Value, Vm};
    ///
    /// let mut vm = Vm::new();
    /// let run = Run::Steps(4, |step| {
    ///     if step.phase() == 0 {
    ///         step.iterate(0, step.arg(0))?;
    ///         return Ok(Answer::Next(0));
    ///     }
    ///     let key = match step.item() {
    ///         Some((_, key)) => key,
    ///         None => Value::nil(),
    ///     };
    ///     step.close(0);
    ///     Ok(Answer::Return(key))
    /// });
    /// vm.register(Native { name: "key_of_first", parameters: "xs", about: "an example", examples: &[], run });
    /// # let chunk = weave_compiler::chunk_of("[key_of_first([a: 1, b: 2]), key_of_first([])]", &vm.signatures());
    /// // The program `[key_of_first([a: 1, b: 2]), key_of_first([])]`.
    /// let program = vm.load(&chunk, None)?;
    /// vm.run(program)?;
    /// assert_eq!(vm.result::<Vec<Option<String>>>()?, [Some("a".to_owned()), None]);
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn item(&self) -> Option<(Value<'s>, Value<'s>)> {
        let item = self.answer(0);
        (!item.is_unset()).then(|| (Value::new(item), Value::new(self.answer(1))))
    }

    /// Takes the next item of an iterator at `i` without leaving the step,
    /// where its source is no stream that runs Weave code.
    ///
    /// # Errors
    /// What the source raises.
    ///
    /// ```
    /// use weave_vm::native::{Answer, Native, Pulled, Run};
    /// use weave_vm::{Value, Vm};
    ///
    /// let mut vm = Vm::new();
    /// let run = Run::Steps(5, |step| {
    ///     // Takes what is at hand without leaving the step; asks for what is not.
    ///     let mut next = match step.phase() {
    ///         0 => {
    ///             step.iterate(0, step.arg(0))?;
    ///             step.next_here(0)?
    ///         }
    ///         _ => step.item().map_or(Pulled::End, |(v, key)| Pulled::Item(v, key)),
    ///     };
    ///     loop {
    ///         match next {
    ///             Pulled::Item(v, _) => {
    ///                 let length = |v: Value<'_>| v.as_text().map_or(0, str::len);
    ///                 if length(v) > length(step.get(4)) {
    ///                     step.set(4, v);
    ///                 }
    ///                 step.poll(1)?;
    ///                 next = step.next_here(0)?;
    ///             }
    ///             Pulled::End => return Ok(Answer::Return(step.get(4))),
    ///             Pulled::Away => return Ok(Answer::Next(0)),
    ///         }
    ///     }
    /// });
    /// vm.register(Native { name: "longest", parameters: "xs", about: "an example", examples: &[], run });
    /// # let chunk = weave_compiler::chunk_of("longest([\"a\", \"ccc\", \"bb\"])", &vm.signatures());
    /// // The program `longest(["a", "ccc", "bb"])`.
    /// let program = vm.load(&chunk, None)?;
    /// vm.run(program)?;
    /// assert_eq!(vm.result::<String>()?, "ccc");
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn next_here(&mut self, i: usize) -> Result<Pulled<'s>, Raise> {
        let at = self.own(i.saturating_add(3)) - 3;
        // SAFETY: `own` bounds all four registers.
        let state = unsafe { self.window.add(at) };
        iterate::step_here(self.vm, state)
    }

    /// The iterator of registers `i` is left early: its source is closed.
    ///
    /// ```
    /// use weave_vm::native::{Answer, Native, Run};
    /// use weave_vm::{Value, Vm};
    ///
    /// let mut vm = Vm::new();
    /// let run = Run::Steps(4, |step| {
    ///     if step.phase() == 0 {
    ///         step.iterate(0, step.arg(0))?;
    ///         return Ok(Answer::Next(0));
    ///     }
    ///     let item = step.item();
    ///     // The rest is not wanted: a file behind the stream is closed at once.
    ///     step.close(0);
    ///     Ok(Answer::Return(item.map_or(Value::nil(), |(v, _)| v)))
    /// });
    /// vm.register(Native { name: "head", parameters: "xs", about: "an example", examples: &[], run });
    /// # let chunk = weave_compiler::chunk_of("head(1.. *> ^{ it * 100 })", &vm.signatures());
    /// // The program `head(1.. *> ^{ it * 100 })`.
    /// let program = vm.load(&chunk, None)?;
    /// vm.run(program)?;
    /// assert_eq!(vm.result::<i64>()?, 100);
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn close(&mut self, i: usize) {
        let at = self.own(i);
        let source = self.register(at, at + 1);
        iterate::close(self.vm, source);
    }
}

/// The answer of [`Step::next_here`].
///
/// ```
/// use weave_vm::native::{Answer, Native, Pulled, Run};
/// use weave_vm::{Value, Vm};
///
/// let mut vm = Vm::new();
/// let run = Run::Steps(4, |step| {
///     if step.phase() == 0 {
///         step.iterate(0, step.arg(0))?;
///     }
///     let mut count = 0;
///     loop {
///         match step.next_here(0)? {
///             Pulled::Item(..) => count += 1,
///             Pulled::End => return Ok(Answer::Return(Value::int(count))),
///             // A stream of the program; `Answer::Next` would wait for it.
///             Pulled::Away => return Err(step.expected(0, "a sequence that is at hand")),
///         }
///     }
/// });
/// vm.register(Native { name: "count_of", parameters: "xs", about: "an example", examples: &[], run });
/// # let chunk = weave_compiler::chunk_of("count_of(3..10)", &vm.signatures());
/// // The program `count_of(3..10)`.
/// let program = vm.load(&chunk, None)?;
/// vm.run(program)?;
/// assert_eq!(vm.result::<i64>()?, 7);
/// # Ok::<(), Box<weave_vm::RuntimeError>>(())
/// ```
pub enum Pulled<'s> {
    /// An item and its key.
    Item(Value<'s>, Value<'s>),
    /// No more items.
    End,
    /// The source runs Weave code: answer [`Answer::Next`](crate::native::Answer::Next) instead.
    Away,
}
