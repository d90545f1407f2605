//! The loop of a pipeline's segment: where its items come from, how each goes
//! through the stages, and the loops that keep nothing or fold.

use super::Generator;
use super::expr::Value;
use super::function::{Around, Jumps};
use super::pipeline::Link;
use super::stage::Stage;
use crate::ast::{ExprId, PipeOp};
use weave_bytecode::operand::Reg;
use weave_bytecode::ops::Instr;
use weave_bytecode::span::Span;

/// Where a loop's items come from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source {
    /// Any value in a register.
    Register(Reg),
    /// A range literal of which no value is made.
    Count { start: ExprId, end: ExprId, inclusive: bool },
}

/// A loop that is being emitted.
#[derive(Debug)]
pub(super) struct Loop {
    pub(super) item: Reg,
    pub(super) key: Reg,
    pub(super) body: u32,
    /// Jumps to the next item.
    pub(super) next: Jumps,
    /// Jumps behind the loop.
    pub(super) out: Jumps,
    pub(super) state: Reg,
    pub(super) counts: bool,
    pub(super) span: Span,
}

impl Generator<'_> {
    /// Begins a loop over a source.
    pub(super) fn begin(&mut self, source: Source, span: Span) -> Loop {
        match source {
            Source::Count { start, end, inclusive } => {
                let (state, out, body) = self.begin_count((start, end), inclusive);
                self.f().around.push(Around::Pipeline { iterator: None });
                let item = Reg(state.0 + 2);
                Loop { item, key: item, body, next: Jumps::new(), out, state, counts: true, span }
            }
            Source::Register(source) => {
                let state = self.f().registers.take_run(5);
                let mut next = Jumps::new();
                self.f().emit_at(Instr::IterPrep { a: state, b: source, c: 1 }, span);
                self.project(state, span, false);
                self.f().emit_jump(Instr::Jump { w: 0 }, &mut next);
                self.f().reachable = !next.is_empty();
                let body = self.f().here();
                self.f().around.push(Around::Pipeline { iterator: Some(state) });
                let (item, key) = (Reg(state.0 + 3), Reg(state.0 + 4));
                Loop { item, key, body, next, out: Jumps::new(), state, counts: false, span }
            }
        }
    }

    /// Ends a loop.
    pub(super) fn finish_loop(&mut self, l: Loop, flags: u16) {
        self.f().around.pop();
        self.f().land(l.next);
        if l.counts {
            self.f().emit_back(Instr::ForLoop { a: l.state, w: 0 }, l.body);
        } else {
            self.iterate(l.state, flags, l.body, l.span);
        }
        self.f().land(l.out);
    }

    /// Sends an item through stages; gives where it comes out. Items that a
    /// filter drops jump to `next`.
    pub(super) fn run_stages(&mut self, stages: &[Stage], item: Reg, next: &mut Jumps) -> Reg {
        let mut item = item;
        let mark = self.f().registers.mark();
        for stage in stages {
            if let Value::Temporary(low) = self.lower(Value::Temporary(item), mark) {
                item = low;
            }
            match stage.op {
                PipeOp::Filter => self.filter(stage, item, next),
                _ => {
                    let value = self.run_stage(stage, &[item], None);
                    item = self.reg(value);
                }
            }
        }
        item
    }

    fn filter(&mut self, stage: &Stage, item: Reg, next: &mut Jumps) {
        let mark = self.f().registers.mark();
        if !self.stage_condition(stage, item, next) {
            let value = self.run_stage(stage, &[item], None);
            let a = self.reg(value);
            self.f().emit_jump(Instr::JumpIfNot { a, w: 0 }, next);
        }
        self.f().registers.release(mark);
    }

    /// A loop for its effects: an item that is a stream is run to its end.
    pub(super) fn effect_loop(&mut self, source: Source, span: Span, stages: &[Stage]) {
        let mark = self.f().registers.mark();
        self.load_ahead_of_stages(stages);
        let mut l = self.begin(source, span);
        let item = self.run_stages(stages, l.item, &mut l.next);
        if let Some(last) = stages.last()
            && last.op == PipeOp::Map
            && self.stage_may_stream(last)
        {
            self.drain(Value::Temporary(item), last.whole);
        }
        self.finish_loop(l, 0);
        self.f().registers.release(mark);
    }

    pub(super) fn fold_segment(&mut self, source: Source, span: Span, stages: &[Stage], fold: Link) -> Value {
        let plan = self.fold_plan(fold);
        self.fold_loop(source, span, stages, fold, plan)
    }

    pub(super) fn fold_plan(&mut self, fold: Link) -> Stage {
        let whole = self.span(fold.whole);
        self.stage(PipeOp::Fold, fold.right, whole, &[])
    }

    /// A left fold: the accumulator begins as the default of the function's
    /// first parameter, or as the first item.
    pub(super) fn fold_loop(&mut self, source: Source, span: Span, stages: &[Stage], fold: Link, plan: Stage) -> Value {
        let whole = self.span(fold.whole);
        let acc = self.f().registers.take();
        let has_start = self.fold_start(&plan, acc);
        let mark = self.f().registers.mark();
        self.load_ahead_of_stages(stages);
        self.load_ahead_of_stages(std::slice::from_ref(&plan));
        let mut l = self.begin(source, span);
        let item = self.run_stages(stages, l.item, &mut l.next);
        if has_start != Some(true) {
            let mut call = Jumps::new();
            self.f().emit_jump(Instr::JumpIfSet { a: acc, w: 0 }, &mut call);
            self.f().copy(acc, item);
            self.f().emit_jump(Instr::Jump { w: 0 }, &mut l.next);
            self.f().land(call);
        }
        let value = self.run_stage(&plan, &[acc, item], Some(acc));
        self.put(value, acc);
        self.finish_loop(l, 0);
        self.f().registers.release(mark);
        if has_start != Some(true) {
            self.f().emit_at(Instr::FoldEnd { a: acc }, whole);
        }
        Value::Temporary(acc)
    }
}
