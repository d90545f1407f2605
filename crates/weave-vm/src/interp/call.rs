//! Bodies of calls and returns, and the binding of arguments.
//!
//! The callee's window begins at the first argument's register, so arguments
//! stay where they were computed, and the result goes to the callee's register
//! 0, which is the caller's register for it. A frame record of four words is all
//! that a call writes.

use super::machine::{Flow, Machine, Word, at, slot_at, slot_number};
use crate::access::{text_of, type_name};
use crate::error::{ErrorKind, Raise};
use crate::frame::Frame;
use crate::native::{PlainFn, Run};
use crate::object::closure::{captured, closure_at, is_closure};
use crate::object::container::ContainerRef;
use crate::value::{Raw, Tag, copy};
use crate::vm::Vm;

/// Enters the closure at `callee`, whose parameters the arguments fit one to one. What
/// the checks don't settle is the slow body's.
///
/// Window, number of arguments and place to go on at are given as functions, so that
/// each is computed where few processor registers are in use.
///
/// # Safety
/// `callee` is the place of a value; so many registers from the window on lie in the
/// frame (V-WINDOW).
#[inline(always)]
pub(super) unsafe fn enter(
    m: &mut Machine,
    callee: *const Raw,
    window: impl FnOnce(&Machine) -> *mut Raw,
    argc: impl FnOnce() -> usize,
    after: impl FnOnce(&Machine) -> *const u64,
) -> Flow {
    // SAFETY: H1 for the closure and its prototype; the frame record and the
    // window are checked against the limits.
    unsafe {
        if !is_closure(callee) {
            return Flow::Slow;
        }
        let closure = closure_at(callee);
        let proto = (*closure).proto;
        if (*proto).plain != argc() as u32 {
            return Flow::Slow;
        }
        let window = window(m);
        let vm = &mut *m.vm;
        if window > vm.stack_limit || m.top == vm.frame_limit {
            return Flow::Slow;
        }
        if m.spend() {
            return Flow::Slow;
        }
        *m.top = Frame { ip: after(m), base: m.base, cl: m.cl };
        m.top = m.top.add(1);
        m.ip = (*proto).code;
        m.base = window;
        m.cl = closure;
    }
    Flow::Next
}

#[inline(always)]
pub(crate) unsafe fn call(m: &mut Machine) -> Flow {
    let w = m.word();
    // SAFETY: V-REG, V-WINDOW.
    unsafe { enter(m, at(m.base, w.b()), |m| at(m.base, w.a()), || w.c(), |m| m.ip) }
}

#[inline(always)]
pub(crate) unsafe fn call_slot(m: &mut Machine) -> Flow {
    let w = m.word();
    // SAFETY: V-SLOT, V-WINDOW, V-CODE.
    unsafe {
        let callee = slot_at((*m.vm).slots, m.second() as u32 as usize);
        enter(m, callee, |m| at(m.base, w.a()), || w.c(), |m| m.ip.add(1))
    }
}

#[inline(always)]
pub(crate) unsafe fn call_upvalue(m: &mut Machine) -> Flow {
    let w = m.word();
    // SAFETY: V-UP, V-WINDOW.
    unsafe { enter(m, captured(m.cl, w.b()), |m| at(m.base, w.a()), || w.c(), |m| m.ip) }
}

#[inline(always)]
pub(crate) unsafe fn ret(m: &mut Machine) -> Flow {
    let w = m.word();
    // SAFETY: V-REG.
    unsafe {
        let v = m.reg(w.a());
        m.hand_back(w, v);
    }
    Flow::Next
}

#[inline(always)]
pub(crate) unsafe fn ret_nil(m: &mut Machine) -> Flow {
    let w = m.word();
    // SAFETY: as `ret`.
    unsafe { m.hand_back(w, Raw::NIL) };
    Flow::Next
}

pub(crate) fn call_slow(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    let w = Word(insn);
    let callee = vm.reg(w.b());
    let window = vm.place(w.a());
    vm.invoke(callee, window, w.c())
}

pub(crate) fn call_slot_slow(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    let w = Word(insn);
    let slot = slot_number(vm.take_second() as u32 as usize);
    let callee = vm.slot(slot);
    if callee.is_unset() {
        let name = vm.slot_names.get(slot).cloned().unwrap_or_default();
        return Err(Raise::new(ErrorKind::Name, format!("`{name}` has no value yet"))
            .help(format!("call it below the place where `{name}` gets its value")));
    }
    let window = vm.place(w.a());
    vm.invoke(callee, window, w.c())
}

pub(crate) fn call_upvalue_slow(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    let w = Word(insn);
    // SAFETY: V-UP.
    let callee = unsafe { *captured(vm.cur.cl, w.b()) };
    let window = vm.place(w.a());
    vm.invoke(callee, window, w.c())
}

/// A core function by number, its arguments already in the order of its
/// parameters.
pub(crate) fn call_native(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    let w = Word(insn);
    let native = vm.take_second() as u32 as usize;
    let window = vm.place(w.a());
    let registered = &vm.natives[native];
    if let (Run::Plain(f), true) = (&registered.run, registered.plain == w.c() as u32) {
        // The arguments are in place, and the frame has a register for the result.
        let f = *f;
        if !vm.spend_here() {
            return run_after_a_look(vm, native, f, window, w.c());
        }
        return vm.run_plain(native, f, window, w.c());
    }
    vm.run_native(native, window, w.c())
}

/// A core function where the step before it has used up the batch.
#[cold]
#[inline(never)]
fn run_after_a_look(vm: &mut Vm, native: usize, f: PlainFn, window: *mut Raw, argc: usize) -> Result<(), Raise> {
    vm.spend_last()?;
    vm.run_plain(native, f, window, argc)
}

/// The function under a key of a container.
#[inline]
fn method_of(object: Raw, key: Raw) -> Option<Raw> {
    let c = ContainerRef::of_as_is(object)?;
    let v = c.get_in(c.find(key)?);
    matches!(v.tag(), Tag::Closure | Tag::Native).then_some(v)
}

fn no_method(object: Raw, key: Raw) -> Raise {
    let name = text_of(&key).unwrap_or("").to_owned();
    let raise = Raise::new(ErrorKind::Name, format!("{} has no function `{name}`", type_name(object)));
    raise.help(format!("no `fn {name}` is in scope, and the value has no key `{name}` that holds a function"))
}

/// Where a container keeps the function under a key; null where it has none, or is no
/// container.
///
/// # Safety
/// Both are places of values.
#[inline(never)]
unsafe fn method_at(object: *const Raw, key: *const Raw) -> *const Raw {
    // SAFETY: as the caller says; H1.
    unsafe {
        let Some(c) = ContainerRef::of_as_is(*object) else { return std::ptr::null() };
        match c.find(*key) {
            Some(place) => (*c.0).values.values().add(place),
            None => std::ptr::null(),
        }
    }
}

/// Calls a plain function of a container, or, where the object is none, the fallback in
/// a register.
///
/// # Safety
/// The instruction is a call of a method (V-CODE, V-WINDOW).
#[inline(always)]
unsafe fn enter_method(m: &mut Machine, fallback: *const Raw) -> Flow {
    let w = m.word();
    // SAFETY: V-REG, V-CONST, V-WINDOW.
    unsafe {
        let object = at(m.base, w.a());
        let after = |m: &Machine| m.ip.add(1);
        if !(*object).is(Tag::Container) {
            return if fallback.is_null() {
                Flow::Slow
            } else {
                enter(m, fallback, |m| at(m.base, w.a()), || w.c(), after)
            };
        }
        let f = method_at(object, m.k().add(m.second() as u32 as usize));
        if f.is_null() {
            return Flow::Slow;
        }
        let window = at(m.base, w.a());
        let argc = w.c() - 1;
        if enter(m, f, |_| window, || argc, after) == Flow::Slow {
            return Flow::Slow;
        }
        // The receiver is no argument: the others move over it.
        for i in 0..argc {
            copy(window.add(i + 1), window.add(i));
        }
    }
    Flow::Next
}

#[inline(always)]
pub(crate) unsafe fn call_method_fast(m: &mut Machine) -> Flow {
    let w = m.word();
    // SAFETY: as `enter_method`.
    unsafe { enter_method(m, at(m.base, w.b())) }
}

#[inline(always)]
pub(crate) unsafe fn call_method_native_fast(m: &mut Machine) -> Flow {
    // SAFETY: as `enter_method`.
    unsafe { enter_method(m, std::ptr::null()) }
}

pub(crate) fn call_method(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    let w = Word(insn);
    let key = vm.take_second() as u32 as usize;
    let (object, key) = (vm.reg(w.a()), vm.constant(key));
    if let Some(f) = method_of(object, key) {
        return call_without_receiver(vm, f, w);
    }
    let fallback = vm.reg(w.b());
    if fallback.is_nil() {
        return Err(no_method(object, key));
    }
    let window = vm.place(w.a());
    vm.invoke(fallback, window, w.c())
}

pub(crate) fn call_method_native(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    let w = Word(insn);
    let second = vm.take_second();
    let (object, key) = (vm.reg(w.a()), vm.constant(second as u32 as usize));
    if let Some(f) = method_of(object, key) {
        return call_without_receiver(vm, f, w);
    }
    let native = vm.natives[(second >> 32) as usize].value;
    let window = vm.place(w.a());
    vm.invoke(native, window, w.c())
}

/// Shifts the arguments over the receiver and calls.
fn call_without_receiver(vm: &mut Vm, f: Raw, w: Word) -> Result<(), Raise> {
    let window = vm.place(w.a());
    let argc = w.c() - 1;
    // SAFETY: V-WINDOW: the window holds `argc + 1` registers.
    unsafe { std::ptr::copy(window.add(1), window, argc) };
    vm.invoke(f, window, argc)
}

pub(crate) fn find_method(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    let w = Word(insn);
    let v = method_of(vm.reg(w.b()), vm.constant(w.c())).unwrap_or(Raw::NIL);
    vm.set(w.a(), v);
    Ok(())
}
