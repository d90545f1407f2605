//! SIGINT, SIGTERM and the time limit: one thread that asks the machine to stop,
//! and ends the process where it does not within 50 ms, because it sits in a
//! system call.

use crate::output::Output;
use crate::report::{Reporter, note};
use signal_hook::consts::{SIGINT, SIGTERM};
use std::io::Read;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use weave_vm::limits::{Interrupt, Reason};

/// How long a program may take to stop by itself.
const PATIENCE: Duration = Duration::from_millis(50);

/// What the thread and the main thread share.
#[derive(Debug, Default)]
struct State {
    /// The last signal's number.
    signal: Arc<AtomicUsize>,
    /// Set by whoever ends the process: only one may speak.
    claimed: AtomicBool,
    /// Whether an entry of a session runs.
    running: AtomicBool,
}

/// What SIGINT does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum OnInterrupt {
    /// Ends the process.
    End,
    /// Stops the running entry of a session, and nothing else.
    StopEntry,
}

/// The handle of the thread.
#[derive(Clone)]
pub(crate) struct Signals {
    state: Arc<State>,
    on_interrupt: OnInterrupt,
}

/// What the thread needs.
pub(crate) struct Setup {
    pub(crate) interrupt: Arc<Interrupt>,
    pub(crate) output: Output,
    pub(crate) reporter: Reporter,
    pub(crate) timeout: Option<Duration>,
    pub(crate) on_interrupt: OnInterrupt,
}

impl Signals {
    /// Installs the handlers and starts the thread.
    ///
    /// # Errors
    /// Where the system gives no descriptor or thread.
    pub(crate) fn install(setup: Setup) -> std::io::Result<Signals> {
        let state = Arc::new(State::default());
        let (reader, writer) = UnixStream::pair()?;
        let mut signals = Vec::new();
        if !is_ignored(SIGINT) {
            signals.push(SIGINT);
        }
        if setup.on_interrupt == OnInterrupt::End && !is_ignored(SIGTERM) {
            signals.push(SIGTERM);
        }
        for signal in signals {
            // Handlers run in the order of their registration: the number is
            // there before the thread wakes.
            signal_hook::flag::register_usize(signal, Arc::clone(&state.signal), signal as usize)?;
            signal_hook::low_level::pipe::register(signal, writer.try_clone()?)?;
        }
        let shared = Arc::clone(&state);
        let on_interrupt = setup.on_interrupt;
        std::thread::Builder::new().name("signals".into()).stack_size(256 * 1024).spawn(move || {
            // The writing end stays open, so that reading waits.
            let _writer = writer;
            watch(reader, &setup, &shared);
        })?;
        Ok(Signals { state, on_interrupt })
    }

    /// The signal that asked the program to stop, if one did.
    pub(crate) fn take(&self) -> Option<i32> {
        let signal = self.state.signal.swap(0, Ordering::SeqCst);
        i32::try_from(signal).ok().filter(|&n| n != 0)
    }

    /// As [`Signals::take`], for a signal that ends a session too.
    pub(crate) fn take_if_fatal(&self) -> Option<i32> {
        self.take().filter(|_| self.on_interrupt == OnInterrupt::End)
    }

    /// Says that an entry of a session begins or ends.
    pub(crate) fn set_running(&self, on: bool) {
        self.state.running.store(on, Ordering::SeqCst);
    }

    /// Claims the right to end the process; where the thread has it already,
    /// waits for that end.
    pub(crate) fn claim(&self) {
        if self.state.claimed.swap(true, Ordering::SeqCst) {
            loop {
                std::thread::park();
            }
        }
    }
}

/// Ends the process as the signal does by default, with one line and the output
/// flushed.
pub(crate) fn die(signal: i32, output: &Output) -> ! {
    note(if signal == SIGTERM { "weave: terminated\n" } else { "weave: interrupted\n" });
    output.flush_within(PATIENCE);
    // Returns only where the signal can't end a process.
    let _ = signal_hook::low_level::emulate_default_handler(signal);
    std::process::exit(128 + signal)
}

fn watch(mut reader: UnixStream, setup: &Setup, state: &State) {
    let start = Instant::now();
    loop {
        let left = setup.timeout.map(|limit| limit.saturating_sub(start.elapsed()));
        if left.is_some_and(|left| left.is_zero()) {
            return stop_late(setup, state);
        }
        if reader.set_read_timeout(left).is_err() {
            return;
        }
        match reader.read(&mut [0; 16]) {
            Ok(0) => return,
            Ok(_) => on_signal(setup, state),
            Err(_) => {}
        }
    }
}

fn on_signal(setup: &Setup, state: &State) {
    let signal = i32::try_from(state.signal.load(Ordering::SeqCst)).unwrap_or(SIGINT);
    if setup.on_interrupt == OnInterrupt::StopEntry {
        if state.running.load(Ordering::SeqCst) {
            setup.interrupt.set(Reason::Interrupt);
        }
        return;
    }
    setup.interrupt.set(Reason::Interrupt);
    std::thread::sleep(PATIENCE);
    if state.claimed.swap(true, Ordering::SeqCst) {
        // The main thread is about to end the process; it may be stuck in a
        // write that nobody reads.
        std::thread::sleep(4 * PATIENCE);
        let _ = signal_hook::low_level::emulate_default_handler(signal);
        return;
    }
    die(signal, &setup.output)
}

/// The time is over.
fn stop_late(setup: &Setup, state: &State) {
    setup.interrupt.set(Reason::Timeout);
    std::thread::sleep(PATIENCE);
    if !state.claimed.swap(true, Ordering::SeqCst) {
        setup.output.flush_within(PATIENCE);
        setup.reporter.failure("timeout", "the time limit is reached", None);
        std::process::exit(1);
    }
}

/// Whether the process was started with the signal ignored, as by `nohup` or a
/// shell's `&`: then it stays so.
fn is_ignored(signal: i32) -> bool {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else { return false };
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let bits = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    bits & (1 << (signal - 1)) != 0
}
