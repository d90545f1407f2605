//! The general call: any value, any arguments. The fast bodies of `call.rs` come
//! here for what they don't do themselves: defaults, rest and named arguments,
//! natives, a stack that has to grow, errors.

use crate::access::{text_of, type_name};
use crate::error::{ErrorKind, Raise};
use crate::frame::Frame;
use crate::load::Proto;
use crate::native::Run;
use crate::object::closure::{ClosureObject, closure_of, native_index};
use crate::object::container::ContainerRef;
use crate::value::{Raw, Tag};
use crate::vm::Vm;
use weave_bytecode::position::Part;
use weave_bytecode::signature::{Mismatch, Signature, Source};

impl Vm {
    /// Calls any value with `argc` positional arguments at `window`; the result
    /// will be in `window[0]`. `cur` is where execution goes on afterwards.
    pub(crate) fn invoke(&mut self, callee: Raw, window: *mut Raw, argc: usize) -> Result<(), Raise> {
        self.spend_slow()?;
        if callee.is(Tag::Closure) {
            let closure = closure_of(callee);
            // SAFETY: H1.
            let proto = unsafe { &*(*closure).proto };
            let window = self.make_room(window, proto.frame_bytes.max((argc + 1) * size_of::<Raw>()))?;
            let plain = proto.plain as usize;
            if proto.plain != u32::MAX && (proto.least as usize..plain).contains(&argc) {
                for i in argc..plain {
                    // SAFETY: the frame has a register for every parameter.
                    unsafe { *window.add(i) = Raw::UNSET };
                }
            } else if plain != argc {
                self.bind_positional(&proto.prototype().signature, window, argc)?;
            }
            return self.push_frame(proto, closure, window);
        }
        self.invoke_other(callee, window, argc)
    }

    /// As [`Vm::invoke`] for what is no closure.
    fn invoke_other(&mut self, callee: Raw, window: *mut Raw, argc: usize) -> Result<(), Raise> {
        match callee.tag() {
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
        self.poll_work(positional.len() + named.len())?;
        let texts: Vec<String> = names.iter().map(|n| text_of(n).unwrap_or("").to_owned()).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let sources = signature
            .bind(positional.len(), &texts)
            .map_err(|mismatch| does_not_fit(&signature, positional.len(), &texts, &mismatch))?;
        let mut taken = vec![false; names.len()];
        for source in &sources {
            if let Source::Named(i) = *source {
                taken[i] = true;
            }
        }
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
                        if !taken[i] {
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
    #[inline]
    pub(crate) fn push_frame(
        &mut self,
        proto: &Proto,
        closure: *mut ClosureObject,
        window: *mut Raw,
    ) -> Result<(), Raise> {
        self.push_record()?;
        self.cur = Frame { ip: proto.code, base: window, cl: closure };
        Ok(())
    }

    /// Pushes the record of the current frame.
    #[inline]
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
    #[inline]
    pub(crate) fn pop_frame(&mut self, v: Raw) {
        // SAFETY: register 0 of the frame; the sentinel lies below.
        unsafe {
            *self.cur.base = v;
            self.frame_top = self.frame_top.sub(1);
            self.cur = *self.frame_top;
        }
    }
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
