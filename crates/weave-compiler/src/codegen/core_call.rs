//! Calls of core functions that call another function with each item of a sequence, as
//! `sort_by(rows, .price)`: a loop, where the compiler sees what is called.

use super::Generator;
use super::arguments::{Arg, From, Shape, shape};
use super::call::CallSpans;
use super::expr::Value;
use super::pass::{Pass, Source};
use super::step::{Core, CoreStep, Prepared};
use crate::ast::Expr;

impl Generator<'_> {
    /// A call of a core function that calls another one with each item of its first
    /// argument: a loop, where what it calls is written there or known. `None` where it
    /// is no such call.
    pub(super) fn core_loop(&mut self, native: u32, args: &[Arg], spans: CallSpans) -> Option<Value> {
        let signatures = self.core;
        let core = Core::of(&signatures[native as usize].name)?;
        let (source, written) = args.split_first()?;
        let suits = matches!(core, Core::Each | Core::GroupBy | Core::CountBy | Core::SortBy | Core::Count);
        if !suits || !self.flags.fuse || shape(args) != Shape::Plain || written.is_empty() {
            return None;
        }
        let (From::Expr(function), true) = (written[0].from, self.fits_loop(core, written)) else { return None };
        let bare = self.bare(function);
        let seen = matches!(self.tree[bare].kind, Expr::Function(_))
            || self.fixed_function(bare).is_some_and(|(.., check)| !check);
        if !seen {
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
        let mut prepared = vec![Prepared::Function(stage)];
        prepared.extend(self.prepare(&written[1..], &[]).into_iter().map(Prepared::Value));
        let right = function;
        let step = CoreStep { core, native, right, spans, written: written.to_vec(), args: prepared, fits: true };
        let ending = self.begin_core_end(step);
        self.pass(&Pass {
            source: Source::Register(source_reg),
            span: source.span,
            drawn: spans.whole,
            steps: &[],
            ending: &ending,
            called: true,
        });
        let value = self.pass_result(&ending, spans.whole);
        Some(self.lower_to(value, mark))
    }

    /// Moves a value to the register at `mark`, behind which nothing is in use any more.
    fn lower_to(&mut self, value: Value, mark: u32) -> Value {
        let Value::Temporary(reg) = value else { return value };
        self.f().registers.release(mark);
        let low = self.f().registers.take();
        self.f().copy(low, reg);
        Value::Temporary(low)
    }
}
