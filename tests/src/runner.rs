//! The runner: one program from its text to what it did, in this process.

use crate::facts;
use crate::measure;
use crate::mode::Mode;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use weave_bytecode::chunk::Chunk;
use weave_bytecode::serial;
use weave_compiler::error::CompileError;
use weave_compiler::{Compiled, Mode as Top, Options, compile};
use weave_std::{Access, VALUES, import};
use weave_vm::Vm;
use weave_vm::error::{ErrorKind, RuntimeError};
use weave_vm::limits::Limits;

/// What a program did.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Outcome {
    /// All that it printed.
    pub stdout: String,
    /// The message of the error that ended it and the line that failed,
    /// counted from 1. Leaving by `exit` is no error.
    pub error: Option<(String, usize)>,
    /// The errors that kept it from running, each with its line.
    pub compile_errors: Vec<(String, usize)>,
}

/// Stack of the thread that a machine runs on: what the main thread of a
/// program has, or hardly any.
const STACK: usize = 8 << 20;
const SMALL_STACK: usize = 256 << 10;

/// Steps after which a program is taken to run for ever.
const STEPS: u64 = 400_000_000;

/// Runs the program in a file.
///
/// # Errors
/// Where the file can't be read as text.
pub fn run(path: &Path, mode: Mode) -> io::Result<Outcome> {
    Ok(run_source(&fs::read_to_string(path)?, path, mode))
}

/// Runs a program as if it were the content of a file.
pub fn run_source(source: &str, path: &Path, mode: Mode) -> Outcome {
    let stack = if mode == Mode::SmallStack { SMALL_STACK } else { STACK };
    thread::scope(|scope| {
        let work = || run_here(source, path, mode);
        let outcome = thread::Builder::new().stack_size(stack).spawn_scoped(scope, work).map(|thread| thread.join());
        match outcome {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(panic)) => {
                let words = panic.downcast_ref::<String>().map(String::as_str);
                let words = words.or(panic.downcast_ref::<&str>().copied()).unwrap_or("without a message");
                Outcome { error: Some((format!("the interpreter panicked: {words}"), 0)), ..Outcome::default() }
            }
            Err(error) => Outcome { error: Some((error.to_string(), 0)), ..Outcome::default() },
        }
    })
}

/// All that a program without a standard library does, with the place of its
/// error; `None` where it does not compile or a limit ends it.
pub fn core_outcome(source: &str, mode: Mode) -> Option<String> {
    core_outcome_within(source, mode, 2_000)
}

/// Whether two outcomes of a program may differ: it caught an error of a limit, which strikes
/// elsewhere where frames and values are others.
pub fn depends_on_limits(source: &str) -> bool {
    core_outcome_within(source, Mode::Normal, 2_000) != core_outcome_within(source, Mode::Normal, 1_777)
}

fn core_outcome_within(source: &str, mode: Mode, depth: usize) -> Option<String> {
    let mut vm = Vm::new();
    // A collection at every allocation makes each step dear.
    let steps = if mode == Mode::GcStress { 2_000 } else { 20_000 };
    vm.set_limits(Limits { steps, memory: depth << 13, depth, ..Limits::default() });
    vm.use_match_dispatch(mode == Mode::Match);
    vm.stress_collector(mode == Mode::GcStress);
    if mode == Mode::Profiled {
        measure::start(&mut vm);
    }
    let printed = Printed::default();
    vm.set_output(Box::new(printed.clone()));
    let compiled = compiled(source, Path::new("program.wv"), mode, &vm).ok()?;
    let program = vm.load(&saved(compiled.chunk, mode), None).ok()?;
    let result = vm.run(program);
    vm.flush_out().ok()?;
    let mut text = printed.text();
    if text.contains("nested too deep") {
        // The program caught that limit and shows where it struck.
        return None;
    }
    if let Err(error) = result {
        match error.kind {
            ErrorKind::Steps | ErrorKind::Memory | ErrorKind::Depth => return None,
            kind => {
                text.push_str(&format!("{kind:?}: {} at {:?}", error.message, error.place));
                // Where a long trace is cut depends on how many frames there are.
                if error.omitted.is_none() {
                    text.push_str(&format!(", {:?}", error.trace));
                }
            }
        }
    }
    Some(text)
}

/// The errors that keep a program from running, each with its line.
pub fn compile_errors(source: &str, path: &Path) -> Vec<(String, usize)> {
    match compiled(source, path, Mode::Normal, &machine(Mode::Normal)) {
        Ok(_) => Vec::new(),
        Err(errors) => located(source, &errors),
    }
}

/// What the compiler or the run has to say about a program, as plain text that
/// begins with the program.
pub fn explain(source: &str, path: &Path) -> String {
    let mut text = facts::numbered(source);
    let mut vm = machine(Mode::Normal);
    match compiled(source, path, Mode::Normal, &vm) {
        Err(errors) => text.extend(errors.iter().map(|error| facts::of_compile_error(source, error))),
        Ok(compiled) => {
            let result = vm.load(&Arc::new(compiled.chunk), None).and_then(|program| vm.run(program));
            match result {
                Ok(()) => text.push_str("\nno error\n"),
                Err(error) => text.push_str(&facts::of_runtime_error(&error)),
            }
        }
    }
    text
}

/// The code of a program, as plain text that begins with the program.
pub fn listing(source: &str, path: &Path) -> String {
    let mut text = facts::numbered(source);
    text.push('\n');
    // A listing names its source, which must not depend on where the tests are.
    let name = path.file_name().map(Path::new).unwrap_or(path);
    match compiled(source, name, Mode::Normal, &machine(Mode::Normal)) {
        Ok(compiled) => {
            // Writing to a text can't fail.
            let _ = weave_bytecode::disasm::list(&compiled.chunk, &mut text);
        }
        Err(errors) => text.extend(errors.iter().map(|error| facts::of_compile_error(source, error))),
    }
    text
}

/// Every function of a script as the reference page shows it: a table row with
/// signature, meaning and the first example.
pub fn functions() -> Vec<String> {
    let mut rows: Vec<String> = machine(Mode::Normal)
        .catalogue()
        .into_iter()
        .map(|(signature, about, examples)| {
            let name = &signature.name;
            let shown = if VALUES.contains(&&**name) { format!("`{name}`") } else { format!("`{signature}`") };
            let example = examples.first().map_or(String::new(), |e| format!("`` {} ``", e.replace('\n', "; ")));
            // A bar inside a cell has to be escaped.
            let cell = |text: &str| text.replace('|', "\\|");
            format!("| {} | {} | {} |", cell(&shown), cell(about), cell(&example))
        })
        .collect();
    rows.sort();
    rows
}

/// A chunk as it is loaded in this mode: from the bytes of a file, or as it was
/// compiled.
///
/// # Panics
/// Where a saved chunk is not the one that was compiled.
fn saved(chunk: Chunk, mode: Mode) -> Arc<Chunk> {
    if mode != Mode::Chunk {
        return Arc::new(chunk);
    }
    let file = serial::write(&chunk).expect("a chunk of less than 4 GiB");
    let read = serial::read(&file).unwrap_or_else(|error| panic!("{}: {error}", chunk.name));
    assert!(read == chunk, "{}: what was read is not what was written", chunk.name);
    Arc::new(read)
}

/// A machine with everything a script has.
fn machine(mode: Mode) -> Vm {
    let mut vm = Vm::new();
    vm.set_limits(Limits { steps: STEPS, ..Limits::default() });
    vm.use_match_dispatch(mode == Mode::Match);
    weave_std::register(&mut vm, Access::default());
    let core = vm.signatures();
    let optimise = mode.optimisations();
    vm.fuse_instructions(optimise.superinstructions);
    vm.register(import::native(Box::new(move |source, name| {
        let options = Options { core: &core, values: VALUES, mode: Top::Module, optimise, ..Options::default() };
        match compile(source, name, &options) {
            Ok(compiled) => Ok(Arc::unwrap_or_clone(saved(compiled.chunk, mode))),
            Err(errors) => {
                let (message, line) = located(source, &errors).swap_remove(0);
                Err(import::Refusal { message, place: format!("{name}:{line}") })
            }
        }
    })));
    vm
}

fn compiled(source: &str, path: &Path, mode: Mode, vm: &Vm) -> Result<Compiled, Vec<CompileError>> {
    let core = vm.signatures();
    let options = Options { core: &core, values: VALUES, optimise: mode.optimisations(), ..Options::default() };
    compile(source, &path.to_string_lossy(), &options)
}

fn located(source: &str, errors: &[CompileError]) -> Vec<(String, usize)> {
    let line = |at: u32| {
        let before = source.as_bytes().get(..at as usize).unwrap_or(source.as_bytes());
        before.iter().filter(|byte| **byte == b'\n').count() + 1
    };
    errors.iter().map(|error| (error.message.clone(), line(error.span().start))).collect()
}

fn run_here(source: &str, path: &Path, mode: Mode) -> Outcome {
    let mut vm = machine(mode);
    let compiled = match compiled(source, path, mode, &vm) {
        Ok(compiled) => compiled,
        Err(errors) => return Outcome { compile_errors: located(source, &errors), ..Outcome::default() },
    };
    let printed = Printed::default();
    vm.set_output(Box::new(printed.clone()));
    vm.stress_collector(mode == Mode::GcStress);
    if mode == Mode::Profiled {
        measure::start(&mut vm);
    }
    let result = vm.load(&saved(compiled.chunk, mode), None).and_then(|program| vm.run(program));
    if let Some(fault) = vm.take_profile().as_ref().and_then(measure::fault) {
        return Outcome { error: Some((format!("the profile is wrong: {fault}"), 0)), ..Outcome::default() };
    }
    let flushed = vm.flush_out();
    let error = match (result, flushed) {
        (Err(error), _) => failure(&error),
        (Ok(()), Err(raise)) => Some((raise.message().to_owned(), 0)),
        (Ok(()), Ok(())) => None,
    };
    Outcome { stdout: printed.text(), error, compile_errors: Vec::new() }
}

/// The message of an error with its place in the data, and its line.
fn failure(error: &RuntimeError) -> Option<(String, usize)> {
    if matches!(error.kind, ErrorKind::Exit(_)) {
        return None;
    }
    let line = error.place.as_ref().map_or(0, |place| place.line() as usize);
    let message = match &error.data_place {
        Some(place) => format!("{} ({place})", error.message),
        None => error.message.clone(),
    };
    Some((message, line))
}

/// What a machine has written, which it and the runner share.
#[derive(Clone, Default)]
pub struct Printed(Arc<Mutex<Vec<u8>>>);

impl Printed {
    /// All of it.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
