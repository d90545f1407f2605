//! The position table: what errors, traces and profiles are made from. Nothing
//! unsafe rests on it, but a walk over it must end, and a span must be one.

use super::{MOST_INLINED, Refusal, Rule, Walk};
use crate::span::Span;

impl Walk<'_, '_> {
    pub(super) fn positions(&mut self) -> Result<(), Refusal> {
        let p = self.prototype;
        self.at = 0;
        self.need(self.is_span(p.span), Rule::Position, "a span lies outside of the source")?;
        let inlined = p.positions.inlined();
        let mut depths: Vec<u16> = Vec::with_capacity(inlined.len());
        for call in inlined {
            let depth = match call.parent {
                u32::MAX => 1,
                outer => depths.get(outer as usize).map_or(u16::MAX, |depth| depth + 1),
            };
            self.need(depth <= MOST_INLINED, Rule::Position, "an inlined call lies in a later one, or too deep")?;
            depths.push(depth);
            let spans = self.is_span(call.span) && self.is_span(call.body);
            self.need(spans, Rule::Position, "a span lies outside of the source")?;
        }
        let mut last = None;
        for row in p.positions.rows() {
            self.at = row.offset;
            let here = Some((row.offset, row.part));
            self.need(last < here, Rule::Position, "positions do not ascend")?;
            last = here;
            let named = row.parent == u32::MAX || (row.parent as usize) < inlined.len();
            self.need(named, Rule::Position, "there is no such inlined call")?;
            self.need(self.is_span(row.span), Rule::Position, "a span lies outside of the source")?;
        }
        // The last one lies behind all others.
        let inside = last.is_none_or(|(offset, _)| (offset as usize) < p.code.len());
        self.need(inside, Rule::Position, "a position lies behind the code")
    }

    /// Whether a span is a range of the source, where that is at hand.
    fn is_span(&self, span: Span) -> bool {
        match self.chunk.source.as_deref() {
            _ if span.start > span.end => false,
            Some(source) => source.is_char_boundary(span.start as usize) && source.is_char_boundary(span.end as usize),
            None => true,
        }
    }
}
