//! Ranges of integers, with a step and open ends.

use crate::heap::header::{Header, Kind};
use crate::heap::{Heap, OutOfMemory};
use crate::value::{Raw, Tag};

/// Layout: header (`flags`), start, end, step.
#[repr(C)]
pub(crate) struct RangeObject {
    header: Header,
    /// 0 where it is open.
    pub(crate) start: i64,
    end: i64,
    pub(crate) step: i64,
}

/// A range's parts, copied out.
///
/// ```
/// use weave_vm::Range;
///
/// let odd = Range { start: Some(1), end: Some(9), inclusive: true, step: 2 };
/// assert_eq!((odd.extent(), odd.nth(2)), ((1, Some(5)), Some(5)));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Range {
    /// `None` where the start is open.
    pub start: Option<i64>,
    /// `None` where the end is open.
    pub end: Option<i64>,
    /// Whether the end belongs to it.
    pub inclusive: bool,
    /// Never 0.
    pub step: i64,
}

impl Range {
    /// The first number and how many there are; `None` for the count where the
    /// end is open. A range that runs backwards is empty.
    ///
    /// ```
    /// use weave_vm::Range;
    ///
    /// let days = Range { start: Some(1), end: Some(31), inclusive: true, step: 7 };
    /// assert_eq!(days.extent(), (1, Some(5)));
    /// assert_eq!(Range { end: None, ..days }.extent(), (1, None));
    /// ```
    pub fn extent(self) -> (i64, Option<u64>) {
        let start = self.start.unwrap_or(0);
        let Some(end) = self.end else { return (start, None) };
        let distance =
            if self.step > 0 { i128::from(end) - i128::from(start) } else { i128::from(start) - i128::from(end) };
        let step = i128::from(self.step).abs();
        let count = if self.inclusive { distance.div_euclid(step) + 1 } else { (distance + step - 1).div_euclid(step) };
        (start, Some(u64::try_from(count.max(0)).unwrap_or(u64::MAX)))
    }

    /// The i-th number.
    ///
    /// ```
    /// use weave_vm::Range;
    ///
    /// let even = Range { start: Some(0), end: None, inclusive: false, step: 2 };
    /// assert_eq!(even.nth(21), Some(42));
    /// assert_eq!(even.nth(u64::MAX), None);
    /// ```
    pub fn nth(self, i: u64) -> Option<i64> {
        let at = i128::from(self.start.unwrap_or(0)) + i128::from(self.step) * i128::from(i);
        i64::try_from(at).ok()
    }
}

const INCLUSIVE: u8 = 1;
const NO_START: u8 = 2;
const NO_END: u8 = 4;

impl Heap {
    pub(crate) fn range(&mut self, r: Range) -> Result<Raw, OutOfMemory> {
        let object = self.allocate(Kind::Range, size_of::<RangeObject>())?.cast::<RangeObject>();
        // SAFETY: the cell is large enough.
        unsafe {
            (*object).header.flags = if r.inclusive { INCLUSIVE } else { 0 }
                | if r.start.is_none() { NO_START } else { 0 }
                | if r.end.is_none() { NO_END } else { 0 };
            (*object).start = r.start.unwrap_or(0);
            (*object).end = r.end.unwrap_or(0);
            (*object).step = r.step;
        }
        Ok(Raw::object(Tag::Range, object.cast()))
    }
}

/// The parts of a range value.
pub(crate) fn range_of(v: Raw) -> Range {
    debug_assert!(v.is(Tag::Range), "range parts from a range");
    let object = v.address().cast::<RangeObject>();
    // SAFETY: H1.
    unsafe {
        let flags = (*object).header.flags;
        Range {
            start: (flags & NO_START == 0).then_some((*object).start),
            end: (flags & NO_END == 0).then_some((*object).end),
            inclusive: flags & INCLUSIVE != 0,
            step: (*object).step,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extents() {
        let r = |start, end, inclusive, step| Range { start: Some(start), end: Some(end), inclusive, step }.extent().1;
        assert_eq!(r(1, 5, false, 1), Some(4));
        assert_eq!(r(1, 5, true, 1), Some(5));
        assert_eq!(r(5, 1, true, 1), Some(0));
        assert_eq!(r(0, 10, false, 3), Some(4));
        assert_eq!(r(10, 0, true, -5), Some(3));
        assert_eq!(r(i64::MIN, i64::MAX, true, 1), Some(u64::MAX));
    }
}
