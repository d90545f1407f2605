//! What the collector starts from. Collection runs between instructions and
//! between a native's steps, so these are all the places where a value can be.

use crate::frame::Frame;
use crate::value::Raw;
use crate::vm::Vm;

impl Vm {
    /// Collects now, between two runs, and not when the heap asks for it: for a host
    /// that is idle, and for measuring. Takes some nanoseconds for each live object.
    ///
    /// ```
    /// use weave_vm::Vm;
    ///
    /// let mut vm = Vm::new();
    /// vm.enter(|scope| scope.text(&"x".repeat(1 << 20)).map(|_| ()))?;
    /// let before = vm.bytes_held();
    /// vm.collect_now();
    /// assert!(vm.bytes_held() < before, "nobody kept the text");
    /// # Ok::<(), Box<weave_vm::RuntimeError>>(())
    /// ```
    pub fn collect_now(&mut self) {
        self.collect();
    }

    /// Collects if the heap asks for it. Called by bodies before they allocate,
    /// while all inputs are in registers.
    #[inline]
    pub(crate) fn collect_if_due(&mut self) {
        if self.heap.wants_collection() {
            self.collect();
        }
    }

    /// As [`Vm::collect_if_due`] while the arguments of a native lie in a window
    /// that may reach beyond the caller's frame.
    pub(crate) fn collect_around(&mut self, window: *mut Raw, argc: usize) {
        if self.heap.wants_collection() {
            self.collect_below(window.wrapping_add(argc));
        }
    }

    #[cold]
    pub(crate) fn collect(&mut self) {
        self.collect_below(std::ptr::null_mut());
    }

    /// Marks from all roots and sweeps. Registers up to the end of the current
    /// frame, or to `at_least`, are roots; those above are cleared, so that a
    /// call needs not clear its window.
    pub(crate) fn collect_below(&mut self, at_least: *mut Raw) {
        if self.heap.is_interrupted() {
            return;
        }
        #[cfg(feature = "profile")]
        self.profile_collection(true);
        let top =
            self.frame_end().max(at_least).max(self.stack.start.wrapping_add(usize::from(!self.stack.start.is_null())));
        self.heap.begin_marking();
        let mut at = self.stack.start;
        while at < top {
            // SAFETY: the stack is initialised up to its limit, and `top` is
            // not above that.
            unsafe { self.heap.mark_root(*at) };
            at = at.wrapping_add(1);
        }
        while at < self.stack_ready {
            // SAFETY: as above.
            unsafe { *at = Raw::NIL };
            at = at.wrapping_add(1);
        }
        // SAFETY: records lie between the region's start and `frame_top`.
        let records = unsafe { self.frame_top.offset_from(self.frames.start) }.max(0) as usize;
        for i in 0..records {
            // SAFETY: as above.
            let f = unsafe { *self.frames.start.add(i) };
            self.mark_callee(f);
        }
        self.mark_callee(self.cur);
        for i in 0..self.slot_values.len() {
            let v = self.slot(i);
            self.heap.mark_root(v);
        }
        for module in &self.modules {
            for v in module.constants() {
                self.heap.mark_root(v);
            }
        }
        for shape in &self.literal_shapes {
            self.heap.mark_keys(*shape);
        }
        for native in &self.natives {
            self.heap.mark_root(native.value);
        }
        self.heap.mark_root(self.data);
        for i in 0..self.reading.len() {
            self.heap.mark_root(self.reading[i]);
        }
        for i in 0..self.lasting.len() {
            self.heap.mark_root(self.lasting[i].1);
        }
        for &v in self.handles.roots() {
            self.heap.mark_root(v);
        }
        self.heap.mark_root(self.last);
        if self.heap.is_interrupted() {
            self.heap.give_up_marking();
        } else {
            self.heap.finish_marking();
        }
        #[cfg(feature = "profile")]
        self.profile_collection(false);
    }

    fn mark_callee(&mut self, f: Frame) {
        if !f.cl.is_null() {
            self.heap.mark_root(Raw::object(crate::value::Tag::Closure, f.cl.cast()));
        }
    }

    /// The end of the current frame's registers.
    fn frame_end(&self) -> *mut Raw {
        if self.cur.cl.is_null() {
            return self.cur.base;
        }
        // SAFETY: H1 for the frame's closure or native object.
        let bytes = unsafe {
            if (*self.cur.cl).header.kind == crate::heap::header::Kind::Closure {
                (*(*self.cur.cl).proto).frame_bytes
            } else {
                let native = (*self.cur.cl).header.wide as usize;
                self.natives[native].frame() * size_of::<Raw>()
            }
        };
        self.cur.base.wrapping_byte_add(bytes)
    }
}
