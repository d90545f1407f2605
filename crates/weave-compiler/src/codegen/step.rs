//! The links of a chain, prepared: what runs once before the first item. A link is a
//! stage with a function, or one of the core functions that take part in a
//! chain: those that pass items on, and those that a chain ends with.

use super::Generator;
use super::arguments::{Arg, From, How, Shape, shape};
use super::call::{CallSpans, Callee};
use super::expr::Value;
use super::function::Jumps;
use super::pipeline::Link;
use super::stage::{Plan, Stage};
use crate::ast::{Expr, ExprId, PipeOp};
use crate::resolve::Use;
use weave_bytecode::operand::Reg;
use weave_bytecode::ops::Instr;
use weave_bytecode::span::Span;

/// A core function that takes part in a chain item by item.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Core {
    Take,
    Skip,
    TakeWhile,
    Chunk,
    Zip,
    Enumerate,
    Unique,
    Flatten,
    First,
    Sum,
    Mean,
    Count,
    Min,
    Max,
    Join,
    Collect,
    Each,
    GroupBy,
    CountBy,
    SortBy,
    // These are loops where they are called, and take part in no chain of others.
    Map,
    Filter,
    Reduce,
    Find,
}

impl Core {
    /// As [`Core::of`], and those that are loops only where they are called.
    pub(super) fn called(name: &str) -> Option<Core> {
        Some(match name {
            "map" => Core::Map,
            "filter" => Core::Filter,
            "reduce" => Core::Reduce,
            "find" => Core::Find,
            _ => return Core::of(name),
        })
    }

    pub(super) fn of(name: &str) -> Option<Core> {
        Some(match name {
            "take" => Core::Take,
            "skip" => Core::Skip,
            "take_while" => Core::TakeWhile,
            "chunk" => Core::Chunk,
            "zip" => Core::Zip,
            "enumerate" => Core::Enumerate,
            "unique" => Core::Unique,
            "flatten" => Core::Flatten,
            "first" => Core::First,
            "sum" => Core::Sum,
            "mean" => Core::Mean,
            "count" => Core::Count,
            "min" => Core::Min,
            "max" => Core::Max,
            "join" => Core::Join,
            "collect" => Core::Collect,
            "each" => Core::Each,
            "group_by" => Core::GroupBy,
            "count_by" => Core::CountBy,
            "sort_by" => Core::SortBy,
            _ => return None,
        })
    }

    /// Whether a chain's pass ends with it: it gives one value.
    pub(super) fn ends(self) -> bool {
        !matches!(
            self,
            Core::Take
                | Core::Skip
                | Core::TakeWhile
                | Core::Chunk
                | Core::Zip
                | Core::Enumerate
                | Core::Unique
                | Core::Flatten
        )
    }

    /// Whether items behind it have no keys.
    pub(super) fn drops_keys(self) -> bool {
        matches!(self, Core::Chunk | Core::Zip | Core::Enumerate | Core::Unique | Core::Flatten)
    }

    /// Which argument is a function that it calls with each item.
    fn function(self) -> Option<usize> {
        match self {
            Core::TakeWhile
            | Core::Unique
            | Core::Count
            | Core::Each
            | Core::GroupBy
            | Core::CountBy
            | Core::SortBy => Some(0),
            _ => None,
        }
    }
}

/// A prepared argument of a core function.
#[derive(Clone, Debug)]
pub(super) enum Prepared {
    /// A value in a register.
    Value(Arg),
    /// A function that is called with each item.
    Function(Stage),
}

/// A prepared call of a core function with the chain in front of its arguments.
#[derive(Clone, Debug)]
pub(super) struct CoreStep {
    pub(super) core: Core,
    /// The function among the core functions.
    pub(super) native: u32,
    pub(super) right: ExprId,
    pub(super) spans: CallSpans,
    /// The arguments as they are written.
    pub(super) written: Vec<Arg>,
    pub(super) args: Vec<Prepared>,
    /// Whether it can stand in a loop.
    pub(super) fits: bool,
}

impl CoreStep {
    /// The function that it calls with each item.
    pub(super) fn function(&self) -> Option<&Stage> {
        self.args.iter().find_map(|arg| match arg {
            Prepared::Function(stage) => Some(stage),
            Prepared::Value(_) => None,
        })
    }

    /// The register of an argument that is a value.
    pub(super) fn value(&self, i: usize) -> Option<Reg> {
        match self.args.get(i) {
            Some(Prepared::Value(Arg { from: From::Ready(reg), .. })) => Some(*reg),
            _ => None,
        }
    }
}

/// A prepared link that passes items on.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Stage(Stage),
    Core(CoreStep),
}

impl Step {
    pub(super) fn core(&self) -> Option<Core> {
        match self {
            Step::Stage(_) => None,
            Step::Core(step) => Some(step.core),
        }
    }

    /// The stage, or the function that a core function calls.
    pub(super) fn stage(&self) -> Option<&Stage> {
        match self {
            Step::Stage(stage) => Some(stage),
            Step::Core(step) => step.function(),
        }
    }

    fn fits(&self) -> bool {
        match self {
            Step::Stage(_) => true,
            Step::Core(step) => step.fits,
        }
    }
}

/// Whether all of these can stand in one loop. What the last chunk lacks runs behind the
/// loop once more, so there is room for one.
pub(super) fn fit(steps: &[Step], end: Option<&CoreStep>) -> bool {
    let chunks = steps.iter().filter(|step| step.core() == Some(Core::Chunk)).count();
    chunks <= 1 && steps.iter().all(Step::fits) && end.is_none_or(|end| end.fits)
}

impl Generator<'_> {
    /// The core function that takes part in a chain, where a link calls one.
    pub(super) fn core_link(&self, right: ExprId) -> Option<Core> {
        let (callee, args) = match &self.tree[right].kind {
            Expr::Call { callee, args } => (self.bare(*callee), args.len()),
            Expr::Name(_) => (right, 0),
            _ => return None,
        };
        if !matches!(self.tree[callee].kind, Expr::Name(_)) {
            return None;
        }
        let Use::Core(core) = self.resolution.name_use(callee) else { return None };
        // `min` and `max` of several arguments look at no chain.
        Core::of(&self.core[core as usize].name).filter(|core| args == 0 || !matches!(core, Core::Min | Core::Max))
    }

    /// The number of the core function that a callee names.
    fn core_index(&self, callee: ExprId) -> u32 {
        match self.resolution.name_use(self.bare(callee)) {
            Use::Core(core) => core,
            _ => 0,
        }
    }

    /// Prepares a link that is no fold.
    pub(super) fn prepare_link(&mut self, link: &Link) -> Step {
        let whole = self.span(link.whole);
        match (link.op, self.core_link(link.right)) {
            (PipeOp::Apply, Some(core)) => Step::Core(self.prepare_core(core, link)),
            (op, _) => Step::Stage(self.stage(op, link.right, whole, link.later.as_slice())),
        }
    }

    pub(super) fn prepare_core(&mut self, core: Core, link: &Link) -> CoreStep {
        let (right, whole) = (link.right, self.span(link.whole));
        let callee = match &self.tree[right].kind {
            Expr::Call { callee, .. } => *callee,
            _ => right,
        };
        let spans = CallSpans { whole, callee: self.span(callee) };
        let later = link.later.as_slice();
        let written = self.call_args(right);
        let plain = shape(&written) == Shape::Plain;
        let mut fits = plain && self.flags.fuse && self.fits_loop(core, &written);
        let exprs = self.pending_exprs(&written);
        let mut args = Vec::with_capacity(written.len());
        if plain {
            for (i, arg) in written.iter().enumerate() {
                let rest: Vec<ExprId> = exprs[i + 1..].iter().chain(later).copied().collect();
                let From::Expr(id) = arg.from else { continue };
                if core.function() == Some(i) {
                    let stage = self.function_argument(core, id, spans, &rest);
                    // What is nil stands for no function in some of them.
                    let optional = matches!(core, Core::Unique | Core::Count);
                    fits &= !optional || self.is_function(&stage, id);
                    args.push(Prepared::Function(stage));
                } else {
                    let one = self.prepare(std::slice::from_ref(arg), &rest);
                    args.extend(one.into_iter().map(Prepared::Value));
                }
            }
        } else {
            args.extend(self.prepare(&written, later).into_iter().map(Prepared::Value));
        }
        let native = self.core_index(callee);
        CoreStep { core, native, right, spans, written, args, fits }
    }

    pub(super) fn fits_loop(&self, core: Core, args: &[Arg]) -> bool {
        let number = match core {
            Core::Sum | Core::Mean | Core::Min | Core::Max | Core::Collect | Core::Enumerate => 0..=0,
            Core::Unique | Core::Flatten | Core::First | Core::Count | Core::Join => 0..=1,
            Core::SortBy | Core::Reduce => 1..=2,
            _ => 1..=1,
        };
        if core == Core::Flatten
            && let Some(Arg { from: From::Expr(depth), .. }) = args.first()
        {
            return args.len() == 1 && matches!(self.number(*depth), Some(Value::Int(1)));
        }
        number.contains(&args.len())
    }

    /// Whether a link surely stands in a loop, and checks nothing when it runs: a range
    /// that is counted through may as well be evaluated behind it.
    pub(super) fn counts_through(&self, right: ExprId) -> bool {
        let Some(core) = self.core_link(right) else { return false };
        let args = self.call_args(right);
        let literal = |(i, arg): (usize, &Arg)| {
            let From::Expr(id) = arg.from else { return false };
            if core.function() == Some(i) {
                return matches!(self.tree[self.bare(id)].kind, Expr::Function(_));
            }
            let counted = matches!(core, Core::Take | Core::Skip | Core::First);
            counted && matches!(self.number(id), Some(Value::Int(n)) if n >= 0)
        };
        shape(&args) == Shape::Plain && self.fits_loop(core, &args) && args.iter().enumerate().all(literal)
    }

    /// A function that is called with each item: its body stands in the loop where it is a
    /// lambda or a small known function.
    pub(super) fn function_argument(&mut self, core: Core, id: ExprId, spans: CallSpans, later: &[ExprId]) -> Stage {
        let bare = self.bare(id);
        let op = match core {
            Core::TakeWhile | Core::Count | Core::Filter | Core::Find => PipeOp::Filter,
            Core::Reduce => PipeOp::Fold,
            _ => PipeOp::Map,
        };
        match &self.tree[bare].kind {
            Expr::Function(_) | Expr::Name(_) => self.stage(op, bare, spans.whole, later),
            _ => {
                let value = self.value(id, None);
                let value = self.settle(value, later);
                let reg = self.reg(value);
                Stage::of_value(op, reg, CallSpans { whole: spans.whole, callee: self.span(id) })
            }
        }
    }

    /// Whether a prepared function is surely one.
    fn is_function(&mut self, stage: &Stage, id: ExprId) -> bool {
        let bare = self.bare(id);
        match &stage.plan {
            Plan::Inline(_) | Plan::Call(Callee::Native(_), _) => true,
            _ if matches!(self.tree[bare].kind, Expr::Function(_)) => true,
            _ => stage.known.is_some() || self.fixed_function(bare).is_some_and(|(.., check)| !check),
        }
    }

    /// The prepared arguments as a call takes them.
    pub(super) fn core_args(&mut self, step: &CoreStep) -> Vec<Arg> {
        let mut out = Vec::with_capacity(step.args.len());
        for arg in &step.args {
            out.push(match arg {
                Prepared::Value(arg) => arg.clone(),
                Prepared::Function(stage) => {
                    let reg = self.function_reg(stage);
                    Arg { how: How::Position, from: From::Ready(reg), span: stage.spans.callee }
                }
            });
        }
        out
    }

    /// The function of a stage without further arguments as a value in a register.
    fn function_reg(&mut self, stage: &Stage) -> Reg {
        match &stage.plan {
            Plan::Inline(id) => {
                let reg = self.f().registers.take();
                self.closure(*id, reg);
                reg
            }
            Plan::Call(callee, _) => self.callee_reg(*callee),
            Plan::Method { receiver, .. } => match receiver.from {
                From::Ready(reg) => reg,
                From::Expr(_) => self.f().registers.take(),
            },
        }
    }

    /// Emits what a core function checks of its arguments before the first item; gives
    /// the register of a number of items.
    pub(super) fn check_core(&mut self, step: &CoreStep) -> Option<Reg> {
        let counted = matches!(step.core, Core::Take | Core::Skip | Core::Chunk | Core::First);
        if counted {
            let Some(Arg { from: From::Expr(id), .. }) = step.written.first() else { return None };
            let least = i64::from(step.core == Core::Chunk);
            if let Some(value @ Value::Int(n)) = self.number(*id)
                && n >= least
            {
                let reg = self.f().registers.take();
                self.put(value, reg);
                return Some(reg);
            }
        }
        if self.is_sure(step) {
            return None;
        }
        Some(self.check_arguments(step, None))
    }

    /// Emits the check of a core function's arguments, and of the sequence in front of
    /// them where that is given; gives the first argument's register.
    pub(super) fn check_arguments(&mut self, step: &CoreStep, sequence: Option<Reg>) -> Reg {
        let signatures = self.core;
        let x = self.native(&signatures[step.native as usize].name);
        let a = self.f().registers.take_run(1 + step.args.len());
        for (i, arg) in step.args.iter().enumerate() {
            let to = Reg(a.0 + 1 + i as u16);
            match arg {
                Prepared::Value(arg) => self.arg_to(arg.from, to),
                Prepared::Function(stage) => {
                    let mark = self.f().registers.mark();
                    let reg = self.function_reg(stage);
                    self.f().copy(to, reg);
                    self.f().registers.release(mark);
                }
            }
        }
        let c = 1 + step.args.len() as u16;
        match sequence {
            Some(source) => self.f().copy(a, source),
            None => self.f().emit(Instr::LoadUnset { a }),
        }
        self.f().emit_parts(Instr::CheckStage { a, c, x }, step.spans.whole, step.spans.callee, None);
        Reg(a.0 + 1)
    }

    /// Raises where the source of a chain is nil or a stream that was used before, ahead of
    /// what its functions check.
    pub(super) fn check_source(&mut self, source: Reg, span: Span) {
        let (mut doubtful, mut given) = (Jumps::new(), Jumps::new());
        let mark = self.f().registers.mark();
        self.f().emit_jump(Instr::JumpIfNil { a: source, w: 0 }, &mut doubtful);
        self.f().emit_jump(Instr::JumpIfStream { a: source, w: 0 }, &mut doubtful);
        self.f().emit_jump(Instr::Jump { w: 0 }, &mut given);
        self.f().land(doubtful);
        let a = self.f().registers.take();
        self.f().emit_at(Instr::Lazy { a, b: source }, span);
        self.f().land(given);
        self.f().registers.release(mark);
    }

    /// Whether a core function has nothing to check when it runs.
    pub(super) fn is_sure(&mut self, step: &CoreStep) -> bool {
        let first = step.written.first().and_then(|arg| match arg.from {
            From::Expr(id) => Some(id),
            From::Ready(_) => None,
        });
        let Some(first) = first else { return true };
        if let Some(stage) = step.function().cloned() {
            return step.args.len() == 1 && self.is_function(&stage, first);
        }
        match step.core {
            Core::Flatten => true,
            Core::Take | Core::Skip | Core::Chunk | Core::First => {
                let least = i64::from(step.core == Core::Chunk);
                matches!(self.number(first), Some(Value::Int(n)) if n >= least)
            }
            _ => false,
        }
    }
}
