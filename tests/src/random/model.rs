//! The model: a tree walker for random programs.

use super::known::{self, Top};
use super::{Compare, Cond, Expr, FUNCTIONS, Form, Op, Program, Stmt, VARIABLES};
use std::cell::{Cell, RefCell};
use std::fmt::Write;
use std::rc::Rc;

/// What the program prints, with its last line `error: kind` where an error
/// ends it; nothing where it runs too long to be a test.
pub fn run(program: &Program) -> Option<String> {
    let mut scope: Option<Rc<Binding>> = None;
    for variable in 0..VARIABLES {
        let value = i64::try_from(variable).unwrap_or(0);
        scope = Some(Rc::new(Binding { variable, value: Cell::new(value), outer: scope }));
    }
    let functions = (0..FUNCTIONS).map(|_| RefCell::new(None)).collect();
    let mut model = Model { out: String::new(), steps: 0, functions, top: scope.clone() };
    let end = model.block_in(&program.stmts, &scope).and_then(|(_, scope)| {
        for variable in 0..VARIABLES {
            let value = model.get(variable, &scope)?;
            model.print(&value.to_string());
        }
        Ok(())
    });
    match end {
        Ok(()) => Some(model.out),
        Err(Fault::TooLong) => None,
        Err(fault) => {
            let _ = writeln!(model.out, "error: {}", fault.kind());
            Some(model.out)
        }
    }
}

/// A variable and those that were visible before it.
struct Binding {
    variable: usize,
    value: Cell<i64>,
    outer: Scope,
}

type Scope = Option<Rc<Binding>>;

struct Function<'p> {
    parameter: usize,
    body: &'p [Stmt],
    value: &'p Expr,
    scope: Scope,
}

struct Model<'p> {
    out: String,
    steps: usize,
    functions: Vec<RefCell<Option<Rc<Function<'p>>>>>,
    /// The variables as the small functions see them.
    top: Scope,
}

impl Top for Model<'_> {
    type Fault = Fault;

    fn top(&self, variable: usize) -> Result<i64, Fault> {
        self.get(variable, &self.top)
    }

    fn set_top(&mut self, variable: usize, value: i64) {
        Self::set(variable, value, &self.top);
    }

    fn operate(&self, op: Op, a: i64, b: i64) -> Result<i64, Fault> {
        operate(op, a, b)
    }
}

/// Why a run ends early.
enum Fault {
    Overflow,
    Zero,
    TooLong,
}

impl Fault {
    fn kind(&self) -> &'static str {
        match self {
            Fault::Overflow => "overflow",
            Fault::Zero => "zero",
            Fault::TooLong => "steps",
        }
    }
}

/// How a block ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stop {
    Normal,
    Break,
    Continue,
}

impl<'p> Model<'p> {
    fn print(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn step(&mut self) -> Result<(), Fault> {
        self.steps += 1;
        if self.steps > 20_000 { Err(Fault::TooLong) } else { Ok(()) }
    }

    fn find(variable: usize, scope: &Scope) -> Option<&Binding> {
        let mut at = scope.as_deref();
        while let Some(binding) = at {
            if binding.variable == variable {
                return Some(binding);
            }
            at = binding.outer.as_deref();
        }
        None
    }

    fn get(&self, variable: usize, scope: &Scope) -> Result<i64, Fault> {
        Self::find(variable, scope).map(|binding| binding.value.get()).ok_or(Fault::TooLong)
    }

    fn set(variable: usize, value: i64, scope: &Scope) {
        if let Some(binding) = Self::find(variable, scope) {
            binding.value.set(value);
        }
    }

    fn bind(variable: usize, value: i64, scope: &Scope) -> Scope {
        Some(Rc::new(Binding { variable, value: Cell::new(value), outer: scope.clone() }))
    }

    fn block(&mut self, stmts: &'p [Stmt], scope: &Scope) -> Result<Stop, Fault> {
        self.block_in(stmts, scope).map(|(stop, _)| stop)
    }

    /// Runs a block and gives the scope at its end too, in which the value of
    /// a function's body is evaluated.
    fn block_in(&mut self, stmts: &'p [Stmt], scope: &Scope) -> Result<(Stop, Scope), Fault> {
        let mut scope = scope.clone();
        for stmt in stmts {
            self.step()?;
            let stop = match stmt {
                Stmt::Let(variable, x) => {
                    let value = self.expr(x, &scope)?;
                    scope = Self::bind(*variable, value, &scope);
                    Stop::Normal
                }
                other => self.stmt(other, &scope)?,
            };
            if stop != Stop::Normal {
                return Ok((stop, scope));
            }
        }
        Ok((Stop::Normal, scope))
    }

    fn stmt(&mut self, stmt: &'p Stmt, scope: &Scope) -> Result<Stop, Fault> {
        match stmt {
            Stmt::Assign(variable, op, x) => {
                let old = self.get(*variable, scope)?;
                let value = self.expr(x, scope)?;
                let value = match op {
                    Some(op) => operate(*op, old, value)?,
                    None => value,
                };
                Self::set(*variable, value, scope);
            }
            Stmt::Let(..) => {}
            Stmt::Print(x) => {
                let value = self.expr(x, scope)?;
                self.print(&value.to_string());
            }
            Stmt::If(cond, yes, no) => {
                let body = if self.cond(cond, scope)? { yes } else { no };
                return self.block(body, scope);
            }
            Stmt::For(variable, from, count, body) => {
                let from = self.expr(from, scope)?;
                let end = from.checked_add(*count).ok_or(Fault::Overflow)?;
                for i in from..end {
                    let inner = Self::bind(*variable, i, scope);
                    if self.block(body, &inner)? == Stop::Break {
                        break;
                    }
                }
            }
            Stmt::While(cond, count, body) => {
                for _ in 0..*count {
                    if !self.cond(cond, scope)? || self.block(body, scope)? == Stop::Break {
                        break;
                    }
                }
            }
            Stmt::Break(cond) if self.cond(cond, scope)? => return Ok(Stop::Break),
            Stmt::Continue(cond) if self.cond(cond, scope)? => return Ok(Stop::Continue),
            Stmt::Break(_) | Stmt::Continue(_) => {}
            Stmt::Try(body, handler) => match self.block(body, scope) {
                Err(fault @ (Fault::Overflow | Fault::Zero)) => {
                    self.print(fault.kind());
                    return self.block(handler, scope);
                }
                other => return other,
            },
            Stmt::Function { name, parameter, body, value } => {
                let function = Function { parameter: *parameter, body, value, scope: scope.clone() };
                self.functions[*name].replace(Some(Rc::new(function)));
            }
            Stmt::Block(body) => return self.block(body, scope),
        }
        Ok(Stop::Normal)
    }

    fn expr(&mut self, expr: &'p Expr, scope: &Scope) -> Result<i64, Fault> {
        self.step()?;
        match expr {
            Expr::Int(n) => Ok(*n),
            Expr::Var(variable) => self.get(*variable, scope),
            Expr::Binary(op, a, b) => {
                let a = self.expr(a, scope)?;
                let b = self.expr(b, scope)?;
                operate(*op, a, b)
            }
            Expr::Negate(x) => self.expr(x, scope)?.checked_neg().ok_or(Fault::Overflow),
            Expr::If(cond, a, b) => {
                let x = if self.cond(cond, scope)? { a } else { b };
                self.expr(x, scope)
            }
            Expr::Assign(variable, x) => {
                let value = self.expr(x, scope)?;
                Self::set(*variable, value, scope);
                Ok(value)
            }
            Expr::Try(a, b) => match self.expr(a, scope) {
                Err(Fault::Overflow | Fault::Zero) => self.expr(b, scope),
                other => other,
            },
            Expr::Call(function, x) => {
                let called = self.functions[*function].borrow().clone();
                let x = self.expr(x, scope)?;
                let Some(called) = called else {
                    let plus = i64::try_from(*function).unwrap_or(0);
                    return x.checked_add(plus).ok_or(Fault::Overflow);
                };
                let inner = Self::bind(called.parameter, x, &called.scope);
                let (_, inner) = self.block_in(called.body, &inner)?;
                self.expr(called.value, &inner)
            }
            Expr::Known(function, form, x, y) => {
                let x = self.expr(x, scope)?;
                if *form == Form::One {
                    return known::call(self, *function, x, None);
                }
                let y = self.expr(y, scope)?;
                let (a, b) = if *form == Form::Swapped { (y, x) } else { (x, y) };
                known::call(self, *function, a, Some(b))
            }
            Expr::Through(function, from, count) => {
                let from = self.expr(from, scope)?;
                let end = from.checked_add(*count).ok_or(Fault::Overflow)?;
                let mut sum = 0_i64;
                for item in from..end {
                    self.step()?;
                    let item = known::call(self, *function, item, None)?;
                    sum = sum.checked_add(item).ok_or(Fault::Overflow)?;
                }
                Ok(sum)
            }
            Expr::Chain { from, count, item, map, keep } => {
                let from = self.expr(from, scope)?;
                let end = from.checked_add(*count).ok_or(Fault::Overflow)?;
                let mut sum = 0i64;
                for i in from..end {
                    let mapped = self.expr(map, &Self::bind(*item, i, scope))?;
                    if self.cond(keep, &Self::bind(*item, mapped, scope))? {
                        sum = sum.checked_add(mapped).ok_or(Fault::Overflow)?;
                    }
                }
                Ok(sum)
            }
        }
    }

    fn cond(&mut self, cond: &'p Cond, scope: &Scope) -> Result<bool, Fault> {
        self.step()?;
        match cond {
            Cond::Compare(compare, a, b) => {
                let a = self.expr(a, scope)?;
                let b = self.expr(b, scope)?;
                Ok(match compare {
                    Compare::Equal => a == b,
                    Compare::NotEqual => a != b,
                    Compare::Less => a < b,
                    Compare::AtMost => a <= b,
                    Compare::More => a > b,
                    Compare::AtLeast => a >= b,
                })
            }
            Cond::And(a, b) => Ok(self.cond(a, scope)? && self.cond(b, scope)?),
            Cond::Or(a, b) => Ok(self.cond(a, scope)? || self.cond(b, scope)?),
            Cond::Not(a) => Ok(!self.cond(a, scope)?),
            Cond::Above(x) => Ok(self.expr(x, scope)? > self.top(1)?),
        }
    }
}

/// The operation on exact numbers; what does not fit is an overflow. The
/// quotient rounds down, so the remainder has the sign of the divisor.
fn operate(op: Op, a: i64, b: i64) -> Result<i64, Fault> {
    let (wide_a, wide_b) = (i128::from(a), i128::from(b));
    if b == 0 && matches!(op, Op::Div | Op::Mod) {
        return Err(Fault::Zero);
    }
    let floor = || {
        let quotient = wide_a / wide_b;
        if wide_a % wide_b != 0 && (wide_a < 0) != (wide_b < 0) { quotient - 1 } else { quotient }
    };
    let exact = match op {
        Op::Add => wide_a + wide_b,
        Op::Sub => wide_a - wide_b,
        Op::Mul => wide_a * wide_b,
        Op::Div => floor(),
        Op::Mod => wide_a - floor() * wide_b,
    };
    i64::try_from(exact).map_err(|_| Fault::Overflow)
}
