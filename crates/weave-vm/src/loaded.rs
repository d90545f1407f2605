//! Loaded chunks: programs that the host runs, or that a native runs in the machine
//! that it runs in, as `import` does, and what their top-level names hold.

use crate::error::{Place, Raise};
use crate::native::{Step, Value};
use crate::program::{Program, another_machine, refuse_unsound};
use crate::scope::Scope;
use crate::value::{Raw, Tag};
use std::sync::Arc;
use weave_bytecode::chunk::Chunk;
use weave_bytecode::position::Part;

impl<'s> Scope<'s> {
    /// Makes a chunk runnable in this machine, with slots of its own: as
    /// [`Vm::load`](crate::Vm::load), for natives.
    ///
    /// # Errors
    /// `:data` where the chunk breaks a rule of the verifier, `:name` where it
    /// needs natives that are not registered, `:memory` at the limit.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use weave_vm::Vm;
    /// use weave_vm::native::{Answer, Args, Native, Run};
    ///
    /// let mut vm = Vm::new();
    /// # let plugin = weave_compiler::chunk_of("6 * 7", &vm.signatures());
    /// // `plugin` is the chunk of `6 * 7`: loaded by a native, run by the loop.
    /// let run = Run::HostSteps(0, Arc::new(move |step| match step.phase() {
    ///     0 => {
    ///         let program = step.load(&plugin)?;
    ///         Ok(Answer::Call(step.program_of(program)?, Args::None))
    ///     }
    ///     _ => Ok(Answer::Return(step.result())),
    /// }));
    /// vm.register(Native { name: "plug_in", parameters: "", about: "runs the plug-in", examples: &[], run });
    /// # let chunk = weave_compiler::chunk_of("plug_in()", &vm.signatures());
    /// // The program `plug_in()`.
    /// let program = vm.load(&chunk, None)?;
    /// vm.run(program)?;
    /// assert_eq!(vm.result::<i64>()?, 42);
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn load(&mut self, chunk: &Arc<Chunk>) -> Result<Program, Raise> {
        refuse_unsound(chunk)?;
        self.vm.load_alone(chunk)
    }

    /// The function that runs a program from its start to its end.
    ///
    /// # Errors
    /// `:memory` at the limit, `:internal` for a program of another machine.
    ///
    /// ```
    /// use weave_vm::{Handle, Raise, Vm};
    ///
    /// let mut vm = Vm::new();
    /// # let chunk = weave_compiler::chunk_of("[1, 2, 3] |> sum", &vm.signatures());
    /// // The program `[1, 2, 3] |> sum` as a function without parameters.
    /// let body: Handle = vm.enter(|scope| {
    ///     let program = scope.load(&chunk)?;
    ///     let function = scope.program_of(program)?;
    ///     Ok::<_, Raise>(scope.keep(function))
    /// })?;
    /// assert_eq!(vm.call::<i64>(&body, ())?, 6);
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn program_of(&mut self, program: Program) -> Result<Value<'s>, Raise> {
        self.own(program)?;
        let proto = self.vm.modules[program.module].protos.as_ptr();
        let closure = self.vm.heap.closure(proto, 0)?;
        Ok(Value::new(Raw::object(Tag::Closure, closure.cast())))
    }

    /// The top-level names of a program that have a value by now, in the order of
    /// their slots. A chunk compiled as a module has all its names there, one compiled
    /// as a script those that its functions use.
    ///
    /// # Errors
    /// `:internal` for a program of another machine.
    ///
    /// ```
    /// use weave_vm::{Raise, Vm};
    /// # use weave_compiler::{Mode, Options, compile};
    ///
    /// let mut vm = Vm::new();
    /// # let options = Options { mode: Mode::Module, ..Options::default() };
    /// # let chunk = std::sync::Arc::new(compile("low = 1; high = 9", "bounds.wv", &options).unwrap().chunk);
    /// // The module `low = 1; high = 9`.
    /// let program = vm.load(&chunk, None)?;
    /// vm.run(program)?;
    /// vm.enter(|scope| -> Result<(), Raise> {
    ///     let names = scope.names_of(program)?;
    ///     let shown: Vec<String> = names.iter().map(|(name, v)| format!("{name}: {}", scope.display(*v))).collect();
    ///     assert_eq!(shown, ["low: 1", "high: 9"]);
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn names_of(&self, program: Program) -> Result<Vec<(Box<str>, Value<'s>)>, Raise> {
        self.own(program)?;
        let slots = self.vm.modules[program.module].slots.iter().map(|&slot| slot as usize);
        let values = slots.map(|slot| (self.vm.slot_names[slot].clone(), self.vm.slot(slot)));
        Ok(values.filter(|(_, v)| !v.is_unset()).map(|(name, v)| (name, Value::new(v))).collect())
    }

    /// What a top-level name of a program holds; `None` where the program has no such
    /// name, or it has no value yet. Of several variables of one name, the last.
    ///
    /// # Errors
    /// `:internal` for a program of another machine.
    ///
    /// ```
    /// use weave_vm::{Raise, Vm};
    /// # use weave_compiler::{Mode, Options, compile};
    ///
    /// let mut vm = Vm::new();
    /// # let options = Options { mode: Mode::Module, ..Options::default() };
    /// # let chunk = std::sync::Arc::new(compile("title = \"Prices\"", "prices.wv", &options).unwrap().chunk);
    /// // The module `title = "Prices"`.
    /// let program = vm.load(&chunk, None)?;
    /// vm.run(program)?;
    /// vm.enter(|scope| -> Result<(), Raise> {
    ///     let title = scope.global(program, "title")?;
    ///     assert_eq!(title.as_ref().and_then(|v| v.as_text()), Some("Prices"));
    ///     assert!(scope.global(program, "author")?.is_none());
    ///     Ok(())
    /// })?;
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn global(&self, program: Program, name: &str) -> Result<Option<Value<'s>>, Raise> {
        self.own(program)?;
        let mut slots = self.vm.modules[program.module].slots.iter().rev().map(|&slot| slot as usize);
        let found = slots.find(|&slot| *self.vm.slot_names[slot] == *name && !self.vm.slot(slot).is_unset());
        Ok(found.map(|slot| Value::new(self.vm.slot(slot))))
    }

    fn own(&self, program: Program) -> Result<(), Raise> {
        if program.machine == self.vm.number { Ok(()) } else { Err(another_machine("the program")) }
    }
}

impl Step<'_> {
    /// Where the program stands that called the running native: the innermost
    /// place with code.
    ///
    /// ```
    /// use weave_vm::native::{Native, Run};
    /// use weave_vm::{Value, Vm};
    ///
    /// let mut vm = Vm::new();
    /// let run = Run::Plain(|step| Ok(Value::int(step.caller().map_or(0, |place| i64::from(place.line())))));
    /// vm.register(Native { name: "line_here", parameters: "", about: "an example", examples: &[], run });
    /// # let chunk = weave_compiler::chunk_of("x = 1\nline_here() + x", &vm.signatures());
    /// // The program:
    /// //     x = 1
    /// //     line_here() + x
    /// let program = vm.load(&chunk, None)?;
    /// vm.run(program)?;
    /// assert_eq!(vm.result::<i64>()?, 3);
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn caller(&self) -> Option<Place> {
        self.vm.frames_down().find_map(|frame| {
            let (proto, offset) = self.vm.code_position(&frame)?;
            let span = proto.prototype().positions.find(offset, Part::Whole)?;
            Some(Place { chunk: proto.chunk.clone(), span })
        })
    }
}
