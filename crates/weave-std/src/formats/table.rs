//! Rows as CSV or TSV text. The first row says which columns there are.

use super::scalar_text;
use weave_vm::error::{ErrorKind, Raise};
use weave_vm::native::{Container, Step, Value};

/// Writes rows.
pub(crate) struct Table {
    delimiter: char,
    header: bool,
    columns: Option<Columns>,
    rows: usize,
    cell: String,
}

enum Columns {
    /// Rows with these keys.
    Named(Vec<String>),
    /// Rows of bare values, so many each.
    Bare(usize),
}

impl Table {
    /// A writer; `header` says whether the names of the columns come first.
    pub(crate) fn new(delimiter: char, header: bool) -> Table {
        Table { delimiter, header, columns: None, rows: 0, cell: String::new() }
    }

    fn wrong(&self, step: &Step<'_>, message: &str) -> Raise {
        Raise::new(ErrorKind::Value, format!("{}: row {}: {message}", step.name(), self.rows))
    }

    /// Appends a row.
    ///
    /// # Errors
    /// `:value` where it does not fit the first row or a cell.
    pub(crate) fn row<'s>(&mut self, step: &Step<'s>, v: Value<'s>, out: &mut String) -> Result<(), Raise> {
        self.rows += 1;
        let Some(row) = v.as_container() else {
            let message = format!("must be a container, not {}", v.type_name());
            return Err(self.wrong(step, &message));
        };
        if self.columns.is_none() {
            self.begin(step, row, out)?;
        }
        match self.columns.take() {
            Some(Columns::Named(names)) => {
                let done = self.named(step, row, &names, out);
                self.columns = Some(Columns::Named(names));
                done?;
            }
            Some(Columns::Bare(n)) => {
                self.columns = Some(Columns::Bare(n));
                if row.has_keys() && (0..row.len()).any(|i| !row.key(i).is_nil()) || row.len() != n {
                    return Err(self.wrong(step, &format!("must have {n} values without keys, as the first row")));
                }
                for i in 0..n {
                    self.cell(step, row.get(i), i, n, out)?;
                }
            }
            None => {}
        }
        out.push('\n');
        Ok(())
    }

    fn begin<'s>(&mut self, step: &Step<'s>, row: Container<'s>, out: &mut String) -> Result<(), Raise> {
        let names: Vec<String> = (0..row.len()).filter_map(|i| row.key(i).as_text().map(str::to_owned)).collect();
        if names.is_empty() {
            self.columns = Some(Columns::Bare(row.len()));
            return Ok(());
        }
        if names.len() != row.len() {
            return Err(self.wrong(step, "every value needs a key, or none"));
        }
        if self.header {
            for (i, name) in names.iter().enumerate() {
                self.quoted(name, i, names.len(), out);
            }
            out.push('\n');
        }
        self.columns = Some(Columns::Named(names));
        Ok(())
    }

    fn named<'s>(
        &mut self,
        step: &Step<'s>,
        row: Container<'s>,
        names: &[String],
        out: &mut String,
    ) -> Result<(), Raise> {
        let same = row.len() == names.len();
        for (i, name) in names.iter().enumerate() {
            let v = if same && row.key(i).as_text() == Some(name) {
                row.get(i)
            } else {
                row.field(step, name)
                    .ok_or_else(|| self.wrong(step, &format!("no value for the column `{name}` of the first row")))?
            };
            self.cell(step, v, i, names.len(), out)?;
        }
        if !same {
            let extra = (0..row.len()).map(|i| row.key(i));
            let extra = extra.filter_map(|k| k.as_text().map(str::to_owned)).find(|k| !names.contains(k));
            return Err(match extra {
                Some(name) => self.wrong(step, &format!("the first row has no column `{name}`")),
                None => self.wrong(step, "a value without a key"),
            });
        }
        Ok(())
    }

    fn cell<'s>(&mut self, step: &Step<'s>, v: Value<'s>, i: usize, n: usize, out: &mut String) -> Result<(), Raise> {
        let mut cell = std::mem::take(&mut self.cell);
        cell.clear();
        let fits = v.is_nil() || scalar_text(step, v, &mut cell).is_some();
        self.quoted(&cell, i, n, out);
        self.cell = cell;
        if fits {
            return Ok(());
        }
        let message = format!("{} can't stand in the cell of column {}", v.type_name(), i + 1);
        Err(self.wrong(step, &message).help("make text of it, for example with `join` or `format(x, :json)`"))
    }

    /// Appends a cell, in quotes where it would be read otherwise.
    fn quoted(&self, text: &str, i: usize, n: usize, out: &mut String) {
        if i > 0 {
            out.push(self.delimiter);
        }
        let special = |c: char| c == self.delimiter || matches!(c, '"' | '\n' | '\r');
        let alone = text.is_empty() && n == 1;
        if !alone && !text.contains(special) && !text.starts_with('\u{feff}') {
            out.push_str(text);
            return;
        }
        out.push('"');
        for (i, part) in text.split('"').enumerate() {
            if i > 0 {
                out.push_str("\"\"");
            }
            out.push_str(part);
        }
        out.push('"');
    }
}
