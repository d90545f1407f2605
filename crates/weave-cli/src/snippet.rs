//! The few source lines that a diagnostic shows, as miette reads them: made safe
//! for a terminal, long ones cut around the place in question, and found through
//! a table of lines instead of a scan for each label.

use crate::escape;
use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};
use weave_bytecode::span::Span;

/// Characters of a source line that are shown.
const WIDTH: usize = 140;
/// Of them in front of the span, where the line is cut.
const BEFORE: usize = 40;
/// Columns between tab stops.
const TAB: usize = 4;

/// A source with the starts of its lines.
pub(crate) struct Lines<'a> {
    source: &'a str,
    starts: Vec<usize>,
}

/// A line and column, both counted from 1, the column in characters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl<'a> Lines<'a> {
    /// Linear in the source's length.
    pub(crate) fn new(source: &'a str) -> Lines<'a> {
        let ends = source.bytes().enumerate().filter(|&(_, b)| b == b'\n').map(|(i, _)| i + 1);
        Lines { source, starts: std::iter::once(0).chain(ends).collect() }
    }

    fn index(&self, at: usize) -> usize {
        self.starts.partition_point(|&start| start <= at).saturating_sub(1)
    }

    /// A byte offset moved into the source and back to the start of a character.
    fn clamp(&self, at: u32) -> usize {
        let mut at = (at as usize).min(self.source.len());
        while !self.source.is_char_boundary(at) {
            at -= 1;
        }
        at
    }

    /// Where a byte of the source is.
    pub(crate) fn place(&self, at: u32) -> Place {
        let at = self.clamp(at);
        let index = self.index(at);
        let start = self.starts.get(index).copied().unwrap_or(0);
        let column = self.source.get(start..at).map_or(0, |before| before.chars().count()) + 1;
        Place { line: index + 1, column }
    }

    /// Start and end of a line without its line break.
    fn line_range(&self, index: usize) -> (usize, usize) {
        let start = self.starts.get(index).copied().unwrap_or(0);
        let next = self.starts.get(index + 1).copied();
        let mut end = next.map_or(self.source.len(), |n| n - 1);
        if next.is_some() && end > start && self.source.as_bytes().get(end - 1) == Some(&b'\r') {
            end -= 1;
        }
        (start, end)
    }
}

/// One line as it is shown.
struct Shown {
    /// Counted from 0.
    index: usize,
    /// Where it begins in the text of the snippet.
    at: usize,
    /// Which bytes of the source it shows.
    range: (usize, usize),
}

/// What miette draws.
pub(crate) struct Snippet {
    name: String,
    text: String,
    lines: Vec<Shown>,
    /// Start in the snippet's text, length and place in the source of each span;
    /// `None` where it lies in a part that is cut away.
    spans: Vec<Option<(usize, usize, Place)>>,
}

impl Snippet {
    /// The lines of `spans`, the most important one first. A span over several
    /// lines is shown by its first.
    pub(crate) fn new(name: &str, lines: &Lines<'_>, spans: &[Span]) -> Snippet {
        let mut wanted: Vec<(usize, usize)> = Vec::new();
        for span in spans {
            let start = lines.clamp(span.start);
            let index = lines.index(start);
            if !wanted.iter().any(|&(known, _)| known == index) {
                wanted.push((index, start));
            }
        }
        wanted.sort_unstable();
        let mut snippet =
            Snippet { name: escape::one_line(name, 200), text: String::new(), lines: Vec::new(), spans: Vec::new() };
        // Where each byte of the source went: pairs of source and snippet offset.
        let mut map: Vec<(usize, usize)> = Vec::new();
        for (index, focus) in wanted {
            let past_end = spans.iter().any(|span| {
                let start = lines.clamp(span.start);
                lines.index(start) == index && start >= lines.line_range(index).1
            });
            snippet.add_line(lines, index, focus, past_end, &mut map);
        }
        for span in spans {
            let found = snippet.locate(lines, *span, &map);
            snippet.spans.push(found);
        }
        snippet
    }

    fn add_line(
        &mut self,
        lines: &Lines<'_>,
        index: usize,
        focus: usize,
        past_end: bool,
        map: &mut Vec<(usize, usize)>,
    ) {
        let (start, end) = lines.line_range(index);
        let source = lines.source;
        let focus = focus.clamp(start, end);
        let ahead = source.get(start..focus).unwrap_or_default();
        let mut from = start;
        // The whole line is shown where it fits, else a window around the focus.
        if source.get(start..end).unwrap_or_default().chars().nth(WIDTH).is_some() {
            from = ahead.char_indices().rev().nth(BEFORE - 1).map_or(start, |(i, _)| start + i);
        }
        let shown = source.get(from..end).unwrap_or_default();
        let to = shown.char_indices().nth(WIDTH).map_or(end, |(i, _)| from + i);
        let at = self.text.len();
        if from > start {
            self.text.push('…');
        }
        let mut column = 0;
        for (i, c) in source.get(from..to).unwrap_or_default().char_indices() {
            map.push((from + i, self.text.len()));
            if c == '\t' {
                let width = TAB - column % TAB;
                self.text.extend(std::iter::repeat_n(' ', width));
                column += width;
            } else {
                escape::push(&mut self.text, c);
                column += 1;
            }
        }
        map.push((to, self.text.len()));
        // Room to point at what is missing behind the line's end.
        self.text.push_str(match (to < end, past_end) {
            (true, _) => "…\n",
            (false, true) => " \n",
            (false, false) => "\n",
        });
        self.lines.push(Shown { index, at, range: (from, to) });
    }

    fn locate(&self, lines: &Lines<'_>, span: Span, map: &[(usize, usize)]) -> Option<(usize, usize, Place)> {
        let start = lines.clamp(span.start);
        let end = lines.clamp(span.end).max(start);
        let index = lines.index(start);
        let shown = self.lines.iter().find(|line| line.index == index)?;
        let (from, to) = shown.range;
        // The line break itself stands at the line's end.
        let start_shown = start.min(lines.line_range(index).1);
        if start_shown < from || start_shown > to {
            return None;
        }
        let end_shown = end.clamp(start_shown, to);
        let look = |at: usize| map.get(map.partition_point(|&(s, _)| s < at)).map(|&(_, t)| t);
        let (first, last) = (look(start_shown)?, look(end_shown)?);
        // Something is underlined in any case: where the span is empty, the
        // character behind it.
        let least = self.text.get(first..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
        Some((first, last.saturating_sub(first).max(least), lines.place(span.start)))
    }

    /// Where a span is in the snippet's text, as miette wants it.
    pub(crate) fn span(&self, i: usize) -> Option<(usize, usize)> {
        self.spans.get(i).copied().flatten().map(|(start, len, _)| (start, len))
    }

    fn line_at(&self, at: usize) -> Option<usize> {
        self.lines.partition_point(|line| line.at <= at).checked_sub(1)
    }
}

impl SourceCode for Snippet {
    fn read_span<'s>(
        &'s self,
        span: &SourceSpan,
        _before: usize,
        _after: usize,
    ) -> Result<Box<dyn SpanContents<'s> + 's>, MietteError> {
        let out = || MietteError::OutOfBounds;
        let first = self.line_at(span.offset()).ok_or_else(out)?;
        let last = self.line_at(span.offset() + span.len().saturating_sub(1)).ok_or_else(out)?;
        let (a, b) = (self.lines.get(first).ok_or_else(out)?, self.lines.get(last).ok_or_else(out)?);
        if b.index - a.index != last - first {
            // Lines between them are not part of the snippet.
            return Err(out());
        }
        let end = self.lines.get(last + 1).map_or(self.text.len(), |line| line.at);
        let data = self.text.get(a.at..end).ok_or_else(out)?;
        let column = self.spans.iter().flatten().find(|(start, ..)| *start == span.offset()).map_or(1, |s| s.2.column);
        let span = SourceSpan::from((a.at, data.len()));
        let name = self.name.clone();
        let lines = last - first + 1;
        Ok(Box::new(MietteSpanContents::new_named(name, data.as_bytes(), span, a.index, column - 1, lines)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_cut_around_the_span() {
        let source = format!("{}needle{}\nnext", "x".repeat(100_000), "y".repeat(100_000));
        let lines = Lines::new(&source);
        let snippet = Snippet::new("a.wv", &lines, &[Span::new(100_000, 100_006)]);
        assert!(snippet.text.len() < 200, "{}", snippet.text.len());
        let (start, len) = snippet.span(0).unwrap();
        assert_eq!(&snippet.text[start..start + len], "needle");
        assert_eq!(lines.place(100_000), Place { line: 1, column: 100_001 });
    }

    #[test]
    fn any_span_is_clamped() {
        let source = "é\tb\r\n\n\u{1b}x";
        let lines = Lines::new(source);
        for start in 0..20 {
            for end in 0..20 {
                let snippet = Snippet::new("a.wv", &lines, &[Span::new(start, end), Span::new(end, start)]);
                let (at, len) = snippet.span(0).unwrap();
                assert!(snippet.text.get(at..at + len).is_some(), "{start}..{end}");
                assert!(snippet.read_span(&SourceSpan::from((at, len)), 0, 0).is_ok());
            }
        }
        let empty = Lines::new("");
        assert!(Snippet::new("a.wv", &empty, &[Span::new(5, 9)]).span(0).is_some());
    }
}
