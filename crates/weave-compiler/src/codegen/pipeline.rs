//! Pipelines: a chain of pipeline operators becomes one loop (section 7 of
//! the language guide). This is the only place that decides how.
//!
//! A chain is cut into segments. `|> f` of an ordinary function is a call and
//! a segment of its own; what stands between such calls runs as one pass: its
//! stages are prepared in order (functions and arguments are evaluated once),
//! then a loop sends each item through all of them. A segment ends in a fold,
//! in a container that its items are added to, in a stream when its source is
//! one, or in nothing where nobody uses its value.

use super::Generator;
use super::arguments::Arg;
use super::ends::Ending;
use super::expr::Value;
use super::function::Jumps;
use super::pass::{Pass, Source};
use super::stage::Stage;
use super::step::{CoreStep, Step, fit};
use crate::ast::{Expr, ExprId, FnId, PipeOp};
use crate::resolve::Use;
use weave_bytecode::operand::Reg;
use weave_bytecode::ops::Instr;
use weave_bytecode::span::Span;

/// One operator of a chain.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub(super) op: PipeOp,
    /// The whole chain up to here.
    pub(super) whole: ExprId,
    pub(super) right: ExprId,
    /// A stage behind it that assigns variables when it is prepared.
    pub(super) later: Option<ExprId>,
}

/// What becomes of a segment's items.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    /// They are collected, or stay a stream.
    Value,
    /// They are dropped.
    Nothing,
}

impl Generator<'_> {
    /// A chain for its value.
    pub(super) fn pipeline(&mut self, id: ExprId, dest: Option<Reg>) -> Value {
        let value = self.chain(id, End::Value);
        match (value, dest) {
            (Value::Temporary(reg), Some(dest)) => {
                self.f().copy(dest, reg);
                Value::Temporary(dest)
            }
            _ => value,
        }
    }

    /// A chain for its effects.
    pub(super) fn pipeline_effect(&mut self, id: ExprId) {
        let value = self.chain(id, End::Nothing);
        if matches!(self.tree[id].kind, Expr::Pipe { op: PipeOp::Apply | PipeOp::Fold, .. }) && self.may_be_stream(id) {
            self.drain(value, self.span(id));
        }
    }

    /// The operators of a chain in source order, and what it begins with.
    pub(super) fn links(&self, id: ExprId) -> (ExprId, Vec<Link>) {
        let mut links = Vec::new();
        let mut later = None;
        let mut at = id;
        while let Expr::Pipe { op, left, right } = &self.tree[at].kind
            && !self.given.contains_key(&at)
        {
            links.push(Link { op: *op, whole: at, right: self.bare_stage(*right), later });
            if self.resolution.assigns(*right) {
                later = Some(*right);
            }
            at = self.bare(*left);
        }
        links.reverse();
        (at, links)
    }

    /// A stage in parentheses is an expression whose value is the function,
    /// even where it is a call; lambdas and names are what they are.
    fn bare_stage(&self, right: ExprId) -> ExprId {
        let bare = self.bare(right);
        match &self.tree[bare].kind {
            Expr::Function(_) | Expr::Name(_) => bare,
            _ => right,
        }
    }

    fn chain(&mut self, id: ExprId, end: End) -> Value {
        let mark = self.f().registers.mark();
        let (source, links) = self.links(id);
        let mut source_span = self.span(source);
        let mut source = self.chain_source(source, &links);
        let mut at = 0;
        while at < links.len() {
            let group = self.group(&links[at..]);
            let is_last = at + group == links.len();
            let links_here = &links[at..at + group];
            let value = match links_here {
                // A call of one function, of a core function too.
                [link] if link.op == PipeOp::Apply => {
                    self.plan_projection(source_span, links_here, false);
                    let reg = self.source_reg(source);
                    self.apply(*link, self.ready(reg, source_span))
                }
                _ => {
                    let end = if is_last { end } else { End::Value };
                    self.segment(source, source_span, links_here, end)
                }
            };
            self.keep(value, mark);
            if is_last {
                return value;
            }
            let value = self.lower(value, mark);
            let whole = links_here.last().map_or(id, |l| l.whole);
            source_span = self.span(whole);
            let value = self.settle(value, links_here.last().map_or(&[], |l| l.later.as_slice()));
            source = Source::Register(self.reg(value));
            at += group;
        }
        Value::Temporary(self.source_reg(source))
    }

    /// What a chain begins with: a range literal that is only counted through
    /// needs no value.
    pub(super) fn chain_source(&mut self, id: ExprId, links: &[Link]) -> Source {
        if let Some(&reg) = self.given.get(&id) {
            return Source::Register(reg);
        }
        let tree = self.tree;
        let group = self.group(links);
        let is_call = matches!(links[..group], [Link { op: PipeOp::Apply, .. }]);
        let counts = self.flags.superinstructions
            && self.flags.fuse
            && !is_call
            && links[..group].iter().all(|l| l.op != PipeOp::Apply || self.counts_through(l.right))
            && !links[..group].iter().any(|l| self.resolution.assigns(l.right));
        if let (Expr::Range { start: Some(start), end: Some(end), inclusive }, true) = (&tree[id].kind, counts)
            && self.may_count(*start, *end, &links[..group])
        {
            return Source::Count { start: *start, end: *end, inclusive: *inclusive };
        }
        let later: Vec<ExprId> =
            links.iter().map(|l| l.right).filter(|r| self.resolution.assigns(*r)).take(1).collect();
        let value = self.value(id, None);
        let value = self.settle(value, &later);
        Source::Register(self.reg(value))
    }

    /// Whether a range of these bounds may as well be made behind the stages of its chain:
    /// one of ints is no error, and stages that only name functions are none either.
    fn may_count(&self, start: ExprId, end: ExprId, links: &[Link]) -> bool {
        let is_int = |id| matches!(self.number(id), Some(Value::Int(_)));
        let end_is_kept = matches!(self.tree[self.bare(end)].kind, Expr::Name(_))
            && matches!(self.resolution.name_use(self.bare(end)), Use::Binding { binding, check: false }
                if self.in_register(binding));
        let names_function = |link: &Link| match &self.tree[link.right].kind {
            Expr::Function(function) => link.op != PipeOp::Fold || self.starts_with_number(*function),
            Expr::Name(_) if link.op == PipeOp::Fold => self
                .fixed_function(link.right)
                .is_some_and(|(function, _, check)| !check && self.starts_with_number(function)),
            Expr::Name(_) => !matches!(self.resolution.name_use(link.right), Use::Binding { check: true, .. }),
            _ => link.op == PipeOp::Apply,
        };
        is_int(start) && (is_int(end) || end_is_kept && links.iter().all(names_function))
    }

    /// Whether a fold with this function evaluates nothing to start with.
    fn starts_with_number(&self, function: FnId) -> bool {
        let first = self.tree[function].kind.params.first();
        first.is_none_or(|first| first.default.is_none_or(|default| self.number(default).is_some()))
    }

    fn source_reg(&mut self, source: Source) -> Reg {
        match source {
            Source::Register(reg) | Source::Sequence(reg) => reg,
            // Only what surely is a loop is given such a source.
            Source::Count { .. } => self.f().registers.take(),
        }
    }

    /// How many operators the next segment has.
    pub(super) fn group(&self, links: &[Link]) -> usize {
        let mut count = 0;
        for link in links {
            match link.op {
                PipeOp::Map | PipeOp::Filter => {}
                PipeOp::Fold => return count + 1,
                PipeOp::Apply => match self.core_link(link.right) {
                    Some(core) if core.ends() => return count + 1,
                    Some(_) => {}
                    None => return count.max(1),
                },
            }
            count += 1;
        }
        count
    }

    /// `x |> f`: a call with one more argument in front.
    fn apply(&mut self, link: Link, piped: Arg) -> Value {
        let whole = self.span(link.whole);
        self.apply_now(link.right, piped, whole)
    }

    /// One pass over a source.
    fn segment(&mut self, source: Source, span: Span, links: &[Link], end: End) -> Value {
        let whole = links.last().map_or(span, |link| self.span(link.whole));
        self.plan_projection(span, links, end == End::Nothing);
        let (steps, last) = self.prepare_segment(links, end);
        let core = match &last {
            Last::Core(step) => Some(step),
            _ => None,
        };
        if !self.flags.fuse || !fit(&steps, core) {
            return self.pulled(source, span, &steps, last);
        }
        self.looped(source, span, whole, &steps, last)
    }

    /// Several segments, one behind the other, as one pass.
    pub(super) fn one_pass(&mut self, source: Source, span: Span, links: &[Link]) -> Value {
        let whole = links.last().map_or(span, |link| self.span(link.whole));
        let (steps, last) = self.prepare_segment(links, End::Value);
        self.looped(source, span, whole, &steps, last)
    }

    /// The loop of a segment all of whose steps fit into one.
    fn looped(&mut self, source: Source, span: Span, whole: Span, steps: &[Step], last: Last) -> Value {
        let ending = match last {
            Last::Fold(plan) => self.begin_fold(plan),
            Last::Core(step) => self.begin_core_end(step),
            Last::Nothing => self.for_effects(last_stage(steps)),
            Last::Value => match source {
                Source::Count { .. } => {
                    let list = self.f().registers.take();
                    self.f().emit_at(Instr::NewContainer { a: list, b: list, c: 0 }, span);
                    Ending::List { list, span }
                }
                Source::Sequence(source) => self.begin_sink(source, span, steps),
                Source::Register(source) => return self.collect(source, source, span, steps),
            },
        };
        let drawn = if ending.core().is_some() { whole } else { span };
        self.pass(&Pass { source, span, drawn, steps, ending: &ending, called: false });
        self.pass_result(&ending, whole)
    }

    /// Evaluates the functions and arguments of a segment, in order.
    fn prepare_segment(&mut self, links: &[Link], end: End) -> (Vec<Step>, Last) {
        let mut steps = Vec::with_capacity(links.len());
        for link in links {
            if link.op == PipeOp::Fold {
                let whole = self.span(link.whole);
                let plan = self.stage(PipeOp::Fold, link.right, whole, &[]);
                return (steps, Last::Fold(plan));
            }
            match self.prepare_link(link) {
                Step::Core(step) if step.core.ends() => return (steps, Last::Core(step)),
                step => steps.push(step),
            }
        }
        let last = match end {
            End::Value => Last::Value,
            End::Nothing => Last::Nothing,
        };
        (steps, last)
    }

    /// A segment whose items are collected, unless `original` is a stream:
    /// then the value is a stream too.
    fn collect(&mut self, source: Reg, original: Reg, span: Span, steps: &[Step]) -> Value {
        let (mut lazy, mut end) = (Jumps::new(), Jumps::new());
        self.f().emit_jump(Instr::JumpIfStream { a: original, w: 0 }, &mut lazy);
        let ending = self.begin_sink(original, span, steps);
        self.pass(&Pass { source: Source::Register(source), span, drawn: span, steps, ending: &ending, called: false });
        self.f().emit_jump(Instr::Jump { w: 0 }, &mut end);
        self.f().land(lazy);
        let value = self.pass_result(&ending, span);
        let sink = self.reg(value);
        let mark = self.f().registers.mark();
        let a = self.f().registers.take();
        self.f().emit_at(Instr::Lazy { a, b: source }, span);
        self.lazy_steps(steps, a, span);
        self.f().copy(sink, a);
        self.f().registers.release(mark);
        self.f().land(end);
        value
    }

    /// A sink for what becomes of a source's items.
    pub(super) fn begin_sink(&mut self, source: Reg, span: Span, steps: &[Step]) -> Ending {
        let sink = self.f().registers.take_run(2);
        let keeps = steps.iter().all(|step| matches!(step, Step::Stage(stage) if stage.op == PipeOp::Map));
        self.f().emit_at(Instr::SinkNew { a: sink, b: source, c: u16::from(keeps) }, span);
        Ending::Sink { sink, span }
    }

    /// A segment as streams, each of which pulls from the one before it: what a chain is
    /// where its loop can't hold all steps, and where loops are switched off.
    fn pulled(&mut self, source: Source, span: Span, steps: &[Step], last: Last) -> Value {
        // Only the steps that a loop has no form for, and those before them, are
        // streams.
        let ends_here = !matches!(&last, Last::Core(step) if !fit(&[], Some(step)));
        let rest = if self.flags.fuse && ends_here {
            let pulled = (0..steps.len()).rev().find(|&i| !fit(&steps[i..], None));
            pulled.map_or(0, |i| i + 1)
        } else {
            steps.len()
        };
        let whole = self.whole_of(&last, span);
        let original = self.source_reg(source);
        // Where a fold starts is known before its source is looked at.
        let (fold, last) = match last {
            Last::Fold(plan) => (Some(self.begin_fold(plan)), None),
            last => (None, Some(last)),
        };
        let stream = self.f().registers.take();
        self.f().emit_at(Instr::Lazy { a: stream, b: original }, span);
        self.lazy_steps(&steps[..rest], stream, span);
        // An item that the last of all stages has made may be a stream.
        let made = last_stage(steps);
        let steps = &steps[rest..];
        let ending = match (fold, last) {
            (Some(fold), _) => fold,
            (None, Some(Last::Nothing)) => self.for_effects(made),
            (None, Some(Last::Core(step))) if steps.is_empty() => {
                let mut all = vec![self.ready(stream, span)];
                all.extend(self.core_args(&step));
                return self.call_prepared(step.right, &all, step.spans.whole);
            }
            (None, Some(Last::Core(step))) => self.begin_core_end(step),
            (None, _) => return self.collect(stream, original, span, steps),
        };
        let drawn = if ending.core().is_some() { whole } else { span };
        self.pass(&Pass { source: Source::Register(stream), span, drawn, steps, ending: &ending, called: false });
        self.pass_result(&ending, whole)
    }

    fn whole_of(&self, last: &Last, span: Span) -> Span {
        match last {
            Last::Fold(plan) => plan.whole,
            Last::Core(step) => step.spans.whole,
            Last::Value | Last::Nothing => span,
        }
    }

    /// Wraps the stream in `stream`, whose source stands at `span`, with steps.
    fn lazy_steps(&mut self, steps: &[Step], stream: Reg, span: Span) {
        for (i, step) in steps.iter().enumerate() {
            self.lazy_step(step, stream);
            if i == 0 {
                self.project(stream, span, true);
            }
        }
    }

    /// Wraps the stream in `stream` with a step.
    fn lazy_step(&mut self, step: &Step, stream: Reg) {
        match step {
            Step::Stage(stage) => self.lazy_stage(stage, stream),
            Step::Core(step) => {
                let mark = self.f().registers.mark();
                let mut all = vec![self.ready(stream, step.spans.whole)];
                all.extend(self.core_args(step));
                let value = self.call_prepared(step.right, &all, step.spans.whole);
                self.put(value, stream);
                self.f().registers.release(mark);
            }
        }
    }
}

/// How a segment ends.
#[derive(Debug)]
enum Last {
    Value,
    Nothing,
    Fold(Stage),
    Core(CoreStep),
}

/// The stage that items come from, where the last step is one.
fn last_stage(steps: &[Step]) -> Option<&Stage> {
    match steps.last() {
        Some(Step::Stage(stage)) => Some(stage),
        _ => None,
    }
}
