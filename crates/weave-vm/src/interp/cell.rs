//! Bodies of arithmetic on captured variables that live in cells, with a small number of
//! the instruction.

use super::arith::{Arith, binary, int_add, int_sub};
use super::machine::{Flow, Machine, Word};
use crate::error::Raise;
use crate::object::cell::cell_value;
use crate::object::closure::captured;
use crate::value::{INT, Raw, Tag, int_at, tag_at};
use crate::vm::Vm;

/// The value of a cell of the frame; a captured cell is one for certain (V-UP), a
/// register of the frame is one when its cell is made.
macro_rules! own_cell {
    ($m:ident, $w:ident) => {{
        let cell = $m.reg($w.b());
        if !cell.is(Tag::Cell) {
            return Flow::Slow;
        }
        cell_value(cell)
    }};
}

macro_rules! fast_cell {
    ($m:ident, $w:ident, $int:path, $cell:expr) => {
        fast_cell!($m, $w, $int, $cell, |place, v| {
            *place = v;
            $m.put($w, v)
        })
    };
    ($m:ident, $w:ident, $int:path, $cell:expr, |$place:ident, $v:ident| $finish:expr) => {{
        // SAFETY: V-UP, V-CELL: the operand names a cell.
        unsafe {
            let $place: *mut Raw = $cell;
            if tag_at($place) == INT {
                if let Some($v) = $int(int_at($place), $w.small()) {
                    $finish;
                    return Flow::Next;
                }
            }
        }
        Flow::Slow
    }};
}

macro_rules! cell_ops {
    ($($name:ident, $slow:ident: $op:ident, $int:path, |$m:ident, $w:ident| $cell:expr; |$vm:ident, $sw:ident| $slow_cell:expr;)*) => {$(
        #[inline(always)]
        pub(crate) unsafe fn $name($m: &mut Machine) -> Flow {
            let $w = $m.word();
            fast_cell!($m, $w, $int, $cell)
        }

        pub(crate) fn $slow($vm: &mut Vm, insn: u64) -> Result<(), Raise> {
            let $sw = Word(insn);
            // SAFETY: as above.
            let cell: Raw = unsafe { $slow_cell };
            if !cell.is(Tag::Cell) {
                return super::moves::no_cell($vm, insn);
            }
            // SAFETY: as above.
            let old = unsafe { *cell_value(cell) };
            let v = binary($vm, Arith::$op, old, Raw::int($sw.small()))?;
            // SAFETY: as above; arithmetic frees nothing.
            unsafe { *cell_value(cell) = v };
            $vm.set($sw.a(), v);
            Ok(())
        }
    )*};
}

cell_ops! {
    add_up_cell, add_up_cell_slow: Add, int_add, |m, w| cell_value(*captured(m.cl, w.b())); |vm, s| *captured(vm.cur.cl, s.b());
    sub_up_cell, sub_up_cell_slow: Sub, int_sub, |m, w| cell_value(*captured(m.cl, w.b())); |vm, s| *captured(vm.cur.cl, s.b());
    add_cell, add_cell_slow: Add, int_add, |m, w| own_cell!(m, w); |vm, s| *vm.place(s.b());
    sub_cell, sub_cell_slow: Sub, int_sub, |m, w| own_cell!(m, w); |vm, s| *vm.place(s.b());
}

#[inline(always)]
pub(crate) unsafe fn add_up_cell_return(m: &mut Machine) -> Flow {
    let w = m.word();
    fast_cell!(m, w, int_add, cell_value(*captured(m.cl, w.b())), |place, v| m.store_and_hand_back(place, v))
}

#[inline(always)]
pub(crate) unsafe fn sub_up_cell_return(m: &mut Machine) -> Flow {
    let w = m.word();
    fast_cell!(m, w, int_sub, cell_value(*captured(m.cl, w.b())), |place, v| m.store_and_hand_back(place, v))
}

#[inline(always)]
pub(crate) unsafe fn set_up_cell_return(m: &mut Machine) -> Flow {
    let w = m.word();
    // SAFETY: V-UP, V-REG.
    unsafe {
        let v = m.reg(w.a());
        m.store_and_hand_back(cell_value(*captured(m.cl, w.b())), v);
    }
    Flow::Next
}

/// `U(a) := U(b) + c`, three instructions that pass the number through one register,
/// which gets it too.
#[inline(always)]
pub(crate) unsafe fn up_cell_add_i(m: &mut Machine) -> Flow {
    // SAFETY: V-UP, V-REG; the three words belong together, as fusing checked.
    unsafe { up_cell_small(m, int_add) }
}

#[inline(always)]
pub(crate) unsafe fn up_cell_sub_i(m: &mut Machine) -> Flow {
    // SAFETY: as above.
    unsafe { up_cell_small(m, int_sub) }
}

/// # Safety
/// The instruction is a `GetUpCell`; an operation with a small number on its register
/// and a `SetUpCell` of that register follow.
#[inline(always)]
unsafe fn up_cell_small(m: &mut Machine, int: impl Fn(i64, i64) -> Option<Raw>) -> Flow {
    let get = m.word();
    // SAFETY: as the caller says; captured cells are cells (V-UP).
    unsafe {
        let (small, set) = (get.next(1), get.next(2));
        let place = cell_value(*captured(m.cl, get.b()));
        if tag_at(place) != INT {
            return Flow::Slow;
        }
        let Some(v) = int(int_at(place), small.small()) else { return Flow::Slow };
        *cell_value(*captured(m.cl, set.b())) = v;
        m.put(get, v);
        m.ip = m.ip.add(2);
    }
    Flow::Next
}
