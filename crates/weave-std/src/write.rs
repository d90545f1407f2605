//! `write` and `format`.
//!
//! What is written goes through an output object that lies in a register, so a
//! stream may be pulled between two rows. Where an error ends the call, the
//! object is dropped, and with it the temporary file.

use crate::access::Files;
use crate::atomic::Target;
use crate::declare::steps;
use crate::file::{File, failed};
use crate::formats::table::Table;
use crate::formats::{Format, json_write, scalar_text};
use crate::options::Options;
use std::any::Any;
use weave_vm::HostObject;
use weave_vm::error::{ErrorKind, Raise};
use weave_vm::native::{Answer, Args, Native, Step, Value};
use weave_vm::walk::{OWN, Turn, no_calls, walk};

const OUTPUT: usize = OWN;
/// Phase after a function has made the text.
const MADE: i64 = 9;
/// Bytes that are gathered before they are written.
const BLOCK: usize = 128 << 10;

pub(crate) fn natives<F: Files>() -> Vec<Native> {
    vec![
        steps(
            "write",
            "path_or_file, data, format?, options?",
            "writes a file whole or not at all, or writes to an open file",
            &["write(\"/dev/null\", [1, 2], :lines); print(:done)  # => done"],
            OWN as u16 + 1,
            write::<F>,
        ),
        steps(
            "format",
            "value, format, options?",
            "the text that write would write",
            &["print(format([a: 1], :json))  # => {\"a\":1}"],
            OWN as u16 + 1,
            format,
        ),
    ]
}

/// Where the text goes.
enum Sink {
    /// It is the result.
    Memory,
    /// The file in argument 0.
    Open,
    Path(Option<Target>, String),
}

enum Encoder {
    Whole(Format),
    Lines,
    JsonLines,
    Table(Table),
    /// Elements of an array.
    Json {
        pretty: bool,
        first: bool,
    },
}

/// What `write` and `format` write through.
struct Output {
    sink: Sink,
    encoder: Encoder,
    text: String,
    bytes: Vec<u8>,
    /// Bytes of the text that are charged to the program.
    charged: usize,
}

impl HostObject for Output {
    fn type_name(&self) -> &'static str {
        "output"
    }

    fn bytes_held(&self) -> usize {
        self.charged
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

fn write<'s, F: Files>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    if step.phase() == 0 {
        let target = step.arg(0);
        let open = target.with_host::<File, _>(|f| f.name().to_owned());
        let path = match (target.as_text(), open.as_ref()) {
            (Some(path), _) => path.to_owned(),
            (None, Some(name)) => name.clone(),
            (None, None) => return Err(step.expected(0, "a path (a string) or a file")),
        };
        let format = match step.given(2) {
            Some(f) if f.is_function() => None,
            Some(_) => Some(Format::named(step, 2)?),
            None => Some(Format::of_path(step, &path)?),
        };
        let sink = if open.is_some() {
            Sink::Open
        } else {
            let created = F::create(step, &path)?;
            Sink::Path(Some(created), path)
        };
        return begin(step, sink, format, 1, 2, 3);
    }
    go_on(step, 1)
}

fn format<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    if step.phase() == 0 {
        let format = if step.arg(1).is_function() { None } else { Some(Format::named(step, 1)?) };
        return begin(step, Sink::Memory, format, 0, 1, 2);
    }
    go_on(step, 0)
}

fn begin<'s>(
    step: &mut Step<'s>,
    sink: Sink,
    format: Option<Format>,
    data: usize,
    function: usize,
    options: usize,
) -> Result<Answer<'s>, Raise> {
    let v = step.arg(data);
    let encoder = match format {
        None => {
            Options::of(step, options, &[])?;
            Encoder::Whole(Format::Text)
        }
        Some(Format::Csv | Format::Tsv) => {
            let given = Options::of(step, options, &["separator", "header"])?;
            let standard = if format == Some(Format::Csv) { ',' } else { '\t' };
            let separator = given.text(step, "separator")?.and_then(|t| t.chars().next()).unwrap_or(standard);
            if !separator.is_ascii() || matches!(separator, '"' | '\n' | '\r') {
                let message = format!("{}: option `separator` must be one ASCII character", step.name());
                return Err(Raise::new(ErrorKind::Value, message));
            }
            Encoder::Table(Table::new(separator, given.flag(step, "header", true)))
        }
        Some(Format::Json) => {
            let given = Options::of(step, options, &["pretty"])?;
            Encoder::Json { pretty: given.flag(step, "pretty", false), first: true }
        }
        Some(Format::JsonLines) => {
            Options::of(step, options, &[])?;
            Encoder::JsonLines
        }
        Some(Format::Lines) => {
            Options::of(step, options, &[])?;
            Encoder::Lines
        }
        Some(whole @ (Format::Text | Format::Binary)) => {
            Options::of(step, options, &[])?;
            Encoder::Whole(whole)
        }
    };
    let mut output = Output { sink, encoder, text: String::new(), bytes: Vec::new(), charged: 0 };
    if format.is_none() {
        let output = step.host(Box::new(output))?;
        step.set(OUTPUT, output);
        step.set_phase(MADE - 1);
        return Ok(Answer::Call(step.arg(function), Args::One(v)));
    }
    // A single value, unless it is a stream of elements.
    match output.encoder {
        Encoder::Whole(whole) => {
            output.whole(step, whole, v)?;
            return output.finish(step).map(Answer::Return);
        }
        Encoder::Json { pretty, .. } if !v.is_stream() && v.as_range().is_none() && v.type_name() != "file" => {
            json_write::write(step, v, pretty, 0, &mut output.text)?;
            output.encoder = Encoder::Whole(Format::Json);
            return output.finish(step).map(Answer::Return);
        }
        _ => {}
    }
    let output = step.host(Box::new(output))?;
    step.set(OUTPUT, output);
    go_on(step, data)
}

fn go_on<'s>(step: &mut Step<'s>, data: usize) -> Result<Answer<'s>, Raise> {
    if step.phase() == MADE {
        let made = step.result();
        return with_output(step, |output, step| {
            output.whole(step, Format::Text, made)?;
            output.finish(step).map(Answer::Return)
        });
    }
    walk(
        step,
        |step| Ok(step.arg(data)),
        |step, v, _| with_output(step, |output, step| output.item(step, v)).map(|()| Turn::More),
        no_calls,
        |step| with_output(step, Output::finish),
    )
}

/// Runs `f` with the output object of the call.
fn with_output<'s, R>(
    step: &mut Step<'s>,
    f: impl FnOnce(&mut Output, &mut Step<'s>) -> Result<R, Raise>,
) -> Result<R, Raise> {
    let output = step.get(OUTPUT);
    match output.with_host::<Output, _>(|output| f(output, step)) {
        Some(done) => done,
        None => Err(Raise::new(ErrorKind::Internal, "a write lost its output")),
    }
}

impl Output {
    /// A value that is the whole content.
    fn whole<'s>(&mut self, step: &Step<'s>, format: Format, v: Value<'s>) -> Result<(), Raise> {
        if let (Format::Binary, Some(bytes)) = (format, v.as_bytes()) {
            self.bytes.extend_from_slice(bytes);
            return Ok(());
        }
        if v.is_nil() || scalar_text(step, v, &mut self.text).is_none() {
            let (name, got) = (step.name(), v.type_name());
            let kind = if format == Format::Binary { "bytes or a string" } else { "a string" };
            let raise = Raise::new(ErrorKind::Type, format!("{name}: the content must be {kind}, not {got}"));
            return Err(raise.help("give a format for other values, for example `:lines`, `:csv` or `:json`"));
        }
        Ok(())
    }

    /// One item of a sequence.
    fn item<'s>(&mut self, step: &mut Step<'s>, v: Value<'s>) -> Result<(), Raise> {
        match &mut self.encoder {
            Encoder::Lines => {
                if scalar_text(step, v, &mut self.text).is_none() {
                    let message = format!("{}: a line must be a string, not {}", step.name(), v.type_name());
                    return Err(Raise::new(ErrorKind::Type, message).help("write containers as `:csv` or `:jsonl`"));
                }
                self.text.push('\n');
            }
            Encoder::JsonLines => {
                json_write::write(step, v, false, 0, &mut self.text)?;
                self.text.push('\n');
            }
            Encoder::Table(table) => table.row(step, v, &mut self.text)?,
            Encoder::Json { pretty, first } => {
                self.text.push(if *first { '[' } else { ',' });
                *first = false;
                if *pretty {
                    json_write::line(1, &mut self.text);
                }
                json_write::write(step, v, *pretty, 1, &mut self.text)?;
            }
            Encoder::Whole(_) => {}
        }
        if self.text.len() >= BLOCK {
            self.pass_on(step)?;
        }
        // A text that is the result grows with what is written.
        if self.text.capacity() > self.charged {
            step.charge(self.text.capacity() - self.charged)?;
            self.charged = self.text.capacity();
        }
        Ok(())
    }

    /// Hands over what is gathered.
    fn pass_on(&mut self, step: &mut Step<'_>) -> Result<(), Raise> {
        if matches!(self.sink, Sink::Memory) {
            return Ok(());
        }
        step.poll(self.text.len() / 8)?;
        let bytes = if self.bytes.is_empty() { self.text.as_bytes() } else { &self.bytes };
        match &mut self.sink {
            Sink::Memory => {}
            Sink::Open => {
                let file = step.arg(0);
                if let Some(done) = file.with_host::<File, _>(|f| f.write(step, bytes)) {
                    done?;
                }
            }
            Sink::Path(target, path) => {
                if let Some(target) = target {
                    target.write(bytes).map_err(|e| failed("write", path, &e))?;
                }
            }
        }
        self.text.clear();
        self.bytes.clear();
        Ok(())
    }

    /// Everything is written: the file takes its place.
    fn finish<'s>(&mut self, step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
        match self.encoder {
            Encoder::Json { first: true, .. } => self.text.push_str("[]"),
            Encoder::Json { pretty, .. } => {
                if pretty {
                    json_write::line(0, &mut self.text);
                }
                self.text.push(']');
            }
            _ => {}
        }
        if matches!(self.sink, Sink::Memory) {
            if !self.bytes.is_empty() {
                return step.bytes(&self.bytes);
            }
            return step.text(&self.text);
        }
        if matches!(self.encoder, Encoder::Json { .. } | Encoder::Whole(Format::Json)) {
            self.text.push('\n');
        }
        self.pass_on(step)?;
        if let Sink::Path(target, path) = &mut self.sink
            && let Some(target) = target.take()
        {
            target.finish().map_err(|e| failed("write", path, &e))?;
        }
        Ok(Value::nil())
    }
}
