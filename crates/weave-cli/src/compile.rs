//! `weave compile`: from a script to a chunk file.

use crate::args::Common;
use crate::host::Host;
use crate::output::Output;
use crate::report::Reporter;
use crate::run::{USAGE, finish, refuse, verify_compiled};
use crate::source::{Program, reason};
use std::io::Write;
use std::path::{Path, PathBuf};
use weave_bytecode::serial;
use weave_compiler::Mode;

/// What is compiled, and where to.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) file: PathBuf,
    pub(crate) output: PathBuf,
    pub(crate) strip: bool,
    /// Signatures of functions that only the chunk's host has.
    pub(crate) host: Vec<String>,
    /// Whether every top-level name is kept.
    pub(crate) module: bool,
}

/// Compiles a script and writes the chunk; a chunk is read, to be stripped.
pub(crate) fn compile(request: &Request, common: &Common, reporter: Reporter) -> i32 {
    let program = match Program::read(&request.file) {
        Ok(program) => program,
        Err(message) => {
            reporter.failure("io", &message, None);
            return USAGE;
        }
    };
    if matches!(program, Program::Chunk(_)) && !request.strip {
        return refuse(reporter, &format!("{} is compiled already", program.name()), Some("strip it with `--strip`"));
    }
    if matches!(program, Program::Chunk(_)) && (request.module || !request.host.is_empty()) {
        let message = format!("{} is compiled already: `--host` and `--module` are for scripts", program.name());
        return refuse(reporter, &message, Some("compile the script again"));
    }
    let stdout = Output::stdout();
    let mut host = match Host::new(common, Vec::new(), &stdout) {
        Ok(host) => host,
        Err(message) => return refuse(reporter, &message, None),
    };
    for text in &request.host {
        if let Err(error) = host.declare(text) {
            reporter.compile_errors("--host", text, &[error]);
            return USAGE;
        }
    }
    if request.module {
        host.mode = Mode::Module;
    }
    let mut chunk = match host.chunk(&program, false, reporter) {
        Ok(chunk) => chunk,
        Err(code) => return code,
    };
    if matches!(program, Program::Source(_))
        && let Err(code) = verify_compiled(&chunk, reporter)
    {
        return code;
    }
    if request.strip {
        chunk.strip();
    }
    let bytes = match serial::write(&chunk) {
        Ok(bytes) => bytes,
        Err(error) => return refuse(reporter, &format!("{}: {error}", program.name()), None),
    };
    if request.output == Path::new("-") {
        // A failure is remembered and reported when the output is finished.
        let _ = stdout.clone().write_all(&bytes);
        return finish(0, reporter, &stdout);
    }
    let Some(path) = request.output.to_str() else {
        return refuse(reporter, &format!("the name {} is not UTF-8 text", request.output.display()), None);
    };
    match weave_std::atomic::write_file(path, &bytes) {
        Ok(()) => 0,
        Err(error) => {
            reporter.failure("io", &format!("can't write {path}: {}", reason(&error)), None);
            USAGE
        }
    }
}
