//! The session: read an entry, run it, show its value. With a line editor on a
//! terminal; plain lines, without prompts, where standard input is none.

mod editor;
mod help;
mod highlight;
mod plain;
mod session;

use crate::args::Common;
use crate::color::Color;
use crate::host::Host;
use crate::output::Output;
use crate::report::{Reporter, note};
use crate::run::{finish, refuse};
use crate::signals::{OnInterrupt, Setup, Signals};
use session::{Ended, Session};
use std::io::IsTerminal;

/// Runs a session to its end; the answer is the exit code.
pub(crate) fn repl(common: &Common, reporter: Reporter, color: Color) -> i32 {
    let output = Output::stdout();
    let host = match Host::new(common, Vec::new(), &output) {
        Ok(host) => host,
        Err(message) => return refuse(reporter, &message, None),
    };
    let interactive = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let signals = Signals::install(Setup {
        interrupt: host.vm.interrupt(),
        output: output.clone(),
        reporter,
        timeout: common.timeout,
        on_interrupt: if interactive { OnInterrupt::StopEntry } else { OnInterrupt::End },
    });
    let signals = match signals {
        Ok(signals) => signals,
        Err(error) => {
            reporter.failure("io", &format!("can't watch for signals: {error}"), None);
            return 1;
        }
    };
    let mut session = Session::new(host, output.clone(), reporter, signals);
    let ended = if interactive { editor::run(&mut session, color) } else { plain::run(&mut session) };
    let code = match ended {
        Ok(Ended::Exit(code)) => code,
        Ok(Ended::Input) => 0,
        Err(message) => {
            note(&format!("weave: {message}\n"));
            1
        }
    };
    drop(session);
    finish(code, reporter, &output)
}
