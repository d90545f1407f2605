//! From a program or a function to its end: the host's way into the loop and back.

use crate::error::{Raise, RuntimeError};
use crate::frame::Frame;
use crate::interp::dispatch;
use crate::program::{Program, another_machine};
use crate::value::{Raw, Tag};
use crate::vm::{Vm, halt_code};
use std::ptr::null_mut;

impl Vm {
    /// Runs a program from its start to its end. [`Vm::result`] gives its value.
    ///
    /// # Errors
    /// What it raised and did not catch, the limit that it reached, or its
    /// `exit`. The machine is usable again afterwards.
    ///
    /// ```
    /// use weave_vm::{ErrorKind, Vm};
    ///
    /// let mut vm = Vm::new();
    /// # let chunk = weave_compiler::chunk_of("2 ** 10", &vm.signatures());
    /// // The program `2 ** 10`.
    /// let program = vm.load(&chunk, None)?;
    /// vm.run(program)?;
    /// assert_eq!(vm.result::<i64>()?, 1024);
    /// # let chunk = weave_compiler::chunk_of("[1, 2][5]", &vm.signatures());
    /// // The program `[1, 2][5]`.
    /// let program = vm.load(&chunk, None)?;
    /// let error = vm.run(program).unwrap_err();
    /// assert_eq!(error.kind, ErrorKind::Index);
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn run(&mut self, program: Program) -> Result<(), Box<RuntimeError>> {
        if program.machine != self.number {
            return Err(another_machine("the program").into());
        }
        let proto = self.modules[program.module].protos.as_ptr();
        let closure = self.heap.closure(proto, 0).map_err(Raise::from)?;
        self.run_function(Raw::object(Tag::Closure, closure.cast()), &[])
    }

    /// Runs a function with these arguments until it has returned. Its result becomes
    /// the last value.
    pub(crate) fn run_function(&mut self, function: Raw, args: &[Raw]) -> Result<(), Box<RuntimeError>> {
        let result = self.start(function, args);
        self.settle(result)
    }

    /// Leaves the machine as it is between two runs.
    fn settle(&mut self, result: Result<(), Raise>) -> Result<(), Box<RuntimeError>> {
        let outcome = self.outcome.take();
        self.heap.running = false;
        self.cur = Frame { ip: halt_code(), base: self.stack.start, cl: null_mut() };
        self.frame_top = self.frames.start;
        match (result, outcome) {
            (Err(raise), _) => Err(raise.into()),
            (Ok(()), Some(error)) => Err(Box::new(error)),
            (Ok(()), None) => Ok(()),
        }
    }

    /// Enters the loop with a function in the first frame, and leaves it when that
    /// has returned.
    fn start(&mut self, callee: Raw, args: &[Raw]) -> Result<(), Raise> {
        if self.stack.start.is_null() {
            self.first_stack()?;
        }
        self.limit_frames();
        self.interrupt.arm();
        self.heap.running = true;
        self.last = Raw::NIL;
        self.reading.clear();
        self.frame_top = self.frames.start;
        self.cur = Frame { ip: halt_code(), base: self.stack.start, cl: null_mut() };
        let window = self.make_room(self.stack.start, (args.len() + 1) * size_of::<Raw>())?;
        for (i, &v) in args.iter().enumerate() {
            // SAFETY: `make_room` left room for so many.
            unsafe { *window.add(i) = v };
        }
        // The sentinel's record brings the loop to its end.
        dispatch::guarded(|| self.invoke(callee, window, args.len()))?;
        dispatch::run(self);
        if self.outcome.is_none() {
            // SAFETY: the function's result is in the first register.
            self.last = unsafe { *self.stack.start };
        }
        Ok(())
    }
}
