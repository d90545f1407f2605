//! Open files as values: sequences of their lines where they are read.

use crate::access::{Files, Outside, no_files};
use crate::declare::plain;
use crate::formats::csv::Rows;
use crate::formats::lines::Lines;
use crate::input::Input;
use std::any::Any;
use std::fs;
use std::io::{self, BufWriter, Write};
use weave_vm::HostObject;
use weave_vm::error::{ErrorKind, Raise};
use weave_vm::native::{Native, Step, Value};

pub(crate) fn natives(sandbox: bool) -> Vec<Native> {
    vec![
        plain(
            "open",
            "path, mode?",
            "an open file; the mode is :read, :write or :append",
            &["print(type(open(\"/dev/null\")))  # => file"],
            if sandbox { no_files } else { open },
        ),
        plain("close", "file", "closes a file", &["print(close(open(\"/dev/null\")))  # => nil"], close),
        plain(
            "lines",
            "text",
            "the lines of a text, without their ends, or those of an open file as a stream",
            &["print(lines(\"a\\nb\\n\"))  # => [\"a\", \"b\"]"],
            lines,
        ),
        plain(
            "skipped",
            "rows",
            "how many bad rows a stream that was read with [on_error: :skip] has left out so far",
            &["print(skipped(parse(\"a\\n1\\n\", :csv)))  # => 0"],
            skipped,
        ),
        plain("stdin", "", "standard input, a file", &["print(type(stdin))  # => file"], |step| {
            standard(step, "std.stdin", || File { name: STDIN.into(), kind: Kind::reading(Input::stdin()) })
        }),
        plain("stdout", "", "standard output, a file", &["print(type(stdout))  # => file"], |step| {
            standard(step, "std.stdout", || File { name: "stdout".into(), kind: Kind::Out })
        }),
        plain("stderr", "", "standard error, a file", &["print(type(stderr))  # => file"], |step| {
            standard(step, "std.stderr", || File { name: "stderr".into(), kind: Kind::Err })
        }),
        plain(
            "input",
            "",
            "what the program is given to work on: standard input",
            &["print(type(input))  # => file"],
            |step| standard(step, "std.stdin", || File { name: STDIN.into(), kind: Kind::reading(Input::stdin()) }),
        ),
    ]
}

/// The name of standard input; no path is given it, so that it is told apart.
const STDIN: &str = "stdin";

enum Kind {
    Reading(Box<Lines>),
    Writing(BufWriter<fs::File>),
    /// The machine's output.
    Out,
    /// Standard error.
    Err,
    Closed,
}

impl Kind {
    fn reading(input: Input) -> Kind {
        Kind::Reading(Box::new(Lines::of_text(input)))
    }
}

/// An open file.
pub(crate) struct File {
    name: String,
    kind: Kind,
}

impl File {
    /// Its name as it was opened.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// What is left to read, which the caller takes over.
    pub(crate) fn take_input(&mut self) -> Option<Input> {
        match &mut self.kind {
            Kind::Reading(lines) => {
                let empty = Input::text("");
                Some(std::mem::replace(lines.input(), empty))
            }
            _ => None,
        }
    }

    /// Writes bytes behind what was written.
    pub(crate) fn write(&mut self, step: &mut Step<'_>, bytes: &[u8]) -> Result<(), Raise> {
        let done = match &mut self.kind {
            Kind::Writing(file) => file.write_all(bytes),
            Kind::Out => return step.write(bytes),
            Kind::Err => {
                step.flush()?;
                io::stderr().write_all(bytes)
            }
            Kind::Reading(_) | Kind::Closed => {
                return Err(Raise::new(ErrorKind::State, format!("the file {} is not open for writing", self.name)));
            }
        };
        done.map_err(|e| failed("write", &self.name, &e))
    }

    fn shut(&mut self) -> io::Result<()> {
        match std::mem::replace(&mut self.kind, Kind::Closed) {
            Kind::Writing(mut file) => file.flush(),
            Kind::Reading(mut lines) => {
                lines.close();
                Ok(())
            }
            standing @ (Kind::Out | Kind::Err) => {
                self.kind = standing;
                Ok(())
            }
            Kind::Closed => Ok(()),
        }
    }
}

/// The error for a file that can't be read, or not any more.
pub(crate) fn not_readable(step: &Step<'_>, name: &str) -> Raise {
    Raise::new(ErrorKind::State, format!("{}: the file {name} is not open for reading", step.name()))
        .help("a file is closed when its end is reached, and when only its first lines are taken; open it again")
}

/// An error of the system about a file.
pub(crate) fn failed(what: &str, name: &str, e: &io::Error) -> Raise {
    let shown: String = name.chars().take(200).flat_map(char::escape_debug).collect();
    let raise = Raise::new(ErrorKind::Io, format!("can't {what} `{shown}`: {}", words(e)));
    match e.kind() {
        io::ErrorKind::NotFound => raise.help("is the path right? Paths are relative to where the program was started"),
        _ => raise,
    }
}

/// The system's words without its number.
fn words(e: &io::Error) -> String {
    let text = e.to_string();
    match text.split_once(" (os error") {
        Some((words, _)) => words.to_lowercase(),
        None => text,
    }
}

/// One of the standard files: the same at each mention.
fn standard<'s>(step: &mut Step<'s>, name: &'static str, make: fn() -> File) -> Result<Value<'s>, Raise> {
    if let Some(known) = step.lasting(name) {
        return Ok(known);
    }
    let file = step.host(Box::new(make()))?;
    step.make_lasting(name, file);
    Ok(file)
}

fn open<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    let path = step.arg(0);
    let path = path.as_text().ok_or_else(|| step.expected(0, "a path (a string)"))?;
    let mode = step.arg(1);
    let kind = match mode.as_text() {
        None if step.given(1).is_none() => Kind::reading(Outside::open(step, path)?),
        Some("read") => Kind::reading(Outside::open(step, path)?),
        Some(mode @ ("write" | "append")) => {
            let append = mode == "append";
            let file = fs::OpenOptions::new().create(true).append(append).write(true).truncate(!append).open(path);
            Kind::Writing(BufWriter::new(file.map_err(|e| failed("open", path, &e))?))
        }
        _ => return Err(step.expected(1, ":read, :write or :append")),
    };
    // A file of the name of standard input is still a file of a folder.
    let name = if path == STDIN { format!("./{path}") } else { path.to_owned() };
    let file = File { name, kind };
    step.host(Box::new(file))
}

fn close<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    match step.arg(0).with_host::<File, _>(|f| f.shut().map_err(|e| failed("write", &f.name, &e))) {
        Some(done) => done.map(|()| Value::nil()),
        None => Err(step.expected(0, "a file")),
    }
}

fn lines<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    let v = step.arg(0);
    if v.is_stream() {
        return Ok(v);
    }
    if let Some(input) = v.with_host::<File, _>(File::take_input) {
        let Some(input) = input else {
            let name = v.with_host::<File, _>(|f| f.name.clone()).unwrap_or_default();
            return Err(not_readable(step, &name));
        };
        return step.host_stream(Box::new(Lines::of_text(input)));
    }
    let Some(text) = v.as_text() else {
        return Err(step.expected(0, "a string or a file"));
    };
    let out = step.container(0)?;
    for line in text.lines() {
        let line = step.text(line)?;
        step.push(out, line)?;
        step.poll(2)?;
    }
    Ok(out.value())
}

fn skipped<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    let source = step.arg(0).source();
    let rows = source.with_host::<Rows, _>(|r| r.skipped());
    match rows.or_else(|| source.with_host::<Lines, _>(|l| l.skipped())) {
        Some(n) => Ok(Value::int(n as i64)),
        None => Err(step.expected(0, "a stream of rows or JSON lines")),
    }
}

impl HostObject for File {
    fn type_name(&self) -> &'static str {
        "file"
    }

    fn display(&self) -> String {
        format!("<file {}>", self.name.escape_debug())
    }

    fn is_sequence(&self) -> bool {
        matches!(self.kind, Kind::Reading(_) | Kind::Closed)
    }

    fn next<'s>(&mut self, step: &mut Step<'s>) -> Result<Option<Value<'s>>, Raise> {
        match &mut self.kind {
            Kind::Reading(lines) => lines.next(step),
            _ => Ok(None),
        }
    }

    fn place(&self) -> Option<String> {
        match &self.kind {
            Kind::Reading(lines) => lines.place(),
            _ => None,
        }
    }

    /// Standard input stays open when a pipeline takes only its first lines: what
    /// follows can be read later.
    fn close(&mut self) {
        if self.name == STDIN && matches!(self.kind, Kind::Reading(_)) {
            return;
        }
        // What can't be written is reported by `close` in a program; here
        // nobody listens any more.
        let _ = self.shut();
    }

    fn bytes_held(&self) -> usize {
        match &self.kind {
            Kind::Reading(lines) => lines.bytes_held(),
            _ => 0,
        }
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}
