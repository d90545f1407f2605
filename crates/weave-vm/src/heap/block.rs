//! Blocks of 64 KiB, aligned to their size, so that the block of an object is
//! found by masking its address. A block holds cells of one size and a mark
//! byte for every 16 bytes beside them; sweeping reads marks and touches no
//! dead object. An object too large for a cell has a block of its own size.

use std::alloc::{Layout, alloc, dealloc};

/// Size and alignment of a block of small cells.
pub(crate) const BLOCK: usize = 64 * 1024;
/// Objects and sizes are multiples of this.
pub(crate) const GRANULE: usize = 16;
const MARKS: usize = BLOCK / GRANULE;

/// The start of a block.
#[repr(C)]
pub(crate) struct Block {
    /// Bytes of a cell.
    pub(crate) cell: usize,
    /// Bytes of the whole block.
    pub(crate) size: usize,
    /// Cells marked in the current cycle.
    pub(crate) live: usize,
    _pad: [usize; 5],
    /// One byte for each granule; only that of an object's first is used.
    pub(crate) marks: [u8; MARKS],
}

/// Offset of the first cell.
pub(crate) const FIRST: usize = size_of::<Block>();
const _: () = assert!(FIRST.is_multiple_of(GRANULE));

/// Offset just behind the last whole cell.
pub(crate) const fn end_of_cells(cell: usize) -> usize {
    FIRST + (BLOCK - FIRST) / cell * cell
}

/// Memory for a block with cells of `cell` bytes, or for one larger object.
/// `None` where the system has none left.
pub(crate) fn acquire(cell: usize) -> Option<*mut Block> {
    let size = size_for(cell)?;
    let layout = Layout::from_size_align(size, BLOCK).ok()?;
    // SAFETY: the layout's size is not zero.
    let block = unsafe { alloc(layout) }.cast::<Block>();
    if block.is_null() {
        return None;
    }
    // SAFETY: freshly allocated, and `FIRST` bytes at least.
    unsafe {
        block.cast::<u8>().write_bytes(0, FIRST);
        (*block).cell = cell;
        (*block).size = size;
    }
    Some(block)
}

/// Bytes that [`acquire`] asks the system for.
pub(crate) fn size_for(cell: usize) -> Option<usize> {
    if cell <= BLOCK - FIRST { Some(BLOCK) } else { cell.checked_add(FIRST)?.checked_next_multiple_of(4096) }
}

/// Gives a block back.
///
/// # Safety
/// `block` came from [`acquire`] and nothing refers to its cells any more.
pub(crate) unsafe fn release(block: *mut Block) {
    // SAFETY: the layout is the one it was allocated with.
    unsafe {
        let layout = Layout::from_size_align_unchecked((*block).size, BLOCK);
        dealloc(block.cast(), layout);
    }
}

/// The block that holds the object at this address.
#[inline(always)]
pub(crate) fn block_of(object: *mut u8) -> *mut Block {
    object.map_addr(|a| a & !(BLOCK - 1)).cast()
}

/// Marks an object; whether it was unmarked before.
///
/// # Safety
/// `object` is the start of a live cell.
#[inline(always)]
pub(crate) unsafe fn mark(object: *mut u8) -> bool {
    let block = block_of(object);
    let index = (object.addr() & (BLOCK - 1)) / GRANULE;
    // SAFETY: a cell starts inside the first 64 KiB of its block, so the index
    // is below MARKS.
    unsafe {
        let byte = (&raw mut (*block).marks).cast::<u8>().add(index);
        if *byte != 0 {
            return false;
        }
        *byte = 1;
        (*block).live += 1;
    }
    true
}

/// Whether an object was reached in the last cycle.
///
/// # Safety
/// As [`mark`].
pub(crate) unsafe fn is_marked(object: *mut u8) -> bool {
    let index = (object.addr() & (BLOCK - 1)) / GRANULE;
    // SAFETY: as in `mark`.
    unsafe { *(&raw const (*block_of(object)).marks).cast::<u8>().add(index) != 0 }
}
