//! What a profile says, in terms of the program: names and places in place of the
//! machine's numbers.

use super::sums::{Identity, NONE, Origin};
use super::{Allocated, Profiler};
use crate::error::Place;
use crate::load::Proto;
use crate::vm::Vm;
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::sync::Arc;
use weave_bytecode::operand::Kind;
use weave_bytecode::ops::Op;
use weave_bytecode::position::Part;

/// What the runs of a machine did. All times are nanoseconds, without what
/// measuring cost as far as that is known; counts are exact.
///
/// ```
/// use weave_vm::Vm;
/// # use std::sync::LazyLock;
/// # use std::time::Instant;
/// # fn nanoseconds() -> u64 {
/// #     static START: LazyLock<Instant> = LazyLock::new(Instant::now);
/// #     START.elapsed().as_nanos() as u64
/// # }
///
/// let mut vm = Vm::new();
/// vm.profile(nanoseconds);
/// # let chunk = weave_compiler::chunk_of("[3, 1, 2] |> sort |> join(\"-\")", &vm.signatures());
/// // The program `[3, 1, 2] |> sort |> join("-")`.
/// let program = vm.load(&chunk, None)?;
/// vm.run(program)?;
/// let profile = vm.take_profile().unwrap();
/// let own: u64 = profile.functions.iter().map(|f| f.self_ns).sum();
/// assert_eq!(own, profile.total);
/// let counted: u64 = profile.opcodes.iter().map(|used| used.count).sum();
/// assert_eq!(counted, profile.instructions);
/// # Ok::<(), Box<weave_vm::RuntimeError>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Profile {
    /// The clock's time from start to end, with what measuring cost.
    pub elapsed: u64,
    /// The program's own time: the sum of all functions' own times.
    pub total: u64,
    /// Instructions that ran.
    pub instructions: u64,
    /// What timing an instruction costs, as it was measured in the end; it is
    /// subtracted.
    pub timing_cost: u64,
    /// The opcodes that ran, the most time first.
    pub opcodes: Vec<OpcodeUse>,
    /// The functions that ran, the most own time first.
    pub functions: Vec<Function>,
    /// The call sites that were reached, the most total time first.
    pub sites: Vec<Site>,
    /// The paths of calls as a tree; a path stands behind the one that it goes on
    /// from.
    pub nodes: Vec<Node>,
    /// Calls that count for an outer one in the tree, because there are too many
    /// paths or too deep ones.
    pub cut_calls: u64,
    /// What was allocated, the most bytes first.
    pub allocated: Vec<Allocated>,
    /// Collections, and their time.
    pub collections: u64,
    /// Time that they took.
    pub collection_ns: u64,
    /// Captured variables from the functions that captured them.
    pub captured: Captured,
    /// Captured variables from the function that they belong to, where it keeps
    /// them in cells.
    pub own_cells: Captured,
}

/// How often an opcode ran.
///
/// ```
/// use weave_vm::Vm;
/// # use std::sync::LazyLock;
/// # use std::time::Instant;
/// # fn nanoseconds() -> u64 {
/// #     static START: LazyLock<Instant> = LazyLock::new(Instant::now);
/// #     START.elapsed().as_nanos() as u64
/// # }
///
/// let mut vm = Vm::new();
/// vm.profile(nanoseconds);
/// # let chunk = weave_compiler::chunk_of("for i in 1..=100 { }", &vm.signatures());
/// // The program `for i in 1..=100 { }`.
/// let program = vm.load(&chunk, None)?;
/// vm.run(program)?;
/// let profile = vm.take_profile().unwrap();
/// let used = profile.opcodes.iter().find(|used| used.op.name() == "ForLoop").unwrap();
/// assert_eq!(used.count, 100);
/// println!("{} ns each", used.ns / used.count);
/// # Ok::<(), Box<weave_vm::RuntimeError>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct OpcodeUse {
    /// The opcode.
    pub op: Op,
    /// How often.
    pub count: u64,
    /// Its time, without that of collections.
    pub ns: u64,
}

/// A function that ran.
///
/// ```
/// use weave_vm::Vm;
/// # use std::sync::LazyLock;
/// # use std::time::Instant;
/// # fn nanoseconds() -> u64 {
/// #     static START: LazyLock<Instant> = LazyLock::new(Instant::now);
/// #     START.elapsed().as_nanos() as u64
/// # }
///
/// let mut vm = Vm::new();
/// vm.profile(nanoseconds);
/// # let chunk = weave_compiler::chunk_of("fn fact(n) { if n < 2 { 1 } else { n * fact(n - 1) } }; fact(10)", &vm.signatures());
/// // The program `fn fact(n) { if n < 2 { 1 } else { n * fact(n - 1) } }; fact(10)`.
/// let program = vm.load(&chunk, None)?;
/// vm.run(program)?;
/// let profile = vm.take_profile().unwrap();
/// let fact = profile.functions.iter().find(|f| &*f.name == "fact").unwrap();
/// assert_eq!(fact.calls, 10);
/// assert_eq!(fact.place.as_ref().map(|place| place.line()), Some(1));
/// assert!(fact.total_ns >= fact.self_ns);
/// # Ok::<(), Box<weave_vm::RuntimeError>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Function {
    /// Its name; `lambda` for one without, `the program` for a script's top level.
    pub name: Box<str>,
    /// What it is.
    pub kind: FunctionKind,
    /// The whole function in its source, where it has one.
    pub place: Option<Place>,
    /// Calls, those that were inlined too.
    pub calls: u64,
    /// Its own time.
    pub self_ns: u64,
    /// Its own and that of what it called; recursion counts once.
    pub total_ns: u64,
}

/// What a function is.
///
/// ```
/// use weave_vm::Vm;
/// use weave_vm::profile::FunctionKind;
/// # use std::sync::LazyLock;
/// # use std::time::Instant;
/// # fn nanoseconds() -> u64 {
/// #     static START: LazyLock<Instant> = LazyLock::new(Instant::now);
/// #     START.elapsed().as_nanos() as u64
/// # }
///
/// let mut vm = Vm::new();
/// vm.profile(nanoseconds);
/// # let chunk = weave_compiler::chunk_of("[\"b\", \"a\"] |> sort", &vm.signatures());
/// // The program `["b", "a"] |> sort`.
/// let program = vm.load(&chunk, None)?;
/// vm.run(program)?;
/// let profile = vm.take_profile().unwrap();
/// let natives = profile.functions.iter().filter(|f| f.kind == FunctionKind::Native);
/// assert_eq!(natives.map(|f| &*f.name).collect::<Vec<_>>(), ["sort"]);
/// # Ok::<(), Box<weave_vm::RuntimeError>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FunctionKind {
    /// A script's or a module's top level.
    Program,
    /// A function of the program.
    Function,
    /// A built-in function or one of the host's.
    Native,
    /// A stage of a stream.
    Stage,
    /// The collector.
    Collection,
}

impl FunctionKind {
    /// One word.
    ///
    /// ```
    /// use weave_vm::profile::FunctionKind;
    ///
    /// assert_eq!(FunctionKind::Collection.name(), "collection");
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            FunctionKind::Program => "program",
            FunctionKind::Function => "function",
            FunctionKind::Native => "native",
            FunctionKind::Stage => "stage",
            FunctionKind::Collection => "collection",
        }
    }
}

/// A place from which a function was called.
///
/// ```
/// use weave_vm::Vm;
/// # use std::sync::LazyLock;
/// # use std::time::Instant;
/// # fn nanoseconds() -> u64 {
/// #     static START: LazyLock<Instant> = LazyLock::new(Instant::now);
/// #     START.elapsed().as_nanos() as u64
/// # }
///
/// let mut vm = Vm::new();
/// vm.profile(nanoseconds);
/// # let chunk = weave_compiler::chunk_of("fn fib(n) { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } }\nfib(5)", &vm.signatures());
/// // The program:
/// //     fn fib(n) { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } }
/// //     fib(5)
/// let program = vm.load(&chunk, None)?;
/// vm.run(program)?;
/// let profile = vm.take_profile().unwrap();
/// let name = |i: usize| &*profile.functions[i].name;
/// let outer = profile.sites.iter().find(|site| site.caller.is_some_and(|f| name(f) == "the program")).unwrap();
/// assert_eq!((name(outer.function), outer.calls), ("fib", 1));
/// assert_eq!(outer.place.as_ref().map(|place| place.line()), Some(2));
/// # Ok::<(), Box<weave_vm::RuntimeError>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Site {
    /// The calling function, by its place in [`Profile::functions`]; `None` for the
    /// start of the program.
    pub caller: Option<usize>,
    /// The called function.
    pub function: usize,
    /// The call in the source; `None` in a native.
    pub place: Option<Place>,
    /// Calls from here.
    pub calls: u64,
    /// The called function's own time in these calls.
    pub self_ns: u64,
    /// Its own and that of what it called; recursion counts once.
    pub total_ns: u64,
}

/// A path of calls.
///
/// ```
/// use weave_vm::Vm;
/// # use std::sync::LazyLock;
/// # use std::time::Instant;
/// # fn nanoseconds() -> u64 {
/// #     static START: LazyLock<Instant> = LazyLock::new(Instant::now);
/// #     START.elapsed().as_nanos() as u64
/// # }
///
/// let mut vm = Vm::new();
/// vm.profile(nanoseconds);
/// # let chunk = weave_compiler::chunk_of("fn down(n) { if n > 0 { down(n - 1) } else { 0 } }; down(3)", &vm.signatures());
/// // The program `fn down(n) { if n > 0 { down(n - 1) } else { 0 } }; down(3)`.
/// let program = vm.load(&chunk, None)?;
/// vm.run(program)?;
/// let profile = vm.take_profile().unwrap();
/// // The longest path: from the program through all calls.
/// let mut path = Vec::new();
/// let mut at = Some(profile.nodes.len() - 1);
/// while let Some(i) = at {
///     path.insert(0, &*profile.functions[profile.nodes[i].function].name);
///     at = profile.nodes[i].parent;
/// }
/// assert_eq!(path, ["the program", "down", "down", "down", "down"]);
/// # Ok::<(), Box<weave_vm::RuntimeError>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Node {
    /// The path without its last call, by its place in [`Profile::nodes`].
    pub parent: Option<usize>,
    /// The last function, by its place in [`Profile::functions`].
    pub function: usize,
    /// Calls that went this way.
    pub calls: u64,
    /// Time in the last function.
    pub self_ns: u64,
}

/// Uses of captured variables.
///
/// ```
/// use weave_vm::Vm;
/// # use std::sync::LazyLock;
/// # use std::time::Instant;
/// # fn nanoseconds() -> u64 {
/// #     static START: LazyLock<Instant> = LazyLock::new(Instant::now);
/// #     START.elapsed().as_nanos() as u64
/// # }
///
/// let mut vm = Vm::new();
/// vm.profile(nanoseconds);
/// # let chunk = weave_compiler::chunk_of("fn make() { n = 0; ^() { n += 1; n } }; next = make(); for i in 1..=10 { next() }", &vm.signatures());
/// // The program `fn make() { n = 0; ^() { n += 1; n } }; next = make(); for i in 1..=10 { next() }`.
/// let program = vm.load(&chunk, None)?;
/// vm.run(program)?;
/// let captured = vm.take_profile().unwrap().captured;
/// assert!(captured.writes == 10 && captured.reads >= 10);
/// # Ok::<(), Box<weave_vm::RuntimeError>>(())
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Captured {
    /// Times that one was read.
    pub reads: u64,
    /// Times that one was written.
    pub writes: u64,
}

fn positive(ns: i64) -> u64 {
    u64::try_from(ns).unwrap_or(0)
}

/// Whether an opcode reads and writes captured variables.
fn access(op: Op) -> (u64, u64) {
    match op {
        Op::SetUpCell | Op::SetCell => (0, 1),
        Op::AddUpCell | Op::SubUpCell | Op::AddCell | Op::SubCell => (1, 1),
        Op::NewCell | Op::NewCellUnset => (0, 0),
        _ => (1, 0),
    }
}

pub(super) fn report(vm: &Vm, profiler: Profiler, allocated: Vec<Allocated>) -> Profile {
    let mut opcodes = Vec::new();
    let (mut captured, mut own_cells) = (Captured::default(), Captured::default());
    for (op, used) in Op::ALL.iter().zip(&profiler.uses) {
        if used.count == 0 {
            continue;
        }
        opcodes.push(OpcodeUse { op: *op, count: used.count, ns: positive(used.ns) });
        let (reads, writes) = access(*op);
        for operand in op.operands() {
            let sum = match operand.kind {
                Kind::Upvalue | Kind::UpCell => &mut captured,
                Kind::Cell => &mut own_cells,
                _ => continue,
            };
            sum.reads += reads * used.count;
            sum.writes += writes * used.count;
        }
    }
    let instructions = opcodes.iter().map(|o| o.count).sum();
    opcodes.sort_by_key(|o| (Reverse(o.ns), Reverse(o.count), o.op as u16));

    let timing_cost = positive(profiler.clock_cost() + profiler.extra);
    let sums = profiler.calls.sums;
    let mut order: Vec<usize> = (0..sums.functions.len()).collect();
    let key = |i: &usize| {
        let tally = &sums.functions[*i].1;
        (Reverse(tally.own), Reverse(tally.total), *i)
    };
    order.sort_by_key(key);
    let mut rank = vec![0; order.len()];
    for (at, &i) in order.iter().enumerate() {
        rank[i] = at;
    }
    let functions = order.iter().map(|&i| {
        let (identity, tally) = sums.functions[i];
        let (name, kind, place) = named(vm, identity);
        let (self_ns, total_ns) = (positive(tally.own), positive(tally.total));
        Function { name, kind, place, calls: tally.calls, self_ns, total_ns: total_ns.max(self_ns) }
    });
    let functions: Vec<Function> = functions.collect();
    let function_at = |i: u32| rank.get(i as usize).copied();

    // Code that serves a call may stand in several places.
    let mut merged = FxHashMap::default();
    let mut sites: Vec<Site> = Vec::new();
    for site in &sums.sites {
        let place = place_of(site.origin);
        let at = place.as_ref().map(|p| (Arc::as_ptr(&p.chunk).addr(), p.span.start, p.span.end));
        let row = *merged.entry((site.caller, site.function, at)).or_insert(sites.len());
        if row == sites.len() {
            let (caller, function) = (function_at(site.caller), function_at(site.function).unwrap_or(0));
            sites.push(Site { caller, function, place, calls: 0, self_ns: 0, total_ns: 0 });
        }
        let tally = site.tally;
        sites[row].calls += tally.calls;
        sites[row].self_ns += positive(tally.own);
        sites[row].total_ns += positive(tally.total).max(positive(tally.own));
    }
    sites.sort_by_key(|s| (Reverse(s.total_ns), Reverse(s.calls)));
    let nodes = sums.nodes.iter().map(|node| Node {
        parent: (node.parent != NONE).then_some(node.parent as usize),
        function: function_at(node.function).unwrap_or(0),
        calls: node.calls,
        self_ns: positive(node.own),
    });
    Profile {
        elapsed: profiler.elapsed,
        total: functions.iter().map(|f| f.self_ns).sum(),
        instructions,
        timing_cost,
        opcodes,
        functions,
        sites,
        nodes: nodes.collect(),
        cut_calls: sums.cut,
        allocated,
        collections: profiler.collections,
        collection_ns: positive(profiler.collection_ns),
        captured,
        own_cells,
    }
}

fn named(vm: &Vm, identity: Identity) -> (Box<str>, FunctionKind, Option<Place>) {
    match identity {
        Identity::Proto(proto) => {
            // SAFETY: prototypes live as long as the machine.
            let proto = unsafe { &*proto };
            let prototype = proto.prototype();
            let place = Place { chunk: proto.chunk.clone(), span: prototype.span };
            let (name, kind) = match &*prototype.signature.name {
                "" if proto.index == 0 => ("the program", FunctionKind::Program),
                "" => ("lambda", FunctionKind::Function),
                name => (name, FunctionKind::Function),
            };
            (name.into(), kind, Some(place))
        }
        Identity::Inlined(proto, call) => {
            // SAFETY: as above.
            let proto = unsafe { &*proto };
            let call = proto.prototype().positions.inlined().get(call as usize);
            let place = call.map(|call| Place { chunk: proto.chunk.clone(), span: call.body });
            (call.map_or("", |call| &*call.function).into(), FunctionKind::Function, place)
        }
        Identity::Native(native) => {
            let name = vm.natives.get(native as usize).map_or("", |n| &*n.signature.name);
            let stage = vm.stages.contains(&(native as usize));
            let kind = if stage { FunctionKind::Stage } else { FunctionKind::Native };
            // Parts of the language have names in angle brackets.
            let bare = name.trim_start_matches('<').trim_end_matches('>');
            (if stage { format!("{bare} of a stream").into() } else { bare.into() }, kind, None)
        }
        Identity::Items(kind) => (format!("reading {kind}").into(), FunctionKind::Native, None),
        Identity::Collection => ("collection".into(), FunctionKind::Collection, None),
    }
}

fn place_of(origin: Origin) -> Option<Place> {
    let at = |proto: &Proto, span| Place { chunk: proto.chunk.clone(), span };
    match origin {
        Origin::Code(proto, ip) => {
            // SAFETY: prototypes live as long as the machine.
            let proto = unsafe { &*proto };
            // `ip` stands behind a word of the call.
            let offset = proto.offset_of(ip)?.checked_sub(1)?;
            Some(at(proto, proto.prototype().positions.find(offset, Part::Whole)?))
        }
        Origin::Inlined(proto, call) => {
            // SAFETY: as above.
            let proto = unsafe { &*proto };
            let call = proto.prototype().positions.inlined().get(call as usize)?;
            // A lambda that is called where it stands: the call is a whole chain.
            let here = call.span.start <= call.body.start && call.body.end <= call.span.end;
            Some(at(proto, if here { call.body } else { call.span }))
        }
        Origin::None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A new opcode must be told apart in [`access`].
    #[test]
    fn every_opcode_on_captured_variables_reads_or_writes() {
        let mut rows = Vec::new();
        for op in Op::ALL {
            if op.operands().iter().any(|o| matches!(o.kind, Kind::Upvalue | Kind::UpCell | Kind::Cell)) {
                let (reads, writes) = access(*op);
                rows.push(format!("{}{}{}", "r".repeat(reads as usize), "w".repeat(writes as usize), op.name()));
            }
        }
        rows.sort_unstable();
        let known = "NewCell NewCellUnset rCallUpvalue rGetCell rGetCellChecked rGetUpCell rGetUpCellChecked rGetUpvalue \
                     rwAddCell rwAddUpCell rwSubCell rwSubUpCell wSetCell wSetUpCell";
        assert_eq!(rows.join(" "), known);
    }
}
