//! Where a pass ends: what becomes of each item that has gone through all its steps.

use super::Generator;
use super::expr::Value;
use super::function::Jumps;
use super::stage::Stage;
use super::step::{Core, CoreStep, Prepared};
use crate::ast::PipeOp;
use weave_bytecode::constant::Constant;
use weave_bytecode::operand::Reg;
use weave_bytecode::ops::Instr;
use weave_bytecode::span::Span;

/// The end of a pass, whose registers have been set up.
#[derive(Debug)]
pub(super) enum Ending {
    /// A sink of two registers takes items and keys.
    Sink { sink: Reg, span: Span },
    /// A container takes items.
    List { list: Reg, span: Span },
    /// Nobody uses the items. One that may be a stream is run to its end.
    Nothing { drain: Option<Span> },
    /// A fold; its accumulator may surely have a value at first.
    Fold { plan: Stage, acc: Reg, has_start: Option<bool> },
    /// A core function.
    Core { step: CoreStep, acc: Reg },
}

impl Ending {
    pub(super) fn core(&self) -> Option<&CoreStep> {
        match self {
            Ending::Core { step, .. } => Some(step),
            _ => None,
        }
    }

    /// The function that takes the items.
    pub(super) fn stage(&self) -> Option<&Stage> {
        match self {
            Ending::Fold { plan, .. } => Some(plan),
            Ending::Core { step, .. } => step.function(),
            _ => None,
        }
    }

    /// Whether items are put somewhere under their keys.
    pub(super) fn wants_keys(&self) -> bool {
        match self {
            Ending::Sink { .. } => true,
            Ending::Core { step, .. } => step.core == Core::SortBy || step.core == Core::First && !step.args.is_empty(),
            _ => false,
        }
    }
}

impl Generator<'_> {
    /// Sets up the registers of a pass that ends with a core function.
    pub(super) fn begin_core_end(&mut self, step: CoreStep) -> Ending {
        let whole = step.spans.whole;
        let container = |g: &mut Self, a: Reg| g.f().emit_at(Instr::NewContainer { a, b: a, c: 0 }, whole);
        let acc = match step.core {
            Core::Sum | Core::Mean => {
                let acc = self.f().registers.take_run(2);
                let count = Reg(acc.0 + 1);
                if step.core == Core::Sum {
                    self.f().emit(Instr::LoadInt { a: acc, w: 0 });
                } else {
                    // Floats from the start: a mean of large ints does not overflow.
                    let zero = self.f().constant(Constant::Float(-0.0));
                    self.f().emit(Instr::LoadConst { a: acc, w: zero });
                }
                self.f().emit(Instr::LoadInt { a: count, w: 0 });
                acc
            }
            Core::Count => {
                let acc = self.f().registers.take();
                self.f().emit(Instr::LoadInt { a: acc, w: 0 });
                acc
            }
            Core::Min | Core::Max => {
                let acc = self.f().registers.take();
                self.f().emit(Instr::LoadUnset { a: acc });
                acc
            }
            Core::First if step.args.is_empty() => {
                let acc = self.f().registers.take();
                self.f().emit(Instr::LoadNil { a: acc });
                acc
            }
            // The window of a call: a container, and the arguments behind it.
            Core::Join => {
                let acc = self.f().registers.take_run(1 + step.args.len());
                container(self, acc);
                acc
            }
            Core::SortBy => {
                let acc = self.f().registers.take_run(1 + step.args.len());
                container(self, acc);
                container(self, Reg(acc.0 + 1));
                acc
            }
            Core::Each | Core::Find => {
                let acc = self.f().registers.take();
                self.f().emit(Instr::LoadNil { a: acc });
                acc
            }
            _ => {
                // `first` counts what it still takes behind the container.
                let acc = self.f().registers.take_run(1 + usize::from(step.core == Core::First));
                container(self, acc);
                acc
            }
        };
        Ending::Core { step, acc }
    }

    /// Emits what a pass's end checks before the first item.
    pub(super) fn check_end(&mut self, ending: &Ending) {
        let Ending::Core { step, acc } = ending else { return };
        let checked = self.check_core(step);
        if let (Core::First, Some(reg)) = (step.core, checked) {
            self.f().copy(Reg(acc.0 + 1), reg);
        }
    }

    /// Whether an end takes no item at all.
    pub(super) fn end_used_up(&mut self, ending: &Ending, stop: &mut Jumps) {
        if let Ending::Core { step, acc } = ending
            && step.core == Core::First
            && !step.args.is_empty()
        {
            self.f().emit_jump(Instr::JumpLeI { a: Reg(acc.0 + 1), c: 0, x: 0 }, stop);
        }
    }

    /// An item arrives at the end. Jumps to `next` ask for another one, jumps to `stop` for
    /// none.
    pub(super) fn arrive(&mut self, ending: &Ending, item: Reg, key: Option<Reg>, next: &mut Jumps, stop: &mut Jumps) {
        match ending {
            Ending::Sink { sink, span } => {
                let c = key.unwrap_or_else(|| {
                    let nil = self.f().registers.take();
                    self.f().emit(Instr::LoadNil { a: nil });
                    nil
                });
                self.f().emit_at(Instr::SinkPush { a: *sink, b: item, c }, *span);
            }
            Ending::List { list, span } => self.f().emit_at(Instr::Append { a: *list, b: item }, *span),
            Ending::Nothing { drain } => {
                if let Some(span) = drain {
                    self.drain(Value::Temporary(item), *span);
                }
            }
            Ending::Fold { plan, acc, has_start } => {
                if *has_start != Some(true) {
                    let mut call = Jumps::new();
                    self.f().emit_jump(Instr::JumpIfSet { a: *acc, w: 0 }, &mut call);
                    self.f().copy(*acc, item);
                    self.f().emit_jump(Instr::Jump { w: 0 }, next);
                    self.f().land(call);
                }
                let value = self.run_stage(plan, &[*acc, item], Some(*acc));
                self.put(value, *acc);
            }
            Ending::Core { step, acc } => self.arrive_at_core(step, *acc, item, key, next, stop),
        }
    }

    fn arrive_at_core(
        &mut self,
        step: &CoreStep,
        acc: Reg,
        item: Reg,
        key: Option<Reg>,
        next: &mut Jumps,
        stop: &mut Jumps,
    ) {
        let (whole, callee) = (step.spans.whole, step.spans.callee);
        let emit = |g: &mut Self, instr: Instr| g.f().emit_parts(instr, whole, callee, None);
        let asked = |g: &mut Self| {
            let value = step.function().map(|stage| g.run_stage(stage, &[item], None));
            value.map_or(item, |value| g.reg(value))
        };
        match step.core {
            Core::Sum | Core::Mean => {
                let c = u16::from(step.core == Core::Mean);
                emit(self, Instr::SumStep { a: acc, b: item, c });
            }
            Core::Min | Core::Max => {
                let c = u16::from(step.core == Core::Max);
                emit(self, Instr::ExtremeStep { a: acc, b: item, c });
            }
            Core::Count => {
                if let Some(stage) = step.function() {
                    self.filter(stage, item, next);
                }
                self.f().emit(Instr::AddI { a: acc, b: acc, c: 1 });
            }
            Core::First if step.args.is_empty() => {
                self.f().copy(acc, item);
                self.f().emit_jump(Instr::Jump { w: 0 }, stop);
            }
            Core::First => {
                self.keep_item(acc, item, key, whole);
                let left = Reg(acc.0 + 1);
                self.f().emit(Instr::SubI { a: left, b: left, c: 1 });
            }
            Core::Find => {
                if let Some(stage) = step.function() {
                    self.filter(stage, item, next);
                }
                self.f().copy(acc, item);
                self.f().emit_jump(Instr::Jump { w: 0 }, stop);
            }
            Core::Each => {
                asked(self);
            }
            Core::GroupBy => {
                let c = asked(self);
                emit(self, Instr::GroupStep { a: acc, b: item, c });
            }
            Core::CountBy => {
                let b = asked(self);
                emit(self, Instr::CountStep { a: acc, b });
            }
            Core::SortBy => {
                let b = asked(self);
                self.keep_item(acc, item, key, whole);
                emit(self, Instr::Append { a: Reg(acc.0 + 1), b });
            }
            _ => emit(self, Instr::Append { a: acc, b: item }),
        }
    }

    fn keep_item(&mut self, a: Reg, b: Reg, key: Option<Reg>, span: Span) {
        match key {
            Some(c) => self.f().emit_at(Instr::PushItem { a, b, c }, span),
            None => self.f().emit_at(Instr::Append { a, b }, span),
        }
    }

    /// The value that a pass gives.
    pub(super) fn pass_result(&mut self, ending: &Ending, whole: Span) -> Value {
        match ending {
            Ending::Sink { sink: reg, .. } | Ending::List { list: reg, .. } => {
                self.f().registers.release_behind(*reg);
                Value::Temporary(*reg)
            }
            Ending::Nothing { .. } => Value::Int(0),
            Ending::Fold { acc, has_start, .. } => {
                if *has_start != Some(true) {
                    self.f().emit_at(Instr::FoldEnd { a: *acc }, whole);
                }
                Value::Temporary(*acc)
            }
            Ending::Core { step, acc } => {
                self.core_result(step, *acc);
                self.f().registers.release_behind(*acc);
                Value::Temporary(*acc)
            }
        }
    }

    fn core_result(&mut self, step: &CoreStep, acc: Reg) {
        let spans = step.spans;
        let mut end = Jumps::new();
        match step.core {
            Core::Mean => {
                let (count, mut some) = (Reg(acc.0 + 1), Jumps::new());
                self.f().emit_jump(Instr::JumpNeI { a: count, c: 0, x: 0 }, &mut some);
                self.f().emit(Instr::LoadNil { a: acc });
                self.f().emit_jump(Instr::Jump { w: 0 }, &mut end);
                self.f().land(some);
                self.f().emit_at(Instr::Div { a: acc, b: acc, c: count }, spans.whole);
            }
            Core::Min | Core::Max => {
                self.f().emit_jump(Instr::JumpIfSet { a: acc, w: 0 }, &mut end);
                self.f().emit(Instr::LoadNil { a: acc });
            }
            Core::Join | Core::SortBy => {
                let first = usize::from(step.core == Core::SortBy);
                for (i, arg) in step.args.iter().enumerate().skip(first) {
                    if let Prepared::Value(arg) = arg {
                        self.arg_to(arg.from, Reg(acc.0 + 1 + i as u16));
                    }
                }
                let name = if step.core == Core::Join { "join" } else { "<sort_by>" };
                let (c, x) = (1 + step.args.len() as u16, self.native(name));
                self.f().emit_parts(Instr::CallNative { a: acc, c, x }, spans.whole, spans.callee, None);
            }
            _ => {}
        }
        self.f().land(end);
    }

    /// A fold whose accumulator begins as the default of the function's first parameter,
    /// or as the first item.
    pub(super) fn begin_fold(&mut self, plan: Stage) -> Ending {
        let acc = self.f().registers.take();
        let has_start = self.fold_start(&plan, acc);
        Ending::Fold { plan, acc, has_start }
    }

    /// The end of a pass for its effects: an item that is a stream is run to its end, where
    /// a function has just made it.
    pub(super) fn for_effects(&mut self, last: Option<&Stage>) -> Ending {
        let drain = match last {
            Some(last) if last.op == PipeOp::Map && self.stage_may_stream(last) => Some(last.whole),
            _ => None,
        };
        Ending::Nothing { drain }
    }
}
