//! `weave check`: every error of every file, and nothing runs.

use crate::args::Common;
use crate::host;
use crate::output::Output;
use crate::report::Reporter;
use crate::run::{NOT_COMPILED, USAGE, refuse};
use crate::source::Source;
use std::path::PathBuf;
use weave_compiler::{Options, compile};

/// Compiles all files. The exit code is that of the worst: 3 where one does not
/// compile, 2 where one can't be read.
pub(crate) fn check(files: &[PathBuf], common: &Common, reporter: Reporter) -> i32 {
    let optimise = match host::optimisations(common) {
        Ok(flags) => flags,
        Err(message) => return refuse(reporter, &message, None),
    };
    let vm = host::machine(common, Vec::new(), &Output::stdout());
    let core = vm.signatures();
    let options = Options { core: &core, optimise, ..Options::default() };
    let mut code = 0;
    for file in files {
        match Source::read(file) {
            Err(message) => {
                reporter.failure("io", &message, None);
                code = code.max(USAGE);
            }
            Ok(source) => {
                if let Err(errors) = compile(&source.text, &source.name, &options) {
                    reporter.compile_errors(&source.name, &source.text, &errors);
                    code = code.max(NOT_COMPILED);
                }
            }
        }
    }
    code
}
