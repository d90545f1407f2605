//! Random programs with a model: a small part of the language (ints, blocks,
//! loops, closures, errors, pipelines) is generated as a tree, written as
//! source, and run by an interpreter that is too simple to be wrong. The real
//! one must print the same.
//!
//! All plain names are set at the top, so that scoping in the model is a
//! linked list: `let` and parameters push a binding, a closure keeps the list
//! as it was when it was made.

mod grow;
mod known;
mod model;
mod write;

pub use grow::grow;
pub use model::run;

/// A binary operator on ints.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Op {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `//`
    Div,
    /// `%`
    Mod,
}

/// A comparison.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Compare {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `>=`
    AtLeast,
}

/// An expression whose value is an int.
#[derive(Clone, Debug)]
pub enum Expr {
    /// A literal.
    Int(i64),
    /// A variable, by number.
    Var(usize),
    /// An operation.
    Binary(Op, Box<Expr>, Box<Expr>),
    /// `-x`
    Negate(Box<Expr>),
    /// `if c { a } else { b }`
    If(Box<Cond>, Box<Expr>, Box<Expr>),
    /// `{ v = x }`, an assignment in the middle of an expression.
    Assign(usize, Box<Expr>),
    /// `try { a } catch { b }`
    Try(Box<Expr>, Box<Expr>),
    /// `f(x)` of a function variable.
    Call(usize, Box<Expr>),
    /// `g(x)`, `g(x, y)`, `g(a: x, b: y)` or `g(b: x, a: y)` of a small
    /// function.
    Known(usize, Form, Box<Expr>, Box<Expr>),
    /// `(a..a + n *> g &> ^(acc: 0, x) { acc + x })` of a small function.
    Through(usize, Box<Expr>, i64),
    /// `(a..a + n *> ^(p) { x } ?> ^(p) { c } &> ^(acc: 0, x) { acc + x })`,
    /// where `p` is a variable's name.
    Chain {
        /// Where the range starts.
        from: Box<Expr>,
        /// How many members it has.
        count: i64,
        /// The parameter's variable.
        item: usize,
        /// What each member becomes.
        map: Box<Expr>,
        /// Which of those are summed.
        keep: Box<Cond>,
    },
}

/// How the arguments of a small function are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// The second one is left out.
    One,
    /// Both by position.
    Two,
    /// Both by name.
    Named,
    /// By name, the second one first.
    Swapped,
}

/// A condition.
#[derive(Clone, Debug)]
pub enum Cond {
    /// A comparison.
    Compare(Compare, Box<Expr>, Box<Expr>),
    /// `a and b`
    And(Box<Cond>, Box<Cond>),
    /// `a or b`
    Or(Box<Cond>, Box<Cond>),
    /// `not a`
    Not(Box<Cond>),
    /// `above(x)`
    Above(Box<Expr>),
}

/// A statement.
#[derive(Clone, Debug)]
pub enum Stmt {
    /// `v = x`, or `v op= x`.
    Assign(usize, Option<Op>, Expr),
    /// `let v = x`
    Let(usize, Expr),
    /// `print(x)`
    Print(Expr),
    /// `if c { … } else { … }`
    If(Cond, Vec<Stmt>, Vec<Stmt>),
    /// `for v in a..a + n { … }`
    For(usize, Expr, i64, Vec<Stmt>),
    /// A `while` that runs at most so many times.
    While(Cond, i64, Vec<Stmt>),
    /// `if c { break }`, only inside loops.
    Break(Cond),
    /// `if c { continue }`, only inside loops.
    Continue(Cond),
    /// `try { … } catch e { print(e.kind) … }`
    Try(Vec<Stmt>, Vec<Stmt>),
    /// `f = ^(p) { … x }`: the statements, then the value.
    Function {
        /// The function variable's number.
        name: usize,
        /// The parameter's variable.
        parameter: usize,
        /// The statements of the body.
        body: Vec<Stmt>,
        /// The value behind them.
        value: Expr,
    },
    /// `{ … }`
    Block(Vec<Stmt>),
}

/// A whole program.
#[derive(Clone, Debug)]
pub struct Program {
    /// Whether the statements stand inside a function.
    pub wrapped: bool,
    /// The statements.
    pub stmts: Vec<Stmt>,
}

/// How many variables there are.
pub const VARIABLES: usize = 5;
/// How many function variables there are; one may call those below it.
pub const FUNCTIONS: usize = 3;
