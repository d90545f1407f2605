//! Instructions that run as one. Where loaded code has certain instructions in a row,
//! loading gives the first the number of a fused form, whose body does them all
//! and so saves the dispatch between them, and often a trip through a register's
//! memory. The others stay where they are: a jump to one of them finds it, and
//! when a fused body can't do all that it stands for, the first instruction's slow
//! body runs and execution goes on with the second. A chunk, its listing and
//! its positions know nothing of this.

use weave_bytecode::decode::Located;
use weave_bytecode::ops::{Instr, Op};

/// The fused forms by the kind of their condition: `triple`s are found by
/// [`triple`]; `returning` forms stand for an instruction and a `Return` of its result;
/// `chained` ones for arithmetic on the result of arithmetic, which stands on that side of
/// the second; a `pair` is done by one body after the other; the second of a `guarded` pair
/// only where the first, a jump, is not taken.
macro_rules! fused {
    ($callback:ident) => {
        $callback! {
            triple {
                UpCellAddI: GetUpCell, cell::up_cell_add_i;
                UpCellSubI: GetUpCell, cell::up_cell_sub_i;
            }
            returning {
                AddReturn: Add, arith::add_return;
                SubReturn: Sub, arith::sub_return;
                MulReturn: Mul, arith::mul_return;
                AddFromKReturn: AddFromK, arith::add_from_k_return;
                AddIReturn: AddI, arith::add_i_return;
                SubIReturn: SubI, arith::sub_i_return;
                MulIReturn: MulI, arith::mul_i_return;
                RemIReturn: RemI, arith::rem_i_return;
                LtReturn: Lt, compare::lt_return;
                LeReturn: Le, compare::le_return;
                GtReturn: Gt, compare::gt_return;
                GeReturn: Ge, compare::ge_return;
                AddUpCellReturn: AddUpCell, cell::add_up_cell_return;
                SubUpCellReturn: SubUpCell, cell::sub_up_cell_return;
                SetUpCellReturn: SetUpCell, cell::set_up_cell_return;
                GetUpCellReturn: GetUpCell, moves::get_up_cell_return;
                GetUpvalueReturn: GetUpvalue, moves::get_upvalue_return;
                LoadIntReturn: LoadInt, moves::load_int_return;
                LoadTrueReturn: LoadTrue, moves::load_true_return;
                LoadFalseReturn: LoadFalse, moves::load_false_return;
            }
            chained {
                AddAdd: Add, Add, Left, chain::add_add;
                AddAddRight: Add, Add, Right, chain::add_add_right;
                AddSub: Add, Sub, Left, chain::add_sub;
                AddSubRight: Add, Sub, Right, chain::add_sub_right;
                AddMul: Add, Mul, Left, chain::add_mul;
                AddMulRight: Add, Mul, Right, chain::add_mul_right;
                SubAdd: Sub, Add, Left, chain::sub_add;
                SubAddRight: Sub, Add, Right, chain::sub_add_right;
                SubSub: Sub, Sub, Left, chain::sub_sub;
                SubSubRight: Sub, Sub, Right, chain::sub_sub_right;
                SubMul: Sub, Mul, Left, chain::sub_mul;
                SubMulRight: Sub, Mul, Right, chain::sub_mul_right;
                MulAdd: Mul, Add, Left, chain::mul_add;
                MulAddRight: Mul, Add, Right, chain::mul_add_right;
                MulSub: Mul, Sub, Left, chain::mul_sub;
                MulSubRight: Mul, Sub, Right, chain::mul_sub_right;
                MulMul: Mul, Mul, Left, chain::mul_mul;
                MulMulRight: Mul, Mul, Right, chain::mul_mul_right;
                AddJumpNotLtK: Add, JumpNotLtK, Left, chain::add_jump_not_lt_k;
                AddJumpNotLeK: Add, JumpNotLeK, Left, chain::add_jump_not_le_k;
                AddJumpNotGtK: Add, JumpNotGtK, Left, chain::add_jump_not_gt_k;
                AddJumpNotGeK: Add, JumpNotGeK, Left, chain::add_jump_not_ge_k;
                RemIJumpNeI: RemI, JumpNeI, Left, chain::rem_i_jump_ne_i;
                RemIJumpEqI: RemI, JumpEqI, Left, chain::rem_i_jump_eq_i;
                MulFromKAdd: MulFromK, Add, Left, chain::mul_from_k_add;
                MulFromKAddRight: MulFromK, Add, Right, chain::mul_from_k_add_right;
                MulFromKSub: MulFromK, Sub, Left, chain::mul_from_k_sub;
                MulFromKSubRight: MulFromK, Sub, Right, chain::mul_from_k_sub_right;
                MulFromKMul: MulFromK, Mul, Left, chain::mul_from_k_mul;
                MulFromKMulRight: MulFromK, Mul, Right, chain::mul_from_k_mul_right;
                MulKAdd: MulK, Add, Left, chain::mul_k_add;
                MulKAddRight: MulK, Add, Right, chain::mul_k_add_right;
                MulKSub: MulK, Sub, Left, chain::mul_k_sub;
                MulKSubRight: MulK, Sub, Right, chain::mul_k_sub_right;
                MulKMul: MulK, Mul, Left, chain::mul_k_mul;
                MulKMulRight: MulK, Mul, Right, chain::mul_k_mul_right;
                GetUpvalueAdd: GetUpvalue, Add, Left, chain::get_upvalue_add;
                GetUpvalueAddRight: GetUpvalue, Add, Right, chain::get_upvalue_add_right;
                GetUpvalueSub: GetUpvalue, Sub, Left, chain::get_upvalue_sub;
                GetUpvalueSubRight: GetUpvalue, Sub, Right, chain::get_upvalue_sub_right;
                GetUpvalueMul: GetUpvalue, Mul, Left, chain::get_upvalue_mul;
                GetUpvalueMulRight: GetUpvalue, Mul, Right, chain::get_upvalue_mul_right;
                GetCellAdd: GetCell, Add, Left, chain::get_cell_add;
                GetCellAddRight: GetCell, Add, Right, chain::get_cell_add_right;
                GetCellSub: GetCell, Sub, Left, chain::get_cell_sub;
                GetCellSubRight: GetCell, Sub, Right, chain::get_cell_sub_right;
                GetCellMul: GetCell, Mul, Left, chain::get_cell_mul;
                GetCellMulRight: GetCell, Mul, Right, chain::get_cell_mul_right;
                GetUpCellAdd: GetUpCell, Add, Left, chain::get_up_cell_add;
                GetUpCellAddRight: GetUpCell, Add, Right, chain::get_up_cell_add_right;
                GetUpCellSub: GetUpCell, Sub, Left, chain::get_up_cell_sub;
                GetUpCellSubRight: GetUpCell, Sub, Right, chain::get_up_cell_sub_right;
                GetUpCellMul: GetUpCell, Mul, Left, chain::get_up_cell_mul;
                GetUpCellMulRight: GetUpCell, Mul, Right, chain::get_up_cell_mul_right;
            }
            guarded {
                JumpNotLtIReturn: JumpNotLtI, Return, jump::jump_not_lt_i, call::ret;
                JumpNotLeIReturn: JumpNotLeI, Return, jump::jump_not_le_i, call::ret;
                JumpNotGtIReturn: JumpNotGtI, Return, jump::jump_not_gt_i, call::ret;
                JumpNotGeIReturn: JumpNotGeI, Return, jump::jump_not_ge_i, call::ret;
                JumpNeIReturn: JumpNeI, Return, jump::jump_ne_i, call::ret;
                JumpNotLtReturn: JumpNotLt, Return, jump::jump_not_lt, call::ret;
                JumpNotLeReturn: JumpNotLe, Return, jump::jump_not_le, call::ret;
                JumpNotGtReturn: JumpNotGt, Return, jump::jump_not_gt, call::ret;
                JumpNotGeReturn: JumpNotGe, Return, jump::jump_not_ge, call::ret;
                JumpIfNotReturn: JumpIfNot, Return, jump::jump_if_not, call::ret;
            }
            pair {
                SubIMove: SubI, Move, arith::sub_i, moves::mov;
                AddIMove: AddI, Move, arith::add_i, moves::mov;
                AddICallSlot: AddI, CallSlot, arith::add_i, call::call_slot;
                RemIAdd: RemI, Add, arith::rem_i, arith::add;
                SinkPushIterNext: SinkPush, IterNext, pipeline::sink_push_fast, iterate::iter_next;
                AddIterNext: Add, IterNext, arith::add, iterate::iter_next;
                MulIAdd: MulI, Add, arith::mul_i, arith::add;
                AddILoopLt: AddI, LoopLt, arith::add_i, jump::loop_lt;
                AddILoopLe: AddI, LoopLe, arith::add_i, jump::loop_le;
                AddILoopLtI: AddI, LoopLtI, arith::add_i, jump::loop_lt_i;
                AddLoopLe: Add, LoopLe, arith::add, jump::loop_le;
                SubICallSlot: SubI, CallSlot, arith::sub_i, call::call_slot;
                AddAddI: Add, AddI, arith::add, arith::add_i;
                MoveMove: Move, Move, moves::mov, moves::mov;
                MoveCallSlot: Move, CallSlot, moves::mov, call::call_slot;
                GetUpvalueGetIndex: GetUpvalue, GetIndex, moves::get_upvalue, index::get_index;
                GetIndexJumpIfNot: GetIndex, JumpIfNot, index::get_index, jump::jump_if_not;
                LoadTrueSetIndex: LoadTrue, SetIndex, moves::load_true, index::set_index;
                LoadFalseSetIndex: LoadFalse, SetIndex, moves::load_false, index::set_index;
                LoadTrueAppend: LoadTrue, Append, moves::load_true, container::append_fast;
                GetFieldGetField: GetField, GetField, field::get_field, field::get_field;
                GetFieldReturn: GetField, Return, field::get_field, call::ret;
                GetIndexReturn: GetIndex, Return, index::get_index, call::ret;
                ThenMul: Mul, Mul, arith::mul, arith::mul;
                AddForLoop: Add, ForLoop, arith::add, count::for_loop;
                AppendForLoop: Append, ForLoop, container::append_fast, count::for_loop;
            }
        }
    };
}
pub(super) use fused;

/// The operand of an arithmetic instruction that holds an earlier result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Side {
    Left,
    Right,
}

macro_rules! numbers {
    (triple { $($triple:ident: $t1:ident, $tb:path;)* }
     returning { $($returning:ident: $r1:ident, $rb:path;)* }
     chained { $($chained:ident: $c1:ident, $c2:ident, $side:ident, $cb:path;)* }
     guarded { $($guarded:ident: $g1:ident, $g2:ident, $gb1:path, $gb2:path;)* }
     pair { $($pair:ident: $p1:ident, $p2:ident, $b1:path, $b2:path;)* }) => {
        /// The fused forms, in the order of their numbers.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(crate) enum Fused {
            $($triple,)* $($returning,)* $($chained,)* $($guarded,)* $($pair,)*
        }

        impl Fused {
            /// The instruction that each begins with.
            pub(super) const FIRST: &'static [Op] = &[$(Op::$t1,)* $(Op::$r1,)* $(Op::$c1,)* $(Op::$g1,)* $(Op::$p1,)*];

            /// The form of an instruction whose result is returned.
            fn returning(first: Op) -> Option<Fused> {
                match first {
                    $(Op::$r1 => Some(Fused::$returning),)*
                    _ => None,
                }
            }

            /// The form of two instructions of which the second takes the first one's
            /// result on its left or right.
            fn chained(first: Op, second: Op, on: Side) -> Option<Fused> {
                match (first, second, on) {
                    $((Op::$c1, Op::$c2, Side::$side) => Some(Fused::$chained),)*
                    _ => None,
                }
            }

            /// The form of two instructions.
            fn pair(first: Op, second: Op) -> Option<Fused> {
                match (first, second) {
                    $((Op::$g1, Op::$g2) => Some(Fused::$guarded),)*
                    $((Op::$p1, Op::$p2) => Some(Fused::$pair),)*
                    _ => None,
                }
            }
        }
    };
}
fused!(numbers);

/// How many opcodes loaded code may hold.
#[cfg(weave_tail)]
pub(crate) const OPCODES: usize = Op::ALL.len() + Fused::FIRST.len();

impl Fused {
    /// Its number in loaded code: they follow the opcodes.
    pub(super) const fn number(self) -> u16 {
        Op::ALL.len() as u16 + self as u16
    }
}

/// The opcode of an instruction of loaded code; of a fused one the first.
pub(super) fn opcode_of(number: u16) -> Option<Op> {
    let number = usize::from(number);
    Op::ALL.get(number).or_else(|| Fused::FIRST.get(number - Op::ALL.len())).copied()
}

/// Three instructions that set one captured cell to another's value and a small number.
fn triple(window: &[Located]) -> Option<Fused> {
    let [get, small, set] = window else { return None };
    if get.op != Op::GetUpCell || set.op != Op::SetUpCell {
        return None;
    }
    let Instr::GetUpCell { a, .. } = get.instr() else { return None };
    let Instr::SetUpCell { a: from, .. } = set.instr() else { return None };
    match small.instr() {
        Instr::AddI { a: to, b, .. } if a == b && a == to && a == from => Some(Fused::UpCellAddI),
        Instr::SubI { a: to, b, .. } if a == b && a == to && a == from => Some(Fused::UpCellSubI),
        _ => None,
    }
}

/// Arithmetic on the result of arithmetic, or a test of it.
fn chained(first: &Located, second: &Located) -> Option<Fused> {
    if !matches!(second.op, Op::Add | Op::Sub | Op::Mul | Op::JumpNeI | Op::JumpEqI) {
        return None;
    }
    let (result, left, right) = match second.instr() {
        Instr::Add { b, c, .. } | Instr::Sub { b, c, .. } | Instr::Mul { b, c, .. } => {
            (first.op.operands().first()?.bits(first.words), u32::from(b.0), u32::from(c.0))
        }
        Instr::JumpNeI { a, .. }
        | Instr::JumpEqI { a, .. }
        | Instr::JumpNotLtK { a, .. }
        | Instr::JumpNotLeK { a, .. }
        | Instr::JumpNotGtK { a, .. }
        | Instr::JumpNotGeK { a, .. } => {
            let result = first.op.operands().first()?.bits(first.words);
            (result, u32::from(a.0), u32::MAX)
        }
        _ => return None,
    };
    // One that uses the result twice reads its other operand before it is written.
    match (left == result, right == result) {
        (true, false) => Fused::chained(first.op, second.op, Side::Left),
        (false, true) => Fused::chained(first.op, second.op, Side::Right),
        _ => None,
    }
}

/// The fused form of the instructions at the start of a window, and how many they are.
fn form(window: &[Located]) -> Option<(Fused, usize)> {
    if let Some(form) = window.get(..3).and_then(triple) {
        return Some((form, 3));
    }
    let [first, second, ..] = window else { return None };
    let operand = |of: &Located| of.op.operands().first().map(|o| o.bits(of.words));
    let returned = second.op == Op::Return && operand(first) == operand(second);
    let form = if returned { Fused::returning(first.op) } else { None };
    let form = form.or_else(|| chained(first, second)).or_else(|| Fused::pair(first.op, second.op));
    form.map(|form| (form, 2))
}

/// Gives the first of instructions that run as one its fused number.
pub(crate) fn fuse(code: &mut [u64], instructions: &[Located]) {
    let mut at = 0;
    while at < instructions.len() {
        let rest = &instructions[at..instructions.len().min(at + 3)];
        let count = match form(rest) {
            Some((form, count)) => {
                let word = &mut code[instructions[at].offset as usize];
                *word = *word & !0xffff | u64::from(form.number());
                count
            }
            None => 1,
        };
        at += count;
    }
}
