//! `if`, `try` and `return`: where control goes, and what is closed on the way
//! out.

use super::Generator;
use super::body::Tail;
use super::condition::Goal;
use super::function::{Around, Jumps};
use crate::ast::{BlockId, Expr, ExprId, Stmt};
use weave_bytecode::ops::Instr;

impl Generator<'_> {
    /// `if … else if … else …` of any length.
    pub(super) fn if_chain(&mut self, id: ExprId, tail: Tail) {
        let tree = self.tree;
        let mut end = Jumps::new();
        let mut at = id;
        while let Expr::If { condition, then, otherwise } = &tree[at].kind {
            if !self.jump_out(*condition, *then) {
                let mut no = Jumps::new();
                self.condition(*condition, false, &mut Goal::Forward(&mut no));
                self.block(*then, tail);
                if otherwise.is_none() && tail == Tail::Effect {
                    end.append(&mut no);
                    break;
                }
                self.f().emit_jump(Instr::Jump { w: 0 }, &mut end);
                self.f().land(no);
            }
            match otherwise {
                Some(next) if matches!(tree[*next].kind, Expr::If { .. }) => at = *next,
                Some(last) => {
                    self.tail(*last, tail);
                    break;
                }
                None => {
                    self.no_value(tail);
                    break;
                }
            }
        }
        self.f().land(end);
    }

    /// `if c { break }` and `if c { continue }` are one jump; says whether this
    /// was one.
    pub(super) fn jump_out(&mut self, condition: ExprId, then: BlockId) -> bool {
        let tree = self.tree;
        let [stmt] = tree[then].kind.stmts.as_slice() else { return false };
        let breaks = match tree[*stmt].kind {
            Stmt::Break => true,
            Stmt::Continue => false,
            _ => return false,
        };
        let Some(at) = self.leaves_directly(breaks) else { return false };
        let mut out = Jumps::new();
        self.condition(condition, true, &mut Goal::Forward(&mut out));
        self.leave_by(at, breaks, out);
        true
    }

    /// `try { … } catch e { … }`
    pub(super) fn try_catch(&mut self, id: ExprId, body: BlockId, handler: BlockId, tail: Tail) {
        if !self.f().reachable {
            return;
        }
        let mark = self.f().registers.mark();
        let mut end = Jumps::new();
        let start = self.f().here();
        self.block(body, tail);
        let stop = self.f().here();
        self.f().emit_jump(Instr::Jump { w: 0 }, &mut end);
        if start != stop {
            let error = self.f().begin_handler(start, stop);
            if let Some(binding) = self.resolution.catch(id) {
                self.define(binding, error);
            }
            self.block(handler, tail);
        }
        self.f().land(end);
        self.f().registers.release(mark);
    }

    /// `return`: leaves loops, then the function or the inlined lambda.
    pub(super) fn return_value(&mut self, value: Option<ExprId>) {
        let mark = self.f().registers.mark();
        let inlined = self.f().around.iter().rposition(|a| matches!(a, Around::Inlined { .. }));
        if let Some(at) = inlined {
            let Some(Around::Inlined { dest, .. }) = self.f().around.get(at) else { return };
            let dest = *dest;
            match (value, dest) {
                (Some(value), Some(dest)) => self.expr_to(value, dest),
                (None, Some(a)) => self.f().emit(Instr::LoadNil { a }),
                (_, None) => debug_assert!(false, "a body with a `return` has a place for its value"),
            }
            self.close_iterators(at + 1);
            let mut jumps = Jumps::new();
            self.f().emit_jump(Instr::Jump { w: 0 }, &mut jumps);
            if let Some(Around::Inlined { returns, .. }) = self.f().around.get_mut(at) {
                returns.append(&mut jumps);
            }
        } else {
            let a = value.map(|value| self.operand(value));
            self.close_iterators(0);
            match a {
                Some(a) => self.f().emit(Instr::Return { a }),
                None => self.f().emit(Instr::ReturnNil {}),
            }
        }
        self.f().registers.release(mark);
    }

    /// Closes the sources of the loops that are left, the innermost first.
    pub(super) fn close_iterators(&mut self, from: usize) {
        let mut iterators = Vec::new();
        for around in &self.f().around[from..] {
            if let Around::Loop { iterator: Some(iter), .. } | Around::Pipeline { iterator: Some(iter) } = around {
                iterators.push(*iter);
            }
        }
        for a in iterators.into_iter().rev() {
            self.f().emit(Instr::IterClose { a });
        }
    }
}
