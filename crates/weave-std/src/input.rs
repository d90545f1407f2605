//! Bytes from a file, from standard input or from a text, through one buffer
//! that grows only as far as a single record needs.

use std::fs::File;
use std::io::{ErrorKind as Io, Read};
use weave_vm::error::{ErrorKind, Raise};
use weave_vm::native::Step;

/// Bytes asked for at a time.
const BLOCK: usize = 256 << 10;
/// The longest record: a file without line ends is no reason to fill the
/// machine's memory.
const LONGEST: usize = 1 << 28;

enum From {
    File(File),
    Stdin,
    /// Everything is in the buffer.
    Nothing,
}

/// A buffered source that knows at which line it is.
pub(crate) struct Input {
    from: From,
    /// What errors call it.
    name: String,
    buffer: Vec<u8>,
    /// What is buffered and not consumed: `start..end`.
    start: usize,
    end: usize,
    ended: bool,
    /// The line of the first byte not consumed, counted from 1.
    line: usize,
    /// Bytes of that line before it.
    column: usize,
    /// Bytes of the buffer that are charged to the program.
    charged: usize,
}

impl Input {
    fn new(from: From, name: String) -> Input {
        Input { from, name, buffer: Vec::new(), start: 0, end: 0, ended: false, line: 1, column: 0, charged: 0 }
    }

    /// Reads a file.
    pub(crate) fn file(file: File, name: &str) -> Input {
        Input::new(From::File(file), name.to_owned())
    }

    /// Reads standard input.
    pub(crate) fn stdin() -> Input {
        Input::new(From::Stdin, "stdin".to_owned())
    }

    /// Reads a text.
    pub(crate) fn text(text: &str) -> Input {
        let mut input = Input::new(From::Nothing, "text".to_owned());
        input.buffer = text.as_bytes().to_vec();
        input.end = input.buffer.len();
        input.ended = true;
        input
    }

    /// What errors call it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The line of the first byte that is not consumed.
    pub(crate) fn line(&self) -> usize {
        self.line
    }

    /// What is buffered and not consumed.
    pub(crate) fn rest(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Lets go of the source.
    pub(crate) fn close(&mut self) {
        self.from = From::Nothing;
        self.buffer = Vec::new();
        (self.start, self.end, self.ended) = (0, 0, true);
    }

    /// Reads more behind what is buffered; false at the end of the source.
    /// Large rests are doubled, so that a record that is looked at again after
    /// each block costs time in proportion to its length.
    pub(crate) fn more(&mut self, step: &mut Step<'_>) -> Result<bool, Raise> {
        let before = self.end - self.start;
        let mut got = false;
        while !self.ended {
            if !self.block(step)? {
                break;
            }
            got = true;
            if before < BLOCK || self.end - self.start >= before * 2 {
                break;
            }
        }
        Ok(got)
    }

    fn block(&mut self, step: &mut Step<'_>) -> Result<bool, Raise> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.buffer.len() - self.end < BLOCK / 2 {
            if self.end > LONGEST {
                return Err(self.fault(0, format!("a record is longer than {} MiB", LONGEST >> 20)));
            }
            let size = (self.buffer.len() * 2).max(BLOCK);
            self.grow(step, size)?;
        }
        let room = &mut self.buffer[self.end..];
        let read = loop {
            let read = match &mut self.from {
                From::File(file) => file.read(room),
                From::Stdin => std::io::stdin().lock().read(room),
                From::Nothing => Ok(0),
            };
            match read {
                Err(e) if e.kind() == Io::Interrupted => {}
                other => break other,
            }
        };
        match read {
            Ok(0) => {
                self.ended = true;
                Ok(false)
            }
            Ok(n) => {
                self.end += n;
                Ok(true)
            }
            Err(e) => {
                self.ended = true;
                Err(Raise::new(ErrorKind::Io, format!("can't read {}: {e}", self.name)))
            }
        }
    }

    fn grow(&mut self, step: &mut Step<'_>, size: usize) -> Result<(), Raise> {
        step.charge(size - self.charged.min(size))?;
        self.charged = self.charged.max(size);
        self.buffer
            .try_reserve_exact(size - self.buffer.len())
            .map_err(|_| Raise::new(ErrorKind::Memory, format!("no memory to read {}", self.name)))?;
        self.buffer.resize(size, 0);
        Ok(())
    }

    /// Bytes charged to the program for the buffer.
    pub(crate) fn held(&self) -> usize {
        self.charged
    }

    /// Lets go of everything, with a step at hand to give the memory back.
    pub(crate) fn release(&mut self, step: &mut Step<'_>) {
        self.close();
        step.discharge(std::mem::take(&mut self.charged));
    }

    /// Skips a byte order mark; to be called once, before anything else.
    pub(crate) fn skip_mark(&mut self, step: &mut Step<'_>) -> Result<(), Raise> {
        while self.rest().len() < 3 && self.more(step)? {}
        if self.rest().starts_with(b"\xef\xbb\xbf") {
            self.start += 3;
        }
        Ok(())
    }

    /// Reads to the end of the source.
    pub(crate) fn read_all(&mut self, step: &mut Step<'_>) -> Result<(), Raise> {
        loop {
            if self.end - self.start > LONGEST * 8 {
                return Err(Raise::new(ErrorKind::Memory, format!("{} is too large to be read whole", self.name))
                    .help("read it as a stream: `:lines`, `:csv`, `:jsonl`, or `[stream: true]` for JSON"));
            }
            // Whole files may be longer than records.
            let size = self.end - self.start;
            if size > LONGEST / 2 && self.buffer.len() - self.end < BLOCK {
                self.grow(step, self.buffer.len() + size)?;
            }
            if !self.block_or_end(step)? {
                return Ok(());
            }
        }
    }

    fn block_or_end(&mut self, step: &mut Step<'_>) -> Result<bool, Raise> {
        if self.ended { Ok(false) } else { self.block(step) }
    }

    /// The length of the next line without its newline, and whether one follows;
    /// `None` at the end. It is buffered afterwards and not consumed.
    pub(crate) fn next_line(&mut self, step: &mut Step<'_>) -> Result<Option<(usize, bool)>, Raise> {
        let mut looked = 0;
        loop {
            if let Some(at) = memchr::memchr(b'\n', &self.rest()[looked..]) {
                return Ok(Some((looked + at, true)));
            }
            looked = self.rest().len();
            if !self.more(step)? {
                return Ok(if looked == 0 { None } else { Some((looked, false)) });
            }
        }
    }

    /// Consumes so many buffered bytes.
    pub(crate) fn consume(&mut self, bytes: usize) {
        let bytes = bytes.min(self.end - self.start);
        let passed = &self.buffer[self.start..self.start + bytes];
        // The usual record is a line.
        if let Some((b'\n', line)) = passed.split_last()
            && memchr::memchr(b'\n', line).is_none()
        {
            return self.consume_line(bytes);
        }
        match memchr::memrchr(b'\n', passed) {
            Some(last) => {
                self.line += memchr::memchr_iter(b'\n', passed).count();
                self.column = bytes - last - 1;
            }
            None => self.column += bytes,
        }
        self.start += bytes;
    }

    /// Consumes a line that is known to end with the only newline in it.
    pub(crate) fn consume_line(&mut self, bytes: usize) {
        self.start = (self.start + bytes).min(self.end);
        self.line += 1;
        self.column = 0;
    }

    /// A data error at a byte behind the consumed ones.
    pub(crate) fn fault(&self, offset: usize, message: impl Into<String>) -> Raise {
        let rest = self.rest();
        let before = &rest[..offset.min(rest.len())];
        let (line, start) = match memchr::memrchr(b'\n', before) {
            Some(last) => (self.line + memchr::memchr_iter(b'\n', before).count(), last + 1),
            None => (self.line, 0),
        };
        // Characters, not bytes; broken ones count too.
        let mut column = String::from_utf8_lossy(&before[start..]).chars().count() + 1;
        if start == 0 {
            column += self.column;
        }
        Raise::new(ErrorKind::Data, message).in_data(format!("{}:{line}:{column}", self.name))
    }

    /// The first so many buffered bytes as text.
    pub(crate) fn text_of(&self, bytes: usize) -> Result<&str, Raise> {
        let rest = self.rest();
        std::str::from_utf8(&rest[..bytes.min(rest.len())]).map_err(|e| {
            self.fault(e.valid_up_to(), "the data is not UTF-8").help("convert it first, for example with `iconv`")
        })
    }
}
