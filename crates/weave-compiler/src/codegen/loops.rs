//! `while`, `for`, `break` and `continue`.

use super::Generator;
use super::body::Tail;
use super::condition::Goal;
use super::function::{Around, Jumps};
use crate::ast::{BlockId, Expr, ExprId, PatId};
use crate::walk::Piece;
use weave_bytecode::operand::Reg;
use weave_bytecode::ops::Instr;
use weave_bytecode::position::Part;

impl Generator<'_> {
    /// `while condition { … }`, tested at the bottom.
    pub(super) fn while_loop(&mut self, condition: ExprId, body: BlockId) {
        let mut test = Jumps::new();
        let for_ever = matches!(self.tree[self.bare(condition)].kind, Expr::Bool(true));
        let (first, last) = (self.tree[condition].first, self.tree[body].last);
        self.load_ahead(first, last);
        if !for_ever {
            self.f().emit_jump(Instr::Jump { w: 0 }, &mut test);
            if test.is_empty() {
                return;
            }
        }
        self.f().reachable = true;
        let start = self.f().here();
        self.enter_loop(None);
        self.block(body, Tail::Effect);
        let (breaks, mut continues) = self.leave_loop();
        test.append(&mut continues);
        self.f().land(test);
        self.f().kept.begin_statement();
        self.condition(condition, true, &mut Goal::Back(start));
        if for_ever {
            self.f().reachable = false;
        }
        self.f().land(breaks);
    }

    fn enter_loop(&mut self, iterator: Option<Reg>) {
        self.f().around.push(Around::Loop { breaks: Jumps::new(), continues: Jumps::new(), iterator });
    }

    /// Ends a loop's body: jumps behind the loop, and to its next iteration.
    fn leave_loop(&mut self) -> (Jumps, Jumps) {
        match self.f().around.pop() {
            Some(Around::Loop { breaks, continues, .. }) => (breaks, continues),
            _ => (Jumps::new(), Jumps::new()),
        }
    }

    /// `for v in source { … }`, `for k, v in source { … }`
    pub(super) fn for_loop(&mut self, key: Option<PatId>, value: PatId, source: ExprId, body: BlockId) {
        let tree = self.tree;
        let mark = self.f().registers.mark();
        match &tree[self.bare(source)].kind {
            Expr::Range { start: Some(start), end: Some(end), inclusive }
                if key.is_none() && self.flags.superinstructions =>
            {
                self.counting_loop(value, (*start, *end), *inclusive, body);
            }
            _ => self.iterator_loop(key, value, source, body),
        }
        self.f().registers.release(mark);
    }

    /// Begins a loop over a range literal whose state is in three registers;
    /// gives the jumps out of it and the start of its body.
    pub(super) fn begin_count(&mut self, (start, end): (ExprId, ExprId), inclusive: bool) -> (Reg, Jumps, u32) {
        let a = self.f().registers.take();
        self.expr_to(start, a);
        let last = self.f().registers.take();
        self.expr_to(end, last);
        let _variable = self.f().registers.take();
        let mut out = Jumps::new();
        let (left, right) = (self.span(start), self.span(end));
        self.f().position(Part::Whole, left.to(right));
        self.f().position(Part::Left, left);
        self.f().position(Part::Right, right);
        self.f().emit_jump(Instr::ForPrep { a, c: u16::from(inclusive), x: 0 }, &mut out);
        let body = self.f().here();
        (a, out, body)
    }

    fn counting_loop(&mut self, value: PatId, range: (ExprId, ExprId), inclusive: bool, body: BlockId) {
        self.load_ahead_of(body);
        let (a, mut out, start) = self.begin_count(range, inclusive);
        self.enter_loop(None);
        self.parameter(value, Reg(a.0 + 2));
        self.block(body, Tail::Effect);
        let (mut breaks, continues) = self.leave_loop();
        self.f().land(continues);
        let whole = self.span(range.0).to(self.span(range.1));
        self.f().position(Part::Whole, whole);
        self.f().emit_back(Instr::ForLoop { a, w: 0 }, start);
        out.append(&mut breaks);
        self.f().land(out);
    }

    fn iterator_loop(&mut self, key: Option<PatId>, value: PatId, source: ExprId, body: BlockId) {
        let span = self.span(source);
        self.load_ahead_of(body);
        let source = self.operand(source);
        let iter = self.f().registers.take_run(5);
        let mut next = Jumps::new();
        self.f().emit_at(Instr::IterPrep { a: iter, b: source, c: 0 }, span);
        self.project_loop(iter, value, Piece::Block(body));
        self.f().emit_jump(Instr::Jump { w: 0 }, &mut next);
        if next.is_empty() {
            return;
        }
        self.f().reachable = true;
        let start = self.f().here();
        self.enter_loop(Some(iter));
        if let Some(key) = key {
            self.parameter(key, Reg(iter.0 + 4));
        }
        self.parameter(value, Reg(iter.0 + 3));
        self.block(body, Tail::Effect);
        let (breaks, mut continues) = self.leave_loop();
        next.append(&mut continues);
        self.f().land(next);
        self.iterate(iter, u16::from(key.is_some()), start, span);
        self.f().land(breaks);
    }

    /// `break`: closes what the loops up to the innermost one of statements
    /// iterate.
    pub(super) fn break_loop(&mut self) {
        self.leave(true);
    }

    /// `continue`
    pub(super) fn continue_loop(&mut self) {
        self.leave(false);
    }

    fn leave(&mut self, breaks: bool) {
        let Some(at) = self.innermost_loop() else { return };
        self.close_iterators(at + usize::from(!breaks));
        let mut jumps = Jumps::new();
        self.f().emit_jump(Instr::Jump { w: 0 }, &mut jumps);
        self.leave_by(at, breaks, jumps);
    }

    /// Gives a loop jumps that leave it, or go to its next iteration.
    pub(super) fn leave_by(&mut self, at: usize, by_break: bool, mut jumps: Jumps) {
        if let Some(Around::Loop { breaks, continues, .. }) = self.f().around.get_mut(at) {
            if by_break { breaks } else { continues }.append(&mut jumps);
        }
    }

    /// The loop that a `break` or `continue` here leaves, where a jump alone
    /// does it.
    pub(super) fn leaves_directly(&mut self, breaks: bool) -> Option<usize> {
        let at = self.innermost_loop()?;
        let from = at + usize::from(!breaks);
        let closes = self.f().around[from..].iter().any(|around| {
            matches!(around, Around::Loop { iterator: Some(_), .. } | Around::Pipeline { iterator: Some(_) })
        });
        (!closes).then_some(at)
    }

    fn innermost_loop(&mut self) -> Option<usize> {
        self.f().around.iter().rposition(|a| matches!(a, Around::Loop { .. }))
    }
}
