//! Which piece of source an instruction came from. Nothing is looked up until
//! something fails, so the table costs the running program nothing.

use crate::span::Span;

/// A part of an instruction's expression, so that an error can underline the
/// smallest piece at fault.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Part {
    /// The whole expression.
    Whole = 0,
    /// The left operand, the callee, the object.
    Left = 1,
    /// The right operand, the index.
    Right = 2,
}

/// One row: an instruction part and its span.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Position {
    /// Offset of the instruction's first word in the prototype's code.
    pub offset: u32,
    /// Which part of it.
    pub part: Part,
    /// Where it stands in the source.
    pub span: Span,
    /// Index into [`Positions::inlined`] of the call that this code was
    /// inlined at, or `u32::MAX`.
    pub parent: u32,
}

/// A call that was replaced by the callee's body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InlinedAt {
    /// The inlined function's name.
    pub function: Box<str>,
    /// The call's span.
    pub span: Span,
    /// The whole inlined function in the source: [`Prototype::span`] of its own code.
    ///
    /// [`Prototype::span`]: crate::prototype::Prototype::span
    pub body: Span,
    /// Whether only the default of its first parameter runs here, for a fold to start
    /// from: no call of the program's.
    pub default: bool,
    /// The call that this one was itself inlined at, or `u32::MAX`.
    pub parent: u32,
}

/// The position table of one prototype.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Positions {
    rows: Vec<Position>,
    inlined: Vec<InlinedAt>,
}

impl Positions {
    /// Records a part of the instruction at `offset`. Offsets must not fall
    /// from one call to the next.
    pub fn add(&mut self, offset: u32, part: Part, span: Span, parent: Option<u32>) {
        debug_assert!(self.rows.last().is_none_or(|r| r.offset <= offset), "positions are added in order");
        self.rows.push(Position { offset, part, span, parent: parent.unwrap_or(u32::MAX) });
    }

    /// Records a call that is inlined; the index goes to [`Positions::add`].
    pub fn add_inlined(&mut self, call: InlinedAt) -> u32 {
        self.inlined.push(call);
        (self.inlined.len() - 1) as u32
    }

    /// Forgets what is recorded from `offset` on, whose code is taken back.
    pub fn take_back(&mut self, offset: u32) {
        let before = self.rows.partition_point(|r| r.offset < offset);
        self.rows.truncate(before);
    }

    /// The call that an inlined call was itself inlined at: an earlier one, so a walk
    /// outwards ends whatever the table holds.
    pub fn outer(&self, inlined: u32) -> Option<u32> {
        self.inlined.get(inlined as usize).map(|call| call.parent).filter(|&parent| parent < inlined)
    }

    /// Says at which call the code from `offset` on was inlined, where its first
    /// instruction has no position of its own: it takes that of the code before.
    pub fn belongs_to(&mut self, offset: u32, parent: Option<u32>) {
        let parent = parent.unwrap_or(u32::MAX);
        let (at, known) = self.rows.last().map_or((None, u32::MAX), |r| (Some(r.offset), r.parent));
        if known == parent || at == Some(offset) {
            return;
        }
        let before = at.and_then(|at| self.find(at, Part::Whole));
        let call = self.inlined.get(parent as usize).map(|call| call.span);
        if let Some(span) = before.or(call) {
            self.rows.push(Position { offset, part: Part::Whole, span, parent });
        }
    }

    /// The table with these parts, as they are.
    pub(crate) fn from_parts(rows: Vec<Position>, inlined: Vec<InlinedAt>) -> Positions {
        Positions { rows, inlined }
    }

    /// Drops the spans. What remains says which code was inlined from which function;
    /// `number` gives a function in place of its span.
    pub(crate) fn strip(&mut self, number: &mut impl FnMut(Span) -> Span) {
        for call in &mut self.inlined {
            call.span = Span::default();
            call.body = number(call.body);
        }
        // A row stays where the code of another call begins. The first one makes
        // sure that every place is known to lie in this chunk.
        let mut rows = vec![Position { offset: 0, part: Part::Whole, span: Span::default(), parent: u32::MAX }];
        for row in self.rows.iter().filter(|row| row.part == Part::Whole) {
            let row = Position { span: Span::default(), ..*row };
            match rows.last_mut() {
                Some(last) if last.parent == row.parent => {}
                Some(last) if last.offset == row.offset => *last = row,
                _ => rows.push(row),
            }
        }
        self.rows = rows;
    }

    /// The span of a part of the instruction that contains word `offset`; the
    /// whole expression's where the part has none.
    pub fn find(&self, offset: u32, part: Part) -> Option<Span> {
        self.row(offset, part).or_else(|| self.row(offset, Part::Whole)).map(|r| r.span)
    }

    fn row(&self, offset: u32, part: Part) -> Option<&Position> {
        let end = self.rows.partition_point(|r| r.offset <= offset);
        let at = self.rows[..end].last()?.offset;
        self.rows[..end].iter().rev().take_while(|r| r.offset == at).find(|r| r.part == part)
    }

    /// The calls that the instruction at `offset` was inlined at, innermost
    /// first.
    pub fn inlined_at(&self, offset: u32) -> impl Iterator<Item = &InlinedAt> {
        let mut next = self.innermost(offset);
        std::iter::from_fn(move || {
            let at = next?;
            next = self.outer(at);
            self.inlined.get(at as usize)
        })
    }

    /// The innermost of those calls, by its number among [`Positions::inlined`].
    pub fn innermost(&self, offset: u32) -> Option<u32> {
        self.row(offset, Part::Whole).map(|r| r.parent).filter(|&parent| parent != u32::MAX)
    }

    /// All calls that were replaced by the callee's body.
    pub fn inlined(&self) -> &[InlinedAt] {
        &self.inlined
    }

    /// All rows, in order of offset.
    pub fn rows(&self) -> &[Position] {
        &self.rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(parent: u32) -> InlinedAt {
        InlinedAt { function: "f".into(), span: Span::new(7, 9), body: Span::new(0, 5), default: false, parent }
    }

    #[test]
    fn code_without_positions_belongs_to_its_inlined_call() {
        let mut positions = Positions::default();
        positions.add(0, Part::Whole, Span::new(1, 2), None);
        let inner = positions.add_inlined(call(u32::MAX));
        // Two instructions without a position, one with its own, and one behind.
        for offset in [1, 2] {
            positions.belongs_to(offset, Some(inner));
        }
        positions.add(3, Part::Whole, Span::new(3, 4), Some(inner));
        positions.belongs_to(3, Some(inner));
        positions.belongs_to(4, None);
        let calls: Vec<Option<u32>> = (0..6).map(|at| positions.innermost(at)).collect();
        assert_eq!(calls, [None, Some(0), Some(0), Some(0), None, None]);
        assert_eq!(positions.rows().len(), 4);
        // Where an error would be shown has not changed.
        let spans: Vec<u32> = (0..6).filter_map(|at| positions.find(at, Part::Left)).map(|span| span.start).collect();
        assert_eq!(spans, [1, 1, 1, 3, 3, 3]);
    }

    #[test]
    fn the_first_code_takes_the_place_of_its_call() {
        let mut positions = Positions::default();
        let inner = positions.add_inlined(call(u32::MAX));
        positions.belongs_to(0, Some(inner));
        assert_eq!(positions.find(0, Part::Whole), Some(Span::new(7, 9)));
        assert_eq!(positions.innermost(0), Some(inner));
    }

    #[test]
    fn a_walk_outwards_ends() {
        let mut positions = Positions::default();
        // Each is inlined at the other one, or at itself.
        positions.add_inlined(call(1));
        positions.add_inlined(call(0));
        positions.add_inlined(call(2));
        positions.add(0, Part::Whole, Span::new(0, 1), Some(1));
        positions.add(1, Part::Whole, Span::new(0, 1), Some(2));
        assert_eq!(positions.inlined_at(0).count(), 2);
        assert_eq!(positions.inlined_at(1).count(), 1);
        assert_eq!((positions.outer(0), positions.outer(1), positions.outer(9)), (None, Some(0), None));
    }
}
