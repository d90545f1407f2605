//! Short forms of declarations.

use weave_vm::native::{Native, PlainFn, Run, StepsFn};

/// A function of one step.
pub(crate) fn plain(
    name: &'static str,
    parameters: &'static str,
    about: &'static str,
    examples: &'static [&'static str],
    run: PlainFn,
) -> Native {
    Native { name, parameters, about, examples, run: Run::Plain(run) }
}

/// A function of several steps with registers of its own.
pub(crate) fn steps(
    name: &'static str,
    parameters: &'static str,
    about: &'static str,
    examples: &'static [&'static str],
    own: u16,
    run: StepsFn,
) -> Native {
    Native { name, parameters, about, examples, run: Run::Steps(own, run) }
}
