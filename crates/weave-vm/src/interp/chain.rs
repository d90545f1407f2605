//! Two arithmetic instructions of which the second takes the first one's result: the
//! number goes from one to the other in a processor register. Both registers of
//! the frame are written, as the two instructions would.

use super::arith::{float_add, float_mul, float_sub, int_add_checked, int_mul_checked, int_sub_checked};
use super::machine::{Flow, Machine, Operands, at};
use crate::value::{FLOAT, INT, Raw, float_at, int_at, tag_at};

/// Where the left and right operands of the first instruction lie.
macro_rules! first_operands {
    (registers, $m:ident, $w:ident) => {
        (at($m.base, $w.b()) as *const Raw, at($m.base, $w.c()) as *const Raw)
    };
    (constant_left, $m:ident, $w:ident) => {
        ($m.k.add($w.b()), at($m.base, $w.c()) as *const Raw)
    };
    (constant_right, $m:ident, $w:ident) => {
        (at($m.base, $w.b()) as *const Raw, $m.k.add($w.c()))
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
