//! Diagnostics on standard error: drawn by miette for people, or as one JSON
//! object a line. This is miette's only user, and the only place that writes
//! diagnostics.

use crate::args::ErrorFormat;
use crate::escape;
use crate::json;
use crate::snippet::{Lines, Snippet};
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode};
use std::fmt;
use std::io::Write;
use weave_bytecode::span::Span;
use weave_compiler::error::{CompileError, ErrorKind as CompileKind};
use weave_vm::error::{ErrorKind, RuntimeError, TraceEntry};

/// Compile errors of one source that are shown.
const MOST_ERRORS: usize = 50;
/// Characters of a message that are shown.
const MOST_MESSAGE: usize = 2_000;

/// A diagnostic before it is drawn.
pub(crate) struct Fact<'a> {
    pub(crate) kind: &'static str,
    pub(crate) message: &'a str,
    /// Whether line breaks of the message are the program's own words.
    pub(crate) keep_lines: bool,
    pub(crate) source: Option<Source<'a>>,
    pub(crate) help: Option<&'a str>,
    pub(crate) data_place: Option<&'a str>,
    pub(crate) trace: &'a [TraceEntry],
    /// Whether the program has no source to show: its chunk was stripped.
    pub(crate) stripped: bool,
    pub(crate) omitted: Option<(usize, usize)>,
}

/// What a diagnostic points at.
pub(crate) struct Source<'a> {
    pub(crate) name: &'a str,
    pub(crate) lines: &'a Lines<'a>,
    /// The culprit first.
    pub(crate) labels: Vec<(Span, &'a str)>,
}

/// Writes diagnostics in the form that the command line chose.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reporter {
    pub(crate) color: bool,
    pub(crate) format: ErrorFormat,
}

impl Reporter {
    /// All errors of a source, up to a cap, and a line that says how many more.
    pub(crate) fn compile_errors(self, name: &str, source: &str, errors: &[CompileError]) {
        let lines = Lines::new(source);
        for error in errors.iter().take(MOST_ERRORS) {
            let labels = error.labels.iter().map(|label| (label.span, label.text.as_str())).collect();
            self.write(&Fact {
                kind: compile_kind(error.kind),
                message: &error.message,
                keep_lines: false,
                source: Some(Source { name, lines: &lines, labels }),
                help: error.help.as_deref(),
                data_place: None,
                trace: &[],
                stripped: false,
                omitted: None,
            });
        }
        if errors.len() > MOST_ERRORS && self.format == ErrorFormat::Text {
            note(&format!("{} more errors in {}\n", errors.len() - MOST_ERRORS, escape::one_line(name, 200)));
        }
    }

    /// An error that a program did not catch.
    pub(crate) fn runtime_error(self, error: &RuntimeError) {
        let text = error.place.as_ref().and_then(|place| place.chunk.source.as_deref());
        let lines = text.map(Lines::new);
        let source = error.place.as_ref().zip(lines.as_ref()).map(|(place, lines)| Source {
            name: &place.chunk.name,
            lines,
            labels: vec![(place.span, error.label.as_deref().unwrap_or_default())],
        });
        let stripped = error.place.as_ref().is_some_and(|place| place.chunk.source.is_none());
        // The innermost entry is the place itself; alone it says nothing new, unless
        // the place can't be shown.
        let trace = if error.trace.len() > 1 || stripped { error.trace.as_slice() } else { &[] };
        self.write(&Fact {
            kind: error.kind.name(),
            message: &error.message,
            keep_lines: error.kind == ErrorKind::User,
            source,
            help: error.help.as_deref(),
            data_place: error.data_place.as_deref(),
            trace,
            stripped,
            omitted: error.omitted,
        });
    }

    /// A failure of the command itself: a file that can't be read, a full disk.
    pub(crate) fn failure(self, kind: &'static str, message: &str, help: Option<&str>) {
        self.write(&Fact {
            kind,
            message,
            keep_lines: false,
            source: None,
            help,
            data_place: None,
            trace: &[],
            stripped: false,
            omitted: None,
        });
    }

    fn write(self, fact: &Fact<'_>) {
        match self.format {
            ErrorFormat::Json => note(&json::object(fact)),
            ErrorFormat::Text => note(&self.draw(fact)),
        }
    }

    /// The text form, as it goes to the terminal.
    fn draw(self, fact: &Fact<'_>) -> String {
        let theme = if self.color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_links(false)
            .with_context_lines(0)
            .with_wrap_lines(false)
            .with_break_words(false);
        let mut out = String::new();
        // Drawing goes to a string, which takes everything.
        let _ = handler.render_report(&mut out, &Drawn::new(fact));
        if let Some(place) = fact.data_place {
            out.push_str(&format!("  data: {}\n", escape::one_line(place, 400)));
        }
        if fact.stripped {
            out.push_str(&format!("  kind: {}\n", fact.kind));
        }
        draw_trace(fact, &mut out);
        out
    }
}

/// Writes to standard error at once. Where that fails there is nobody to tell.
pub(crate) fn note(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

fn compile_kind(kind: CompileKind) -> &'static str {
    match kind {
        CompileKind::Token => "token",
        CompileKind::Syntax => "syntax",
        CompileKind::Name => "name",
        CompileKind::Arity => "arity",
        CompileKind::Limit => "limit",
    }
}

fn draw_trace(fact: &Fact<'_>, out: &mut String) {
    let mut rows: Vec<(String, String)> = Vec::new();
    // Calls of one source stand together, so its table of lines is kept.
    let mut table: Option<(&str, Lines<'_>)> = None;
    for entry in fact.trace {
        let function = if entry.function.is_empty() { "the program" } else { &entry.function };
        let place = entry.place.as_ref().map(|place| {
            let name = escape::one_line(&place.chunk.name, 200);
            let Some(source) = place.chunk.source.as_deref() else { return name };
            if table.as_ref().is_none_or(|(known, _)| !std::ptr::eq(*known, source)) {
                table = Some((source, Lines::new(source)));
            }
            match &table {
                Some((_, lines)) => {
                    let at = lines.place(place.span.start);
                    format!("{name}:{}:{}", at.line, at.column)
                }
                None => name,
            }
        });
        rows.push((escape::one_line(function, 60), place.unwrap_or_else(|| "built in".to_owned())));
    }
    if rows.is_empty() {
        return;
    }
    let width = rows.iter().map(|(name, _)| unicode_width::UnicodeWidthStr::width(name.as_str())).max().unwrap_or(0);
    out.push_str("  calls, innermost first:\n");
    for (i, (name, place)) in rows.iter().enumerate() {
        if let Some((at, missing)) = fact.omitted
            && at == i
        {
            out.push_str(&format!("    … {missing} more calls …\n"));
        }
        let pad = width.saturating_sub(unicode_width::UnicodeWidthStr::width(name.as_str()));
        out.push_str(&format!("    {name}{:pad$}  {place}\n", ""));
    }
}

/// A fact in miette's terms.
struct Drawn {
    message: String,
    help: Option<String>,
    snippet: Option<Snippet>,
    labels: Vec<LabeledSpan>,
}

impl Drawn {
    fn new(fact: &Fact<'_>) -> Drawn {
        let message = if fact.keep_lines {
            escape::lines(fact.message, MOST_MESSAGE)
        } else {
            escape::one_line(fact.message, MOST_MESSAGE)
        };
        let help = fact.help.map(|help| escape::one_line(help, MOST_MESSAGE));
        let mut labels = Vec::new();
        let snippet = fact.source.as_ref().map(|source| {
            let spans: Vec<Span> = source.labels.iter().map(|(span, _)| *span).collect();
            let snippet = Snippet::new(source.name, source.lines, &spans);
            for (i, (_, text)) in source.labels.iter().enumerate() {
                let Some((start, len)) = snippet.span(i) else { continue };
                let text = (!text.is_empty()).then(|| escape::one_line(text, 200));
                labels.push(if i == 0 {
                    LabeledSpan::new_primary_with_span(text, (start, len))
                } else {
                    LabeledSpan::new_with_span(text, (start, len))
                });
            }
            snippet
        });
        // miette draws labels of one line in the order in which they come.
        labels.sort_by_key(|label| (label.offset(), label.len()));
        Drawn { message, help, snippet, labels }
    }
}

impl fmt::Display for Drawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Drawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Drawn {}

impl Diagnostic for Drawn {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.snippet.as_ref().map(|snippet| snippet as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Reporter = Reporter { color: false, format: ErrorFormat::Text };

    fn draw(source: &str, labels: Vec<(Span, &str)>) -> String {
        let lines = Lines::new(source);
        PLAIN.draw(&Fact {
            kind: "type",
            message: "can't add int and string",
            keep_lines: false,
            source: Some(Source { name: "a.wv", lines: &lines, labels }),
            help: Some("write it into the string: \"{x}\""),
            data_place: Some("sales.csv:17:3"),
            trace: &[],
            stripped: false,
            omitted: None,
        })
    }

    #[test]
    fn it_shows_line_label_help_and_data() {
        let text = draw("x = 1\ny = x + \"a\"\n", vec![(Span::new(10, 17), "int + string")]);
        for part in ["can't add int and string", "a.wv:2:5", "y = x + \"a\"", "int + string", "help:", "sales.csv:17:3"]
        {
            assert!(text.contains(part), "{part} is missing in\n{text}");
        }
    }

    #[test]
    fn labels_anywhere_are_drawn() {
        let source = "a\nbb\n\nccc ccc\n";
        let count = source.len() as u32 + 2;
        for first in 0..count {
            for second in 0..count {
                let text = draw(source, vec![(Span::new(first, count), "one"), (Span::new(second, second), "two")]);
                assert!(text.contains("one") && text.contains("two"), "{first} {second}\n{text}");
            }
        }
    }

    #[test]
    fn escapes_of_the_source_are_harmless() {
        let text = draw("x = '\u{1b}[2J'\n", vec![(Span::new(0, 1), "\u{1b}]0;x\u{7}")]);
        assert!(!text.contains('\u{1b}'), "{text}");
    }
}
