//! The formats of data, and which one a file has.

pub(crate) mod csv;
pub(crate) mod fields;
pub(crate) mod json;
pub(crate) mod json_items;
mod json_skip;
pub(crate) mod json_write;
pub(crate) mod lines;
pub(crate) mod table;

use weave_vm::error::{ErrorKind, Raise};
use weave_vm::native::{Step, Value};

/// A format by name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Format {
    Text,
    Lines,
    Csv,
    Tsv,
    Json,
    JsonLines,
    Binary,
}

impl Format {
    const NAMES: [(&'static str, Format); 8] = [
        ("text", Format::Text),
        ("lines", Format::Lines),
        ("csv", Format::Csv),
        ("tsv", Format::Tsv),
        ("json", Format::Json),
        ("jsonl", Format::JsonLines),
        ("ndjson", Format::JsonLines),
        ("binary", Format::Binary),
    ];

    /// The format that argument `i` names.
    pub(crate) fn named(step: &Step<'_>, i: usize) -> Result<Format, Raise> {
        let v = step.arg(i);
        let Some(name) = v.as_text() else {
            return Err(step.expected(i, "a format such as :csv, or a function"));
        };
        if let Some((_, format)) = Format::NAMES.iter().find(|(n, _)| *n == name) {
            return Ok(*format);
        }
        let shown: String = name.chars().take(40).collect();
        Err(Raise::new(ErrorKind::Value, format!("{}: no format `{shown}`", step.name()))
            .help("the formats are text, lines, csv, tsv, json, jsonl and binary"))
    }

    /// The format that a file's name ends with; text where it says nothing.
    pub(crate) fn of_path(step: &Step<'_>, path: &str) -> Result<Format, Raise> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let extension = name.rsplit_once('.').map_or("", |(_, e)| e).to_ascii_lowercase();
        match extension.as_str() {
            "csv" => Ok(Format::Csv),
            "tsv" | "tab" => Ok(Format::Tsv),
            "json" => Ok(Format::Json),
            "jsonl" | "ndjson" => Ok(Format::JsonLines),
            "gz" | "zst" | "ini" | "toml" | "yaml" | "yml" => {
                Err(Raise::new(ErrorKind::Value, format!("{}: .{extension} files can't be taken apart", step.name()))
                    .help("give a format, for example `:text` or `:binary`"))
            }
            _ => Ok(Format::Text),
        }
    }
}

/// The text that a value has as a scalar in a line or a cell: a string bare, a
/// number as it prints; `None` for what is no scalar.
pub(crate) fn scalar_text<'s>(step: &Step<'s>, v: Value<'s>, out: &mut String) -> Option<()> {
    if let Some(text) = v.as_text() {
        out.push_str(text);
        return Some(());
    }
    match v.type_name() {
        "int" | "float" => {
            v.write_number(out);
            Some(())
        }
        "bool" | "nil" | "time" | "duration" | "range" => {
            out.push_str(&step.display(v));
            Some(())
        }
        _ => None,
    }
}
