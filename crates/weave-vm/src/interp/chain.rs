//! Two arithmetic instructions of which the second takes the first one's result: the
//! number goes from one to the other in a processor register. Both registers of
//! the frame are written, as the two instructions would.

use super::arith::{float_add, float_mul, float_sub, int_add_checked, int_mul_checked, int_rem_small, int_sub_checked};
use super::machine::{Flow, Machine, Operands, at};
use crate::object::cell::cell_value;
use crate::object::closure::captured;
use crate::value::{FLOAT, INT, Raw, Tag, float_at, int_at, tag_at};

/// Where the left and right operands of the first instruction lie.
macro_rules! first_operands {
    (registers, $m:ident, $w:ident) => {
        (at($m.base, $w.b()) as *const Raw, at($m.base, $w.c()) as *const Raw)
    };
    (constant_left, $m:ident, $w:ident) => {
        ($m.k().add($w.b()), at($m.base, $w.c()) as *const Raw)
    };
    (constant_right, $m:ident, $w:ident) => {
        (at($m.base, $w.b()) as *const Raw, $m.k().add($w.c()))
    };
}

/// The second instruction's other operand, and its operation with the carried number
/// on its side.
macro_rules! second {
    (left, $m:ident, $n:ident) => {
        at($m.base, $n.c())
    };
    (right, $m:ident, $n:ident) => {
        at($m.base, $n.b())
    };
}
macro_rules! sided {
    (left, $op:path, $carried:expr, $other:expr) => {
        $op($carried, $other)
    };
    (right, $op:path, $carried:expr, $other:expr) => {
        $op($other, $carried)
    };
}

macro_rules! chains {
    ($($name:ident: $form:ident $int1:path, $float1:path; $side:ident $int2:path, $float2:path;)*) => {$(
        #[inline(always)]
        pub(crate) unsafe fn $name(m: &mut Machine) -> Flow {
            let w = m.word();
            // SAFETY: V-REG, V-CONST; fusing checked that the second instruction follows and
            // takes the first one's register on that side.
            unsafe {
                let n: Operands = w.next(1);
                let (x, y) = first_operands!($form, m, w);
                // Each tag is looked at where its number is used, so that few
                // processor registers are in use at a time.
                if tag_at(x) == INT {
                    if tag_at(y) != INT {
                        return Flow::Slow;
                    }
                    let Some(carried) = $int1(int_at(x), int_at(y)) else { return Flow::Slow };
                    let z = second!($side, m, n);
                    if tag_at(z) != INT {
                        return Flow::Slow;
                    }
                    let Some(v) = sided!($side, $int2, carried, int_at(z)) else { return Flow::Slow };
                    m.put(w, Raw::int(carried));
                    m.put(n, Raw::int(v));
                } else {
                    std::hint::cold_path();
                    if tag_at(x) != FLOAT || tag_at(y) != FLOAT {
                        return Flow::Slow;
                    }
                    let carried = $float1(float_at(x), float_at(y));
                    let z = second!($side, m, n);
                    if tag_at(z) != FLOAT {
                        return Flow::Slow;
                    }
                    let v = sided!($side, $float2, carried, float_at(z));
                    m.put(w, Raw::float(carried));
                    m.put(n, Raw::float(v));
                }
                m.ip = m.ip.add(1);
            }
            Flow::Next
        }
    )*};
}

macro_rules! chains_of {
    ($($form:ident $int1:path, $float1:path: $al:ident $ar:ident $sl:ident $sr:ident $ml:ident $mr:ident;)*) => {$(
        chains! {
            $al: $form $int1, $float1; left int_add_checked, float_add;
            $ar: $form $int1, $float1; right int_add_checked, float_add;
            $sl: $form $int1, $float1; left int_sub_checked, float_sub;
            $sr: $form $int1, $float1; right int_sub_checked, float_sub;
            $ml: $form $int1, $float1; left int_mul_checked, float_mul;
            $mr: $form $int1, $float1; right int_mul_checked, float_mul;
        }
    )*};
}

chains_of! {
    registers int_add_checked, float_add: add_add add_add_right add_sub add_sub_right add_mul add_mul_right;
    registers int_sub_checked, float_sub: sub_add sub_add_right sub_sub sub_sub_right sub_mul sub_mul_right;
    registers int_mul_checked, float_mul: mul_add mul_add_right mul_sub mul_sub_right mul_mul mul_mul_right;
    constant_left int_mul_checked, float_mul:
        mul_from_k_add mul_from_k_add_right mul_from_k_sub mul_from_k_sub_right mul_from_k_mul mul_from_k_mul_right;
    constant_right int_mul_checked, float_mul:
        mul_k_add mul_k_add_right mul_k_sub mul_k_sub_right mul_k_mul mul_k_mul_right;
}

/// A remainder by a small number and the jump that tests it.
macro_rules! rem_jumps {
    ($($name:ident: $test:tt;)*) => {$(
        #[inline(always)]
        pub(crate) unsafe fn $name(m: &mut Machine) -> Flow {
            let w = m.word();
            // SAFETY: V-REG, V-JUMP; fusing checked that the jump follows and tests the
            // remainder.
            unsafe {
                let n: Operands = w.next(1);
                let x = at(m.base, w.b());
                if tag_at(x) != INT {
                    return Flow::Slow;
                }
                let Some(v) = int_rem_small(int_at(x), w.small()) else { return Flow::Slow };
                m.put(w, v);
                m.ip = m.ip.add(1);
                m.jump_if(v.int_bits() $test n.small());
            }
            Flow::Next
        }
    )*};
}

rem_jumps! {
    rem_i_jump_ne_i: !=;
    rem_i_jump_eq_i: ==;
}

/// A sum and the jump that compares it with a constant.
macro_rules! sum_jumps {
    ($($name:ident: $op:tt;)*) => {$(
        #[inline(always)]
        pub(crate) unsafe fn $name(m: &mut Machine) -> Flow {
            let w = m.word();
            // SAFETY: V-REG, V-CONST, V-JUMP; fusing checked that the jump follows and tests
            // the sum.
            unsafe {
                let n: Operands = w.next(1);
                let (x, y) = (at(m.base, w.b()), at(m.base, w.c()));
                let z = m.k().add(n.c());
                if tag_at(x) == FLOAT && tag_at(y) == FLOAT && tag_at(z) == FLOAT {
                    let v = float_at(x) + float_at(y);
                    m.put(w, Raw::float(v));
                    m.ip = m.ip.add(1);
                    // With NaN neither this nor its opposite holds.
                    let holds = v $op float_at(z);
                    m.jump_if(!holds);
                    return Flow::Next;
                }
                if tag_at(x) != INT || tag_at(y) != INT || tag_at(z) != INT {
                    return Flow::Slow;
                }
                let Some(v) = int_add_checked(int_at(x), int_at(y)) else { return Flow::Slow };
                m.put(w, Raw::int(v));
                m.ip = m.ip.add(1);
                let holds = v $op int_at(z);
                m.jump_if(!holds);
            }
            Flow::Next
        }
    )*};
}

sum_jumps! {
    add_jump_not_lt_k: <;
    add_jump_not_le_k: <=;
    add_jump_not_gt_k: >;
    add_jump_not_ge_k: >=;
}

/// Arithmetic with a captured variable, or one in a cell, that was just read: it is taken
/// from where it lies, and its register gets it too.
macro_rules! captured_chains {
    ($($name:ident: $place:path; $side:ident $int:path, $float:path;)*) => {$(
        #[inline(always)]
        pub(crate) unsafe fn $name(m: &mut Machine) -> Flow {
            let w = m.word();
            // SAFETY: V-UP, V-REG; fusing checked that the second instruction follows and
            // takes the first one's register on that side.
            unsafe {
                let n: Operands = w.next(1);
                let x = $place(m, w);
                if x.is_null() {
                    return Flow::Slow;
                }
                let y = second!($side, m, n);
                if tag_at(x) == INT {
                    if tag_at(y) != INT {
                        return Flow::Slow;
                    }
                    let carried = int_at(x);
                    let Some(v) = sided!($side, $int, carried, int_at(y)) else { return Flow::Slow };
                    m.put(w, Raw::int(carried));
                    m.put(n, Raw::int(v));
                } else {
                    std::hint::cold_path();
                    if tag_at(x) != FLOAT || tag_at(y) != FLOAT {
                        return Flow::Slow;
                    }
                    let carried = float_at(x);
                    let v = sided!($side, $float, carried, float_at(y));
                    m.put(w, Raw::float(carried));
                    m.put(n, Raw::float(v));
                }
                m.ip = m.ip.add(1);
            }
            Flow::Next
        }
    )*};
}

captured_chains! {
    get_upvalue_add: by_value; left int_add_checked, float_add;
    get_upvalue_add_right: by_value; right int_add_checked, float_add;
    get_upvalue_sub: by_value; left int_sub_checked, float_sub;
    get_upvalue_sub_right: by_value; right int_sub_checked, float_sub;
    get_upvalue_mul: by_value; left int_mul_checked, float_mul;
    get_upvalue_mul_right: by_value; right int_mul_checked, float_mul;
    get_up_cell_add: in_cell; left int_add_checked, float_add;
    get_up_cell_add_right: in_cell; right int_add_checked, float_add;
    get_up_cell_sub: in_cell; left int_sub_checked, float_sub;
    get_up_cell_sub_right: in_cell; right int_sub_checked, float_sub;
    get_up_cell_mul: in_cell; left int_mul_checked, float_mul;
    get_up_cell_mul_right: in_cell; right int_mul_checked, float_mul;
    get_cell_add: in_own_cell; left int_add_checked, float_add;
    get_cell_add_right: in_own_cell; right int_add_checked, float_add;
    get_cell_sub: in_own_cell; left int_sub_checked, float_sub;
    get_cell_sub_right: in_own_cell; right int_sub_checked, float_sub;
    get_cell_mul: in_own_cell; left int_mul_checked, float_mul;
    get_cell_mul_right: in_own_cell; right int_mul_checked, float_mul;
}

/// Where the value of a variable lies that is captured by value.
#[inline(always)]
fn by_value(m: &Machine, w: Operands) -> *mut Raw {
    captured(m.cl, w.b())
}

/// Where the value of a captured cell lies.
#[inline(always)]
unsafe fn in_cell(m: &Machine, w: Operands) -> *mut Raw {
    // SAFETY: the place of a captured variable that holds a cell (V-UP).
    unsafe { cell_value(*captured(m.cl, w.b())) }
}

/// Where the value of a cell of the frame lies; null where the register holds none yet.
#[inline(always)]
unsafe fn in_own_cell(m: &Machine, w: Operands) -> *mut Raw {
    // SAFETY: V-REG.
    let cell = unsafe { m.reg(w.b()) };
    if cell.is(Tag::Cell) { cell_value(cell) } else { std::ptr::null_mut() }
}
