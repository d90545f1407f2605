//! Mark and sweep. Marking is a loop over a stack of objects with the index of
//! the next reference to follow, so structure of any depth is marked without
//! recursion. Sweeping is lazy: it only resets where each class looks for holes,
//! and allocation finds unmarked cells by their mark bytes.

use super::block::{self, BLOCK, Block, FIRST};
use super::header::{Header, Kind};
use super::{Heap, SIZES, SMALLEST_THRESHOLD};
use crate::object::array::ArrayObject;
use crate::object::cell::CellObject;
use crate::object::closure::{ClosureObject, upvalue};
use crate::object::container::ContainerObject;
use crate::object::error::ErrorObject;
use crate::object::host::HostCell;
use crate::object::keys::{KeysObject, KeysRef};
use crate::object::stream::StreamObject;
use crate::value::Raw;
use std::ptr::null_mut;

/// Objects that are traced between two looks at the interrupt.
const TRACED: usize = 4_096;
/// Values of one array that are looked at in a row.
const STRETCH: usize = 4_096;

impl Heap {
    /// Gives a collection up because the program is asked to stop: no cell counts as
    /// free until the next one, which begins anew.
    pub(crate) fn give_up_marking(&mut self) {
        self.mark_stack.clear();
        let (objects, bytes) = self.unspent();
        self.stats.allocated_objects -= objects;
        self.stats.allocated_bytes -= bytes;
        for class in &mut self.classes {
            class.next = null_mut();
            class.end = null_mut();
            class.current = class.blocks.len();
            class.offset = FIRST;
        }
        #[cfg(feature = "profile")]
        self.watch_from_here();
    }

    /// Forgets what the last cycle reached.
    pub(crate) fn begin_marking(&mut self) {
        #[cfg(feature = "profile")]
        self.count_all();
        let small = self.classes.iter().flat_map(|c| c.blocks.iter());
        for &b in small.chain(&self.large) {
            // SAFETY: blocks in the lists are alive.
            unsafe {
                (*b).live = 0;
                (*b).marks.fill(0);
            }
        }
        self.stats.live_bytes = 0;
        self.stats.live_objects = 0;
        let shapes: Vec<*mut Header> = self.shapes.roots().collect();
        for shape in shapes {
            self.mark_object(shape);
        }
        self.trace();
    }

    /// Marks what a value refers to, and everything behind it.
    #[inline]
    pub(crate) fn mark_root(&mut self, v: Raw) {
        if v.is_object() {
            self.mark_object(v.address());
            self.trace();
        }
    }

    /// Marks a key list.
    pub(crate) fn mark_keys(&mut self, keys: KeysRef) {
        if !keys.is_null() {
            self.mark_object(keys.header());
            self.trace();
        }
    }

    #[inline(always)]
    fn mark_object(&mut self, object: *mut Header) {
        // SAFETY: H1: the address is that of a live object.
        unsafe {
            if block::mark(object.cast()) {
                self.stats.live_objects += 1;
                self.stats.live_bytes += (*block::block_of(object.cast())).cell;
                if !matches!((*object).kind, Kind::Text | Kind::Bytes | Kind::Range | Kind::Index | Kind::Native) {
                    self.mark_stack.push((object, 0));
                }
            }
        }
    }

    #[inline(always)]
    fn mark_value(&mut self, v: Raw) {
        if v.is_object() {
            self.mark_object(v.address());
        }
    }

    /// Follows references until none is left, or the program is asked to stop.
    fn trace(&mut self) {
        while !self.mark_stack.is_empty() {
            if self.is_interrupted() {
                return;
            }
            self.trace_some();
        }
    }

    /// Follows the references of so many objects.
    fn trace_some(&mut self) {
        for _ in 0..TRACED {
            let Some((object, next)) = self.mark_stack.pop() else { return };
            // SAFETY: H1 for every object on the stack; the layouts are those
            // of their kinds.
            unsafe {
                match (*object).kind {
                    Kind::Array => self.trace_array(object, next),
                    Kind::Container => {
                        let c = object.cast::<ContainerObject>();
                        self.mark_pointer((*c).keys.header());
                        self.mark_pointer((*c).values.whole().header());
                    }
                    Kind::Shape => {
                        let k = object.cast::<KeysObject>();
                        self.mark_pointer((*k).index.cast());
                        self.mark_pointer((*k).keys.header());
                    }
                    Kind::Closure => {
                        let c = object.cast::<ClosureObject>();
                        for i in 0..(*c).header.wide as usize {
                            self.mark_value(*upvalue(c, i));
                        }
                    }
                    Kind::Cell => self.mark_value((*object.cast::<CellObject>()).value),
                    Kind::Stream => {
                        let s = object.cast::<StreamObject>();
                        self.mark_value((*s).source);
                        self.mark_value((*s).function);
                        self.mark_value((*s).extra);
                        self.mark_value((*s).ahead);
                    }
                    Kind::Host => self.mark_value((*object.cast::<HostCell>()).memory),
                    Kind::Error => self.mark_value((*object.cast::<ErrorObject>()).data),
                    _ => {}
                }
            }
        }
    }

    #[inline(always)]
    fn mark_pointer(&mut self, object: *mut Header) {
        if !object.is_null() {
            self.mark_object(object);
        }
    }

    /// Marks an array's values from `next` on. It goes back onto the stack
    /// with its place whenever a value brings an object of its own, so the
    /// stack grows with depth and not with width.
    ///
    /// # Safety
    /// `object` is a live array.
    unsafe fn trace_array(&mut self, object: *mut Header, next: usize) {
        let array = crate::object::array::ArrayRef(object.cast::<ArrayObject>());
        let capacity = array.capacity();
        let mut i = next;
        let end = capacity.min(next + STRETCH);
        while i < end {
            // SAFETY: `i` is below the capacity.
            let v = unsafe { *array.values().add(i) };
            i += 1;
            if v.is_object() {
                let depth = self.mark_stack.len();
                self.mark_object(v.address());
                if self.mark_stack.len() > depth && i < capacity {
                    if let Some(child) = self.mark_stack.pop() {
                        self.mark_stack.push((object, i));
                        self.mark_stack.push(child);
                    }
                    return;
                }
            }
        }
        if i < capacity {
            self.mark_stack.push((object, i));
        }
    }

    /// Drops what was not reached and resets where allocation looks for room.
    pub(crate) fn finish_marking(&mut self) {
        let mut finalised = std::mem::take(&mut self.finalised);
        let mut freed = 0usize;
        finalised.retain(|&object| {
            // SAFETY: the list holds live objects until they are finalised here.
            unsafe {
                let alive = block::is_marked(object.cast());
                if !alive {
                    freed += finalise(object);
                }
                alive
            }
        });
        self.finalised = finalised;
        self.discharge(freed);
        let mut interned = std::mem::take(&mut self.interned);
        // SAFETY: entries are objects that were alive before this cycle; their
        // marks are still theirs.
        interned.retain(|object| unsafe { block::is_marked(object.cast()) });
        self.interned = interned;

        let (objects, bytes) = self.unspent();
        self.stats.allocated_objects -= objects;
        self.stats.allocated_bytes -= bytes;
        let mut emptied = Vec::new();
        for class in &mut self.classes {
            class.next = null_mut();
            class.end = null_mut();
            class.current = 0;
            class.offset = FIRST;
            // SAFETY: blocks in the lists are alive.
            class.blocks.retain(|&b| unsafe {
                let used = (*b).live > 0;
                if !used {
                    emptied.push(b);
                }
                used
            });
        }
        self.fresh = 0;
        self.threshold = self.stats.live_bytes.max(SMALLEST_THRESHOLD);
        if self.limit != usize::MAX {
            // Close to a limit, collect before it is reached.
            let room = self.limit.saturating_sub(self.stats.live_bytes + self.external) / 2;
            self.threshold = self.threshold.min(room.max(256 * 1024));
        }
        // As many empty blocks are kept as are filled before the next collection, one
        // of each class in part: memory that goes to the system and comes back is
        // cleared each time.
        let keep = self.threshold / BLOCK + SIZES.len();
        for b in emptied {
            // Giving many back takes long: where the program is asked to stop, the next
            // collection does it.
            if self.spare.len() < keep || self.is_interrupted() {
                self.spare.push(b);
            } else {
                self.release(b);
            }
        }
        while self.spare.len() > keep && !self.is_interrupted() {
            if let Some(b) = self.spare.pop() {
                self.release(b);
            }
        }
        let mut large = std::mem::take(&mut self.large);
        large.retain(|&b| {
            // SAFETY: as above.
            let used = unsafe { (*b).live > 0 };
            if !used {
                self.release(b);
            }
            used
        });
        self.large = large;

        #[cfg(feature = "profile")]
        self.watch_from_here();
        self.stats.collections += 1;
    }

    /// Gives the empty blocks back.
    pub(crate) fn release_spare(&mut self) {
        while let Some(b) = self.spare.pop() {
            self.release(b);
        }
    }

    fn release(&mut self, b: *mut Block) {
        // SAFETY: the block is out of every list and holds nothing live.
        unsafe {
            self.held -= (*b).size;
            block::release(b);
        }
    }

    /// Drops the content of every object that owns something.
    pub(crate) fn finalise_all(&mut self) {
        for object in std::mem::take(&mut self.finalised) {
            // SAFETY: the list holds live objects.
            let bytes = unsafe { finalise(object) };
            self.discharge(bytes);
        }
    }
}

/// Drops what an object owns outside the heap; the bytes that were charged for
/// it.
///
/// # Safety
/// The object is an error or a host cell that was not finalised before.
unsafe fn finalise(object: *mut Header) -> usize {
    // SAFETY: by its kind the object has that layout, and its content is
    // dropped once.
    unsafe {
        match (*object).kind {
            Kind::Error => {
                drop(Box::from_raw((*object.cast::<ErrorObject>()).facts));
                (*object).wide as usize
            }
            Kind::Host => {
                let cell = object.cast::<HostCell>();
                let Some(host) = (*cell).object.take() else { return 0 };
                // A defect of the host must not end the collection half way.
                let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                    let mut host = host;
                    let bytes = host.bytes_held();
                    host.close();
                    bytes
                }));
                done.unwrap_or_else(|panic| {
                    std::mem::forget(panic);
                    0
                })
            }
            _ => 0,
        }
    }
}
