//! Runs a program in a machine of its own.

#![allow(dead_code, reason = "each test file uses its part")]

use std::io::Write;
use std::sync::{Arc, Mutex};
use weave_compiler::{OptFlags, Options, compile};
use weave_std::{Access, VALUES};
use weave_vm::Vm;
use weave_vm::error::{ErrorKind, RuntimeError};

/// What a program printed, and the error that ended it.
pub(crate) struct Ran {
    pub(crate) printed: String,
    pub(crate) error: Option<Box<RuntimeError>>,
}

impl Ran {
    /// The error's message.
    pub(crate) fn message(&self) -> &str {
        self.error.as_ref().map_or("", |e| &e.message)
    }

    /// Where in the data the error lies.
    pub(crate) fn place(&self) -> &str {
        self.error.as_ref().and_then(|e| e.data_place.as_deref()).unwrap_or("")
    }
}

#[derive(Clone, Default)]
struct Printed(Arc<Mutex<Vec<u8>>>);

impl Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("one thread").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A machine with the standard library.
pub(crate) fn machine(args: &[&str], sandbox: bool) -> Vm {
    let mut vm = Vm::new();
    let args = args.iter().map(|a| (*a).to_owned()).collect();
    weave_std::register(&mut vm, Access { args, sandbox });
    vm
}

/// Runs a program with arguments.
pub(crate) fn run_with(source: &str, args: &[&str]) -> Ran {
    run_in(machine(args, false), source)
}

/// Runs a program.
pub(crate) fn run(source: &str) -> Ran {
    run_with(source, &[])
}

/// Runs a program in a machine.
pub(crate) fn run_in(vm: Vm, source: &str) -> Ran {
    run_optimised(vm, source, OptFlags::default())
}

/// Runs a program that is compiled with some optimisations.
pub(crate) fn run_optimised(mut vm: Vm, source: &str, optimise: OptFlags) -> Ran {
    let core = vm.signatures();
    let options = Options { core: &core, values: VALUES, optimise, ..Options::default() };
    let compiled = match compile(source, "test.wv", &options) {
        Ok(compiled) => compiled,
        Err(errors) => panic!("{source}\ndoes not compile: {}", errors[0].message),
    };
    let printed = Printed::default();
    vm.set_output(Box::new(printed.clone()));
    let result = vm.load(&Arc::new(compiled.chunk), None).and_then(|program| vm.run(program));
    // Leaving by `exit` is no error.
    let error = result.err().filter(|e| !matches!(e.kind, ErrorKind::Exit(_)));
    if let Some(error) = &error {
        assert!(error.kind != ErrorKind::Internal, "{source}\n{}", error.message);
    }
    let printed = String::from_utf8_lossy(&printed.0.lock().expect("one thread")).into_owned();
    Ran { printed, error }
}

/// What a program prints that runs to its end.
pub(crate) fn prints(source: &str) -> String {
    let ran = run(source);
    assert!(ran.error.is_none(), "{source}\n{} ({})", ran.message(), ran.place());
    ran.printed.trim_end().to_owned()
}

/// A folder that vanishes with the test.
pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// A small generator of numbers with a seed.
pub(crate) struct Seeded(pub(crate) u64);

impl Seeded {
    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % n.max(1)
    }
}
