//! Calls: which instruction reaches the callee, and where the arguments go.

use super::Generator;
use super::arguments::{Arg, Shape, shape};
use super::condition::Goal;
use super::expr::Value;
use super::variables::Place;
use crate::ast::{Element, Expr, ExprId, FnId};
use crate::resolve::Use;
use weave_bytecode::constant::Constant;
use weave_bytecode::operand::Reg;
use weave_bytecode::ops::Instr;
use weave_bytecode::span::Span;

/// What is called.
#[derive(Clone, Copy, Debug)]
pub(super) enum Callee {
    /// A core function: its index among the signatures.
    Native(u32),
    /// A function in a slot.
    Slot(u32),
    /// A captured function.
    Upvalue(u16),
    /// Whatever a register holds.
    Register(Reg),
}

/// The spans of a call.
#[derive(Clone, Copy, Debug)]
pub(super) struct CallSpans {
    pub(super) whole: Span,
    pub(super) callee: Span,
}

impl Generator<'_> {
    /// `name(…)`.
    pub(super) fn call_name(&mut self, id: ExprId, callee: ExprId, args: &[Element], dest: Option<Reg>) -> Value {
        let spans = CallSpans { whole: self.span(id), callee: self.span(callee) };
        let args = self.args_of(args);
        self.call_named(callee, &args, spans, dest)
    }

    /// A call whose callee is written as an expression; it is evaluated first.
    pub(super) fn call_named(&mut self, callee: ExprId, args: &[Arg], spans: CallSpans, dest: Option<Reg>) -> Value {
        if let Some(known) = self.known_call(callee, 0, args) {
            return self.inline_call(&known, args, spans, dest);
        }
        let target = self.callee(callee, args);
        let function = self.fixed_function(callee).map(|(function, ..)| function);
        self.call_function(target, function, args, spans, dest)
    }

    /// A call of a known function whose body can stand here, for its effects;
    /// says whether it was one.
    pub(super) fn call_effect(&mut self, id: ExprId, callee: ExprId, args: &[Element]) -> bool {
        let spans = CallSpans { whole: self.span(id), callee: self.span(callee) };
        let args = self.args_of(args);
        let Some(known) = self.known_call(callee, 0, &args) else { return false };
        if self.single_expression(known.function).is_some() {
            return false;
        }
        self.inline_effect(&known, &args, spans);
        true
    }

    /// A condition that is a call of a known function whose body, one
    /// expression, can stand here; says whether it was one.
    pub(super) fn call_condition(&mut self, id: ExprId, sense: bool, goal: &mut Goal<'_>) -> bool {
        let tree = self.tree;
        let Expr::Call { callee, args } = &tree[id].kind else { return false };
        let spans = CallSpans { whole: self.span(id), callee: self.span(*callee) };
        let args = self.args_of(args);
        let Some(known) = self.known_call(*callee, 0, &args) else { return false };
        if self.single_expression(known.function).is_none() {
            return false;
        }
        let mark = self.f().registers.mark();
        self.inline_condition(&known, &args, spans, sense, goal);
        self.f().registers.release(mark);
        true
    }

    /// `callee(…)` whose callee is at hand.
    pub(super) fn call_value(
        &mut self,
        id: ExprId,
        callee: ExprId,
        value: Value,
        args: &[Element],
        dest: Option<Reg>,
    ) -> Value {
        let spans = CallSpans { whole: self.span(id), callee: self.span(callee) };
        let args = self.args_of(args);
        let value = self.settle(value, &self.pending_exprs(&args));
        let callee = Callee::Register(self.reg(value));
        self.call(callee, &args, spans, dest)
    }

    /// How to reach a callee; evaluated before the arguments.
    pub(super) fn callee(&mut self, id: ExprId, args: &[Arg]) -> Callee {
        let id = self.bare(id);
        if matches!(self.tree[id].kind, Expr::Name(_)) {
            match self.resolution.name_use(id) {
                Use::Core(core) if !self.resolution.is_value(core) => return Callee::Native(core),
                Use::Binding { binding, check: false } if self.flags.known_calls => {
                    let stays = self.resolution.binding(binding).known_function().is_some()
                        || self.pending_exprs(args).iter().all(|id| self.is_inert(*id));
                    match self.place(binding) {
                        Place::Slot(slot) if stays => return Callee::Slot(slot),
                        Place::Upvalue(index) => return Callee::Upvalue(index),
                        _ => {}
                    }
                }
                _ => {}
            }
        }
        let value = self.value(id, None);
        let later = self.pending_exprs(args);
        let value = self.settle(value, &later);
        Callee::Register(self.reg(value))
    }

    /// Whether evaluating an expression can't assign anything.
    fn is_inert(&self, id: ExprId) -> bool {
        match &self.tree[self.bare(id)].kind {
            Expr::Binary { left, right, .. } => self.is_leaf(*left) && self.is_leaf(*right),
            _ => self.is_leaf(id),
        }
    }

    fn is_leaf(&self, id: ExprId) -> bool {
        matches!(
            &self.tree[self.bare(id)].kind,
            Expr::Nil
                | Expr::Bool(_)
                | Expr::Int(_)
                | Expr::Float(_)
                | Expr::Str(_)
                | Expr::Name(_)
                | Expr::Function(_)
        )
    }

    /// Emits a call; the result is in the window's first register.
    pub(super) fn call(&mut self, callee: Callee, args: &[Arg], spans: CallSpans, dest: Option<Reg>) -> Value {
        self.call_function(callee, None, args, spans, dest)
    }

    /// Emits a call of what is known to be `function`, where that is known.
    pub(super) fn call_function(
        &mut self,
        callee: Callee,
        function: Option<FnId>,
        args: &[Arg],
        spans: CallSpans,
        dest: Option<Reg>,
    ) -> Value {
        if let Callee::Native(core) = callee {
            return self.call_native(core, args, spans, dest);
        }
        let a = self.window(dest);
        if let Some(c) = function.and_then(|function| self.fill_known(a, args, function)) {
            self.call_positional(callee, a, c, spans);
            self.f().registers.release_behind(a);
            return Value::Temporary(a);
        }
        match shape(args) {
            Shape::Plain => {
                let c = self.fill(a, args);
                self.call_positional(callee, a, c, spans);
            }
            Shape::Named => {
                let c = self.fill(a, args);
                let b = self.callee_reg(callee);
                let x = self.names_of(args);
                self.f().emit_parts(Instr::CallNamed { a, b, c, x, y: 0 }, spans.whole, spans.callee, None);
            }
            Shape::Spread => {
                self.collect_args(a, args, spans.whole);
                let b = self.callee_reg(callee);
                self.f().emit_parts(Instr::CallSpread { a, b, c: 1 }, spans.whole, spans.callee, None);
            }
        }
        self.f().registers.release_behind(a);
        Value::Temporary(a)
    }

    fn call_positional(&mut self, callee: Callee, a: Reg, c: u16, spans: CallSpans) {
        let instr = match callee {
            Callee::Slot(x) => Instr::CallSlot { a, c, x, y: 0 },
            Callee::Upvalue(b) => Instr::CallUpvalue { a, b, c },
            Callee::Register(b) => Instr::Call { a, b, c },
            Callee::Native(_) => Instr::Call { a, b: a, c },
        };
        self.f().emit_parts(instr, spans.whole, spans.callee, None);
    }

    /// The names of a call's named arguments, as a constant.
    pub(super) fn names_of(&mut self, args: &[Arg]) -> u32 {
        let names: Box<[Option<Box<str>>]> = args.iter().filter_map(|a| a.name()).map(|n| Some(n.into())).collect();
        self.f().constant(Constant::Keys(names))
    }

    /// A callee as a value in a register.
    pub(super) fn callee_reg(&mut self, callee: Callee) -> Reg {
        if let Callee::Register(reg) = callee {
            return reg;
        }
        let a = self.f().registers.take();
        match callee {
            Callee::Native(core) => self.load_native(core, a),
            Callee::Slot(w) => self.f().emit(Instr::GetSlot { a, w }),
            Callee::Upvalue(b) => self.f().emit(Instr::GetUpvalue { a, b }),
            Callee::Register(_) => {}
        }
        a
    }

    /// A call of a core function: arguments are matched to parameters here.
    fn call_native(&mut self, core: u32, args: &[Arg], spans: CallSpans, dest: Option<Reg>) -> Value {
        if let Some(value) = self.core_loop(core, args, spans) {
            return value;
        }
        let signatures = self.core;
        let signature = &signatures[core as usize];
        if shape(args) != Shape::Spread {
            let mark = self.f().registers.mark();
            let a = self.window(dest);
            if let Some(c) = self.fill_bound(a, args, signature) {
                let x = self.native(&signature.name);
                self.f().emit_parts(Instr::CallNative { a, c, x }, spans.whole, spans.callee, None);
                self.f().registers.release_behind(a);
                return Value::Temporary(a);
            }
            self.f().registers.release(mark);
        }
        let b = self.callee_reg(Callee::Native(core));
        self.call(Callee::Register(b), args, spans, dest)
    }

    /// A core function as a value.
    pub(super) fn load_native(&mut self, core: u32, dest: Reg) {
        let signatures = self.core;
        let w = self.native(&signatures[core as usize].name);
        self.f().emit(Instr::LoadNative { a: dest, w });
    }

    /// Calls a native that programs don't call by its name.
    pub(super) fn call_hidden(&mut self, name: &str, a: Reg, c: u16, span: Span) {
        let x = self.native(name);
        self.f().emit_at(Instr::CallNative { a, c, x }, span);
    }
}
