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
use super::expr::Value;
use super::function::Jumps;
use super::pass::Source;
use super::stage::Stage;
use crate::ast::{Expr, ExprId, PipeOp};
use crate::resolve::Use;
use weave_bytecode::operand::Reg;
use weave_bytecode::ops::Instr;
use weave_bytecode::span::Span;

/// Core functions that pull item by item.
const NATIVE_STAGES: &[&str] =
    &["take", "skip", "take_while", "chunk", "zip", "enumerate", "unique", "flatten", "first"];

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
    fn links(&self, id: ExprId) -> (ExprId, Vec<Link>) {
        let mut links = Vec::new();
        let mut later = None;
        let mut at = id;
        while let Expr::Pipe { op, left, right } = &self.tree[at].kind {
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
                [link] if link.op == PipeOp::Apply => {
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
    fn chain_source(&mut self, id: ExprId, links: &[Link]) -> Source {
        let tree = self.tree;
        let group = self.group(links);
        let counts = self.flags.superinstructions
            && links[..group].iter().all(|l| l.op != PipeOp::Apply)
            && !links[..group].iter().any(|l| self.resolution.assigns(l.right));
        if let (Expr::Range { start: Some(start), end: Some(end), inclusive }, true) = (&tree[id].kind, counts)
            && self.number(*start).is_some()
            && self.number_or_name(*end)
        {
            return Source::Count { start: *start, end: *end, inclusive: *inclusive };
        }
        let later: Vec<ExprId> =
            links.iter().map(|l| l.right).filter(|r| self.resolution.assigns(*r)).take(1).collect();
        let value = self.value(id, None);
        let value = self.settle(value, &later);
        Source::Register(self.reg(value))
    }

    /// Whether an operand may as well be evaluated behind the stages.
    fn number_or_name(&self, id: ExprId) -> bool {
        self.number(id).is_some()
            || matches!(self.tree[self.bare(id)].kind, Expr::Name(_)
                if matches!(self.resolution.name_use(self.bare(id)), Use::Binding { binding, check: false }
                    if self.in_register(binding)))
    }

    fn source_reg(&mut self, source: Source) -> Reg {
        match source {
            Source::Register(reg) => reg,
            // Only segments are given such a source.
            Source::Count { .. } => self.f().registers.take(),
        }
    }

    /// How many operators the next segment has.
    fn group(&self, links: &[Link]) -> usize {
        let mut count = 0;
        for link in links {
            match link.op {
                PipeOp::Map | PipeOp::Filter => {}
                PipeOp::Fold => return count + 1,
                PipeOp::Apply => match self.native_stage(link.right) {
                    Some(name) => {
                        if name == "first" {
                            return count + 1;
                        }
                    }
                    None => return count.max(1),
                },
            }
            count += 1;
        }
        count
    }

    /// The name of the core function that pulls item by item, where a stage
    /// is one.
    pub(super) fn native_stage(&self, right: ExprId) -> Option<&str> {
        let callee = match &self.tree[right].kind {
            Expr::Call { callee, .. } => self.bare(*callee),
            Expr::Name(_) => right,
            _ => return None,
        };
        if !matches!(self.tree[callee].kind, Expr::Name(_)) {
            return None;
        }
        match self.resolution.name_use(callee) {
            Use::Core(core) => {
                let name = &*self.core[core as usize].name;
                NATIVE_STAGES.contains(&name).then_some(name)
            }
            _ => None,
        }
    }

    /// `x |> f`: a call with one more argument in front.
    fn apply(&mut self, link: Link, piped: Arg) -> Value {
        let whole = self.span(link.whole);
        self.apply_now(link.right, piped, whole)
    }

    /// One pass over a source.
    fn segment(&mut self, source: Source, span: Span, links: &[Link], end: End) -> Value {
        self.plan_projection(span, links, end == End::Nothing);
        let last_native = links.iter().rposition(|l| l.op == PipeOp::Apply);
        if let (Some(last_native), Source::Register(source)) = (last_native, source) {
            return self.pulled_segment(source, span, links, last_native, end);
        }
        let (stages, fold) = self.split_fold(links);
        let stages = self.prepare_stages(stages);
        if let Some(fold) = fold {
            return self.fold_segment(source, span, &stages, fold);
        }
        if end == End::Nothing {
            self.effect_loop(source, span, &stages);
            return Value::Int(0);
        }
        match source {
            Source::Count { .. } => {
                let a = self.f().registers.take();
                self.f().emit_at(Instr::NewContainer { a, b: a, c: 0 }, span);
                self.load_ahead_of_stages(&stages);
                let mut l = self.begin(source, span);
                let item = self.run_stages(&stages, l.item, &mut l.next);
                self.f().emit_at(Instr::Append { a, b: item }, span);
                self.finish_loop(l, 0);
                Value::Temporary(a)
            }
            Source::Register(source) => self.collect(source, source, span, &stages),
        }
    }

    fn split_fold<'l>(&self, links: &'l [Link]) -> (&'l [Link], Option<Link>) {
        match links.split_last() {
            Some((last, before)) if last.op == PipeOp::Fold => (before, Some(*last)),
            _ => (links, None),
        }
    }

    fn prepare_stages(&mut self, links: &[Link]) -> Vec<Stage> {
        let mut stages = Vec::with_capacity(links.len());
        for link in links {
            let whole = self.span(link.whole);
            stages.push(self.stage(link.op, link.right, whole, link.later.as_slice()));
        }
        stages
    }

    /// A segment whose items are collected, unless `original` is a stream:
    /// then the value is a stream too.
    fn collect(&mut self, source: Reg, original: Reg, span: Span, stages: &[Stage]) -> Value {
        let sink = self.f().registers.take_run(2);
        let (mut lazy, mut end) = (Jumps::new(), Jumps::new());
        self.f().emit_jump(Instr::JumpIfStream { a: original, w: 0 }, &mut lazy);
        self.f().emit_at(Instr::SinkNew { a: sink, b: original }, span);
        let mark = self.f().registers.mark();
        self.load_ahead_of_stages(stages);
        let mut l = self.begin(Source::Register(source), span);
        let key = l.key;
        let item = self.run_stages(stages, l.item, &mut l.next);
        self.f().emit_at(Instr::SinkPush { a: sink, b: item, c: key }, span);
        self.finish_loop(l, 2);
        self.f().registers.release(mark);
        self.f().emit_jump(Instr::Jump { w: 0 }, &mut end);
        self.f().land(lazy);
        let a = self.f().registers.take();
        self.f().copy(a, source);
        for (i, stage) in stages.iter().enumerate() {
            self.lazy_stage(stage, a);
            if i == 0 {
                self.project(a, span, true);
            }
        }
        self.f().copy(sink, a);
        self.f().land(end);
        self.f().registers.release_behind(sink);
        Value::Temporary(sink)
    }

    /// A segment with stages that pull: everything before the last of them is
    /// a stream, whatever the source.
    fn pulled_segment(&mut self, source: Reg, span: Span, links: &[Link], last_native: usize, end: End) -> Value {
        let plans: Vec<(Link, Option<Stage>, Vec<Arg>)> = links[..=last_native]
            .iter()
            .map(|link| {
                let later = link.later.as_slice();
                if link.op == PipeOp::Apply {
                    let args = self.call_args(link.right);
                    (*link, None, self.prepare(&args, later))
                } else {
                    let whole = self.span(link.whole);
                    (*link, Some(self.stage(link.op, link.right, whole, later)), Vec::new())
                }
            })
            .collect();
        let (rest, fold) = self.split_fold(&links[last_native + 1..]);
        let rest = self.prepare_stages(rest);
        let fold_plan = fold.map(|fold| (fold, self.fold_plan(fold)));
        let stream = self.f().registers.take();
        self.f().emit_at(Instr::Lazy { a: stream, b: source }, span);
        let mut is_item = false;
        for (i, (link, stage, args)) in plans.iter().enumerate() {
            match stage {
                Some(stage) => self.lazy_stage(stage, stream),
                None => {
                    is_item = self.native_stage(link.right) == Some("first");
                    let mark = self.f().registers.mark();
                    let mut all = vec![self.ready(stream, span)];
                    all.extend(args.iter().cloned());
                    let whole = self.span(link.whole);
                    let value = self.call_prepared(link.right, &all, whole);
                    self.put(value, stream);
                    self.f().registers.release(mark);
                }
            }
            if i == 0 {
                self.project(stream, span, true);
            }
        }
        if let Some((fold, plan)) = fold_plan {
            return self.fold_loop(Source::Register(stream), span, &rest, fold, plan);
        }
        if is_item {
            return Value::Temporary(stream);
        }
        if end == End::Nothing {
            self.effect_loop(Source::Register(stream), span, &rest);
            return Value::Int(0);
        }
        self.collect(stream, source, span, &rest)
    }
}
