//! The record of counts that is kept in the repository: the fingerprint as
//! comments, then a line for each row with its instructions.

use super::Result;
use super::callgrind::Counts;
use std::fmt::{self, Display};
use std::path::{Path, PathBuf};

/// Where the record is, from the root of the repository.
pub const FILE: &str = "benches/instructions.txt";

/// The highest rise that passes: 3 %.
const TOLERANCE: f64 = 1.03;

/// Counts with what they were made by.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Record {
    /// See [`fingerprint`](super::fingerprint).
    pub fingerprint: Vec<String>,
    /// Name and instructions of one run.
    pub rows: Vec<(String, u64)>,
}

impl Record {
    /// A record of what was counted.
    pub fn new(fingerprint: Vec<String>, counts: &[Counts]) -> Record {
        let rows = counts.iter().map(|row| (row.name.clone(), row.instructions)).collect();
        Record { fingerprint, rows }
    }

    /// Reads a record's text.
    ///
    /// # Errors
    /// Where a line is neither a comment nor a row.
    pub fn read(text: &str) -> Result<Record> {
        let mut record = Record::default();
        for line in text.lines().filter(|line| !line.is_empty()) {
            match line.strip_prefix("# ") {
                Some(made_by) if made_by.contains(": ") => record.fingerprint.push(made_by.to_owned()),
                Some(_) => {}
                None => {
                    let row =
                        line.split_once(' ').and_then(|(name, n)| Some((name.to_owned(), n.trim().parse().ok()?)));
                    record.rows.push(row.ok_or_else(|| format!("{FILE}: `{line}` is no row"))?);
                }
            }
        }
        Ok(record)
    }

    /// The count of a row.
    pub fn get(&self, name: &str) -> Option<u64> {
        self.rows.iter().find(|(row, _)| row == name).map(|(_, count)| *count)
    }

    /// The rows that rose by more than 3 % since `before`. `allowed` gives, for a
    /// row, the factor by which it may have grown besides.
    pub fn risen(&self, before: &Record, allowed: impl Fn(&str) -> f64) -> Vec<Rise> {
        let rows = self.rows.iter().filter_map(|(name, now)| {
            let rise = Rise { name: name.clone(), before: before.get(name)?, now: *now };
            (rise.factor() > TOLERANCE * allowed(name)).then_some(rise)
        });
        rows.collect()
    }
}

impl Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "# Instructions of one run of each row; `just record-instructions` rewrites this file.")?;
        self.fingerprint.iter().try_for_each(|line| writeln!(f, "# {line}"))?;
        self.rows.iter().try_for_each(|(name, count)| writeln!(f, "{name} {count}"))
    }
}

/// A row whose count changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rise {
    /// The row.
    pub name: String,
    /// Instructions before.
    pub before: u64,
    /// Instructions now.
    pub now: u64,
}

impl Rise {
    /// How many times as many as before.
    pub fn factor(&self) -> f64 {
        self.now as f64 / self.before.max(1) as f64
    }
}

impl Display for Rise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = (self.factor() - 1.0) * 100.0;
        write!(f, "{}: {} instructions, {} before ({percent:+.1} %)", self.name, self.now, self.before)
    }
}

/// The record's file.
pub fn path(root: &Path) -> PathBuf {
    root.join(FILE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(rows: &[(&str, u64)]) -> Record {
        let rows = rows.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
        Record { fingerprint: vec!["rustc: 1".to_owned(), "processor: a: b".to_owned()], rows }
    }

    #[test]
    fn what_is_written_is_read() {
        let record = record(&[("hot/counter", 1000), ("programs/fib", 5)]);
        assert_eq!(Record::read(&record.to_string()), Ok(record));
        assert!(Record::read("hot/counter many\n").is_err());
    }

    #[test]
    fn a_rise_above_three_per_cent_is_seen() {
        let before = record(&[("a", 1000), ("b", 1000), ("c", 1000), ("gone", 1)]);
        let now = record(&[("a", 1030), ("b", 1031), ("c", 500), ("new", 9)]);
        let risen = |allowed: f64| now.risen(&before, |_| allowed).into_iter().map(|r| r.name).collect::<Vec<_>>();
        assert_eq!(risen(1.0), ["b"]);
        assert!(risen(1.1).is_empty());
    }
}
