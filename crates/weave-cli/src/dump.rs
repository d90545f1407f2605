//! `weave disasm`: the listing of what a script compiles to.

use crate::args::Common;
use crate::host;
use crate::output::Output;
use crate::report::Reporter;
use crate::run::{NOT_COMPILED, USAGE, finish, refuse};
use crate::source::Source;
use std::io::Write;
use std::path::Path;
use weave_bytecode::disasm;
use weave_compiler::{Options, compile};

/// Compiles a script and lists it.
pub(crate) fn disasm(file: &Path, common: &Common, reporter: Reporter) -> i32 {
    let optimise = match host::optimisations(common) {
        Ok(flags) => flags,
        Err(message) => return refuse(reporter, &message, None),
    };
    let source = match Source::read(file) {
        Ok(source) => source,
        Err(message) => {
            reporter.failure("io", &message, None);
            return USAGE;
        }
    };
    let output = Output::stdout();
    let vm = host::machine(common, Vec::new(), &output);
    let core = vm.signatures();
    let options = Options { core: &core, optimise, ..Options::default() };
    match compile(&source.text, &source.name, &options) {
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
