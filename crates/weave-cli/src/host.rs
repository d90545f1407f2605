//! A machine as the command line sets it up: limits, output, the standard
//! library and the switches for tests.

use crate::args::{Common, Dispatch};
use crate::inout;
use crate::limits;
use crate::output::Output;
use crate::report::Reporter;
use crate::run::NOT_COMPILED;
use crate::snippet::Lines;
use crate::source::Program;
use std::sync::Arc;
use weave_bytecode::chunk::Chunk;
use weave_bytecode::serial;
use weave_bytecode::signature::Signature;
use weave_compiler::error::CompileError;
use weave_compiler::{Compiled, Mode, OptFlags, Options, compile, declaration};
use weave_std::{Access, VALUES, import};
use weave_vm::Vm;

/// A machine and what compiling for it needs.
pub(crate) struct Host {
    pub(crate) vm: Vm,
    core: Arc<Vec<Signature>>,
    optimise: OptFlags,
    /// How the top level of sources is treated.
    pub(crate) mode: Mode,
}

impl Host {
    /// A machine with everything a script may use.
    ///
    /// # Errors
    /// A message where the options name what there is not.
    pub(crate) fn new(common: &Common, args: Vec<String>, output: &Output) -> Result<Host, String> {
        let optimise = optimisations(common)?;
        let mut vm = Vm::new();
        vm.fuse_instructions(optimise.superinstructions);
        vm.set_output(Box::new(output.clone()));
        vm.set_limits(limits::of(common));
        vm.stress_collector(common.gc_stress);
        vm.use_match_dispatch(common.dispatch == Some(Dispatch::Match));
        weave_std::register(&mut vm, Access { args, sandbox: common.sandbox });
        let core = Arc::new(vm.signatures());
        vm.register(if common.sandbox { import::forbidden() } else { importer(Arc::clone(&core), optimise) });
        Ok(Host { vm, core, optimise, mode: Mode::Script })
    }

    /// Gives the program `input`.
    pub(crate) fn add_input(&mut self, files: usize, from: Option<&str>) {
        self.vm.register(inout::input(Arc::clone(&self.core), files, from));
        self.core = Arc::new(self.vm.signatures());
    }

    /// Gives the program's end something to write its value with.
    pub(crate) fn add_writer(&mut self, to: &str) {
        self.vm.register(inout::writer(Arc::clone(&self.core), to));
    }

    /// Makes sources know a function that another machine has, by its signature.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub(crate) fn declare(&mut self, text: &str) -> Result<(), CompileError> {
        let signature = declaration(text, &self.core)?;
        let core = Arc::make_mut(&mut self.core);
        // It takes the place of one of that name, as in the machine that has it.
        core.retain(|known| known.name != signature.name);
        core.push(signature);
        Ok(())
    }

    /// How sources are compiled for this machine.
    pub(crate) fn options(&self) -> Options<'_> {
        Options { core: &self.core, values: VALUES, mode: self.mode, optimise: self.optimise, ..Options::default() }
    }

    /// The chunk of a program, compiled or read; whatever hinders that is reported.
    ///
    /// # Errors
    /// The exit code.
    pub(crate) fn chunk(&self, program: &Program, value: bool, reporter: Reporter) -> Result<Chunk, i32> {
        match program {
            Program::Source(source) => {
                self.compile(&source.text, &source.name, value).map(|compiled| compiled.chunk).map_err(|errors| {
                    reporter.compile_errors(&source.name, &source.text, &errors);
                    NOT_COMPILED
                })
            }
            Program::Chunk(file) => serial::read(&file.bytes).map_err(|error| {
                reporter.failure("data", &format!("{}: {error}", file.name), Some(error.help()));
                NOT_COMPILED
            }),
        }
    }

    /// Compiles a source for this machine.
    ///
    /// # Errors
    /// Every error of the source.
    pub(crate) fn compile(&self, text: &str, name: &str, value: bool) -> Result<Compiled, Vec<CompileError>> {
        compile(text, name, &Options { value, ..self.options() })
    }
}

/// The native behind `import`.
fn importer(core: Arc<Vec<Signature>>, optimise: OptFlags) -> weave_vm::native::Native {
    import::native(Box::new(move |source, name| {
        let options = Options { core: &core, values: VALUES, mode: Mode::Module, optimise, ..Options::default() };
        compile(source, name, &options).map(|compiled| compiled.chunk).map_err(|errors| {
            let place = Lines::new(source).place(errors.first().map(CompileError::span).unwrap_or_default().start);
            let mut message = errors.first().map(|error| error.message.clone()).unwrap_or_default();
            if errors.len() > 1 {
                message.push_str(&format!(", and {} more errors", errors.len() - 1));
            }
            import::Refusal { message, place: format!("{name}:{}:{}", place.line, place.column) }
        })
    }))
}

/// The optimisations that the options leave on.
fn optimisations(common: &Common) -> Result<OptFlags, String> {
    let mut flags = OptFlags::default();
    match common.no_opt.as_deref() {
        None => {}
        Some([]) => flags = OptFlags::none(),
        Some(names) => {
            for name in names {
                if !flags.disable(name) {
                    return Err(format!(
                        "no optimisation is called {name:?}; there are {}",
                        OptFlags::NAMES.join(", ")
                    ));
                }
            }
        }
    }
    if common.dispatch == Some(Dispatch::Tail) && !Vm::has_tail_dispatch() {
        return Err("this build of weave has no tail-call dispatch".to_owned());
    }
    Ok(flags)
}
