//! Bodies that move values: registers, constants, slots, captured variables,
//! and the making of cells and closures.

use super::container::{LITTLE, count_work};
use super::machine::{Flow, Machine, Word, slot_at, slot_number};
use crate::error::{ErrorKind, Raise};
use crate::load::Proto;
use crate::object::cell::cell_value;
use crate::object::closure::{captured, index_of, upvalue};
use crate::value::{Raw, Tag, load};
use crate::vm::Vm;
use weave_bytecode::prototype::Capture;

macro_rules! fast {
    ($($(#[$doc:meta])* fn $name:ident($m:ident, $w:ident) $body:block)*) => {$(
        $(#[$doc])*
        #[inline(always)]
        pub(crate) unsafe fn $name($m: &mut Machine) -> Flow {
            let $w = $m.word();
            // SAFETY: operands come from verified code (V-REG, V-CONST, V-UP,
            // V-CELL, V-SLOT: each names what the frame, prototype or machine has).
            unsafe { $body }
        }
    )*};
}

fast! {
    fn mov(m, w) { let v = m.reg(w.b()); m.set(w.a(), v); Flow::Next }
    fn load_nil(m, w) { m.set(w.a(), Raw::NIL); Flow::Next }
    fn load_true(m, w) { m.set(w.a(), Raw::TRUE); Flow::Next }
    fn load_false(m, w) { m.set(w.a(), Raw::FALSE); Flow::Next }
    fn load_int(m, w) { m.set(w.a(), Raw::int(w.signed())); Flow::Next }
    fn load_const(m, w) { let v = m.constant(w.wide()); m.set(w.a(), v); Flow::Next }
    fn load_native(m, w) {
        let natives: &[crate::native::Registered] = &(*m.vm).natives;
        let v = natives[w.wide()].value;
        m.set(w.a(), v);
        Flow::Next
    }
    fn load_unset(m, w) { m.set(w.a(), Raw::UNSET); Flow::Next }
    fn check_set(m, w) { if m.reg(w.a()).is_unset() { Flow::Slow } else { Flow::Next } }
    fn get_slot(m, w) { let v = load(slot_at((*m.vm).slots, w.wide())); m.set(w.a(), v); Flow::Next }
    fn get_slot_checked(m, w) {
        let v = load(slot_at((*m.vm).slots, w.wide()));
        if v.is_unset() { return Flow::Slow; }
        m.set(w.a(), v);
        Flow::Next
    }
    fn set_slot(m, w) { let v = m.reg(w.a()); *slot_at((*m.vm).slots, w.wide()) = v; Flow::Next }
    fn get_upvalue(m, w) { let v = load(captured(m.cl, w.b())); m.set(w.a(), v); Flow::Next }
    fn get_up_cell(m, w) {
        let v = load(cell_value(*captured(m.cl, w.b())));
        m.set(w.a(), v);
        Flow::Next
    }
    /// With a `Return` of the value behind it: see `fused.rs`.
    fn get_up_cell_return(m, w) {
        let v = load(cell_value(*captured(m.cl, w.b())));
        m.hand_back(w, v);
        Flow::Next
    }
    fn get_upvalue_return(m, w) { let v = load(captured(m.cl, w.b())); m.hand_back(w, v); Flow::Next }
    fn load_int_return(m, w) { m.hand_back(w, Raw::int(w.signed())); Flow::Next }
    fn load_true_return(m, w) { m.hand_back(w, Raw::TRUE); Flow::Next }
    fn load_false_return(m, w) { m.hand_back(w, Raw::FALSE); Flow::Next }
    fn get_up_cell_checked(m, w) {
        let v = load(cell_value(*captured(m.cl, w.b())));
        if v.is_unset() { return Flow::Slow; }
        m.set(w.a(), v);
        Flow::Next
    }
    fn set_up_cell(m, w) { let v = m.reg(w.a()); *cell_value(*captured(m.cl, w.b())) = v; Flow::Next }
    fn get_cell(m, w) {
        let cell = m.reg(w.b());
        if !cell.is(Tag::Cell) { return Flow::Slow; }
        let v = load(cell_value(cell));
        m.set(w.a(), v);
        Flow::Next
    }
    fn get_cell_checked(m, w) {
        let cell = m.reg(w.b());
        if !cell.is(Tag::Cell) { return Flow::Slow; }
        let v = load(cell_value(cell));
        if v.is_unset() { return Flow::Slow; }
        m.set(w.a(), v);
        Flow::Next
    }
    fn set_cell(m, w) {
        let cell = m.reg(w.a());
        if !cell.is(Tag::Cell) { return Flow::Slow; }
        let v = m.reg(w.b());
        *cell_value(cell) = v;
        Flow::Next
    }
    fn new_cell(m, w) {
        let heap = &mut (*m.vm).heap;
        if heap.wants_collection() { return Flow::Slow; }
        let v = m.reg(w.b());
        match heap.cell(v) {
            Ok(cell) => { m.set(w.a(), cell); Flow::Next }
            Err(_) => Flow::Slow,
        }
    }
    /// A closure whose captures are all taken from registers and upvalues.
    fn closure(m, w) {
        let heap = &mut (*m.vm).heap;
        if heap.wants_collection() { return Flow::Slow; }
        let proto = (*(*m.cl).proto).siblings.add(w.wide());
        if (*proto).upvalues as usize > LITTLE { return Flow::Slow; }
        match make_closure(heap, proto, m.base, m.cl) {
            Some(v) => { m.set(w.a(), v); Flow::Next }
            None => Flow::Slow,
        }
    }
}

/// Makes a closure of `proto` in the frame at `base` of `cl`; `None` where
/// memory is short.
///
/// # Safety
/// The prototype's captures fit the frame (V-CAPTURE).
#[inline(always)]
unsafe fn make_closure(
    heap: &mut crate::heap::Heap,
    proto: *const Proto,
    base: *mut Raw,
    cl: *mut crate::object::closure::ClosureObject,
) -> Option<Raw> {
    // SAFETY: as the caller says.
    unsafe {
        let count = (*proto).upvalues as usize;
        let closure = heap.closure(proto, count).ok()?;
        let itself = Raw::object(Tag::Closure, closure.cast());
        let captures = (*proto).captures;
        for i in 0..count {
            let v = match *captures.add(i) {
                Capture::Value(r) => load(base.add(usize::from(r))),
                Capture::Cell(r) => {
                    let cell = load(base.add(usize::from(r)));
                    if !cell.is(Tag::Cell) {
                        return None;
                    }
                    cell
                }
                Capture::Upvalue(u) => load(upvalue(cl, usize::from(u))),
                Capture::Itself => itself,
            };
            *upvalue(closure, i) = v;
        }
        Some(itself)
    }
}

pub(crate) fn closure_slow(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    vm.collect_if_due();
    let w = Word(insn);
    // SAFETY: V-PROTO.
    let (proto, count) = unsafe {
        let proto = (*(*vm.cur.cl).proto).siblings.add(w.wide());
        (proto, (*proto).upvalues as usize)
    };
    count_work(vm, count)?;
    // SAFETY: V-PROTO and V-CAPTURE.
    let made = unsafe { make_closure(&mut vm.heap, proto, vm.cur.base, vm.cur.cl) };
    let v = made.ok_or(crate::heap::OutOfMemory)?;
    vm.set(w.a(), v);
    Ok(())
}

/// Where a fused form that begins with the instruction declines.
pub(crate) fn get_upvalue_slow(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    let w = Word(insn);
    // SAFETY: V-UP.
    let v = unsafe { *captured(vm.cur.cl, w.b()) };
    vm.set(w.a(), v);
    Ok(())
}

/// As [`get_upvalue_slow`], of a cell.
pub(crate) fn get_up_cell_value_slow(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    let w = Word(insn);
    // SAFETY: V-UP: it is a cell.
    let v = unsafe { *cell_value(*captured(vm.cur.cl, w.b())) };
    vm.set(w.a(), v);
    Ok(())
}

/// A cell register was read before its cell was made: the compiler never emits
/// that, a chunk from elsewhere may.
pub(crate) fn no_cell(_: &mut Vm, _: u64) -> Result<(), Raise> {
    Err(Raise::new(ErrorKind::Internal, "a variable is used before its cell is made"))
}

pub(crate) fn new_cell_slow(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    vm.collect_if_due();
    let w = Word(insn);
    let v = vm.reg(w.b());
    let cell = vm.heap.cell(v)?;
    vm.set(w.a(), cell);
    Ok(())
}

pub(crate) fn new_cell_unset(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    vm.collect_if_due();
    let cell = vm.heap.cell(Raw::UNSET)?;
    vm.set(Word(insn).a(), cell);
    Ok(())
}

fn unset(name: &str) -> Raise {
    Raise::new(ErrorKind::Name, format!("`{name}` has no value yet"))
        .help(format!("give `{name}` a value on every path that leads here, for example at the start"))
}

pub(crate) fn check_set_slow(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    let name = vm.constant(Word(insn).wide());
    Err(unset(crate::access::text_of(&name).unwrap_or("?")))
}

/// The read by itself, where what follows it can't be done with it at once.
pub(crate) fn get_cell_value_slow(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    let w = Word(insn);
    let cell = vm.reg(w.b());
    if !cell.is(Tag::Cell) {
        return no_cell(vm, insn);
    }
    // SAFETY: the value is a cell.
    let v = unsafe { load(cell_value(cell)) };
    vm.set(w.a(), v);
    Ok(())
}

pub(crate) fn get_cell_slow(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    if !vm.reg(Word(insn).b()).is(Tag::Cell) {
        return no_cell(vm, insn);
    }
    let name = vm.constant(Word(insn).c());
    Err(unset(crate::access::text_of(&name).unwrap_or("?")))
}

pub(crate) fn get_up_cell_slow(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    let at = index_of(Word(insn).b());
    // SAFETY: the running frame is a closure's, since it executes this opcode.
    let prototype = unsafe { (*(*vm.cur.cl).proto).prototype() };
    Err(unset(prototype.upvalues.get(at).map_or("?", |u| &u.name)))
}

pub(crate) fn get_slot_slow(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    let name = vm.slot_names.get(slot_number(Word(insn).wide())).cloned().unwrap_or_default();
    Err(unset(&name))
}
