//! `x.f(…)`: a function under a key of `x`, or else the `fn` or core function
//! in scope with `x` as its first argument.

use super::Generator;
use super::arguments::{Arg, Shape, shape};
use super::call::{CallSpans, Callee};
use super::expr::Value;
use crate::ast::{Element, ExprId};
use crate::resolve::Use;
use crate::symbols::Name;
use weave_bytecode::constant::Constant;
use weave_bytecode::operand::Reg;
use weave_bytecode::ops::Instr;
use weave_bytecode::span::Span;

impl Generator<'_> {
    /// A method call whose receiver is at hand.
    pub(super) fn method(
        &mut self,
        id: ExprId,
        (object_id, object): (ExprId, Value),
        name: Name,
        safe: bool,
        elements: &[Element],
        dest: Option<Reg>,
    ) -> Value {
        let args = self.args_of(elements);
        let spans = CallSpans { whole: self.span(id), callee: self.method_span(id) };
        let object_span = self.span(object_id);
        let object = self.settle(object, &self.pending_exprs(&args));
        let object = self.reg(object);
        let receiver = self.ready(object, object_span);
        if !safe {
            return self.call_method(self.resolution.name_use(id), name, receiver, &args, spans, dest);
        }
        // The receiver may be where the result goes, so the result has a
        // register of its own.
        let mark = self.f().registers.mark();
        let a = self.f().registers.take();
        let mut end = Vec::new();
        self.f().emit(Instr::LoadNil { a });
        self.f().emit_jump(Instr::JumpIfNil { a: object, w: 0 }, &mut end);
        let value = self.call_method(self.resolution.name_use(id), name, receiver, &args, spans, Some(a));
        self.put(value, a);
        self.f().land(end);
        self.keep(Value::Temporary(a), mark);
        Value::Temporary(a)
    }

    fn method_span(&self, id: ExprId) -> Span {
        match &self.tree[id].kind {
            crate::ast::Expr::Method { name_token, .. } => self.tree.token_span(*name_token),
            _ => self.span(id),
        }
    }

    /// Emits the call of a method. The receiver is in a register.
    pub(super) fn call_method(
        &mut self,
        target: Use,
        name: Name,
        receiver: Arg,
        args: &[Arg],
        spans: CallSpans,
        dest: Option<Reg>,
    ) -> Value {
        if shape(args) != Shape::Plain {
            return self.call_method_by_steps(target, name, receiver, args, spans, dest);
        }
        let super::arguments::From::Ready(object) = receiver.from else {
            return Value::Int(0);
        };
        let a = if self.f().registers.is_top(object) { object } else { self.window(dest.filter(|d| *d != object)) };
        self.f().copy(a, object);
        for arg in args {
            let reg = self.f().registers.take();
            self.arg_to(arg.from, reg);
        }
        let c = args.len() as u16 + 1;
        let text: Box<str> = self.names.text(name).into();
        let x = self.f().text(&text);
        match target {
            Use::Core(core) => {
                let signatures = self.core;
                let y = self.native(&signatures[core as usize].name);
                let instr = Instr::CallMethodNative { a, c, x, y };
                self.f().emit_parts(instr, spans.whole, receiver.span, Some(spans.callee));
            }
            Use::Binding { .. } | Use::Nothing => {
                let b = self.method_function(target, spans.callee);
                let instr = Instr::CallMethod { a, b, c, x, y: 0 };
                self.f().emit_parts(instr, spans.whole, receiver.span, Some(spans.callee));
            }
        }
        self.f().registers.release_behind(a);
        Value::Temporary(a)
    }

    /// The function in scope that a method falls back to, or nil.
    fn method_function(&mut self, target: Use, span: Span) -> Reg {
        match target {
            Use::Binding { binding, check } => {
                let value = self.read(binding, check, span, None);
                self.reg(value)
            }
            Use::Core(core) => self.callee_reg(Callee::Native(core)),
            Use::Nothing => {
                let a = self.f().registers.take();
                self.f().emit(Instr::LoadNil { a });
                a
            }
        }
    }

    /// With named or spread arguments: looks the key up, evaluates the
    /// arguments once, then calls one or the other.
    fn call_method_by_steps(
        &mut self,
        target: Use,
        name: Name,
        receiver: Arg,
        args: &[Arg],
        spans: CallSpans,
        dest: Option<Reg>,
    ) -> Value {
        let super::arguments::From::Ready(object) = receiver.from else {
            return Value::Int(0);
        };
        let mark = self.f().registers.mark();
        let open = self.f();
        let dest = dest.filter(|d| *d != object && !open.registers.is_home(*d));
        let result = self.target(dest);
        let found = self.f().registers.take();
        let text: Box<str> = self.names.text(name).into();
        let key = self.f().short_constant(Constant::Text(text));
        match key {
            Some(c) => {
                let instr = Instr::FindMethod { a: found, b: object, c };
                self.f().emit_parts(instr, spans.whole, receiver.span, Some(spans.callee));
            }
            None => self.limit(spans.whole, "this function has more than 65,536 constants"),
        }
        let ready = self.prepare(args, &[]);
        let (mut own, mut end) = (Vec::new(), Vec::new());
        self.f().emit_jump(Instr::JumpIfNotNil { a: found, w: 0 }, &mut own);
        let inner = self.f().registers.mark();
        let mut with_receiver = vec![receiver];
        with_receiver.extend(ready.iter().cloned());
        let callee = match target {
            Use::Core(core) => Callee::Native(core),
            _ => Callee::Register(self.method_function(target, spans.callee)),
        };
        let value = self.call(callee, &with_receiver, spans, None);
        self.put(value, result);
        self.f().registers.release(inner);
        self.f().emit_jump(Instr::Jump { w: 0 }, &mut end);
        self.f().land(own);
        let value = self.call(Callee::Register(found), &ready, spans, None);
        self.put(value, result);
        self.f().land(end);
        self.keep(Value::Temporary(result), mark);
        Value::Temporary(result)
    }
}
