//! The session on a terminal, through a pseudo-terminal.

use expectrl::process::unix::WaitStatus;
use expectrl::session::OsSession;
use expectrl::{ControlCode, Eof, Expect, Regex, Session};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

struct Terminal {
    session: OsSession,
    state: TempDir,
}

fn weave(state: TempDir) -> Terminal {
    let mut command = Command::new(env!("CARGO_BIN_EXE_weave"));
    command.env("XDG_STATE_HOME", state.path()).env("TERM", "xterm").env("NO_COLOR", "1");
    let mut session = Session::spawn(command).expect("weave starts");
    session.set_expect_timeout(Some(Duration::from_secs(20)));
    let mut terminal = Terminal { session, state };
    terminal.sees("Ctrl-D leaves");
    terminal.is_ready();
    terminal
}

impl Terminal {
    fn sees(&mut self, text: &str) {
        if let Err(error) = self.session.expect(text) {
            panic!("{text:?} does not appear: {error}");
        }
    }

    /// Waits for an empty prompt: what is typed before it appears is lost.
    fn is_ready(&mut self) {
        self.sees("> \r\u{1b}[2C");
    }

    fn types(&mut self, text: &str) {
        self.session.send(text).expect("it reads");
    }

    fn leaves(mut self) -> (i32, TempDir) {
        self.is_ready();
        self.session.send(ControlCode::EndOfTransmission).expect("it reads");
        self.session.expect(Eof).expect("it ends");
        match self.session.get_process().wait().expect("a status") {
            WaitStatus::Exited(_, code) => (code, self.state),
            other => panic!("it ended by {other:?}"),
        }
    }
}

fn fresh() -> Terminal {
    weave(tempfile::tempdir().expect("a folder"))
}

#[test]
fn values_are_shown_and_live_on() {
    let mut terminal = fresh();
    terminal.types("x = 6 * 7\r");
    terminal.is_ready();
    terminal.types("[x, \"a\"]\r");
    terminal.sees("[42, \"a\"]\r\n");
    terminal.is_ready();
    terminal.types("|> print\r");
    terminal.sees("[42, \"a\"]\r\n");
    terminal.is_ready();
    terminal.types("1 + nil\r");
    terminal.sees("int + nil");
    terminal.is_ready();
    terminal.types("x + 1\r");
    terminal.sees("43\r\n");
    assert_eq!(terminal.leaves().0, 0);
}

#[test]
fn enter_waits_for_the_end_of_an_entry() {
    let mut terminal = fresh();
    terminal.types("fn double(n) {\r");
    terminal.sees("\r\n    \r\u{1b}[4C");
    terminal.types("n * 2\r");
    terminal.sees("n * 2\r\n    \r\u{1b}[4C");
    terminal.types("}\r");
    terminal.is_ready();
    terminal.types("double(2100)\r");
    terminal.sees("4200\r\n");
    assert_eq!(terminal.leaves().0, 0);
}

#[test]
fn an_interrupt_gives_up_or_stops_an_entry_only() {
    let mut terminal = fresh();
    terminal.types("x = 1 +");
    terminal.session.send(ControlCode::EndOfText).expect("it reads");
    terminal.is_ready();
    terminal.types("while true { print(:running) }\r");
    terminal.sees("running\r\n");
    terminal.session.send(ControlCode::EndOfText).expect("it reads");
    terminal.sees("interrupted");
    terminal.is_ready();
    terminal.types("20 + 3\r");
    terminal.sees("23\r\n");
    assert_eq!(terminal.leaves().0, 0);
}

#[test]
fn names_are_completed() {
    let mut terminal = fresh();
    terminal.types("temperature = 17\r");
    terminal.is_ready();
    terminal.types("temper\t + 4\r");
    terminal.session.expect(Regex("\r\n21\r\n")).expect("the sum");
    assert_eq!(terminal.leaves().0, 0);
}

#[test]
fn history_outlives_the_session() {
    let mut first = fresh();
    first.types("111 * 3\r");
    first.sees("333\r\n");
    let (_, state) = first.leaves();
    assert!(state.path().join("weave/history").exists());
    let mut second = weave(state);
    second.types("\x1b[A\r");
    second.sees("333\r\n");
    assert_eq!(second.leaves().0, 0);
}

#[test]
fn help_names_what_there_is() {
    let mut terminal = fresh();
    terminal.types("help\r");
    terminal.sees("help functions");
    terminal.is_ready();
    terminal.types("help print\r");
    terminal.sees("print(*values)");
    assert_eq!(terminal.leaves().0, 0);
}
