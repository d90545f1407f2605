//! Counting what a program allocates, without a word in the way of allocation:
//! each cell says in its header what it holds, so it is enough to walk the cells
//! of a hole when the hole is full, when a collection takes it away, and at the
//! end.

use super::block::Block;
use super::header::{Header, Kind};
use super::{Heap, OutOfMemory, SIZES};
use std::ptr::null_mut;

/// What objects are called, by their [`Kind`].
const NAMES: [&str; KINDS] = [
    "",
    "text",
    "bytes",
    "ranges",
    "containers",
    "arrays of values",
    "key lists",
    "key indices",
    "streams",
    "closures",
    "native functions",
    "host objects",
    "errors",
    "cells",
];
const KINDS: usize = Kind::Cell as usize + 1;

/// Objects of one kind that were allocated.
///
/// ```
/// use weave_vm::Vm;
/// # use std::sync::LazyLock;
/// # use std::time::Instant;
/// # fn nanoseconds() -> u64 {
/// #     static START: LazyLock<Instant> = LazyLock::new(Instant::now);
/// #     START.elapsed().as_nanos() as u64
/// # }
///
/// let mut vm = Vm::new();
/// vm.profile(nanoseconds);
/// # let chunk = weave_compiler::chunk_of("fn make(n) { ^() { n } }; (1..=50) *> make |> len", &vm.signatures());
/// // The program `fn make(n) { ^() { n } }; (1..=50) *> make |> len`.
/// let program = vm.load(&chunk, None)?;
/// vm.run(program)?;
/// let allocated = vm.take_profile().unwrap().allocated;
/// let closures = allocated.iter().find(|a| a.kind == "closures").unwrap();
/// assert!(closures.count >= 50 && closures.bytes >= 50 * 16);
/// # Ok::<(), Box<weave_vm::RuntimeError>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allocated {
    /// What they are, in the plural.
    pub kind: &'static str,
    /// How many.
    pub count: u64,
    /// What they take up in the heap, in bytes.
    pub bytes: u64,
}

/// Where counting stands.
pub(crate) struct Watch {
    /// The first cell of each class's hole that is not counted yet.
    starts: [*mut u8; SIZES.len()],
    /// The last large object, until its header is written for certain.
    large: *mut Block,
    counts: [(u64, u64); KINDS],
}

impl Heap {
    /// Starts counting from nothing.
    pub(crate) fn watch(&mut self) {
        self.watch =
            Some(Box::new(Watch { starts: [null_mut(); SIZES.len()], large: null_mut(), counts: [(0, 0); KINDS] }));
        self.watch_from_here();
    }

    /// Stops counting; the kinds of which there were any, most bytes first.
    pub(crate) fn watched(&mut self) -> Vec<Allocated> {
        self.count_all();
        let Some(watch) = self.watch.take() else { return Vec::new() };
        let rows = NAMES.iter().zip(watch.counts);
        let mut rows: Vec<Allocated> =
            rows.map(|(&kind, (count, bytes))| Allocated { kind, count, bytes }).filter(|a| a.count > 0).collect();
        rows.sort_by_key(|a| (std::cmp::Reverse(a.bytes), a.kind));
        rows
    }

    /// Counts from where allocation stands now.
    pub(super) fn watch_from_here(&mut self) {
        if let Some(watch) = &mut self.watch {
            for (start, class) in watch.starts.iter_mut().zip(&self.classes) {
                *start = class.next;
            }
        }
    }

    /// As [`Heap::next_cells`], and counts the hole that is full.
    pub(super) fn refill_watched(&mut self, class: usize) -> Result<*mut u8, OutOfMemory> {
        self.count_class(class);
        let cell = self.next_cells(class);
        if let (Ok(cell), Some(watch)) = (&cell, &mut self.watch) {
            watch.starts[class] = *cell;
        }
        cell
    }

    /// Remembers a large object whose header is still to be written.
    pub(super) fn watch_large(&mut self, block: *mut Block) {
        self.count_large();
        if let Some(watch) = &mut self.watch {
            watch.large = block;
        }
    }

    /// Counts what is not counted yet.
    pub(super) fn count_all(&mut self) {
        if self.watch.is_some() {
            (0..SIZES.len()).for_each(|class| self.count_class(class));
            self.count_large();
        }
    }

    fn count_class(&mut self, class: usize) {
        let Some(watch) = &mut self.watch else { return };
        let end = self.classes[class].next;
        let mut at = watch.starts[class];
        watch.starts[class] = end;
        while at < end {
            // SAFETY: the cells between the hole's start and `next` are allocated
            // and have their headers.
            watch.count(unsafe { (*at.cast::<Header>()).kind }, SIZES[class]);
            at = at.wrapping_add(SIZES[class]);
        }
    }

    /// Counts the last large object, whose header is written by now.
    pub(super) fn count_large(&mut self) {
        let Some(watch) = &mut self.watch else { return };
        let block = std::mem::replace(&mut watch.large, null_mut());
        if !block.is_null() {
            // SAFETY: the block is alive: whatever frees one counts first.
            unsafe {
                let object = block.cast::<u8>().add(super::FIRST).cast::<Header>();
                let (kind, bytes) = ((*object).kind, (*block).size);
                watch.count(kind, bytes);
            }
        }
    }
}

impl Watch {
    fn count(&mut self, kind: Kind, bytes: usize) {
        let (count, sum) = &mut self.counts[kind as usize];
        *count += 1;
        *sum += bytes as u64;
    }
}
