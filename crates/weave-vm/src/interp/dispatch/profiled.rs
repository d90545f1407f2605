//! The expansion that measures: the same bodies, with a look by the profiler
//! before each instruction and around each slow body. A machine runs it while it
//! has a profiler; the handlers of a plain run know nothing of it. It does
//! instructions one by one that a plain run does as one, so that the counts are
//! those of the listing.

use super::{Machine, Op, Slow, opcode_of, run_match};
use crate::profile::before;
use crate::vm::Vm;

/// Tells the profiler of the instruction that the `match` form is about to run; the
/// opcode that it runs by itself.
#[inline(always)]
pub(super) unsafe fn before_match(m: &Machine, op: u16) -> u16 {
    let op = opcode_of(op).unwrap_or(Op::Halt);
    if op != Op::Halt {
        // SAFETY: as the loop says.
        unsafe { before(m.vm, op, m.ip, m.cl, m.top) };
    }
    op as u16
}

/// As [`super::run_slow`], and times the body.
#[inline(never)]
pub(super) unsafe fn run_slow(m: Machine, body: Slow) -> Machine {
    let vm = m.vm;
    // SAFETY: as the handler that calls this says; the profiler is used before and
    // after the body, which may use it too.
    unsafe {
        if let Some(profiler) = &mut (*vm).profiler {
            profiler.begin_slow();
        }
        let m = super::run_slow(m, body);
        if let Some(profiler) = &mut (*vm).profiler {
            profiler.end_slow();
        }
        m
    }
}

/// Runs the form of the loop that a plain run would have.
pub(super) fn run(vm: &mut Vm) {
    #[cfg(weave_tail)]
    if !vm.force_match {
        vm.handlers = tail::PROFILED;
        super::tail::run(vm);
        vm.handlers = super::PLAIN;
        return;
    }
    run_match::<true>(vm);
}

#[cfg(weave_tail)]
mod tail {
    use super::super::tail::Handler;
    use super::super::*;
    use super::before;
    use crate::object::closure::ClosureObject;
    use crate::value::Raw;

    macro_rules! fast_handlers {
        ($($op:ident: $fast:path, $slow:path;)*) => {
            /// One handler for each opcode, with its fast body.
            #[allow(non_snake_case, reason = "named as the opcodes")]
            mod fast {
                use super::*;
                $(handler! {
                    fn $op(vm: *mut Vm, ip: *const u64, base: *mut Raw, fuel: i64, cl: *mut ClosureObject, top: *mut Frame) {
                        // SAFETY: as in the plain handler.
                        unsafe {
                            before(vm, Op::$op, ip, cl, top);
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

    macro_rules! slow_handlers {
        ($($op:ident: $fast:path, $slow:path;)*) => {
            /// Their slow twins.
            #[allow(non_snake_case, reason = "named as the opcodes")]
            mod slow {
                use super::*;
                $(handler! {
                    #[cold]
                    #[inline(never)]
                    fn $op(vm: *mut Vm, ip: *const u64, base: *mut Raw, fuel: i64, cl: *mut ClosureObject, top: *mut Frame) {
                        // SAFETY: as in the plain handler.
                        unsafe { next!(super::super::run_slow(Machine { vm, ip, base, fuel, cl, top }, $slow)) }
                    }
                })*
            }
        };
    }
    bodies!(slow_handlers);

    macro_rules! table {
        ($($op:ident: $fast:path, $slow:path;)*) => {
            /// The handlers of a profiled run; what the loop itself handles stays.
            pub(super) const PROFILED: Handlers = {
                let mut table = PLAIN;
                $(table[Op::$op as usize] = fast::$op;)*
                let mut fused = Op::ALL.len();
                while fused < OPCODES {
                    table[fused] = table[Fused::FIRST[fused - Op::ALL.len()] as usize];
                    fused += 1;
                }
                table
            };
        };
    }
    bodies!(table);
}
