//! Fetch and dispatch, in two expansions of the same bodies; a third one, which
//! measures, is in `dispatch/profiled.rs`.
//!
//! The tail-call form has one function per opcode; the machine's registers are
//! its arguments and it ends by jumping to the next one's, so every opcode has
//! its own indirect branch and nothing is spilled between them. The compiler
//! makes jumps of these calls on the targets that `build.rs` lists, when it
//! optimises; elsewhere, in debug builds and under Miri, the `match` form runs.

#[cfg(weave_tail)]
use super::fused::OPCODES;
use super::fused::{Fused, fused, opcode_of};
use super::machine::{Flow, Machine, opcode};
use super::{
    arith, call, cell, chain, compare, container, count, drain, field, index, iterate, jump, merge, moves, named,
    native_step, pipeline, project, sinks,
};
use crate::error::{ErrorKind, Raise};
use crate::frame::Frame;
use crate::vm::Vm;
use weave_bytecode::ops::Op;

type Slow = fn(&mut Vm, u64) -> Result<(), Raise>;

/// For opcodes that are always done by their slow body.
#[inline(always)]
unsafe fn never(_: &mut Machine) -> Flow {
    Flow::Slow
}

/// For opcodes whose fast body always finishes.
fn unreachable_slow(_: &mut Vm, _: u64) -> Result<(), Raise> {
    Err(Raise::new(ErrorKind::Internal, "an instruction without a slow form was slow"))
}

/// The table: opcode, fast body, slow body.
macro_rules! bodies {
    ($callback:ident) => {
        $callback! {
            Move: moves::mov, unreachable_slow;
            LoadNil: moves::load_nil, unreachable_slow;
            LoadTrue: moves::load_true, unreachable_slow;
            LoadFalse: moves::load_false, unreachable_slow;
            LoadInt: moves::load_int, unreachable_slow;
            LoadConst: moves::load_const, unreachable_slow;
            LoadNative: moves::load_native, unreachable_slow;
        LoadUnset: moves::load_unset, unreachable_slow;
            CheckSet: moves::check_set, moves::check_set_slow;
            GetSlot: moves::get_slot, unreachable_slow;
            GetSlotChecked: moves::get_slot_checked, moves::get_slot_slow;
            SetSlot: moves::set_slot, unreachable_slow;
            GetUpvalue: moves::get_upvalue, moves::get_upvalue_slow;
            GetUpCell: moves::get_up_cell, moves::get_up_cell_value_slow;
            GetUpCellChecked: moves::get_up_cell_checked, moves::get_up_cell_slow;
            SetUpCell: moves::set_up_cell, unreachable_slow;
            AddUpCell: cell::add_up_cell, cell::add_up_cell_slow;
            SubUpCell: cell::sub_up_cell, cell::sub_up_cell_slow;
            NewCell: moves::new_cell, moves::new_cell_slow;
            NewCellUnset: never, moves::new_cell_unset;
            GetCell: moves::get_cell, moves::get_cell_value_slow;
            GetCellChecked: moves::get_cell_checked, moves::get_cell_slow;
            SetCell: moves::set_cell, moves::no_cell;
            AddCell: cell::add_cell, cell::add_cell_slow;
            SubCell: cell::sub_cell, cell::sub_cell_slow;
            Closure: moves::closure, moves::closure_slow;
            Add: arith::add, arith::add_slow;
            Sub: arith::sub, arith::sub_slow;
            Mul: arith::mul, arith::mul_slow;
            Div: arith::div, arith::div_slow;
            FloorDiv: arith::floor_div, arith::floor_div_slow;
            Rem: arith::rem, arith::rem_slow;
            Pow: never, arith::pow_slow;
            AddI: arith::add_i, arith::add_i_slow;
            SubI: arith::sub_i, arith::sub_i_slow;
            MulI: arith::mul_i, arith::mul_i_slow;
            FloorDivI: arith::floor_div_i, arith::floor_div_i_slow;
            RemI: arith::rem_i, arith::rem_i_slow;
            AddK: arith::add_k, arith::add_k_slow;
            SubK: arith::sub_k, arith::sub_k_slow;
            MulK: arith::mul_k, arith::mul_k_slow;
            DivK: arith::div_k, arith::div_k_slow;
            AddFromK: arith::add_from_k, arith::add_from_k_slow;
            SubFromK: arith::sub_from_k, arith::sub_from_k_slow;
            MulFromK: arith::mul_from_k, arith::mul_from_k_slow;
            DivFromK: arith::div_from_k, arith::div_from_k_slow;
            Neg: arith::neg, arith::neg_slow;
            Not: compare::not, unreachable_slow;
            Union: never, container::union;
            Intersect: never, container::intersect;
            Differ: never, container::differ;
            Eq: compare::eq, compare::eq_slow;
            Ne: compare::ne, compare::ne_slow;
            Lt: compare::lt, compare::lt_slow;
            Le: compare::le, compare::le_slow;
            Gt: compare::gt, compare::gt_slow;
            Ge: compare::ge, compare::ge_slow;
            In: never, compare::contains;
            Jump: jump::jump, unreachable_slow;
            JumpIf: jump::jump_if, unreachable_slow;
            JumpIfNot: jump::jump_if_not, unreachable_slow;
            JumpIfNil: jump::jump_if_nil, unreachable_slow;
            JumpIfNotNil: jump::jump_if_not_nil, unreachable_slow;
            JumpIfSet: jump::jump_if_set, unreachable_slow;
            JumpIfStream: never, pipeline::jump_if_stream;
            JumpEq: jump::jump_eq, jump::jump_eq_slow;
            JumpNe: jump::jump_ne, jump::jump_ne_slow;
            JumpLt: jump::jump_lt, jump::jump_lt_slow;
            JumpLe: jump::jump_le, jump::jump_le_slow;
            JumpGt: jump::jump_gt, jump::jump_gt_slow;
            JumpGe: jump::jump_ge, jump::jump_ge_slow;
            JumpNotLt: jump::jump_not_lt, jump::jump_not_lt_slow;
            JumpNotLe: jump::jump_not_le, jump::jump_not_le_slow;
            JumpNotGt: jump::jump_not_gt, jump::jump_not_gt_slow;
            JumpNotGe: jump::jump_not_ge, jump::jump_not_ge_slow;
            JumpEqI: jump::jump_eq_i, jump::jump_eq_i_slow;
            JumpNeI: jump::jump_ne_i, jump::jump_ne_i_slow;
            JumpLtI: jump::jump_lt_i, jump::jump_lt_i_slow;
            JumpLeI: jump::jump_le_i, jump::jump_le_i_slow;
            JumpGtI: jump::jump_gt_i, jump::jump_gt_i_slow;
            JumpGeI: jump::jump_ge_i, jump::jump_ge_i_slow;
            JumpNotLtI: jump::jump_not_lt_i, jump::jump_not_lt_i_slow;
            JumpNotLeI: jump::jump_not_le_i, jump::jump_not_le_i_slow;
            JumpNotGtI: jump::jump_not_gt_i, jump::jump_not_gt_i_slow;
            JumpNotGeI: jump::jump_not_ge_i, jump::jump_not_ge_i_slow;
            JumpEqK: jump::jump_eq_k, jump::jump_eq_k_slow;
            JumpNeK: jump::jump_ne_k, jump::jump_ne_k_slow;
            JumpNotLtK: jump::jump_not_lt_k, jump::jump_not_lt_k_slow;
            JumpNotLeK: jump::jump_not_le_k, jump::jump_not_le_k_slow;
            JumpNotGtK: jump::jump_not_gt_k, jump::jump_not_gt_k_slow;
            JumpNotGeK: jump::jump_not_ge_k, jump::jump_not_ge_k_slow;
            Loop: jump::loop_, jump::loop_slow;
            LoopIf: jump::loop_if, jump::loop_if_slow;
            LoopIfNot: jump::loop_if_not, jump::loop_if_not_slow;
            LoopEq: jump::loop_eq, jump::loop_eq_slow;
            LoopNe: jump::loop_ne, jump::loop_ne_slow;
            LoopLt: jump::loop_lt, jump::loop_lt_slow;
            LoopLe: jump::loop_le, jump::loop_le_slow;
            LoopGt: jump::loop_gt, jump::loop_gt_slow;
            LoopGe: jump::loop_ge, jump::loop_ge_slow;
            LoopNeI: jump::loop_ne_i, jump::loop_ne_i_slow;
            LoopLtI: jump::loop_lt_i, jump::loop_lt_i_slow;
            LoopLeI: jump::loop_le_i, jump::loop_le_i_slow;
            LoopGtI: jump::loop_gt_i, jump::loop_gt_i_slow;
            LoopGeI: jump::loop_ge_i, jump::loop_ge_i_slow;
            ForPrep: never, count::for_prep;
            ForLoop: count::for_loop, count::for_loop_slow;
            IterPrep: iterate::iter_prep_fast, iterate::iter_prep;
            IterNext: iterate::iter_next, iterate::iter_next_slow;
            IterStream: never, iterate::iter_stream;
            IterClose: never, iterate::iter_close;
            Drain: drain::drain, drain::drain_slow;
            DrainNext: never, drain::drain_next;
            SinkNew: never, pipeline::sink_new;
            SinkPush: pipeline::sink_push_fast, pipeline::sink_push;
            Lazy: never, pipeline::lazy;
            Stage: never, pipeline::stage;
            Project: project::project, project::project_slow;
            FoldStart: never, pipeline::fold_start;
            FoldEnd: never, pipeline::fold_end;
            CheckStage: never, sinks::check_stage;
            SumStep: sinks::sum_fast, sinks::sum;
            ExtremeStep: sinks::extreme_fast, sinks::extreme;
            UniqueStep: never, sinks::unique;
            GroupStep: never, sinks::group;
            CountStep: never, sinks::count;
            NewContainer: container::new_container_fast, container::new_container;
            NewKeyed: never, container::new_keyed;
            Append: container::append_fast, container::append;
            PushItem: container::push_item_fast, container::push_item;
            GetIndex: index::get_index, index::get_index_slow;
            GetIndexOpt: never, index::get_index_opt;
            GetIndexSafe: never, index::get_index_safe;
            GetIndexI: index::get_index_i, index::get_index_i_slow;
            SetIndex: index::set_index, index::set_index_slow;
            GetField: field::get_field, field::get_field_slow;
            GetFieldOpt: field::get_field, field::get_field_opt;
            GetFieldSafe: field::get_field, field::get_field_safe;
            SetField: field::set_field, field::set_field_slow;
            CheckCount: never, container::check_count;
            SliceFrom: never, container::slice_from;
            Range: never, container::range;
            Concat: container::concat_fast, container::concat;
            Format: never, container::format;
            Call: call::call, call::call_slow;
            CallSlot: call::call_slot, call::call_slot_slow;
            CallUpvalue: call::call_upvalue, call::call_upvalue_slow;
            CallNative: never, call::call_native;
            CallNamed: never, named::call_named;
            CallSpread: never, named::call_spread;
            CallMethod: call::call_method_fast, call::call_method;
            CallMethodNative: call::call_method_native_fast, call::call_method_native;
            FindMethod: never, call::find_method;
            Return: call::ret, unreachable_slow;
            ReturnNil: call::ret_nil, unreachable_slow;
            NativeStep: never, native_step::native_step;
            MergeStep: merge::merge_step, native_step::native_step;
        }
    };
}

/// Saves the machine's registers, runs a slow body and loads what it left.
#[inline(always)]
unsafe fn run_slow(m: Machine, body: Slow) -> Machine {
    let vm = m.vm;
    // SAFETY: the handler that calls this holds no other reference to the
    // machine; V-CODE for the word before `ip`.
    unsafe {
        (*vm).cur = Frame { ip: m.ip, base: m.base, cl: m.cl };
        (*vm).frame_top = m.top;
        (*vm).fuel = m.fuel;
        run_body(vm, *m.ip.sub(1), body);
        let cur = (*vm).cur;
        Machine { vm, ip: cur.ip, base: cur.base, fuel: (*vm).fuel, cl: cur.cl, top: (*vm).frame_top }
    }
}

/// Runs a slow body with the state saved, and turns an error into a jump to its
/// handler. A panic inside is a defect of the body or of a host function;
/// it becomes an error here, because it must not unwind into a handler, whose
/// calling convention can't carry it.
#[inline(never)]
unsafe fn run_body(vm: *mut Vm, insn: u64, body: Slow) {
    // SAFETY: as in `run_slow`.
    let vm = unsafe { &mut *vm };
    let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let start = vm.cur;
        let done = body(vm, insn);
        match &done {
            Err(raise) if raise.is_full() && vm.heap.may_retry() && may_repeat(insn) => {
                // What the program holds no more may make room.
                vm.cur = start;
                vm.collect();
                body(vm, insn)
            }
            _ => done,
        }
    }));
    match done {
        Ok(Ok(())) => {}
        Ok(Err(raise)) => vm.throw(raise),
        Err(panic) => vm.throw(failed_inside(panic)),
    }
}

/// The error that a panic of a built-in or of the host's code becomes.
pub(crate) fn failed_inside(panic: Box<dyn std::any::Any + Send>) -> Raise {
    let what = match panic.downcast::<&str>() {
        Ok(text) => (*text).to_owned(),
        Err(panic) => match panic.downcast::<String>() {
            Ok(text) => *text,
            Err(other) => {
                // Dropping what the host threw could panic again.
                std::mem::forget(other);
                String::new()
            }
        },
    };
    Raise::new(ErrorKind::Internal, format!("a built-in failed inside: {what}"))
}

/// Runs code of the host outside of the loop; a panic is an error, as in the loop.
pub(crate) fn guarded<T>(f: impl FnOnce() -> Result<T, Raise>) -> Result<T, Raise> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(f)).unwrap_or_else(|panic| Err(failed_inside(panic)))
}

/// Whether an instruction that met the memory limit has changed nothing, so that
/// it may run again after a collection.
#[cold]
fn may_repeat(insn: u64) -> bool {
    use Op::*;
    let arithmetic = [Add, Sub, AddI, AddK, AddFromK, AddCell, AddUpCell, Union, Intersect, Differ];
    let making = [NewCell, NewCellUnset, Closure, NewContainer, NewKeyed, Range, Concat, Format, SinkNew, Lazy];
    let changing = [Append, PushItem, SinkPush, SetIndex, SetField, UniqueStep, GroupStep, CountStep];
    let reading = [GetIndex, GetIndexOpt, GetIndexSafe, GetField, GetFieldOpt, GetFieldSafe, SliceFrom];
    let op = opcode_of(insn as u16);
    let all: [&[Op]; 4] = [&arithmetic, &making, &changing, &reading];
    op.is_some_and(|op| all.iter().any(|ops| ops.contains(&op)))
}

/// Where execution goes on when the jump whose first word lies before `ip` is not taken.
#[inline(always)]
fn fall_through(op: Op, ip: *const u64) -> *const u64 {
    ip.wrapping_add(op.words() - 1)
}

macro_rules! slow_table {
    ($($op:ident: $fast:path, $slow:path;)*) => {
        /// The slow bodies by opcode.
        static SLOW: [Slow; Op::ALL.len()] = {
            let mut table = [unreachable_slow as Slow; Op::ALL.len()];
            $(table[Op::$op as usize] = $slow;)*
            table
        };
    };
}
bodies!(slow_table);

/// The `match` form, plain or `PROFILED`.
pub(crate) fn run_match<const PROFILED: bool>(vm: &mut Vm) {
    let vm: *mut Vm = vm;
    // SAFETY: `vm.cur` describes a frame of verified code. Every body keeps the
    // rules of the module's head; `vm` is not otherwise borrowed while one runs.
    unsafe {
        let cur = (*vm).cur;
        let mut m = Machine { vm, ip: cur.ip, base: cur.base, fuel: (*vm).fuel, cl: cur.cl, top: (*vm).frame_top };
        loop {
            let op = opcode(m.ip);
            m.ip = m.ip.add(1);
            #[cfg(feature = "profile")]
            let op = if PROFILED { profiled::before_match(&m, op) } else { op };
            macro_rules! arms {
                ($($op:ident: $fast:path, $slow:path;)*) => {{
                    #[allow(non_upper_case_globals, reason = "named as the opcodes")]
                    mod number {
                        $(pub(super) const $op: u16 = weave_bytecode::ops::Op::$op as u16;)*
                    }
                    match op {
                        $(number::$op => {
                            if $fast(&mut m) == Flow::Slow {
                                m = slow_of::<PROFILED>(m, $slow);
                            }
                        })*
                        _ => fused!(fused_arms),
                    }
                }};
            }
            macro_rules! fused_arms {
                (triple { $($triple:ident: $t1:ident, $tb:path;)* }
                 returning { $($returning:ident: $r1:ident, $rb:path;)* }
                 chained { $($chained:ident: $c1:ident, $c2:ident, $side:ident, $cb:path;)* }
                 guarded { $($guarded:ident: $g1:ident, $g2:ident, $gb1:path, $gb2:path;)* }
                 pair { $($pair:ident: $p1:ident, $p2:ident, $b1:path, $b2:path;)* }) => {{
                    #[allow(non_upper_case_globals, reason = "named as the forms")]
                    mod fused_number {
                        use super::Fused;
                        $(pub(super) const $triple: u16 = Fused::$triple.number();)*
                        $(pub(super) const $returning: u16 = Fused::$returning.number();)*
                        $(pub(super) const $chained: u16 = Fused::$chained.number();)*
                        $(pub(super) const $guarded: u16 = Fused::$guarded.number();)*
                        $(pub(super) const $pair: u16 = Fused::$pair.number();)*
                    }
                    match op {
                        $(fused_number::$triple => {
                            if $tb(&mut m) == Flow::Slow {
                                m = run_slow(m, SLOW[Op::$t1 as usize]);
                            }
                        })*
                        $(fused_number::$returning => {
                            if $rb(&mut m) == Flow::Slow {
                                m = run_slow(m, SLOW[Op::$r1 as usize]);
                            }
                        })*
                        $(fused_number::$chained => {
                            if $cb(&mut m) == Flow::Slow {
                                m = run_slow(m, SLOW[Op::$c1 as usize]);
                            }
                        })*
                        $(fused_number::$guarded => {
                            let behind = fall_through(Op::$g1, m.ip);
                            if $gb1(&mut m) == Flow::Slow {
                                m = run_slow(m, SLOW[Op::$g1 as usize]);
                            } else if m.ip == behind {
                                m.ip = m.ip.add(1);
                                if $gb2(&mut m) == Flow::Slow {
                                    m = run_slow(m, SLOW[Op::$g2 as usize]);
                                }
                            }
                        })*
                        $(fused_number::$pair => {
                            if $b1(&mut m) == Flow::Slow {
                                m = run_slow(m, SLOW[Op::$p1 as usize]);
                            } else {
                                m.ip = m.ip.add(1);
                                if $b2(&mut m) == Flow::Slow {
                                    m = run_slow(m, SLOW[Op::$p2 as usize]);
                                }
                            }
                        })*
                        _ => {
                            // The next run goes on with the steps that are left.
                            (*vm).fuel = m.fuel;
                            return;
                        }
                    }
                }};
            }
            bodies!(arms);
        }
    }
}

/// How the `match` form runs slow bodies.
#[inline(always)]
unsafe fn slow_of<const PROFILED: bool>(m: Machine, body: Slow) -> Machine {
    #[cfg(feature = "profile")]
    if PROFILED {
        // SAFETY: as the caller says.
        return unsafe { profiled::run_slow(m, body) };
    }
    // SAFETY: as the caller says.
    unsafe { run_slow(m, body) }
}

/// The tail-call form where this build has it, else the `match` form.
pub(crate) fn run(vm: &mut Vm) {
    #[cfg(feature = "profile")]
    if vm.profiler.is_some() {
        return vm.run_profiled(profiled::run);
    }
    #[cfg(weave_tail)]
    if !vm.force_match {
        return tail::run(vm);
    }
    run_match::<false>(vm);
}

/// Whether this build has the tail-call form.
pub(crate) const HAS_TAIL: bool = cfg!(weave_tail);

/// The handlers that a machine runs, by opcode: a copy of its own, because an
/// address relative to the machine costs a handler nothing.
#[cfg(weave_tail)]
pub(crate) type Handlers = [tail::Handler; OPCODES];
#[cfg(not(weave_tail))]
pub(crate) type Handlers = ();

/// The handlers of a plain run.
#[cfg(weave_tail)]
pub(crate) const PLAIN: Handlers = tail::PLAIN;
#[cfg(not(weave_tail))]
pub(crate) const PLAIN: Handlers = ();

#[cfg(weave_tail)]
#[cfg_attr(feature = "profile", macro_use)]
mod tail;

#[cfg(feature = "profile")]
mod profiled;
