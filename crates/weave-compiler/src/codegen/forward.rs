//! Forward substitution: a chain whose value a name holds for nothing but the next
//! statement's chain becomes one loop with that chain, and the container between
//! them is never made.
//!
//! ```text
//! ys = xs *> ^{ it * 2 }         one loop, as of
//! zs = ys ?> ^{ it % 3 == 0 }    n = xs *> ^{ it * 2 } ?> ^{ it % 3 == 0 } |> sum
//! n = zs |> sum
//! ```
//!
//! One loop interleaves what three loops do one after the other, so it stands only where
//! nobody can tell: all stages' functions stand in the loop and may run again
//! ([`repeat`](super::repeat)), every stage asks for every item, and the source is a container or a
//! closed range. Errors remain: of two, another one may come first. So the loop runs under
//! a handler that catches every error and goes on with the statements as they
//! are written, which find the error that comes first. They are also what runs where the source
//! turns out to be a stream, which is lazy, or a single value.
//!
//! ```text
//!         source
//!         JumpIfStream  source, plain
//!         the loop of all chains               handler: plain
//!         Jump          done
//! plain:  the statements, then the last one's chain
//! done:   the last statement, whose chain has its value
//! ```

use super::Generator;
use super::body::Tail;
use super::function::Jumps;
use super::pass::Source;
use super::pipeline::Link;
use super::step::Core;
use crate::ast::{Element, Expr, ExprId, Part, PipeOp, Stmt, StmtId};
use crate::resolve::{BindingId, BindingKind, Storage, Use};
use weave_bytecode::ops::Instr;

/// Statements whose chains become one loop.
struct Run {
    /// How many statements only name a chain for the next one.
    named: usize,
    /// What the first chain begins with.
    base: ExprId,
    /// The links of all chains.
    links: Vec<Link>,
    /// The last statement's chain, as far as it is part of the loop.
    last: ExprId,
}

impl Generator<'_> {
    /// Emits the statements at the start of `stmts` whose chains become one loop; how many
    /// they are, 0 where the first is an ordinary one. `tail` says what becomes of the last
    /// statement's value.
    pub(super) fn forward(&mut self, stmts: &[StmtId], tail: Tail) -> usize {
        if !(self.flags.forward && self.flags.fuse && self.f().reachable) {
            return 0;
        }
        let Some(run) = self.run(stmts, tail) else { return 0 };
        let (named, consumer) = (&stmts[..run.named], stmts[run.named]);
        let tail = if run.named + 1 == stmts.len() { tail } else { Tail::Effect };
        let result = self.f().registers.take();
        self.f().kept.begin_statement();
        let source = self.chain_source(run.base, &run.links);
        if !self.f().reachable {
            return run.named + 1;
        }
        let mark = self.f().registers.mark();
        let span = self.span(run.base);
        let (mut plain, mut done) = (Jumps::new(), Jumps::new());
        let start = self.f().here();
        let source = match source {
            Source::Register(a) => {
                self.f().emit_jump(Instr::JumpIfStream { a, w: 0 }, &mut plain);
                self.given.insert(run.base, a);
                Source::Sequence(a)
            }
            counted => counted,
        };
        let value = self.one_pass(source, span, &run.links);
        self.put(value, result);
        let stop = self.f().here();
        self.f().emit_jump(Instr::Jump { w: 0 }, &mut done);
        self.f().registers.release(mark);
        self.f().begin_handler(start, stop);
        self.f().land(plain);
        self.f().registers.release(mark);
        for stmt in named {
            self.stmt(*stmt, Tail::Effect);
        }
        self.f().kept.begin_statement();
        self.expr_to(run.last, result);
        self.f().registers.release(mark);
        self.f().land(done);
        self.given.remove(&run.base);
        self.given.insert(run.last, result);
        self.stmt(consumer, tail);
        self.given.remove(&run.last);
        run.named + 1
    }

    /// The longest run of statements that begins here.
    fn run(&self, stmts: &[StmtId], tail: Tail) -> Option<Run> {
        let (name, value) = self.named_chain(*stmts.first()?)?;
        let mut next = self.links_on(name, *stmts.get(1)?)?;
        let (base, links) = self.last_segment(value)?;
        if !self.collects(&links) {
            return None;
        }
        let mut run = Run { named: 0, base, links, last: value };
        for (i, stmt) in stmts.iter().enumerate().skip(1) {
            let is_last = i + 1 == stmts.len();
            let is_effect = !is_last || tail == Tail::Effect;
            if is_effect && matches!(self.tree[*stmt].kind, Stmt::Expr(e) if self.is_pipe(e)) {
                break;
            }
            let Some(part) = next.last().map(|link| link.whole).filter(|_| self.repeat_all(&next)) else { break };
            let collects = self.collects(&next);
            run.named = i;
            run.last = part;
            run.links.extend(next);
            let Some((following, value)) = self.named_chain(*stmt).filter(|_| !is_last) else { break };
            let Some(links) = self.links_on(following, stmts[i + 1]) else { break };
            if value != part || !collects {
                break;
            }
            next = links;
        }
        (run.named > 0).then_some(run)
    }

    fn is_pipe(&self, id: ExprId) -> bool {
        matches!(self.tree[self.bare(id)].kind, Expr::Pipe { .. })
    }

    /// A statement that only gives a chain's value to a name which the program mentions
    /// once.
    fn named_chain(&self, stmt: StmtId) -> Option<(BindingId, ExprId)> {
        let (target, value) = match self.tree[stmt].kind {
            Stmt::Let { pattern, value } => (pattern, self.bare(value)),
            Stmt::Assign { target, op: None, value } => (target, self.bare(value)),
            _ => return None,
        };
        if !self.is_pipe(value) {
            return None;
        }
        let (binding, _) = self.resolution.target(target)?;
        let info = self.resolution.binding(binding);
        let is_local = info.storage == Storage::Register
            && !info.captured
            && info.assignments == 1
            && matches!(info.kind, BindingKind::Variable | BindingKind::Let)
            && self.mentioned.get(binding.0 as usize) == Some(&1);
        is_local.then_some((binding, value))
    }

    /// Whether the value of a chain of these links is a container of the items.
    fn collects(&self, links: &[Link]) -> bool {
        links.iter().all(|link| matches!(link.op, PipeOp::Map | PipeOp::Filter))
    }

    /// The last segment of a chain and what it begins with, where it can be part of such a
    /// loop.
    fn last_segment(&self, chain: ExprId) -> Option<(ExprId, Vec<Link>)> {
        let (source, links) = self.links(chain);
        let (mut base, mut at) = (source, 0);
        loop {
            let group = self.group(&links[at..]);
            if at + group == links.len() {
                let last = links[at..].to_vec();
                return self.repeat_all(&last).then_some((base, last));
            }
            at += group;
            base = links[at - 1].whole;
        }
    }

    /// The first segment of the chain on this name that a statement evaluates first.
    fn links_on(&self, name: BindingId, stmt: StmtId) -> Option<Vec<Link>> {
        let value = match self.tree[stmt].kind {
            Stmt::Expr(value) | Stmt::Let { value, .. } | Stmt::Return(Some(value)) => value,
            Stmt::For { source, .. } => source,
            Stmt::Assign { target, op, value } => {
                let (_, check) = self.resolution.target(target)?;
                if op.is_some() && check {
                    return None;
                }
                value
            }
            _ => return None,
        };
        let (source, mut links) = self.links(self.evaluated_first(value)?);
        let is_named = matches!(self.tree[source].kind, Expr::Name(_))
            && self.resolution.name_use(source) == Use::Binding { binding: name, check: false };
        is_named.then(|| {
            links.truncate(self.group(&links));
            links
        })
    }

    /// The chain that an expression evaluates before anything that can fail or be seen.
    fn evaluated_first(&self, id: ExprId) -> Option<ExprId> {
        let mut at = self.bare(id);
        loop {
            let next = match &self.tree[at].kind {
                Expr::Pipe { .. } => return Some(at),
                Expr::Binary { left, right, .. } if self.can_wait(*left) => *right,
                Expr::Binary { left, .. } | Expr::Logic { left, .. } => *left,
                Expr::Unary { operand, .. } => *operand,
                Expr::Index { object, .. } | Expr::Field { object, .. } | Expr::Method { object, .. } => *object,
                Expr::If { condition, .. } => *condition,
                Expr::Call { callee, args } if self.can_wait(*callee) => self.first_element(args)?,
                Expr::Container(elements) => self.first_element(elements)?,
                Expr::Interpolated(parts) => self.first_part(parts)?,
                _ => return None,
            };
            at = self.bare(next);
        }
    }

    fn first_element(&self, elements: &[Element]) -> Option<ExprId> {
        for element in elements {
            let Element::Value(value) = element else { return None };
            if !self.can_wait(*value) {
                return Some(*value);
            }
        }
        None
    }

    fn first_part(&self, parts: &[Part]) -> Option<ExprId> {
        parts.iter().find_map(|part| match part {
            Part::Text(_) => None,
            Part::Value { expr, .. } => Some(*expr),
        })
    }

    /// Whether it does not matter whether an expression is evaluated before a chain or behind it.
    fn can_wait(&self, id: ExprId) -> bool {
        let id = self.bare(id);
        self.is_read(id) && !matches!(self.resolution.name_use(id), Use::Binding { check: true, .. })
    }

    fn repeat_all(&self, links: &[Link]) -> bool {
        links.iter().all(|link| self.link_repeats(link))
    }

    /// Whether a link asks for every item and may run again.
    fn link_repeats(&self, link: &Link) -> bool {
        if link.op == PipeOp::Apply {
            let core = self.core_link(link.right);
            return matches!(core, Some(Core::Sum | Core::Mean | Core::Count | Core::Min | Core::Max))
                && self.call_args(link.right).is_empty();
        }
        let arguments = if link.op == PipeOp::Fold { 2 } else { 1 };
        match self.tree[link.right].kind {
            Expr::Function(function) => self.inlines(function, arguments) && self.function_repeats(function),
            Expr::Name(_) => self
                .fixed_function(link.right)
                .is_some_and(|(function, _, check)| !check && self.function_repeats(function)),
            _ => false,
        }
    }
}
