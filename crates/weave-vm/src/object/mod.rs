//! What lives on the heap. Each kind has a `repr(C)` layout that begins with a
//! header, and a `Copy` handle whose methods read and write it.
//!
//! **Invariant H1.** A `Raw` with an object tag refers to a live object of that
//! kind, and a handle is only made from such a value or a fresh allocation. It
//! holds because collection runs in the loop alone and marks everything that a
//! register, slot, constant, cell, container or handle can reach.

pub(crate) mod array;
pub(crate) mod cell;
pub(crate) mod closure;
pub(crate) mod container;
pub(crate) mod error;
pub(crate) mod holes;
pub(crate) mod host;
pub(crate) mod index;
pub(crate) mod keys;
pub(crate) mod range;
pub(crate) mod splice;
pub(crate) mod stream;
pub(crate) mod text;
