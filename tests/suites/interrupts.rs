//! An interrupt ends any loop and any built-in within 50 ms. Each program here makes
//! something huge, says that it is ready, and then does one thing for ever; it is
//! interrupted at a random moment, and the time until the run has ended is measured.
//!
//! `WEAVE_INTERRUPTS=n` interrupts each program n times, and says how long the slowest
//! ones took.
#![forbid(unsafe_code)]

use libtest_mimic::{Arguments, Failed, Trial};
use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};
use std::{env, thread};
use weave_compiler::{Options, compile};
use weave_std::Access;
use weave_vm::Vm;
use weave_vm::error::ErrorKind;
use weave_vm::limits::{Limits, Reason};

/// The machine stops within this time. Where it is not optimised it is slower by far.
const LATENCY: Duration = Duration::from_millis(if cfg!(debug_assertions) { 400 } else { 50 });
/// Other work on the computer may delay either thread: the best of so many counts.
const TRIES: u32 = 5;

struct Program {
    name: &'static str,
    setup: &'static str,
    /// Done for ever.
    body: &'static str,
}

const INTS: &str = "xs = (0..3_000_000) |> collect";
const FLOATS: &str = "xs = (0..2_000_000) *> ^{ (it * 7_919_993 % 2_000_003) / 3.0 }";
const MIXED: &str = "xs = (0..1_000_000) *> ^{ n = it * 7_919_993 % 2_000_003\nif n % 2 == 0 { n } else { n / 3.0 } }";
const TEXTS: &str = "xs = (0..400_000) *> ^{ \"a text of its own {it * 7_919 % 400_009}\" }";
const SAME_TEXTS: &str =
    "s = \"0123456789abcdef\"\nwhile s.len() < 1_000_000 { s = s + s }\nxs = (0..200) *> ^{ \"{s}{it}\" }";
const KEYED: &str = "c = []\nfor i in 0..400_000 { c[\"key number {i}\"] = i }";
const ASCII: &str = "s = \"some words, and a line\\n\"\nwhile s.len() < 30_000_000 { s = s + s }";
const WIDE: &str = "s = \"é è\\n\"\nwhile s.len() < 10_000_000 { s = s + s }";
const BLANK: &str = "s = \" \"\nwhile s.len() < 30_000_000 { s = s + s }";
const NEAR: &str = "ys = (0..100_000) |> collect\nxs = (0..64) *> ^{ zs = copy(ys)\nzs << 64 - it\nzs }";
const DEEP: &str = "fn nested() { xs = [1]\nfor i in 0..1_000_000 { xs = [xs] }\nxs }\na = nested()\nb = nested()";
const SHARED: &str = "xs = [1]\nfor i in 0..60 { xs = [xs, xs] }";
const SMALL: &str = "xs = (0..300_000) *> ^{ [a: it % 7, b: [it]] }";
const OBJECTS: &str = "xs = (0..4_000_000) *> ^{ [it] }";
const JSON: &str = "xs = (0..200_000) *> ^{ [a: it, b: \"text {it}\", c: [1, 2.5, nil]] }\nt = format(xs, :json)";
const CSV: &str = "xs = (0..200_000) *> ^{ [a: it, b: \"text {it}\", c: 2.5] }\nt = format(xs, :csv)";

macro_rules! programs {
    ($($name:literal: $setup:expr, $body:literal;)*) => {
        const PROGRAMS: &[Program] = &[$(Program { name: $name, setup: $setup, body: $body }),*];
    };
}

// The name says which built-in functions it is about, or in angle brackets which part
// of the language.
programs! {
    "<loop>": "", "";
    "<calls>": "fn f(n) { if n == 0 { 0 } else { f(n - 1) } }", "f(10)";
    "<endless recursion>": "fn f() { f() + 1 }", "try { f() } catch { }";
    "<errors>": "", "try { nil + 1 } catch { }";
    "<for>": "", "for x in 0.. { }";
    "<for over values>": INTS, "for x in xs { }";
    "<collection of many objects>": OBJECTS, "[1, [2]]";
    "<collection of deep structure>": DEEP, "[1, [2]]";
    "<collection of texts>": TEXTS, "\"a text that is long {1}\"";
    "<collection of keys>": KEYED, "\"a text that is long {1}\"";
    "<dropping many objects>": "", "xs = (0..2_000_000) *> ^{ [it] }";
    "<equality>": "xs = (0..3_000_000) |> collect\nys = copy(xs)", "xs == ys";
    "<equality of itself>": INTS, "xs == xs";
    "<equality of near containers>": NEAR, "xs == copy(xs)";
    "<equality of deep structure>": DEEP, "a == b";
    "<equality of keyed containers>": KEYED, "c == copy(c)";
    "<equality of texts>": "s = \"0123456789abcdef\"\nwhile s.len() < 200_000_000 { s = s + s }\nt = s + \"\"", "s == t";
    "<order>": "xs = (0..3_000_000) |> collect\nys = copy(xs)", "xs < ys";
    "<order of deep structure>": DEEP, "a < b";
    "<order of texts>": "s = \"0123456789abcdef\"\nwhile s.len() < 200_000_000 { s = s + s }\nt = s + \"x\"", "s < t";
    "<in>": INTS, "-1 in xs";
    "<in of texts>": ASCII, "\"x!\" in s";
    "<adding containers>": INTS, "xs + xs";
    "<adding keyed containers>": KEYED, "c + c";
    "<difference>": INTS, "xs - xs";
    "<union>": INTS, "xs | xs";
    "<intersection>": INTS, "xs & xs";
    "<symmetric difference>": INTS, "xs !& xs";
    "<union of texts>": TEXTS, "xs | xs";
    "<union of containers>": SMALL, "xs | xs";
    "<union of near containers>": NEAR, "xs | xs";
    "<interpolation>": INTS, "\"{xs}\"";
    "<interpolation of deep structure>": DEEP, "\"{a}\"";
    "<interpolation of shared structure>": SHARED, "try { \"{xs}\" } catch { }";
    "<a format>": INTS, "\"{xs:>10}\"";
    "<adding texts>": WIDE, "s + s";
    "<slices of containers>": INTS, "xs[1..]";
    "<slices of texts>": WIDE, "s[1..]";
    "<a character>": WIDE, "s[-1]";
    "<spread>": "xs = (0..1_000_000) |> collect\nfn f(*r) { r }", "f(*xs)";
    "<container literal>": INTS, "[*xs, 1]";
    "<a pipeline>": INTS, "xs *> ^{ it + 1 } ?> ^{ it % 2 == 0 } &> ^(a, b) { a + b }";
    "<a long chain of stages>": "s = 0..\nfor i in 0..1000 { s = s *> ^{ it } }", "s |> last";
    "<destructuring>": INTS, "[a, *rest] = xs";
    "print puts": INTS, "print(xs)";
    "print of deep structure": DEEP, "print(a)";
    "print of text": WIDE, "print(s)";
    "print of many values": INTS, "print(*xs[0..1_000_000])";
    "type bool has get abs floor ceil round sqrt exp log pow error assert": INTS, "type(xs)";
    "str": INTS, "str(xs)";
    "int of a long text": "s = \"1\"\nwhile s.len() < 100_000_000 { s = s + s }", "try { int(s) } catch { }";
    "int of blanks": BLANK, "try { int(s) } catch { }";
    "float of a long text": "s = \"1\"\nwhile s.len() < 100_000_000 { s = s + s }", "try { float(s) } catch { }";
    "len of text": WIDE, "len(s + \"é\")";
    "len of a stream": "", "len(0..100_000_000 *> ^{ it })";
    "keys values": KEYED, "keys(c)\nvalues(c)";
    "pairs": KEYED, "pairs(c)";
    "insert remove": INTS, "xs.insert(0, 1)\nxs.remove(0)";
    "remove of a key": KEYED, "d = copy(c)\nd.remove(\"key number 7\")";
    "copy": INTS, "copy(xs)";
    "copy of deep structure": DEEP, "copy(a)";
    "copy of keys": KEYED, "copy(c)";
    "contains": INTS, "contains(xs, -1)";
    "contains of near containers": NEAR, "contains(xs, [1])\ncontains(xs, copy(xs[63]))";
    "slice": INTS, "slice(xs, 1)";
    "collect": INTS, "collect(xs)";
    "collect of a range": "", "(0..20_000_000) |> collect";
    "map filter": INTS, "xs.map(^{ it }).filter(^{ true })";
    "reduce each": INTS, "reduce(xs, ^(a, b) { b })\neach(xs, ^{ it })";
    "sort": INTS, "sort(xs, :desc)";
    "sort of floats": FLOATS, "sort(xs)";
    "sort of mixed numbers": MIXED, "sort(xs)";
    "sort of texts": TEXTS, "sort(xs)";
    "sort of same texts": SAME_TEXTS, "sort(xs)";
    "sort of containers": SMALL, "sort(xs *> ^{ [it.a, it.b] })";
    "sort of near containers": NEAR, "sort(xs)";
    "sort with a function": INTS, "sort(xs, ^(a, b) { b < a })";
    "sort with a function of near containers": NEAR, "sort(xs, ^(a, b) { b < a })";
    "sort_by": MIXED, "sort_by(xs, ^{ -it })";
    "sort_by near containers": NEAR, "sort_by(xs, ^{ it })";
    "reverse": INTS, "reverse(xs)";
    "reverse of text": WIDE, "reverse(s)";
    "sum mean": INTS, "sum(xs)\nmean(xs)";
    "sum of a range": "", "sum(0..10_000_000_000_000)";
    "min max": INTS, "min(xs)\nmax(xs)";
    "min of near containers": NEAR, "min(xs)";
    "count": INTS, "count(xs)\ncount(xs, ^{ true })";
    "count of a range": "", "count(0.. *> ^{ it })";
    "group_by": INTS, "group_by(xs, ^{ it % 10 })";
    "group_by of many keys": TEXTS, "group_by(xs, ^{ it })";
    "count_by": TEXTS, "count_by(xs, ^{ it })";
    "unique": INTS, "unique(xs)";
    "unique of near containers": NEAR, "unique(xs)";
    "unique of containers": SMALL, "unique(xs)";
    "unique of deep structure": DEEP, "unique([a, b])";
    "take skip": INTS, "take(xs, 2_999_999)\nskip(xs, 1)";
    "take_while": INTS, "take_while(xs, ^{ true })";
    "peek": "", "s = 0.. *> ^{ it }\npeek(s, 1_000_000)";
    "first last": INTS, "first(xs, 2_999_999)\nlast(xs, 2_999_999)";
    "first of a filtered stream": "", "0.. *> ^{ it } ?> ^{ false } |> first";
    "zip enumerate": INTS, "zip(xs, xs)\nenumerate(xs)";
    "flatten": INTS, "flatten([xs, xs])";
    "flatten of shared structure": SHARED, "try { flatten([xs], 100) } catch { }";
    "chunk step": INTS, "chunk(xs, 7)\nstep(0..100, 7)";
    "join": INTS, "join(xs, \", \")";
    "join of texts": TEXTS, "join(xs, \", \")";
    "join of long texts": SAME_TEXTS, "join(xs, \", \")";
    "split": WIDE, "split(s, \" \")";
    "split of one long part": ASCII, "split(s, \"#\")";
    "split words": ASCII, "words(s)";
    "split of blanks": BLANK, "split(s)";
    "split with a regular expression": ASCII, "split(s, re'[,;]')";
    "split with a regular expression that is nowhere": ASCII, "split(s, re'q+x')";
    "lines": ASCII, "lines(s)";
    "chars": WIDE, "chars(s)";
    "trim": BLANK, "trim(s)";
    "trim nothing": ASCII, "trim(s)";
    "upper lower": WIDE, "upper(s)\nlower(s)";
    "replace": ASCII, "replace(s, \"words\", \"WORDS\")";
    "replace nothing": ASCII, "replace(s, \"#\", \"WORDS\")";
    "replace with a regular expression": ASCII, "replace(s, re'w.rd', \"WORDS\")";
    "starts_with ends_with": "s = \"0123456789abcdef\"\nwhile s.len() < 200_000_000 { s = s + s }\nt = s + \"\"", "starts_with(s, t)\nends_with(s, t)";
    "find in text": ASCII, "find(s, \"#\")";
    "find with a regular expression": ASCII, "find(s, re'q+x')";
    "find in a container": INTS, "find(xs, ^{ false })";
    "pad": "", "pad(\"x\", 100_000_000)";
    "pad with wide text": "", "pad(\"x\", 10_000_000, \"é\", :both)";
    "repeat": "", "repeat(\"some words\", 10_000_000)";
    "parse json": JSON, "parse(t, :json)";
    "format json": JSON, "format(xs, :json)";
    "parse csv": CSV, "parse(t, :csv)";
    "format csv": CSV, "format(xs, :csv)";
    "parse one huge json text": "s = \"0123456789abcdef\"\nwhile s.len() < 30_000_000 { s = s + s }\nt = \"\\\"\" + s + \"\\\"\"", "parse(t, :json)";
    "format one huge text": ASCII, "format([s], :json)";
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials: Vec<Trial> =
        PROGRAMS.iter().map(|program| Trial::test(program.name, move || interrupted(program))).collect();
    trials.push(Trial::test("every core function is here", every_core_function));
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn every_core_function() -> Result<(), Failed> {
    let here: BTreeSet<&str> = PROGRAMS.iter().flat_map(|p| p.name.split(' ')).collect();
    let vm = Vm::new();
    let missing: Vec<_> = vm.signatures().into_iter().map(|s| s.name).filter(|name| !here.contains(&**name)).collect();
    if missing.is_empty() { Ok(()) } else { Err(format!("not interrupted: {missing:?}").into()) }
}

fn interrupted(program: &Program) -> Result<(), Failed> {
    let often = env::var("WEAVE_INTERRUPTS").ok().and_then(|n| n.parse().ok());
    let mut worst = Duration::ZERO;
    for round in 0..often.unwrap_or(1u64) {
        let mut best = Duration::MAX;
        for attempt in 0..TRIES {
            best = best.min(latency(program, round * 31 + u64::from(attempt) * 7)?);
            if best < LATENCY / 2 {
                break;
            }
        }
        worst = worst.max(best);
    }
    if often.is_some() {
        eprintln!("{:>8.1} ms  {}", worst.as_secs_f64() * 1_000.0, program.name);
    }
    if worst > LATENCY { Err(format!("it took {worst:?}").into()) } else { Ok(()) }
}

/// How long the program runs after it was interrupted.
fn latency(program: &Program, seed: u64) -> Result<Duration, Failed> {
    // Its output is thrown away.
    let mut vm = Vm::new();
    weave_std::register(&mut vm, Access { args: Vec::new(), sandbox: true });
    vm.set_limits(Limits { memory: 3 << 30, ..Limits::default() });
    let (tell, told) = mpsc::channel();
    vm.define("ready", [], move || tell.send(()).is_ok())?;
    let interrupt = vm.interrupt();
    let stopper = thread::spawn(move || {
        let ready = told.recv();
        thread::sleep(Duration::from_millis(5 + random(seed) % 150));
        interrupt.set(Reason::Interrupt);
        ready.map(|()| Instant::now())
    });
    let source = format!("{}\nready()\nwhile true {{\n{}\n}}", program.setup, program.body);
    let core = vm.signatures();
    let options = Options { core: &core, values: weave_std::VALUES, ..Options::default() };
    let compiled = compile(&source, "test.wv", &options).map_err(|errors| format!("{:?}", errors.first()))?;
    let program = vm.load(&Arc::new(compiled.chunk), None)?;
    let done = vm.run(program);
    let ended = Instant::now();
    // It may never have got ready: then nobody shall wait for that.
    drop(vm);
    let kind = done.err().map(|error| (error.kind, error.message));
    let asked = stopper.join().map_err(|_| "the clock stopped")?;
    let Ok(asked) = asked else { return Err(format!("it did not get ready: {kind:?}").into()) };
    match kind {
        Some((ErrorKind::Interrupt, _)) => Ok(ended.saturating_duration_since(asked)),
        other => Err(format!("it ended by itself: {other:?}").into()),
    }
}

/// A number that looks random.
fn random(seed: u64) -> u64 {
    let mut x = (seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x ^= x >> 29;
    x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x ^ x >> 32
}
