//! A machine as the command line sets it up: limits, output, the standard
//! library and the switches for tests.

use crate::args::{Common, Dispatch};
use crate::limits;
use crate::output::Output;
use weave_compiler::OptFlags;
use weave_vm::Vm;

/// A machine with everything a script may use.
pub(crate) fn machine(common: &Common, args: Vec<String>, output: &Output) -> Vm {
    let mut vm = Vm::new();
    vm.set_output(Box::new(output.clone()));
    vm.set_limits(limits::of(common));
    let _ = args;
    vm.stress_collector(common.gc_stress);
    vm.use_match_dispatch(common.dispatch == Some(Dispatch::Match));
    vm
}

/// The optimisations that the options leave on.
///
/// # Errors
/// A message where a name is unknown.
pub(crate) fn optimisations(common: &Common) -> Result<OptFlags, String> {
    let mut flags = OptFlags::default();
    match common.no_opt.as_deref() {
        None => {}
        Some([]) => flags = OptFlags::none(),
        Some(names) => {
            for name in names {
                if !flags.disable(name) {
                    return Err(format!(
                        "no optimisation is called {name:?}; there are {}",
                        OptFlags::NAMES.join(", ")
                    ));
                }
            }
        }
    }
    if common.dispatch == Some(Dispatch::Tail) && !Vm::has_tail_dispatch() {
        return Err("this build of weave has no tail-call dispatch".to_owned());
    }
    Ok(flags)
}
