//! Conditions: code that jumps where an expression is true or false, without
//! making a boolean of it.

use super::Generator;
use super::expr::Value;
use super::function::Jumps;
use super::literal::{constant, small};
use crate::ast::{BinaryOp, Expr, ExprId, LogicOp, UnaryOp};
use weave_bytecode::constant::Constant;
use weave_bytecode::operand::Reg;
use weave_bytecode::ops::Instr;
use weave_bytecode::position::Part;

/// Where a condition's jump goes.
pub(super) enum Goal<'j> {
    /// Forward, to a place that is not known yet.
    Forward(&'j mut Jumps),
    /// Back to the body of a loop.
    Back(u32),
}

impl Generator<'_> {
    /// Jumps where the truth of `id` is `sense`, else falls through. Chains of
    /// one operator are a loop, whatever their length.
    pub(super) fn condition(&mut self, id: ExprId, sense: bool, goal: &mut Goal<'_>) {
        let mut at = self.bare(id);
        let mut sense = sense;
        while let Expr::Unary { op: UnaryOp::Not, operand } = &self.tree[at].kind {
            sense = !sense;
            at = self.bare(*operand);
        }
        let tree = self.tree;
        match &tree[at].kind {
            Expr::Logic { op: op @ (LogicOp::And | LogicOp::Or), .. } => self.logic_condition(at, *op, sense, goal),
            Expr::Binary { op, left, right } if self.flags.superinstructions && is_comparison(*op) => {
                self.comparison(at, *op, *left, *right, sense, goal);
            }
            Expr::Bool(value) => {
                if *value == sense {
                    self.back_stands_at(at, goal);
                    self.jump(Instr::Jump { w: 0 }, Some(Instr::Loop { w: 0 }), goal);
                }
            }
            Expr::Call { .. } if self.call_condition(at, sense, goal) => {}
            _ => {
                let mark = self.f().registers.mark();
                let a = self.operand(at);
                self.f().registers.release(mark);
                let (forward, back) = if sense {
                    (Instr::JumpIf { a, w: 0 }, Instr::LoopIf { a, w: 0 })
                } else {
                    (Instr::JumpIfNot { a, w: 0 }, Instr::LoopIfNot { a, w: 0 })
                };
                self.back_stands_at(at, goal);
                self.jump(forward, Some(back), goal);
            }
        }
    }

    /// Records where the next instruction stands, if it is a way back: limits and
    /// interrupts strike there.
    fn back_stands_at(&mut self, condition: ExprId, goal: &Goal<'_>) {
        if let Goal::Back(_) = goal {
            let span = self.span(condition);
            self.f().position(Part::Whole, span);
        }
    }

    fn logic_condition(&mut self, id: ExprId, op: LogicOp, sense: bool, goal: &mut Goal<'_>) {
        let mut operands = Vec::new();
        let mut at = id;
        while let Expr::Logic { op: inner, left, right } = &self.tree[at].kind {
            if *inner != op {
                break;
            }
            operands.push(*right);
            at = self.bare(*left);
        }
        operands.push(at);
        // `a and b` is false as soon as one is; it is true where the last is.
        let decides_early = (op == LogicOp::Or) == sense;
        let mut through = Jumps::new();
        while let Some(operand) = operands.pop() {
            if decides_early || operands.is_empty() {
                self.condition(operand, sense, goal);
            } else {
                self.condition(operand, !sense, &mut Goal::Forward(&mut through));
            }
        }
        self.f().land(through);
    }

    /// Emits the jump forward, or the one back; where there is none of that
    /// kind, a jump over an unconditional one.
    fn jump(&mut self, forward: Instr, back: Option<Instr>, goal: &mut Goal<'_>) {
        match goal {
            Goal::Forward(jumps) => self.f().emit_jump(forward, jumps),
            Goal::Back(target) => match back {
                Some(back) => self.f().emit_back(back, *target),
                None => debug_assert!(false, "a comparison chooses its goal before it is emitted"),
            },
        }
    }

    fn comparison(&mut self, id: ExprId, op: BinaryOp, left: ExprId, right: ExprId, sense: bool, goal: &mut Goal<'_>) {
        // Equality has a jump for either sense; order tests keep their own
        // negations, since neither holds for NaN.
        let (op, sense) = match (op, sense) {
            (BinaryOp::Equal, false) => (BinaryOp::NotEqual, true),
            (BinaryOp::NotEqual, false) => (BinaryOp::Equal, true),
            other => other,
        };
        if let (Goal::Back(target), false) = (&*goal, sense) {
            let target = *target;
            let mut over = Jumps::new();
            self.comparison(id, op, left, right, true, &mut Goal::Forward(&mut over));
            self.f().emit_back(Instr::Loop { w: 0 }, target);
            self.f().land(over);
            return;
        }
        let mark = self.f().registers.mark();
        let spans = (self.span(id), self.span(left), self.span(right));
        let l = match self.number(left) {
            Some(number) => number,
            None => self.value(left, None),
        };
        let l = self.settle(l, &[right]);
        let a = self.reg(l);
        if let Some((forward, back)) = self.equality_with_literal(op, a, right) {
            self.f().registers.release(mark);
            self.back_stands_at(id, goal);
            if back.is_none() && matches!(goal, Goal::Back(_)) {
                return self.back_over(op, a, right, goal);
            }
            return self.jump(forward, back, goal);
        }
        let r = match self.number(right) {
            Some(number) => number,
            None => self.value(right, None),
        };
        let (forward, back) = self.comparison_jump(op, a, r, sense, matches!(goal, Goal::Back(_)));
        self.f().registers.release(mark);
        self.f().position(weave_bytecode::position::Part::Whole, spans.0);
        self.f().position(weave_bytecode::position::Part::Left, spans.1);
        self.f().position(weave_bytecode::position::Part::Right, spans.2);
        self.jump(forward, back, goal);
    }

    /// Comparing with `nil` or a text needs no register for it. The second
    /// instruction is the one that goes back, where there is one.
    fn equality_with_literal(&mut self, op: BinaryOp, a: Reg, right: ExprId) -> Option<(Instr, Option<Instr>)> {
        let equal = match op {
            BinaryOp::Equal => true,
            BinaryOp::NotEqual => false,
            _ => return None,
        };
        let tree = self.tree;
        match &tree[self.bare(right)].kind {
            Expr::Nil if equal => Some((Instr::JumpIfNil { a, w: 0 }, None)),
            Expr::Nil => Some((Instr::JumpIfNotNil { a, w: 0 }, None)),
            Expr::Str(text) => {
                let c = self.f().short_constant(Constant::Text(text.clone()))?;
                Some(if equal { (Instr::JumpEqK { a, c, x: 0 }, None) } else { (Instr::JumpNeK { a, c, x: 0 }, None) })
            }
            _ => None,
        }
    }

    /// The opposite test, over an unconditional jump back.
    fn back_over(&mut self, op: BinaryOp, a: Reg, right: ExprId, goal: &mut Goal<'_>) {
        let opposite = if op == BinaryOp::Equal { BinaryOp::NotEqual } else { BinaryOp::Equal };
        let Goal::Back(target) = goal else { return };
        let mut over = Jumps::new();
        if let Some((forward, _)) = self.equality_with_literal(opposite, a, right) {
            self.f().emit_jump(forward, &mut over);
        }
        self.f().emit_back(Instr::Loop { w: 0 }, *target);
        self.f().land(over);
    }

    /// The instructions that compare and jump, forward and back.
    fn comparison_jump(&mut self, op: BinaryOp, a: Reg, r: Value, sense: bool, back: bool) -> (Instr, Option<Instr>) {
        if let Some(c) = small(r)
            && let Some(found) = small_jump(op, a, c, sense, back)
        {
            return found;
        }
        if let Some(k) = constant(r)
            && !back
            && let Some(c) = self.f().short_constant(k)
            && let Some(found) = constant_jump(op, a, c, sense)
        {
            return (found, None);
        }
        let b = self.reg(r);
        register_jump(op, a, b, sense)
    }
}

fn is_comparison(op: BinaryOp) -> bool {
    use BinaryOp::{Equal, Greater, GreaterEqual, Less, LessEqual, NotEqual};
    matches!(op, Equal | NotEqual | Less | LessEqual | Greater | GreaterEqual)
}

fn small_jump(op: BinaryOp, a: Reg, c: i16, sense: bool, back: bool) -> Option<(Instr, Option<Instr>)> {
    let x = 0;
    Some(match (op, sense) {
        (BinaryOp::Equal, _) if back => return None,
        (BinaryOp::Equal, _) => (Instr::JumpEqI { a, c, x }, None),
        (BinaryOp::NotEqual, _) => (Instr::JumpNeI { a, c, x }, Some(Instr::LoopNeI { a, c, x })),
        (BinaryOp::Less, true) => (Instr::JumpLtI { a, c, x }, Some(Instr::LoopLtI { a, c, x })),
        (BinaryOp::LessEqual, true) => (Instr::JumpLeI { a, c, x }, Some(Instr::LoopLeI { a, c, x })),
        (BinaryOp::Greater, true) => (Instr::JumpGtI { a, c, x }, Some(Instr::LoopGtI { a, c, x })),
        (BinaryOp::GreaterEqual, true) => (Instr::JumpGeI { a, c, x }, Some(Instr::LoopGeI { a, c, x })),
        (BinaryOp::Less, false) => (Instr::JumpNotLtI { a, c, x }, None),
        (BinaryOp::LessEqual, false) => (Instr::JumpNotLeI { a, c, x }, None),
        (BinaryOp::Greater, false) => (Instr::JumpNotGtI { a, c, x }, None),
        (BinaryOp::GreaterEqual, false) => (Instr::JumpNotGeI { a, c, x }, None),
        _ => return None,
    })
}

fn constant_jump(op: BinaryOp, a: Reg, c: u16, sense: bool) -> Option<Instr> {
    let x = 0;
    Some(match (op, sense) {
        (BinaryOp::Equal, _) => Instr::JumpEqK { a, c, x },
        (BinaryOp::NotEqual, _) => Instr::JumpNeK { a, c, x },
        (BinaryOp::Less, false) => Instr::JumpNotLtK { a, c, x },
        (BinaryOp::LessEqual, false) => Instr::JumpNotLeK { a, c, x },
        (BinaryOp::Greater, false) => Instr::JumpNotGtK { a, c, x },
        (BinaryOp::GreaterEqual, false) => Instr::JumpNotGeK { a, c, x },
        _ => return None,
    })
}

fn register_jump(op: BinaryOp, a: Reg, b: Reg, sense: bool) -> (Instr, Option<Instr>) {
    let x = 0;
    match (op, sense) {
        (BinaryOp::Equal, _) => (Instr::JumpEq { a, b, x }, Some(Instr::LoopEq { a, b, x })),
        (BinaryOp::NotEqual, _) => (Instr::JumpNe { a, b, x }, Some(Instr::LoopNe { a, b, x })),
        (BinaryOp::Less, true) => (Instr::JumpLt { a, b, x }, Some(Instr::LoopLt { a, b, x })),
        (BinaryOp::LessEqual, true) => (Instr::JumpLe { a, b, x }, Some(Instr::LoopLe { a, b, x })),
        (BinaryOp::Greater, true) => (Instr::JumpGt { a, b, x }, Some(Instr::LoopGt { a, b, x })),
        (BinaryOp::GreaterEqual, true) => (Instr::JumpGe { a, b, x }, Some(Instr::LoopGe { a, b, x })),
        (BinaryOp::Less, false) => (Instr::JumpNotLt { a, b, x }, None),
        (BinaryOp::LessEqual, false) => (Instr::JumpNotLe { a, b, x }, None),
        (BinaryOp::Greater, false) => (Instr::JumpNotGt { a, b, x }, None),
        // The caller asks for comparisons only.
        _ => (Instr::JumpNotGe { a, b, x }, None),
    }
}
