//! Statements.

use super::Generator;
use super::body::Tail;
use super::condition::Goal;
use super::expr::Value;
use super::function::Jumps;
use crate::ast::{Expr, ExprId, FnId, LogicOp, PatId, Stmt, StmtId};
use crate::resolve::Storage;
use weave_bytecode::span::Span;

impl Generator<'_> {
    /// A statement, and what becomes of its value where it is the last one.
    pub(super) fn stmt(&mut self, id: StmtId, tail: Tail) {
        if !self.f().reachable {
            return;
        }
        let tree = self.tree;
        self.f().kept.begin_statement();
        match &tree[id].kind {
            Stmt::Error => self.no_value(tail),
            Stmt::Expr(expr) => self.tail(*expr, tail),
            Stmt::Let { pattern, value } => self.let_statement(*pattern, *value, tail),
            Stmt::Assign { target, op, value } => {
                let mark = self.f().registers.mark();
                let value = self.assignment(*target, *op, *value);
                self.finish(value, tail);
                match value {
                    Value::Variable(home) if self.makes_variable(*target) => self.f().registers.release_behind(home),
                    _ => self.f().registers.release(mark),
                }
            }
            Stmt::Function(function) => self.function_statement(*function, tail),
            Stmt::While { condition, body } => {
                self.while_loop(*condition, *body);
                self.no_value(tail);
            }
            Stmt::For { key, value, source, body } => {
                self.for_loop(*key, *value, *source, *body);
                self.no_value(tail);
            }
            Stmt::Break => self.break_loop(),
            Stmt::Continue => self.continue_loop(),
            Stmt::Return(value) if self.ends_inlined(tail) => match value {
                Some(value) => self.tail(*value, tail),
                None => self.no_value(tail),
            },
            Stmt::Return(value) => self.return_value(*value),
            Stmt::Import { path, name_token, .. } => {
                let span = tree.token_span(*name_token);
                self.import(id, path, span, tail);
            }
        }
    }

    fn let_statement(&mut self, pattern: PatId, value: ExprId, tail: Tail) {
        let reg = self.f().registers.take();
        self.expr_to(value, reg);
        match self.resolution.target(pattern) {
            Some((binding, _)) => {
                self.define(binding, reg);
                self.finish(Value::Temporary(reg), tail);
                if self.resolution.binding(binding).storage != Storage::Register {
                    self.f().registers.release(u32::from(reg.0));
                }
            }
            None => {
                self.declare_from(pattern, reg);
                self.finish(Value::Temporary(reg), tail);
            }
        }
    }

    /// Whether an assignment makes the register of the variable it assigns.
    fn makes_variable(&self, target: PatId) -> bool {
        let binding = self.resolution.target(target).map(|(binding, _)| self.resolution.binding(binding));
        binding.is_some_and(|binding| binding.made_by() == Some(target))
    }

    fn function_statement(&mut self, id: FnId, tail: Tail) {
        let Some(binding) = self.resolution.declared(id) else { return };
        let info = self.resolution.binding(binding);
        let exists = info.global && self.is_first_of_its_name(id);
        if !exists {
            self.declare_function(id);
        }
        if tail != Tail::Effect {
            let mark = self.f().registers.mark();
            let value = self.read(binding, false, Span::default(), None);
            self.finish(value, tail);
            self.f().registers.release(mark);
        }
    }

    /// Makes a declared function and gives it to its name.
    pub(super) fn declare_function(&mut self, id: FnId) {
        let Some(binding) = self.resolution.declared(id) else { return };
        let mark = self.f().registers.mark();
        match self.place(binding) {
            super::variables::Place::Register(home) => self.closure(id, home),
            _ => {
                let a = self.f().registers.take();
                self.closure(id, a);
                self.store(binding, a);
            }
        }
        self.f().registers.release(mark);
    }

    /// `import "path" as name`: a native runs the file, once per program.
    fn import(&mut self, id: StmtId, path: &str, span: Span, tail: Tail) {
        let Some(binding) = self.resolution.import(id) else { return };
        let a = self.f().registers.take();
        self.load_text(path, a);
        self.call_hidden("<import>", a, 1, span);
        self.define(binding, a);
        self.finish(Value::Temporary(a), tail);
        if !self.in_register(binding) {
            self.f().registers.release(u32::from(a.0));
        }
    }

    /// An expression whose value nobody uses: a stream is run to its end.
    pub(super) fn effect(&mut self, id: ExprId) {
        let tree = self.tree;
        let id = self.bare(id);
        let mark = self.f().registers.mark();
        match &tree[id].kind {
            Expr::Nil | Expr::Bool(_) | Expr::Int(_) | Expr::Float(_) | Expr::Str(_) | Expr::Function(_) => {}
            Expr::If { .. } | Expr::Block(_) | Expr::Try { .. } => self.tail(id, Tail::Effect),
            Expr::Pipe { .. } => self.pipeline_effect(id),
            Expr::Logic { op: op @ (LogicOp::And | LogicOp::Or), left, right } => {
                let mut end = Jumps::new();
                self.condition(*left, *op == LogicOp::Or, &mut Goal::Forward(&mut end));
                self.effect(*right);
                self.f().land(end);
            }
            Expr::Call { callee, args } if !self.may_be_stream(id) && self.call_effect(id, *callee, args) => {}
            _ => {
                let value = self.value(id, None);
                if self.may_be_stream(id) {
                    self.drain(value, self.span(id));
                }
            }
        }
        self.f().registers.release(mark);
    }
}
