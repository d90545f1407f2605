//! Calling Weave functions, and reading what programs and functions give.

use crate::convert::{FromValue, IntoValue};
use crate::error::{Raise, RuntimeError};
use crate::handle::Handle;
use crate::interp::dispatch::guarded;
use crate::native::Value;
use crate::program::Program;
use crate::scope::{Scope, no_global};
use crate::value::Raw;
use crate::vm::Vm;

/// Arguments of a call from Rust: `()` for none, a tuple of up to six values of any
/// types that become Weave values, or a `Vec` of values of one such type.
///
/// ```
/// fn takes(_: impl weave_vm::Arguments) {}
/// takes(());
/// takes((1,));
/// takes(("name", 2.5, vec![1, 2]));
/// takes(vec!["any", "number"]);
/// ```
pub trait Arguments {
    #[doc(hidden)]
    fn make<'s>(self, scope: &mut Scope<'s>) -> Result<Vec<Value<'s>>, Raise>;
}

macro_rules! tuples {
    ($($($type:ident $i:tt),*;)*) => {$(
        impl<$($type: IntoValue),*> Arguments for ($($type,)*) {
            fn make<'s>(self, _scope: &mut Scope<'s>) -> Result<Vec<Value<'s>>, Raise> {
                Ok(vec![$(self.$i.into_value(_scope)?),*])
            }
        }
    )*};
}

tuples! {
    ;
    A 0;
    A 0, B 1;
    A 0, B 1, C 2;
    A 0, B 1, C 2, D 3;
    A 0, B 1, C 2, D 3, E 4;
    A 0, B 1, C 2, D 3, E 4, F 5;
}

impl<T: IntoValue> Arguments for Vec<T> {
    fn make<'s>(self, scope: &mut Scope<'s>) -> Result<Vec<Value<'s>>, Raise> {
        self.into_iter().map(|v| v.into_value(scope)).collect()
    }
}

impl Vm {
    /// Calls a function that a handle keeps, within the machine's limits, and reads
    /// what it gives.
    ///
    /// # Errors
    /// What the function raised and did not catch, the limit that it reached, its
    /// `exit`; `:type` where the handle keeps no function or the result can't be read
    /// as `R`; `:internal` for a handle of another machine. The machine is usable again
    /// afterwards.
    ///
    /// ```
    /// # use weave_compiler::{Options, compile};
    /// # use std::sync::Arc;
    /// use weave_vm::{Handle, Vm};
    ///
    /// let mut vm = Vm::new();
    /// # let core = vm.signatures();
    /// # let options = Options { core: &core, value: true, ..Options::default() };
    /// # let chunk = Arc::new(compile("^(n, word) { word * n }", "f.wv", &options).unwrap().chunk);
    /// // The program `^(n, word) { word * n }`.
    /// let program = vm.load(&chunk, None)?;
    /// vm.run(program)?;
    /// let times: Handle = vm.result()?;
    /// assert_eq!(vm.call::<i64>(&times, (6, 7))?, 42);
    /// let error = vm.call::<String>(&times, (6, 7)).unwrap_err();
    /// assert_eq!(error.message, "the result must be a string, not int");
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn call<R: FromValue>(&mut self, function: &Handle, arguments: impl Arguments) -> Result<R, Box<RuntimeError>> {
        self.collect_if_due();
        let scope = &mut Scope::new(self);
        let function = scope.value(function)?.raw;
        // Nothing is collected before they lie in the function's frame.
        let arguments: Vec<Raw> = guarded(|| arguments.make(scope))?.into_iter().map(|v| v.raw).collect();
        self.run_function(function, &arguments)?;
        self.result()
    }

    /// The value of the last run or call; nil where that failed, or where the chunk
    /// was not compiled to give one.
    ///
    /// # Errors
    /// `:type` where it can't be read as `R`.
    ///
    /// ```
    /// let mut vm = weave_vm::Vm::new();
    /// assert_eq!(vm.result::<Option<i64>>()?, None);
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn result<R: FromValue>(&mut self) -> Result<R, Box<RuntimeError>> {
        let scope = &mut Scope::new(self);
        let last = scope.last();
        Ok(guarded(|| R::from_value(last, scope).map_err(|m| m.raise("the result")))?)
    }

    /// What a top-level name of a program holds, after the program has run. A chunk
    /// that was compiled as a module has all its names, one that was compiled as a
    /// script those that its functions use.
    ///
    /// # Errors
    /// `:name` where the program has no such name or it has no value, `:type` where it
    /// can't be read as `R`, `:internal` for a program of another machine.
    ///
    /// ```
    /// # use weave_compiler::{Mode, Options, compile};
    /// # use std::sync::Arc;
    /// use weave_vm::{Handle, Vm};
    ///
    /// let mut vm = Vm::new();
    /// # let core = vm.signatures();
    /// # let options = Options { core: &core, mode: Mode::Module, ..Options::default() };
    /// # let chunk = compile("rate = 0.19\nfn tax(x) { x * rate }", "tax.wv", &options).unwrap().chunk;
    /// # let chunk = Arc::new(chunk);
    /// // The module `rate = 0.19` and `fn tax(x) { x * rate }`.
    /// let program = vm.load(&chunk, None)?;
    /// vm.run(program)?;
    /// assert_eq!(vm.global::<f64>(program, "rate")?, 0.19);
    /// let tax: Handle = vm.global(program, "tax")?;
    /// assert_eq!(vm.call::<f64>(&tax, (100,))?, 19.0);
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn global<R: FromValue>(&mut self, program: Program, name: &str) -> Result<R, Box<RuntimeError>> {
        let scope = &mut Scope::new(self);
        let v = scope.global(program, name)?.ok_or_else(|| no_global(name))?;
        Ok(guarded(|| R::from_value(v, scope).map_err(|m| m.raise(&format!("`{name}`"))))?)
    }
}
