//! The machine as a host sees it: calls across the border both ways, values that are
//! kept, limits, panics, threads.
#![forbid(unsafe_code)]

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;
use weave_compiler::{Mode, Options, compile};
use weave_vm::error::{ErrorKind, Raise, RuntimeError};
use weave_vm::limits::{Limits, Reason};
use weave_vm::native::{Answer, Args, Native, Run, Step, Value};
use weave_vm::{FromValue, Handle, HostObject, Items, Program, Range, Rest, SlotMap, Vm};

fn load(vm: &mut Vm, source: &str, mode: Mode) -> Program {
    let core = vm.signatures();
    let options = Options { core: &core, value: mode == Mode::Script, mode, ..Options::default() };
    let compiled = compile(source, "test.wv", &options).unwrap_or_else(|errors| panic!("{source}: {errors:?}"));
    vm.load(&Arc::new(compiled.chunk), None).expect("it loads")
}

/// Runs a program and reads its last value.
fn eval<R: FromValue>(vm: &mut Vm, source: &str) -> Result<R, Box<RuntimeError>> {
    let program = load(vm, source, Mode::Script);
    vm.run(program)?;
    vm.result()
}

fn fails(vm: &mut Vm, source: &str) -> (ErrorKind, String) {
    match eval::<()>(vm, source) {
        Ok(()) => panic!("{source} ends well"),
        Err(error) => (error.kind, error.message),
    }
}

/// That a run or call succeeds with this value.
macro_rules! gives {
    ($made:expr, $value:expr $(, $($said:tt)+)?) => {
        assert_eq!($made.map_err(|e| (e.kind, e.message)), Ok($value) $(, $($said)+)?)
    };
}

/// Machines of every kind: both dispatch forms, and collecting at every allocation.
fn machines() -> [Vm; 3] {
    let mut machines = [Vm::new(), Vm::new(), Vm::new()];
    machines[1].use_match_dispatch(true);
    machines[2].stress_collector(true);
    machines
}

#[test]
fn values_cross_the_border_and_come_back() {
    for mut vm in machines() {
        vm.define("same", ["f", "x"], |f: Handle, x: Handle| [f, x]).expect("it is declared");
        let same: Handle = eval(&mut vm, "^(x) { x }").expect("a function");
        gives!(vm.call::<i64>(&same, (i64::MIN,)), i64::MIN);
        assert!(vm.call::<f64>(&same, (f64::NAN,)).expect("a float").is_nan());
        gives!(vm.call::<bool>(&same, (true,)), true);
        for text in ["", "short", "a text that has no room in the value itself", "é".repeat(100).as_str()] {
            gives!(vm.call::<String>(&same, (text,)), text.to_owned());
        }
        gives!(vm.call::<Option<u8>>(&same, (None::<u8>,)), None);
        gives!(vm.call::<Option<u8>>(&same, (Some(255u8),)), Some(255));
        gives!(vm.call::<Vec<Vec<i64>>>(&same, (vec![vec![1, 2], vec![]],)), vec![vec![1, 2], vec![]]);
        gives!(vm.call::<(i64, String)>(&same, ((1, "two"),)), (1, "two".to_owned()));
        let map = BTreeMap::from([("a".to_owned(), 1.5), ("a longer key than fits".to_owned(), 2.5)]);
        gives!(vm.call::<BTreeMap<String, f64>>(&same, (map.clone(),)), map);
        let range = Range { start: Some(1), end: None, inclusive: false, step: 3 };
        gives!(vm.call::<Range>(&same, (range,)), range);
        let kept: Handle = vm.call(&same, (vec!["kept", "by its handle"],)).expect("a container");
        vm.collect_now();
        gives!(vm.call::<Vec<String>>(&same, (&kept,)), vec!["kept".to_owned(), "by its handle".to_owned()]);
        gives!(eval::<bool>(&mut vm, "[f, x] = same(len, [1])\nf(x) == 1"), true);
    }
}

#[test]
fn errors_of_types_name_both() {
    let mut vm = Vm::new();
    vm.define("repeat_it", ["text", "times"], |text: &str, times: Option<u8>| text.repeat(times.unwrap_or(2).into()))
        .expect("it is declared");
    vm.define("total", ["name", "numbers"], |name: String, all: Rest<i64>| {
        format!("{name} {}", all.0.iter().sum::<i64>())
    })
    .expect("it is declared");
    vm.define("rows", ["rows"], |rows: Vec<BTreeMap<String, f64>>| rows.len()).expect("it is declared");
    gives!(eval::<String>(&mut vm, "repeat_it(\"ab\")"), "abab".to_owned());
    gives!(eval::<String>(&mut vm, "repeat_it(\"ab\", nil)"), "abab".to_owned());
    gives!(eval::<String>(&mut vm, "repeat_it(times: 3, text: \"ab\")"), "ababab".to_owned());
    gives!(eval::<String>(&mut vm, "total(\"sum\")"), "sum 0".to_owned());
    gives!(eval::<String>(&mut vm, "total(\"sum\", 1, *[2, 3])"), "sum 6".to_owned());
    let says = [
        ("repeat_it(1)", ErrorKind::Type, "repeat_it: text must be a string, not int"),
        ("repeat_it(\"a\", \"b\")", ErrorKind::Type, "repeat_it: times must be an int, not string"),
        ("repeat_it(\"a\", 300)", ErrorKind::Value, "repeat_it: times must be from 0 to 255, not 300"),
        ("repeat_it(\"a\", -1)", ErrorKind::Value, "repeat_it: times must be from 0 to 255, not -1"),
        ("total(nil)", ErrorKind::Type, "total: name must be a string, not nil"),
        ("total(\"x\", 1, 2.5)", ErrorKind::Type, "total: item 1 of numbers must be an int, not float"),
        ("rows(1)", ErrorKind::Type, "rows: rows must be a container, not int"),
        ("rows([[a: 1], [a: \"x\"]])", ErrorKind::Type, "rows: `a` of item 1 of rows must be a number, not string"),
        (
            "rows([[1]])",
            ErrorKind::Value,
            "rows: item 0 of rows must be a container with keys, not one that has values without",
        ),
    ];
    for (source, kind, message) in says {
        assert_eq!(fails(&mut vm, source), (kind, message.to_owned()), "{source}");
    }
    // The number of arguments is Weave's business, when it compiles and when it calls.
    let (kind, message) = fails(&mut vm, "f = repeat_it\nf()");
    assert_eq!(kind, ErrorKind::Arity, "{message}");
    assert!(message.contains("text"), "{message}");
    let (kind, message) = fails(&mut vm, "f = repeat_it\nf(\"a\", 1, 2)");
    assert_eq!(kind, ErrorKind::Arity, "{message}");
    let core = vm.signatures();
    assert!(compile("repeat_it()", "t.wv", &Options { core: &core, ..Options::default() }).is_err());
    // From the other side.
    let f: Handle = eval(&mut vm, "^(a, b: 2) { [a, b] }").expect("a function");
    gives!(vm.call::<Vec<i64>>(&f, (1,)), vec![1, 2]);
    assert_eq!(vm.call::<()>(&f, ()).map_err(|e| e.kind), Err(ErrorKind::Arity));
    assert_eq!(vm.call::<()>(&f, (1, 2, 3)).map_err(|e| e.kind), Err(ErrorKind::Arity));
    let error = vm.call::<Vec<String>>(&f, (1,)).expect_err("ints are no strings");
    assert_eq!(error.message, "item 0 of the result must be a string, not int");
    let five: Handle = eval(&mut vm, "5").expect("a value");
    assert_eq!(
        vm.call::<()>(&five, ()).map_err(|e| (e.kind, e.message)),
        Err((ErrorKind::Type, "int is not a function".to_owned()))
    );
    assert_eq!(vm.call::<()>(&f, (u64::MAX,)).map_err(|e| e.kind), Err(ErrorKind::Overflow));
    // What can't be declared.
    let error = vm.define("odd", ["a", "b"], |_: Rest<i64>, _: i64| ()).expect_err("no parameter follows a rest");
    assert_eq!(error.kind, ErrorKind::Arity);
    assert!(vm.define("odd", ["a", "a"], |_: i64, _: i64| ()).is_err());
}

#[test]
fn errors_of_host_functions_are_errors_of_the_program() {
    let mut vm = Vm::new();
    vm.define("words", [], || Err::<(), _>("these words")).expect("it is declared");
    vm.define("wall", [], || Err::<(), _>(std::io::Error::other("the wall"))).expect("it is declared");
    vm.define("own", [], || Err::<(), _>(Raise::new(ErrorKind::Key, "no such key").help("look again")))
        .expect("it is declared");
    let source = "try { FUNCTION() } catch e { [e.kind, e.message, e.line] }";
    for (name, kind, message) in
        [("words", "user", "these words"), ("wall", "io", "the wall"), ("own", "key", "no such key")]
    {
        let caught: (String, String, u32) = eval(&mut vm, &source.replace("FUNCTION", name)).expect("it is caught");
        assert_eq!(caught, (kind.to_owned(), message.to_owned(), 1));
    }
    let program = load(&mut vm, "x = 1\nown()", Mode::Script);
    let error = vm.run(program).expect_err("nobody catches it");
    assert_eq!((error.help.as_deref(), error.place.as_ref().map(|p| p.line())), (Some("look again"), Some(2)));
}

/// Calls its second argument, a function, so many times: a callback by steps.
fn times<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
    let n = step.arg(0).as_int().ok_or_else(|| step.expected(0, "an int"))?;
    if step.phase() >= n {
        return Ok(Answer::Return(step.result()));
    }
    Ok(Answer::Call(step.arg(1), Args::One(Value::int(step.phase()))))
}

#[test]
fn callbacks_need_none_of_the_hosts_stack() {
    let run = || {
        for mut vm in machines().into_iter().take(2) {
            let run = Run::Steps(0, times);
            vm.register(Native { name: "times", parameters: "n, f", about: "calls f n times", examples: &[], run });
            gives!(eval::<i64>(&mut vm, "times(10, ^{ it * it })"), 81);
            // Calls through the host's function, nested a hundred thousand deep.
            let source = "fn down(n) { if n == 0 { 0 } else { times(1, ^{ 1 + down(n - 1) }) } }\ndown(100_000)";
            gives!(eval::<i64>(&mut vm, source), 100_000);
            assert_eq!(fails(&mut vm, "fn f() { times(1, ^{ f() + 1 }) }\nf()").0, ErrorKind::Depth);
        }
    };
    let small = thread::Builder::new().stack_size(256 << 10).spawn(run);
    small.expect("a thread").join().expect("hardly any of the host's stack");
}

#[test]
fn names_of_programs_and_sessions_are_read() {
    let mut vm = Vm::new();
    let program = load(&mut vm, "rate = 2\nfn double(x) { x * rate }\nnames = [a: 1]", Mode::Module);
    assert_eq!(vm.global::<i64>(program, "rate").map_err(|e| e.kind), Err(ErrorKind::Name), "it has not run yet");
    vm.run(program).expect("it runs");
    gives!(vm.global::<i64>(program, "rate"), 2);
    let double: Handle = vm.global(program, "double").expect("a function");
    gives!(vm.call::<i64>(&double, (21,)), 42);
    let error = vm.global::<i64>(program, "nothing").expect_err("there is no such name");
    assert_eq!(error.message, "the program has no top-level value `nothing`");
    assert_eq!(
        vm.global::<i64>(program, "names").map_err(|e| e.message),
        Err("`names` must be an int, not container".to_owned())
    );
    let names =
        vm.enter(|scope| scope.names_of(program).map(|all| all.into_iter().map(|(name, _)| name).collect::<Vec<_>>()));
    assert_eq!(names.expect("its own program"), ["double".into(), "rate".into(), "names".into()]);

    let session = weave_compiler::Session::default();
    let compiled = compile("seen = [1, 2]", "entry", &Options { session: Some(&session), ..Options::default() });
    let mut map = SlotMap::default();
    let program = vm.load(&Arc::new(compiled.expect("it compiles").chunk), Some(&mut map)).expect("it loads");
    vm.run(program).expect("it runs");
    let length = vm.enter(|scope| {
        let v = scope.session_value(&map, "seen").expect("its own session")?;
        Some(v.as_container()?.len())
    });
    assert_eq!(length, Some(2));
    assert!(vm.enter(|scope| scope.session_value(&map, "unseen").expect("its own session").is_none()));
    assert!(Vm::new().enter(|scope| scope.session_value(&map, "seen").is_err()));
}

#[test]
fn handles_keep_values_until_the_last_clone_goes() {
    for mut vm in machines() {
        vm.collect_now();
        let before = vm.heap_stats().live_objects;
        let handles: Vec<Handle> = vm.enter(|scope| {
            let make = |n: usize| {
                let v = scope.text(&format!("text number {n} on the heap"))?;
                Ok::<_, Raise>(scope.keep(v))
            };
            (0..100).map(make).collect::<Result<_, _>>().expect("room")
        });
        let clones = handles.clone();
        drop(handles);
        vm.collect_now();
        assert_eq!(vm.heap_stats().live_objects, before + 100);
        let read = vm.enter(|scope| scope.value(&clones[7]).map(|v| v.as_text().map(str::to_owned)));
        assert_eq!(read.expect("its own handle").as_deref(), Some("text number 7 on the heap"));
        // Each goes on a thread of its own.
        let threads: Vec<_> = clones.into_iter().map(|h| thread::spawn(move || drop(h))).collect();
        threads.into_iter().for_each(|t| t.join().expect("a handle is dropped anywhere"));
        vm.collect_now();
        assert_eq!(vm.heap_stats().live_objects, before);
    }
    // A handle may outlive its machine.
    let orphan = Vm::new().enter(|scope| scope.text("a text of its own").map(|v| scope.keep(v))).expect("room");
    let again = orphan.clone();
    assert_eq!(
        Vm::new().enter(|scope| scope.value(&again).map(|_| ()).map_err(|e| e.kind())),
        Err(ErrorKind::Internal)
    );
}

#[test]
fn what_belongs_to_another_machine_is_refused() {
    let (mut one, mut other) = (Vm::new(), Vm::new());
    let f: Handle = eval(&mut one, "^{ [it, \"a text of its own\"] }").expect("a function");
    let xs: Handle = eval(&mut one, "[1, 2]").expect("a container");
    let program = load(&mut one, "x = 1", Mode::Module);
    let mut items = one.items(&xs).expect("a sequence");
    let g: Handle = eval(&mut other, "^{ it }").expect("a function");
    let refused = [
        other.call::<()>(&f, (1,)).err(),
        other.call::<()>(&g, (&xs,)).err(),
        other.items(&xs).err(),
        other.next_item::<()>(&mut items).err(),
        other.close(one.items(&xs).expect("a sequence")).err(),
        other.run(program).err(),
        other.global::<()>(program, "x").err(),
    ];
    for (i, error) in refused.into_iter().enumerate() {
        assert_eq!(error.map(|e| e.kind), Some(ErrorKind::Internal), "{i}");
    }
    // A swapped machine takes its number along.
    std::mem::swap(&mut one, &mut other);
    assert!(one.call::<()>(&f, (1,)).is_err());
    assert!(other.call::<()>(&f, (1,)).is_ok());
    gives!(other.next_item::<i64>(&mut items), Some(1));
}

#[test]
fn sequences_are_pulled_one_by_one() {
    for mut vm in machines() {
        let pulled = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&pulled);
        let source = move |n: i64| {
            let count = Arc::clone(&count);
            Items((0..n).map(move |i| {
                count.fetch_add(1, Ordering::Relaxed);
                if i == 5 { Err("the sixth is bad") } else { Ok(i) }
            }))
        };
        vm.define("source", ["n"], source).expect("it is declared");
        gives!(eval::<Vec<i64>>(&mut vm, "source(3) |> collect"), vec![0, 1, 2]);
        let stream: Handle = eval(&mut vm, "source(100) *> ^{ it * 10 } ?> ^{ it != 10 }").expect("a stream");
        pulled.store(0, Ordering::Relaxed);
        let mut items = vm.items(&stream).expect("a sequence");
        gives!(vm.next_item::<i64>(&mut items), Some(0));
        assert_eq!(pulled.load(Ordering::Relaxed), 1, "nothing is pulled ahead");
        vm.collect_now();
        gives!(vm.next_item::<i64>(&mut items), Some(20));
        gives!(vm.next_item::<i64>(&mut items), Some(30));
        gives!(vm.next_item::<i64>(&mut items), Some(40));
        let error = vm.next_item::<i64>(&mut items).expect_err("the sixth is bad");
        assert_eq!((error.kind, &*error.message), (ErrorKind::User, "the sixth is bad"));
        gives!(vm.next_item::<i64>(&mut items), None);
        assert_eq!(vm.items(&stream).map_err(|e| e.kind).err(), Some(ErrorKind::State));

        let xs: Handle = eval(&mut vm, "[1, k: \"two\", 3]").expect("a container");
        let mut items = vm.items(&xs).expect("a sequence");
        gives!(vm.next_item::<i64>(&mut items), Some(1));
        assert_eq!(
            vm.next_item::<i64>(&mut items).map_err(|e| e.message),
            Err("the item must be an int, not string".to_owned())
        );
        gives!(vm.next_item::<i64>(&mut items), Some(3));
        gives!(vm.next_item::<i64>(&mut items), None);
        gives!(vm.next_item::<i64>(&mut items), None);
        let five: Handle = eval(&mut vm, "5").expect("a value");
        assert_eq!(vm.items(&five).map_err(|e| e.kind).err(), Some(ErrorKind::Type));
        // The step limit counts for pulls too.
        let endless: Handle = eval(&mut vm, "0.. ?> ^{ false }").expect("a stream");
        let mut items = vm.items(&endless).expect("a sequence");
        vm.set_limits(Limits { steps: 100_000, ..Limits::default() });
        assert_eq!(vm.next_item::<i64>(&mut items).map_err(|e| e.kind), Err(ErrorKind::Steps));
    }
}

/// A host's object that fails in every way.
struct Fragile {
    at: &'static str,
    closed: Arc<AtomicUsize>,
}

impl Fragile {
    fn at(&self, point: &str) {
        if self.at == point {
            panic!("the host is broken at {point}");
        }
    }
}

impl HostObject for Fragile {
    fn type_name(&self) -> &'static str {
        self.at("type_name");
        "fragile"
    }
    fn display(&self) -> String {
        self.at("display");
        "fragile".to_owned()
    }
    fn is_sequence(&self) -> bool {
        self.at("is_sequence");
        true
    }
    fn next<'s>(&mut self, step: &mut Step<'s>) -> Result<Option<Value<'s>>, Raise> {
        self.at("next");
        let _ = step;
        Ok(Some(Value::int(1)))
    }
    fn place(&self) -> Option<String> {
        self.at("place");
        None
    }
    fn equals(&self, other: &dyn HostObject) -> bool {
        self.at("equals");
        let _ = other;
        false
    }
    fn bytes_held(&self) -> usize {
        0
    }
    fn close(&mut self) {
        self.closed.fetch_add(1, Ordering::Relaxed);
        self.at("close");
    }
    fn as_any(&mut self) -> &mut dyn Any {
        self
    }
}

impl Drop for Fragile {
    fn drop(&mut self) {
        if self.at == "drop" && !thread::panicking() {
            panic!("the host is broken at drop");
        }
    }
}

/// What panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("a bomb");
    }
}

/// A panic of a host is an error of kind `:internal`, and the machine goes on. In the
/// release build the loop is one of tail calls, through which no panic may unwind.
#[test]
fn a_panic_of_the_host_is_an_error() {
    // The panics are wanted; their messages would only fill the log.
    let (here, hook) = (thread::current().id(), std::panic::take_hook());
    std::panic::set_hook(Box::new(move |info| {
        let wanted =
            thread::current().id() == here && info.payload_as_str().is_none_or(|said| !said.starts_with("assertion"));
        if !wanted {
            hook(info);
        }
    }));
    for mut vm in machines() {
        vm.define("broken", ["x"], |x: i64| if x > 0 { panic!("x is {x}") } else { x }).expect("it is declared");
        vm.define("bomb", [], || -> () { std::panic::panic_any(Bomb) }).expect("it is declared");
        vm.define("items", [], || Items((0..3).map(|i: i64| if i == 2 { panic!("at {i}") } else { i })))
            .expect("it is declared");
        fn steps<'s>(step: &mut Step<'s>) -> Result<Answer<'s>, Raise> {
            if step.phase() == 0 { Ok(Answer::Call(step.arg(0), Args::None)) } else { panic!("in its second step") }
        }
        let run = Run::Steps(0, steps);
        vm.register(Native { name: "steps", parameters: "f", about: "fails", examples: &[], run });
        let caught = "fn f() { broken(1) }\ntry { f() } catch e { [e.kind, e.message] }";
        gives!(
            eval::<(String, String)>(&mut vm, caught),
            ("internal".to_owned(), "a built-in failed inside: x is 1".to_owned())
        );
        for source in
            ["broken(1)", "[1] *> broken", "bomb()", "f = bomb\nf()", "items() |> collect", "steps(^() { 1 })"]
        {
            assert_eq!(fails(&mut vm, source).0, ErrorKind::Internal, "{source}");
            gives!(eval::<i64>(&mut vm, "xs = [broken(0), 1]\nxs[1]"), 1, "after {source}");
        }
        let broken: Handle = eval(&mut vm, "broken").expect("a function");
        assert_eq!(vm.call::<i64>(&broken, (1,)).map_err(|e| e.kind), Err(ErrorKind::Internal));
        gives!(vm.call::<i64>(&broken, (0,)), 0);
        let points = ["type_name", "display", "is_sequence", "next", "place", "equals", "close", "drop"];
        for point in points {
            let closed = Arc::new(AtomicUsize::new(0));
            let count = Arc::clone(&closed);
            let make = move || -> Box<dyn HostObject> { Box::new(Fragile { at: point, closed: Arc::clone(&count) }) };
            vm.define("fragile", [], make).expect("it is declared");
            for source in [
                "type(fragile())",
                "\"{fragile()}\"",
                "print([fragile()])",
                "fragile() == fragile()",
                "unique([fragile(), fragile()])",
                "for x in fragile() { break }",
                "for x in fragile() { error(\"while it is read\") }",
                "fragile() + 1",
                "fragile().field",
                "fragile() |> take(2) |> collect",
            ] {
                let program = load(&mut vm, source, Mode::Script);
                let done = vm.run(program).map_err(|e| e.kind);
                let kinds = [ErrorKind::Internal, ErrorKind::User, ErrorKind::Type, ErrorKind::Name];
                assert!(done.as_ref().err().is_none_or(|kind| kinds.contains(kind)), "{point}: {source}: {done:?}");
                gives!(eval::<i64>(&mut vm, "[1, 2] |> sum"), 3, "{point}: {source}");
            }
            vm.collect_now();
            assert!(closed.load(Ordering::Relaxed) > 0, "{point}");
        }
    }
}

/// Each limit has an error of its own, and the machine goes on after it.
/// Steps of short runs add up, under both forms of the loop: a host that calls a function
/// again and again is protected as well as one that calls it once.
#[test]
fn steps_add_up_over_short_runs() {
    for mut vm in machines() {
        let f: Handle = eval(&mut vm, "^() { for i in 0..90 { } }").expect("a function");
        vm.set_limits(Limits { steps: 10_000, ..Limits::default() });
        vm.reset_steps();
        let calls = (1..1_000).find(|_| vm.call::<()>(&f, ()).is_err());
        // Each call counts 90 ways back, and one for itself.
        assert!(calls.is_some_and(|n| (105..=112).contains(&n)), "{calls:?}");
    }
}

#[test]
fn a_lower_step_limit_holds_at_once() {
    for mut vm in machines() {
        let f: Handle = eval(&mut vm, "^(n) { for i in 0..n { } }").expect("a function");
        gives!(vm.call::<()>(&f, (100,)), ());
        // The machine is in the middle of a batch now.
        vm.set_limits(Limits { steps: 500, ..Limits::default() });
        assert_eq!(vm.call::<()>(&f, (600,)).map_err(|e| e.kind), Err(ErrorKind::Steps));
    }
}

/// A way back of a loop has a place of its own: what the loop asks or draws from, not what
/// stood before it.
#[test]
fn the_step_limit_strikes_in_the_loop() {
    let loops = [
        ("x = 1\nwhile true { }", "true"),
        ("x = 1\nwhile x { }", "x"),
        ("x = 1\nwhile not (x == nil) { }", "x == nil"),
        ("x = 1\nwhile x != \"a\" { }", "x != \"a\""),
        ("x = 1\nwhile x < 2 { }", "x < 2"),
        ("x = 1\nwhile not (x >= 2) { }", "x >= 2"),
        ("x = 1\nwhile x and not nil { }", "nil"),
        ("x = 1\nwhile true { print() }", "true"),
        ("x = 1\nfor i in 0..1_000_000 { }", "0..1_000_000"),
        ("x = 1\nfor i in 0..1_000_000 { x = x + 0 }", "0..1_000_000"),
        ("x = 1\n(0..1_000_000) *> ^{ it + 1 }", "0..1_000_000"),
    ];
    for mut vm in machines() {
        for (source, place) in loops {
            // Of two steps of a round, one is the way back.
            for steps in [1_000, 1_001] {
                vm.set_limits(Limits { steps, ..Limits::default() });
                vm.reset_steps();
                let error = eval::<()>(&mut vm, source).expect_err("it is endless");
                assert_eq!(error.kind, ErrorKind::Steps, "{source}");
                let at = error.place.unwrap_or_else(|| panic!("{source}: no place"));
                let shown = &source[at.span.start as usize..at.span.end as usize];
                let is_call = source.contains("print") && shown == "print()";
                assert!(shown == place || is_call, "{source}: {shown}");
                assert_eq!(at.line(), 2, "{source}");
            }
        }
    }
}

/// A closure of thousands of captured variables is work, as a container of so many values
/// is: it counts steps by its size.
#[test]
fn large_closures_count_steps() {
    let variables = |write: fn(usize) -> String| (0..5_000).map(write).collect::<String>();
    let source = format!(
        "{}^(n) {{ for i in 0..n {{ f = ^() {{ [{}] }} }} }}",
        variables(|i| format!("a{i} = {i}\n")),
        variables(|i| format!("a{i}, ")),
    );
    for mut vm in machines().into_iter().take(2) {
        let make: Handle = eval(&mut vm, &format!("fn all() {{ {source} }}\nall()")).expect("a function");
        vm.reset_steps();
        // 1,000 ways back, and a step for two closures.
        vm.set_limits(Limits { steps: 1_600, ..Limits::default() });
        gives!(vm.call::<()>(&make, (1_000,)), ());
        vm.reset_steps();
        vm.set_limits(Limits { steps: 1_400, ..Limits::default() });
        assert_eq!(vm.call::<()>(&make, (1_000,)).map_err(|e| e.kind), Err(ErrorKind::Steps));
    }
}

/// What a machine keeps of a program's top-level names counts for the memory limit, and is
/// given back where the program is not loaded.
#[test]
fn slots_count_for_the_memory_limit() {
    const COUNT: usize = 100_000;
    let mut vm = Vm::new();
    let mut chunk = compile("nil", "slots.wv", &Options::default()).expect("it compiles").chunk;
    chunk.slots = (0..COUNT).map(|i| format!("name_{i}").into()).collect();
    let before = vm.bytes_held();
    let chunk = Arc::new(chunk);
    let program = vm.load(&chunk, None).expect("it loads");
    gives!(vm.run(program), ());
    let held = vm.bytes_held() - before;
    assert!((COUNT * 40..COUNT * 200).contains(&held), "{held} bytes for {COUNT} slots");

    vm.set_limits(Limits { memory: vm.bytes_held() + held / 2, ..Limits::default() });
    let before = vm.bytes_held();
    for _ in 0..3 {
        assert_eq!(vm.load(&chunk, None).map_err(|e| e.kind).err(), Some(ErrorKind::Memory));
        assert_eq!(vm.bytes_held(), before);
    }
    let mut session = SlotMap::default();
    assert_eq!(vm.load(&chunk, Some(&mut session)).map_err(|e| e.kind).err(), Some(ErrorKind::Memory));
    // With more room, the session goes on with the names that it has.
    assert!((1..COUNT).contains(&session.names().count()));
    vm.set_limits(Limits::default());
    let program = vm.load(&chunk, Some(&mut session)).expect("it loads now");
    assert_eq!(session.names().count(), COUNT);
    assert!(vm.bytes_held() - before < 2 * held);
    gives!(vm.run(program), ());

    // A program that needs what the host lacks leaves nothing behind.
    let mut lacking = (*chunk).clone();
    lacking.natives = vec!["launch".into()];
    let before = vm.bytes_held();
    assert_eq!(vm.load(&Arc::new(lacking), None).map_err(|e| e.kind).err(), Some(ErrorKind::Name));
    assert_eq!(vm.bytes_held(), before);
}

#[test]
fn limits_have_an_error_each_and_leave_the_machine_usable() {
    for mut vm in machines().into_iter().take(2) {
        let grow: Handle =
            eval(&mut vm, "^() { s = \"0123456789abcdef\"\nwhile true { s = s + s } }").expect("a function");
        let deep: Handle = eval(&mut vm, "fn f(n) { f(n + 1) + 1 }\n^() { f(0) }").expect("a function");
        let spin: Handle = eval(&mut vm, "^() { while true { } }").expect("a function");
        let fine: Handle = eval(&mut vm, "^{ \"{it} and a longer text\".len() }").expect("a function");
        let small = Limits { memory: 4 << 20, steps: 200_000, depth: 1_000, ..Limits::default() };
        for _ in 0..20 {
            vm.set_limits(small);
            for (f, kind) in [(&grow, ErrorKind::Memory), (&deep, ErrorKind::Depth), (&spin, ErrorKind::Steps)] {
                vm.reset_steps();
                assert_eq!(vm.call::<()>(f, ()).map_err(|e| e.kind), Err(kind));
                vm.reset_steps();
                gives!(vm.call::<i64>(&fine, (1,)), 19, "after {kind:?}");
            }
            vm.set_limits(Limits::default());
            for (reason, kind) in [(Reason::Timeout, ErrorKind::Timeout), (Reason::Interrupt, ErrorKind::Interrupt)] {
                let interrupt = vm.interrupt();
                let over = Arc::new(AtomicBool::new(false));
                let ended = Arc::clone(&over);
                let timer = thread::spawn(move || {
                    // A run that has not begun yet forgets it.
                    while !ended.load(Ordering::Relaxed) {
                        thread::sleep(Duration::from_millis(1));
                        interrupt.set(reason);
                    }
                });
                assert_eq!(vm.call::<()>(&spin, ()).map_err(|e| e.kind), Err(kind));
                over.store(true, Ordering::Relaxed);
                timer.join().expect("the clock");
                gives!(vm.call::<i64>(&fine, (1,)), 19);
            }
        }
    }
}

#[test]
fn arguments_and_what_is_made_outside_a_run_count_for_the_memory_limit() {
    let mut vm = Vm::new();
    let len: Handle = eval(&mut vm, "^(xs) { xs.len() }").expect("a function");
    vm.set_limits(Limits { memory: 4 << 20, ..Limits::default() });
    for _ in 0..3 {
        let many = vec!["a text that lies on the heap"; 1_000_000];
        assert_eq!(vm.call::<i64>(&len, (many,)).map_err(|e| e.kind), Err(ErrorKind::Memory));
        let made = vm.enter(|scope| {
            let c = scope.container(0)?;
            loop {
                let v = scope.text("another text that lies on the heap")?;
                scope.push(c, v)?;
            }
            #[expect(unreachable_code, reason = "it says what the closure gives")]
            Ok::<(), Raise>(())
        });
        assert_eq!(made.map_err(|e| e.kind()), Err(ErrorKind::Memory));
        gives!(vm.call::<i64>(&len, (vec![1, 2, 3],)), 3);
    }
    // What a host makes scope by scope is garbage as soon as the scope ends.
    for n in 0..200_000 {
        vm.enter(|scope| scope.text(&format!("text number {n} on the heap")).map(|_| ())).expect("there is room");
    }
}

#[test]
fn machines_work_beside_each_other_and_move() {
    let machines: Vec<Vm> = (0..4).map(|_| Vm::new()).collect();
    let threads: Vec<_> = machines
        .into_iter()
        .enumerate()
        .map(|(i, mut vm)| {
            thread::spawn(move || {
                vm.define("own", [], move || i).expect("it is declared");
                let f: Handle = eval(&mut vm, "xs = []\n^{ xs << \"{own()}: {it}\"\nxs }").expect("a function");
                for n in 0..1_000 {
                    vm.call::<()>(&f, (n,)).expect("it runs");
                }
                (vm, f)
            })
        })
        .collect();
    for (i, thread) in threads.into_iter().enumerate() {
        let (mut vm, f) = thread.join().expect("it runs there");
        let seen: Vec<String> = vm.call(&f, ("end",)).expect("it runs here");
        assert_eq!((seen.len(), &*seen[500], &*seen[1_000]), (1_001, &*format!("{i}: 500"), &*format!("{i}: end")));
    }
}

#[test]
fn output_goes_to_the_hosts_writer() {
    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);
    impl std::io::Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("nobody panics with it").extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let sink = Sink::default();
    let mut vm = Vm::new();
    vm.set_output(Box::new(sink.clone()));
    vm.define("log", ["text"], |text: String| text.len()).expect("it is declared");
    eval::<()>(&mut vm, "print(\"one\", [1, \"é\"])\nprint(log(\"two\"))").expect("it runs");
    vm.flush_out().expect("it writes");
    assert_eq!(String::from_utf8_lossy(&sink.0.lock().expect("as above")), "one [1, \"é\"]\n3\n");
    // A writer that fails is an error of the program.
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("no room"))
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    vm.set_output(Box::new(Full));
    assert_eq!(fails(&mut vm, "print(1)"), (ErrorKind::Io, "can't write the output: no room".to_owned()));
}
