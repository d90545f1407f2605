//! Growing a random program from a seed.

use super::known::KNOWN;
use super::{Compare, Cond, Expr, FUNCTIONS, Form, Op, Program, Stmt, VARIABLES};
use crate::hostile::Dice;

/// A program that the seed determines.
pub fn grow(seed: u64) -> Program {
    let mut gardener =
        Gardener { dice: Dice::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)), callable: FUNCTIONS, in_loop: false };
    let wrapped = gardener.dice.below(2) == 0;
    let count = 4 + gardener.dice.below(8);
    let stmts = (0..count).map(|_| gardener.outermost()).collect();
    Program { wrapped, stmts }
}

struct Gardener {
    dice: Dice,
    /// Functions below this number may be called here, which keeps calls from
    /// running in circles.
    callable: usize,
    in_loop: bool,
}

impl Gardener {
    /// A statement whose error mostly does not end the program.
    fn outermost(&mut self) -> Stmt {
        let stmt = self.stmt(3);
        if matches!(stmt, Stmt::Let(..)) || self.dice.below(4) == 0 {
            return stmt;
        }
        Stmt::Try(vec![stmt], Vec::new())
    }

    fn block(&mut self, count: usize, depth: usize) -> Vec<Stmt> {
        (0..count).map(|_| self.stmt(depth)).collect()
    }

    fn inner(&mut self, depth: usize) -> Vec<Stmt> {
        let count = 1 + self.dice.below(3);
        self.block(count, depth - 1)
    }

    fn looped(&mut self, depth: usize) -> Vec<Stmt> {
        let outer = std::mem::replace(&mut self.in_loop, true);
        let body = self.inner(depth);
        self.in_loop = outer;
        body
    }

    fn var(&mut self) -> usize {
        self.dice.below(VARIABLES)
    }

    fn stmt(&mut self, depth: usize) -> Stmt {
        let simple = depth == 0;
        match self.dice.below(if simple { 8 } else { 18 }) {
            0 | 1 => Stmt::Print(self.expr(3)),
            2..=4 => {
                let op = if self.dice.below(3) == 0 { Some(self.op()) } else { None };
                Stmt::Assign(self.var(), op, self.expr(3))
            }
            5 => Stmt::Let(self.var(), self.expr(2)),
            6 if self.in_loop => Stmt::Break(self.cond(1)),
            7 if self.in_loop => Stmt::Continue(self.cond(1)),
            6 | 7 => Stmt::Print(self.expr(2)),
            8 | 9 => {
                let cond = self.cond(2);
                Stmt::If(cond, self.inner(depth), self.inner(depth))
            }
            10 | 11 => {
                let (variable, from, count) = (self.var(), self.expr(1), self.count());
                Stmt::For(variable, from, count, self.looped(depth))
            }
            12 => {
                let (cond, count) = (self.cond(2), self.count());
                Stmt::While(cond, count, self.looped(depth))
            }
            13 | 14 => Stmt::Try(self.inner(depth), self.inner(depth)),
            15 | 16 => self.function(depth),
            _ => Stmt::Block(self.inner(depth)),
        }
    }

    fn function(&mut self, depth: usize) -> Stmt {
        let name = self.dice.below(self.callable.max(1));
        let (outer_callable, outer_loop) = (self.callable, self.in_loop);
        self.callable = name;
        self.in_loop = false;
        let parameter = self.var();
        let body = self.inner(depth);
        let value = self.expr(2);
        self.callable = outer_callable;
        self.in_loop = outer_loop;
        Stmt::Function { name, parameter, body, value }
    }

    fn count(&mut self) -> i64 {
        i64::try_from(self.dice.below(5)).unwrap_or(0)
    }

    fn op(&mut self) -> Op {
        [Op::Add, Op::Sub, Op::Mul, Op::Div, Op::Mod][self.dice.below(5)]
    }

    fn int(&mut self) -> i64 {
        match self.dice.below(12) {
            0 => i64::MAX,
            1 => 1 << 40,
            2 => -70_000,
            3 => 300,
            n => i64::try_from(n).unwrap_or(0) - 6,
        }
    }

    fn expr(&mut self, depth: usize) -> Expr {
        if depth == 0 {
            return if self.dice.below(3) == 0 { Expr::Int(self.int()) } else { Expr::Var(self.var()) };
        }
        let part = |gardener: &mut Gardener| Box::new(gardener.expr(depth - 1));
        match self.dice.below(20) {
            0 => Expr::Int(self.int()),
            1 | 2 => Expr::Var(self.var()),
            3..=7 => Expr::Binary(self.op(), part(self), part(self)),
            8 => Expr::Negate(part(self)),
            9 | 10 => Expr::If(Box::new(self.cond(depth - 1)), part(self), part(self)),
            11 => Expr::Assign(self.var(), part(self)),
            12 => Expr::Try(part(self), part(self)),
            13 | 14 if self.callable > 0 => Expr::Call(self.dice.below(self.callable), part(self)),
            13 | 14 => Expr::Var(self.var()),
            15..=17 => {
                let form = [Form::One, Form::Two, Form::Named, Form::Swapped][self.dice.below(4)];
                Expr::Known(self.dice.below(KNOWN), form, part(self), part(self))
            }
            18 => Expr::Through(self.dice.below(KNOWN), part(self), self.count()),
            _ => Expr::Chain {
                from: part(self),
                count: self.count(),
                item: self.var(),
                map: part(self),
                keep: Box::new(self.cond(depth - 1)),
            },
        }
    }

    fn cond(&mut self, depth: usize) -> Cond {
        let kind = if depth == 0 { 0 } else { self.dice.below(7) };
        match kind {
            6 => Cond::Above(Box::new(self.expr(depth - 1))),
            3 => Cond::And(Box::new(self.cond(depth - 1)), Box::new(self.cond(depth - 1))),
            4 => Cond::Or(Box::new(self.cond(depth - 1)), Box::new(self.cond(depth - 1))),
            5 => Cond::Not(Box::new(self.cond(depth - 1))),
            _ => {
                use Compare::{AtLeast, AtMost, Equal, Less, More, NotEqual};
                let compare = [Equal, NotEqual, Less, AtMost, More, AtLeast][self.dice.below(6)];
                let depth = depth.saturating_sub(1);
                Cond::Compare(compare, Box::new(self.expr(depth)), Box::new(self.expr(depth)))
            }
        }
    }
}
