//! Calls of functions that are known when they are compiled: which of them
//! are replaced by the function's body.

use super::Generator;
use super::arguments::{Arg, From, Shape, shape};
use super::call::CallSpans;
use super::condition::Goal;
use super::expr::Value;
use crate::ast::{Expr, ExprId, FnId, Pattern, Stmt};
use crate::resolve::{BindingId, OwnerId, Use};
use crate::walk::{Piece, walk};
use weave_bytecode::operand::Reg;
use weave_bytecode::signature::Source;
use weave_bytecode::span::Span;

/// The most expressions that the body of such a function consists of. In
/// place of its call, arithmetic of 3 expressions takes 0.46 of the processor's
/// instructions in a loop, of 7 0.60, of 15 0.72, of 19 0.76.
const SMALL: usize = 24;

/// The most expressions that bodies in place of calls add to one function.
const MOST_ADDED: usize = 1_000;

/// A call that becomes the body of its function.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) function: FnId,
    binding: BindingId,
    /// Whether the name may have no value yet.
    check: bool,
    callee: Span,
    /// Where each parameter's value comes from.
    sources: Vec<Source>,
    size: usize,
}

impl Known {
    /// The same call where the name is known to have a value.
    pub(super) fn checked(self) -> Known {
        Known { check: false, ..self }
    }
}

impl Generator<'_> {
    /// The function that a name stands for wherever it has a value, and
    /// whether the mention has to look for one.
    pub(super) fn fixed_function(&self, callee: ExprId) -> Option<(FnId, BindingId, bool)> {
        let callee = self.bare(callee);
        let Use::Binding { binding, check } = self.resolution.name_use(callee) else { return None };
        if !matches!(self.tree[callee].kind, Expr::Name(_)) {
            return None;
        }
        let info = self.resolution.binding(binding);
        // A later entry of a session may give the name another value.
        let may_change = self.is_session && info.global;
        info.fixed_function().filter(|_| !may_change).map(|function| (function, binding, check))
    }

    /// Whether a call becomes the body of its function. `items` is the number
    /// of arguments in front of those that are given.
    pub(super) fn known_call(&mut self, callee: ExprId, items: usize, args: &[Arg]) -> Option<Known> {
        if !self.flags.inline || shape(args) == Shape::Spread || !self.f().reachable {
            return None;
        }
        let (function, binding, check) = self.fixed_function(callee)?;
        let size = self.size_where_small(function)?;
        if self.inlining.contains(&function) || self.is_inlined_deeply() || !self.reaches_captures(function) {
            return None;
        }
        if self.f().added + size > MOST_ADDED {
            return None;
        }
        let signature = crate::resolve::signature(self.tree, self.names, function);
        let named: Vec<&str> = args.iter().filter_map(Arg::name).collect();
        let sources = signature.bind(items + args.len() - named.len(), &named).ok()?;
        Some(Known { function, binding, check, callee: self.span(callee), sources, size })
    }

    /// How many expressions a function has, where its body can stand in
    /// another function and is small. It has no loop, no handler, no function
    /// of its own, and does not call itself.
    fn size_where_small(&mut self, id: FnId) -> Option<usize> {
        if let Some(&known) = self.small.get(&id) {
            return known;
        }
        let size = self.measure(id);
        self.small.insert(id, size);
        size
    }

    fn measure(&self, id: FnId) -> Option<usize> {
        let tree = self.tree;
        let function = &tree[id].kind;
        let plain = function.params.iter().all(|p| !p.rest && matches!(tree[p.pattern].kind, Pattern::Name(_)));
        if !plain || self.owns_cells(id) {
            return None;
        }
        let mut size = 0;
        let mut fits = true;
        let defaults = function.params.iter().filter_map(|p| p.default).map(Piece::Expr);
        walk(tree, defaults.chain([Piece::Block(function.body)]).collect(), |piece, _| {
            match piece {
                Piece::Expr(expr) => {
                    size += usize::from(!matches!(tree[expr].kind, Expr::Paren(_)));
                    fits &= self.may_move(&tree[expr].kind) && !self.mentions_itself(expr, id);
                }
                Piece::Stmt(stmt) => {
                    let kind = &tree[stmt].kind;
                    fits &= matches!(kind, Stmt::Expr(_) | Stmt::Let { .. } | Stmt::Assign { .. } | Stmt::Return(_));
                }
                Piece::Block(_) | Piece::Target(_) => {}
            }
            fits &= size <= SMALL;
            fits
        });
        fits.then_some(size)
    }

    fn may_move(&self, expr: &Expr) -> bool {
        !matches!(
            expr,
            Expr::Error | Expr::Function(_) | Expr::Try { .. } | Expr::Regex(_) | Expr::Shell(_) | Expr::Pipe { .. }
        )
    }

    fn mentions_itself(&self, expr: ExprId, id: FnId) -> bool {
        match self.resolution.name_use(expr) {
            Use::Binding { binding, .. } => self.resolution.binding(binding).fixed_function() == Some(id),
            _ => false,
        }
    }

    /// Whether everything that a function captures can be read in the open one.
    fn reaches_captures(&mut self, id: FnId) -> bool {
        let captures = &self.resolution.functions[OwnerId::of(id).index()].captures;
        let open = self.f();
        captures.iter().all(|b| open.homes.contains_key(b) || open.captures.contains_key(b))
    }

    /// Emits a function's body in place of its call.
    pub(super) fn inline_call(&mut self, known: &Known, args: &[Arg], spans: CallSpans, dest: Option<Reg>) -> Value {
        let values = self.begin_known(known, args);
        self.inline(known.function, &values, spans.whole, dest)
    }

    /// As [`Generator::inline_call`], where nobody uses the value.
    pub(super) fn inline_effect(&mut self, known: &Known, args: &[Arg], spans: CallSpans) {
        let values = self.begin_known(known, args);
        self.inline_for_effect(known.function, &values, spans.whole);
    }

    /// Jumps where the truth of what a call gives is `sense`.
    pub(super) fn inline_condition(
        &mut self,
        known: &Known,
        args: &[Arg],
        spans: CallSpans,
        sense: bool,
        goal: &mut Goal<'_>,
    ) {
        let values = self.begin_known(known, args);
        let Some(condition) = self.single_expression(known.function) else { return };
        self.enter_inlined(known.function, &values, spans.whole, None);
        self.condition(condition, sense, goal);
        self.leave_inlined();
    }

    /// Evaluates the callee, as far as that can fail, and the arguments, in
    /// the order in which they are written; gives the values of the
    /// parameters.
    fn begin_known(&mut self, known: &Known, args: &[Arg]) -> Vec<Option<Value>> {
        self.f().added += known.size;
        if known.check {
            let mark = self.f().registers.mark();
            self.read(known.binding, true, known.callee, None);
            self.f().registers.release(mark);
        }
        let (mut positional, mut named) = (Vec::new(), Vec::new());
        for (i, arg) in args.iter().enumerate() {
            let value = match arg.from {
                From::Ready(reg) => Value::Variable(reg),
                From::Expr(id) => match self.number(id) {
                    Some(number) => number,
                    None => self.value(id, None),
                },
            };
            let later = self.pending_exprs(&args[i + 1..]);
            let value = self.settle(value, &later);
            if arg.name().is_some() { named.push(value) } else { positional.push(value) }
        }
        let value_of = |source: &Source| match *source {
            Source::Positional(i) => positional.get(i).copied(),
            Source::Named(i) => named.get(i).copied(),
            Source::Default | Source::Rest(_) => None,
        };
        known.sources.iter().map(value_of).collect()
    }
}
