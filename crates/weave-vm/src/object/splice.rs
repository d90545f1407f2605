//! Putting values into a container and taking them out, at any place.

use crate::heap::{Heap, OutOfMemory};
use crate::object::container::ContainerRef;
use crate::value::Raw;

/// A list moves its values towards the front only where that spares moving so many.
const WORTH: usize = 8;

impl Heap {
    /// Inserts a value at a position at most the length. Takes time in the
    /// number of values behind it; of those in front of it where they are fewer and a list
    /// has lost some there.
    pub(crate) fn insert(&mut self, c: ContainerRef, at: usize, key: Raw, v: Raw) -> Result<(), OutOfMemory> {
        let len = c.len();
        let at = at.min(len);
        if at == len {
            return self.push_keyed(c, key, v);
        }
        if c.keys().is_null() && key.is_nil() && at < len - at {
            // SAFETY: H1; the values of the array with one more are `len + 1`.
            unsafe {
                if let Some(values) = (*c.0).values.with_first() {
                    let first = values.values();
                    std::ptr::copy(first.add(1), first, at);
                    *first.add(at) = v;
                    (*c.0).values = values;
                    (*c.0).len = len + 1;
                    c.edited();
                    return Ok(());
                }
            }
        }
        // Everything that needs memory comes before the first change.
        // SAFETY: H1.
        if len == unsafe { (*c.0).values.capacity() } {
            self.grow(c, len)?;
        }
        if !c.keys().is_null() || !key.is_nil() {
            let keys = self.own_keys(c)?;
            self.push_key(keys, Raw::NIL)?;
            // SAFETY: the list holds `len + 1` keys now.
            unsafe {
                let first = (*keys.0).keys.values();
                std::ptr::copy(first.add(at), first.add(at + 1), len - at);
                *first.add(at) = key;
            }
            self.reindex(keys);
        }
        // SAFETY: H1; there is room for one more value.
        unsafe {
            let first = (*c.0).values.values();
            std::ptr::copy(first.add(at), first.add(at + 1), len - at);
            *first.add(at) = v;
            (*c.0).len = len + 1;
        }
        c.edited();
        Ok(())
    }

    /// Removes the value at a place below the length, or one that a search found. It gives
    /// the value, and how many others it takes time for: in a list those on the shorter
    /// side, and none where there are keys, but all for the first hole.
    pub(crate) fn remove(&mut self, c: ContainerRef, place: usize) -> Result<(Raw, usize), OutOfMemory> {
        if c.has_holes() {
            let removed = c.remove_place(place);
            c.edited();
            return Ok((removed, 0));
        }
        let len = c.len();
        let removed = c.get(place);
        let Some(behind) = len.checked_sub(place + 1) else { return Ok((removed, 0)) };
        if !c.keys().is_null() {
            let keys = self.own_keys(c)?;
            if behind == 0 {
                self.pop_key(keys);
            } else if keys.has_index() {
                c.remove_place(place);
                c.edited();
                return Ok((removed, len));
            } else {
                // SAFETY: the list holds `len` keys.
                unsafe {
                    let first = (*keys.0).keys.values();
                    std::ptr::copy(first.add(place + 1), first.add(place), behind);
                    *first.add(len - 1) = Raw::NIL;
                    (*keys.0).count = len - 1;
                }
            }
        }
        // SAFETY: H1; positions are below the length.
        let moved = unsafe {
            let values = (*c.0).values;
            let first = values.values();
            let towards_end = behind > place + WORTH && values.can_lose_first();
            if towards_end {
                std::ptr::copy(first, first.add(1), place);
                (*c.0).values = values.without_first();
            } else {
                std::ptr::copy(first.add(place + 1), first.add(place), behind);
                *first.add(len - 1) = Raw::NIL;
            }
            (*c.0).len = len - 1;
            if towards_end { place } else { behind }
        };
        c.edited();
        Ok((removed, moved))
    }
}
