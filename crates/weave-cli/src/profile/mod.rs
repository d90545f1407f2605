//! `weave profile`: where a report goes, and its four forms.

mod json;
mod stacks;
mod text;

use crate::args::{Common, ProfileFormat, When};
use crate::color::Color;
use crate::escape;
use crate::source::reason;
use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Instant;
use weave_vm::error::Place;
use weave_vm::profile::{Function, Profile};

/// What the command line asks for.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) format: ProfileFormat,
    /// Standard error where there is none.
    pub(crate) output: Option<PathBuf>,
}

/// An open report.
pub(crate) struct Report {
    format: ProfileFormat,
    file: Option<(PathBuf, File)>,
    color: bool,
    /// The script's name.
    script: String,
}

/// The machine's clock: nanoseconds since the first look at it.
pub(crate) fn ticks() -> u64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    // A run of 584 years is not to be feared.
    START.elapsed().as_nanos() as u64
}

impl Request {
    /// Opens the file before the program runs, so that nothing is measured in vain.
    ///
    /// # Errors
    /// A message that names the file, with the cause.
    pub(crate) fn open(self, common: &Common, script: &str) -> Result<Report, String> {
        let color = match self.output {
            Some(_) => common.color == When::Always,
            None => Color::decide(common.color).stderr,
        };
        let file = match self.output {
            Some(path) => match File::create(&path) {
                Ok(file) => Some((path, file)),
                Err(error) => return Err(format!("can't write the profile to {}: {}", path.display(), reason(&error))),
            },
            None => None,
        };
        Ok(Report { format: self.format, file, color, script: script.to_owned() })
    }
}

impl Report {
    /// Writes the report.
    ///
    /// # Errors
    /// A message that names the file, with the cause.
    pub(crate) fn write(self, profile: &Profile) -> Result<(), String> {
        let text = match self.format {
            ProfileFormat::Text => text::tables(profile, &self.script, self.color),
            ProfileFormat::Json => json::object(profile, &self.script),
            ProfileFormat::Speedscope => stacks::speedscope(profile, &self.script),
            ProfileFormat::Folded => stacks::folded(profile),
        };
        match self.file {
            Some((path, mut file)) => file
                .write_all(text.as_bytes())
                .map_err(|error| format!("can't write the profile to {}: {}", path.display(), reason(&error))),
            // Standard error may be gone; there is nobody to tell.
            None => {
                let _ = io::stderr().lock().write_all(text.as_bytes());
                Ok(())
            }
        }
    }
}

/// `file:line` of a function's start; the file alone where a chunk was stripped.
fn file_line(place: &Place) -> String {
    match place.line() {
        0 => place.chunk.name.to_string(),
        line => format!("{}:{line}", place.chunk.name),
    }
}

/// A function's name, with its place where it is one of the program's: names alone
/// would not tell lambdas apart. Fit to be shown.
fn label(function: &Function) -> String {
    let text = match &function.place {
        Some(place) => format!("{} ({})", function.name, file_line(place)),
        None => function.name.to_string(),
    };
    escape::one_line(&text, 200)
}
