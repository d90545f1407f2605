//! Calls with named arguments, and with arguments from a container.
//!
//! Which argument goes to which parameter depends on the function and the names
//! alone, so a call instruction remembers it, as a [`Plan`], for the function it
//! called last.

use super::machine::Word;
use crate::error::Raise;
use crate::load::Proto;
use crate::object::closure::closure_of;
use crate::object::container::ContainerRef;
use crate::value::{Raw, Tag};
use crate::vm::Vm;
use weave_bytecode::signature::Source;

/// Where the parameters of a function take their values from, for calls with certain
/// names.
pub(crate) struct Plan {
    /// The function; modules stay loaded, so no other ever has this address.
    proto: *const Proto,
    sources: Vec<From>,
}

/// Where one parameter's value comes from.
#[derive(Clone, Copy)]
enum From {
    /// The call's argument with this index, positional ones first.
    Argument(u16),
    Default,
}

/// Arguments that are moved to their parameters without memory of their own.
const MOST: usize = 16;

pub(crate) fn call_named(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    let w = Word(insn);
    let place = vm.cur.ip.cast_mut();
    let second = vm.take_second();
    let callee = vm.reg(w.b());
    let argc = w.c();
    let names = ContainerRef::from_raw(vm.constant(second as u32 as usize));
    if callee.is(Tag::Closure) && argc <= MOST {
        let closure = closure_of(callee);
        // SAFETY: H1 for the closure and its prototype.
        let proto = unsafe { (*closure).proto };
        let number = (second >> 32) as usize;
        let known = number.checked_sub(1).and_then(|i| vm.plans.get(i)).is_some_and(|plan| plan.proto == proto);
        let number = if known { Some(number) } else { vm.plan(proto, names, argc, number) };
        if let Some(number) = number {
            if !known {
                // SAFETY: the second word of the running instruction, in this
                // machine's own copy of the code (V-CODE).
                unsafe { place.write(u64::from(second as u32) | (number as u64) << 32) };
            }
            vm.spend_slow()?;
            let mut given = [Raw::NIL; MOST];
            given[..argc].copy_from_slice(vm.run_of(w.a(), argc));
            // SAFETY: as above.
            let proto = unsafe { &*proto };
            let window = vm.make_room(vm.place(w.a()), proto.frame_bytes)?;
            for (i, from) in vm.plans[number - 1].sources.iter().enumerate() {
                let v = match *from {
                    From::Argument(n) => given[usize::from(n)],
                    From::Default => Raw::UNSET,
                };
                // SAFETY: the frame has a register for every parameter.
                unsafe { *window.add(i) = v };
            }
            return vm.push_frame(proto, closure, window);
        }
    }
    call_unplanned(vm, w, callee, names)
}

/// The call where there is no plan: of what is no closure, with many arguments, with some
/// for a rest parameter, or with such as don't fit.
#[cold]
#[inline(never)]
fn call_unplanned(vm: &mut Vm, w: Word, callee: Raw, names: ContainerRef) -> Result<(), Raise> {
    let names: Vec<Raw> = (0..names.len()).map(|i| names.get(i)).collect();
    let values: Vec<Raw> = vm.run_of(w.a(), w.c()).to_vec();
    let positional = values.len().saturating_sub(names.len());
    vm.invoke_with(callee, vm.place(w.a()), &values[..positional], &names, &values[positional..])
}

impl Vm {
    /// Makes a plan, in place of plan `number` unless that is 0, and gives its number. None
    /// where the arguments don't fit or a rest parameter takes some.
    #[cold]
    #[inline(never)]
    fn plan(&mut self, proto: *const Proto, names: ContainerRef, argc: usize, number: usize) -> Option<usize> {
        // SAFETY: the caller has it from a closure.
        let signature = unsafe { &(*proto).prototype().signature };
        let keys: Vec<Raw> = (0..names.len()).map(|i| names.get(i)).collect();
        let texts: Vec<&str> = keys.iter().map(|key| crate::access::text_of(key).unwrap_or("")).collect();
        let positional = argc.checked_sub(texts.len())?;
        let bound = signature.bind(positional, &texts).ok()?;
        let from = |source: Source| match source {
            Source::Positional(i) => Some(From::Argument(u16::try_from(i).ok()?)),
            Source::Named(i) => Some(From::Argument(u16::try_from(positional + i).ok()?)),
            Source::Default => Some(From::Default),
            Source::Rest(_) => None,
        };
        let sources: Option<Vec<From>> = bound.into_iter().map(from).collect();
        let plan = Plan { proto, sources: sources? };
        match number.checked_sub(1).and_then(|i| self.plans.get_mut(i)) {
            Some(old) => *old = plan,
            None => self.plans.push(plan),
        }
        Some(if number == 0 { self.plans.len() } else { number })
    }
}

pub(crate) fn call_spread(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    let w = Word(insn);
    let callee = vm.reg(w.b());
    let Some(args) = ContainerRef::of(vm.reg(w.a())) else {
        return Err(Raise::new(crate::error::ErrorKind::Internal, "spread arguments stand in a container"));
    };
    if args.keys().is_null() {
        let count = args.len();
        let window = vm.make_room(vm.place(w.a()), (count + 1) * size_of::<Raw>())?;
        for i in 0..count {
            // SAFETY: `make_room`.
            unsafe { *window.add(i) = args.get(i) };
        }
        return vm.invoke(callee, window, count);
    }
    let (mut positional, mut names, mut named) = (Vec::new(), Vec::new(), Vec::new());
    for i in 0..args.len() {
        let key = args.key(i);
        if key.is_nil() {
            positional.push(args.get(i));
        } else {
            names.push(key);
            named.push(args.get(i));
        }
    }
    vm.invoke_with(callee, vm.place(w.a()), &positional, &names, &named)
}
