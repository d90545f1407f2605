//! `import "path.wv" as name`: runs a file once and gives the values of its
//! top-level names.
//!
//! The compiler calls a hidden native with the path. Its first step finds the
//! file and compiles it, with a function that the host passes in because this
//! crate lies beside the compiler; the machine then runs the file, and the
//! second step gathers what its names hold.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use weave_bytecode::chunk::Chunk;
use weave_vm::error::{ErrorKind, Raise};
use weave_vm::native::{Answer, Args, Native, Run, Step, Value};
use weave_vm::{Handle, Program};

/// The name under which the compiler calls the native.
const NAME: &str = "<import>";

/// Why a file does not compile.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// What is wrong, as one sentence without a full stop.
    pub message: String,
    /// Where: `file:line:column`.
    pub place: String,
}

/// Compiles a source under a name; every top-level name must have a slot.
pub type Compile = dyn Fn(&str, &str) -> Result<Chunk, Refusal> + Send + Sync;

/// The files that one machine has imported.
#[derive(Default)]
struct Imports {
    /// The containers of the files that have run.
    done: HashMap<PathBuf, Handle>,
    /// The files that are running, the outermost first.
    running: Vec<Running>,
}

struct Running {
    file: PathBuf,
    chunk: Arc<Chunk>,
    program: Program,
}

impl Imports {
    /// Forgets files whose run an error ended: what imports now is either a
    /// running file or the program itself.
    fn settle(&mut self, importer: Option<&Arc<Chunk>>) {
        let at = importer.and_then(|chunk| self.running.iter().position(|r| Arc::ptr_eq(&r.chunk, chunk)));
        self.running.truncate(at.map_or(0, |at| at + 1));
    }
}

/// The native behind `import`, for one machine.
pub fn native(compile: Box<Compile>) -> Native {
    let imports = Mutex::new(Imports::default());
    declared(Run::HostSteps(
        0,
        Arc::new(move |step| {
            let mut imports = imports.lock().unwrap_or_else(PoisonError::into_inner);
            match step.phase() {
                0 => begin(step, &mut imports, &compile),
                _ => finish(step, &mut imports),
            }
        }),
    ))
}

/// Finds the file; answers with its names where it has run already, and
/// otherwise asks the machine to run it.
fn begin<'s>(step: &mut Step<'s>, imports: &mut Imports, compile: &Compile) -> Result<Answer<'s>, Raise> {
    let path = step.arg(0);
    let Some(path) = path.as_text().map(str::to_owned) else { return Err(step.expected(0, "a path")) };
    let importer = step.caller().map(|place| place.chunk);
    imports.settle(importer.as_ref());
    let beside = importer.as_ref().and_then(|chunk| Path::new(&*chunk.name).parent()).unwrap_or(Path::new(""));
    let name = beside.join(&path);
    let file = fs::canonicalize(&name).map_err(|error| unreadable(&name, &error))?;
    if let Some(kept) = imports.done.get(&file) {
        return Ok(Answer::Return(step.value(kept)?));
    }
    if let Some(at) = imports.running.iter().position(|r| r.file == file) {
        return Err(cycle(imports, at, &name));
    }
    let source = fs::read_to_string(&file).map_err(|error| unreadable(&name, &error))?;
    let name = name.to_string_lossy();
    let chunk = compile(&source, &name).map_err(|refusal| {
        let message = format!("`{name}` does not compile: {}", refusal.message);
        Raise::new(ErrorKind::Data, message).in_data(refusal.place)
    })?;
    let chunk = Arc::new(chunk);
    let program = step.load(&chunk)?;
    let function = step.program_of(program)?;
    imports.running.push(Running { file, chunk, program });
    Ok(Answer::Call(function, Args::None))
}

/// The file has run: what its names hold becomes a container.
fn finish<'s>(step: &mut Step<'s>, imports: &mut Imports) -> Result<Answer<'s>, Raise> {
    let Some(running) = imports.running.pop() else {
        return Err(Raise::new(ErrorKind::Internal, "an import ended that had not begun"));
    };
    let names = step.names_of(running.program)?;
    let container = step.container(names.len())?;
    for (name, value) in names.into_iter().filter(|(name, _)| !name.starts_with('_')) {
        step.put_text(container, &name, value)?;
    }
    let kept = step.keep(container.value());
    imports.done.insert(running.file, kept);
    Ok(Answer::Return(container.value()))
}

fn unreadable(name: &Path, error: &std::io::Error) -> Raise {
    Raise::new(ErrorKind::Io, format!("can't import `{}`: {error}", name.display()))
        .help("a path is relative to the file that imports it")
}

fn cycle(imports: &Imports, at: usize, name: &Path) -> Raise {
    let chain: Vec<&str> = imports.running[at..].iter().map(|r| &*r.chunk.name).collect();
    Raise::new(ErrorKind::State, format!("a cycle of imports: {} imports {}", chain.join(" imports "), name.display()))
        .help("move what both files need to a third one")
}

/// The native behind `import` where programs may not read files.
pub fn forbidden() -> Native {
    fn refuse<'s>(_: &mut Step<'s>) -> Result<Value<'s>, Raise> {
        let raise = Raise::new(ErrorKind::Io, "the sandbox forbids `import`: it reads files");
        Err(raise.help("run the program without `--sandbox`"))
    }
    declared(Run::Plain(refuse))
}

fn declared(run: Run) -> Native {
    Native { name: NAME, parameters: "path", about: "the names of a file", examples: &[], run }
}
