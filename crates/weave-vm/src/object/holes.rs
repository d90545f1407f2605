//! Containers with holes. Taking a key out of the middle moves nothing: its place becomes a
//! hole, which is closed together with others before anything asks for positions.
//!
//! Values and keys of such a container lie at *places*, in order, with holes between them.
//! A hole's key is unset and its value nil; the index of the keys knows the others, how many
//! they are, and the first place that is no hole. The last place is none either. There are
//! at most as many holes as values, so that closing them costs each removal a constant.
//!
//! What can do with places takes a handle as it is: searching a key, reading and setting what
//! it stands for, adding, removing, the length, the first and the last position. All else
//! takes its handle from `ContainerRef::of`, which closes the holes. Fast bodies compare
//! positions with [`ContainerRef::bound`], which is 0 here, so they do nothing.

use crate::heap::{Heap, OutOfMemory};
use crate::object::container::ContainerRef;
use crate::object::index::leave;
use crate::object::keys::KeysRef;
use crate::value::Raw;

/// The flag of a container with holes.
const HOLES: u8 = 1;

impl ContainerRef {
    /// Whether some places are holes.
    #[inline(always)]
    pub(crate) fn has_holes(self) -> bool {
        // SAFETY: H1.
        unsafe { (*self.0).header.flags & HOLES != 0 }
    }

    /// Itself, with its holes closed.
    #[inline(always)]
    pub(crate) fn dense(self) -> ContainerRef {
        if self.has_holes() {
            self.close_holes();
        }
        self
    }

    /// Number of values, with holes or without.
    pub(crate) fn size(self) -> usize {
        if !self.has_holes() {
            return self.len();
        }
        // SAFETY: a container with holes has an index of its own.
        unsafe { (*(*self.keys().0).index).header.wide as usize }
    }

    /// The place of a position below the size. All but the first and the last close the
    /// holes.
    pub(crate) fn place(self, position: usize) -> usize {
        if !self.has_holes() {
            return position;
        }
        if position == 0 {
            // SAFETY: as in `size`.
            return unsafe { (*(*self.keys().0).index).first as usize };
        }
        if position + 1 == self.size() {
            return self.keys().count() - 1;
        }
        self.close_holes();
        position
    }

    /// The value at a place, which a search or [`ContainerRef::place`] found; nil where
    /// there is none.
    #[inline]
    pub(crate) fn get_in(self, place: usize) -> Raw {
        if !self.has_holes() {
            return self.get(place);
        }
        if place >= self.keys().count() {
            return Raw::NIL;
        }
        // SAFETY: H1; there are as many values as keys.
        unsafe { (*self.0).values.get(place) }
    }

    /// The first value, nil where there is none.
    pub(crate) fn first(self) -> Raw {
        if self.size() == 0 { Raw::NIL } else { self.get_in(self.place(0)) }
    }

    /// The last value, nil where there is none.
    pub(crate) fn last(self) -> Raw {
        self.size().checked_sub(1).map_or(Raw::NIL, |last| self.get_in(self.place(last)))
    }

    /// Sets the value at a place that a search found.
    #[inline]
    pub(crate) fn set_in(self, place: usize, v: Raw) {
        if !self.has_holes() {
            self.set(place, v);
        } else if place < self.keys().count() {
            // SAFETY: as in `get_in`.
            unsafe { (*self.0).values.set(place, v) }
        }
    }

    /// Moves what lies behind holes into them. It needs no memory, and takes time in the
    /// number of places.
    #[cold]
    #[inline(never)]
    fn close_holes(self) {
        let (keys, size) = (self.keys(), self.size());
        // SAFETY: H1; there are as many values as keys, and both are this container's alone.
        unsafe {
            let (names, values) = ((*keys.0).keys, (*self.0).values);
            let places = keys.count();
            if size < places {
                let mut to = 0;
                for from in (*(*keys.0).index).first as usize..places {
                    let key = names.get(from);
                    if !key.is_unset() {
                        names.set(to, key);
                        values.set(to, values.get(from));
                        to += 1;
                    }
                }
                debug_assert!(to == size, "the index counts the values");
                names.values().add(to).write_bytes(0, places - to);
                values.values().add(to).write_bytes(0, places - to);
                (*keys.0).count = to;
                keys.refill();
            }
            (*self.0).len = keys.count();
            (*self.0).header.flags &= !HOLES;
        }
    }

    /// Takes a place out that is neither a hole nor behind the last one. The container has
    /// keys of its own with an index.
    pub(crate) fn remove_place(self, place: usize) -> Raw {
        let keys = self.keys();
        // SAFETY: H1; `place` is below the number of keys, and what has been looked at before
        // it is too.
        unsafe {
            let (object, index, names) = (keys.0, (*keys.0).index, (*keys.0).keys);
            if !self.has_holes() {
                (*index).header.wide = (*object).count as u32;
                (*index).first = 0;
                (*self.0).header.flags |= HOLES;
                (*self.0).len = 0;
            }
            let key = names.get(place);
            if !key.is_nil() {
                leave(index, key, place, names);
            }
            let removed = (*self.0).values.get(place);
            (*self.0).values.set(place, Raw::NIL);
            names.set(place, Raw::UNSET);
            (*index).header.wide -= 1;
            // Holes at the ends are passed once.
            let mut first = (*index).first as usize;
            while first < (*object).count && names.get(first).is_unset() {
                first += 1;
            }
            (*index).first = first as u32;
            while (*object).count > first && names.get((*object).count - 1).is_unset() {
                (*object).count -= 1;
                names.set((*object).count, Raw::NIL);
            }
            let size = (*index).header.wide as usize;
            if (*object).count - size > size || (*object).count == size {
                self.close_holes();
            }
            removed
        }
    }
}

impl Heap {
    /// As [`Heap::push_keyed`], to a container with holes.
    #[cold]
    pub(crate) fn push_behind_holes(&mut self, c: ContainerRef, key: Raw, v: Raw) -> Result<(), OutOfMemory> {
        let keys = c.keys();
        let (places, size) = (keys.count(), c.size());
        // SAFETY: H1; a container with holes has an index of its own.
        unsafe {
            let full = places == (*c.0).values.capacity();
            if (full || keys.is_full()) && (places - size) * 4 >= places {
                c.close_holes();
                return self.push_keyed(c, key, v);
            }
            if full {
                self.grow(c, places)?;
            }
            let first = (*(*keys.0).index).first;
            self.push_key(keys, key)?;
            (*c.0).values.set(places, v);
            let index = (*keys.0).index;
            (*index).header.wide = size as u32 + 1;
            (*index).first = first;
        }
        c.edited();
        Ok(())
    }
}

impl KeysRef {
    /// Whether the keys have an index.
    pub(crate) fn has_index(self) -> bool {
        // SAFETY: H1, where not null.
        !self.is_null() && unsafe { !(*self.0).index.is_null() }
    }
}
