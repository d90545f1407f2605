//! CSV and TSV as a stream of rows that share their keys, in constant memory.

use super::fields::{Dialect, Field, Record, split_plain, split_quoted};
use crate::input::Input;
use crate::options::Options;
use std::any::Any;
use weave_vm::HostObject;
use weave_vm::error::{ErrorKind, Raise};
use weave_vm::native::{Container, Step, Value};

/// The options of these formats.
pub(crate) const OPTIONS: &[&str] = &["separator", "header", "nulls", "ragged", "on_error"];

/// What happens to rows of another length than the header.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ragged {
    Error,
    /// Short rows get nils.
    Pad,
    /// Short rows get nils, long rows lose what is too much.
    Cut,
}

/// Rows of a file.
pub(crate) struct Rows {
    input: Input,
    dialect: Dialect,
    header: bool,
    nulls: Vec<String>,
    ragged: Ragged,
    skip_bad: bool,
    skipped: usize,
    begun: bool,
    /// Number of columns, where it is known.
    columns: Option<usize>,
    /// Their names; none without a header.
    names: Vec<String>,
    /// The fields that are read of rows, where not all are.
    asked: Option<Vec<String>>,
    /// Their columns: cells of the others stay nil, but are checked.
    wanted: Option<Vec<usize>>,
    fields: Vec<Field>,
    scratch: String,
    /// Line of the last row.
    line: usize,
}

impl Rows {
    /// Rows of a source.
    pub(crate) fn new<'s>(step: &Step<'s>, input: Input, tabs: bool, options: Options<'s>) -> Result<Rows, Raise> {
        let delimiter = match options.text(step, "separator")? {
            None => {
                if tabs {
                    b'\t'
                } else {
                    b','
                }
            }
            Some(text) => match text.as_bytes() {
                [b] if !matches!(b, b'"' | b'\n' | b'\r') && b.is_ascii() => *b,
                _ => {
                    let message = format!("{}: option `separator` must be one ASCII character", step.name());
                    return Err(Raise::new(ErrorKind::Value, message));
                }
            },
        };
        let ragged = match options.word(step, "ragged", &["error", "pad", "cut"])? {
            "pad" => Ragged::Pad,
            "cut" => Ragged::Cut,
            _ => Ragged::Error,
        };
        Ok(Rows {
            input,
            dialect: Dialect { delimiter, strict: !tabs },
            header: options.flag(step, "header", true),
            nulls: options.texts(step, "nulls")?,
            ragged,
            skip_bad: options.word(step, "on_error", &["error", "skip"])? == "skip",
            skipped: 0,
            begun: false,
            columns: None,
            names: Vec::new(),
            asked: None,
            wanted: None,
            fields: Vec::new(),
            scratch: String::new(),
            line: 0,
        })
    }

    /// How many bad rows were left out so far.
    pub(crate) fn skipped(&self) -> usize {
        self.skipped
    }

    /// Finds the next record's fields. Its length with the line end, and where
    /// its text ends; `None` at the end.
    fn record(&mut self, step: &mut Step<'_>) -> Result<Option<(usize, usize)>, Fault> {
        loop {
            let Some((len, newline)) = self.input.next_line(step)? else { return Ok(None) };
            let whole = len + usize::from(newline);
            self.fields.clear();
            let line = &self.input.rest()[..len];
            if memchr::memchr(b'"', line).is_some() {
                return self.quoted_record(step).map(Some);
            }
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() && self.columns != Some(1) {
                // A blank line is no row, except of a single column.
                self.input.consume_line(whole);
                continue;
            }
            let end = line.len();
            split_plain(line, self.dialect.delimiter, &mut self.fields);
            return Ok(Some((whole, end)));
        }
    }

    fn quoted_record(&mut self, step: &mut Step<'_>) -> Result<(usize, usize), Fault> {
        let mut ended = false;
        loop {
            self.fields.clear();
            match split_quoted(self.input.rest(), self.dialect, ended, &mut self.fields) {
                Record::Whole(len) => return Ok((len, len)),
                Record::Open => ended = !self.input.more(step)?,
                Record::Wrong(at, message) => {
                    let raise = self.input.fault(at, message);
                    let raise = raise.help("put the field in quotes and double the quotes inside it");
                    // Reading goes on behind the line of the fault.
                    let end = memchr::memchr(b'\n', &self.input.rest()[at..]);
                    let resume = end.map_or(self.input.rest().len(), |n| at + n + 1);
                    return Err(Fault { raise, resume: Some(resume) });
                }
            }
        }
    }

    /// The names of the columns, and the model of rows that has them as keys.
    fn begin<'s>(&mut self, step: &mut Step<'s>) -> Result<bool, Raise> {
        self.input.skip_mark(step)?;
        if !self.header {
            return Ok(true);
        }
        let Some((len, end)) = self.record(step).map_err(|f| f.raise)? else { return Ok(false) };
        let text = self.input.text_of(end)?;
        let mut names: Vec<String> = Vec::with_capacity(self.fields.len());
        for field in &self.fields {
            let name = unquoted(text, field);
            names.push(if field.doubled { name.replace("\"\"", "\"") } else { name.to_owned() });
        }
        let mut seen = std::collections::HashSet::new();
        for (i, name) in names.iter().enumerate() {
            if !seen.insert(name.as_str()) {
                let shown: String = name.chars().take(40).collect();
                return Err(self
                    .input
                    .fault(self.fields[i].start, format!("the header has the column `{shown}` twice"))
                    .help("rename one of the columns, or read without names: `[header: false]`"));
            }
        }
        let keys: Vec<&str> = names.iter().map(String::as_str).collect();
        let model = step.model(&keys)?;
        self.columns = Some(names.len());
        self.names = names;
        self.choose();
        step.remember(model.value());
        self.input.consume(len);
        Ok(true)
    }

    /// Finds the columns that are read, once both the header and the question
    /// are known.
    fn choose(&mut self) {
        if let (Some(asked), false) = (&self.asked, self.names.is_empty()) {
            self.wanted = Some(asked.iter().filter_map(|f| self.names.iter().position(|n| n == f)).collect());
        }
    }

    /// Makes the row of the record whose fields were found.
    fn row<'s>(&mut self, step: &mut Step<'s>, end: usize) -> Result<Container<'s>, Fault> {
        let found = self.fields.len();
        let columns = *self.columns.get_or_insert(found);
        let cut = self.ragged == Ragged::Cut;
        if found != columns && !(found < columns && self.ragged != Ragged::Error || found > columns && cut) {
            let at = if found < columns { end } else { self.fields[columns].start.saturating_sub(1) };
            let at = self.input.rest()[..at].iter().rposition(|b| !matches!(b, b'\n' | b'\r')).map_or(0, |n| n + 1);
            let row = if found < columns { "short" } else { "long" };
            let counted = if found == 1 { "1 field".to_owned() } else { format!("{found} fields") };
            let raise = self.input.fault(at, format!("a {row} row: {counted} where the header has {columns}"));
            return Err(Fault::from(raise.help(if found < columns {
                "fill short rows with nil by `[ragged: :pad]`, or leave bad rows out by `[on_error: :skip]`"
            } else {
                "is a separator inside a field without quotes? `[ragged: :cut]` drops what is too much"
            })));
        }
        let text = self.input.text_of(end)?;
        if let (Some(wanted), Some(model)) = (&self.wanted, step.memory().as_container()) {
            let row = step.empty_row(model)?;
            for &i in wanted {
                if let Some(field) = self.fields.get(i) {
                    row.set_at(i, cell(step, text, field, &self.nulls, &mut self.scratch)?);
                }
            }
            return Ok(row);
        }
        let row = step.container(columns)?;
        for field in self.fields.iter().take(columns) {
            let v = cell(step, text, field, &self.nulls, &mut self.scratch)?;
            step.push(row, v)?;
        }
        for _ in found..columns {
            step.push(row, Value::nil())?;
        }
        match step.memory().as_container() {
            Some(model) => Ok(step.take_keys(row, model)?),
            None => Ok(row),
        }
    }
}

/// The text of a field; empty where its bounds are no bounds of characters,
/// which delimiters always are.
fn unquoted<'t>(text: &'t str, field: &Field) -> &'t str {
    text.get(field.start..field.end).unwrap_or("")
}

/// The value of a field.
fn cell<'s>(
    step: &mut Step<'s>,
    text: &str,
    field: &Field,
    nulls: &[String],
    scratch: &mut String,
) -> Result<Value<'s>, Raise> {
    let mut cell = unquoted(text, field);
    if field.doubled {
        scratch.clear();
        for (i, part) in cell.split("\"\"").enumerate() {
            if i > 0 {
                scratch.push('"');
            }
            scratch.push_str(part);
        }
        cell = scratch;
    }
    if !nulls.is_empty() && nulls.iter().any(|n| n == cell) {
        return Ok(Value::nil());
    }
    step.data_scalar(cell)
}

/// An error, and behind how many bytes reading may go on.
struct Fault {
    raise: Raise,
    resume: Option<usize>,
}

impl From<Raise> for Fault {
    fn from(raise: Raise) -> Fault {
        Fault { raise, resume: None }
    }
}

impl HostObject for Rows {
    fn type_name(&self) -> &'static str {
        "rows"
    }

    fn is_sequence(&self) -> bool {
        true
    }

    fn next<'s>(&mut self, step: &mut Step<'s>) -> Result<Option<Value<'s>>, Raise> {
        if !self.begun {
            self.begun = true;
            if !self.begin(step)? {
                self.input.close();
                return Ok(None);
            }
        }
        loop {
            let found = self.record(step);
            let fault = match found {
                Ok(None) => {
                    self.input.close();
                    return Ok(None);
                }
                Ok(Some((len, end))) => {
                    self.line = self.input.line();
                    let row = self.row(step, end);
                    match row {
                        Ok(row) => {
                            self.input.consume(len);
                            return Ok(Some(row.value()));
                        }
                        Err(fault) => Fault { resume: fault.resume.or(Some(len)), ..fault },
                    }
                }
                Err(fault) => fault,
            };
            match fault.resume {
                Some(resume) if self.skip_bad && fault.raise.kind() == ErrorKind::Data => {
                    self.skipped += 1;
                    self.input.consume(resume);
                    step.poll(1)?;
                }
                _ => {
                    self.input.close();
                    return Err(fault.raise);
                }
            }
        }
    }

    fn project(&mut self, fields: &[&str]) {
        self.asked = Some(fields.iter().map(|&f| f.to_owned()).collect());
        self.choose();
    }

    fn place(&self) -> Option<String> {
        (self.line > 0).then(|| format!("{}:{}", self.input.name(), self.line))
    }

    fn close(&mut self) {
        self.input.close();
    }

    fn bytes_held(&self) -> usize {
        self.input.held()
    }

    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}
