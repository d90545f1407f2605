//! Stages: the right sides of pipeline operators. A stage is prepared once,
//! then run for each item, or handed to a stream.

use super::Generator;
use super::arguments::{Arg, From, How, Shape, shape};
use super::call::{CallSpans, Callee};
use super::condition::Goal;
use super::expr::Value;
use super::function::{Jumps, Open};
use super::known::Known;
use crate::ast::{Expr, ExprId, FnId, PipeOp};
use crate::resolve::Use;
use crate::symbols::Name;
use weave_bytecode::operand::Reg;
use weave_bytecode::ops::Instr;
use weave_bytecode::prototype::{Capture, Upvalue};
use weave_bytecode::signature::{Parameter, Signature};
use weave_bytecode::span::Span;

/// What a stage does with an item.
#[derive(Clone, Debug)]
pub(super) enum Plan {
    /// The body of this lambda stands in the loop.
    Inline(FnId),
    /// A call with the item in front of arguments that are in registers.
    Call(Callee, Vec<Arg>),
    /// A method call: the receiver, then the item, then arguments.
    Method { name: Name, target: Use, receiver: Arg, args: Vec<Arg> },
}

/// A prepared stage.
#[derive(Clone, Debug)]
pub(super) struct Stage {
    pub(super) op: PipeOp,
    pub(super) plan: Plan,
    pub(super) spans: CallSpans,
    pub(super) whole: Span,
    /// Its source, where it is a call of a name.
    callee: Option<ExprId>,
    /// The function whose body stands in the loop in place of the call.
    pub(super) known: Option<Known>,
}

impl Stage {
    /// A stage that calls the function in a register.
    pub(super) fn of_value(op: PipeOp, function: Reg, spans: CallSpans) -> Stage {
        let plan = Plan::Call(Callee::Register(function), Vec::new());
        Stage { op, plan, spans, whole: spans.whole, callee: None, known: None }
    }
}

impl Generator<'_> {
    /// The written arguments of a stage.
    pub(super) fn call_args(&self, right: ExprId) -> Vec<Arg> {
        match &self.tree[right].kind {
            Expr::Call { args, .. } | Expr::Method { args, .. } => self.args_of(args),
            _ => Vec::new(),
        }
    }

    /// Evaluates a stage's function and arguments, once. `later` is what is
    /// evaluated before the loop begins.
    pub(super) fn stage(&mut self, op: PipeOp, right: ExprId, whole: Span, later: &[ExprId]) -> Stage {
        let tree = self.tree;
        let count = if op == PipeOp::Fold { 2 } else { 1 };
        let mut known = None;
        let (plan, callee_span, callee) = match &tree[right].kind {
            Expr::Function(function) if self.inlines(*function, count) => {
                (Plan::Inline(*function), self.span(right), None)
            }
            Expr::Call { callee, .. } => {
                let args = self.call_args(right);
                known = self.known_call(*callee, count, &args).map(Known::checked);
                let target = self.stage_callee(*callee, &args, later);
                let args = self.prepare(&args, later);
                (Plan::Call(target, args), self.span(*callee), Some(*callee))
            }
            Expr::Method { object, name, name_token, .. } => {
                let args = self.call_args(right);
                let span = self.span(*object);
                let mut all = self.pending_exprs(&args);
                all.extend_from_slice(later);
                let value = self.value(*object, None);
                let value = self.settle(value, &all);
                let reg = self.reg(value);
                let receiver = self.ready(reg, span);
                let args = self.prepare(&args, later);
                let target = self.resolution.name_use(right);
                (Plan::Method { name: *name, target, receiver, args }, tree.token_span(*name_token), None)
            }
            _ => {
                known = self.known_call(right, count, &[]).map(Known::checked);
                let target = self.stage_callee(right, &[], later);
                (Plan::Call(target, Vec::new()), self.span(right), Some(right))
            }
        };
        Stage { op, plan, spans: CallSpans { whole, callee: callee_span }, whole, callee, known }
    }

    /// A stage's function: one that is not known is read once.
    fn stage_callee(&mut self, callee: ExprId, args: &[Arg], later: &[ExprId]) -> Callee {
        match self.callee(callee, args) {
            Callee::Slot(slot) if !self.is_known(callee) => {
                let a = self.f().registers.take();
                self.f().emit(Instr::GetSlot { a, w: slot });
                Callee::Register(a)
            }
            Callee::Register(reg) if self.f().registers.is_home(reg) => {
                let value = self.settle(Value::Variable(reg), later);
                Callee::Register(self.reg(value))
            }
            callee => callee,
        }
    }

    fn is_known(&self, callee: ExprId) -> bool {
        match self.resolution.name_use(self.bare(callee)) {
            Use::Binding { binding, .. } => self.resolution.binding(binding).known_function().is_some(),
            _ => false,
        }
    }

    /// Runs a stage on values in registers; `dest` is where the result may go.
    pub(super) fn run_stage(&mut self, stage: &Stage, items: &[Reg], dest: Option<Reg>) -> Value {
        match &stage.plan {
            Plan::Inline(function) => self.inline(*function, &variables(items), stage.whole, dest),
            Plan::Call(callee, args) => {
                let all = self.with_items(items, args, stage.whole);
                if let Some(known) = &stage.known {
                    return self.inline_call(known, &all, stage.spans, dest);
                }
                let function =
                    stage.callee.and_then(|callee| self.fixed_function(callee)).map(|(function, ..)| function);
                self.call_function(*callee, function, &all, stage.spans, None)
            }
            Plan::Method { name, target, receiver, args } => {
                let all = self.with_items(items, args, stage.whole);
                self.call_method(*target, *name, receiver.clone(), &all, stage.spans, None)
            }
        }
    }

    /// Runs a filter's stage as a condition that jumps where it does not hold;
    /// says whether it could.
    pub(super) fn stage_condition(&mut self, stage: &Stage, item: Reg, next: &mut Jumps) -> bool {
        match (&stage.plan, &stage.known) {
            (Plan::Inline(function), _) => {
                let Some(condition) = self.single_expression(*function) else { return false };
                self.enter_inlined(*function, &variables(&[item]), stage.whole, None);
                self.condition(condition, false, &mut Goal::Forward(next));
                self.leave_inlined();
                true
            }
            (Plan::Call(_, args), Some(known)) if self.single_expression(known.function).is_some() => {
                let all = self.with_items(&[item], args, stage.whole);
                self.inline_condition(known, &all, stage.spans, false, &mut Goal::Forward(next));
                true
            }
            _ => false,
        }
    }

    fn with_items(&self, items: &[Reg], args: &[Arg], span: Span) -> Vec<Arg> {
        items.iter().map(|reg| self.ready(*reg, span)).chain(args.iter().cloned()).collect()
    }

    /// Whether what a stage gives may be a stream.
    pub(super) fn stage_may_stream(&mut self, stage: &Stage) -> bool {
        match &stage.plan {
            Plan::Inline(function) => self.single_expression(*function).is_none_or(|e| self.may_be_stream(e)),
            Plan::Call(..) => stage.callee.is_none_or(|callee| !self.gives_no_stream(callee)),
            Plan::Method { .. } => true,
        }
    }

    /// `x |> right`: evaluates the other arguments now and calls.
    pub(super) fn apply_now(&mut self, right: ExprId, piped: Arg, whole: Span) -> Value {
        let tree = self.tree;
        match &tree[right].kind {
            Expr::Method { object, name, name_token, .. } => {
                let args = self.call_args(right);
                let spans = CallSpans { whole, callee: tree.token_span(*name_token) };
                let value = self.value(*object, None);
                let value = self.settle(value, &self.pending_exprs(&args));
                let reg = self.reg(value);
                let receiver = self.ready(reg, self.span(*object));
                let mut all = vec![piped];
                all.extend(args);
                self.call_method(self.resolution.name_use(right), *name, receiver, &all, spans, None)
            }
            Expr::Function(function) if self.inlines(*function, 1) => {
                let From::Ready(reg) = piped.from else { return Value::Int(0) };
                self.inline(*function, &variables(&[reg]), whole, None)
            }
            Expr::Call { callee, .. } => {
                let spans = CallSpans { whole, callee: self.span(*callee) };
                let mut all = vec![piped];
                all.extend(self.call_args(right));
                self.call_named(*callee, &all, spans, None)
            }
            _ => {
                let spans = CallSpans { whole, callee: self.span(right) };
                self.call_named(right, &[piped], spans, None)
            }
        }
    }

    /// A call of a stage that pulls, with all its arguments in registers.
    pub(super) fn call_prepared(&mut self, right: ExprId, args: &[Arg], whole: Span) -> Value {
        let callee = match &self.tree[right].kind {
            Expr::Call { callee, .. } => *callee,
            _ => right,
        };
        let spans = CallSpans { whole, callee: self.span(callee) };
        let target = self.callee(callee, args);
        self.call(target, args, spans, None)
    }

    /// Gives the accumulator its first value; says whether it surely has one,
    /// or `None` where only the running program knows.
    pub(super) fn fold_start(&mut self, plan: &Stage, acc: Reg) -> Option<bool> {
        let inlined = match (&plan.plan, &plan.known) {
            (Plan::Inline(function), _) => Some(*function),
            (_, Some(known)) => Some(known.function),
            _ => None,
        };
        if let Some(function) = inlined {
            let first = self.tree[function].kind.params.first().and_then(|p| p.default);
            match first {
                Some(default) => {
                    self.inlined_default(function, default, plan.whole, acc);
                    return Some(true);
                }
                None => {
                    self.f().emit(Instr::LoadUnset { a: acc });
                    return Some(false);
                }
            }
        }
        if let Plan::Call(callee, _) = &plan.plan
            && !matches!(callee, Callee::Native(_))
        {
            let mark = self.f().registers.mark();
            let b = self.callee_reg(*callee);
            let a = self.f().registers.take();
            self.f().emit_parts(Instr::FoldStart { a, b, c: 1 }, plan.whole, plan.spans.callee, None);
            self.f().copy(acc, a);
            self.f().registers.release(mark);
            return None;
        }
        self.f().emit(Instr::LoadUnset { a: acc });
        Some(false)
    }

    /// Wraps the stream in `stream` with a stage.
    pub(super) fn lazy_stage(&mut self, stage: &Stage, stream: Reg) {
        let mark = self.f().registers.mark();
        let a = if self.f().registers.is_top(stream) { stream } else { self.f().registers.take() };
        self.f().copy(a, stream);
        let function = self.f().registers.take();
        let mut count = 2;
        match &stage.plan {
            Plan::Inline(id) => self.closure(*id, function),
            Plan::Call(callee, args) if shape(args) == Shape::Plain => {
                let inner = self.f().registers.mark();
                let reg = self.callee_reg(*callee);
                self.f().copy(function, reg);
                self.f().registers.release(inner);
                for arg in args {
                    let reg = self.f().registers.take();
                    self.arg_to(arg.from, reg);
                    count += 1;
                }
            }
            _ => self.wrapper(stage, function),
        }
        let b = u16::from(stage.op == PipeOp::Filter);
        self.f().emit_parts(Instr::Stage { a, b, c: count }, stage.whole, stage.spans.callee, None);
        self.f().copy(stream, a);
        self.f().registers.release(mark);
    }

    /// A function of one item that runs a stage whose call a stream can't make
    /// by itself: named and spread arguments, and methods.
    fn wrapper(&mut self, stage: &Stage, dest: Reg) {
        if !self.f().reachable {
            return;
        }
        let mut outer = Vec::new();
        let mut plan = stage.plan.clone();
        if let Plan::Call(callee @ Callee::Upvalue(_), _) = &mut plan {
            // The wrapper has captured variables of its own.
            *callee = Callee::Register(self.callee_reg(*callee));
        }
        let inner_plan = rewire(&plan, &mut outer);
        let function_target = match &stage.plan {
            Plan::Method { target: Use::Binding { binding, check }, .. } => {
                let value = self.read(*binding, *check, stage.spans.callee, None);
                let reg = self.reg(value);
                Some((*binding, reg))
            }
            _ => None,
        };
        let span = stage.whole;
        let mut upvalues: Vec<Upvalue> =
            outer.iter().map(|reg| Upvalue { name: "".into(), capture: Capture::Value(reg.0), cell: false }).collect();
        if let Some((_, reg)) = function_target {
            upvalues.push(Upvalue { name: "".into(), capture: Capture::Value(reg.0), cell: false });
        }
        let mut open = Open::new(span);
        open.proto.upvalues = upvalues;
        // Traces leave it out by its name.
        open.proto.signature = Signature {
            name: "<stage>".into(),
            parameters: vec![Parameter { name: "it".into(), optional: false, rest: false }],
        };
        let item = open.registers.take();
        open.registers.make_home(item);
        self.open.push(open);
        // Captured values come first, in the registers that the rewired plan
        // names.
        for i in 0..outer.len() {
            let a = self.f().registers.take();
            self.f().registers.make_home(a);
            self.f().emit(Instr::GetUpvalue { a, b: i as u16 });
        }
        if let Some((binding, _)) = function_target {
            let a = self.f().registers.take();
            self.f().registers.make_home(a);
            self.f().emit(Instr::GetUpvalue { a, b: outer.len() as u16 });
            self.f().homes.insert(binding, super::function::Home::Register(a));
        }
        let inner = Stage { plan: inner_plan, known: None, ..stage.clone() };
        let value = self.run_stage(&inner, &[item], None);
        let a = self.reg(value);
        self.f().emit(Instr::Return { a });
        let Some(proto) = self.close() else { return };
        self.prototypes.push(proto);
        let w = self.prototypes.len() as u32 - 1;
        self.f().emit(Instr::Closure { a: dest, w });
    }
}

fn variables(registers: &[Reg]) -> Vec<Option<Value>> {
    registers.iter().map(|reg| Some(Value::Variable(*reg))).collect()
}

/// A plan whose registers are those of a wrapper, which holds the item in
/// register 0 and what it captured behind it; `outer` receives the registers
/// that it captures.
fn rewire(plan: &Plan, outer: &mut Vec<Reg>) -> Plan {
    let mut inner = |reg: Reg| {
        outer.push(reg);
        Reg(outer.len() as u16)
    };
    let arg = |arg: &Arg, inner: &mut dyn FnMut(Reg) -> Reg| {
        let mut place = |from: From| match from {
            From::Ready(reg) => From::Ready(inner(reg)),
            from => from,
        };
        let how = match &arg.how {
            How::Computed(key) => How::Computed(place(*key)),
            how => how.clone(),
        };
        Arg { how, from: place(arg.from), span: arg.span }
    };
    match plan {
        Plan::Inline(function) => Plan::Inline(*function),
        Plan::Call(callee, args) => {
            let callee = match callee {
                Callee::Register(reg) => Callee::Register(inner(*reg)),
                other => *other,
            };
            Plan::Call(callee, args.iter().map(|a| arg(a, &mut inner)).collect())
        }
        Plan::Method { name, target, receiver, args } => {
            let receiver = arg(receiver, &mut inner);
            let args = args.iter().map(|a| arg(a, &mut inner)).collect();
            // The function in scope is one of the captured values.
            let target = match target {
                Use::Binding { binding, .. } => Use::Binding { binding: *binding, check: false },
                other => *other,
            };
            Plan::Method { name: *name, target, receiver, args }
        }
    }
}
