//! Bodies that make and change containers, ranges and text.

use super::machine::{Flow, Machine, Word, at};
use crate::access::type_name;
use crate::error::{ErrorKind, Raise};
use crate::heap::OutOfMemory;
use crate::object::container::ContainerRef;
use crate::object::range::Range;
use crate::scratch::Scratch;
use crate::set::Bag;
use crate::value::{Raw, Tag, copy};
use crate::vm::Vm;
use weave_bytecode::position::Part;

/// Values that are copied between two looks at the interrupt.
const PIECE: usize = 64 * 1024;

impl Vm {
    /// The registers of a run that begins at a scaled operand. They are copied,
    /// so that the stack may be written meanwhile.
    pub(crate) fn run_of(&self, operand: usize, count: usize) -> &[Raw] {
        // SAFETY: V-REG bounds the run; nothing moves the stack while the
        // borrow lives, since that needs the machine mutably.
        unsafe { std::slice::from_raw_parts(self.place(operand), count) }
    }

    /// The values of positions `start..end` with their keys, in a new container.
    pub(crate) fn slice_container(
        &mut self,
        c: ContainerRef,
        start: usize,
        end: usize,
    ) -> Result<ContainerRef, OutOfMemory> {
        let out = self.heap.container(end - start)?;
        for i in start..end {
            self.heap.push_keyed(out, c.key(i), c.get(i))?;
        }
        Ok(out)
    }

    /// A copy of one level, keys kept, sharing the shape.
    pub(crate) fn copy_container(&mut self, c: ContainerRef, room: usize) -> Result<ContainerRef, OutOfMemory> {
        let out = self.heap.container(c.len() + room)?;
        let keys = c.keys();
        for i in 0..c.len() {
            if i % PIECE == PIECE - 1 {
                self.heap.go_on()?;
            }
            self.heap.push(out, c.get(i))?;
        }
        if !keys.is_null() {
            if keys.is_shared() {
                // SAFETY: H1; a shape may be shared by any container of its length.
                unsafe { (*out.0).keys = keys };
            } else {
                let own = self.heap.own_keys(out)?;
                for i in 0..c.len() {
                    // SAFETY: H1; the own list holds `len` keys.
                    unsafe { (*own.0).keys.set(i, keys.key(i)) };
                }
                self.heap.reindex(own);
            }
        }
        Ok(out)
    }
}

/// Makes an empty container.
#[inline(always)]
pub(crate) unsafe fn new_container_fast(m: &mut Machine) -> Flow {
    let w = m.word();
    // SAFETY: V-REG; nothing else borrows the machine while a fast body runs.
    unsafe {
        let heap = &mut (*m.vm).heap;
        if w.c() != 0 || heap.wants_collection() {
            return Flow::Slow;
        }
        let Ok(c) = heap.container(0) else { return Flow::Slow };
        m.put(w, c.raw());
    }
    Flow::Next
}

/// Instructions on up to so many registers, or captured variables, count no work.
pub(super) const LITTLE: usize = 64;

/// Counts the work of an instruction on so many registers, where that is not little.
pub(super) fn count_work(vm: &mut Vm, registers: usize) -> Result<(), Raise> {
    if registers > LITTLE { vm.poll_work(registers) } else { Ok(()) }
}

pub(crate) fn new_container(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    vm.collect_if_due();
    let w = Word(insn);
    let count = w.c();
    count_work(vm, count)?;
    let c = vm.heap.container(count)?;
    for i in 0..count {
        let v = vm.reg(w.b() + 2 * i);
        vm.heap.push(c, v)?;
    }
    vm.set(w.a(), c.raw());
    Ok(())
}

pub(crate) fn new_keyed(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    vm.collect_if_due();
    let w = Word(insn);
    let second = vm.take_second();
    let count = w.c();
    count_work(vm, count)?;
    let shape = (second >> 32) as usize;
    let c = if shape > 0 {
        let shape = vm.literal_shapes[shape - 1];
        let c = vm.heap.container(count)?;
        for i in 0..count {
            let v = vm.reg(w.b() + 2 * i);
            vm.heap.push(c, v)?;
        }
        // SAFETY: H1; the shape has as many keys as the literal has values
        // (V-KEYS).
        unsafe { (*c.0).keys = shape };
        c
    } else {
        let keys = ContainerRef::from_raw(vm.constant(second as u32 as usize));
        let c = vm.heap.container(count)?;
        for i in 0..count {
            let (key, v) = (keys.get(i), vm.reg(w.b() + 2 * i));
            if key.is_nil() {
                vm.heap.push(c, v)?;
            } else {
                vm.heap.set_key(c, key, v)?;
            }
        }
        c
    };
    vm.set(w.a(), c.raw());
    Ok(())
}

/// Appends to a container without keys that has room.
#[inline(always)]
pub(crate) unsafe fn append_fast(m: &mut Machine) -> Flow {
    let w = m.word();
    // SAFETY: V-REG.
    unsafe { append_here(at(m.base, w.a()), || at(m.base, w.b())) }
}

/// Appends a value to a container without keys, where that needs no memory.
///
/// # Safety
/// Both are places of values.
#[inline(always)]
pub(crate) unsafe fn append_here(object: *const Raw, value: impl FnOnce() -> *mut Raw) -> Flow {
    // SAFETY: H1; the position written is below the capacity.
    unsafe {
        if !(*object).is(Tag::Container) {
            return Flow::Slow;
        }
        let c = ContainerRef::as_is(*object).0;
        if !(*c).keys.is_null() || (*c).len >= (*c).values.capacity() {
            return Flow::Slow;
        }
        (*c).header.wide = (*c).header.wide.wrapping_add(1);
        let place = (*c).values.values().add((*c).len);
        (*c).len += 1;
        copy(value(), place);
    }
    Flow::Next
}

pub(crate) fn append(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    vm.collect_if_due();
    let w = Word(insn);
    let object = vm.reg(w.a());
    let Some(c) = ContainerRef::of_as_is(object) else {
        return Err(Raise::new(ErrorKind::Type, format!("`<<` appends to a container, not to {}", type_name(object)))
            .at(Part::Left));
    };
    let v = vm.reg(w.b());
    Ok(vm.heap.push(c, v)?)
}

/// Appends a value without a key, as [`append_fast`].
#[inline(always)]
pub(crate) unsafe fn push_item_fast(m: &mut Machine) -> Flow {
    let w = m.word();
    // SAFETY: V-REG.
    unsafe {
        if !(*at(m.base, w.c())).is_nil() {
            return Flow::Slow;
        }
        append_here(at(m.base, w.a()), || at(m.base, w.b()))
    }
}

pub(crate) fn push_item(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    vm.collect_if_due();
    let w = Word(insn);
    let (c, v, key) = (vm.reg(w.a()), vm.reg(w.b()), vm.reg(w.c()));
    let Some(c) = ContainerRef::of_as_is(c) else {
        return Err(Raise::new(ErrorKind::Internal, "items are pushed to a container"));
    };
    put(vm, c, key, v)
}

/// Appends under a key (nil: bare), or replaces the value that the key has.
pub(crate) fn put(vm: &mut Vm, c: ContainerRef, key: Raw, v: Raw) -> Result<(), Raise> {
    if matches!(key.tag(), Tag::Short | Tag::Text) {
        let key = vm.heap.key(key)?;
        return Ok(vm.heap.set_key(c, key, v)?);
    }
    Ok(vm.heap.push(c, v)?)
}

pub(crate) fn check_count(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    let w = Word(insn);
    let (v, want, open) = (vm.reg(w.a()), w.b(), w.c() & 1 == 1);
    let Some(c) = ContainerRef::of(v) else {
        return Err(Raise::new(ErrorKind::Type, format!("only a container can be taken apart, not {}", type_name(v))));
    };
    let fits = if open { c.len() >= want } else { c.len() == want };
    if fits {
        return Ok(());
    }
    let least = if open { "at least " } else { "" };
    Err(Raise::new(ErrorKind::Value, format!("the pattern takes {least}{want} values, the container has {}", c.len()))
        .help("take the others with `*rest`"))
}

pub(crate) fn slice_from(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    vm.collect_if_due();
    let w = Word(insn);
    let v = vm.reg(w.b());
    let Some(c) = ContainerRef::of(v) else {
        return Err(Raise::new(ErrorKind::Type, format!("only a container can be taken apart, not {}", type_name(v))));
    };
    vm.poll_work(c.len())?;
    let out = vm.slice_container(c, w.c().min(c.len()), c.len())?;
    vm.set(w.a(), out.raw());
    Ok(())
}

pub(crate) fn range(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    vm.collect_if_due();
    let w = Word(insn);
    let flags = w.c();
    let bound = |vm: &Vm, operand: usize, part: Part| {
        let v = vm.reg(operand);
        crate::number::operand(v)?.and_then(Raw::as_int).ok_or_else(|| {
            Raise::new(ErrorKind::Type, format!("a range goes from an int to an int, not {}", type_name(v))).at(part)
        })
    };
    let start = if flags & 2 == 0 { Some(bound(vm, w.b(), Part::Left)?) } else { None };
    let end = if flags & 4 == 0 { Some(bound(vm, w.b() + 2, Part::Right)?) } else { None };
    let v = vm.heap.range(Range { start, end, inclusive: flags & 1 == 1, step: 1 })?;
    vm.set(w.a(), v);
    Ok(())
}

/// Joins what fits into the value.
#[inline(always)]
pub(crate) unsafe fn concat_fast(m: &mut Machine) -> Flow {
    let w = m.word();
    // SAFETY: V-REG, V-WINDOW: the run lies in the frame, and nothing writes it here.
    let parts = unsafe { std::slice::from_raw_parts(at(m.base, w.b()), w.c()) };
    match crate::text::concat_short(parts) {
        Some(v) => {
            // SAFETY: V-REG.
            unsafe { m.put(w, v) };
            Flow::Next
        }
        None => Flow::Slow,
    }
}

pub(crate) fn concat(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    vm.collect_if_due();
    let w = Word(insn);
    count_work(vm, w.c())?;
    let parts: Vec<Raw> = vm.run_of(w.b(), w.c()).to_vec();
    let v = crate::text::concat(vm, &parts)?;
    vm.set(w.a(), v);
    Ok(())
}

pub(crate) fn format(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    vm.collect_if_due();
    let w = Word(insn);
    let spec = vm.constant(w.c());
    let value = vm.reg(w.b());
    let v = Scratch::with(vm, |scratch| {
        let text = crate::format::format(scratch, value, crate::access::text_of(&spec).unwrap_or(""))?;
        Ok(scratch.vm.heap.text(&text)?)
    })?;
    vm.set(w.a(), v);
    Ok(())
}

// ---- operators on whole containers

/// `a + b`: all of both; on a key that both have the right value wins in the
/// left one's place.
pub(crate) fn concatenate(vm: &mut Vm, a: Raw, b: Raw) -> Result<Raw, Raise> {
    vm.collect_if_due();
    let (a, b) = (ContainerRef::from_raw(a), ContainerRef::from_raw(b));
    vm.poll_work(a.len() + b.len())?;
    let out = vm.copy_container(a, b.len())?;
    for i in 0..b.len() {
        put(vm, out, b.key(i), b.get(i))?;
    }
    Ok(out.raw())
}

/// `a - b`: a without what b has.
pub(crate) fn subtract(vm: &mut Vm, a: Raw, b: Raw) -> Result<Raw, Raise> {
    vm.collect_if_due();
    let (a, b) = (ContainerRef::from_raw(a), ContainerRef::from_raw(b));
    Scratch::with(vm, |scratch| {
        let bag = Bag::of(scratch, b)?;
        let out = scratch.vm.heap.container(0)?;
        for i in 0..a.len() {
            if !bag.has(scratch, a.key(i), a.get(i))? {
                put(scratch.vm, out, a.key(i), a.get(i))?;
            }
        }
        Ok(out.raw())
    })
}

macro_rules! set_operators {
    ($($name:ident, $symbol:literal: |$scratch:ident, $a:ident, $b:ident, $out:ident| $body:block)*) => {$(
        pub(crate) fn $name(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
            vm.collect_if_due();
            let w = Word(insn);
            let (x, y) = (vm.reg(w.b()), vm.reg(w.c()));
            let (Some($a), Some($b)) = (ContainerRef::of(x), ContainerRef::of(y)) else {
                let (x, y) = (type_name(x), type_name(y));
                return Err(Raise::new(ErrorKind::Type, format!("`{}` joins two containers, not {x} and {y}", $symbol)));
            };
            let $out = vm.heap.container(0)?;
            Scratch::with(vm, |$scratch| {
                $body
                Ok(())
            })?;
            vm.set(w.a(), $out.raw());
            Ok(())
        }
    )*};
}

set_operators! {
    union, "|": |scratch, a, b, out| {
        let mut seen = Bag::default();
        for c in [a, b] {
            for i in 0..c.len() {
                let (key, v) = (c.key(i), c.get(i));
                if !key.is_nil() {
                    scratch.report(1, 0)?;
                    put(scratch.vm, out, key, v)?;
                } else if seen.insert(scratch, v)? {
                    scratch.vm.heap.push(out, v)?;
                }
            }
        }
    }
    intersect, "&": |scratch, a, b, out| {
        let other = Bag::of(scratch, b)?;
        let mut seen = Bag::default();
        for i in 0..a.len() {
            let (key, v) = (a.key(i), a.get(i));
            scratch.report(1, 0)?;
            if other.has(scratch, key, v)? && (!key.is_nil() || seen.insert(scratch, v)?) {
                put(scratch.vm, out, key, v)?;
            }
        }
    }
    differ, "!&": |scratch, a, b, out| {
        let bags = [Bag::of(scratch, b)?, Bag::of(scratch, a)?];
        for (c, other) in [a, b].into_iter().zip(bags) {
            let mut seen = Bag::default();
            for i in 0..c.len() {
                let (key, v) = (c.key(i), c.get(i));
                scratch.report(1, 0)?;
                if !other.has(scratch, key, v)? && (!key.is_nil() || seen.insert(scratch, v)?) {
                    put(scratch.vm, out, key, v)?;
                }
            }
        }
    }
}
