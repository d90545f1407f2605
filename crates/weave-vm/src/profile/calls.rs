//! Whose time it is: the profiler's own picture of the call stack.
//!
//! The loop does not say when a call begins or ends. It is enough to look, before
//! each instruction, at how many frame records there are and whose frame is
//! current: whatever pushed and popped frames in between, a call, a return, a
//! pull from a stream, an error on its way to a handler, the picture follows. That
//! an instruction does not pop a frame and push another one of the same closure is
//! taken for granted.
//! Code that was inlined has no frame; the position table says whose it is.

use super::sums::{Call, Identity, NONE, Origin, Sums};
use crate::frame::{Frame, Region};
use crate::heap::header::Kind;
use crate::load::Proto;
use crate::object::closure::ClosureObject;
use rustc_hash::FxHashMap;
use std::ptr::{null, null_mut};
use weave_bytecode::span::Span;

/// An active call. One that is inlined shares its caller's frame.
#[derive(Clone, Copy)]
struct Active {
    cl: *mut ClosureObject,
    /// Records below its frame.
    depth: u32,
    /// The inlined call that it is, plus 1; 0 for a call with a frame.
    inlined: u32,
    /// The code of its frame.
    code: u32,
    call: Call,
}

/// What is known about a prototype or a native that has frames.
struct Code {
    proto: *const Proto,
    words: *const u64,
    /// For each word the inlined call that it belongs to, plus 1; empty where
    /// nothing is inlined.
    inlined: Box<[u32]>,
    /// The functions whose bodies its inlined calls became, as far as they are known.
    inlined_functions: Box<[u32]>,
    function: u32,
    /// What the compiler wraps around a stage: no call of the program's.
    hidden: bool,
}

pub(crate) struct Calls {
    /// The top of the frame records and the closure at the last instruction.
    top: *mut Frame,
    cl: *mut ClosureObject,
    /// The code of the current frame, and the inlined call that stands at.
    code: u32,
    inlined: u32,
    native: bool,
    /// How many calls were active when the running slow body began.
    height: usize,
    active: Vec<Active>,
    /// Room for a chain of inlined calls.
    chain: Vec<u32>,
    codes: Vec<Code>,
    known: FxHashMap<usize, u32>,
    /// Functions without code of their own, by module and place.
    bodies: FxHashMap<(usize, u32, u32), Identity>,
    pub(crate) sums: Sums,
}

impl Default for Calls {
    fn default() -> Calls {
        Calls {
            top: null_mut(),
            cl: null_mut(),
            code: NONE,
            inlined: 0,
            native: false,
            height: 0,
            active: Vec::new(),
            chain: Vec::new(),
            codes: Vec::new(),
            known: FxHashMap::default(),
            bodies: FxHashMap::default(),
            sums: Sums::default(),
        }
    }
}

impl Calls {
    /// Whether no program runs.
    pub(crate) fn is_idle(&self) -> bool {
        self.active.is_empty()
    }

    /// The innermost call took so long.
    pub(crate) fn charge(&mut self, ns: i64) {
        if let Some(active) = self.active.last() {
            self.sums.charge(active.call, ns);
        }
    }

    /// Makes the picture that of the instruction before `ip`.
    ///
    /// # Safety
    /// The state is that of a running machine: `cl` is a live closure or native,
    /// `top` lies in `frames`, and `ip` in the code of `cl`.
    #[inline(always)]
    pub(crate) unsafe fn follow(
        &mut self,
        frames: &Region<Frame>,
        ip: *const u64,
        cl: *mut ClosureObject,
        top: *mut Frame,
    ) {
        // SAFETY: as the caller says.
        unsafe {
            if top != self.top || cl != self.cl {
                self.follow_frames(frames, ip, cl, top);
            }
            if let Some(code) = self.codes.get(self.code as usize)
                && !code.inlined.is_empty()
            {
                let at = (ip.addr() - code.words.addr()) / size_of::<u64>() - 1;
                let inlined = code.inlined.get(at).copied().unwrap_or(0);
                if inlined != self.inlined {
                    self.follow_inlined(inlined);
                }
            }
        }
    }

    /// Frames came or went.
    ///
    /// # Safety
    /// As [`Calls::follow`].
    #[inline(never)]
    unsafe fn follow_frames(
        &mut self,
        frames: &Region<Frame>,
        ip: *const u64,
        cl: *mut ClosureObject,
        top: *mut Frame,
    ) {
        self.top = top;
        self.cl = cl;
        if cl.is_null() {
            (self.code, self.inlined) = (NONE, 0);
            return;
        }
        let depth = ((top.addr() - frames.start.addr()) / size_of::<Frame>()) as u32;
        while let Some(call) = self.active.last() {
            if call.depth < depth || (call.depth == depth && call.cl == cl) {
                break;
            }
            self.leave();
        }
        let known = self.active.last().map_or(0, |call| call.depth);
        // The record of the sentinel lies below that of the program.
        for d in known + 1..=depth {
            // SAFETY: records lie below `top`; each keeps the frame that was
            // current when the one above it was pushed.
            unsafe {
                let record = |i: u32| *frames.start.add(i as usize);
                let (cl, first) = if d == depth { (cl, ip.sub(1)) } else { (record(d).cl, null()) };
                let caller = record(d - 1);
                self.push_frame(cl, d, &caller, first);
            }
        }
        let (code, inlined) = self.active.last().map_or((NONE, 0), |call| (call.code, call.inlined));
        self.code = code;
        self.inlined = inlined;
    }

    /// A call with a frame begins.
    ///
    /// # Safety
    /// `cl` and the caller's are live closures or natives.
    unsafe fn push_frame(&mut self, cl: *mut ClosureObject, depth: u32, caller: &Frame, first: *const u64) {
        // SAFETY: H1 for the frame's closure or native object.
        let (code, called) = unsafe {
            if (*cl).header.kind == Kind::Closure {
                let proto = (*cl).proto;
                // A run of a default, for a fold to start from, is no call.
                let default = (*proto).prototype().default_entry;
                let entry = default.is_some_and(|at| at > 0 && first == (*proto).code.add(at as usize));
                (self.code_of(proto), !entry)
            } else {
                (self.native_code_of((*cl).header.wide), true)
            }
        };
        // SAFETY: as above.
        let origin = unsafe { origin_of(caller) };
        let Code { function, hidden, .. } = self.codes[code as usize];
        match self.active.last() {
            Some(around) if hidden => {
                let call = around.call;
                self.sums.again(call);
                self.active.push(Active { cl, depth, inlined: 0, code, call });
            }
            _ => {
                let call = self.begin(function, origin, called);
                self.active.push(Active { cl, depth, inlined: 0, code, call });
            }
        }
    }

    fn begin(&mut self, function: u32, origin: Origin, called: bool) -> Call {
        self.sums.begin(self.active.last().map(|active| active.call), function, origin, called)
    }

    /// The innermost call ends.
    pub(crate) fn leave(&mut self) {
        if let Some(active) = self.active.pop() {
            self.sums.end(active.call);
        }
    }

    /// The run is over.
    pub(crate) fn leave_all(&mut self) {
        while !self.active.is_empty() {
            self.leave();
        }
        (self.top, self.cl) = (null_mut(), null_mut());
        (self.code, self.inlined, self.native) = (NONE, 0, false);
    }

    /// A function without a frame begins, called from where `caller` stands, if
    /// that is known.
    pub(crate) fn enter(&mut self, identity: Identity, caller: Option<&Frame>) {
        // SAFETY: a machine's current frame.
        let origin = caller.map_or(Origin::None, |frame| unsafe { origin_of(frame) });
        let function = self.sums.function(identity);
        let call = self.begin(function, origin, true);
        let (cl, depth) = self.active.last().map_or((null_mut(), 0), |around| (around.cl, around.depth));
        self.active.push(Active { cl, depth, inlined: 0, code: NONE, call });
    }

    /// A native of one step begins, called from where `caller` stands.
    pub(crate) fn enter_native(&mut self, native: usize, caller: &Frame) {
        // The memory limit may have it run once more.
        if !self.native {
            self.native = true;
            self.enter(Identity::Native(native as u32), Some(caller));
        }
    }

    /// A slow body begins: it may run functions without frames.
    pub(crate) fn begin_slow(&mut self) {
        self.height = self.active.len();
    }

    /// It is done, and so are they, those that failed too.
    pub(crate) fn end_slow(&mut self) {
        self.native = false;
        while self.active.len() > self.height {
            self.leave();
        }
    }

    /// Other inlined code than before runs in the same frame.
    #[inline(never)]
    fn follow_inlined(&mut self, inlined: u32) {
        self.inlined = inlined;
        let Some(code) = self.codes.get(self.code as usize) else { return };
        let proto = code.proto;
        // SAFETY: the prototype lives as long as the machine.
        let positions = &unsafe { (*proto).prototype() }.positions;
        let outer = |inlined: u32| positions.outer(inlined - 1).map_or(0, |call| call + 1);
        // From the innermost call outwards to one that is active already.
        let mut chain = std::mem::take(&mut self.chain);
        let mut next = inlined;
        loop {
            while let Some(call) = self.active.last()
                && call.inlined != 0
                && !within(call.inlined, next, outer)
            {
                self.leave();
            }
            let there = self.active.last().map_or(0, |call| call.inlined);
            if next == there || next == 0 {
                break;
            }
            chain.push(next);
            next = outer(next);
        }
        while let (Some(inlined), Some(&frame)) = (chain.pop(), self.active.last()) {
            let at = inlined as usize - 1;
            let known = self.codes.get(self.code as usize).and_then(|code| code.inlined_functions.get(at).copied());
            let function = match known {
                Some(function) if function != NONE => function,
                _ => {
                    let function = self.inlined_function(proto, inlined - 1);
                    if let Some(known) = self.codes[self.code as usize].inlined_functions.get_mut(at) {
                        *known = function;
                    }
                    function
                }
            };
            let called = positions.inlined().get(at).is_some_and(|call| !call.default);
            let call = self.begin(function, Origin::Inlined(proto, inlined - 1), called);
            self.active.push(Active { inlined, call, ..frame });
        }
        self.chain = chain;
    }

    /// The function whose body an inlined call became. It may have code of its own
    /// too, which serves other calls.
    #[inline(never)]
    fn inlined_function(&mut self, proto: *const Proto, call: u32) -> u32 {
        let here = Identity::Inlined(proto, call);
        // SAFETY: prototypes live as long as the machine, side by side.
        let around = unsafe { &*proto };
        let body = around.prototype().positions.inlined().get(call as usize).map_or(Span::default(), |call| call.body);
        let mut all = around.chunk.prototypes.iter().enumerate().skip(1);
        let own = all.find(|(_, p)| p.span == body).map(|(i, _)| Identity::Proto(around.siblings.wrapping_add(i)));
        let known = || *self.bodies.entry((around.siblings.addr(), body.start, body.end)).or_insert(here);
        self.sums.function(own.unwrap_or_else(known))
    }

    fn code_of(&mut self, proto: *const Proto) -> u32 {
        if let Some(&code) = self.known.get(&proto.addr()) {
            return code;
        }
        let function = self.sums.function(Identity::Proto(proto));
        // SAFETY: the prototype lives as long as the machine.
        let (prototype, words) = unsafe { ((*proto).prototype(), (*proto).code.cast_const()) };
        let positions = &prototype.positions;
        let inlined = if positions.inlined().is_empty() {
            Box::default()
        } else {
            let words = 0..prototype.code.len() as u32;
            words.map(|at| positions.innermost(at).map_or(0, |call| call + 1)).collect()
        };
        let hidden = &*prototype.signature.name == "<stage>";
        let inlined_functions = vec![NONE; positions.inlined().len()].into();
        self.codes.push(Code { proto, words, inlined, inlined_functions, function, hidden });
        self.known.insert(proto.addr(), self.codes.len() as u32 - 1);
        self.codes.len() as u32 - 1
    }

    fn native_code_of(&mut self, native: u32) -> u32 {
        // No prototype has so small an address.
        if let Some(&code) = self.known.get(&(native as usize)) {
            return code;
        }
        let function = self.sums.function(Identity::Native(native));
        self.codes.push(Code {
            proto: null(),
            words: null(),
            inlined: Box::default(),
            inlined_functions: Box::default(),
            function,
            hidden: false,
        });
        self.known.insert(native as usize, self.codes.len() as u32 - 1);
        self.codes.len() as u32 - 1
    }
}

/// Whether an inlined call is `inner` or around it; both plus 1.
fn within(call: u32, inner: u32, outer: impl Fn(u32) -> u32) -> bool {
    let mut at = inner;
    while at != call && at != 0 {
        at = outer(at);
    }
    at == call
}

/// The place of a call in the code of its caller.
///
/// # Safety
/// `caller` is a machine's frame.
unsafe fn origin_of(caller: &Frame) -> Origin {
    // SAFETY: H1 for the frame's closure or native object.
    unsafe {
        if caller.cl.is_null() || (*caller.cl).header.kind != Kind::Closure {
            return Origin::None;
        }
        Origin::Code((*caller.cl).proto, caller.ip)
    }
}
