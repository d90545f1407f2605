//! Profiles of programs: a clock that always shows the same, and the sums that
//! must agree in every profile.

use std::cell::Cell;
use weave_vm::Vm;
use weave_vm::profile::{Function, Profile};

/// Looks at the clock before times differ: the profiler measures itself then.
const EVEN: u64 = 50_000;

thread_local! {
    static LOOKS: Cell<u64> = const { Cell::new(0) };
    static NOW: Cell<u64> = const { Cell::new(0) };
}

/// A clock that moves on by 1 with each look at first, later by more and more, so that
/// no time is below what measuring costs.
fn ticks() -> u64 {
    let looks = LOOKS.get() + 1;
    LOOKS.set(looks);
    let step = 1 + looks.saturating_sub(EVEN);
    NOW.set(NOW.get() + step);
    NOW.get()
}

/// Measures a machine's next run by that clock, from its start.
pub fn start(vm: &mut Vm) {
    LOOKS.set(0);
    vm.profile(ticks);
    LOOKS.set(EVEN);
}

/// What does not add up in a profile that was measured by [`start`]'s clock.
pub fn fault(profile: &Profile) -> Option<String> {
    let counted: u64 = profile.opcodes.iter().map(|o| o.count).sum();
    if counted != profile.instructions {
        return Some(format!("{counted} of {} instructions are counted", profile.instructions));
    }
    let of_opcodes: u64 = profile.opcodes.iter().map(|o| o.ns).sum();
    if of_opcodes + profile.collection_ns != profile.total {
        return Some(format!("instructions took {of_opcodes}, functions {}", profile.total));
    }
    let mut of_paths = vec![0; profile.functions.len()];
    for node in &profile.nodes {
        of_paths[node.function] += node.self_ns;
    }
    for (i, function) in profile.functions.iter().enumerate() {
        let sites = || profile.sites.iter().filter(|site| site.function == i);
        let calls: u64 = sites().map(|site| site.calls).sum();
        let own: u64 = sites().map(|site| site.self_ns).sum();
        let name = &function.name;
        if calls != function.calls {
            return Some(format!("{name} was called {} times, {calls} times from its sites", function.calls));
        }
        if own != function.self_ns {
            return Some(format!("{name} took {}, {own} from its sites", function.self_ns));
        }
        if profile.cut_calls == 0 && of_paths[i] != own {
            return Some(format!("{name} took {own}, {} on its paths", of_paths[i]));
        }
        if function.total_ns < own || function.total_ns > profile.total {
            return Some(format!("{name} took {own}, {} with its calls", function.total_ns));
        }
    }
    let programs = profile.functions.iter().filter(|f| f.total_ns == profile.total);
    (profile.total > 0 && programs.count() == 0).then(|| "no function's time is that of the whole run".to_owned())
}

/// The only function of a name.
///
/// # Panics
/// Where there is none or another one.
pub fn function<'a>(profile: &'a Profile, name: &str) -> &'a Function {
    let mut all = profile.functions.iter().filter(|f| &*f.name == name);
    let (first, second) = (all.next(), all.next());
    match (first, second) {
        (Some(function), None) => function,
        _ => panic!("one function {name:?} among {:?}", profile.functions.iter().map(|f| &f.name).collect::<Vec<_>>()),
    }
}

/// Calls of a function by another one, from all its places.
pub fn calls(profile: &Profile, caller: &str, callee: &str) -> u64 {
    let named = |i: usize, name: &str| profile.functions.get(i).is_some_and(|f| &*f.name == name);
    let sites =
        profile.sites.iter().filter(|s| named(s.function, callee) && s.caller.is_some_and(|c| named(c, caller)));
    sites.map(|site| site.calls).sum()
}
