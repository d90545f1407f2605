//! Definite assignment: which variables surely have a value at the current
//! point of the walk. A trail records what each path adds, so that entering
//! and leaving a branch costs as much as the branch assigns.

use super::binding::BindingId;
use rustc_hash::FxHashSet;

/// What a path assigned; `None` where it does not reach its end.
pub(super) type PathEnd = Option<Vec<BindingId>>;

const UNSET: u32 = u32::MAX;

/// The state of the walk.
#[derive(Debug, Default)]
pub(super) struct Flow {
    /// For each binding its place on the trail, or [`UNSET`].
    place: Vec<u32>,
    /// What was set, with the place it had before.
    trail: Vec<(BindingId, u32)>,
    /// Nothing set before this place counts: a function that exists before the
    /// first statement can't rely on what stands above it.
    floor: u32,
    /// Whether the current point can't be reached.
    pub(super) diverged: bool,
}

impl Flow {
    /// Makes room for one more binding.
    pub(super) fn declare(&mut self) {
        self.place.push(UNSET);
    }

    /// Whether the binding surely has a value here.
    pub(super) fn is_set(&self, binding: BindingId) -> bool {
        let place = self.place[binding.0 as usize];
        place != UNSET && place >= self.floor
    }

    /// Whether the binding surely had a value when the trail was this long.
    pub(super) fn was_set(&self, binding: BindingId, mark: usize) -> bool {
        self.is_set(binding) && (self.place[binding.0 as usize] as usize) < mark
    }

    /// The binding has a value from here on.
    pub(super) fn set(&mut self, binding: BindingId) {
        if !self.is_set(binding) {
            let place = &mut self.place[binding.0 as usize];
            self.trail.push((binding, *place));
            *place = self.trail.len() as u32 - 1;
        }
    }

    /// Nothing that is set so far counts from here on; gives what to go back
    /// to.
    pub(super) fn raise_floor(&mut self) -> u32 {
        std::mem::replace(&mut self.floor, self.trail.len() as u32)
    }

    /// What was set before counts again.
    pub(super) fn lower_floor(&mut self, floor: u32) {
        self.floor = floor;
    }

    /// The current length of the trail: where a path begins.
    pub(super) fn mark(&self) -> usize {
        self.trail.len()
    }

    /// What the path since `mark` assigned, without leaving it.
    pub(super) fn path_so_far(&self, mark: usize) -> PathEnd {
        (!self.diverged).then(|| self.trail[mark..].iter().map(|(binding, _)| *binding).collect())
    }

    /// Goes back to the state at `mark`, which could be reached.
    pub(super) fn rewind(&mut self, mark: usize) {
        for (binding, before) in self.trail.drain(mark..).rev() {
            self.place[binding.0 as usize] = before;
        }
        self.diverged = false;
    }

    /// Forgets what was assigned since `mark`, on a path that goes on.
    pub(super) fn rewind_keeping(&mut self, mark: usize) {
        let diverged = self.diverged;
        self.rewind(mark);
        self.diverged = diverged;
    }

    /// Ends a path: what it assigned, and back to where it began.
    pub(super) fn end_path(&mut self, mark: usize) -> PathEnd {
        let end = self.path_so_far(mark);
        self.rewind(mark);
        end
    }

    /// Goes on where several paths meet: what all of them assigned is set.
    pub(super) fn join(&mut self, ends: Vec<PathEnd>) {
        let mut reached = ends.into_iter().flatten();
        let Some(mut common) = reached.next() else {
            self.diverged = true;
            return;
        };
        for end in reached {
            if common.is_empty() {
                return;
            }
            let other: FxHashSet<BindingId> = end.into_iter().collect();
            common.retain(|b| other.contains(b));
        }
        for binding in common {
            self.set(binding);
        }
    }
}
