//! Calls of core functions that call another function with each item of a sequence, as
//! `map(xs, f)` or `sort_by(rows, .price)`: loops that do what the functions do, with
//! their checks and errors.

use super::Generator;
use super::arguments::{Arg, From, How, Shape, shape};
use super::call::CallSpans;
use super::ends::Ending;
use super::expr::Value;
use super::function::Jumps;
use super::pass::{Pass, Source};
use super::stage::Stage;
use super::step::{Core, CoreStep, Prepared, Step};
use crate::ast::{Expr, ExprId};
use crate::resolve::Use;
use weave_bytecode::operand::Reg;
use weave_bytecode::ops::Instr;

impl Generator<'_> {
    /// A call of a core function that calls another one with each item of its first
    /// argument: a loop. `None` where it is no such call.
    pub(super) fn core_loop(&mut self, native: u32, args: &[Arg], spans: CallSpans) -> Option<Value> {
        let signatures = self.core;
        let core = Core::called(&signatures[native as usize].name)?;
        let (source, written) = args.split_first()?;
        // What these two are given may be no function: then they mean something else.
        let any = !matches!(core, Core::Count | Core::Find);
        let suits = matches!(
            core,
            Core::Each
                | Core::GroupBy
                | Core::CountBy
                | Core::SortBy
                | Core::Count
                | Core::Map
                | Core::Filter
                | Core::TakeWhile
                | Core::Reduce
                | Core::Find
        );
        if !suits || !self.flags.fuse || shape(args) != Shape::Plain || written.is_empty() {
            return None;
        }
        let (From::Expr(function), true) = (written[0].from, self.fits_loop(core, written)) else { return None };
        let items = 1 + usize::from(core == Core::Reduce);
        let seen = self.takes(function, items);
        if seen == Some(false) || seen.is_none() && !any {
            return None;
        }
        let mark = self.f().registers.mark();
        let source_reg = match source.from {
            From::Ready(reg) => reg,
            From::Expr(id) => {
                let value = self.value(id, None);
                let value = self.settle(value, &self.pending_exprs(written));
                self.reg(value)
            }
        };
        let mut rest = self.pending_exprs(written);
        rest.remove(0);
        let stage = self.function_argument(core, function, spans, &rest);
        let mut prepared = vec![Prepared::Function(stage.clone())];
        prepared.extend(self.prepare(&written[1..], &[]).into_iter().map(Prepared::Value));
        let right = function;
        let step = CoreStep { core, native, right, spans, written: written.to_vec(), args: prepared, fits: true };
        let itself = step.clone();
        let mut called = Jumps::new();
        if seen.is_none() {
            // The sequence comes behind the default that a fold may begin with.
            let checked = (core != Core::Reduce).then_some(source_reg);
            let inner = self.f().registers.mark();
            let told = self.check_arguments(&step, checked);
            self.f().emit_jump(Instr::JumpIfNot { a: Reg(told.0 - 1), w: 0 }, &mut called);
            self.f().registers.release(inner);
        }
        let value = match core {
            Core::Map | Core::Filter => self.kept(source_reg, &step, Step::Stage(stage)),
            Core::TakeWhile => self.kept(source_reg, &step, Step::Core(step.clone())),
            Core::Reduce => self.reduced(source_reg, &step, stage),
            _ => {
                let ending = self.begin_core_end(step);
                self.called_pass(source_reg, spans, &ending);
                self.pass_result(&ending, spans.whole)
            }
        };
        if let (Value::Temporary(reg), false) = (value, called.is_empty()) {
            let mut end = Jumps::new();
            self.f().emit_jump(Instr::Jump { w: 0 }, &mut end);
            self.f().land(called);
            self.call_itself(&itself, source_reg, reg);
            self.f().land(end);
        }
        Some(self.lower_to(value, mark))
    }

    /// Whether a function takes so many items, where it is written here or its name stands
    /// for one function. What else it may be is told when the program runs; built-in
    /// functions call one another themselves.
    fn takes(&self, function: ExprId, items: usize) -> Option<bool> {
        let bare = self.bare(function);
        let id = match self.tree[bare].kind {
            Expr::Function(id) => id,
            Expr::Name(_) if matches!(self.resolution.name_use(bare), Use::Core(_)) => return Some(false),
            _ => match self.fixed_function(bare) {
                Some((id, _, false)) => id,
                _ => return None,
            },
        };
        Some(crate::resolve::signature(self.tree, self.names, id).bind(items, &[]).is_ok())
    }

    /// A pass that stands for the call of its end.
    fn called_pass(&mut self, source: Reg, spans: CallSpans, ending: &Ending) {
        self.pass(&Pass {
            source: Source::Register(source),
            span: spans.whole,
            drawn: spans.whole,
            steps: &[],
            ending,
            called: true,
        });
    }

    /// A call that keeps what its step lets through, or, of a stream, gives a stream: that
    /// the function makes itself.
    fn kept(&mut self, source: Reg, step: &CoreStep, kept: Step) -> Value {
        let (span, steps) = (step.spans.whole, [kept]);
        self.check_call(step, Some(source));
        let (mut lazy, mut end) = (Jumps::new(), Jumps::new());
        self.f().emit_jump(Instr::JumpIfStream { a: source, w: 0 }, &mut lazy);
        let ending = self.begin_sink(source, span, &steps);
        let source_at = Source::Register(source);
        self.pass(&Pass { source: source_at, span, drawn: span, steps: &steps, ending: &ending, called: false });
        self.f().emit_jump(Instr::Jump { w: 0 }, &mut end);
        self.f().land(lazy);
        let value = self.pass_result(&ending, span);
        let sink = self.reg(value);
        self.call_itself(step, source, sink);
        self.f().land(end);
        value
    }

    /// A left fold. Where there may be no result, the function says so itself: it is called
    /// with no items.
    fn reduced(&mut self, source: Reg, step: &CoreStep, stage: Stage) -> Value {
        let spans = step.spans;
        let acc = self.f().registers.take();
        let mark = self.f().registers.mark();
        let given = step.value(1);
        let has_start = match given {
            Some(start) => {
                self.f().copy(acc, start);
                Some(true)
            }
            None => self.fold_start(&stage, acc),
        };
        self.check_call(step, Some(source));
        let ending = Ending::Fold { plan: stage, acc, has_start };
        self.called_pass(source, spans, &ending);
        if has_start != Some(true) {
            let mut end = Jumps::new();
            self.f().emit_jump(Instr::JumpIfSet { a: acc, w: 0 }, &mut end);
            let none = self.f().registers.take();
            self.f().emit_at(Instr::NewContainer { a: none, b: none, c: 0 }, spans.whole);
            self.call_itself(step, none, acc);
            self.f().land(end);
        }
        self.f().registers.release(mark);
        Value::Temporary(acc)
    }

    /// Emits what the function checks before the first item.
    fn check_call(&mut self, step: &CoreStep, source: Option<Reg>) {
        let mark = self.f().registers.mark();
        self.check_arguments(step, source);
        self.f().registers.release(mark);
    }

    /// Calls the function as it is, with its arguments prepared.
    fn call_itself(&mut self, step: &CoreStep, source: Reg, dest: Reg) {
        let mark = self.f().registers.mark();
        let mut all = vec![Arg { how: How::Position, from: From::Ready(source), span: step.spans.whole }];
        all.extend(self.core_args(step));
        let a = self.f().registers.take_run(all.len());
        for (i, arg) in all.iter().enumerate() {
            self.arg_to(arg.from, Reg(a.0 + i as u16));
        }
        let signatures = self.core;
        let x = self.native(&signatures[step.native as usize].name);
        let spans = step.spans;
        self.f().emit_parts(Instr::CallNative { a, c: all.len() as u16, x }, spans.whole, spans.callee, None);
        self.f().copy(dest, a);
        self.f().registers.release(mark);
    }
}
