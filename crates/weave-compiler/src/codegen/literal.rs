//! Number literals and arithmetic on them. Folding never raises: what would
//! fail is left to fail when it runs.

use super::Generator;
use super::expr::Value;
use crate::ast::{BinaryOp, Expr, ExprId, UnaryOp};
use weave_bytecode::constant::Constant;

impl Generator<'_> {
    /// The number that an operand is written as, sign and parentheses
    /// included.
    pub(super) fn number(&self, id: ExprId) -> Option<Value> {
        let mut at = id;
        let mut negative = false;
        loop {
            match &self.tree[at].kind {
                Expr::Paren(inner) => at = *inner,
                Expr::Unary { op: UnaryOp::Negate, operand } if self.flags.fold => {
                    negative = !negative;
                    at = *operand;
                }
                Expr::Int(v) => return if negative { v.checked_neg().map(Value::Int) } else { Some(Value::Int(*v)) },
                Expr::Float(v) => return Some(Value::Float(if negative { -*v } else { *v })),
                _ => return None,
            }
        }
    }

    /// The result of an operator on two number literals, where it succeeds.
    pub(super) fn fold(&self, op: BinaryOp, left: Value, right: Value) -> Option<Value> {
        if !self.flags.fold {
            return None;
        }
        match (left, right) {
            (Value::Int(a), Value::Int(b)) => fold_ints(op, a, b),
            (Value::Float(a), Value::Float(b)) => fold_floats(op, a, b),
            _ => None,
        }
    }
}

fn fold_ints(op: BinaryOp, a: i64, b: i64) -> Option<Value> {
    let result = match op {
        BinaryOp::Add => a.checked_add(b),
        BinaryOp::Subtract => a.checked_sub(b),
        BinaryOp::Multiply => a.checked_mul(b),
        BinaryOp::FloorDivide if b != 0 => {
            let quotient = a.checked_div(b)?;
            let inexact = a % b != 0 && (a < 0) != (b < 0);
            Some(if inexact { quotient - 1 } else { quotient })
        }
        BinaryOp::Remainder if b != 0 => {
            let rest = a.checked_rem(b)?;
            Some(if rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest })
        }
        _ => None,
    };
    result.map(Value::Int)
}

fn fold_floats(op: BinaryOp, a: f64, b: f64) -> Option<Value> {
    let result = match op {
        BinaryOp::Add => a + b,
        BinaryOp::Subtract => a - b,
        BinaryOp::Multiply => a * b,
        BinaryOp::Divide => a / b,
        _ => return None,
    };
    // A NaN's bits are the machine's affair.
    (!result.is_nan()).then_some(Value::Float(result))
}

/// The constant that a number is.
pub(super) fn constant(value: Value) -> Option<Constant> {
    match value {
        Value::Int(v) => Some(Constant::Int(v)),
        Value::Float(v) => Some(Constant::Float(v)),
        Value::Variable(_) | Value::Temporary(_) => None,
    }
}

/// A number that fits an instruction's small operand.
pub(super) fn small(value: Value) -> Option<i16> {
    match value {
        Value::Int(v) => i16::try_from(v).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_floor() {
        assert_eq!(fold_ints(BinaryOp::FloorDivide, -7, 3), Some(Value::Int(-3)));
        assert_eq!(fold_ints(BinaryOp::Remainder, -7, 3), Some(Value::Int(2)));
        assert_eq!(fold_ints(BinaryOp::Remainder, 7, -3), Some(Value::Int(-2)));
    }

    #[test]
    fn what_fails_is_left_alone() {
        assert_eq!(fold_ints(BinaryOp::Add, i64::MAX, 1), None);
        assert_eq!(fold_ints(BinaryOp::FloorDivide, 1, 0), None);
        assert_eq!(fold_ints(BinaryOp::FloorDivide, i64::MIN, -1), None);
        assert_eq!(fold_ints(BinaryOp::Remainder, i64::MIN, -1), None);
        assert_eq!(fold_ints(BinaryOp::Divide, 1, 2), None);
    }
}
