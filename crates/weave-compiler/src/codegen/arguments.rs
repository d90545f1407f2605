//! Arguments: their evaluation into a call's window, in the order in which
//! they are written.

use super::Generator;
use crate::ast::{Element, ExprId, FnId, Key};
use crate::resolve;
use weave_bytecode::operand::Reg;
use weave_bytecode::ops::Instr;
use weave_bytecode::signature::{Signature, Source};
use weave_bytecode::span::Span;

/// Where an argument's value comes from.
#[derive(Clone, Copy, Debug)]
pub(super) enum From {
    /// It is evaluated for the call.
    Expr(ExprId),
    /// It was evaluated before.
    Ready(Reg),
}

/// How an argument finds its parameter.
#[derive(Clone, Debug)]
pub(super) enum How {
    /// By its place.
    Position,
    /// By a name.
    Name(Box<str>),
    /// By a name that is made when it runs.
    Computed(From),
    /// A container of arguments.
    Spread,
}

/// One argument.
#[derive(Clone, Debug)]
pub(super) struct Arg {
    pub(super) how: How,
    pub(super) from: From,
    pub(super) span: Span,
}

/// What kinds of arguments a call has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shape {
    /// By position only.
    Plain,
    /// By position, then by name.
    Named,
    /// What is given shows only when it runs.
    Spread,
}

/// The shape of a list of arguments.
pub(super) fn shape(args: &[Arg]) -> Shape {
    let mut shape = Shape::Plain;
    for arg in args {
        match arg.how {
            How::Position => {}
            How::Name(_) => shape = Shape::Named,
            How::Computed(_) | How::Spread => return Shape::Spread,
        }
    }
    shape
}

impl Generator<'_> {
    /// The arguments of a call as it is written.
    pub(super) fn args_of(&self, elements: &[Element]) -> Vec<Arg> {
        elements
            .iter()
            .map(|element| match element {
                Element::Value(value) => Arg { how: How::Position, from: From::Expr(*value), span: self.span(*value) },
                Element::Spread(value) => Arg { how: How::Spread, from: From::Expr(*value), span: self.span(*value) },
                Element::Keyed { key, value, .. } => {
                    let how = match key {
                        Key::Text(text) => How::Name(text.clone()),
                        Key::Computed(key) => How::Computed(From::Expr(*key)),
                    };
                    Arg { how, from: From::Expr(*value), span: self.span(*value) }
                }
            })
            .collect()
    }

    /// An argument that is in a register already.
    pub(super) fn ready(&self, reg: Reg, span: Span) -> Arg {
        Arg { how: How::Position, from: From::Ready(reg), span }
    }

    /// The expressions that these arguments evaluate.
    pub(super) fn pending_exprs(&self, args: &[Arg]) -> Vec<ExprId> {
        let mut out = Vec::new();
        for arg in args {
            if let How::Computed(From::Expr(key)) = arg.how {
                out.push(key);
            }
            if let From::Expr(id) = arg.from {
                out.push(id);
            }
        }
        out
    }

    /// Evaluates an argument into a register.
    pub(super) fn arg_to(&mut self, from: From, dest: Reg) {
        match from {
            From::Expr(id) => self.expr_to(id, dest),
            From::Ready(reg) => self.f().copy(dest, reg),
        }
    }

    /// Evaluates every argument once, so that a loop can use them again and
    /// again; `later` is what is evaluated before the loop begins.
    pub(super) fn prepare(&mut self, args: &[Arg], later: &[ExprId]) -> Vec<Arg> {
        let exprs = self.pending_exprs(args);
        let mut seen = 0;
        let mut out = Vec::with_capacity(args.len());
        for arg in args {
            let mut ready = |g: &mut Self, from: From| match from {
                From::Expr(id) => {
                    seen += 1;
                    let rest: Vec<ExprId> = exprs[seen..].iter().chain(later).copied().collect();
                    let value = g.value(id, None);
                    let value = g.settle(value, &rest);
                    From::Ready(g.reg(value))
                }
                ready => ready,
            };
            let how = match &arg.how {
                How::Computed(key) => How::Computed(ready(self, *key)),
                how => how.clone(),
            };
            let from = ready(self, arg.from);
            out.push(Arg { how, from, span: arg.span });
        }
        out
    }

    /// A window's first register: `dest` where a window may begin there.
    pub(super) fn window(&mut self, dest: Option<Reg>) -> Reg {
        match dest {
            Some(dest) if self.f().registers.is_top(dest) => dest,
            _ => self.f().registers.take(),
        }
    }

    /// Evaluates arguments into the window that begins at `a`, which is taken
    /// already; gives their number.
    pub(super) fn fill(&mut self, a: Reg, args: &[Arg]) -> u16 {
        for (i, arg) in args.iter().enumerate() {
            let reg = if i == 0 { a } else { self.f().registers.take() };
            self.arg_to(arg.from, reg);
            self.f().registers.release_behind(reg);
        }
        args.len() as u16
    }

    /// Evaluates arguments into the window of a known function, each at the
    /// place of its parameter, and unset at those of defaults; gives their
    /// number, or `None` (and emits nothing) where they are in order already
    /// or only the running program can match them.
    pub(super) fn fill_known(&mut self, a: Reg, args: &[Arg], function: FnId) -> Option<u16> {
        let signature = resolve::signature(self.tree, self.names, function);
        let has_rest = signature.parameters.last().is_some_and(|p| p.rest);
        let bound = match shape(args) {
            Shape::Plain => !has_rest && args.len() < signature.parameters.len(),
            Shape::Named => true,
            Shape::Spread => false,
        };
        if bound && self.flags.arguments { self.fill_bound(a, args, &signature) } else { None }
    }

    /// Evaluates arguments into the order of a function's parameters, at `a`;
    /// gives their number, or `None` (and emits nothing) where only the
    /// running program can match them.
    pub(super) fn fill_bound(&mut self, a: Reg, args: &[Arg], signature: &Signature) -> Option<u16> {
        let named: Vec<&str> = args.iter().filter_map(|arg| arg.name()).collect();
        let positional = args.len() - named.len();
        let sources = signature.bind(positional, &named).ok()?;
        let rest = match sources.last() {
            Some(Source::Rest(from)) => Some(*from),
            _ => None,
        };
        let fixed = sources.len() - usize::from(rest.is_some());
        // A name that no parameter has goes to the rest parameter as a key,
        // for which the window has no place.
        let known = |n: &&str| signature.parameters[..fixed].iter().any(|p| &*p.name == *n);
        if rest.is_some() && !named.iter().all(known) {
            return None;
        }
        let surplus = rest.map_or(0, |from| positional - from);
        let count = fixed + surplus;
        let base = self.f().registers.mark();
        if count > 1 {
            self.f().registers.take_run(count - 1);
        }
        let (mut next_position, mut next_name) = (0, 0);
        for arg in args {
            let place = if arg.name().is_some() {
                next_name += 1;
                sources[..fixed].iter().position(|s| *s == Source::Named(next_name - 1))
            } else {
                next_position += 1;
                let fixed_place = sources[..fixed].iter().position(|s| *s == Source::Positional(next_position - 1));
                fixed_place.or_else(|| rest.map(|from| fixed + next_position - 1 - from))
            };
            let dest = Reg(a.0 + place.unwrap_or(0) as u16);
            self.arg_to(arg.from, dest);
        }
        for (i, source) in sources[..fixed].iter().enumerate() {
            if *source == Source::Default {
                self.f().emit(Instr::LoadUnset { a: Reg(a.0 + i as u16) });
            }
        }
        debug_assert!(self.f().registers.mark() >= base);
        Some(count as u16)
    }

    /// Collects arguments of any kind in a new container in `a`.
    pub(super) fn collect_args(&mut self, a: Reg, args: &[Arg], span: Span) {
        self.f().emit_at(Instr::NewContainer { a, b: a, c: 0 }, span);
        for arg in args {
            let mark = self.f().registers.mark();
            match &arg.how {
                How::Position => {
                    let b = self.arg_reg(arg.from);
                    self.f().emit_at(Instr::Append { a, b }, arg.span);
                }
                How::Name(name) => {
                    let key = self.f().registers.take();
                    let c = self.arg_reg(arg.from);
                    self.load_text(name, key);
                    self.f().emit_at(Instr::SetIndex { a, b: key, c }, arg.span);
                }
                How::Computed(key) => {
                    let b = self.arg_reg(*key);
                    let c = self.arg_reg(arg.from);
                    self.f().emit_at(Instr::SetIndex { a, b, c }, arg.span);
                }
                How::Spread => {
                    let source = self.arg_reg(arg.from);
                    self.push_all(a, source, arg.span);
                }
            }
            self.f().registers.release(mark);
        }
    }

    fn arg_reg(&mut self, from: From) -> Reg {
        match from {
            From::Expr(id) => self.operand(id),
            From::Ready(reg) => reg,
        }
    }

    /// Appends every item of a sequence, with its key, to the container in `a`.
    pub(super) fn push_all(&mut self, a: Reg, source: Reg, span: Span) {
        let iter = self.f().registers.take_run(5);
        let item = Reg(iter.0 + 3);
        let key = Reg(iter.0 + 4);
        let mut next = Vec::new();
        self.f().emit_at(Instr::IterPrep { a: iter, b: source, c: 0 }, span);
        self.f().emit_jump(Instr::Jump { w: 0 }, &mut next);
        if next.is_empty() {
            return;
        }
        let body = self.f().here();
        self.f().reachable = true;
        self.f().emit_at(Instr::PushItem { a, b: item, c: key }, span);
        self.f().land(next);
        self.iterate(iter, 2, body, span);
    }

    /// The end of a loop over a sequence.
    pub(super) fn iterate(&mut self, iter: Reg, flags: u16, body: u32, span: Span) {
        for instr in [Instr::IterNext { a: iter, c: flags, x: 0 }, Instr::IterStream { a: iter, c: flags, x: 0 }] {
            self.f().position(weave_bytecode::position::Part::Whole, span);
            self.f().emit_back(instr, body);
        }
    }
}

impl Arg {
    /// The name it is given by.
    pub(super) fn name(&self) -> Option<&str> {
        match &self.how {
            How::Name(name) => Some(name),
            _ => None,
        }
    }
}
