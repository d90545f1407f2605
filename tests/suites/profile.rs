//! What the profiler counts, and whose time is whose. The clock always shows the
//! same, so the times of these profiles are exact too.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::sync::Arc;
use weave_bytecode::decode::decode;
use weave_compiler::{OptFlags, Options, compile};
use weave_tests::host::Host;
use weave_tests::measure::{self, calls, function};
use weave_vm::Vm;
use weave_vm::error::ErrorKind;
use weave_vm::limits::{Limits, Reason};
use weave_vm::native::{Native, Run, Value};
use weave_vm::profile::{Captured, FunctionKind, Profile};

/// Profiles a program on a machine, however it ends, and checks the sums.
fn profiled(host: &mut Host, source: &str) -> (Profile, Option<ErrorKind>) {
    measure::start(&mut host.vm);
    let (_, done) = host.outcome(source);
    let profile = host.vm.take_profile().expect("the run was measured");
    assert_eq!(measure::fault(&profile), None, "{source}");
    (profile, done.err().map(|error| error.kind))
}

/// Both forms of the loop, where this build has both; optimised and not.
fn hosts() -> Vec<Host> {
    let mut hosts: Vec<Host> = (0..3).map(|_| Host::default()).collect();
    hosts[1].vm.use_match_dispatch(true);
    hosts[2].plain = true;
    hosts
}

/// Checks the profile of a program on every machine.
fn everywhere(source: &str, check: impl Fn(&Profile)) {
    for mut host in hosts() {
        let (profile, error) = profiled(&mut host, source);
        assert_eq!(error, None, "{source}");
        check(&profile);
    }
}

fn opcodes(profile: &Profile) -> BTreeMap<&'static str, u64> {
    profile.opcodes.iter().map(|o| (o.op.name(), o.count)).collect()
}

fn allocated(profile: &Profile, kind: &str) -> (u64, u64) {
    profile.allocated.iter().find(|a| a.kind == kind).map_or((0, 0), |a| (a.count, a.bytes))
}

#[test]
fn calls_are_counted_and_recursion_takes_its_time_once() {
    everywhere("fn fib(n) { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } }\nprint(fib(10))", |profile| {
        let fib = function(profile, "fib");
        assert_eq!((fib.calls, fib.kind), (177, FunctionKind::Function));
        assert_eq!(fib.place.as_ref().map(|p| p.line()), Some(1));
        assert_eq!(fib.total_ns, fib.self_ns, "fib calls nothing else");
        assert_eq!((calls(profile, "fib", "fib"), calls(profile, "the program", "fib")), (176, 1));
        let inner: Vec<u64> = profile.sites.iter().filter(|s| s.calls > 1).map(|s| s.calls).collect();
        assert_eq!(inner, [88, 88], "two places");
        assert_eq!(function(profile, "print").kind, FunctionKind::Native);
        let program = function(profile, "the program");
        assert_eq!((program.calls, program.total_ns), (1, profile.total));
        assert!(program.self_ns < fib.self_ns);
        // One path for each depth, and what calls it.
        assert_eq!(profile.nodes.len(), 12);
    });
}

#[test]
fn instructions_are_those_of_the_listing() {
    let source = "f = [^(a, b) { a * b + 1 }][0]\nx = [1, 2, 3]\ny = f(2, 3) + len(x)\nprint(\"{y} and {x[0]}\")";
    let mut host = Host::default();
    let core = host.vm.signatures();
    let chunk = compile(source, "test.wv", &Options { core: &core, ..Options::default() }).expect("it compiles").chunk;
    let mut listed = BTreeMap::new();
    for prototype in &chunk.prototypes {
        // Straight code: each instruction runs once, up to the return.
        for located in decode(&prototype.code) {
            let op = located.expect("sound code").op;
            *listed.entry(op.name()).or_insert(0) += 1;
            if op.name().starts_with("Return") {
                break;
            }
        }
    }
    measure::start(&mut host.vm);
    let program = host.vm.load(&Arc::new(chunk), None).expect("it loads");
    host.vm.run(program).expect("it runs");
    let profile = host.vm.take_profile().expect("a profile");
    assert_eq!(opcodes(&profile), listed);
}

#[test]
fn loops_count_each_turn() {
    let mut host = Host::default();
    let (profile, _) = profiled(&mut host, "x = 0\nfor i in 0..100 { x += i }\nassert(x == 4950)");
    let counts = opcodes(&profile);
    assert_eq!((counts["ForPrep"], counts["ForLoop"], counts["Add"]), (1, 100, 100), "{counts:?}");
}

#[test]
fn captured_variables_are_counted() {
    let counter = "fn counter() {\n  n = 0\n  ^() { n += 1 }\n}\nc = counter()\nfor i in 0..10 { c() }";
    everywhere(counter, |profile| {
        assert_eq!(profile.captured, Captured { reads: 10, writes: 10 });
    });
    let by_value = "fn adder(n) { ^(x) { x + n } }\nf = adder(2)\nfor i in 0..10 { f(i) }";
    everywhere(by_value, |profile| {
        assert_eq!(profile.captured, Captured { reads: 10, writes: 0 });
        assert_eq!(profile.own_cells, Captured::default());
    });
    let own = "fn f() {\n  n = 1\n  set = [^(x) { n = x }]\n  set[0](3)\n  n\n}\nassert(f() == 3)";
    everywhere(own, |profile| {
        assert_eq!(profile.captured, Captured { reads: 0, writes: 1 });
        assert_eq!(profile.own_cells, Captured { reads: 1, writes: 0 });
    });
}

#[test]
fn allocations_are_counted_by_kind() {
    let source = "fn f(n) {\n  c = 0\n  add = ^() { c += n }\n  add()\n}\nfor i in 0..1000 { f(i) }\n\
                  xs = []\nfor i in 0..20 { xs = [i, i, i] }\nbig = repeat(\"x\", 100000)\nassert(len(big) == 100000)";
    for stress in [false, true] {
        let mut host = Host::default();
        host.vm.stress_collector(stress);
        let (profile, error) = profiled(&mut host, source);
        assert_eq!(error, None);
        assert_eq!(allocated(&profile, "cells").0, 1000, "{:?}", profile.allocated);
        // Header, prototype, two captured variables; and `f` itself.
        assert_eq!(allocated(&profile, "closures"), (1001, 1000 * 48 + 16), "{:?}", profile.allocated);
        assert_eq!(allocated(&profile, "containers").0, 21);
        let (texts, bytes) = allocated(&profile, "text");
        assert!(texts >= 1 && bytes >= 100_000, "{:?}", profile.allocated);
        assert_eq!(profile.collections > 1000, stress);
    }
}

#[test]
fn collections_have_a_line_of_their_own() {
    let source = "fn make() { [1, 2, 3] }\nfor i in 0..300000 { make() }";
    let (profile, _) = profiled(&mut Host::default(), source);
    let collection = function(&profile, "collection");
    assert!(profile.collections > 0);
    assert_eq!((collection.kind, collection.calls), (FunctionKind::Collection, profile.collections));
    assert_eq!(collection.self_ns, profile.collection_ns);
    assert_eq!(calls(&profile, "make", "collection"), profile.collections);
}

#[test]
fn errors_leave_the_frames_that_they_go_through() {
    let source = "fn h(x) { error(\"no\") }\nfn g(x) { h(x) }\nfn after() { len(\"a\") }\n\
                  fn f(x) {\n  try { g(x) } catch e { after() }\n  after()\n}\nfor i in 0..5 { f(i) }\nafter()";
    everywhere(source, |profile| {
        for (caller, callee, expected) in
            [("f", "g", 5), ("g", "h", 5), ("h", "error", 5), ("f", "after", 10), ("the program", "after", 1)]
        {
            assert_eq!(calls(profile, caller, callee), expected, "{caller} calls {callee}");
        }
    });
    // An error in a native's callback, and one that nobody catches.
    everywhere(
        "s = [sort_by][0]\ntry { s([3, 1, 2], ^(x) { error(\"no\") }) } catch e { print(e.message) }\nprint(1)",
        |profile| {
            assert_eq!(calls(profile, "sort_by", "lambda"), 1);
            assert_eq!(calls(profile, "the program", "print"), 2);
        },
    );
    for mut host in hosts() {
        let (profile, error) = profiled(&mut host, "fn g() { [1][7] }\nfn f() { g() }\nf()");
        assert_eq!(error, Some(ErrorKind::Index));
        assert_eq!((calls(&profile, "f", "g"), calls(&profile, "the program", "f")), (1, 1));
    }
}

#[test]
fn natives_call_back() {
    // A call of a native that the compiler sees is a loop; one that it does not is a call.
    everywhere("fn key(x) { 0 - x }\ns = [sort_by][0]\nprint(s([1, 2, 3, 4], key))", |profile| {
        assert_eq!(calls(profile, "sort_by", "key"), 4);
        assert_eq!(calls(profile, "the program", "sort_by"), 1);
        let sort = function(profile, "sort_by");
        assert!(sort.total_ns > sort.self_ns && function(profile, "key").self_ns > 0);
    });
    // A native that a native calls.
    everywhere("s = [sort_by][0]\nprint(s([\"bb\", \"a\"], len))", |profile| {
        assert_eq!(calls(profile, "sort_by", "len"), 2);
    });
    // One that panics is no longer active afterwards.
    for mut host in hosts() {
        let run = Run::Plain(|_| -> Result<Value<'_>, _> { panic!("on purpose") });
        host.vm.register(Native { name: "bad", parameters: "", about: "", examples: &[], run });
        let quiet = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        let (profile, _) = profiled(&mut host, "try { bad() } catch e { print(1) }");
        std::panic::set_hook(quiet);
        assert_eq!(calls(&profile, "the program", "bad"), 1);
        assert_eq!(calls(&profile, "the program", "print"), 1);
    }
}

#[test]
fn inlined_lambdas_are_functions_as_if_they_were_called() {
    let source = "fn twice(x) { x * 2 }\nxs = [1, 2, 3, 4, 5]\n\
                  ys = xs *> ^(x) { x + 1 } ?> ^(x) { x > 3 } *> twice\nassert(len(ys) == 3)\n\
                  zs = xs *> ^(x) { [x] *> ^(y) { twice(y) + x } }\nassert(len(zs) == 5)";
    let rows = |plain: bool| {
        let mut host = Host { plain, ..Host::default() };
        let (profile, error) = profiled(&mut host, source);
        assert_eq!(error, None);
        assert_eq!(calls(&profile, "the program", "twice"), 3);
        let of_lambdas = profile.functions.iter().filter(|f| &*f.name == "lambda");
        let mut rows: Vec<(u32, u64)> =
            of_lambdas.map(|f| (f.place.as_ref().map_or(0, |p| p.span.start), f.calls)).collect();
        rows.sort_unstable();
        rows
    };
    let inlined = rows(false);
    assert_eq!(inlined.iter().map(|row| row.1).collect::<Vec<_>>(), [5, 5, 5, 5]);
    assert_eq!(inlined, rows(true), "the same functions with and without inlining");
}

#[test]
fn a_lambda_is_one_function_inlined_and_called() {
    // The same chain over a container is a loop, over a stream it is lazy.
    let source = "fn f(xs) { xs *> ^(x) { x + 1 } |> sum }\nassert(f([1, 2, 3]) == 9)\nassert(f(1.. |> take(3)) == 9)";
    for mut host in hosts() {
        let (profile, error) = profiled(&mut host, source);
        assert_eq!(error, None);
        let lambda = function(&profile, "lambda");
        assert_eq!(lambda.calls, 6);
    }
}

#[test]
fn streams_are_pulled_by_who_uses_them() {
    let source = "s = 1.. *> ^(x) { x * 2 } ?> ^(x) { x % 4 == 0 } |> take(5)\nfor x in s { print(x) }";
    everywhere(source, |profile| {
        let stages: Vec<&str> =
            profile.functions.iter().filter(|f| f.kind == FunctionKind::Stage).map(|f| &*f.name).collect();
        assert!(stages.contains(&"map of a stream") && stages.contains(&"filter of a stream"), "{stages:?}");
        assert_eq!(calls(profile, "map of a stream", "lambda"), 10);
        assert_eq!(calls(profile, "filter of a stream", "lambda"), 10);
        assert_eq!(calls(profile, "the program", "print"), 5);
    });
}

#[test]
fn the_default_of_a_fold_is_no_call() {
    everywhere("fn add(acc: 0, x) { acc + x }\nassert(([1, 2, 3] &> add) == 6)", |profile| {
        assert_eq!(calls(profile, "the program", "add"), 3);
    });
}

#[test]
fn limits_and_exits_end_a_profile_well() {
    for mut host in hosts() {
        host.vm.set_limits(Limits { steps: 5_000, ..Limits::default() });
        let (profile, error) = profiled(&mut host, "fn f() { while true { } }\nf()");
        assert_eq!(error, Some(ErrorKind::Steps));
        assert_eq!(calls(&profile, "the program", "f"), 1);
        host.vm.set_limits(Limits::default());
        host.vm.reset_steps();
        assert_eq!(host.prints("print(1)"), "1\n");
        assert!(host.vm.take_profile().is_none(), "one profile is one profile");
    }
    let mut host = Host::default();
    let interrupt = host.vm.interrupt();
    let stop = Run::Host(Arc::new(move |_| {
        interrupt.set(Reason::Interrupt);
        Ok(Value::nil())
    }));
    host.vm.register(Native { name: "stop", parameters: "", about: "", examples: &[], run: stop });
    let (profile, error) = profiled(&mut host, "fn f() {\n  stop()\n  while true { }\n}\nf()");
    assert_eq!(error, Some(ErrorKind::Interrupt));
    assert_eq!(calls(&profile, "f", "stop"), 1);
}

#[test]
fn deep_recursion_needs_little_memory() {
    for mut host in hosts() {
        let (profile, error) =
            profiled(&mut host, "fn down(n) { if n > 0 { 1 + down(n - 1) } else { 0 } }\ndown(200000)");
        assert_eq!(error, None);
        assert_eq!(function(&profile, "down").calls, 200_001);
        assert!(profile.nodes.len() < 200 && profile.cut_calls > 199_000);
        let (profile, error) =
            profiled(&mut host, "fn down(n) { 1 + down(n + 1) }\ntry { down(0) } catch e { print(e.kind) }");
        assert_eq!(error, None);
        assert_eq!(calls(&profile, "the program", "print"), 1);
    }
}

#[test]
fn memory_limits_are_the_same_as_without_a_profile() {
    let source = "xs = []\ntry { while true { xs << \"a text of more than a few bytes {len(xs)}\" } } catch e { print(e.kind) }\n\
                  print(len(xs))";
    let run = |measured: bool| {
        let mut host = Host::default();
        host.vm.set_limits(Limits { memory: 4 << 20, ..Limits::default() });
        if measured {
            measure::start(&mut host.vm);
        }
        host.outcome(source).0
    };
    assert_eq!(run(true), run(false));
}

#[test]
fn runs_add_up_until_the_profile_is_taken() {
    let mut host = Host::default();
    measure::start(&mut host.vm);
    host.prints("fn f() { len(\"a\") }\nf()");
    host.prints("fn g() { len(\"b\") }\ng()\ng()");
    let profile = host.vm.take_profile().expect("a profile");
    assert_eq!((function(&profile, "f").calls, function(&profile, "g").calls), (1, 2));
    assert!(host.vm.take_profile().is_none());
    assert!(Vm::new().take_profile().is_none());
}

#[test]
fn inlining_changes_no_counts_of_calls() {
    let all = |optimise: OptFlags| {
        let mut vm = Vm::new();
        let core = vm.signatures();
        let source = include_str!("everything.wv");
        let options = Options { core: &core, optimise, ..Options::default() };
        let compiled = compile(source, "everything.wv", &options);
        let chunk = Arc::new(compiled.map_err(|errors| errors[0].message.clone()).expect("it compiles").chunk);
        measure::start(&mut vm);
        let program = vm.load(&chunk, None).expect("it loads");
        vm.run(program).expect("it runs");
        let profile = vm.take_profile().expect("a profile");
        assert_eq!(measure::fault(&profile), None);
        let own = profile.functions.iter().filter(|f| f.kind == FunctionKind::Function);
        let mut rows: Vec<(String, u32, u64)> =
            own.map(|f| (f.name.to_string(), f.place.as_ref().map_or(0, |p| p.span.start), f.calls)).collect();
        rows.sort_unstable();
        rows
    };
    // Streams call the functions of their stages, which are not the program's calls.
    assert_eq!(all(OptFlags::default()), all(OptFlags { fuse: true, ..OptFlags::none() }));
}

#[test]
fn bodies_in_place_of_calls_are_calls() {
    let source = "fn square(x) { x * x }\nfn both(x) { square(x) + square(x + 1) }\nsum = 0\n\
                  for i in 0..10 { sum += both(i) }\nassert(sum == 670)";
    everywhere(source, |profile| {
        assert_eq!((calls(profile, "the program", "both"), calls(profile, "both", "square")), (10, 20));
        assert!(function(profile, "square").self_ns > 0);
        let lines: Vec<u32> =
            profile.sites.iter().filter_map(|s| s.caller.and(s.place.as_ref())).map(|place| place.line()).collect();
        assert!(lines.contains(&2) && lines.contains(&4), "{lines:?}");
    });
    // As the condition and as the body of a loop.
    let source = "fn run() {\n  fn more(n) { n < 10 }\n  fn step(n) { n + 1 }\n  k = 0\n  while more(k) { k = step(k) }\n  k\n}\n\
                  assert(run() == 10)";
    everywhere(source, |profile| {
        assert_eq!((calls(profile, "run", "more"), calls(profile, "run", "step")), (11, 10));
    });
}
