//! Values that Rust code keeps alive: they are roots, in a table of the machine. A
//! handle knows its place in the table; when the last clone of it goes, on whatever
//! thread, the place is put on a list that the machine looks at before it keeps
//! another value and before it collects.

use crate::value::Raw;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Keeps a value of a machine alive: a function to be called, a container to be read
/// later. Made by [`Scope::keep`](crate::Scope::keep), or where a
/// [`FromValue`](crate::FromValue) is asked for.
///
/// It may be cloned, sent to other threads and dropped on any of them, also after its
/// machine is gone. Only its own machine says what it keeps.
///
/// ```
/// use weave_vm::{Handle, Vm};
///
/// let mut vm = Vm::new();
/// let text: Handle = vm.enter(|scope| scope.text("kept on the heap").map(|v| scope.keep(v)))?;
/// vm.collect_now();
/// let length = vm.enter(|scope| scope.value(&text).map(|v| v.as_text().map(str::len)))?;
/// assert_eq!(length, Some(16));
/// std::thread::spawn(move || drop(text)).join().unwrap();
/// # Ok::<(), Box<weave_vm::RuntimeError>>(())
/// ```
#[derive(Clone)]
pub struct Handle(Arc<Place>);

/// A place in a machine's table.
struct Place {
    index: u32,
    machine: u64,
    released: Arc<Released>,
}

#[derive(Default)]
struct Released(Mutex<Vec<u32>>);

impl Released {
    fn list(&self) -> MutexGuard<'_, Vec<u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.released.list().push(self.index);
    }
}

impl Handle {
    pub(crate) fn machine(&self) -> u64 {
        self.0.machine
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("machine", &self.0.machine).field("place", &self.0.index).finish()
    }
}

/// A machine's kept values.
#[derive(Default)]
pub(crate) struct Handles {
    values: Vec<Raw>,
    free: Vec<u32>,
    released: Arc<Released>,
}

impl Handles {
    /// Keeps a value of machine number `machine`, whose table this is.
    pub(crate) fn keep(&mut self, v: Raw, machine: u64) -> Handle {
        self.settle();
        let index = match self.free.pop() {
            Some(index) => index,
            None => {
                self.values.push(Raw::NIL);
                (self.values.len() - 1) as u32
            }
        };
        self.values[index as usize] = v;
        Handle(Arc::new(Place { index, machine, released: Arc::clone(&self.released) }))
    }

    /// What a handle of this machine keeps.
    pub(crate) fn get(&self, handle: &Handle) -> Raw {
        self.values[handle.0.index as usize]
    }

    /// Lets go what no handle keeps any more; then all values that are kept.
    pub(crate) fn roots(&mut self) -> &[Raw] {
        self.settle();
        &self.values
    }

    fn settle(&mut self) {
        let mut released = self.released.list();
        for index in released.drain(..) {
            self.values[index as usize] = Raw::NIL;
            self.free.push(index);
        }
    }
}
