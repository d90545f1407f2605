//! Running natives: the one step of a plain one, and the steps, calls and pulls
//! of the others. A native of several steps has a frame like a function's; its
//! code is one instruction that runs the next step.

use super::bind::does_not_fit;
use crate::error::{ErrorKind, Raise};
use crate::frame::Frame;
use crate::native::{Answer, Args, Run, Step, Value};
use crate::object::container::ContainerRef;
use crate::scope::Scope;
use crate::value::Raw;
use crate::vm::Vm;
use weave_bytecode::signature::Mismatch;

impl Vm {
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
    pub(super) fn run_bound_native(&mut self, native: usize, window: *mut Raw, argc: usize) -> Result<(), Raise> {
        match self.natives[native].run.clone() {
            Run::Plain(f) => self.run_plain(native, f, window, argc),
            Run::Host(f) => self.run_plain(native, &*f, window, argc),
            Run::Steps(..) | Run::HostSteps(..) => {
                self.collect_around(window, argc);
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
                self.cur = Frame { ip: crate::vm::native_code(), base: window, cl: object };
                Ok(())
            }
        }
    }
}

impl Vm {
    /// Runs the one step of a native whose arguments are bound.
    pub(super) fn run_plain(
        &mut self,
        native: usize,
        f: impl for<'s> Fn(&mut Step<'s>) -> Result<Value<'s>, Raise>,
        window: *mut Raw,
        argc: usize,
    ) -> Result<(), Raise> {
        self.collect_around(window, argc);
        let done =
            f(&mut Step { scope: Scope::new(self), window, argc, room: argc, scratch: 0, native }).map(|v| v.raw);
        let v = match done {
            Ok(v) => v,
            Err(raise) if raise.is_full() && self.natives[native].core && self.heap.may_retry() => {
                // No core function has changed anything when it meets the
                // limit, and what the program holds no more may make room.
                self.collect_below(window.wrapping_add(argc));
                f(&mut Step { scope: Scope::new(self), window, argc, room: argc, scratch: 0, native })?.raw
            }
            Err(raise) => return Err(raise),
        };
        // SAFETY: there is a register for the result, also where there are no
        // arguments.
        unsafe { *window = v };
        Ok(())
    }
}

/// Runs the next step of the native whose frame is current.
pub(crate) fn native_step(vm: &mut Vm, _: u64) -> Result<(), Raise> {
    vm.collect_if_due();
    vm.spend_slow()?;
    // SAFETY: this opcode runs in a native's frame alone.
    let native = unsafe { (*vm.cur.cl).header.wide as usize };
    let window = vm.cur.base;
    let registered = &vm.natives[native];
    let params = registered.signature.parameters.len();
    let (room, scratch) = (registered.frame(), registered.scratch());
    // Whatever comes back runs the next step, unless this one says otherwise.
    vm.cur.ip = crate::vm::native_code();
    let answer = match &registered.run {
        Run::Steps(_, f) => {
            let f = *f;
            f(&mut Step { scope: Scope::new(vm), window, argc: params, room, scratch, native })?
        }
        Run::HostSteps(_, f) => {
            let f = f.clone();
            f(&mut Step { scope: Scope::new(vm), window, argc: params, room, scratch, native })?
        }
        _ => return Err(Raise::new(ErrorKind::Internal, "a native without steps has no frame")),
    };
    let answer = match answer {
        Answer::Return(v) => Done::Return(v.raw),
        Answer::Item(v, key) => Done::Item(v.raw, key.raw),
        Answer::End => Done::Item(Raw::UNSET, Raw::NIL),
        Answer::Call(f, Args::None) => Done::Call(f.raw, [Raw::NIL, Raw::NIL], 0),
        Answer::Call(f, Args::One(x)) => Done::Call(f.raw, [x.raw, Raw::NIL], 1),
        Answer::Call(f, Args::Two(x, y)) => Done::Call(f.raw, [x.raw, y.raw], 2),
        Answer::Call(f, Args::Spread(x, more)) => Done::Spread(f.raw, x.raw, more.inner()),
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
