//! Bodies that compare to a value, `not`, and `in`.

use super::machine::{Flow, Machine, Word, at};
use crate::access::{text_of, type_name};
use crate::equality::{equal_in, order_in};
use crate::error::{ErrorKind, Raise};
use crate::natives::first_at;
use crate::object::container::ContainerRef;
use crate::object::range::range_of;
use crate::value::{FLOAT, INT, Raw, Tag, float_at, int_at, tag_at};
use crate::vm::Vm;
use std::cmp::Ordering;
use weave_bytecode::position::Part;

/// The order tests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Test {
    Lt,
    Le,
    Gt,
    Ge,
}

impl Test {
    pub(crate) fn holds(self, o: Option<Ordering>) -> bool {
        match self {
            Test::Lt => o == Some(Ordering::Less),
            Test::Le => matches!(o, Some(Ordering::Less | Ordering::Equal)),
            Test::Gt => o == Some(Ordering::Greater),
            Test::Ge => matches!(o, Some(Ordering::Greater | Ordering::Equal)),
        }
    }
}

/// Whether the values at two places are equal, where their words or two plain numbers
/// decide; `None` otherwise.
///
/// # Safety
/// Both are places of values.
#[inline(always)]
pub(crate) unsafe fn equal_at(x: *const Raw, y: *const Raw) -> Option<bool> {
    // SAFETY: as the caller says.
    unsafe {
        if tag_at(x) == INT && tag_at(y) == INT {
            return Some(int_at(x) == int_at(y));
        }
        std::hint::cold_path();
        if tag_at(x) == FLOAT {
            return if tag_at(y) == FLOAT { Some(float_at(x) == float_at(y)) } else { None };
        }
        // Of values without an object behind them only an int may equal one with
        // other words, a float.
        let inside = |v: *const Raw| (*v).tag_byte() <= Tag::Short as u8;
        if !inside(x) || !inside(y) || tag_at(y) == FLOAT {
            return None;
        }
        Some(tag_at(x) == tag_at(y) && int_at(x) == int_at(y))
    }
}

/// As [`equal_at`], with a small number.
///
/// # Safety
/// It is a place of a value.
#[inline(always)]
pub(crate) unsafe fn equal_small(x: *const Raw, c: i64) -> Option<bool> {
    // SAFETY: as the caller says.
    unsafe {
        if tag_at(x) == INT {
            return Some(int_at(x) == c);
        }
        std::hint::cold_path();
        if tag_at(x) == FLOAT {
            return Some(float_at(x) == c as f64);
        }
        if (*x).tag_byte() <= Tag::Short as u8 { Some(false) } else { None }
    }
}

#[inline(always)]
pub(crate) unsafe fn not(m: &mut Machine) -> Flow {
    let w = m.word();
    // SAFETY: V-REG.
    unsafe {
        let v = m.reg(w.b());
        m.set(w.a(), Raw::bool(!v.truthy()));
    }
    Flow::Next
}

macro_rules! equality {
    ($($name:ident, $slow:ident: $yes:expr;)*) => {$(
        #[inline(always)]
        pub(crate) unsafe fn $name(m: &mut Machine) -> Flow {
            let w = m.word();
            // SAFETY: V-REG.
            unsafe {
                match equal_at(at(m.base, w.b()), at(m.base, w.c())) {
                    Some(e) => { m.set(w.a(), Raw::bool(e == $yes)); Flow::Next }
                    None => Flow::Slow,
                }
            }
        }

        pub(crate) fn $slow(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
            let w = Word(insn);
            let e = equal_in(vm, vm.reg(w.b()), vm.reg(w.c()))?;
            vm.set(w.a(), Raw::bool(e == $yes));
            Ok(())
        }
    )*};
}

equality! {
    eq, eq_slow: true;
    ne, ne_slow: false;
}

macro_rules! fast_order {
    ($m:ident, $op:tt, $finish:ident) => {{
        let w = $m.word();
        // SAFETY: V-REG.
        unsafe {
            let (x, y) = (at($m.base, w.b()), at($m.base, w.c()));
            let holds = if tag_at(x) == INT && tag_at(y) == INT {
                int_at(x) $op int_at(y)
            } else if tag_at(x) == FLOAT && tag_at(y) == FLOAT {
                std::hint::cold_path();
                float_at(x) $op float_at(y)
            } else {
                return Flow::Slow;
            };
            $m.$finish(w, Raw::bool(holds));
        }
        Flow::Next
    }};
}

macro_rules! ordering {
    ($($name:ident, $returning:ident, $slow:ident: $test:ident, $op:tt;)*) => {$(
        #[inline(always)]
        pub(crate) unsafe fn $name(m: &mut Machine) -> Flow {
            fast_order!(m, $op, put)
        }

        /// With a `Return` of the result behind it: see `fused.rs`.
        #[inline(always)]
        pub(crate) unsafe fn $returning(m: &mut Machine) -> Flow {
            fast_order!(m, $op, hand_back)
        }

        pub(crate) fn $slow(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
            let w = Word(insn);
            let o = order_in(vm, vm.reg(w.b()), vm.reg(w.c()))?;
            vm.set(w.a(), Raw::bool(Test::$test.holds(o)));
            Ok(())
        }
    )*};
}

ordering! {
    lt, lt_return, lt_slow: Lt, <;
    le, le_return, le_slow: Le, <=;
    gt, gt_return, gt_slow: Gt, >;
    ge, ge_return, ge_slow: Ge, >=;
}

/// `x in c`: a value of a container, a substring, a member of a range.
pub(crate) fn contains(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    let w = Word(insn);
    let found = is_in(vm, vm.reg(w.b()), vm.reg(w.c()))?;
    vm.set(w.a(), Raw::bool(found));
    Ok(())
}

/// Texts of up to so many bytes are searched in one go.
const LONGEST_AT_ONCE: usize = 64 * 1024;
/// Longer parts are prepared for each search.
const LONGEST_KEPT: usize = 256;

/// Whether a text holds a part. The search for the part that was looked for last
/// stays prepared: a loop looks for the same one in text after text.
fn holds(vm: &mut Vm, text: &[u8], part: &[u8]) -> bool {
    if part.len() > LONGEST_KEPT {
        return memchr::memmem::find(text, part).is_some();
    }
    match &vm.needle {
        Some(finder) if finder.needle() == part => finder.find(text).is_some(),
        _ => {
            let finder = memchr::memmem::Finder::new(part).into_owned();
            let found = finder.find(text).is_some();
            vm.needle = Some(Box::new(finder));
            found
        }
    }
}

/// See [`contains`].
pub(crate) fn is_in(vm: &mut Vm, x: Raw, c: Raw) -> Result<bool, Raise> {
    if let Some(c) = ContainerRef::of(c) {
        for i in 0..c.len() {
            vm.poll_work(1)?;
            if equal_in(vm, c.get(i), x)? {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    if let Some(text) = text_of(&c) {
        return match text_of(&x) {
            Some(part) => {
                // A long text is searched piece by piece, with a look at the limits between.
                if text.len() > LONGEST_AT_ONCE {
                    let finder = memchr::memmem::Finder::new(part);
                    let found = first_at(vm, text.as_bytes(), 0, part.len(), |stretch| finder.find(stretch))?;
                    return Ok(found.is_some());
                }
                vm.poll_work(text.len() / 64)?;
                Ok(holds(vm, text.as_bytes(), part.as_bytes()))
            }
            None => Err(Raise::new(ErrorKind::Type, format!("`in` a string needs a string, not {}", type_name(x)))
                .at(Part::Left)),
        };
    }
    if c.is(Tag::Range) {
        let r = range_of(c);
        let n = crate::number::operand(x)?;
        let whole = match n {
            Some(n) if n.is_int() => Some(n.int_bits()),
            Some(n) if n.float_bits().fract() == 0.0 && n.float_bits().abs() < 9.2e18 => Some(n.float_bits() as i64),
            _ => None,
        };
        return Ok(whole.is_some_and(|n| {
            let (start, count) = r.extent();
            let distance = i128::from(n) - i128::from(start);
            let step = i128::from(r.step);
            distance % step == 0 && distance / step >= 0 && count.is_none_or(|c| distance / step < i128::from(c))
        }));
    }
    Err(Raise::new(
        ErrorKind::Type,
        format!("`in` needs a container, a string or a range on its right, not {}", type_name(c)),
    )
    .at(Part::Right))
}
