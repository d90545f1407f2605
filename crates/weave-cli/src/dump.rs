//! `weave disasm`: the listing of what a script compiles to.

use crate::args::Common;
use crate::host::Host;
use crate::output::Output;
use crate::report::Reporter;
use crate::run::{NOT_COMPILED, USAGE, finish, refuse};
use crate::source::Source;
use std::io::Write;
use std::path::Path;
use weave_bytecode::disasm;

/// Compiles a script and lists it.
pub(crate) fn disasm(file: &Path, common: &Common, reporter: Reporter) -> i32 {
    let source = match Source::read(file) {
        Ok(source) => source,
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
    match host.compile(&source.text, &source.name, false) {
        Err(errors) => {
            reporter.compile_errors(&source.name, &source.text, &errors);
            NOT_COMPILED
        }
        Ok(compiled) => {
            let mut text = String::new();
            // A string takes everything.
            let _ = disasm::list(&compiled.chunk, &mut text);
            // A failure is remembered and reported when the output is finished.
            let _ = output.clone().write_all(text.as_bytes());
            finish(0, reporter, &output)
        }
    }
}
