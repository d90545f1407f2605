//! A host with one machine that runs several programs after one another: for
//! tests of what a program leaves behind.

use crate::runner::Printed;
use std::sync::Arc;
use weave_compiler::{OptFlags, Options, compile};
use weave_vm::Vm;
use weave_vm::error::{ErrorKind, RuntimeError};

/// A machine, and what its programs print.
#[derive(Default)]
pub struct Host {
    /// The machine.
    pub vm: Vm,
    /// Whether programs are compiled without optimisations.
    pub plain: bool,
}

impl Host {
    /// Runs a program and gives what it printed, and how it ended.
    ///
    /// # Panics
    /// Where the program does not compile.
    pub fn outcome(&mut self, source: &str) -> (String, Result<(), Box<RuntimeError>>) {
        let core = self.vm.signatures();
        let optimise = if self.plain { OptFlags { fuse: true, ..OptFlags::none() } } else { OptFlags::default() };
        let options = Options { core: &core, optimise, ..Options::default() };
        let compiled = match compile(source, "test.wv", &options) {
            Ok(compiled) => compiled,
            Err(errors) => panic!("{source} does not compile: {:?}", errors.first().map(|e| &e.message)),
        };
        let printed = Printed::default();
        self.vm.set_output(Box::new(printed.clone()));
        self.vm.fuse_instructions(!self.plain);
        let done = self.vm.load(&Arc::new(compiled.chunk), None).and_then(|program| self.vm.run(program));
        (printed.text(), done)
    }

    /// Runs a program that ends well, and gives what it printed.
    ///
    /// # Panics
    /// Where it raises.
    pub fn prints(&mut self, source: &str) -> String {
        let (printed, done) = self.outcome(source);
        if let Err(error) = done {
            let line = error.place.as_ref().map_or(0, |p| p.line());
            panic!("line {line}: {} ({:?})\n{source}", error.message, error.kind);
        }
        printed
    }

    /// Runs a program that raises, and gives the error's kind.
    ///
    /// # Panics
    /// Where it ends well.
    pub fn raises(&mut self, source: &str) -> ErrorKind {
        match self.outcome(source) {
            (printed, Ok(())) => panic!("{source} printed {printed:?}"),
            (_, Err(error)) => error.kind,
        }
    }
}
