//! The state that a handler works on, and the operands of an instruction.

use crate::frame::Frame;
use crate::object::closure::ClosureObject;
use crate::value::{Raw, load};
use crate::vm::Vm;

/// What a fast body answers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    /// The instruction is done.
    Next,
    /// Nothing is done; the slow body shall do it.
    Slow,
}

/// The machine's registers. In the tail-call form each is an argument of the
/// handler, and so a processor register.
pub(crate) struct Machine {
    pub(crate) vm: *mut Vm,
    /// Behind the instruction's first word.
    pub(crate) ip: *const u64,
    pub(crate) base: *mut Raw,
    /// Steps left of the batch; `vm.fuel` while a slow body runs.
    pub(crate) fuel: i64,
    pub(crate) cl: *mut ClosureObject,
    /// Where the next frame record goes; `vm.frame_top` while a slow body runs.
    pub(crate) top: *mut Frame,
}

/// The operands of the running instruction, for fast bodies: each is read from the
/// code where it is used, which takes one processor instruction, where taking it
/// out of a word takes two or three.
#[derive(Clone, Copy)]
pub(crate) struct Operands(*const u64);

// Made by [`Machine::word`] alone, whose caller stands behind a verified
// instruction's first word.
impl Operands {
    #[inline(always)]
    fn field(self, n: usize) -> u16 {
        // The words are little-endian (`value.rs` refuses other machines).
        // SAFETY: V-CODE, the word before `ip` is the instruction's.
        unsafe { *self.0.cast::<u16>().sub(4 - n) }
    }
    /// Those of the instruction `words` words further on.
    ///
    /// # Safety
    /// One stands there in the same code.
    #[inline(always)]
    pub(crate) unsafe fn next(self, words: usize) -> Operands {
        Operands(self.0.wrapping_add(words))
    }
    #[inline(always)]
    pub(crate) fn a(self) -> usize {
        usize::from(self.field(1))
    }
    #[inline(always)]
    pub(crate) fn b(self) -> usize {
        usize::from(self.field(2))
    }
    #[inline(always)]
    pub(crate) fn c(self) -> usize {
        usize::from(self.field(3))
    }
    #[inline(always)]
    pub(crate) fn small(self) -> i64 {
        i64::from(self.field(3) as i16)
    }
    #[inline(always)]
    pub(crate) fn wide(self) -> usize {
        // SAFETY: V-CODE, as in `field`.
        unsafe { *self.0.cast::<u32>().sub(1) as usize }
    }
    #[inline(always)]
    pub(crate) fn signed(self) -> i64 {
        // SAFETY: V-CODE, as in `field`.
        unsafe { i64::from(*self.0.cast::<i32>().sub(1)) }
    }
}

/// The opcode of an instruction.
///
/// # Safety
/// `ip` stands at an instruction (V-CODE).
#[inline(always)]
pub(crate) unsafe fn opcode(ip: *const u64) -> u16 {
    // SAFETY: as the caller says.
    unsafe { *ip.cast::<u16>() }
}

/// The first word of an instruction, for slow bodies. Register operands are offsets
/// in units of 8 bytes.
#[derive(Clone, Copy)]
pub(crate) struct Word(pub(crate) u64);

impl Word {
    #[inline(always)]
    pub(crate) fn a(self) -> usize {
        (self.0 >> 16) as u16 as usize
    }
    #[inline(always)]
    pub(crate) fn b(self) -> usize {
        (self.0 >> 32) as u16 as usize
    }
    #[inline(always)]
    pub(crate) fn c(self) -> usize {
        (self.0 >> 48) as usize
    }
    #[inline(always)]
    pub(crate) fn small(self) -> i64 {
        (self.0 as i64) >> 48
    }
    #[inline(always)]
    pub(crate) fn wide(self) -> usize {
        (self.0 >> 32) as usize
    }
    #[inline(always)]
    pub(crate) fn signed(self) -> i64 {
        (self.0 as i64) >> 32
    }
}

/// The register at a scaled operand.
#[inline(always)]
pub(crate) fn at(base: *mut Raw, operand: usize) -> *mut Raw {
    base.cast::<u8>().wrapping_add(operand * 8).cast()
}

/// The top-level slot at a scaled operand.
#[inline(always)]
pub(crate) fn slot_at(slots: *mut Raw, operand: usize) -> *mut Raw {
    slots.cast::<u8>().wrapping_add(operand * 8).cast()
}

/// The number of the slot that a scaled operand names.
pub(crate) fn slot_number(operand: usize) -> usize {
    operand / 2
}

impl Machine {
    #[inline(always)]
    pub(crate) fn word(&self) -> Operands {
        Operands(self.ip)
    }

    /// Reads the register at a scaled operand.
    ///
    /// # Safety
    /// The operand comes from verified code (rule V-REG: registers lie in the
    /// frame), and the frame's window is initialised.
    #[inline(always)]
    pub(crate) unsafe fn reg(&self, operand: usize) -> Raw {
        // SAFETY: as the caller says.
        unsafe { load(at(self.base, operand)) }
    }

    /// Writes a register.
    ///
    /// # Safety
    /// As [`Machine::reg`].
    #[inline(always)]
    pub(crate) unsafe fn set(&mut self, operand: usize, v: Raw) {
        // SAFETY: as the caller says.
        unsafe { *at(self.base, operand) = v }
    }

    /// Writes the register that the instruction names first.
    ///
    /// # Safety
    /// As [`Machine::reg`].
    #[inline(always)]
    pub(crate) unsafe fn put(&mut self, w: Operands, v: Raw) {
        // SAFETY: as the caller says.
        unsafe { self.set(w.a(), v) }
    }

    /// Pops the frame with `v` as the call's result.
    ///
    /// # Safety
    /// The frame is a function's: the sentinel's record lies below every other, so
    /// there is one to pop, and register 0 is the caller's register for the result.
    #[inline(always)]
    pub(crate) unsafe fn hand_back(&mut self, _: Operands, v: Raw) {
        // SAFETY: as the caller says.
        unsafe {
            *self.base = v;
            self.top = self.top.sub(1);
            let f = self.top;
            self.ip = (*f).ip;
            self.base = (*f).base;
            self.cl = (*f).cl;
        }
    }

    /// As [`Machine::hand_back`], and writes `v` to `place` as well. The frame record is
    /// read first: a load behind a store whose address comes late waits for it.
    ///
    /// # Safety
    /// As [`Machine::hand_back`]; `place` holds a value.
    #[inline(always)]
    pub(crate) unsafe fn store_and_hand_back(&mut self, place: *mut Raw, v: Raw) {
        // SAFETY: as the caller says.
        unsafe {
            let f = self.top.sub(1);
            let (ip, cl, base) = ((&raw const (*f).ip), (&raw const (*f).cl), (&raw const (*f).base));
            let (ip, cl, base) = (ip.read_volatile(), cl.read_volatile(), base.read_volatile());
            *place = v;
            *self.base = v;
            self.top = f;
            self.ip = ip;
            self.base = base;
            self.cl = cl;
        }
    }

    /// The constants of the running function.
    ///
    /// # Safety
    /// The frame is a function's, since it has instructions with constants.
    #[inline(always)]
    pub(crate) unsafe fn k(&self) -> *const Raw {
        // SAFETY: H1 for the closure and its prototype.
        unsafe { (*(*self.cl).proto).k }
    }

    /// Reads a constant.
    ///
    /// # Safety
    /// The index comes from verified code (V-CONST).
    #[inline(always)]
    pub(crate) unsafe fn constant(&self, index: usize) -> Raw {
        // SAFETY: as the caller says.
        unsafe { load(self.k().add(index)) }
    }

    /// The second word of a two-word instruction.
    ///
    /// # Safety
    /// The instruction has one (V-CODE: no instruction is cut off).
    #[inline(always)]
    pub(crate) unsafe fn second(&self) -> u64 {
        // SAFETY: as the caller says.
        unsafe { *self.ip }
    }

    /// Jumps relative to the end of a one-word instruction.
    ///
    /// # Safety
    /// The distance comes from verified code (V-JUMP).
    #[inline(always)]
    pub(crate) unsafe fn jump(&mut self, words: i64) {
        // SAFETY: as the caller says.
        unsafe { self.ip = self.ip.offset(words as isize) }
    }

    /// Leaves a two-word instruction: by the jump in its second word, or to
    /// the next instruction.
    ///
    /// # Safety
    /// As [`Machine::jump`].
    #[inline(always)]
    pub(crate) unsafe fn jump_if(&mut self, taken: bool) {
        // SAFETY: as the caller says; the distance is the lower half of the word.
        unsafe {
            let distance = if taken { *self.ip.cast::<i32>() as isize } else { 0 };
            self.ip = self.ip.offset(1 + distance);
        }
    }

    /// Leaves a two-word instruction by the jump in its second word. A taken way back has
    /// a path of its own in its handler, where the step is counted.
    ///
    /// # Safety
    /// As [`Machine::jump`].
    #[inline(always)]
    pub(crate) unsafe fn jump_back(&mut self) {
        // SAFETY: as the caller says; the distance is the lower half of the word.
        unsafe { self.ip = self.ip.offset(*self.ip.cast::<i32>() as isize).add(1) }
    }

    /// Counts a step; whether the batch is used up. A build with `--cfg weave_no_fuel`
    /// counts none and stops for nothing: it only shows what counting costs.
    #[inline(always)]
    pub(crate) fn spend(&mut self) -> bool {
        if cfg!(weave_no_fuel) {
            return false;
        }
        self.fuel -= 1;
        self.fuel < 0
    }
}

/// Operands for slow bodies, which find the state in `vm.cur`.
impl Vm {
    #[inline]
    pub(crate) fn reg(&self, operand: usize) -> Raw {
        // SAFETY: V-REG, as for `Machine::reg`.
        unsafe { *at(self.cur.base, operand) }
    }

    #[inline]
    pub(crate) fn set(&mut self, operand: usize, v: Raw) {
        // SAFETY: V-REG.
        unsafe { *at(self.cur.base, operand) = v }
    }

    /// A pointer to the register: valid until the next call.
    pub(crate) fn place(&self, operand: usize) -> *mut Raw {
        at(self.cur.base, operand)
    }

    #[inline]
    pub(crate) fn constant(&self, index: usize) -> Raw {
        // SAFETY: V-CONST.
        unsafe { *(*(*self.cur.cl).proto).k.add(index) }
    }

    /// Reads the second word and moves behind it.
    pub(crate) fn take_second(&mut self) -> u64 {
        // SAFETY: V-CODE.
        unsafe {
            let word = *self.cur.ip;
            self.cur.ip = self.cur.ip.add(1);
            word
        }
    }

    /// Moves by so many words.
    pub(crate) fn skip(&mut self, words: i64) {
        // SAFETY: V-JUMP.
        unsafe { self.cur.ip = self.cur.ip.offset(words as isize) }
    }

    /// Leaves a two-word instruction as [`Machine::jump_if`] does.
    pub(crate) fn leave(&mut self, taken: bool) {
        let distance = self.take_second() as i32;
        if taken {
            self.skip(i64::from(distance));
        }
    }
}
