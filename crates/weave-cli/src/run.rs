//! Running one program from its text to the process's exit code.

use crate::args::Common;
use crate::host::Host;
use crate::inout;
use crate::output::{Outcome, Output};
use crate::profile;
use crate::report::Reporter;
use crate::signals::{self, OnInterrupt, Setup, Signals};
use crate::source::Program;
use std::io::Write;
use std::sync::Arc;
use weave_bytecode::chunk::Chunk;
use weave_vm::Vm;
use weave_vm::error::{ErrorKind, RuntimeError};

/// Usage, or a script that can't be read.
pub(crate) const USAGE: i32 = 2;
/// A script that does not compile, a chunk that does not load.
pub(crate) const NOT_COMPILED: i32 = 3;

/// A program and how to run it.
pub(crate) struct Job<'a> {
    pub(crate) common: &'a Common,
    pub(crate) reporter: Reporter,
    pub(crate) args: Vec<String>,
    /// Whether to print the value of the last expression.
    pub(crate) print: bool,
    /// What `-e` and `-p` add.
    pub(crate) one_line: Option<InOut>,
    /// Whether to report where its time goes.
    pub(crate) profile: Option<profile::Request>,
}

/// The formats of `--from` and `--to`.
pub(crate) struct InOut {
    pub(crate) from: Option<String>,
    pub(crate) to: Option<String>,
}

/// Compiles or reads a program and runs it; the answer is the exit code.
pub(crate) fn run(program: &Program, job: Job<'_>) -> i32 {
    let Job { common, reporter, args, print, one_line, profile } = job;
    let output = Output::stdout();
    let files = args.len();
    let mut host = match Host::new(common, args, &output) {
        Ok(host) => host,
        Err(message) => return refuse(reporter, &message, None),
    };
    let signals = Signals::install(Setup {
        interrupt: host.vm.interrupt(),
        output: output.clone(),
        reporter,
        timeout: common.timeout,
        on_interrupt: OnInterrupt::End,
    });
    let signals = match signals {
        Ok(signals) => signals,
        Err(error) => {
            reporter.failure("io", &format!("can't watch for signals: {error}"), None);
            return 1;
        }
    };
    let to = one_line.as_ref().and_then(|formats| formats.to.as_deref());
    if let Some(formats) = &one_line {
        host.add_input(files, formats.from.as_deref());
    }
    let mut chunk = match host.chunk(program, print || to.is_some(), reporter) {
        Ok(chunk) => chunk,
        Err(code) => return code,
    };
    if let Some(to) = to {
        host.add_writer(to);
        inout::write_result(&mut chunk);
    }
    let chunk = Arc::new(chunk);
    if common.verify
        && matches!(program, Program::Source(_))
        && let Err(code) = verify_compiled(&chunk, reporter)
    {
        return code;
    }
    let report = match profile.map(|request| request.open(common, program.name())).transpose() {
        Ok(report) => report,
        Err(message) => return refuse(reporter, &message, None),
    };
    if report.is_some() {
        host.vm.profile(profile::ticks);
    }
    let loaded = match load(&mut host, &chunk, program, reporter) {
        Ok(loaded) => loaded,
        Err(code) => return code,
    };
    let mut result = host.vm.run(loaded);
    if print && to.is_none() && result.is_ok() {
        result = print_result(&mut host.vm, &output);
    }
    let measured = host.vm.take_profile();
    // Closes what the program left open, before its end is reported.
    drop(host);
    signals.claim();
    let mut failed = false;
    if let (Some(report), Some(measured)) = (report, measured) {
        // What was printed comes first; how that went is asked for at the end.
        output.finish();
        if let Err(message) = report.write(&measured) {
            reporter.failure("io", &message, None);
            failed = true;
        }
    }
    let code = conclude(result, &Ending { reporter, output, signals });
    if failed { code.max(1) } else { code }
}

/// Makes a chunk runnable, or reports what hinders that.
///
/// # Errors
/// The exit code: 1 at a limit, otherwise that of a chunk that does not load.
pub(crate) fn load(
    host: &mut Host,
    chunk: &Arc<Chunk>,
    program: &Program,
    reporter: Reporter,
) -> Result<weave_vm::Program, i32> {
    host.vm.load(chunk, None).map_err(|error| {
        let message = format!("{}: {}", program.name(), error.message);
        let (code, help) = match error.kind {
            ErrorKind::Memory => (1, error.help.as_deref()),
            ErrorKind::Name => (
                NOT_COMPILED,
                Some("run it in the program that provides them, or without `--sandbox` if that hides them"),
            ),
            _ => (NOT_COMPILED, Some("compile the source again")),
        };
        reporter.failure(error.kind.name(), &message, help);
        code
    })
}

/// Verifies what the compiler made.
///
/// # Errors
/// The exit code, where that is reported as a defect.
pub(crate) fn verify_compiled(chunk: &Chunk, reporter: Reporter) -> Result<(), i32> {
    weave_bytecode::verify::verify(chunk).map_err(|refusal| {
        let message = format!("the compiler made code that does not verify: {refusal}");
        reporter.failure("internal", &message, Some("this is a defect of weave; please report it"));
        NOT_COMPILED
    })
}

fn print_result(vm: &mut Vm, output: &Output) -> Result<(), Box<RuntimeError>> {
    let text = vm.enter(|scope| scope.display(scope.last()));
    // A failure is remembered and reported when the output is finished.
    let _ = writeln!(output.clone(), "{text}");
    Ok(())
}

struct Ending {
    reporter: Reporter,
    output: Output,
    signals: Signals,
}

fn conclude(result: Result<(), Box<RuntimeError>>, end: &Ending) -> i32 {
    let code = match result {
        Ok(()) => 0,
        Err(error) if error.kind == ErrorKind::Interrupt => {
            signals::die(end.signals.take().unwrap_or(signal_hook::consts::SIGINT), &end.output)
        }
        Err(error) => match error.kind {
            ErrorKind::Exit(code) => code,
            kind => {
                let outcome = end.output.finish();
                if outcome == Outcome::Closed && kind == ErrorKind::Io {
                    return closed();
                }
                end.reporter.runtime_error(&error);
                if kind == ErrorKind::Io && matches!(outcome, Outcome::Failed(_)) {
                    end.output.mark_reported();
                }
                1
            }
        },
    };
    finish(code, end.reporter, &end.output)
}

/// Flushes the output and turns what happened to it into an exit code.
pub(crate) fn finish(code: i32, reporter: Reporter, output: &Output) -> i32 {
    match output.finish() {
        Outcome::Written => code,
        Outcome::Closed => closed(),
        Outcome::Failed(kind) => {
            let cause = std::io::Error::from(kind);
            reporter.failure("io", &format!("can't write the output: {cause}"), None);
            if code == 0 { 1 } else { code }
        }
        Outcome::Reported => code.max(1),
    }
}

/// The reader of the output went away: the process ends as SIGPIPE ends it by
/// default, and says nothing.
fn closed() -> i32 {
    let _ = signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGPIPE);
    141
}

/// Reports what hinders a command from starting.
pub(crate) fn refuse(reporter: Reporter, message: &str, help: Option<&str>) -> i32 {
    reporter.failure("usage", message, help);
    USAGE
}
