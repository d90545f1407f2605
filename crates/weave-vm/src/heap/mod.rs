//! The traced heap: allocation, accounting and the lists that a collection
//! walks. Objects never move. Collection itself is in `collect.rs`; it runs
//! only when the interpreter's loop asks for it, so a plain copy of a value in
//! a native's local variable stays valid for the whole step.

pub(crate) mod block;
pub(crate) mod collect;
pub(crate) mod header;
pub(crate) mod intern;
#[cfg(feature = "profile")]
pub(crate) mod watch;

use crate::limits::Interrupt;
use crate::object::keys::Shapes;
use block::{BLOCK, Block, FIRST, GRANULE};
use header::{Header, Kind};
use std::ptr::null_mut;
use std::sync::Arc;

/// Cell sizes, in bytes; the last ones divide a block's room evenly. Larger
/// objects have a block of their own.
const SIZES: [usize; 36] = [
    16, 32, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 640, 768, 896, 1024, 1280, 1536, 1792,
    2048, 2560, 3072, 4096, 5120, 6144, 8192, 10224, 12272, 15344, 20448, 30688, 61376,
];
const LARGEST: usize = SIZES[SIZES.len() - 1];

/// Size class of each multiple of 16 bytes up to the largest.
static CLASS: [u8; LARGEST / GRANULE + 1] = {
    let mut table = [0u8; LARGEST / GRANULE + 1];
    let mut granules = 0;
    let mut class = 0;
    while granules <= LARGEST / GRANULE {
        if granules * GRANULE > SIZES[class] {
            class += 1;
        }
        table[granules] = class as u8;
        granules += 1;
    }
    table
};

/// The memory limit is reached, or the system has no memory left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OutOfMemory;

/// Where the next cells of one size come from.
struct Class {
    /// The hole that is being filled: next cell and end.
    next: *mut u8,
    end: *mut u8,
    /// Blocks of this size.
    blocks: Vec<*mut Block>,
    /// The block that holds the hole, as an index; those behind it are still
    /// to be swept.
    current: usize,
    /// Where in that block to look for the next hole.
    offset: usize,
}

/// All memory that holds a program's objects.
pub(crate) struct Heap {
    classes: [Class; SIZES.len()],
    large: Vec<*mut Block>,
    /// Empty blocks that are kept for any class.
    spare: Vec<*mut Block>,
    /// Objects that own something outside the heap; see `collect.rs`.
    finalised: Vec<*mut Header>,
    /// Interned text, found by content.
    pub(crate) interned: intern::Interned,
    /// Key lists that containers share.
    pub(crate) shapes: Shapes,
    /// Bytes of blocks handed to cells and objects since the last collection.
    fresh: usize,
    /// A collection is due when `fresh` passes this.
    threshold: usize,
    /// Bytes held from the system, and held for a script elsewhere.
    held: usize,
    external: usize,
    limit: usize,
    /// Collect at every allocation: a debugging switch that makes a missing
    /// root show at once. Freed cells are filled with a pattern too.
    pub(crate) stress: bool,
    /// Counters for reports. Cells count as allocated when their hole is taken;
    /// [`Heap::stats`] takes off those that are still free in it.
    stats: Stats,
    mark_stack: Vec<(*mut Header, usize)>,
    /// Whether a program runs, so that its interrupt ends what the heap does for long.
    pub(crate) running: bool,
    interrupt: Arc<Interrupt>,
    /// Fails the n-th request to the accounting; a switch for tests.
    pub(crate) fail_after: Option<u64>,
    /// Counts what is allocated, while somebody wants to know.
    #[cfg(feature = "profile")]
    watch: Option<Box<watch::Watch>>,
}

/// What the heap has done so far.
///
/// ```
/// use weave_vm::Vm;
///
/// let mut vm = Vm::new();
/// # let chunk = weave_compiler::chunk_of("[1, 2, 3] *> ^{ [it] }", &vm.signatures());
/// // The program `[1, 2, 3] *> ^{ [it] }`.
/// let program = vm.load(&chunk, None)?;
/// vm.run(program)?;
/// vm.collect_now();
/// let stats = vm.heap_stats();
/// assert!(stats.collections == 1 && stats.allocated_objects >= 4);
/// assert!(stats.live_objects > 0 && stats.live_bytes > 0 && stats.allocated_bytes > 0);
/// # Ok::<(), Box<weave_vm::RuntimeError>>(())
/// ```
#[derive(Clone, Copy, Default, Debug)]
pub struct Stats {
    /// Collections so far.
    pub collections: u64,
    /// Bytes reached by the last collection.
    pub live_bytes: usize,
    /// Objects reached by the last collection.
    pub live_objects: usize,
    /// Objects made since the machine was.
    pub allocated_objects: u64,
    /// Bytes of their cells.
    pub allocated_bytes: u64,
}

const SMALLEST_THRESHOLD: usize = 8 << 20;

impl Heap {
    pub(crate) fn new(interrupt: Arc<Interrupt>) -> Heap {
        Heap {
            classes: std::array::from_fn(|_| Class {
                next: null_mut(),
                end: null_mut(),
                blocks: Vec::new(),
                current: 0,
                offset: 0,
            }),
            large: Vec::new(),
            spare: Vec::new(),
            finalised: Vec::new(),
            interned: intern::Interned::default(),
            shapes: Shapes::default(),
            fresh: 0,
            threshold: SMALLEST_THRESHOLD,
            held: 0,
            external: 0,
            limit: usize::MAX,
            stress: false,
            stats: Stats::default(),
            mark_stack: Vec::new(),
            running: false,
            interrupt,
            fail_after: None,
            #[cfg(feature = "profile")]
            watch: None,
        }
    }

    /// Sets how many bytes the heap and what is charged to it may hold.
    pub(crate) fn set_limit(&mut self, bytes: usize) {
        self.limit = bytes;
        self.threshold = self.threshold.min((bytes / 4).max(1 << 20));
    }

    /// What the heap has done so far. Nothing is counted where an object is made:
    /// the figures are those of the holes that were taken.
    pub(crate) fn stats(&self) -> Stats {
        let mut stats = self.stats;
        let (objects, bytes) = self.unspent();
        stats.allocated_objects -= objects;
        stats.allocated_bytes -= bytes;
        stats
    }

    /// Cells and bytes that are still free in the holes that were taken.
    fn unspent(&self) -> (u64, u64) {
        self.classes.iter().zip(SIZES).fold((0, 0), |(objects, bytes), (class, cell)| {
            let free = class.end.addr() - class.next.addr();
            (objects + (free / cell) as u64, bytes + free as u64)
        })
    }

    fn count_taken(&mut self, bytes: usize, cell: usize) {
        self.stats.allocated_objects += (bytes / cell) as u64;
        self.stats.allocated_bytes += bytes as u64;
    }

    /// Bytes held now.
    pub(crate) fn held(&self) -> usize {
        self.held + self.external
    }

    /// Whether the loop should collect before it allocates again.
    #[inline(always)]
    pub(crate) fn wants_collection(&self) -> bool {
        self.fresh >= self.threshold || self.stress
    }

    /// Whether the running program is asked to stop.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.running && self.interrupt.is_set()
    }

    /// Fails where the running program is asked to stop, as if there were no memory:
    /// on its way to a handler the error gives way to the interrupt, which is looked at
    /// there. For what would take long before the next look.
    pub(crate) fn go_on(&self) -> Result<(), OutOfMemory> {
        if self.is_interrupted() { Err(OutOfMemory) } else { Ok(()) }
    }

    /// Counts bytes that are held for the script outside the heap: stacks,
    /// buffers, host objects. Every such byte goes through here before it is
    /// allocated.
    pub(crate) fn charge(&mut self, bytes: usize) -> Result<(), OutOfMemory> {
        self.inject()?;
        if bytes > self.limit.saturating_sub(self.held()) {
            self.release_spare();
        }
        if bytes > self.limit.saturating_sub(self.held()) {
            // What a collection can give back is asked for at the next safepoint.
            self.fresh = self.threshold;
            return Err(OutOfMemory);
        }
        self.external += bytes;
        Ok(())
    }

    /// Whether what failed for want of memory may succeed after a collection.
    pub(crate) fn may_retry(&self) -> bool {
        self.fail_after.is_none()
    }

    /// Fails where a test wants this request to fail; the ones after it succeed.
    fn inject(&mut self) -> Result<(), OutOfMemory> {
        match self.fail_after {
            None => Ok(()),
            Some(0) => {
                self.fail_after = Some(u64::MAX);
                Err(OutOfMemory)
            }
            Some(left) => {
                self.fail_after = Some(left - 1);
                Ok(())
            }
        }
    }

    /// Counts bytes that an object owns outside the heap: as [`Heap::charge`], and
    /// they bring the next collection nearer, since only that frees them.
    pub(crate) fn charge_owned(&mut self, bytes: usize) -> Result<(), OutOfMemory> {
        self.charge(bytes)?;
        self.owns_more(bytes);
        Ok(())
    }

    /// Objects own so many bytes more that are charged elsewhere.
    pub(crate) fn owns_more(&mut self, bytes: usize) {
        self.fresh = self.fresh.saturating_add(bytes);
    }

    /// Runs `f` with so many bytes more than the limit allows, and without
    /// injected failures.
    pub(crate) fn with_reserve<T>(&mut self, bytes: usize, f: impl FnOnce(&mut Heap) -> T) -> T {
        let (limit, fail) = (self.limit, self.fail_after.take());
        self.limit = limit.saturating_add(bytes);
        let out = f(self);
        self.limit = limit;
        self.fail_after = fail;
        out
    }

    /// Takes back a [`Heap::charge`].
    pub(crate) fn discharge(&mut self, bytes: usize) {
        self.external = self.external.saturating_sub(bytes);
    }

    /// Makes an object of `size` bytes, whose header is set and whose rest is
    /// not initialised; the caller fills it before anything else happens.
    #[inline(always)]
    pub(crate) fn allocate(&mut self, kind: Kind, size: usize) -> Result<*mut Header, OutOfMemory> {
        let object = if size <= LARGEST {
            let class = CLASS[size.div_ceil(GRANULE)] as usize;
            let c = &mut self.classes[class];
            let cell = SIZES[class];
            if (c.end.addr() - c.next.addr()) >= cell {
                let object = c.next;
                // SAFETY: the hole has room for one more cell.
                c.next = unsafe { object.add(cell) };
                object
            } else {
                self.refill(class)?
            }
        } else {
            self.allocate_large(size)?
        };
        let object = object.cast::<Header>();
        // SAFETY: the cell is free, aligned to 16 and at least 16 bytes.
        unsafe { object.write(Header::new(kind)) };
        Ok(object)
    }

    /// Registers an object whose content must be dropped when it dies.
    pub(crate) fn finalise_later(&mut self, object: *mut Header) {
        self.finalised.push(object);
    }

    /// Finds the next hole of a class and takes its first cell.
    #[cold]
    #[inline(never)]
    fn refill(&mut self, class: usize) -> Result<*mut u8, OutOfMemory> {
        #[cfg(feature = "profile")]
        if self.watch.is_some() {
            return self.refill_watched(class);
        }
        self.next_cells(class)
    }

    #[inline(always)]
    fn next_cells(&mut self, class: usize) -> Result<*mut u8, OutOfMemory> {
        let cell = SIZES[class];
        // While failures are injected a hole is one cell, so that each
        // allocation is a request of its own.
        let one_by_one = self.fail_after.is_some();
        self.inject()?;
        loop {
            let c = &mut self.classes[class];
            let Some(&block) = c.blocks.get(c.current) else { break };
            // SAFETY: blocks in the list are alive; offsets stay inside them.
            if let Some((start, end)) = unsafe { next_hole(block, cell, c.offset) } {
                let end = if one_by_one { start + cell } else { end };
                // The cell at `end` is marked, or the block's end.
                c.offset = if one_by_one { end } else { end + cell };
                // SAFETY: start and end are offsets of cells in this block.
                unsafe {
                    let base = block.cast::<u8>();
                    if self.stress {
                        base.add(start).write_bytes(0xdd, end - start);
                    }
                    c.next = base.add(start + cell);
                    c.end = base.add(end);
                    self.fresh += end - start;
                    self.count_taken(end - start, cell);
                    return Ok(base.add(start));
                }
            }
            c.current += 1;
            c.offset = FIRST;
        }
        let block = self.new_block(cell)?;
        let c = &mut self.classes[class];
        c.blocks.push(block);
        c.current = c.blocks.len() - 1;
        let end = if one_by_one { FIRST + cell } else { block::end_of_cells(cell) };
        c.offset = if one_by_one { end } else { BLOCK };
        self.fresh += if one_by_one { cell } else { BLOCK };
        // SAFETY: a new block's cells are all free.
        unsafe {
            let base = block.cast::<u8>();
            c.next = base.add(FIRST + cell);
            c.end = base.add(end);
            self.count_taken(end - FIRST, cell);
            Ok(base.add(FIRST))
        }
    }

    fn new_block(&mut self, cell: usize) -> Result<*mut Block, OutOfMemory> {
        if let Some(block) = self.spare.pop() {
            // SAFETY: a spare block is empty and ours.
            unsafe { (*block).cell = cell };
            return Ok(block);
        }
        self.charge(BLOCK)?;
        self.discharge(BLOCK);
        let block = block::acquire(cell).ok_or(OutOfMemory)?;
        self.held += BLOCK;
        Ok(block)
    }

    #[cold]
    #[inline(never)]
    fn allocate_large(&mut self, size: usize) -> Result<*mut u8, OutOfMemory> {
        let cell = size.checked_next_multiple_of(GRANULE).ok_or(OutOfMemory)?;
        let bytes = block::size_for(cell).ok_or(OutOfMemory)?;
        self.charge(bytes)?;
        self.discharge(bytes);
        let block = block::acquire(cell).ok_or(OutOfMemory)?;
        self.held += bytes;
        self.fresh += bytes;
        self.count_taken(cell, cell);
        self.large.push(block);
        #[cfg(feature = "profile")]
        self.watch_large(block);
        // SAFETY: the object starts behind the block's head.
        Ok(unsafe { block.cast::<u8>().add(FIRST) })
    }

    /// Gives back a large object's memory at once; a small one waits for the
    /// collector. For storage that has just been replaced by a larger copy.
    ///
    /// # Safety
    /// Nothing refers to the object any more.
    pub(crate) unsafe fn free_early(&mut self, object: *mut Header, size: usize) {
        if size <= LARGEST {
            return;
        }
        #[cfg(feature = "profile")]
        self.count_large();
        let block = block::block_of(object.cast());
        // The newest large objects are the ones that are replaced, so the
        // search from the end is short.
        if let Some(at) = self.large.iter().rposition(|&b| b == block) {
            self.large.swap_remove(at);
            // SAFETY: the block is in our list, so it came from `acquire`; the
            // caller says that nothing refers to it.
            unsafe {
                self.held -= (*block).size;
                self.fresh = self.fresh.saturating_sub((*block).size);
                block::release(block);
            }
        }
    }
}

/// The next run of unmarked cells at or behind `offset`: start and end.
///
/// # Safety
/// `block` is alive and holds cells of `cell` bytes.
unsafe fn next_hole(block: *mut Block, cell: usize, offset: usize) -> Option<(usize, usize)> {
    let last = block::end_of_cells(cell);
    // SAFETY: every index is that of a cell inside the block.
    let marked = |at: usize| unsafe { *(&raw const (*block).marks).cast::<u8>().add(at / GRANULE) != 0 };
    let mut start = offset.max(FIRST);
    while start < last && marked(start) {
        start += cell;
    }
    if start >= last {
        return None;
    }
    let mut end = start + cell;
    while end < last && !marked(end) {
        end += cell;
    }
    Some((start, end))
}

impl Drop for Heap {
    fn drop(&mut self) {
        self.finalise_all();
        let small = self.classes.iter().flat_map(|c| c.blocks.iter());
        for &block in small.chain(&self.large).chain(&self.spare) {
            // SAFETY: every block in the lists came from `acquire` and the
            // heap is going away.
            unsafe { block::release(block) };
        }
    }
}
