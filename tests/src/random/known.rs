//! Small functions that every random program declares at its top: what the
//! compiler knows about them must not show. Beside each its model.

use super::Op;

/// How many there are.
pub(super) const KNOWN: usize = 7;

/// Their source, behind that of the variables.
pub(super) const SOURCE: &str = "\
fn g0(a, b: 3) { a + b }
fn g1(a, b: 0) { if a > b { return a - b }
b - a }
g2 = ^(a, b: 1) { v0 + a * v1 - b }
fn g3(a, b: v1) { t = g0(a, b: b)
return t - g1(b, a) }
fn g4(a, b: 1) { v2 = a
v2 + b }
let g5 = ^(a, b: 7) { if a % 2 == 0 { g2(b, a) } else { a // b } }
fn g6(a, b: a) { a -= b
a * a }
fn above(a) { a > v1 }
";

/// What the functions need from the model: the variables of the top, and
/// arithmetic that may fail.
pub(super) trait Top {
    /// Why arithmetic fails.
    type Fault;
    /// A variable of the top.
    fn top(&self, variable: usize) -> Result<i64, Self::Fault>;
    /// Assigns a variable of the top.
    fn set_top(&mut self, variable: usize, value: i64);
    /// Arithmetic.
    fn operate(&self, op: Op, a: i64, b: i64) -> Result<i64, Self::Fault>;
}

/// What a function gives; `b` is `None` where the argument is left out.
pub(super) fn call<T: Top>(top: &mut T, function: usize, a: i64, b: Option<i64>) -> Result<i64, T::Fault> {
    match function {
        0 => top.operate(Op::Add, a, b.unwrap_or(3)),
        1 => {
            let b = b.unwrap_or(0);
            if a > b { top.operate(Op::Sub, a, b) } else { top.operate(Op::Sub, b, a) }
        }
        2 => {
            let product = top.operate(Op::Mul, a, top.top(1)?)?;
            let sum = top.operate(Op::Add, top.top(0)?, product)?;
            top.operate(Op::Sub, sum, b.unwrap_or(1))
        }
        3 => {
            let b = b.map_or_else(|| top.top(1), Ok)?;
            let t = call(top, 0, a, Some(b))?;
            let other = call(top, 1, b, Some(a))?;
            top.operate(Op::Sub, t, other)
        }
        4 => {
            top.set_top(2, a);
            top.operate(Op::Add, a, b.unwrap_or(1))
        }
        5 => {
            let b = b.unwrap_or(7);
            if top.operate(Op::Mod, a, 2)? == 0 { call(top, 2, b, Some(a)) } else { top.operate(Op::Div, a, b) }
        }
        _ => {
            let a = top.operate(Op::Sub, a, b.unwrap_or(a))?;
            top.operate(Op::Mul, a, a)
        }
    }
}
