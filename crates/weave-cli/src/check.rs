//! `weave check`: every error of every file, and nothing runs.

use crate::args::Common;
use crate::host::Host;
use crate::output::Output;
use crate::report::Reporter;
use crate::run::{NOT_COMPILED, USAGE, refuse};
use crate::source::Source;
use std::path::PathBuf;

/// Compiles all files. The exit code is that of the worst: 3 where one does not
/// compile, 2 where one can't be read.
pub(crate) fn check(files: &[PathBuf], common: &Common, reporter: Reporter) -> i32 {
    let host = match Host::new(common, Vec::new(), &Output::stdout()) {
        Ok(host) => host,
        Err(message) => return refuse(reporter, &message, None),
    };
    let mut code = 0;
    for file in files {
        match Source::read(file) {
            Err(message) => {
                reporter.failure("io", &message, None);
                code = code.max(USAGE);
            }
            Ok(source) => {
                if let Err(errors) = host.compile(&source.text, &source.name, false) {
                    reporter.compile_errors(&source.name, &source.text, &errors);
                    code = code.max(NOT_COMPILED);
                }
            }
        }
    }
    code
}
