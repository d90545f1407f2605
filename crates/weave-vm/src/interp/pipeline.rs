//! Bodies of pipelines: where the items of a chain go, and lazy chains.

use super::machine::{Flow, Machine, Word, at};
use crate::access::type_name;
use crate::error::{ErrorKind, Raise};
use crate::object::closure::closure_of;
use crate::object::container::ContainerRef;
use crate::object::range::range_of;
use crate::object::stream::{Stage, StreamRef};
use crate::value::{Raw, Tag, tag_at};
use crate::vm::Vm;

/// Whether a chain over the value gives a stream.
pub(crate) fn is_lazy(vm: &Vm, v: Raw) -> bool {
    match v.tag() {
        Tag::Stream => true,
        Tag::Range => range_of(v).end.is_none(),
        Tag::Host => vm.host_is_sequence(v),
        _ => false,
    }
}

pub(crate) fn jump_if_stream(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    let w = Word(insn);
    if is_lazy(vm, vm.reg(w.a())) {
        vm.skip(w.signed());
    }
    Ok(())
}

pub(crate) fn sink_new(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    vm.collect_if_due();
    let w = Word(insn);
    let source = vm.reg(w.b());
    let sequence = matches!(source.tag(), Tag::Container | Tag::Range | Tag::Stream) || vm.host_is_sequence(source);
    // Room for all items spares the growth; where some are left out, room for those of a
    // short source.
    let most = if w.c() & 1 == 1 { usize::MAX } else { 256 };
    let room = ContainerRef::of(source).map_or(0, |c| c.len().min(most));
    let sink = if sequence { vm.heap.container(room)?.raw() } else { Raw::NIL };
    vm.set(w.a(), sink);
    vm.set(w.a() + 2, Raw::bool(sequence));
    Ok(())
}

/// Appends a bare value to a sink without keys that has room.
#[inline(always)]
pub(crate) unsafe fn sink_push_fast(m: &mut Machine) -> Flow {
    let w = m.word();
    // SAFETY: V-REG, V-WINDOW; `append_here` checks the rest.
    unsafe {
        let sink = at(m.base, w.a());
        // Where a single item goes, the sink is nil or that item, which is told from a new
        // container by the mark behind it.
        if !(*at(m.base, w.c())).is_nil() || tag_at(sink.add(1)) != Tag::True as u64 {
            return Flow::Slow;
        }
        super::container::append_here(sink, || at(m.base, w.b()))
    }
}

pub(crate) fn sink_push(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    vm.collect_if_due();
    let w = Word(insn);
    let (v, key) = (vm.reg(w.b()), vm.reg(w.c()));
    if !vm.reg(w.a() + 2).truthy() {
        vm.set(w.a(), v);
        return Ok(());
    }
    let Some(c) = ContainerRef::of(vm.reg(w.a())) else {
        return Err(Raise::new(ErrorKind::Internal, "a sink is a container"));
    };
    if key.is_nil() { Ok(vm.heap.push(c, v)?) } else { super::container::put(vm, c, key, v) }
}

/// A stream over any value: see the opcode.
pub(crate) fn lazy_stream(vm: &mut Vm, v: Raw) -> Result<Raw, Raise> {
    if v.is(Tag::Stream) {
        return if StreamRef::from_raw(v).is_claimed() { Err(super::iterate::used_before()) } else { Ok(v) };
    }
    if v.is_nil() {
        return Err(Raise::new(ErrorKind::Type, "nil is no sequence").help("write `?? []` behind what may be nil"));
    }
    let state = super::iterate::begin(vm, v, true)?;
    let (source, extra) = if state[0].is_unset() { (Raw::UNSET, v) } else { (v, Raw::NIL) };
    let s = vm.heap.stream(Stage::Items, source, Raw::NIL, extra, 0)?;
    s.set_edits(state[2].int_bits());
    Ok(s.raw())
}

pub(crate) fn lazy(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    vm.collect_if_due();
    let w = Word(insn);
    let s = lazy_stream(vm, vm.reg(w.b()))?;
    vm.set(w.a(), s);
    Ok(())
}

pub(crate) fn stage(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    vm.collect_if_due();
    let w = Word(insn);
    let source = vm.reg(w.a());
    let source = lazy_stream(vm, source)?;
    vm.set(w.a(), source);
    let function = vm.reg(w.a() + 2);
    let mut extra = Raw::NIL;
    if w.c() > 2 {
        let args: Vec<Raw> = (2..w.c()).map(|i| vm.reg(w.a() + 2 * i)).collect();
        extra = vm.heap.container_of(&args)?.raw();
    }
    let stage = if w.b() == 0 { Stage::Map } else { Stage::Filter };
    let s = compose(vm, stage, source, function, extra, 0)?;
    vm.set(w.a(), s);
    Ok(())
}

/// A stream of a stage over another stream, which is used up by it.
pub(crate) fn compose(
    vm: &mut Vm,
    stage: Stage,
    source: Raw,
    function: Raw,
    extra: Raw,
    count: i64,
) -> Result<Raw, Raise> {
    if !StreamRef::from_raw(source).claim() {
        return Err(super::iterate::used_before());
    }
    let stream = vm.heap.stream(stage, source, function, extra, count)?;
    let code = vm.frames_down().find(|frame| vm.code_position(frame).is_some());
    stream.set_made_at(code.map_or(std::ptr::null(), |frame| frame.ip));
    Ok(stream.raw())
}

pub(crate) fn fold_start(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    let w = Word(insn);
    let (f, window) = (vm.reg(w.b()), vm.place(w.a()));
    start_fold(vm, f, window)
}

/// Runs the default of a function's first parameter; it arrives in `window[0]`,
/// unset where there is none.
pub(crate) fn start_fold(vm: &mut Vm, f: Raw, window: *mut Raw) -> Result<(), Raise> {
    if f.is(Tag::Closure) {
        let closure = closure_of(f);
        // SAFETY: H1.
        let proto = unsafe { &*(*closure).proto };
        if let Some(entry) = proto.prototype().default_entry {
            vm.spend_slow()?;
            let window = vm.make_room(window, proto.frame_bytes)?;
            vm.push_frame(proto, closure, window)?;
            vm.skip(i64::from(entry));
            return Ok(());
        }
    } else if !f.is(Tag::Native) {
        return Err(Raise::new(ErrorKind::Type, format!("a fold needs a function, not {}", type_name(f))));
    }
    // SAFETY: a register of the current frame.
    unsafe { *window = Raw::UNSET };
    Ok(())
}

pub(crate) fn fold_end(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    if vm.reg(Word(insn).a()).is_unset() {
        return Err(Raise::new(ErrorKind::Value, "a fold of no items has no result")
            .help("give the function's first parameter a default to start from: `^(acc: 0, x) { … }`"));
    }
    Ok(())
}
