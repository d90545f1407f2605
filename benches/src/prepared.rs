//! A program that is compiled and loaded, ready to run again and again.

use std::sync::Arc;
use weave_compiler::{OptFlags, Options, compile};
use weave_vm::{Program, Vm};

/// A machine of its own with one program.
pub struct Prepared {
    /// The machine.
    pub vm: Vm,
    program: Program,
}

impl Prepared {
    /// Compiles and loads a program. `inline` says whether functions may be put
    /// in the place of their calls.
    ///
    /// # Panics
    /// Where it does not compile or load: a benchmark's program does.
    pub fn new(name: &str, source: &str, inline: bool) -> Prepared {
        Prepared::beside(Vm::new(), name, source, inline)
    }

    /// As [`Prepared::new`], in a machine that holds what earlier programs keep.
    ///
    /// # Panics
    /// Where the program does not compile or load.
    pub fn beside(mut vm: Vm, name: &str, source: &str, inline: bool) -> Prepared {
        let core = vm.signatures();
        let mut optimise = OptFlags::default();
        if !inline {
            optimise.disable("inline");
        }
        let options = Options { core: &core, optimise, ..Options::default() };
        let compiled = match compile(source, name, &options) {
            Ok(compiled) => compiled,
            Err(errors) => panic!("{name}: {errors:?}\n{source}"),
        };
        match vm.load(&Arc::new(compiled.chunk), None) {
            Ok(program) => Prepared { vm, program },
            Err(error) => panic!("{name}: {error}\n{source}"),
        }
    }

    /// Runs it once.
    ///
    /// # Panics
    /// Where it raises.
    pub fn run(&mut self) {
        if let Err(error) = self.vm.run(self.program) {
            panic!("{error} at {:?}", error.place);
        }
    }
}
