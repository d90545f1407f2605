//! Bodies of arithmetic. The fast ones do two ints or two floats; everything
//! else, overflow and errors included, is [`binary`]'s.

use super::machine::{Flow, Machine, Word, at};
use crate::access::type_name;
use crate::error::{ErrorKind, Raise};
use crate::number;
use crate::value::{FLOAT, INT, Raw, Tag, float_at, int_at, tag_at};
use crate::vm::Vm;
use weave_bytecode::position::Part;

/// The arithmetic operators.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Arith {
    Add,
    Sub,
    Mul,
    Div,
    FloorDiv,
    Rem,
    Pow,
}

impl Arith {
    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Arith::Add => "+",
            Arith::Sub => "-",
            Arith::Mul => "*",
            Arith::Div => "/",
            Arith::FloorDiv => "//",
            Arith::Rem => "%",
            Arith::Pow => "**",
        }
    }
}

#[inline(always)]
pub(super) fn int_add_checked(a: i64, b: i64) -> Option<i64> {
    a.checked_add(b)
}
#[inline(always)]
pub(super) fn int_sub_checked(a: i64, b: i64) -> Option<i64> {
    a.checked_sub(b)
}
#[inline(always)]
pub(super) fn int_mul_checked(a: i64, b: i64) -> Option<i64> {
    a.checked_mul(b)
}
#[inline(always)]
pub(super) fn int_add(a: i64, b: i64) -> Option<Raw> {
    int_add_checked(a, b).map(Raw::int)
}
#[inline(always)]
pub(super) fn int_sub(a: i64, b: i64) -> Option<Raw> {
    int_sub_checked(a, b).map(Raw::int)
}
#[inline(always)]
fn int_mul(a: i64, b: i64) -> Option<Raw> {
    int_mul_checked(a, b).map(Raw::int)
}
#[inline(always)]
fn int_div(a: i64, b: i64) -> Option<Raw> {
    if b == 0 { None } else { Some(Raw::float(a as f64 / b as f64)) }
}
/// Rounds toward negative infinity. Both operands small and positive, the
/// common case, take the shorter division.
#[inline(always)]
fn int_floor_div(a: i64, b: i64) -> Option<Raw> {
    if (a | b) as u64 >> 32 == 0 && b != 0 {
        return Some(Raw::int(i64::from(a as u32 / b as u32)));
    }
    number::floor_div(a, b).map(Raw::int)
}
#[inline(always)]
fn int_rem(a: i64, b: i64) -> Option<Raw> {
    if (a | b) as u64 >> 32 == 0 && b != 0 {
        return Some(Raw::int(i64::from(a as u32 % b as u32)));
    }
    std::hint::cold_path();
    number::floor_rem(a, b).map(Raw::int)
}
/// The remainder by a small number of the instruction.
#[inline(always)]
pub(super) fn int_rem_small(a: i64, b: i64) -> Option<Raw> {
    if a as u64 >> 32 == 0 && b > 0 {
        return Some(Raw::int(i64::from(a as u32 % b as u32)));
    }
    std::hint::cold_path();
    number::floor_rem(a, b).map(Raw::int)
}
#[inline(always)]
pub(super) fn float_add(a: f64, b: f64) -> f64 {
    a + b
}
#[inline(always)]
pub(super) fn float_sub(a: f64, b: f64) -> f64 {
    a - b
}
#[inline(always)]
pub(super) fn float_mul(a: f64, b: f64) -> f64 {
    a * b
}
#[inline(always)]
fn float_div(a: f64, b: f64) -> f64 {
    a / b
}

/// Looks at the tags first and loads a payload only when it is used: that keeps
/// the handler within the registers that need no saving.
macro_rules! fast_pair {
    ($m:ident, $w:ident, $x:expr, $y:expr, $int:path, $float:path, $finish:ident) => {{
        let (x, y): (*const Raw, *const Raw) = ($x, $y);
        if tag_at(x) == INT {
            if tag_at(y) == INT {
                return match $int(int_at(x), int_at(y)) {
                    Some(v) => {
                        $m.$finish($w, v);
                        Flow::Next
                    }
                    None => Flow::Slow,
                };
            }
        } else if tag_at(x) == FLOAT && tag_at(y) == FLOAT {
            // Not rare: this only says which test comes first.
            std::hint::cold_path();
            let v = $float(float_at(x), float_at(y));
            $m.$finish($w, Raw::float(v));
            return Flow::Next;
        }
        Flow::Slow
    }};
}

macro_rules! ops {
    ($($name:ident, $slow:ident: $op:ident, $int:path, $float:path, |$m:ident, $w:ident| $x:expr, $y:expr;
       |$vm:ident, $sw:ident| $sx:expr, $sy:expr;)*) => {$(
        #[inline(always)]
        pub(crate) unsafe fn $name($m: &mut Machine) -> Flow {
            let $w = $m.word();
            // SAFETY: V-REG, V-CONST.
            unsafe { fast_pair!($m, $w, $x, $y, $int, $float, put) }
        }

        pub(crate) fn $slow($vm: &mut Vm, insn: u64) -> Result<(), Raise> {
            let $sw = Word(insn);
            let (x, y) = ($sx, $sy);
            let v = binary($vm, Arith::$op, x, y)?;
            $vm.set($sw.a(), v);
            Ok(())
        }
    )*};
}

fn float_floor_div(a: f64, b: f64) -> f64 {
    (a / b).floor()
}

ops! {
    add, add_slow: Add, int_add, float_add, |m, w| at(m.base, w.b()), at(m.base, w.c()); |vm, s| vm.reg(s.b()), vm.reg(s.c());
    sub, sub_slow: Sub, int_sub, float_sub, |m, w| at(m.base, w.b()), at(m.base, w.c()); |vm, s| vm.reg(s.b()), vm.reg(s.c());
    mul, mul_slow: Mul, int_mul, float_mul, |m, w| at(m.base, w.b()), at(m.base, w.c()); |vm, s| vm.reg(s.b()), vm.reg(s.c());
    div, div_slow: Div, int_div, float_div, |m, w| at(m.base, w.b()), at(m.base, w.c()); |vm, s| vm.reg(s.b()), vm.reg(s.c());
    floor_div, floor_div_slow: FloorDiv, int_floor_div, float_floor_div, |m, w| at(m.base, w.b()), at(m.base, w.c()); |vm, s| vm.reg(s.b()), vm.reg(s.c());
    add_k, add_k_slow: Add, int_add, float_add, |m, w| at(m.base, w.b()), m.k().add(w.c()); |vm, s| vm.reg(s.b()), vm.constant(s.c());
    sub_k, sub_k_slow: Sub, int_sub, float_sub, |m, w| at(m.base, w.b()), m.k().add(w.c()); |vm, s| vm.reg(s.b()), vm.constant(s.c());
    mul_k, mul_k_slow: Mul, int_mul, float_mul, |m, w| at(m.base, w.b()), m.k().add(w.c()); |vm, s| vm.reg(s.b()), vm.constant(s.c());
    div_k, div_k_slow: Div, int_div, float_div, |m, w| at(m.base, w.b()), m.k().add(w.c()); |vm, s| vm.reg(s.b()), vm.constant(s.c());
    add_from_k, add_from_k_slow: Add, int_add, float_add, |m, w| m.k().add(w.b()), at(m.base, w.c()); |vm, s| vm.constant(s.b()), vm.reg(s.c());
    sub_from_k, sub_from_k_slow: Sub, int_sub, float_sub, |m, w| m.k().add(w.b()), at(m.base, w.c()); |vm, s| vm.constant(s.b()), vm.reg(s.c());
    mul_from_k, mul_from_k_slow: Mul, int_mul, float_mul, |m, w| m.k().add(w.b()), at(m.base, w.c()); |vm, s| vm.constant(s.b()), vm.reg(s.c());
    div_from_k, div_from_k_slow: Div, int_div, float_div, |m, w| m.k().add(w.b()), at(m.base, w.c()); |vm, s| vm.constant(s.b()), vm.reg(s.c());
}

#[inline(always)]
pub(crate) unsafe fn rem(m: &mut Machine) -> Flow {
    let w = m.word();
    // SAFETY: V-REG.
    unsafe {
        let (x, y) = (at(m.base, w.b()), at(m.base, w.c()));
        if tag_at(x) == INT
            && tag_at(y) == INT
            && let Some(v) = int_rem(int_at(x), int_at(y))
        {
            m.set(w.a(), v);
            return Flow::Next;
        }
    }
    Flow::Slow
}

pub(crate) fn rem_slow(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    let w = Word(insn);
    let v = binary(vm, Arith::Rem, vm.reg(w.b()), vm.reg(w.c()))?;
    vm.set(w.a(), v);
    Ok(())
}

pub(crate) fn pow_slow(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    let w = Word(insn);
    let v = binary(vm, Arith::Pow, vm.reg(w.b()), vm.reg(w.c()))?;
    vm.set(w.a(), v);
    Ok(())
}

macro_rules! fast_small {
    ($m:ident, $int:path, |$x:ident, $c:ident| $float:expr, $finish:ident) => {{
        let w = $m.word();
        // SAFETY: V-REG.
        unsafe {
            let x = at($m.base, w.b());
            if tag_at(x) == INT {
                if let Some(v) = $int(int_at(x), w.small()) {
                    $m.$finish(w, v);
                    return Flow::Next;
                }
            } else if tag_at(x) == FLOAT {
                std::hint::cold_path();
                let ($x, $c) = (float_at(x), w.small() as f64);
                let out: Option<f64> = $float;
                if let Some(v) = out {
                    $m.$finish(w, Raw::float(v));
                    return Flow::Next;
                }
            }
        }
        Flow::Slow
    }};
}

macro_rules! small_ops {
    ($($name:ident, $slow:ident: $op:ident, $int:path, |$x:ident, $c:ident| $float:expr;)*) => {$(
        #[inline(always)]
        pub(crate) unsafe fn $name(m: &mut Machine) -> Flow {
            fast_small!(m, $int, |$x, $c| $float, put)
        }

        pub(crate) fn $slow(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
            let w = Word(insn);
            let v = binary(vm, Arith::$op, vm.reg(w.b()), Raw::int(w.small()))?;
            vm.set(w.a(), v);
            Ok(())
        }
    )*};
}

small_ops! {
    add_i, add_i_slow: Add, int_add, |x, c| Some(x + c);
    sub_i, sub_i_slow: Sub, int_sub, |x, c| Some(x - c);
    mul_i, mul_i_slow: Mul, int_mul, |x, c| Some(x * c);
    floor_div_i, floor_div_i_slow: FloorDiv, int_floor_div, |_x, _c| None;
    rem_i, rem_i_slow: Rem, int_rem_small, |_x, _c| None;
}

/// The same bodies where a `Return` of their result follows: see `fused.rs`.
macro_rules! returning {
    ($($name:ident: $int:path, $float:path, |$m:ident, $w:ident| $x:expr, $y:expr;)*) => {$(
        #[inline(always)]
        pub(crate) unsafe fn $name($m: &mut Machine) -> Flow {
            let $w = $m.word();
            // SAFETY: V-REG, V-CONST.
            unsafe { fast_pair!($m, $w, $x, $y, $int, $float, hand_back) }
        }
    )*};
}

returning! {
    add_return: int_add, float_add, |m, w| at(m.base, w.b()), at(m.base, w.c());
    sub_return: int_sub, float_sub, |m, w| at(m.base, w.b()), at(m.base, w.c());
    mul_return: int_mul, float_mul, |m, w| at(m.base, w.b()), at(m.base, w.c());
    add_from_k_return: int_add, float_add, |m, w| m.k().add(w.b()), at(m.base, w.c());
}

macro_rules! returning_small {
    ($($name:ident: $int:path, |$x:ident, $c:ident| $float:expr;)*) => {$(
        #[inline(always)]
        pub(crate) unsafe fn $name(m: &mut Machine) -> Flow {
            fast_small!(m, $int, |$x, $c| $float, hand_back)
        }
    )*};
}

returning_small! {
    add_i_return: int_add, |x, c| Some(x + c);
    sub_i_return: int_sub, |x, c| Some(x - c);
    mul_i_return: int_mul, |x, c| Some(x * c);
    rem_i_return: int_rem_small, |_x, _c| None;
}

#[inline(always)]
pub(crate) unsafe fn neg(m: &mut Machine) -> Flow {
    let w = m.word();
    // SAFETY: V-REG.
    unsafe {
        let v = m.reg(w.b());
        if v.is_float() {
            m.set(w.a(), Raw::float(-v.float_bits()));
            return Flow::Next;
        }
        if v.is_int()
            && let Some(n) = v.int_bits().checked_neg()
        {
            m.set(w.a(), Raw::int(n));
            return Flow::Next;
        }
    }
    Flow::Slow
}

pub(crate) fn neg_slow(vm: &mut Vm, insn: u64) -> Result<(), Raise> {
    let w = Word(insn);
    let v = vm.reg(w.b());
    let n = number::operand(v)?.ok_or_else(|| {
        Raise::new(ErrorKind::Type, format!("`-` needs a number, not {}", type_name(v))).at(Part::Left)
    })?;
    let out = if n.is_int() {
        Raw::int(n.int_bits().checked_neg().ok_or_else(|| overflow("-", n, None))?)
    } else {
        Raw::float(-n.float_bits())
    };
    vm.set(w.a(), out);
    Ok(())
}

fn overflow(op: &str, a: Raw, b: Option<Raw>) -> Raise {
    let text = match b {
        Some(b) => format!("{} {op} {}", a.int_bits(), b.int_bits()),
        None => format!("{op}({})", a.int_bits()),
    };
    Raise::new(ErrorKind::Overflow, format!("{text} does not fit into 64 bits"))
        .help("use floats, for example `float(x)`")
}

/// Every arithmetic operator on any two values.
pub(crate) fn binary(vm: &mut Vm, op: Arith, a: Raw, b: Raw) -> Result<Raw, Raise> {
    if let (Some(x), Some(y)) = (number::operand(a)?, number::operand(b)?) {
        return numbers(op, x, y);
    }
    let is_text = |v: Raw| matches!(v.tag(), Tag::Short | Tag::Text);
    match op {
        Arith::Add if is_text(a) && is_text(b) => {
            vm.collect_if_due();
            return crate::text::concat(vm, &[a, b]);
        }
        Arith::Add if a.is(Tag::Container) && b.is(Tag::Container) => return super::container::concatenate(vm, a, b),
        Arith::Sub if a.is(Tag::Container) && b.is(Tag::Container) => return super::container::subtract(vm, a, b),
        _ => {}
    }
    Err(mismatch(op, a, b))
}

/// The operator on two plain numbers.
pub(crate) fn numbers(op: Arith, x: Raw, y: Raw) -> Result<Raw, Raise> {
    if x.is_int() && y.is_int() {
        let (a, b) = (x.int_bits(), y.int_bits());
        let zero = || {
            Raise::new(ErrorKind::Zero, format!("{a} {} 0: division of an integer by zero", op.symbol()))
                .at(Part::Right)
                .help("test the divisor first")
        };
        let out = match op {
            Arith::Add => a.checked_add(b).map(Raw::int),
            Arith::Sub => a.checked_sub(b).map(Raw::int),
            Arith::Mul => a.checked_mul(b).map(Raw::int),
            Arith::Div if b == 0 => return Err(zero()),
            Arith::Div => Some(Raw::float(a as f64 / b as f64)),
            Arith::FloorDiv | Arith::Rem if b == 0 => return Err(zero()),
            Arith::FloorDiv => number::floor_div(a, b).map(Raw::int),
            Arith::Rem => number::floor_rem(a, b).map(Raw::int),
            Arith::Pow if b < 0 => Some(Raw::float((a as f64).powf(b as f64))),
            Arith::Pow => number::int_pow(a, b as u64).map(Raw::int),
        };
        return out.ok_or_else(|| overflow(op.symbol(), x, Some(y)));
    }
    let (a, b) = (number::to_float(x), number::to_float(y));
    Ok(Raw::float(match op {
        Arith::Add => a + b,
        Arith::Sub => a - b,
        Arith::Mul => a * b,
        Arith::Div => a / b,
        Arith::FloorDiv => float_floor_div(a, b),
        Arith::Rem => number::float_rem(a, b),
        Arith::Pow => a.powf(b),
    }))
}

fn mismatch(op: Arith, a: Raw, b: Raw) -> Raise {
    let (x, y) = (type_name(a), type_name(b));
    let symbol = op.symbol();
    let raise = Raise::new(ErrorKind::Type, format!("`{symbol}` does not work on {x} and {y}"))
        .label(format!("{x} {symbol} {y}"));
    let is_text = |v: Raw| matches!(v.tag(), Tag::Short | Tag::Text);
    let is_number = |v: Raw| matches!(v.tag(), Tag::Int | Tag::Float | Tag::ShortNumber | Tag::Number);
    if op == Arith::Add && (is_text(a) || is_text(b)) {
        raise.help("make text of it by interpolation, \"{a}{b}\", or a number of it with `int(…)` or `float(…)`")
    } else if is_text(a) && is_number(b) || is_number(a) && is_text(b) {
        raise.help("make a number of the text with `int(…)` or `float(…)`")
    } else if a.is_nil() || b.is_nil() {
        raise.help("give a value in place of nil with `??`, for example `(x ?? 0)`")
    } else if op == Arith::Add && (a.is(Tag::Container) || b.is(Tag::Container)) {
        raise.help("append one value with `<<`, or put it in brackets: `xs + [x]`")
    } else {
        raise
    }
}
