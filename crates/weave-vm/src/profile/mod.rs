//! Measuring a run: how often each instruction ran and how long it took, and
//! whose time it was.
//!
//! The loop has a second set of handlers (`interp/dispatch/profiled.rs`) that
//! tell this module of each instruction. Counts are exact. Time is taken in two
//! ways: a *slow* body is timed each time, for it may last as long as it likes; a
//! *fast* one takes a few nanoseconds, less than a look at the clock, so one in
//! `PERIOD` is timed, picked by chance, and stands for the others. The first
//! `ALWAYS` of each opcode are all timed, so that short programs have times too.
//! What a look at the clock costs is measured beforehand, and again and again during
//! the run, because it changes with the load of the machine; it is subtracted.
//!
//! All memory that this takes is the host's: it grows with the functions, call
//! sites and nested calls of a program, never with the length of its run.

mod calls;
mod report;
mod sums;

pub use crate::heap::watch::Allocated;
pub use report::{Captured, Function, FunctionKind, Node, OpcodeUse, Profile, Site};

use crate::frame::Frame;
use crate::native::{Run, Step};
use crate::object::closure::ClosureObject;
use crate::object::host::HostObject;
use crate::vm::Vm;
use calls::Calls;
use std::ptr::{null, null_mut};
use std::sync::Arc;
use sums::Identity;
use weave_bytecode::ops::Op;

/// A clock: nanoseconds from any fixed moment.
///
/// ```
/// use std::sync::LazyLock;
/// use std::time::Instant;
/// use weave_vm::profile::Ticks;
///
/// fn nanoseconds() -> u64 {
///     static START: LazyLock<Instant> = LazyLock::new(Instant::now);
///     START.elapsed().as_nanos() as u64
/// }
///
/// let clock: Ticks = nanoseconds;
/// assert!(clock() <= clock());
/// ```
pub type Ticks = fn() -> u64;

/// One fast body in so many is timed, on average.
const PERIOD: u32 = 16;
/// So many fast bodies of each opcode are all timed.
const ALWAYS: u64 = 64;
/// The clock is measured with one in so many that are timed.
const RECHECK: u32 = 4;
/// A fast body that took longer, in nanoseconds, is no example: it stands for itself
/// alone.
const RARE: i64 = 1_000;
/// One that took longer still was interrupted: that time is another program's.
const INTERRUPTED: i64 = 20_000;

/// How often an opcode ran, and its time so far.
#[derive(Clone, Copy, Default)]
pub(crate) struct Use {
    count: u64,
    ns: i64,
}

/// What a profiled machine remembers.
pub(crate) struct Profiler {
    ticks: Ticks,
    /// What a look at the clock costs at the moment, in 1/256 nanoseconds.
    clock: i64,
    /// What timing a fast body costs besides, in nanoseconds.
    extra: i64,
    /// Times until the clock is measured again.
    recheck: u32,
    uses: Box<[Use]>,
    /// The running instruction's opcode.
    op: usize,
    /// Whether its fast body is timed, from when, and for how many it stands.
    timing: bool,
    since: u64,
    weight: i64,
    /// Instructions until the next one that is timed.
    countdown: u32,
    seed: u32,
    calls: Calls,
    collections: u64,
    collection_ns: i64,
    /// The clock's time inside the loop.
    elapsed: u64,
}

impl Profiler {
    fn new(ticks: Ticks) -> Profiler {
        Profiler {
            ticks,
            clock: 0,
            extra: 0,
            recheck: RECHECK,
            uses: vec![Use::default(); Op::ALL.len()].into(),
            op: 0,
            timing: false,
            since: 0,
            weight: 1,
            countdown: PERIOD,
            seed: 0x2545_f491,
            calls: Calls::default(),
            collections: 0,
            collection_ns: 0,
            elapsed: 0,
        }
    }

    #[inline(never)]
    fn begin_sample(&mut self, weight: i64) {
        self.timing = true;
        self.weight = weight;
        self.recheck -= 1;
        if self.recheck == 0 {
            self.recheck = RECHECK;
            self.measure_clock();
        }
        self.since = (self.ticks)();
    }

    #[inline(never)]
    fn end_sample(&mut self) {
        let took = (self.ticks)().wrapping_sub(self.since) as i64 - self.clock_cost() - self.extra;
        self.timing = false;
        match took {
            _ if took > INTERRUPTED => {}
            _ if took > RARE => self.charge(took),
            _ => self.charge(took * self.weight),
        }
    }

    /// Moves the cost of a look at the clock towards that of one now.
    fn measure_clock(&mut self) {
        let before = (self.ticks)();
        let cost = (self.ticks)().wrapping_sub(before) as i64;
        if cost <= RARE {
            self.clock += ((cost << 8) - self.clock) >> 4;
        }
    }

    fn clock_cost(&self) -> i64 {
        (self.clock + 128) >> 8
    }

    /// The running instruction and the running function took so long.
    fn charge(&mut self, ns: i64) {
        self.uses[self.op].ns += ns;
        self.calls.charge(ns);
    }

    /// The time since the last look at the clock, and looks again.
    fn lap(&mut self) -> i64 {
        let now = (self.ticks)();
        let took = now.wrapping_sub(self.since) as i64 - self.clock_cost();
        self.since = now;
        took
    }

    /// How many instructions are let go before one is timed: about [`PERIOD`],
    /// never in step with a loop (xorshift).
    fn draw(&mut self) -> u32 {
        let mut x = self.seed;
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        self.seed = x;
        1 + x % (2 * PERIOD - 1)
    }

    /// A slow body begins.
    pub(crate) fn begin_slow(&mut self) {
        self.timing = false;
        self.calls.begin_slow();
        self.since = (self.ticks)();
    }

    /// It is done, and so is what it may have run without a frame.
    pub(crate) fn end_slow(&mut self) {
        let took = self.lap();
        self.charge(took);
        self.calls.end_slow();
    }
}

/// Tells the machine's profiler of an instruction before it runs.
///
/// # Safety
/// `vm` is a machine that nothing else borrows now; the rest is its state as the
/// handler of an instruction of that opcode gets it.
#[inline(never)]
pub(crate) unsafe fn before(vm: *mut Vm, op: Op, ip: *const u64, cl: *mut ClosureObject, top: *mut Frame) {
    // SAFETY: as the caller says.
    unsafe {
        let Some(profiler) = &mut (*vm).profiler else { return };
        if profiler.timing {
            profiler.end_sample();
        }
        profiler.op = op as usize;
        let used = &mut profiler.uses[op as usize];
        used.count += 1;
        let early = used.count <= ALWAYS;
        profiler.calls.follow(&(*vm).frames, ip, cl, top);
        if early {
            return profiler.begin_sample(1);
        }
        profiler.countdown -= 1;
        if profiler.countdown == 0 {
            profiler.countdown = profiler.draw();
            profiler.begin_sample(i64::from(PERIOD));
        }
    }
}

impl Vm {
    /// Measures the runs to come, until [`Vm::take_profile`]. `ticks` is read several
    /// times in a hundred nanoseconds, so it should be cheap; it takes some thousand
    /// looks at once, to learn what one costs. Needs the cargo feature `profile`.
    ///
    /// ```
    /// use weave_vm::Vm;
    /// # use std::sync::LazyLock;
    /// # use std::time::Instant;
    /// # fn nanoseconds() -> u64 {
    /// #     static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    /// #     START.elapsed().as_nanos() as u64
    /// # }
    ///
    /// let mut vm = Vm::new();
    /// vm.profile(nanoseconds);
    /// # let chunk = weave_compiler::chunk_of("2 * 21", &vm.signatures());
    /// // The program `2 * 21`.
    /// let program = vm.load(&chunk, None)?;
    /// vm.run(program)?;
    /// assert_eq!(vm.result::<i64>()?, 42);
    /// assert!(vm.take_profile().unwrap().instructions > 0);
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn profile(&mut self, ticks: Ticks) {
        self.profiler = Some(Box::new(Profiler::new(ticks)));
        self.calibrate_profiler();
    }

    /// What the runs since [`Vm::profile`] did, however they ended; `None` where
    /// none was asked for. Measures no more.
    ///
    /// ```
    /// use weave_vm::Vm;
    /// # use std::sync::LazyLock;
    /// # use std::time::Instant;
    /// # fn nanoseconds() -> u64 {
    /// #     static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    /// #     START.elapsed().as_nanos() as u64
    /// # }
    ///
    /// let mut vm = Vm::new();
    /// assert!(vm.take_profile().is_none(), "nobody asked for one");
    /// vm.profile(nanoseconds);
    /// # let chunk = weave_compiler::chunk_of("fn f(n) { if n > 0 { f(n - 1) } else { 0 } }; f(9)", &vm.signatures());
    /// // The program `fn f(n) { if n > 0 { f(n - 1) } else { 0 } }; f(9)`, twice.
    /// let program = vm.load(&chunk, None)?;
    /// vm.run(program)?;
    /// vm.run(program)?;
    /// let profile = vm.take_profile().unwrap();
    /// let f = profile.functions.iter().find(|f| &*f.name == "f").unwrap();
    /// assert_eq!(f.calls, 20);
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn take_profile(&mut self) -> Option<Profile> {
        let profiler = self.profiler.take()?;
        let allocated = self.heap.watched();
        Some(report::report(self, *profiler, allocated))
    }

    /// Measures what measuring costs: the medians of timing nothing.
    fn calibrate_profiler(&mut self) {
        fn median(mut costs: Vec<i64>) -> i64 {
            costs.sort_unstable();
            costs.get(costs.len() / 2).copied().unwrap_or(0)
        }
        let vm: *mut Vm = self;
        let (mut clock, mut whole) = (Vec::new(), Vec::new());
        for _ in 0..1000 {
            // SAFETY: the machine is ours; without a frame, no code is looked at.
            let profiler = unsafe {
                before(vm, Op::Move, null(), null_mut(), null_mut());
                before(vm, Op::Move, null(), null_mut(), null_mut());
                (*vm).profiler.as_mut()
            };
            let Some(profiler) = profiler else { return };
            // The second one is timed in vain.
            profiler.timing = false;
            let timed = std::mem::take(&mut profiler.uses[Op::Move as usize]);
            whole.push(timed.ns + profiler.clock_cost());
            let before = (profiler.ticks)();
            clock.push((profiler.ticks)().wrapping_sub(before) as i64);
        }
        if let Some(profiler) = &mut self.profiler {
            let clock = median(clock);
            profiler.clock = clock << 8;
            profiler.extra = median(whole) - clock;
        }
    }

    /// Runs the loop with natives that announce themselves.
    pub(crate) fn run_profiled(&mut self, run: fn(&mut Vm)) {
        let plain: Vec<Run> = self.natives.iter().map(|n| n.run.clone()).collect();
        for (i, native) in self.natives.iter_mut().enumerate() {
            native.run = match native.run.clone() {
                Run::Plain(f) => announced(i, f),
                Run::Host(f) => announced(i, move |step| f(step)),
                // These have frames.
                steps => steps,
            };
        }
        self.heap.watch();
        let start = self.profiler.as_ref().map_or(0, |p| (p.ticks)());
        run(self);
        if let Some(profiler) = &mut self.profiler {
            if profiler.timing {
                profiler.end_sample();
            }
            profiler.calls.leave_all();
            profiler.elapsed += (profiler.ticks)().wrapping_sub(start);
        }
        for (native, run) in self.natives.iter_mut().zip(plain) {
            native.run = run;
        }
    }

    /// A collection begins or ends: its time is its own.
    pub(crate) fn profile_collection(&mut self, begins: bool) {
        let Some(profiler) = &mut self.profiler else { return };
        if profiler.calls.is_idle() {
            return;
        }
        let took = profiler.lap();
        if begins {
            profiler.charge(took);
            profiler.collections += 1;
            profiler.calls.enter(Identity::Collection, None);
        } else {
            profiler.collection_ns += took;
            profiler.calls.charge(took);
            profiler.calls.leave();
        }
    }
}

impl Vm {
    /// A host's sequence begins to give an item, or has done so: its time is its own.
    #[inline]
    pub(crate) fn profile_items(&mut self, of: Option<&dyn HostObject>) {
        let Some(profiler) = &mut self.profiler else { return };
        let took = profiler.lap();
        profiler.charge(took);
        match of {
            Some(object) => profiler.calls.enter(Identity::Items(object.type_name()), Some(&self.cur)),
            None => profiler.calls.leave(),
        }
    }
}

/// A native of one step that tells the profiler when it begins.
fn announced(
    native: usize,
    f: impl for<'s> Fn(&mut Step<'s>) -> Result<crate::native::Value<'s>, crate::error::Raise> + Send + Sync + 'static,
) -> Run {
    Run::Host(Arc::new(move |step| {
        let vm = &mut *step.vm;
        if let Some(profiler) = &mut vm.profiler {
            let took = profiler.lap();
            profiler.charge(took);
            profiler.calls.enter_native(native, &vm.cur);
        }
        f(step)
    }))
}
