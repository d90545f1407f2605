//! Limits and interrupts, and the growth of the stacks within them.

use crate::error::{ErrorKind, Raise};
use crate::frame::{Frame, Region};
use crate::load::PLAIN_REGISTERS;
use crate::value::Raw;
use crate::vm::Vm;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// What a program may use. The default is no limit but for depth: a little over
/// 1,000,000 nested calls, or 1 GiB of stack.
///
/// ```
/// use weave_vm::{Limits, Vm};
///
/// let mut vm = Vm::new();
/// vm.set_limits(Limits { memory: 64 << 20, steps: 1_000_000, depth: 10_000, ..Limits::default() });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes held for the program.
    pub memory: usize,
    /// Steps: calls, taken back-edges, and 10,000 items or 64 KiB of work inside
    /// a built-in.
    pub steps: u64,
    /// Nested calls, the program itself being the first.
    pub depth: usize,
    /// Bytes of the value stack.
    pub stack: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { memory: usize::MAX, steps: u64::MAX, depth: 1_000_100, stack: 1 << 30 }
    }
}

/// Why a program is asked to stop: each has an error kind of its own.
///
/// ```
/// use weave_vm::{Reason, Vm};
///
/// let vm = Vm::new();
/// vm.interrupt().set(Reason::Timeout); // forgotten, since nothing runs
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum Reason {
    /// The user.
    Interrupt = 1,
    /// The host's clock.
    Timeout = 2,
}

/// Asks a running program to stop: may be set from any thread and from a signal
/// handler. Got by [`Vm::interrupt`].
///
/// ```
/// use std::sync::Arc;
/// use weave_vm::{Interrupt, Reason, Vm};
///
/// let vm = Vm::new();
/// let interrupt: Arc<Interrupt> = vm.interrupt();
/// std::thread::spawn(move || interrupt.set(Reason::Interrupt)).join().unwrap();
/// ```
#[derive(Debug, Default)]
pub struct Interrupt(AtomicU32);

impl Interrupt {
    /// The program stops with this reason, mostly within a fraction of a millisecond.
    /// Where none is running, the next run forgets it.
    ///
    /// ```
    /// use weave_vm::{ErrorKind, Reason, Vm};
    ///
    /// let mut vm = Vm::new();
    /// let interrupt = vm.interrupt();
    /// // Here the host's own function does it; a timer or a signal handler may as well.
    /// vm.define("stop", [], move || interrupt.set(Reason::Interrupt))?;
    /// # let chunk = weave_compiler::chunk_of("stop(); while true { }", &vm.signatures());
    /// // The program `stop(); while true { }`.
    /// let program = vm.load(&chunk, None)?;
    /// let error = vm.run(program).unwrap_err();
    /// assert_eq!(error.kind, ErrorKind::Interrupt);
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn set(&self, reason: Reason) {
        self.0.store(reason as u32, Ordering::Relaxed);
    }

    /// Forgets a reason that no run has seen.
    pub(crate) fn arm(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed) != 0
    }

    fn take(&self) -> u32 {
        if self.0.load(Ordering::Relaxed) == 0 { 0 } else { self.0.swap(0, Ordering::Relaxed) }
    }
}

/// Steps between two looks at the interrupt flag.
const BATCH: i64 = 4_000;
/// Registers that are zeroed at a time ahead of use.
const AHEAD: usize = 4_096;
const FIRST_FRAMES: usize = 256;

/// Work of one step inside a built-in, in items or bytes.
const STEP_OF_WORK: usize = 10_000;

impl Vm {
    /// Sets the limits of the runs to come.
    ///
    /// ```
    /// use weave_vm::{ErrorKind, Limits, Vm};
    ///
    /// let mut vm = Vm::new();
    /// vm.set_limits(Limits { steps: 10_000, ..Limits::default() });
    /// # let chunk = weave_compiler::chunk_of("while true { }", &vm.signatures());
    /// // The program `while true { }`.
    /// let program = vm.load(&chunk, None)?;
    /// let error = vm.run(program).unwrap_err();
    /// assert_eq!(error.kind, ErrorKind::Steps);
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn set_limits(&mut self, limits: Limits) {
        // A batch that was granted under other limits ends here.
        self.count_batch();
        self.limits = limits;
        self.heap.set_limit(limits.memory);
    }

    /// The handle that stops a running program.
    ///
    /// ```
    /// use weave_vm::{Reason, Vm};
    ///
    /// let vm = Vm::new();
    /// // One for each who may want to stop it; all mean the same machine.
    /// let (timer, user) = (vm.interrupt(), vm.interrupt());
    /// std::thread::spawn(move || timer.set(Reason::Timeout)).join().unwrap();
    /// user.set(Reason::Interrupt);
    /// ```
    pub fn interrupt(&self) -> Arc<Interrupt> {
        self.interrupt.clone()
    }

    /// Starts counting steps from nothing again.
    ///
    /// ```
    /// use weave_vm::{ErrorKind, Limits, Vm};
    ///
    /// let mut vm = Vm::new();
    /// vm.set_limits(Limits { steps: 1_000, ..Limits::default() });
    /// # let chunk = weave_compiler::chunk_of("for i in 1..600 { }", &vm.signatures());
    /// // The program `for i in 1..600 { }`, of which two runs are too many.
    /// let program = vm.load(&chunk, None)?;
    /// vm.run(program)?;
    /// assert_eq!(vm.run(program).unwrap_err().kind, ErrorKind::Steps);
    /// vm.reset_steps();
    /// vm.run(program)?;
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn reset_steps(&mut self) {
        self.steps = 0;
        self.granted = 0;
        self.fuel = 0;
    }

    /// Counts a step from a slow body.
    #[inline]
    pub(crate) fn spend_slow(&mut self) -> Result<(), Raise> {
        if self.spend_here() { Ok(()) } else { self.spend_last() }
    }

    /// Counts a step from a slow body, unless there is more to do: [`Vm::spend_last`]. A
    /// body that ends with a call does that in a function of its own, so that it has
    /// nothing to save on its usual way.
    #[inline]
    pub(crate) fn spend_here(&mut self) -> bool {
        if cfg!(weave_no_fuel) {
            return true;
        }
        let left = self.fuel - 1;
        // What a slow body does may take so long that the next look is too late.
        let goes_on = left >= 0 && !self.interrupt.is_set();
        if goes_on {
            self.fuel = left;
        }
        goes_on
    }

    /// Counts the step that uses up the batch, or at which the flag is set.
    #[cold]
    #[inline(never)]
    pub(crate) fn spend_last(&mut self) -> Result<(), Raise> {
        // Below zero the fast body has counted this step already.
        if self.fuel >= 0 {
            self.fuel -= 1;
        }
        self.refuel()
    }

    /// Adds up what is used of the batch, and ends it.
    fn count_batch(&mut self) {
        // Fuel below zero are steps that were counted beyond the batch.
        self.steps = self.steps.saturating_add(self.granted.saturating_sub(self.fuel).max(0) as u64);
        self.granted = 0;
        self.fuel = 0;
    }

    /// The batch of steps is used up: looks at the limits and grants another.
    #[cold]
    pub(crate) fn refuel(&mut self) -> Result<(), Raise> {
        self.count_batch();
        match self.interrupt.take() {
            0 => {}
            2 => return Err(Raise::new(ErrorKind::Timeout, "the time limit is reached")),
            _ => return Err(Raise::new(ErrorKind::Interrupt, "interrupted")),
        }
        let Some(left) = self.limits.steps.checked_sub(self.steps) else {
            return Err(Raise::new(ErrorKind::Steps, format!("the limit of {} steps is reached", self.limits.steps)));
        };
        self.granted = i64::try_from(left).unwrap_or(BATCH).min(BATCH);
        self.fuel = self.granted;
        Ok(())
    }

    /// Counts work where no limit can strike: it does at the next step.
    pub(crate) fn charge_work(&mut self, work: usize) {
        self.work = self.work.saturating_add(work);
        let steps = self.work / STEP_OF_WORK;
        self.work %= STEP_OF_WORK;
        self.fuel = self.fuel.saturating_sub(i64::try_from(steps).unwrap_or(i64::MAX));
    }

    /// Counts work inside a built-in, and looks at the interrupt flag at once.
    pub(crate) fn poll_work(&mut self, work: usize) -> Result<(), Raise> {
        self.work = self.work.saturating_add(work);
        if self.work < STEP_OF_WORK {
            return Ok(());
        }
        let steps = self.work / STEP_OF_WORK;
        self.work %= STEP_OF_WORK;
        self.fuel = self.fuel.saturating_sub(i64::try_from(steps).unwrap_or(i64::MAX));
        if self.fuel < 0 || self.interrupt.is_set() { self.refuel() } else { Ok(()) }
    }

    // ---- the stacks

    pub(crate) fn first_stack(&mut self) -> Result<(), Raise> {
        let bytes = Region::<Raw>::bytes(AHEAD) + Region::<Frame>::bytes(FIRST_FRAMES);
        self.heap.charge(bytes)?;
        if !self.frames.grow(FIRST_FRAMES) || !self.stack.grow(AHEAD) {
            self.heap.discharge(bytes);
            return Err(crate::heap::OutOfMemory.into());
        }
        // SAFETY: the region has room for so many; zeroed values are nil.
        unsafe { self.stack.start.write_bytes(0, AHEAD) };
        self.set_ready(self.stack.end());
        Ok(())
    }

    /// Frames that may be pushed: those that there is room for, within the limit
    /// of nested calls.
    pub(crate) fn limit_frames(&mut self) {
        let most = self.limits.depth.min(self.frames.capacity);
        self.frame_limit = self.frames.start.wrapping_add(most);
    }

    fn too_deep(&self) -> Raise {
        Raise::new(ErrorKind::Depth, "calls are nested too deep")
            .help("does the recursion end? A loop or a pipeline needs no depth")
    }

    /// Makes sure that `bytes` from `window` on lie inside the initialised part
    /// of the stack. The stack may move: the answer is where the window is now.
    #[inline]
    pub(crate) fn make_room(&mut self, window: *mut Raw, bytes: usize) -> Result<*mut Raw, Raise> {
        let end = window.wrapping_byte_add(bytes);
        // Not up to the end: the plain calls of the callee shall fit too.
        if end <= self.stack_limit { Ok(window) } else { self.grow_stack(window, bytes) }
    }

    #[cold]
    fn grow_stack(&mut self, window: *mut Raw, bytes: usize) -> Result<*mut Raw, Raise> {
        let used = window.addr() - self.stack.start.addr();
        let needed = (used + bytes).div_ceil(size_of::<Raw>()) + AHEAD;
        let ready = (self.stack_ready.addr() - self.stack.start.addr()) / size_of::<Raw>();
        if needed > self.stack.capacity {
            if needed.saturating_mul(size_of::<Raw>()) > self.limits.stack {
                return Err(self.too_deep());
            }
            let most = self.limits.stack / size_of::<Raw>();
            let capacity = (self.stack.capacity + self.stack.capacity / 2).min(most).max(needed);
            self.move_stack(capacity)?;
        }
        // SAFETY: `ready..needed` lies in the region.
        unsafe { self.stack.start.add(ready).write_bytes(0, needed - ready) };
        self.set_ready(self.stack.start.wrapping_add(needed));
        Ok(self.stack.start.wrapping_byte_add(used))
    }

    /// The stack is initialised up to `end`.
    fn set_ready(&mut self, end: *mut Raw) {
        self.stack_ready = end;
        self.stack_limit = end.wrapping_sub(PLAIN_REGISTERS);
    }

    fn move_stack(&mut self, capacity: usize) -> Result<(), Raise> {
        let more = Region::<Raw>::bytes(capacity - self.stack.capacity);
        self.heap.charge(more)?;
        let old = self.stack.start;
        let ready = self.stack_ready.addr() - old.addr();
        if !self.stack.grow(capacity) {
            self.heap.discharge(more);
            return Err(crate::heap::OutOfMemory.into());
        }
        let new = self.stack.start;
        self.set_ready(new.wrapping_byte_add(ready));
        let rebase = |base: *mut Raw| new.wrapping_byte_add(base.addr() - old.addr());
        self.cur.base = rebase(self.cur.base);
        let mut at = self.frames.start;
        while at < self.frame_top {
            // SAFETY: records lie between the start and `frame_top`.
            unsafe {
                (*at).base = rebase((*at).base);
                at = at.add(1);
            }
        }
        Ok(())
    }

    #[cold]
    pub(crate) fn grow_frames(&mut self) -> Result<(), Raise> {
        let count = self.frames.capacity;
        let most = self.limits.depth;
        if count >= most {
            return Err(self.too_deep());
        }
        let bytes = Region::<Frame>::bytes;
        let capacity = (count + count / 2).min(most).max(count + 1);
        self.heap.charge(bytes(capacity - count))?;
        if !self.frames.grow(capacity) {
            self.heap.discharge(bytes(capacity - count));
            return Err(crate::heap::OutOfMemory.into());
        }
        self.frame_top = self.frames.start.wrapping_add(count);
        self.limit_frames();
        Ok(())
    }
}
