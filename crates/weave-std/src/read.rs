//! `read` and `parse`.

use crate::declare::steps;
use crate::file::{File, open_input};
use crate::formats::csv::{self, Rows};
use crate::formats::json_items::Items;
use crate::formats::lines::Lines;
use crate::formats::{Format, json};
use crate::input::Input;
use crate::options::Options;
use weave_vm::error::Raise;
use weave_vm::native::{Answer, Args, Native, Step, Value};

pub(crate) fn natives() -> Vec<Native> {
    vec![
        steps(
            "read",
            "path_or_file, format?, options?",
            "the content of a file as a value, or a stream for :lines :csv :tsv :jsonl",
            &["print(read(\"/dev/null\", :text) == \"\")  # => true"],
            0,
            read,
        ),
        steps(
            "parse",
            "text, format, options?",
            "what read would give for a file with that text",
            &["print(parse(\"[1, 2]\", :json))  # => [1, 2]"],
            0,
            parse,
        ),
    ]
}

fn read<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    if step.phase() > 0 {
        return Ok(Answer::Return(step.result()));
    }
    let source = step.arg(0);
    let (input, path) = match source.as_text() {
        Some(path) => (None, path.to_owned()),
        None => match source.with_host::<File, _>(|f| (f.take_input(), f.name().to_owned())) {
            Some((Some(input), name)) => (Some(input), name),
            Some((None, _)) => return Err(step.expected(0, "a file that is open for reading")),
            None => return Err(step.expected(0, "a path (a string) or a file")),
        },
    };
    // A wrong format is an error before anything is opened.
    let format = match step.given(1) {
        Some(f) if f.is_function() => None,
        Some(_) => Some(Format::named(step, 1)?),
        None => Some(Format::of_path(step, &path)?),
    };
    let input = match input {
        Some(input) => input,
        None => open_input(step, &path)?,
    };
    deliver(step, input, format, 1, 2)
}

fn parse<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    if step.phase() > 0 {
        return Ok(Answer::Return(step.result()));
    }
    let text = step.arg(0);
    let format = if step.arg(1).is_function() { None } else { Some(Format::named(step, 1)?) };
    let input = match (text.as_text(), text.as_bytes()) {
        (Some(text), _) => Input::text(text),
        (_, Some(bytes)) if format == Some(Format::Binary) => return step.bytes(bytes).map(Answer::Return),
        _ => return Err(step.expected(0, "a string")),
    };
    deliver(step, input, format, 1, 2)
}

/// The content of a source in a format, or through a function where there is
/// none.
fn deliver<'s>(
    step: &mut Step<'s>,
    mut input: Input,
    format: Option<Format>,
    function: usize,
    options: usize,
) -> Result<Answer<'s>, Raise> {
    let Some(format) = format else {
        Options::of(step, options, &[])?;
        let text = whole(step, &mut input)?;
        return Ok(Answer::Call(step.arg(function), Args::One(text)));
    };
    let v = match format {
        Format::Text => {
            Options::of(step, options, &[])?;
            whole(step, &mut input)?
        }
        Format::Binary => {
            Options::of(step, options, &[])?;
            input.read_all()?;
            step.bytes(input.rest())?
        }
        Format::Lines => {
            Options::of(step, options, &[])?;
            step.host_stream(Box::new(Lines::of_text(input)))?
        }
        Format::Csv | Format::Tsv => {
            let options = Options::of(step, options, csv::OPTIONS)?;
            let rows = Rows::new(step, input, format == Format::Tsv, options)?;
            step.host_stream(Box::new(rows))?
        }
        Format::JsonLines => {
            let options = Options::of(step, options, &["on_error"])?;
            let lines = Lines::of_json(step, input, options)?;
            step.host_stream(Box::new(lines))?
        }
        Format::Json => {
            let options = Options::of(step, options, &["stream", "at"])?;
            let at = options.text(step, "at")?;
            if at.is_some() || options.flag(step, "stream", false) {
                let items = Items::new(input, at.as_deref().unwrap_or(""));
                step.host_stream(Box::new(items))?
            } else {
                input.skip_mark()?;
                input.read_all()?;
                let text = input.text_of(input.rest().len())?;
                json::parse(step, text, &|at, message| input.fault(at, message))?
            }
        }
    };
    Ok(Answer::Return(v))
}

/// The whole text of a source.
fn whole<'s>(step: &mut Step<'s>, input: &mut Input) -> Result<Value<'s>, Raise> {
    input.skip_mark()?;
    input.read_all()?;
    let text = input.text_of(input.rest().len())?;
    step.poll(text.len() / 8)?;
    step.text(text)
}
