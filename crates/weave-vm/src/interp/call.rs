//! Bodies of calls and returns, and the binding of arguments.
//!
//! The callee's window begins at the first argument's register, so arguments
//! stay where they were computed, and the result goes to the callee's register
//! 0, which is the caller's register for it. A frame record of four words is all
//! that a call writes.

use super::machine::{Flow, Machine, Word, at};
use crate::access::{text_of, type_name};
use crate::error::{ErrorKind, Raise};
use crate::frame::Frame;
use crate::load::Proto;
use crate::native::{Answer, Args, Run, Step};
use crate::object::closure::{ClosureObject, closure_of, native_index, upvalue};
use crate::object::container::ContainerRef;
use crate::value::{Raw, Tag, load};
use crate::vm::Vm;
use weave_bytecode::position::Part;
use weave_bytecode::signature::{Mismatch, Signature, Source};

/// Enters a closure whose parameters the arguments fit one to one.
///
/// # Safety
/// `callee` is a register, slot or captured variable's value; `window` lies in
/// the frame (V-WINDOW).
#[inline(always)]
unsafe fn enter(m: &mut Machine, callee: Raw, window: *mut Raw, argc: usize, after: *const u64) -> Flow {
    if !callee.is(Tag::Closure) {
        return Flow::Slow;
    }
    // SAFETY: H1 for the closure and its prototype; the frame record and the
    // window are checked against the limits.
    unsafe {
        let closure = closure_of(callee);
        let proto = (*closure).proto;
        let vm = &mut *m.vm;
        if (*proto).exact as usize != argc {
            return Flow::Slow;
        }
        let end = window.cast::<u8>().wrapping_add((*proto).frame_bytes);
        if end > vm.stack_limit.cast() || vm.frame_top == vm.frame_limit {
            return Flow::Slow;
        }
        let left = vm.fuel - 1;
        vm.fuel = left;
        if left < 0 {
            return Flow::Slow;
        }
        *vm.frame_top = Frame { ip: after, base: m.base, k: m.k, cl: m.cl };
        vm.frame_top = vm.frame_top.add(1);
        m.ip = (*proto).code;
        m.k = (*proto).k;
        m.base = window;
        m.cl = closure;
    }
    Flow::Next
}

#[inline(always)]
pub(crate) unsafe fn call(m: &mut Machine) -> Flow {
    let w = m.word();
    // SAFETY: V-REG, V-WINDOW.
    unsafe {
        let callee = m.reg(w.b());
        let after = m.ip;
        enter(m, callee, at(m.base, w.a()), w.c(), after)
    }
}

#[inline(always)]
pub(crate) unsafe fn call_slot(m: &mut Machine) -> Flow {
    let w = m.word();
    // SAFETY: V-SLOT, V-WINDOW, V-CODE.
    unsafe {
        let slot = m.second() as u32 as usize;
        let callee = load((*m.vm).slots.add(slot));
        let after = m.ip.add(1);
        enter(m, callee, at(m.base, w.a()), w.c(), after)
    }
}

#[inline(always)]
pub(crate) unsafe fn call_upvalue(m: &mut Machine) -> Flow {
    let w = m.word();
    // SAFETY: V-UP, V-WINDOW.
    unsafe {
        let callee = load(upvalue(m.cl, w.b()));
        let after = m.ip;
        enter(m, callee, at(m.base, w.a()), w.c(), after)
    }
}

/// Pops the frame with `v` as the call's result.
#[inline(always)]
unsafe fn leave(m: &mut Machine, v: Raw) -> Flow {
    // SAFETY: the sentinel frame lies below every other, so there is one to
    // pop; register 0 is the caller's register for the result.
    unsafe {
        *m.base = v;
        let vm = &mut *m.vm;
        vm.frame_top = vm.frame_top.sub(1);
        let f = vm.frame_top;
        m.ip = (*f).ip;
        m.base = (*f).base;
        m.k = (*f).k;
        m.cl = (*f).cl;
    }
    Flow::Next
}

#[inline(always)]
pub(crate) unsafe fn ret(m: &mut Machine) -> Flow {
    let w = m.word();
    // SAFETY: V-REG.
    unsafe {
        let v = m.reg(w.a());
        leave(m, v)
    }
}

#[inline(always)]
pub(crate) unsafe fn ret_nil(m: &mut Machine) -> Flow {
    // SAFETY: as `ret`.
    unsafe { leave(m, Raw::NIL) }
}

pub(crate) fn call_slow(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    let w = Word(insn);
    let callee = vm.reg(w.b());
    let window = vm.place(w.a());
    vm.invoke(callee, window, w.c())
}

pub(crate) fn call_slot_slow(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    let w = Word(insn);
    let slot = vm.take_second() as u32 as usize;
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
    let callee = unsafe { *upvalue(vm.cur.cl, w.b()) };
    let window = vm.place(w.a());
    vm.invoke(callee, window, w.c())
}

/// A core function by number, its arguments already in the order of its
/// parameters.
pub(crate) fn call_native(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    let w = Word(insn);
    let native = vm.take_second() as u32 as usize;
    let window = vm.place(w.a());
    vm.run_native(native, window, w.c())
}

pub(crate) fn call_named(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    let w = Word(insn);
    let names = vm.take_second() as u32 as usize;
    let names = ContainerRef::from_raw(vm.constant(names));
    let names: Vec<Raw> = (0..names.len()).map(|i| names.get(i)).collect();
    let callee = vm.reg(w.b());
    let values: Vec<Raw> = vm.run_of(w.a(), w.c()).to_vec();
    let positional = values.len().saturating_sub(names.len());
    vm.invoke_with(callee, vm.place(w.a()), &values[..positional], &names, &values[positional..])
}

pub(crate) fn call_spread(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    let w = Word(insn);
    let callee = vm.reg(w.b());
    let Some(args) = ContainerRef::of(vm.reg(w.a())) else {
        return Err(Raise::new(ErrorKind::Internal, "spread arguments stand in a container"));
    };
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

/// The function under a key of a container.
fn method_of(object: Raw, key: Raw) -> Option<Raw> {
    let c = ContainerRef::of(object)?;
    let v = c.get(c.find(key)?);
    matches!(v.tag(), Tag::Closure | Tag::Native).then_some(v)
}

fn no_method(object: Raw, key: Raw) -> Raise {
    let name = text_of(&key).unwrap_or("").to_owned();
    let raise = Raise::new(ErrorKind::Name, format!("{} has no function `{name}`", type_name(object)));
    raise.help(format!("no `fn {name}` is in scope, and the value has no key `{name}` that holds a function"))
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

// ---- the general call

impl Vm {
    /// Calls any value with `argc` positional arguments at `window`; the result
    /// will be in `window[0]`. `cur` is where execution goes on afterwards.
    pub(crate) fn invoke(&mut self, callee: Raw, window: *mut Raw, argc: usize) -> Result<(), Raise> {
        self.spend_slow()?;
        match callee.tag() {
            Tag::Closure => {
                let closure = closure_of(callee);
                // SAFETY: H1.
                let proto = unsafe { &*(*closure).proto };
                let window = self.make_room(window, proto.frame_bytes.max((argc + 1) * size_of::<Raw>()))?;
                if proto.exact as usize != argc {
                    self.bind_positional(&proto.prototype().signature, window, argc)?;
                }
                self.push_frame(proto, closure, window)
            }
            Tag::Native => {
                let native = native_index(callee);
                let registered = &self.natives[native];
                let params = registered.signature.parameters.len();
                let bytes = registered.frame().max(argc).max(params) * size_of::<Raw>();
                let window = self.make_room(window, bytes)?;
                let fixed = usize::from(self.natives[native].fixed);
                if self.natives[native].rest
                    && argc >= fixed
                    && matches!(self.natives[native].run, Run::Plain(_) | Run::Host(_))
                {
                    return self.run_native(native, window, argc);
                }
                if argc != params || self.natives[native].rest {
                    let signature = self.natives[native].signature.clone();
                    self.bind_positional(&signature, window, argc)?;
                    if self.natives[native].rest && !self.natives[native].run.has_steps() {
                        // Too few for the fixed ones was an error, so the rest is empty.
                        return self.run_native(native, window, fixed);
                    }
                }
                self.run_bound_native(native, window, params)
            }
            _ => Err(Raise::new(ErrorKind::Type, format!("{} is not a function", type_name(callee)))
                .at(Part::Left)
                .label(type_name(callee))),
        }
    }

    /// Moves positional arguments to the parameters they belong to, from right
    /// to left; what is left out becomes unset, surplus goes to the rest.
    fn bind_positional(&mut self, signature: &Signature, window: *mut Raw, argc: usize) -> Result<(), Raise> {
        let rest = signature.parameters.last().is_some_and(|p| p.rest);
        let fixed = signature.parameters.len() - usize::from(rest);
        if argc > fixed && !rest {
            return Err(does_not_fit(signature, argc, &[], &Mismatch::TooMany));
        }
        let mut given = argc.min(fixed);
        let mut without = fixed - given;
        if rest {
            let surplus = argc.saturating_sub(fixed);
            let c = self.heap.container(surplus)?;
            for i in 0..surplus {
                // SAFETY: the window holds `argc` arguments.
                let v = unsafe { *window.add(fixed + i) };
                self.heap.push(c, v)?;
            }
            // SAFETY: `make_room` left room for every parameter.
            unsafe { *window.add(fixed) = c.raw() };
        }
        if without == 0 {
            return Ok(());
        }
        for (p, parameter) in signature.parameters[..fixed].iter().enumerate().rev() {
            // SAFETY: both lie in the window; a value moves right or stays.
            unsafe {
                if parameter.optional && without > 0 {
                    *window.add(p) = Raw::UNSET;
                    without -= 1;
                } else if given > 0 {
                    given -= 1;
                    *window.add(p) = *window.add(given);
                } else {
                    return Err(does_not_fit(signature, argc, &[], &missing_of(signature, argc)));
                }
            }
        }
        Ok(())
    }

    /// Calls with positional and named arguments.
    pub(crate) fn invoke_with(
        &mut self,
        callee: Raw,
        window: *mut Raw,
        positional: &[Raw],
        names: &[Raw],
        named: &[Raw],
    ) -> Result<(), Raise> {
        if names.is_empty() {
            let window = self.make_room(window, (positional.len() + 1) * size_of::<Raw>())?;
            for (i, &v) in positional.iter().enumerate() {
                // SAFETY: `make_room`.
                unsafe { *window.add(i) = v };
            }
            return self.invoke(callee, window, positional.len());
        }
        let signature = match callee.tag() {
            // SAFETY: H1.
            Tag::Closure => unsafe { (*(*closure_of(callee)).proto).prototype().signature.clone() },
            Tag::Native => self.natives[native_index(callee)].signature.clone(),
            _ => {
                return Err(
                    Raise::new(ErrorKind::Type, format!("{} is not a function", type_name(callee))).at(Part::Left)
                );
            }
        };
        self.spend_slow()?;
        let texts: Vec<String> = names.iter().map(|n| text_of(n).unwrap_or("").to_owned()).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let sources = signature
            .bind(positional.len(), &texts)
            .map_err(|mismatch| does_not_fit(&signature, positional.len(), &texts, &mismatch))?;
        let mut bound = Vec::with_capacity(sources.len());
        for source in &sources {
            bound.push(match *source {
                Source::Positional(i) => positional[i],
                Source::Named(i) => named[i],
                Source::Default => Raw::UNSET,
                Source::Rest(from) => {
                    let c = self.heap.container(0)?;
                    for &v in &positional[from.min(positional.len())..] {
                        self.heap.push(c, v)?;
                    }
                    for (i, &name) in names.iter().enumerate() {
                        if !sources.contains(&Source::Named(i)) {
                            super::container::put(self, c, name, named[i])?;
                        }
                    }
                    c.raw()
                }
            });
        }
        let frame = match callee.tag() {
            // SAFETY: H1.
            Tag::Closure => unsafe { (*(*closure_of(callee)).proto).frame_bytes },
            _ => self.natives[native_index(callee)].frame() * size_of::<Raw>(),
        };
        let mut window = self.make_room(window, frame.max((bound.len() + 1) * size_of::<Raw>()))?;
        for (i, &v) in bound.iter().enumerate() {
            // SAFETY: `make_room`.
            unsafe { *window.add(i) = v };
        }
        match callee.tag() {
            Tag::Closure => {
                let closure = closure_of(callee);
                // SAFETY: H1.
                let proto = unsafe { &*(*closure).proto };
                self.push_frame(proto, closure, window)
            }
            _ => {
                let native = native_index(callee);
                let mut argc = bound.len();
                let plain = !self.natives[native].run.has_steps();
                if let (true, true, Some(&rest)) = (self.natives[native].rest, plain, bound.last()) {
                    // A one-step native finds its rest in the window.
                    let rest = ContainerRef::from_raw(rest);
                    argc -= 1;
                    window = self.make_room(window, (argc + rest.len() + 1) * size_of::<Raw>())?;
                    for i in 0..rest.len() {
                        // SAFETY: `make_room`.
                        unsafe { *window.add(argc + i) = rest.get(i) };
                    }
                    argc += rest.len();
                }
                self.run_bound_native(native, window, argc)
            }
        }
    }

    /// Saves the caller and makes the callee current. The window has room.
    pub(crate) fn push_frame(
        &mut self,
        proto: &Proto,
        closure: *mut ClosureObject,
        window: *mut Raw,
    ) -> Result<(), Raise> {
        self.push_record()?;
        self.cur = Frame { ip: proto.code, base: window, k: proto.k, cl: closure };
        Ok(())
    }

    /// Pushes the record of the current frame.
    pub(crate) fn push_record(&mut self) -> Result<(), Raise> {
        if self.frame_top == self.frame_limit {
            self.grow_frames()?;
        }
        // SAFETY: there is room for one more record.
        unsafe {
            *self.frame_top = self.cur;
            self.frame_top = self.frame_top.add(1);
        }
        Ok(())
    }

    /// Pops the current frame with a result.
    pub(crate) fn pop_frame(&mut self, v: Raw) {
        // SAFETY: register 0 of the frame; the sentinel lies below.
        unsafe {
            *self.cur.base = v;
            self.frame_top = self.frame_top.sub(1);
            self.cur = *self.frame_top;
        }
    }

    /// Runs a native whose arguments stand in the order of its parameters, the
    /// surplus of a rest parameter behind them.
    pub(crate) fn run_native(&mut self, native: usize, window: *mut Raw, argc: usize) -> Result<(), Raise> {
        self.spend_slow()?;
        let registered = &self.natives[native];
        let bytes = registered.frame().max(argc) * size_of::<Raw>();
        let params = registered.signature.parameters.len();
        let mut window = self.make_room(window, bytes)?;
        let mut argc = argc;
        let registered = &self.natives[native];
        // What the compiler emits has a register for each parameter; code from
        // elsewhere may not.
        if argc > params && !registered.rest {
            return Err(does_not_fit(&registered.signature, argc, &[], &Mismatch::TooMany));
        }
        while argc < usize::from(registered.fixed) {
            // SAFETY: `make_room` left a register for every parameter.
            unsafe { *window.add(argc) = Raw::UNSET };
            argc += 1;
        }
        if registered.rest && registered.run.has_steps() {
            let fixed = usize::from(registered.fixed);
            let c = self.heap.container(argc.saturating_sub(fixed))?;
            for i in fixed..argc {
                // SAFETY: the window holds `argc` arguments.
                let v = unsafe { *window.add(i) };
                self.heap.push(c, v)?;
            }
            window = self.make_room(window, (fixed + 1) * size_of::<Raw>())?;
            // SAFETY: `make_room`.
            unsafe { *window.add(fixed) = c.raw() };
            argc = fixed + 1;
        }
        self.run_bound_native(native, window, argc)
    }

    /// Runs the first step, or the only one.
    fn run_bound_native(&mut self, native: usize, window: *mut Raw, argc: usize) -> Result<(), Raise> {
        self.collect_around(window, argc);
        match self.natives[native].run.clone() {
            Run::Plain(f) => {
                let mut done = f(&mut Step { vm: self, window, argc, room: argc, native }).map(|v| v.raw);
                let full = done.as_ref().is_err_and(Raise::is_full);
                if full && self.natives[native].core && self.heap.may_retry() {
                    // No core function has changed anything when it meets the
                    // limit, and what the program holds no more may make room.
                    self.collect_below(window.wrapping_add(argc));
                    done = f(&mut Step { vm: self, window, argc, room: argc, native }).map(|v| v.raw);
                }
                let v = done?;
                // SAFETY: `make_room` left a register for the result, also where
                // there are no arguments.
                unsafe { *window = v };
                Ok(())
            }
            Run::Host(f) => {
                let v = f(&mut Step { vm: self, window, argc, room: argc, native })?.raw;
                // SAFETY: as above.
                unsafe { *window = v };
                Ok(())
            }
            Run::Steps(..) | Run::HostSteps(..) => {
                let registered = &self.natives[native];
                let first = registered.signature.parameters.len();
                for i in first..registered.frame() {
                    // SAFETY: `make_room` left room for the whole frame.
                    unsafe { *window.add(i) = Raw::NIL };
                }
                // SAFETY: as above.
                unsafe { *window.add(first) = Raw::int(0) };
                let object = registered.value.address().cast();
                self.push_record()?;
                self.cur = Frame { ip: crate::vm::native_code(), base: window, k: std::ptr::null(), cl: object };
                Ok(())
            }
        }
    }
}

/// Runs the next step of the native whose frame is current.
pub(crate) fn native_step(vm: &mut Vm, _: u64) -> Result<(), Raise> {
    vm.collect_if_due();
    vm.spend_slow()?;
    // SAFETY: this opcode runs in a native's frame alone.
    let native = unsafe { (*vm.cur.cl).header.wide as usize };
    let window = vm.cur.base;
    let params = vm.natives[native].signature.parameters.len();
    let room = vm.natives[native].frame();
    let scratch = vm.natives[native].scratch();
    let run = vm.natives[native].run.clone();
    let mut step = Step { vm, window, argc: params, room, native };
    let answer = match run {
        Run::Steps(_, f) => f(&mut step)?,
        Run::HostSteps(_, f) => f(&mut step)?,
        _ => return Err(Raise::new(ErrorKind::Internal, "a native without steps has no frame")),
    };
    let answer = match answer {
        Answer::Return(v) => Done::Return(v.raw),
        Answer::Item(v, key) => Done::Item(v.raw, key.raw),
        Answer::End => Done::Item(Raw::UNSET, Raw::NIL),
        Answer::Call(f, Args::None) => Done::Call(f.raw, [Raw::NIL, Raw::NIL], 0),
        Answer::Call(f, Args::One(x)) => Done::Call(f.raw, [x.raw, Raw::NIL], 1),
        Answer::Call(f, Args::Two(x, y)) => Done::Call(f.raw, [x.raw, y.raw], 2),
        Answer::Call(f, Args::Spread(x, more)) => Done::Spread(f.raw, x.raw, more.inner),
        Answer::Start(f) => Done::Start(f.raw),
        Answer::Next(i) => {
            let at = (params + 1).saturating_add(i);
            if at.saturating_add(4) > scratch {
                return Err(Raise::new(ErrorKind::Internal, "a native pulls from registers that it did not declare"));
            }
            Done::Next(at)
        }
        Answer::Again => Done::Again,
    };
    // SAFETY: the phase register lies behind the parameters.
    unsafe {
        let phase = window.add(params);
        if let (Some(n), false) = ((*phase).as_int(), matches!(answer, Done::Again)) {
            *phase = Raw::int(n + 1);
        }
    }
    let call_window = window.wrapping_add(scratch);
    // Whatever comes back runs the next step.
    vm.cur.ip = crate::vm::native_code();
    match answer {
        Done::Return(v) => vm.pop_frame(v),
        // The end marker must never be a value of the program.
        Done::Item(..) if !vm.stages.contains(&native) => {
            return Err(Raise::new(ErrorKind::Internal, "only a stage of a stream answers with an item or an end"));
        }
        Done::Item(v, key) => {
            // SAFETY: a stage's frame has more than two registers.
            unsafe { *window.add(1) = key };
            vm.pop_frame(v);
        }
        Done::Again => {}
        Done::Call(f, args, argc) => {
            for (i, &v) in args.iter().enumerate() {
                // SAFETY: the scratch window holds SCRATCH registers.
                unsafe { *call_window.add(i) = v };
            }
            return vm.invoke(f, call_window, argc);
        }
        Done::Spread(f, first, more) => {
            let (mut names, mut named, mut positional) = (Vec::new(), Vec::new(), vec![first]);
            for i in 0..more.len() {
                if more.key(i).is_nil() {
                    positional.push(more.get(i));
                } else {
                    names.push(more.key(i));
                    named.push(more.get(i));
                }
            }
            return vm.invoke_with(f, call_window, &positional, &names, &named);
        }
        Done::Start(f) => return super::pipeline::start_fold(vm, f, call_window),
        Done::Next(at) => return super::iterate::pull(vm, window.wrapping_add(at), call_window),
    }
    Ok(())
}

/// An [`Answer`] without the step's lifetime.
enum Done {
    Return(Raw),
    Item(Raw, Raw),
    Call(Raw, [Raw; 2], usize),
    Spread(Raw, Raw, ContainerRef),
    Start(Raw),
    Next(usize),
    Again,
}

/// The first parameter that is left without a value.
fn missing_of(signature: &Signature, argc: usize) -> Mismatch {
    signature.bind(argc, &[]).err().unwrap_or(Mismatch::Missing(0))
}

/// The error for arguments that a signature does not take.
pub(crate) fn does_not_fit(signature: &Signature, positional: usize, names: &[&str], mismatch: &Mismatch) -> Raise {
    let name = if signature.name.is_empty() { "the function" } else { &signature.name };
    let fixed = signature.parameters.iter().filter(|p| !p.rest).count();
    let required = signature.parameters.iter().filter(|p| !p.rest && !p.optional).count();
    let takes = match (required, fixed) {
        (r, f) if r == f => format!("{r}"),
        (r, f) => format!("{r} to {f}"),
    };
    let message = match mismatch {
        Mismatch::TooMany => format!(
            "{name} takes {takes} {}, {positional} {} given",
            if fixed == 1 { "argument" } else { "arguments" },
            if positional == 1 { "was" } else { "were" }
        ),
        Mismatch::Missing(p) => {
            let parameter = signature.parameters.get(*p).map_or("", |p| &p.name);
            format!("{name} needs a value for `{parameter}`")
        }
        Mismatch::Unknown(i) => format!("{name} has no parameter `{}`", names.get(*i).unwrap_or(&"")),
        Mismatch::Twice(i) => format!("`{}` is given twice", names.get(*i).unwrap_or(&"")),
    };
    Raise::new(ErrorKind::Arity, message).help(format!("its signature is {signature}"))
}
