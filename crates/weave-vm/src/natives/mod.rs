//! The core functions, a file for each theme, one declaration each.

use crate::native::{Native, PlainFn, Run, StepsFn};

pub(crate) mod checks;
mod container;
mod control;
mod convert;
mod copy;
pub(crate) mod fold;
pub(crate) mod group;
mod number;
pub(crate) mod order;
mod output;
mod pattern;
mod peek;
mod plain_order;
mod sort;
mod stages;
mod string;
mod walk;

pub(crate) use pattern::first_at;
pub(crate) use sort::GATHERED as SORT_GATHERED;

/// Every core function.
pub(crate) fn all() -> Vec<Native> {
    [
        output::natives(),
        convert::natives(),
        container::natives(),
        copy::natives(),
        stages::natives(),
        peek::natives(),
        fold::natives(),
        group::natives(),
        order::natives(),
        sort::natives(),
        string::natives(),
        pattern::natives(),
        number::natives(),
        control::natives(),
    ]
    .concat()
}

/// A declaration of a function of one step.
fn plain(
    name: &'static str,
    parameters: &'static str,
    about: &'static str,
    examples: &'static [&'static str],
    run: PlainFn,
) -> Native {
    Native { name, parameters, about, examples, run: Run::Plain(run) }
}

/// A declaration of a function of several steps with so many registers of its
/// own.
fn steps(
    name: &'static str,
    parameters: &'static str,
    about: &'static str,
    examples: &'static [&'static str],
    own: u16,
    run: StepsFn,
) -> Native {
    Native { name, parameters, about, examples, run: Run::Steps(own, run) }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    #[test]
    fn declarations_are_complete() {
        let mut names = HashSet::new();
        for native in super::all() {
            assert!(names.insert(native.name), "{} is declared twice", native.name);
            assert!(!native.about.is_empty() && !native.about.ends_with('.'), "{}: one line about it", native.name);
            // Programs don't call what has a name in angle brackets.
            let hidden = native.name.starts_with('<');
            assert!(hidden || !native.examples.is_empty(), "{}: an example", native.name);
            for example in native.examples {
                assert!(example.contains("# =>") || example.contains("# error:"), "{}: {example}", native.name);
            }
            let signature = native.signature();
            assert!(signature.parameters.iter().all(|p| !p.name.is_empty()), "{}", native.name);
        }
    }
}
