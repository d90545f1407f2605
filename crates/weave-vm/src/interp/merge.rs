//! The step between two comparisons of a merge sort with a comparing function: the
//! only part of a built-in that is an instruction of its own, because it runs once
//! for each comparison and costs more as a step than the comparison itself.

use super::call::enter;
use super::machine::{Flow, Machine, at};
use crate::object::container::ContainerRef;
use crate::value::{Raw, Tag, copy, int_at, load};

/// Registers of the state, from the instruction's first operand on. `natives/sort.rs`
/// says what they mean.
pub(crate) const FROM: usize = 0;
pub(crate) const TO: usize = 1;
pub(crate) const LEFT: usize = 2;
pub(crate) const MIDDLE: usize = 3;
pub(crate) const RIGHT: usize = 4;
pub(crate) const END: usize = 5;
pub(crate) const STATE: usize = 6;

/// Takes the value that came first in the comparison and calls the function with the
/// next two. Where a run of the merge ends, the function is not a plain one, or the
/// batch of steps is used up, the built-in's own step does all that.
#[inline(always)]
pub(crate) unsafe fn merge_step(m: &mut Machine) -> Flow {
    let w = m.word();
    // SAFETY: the registers belong to the frame of the built-in that begins here (its
    // word is made in `natives/sort.rs`), and only its steps write them: the numbers are
    // ints with left < middle and right < end. Both ends are checked against the lengths.
    unsafe {
        let state = at(m.base, w.a());
        let window = at(m.base, w.b());
        if !(*state.add(FROM)).is(Tag::Container) || !(*state.add(TO)).is(Tag::Container) {
            return Flow::Slow;
        }
        let take_right = usize::from((*window).truthy());
        let (left, right) = (int_at(state.add(LEFT)) as usize, int_at(state.add(RIGHT)) as usize);
        let (middle, end) = (int_at(state.add(MIDDLE)) as usize, int_at(state.add(END)) as usize);
        let (next_left, next_right) = (left + 1 - take_right, right + take_right);
        let (from, to) = (ContainerRef::as_is(*state.add(FROM)), ContainerRef::as_is(*state.add(TO)));
        let place = (left + right).wrapping_sub(middle);
        if next_left >= middle
            || next_right >= end
            || middle > from.bound()
            || end > from.bound()
            || place >= to.bound()
        {
            return Flow::Slow;
        }
        // The frame is pushed first: it may decline, and then nothing has changed.
        let values = (*from.0).values.values();
        let target = (*to.0).values.values().add(place);
        let chosen = values.add(if take_right == 1 { right } else { left });
        if enter(m, at(m.base, w.c()), |_| window, || 2, |m| m.ip.sub(1)) == Flow::Slow {
            return Flow::Slow;
        }
        copy(chosen, target);
        *state.add(LEFT) = Raw::int(next_left as i64);
        *state.add(RIGHT) = Raw::int(next_right as i64);
        *window = load(values.add(next_right));
        *window.add(1) = load(values.add(next_left));
    }
    Flow::Next
}
