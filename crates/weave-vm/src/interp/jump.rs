//! Bodies of jumps. Forward tests and back-edges share their conditions; a
//! back-edge also counts a step when it is taken.

use super::compare::{Test, equal_at, equal_small};
use super::machine::{Flow, Machine, Word, at};
use crate::equality::{equal_in, order_in};
use crate::error::Raise;
use crate::value::{FLOAT, INT, Raw, float_at, int_at, tag_at};
use crate::vm::Vm;

macro_rules! simple {
    ($($name:ident: |$v:ident| $test:expr;)*) => {$(
        #[inline(always)]
        pub(crate) unsafe fn $name(m: &mut Machine) -> Flow {
            let w = m.word();
            // SAFETY: V-REG, V-JUMP.
            unsafe {
                let $v = m.reg(w.a());
                if $test {
                    m.jump(w.signed());
                }
            }
            Flow::Next
        }
    )*};
}

simple! {
    jump_if: |v| v.truthy();
    jump_if_not: |v| !v.truthy();
    jump_if_nil: |v| v.is_nil();
    jump_if_not_nil: |v| !v.is_nil();
    jump_if_set: |v| !v.is_unset();
}

#[inline(always)]
pub(crate) unsafe fn jump(m: &mut Machine) -> Flow {
    let w = m.word();
    // SAFETY: V-JUMP.
    unsafe { m.jump(w.signed()) };
    Flow::Next
}

/// Compares a register with the right operand of the form, two ints or two
/// floats; anything else is the slow body's.
macro_rules! compare_here {
    ($op:tt, reg, $m:ident, $w:ident) => { compare_here!(@places $op, $m, $w, at($m.base, $w.b()) as *const Raw) };
    ($op:tt, constant, $m:ident, $w:ident) => { compare_here!(@places $op, $m, $w, $m.k().add($w.c())) };
    ($op:tt, small, $m:ident, $w:ident) => {{
        let x = at($m.base, $w.a());
        if tag_at(x) == INT {
            int_at(x) $op $w.small()
        } else if tag_at(x) == FLOAT {
            std::hint::cold_path();
            float_at(x) $op $w.small() as f64
        } else {
            return Flow::Slow;
        }
    }};
    (@places $op:tt, $m:ident, $w:ident, $y:expr) => {{
        let (x, y) = (at($m.base, $w.a()), $y);
        if tag_at(x) == INT {
            if tag_at(y) != INT {
                return Flow::Slow;
            }
            int_at(x) $op int_at(y)
        } else if tag_at(x) == FLOAT && tag_at(y) == FLOAT {
            std::hint::cold_path();
            float_at(x) $op float_at(y)
        } else {
            return Flow::Slow;
        }
    }};
}

/// Right operands of the compare-and-jump forms.
macro_rules! right {
    (reg, $m:ident, $w:ident) => {
        $m.reg($w.b())
    };
    (small, $m:ident, $w:ident) => {
        Raw::int($w.small())
    };
    (constant, $m:ident, $w:ident) => {
        $m.constant($w.c())
    };
}

macro_rules! ordered {
    ($($name:ident, $slow:ident: $op:tt $test:ident, $right:ident, $sense:expr;)*) => {$(
        #[inline(always)]
        pub(crate) unsafe fn $name(m: &mut Machine) -> Flow {
            let w = m.word();
            // SAFETY: V-REG, V-CONST, V-JUMP.
            unsafe {
                let holds = compare_here!($op, $right, m, w);
                m.jump_if(holds == $sense);
            }
            Flow::Next
        }

        pub(crate) fn $slow(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
            let w = Word(insn);
            let (x, y) = (vm.reg(w.a()), right!($right, vm, w));
            let holds = Test::$test.holds(order_in(vm, x, y)?);
            vm.leave(holds == $sense);
            Ok(())
        }
    )*};
}

ordered! {
    jump_lt, jump_lt_slow: < Lt, reg, true;
    jump_le, jump_le_slow: <= Le, reg, true;
    jump_gt, jump_gt_slow: > Gt, reg, true;
    jump_ge, jump_ge_slow: >= Ge, reg, true;
    jump_not_lt, jump_not_lt_slow: < Lt, reg, false;
    jump_not_le, jump_not_le_slow: <= Le, reg, false;
    jump_not_gt, jump_not_gt_slow: > Gt, reg, false;
    jump_not_ge, jump_not_ge_slow: >= Ge, reg, false;
    jump_lt_i, jump_lt_i_slow: < Lt, small, true;
    jump_le_i, jump_le_i_slow: <= Le, small, true;
    jump_gt_i, jump_gt_i_slow: > Gt, small, true;
    jump_ge_i, jump_ge_i_slow: >= Ge, small, true;
    jump_not_lt_i, jump_not_lt_i_slow: < Lt, small, false;
    jump_not_le_i, jump_not_le_i_slow: <= Le, small, false;
    jump_not_gt_i, jump_not_gt_i_slow: > Gt, small, false;
    jump_not_ge_i, jump_not_ge_i_slow: >= Ge, small, false;
    jump_not_lt_k, jump_not_lt_k_slow: < Lt, constant, false;
    jump_not_le_k, jump_not_le_k_slow: <= Le, constant, false;
    jump_not_gt_k, jump_not_gt_k_slow: > Gt, constant, false;
    jump_not_ge_k, jump_not_ge_k_slow: >= Ge, constant, false;
}

/// Whether a register equals the right operand of the form; none where only the slow
/// body can tell.
macro_rules! equals_here {
    (reg, $m:ident, $w:ident) => {
        equal_at(at($m.base, $w.a()), at($m.base, $w.b()))
    };
    (small, $m:ident, $w:ident) => {
        equal_small(at($m.base, $w.a()), $w.small())
    };
    (constant, $m:ident, $w:ident) => {
        equal_at(at($m.base, $w.a()), $m.k().add($w.c()))
    };
}

macro_rules! equal_jumps {
    ($($name:ident, $slow:ident: $right:ident, $sense:expr;)*) => {$(
        #[inline(always)]
        pub(crate) unsafe fn $name(m: &mut Machine) -> Flow {
            let w = m.word();
            // SAFETY: V-REG, V-CONST, V-JUMP.
            unsafe {
                match equals_here!($right, m, w) {
                    Some(e) => { m.jump_if(e == $sense); Flow::Next }
                    None => Flow::Slow,
                }
            }
        }

        pub(crate) fn $slow(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
            let w = Word(insn);
            let (x, y) = (vm.reg(w.a()), right!($right, vm, w));
            let e = equal_in(vm, x, y)?;
            vm.leave(e == $sense);
            Ok(())
        }
    )*};
}

equal_jumps! {
    jump_eq, jump_eq_slow: reg, true;
    jump_ne, jump_ne_slow: reg, false;
    jump_eq_i, jump_eq_i_slow: small, true;
    jump_ne_i, jump_ne_i_slow: small, false;
    jump_eq_k, jump_eq_k_slow: constant, true;
    jump_ne_k, jump_ne_k_slow: constant, false;
}

// ---- back-edges

macro_rules! simple_loops {
    ($($name:ident, $slow:ident: |$v:ident| $test:expr;)*) => {$(
        #[inline(always)]
        pub(crate) unsafe fn $name(m: &mut Machine) -> Flow {
            let w = m.word();
            // SAFETY: V-REG, V-JUMP.
            unsafe {
                let $v = m.reg(w.a());
                if $test {
                    if m.spend() {
                        return Flow::Slow;
                    }
                    m.jump(w.signed());
                }
            }
            Flow::Next
        }

        pub(crate) fn $slow(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
            let w = Word(insn);
            vm.refuel()?;
            vm.skip(w.signed());
            Ok(())
        }
    )*};
}

simple_loops! {
    loop_if, loop_if_slow: |v| v.truthy();
    loop_if_not, loop_if_not_slow: |v| !v.truthy();
}

#[inline(always)]
pub(crate) unsafe fn loop_(m: &mut Machine) -> Flow {
    let w = m.word();
    // SAFETY: V-JUMP.
    unsafe {
        if m.spend() {
            return Flow::Slow;
        }
        m.jump(w.signed());
    }
    Flow::Next
}

pub(crate) fn loop_slow(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    vm.refuel()?;
    vm.skip(Word(insn).signed());
    Ok(())
}

macro_rules! ordered_loops {
    ($($name:ident, $slow:ident: $op:tt $test:ident, $right:ident;)*) => {$(
        #[inline(always)]
        pub(crate) unsafe fn $name(m: &mut Machine) -> Flow {
            let w = m.word();
            // SAFETY: V-REG, V-JUMP.
            unsafe {
                if !compare_here!($op, $right, m, w) {
                    m.ip = m.ip.add(1);
                } else if m.spend() {
                    return Flow::Slow;
                } else {
                    m.jump_back();
                }
            }
            Flow::Next
        }

        pub(crate) fn $slow(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
            let w = Word(insn);
            let (x, y) = (vm.reg(w.a()), right!($right, vm, w));
            let holds = Test::$test.holds(order_in(vm, x, y)?);
            if holds {
                vm.spend_slow()?;
            }
            vm.leave(holds);
            Ok(())
        }
    )*};
}

ordered_loops! {
    loop_lt, loop_lt_slow: < Lt, reg;
    loop_le, loop_le_slow: <= Le, reg;
    loop_gt, loop_gt_slow: > Gt, reg;
    loop_ge, loop_ge_slow: >= Ge, reg;
    loop_lt_i, loop_lt_i_slow: < Lt, small;
    loop_le_i, loop_le_i_slow: <= Le, small;
    loop_gt_i, loop_gt_i_slow: > Gt, small;
    loop_ge_i, loop_ge_i_slow: >= Ge, small;
}

macro_rules! equal_loops {
    ($($name:ident, $slow:ident: $right:ident, $sense:expr;)*) => {$(
        #[inline(always)]
        pub(crate) unsafe fn $name(m: &mut Machine) -> Flow {
            let w = m.word();
            // SAFETY: V-REG, V-JUMP.
            unsafe {
                let Some(e) = equals_here!($right, m, w) else { return Flow::Slow };
                if e != $sense {
                    m.ip = m.ip.add(1);
                } else if m.spend() {
                    return Flow::Slow;
                } else {
                    m.jump_back();
                }
            }
            Flow::Next
        }

        pub(crate) fn $slow(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
            let w = Word(insn);
            let (x, y) = (vm.reg(w.a()), right!($right, vm, w));
            let taken = equal_in(vm, x, y)? == $sense;
            if taken {
                vm.spend_slow()?;
            }
            vm.leave(taken);
            Ok(())
        }
    )*};
}

equal_loops! {
    loop_eq, loop_eq_slow: reg, true;
    loop_ne, loop_ne_slow: reg, false;
    loop_ne_i, loop_ne_i_slow: small, false;
}
