//! Standard output: one buffer that the machine, the command line and the signal
//! thread share. Line by line on a terminal, in blocks elsewhere. Once a write
//! failed, nothing further is written and the failure is remembered, so that a
//! program which catches the error still does not end as a success.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

const BLOCK: usize = 64 * 1024;

/// A handle on standard output.
#[derive(Clone)]
pub(crate) struct Output(Arc<Mutex<Sink>>);

struct Sink {
    /// A duplicate of the descriptor: the standard library's own handle would
    /// buffer by lines once more.
    file: Option<File>,
    buffer: Vec<u8>,
    by_line: bool,
    failure: Option<io::ErrorKind>,
    reported: bool,
}

/// How writing went in the end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Outcome {
    /// Everything is written.
    Written,
    /// The reader went away.
    Closed,
    /// A write failed, and nobody said so yet.
    Failed(io::ErrorKind),
    /// A write failed, and it has been reported.
    Reported,
}

impl Output {
    /// A handle on the process's standard output.
    pub(crate) fn stdout() -> Output {
        let stdout = io::stdout();
        let by_line = stdout.is_terminal();
        let file = stdout.as_fd().try_clone_to_owned().ok().map(File::from);
        Output(Arc::new(Mutex::new(Sink { file, buffer: Vec::new(), by_line, failure: None, reported: false })))
    }

    fn lock(&self) -> MutexGuard<'_, Sink> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Flushes unless another thread sits in a write for longer than `patience`.
    pub(crate) fn flush_within(&self, patience: Duration) {
        let start = Instant::now();
        while start.elapsed() < patience {
            if let Ok(mut sink) = self.0.try_lock() {
                // The process ends by a signal; nobody is left to tell.
                let _ = sink.flush();
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Flushes, and says how writing went.
    pub(crate) fn finish(&self) -> Outcome {
        let mut sink = self.lock();
        let _ = sink.flush();
        match sink.failure {
            None => Outcome::Written,
            Some(io::ErrorKind::BrokenPipe) => Outcome::Closed,
            Some(_) if sink.reported => Outcome::Reported,
            Some(kind) => Outcome::Failed(kind),
        }
    }

    /// The failure, if any, was reported with the program's own error.
    pub(crate) fn mark_reported(&self) {
        self.lock().reported = true;
    }
}

impl Sink {
    fn flush(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let result = match &mut self.file {
            Some(file) => file.write_all(&self.buffer),
            None => Err(io::ErrorKind::NotConnected.into()),
        };
        self.buffer.clear();
        if let Err(error) = &result {
            self.failure = Some(error.kind());
        }
        result
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Some(kind) = self.failure {
            return Err(kind.into());
        }
        if self.buffer.len() + bytes.len() > BLOCK {
            self.flush()?;
        }
        if bytes.len() >= BLOCK {
            // A large text is not copied first; the buffer is empty here.
            return match self.file.as_mut().map(|file| file.write_all(bytes)) {
                Some(Ok(())) => Ok(()),
                Some(Err(error)) => {
                    self.failure = Some(error.kind());
                    Err(error)
                }
                None => Err(io::ErrorKind::NotConnected.into()),
            };
        }
        self.buffer.extend_from_slice(bytes);
        if self.by_line && bytes.contains(&b'\n') { self.flush() } else { Ok(()) }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lock().write(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut sink = self.lock();
        match sink.failure {
            Some(kind) => Err(kind.into()),
            None => sink.flush(),
        }
    }
}
