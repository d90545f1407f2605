//! Sequences across the border: a Rust iterator as a stream, and any Weave sequence
//! pulled by Rust code, an item at a time.

use crate::convert::{FromValue, IntoValue};
use crate::error::{Raise, RuntimeError};
use crate::handle::Handle;
use crate::interp::dispatch::guarded;
use crate::interp::iterate;
use crate::native::{Answer, Native, Run, Step, Value};
use crate::object::container::ContainerRef;
use crate::object::host::HostObject;
use crate::scope::Scope;
use crate::value::Raw;
use crate::vm::Vm;
use std::any::Any;

/// A Rust iterator that becomes a stream: each item is made when the program asks for
/// it. Items may be results; an error is raised where the item is used, and ends the
/// stream. The iterator is dropped when it is at its end, when the program leaves it
/// early, or when nothing refers to it any more.
///
/// ```
/// # use weave_compiler::{Options, compile};
/// # use std::sync::Arc;
/// use weave_vm::{Items, Vm};
///
/// let mut vm = Vm::new();
/// vm.define("powers", ["base"], |base: i64| {
///     Items(std::iter::successors(Some(1i64), move |n| n.checked_mul(base)))
/// })?;
/// # let core = vm.signatures();
/// # let options = Options { core: &core, value: true, ..Options::default() };
/// # let source = "powers(10) *> ^{ it + 1 } |> take(3) |> collect";
/// # let chunk = Arc::new(compile(source, "powers.wv", &options).unwrap().chunk);
/// // The program `powers(10) *> ^{ it + 1 } |> take(3) |> collect`.
/// let program = vm.load(&chunk, None)?;
/// vm.run(program)?;
/// assert_eq!(vm.result::<Vec<i64>>()?, [2, 11, 101]);
/// # Ok::<(), Box<weave_vm::RuntimeError>>(())
/// ```
pub struct Items<I>(pub I);

impl<I> IntoValue for Items<I>
where
    I: Iterator<Item: IntoValue> + Send + 'static,
{
    fn into_value<'s>(self, scope: &mut Scope<'s>) -> Result<Value<'s>, Raise> {
        scope.host_stream(Box::new(Source { items: Some(self.0) }))
    }
}

struct Source<I> {
    items: Option<I>,
}

impl<I> HostObject for Source<I>
where
    I: Iterator<Item: IntoValue> + Send + 'static,
{
    fn type_name(&self) -> &'static str {
        "items"
    }

    fn is_sequence(&self) -> bool {
        true
    }

    fn next<'s>(&mut self, step: &mut Step<'s>) -> Result<Option<Value<'s>>, Raise> {
        let item = self.items.as_mut().and_then(Iterator::next);
        let made = item.map(|item| item.into_value(step)).transpose();
        if !matches!(made, Ok(Some(_))) {
            self.items = None;
        }
        made
    }

    fn close(&mut self) {
        self.items = None;
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

/// A Weave sequence that Rust code pulls: made by [`Vm::items`].
///
/// ```
/// use weave_vm::{IntoValue, Iteration, Raise, Vm};
///
/// let mut vm = Vm::new();
/// let list = vm.enter(|scope| {
///     let v = vec!["a", "b"].into_value(scope)?;
///     Ok::<_, Raise>(scope.keep(v))
/// })?;
/// // Two that go through one container do not disturb each other.
/// let (mut one, mut other): (Iteration, Iteration) = (vm.items(&list)?, vm.items(&list)?);
/// assert_eq!(vm.next_item::<String>(&mut one)?.as_deref(), Some("a"));
/// assert_eq!(vm.next_item::<String>(&mut one)?.as_deref(), Some("b"));
/// assert_eq!(vm.next_item::<String>(&mut other)?.as_deref(), Some("a"));
/// # Ok::<(), Box<weave_vm::RuntimeError>>(())
/// ```
#[derive(Debug)]
pub struct Iteration {
    /// A container with the three parts of an iterator; the first is nil at the end.
    state: Handle,
}

/// Parts of an iterator.
const PARTS: usize = 3;

/// The native behind [`Vm::next_item`]; no program can name it.
pub(crate) fn native() -> Native {
    Native { name: "<next>", parameters: "state", about: "", examples: &[], run: Run::Steps(4, next) }
}

fn next<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    let Some(state) = step.arg(0).as_container() else { return Err(step.expected(0, "an iteration")) };
    if step.phase() == 0 {
        for i in 0..PARTS {
            step.set(i, state.get(i));
        }
        return Ok(Answer::Next(0));
    }
    let item = step.item().map(|(v, _)| v);
    for i in 0..PARTS {
        let part = step.get(i);
        state.set_at(i, if item.is_some() { part } else { Value::nil() });
    }
    Ok(Answer::Return(item.unwrap_or(Value::nil())))
}

impl Vm {
    /// Begins to go through a sequence that a handle keeps: a container, a range, a
    /// stream, a host object that is one.
    ///
    /// # Errors
    /// `:type` for anything else, `:state` for a stream that was used before,
    /// `:internal` for a handle of another machine.
    ///
    /// ```
    /// # use weave_compiler::{Options, compile};
    /// # use std::sync::Arc;
    /// use weave_vm::{Handle, Vm};
    ///
    /// let mut vm = Vm::new();
    /// # let core = vm.signatures();
    /// # let options = Options { core: &core, value: true, ..Options::default() };
    /// # let chunk = compile("1.. *> ^{ it * it }", "squares.wv", &options).unwrap().chunk;
    /// # let chunk = Arc::new(chunk);
    /// // The program `1.. *> ^{ it * it }`: all square numbers, made as they are pulled.
    /// let program = vm.load(&chunk, None)?;
    /// vm.run(program)?;
    /// let squares: Handle = vm.result()?;
    /// let mut items = vm.items(&squares)?;
    /// let mut sum = 0;
    /// while let Some(n) = vm.next_item::<i64>(&mut items)? {
    ///     if n > 100 {
    ///         break;
    ///     }
    ///     sum += n;
    /// }
    /// vm.close(items)?;
    /// assert_eq!(sum, 385);
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn items(&mut self, sequence: &Handle) -> Result<Iteration, Box<RuntimeError>> {
        self.collect_if_due();
        let v = Scope::new(self).value(sequence)?.raw;
        let parts = guarded(|| iterate::begin(self, v, false))?;
        let scope = &mut Scope::new(self);
        let state = scope.container(PARTS)?;
        for part in parts {
            scope.push(state, Value::new(part))?;
        }
        Ok(Iteration { state: scope.keep(state.value()) })
    }

    /// Pulls the next item, which may run Weave code, within the machine's limits;
    /// `None` at the end, and behind an error.
    ///
    /// # Errors
    /// What the sequence raises, the limit that was reached; `:type` where the item can't
    /// be read as `R`; `:internal` for an iteration of another machine.
    ///
    /// ```
    /// use weave_vm::{Handle, Vm};
    ///
    /// let mut vm = Vm::new();
    /// # let chunk = weave_compiler::chunk_of("[3, 4, \"five\"]", &vm.signatures());
    /// // The program `[3, 4, "five"]`.
    /// let program = vm.load(&chunk, None)?;
    /// vm.run(program)?;
    /// let list: Handle = vm.result()?;
    /// let mut items = vm.items(&list)?;
    /// assert_eq!(vm.next_item::<i64>(&mut items)?, Some(3));
    /// assert_eq!(vm.next_item::<f64>(&mut items)?, Some(4.0));
    /// let error = vm.next_item::<i64>(&mut items).unwrap_err();
    /// assert_eq!(error.message, "the item must be an int, not string");
    /// assert_eq!(vm.next_item::<i64>(&mut items)?, None);
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn next_item<R: FromValue>(&mut self, items: &mut Iteration) -> Result<Option<R>, Box<RuntimeError>> {
        self.collect_if_due();
        let state = Scope::new(self).value(&items.state)?.raw;
        // The handle keeps it where it is.
        let Some(parts) = ContainerRef::of(state) else { return Ok(None) };
        if parts.get(0).is_nil() {
            return Ok(None);
        }
        let native = self.natives[self.next_native].value;
        if let Err(error) = self.run_function(native, &[state]) {
            parts.set(0, Raw::NIL);
            return Err(error);
        }
        if parts.get(0).is_nil() {
            return Ok(None);
        }
        let scope = &mut Scope::new(self);
        let item = scope.last();
        Ok(Some(guarded(|| R::from_value(item, scope).map_err(|m| m.raise("the item")))?))
    }

    /// Leaves a sequence before its end, so that what it draws from is closed at once.
    /// One that is dropped instead is closed when it is collected.
    ///
    /// # Errors
    /// `:internal` for an iteration of another machine.
    ///
    /// ```
    /// use weave_vm::{Handle, Items, Vm};
    ///
    /// let mut vm = Vm::new();
    /// vm.define("numbers", [], || Items(1..=1_000_000i64))?;
    /// # let chunk = weave_compiler::chunk_of("numbers()", &vm.signatures());
    /// // The program `numbers()`.
    /// let program = vm.load(&chunk, None)?;
    /// vm.run(program)?;
    /// let numbers: Handle = vm.result()?;
    /// let mut items = vm.items(&numbers)?;
    /// assert_eq!(vm.next_item::<i64>(&mut items)?, Some(1));
    /// // The iterator behind the stream is dropped now.
    /// vm.close(items)?;
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn close(&mut self, items: Iteration) -> Result<(), Box<RuntimeError>> {
        let state = Scope::new(self).value(&items.state)?.raw;
        let Some(parts) = ContainerRef::of(state) else { return Ok(()) };
        let source = parts.get(0);
        parts.set(0, Raw::NIL);
        Ok(guarded(|| {
            iterate::close(self, source);
            Ok(())
        })?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_iteration_has_the_parts_of_an_iterator() {
        let mut vm = Vm::new();
        let parts = iterate::begin(&mut vm, Raw::NIL, true);
        assert!(parts.is_err());
        let range = vm.heap.range(crate::object::range::Range { start: None, end: Some(2), step: 1, inclusive: false });
        let parts = iterate::begin(&mut vm, range.expect("room"), false).expect("a sequence");
        assert_eq!(parts.len(), PARTS);
    }
}
