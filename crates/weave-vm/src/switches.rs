//! Switches for tests and reports, and figures of the heap.

use crate::heap::Stats;
use crate::interp::dispatch;
use crate::vm::Vm;

impl Vm {
    /// Runs the `match` form of the interpreter's loop even where this build has
    /// the tail-call form. For tests.
    ///
    /// ```
    /// use weave_vm::Vm;
    ///
    /// let mut vm = Vm::new();
    /// # let chunk = weave_compiler::chunk_of("(1..=10) |> sum", &vm.signatures());
    /// // The program `(1..=10) |> sum`, under both forms of the loop.
    /// let program = vm.load(&chunk, None)?;
    /// for on in [false, true] {
    ///     vm.use_match_dispatch(on);
    ///     vm.run(program)?;
    ///     assert_eq!(vm.result::<i64>()?, 55);
    /// }
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn use_match_dispatch(&mut self, on: bool) {
        self.force_match = on;
    }

    /// Whether code that is loaded from now on gets its instructions fused, as it does
    /// at first. No program can tell, but for its speed. For tests and reports.
    ///
    /// ```
    /// use weave_vm::Vm;
    ///
    /// let mut vm = Vm::new();
    /// # let chunk = weave_compiler::chunk_of("n = 0; while n < 5 { n += 2 }; n", &vm.signatures());
    /// // The program `n = 0; while n < 5 { n += 2 }; n`, loaded with and without.
    /// for on in [true, false] {
    ///     vm.fuse_instructions(on);
    ///     let program = vm.load(&chunk, None)?;
    ///     vm.run(program)?;
    ///     assert_eq!(vm.result::<i64>()?, 6);
    /// }
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn fuse_instructions(&mut self, on: bool) {
        self.fuses = on;
    }

    /// Whether this build has the tail-call form of the loop.
    ///
    /// ```
    /// use weave_vm::Vm;
    ///
    /// // A report of a defect names the form of the loop that it was seen with.
    /// let form = if Vm::has_tail_dispatch() { "tail" } else { "match" };
    /// println!("loop: {form}");
    /// ```
    pub fn has_tail_dispatch() -> bool {
        dispatch::HAS_TAIL
    }

    /// Collects at every allocation, so that a missing root shows at once. For
    /// tests.
    ///
    /// ```
    /// use weave_vm::{Handle, Vm};
    ///
    /// let mut vm = Vm::new();
    /// vm.stress_collector(true);
    /// # let chunk = weave_compiler::chunk_of("[\"a text on the heap\", [\"and another one there\"]]", &vm.signatures());
    /// // The program `["a text on the heap", ["and another one there"]]`.
    /// let program = vm.load(&chunk, None)?;
    /// vm.run(program)?;
    /// let kept: Handle = vm.result()?;
    /// vm.collect_now();
    /// let shown = vm.enter(|scope| scope.value(&kept).map(|v| scope.display(v)))?;
    /// assert_eq!(shown, "[\"a text on the heap\", [\"and another one there\"]]");
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn stress_collector(&mut self, on: bool) {
        self.heap.stress = on;
    }

    /// Lets the n-th request for memory from now on fail as if the limit were
    /// reached, and those after it succeed again; `None` switches that off.
    /// Whether the one that was asked for before has failed. For tests of what a
    /// failure leaves behind.
    #[doc(hidden)]
    pub fn fail_memory_request(&mut self, n: Option<u64>) -> bool {
        let left = std::mem::replace(&mut self.heap.fail_after, n);
        left.is_some_and(|left| left > u64::MAX / 2)
    }

    /// Fixes the seed that every machine of this process hashes keys with, so that
    /// two runs do the very same; without effect once there is a machine. Data can
    /// then be crafted to collide: for counting instructions.
    #[doc(hidden)]
    pub fn fix_hash_seed(seed: u64) {
        crate::object::index::fix_seed(seed);
    }

    /// What the heap has done so far.
    ///
    /// ```
    /// use weave_vm::Vm;
    ///
    /// let mut vm = Vm::new();
    /// let before = vm.heap_stats().allocated_objects;
    /// # let chunk = weave_compiler::chunk_of("(1..1000) *> ^{ [it, it] } |> len", &vm.signatures());
    /// // The program `(1..1000) *> ^{ [it, it] } |> len`.
    /// let program = vm.load(&chunk, None)?;
    /// vm.run(program)?;
    /// assert!(vm.heap_stats().allocated_objects - before >= 999);
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn heap_stats(&self) -> Stats {
        self.heap.stats()
    }

    /// Bytes held for programs now.
    ///
    /// ```
    /// use weave_vm::{Raise, Vm};
    ///
    /// let mut vm = Vm::new();
    /// let before = vm.bytes_held();
    /// let kept = vm.enter(|scope| Ok::<_, Raise>({
    ///     let v = scope.text(&"x".repeat(1 << 20))?;
    ///     scope.keep(v)
    /// }))?;
    /// assert!(vm.bytes_held() >= before + (1 << 20));
    /// # drop(kept);
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn bytes_held(&self) -> usize {
        self.heap.held()
    }
}
