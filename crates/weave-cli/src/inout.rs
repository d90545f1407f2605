//! What `-e` and `-p` add to a program: `input`, the files named behind the code
//! or standard input as one stream, and `--to`, which writes the last value in a
//! format. Both are a line of Weave that a native loads into the running machine.

use std::sync::{Arc, Mutex, PoisonError};
use weave_bytecode::chunk::Chunk;
use weave_bytecode::decode::decode;
use weave_bytecode::operand::Reg;
use weave_bytecode::ops::{Instr, Op};
use weave_bytecode::signature::Signature;
use weave_compiler::{Mode, Options, compile};
use weave_std::VALUES;
use weave_vm::Program;
use weave_vm::error::{ErrorKind, Raise};
use weave_vm::native::{Answer, Args, Native, Run, Step, Value};

/// The formats that `--from` and `--to` take.
pub(crate) const FORMATS: [&str; 10] =
    ["text", "lines", "csv", "tsv", "json", "jsonl", "ini", "toml", "yaml", "binary"];

/// The native that a program's end calls with its value.
const WRITE: &str = "<write>";
/// What the line of Weave calls its result.
const RESULT: &str = "result";

/// `input`: `files` of the arguments are read one after the other; without any,
/// standard input is. Every mention is the same stream.
pub(crate) fn input(core: Arc<Vec<Signature>>, files: usize, from: Option<&str>) -> Native {
    let format = from.map(|name| format!(", :{name}")).unwrap_or_default();
    let source = match files {
        0 => format!("{RESULT} = read(stdin, :{})", from.unwrap_or("lines")),
        1 => format!("{RESULT} = read(args[0]{format})"),
        // An open range makes the chain a stream: one file at a time is held.
        n => format!("{RESULT} = 0.. |> take({n}) *> ^{{ collect(read(args[it]{format})) }} |> flatten"),
    };
    let line = Line::new(source, "<input>", core);
    Native {
        name: "input",
        parameters: "",
        about: "the files named behind the code, or standard input, as one stream",
        examples: &[],
        run: Run::HostSteps(0, Arc::new(move |step| read(step, &line))),
    }
}

fn read<'s>(step: &mut Step<'s>, line: &Line) -> Result<Answer<'s>, Raise> {
    if let Some(value) = line.result(step) {
        return Ok(Answer::Return(value));
    }
    if step.phase() > 0 {
        return Err(Raise::new(ErrorKind::Internal, "`input` has no value"));
    }
    Ok(Answer::Call(line.load(step)?, Args::None))
}

/// The native behind `--to`.
pub(crate) fn writer(core: Arc<Vec<Signature>>, to: &str) -> Native {
    let source = format!("fn {RESULT}(value) {{ write(stdout, value, :{to}) }}");
    let line = Line::new(source, "<--to>", core);
    Native {
        name: WRITE,
        parameters: "value",
        about: "writes the last value",
        examples: &[],
        run: Run::HostSteps(0, Arc::new(move |step| write(step, &line))),
    }
}

fn write<'s>(step: &mut Step<'s>, line: &Line) -> Result<Answer<'s>, Raise> {
    match step.phase() {
        0 => Ok(Answer::Call(line.load(step)?, Args::None)),
        1 => match line.result(step) {
            Some(function) => Ok(Answer::Call(function, Args::One(step.arg(0)))),
            None => Err(Raise::new(ErrorKind::Internal, "the writer of `--to` has no value")),
        },
        _ => Ok(Answer::Return(Value::nil())),
    }
}

/// Makes a program hand the value that it returns to the native behind `--to`:
/// each return jumps to code behind the program's end.
pub(crate) fn write_result(chunk: &mut Chunk) {
    let native = chunk.natives.len() as u32;
    chunk.natives.push(WRITE.into());
    let Some(program) = chunk.prototypes.first_mut() else { return };
    let Some(registers) = program.registers.checked_add(1) else { return };
    let window = Reg(program.registers);
    program.registers = registers;
    let returns: Vec<(u32, Instr)> = decode(&program.code)
        .filter_map(Result::ok)
        .filter(|located| matches!(located.op, Op::Return | Op::ReturnNil))
        .map(|located| (located.offset, located.instr()))
        .collect();
    for (at, instr) in returns {
        let take = match instr {
            Instr::Return { a } => Instr::Move { a: window, b: a },
            _ => Instr::LoadNil { a: window },
        };
        let tail = program.emit(take);
        program.emit(Instr::CallNative { a: window, c: 1, x: native });
        program.emit(Instr::ReturnNil {});
        program.patch(at, Instr::Jump { w: (tail - at - 1) as i32 });
    }
}

/// A line of Weave that sets [`RESULT`], compiled when it is first needed.
struct Line {
    source: String,
    name: &'static str,
    core: Arc<Vec<Signature>>,
    loaded: Mutex<Option<Program>>,
}

impl Line {
    fn new(source: String, name: &'static str, core: Arc<Vec<Signature>>) -> Line {
        Line { source, name, core, loaded: Mutex::new(None) }
    }

    /// Compiles the line; the answer is the function that runs it.
    fn load<'s>(&self, step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
        let options = Options { core: &self.core, values: VALUES, mode: Mode::Module, ..Options::default() };
        let compiled = compile(&self.source, self.name, &options).map_err(|errors| {
            let message = errors.first().map(|error| error.message.clone()).unwrap_or_default();
            Raise::new(ErrorKind::Internal, format!("{} does not compile: {message}", self.name))
        })?;
        let program = step.load(&Arc::new(compiled.chunk))?;
        *self.loaded.lock().unwrap_or_else(PoisonError::into_inner) = Some(program);
        step.program_of(program)
    }

    /// What the line set, once it has run.
    fn result<'s>(&self, step: &Step<'s>) -> Option<Value<'s>> {
        let loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        step.global((*loaded)?, RESULT).ok().flatten()
    }
}
