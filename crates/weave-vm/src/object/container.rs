//! The container: values in insertion order, each with an optional key.

use crate::heap::header::{Header, Kind};
use crate::heap::{Heap, OutOfMemory};
use crate::object::array::ArrayRef;
use crate::object::keys::{KeysRef, OWNED, SHARED_MOST};
use crate::value::{Raw, Tag};

/// Layout: header (`wide` counts resizes), values, keys or null, length. Where
/// there are keys, their count is the length. One with holes (`holes.rs`) says so in
/// `flags`, and its length stands as 0 here.
#[repr(C)]
pub(crate) struct ContainerObject {
    pub(crate) header: Header,
    pub(crate) values: ArrayRef,
    pub(crate) keys: KeysRef,
    pub(crate) len: usize,
}

const _: () = assert!(size_of::<ContainerObject>() == 32);

/// A handle to a container.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct ContainerRef(pub(crate) *mut ContainerObject);

impl PartialEq for ArrayRef {
    fn eq(&self, other: &ArrayRef) -> bool {
        self.0 == other.0
    }
}

impl ContainerRef {
    /// The handle of a container, whose holes are closed.
    #[inline(always)]
    pub(crate) fn from_raw(v: Raw) -> ContainerRef {
        ContainerRef::as_is(v).dense()
    }

    /// The handle where the value is a container, whose holes are closed.
    #[inline(always)]
    pub(crate) fn of(v: Raw) -> Option<ContainerRef> {
        v.is(Tag::Container).then(|| ContainerRef::from_raw(v))
    }

    /// The handle of a container that may have holes: see `holes.rs` for what it can do.
    #[inline(always)]
    pub(crate) fn as_is(v: Raw) -> ContainerRef {
        debug_assert!(v.is(Tag::Container), "a container handle from a container");
        ContainerRef(v.address().cast())
    }

    /// As [`ContainerRef::as_is`], where the value is a container.
    #[inline(always)]
    pub(crate) fn of_as_is(v: Raw) -> Option<ContainerRef> {
        v.is(Tag::Container).then(|| ContainerRef::as_is(v))
    }

    #[inline(always)]
    pub(crate) fn raw(self) -> Raw {
        Raw::object(Tag::Container, self.0.cast())
    }

    #[inline(always)]
    pub(crate) fn len(self) -> usize {
        debug_assert!(!self.has_holes(), "positions are those of a container without holes");
        self.bound()
    }

    /// The number of positions that lie where they count: the length, or 0 where there
    /// are holes.
    #[inline(always)]
    pub(crate) fn bound(self) -> usize {
        // SAFETY: H1.
        unsafe { (*self.0).len }
    }

    #[inline(always)]
    pub(crate) fn keys(self) -> KeysRef {
        // SAFETY: H1.
        unsafe { (*self.0).keys }
    }

    /// Counts every change of the number of values, so that a loop over the
    /// container can tell.
    pub(crate) fn edits(self) -> u32 {
        // SAFETY: H1.
        unsafe { (*self.0).header.wide }
    }

    pub(crate) fn edited(self) {
        // SAFETY: H1.
        unsafe { (*self.0).header.wide = (*self.0).header.wide.wrapping_add(1) }
    }

    /// The value at a position; nil where there is none.
    #[inline(always)]
    pub(crate) fn get(self, i: usize) -> Raw {
        if i >= self.len() {
            return Raw::NIL;
        }
        // SAFETY: H1; `len` is at most the capacity.
        unsafe { (*self.0).values.get(i) }
    }

    /// Sets the value at a position below the length; nothing otherwise.
    #[inline(always)]
    pub(crate) fn set(self, i: usize, v: Raw) {
        if i < self.len() {
            // SAFETY: H1; bounded above.
            unsafe { (*self.0).values.set(i, v) }
        }
    }

    /// The key of a position, nil where it has none.
    pub(crate) fn key(self, i: usize) -> Raw {
        debug_assert!(!self.has_holes(), "as in `len`");
        self.keys().key(i)
    }

    /// Where the value of a canonical key lies: its position, or its place where there
    /// are holes.
    #[inline]
    pub(crate) fn find(self, key: Raw) -> Option<usize> {
        self.keys().find(key)
    }

    /// Gives a container without keys those of a shape of its length.
    pub(crate) fn share_keys(self, shape: KeysRef) {
        debug_assert!(shape.count() == self.len() && shape.is_shared(), "a value for every key");
        // SAFETY: H1.
        unsafe { (*self.0).keys = shape }
    }
}

impl Heap {
    /// An empty container with room for `capacity` values.
    pub(crate) fn container(&mut self, capacity: usize) -> Result<ContainerRef, OutOfMemory> {
        let values = if capacity == 0 { ArrayRef::NULL } else { self.array(capacity)? };
        let object = self.allocate(Kind::Container, size_of::<ContainerObject>())?.cast::<ContainerObject>();
        // SAFETY: the cell is large enough; every field is written.
        unsafe {
            (*object).values = values;
            (*object).keys = KeysRef::NULL;
            (*object).len = 0;
        }
        Ok(ContainerRef(object))
    }

    /// A container of these bare values.
    pub(crate) fn container_of(&mut self, values: &[Raw]) -> Result<ContainerRef, OutOfMemory> {
        let c = self.container(values.len())?;
        // SAFETY: the array has room for them all.
        unsafe {
            if !values.is_empty() {
                std::ptr::copy_nonoverlapping(values.as_ptr(), (*c.0).values.values(), values.len());
            }
            (*c.0).len = values.len();
        }
        Ok(c)
    }

    /// A container of values under the keys of a shape of the same length.
    pub(crate) fn container_with_shape(&mut self, shape: KeysRef, values: &[Raw]) -> Result<ContainerRef, OutOfMemory> {
        debug_assert!(shape.count() == values.len() && shape.is_shared(), "a value for every key");
        let c = self.container_of(values)?;
        // SAFETY: H1.
        unsafe { (*c.0).keys = shape };
        Ok(c)
    }

    /// Appends a bare value.
    #[inline]
    pub(crate) fn push(&mut self, c: ContainerRef, v: Raw) -> Result<(), OutOfMemory> {
        // SAFETY: H1; the position written is below the capacity.
        unsafe {
            if c.keys().is_null() {
                let len = (*c.0).len;
                if len == (*c.0).values.capacity() {
                    self.grow(c, len)?;
                }
                (*c.0).values.set(len, v);
                (*c.0).len = len + 1;
                c.edited();
                return Ok(());
            }
        }
        self.push_keyed(c, Raw::NIL, v)
    }

    /// Makes room behind the first `len` values of the array.
    #[cold]
    pub(crate) fn grow(&mut self, c: ContainerRef, len: usize) -> Result<(), OutOfMemory> {
        // SAFETY: H1; the old array is this container's alone.
        unsafe {
            let values = (*c.0).values;
            // A list that has lost as many values in front as half of those it has gets
            // their room: it moves each value once for each two that went.
            if values.moved() * 2 > len {
                (*c.0).values = values.moved_back(len);
            } else {
                (*c.0).values = self.grow_array(values, len, (len * 2).max(4))?;
            }
        }
        Ok(())
    }

    /// Appends a value under a canonical key that the container does not have
    /// yet, or a bare one (nil).
    pub(crate) fn push_keyed(&mut self, c: ContainerRef, key: Raw, v: Raw) -> Result<(), OutOfMemory> {
        if c.has_holes() {
            return self.push_behind_holes(c, key, v);
        }
        let len = c.len();
        // SAFETY: H1; bounds as in `push`.
        unsafe {
            if len == (*c.0).values.capacity() {
                self.grow(c, len)?;
            }
            let keys = c.keys();
            let all_keyed = keys.count() == len;
            if keys.is_null() && key.is_nil() {
                // stays a list
            } else if !key.is_nil() && all_keyed && len < SHARED_MOST && (keys.is_null() || keys.is_shared()) {
                match self.next_shape(keys, key)? {
                    Some(shape) => (*c.0).keys = shape,
                    None => self.own_keys_and_push(c, key)?,
                }
            } else {
                self.own_keys_and_push(c, key)?;
            }
            (*c.0).values.set(len, v);
            (*c.0).len = len + 1;
        }
        c.edited();
        Ok(())
    }

    fn own_keys_and_push(&mut self, c: ContainerRef, key: Raw) -> Result<(), OutOfMemory> {
        let keys = self.own_keys(c)?;
        self.push_key(keys, key)
    }

    /// Gives the container a key list of its own, as long as it is.
    pub(crate) fn own_keys(&mut self, c: ContainerRef) -> Result<KeysRef, OutOfMemory> {
        let keys = c.keys();
        if !keys.is_null() && !keys.is_shared() {
            return Ok(keys);
        }
        let len = c.len();
        let array = self.array((len + 1).max(4))?;
        for i in 0..len {
            // SAFETY: the array has room for `len` keys.
            unsafe { array.set(i, keys.key(i)) };
        }
        let own = self.keys(array, len, OWNED)?;
        // SAFETY: H1.
        unsafe { (*c.0).keys = own };
        Ok(own)
    }

    /// The shape with one more key, or `None` where shapes are used up.
    fn next_shape(&mut self, from: KeysRef, key: Raw) -> Result<Option<KeysRef>, OutOfMemory> {
        if let Some(known) = self.shapes.step(from, key) {
            return Ok(Some(known));
        }
        if self.shapes.is_full() {
            return Ok(None);
        }
        let count = from.count();
        let array = self.array(count + 1)?;
        // SAFETY: the array has room for `count + 1` keys.
        unsafe {
            for i in 0..count {
                array.set(i, from.key(i));
            }
            array.set(count, key);
        }
        let Some(id) = self.shapes.new_id() else { return Ok(None) };
        let shape = self.keys(array, count + 1, id)?;
        self.shapes.remember(from, key, shape);
        Ok(Some(shape))
    }

    /// The shape with exactly these canonical, distinct keys. One of more keys
    /// than containers share by growing is made anew at each call: callers keep
    /// it.
    pub(crate) fn shape_of(&mut self, keys: &[Raw]) -> Result<Option<KeysRef>, OutOfMemory> {
        if keys.len() <= SHARED_MOST {
            let mut shape = KeysRef::NULL;
            for &key in keys {
                match self.next_shape(shape, key)? {
                    Some(next) => shape = next,
                    None => return self.lone_shape(keys),
                }
            }
            return Ok(Some(shape));
        }
        self.lone_shape(keys)
    }

    fn lone_shape(&mut self, keys: &[Raw]) -> Result<Option<KeysRef>, OutOfMemory> {
        let Some(id) = self.shapes.new_id() else { return Ok(None) };
        let array = self.array(keys.len())?;
        for (i, &key) in keys.iter().enumerate() {
            // SAFETY: the array has room for all keys.
            unsafe { array.set(i, key) };
        }
        Ok(Some(self.keys(array, keys.len(), id)?))
    }

    /// Sets the value under a canonical key, or appends it.
    pub(crate) fn set_key(&mut self, c: ContainerRef, key: Raw, v: Raw) -> Result<(), OutOfMemory> {
        match c.find(key) {
            Some(place) => {
                c.set_in(place, v);
                Ok(())
            }
            None => self.push_keyed(c, key, v),
        }
    }
}
