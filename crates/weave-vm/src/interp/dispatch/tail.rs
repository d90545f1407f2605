//! The tail-call form: a function for each opcode and fused form, which ends by jumping
//! to the next one's.

use super::*;
use crate::object::closure::ClosureObject;
use crate::value::Raw;

#[cfg(target_arch = "x86_64")]
macro_rules! handler {
    ($(#[$meta:meta])* fn $name:ident($($args:tt)*) $body:block) => {
        $(#[$meta])*
        pub(super) unsafe extern "sysv64" fn $name($($args)*) $body
    };
}
#[cfg(target_arch = "x86_64")]
pub(super) type Handler = unsafe extern "sysv64" fn(*mut Vm, *const u64, *mut Raw, i64, *mut ClosureObject, *mut Frame);

#[cfg(not(target_arch = "x86_64"))]
macro_rules! handler {
    ($(#[$meta:meta])* fn $name:ident($($args:tt)*) $body:block) => {
        $(#[$meta])*
        pub(super) unsafe extern "C" fn $name($($args)*) $body
    };
}
#[cfg(not(target_arch = "x86_64"))]
pub(super) type Handler = unsafe extern "C" fn(*mut Vm, *const u64, *mut Raw, i64, *mut ClosureObject, *mut Frame);

/// Jumps to the handler of the next instruction.
macro_rules! next {
    ($m:expr) => {{
        let m = $m;
        // V-CODE: every opcode in loaded code is one of the table's. The table
        // is the machine's, so its address is at hand.
        let handler = *(&raw const (*m.vm).handlers).cast::<Handler>().add(usize::from(opcode(m.ip)));
        handler(m.vm, m.ip.add(1), m.base, m.fuel, m.cl, m.top)
    }};
}

macro_rules! fast_handlers {
    ($($op:ident: $fast:path, $slow:path;)*) => {
        /// One handler for each opcode, with its fast body.
        #[allow(non_snake_case, reason = "named as the opcodes, so that a profile reads well")]
        mod fast {
            use super::*;
            $(handler! {
                fn $op(vm: *mut Vm, ip: *const u64, base: *mut Raw, fuel: i64, cl: *mut ClosureObject, top: *mut Frame) {
                    // SAFETY: as in `run_match`; the state is the one that
                    // the handler before this one left.
                    unsafe {
                        let mut m = Machine { vm, ip, base, fuel, cl, top };
                        match $fast(&mut m) {
                            Flow::Next => next!(m),
                            Flow::Slow => slow::$op(vm, ip, base, m.fuel, cl, top),
                        }
                    }
                }
            })*
        }
    };
}
bodies!(fast_handlers);

/// What a fast body leaves because it would make its handler longer for all.
#[inline(always)]
unsafe fn second_try(op: Op, m: &mut Machine) -> Flow {
    // SAFETY: as the caller's.
    unsafe {
        match op {
            Op::GetIndex => index::get_under_key(m),
            Op::SetIndex => index::set_under_key(m),
            _ => Flow::Slow,
        }
    }
}

macro_rules! slow_handlers {
    ($($op:ident: $fast:path, $slow:path;)*) => {
        /// Their slow twins: what is left to try, or save the state, run the
        /// body, go on with what it left.
        #[allow(non_snake_case, reason = "named as the opcodes")]
        mod slow {
            use super::*;
            $(handler! {
                #[cold]
                #[inline(never)]
                fn $op(vm: *mut Vm, ip: *const u64, base: *mut Raw, fuel: i64, cl: *mut ClosureObject, top: *mut Frame) {
                    // SAFETY: as above.
                    unsafe {
                        let mut m = Machine { vm, ip, base, fuel, cl, top };
                        match second_try(Op::$op, &mut m) {
                            Flow::Next => next!(m),
                            Flow::Slow => next!(run_slow(Machine { vm, ip, base, fuel, cl, top }, $slow)),
                        }
                    }
                }
            })*
        }
    };
}
bodies!(slow_handlers);

handler! {
    /// Leaves the loop: the only handler that returns. The next run goes on with the
    /// steps that are left.
    fn halt(vm: *mut Vm, _ip: *const u64, _base: *mut Raw, fuel: i64, _cl: *mut ClosureObject, _top: *mut Frame) {
        // SAFETY: as above.
        unsafe { (*vm).fuel = fuel }
    }
}

macro_rules! table {
    ($($op:ident: $fast:path, $slow:path;)*) => {
        const UNFUSED: [Handler; OPCODES] = {
            let mut table = [halt as Handler; OPCODES];
            $(table[Op::$op as usize] = fast::$op;)*
            table
        };
    };
}
bodies!(table);

macro_rules! fused_handlers {
    (triple { $($triple:ident: $t1:ident, $tb:path;)* }
     returning { $($returning:ident: $r1:ident, $rb:path;)* }
     chained { $($chained:ident: $c1:ident, $c2:ident, $side:ident, $cb:path;)* }
     guarded { $($guarded:ident: $g1:ident, $g2:ident, $gb1:path, $gb2:path;)* }
     pair { $($pair:ident: $p1:ident, $p2:ident, $b1:path, $b2:path;)* }) => {
        fused_handlers!(@whole $($triple: $t1, $tb;)* $($returning: $r1, $rb;)* $($chained: $c1, $cb;)*);
        fused_handlers!(@guarded $($guarded: $g1, $g2, $gb1, $gb2;)*);
        fused_handlers!(@pairs $($pair: $p1, $p2, $b1, $b2;)*);

        pub(super) const PLAIN: [Handler; OPCODES] = {
            let mut table = UNFUSED;
            $(table[Fused::$triple.number() as usize] = whole::$triple;)*
            $(table[Fused::$returning.number() as usize] = whole::$returning;)*
            $(table[Fused::$chained.number() as usize] = whole::$chained;)*
            $(table[Fused::$guarded.number() as usize] = guarded::$guarded;)*
            $(table[Fused::$pair.number() as usize] = pairs::$pair;)*
            table
        };
    };
    (@whole $($form:ident: $first:ident, $body:path;)*) => {
        /// Handlers of forms with a body of their own.
        #[allow(non_snake_case, reason = "named as the forms")]
        mod whole {
            use super::*;
            $(handler! {
                fn $form(vm: *mut Vm, ip: *const u64, base: *mut Raw, fuel: i64, cl: *mut ClosureObject, top: *mut Frame) {
                    // SAFETY: as above.
                    unsafe {
                        let mut m = Machine { vm, ip, base, fuel, cl, top };
                        match $body(&mut m) {
                            Flow::Next => next!(m),
                            Flow::Slow => slow::$first(vm, ip, base, m.fuel, cl, top),
                        }
                    }
                }
            })*
        }
    };
    (@guarded $($guarded:ident: $first:ident, $second:ident, $b1:path, $b2:path;)*) => {
        /// Handlers that do the second body where the first one, a jump, is not
        /// taken.
        #[allow(non_snake_case, reason = "named as the forms")]
        mod guarded {
            use super::*;
            $(handler! {
                fn $guarded(vm: *mut Vm, ip: *const u64, base: *mut Raw, fuel: i64, cl: *mut ClosureObject, top: *mut Frame) {
                    // SAFETY: as above; the second instruction stands behind
                    // the first.
                    unsafe {
                        let mut m = Machine { vm, ip, base, fuel, cl, top };
                        match $b1(&mut m) {
                            Flow::Next if m.ip == fall_through(Op::$first, ip) => {
                                let ip = m.ip.add(1);
                                m.ip = ip;
                                match $b2(&mut m) {
                                    Flow::Next => next!(m),
                                    Flow::Slow => slow::$second(vm, ip, base, m.fuel, cl, top),
                                }
                            }
                            Flow::Next => next!(m),
                            Flow::Slow => slow::$first(vm, ip, base, m.fuel, cl, top),
                        }
                    }
                }
            })*
        }
    };
    (@pairs $($pair:ident: $first:ident, $second:ident, $b1:path, $b2:path;)*) => {
        /// Handlers that do one body after the other.
        #[allow(non_snake_case, reason = "named as the forms")]
        mod pairs {
            use super::*;
            $(handler! {
                fn $pair(vm: *mut Vm, ip: *const u64, base: *mut Raw, fuel: i64, cl: *mut ClosureObject, top: *mut Frame) {
                    // SAFETY: as above; the second instruction stands behind
                    // the first, which never jumps.
                    unsafe {
                        let mut m = Machine { vm, ip, base, fuel, cl, top };
                        match $b1(&mut m) {
                            Flow::Next => {
                                let ip = m.ip.add(1);
                                m.ip = ip;
                                match $b2(&mut m) {
                                    Flow::Next => next!(m),
                                    Flow::Slow => slow::$second(vm, ip, base, m.fuel, cl, top),
                                }
                            }
                            Flow::Slow => slow::$first(vm, ip, base, m.fuel, cl, top),
                        }
                    }
                }
            })*
        }
    };
}
fused!(fused_handlers);

pub(super) fn run(vm: &mut Vm) {
    let cur = vm.cur;
    let vm: *mut Vm = vm;
    // SAFETY: as in `run_match`.
    unsafe { next!(Machine { vm, ip: cur.ip, base: cur.base, fuel: (*vm).fuel, cl: cur.cl, top: (*vm).frame_top }) }
}
