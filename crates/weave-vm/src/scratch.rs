//! Memory and time of a long operation that is done in Rust: what it holds
//! besides values counts against the limit while it runs, and it looks at the
//! limits and at the interrupt flag as it goes.

use crate::error::Raise;
use crate::vm::Vm;

/// The account of one operation.
pub(crate) struct Scratch<'v> {
    pub(crate) vm: &'v mut Vm,
    charged: usize,
}

impl Scratch<'_> {
    /// Runs an operation with an account, which is closed behind it in any case.
    ///
    /// # Errors
    /// What the operation raises.
    pub(crate) fn with<T>(vm: &mut Vm, f: impl FnOnce(&mut Scratch<'_>) -> Result<T, Raise>) -> Result<T, Raise> {
        f(&mut Scratch { vm, charged: 0 })
    }

    /// The operation holds so many bytes now.
    ///
    /// # Errors
    /// `:memory` at the limit.
    pub(crate) fn hold(&mut self, bytes: usize) -> Result<(), Raise> {
        if bytes > self.charged {
            self.vm.heap.charge(bytes - self.charged)?;
            self.charged = bytes;
        }
        Ok(())
    }

    /// The operation holds so many bytes more.
    ///
    /// # Errors
    /// `:memory` at the limit.
    pub(crate) fn add(&mut self, bytes: usize) -> Result<(), Raise> {
        self.vm.heap.charge(bytes)?;
        self.charged += bytes;
        Ok(())
    }

    /// The operation has done so much work since it last said so, and holds so
    /// many bytes.
    ///
    /// # Errors
    /// The limit that was reached.
    pub(crate) fn report(&mut self, work: usize, bytes: usize) -> Result<(), Raise> {
        self.hold(bytes)?;
        self.vm.poll_work(work)
    }
}

impl Drop for Scratch<'_> {
    fn drop(&mut self) {
        self.vm.heap.discharge(self.charged);
    }
}
