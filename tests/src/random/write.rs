//! Writing a random program as source.

use super::{Compare, Cond, Expr, FUNCTIONS, Form, Op, Program, Stmt, VARIABLES};
use std::fmt::{Display, Formatter, Result};

impl Display for Program {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if self.wrapped {
            writeln!(f, "fn main() {{")?;
        }
        for variable in 0..VARIABLES {
            writeln!(f, "v{variable} = {variable}")?;
        }
        f.write_str(super::known::SOURCE)?;
        for function in 0..FUNCTIONS {
            writeln!(f, "f{function} = ^(x) {{ x + {function} }}")?;
        }
        // `while` counters get names of their own, numbered as they appear.
        let mut writer = Writer { f, counters: 0 };
        writer.block(&self.stmts)?;
        for variable in 0..VARIABLES {
            writeln!(f, "print(v{variable})")?;
        }
        if self.wrapped {
            writeln!(f, "}}\nmain()")?;
        }
        Ok(())
    }
}

struct Writer<'a, 'b> {
    f: &'a mut Formatter<'b>,
    counters: usize,
}

impl Writer<'_, '_> {
    fn block(&mut self, stmts: &[Stmt]) -> Result {
        stmts.iter().try_for_each(|stmt| self.stmt(stmt))
    }

    fn stmt(&mut self, stmt: &Stmt) -> Result {
        match stmt {
            Stmt::Assign(v, None, x) => writeln!(self.f, "v{v} = {x}"),
            Stmt::Assign(v, Some(op), x) => writeln!(self.f, "v{v} {}= {x}", op.sign()),
            Stmt::Let(v, x) => writeln!(self.f, "let v{v} = {x}"),
            Stmt::Print(x) => writeln!(self.f, "print({x})"),
            Stmt::If(cond, yes, no) => {
                writeln!(self.f, "if {cond} {{")?;
                self.block(yes)?;
                writeln!(self.f, "}} else {{")?;
                self.block(no)?;
                writeln!(self.f, "}}")
            }
            Stmt::For(v, from, count, body) => {
                writeln!(self.f, "for v{v} in {{ let a = {from}; a..a + {count} }} {{")?;
                self.block(body)?;
                writeln!(self.f, "}}")
            }
            Stmt::While(cond, count, body) => {
                let w = self.counters;
                self.counters += 1;
                writeln!(self.f, "let w{w} = 0\nwhile w{w} < {count} and {cond} {{\nw{w} += 1")?;
                self.block(body)?;
                writeln!(self.f, "}}")
            }
            Stmt::Break(cond) => writeln!(self.f, "if {cond} {{ break }}"),
            Stmt::Continue(cond) => writeln!(self.f, "if {cond} {{ continue }}"),
            Stmt::Try(body, handler) => {
                writeln!(self.f, "try {{")?;
                self.block(body)?;
                writeln!(self.f, "}} catch e {{\nprint(e.kind)")?;
                self.block(handler)?;
                writeln!(self.f, "}}")
            }
            Stmt::Function { name, parameter, body, value } => {
                writeln!(self.f, "f{name} = ^(v{parameter}) {{")?;
                self.block(body)?;
                writeln!(self.f, "{value}\n}}")
            }
            Stmt::Block(body) => {
                writeln!(self.f, "{{")?;
                self.block(body)?;
                writeln!(self.f, "}}")
            }
        }
    }
}

impl Op {
    fn sign(self) -> &'static str {
        match self {
            Op::Add => "+",
            Op::Sub => "-",
            Op::Mul => "*",
            Op::Div => "//",
            Op::Mod => "%",
        }
    }
}

impl Display for Expr {
    /// Operations stand in parentheses; what precedence does to them is not
    /// the business of these tests.
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Expr::Int(n) if *n < 0 => write!(f, "({n})"),
            Expr::Int(n) => write!(f, "{n}"),
            Expr::Var(v) => write!(f, "v{v}"),
            Expr::Binary(op, a, b) => write!(f, "({a} {} {b})", op.sign()),
            Expr::Negate(x) => write!(f, "(-{x})"),
            Expr::If(cond, a, b) => write!(f, "(if {cond} {{ {a} }} else {{ {b} }})"),
            Expr::Assign(v, x) => write!(f, "({{ v{v} = {x} }})"),
            Expr::Try(a, b) => write!(f, "(try {{ {a} }} catch {{ {b} }})"),
            Expr::Call(function, x) => write!(f, "f{function}({x})"),
            Expr::Known(g, Form::One, x, _) => write!(f, "g{g}({x})"),
            Expr::Known(g, Form::Two, x, y) => write!(f, "g{g}({x}, {y})"),
            Expr::Known(g, Form::Named, x, y) => write!(f, "g{g}(a: {x}, b: {y})"),
            Expr::Known(g, Form::Swapped, x, y) => write!(f, "g{g}(b: {x}, a: {y})"),
            Expr::Through(g, from, count) => {
                write!(f, "({{ let a = {from}; a..a + {count} }} *> g{g} &> ^(acc: 0, x) {{ acc + x }})")
            }
            Expr::Chain { from, count, item, map, keep } => write!(
                f,
                "({{ let a = {from}; a..a + {count} }} *> ^(v{item}) {{ {map} }} ?> ^(v{item}) {{ {keep} }} &> ^(acc: 0, x) {{ acc + x }})"
            ),
        }
    }
}

impl Display for Cond {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Cond::Compare(compare, a, b) => {
                let sign = match compare {
                    Compare::Equal => "==",
                    Compare::NotEqual => "!=",
                    Compare::Less => "<",
                    Compare::AtMost => "<=",
                    Compare::More => ">",
                    Compare::AtLeast => ">=",
                };
                write!(f, "({a} {sign} {b})")
            }
            Cond::And(a, b) => write!(f, "({a} and {b})"),
            Cond::Or(a, b) => write!(f, "({a} or {b})"),
            Cond::Not(a) => write!(f, "(not {a})"),
            Cond::Above(x) => write!(f, "above({x})"),
        }
    }
}
