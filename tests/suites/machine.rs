//! The machine under attack: limits, failures at every point, hosts that
//! misbehave. After each of these the machine must be as good as new.
#![forbid(unsafe_code)]

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use weave_tests::host::Host;
use weave_vm::HostObject;
use weave_vm::error::{ErrorKind, Raise};
use weave_vm::limits::{Limits, Reason};
use weave_vm::native::{Answer, Native, Run, Step, StepsFn, Value};

/// One machine of each kind: both dispatch forms, both compilers, collecting at
/// every allocation.
fn hosts() -> Vec<Host> {
    let mut hosts: Vec<Host> = (0..4).map(|_| Host::default()).collect();
    hosts[1].vm.use_match_dispatch(true);
    hosts[2].plain = true;
    hosts[3].vm.stress_collector(true);
    hosts
}

fn everywhere(source: &str, printed: &str) {
    for (i, mut host) in hosts().into_iter().enumerate() {
        assert_eq!(host.prints(source), printed, "host {i}: {source}");
    }
}

fn native(name: &'static str, parameters: &'static str, run: Run) -> Native {
    Native { name, parameters, about: "for a test", examples: &[], run }
}

/// A program that uses most of the language.
const EVERYTHING: &str = include_str!("everything.wv");

#[test]
fn every_memory_request_may_fail() {
    let expected = Host::default().prints(EVERYTHING);
    assert!(expected.lines().count() > 20, "{expected}");
    let mut host = Host::default();
    let mut n = 0;
    loop {
        host.vm.fail_memory_request(Some(n));
        let (printed, done) = host.outcome(EVERYTHING);
        let failed = host.vm.fail_memory_request(None);
        match done {
            // The program catches errors, and a fast body leaves it to the slow
            // one to ask again.
            Ok(()) if failed => {}
            Ok(()) => {
                assert_eq!(printed, expected);
                break;
            }
            Err(error) => {
                assert_eq!(error.kind, ErrorKind::Memory, "request {n}: {}", error.message);
                assert!(expected.starts_with(&printed), "request {n}");
            }
        }
        // Each of the first ones, then fewer and fewer.
        n += 1 + n / 200;
        // A new machine makes its requests anew; one that failed must work too.
        if n % 2 == 0 {
            assert_eq!(host.prints("print([1, [2]] + [3], \"a longer text {1}\")"), "[1, [2], 3] a longer text 1\n");
            host = Host::default();
        }
    }
    assert!(n > 10_000, "only {n} requests");
}

#[test]
fn every_memory_request_of_loading_a_file_may_fail() {
    let expected = Host::default().prints(EVERYTHING);
    let core = Host::default().vm.signatures();
    let options = weave_compiler::Options { core: &core, ..weave_compiler::Options::default() };
    let chunk = weave_compiler::compile(EVERYTHING, "test.wv", &options).expect("it compiles").chunk;
    let file = weave_bytecode::serial::write(&chunk).expect("a small chunk");
    let mut n = 0;
    loop {
        // What a machine has interned it does not ask for again, so each is a new one.
        let mut vm = weave_vm::Vm::new();
        let chunk = Arc::new(weave_bytecode::serial::read(&file).expect("a chunk"));
        vm.fail_memory_request(Some(n));
        let loaded = vm.load(&chunk, None);
        let failed = vm.fail_memory_request(None);
        let done = loaded.is_ok();
        match loaded {
            Ok(_) => assert!(!failed, "request {n} failed unnoticed"),
            Err(error) => assert_eq!((error.kind, failed), (ErrorKind::Memory, true), "request {n}"),
        }
        // The same machine loads and runs it afterwards.
        let printed = weave_tests::runner::Printed::default();
        vm.set_output(Box::new(printed.clone()));
        let program = vm.load(&chunk, None).expect("it loads now");
        assert!(vm.run(program).is_ok());
        assert_eq!(printed.text(), expected);
        if done {
            break;
        }
        n += 1;
    }
    assert!(n > 10, "only {n} requests");
}

#[test]
fn everything_runs_everywhere() {
    let expected = Host::default().prints(EVERYTHING);
    everywhere(EVERYTHING, &expected);
}

#[test]
fn endless_recursion_is_caught_again_and_again() {
    let source = "fn f(n) { f(n + 1) + 1 }\nfn g(xs) { xs *> g }\ncycle = [1]\ncycle << cycle\n
        for i in 0..3 { try { f(0) } catch e { print(e.kind, e.trace.len()) } }
        try { [0] *> ^g2(x) { f(x) } } catch e { print(e.kind) }";
    let source = source.replace("^g2(x)", "^(x)");
    for mut host in hosts().into_iter().take(3) {
        for _ in 0..3 {
            assert_eq!(host.prints(&source), "depth 20\ndepth 20\ndepth 20\ndepth\n");
        }
    }
}

#[test]
fn the_depth_limit_is_exact() {
    for depth in [1, 2, 10, 255, 256, 257, 5_000] {
        let mut host = Host { plain: true, ..Host::default() };
        host.vm.set_limits(Limits { depth, ..Limits::default() });
        let program = |calls: usize| format!("fn f(n) {{ if n == 0 {{ 0 }} else {{ 1 + f(n - 1) }} }}\nf({calls})");
        // The program itself is the first call.
        if depth >= 2 {
            host.prints(&program(depth - 2));
        }
        assert_eq!(host.raises(&program(depth - 1)), ErrorKind::Depth, "{depth}");
        assert_eq!(host.prints("1"), "");
    }
}

#[test]
fn the_step_limit_is_exact() {
    for steps in [1, 2, 100, 3_999, 4_000, 4_001, 8_000, 8_001, 50_000] {
        for plain in [false, true] {
            let count = Arc::new(AtomicUsize::new(0));
            let seen = count.clone();
            let mut host = Host { plain, ..Host::default() };
            fn tick<'s>(count: &AtomicUsize) -> Result<Value<'s>, Raise> {
                count.fetch_add(1, Ordering::Relaxed);
                Ok(Value::nil())
            }
            host.vm.register(native("tick", "", Run::Host(Arc::new(move |_| tick(&seen)))));
            host.vm.set_limits(Limits { steps, ..Limits::default() });
            assert_eq!(host.raises("while true { tick() }"), ErrorKind::Steps);
            // A step for the program, then one for each call and each way back.
            let ran = count.load(Ordering::Relaxed) as u64;
            assert!(ran * 2 <= steps && ran * 2 + 3 >= steps, "{ran} calls in {steps} steps");
            assert_eq!(host.raises("1"), ErrorKind::Steps);
            host.vm.reset_steps();
            if steps > 10 {
                assert_eq!(host.prints("print(1)"), "1\n");
            }
        }
    }
}

/// What each built-in loop does for a long time.
const LONG: &[&str] = &[
    "while true { }",
    "fn f() { f() }\nwhile true { try { f() } catch { } }",
    "for x in 0.. { }",
    "0.. *> ^{ it } ?> ^{ false } |> first",
    "sum(0..10_000_000_000_000)",
    "xs = (0..3_000_000) |> collect\nwhile true { xs == copy(xs) }",
    "xs = (0..3_000_000) |> collect\nys = copy(xs)\nwhile true { xs == ys }",
    "xs = (0..3_000_000) |> collect\nys = copy(xs)\nwhile true { xs < ys }",
    "xs = (0..3_000_000) |> collect\nwhile true { -1 in xs }",
    "xs = (0..3_000_000) |> collect\nwhile true { xs + xs }",
    "xs = (0..3_000_000) |> collect\nwhile true { xs - xs }",
    "xs = (0..3_000_000) |> collect\nwhile true { xs | xs }",
    "xs = (0..3_000_000) |> collect\nwhile true { xs & xs }",
    "xs = (0..3_000_000) |> collect\nwhile true { xs !& xs }",
    "xs = (0..3_000_000) |> collect\nwhile true { \"{xs}\" }",
    "xs = (0..3_000_000) |> collect\nwhile true { xs[1..] }",
    "xs = (0..3_000_000) |> collect\nwhile true { sort(xs, ^(a, b) { b < a }) }",
    "xs = (0..3_000_000) *> ^{ -it }\nwhile true { sort(xs) }",
    "xs = (0..3_000_000) |> collect\nwhile true { unique(xs) }",
    "s = \"é\"\nwhile s.len() < 3_000_000 { s = s + s }\nwhile true { s[-1] }",
    "s = \"é\"\nwhile s.len() < 3_000_000 { s = s + s }\nwhile true { s[1..] }",
    "s = \"é\"\nwhile s.len() < 30_000_000 { s = s + s }\nwhile true { \"x\" in s }",
    "s = \"é\"\nwhile s.len() < 3_000_000 { s = s + s }\nwhile true { s + s }",
    "s = \"é\"\nwhile s.len() < 3_000_000 { s = s + s }\nwhile true { split(s, \"é\") }",
    "xs = [1]\nfor i in 0..60 { xs = [xs, xs] }\nprint(xs)",
    "xs = [1]\nfor i in 0..60 { xs = [xs, xs] }\nflatten([xs], 100)",
    "xs = (0..300_000) *> ^{ [a: it % 7, b: [it]] }\nwhile true { unique(xs) }",
    "s = 0..\nfor i in 0..1000 { s = s *> ^{ it } }\ns |> last",
];

#[test]
fn an_interrupt_ends_every_long_built_in() {
    let mut late = Vec::new();
    for source in LONG {
        let mut best = Duration::MAX;
        // Other work on the machine may delay either thread.
        for _ in 0..4 {
            let mut host = Host::default();
            host.vm.set_limits(Limits { memory: 2 << 30, ..Limits::default() });
            let interrupt = host.vm.interrupt();
            let stopper = thread::spawn(move || {
                thread::sleep(Duration::from_millis(400));
                interrupt.set(Reason::Interrupt);
                Instant::now()
            });
            let kind = host.raises(source);
            let ended = Instant::now();
            let asked = stopper.join().expect("the clock");
            assert_eq!(kind, ErrorKind::Interrupt, "{source}");
            best = best.min(ended.saturating_duration_since(asked));
            if best < Duration::from_millis(50) {
                break;
            }
        }
        if best > Duration::from_millis(if cfg!(debug_assertions) { 400 } else { 50 }) {
            late.push((best, source));
        }
    }
    assert!(late.is_empty(), "{late:?}");
}

#[test]
fn resizing_what_is_iterated_is_an_error() {
    let changes = ["xs << 1", "xs.remove(0)", "xs.insert(0, 5)", "xs[:k] = 1", "xs.k = 1", "xs.remove(-1)"];
    let loops = [
        "for x in xs { CHANGE }",
        "for k, x in xs { CHANGE }",
        "xs *> ^(x) { CHANGE\n x }",
        "xs ?> ^(x) { CHANGE\n true }",
        "xs &> ^(a: 0, x) { CHANGE\n a }",
        "xs *> ^(x) { x } |> take(5) *> ^(x) { CHANGE\n x }",
        "map(xs, ^(x) { CHANGE\n x })",
        "filter(xs, ^(x) { CHANGE\n x })",
        "each(xs, ^(x) { CHANGE\n x })",
        "reduce(xs, ^(a, x) { CHANGE\n x }, 0)",
        "count(xs, ^(x) { CHANGE\n x })",
        "group_by(xs, ^(x) { CHANGE\n x })",
        "zip(xs, 0..) *> ^(x) { CHANGE\n x } |> collect",
        "sort_by(xs, ^(x) { CHANGE\n x })",
    ];
    for (i, mut host) in hosts().into_iter().enumerate() {
        for form in loops {
            for change in changes {
                let body = form.replace("CHANGE", change);
                let source =
                    format!("xs = [1, 2, 3]\ntry {{ {body}\nprint(\"no error\") }} catch e {{ print(e.kind) }}");
                assert_eq!(host.prints(&source), "state\n", "host {i}: {body}");
            }
        }
    }
}

#[test]
fn sorting_survives_what_its_functions_do() {
    everywhere(
        "xs = [3, 1, 2]\nys = sort(xs, ^(a, b) { xs << 1\n a < b })\nprint(ys, xs.len() > 3)\nprint(sort([3, 1, 2], ^(a, b) { true }).len())
         try { sort([3, 1, 2], ^(a, b) { error(\"no\") }) } catch e { print(e.message) }
         try { sort([[1], 2]) } catch e { print(e.kind) }",
        "[1, 2, 3] true\n3\nno\ntype\n",
    );
}

#[test]
fn errors_find_their_own_handler() {
    // Each place raises inside a `try` inside a loop inside another `try`.
    let places = [
        "[1, 2] *> ^(x) { boom() }",
        "[1, 2] ?> ^(x) { boom() }",
        "[1, 2] &> ^(a: boom(), x) { a }",
        "[1, 2] &> ^(a: 0, x) { boom() }",
        "reduce([1], ^(a: boom(), x) { a })",
        "map([1], ^(x) { boom() })",
        "sort([2, 1], ^(a, b) { boom() })",
        "sort_by([2, 1], ^(a) { boom() })",
        "for x in 0.. *> ^(x) { boom() } { }",
        "(0.. *> ^(x) { boom() } |> take(2)) |> collect",
        "late()",
        "late(boom())",
        "[boom(), 1]",
        "[a: boom()]",
        "\"{boom()}\"",
        "[1][boom()]",
        "try { boom() } catch e { error(e) }",
        "try { try { boom() } catch e { boom() } } catch e { error(e) }",
        "box.f(boom())",
        "box.g()",
        "[1, 2].map(^(x) { boom() })",
        "boom() + 1",
        "if boom() { 1 }",
        "while boom() { }",
        "f = fn(*rest) { boom() }\nf(*[1, 2])",
        "f = fn(a: boom()) { a }\nf()",
        "lines_of(^{ boom() })",
        "unique([1, 2], ^(x) { boom() })",
        "[[1]] *> ^([a]) { boom() }",
        "[a, b] = boom()",
    ];
    for (i, mut host) in hosts().into_iter().enumerate() {
        for place in places {
            let source = format!(
                "fn boom() {{ error(\"boom\") }}\nfn late(a: boom()) {{ a }}\nfn lines_of(f) {{ f(1) }}\nbox = [f: ^(x) {{ x }}, g: boom]
                outer = 0\ninner = 0\nafter = 0
                try {{
                  for i in 0..3 {{
                    try {{ {place} }} catch e {{ if e.message == \"boom\" {{ inner += 1 }} }}
                    after += 1
                  }}
                }} catch e {{ outer += 1 }}
                print(inner, after, outer)
                try {{ {place} }} catch e {{ print(e.message) }}"
            );
            assert_eq!(host.prints(&source), "3 3 0\nboom\n", "host {i}: {place}");
            // Uncaught, and then the machine goes on.
            let bare = format!(
                "fn boom() {{ error(\"boom\") }}\nfn late(a: boom()) {{ a }}\nfn lines_of(f) {{ f(1) }}\nbox = [f: ^(x) {{ x }}, g: boom]\n{place}"
            );
            assert_eq!(host.raises(&bare), ErrorKind::User, "host {i}: {place}");
        }
    }
}

#[test]
fn the_handler_of_the_call_catches_and_not_the_one_behind_it() {
    everywhere(
        "fn boom() { error(\"x\") }
         fn a() { try { boom() } catch e { print(\"first\") }\n try { 1 } catch e { print(\"second\") } }
         a()
         fn b() { try { 1 } catch e { print(\"before\") }\n boom() }
         try { b() } catch e { print(\"outer\") }
         fn c() { try { try { boom() } catch e { boom() } } catch e { print(\"third\") }\n 5 }
         print(c())",
        "first\nouter\nthird\n5\n",
    );
}

#[test]
fn a_host_function_that_panics_is_an_internal_error() {
    fn boom<'s>(_: &mut Step<'s>) -> Result<Value<'s>, Raise> {
        panic!("the host's own defect")
    }
    fn boom_later<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
        assert!(step.phase() == 0, "later");
        step.set_phase(1);
        Ok(Answer::Again)
    }
    for mut host in hosts() {
        host.vm.register(native("plain_boom", "", Run::Plain(boom)));
        host.vm.register(native("host_boom", "x?", Run::Host(Arc::new(|_: &mut Step<'_>| panic!("again")))));
        host.vm.register(native("steps_boom", "x?", Run::Steps(1, boom_later)));
        for name in ["plain_boom", "host_boom", "steps_boom"] {
            assert_eq!(host.raises(&format!("{name}()")), ErrorKind::Internal);
            assert_eq!(host.raises(&format!("[1] *> ^(x) {{ {name}() }}")), ErrorKind::Internal);
            let caught = format!("try {{ {name}() }} catch e {{ print(e.kind) }}\nprint([1, 2] *> ^{{ it + 1 }})");
            assert_eq!(host.prints(&caught), "internal\n[2, 3]\n");
        }
    }
}

#[test]
fn a_native_reaches_no_register_but_its_own() {
    fn far<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
        match step.arg(0).as_int() {
            Some(0) => Ok(Answer::Next(1)),
            Some(1) => Ok(Answer::Next(usize::MAX)),
            Some(2) => Ok(Answer::Next(100_000)),
            Some(3) => Ok(Answer::End),
            Some(4) => Ok(Answer::Item(Value::int(1), Value::nil())),
            Some(5) => {
                step.set(4, Value::nil());
                Ok(Answer::Return(Value::nil()))
            }
            Some(6) => {
                let v = step.arg(0);
                step.iterate(usize::MAX - 2, v)?;
                Ok(Answer::Again)
            }
            Some(7) => step.next_here(1).map(|_| Answer::Again),
            _ => Ok(Answer::Return(step.get(usize::MAX))),
        }
    }
    fn plain<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
        step.set_phase(77);
        assert!(step.phase() == 0 && step.result().is_nil() && step.start().is_some_and(Value::is_nil));
        assert!(step.item().is_some_and(|(v, key)| v.is_nil() && key.is_nil()) && step.arg(50).is_nil());
        step.set_arg(50, Value::int(1));
        Ok(Value::int(1))
    }
    fn plain_get<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
        Ok(step.get(0))
    }
    fn plain_set<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
        step.set(0, Value::int(5));
        Ok(Value::nil())
    }
    for mut host in hosts() {
        host.vm.register(native("far", "n", Run::Steps(4, far)));
        host.vm.register(native("plain", "", Run::Plain(plain)));
        host.vm.register(native("plain_get", "", Run::Plain(plain_get)));
        host.vm.register(native("plain_set", "a?", Run::Plain(plain_set)));
        for n in 0..=8 {
            assert_eq!(host.raises(&format!("far({n})")), ErrorKind::Internal, "far({n})");
        }
        assert_eq!(host.prints("x = 5\nprint(plain(), x)"), "1 5\n");
        assert_eq!(host.raises("plain_get()"), ErrorKind::Internal);
        assert_eq!(host.raises("plain_set()"), ErrorKind::Internal);
    }
}

/// A source that counts what happens to it.
struct Source {
    left: i64,
    closed: Arc<AtomicUsize>,
    attack: bool,
}

impl HostObject for Source {
    fn type_name(&self) -> &'static str {
        "source"
    }
    fn is_sequence(&self) -> bool {
        true
    }
    fn next<'s>(&mut self, step: &mut Step<'s>) -> Result<Option<Value<'s>>, Raise> {
        if self.attack {
            // No register here is this object's.
            step.set_phase(1);
            let _ = (step.phase(), step.arg(0), step.item().is_some(), step.result());
            step.set(0, Value::int(1));
        }
        self.left -= 1;
        Ok((self.left >= 0).then(|| Value::int(self.left)))
    }
    fn close(&mut self) {
        self.closed.fetch_add(1, Ordering::Relaxed);
        self.left = 0;
    }
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

fn with_source(mut host: Host, attack: bool) -> (Host, Arc<AtomicUsize>) {
    let closed = Arc::new(AtomicUsize::new(0));
    let counter = closed.clone();
    fn source<'s>(step: &mut Step<'s>, closed: &Arc<AtomicUsize>, attack: bool) -> Result<Value<'s>, Raise> {
        step.host_stream(Box::new(Source { left: 10, closed: closed.clone(), attack }))
    }
    fn object<'s>(step: &mut Step<'s>, closed: &Arc<AtomicUsize>) -> Result<Value<'s>, Raise> {
        step.host(Box::new(Source { left: 10, closed: closed.clone(), attack: false }))
    }
    let other = counter.clone();
    host.vm.register(native("source", "", Run::Host(Arc::new(move |step| source(step, &counter, attack)))));
    host.vm.register(native("object", "", Run::Host(Arc::new(move |step| object(step, &other)))));
    (host, closed)
}

#[test]
fn a_host_object_has_no_registers() {
    for host in hosts() {
        let (mut host, _) = with_source(host, true);
        assert_eq!(host.raises("source() |> collect"), ErrorKind::Internal);
        assert_eq!(host.prints("print(1)"), "1\n");
    }
}

#[test]
fn a_source_left_early_is_closed() {
    let early = [
        "for x in NEW { break }",
        "fn f() { for x in NEW { return x } }\nf()",
        "NEW |> first",
        "NEW *> ^{ it } |> take(3) |> collect",
        "NEW |> take(0) |> collect",
        "for x in NEW *> ^{ it } ?> ^{ true } |> take(2) { print(x) }",
        "NEW |> take_while(^{ it > 5 }) |> collect",
        "zip(NEW, [1, 2]) |> collect",
        "zip([1, 2], NEW) |> collect",
        "NEW |> chunk(3) |> first",
        "has_nine = 9 in (NEW |> collect)\nfor x in NEW |> enumerate { break }",
        "for x in NEW |> flatten { break }",
        "for x in NEW |> unique { break }",
        "find(NEW, ^{ it == 7 })",
    ];
    for (i, host) in hosts().into_iter().enumerate() {
        let (mut host, closed) = with_source(host, false);
        for form in early {
            for new in ["source()", "object()"] {
                closed.store(0, Ordering::Relaxed);
                let (_, done) = host.outcome(&form.replace("NEW", new));
                if let Err(error) = done {
                    panic!("host {i}: {form}: {}", error.message);
                }
                assert!(closed.load(Ordering::Relaxed) > 0, "host {i}: {new}: {form}");
            }
        }
    }
}

#[test]
fn machines_run_on_any_thread_and_move_between_them() {
    let mut host = Host::default();
    assert_eq!(host.prints("xs = [1, 2]\nprint(xs)"), "[1, 2]\n");
    let moved = thread::spawn(move || {
        assert_eq!(host.prints("print((0..10_000) *> ^{ [it] } |> len)"), "10000\n");
        host
    });
    let mut host = moved.join().expect("the machine runs there");
    assert_eq!(host.prints("print(\"{1} and a longer text\")"), "1 and a longer text\n");
    let expected = Host::default().prints(EVERYTHING);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for mut host in hosts() {
                    assert_eq!(host.prints(EVERYTHING), expected);
                }
            });
        }
    });
}

#[test]
fn what_belongs_to_another_machine_is_refused() {
    let compiled = |session: &weave_compiler::Session| {
        let options = weave_compiler::Options { session: Some(session), ..weave_compiler::Options::default() };
        weave_compiler::compile("a = 1\nb = 2", "test.wv", &options).expect("it compiles")
    };
    let chunk = Arc::new(compiled(&weave_compiler::Session::default()).chunk);
    let (mut one, mut other) = (weave_vm::Vm::new(), weave_vm::Vm::new());
    let mut map = weave_vm::SlotMap::default();
    let program = one.load(&chunk, Some(&mut map)).expect("it loads");
    assert!(one.run(program).is_ok());
    assert_eq!(other.load(&chunk, Some(&mut map)).map_err(|e| e.kind).err(), Some(ErrorKind::Internal));
    assert_eq!(other.run(program).map_err(|e| e.kind).err(), Some(ErrorKind::Internal));
}

#[test]
fn natives_are_registered_at_the_memory_limit() {
    fn seven<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
        let _ = step;
        Ok(Answer::Return(Value::int(7)))
    }
    let mut host = Host::default();
    host.vm.set_limits(Limits { memory: 0, ..Limits::default() });
    for name in ["n1", "n2", "n3", "n4", "n5"] {
        host.vm.register(native(name, "", Run::Steps(1, seven as StepsFn)));
    }
    host.vm.set_limits(Limits::default());
    assert_eq!(host.prints("f = n5\nprint(n1(), f())"), "7 7\n");
}

#[test]
fn containers_that_hold_themselves() {
    everywhere(
        "a = [1]\na << a\nb = [1]\nb << b\nprint(a, a == b, a == [1, a], a < b, \"{a}\")
         print(unique([a, b]).len(), copy(a), a in [b], [a] | [b], flatten([a], 1))
         c = [k: nil]\nc.k = c\nd = [k: nil]\nd.k = d\nprint(c, c == d, unique([c, d]).len(), copy(c))",
        "[1, [...]] true true false [1, [...]]\n1 [1, [...]] true [[1, [...]]] [1, [1, [...]]]\n[k: [...]] true 1 [k: [...]]\n",
    );
}

#[test]
fn a_result_that_is_endless_as_text_is_cut_for_the_host() {
    let mut host = Host::default();
    host.vm.set_limits(Limits { memory: 4 << 20, ..Limits::default() });
    let core = host.vm.signatures();
    let options = weave_compiler::Options { core: &core, value: true, ..weave_compiler::Options::default() };
    let source = "a = [1]\nfor i in 0..60 { a = [a, a] }\na";
    let chunk = weave_compiler::compile(source, "test.wv", &options).expect("it compiles").chunk;
    let program = host.vm.load(&Arc::new(chunk), None).expect("it loads");
    assert!(host.vm.run(program).is_ok());
    let text = host.vm.enter(|scope| scope.display(scope.last()));
    assert!(text.starts_with("[[[[[[[[") && text.ends_with('…') && text.len() <= 4 << 20, "{} bytes", text.len());
    // Without a limit an interrupt cuts it.
    host.vm.set_limits(Limits::default());
    host.vm.interrupt().set(Reason::Interrupt);
    assert!(host.vm.enter(|scope| scope.display(scope.last())).ends_with('…'));
    assert_eq!(host.vm.enter(|scope| scope.quoted(scope.last())).chars().last(), Some('…'));
}

#[test]
fn a_hundred_thousand_stages_are_pulled() {
    let source = "s = 0..\nfor i in 0..100_000 { s = s *> ^{ it + 1 } }\nprint(s |> first(2))\n
        s = 0..\nfor i in 0..100_000 { s = s |> take(5) }\nprint(s |> collect)
        s = 0..10 *> ^{ it } |> take(3)\ntry { s |> collect\ns |> collect } catch e { print(e.kind) }";
    for mut host in hosts().into_iter().take(3) {
        let run = thread::Builder::new().stack_size(256 << 10).spawn(move || host.prints(source));
        let printed = run.expect("a thread").join().expect("hardly any of the host's stack");
        assert_eq!(printed, "[100000, 100001]\n[0, 1, 2, 3, 4]\n");
    }
}

#[test]
fn a_failed_change_leaves_a_keyed_container_whole() {
    // Fails each request of an insertion and a removal in turn.
    let setup = "c = [z: 0]\nfor i in 0..40 { c[\"key number {i}\"] = i }\n";
    for change in ["c.insert(3, 99)", "c.remove(\"key number 7\")", "c[\"a new key of it\"] = 1", "c << 5"] {
        let check = "bad = 0\nfor k, v in c { if type(k) == \"string\" and c[k] != v { bad += 1 } }\nprint(bad, c.len(), keys(c).len())";
        let source = format!("{setup}arm()\ntry {{ {change} }} catch e {{ disarm() }}\n{check}");
        let mut n = 0;
        loop {
            let mut host = Host::default();
            let (printed, failed) = run_armed(&mut host, &source, n);
            let parts: Vec<&str> = printed.split_whitespace().collect();
            assert_eq!(parts.first(), Some(&"0"), "{change}, request {n}: {printed}");
            assert_eq!(parts.get(1), parts.get(2), "{change}, request {n}: {printed}");
            if !failed || n > 30 {
                break;
            }
            n += 1;
        }
    }
}

/// Runs a program whose `arm()` marks where requests begin to be counted.
fn run_armed(host: &mut Host, source: &str, n: u64) -> (String, bool) {
    // Requests of the setup are counted by running it alone first.
    let failed = Arc::new(AtomicUsize::new(0));
    let seen = failed.clone();
    host.vm.register(native("arm", "", Run::Host(Arc::new(|_| Ok(Value::nil())))));
    host.vm.register(native(
        "disarm",
        "",
        Run::Host(Arc::new(move |_| {
            seen.fetch_add(1, Ordering::Relaxed);
            Ok(Value::nil())
        })),
    ));
    let mut last = String::new();
    for request in 0..60 {
        host.vm.fail_memory_request(Some(request));
        let (printed, done) = host.outcome(source);
        host.vm.fail_memory_request(None);
        if done.is_ok() && failed.load(Ordering::Relaxed) > n as usize {
            return (printed, true);
        }
        if done.is_ok() {
            last = printed;
        }
    }
    (last, false)
}

/// Small programs whose code is changed at random.
const MUTATED: &[&str] = &[
    "fn f(a, b: 2, *r) { a + b + r.len() }\nprint(f(1), f(1, 2, 3), f(b: 1, a: 2), f(*[1, 2]))",
    "xs = [1, [2], \"a text that is long\"]\nfor k, v in xs { print(k, v) }\nfor i in 0..4 { xs << i }\nprint(xs *> ^{ it } ?> ^{ it != 2 } &> ^(a: 0, x) { a })",
    "s = 0.. *> ^{ it + 1 } ?> ^{ it % 2 == 0 } |> take(3)\nfor x in s { print(x) }\nprint(zip([1, 2], 0..) |> collect, 0.. |> chunk(2) |> first)",
    "n = 0\nfn up() { n += 1\n n }\nfn make() { c = 0\n fn() { c += 1\n c } }\nt = make()\nprint(up(), up(), t(), t())",
    "fn boom(x) { if x > 2 { error(\"no\") }\n boom(x + 1) }\nfor i in 0..3 { try { boom(i) } catch e { print(e.message) } }\nx = try { [1][3] } catch e { e.kind }\nprint(x)",
    "c = [a: 1, \"a long key of a container\": 2]\nc.b = c.a + 1\nc[\"x{1}\"] = c[0..2]\n[p, *q] = [1, 2, 3]\n[a: z] = c\nprint(c, p, q, z, c.m ?? 3, c?.k, c == c, c < [1], \"{c.a:>5}\")\n[f: ^(x) { x }].f(1)\nc.len()",
];

#[test]
fn changed_code_that_the_verifier_accepts_harms_nothing() {
    let core = Host::default().vm.signatures();
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as usize % below.max(1)
    };
    let mut ran = 0;
    for round in 0..4_000 {
        let options = weave_compiler::Options { core: &core, ..weave_compiler::Options::default() };
        let source = MUTATED[round % MUTATED.len()];
        let mut chunk = weave_compiler::compile(source, "test.wv", &options).expect("it compiles").chunk;
        for _ in 0..1 + random(3) {
            let at = random(chunk.prototypes.len());
            let prototype = &mut chunk.prototypes[at];
            let at = random(prototype.code.len());
            let word = &mut prototype.code[at];
            let field = [0, 16, 32, 48][random(4)];
            // Opcodes and operands close to those that were there.
            let value = match random(3) {
                0 => random(256) as u64,
                1 => (*word >> field & 0xffff).wrapping_add(1),
                _ => (*word >> field & 0xffff).wrapping_sub(1),
            };
            *word = *word & !(0xffff << field) | (value & 0xffff) << field;
        }
        let chunk = Arc::new(chunk);
        if weave_bytecode::verify::verify(&chunk).is_err() {
            continue;
        }
        for kind in 0..3 {
            let mut vm = weave_vm::Vm::new();
            vm.set_limits(Limits { steps: 5_000, memory: 64 << 20, depth: 1_000, ..Limits::default() });
            vm.use_match_dispatch(kind == 1);
            vm.stress_collector(kind == 2);
            if let Ok(program) = vm.load(&chunk, None) {
                for done in [vm.run(program), vm.run(program)] {
                    let failed = done.err().filter(|e| e.message.contains("failed inside"));
                    assert!(failed.is_none(), "round {round}: {failed:?}");
                }
                ran += 1;
            }
        }
    }
    assert!(ran > 2_000, "only {ran} runs");
}
