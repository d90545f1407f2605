//! `weave disasm`: the listing of a chunk, or of what a script compiles to.

use crate::args::Common;
use crate::host::Host;
use crate::output::Output;
use crate::report::Reporter;
use crate::run::{NOT_COMPILED, USAGE, finish, refuse};
use crate::source::Program;
use std::io::Write;
use std::path::Path;
use weave_bytecode::disasm;
use weave_bytecode::verify::verify;

/// Lists a program. A chunk that no machine would run is listed all the same, and
/// the rule that it breaks is reported.
pub(crate) fn disasm(file: &Path, common: &Common, reporter: Reporter) -> i32 {
    let program = match Program::read(file) {
        Ok(program) => program,
        Err(message) => {
            reporter.failure("io", &message, None);
            return USAGE;
        }
    };
    let output = Output::stdout();
    let host = match Host::new(common, Vec::new(), &output) {
        Ok(host) => host,
        Err(message) => return refuse(reporter, &message, None),
    };
    let chunk = match host.chunk(&program, false, reporter) {
        Ok(chunk) => chunk,
        Err(code) => return code,
    };
    let mut text = String::new();
    // A string takes everything.
    let _ = disasm::list(&chunk, &mut text);
    // A failure is remembered and reported when the output is finished.
    let _ = output.clone().write_all(text.as_bytes());
    let mut code = 0;
    if let Err(refusal) = verify(&chunk) {
        output.finish();
        let message = format!("{}: no machine runs this chunk: {refusal}", program.name());
        reporter.failure("data", &message, Some("compile the source again"));
        code = NOT_COMPILED;
    }
    finish(code, reporter, &output)
}
