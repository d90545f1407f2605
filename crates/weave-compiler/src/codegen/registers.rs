//! Registers of one function: a stack. Variables and temporaries are taken
//! from its top and given back in reverse, so that a call's window always lies
//! above everything that is live.

use weave_bytecode::operand::Reg;

/// The highest number of registers a function may have; a call's window and a
/// loop's state must fit below what the machine can address.
const MOST: u32 = 31_000;

/// The registers of an open function.
#[derive(Debug, Default)]
pub(super) struct Registers {
    next: u32,
    most: u32,
    /// Whether a variable lives in the register.
    homes: Vec<bool>,
    /// Whether the function needed more registers than there are.
    pub(super) exhausted: bool,
}

impl Registers {
    /// Takes the next register.
    pub(super) fn take(&mut self) -> Reg {
        self.take_run(1)
    }

    /// Takes the next `count` registers; the first of them.
    pub(super) fn take_run(&mut self, count: usize) -> Reg {
        let first = self.next;
        let end = u64::from(first) + count as u64;
        if end > u64::from(MOST) {
            self.exhausted = true;
            return Reg(0);
        }
        self.next = end as u32;
        self.most = self.most.max(self.next);
        self.homes.resize(self.next as usize, false);
        Reg(first as u16)
    }

    /// How many registers are taken.
    pub(super) fn mark(&self) -> u32 {
        self.next
    }

    /// Gives back all registers from `mark` on.
    pub(super) fn release(&mut self, mark: u32) {
        if mark < self.next {
            self.next = mark;
            self.homes.truncate(mark as usize);
        }
    }

    /// Gives back all registers behind this one.
    pub(super) fn release_behind(&mut self, reg: Reg) {
        self.release(u32::from(reg.0) + 1);
    }

    /// A variable lives here until the register is given back.
    pub(super) fn make_home(&mut self, reg: Reg) {
        if let Some(home) = self.homes.get_mut(usize::from(reg.0)) {
            *home = true;
        }
    }

    /// Whether a variable lives here.
    pub(super) fn is_home(&self, reg: Reg) -> bool {
        self.homes.get(usize::from(reg.0)).copied().unwrap_or(false)
    }

    /// Whether the register is the last one taken and no variable's: a call's
    /// window may begin with it.
    pub(super) fn is_top(&self, reg: Reg) -> bool {
        u32::from(reg.0) + 1 == self.next && !self.is_home(reg)
    }

    /// The most that were taken at once.
    pub(super) fn most(&self) -> u16 {
        self.most as u16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registers_are_a_stack() {
        let mut registers = Registers::default();
        let a = registers.take();
        let mark = registers.mark();
        let run = registers.take_run(3);
        assert_eq!((a, run), (Reg(0), Reg(1)));
        registers.release(mark);
        assert_eq!(registers.take(), Reg(1));
        assert_eq!(registers.most(), 4);
    }

    #[test]
    fn a_home_is_no_window() {
        let mut registers = Registers::default();
        let a = registers.take();
        assert!(registers.is_top(a));
        registers.make_home(a);
        assert!(!registers.is_top(a));
        registers.release(0);
        let again = registers.take();
        assert!(!registers.is_home(again));
    }

    #[test]
    fn too_many_are_noticed() {
        let mut registers = Registers::default();
        registers.take_run(MOST as usize);
        assert!(!registers.exhausted);
        registers.take();
        assert!(registers.exhausted);
    }
}
