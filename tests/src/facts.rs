//! Facts: what an error says, as plain text with its source, for snapshots.
//! How a terminal shows it is the command line's business.

use std::fmt::Write;
use weave_bytecode::span::Span;
use weave_compiler::error::CompileError;
use weave_vm::error::{Place, RuntimeError};

/// The source with numbered lines, under which the facts stand.
pub fn numbered(source: &str) -> String {
    let mut text = String::new();
    for (index, line) in source.lines().enumerate() {
        let _ = writeln!(text, "{:>3} | {line}", index + 1);
    }
    text
}

/// One compile error: its message, its places with their words, its help.
pub fn of_compile_error(source: &str, error: &CompileError) -> String {
    let mut text = format!("\ncompile error ({:?}): {}\n", error.kind, plain(&error.message));
    for label in &error.labels {
        let _ = write!(text, "  at {}", place(source, label.span));
        let _ = writeln!(text, "{}", if label.text.is_empty() { String::new() } else { format!(": {}", label.text) });
    }
    if let Some(help) = &error.help {
        let _ = writeln!(text, "  help: {help}");
    }
    text
}

/// A run-time error: its message, its place, what was there, its help, and
/// the calls that led to it.
pub fn of_runtime_error(error: &RuntimeError) -> String {
    let mut text = format!("\nerror ({}): {}\n", error.kind.name(), plain(&error.message));
    let at = |place: &Place| self::place(place.chunk.source.as_deref().unwrap_or_default(), place.span);
    if let Some(place) = &error.place {
        let label = error.label.as_deref().map(|label| format!(": {label}")).unwrap_or_default();
        let _ = writeln!(text, "  at {}{label}", at(place));
    }
    if let Some(data) = &error.data_place {
        let _ = writeln!(text, "  in the data at {data}");
    }
    if let Some(help) = &error.help {
        let _ = writeln!(text, "  help: {help}");
    }
    for (index, entry) in error.trace.iter().enumerate() {
        if let Some((cut, missing)) = error.omitted.filter(|(cut, _)| *cut == index) {
            debug_assert!(cut == index && missing > 0, "a cut leaves something out");
            let _ = writeln!(text, "  … {missing} more calls");
        }
        let function = if entry.function.is_empty() { "the program" } else { &entry.function };
        let place = entry.place.as_ref().map(at).unwrap_or_default();
        let _ = writeln!(text, "  in {function} at {place}");
    }
    text
}

/// Line and column of a range and the text in it, shortened.
fn place(source: &str, span: Span) -> String {
    let start = (span.start as usize).min(source.len());
    let before = source.get(..start).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let covered: String = source.get(span.range()).unwrap_or_default().chars().take(40).collect();
    format!("{line}:{column} `{}`", plain(&covered))
}

/// Text with its control characters escaped.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { c.escape_default().to_string() } else { c.to_string() }).collect()
}
