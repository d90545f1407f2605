//! Running a command to its end while the machine's limits are watched.

use rustix::process::{Pid, Signal, kill_process_group};
use std::io::{self, IsTerminal, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;
use weave_vm::error::{ErrorKind, Raise};
use weave_vm::native::Step;

/// How often the limits are looked at while a command is silent.
const TICK: Duration = Duration::from_millis(20);

/// What a command did.
pub(super) struct Ended {
    /// Its code; as a shell counts, 128 and the number of the signal that
    /// ended it, and 127 where it could not be started.
    pub(super) code: i64,
    pub(super) output: Vec<u8>,
    pub(super) error: Vec<u8>,
}

/// A piece of what a command wrote.
enum Piece {
    Output(Vec<u8>),
    Error(Vec<u8>),
}

/// A shell that reports the failure of any command of a pipeline. A plain `sh`
/// may lack that; then the others are asked.
pub(super) fn shell() -> Command {
    static SHELL: OnceLock<Option<&'static str>> = OnceLock::new();
    let able = SHELL.get_or_init(|| {
        ["sh", "bash", "ksh", "zsh"].into_iter().find(|name| {
            let mut probe = Command::new(name);
            probe.args(["-o", "pipefail", "-c", "exit 0"]);
            probe.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            probe.status().is_ok_and(|status| status.success())
        })
    });
    match able {
        Some(name) => {
            let mut command = Command::new(name);
            command.args(["-o", "pipefail"]);
            command
        }
        None => Command::new("sh"),
    }
}

/// Runs a command and gathers what it writes.
///
/// # Errors
/// The interrupt or limit that ended the wait; the command's whole group is
/// ended too.
pub(super) fn run(step: &mut Step<'_>, command: &mut Command) -> Result<Ended, Raise> {
    step.flush()?;
    let input = if io::stdin().is_terminal() { Stdio::null() } else { Stdio::inherit() };
    command.stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied) => {
            let said = format!("can't start {}: {error}\n", command.get_program().display());
            return Ok(Ended { code: 127, output: Vec::new(), error: said.into_bytes() });
        }
        Err(error) => {
            let program = command.get_program().display();
            return Err(Raise::new(ErrorKind::Io, format!("can't start {program}: {error}")));
        }
    };
    let (sender, receiver) = channel();
    let output = child.stdout.take().map(|pipe| follow(pipe, Piece::Output, sender.clone()));
    let error = child.stderr.take().map(|pipe| follow(pipe, Piece::Error, sender));
    let ended = match output.into_iter().chain(error).collect::<io::Result<Vec<()>>>() {
        Ok(_) => gather(step, &mut child, &receiver),
        Err(error) => Err(Raise::new(ErrorKind::Io, format!("can't read what a command writes: {error}"))),
    };
    if ended.is_err() {
        end_group(&mut child);
    }
    ended
}

/// Reads a pipe on a thread of its own, so that a command that fills one while
/// the other is read can't block.
fn follow(mut pipe: impl Read + Send + 'static, piece: fn(Vec<u8>) -> Piece, sender: Sender<Piece>) -> io::Result<()> {
    let work = move || {
        let mut buffer = vec![0; 64 << 10];
        loop {
            match pipe.read(&mut buffer) {
                Ok(0) => return,
                Ok(n) => {
                    if sender.send(piece(buffer[..n].to_vec())).is_err() {
                        return;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    };
    thread::Builder::new().stack_size(256 << 10).spawn(work).map(drop)
}

/// Takes pieces until both pipes are closed, then waits for the end.
fn gather(step: &mut Step<'_>, child: &mut Child, receiver: &Receiver<Piece>) -> Result<Ended, Raise> {
    let mut ended = Ended { code: 0, output: Vec::new(), error: Vec::new() };
    loop {
        match receiver.recv_timeout(TICK) {
            Ok(Piece::Output(bytes)) => ended.output.extend_from_slice(&bytes),
            Ok(Piece::Error(bytes)) => ended.error.extend_from_slice(&bytes),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        step.check_limits()?;
    }
    // A command that closed its output may still be at work.
    let mut wait = Duration::from_micros(50);
    loop {
        match child.try_wait() {
            Ok(Some(status)) => {
                ended.code = code_of(status);
                return Ok(ended);
            }
            Ok(None) => {
                step.check_limits()?;
                thread::sleep(wait);
                wait = (wait * 2).min(TICK);
            }
            Err(error) => return Err(Raise::new(ErrorKind::Io, format!("can't wait for a command: {error}"))),
        }
    }
}

fn code_of(status: ExitStatus) -> i64 {
    match (status.code(), status.signal()) {
        (Some(code), _) => i64::from(code),
        (None, Some(signal)) => 128 + i64::from(signal),
        (None, None) => 1,
    }
}

/// Ends a command and all that it started.
fn end_group(child: &mut Child) {
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        // A group that is gone already is what is wanted.
        let _ = kill_process_group(group, Signal::KILL);
    }
    let _ = child.wait();
}
