//! `weave check`: every error of every file, and nothing runs. A chunk is loaded,
//! which verifies it and looks for the functions that it needs.

use crate::args::Common;
use crate::host::Host;
use crate::output::Output;
use crate::report::Reporter;
use crate::run::{USAGE, load, refuse};
use crate::source::Program;
use std::path::PathBuf;
use std::sync::Arc;

/// Compiles or loads all files. The exit code is that of the worst: 3 where one does
/// not compile or load, 2 where one can't be read.
pub(crate) fn check(files: &[PathBuf], common: &Common, reporter: Reporter) -> i32 {
    let mut host = match Host::new(common, Vec::new(), &Output::stdout()) {
        Ok(host) => host,
        Err(message) => return refuse(reporter, &message, None),
    };
    let mut code = 0;
    for file in files {
        match Program::read(file) {
            Err(message) => {
                reporter.failure("io", &message, None);
                code = code.max(USAGE);
            }
            Ok(program) => {
                let loaded = host.chunk(&program, false, reporter).and_then(|chunk| match &program {
                    Program::Source(_) => Ok(()),
                    Program::Chunk(_) => load(&mut host, &Arc::new(chunk), &program, reporter).map(drop),
                });
                code = code.max(loaded.err().unwrap_or(0));
            }
        }
    }
    code
}
