//! `read` and `parse`.

use crate::access::Files;
use crate::declare::steps;
use crate::file::{File, not_readable};
use crate::formats::csv::{self, Rows};
use crate::formats::json_items::Items;
use crate::formats::lines::Lines;
use crate::formats::{Format, json};
use crate::input::Input;
use crate::options::Options;
use weave_vm::error::Raise;
use weave_vm::native::{Answer, Args, Native, Step, Value};

pub(crate) fn natives<F: Files>() -> Vec<Native> {
    vec![
        steps(
            "read",
            "path_or_file, format?, options?",
            "the content of a file as a value, or a stream for :lines :csv :tsv :jsonl",
            &["print(read(\"/dev/null\", :text) == \"\")  # => true"],
            0,
            read::<F>,
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

fn read<'s, F: Files>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    if step.phase() > 0 {
        return Ok(Answer::Return(step.result()));
    }
    let source = step.arg(0);
    let (input, path) = match source.as_text() {
        Some(path) => (None, path.to_owned()),
        None => match source.with_host::<File, _>(|f| (f.take_input(), f.name().to_owned())) {
            Some((Some(input), name)) => (Some(input), name),
            Some((None, name)) => return Err(not_readable(step, &name)),
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
        None => F::open(step, &path)?,
    };
    taken_apart(step, input, format)
}

fn parse<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    if step.phase() > 0 {
        return Ok(Answer::Return(step.result()));
    }
    let text = step.arg(0);
    let format = if step.arg(1).is_function() { None } else { Some(Format::named(step, 1)?) };
    let input = match (text.as_text(), text.as_bytes()) {
        (Some(text), _) => {
            let input = Input::text(text);
            step.poll(text.len() / 8)?;
            input
        }
        (_, Some(bytes)) if format == Some(Format::Binary) => return step.bytes(bytes).map(Answer::Return),
        _ => return Err(step.expected(0, "a string")),
    };
    taken_apart(step, input, format)
}

/// The content of a source in a format, or through the function in argument 1
/// where there is none.
fn taken_apart<'s>(step: &mut Step<'s>, mut input: Input, format: Option<Format>) -> Result<Answer<'s>, Raise> {
    let known: &[&str] = match format {
        Some(Format::Csv | Format::Tsv) => csv::OPTIONS,
        Some(Format::JsonLines) => &["on_error"],
        Some(Format::Json) => &["stream", "at"],
        _ => &[],
    };
    let options = Options::of(step, 2, known)?;
    let at = options.text(step, "at")?;
    let v = match format {
        Some(Format::Lines) => step.host_stream(Box::new(Lines::of_text(input)))?,
        Some(table @ (Format::Csv | Format::Tsv)) => {
            let rows = Rows::new(step, input, table == Format::Tsv, options)?;
            step.host_stream(Box::new(rows))?
        }
        Some(Format::JsonLines) => {
            let lines = Lines::of_json(step, input, options)?;
            step.host_stream(Box::new(lines))?
        }
        Some(Format::Json) if at.is_some() || options.flag(step, "stream", false) => {
            let items = Items::new(input, at.as_deref().unwrap_or(""));
            step.host_stream(Box::new(items))?
        }
        _ => {
            let v = whole(step, &mut input, format);
            input.release(step);
            let v = v?;
            if format.is_none() {
                return Ok(Answer::Call(step.arg(1), Args::One(v)));
            }
            v
        }
    };
    Ok(Answer::Return(v))
}

/// The whole content of a source.
fn whole<'s>(step: &mut Step<'s>, input: &mut Input, format: Option<Format>) -> Result<Value<'s>, Raise> {
    if format != Some(Format::Binary) {
        input.skip_mark(step)?;
    }
    input.read_all(step)?;
    let bytes = input.rest().len();
    step.poll(bytes / 8)?;
    match format {
        Some(Format::Binary) => step.bytes(input.rest()),
        Some(Format::Json) => {
            let text = input.text_of(bytes)?;
            // Each look at the whole text may take long.
            step.poll(bytes / 64)?;
            json::parse(step, text, &|at, message| input.fault(at, message))
        }
        _ => step.text(input.text_of(bytes)?),
    }
}
