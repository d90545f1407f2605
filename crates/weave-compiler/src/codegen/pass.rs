//! The loop of a pipeline's segment: where its items come from, and how each goes
//! through the steps to where they end.
//!
//! Besides the loop over the source there may be loops inside it, one for each
//! `flatten`, and an end before the source's: where a `take` has given its last
//! item, the item that `take_while` refuses, and the end of what `zip` pairs with.
//! A `take` is asked where the next item would be drawn.
//!
//! ```text
//!         source and steps begin
//!         Jump        next
//! body:   steps, then the end takes the item
//! next:   each `take` that is used up:    -> stop
//!         IterNext    body
//!         Jump        flush
//! stop:   IterClose   source
//! flush:  what `chunk` has gathered goes through the steps behind it
//!         IterClose   what `zip` pairs with
//! ```

use super::Generator;
use super::ends::Ending;
use super::expr::Value;
use super::function::{Around, Jumps};
use super::stage::Stage;
use super::step::{Core, CoreStep, Step};
use crate::ast::{ExprId, PipeOp};
use weave_bytecode::operand::Reg;
use weave_bytecode::ops::Instr;
use weave_bytecode::position::Part;
use weave_bytecode::span::Span;

/// Where a loop's items come from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source {
    /// Any value in a register.
    Register(Reg),
    /// A container or a closed range in a register; anything else is an error.
    Sequence(Reg),
    /// A range literal of which no value is made.
    Count { start: ExprId, end: ExprId, inclusive: bool },
}

/// What a step remembers from one item to the next.
#[derive(Clone, Copy, Debug)]
enum State {
    None,
    /// How many items a `take` still gives.
    Take(Reg),
    /// How many items a `skip` still leaves out.
    Skip(Reg),
    /// The index that `enumerate` gives next.
    Index(Reg),
    /// The iterator that `zip` pairs with.
    Second(Reg),
    /// What `unique` has seen.
    Seen(Reg),
    /// The size of chunks, the one that is being filled, and how many it holds.
    Chunk {
        size: Reg,
        buffer: Reg,
        held: Reg,
    },
}

/// A loop that is being emitted: over the source, or over an item that `flatten` unpacks.
#[derive(Debug)]
struct Nest {
    state: Reg,
    body: u32,
    /// Jumps to the next item.
    next: Jumps,
    /// The number of the first step inside it.
    first: usize,
    span: Span,
}

/// An item on its way through the steps.
#[derive(Debug)]
struct Way {
    item: Reg,
    /// Its key, where one is wanted.
    key: Option<Reg>,
    /// The loops around, the innermost last.
    nests: Vec<Nest>,
    /// Jumps of each step, and of the end, that leave all loops early.
    stops: Vec<Jumps>,
}

impl Way {
    fn next(&mut self) -> &mut Jumps {
        let last = self.nests.len() - 1;
        &mut self.nests[last].next
    }
}

/// One pass over a source.
#[derive(Debug)]
pub(super) struct Pass<'p> {
    pub(super) source: Source,
    /// Where the source stands.
    pub(super) span: Span,
    /// What an error of drawing an item underlines.
    pub(super) drawn: Span,
    pub(super) steps: &'p [Step],
    pub(super) ending: &'p Ending,
    /// Whether it stands for the call of its end, which takes nothing but a sequence.
    pub(super) called: bool,
}

impl Generator<'_> {
    /// Emits the loop of a pass.
    pub(super) fn pass(&mut self, pass: &Pass<'_>) {
        let mark = self.f().registers.mark();
        if let (Source::Register(source), false) = (pass.source, pass.called) {
            let mut cores: Vec<&CoreStep> = Vec::new();
            for step in pass.steps {
                if let Step::Core(core) = step {
                    cores.push(core);
                }
            }
            cores.extend(pass.ending.core());
            if cores.into_iter().any(|core| !self.is_sure(core)) {
                self.check_source(source, pass.span);
            }
        }
        let states: Vec<State> = pass.steps.iter().map(|step| self.begin_step(step)).collect();
        match (pass.ending, pass.source) {
            (Ending::Core { step, .. }, Source::Register(source)) if pass.called => {
                self.check_arguments(step, Some(source));
            }
            _ => self.check_end(pass.ending),
        }
        self.load_ahead_of_stages(pass.steps.iter().filter_map(Step::stage).chain(pass.ending.stage()));
        let mut way =
            Way { item: Reg(0), key: None, nests: Vec::new(), stops: vec![Jumps::new(); pass.steps.len() + 1] };
        let (counted, mut out) = self.begin_source(pass, &states, &mut way);
        for state in &states {
            if let State::Second(iterator) = state {
                self.f().around.push(Around::Pipeline { iterator: Some(*iterator) });
            }
        }
        self.steps_from(0, pass, &states, &mut way);
        self.leave_nests(pass, &states, &mut way);
        if let Some(nest) = way.nests.pop() {
            self.f().land(nest.next);
            self.stop_where_used_up(pass, &states, 0, &mut way);
            if counted {
                self.f().position(Part::Whole, pass.drawn);
                self.f().emit_back(Instr::ForLoop { a: nest.state, w: 0 }, nest.body);
            } else {
                let flags = if pass.wants_keys() { 2 } else { 0 };
                self.iterate(nest.state, flags, nest.body, pass.drawn);
            }
            let seconds = states.iter().filter(|state| matches!(state, State::Second(_))).count();
            for _ in 0..=seconds {
                self.f().around.pop();
            }
            let source = (!counted).then_some(nest.state);
            self.finish_pass(pass, &states, source, way.stops, &mut out);
        }
        self.f().registers.release(mark);
    }

    /// Starts the loop over the source; whether it only counts, and jumps behind it.
    fn begin_source(&mut self, pass: &Pass<'_>, states: &[State], way: &mut Way) -> (bool, Jumps) {
        let mut nest = Nest { state: Reg(0), body: 0, next: Jumps::new(), first: 0, span: pass.span };
        let (mut counted, mut out) = (false, Jumps::new());
        match pass.source {
            Source::Count { start, end, inclusive } => {
                self.stop_where_used_up(pass, states, 0, way);
                let state;
                (state, out, nest.body) = self.begin_count((start, end), inclusive);
                self.f().around.push(Around::Pipeline { iterator: None });
                nest.state = state;
                way.item = Reg(state.0 + 2);
                counted = true;
            }
            Source::Register(source) | Source::Sequence(source) => {
                let state = self.f().registers.take_run(5);
                let span = if pass.called { pass.drawn } else { pass.span };
                let is_sequence = pass.called || matches!(pass.source, Source::Sequence(_));
                let c = u16::from(!is_sequence);
                self.f().emit_at(Instr::IterPrep { a: state, b: source, c }, span);
                self.project(state, pass.span, false);
                self.f().emit_jump(Instr::Jump { w: 0 }, &mut nest.next);
                self.f().reachable = !nest.next.is_empty();
                nest.body = self.f().here();
                self.f().around.push(Around::Pipeline { iterator: Some(state) });
                nest.state = state;
                way.item = Reg(state.0 + 3);
                way.key = pass.wants_keys().then_some(Reg(state.0 + 4));
            }
        }
        way.nests.push(nest);
        (counted, out)
    }

    /// Ends a pass: the source is closed where it is left early, a chunk that is not full
    /// goes its way, and what is paired with is closed.
    fn finish_pass(
        &mut self,
        pass: &Pass<'_>,
        states: &[State],
        source: Option<Reg>,
        mut stops: Vec<Jumps>,
        out: &mut Jumps,
    ) {
        let chunk = pass.steps.iter().position(|step| step.core() == Some(Core::Chunk));
        let behind = stops.split_off(chunk.unwrap_or(0));
        let (before, behind): (Jumps, Jumps) = (stops.concat(), behind.concat());
        let mut end = Jumps::new();
        match source {
            Some(a) if !(before.is_empty() && behind.is_empty()) => {
                let mut flush = std::mem::take(out);
                self.f().emit_jump(Instr::Jump { w: 0 }, &mut flush);
                for (jumps, to) in [(behind, &mut end), (before, &mut flush)] {
                    if !jumps.is_empty() {
                        self.f().land(jumps);
                        self.f().emit(Instr::IterClose { a });
                        self.f().emit_jump(Instr::Jump { w: 0 }, to);
                    }
                }
                if chunk.is_none() {
                    end.append(&mut flush);
                } else {
                    self.f().land(flush);
                }
            }
            _ => {
                out.extend(before);
                let mut behind = behind;
                if chunk.is_none() {
                    out.append(&mut behind)
                } else {
                    end.append(&mut behind)
                }
                self.f().land(std::mem::take(out));
            }
        }
        if let Some(at) = chunk
            && let State::Chunk { buffer, held, .. } = states[at]
        {
            self.f().emit_jump(Instr::JumpEqI { a: held, c: 0, x: 0 }, &mut end);
            let nest = Nest { state: held, body: 0, next: Jumps::new(), first: at + 1, span: pass.drawn };
            let stops = vec![Jumps::new(); pass.steps.len() + 1];
            let mut way = Way { item: buffer, key: None, nests: vec![nest], stops };
            self.f().around.push(Around::Pipeline { iterator: None });
            self.steps_from(at + 1, pass, states, &mut way);
            self.leave_nests(pass, states, &mut way);
            self.f().around.pop();
            end.extend(way.nests.into_iter().flat_map(|nest| nest.next));
            end.extend(way.stops.into_iter().flatten());
        }
        self.f().land(end);
        for state in states {
            if let State::Second(a) = *state {
                self.f().emit(Instr::IterClose { a });
            }
        }
    }

    /// Registers of a step, and what it checks before the first item.
    fn begin_step(&mut self, step: &Step) -> State {
        let Step::Core(step) = step else { return State::None };
        let checked = self.check_core(step);
        let number = |g: &mut Self, n: i32| {
            let a = g.f().registers.take();
            g.f().emit(Instr::LoadInt { a, w: n });
            a
        };
        match step.core {
            Core::Take => checked.map_or(State::None, State::Take),
            Core::Skip => checked.map_or(State::None, State::Skip),
            Core::Enumerate => State::Index(number(self, 0)),
            Core::Unique => {
                let a = self.f().registers.take();
                self.f().emit(Instr::LoadNil { a });
                State::Seen(a)
            }
            Core::Chunk => {
                let Some(size) = checked else { return State::None };
                let buffer = self.f().registers.take();
                self.f().emit(Instr::LoadNil { a: buffer });
                State::Chunk { size, buffer, held: number(self, 0) }
            }
            Core::Zip => {
                let a = self.f().registers.take_run(5);
                if let Some(b) = step.value(0) {
                    self.f().emit_parts(Instr::IterPrep { a, b, c: 0 }, step.spans.whole, step.spans.callee, None);
                }
                State::Second(a)
            }
            _ => State::None,
        }
    }

    /// Leaves all loops where a `take` from this step on has given its last item. The last
    /// `take` is asked first: those before it are asked only for another item.
    fn stop_where_used_up(&mut self, pass: &Pass<'_>, states: &[State], from: usize, way: &mut Way) {
        self.end_used_up(pass.ending, &mut way.stops[pass.steps.len()]);
        for (i, state) in states.iter().enumerate().skip(from).rev() {
            if let State::Take(a) = *state {
                self.f().emit_jump(Instr::JumpLeI { a, c: 0, x: 0 }, &mut way.stops[i]);
            }
        }
    }

    /// Sends an item through the steps from one on, to where the pass ends.
    fn steps_from(&mut self, first: usize, pass: &Pass<'_>, states: &[State], way: &mut Way) {
        let mark = self.f().registers.mark();
        for (i, (step, state)) in pass.steps.iter().zip(states).enumerate().skip(first) {
            if way.nests.len() == 1
                && let Value::Temporary(low) = self.lower(Value::Temporary(way.item), mark)
            {
                way.item = low;
            }
            match (step, *state) {
                (Step::Stage(stage), _) if stage.op == PipeOp::Filter => self.filter(stage, way.item, way.next()),
                (Step::Stage(stage), _) => {
                    let value = self.run_stage(stage, &[way.item], None);
                    way.item = self.reg(value);
                }
                (Step::Core(step), state) => self.core_step(i, step, state, way),
            }
            if step.core().is_some_and(Core::drops_keys) {
                way.key = None;
            }
        }
        let last = pass.steps.len();
        let key = way.key;
        let (mut next, mut stop) = (std::mem::take(way.next()), std::mem::take(&mut way.stops[last]));
        self.arrive(pass.ending, way.item, key, &mut next, &mut stop);
        *way.next() = next;
        way.stops[last] = stop;
    }

    /// Ends the loops inside the outermost one.
    fn leave_nests(&mut self, pass: &Pass<'_>, states: &[State], way: &mut Way) {
        while way.nests.len() > 1 {
            let Some(nest) = way.nests.pop() else { return };
            self.f().land(nest.next);
            self.stop_where_used_up(pass, states, nest.first, way);
            self.iterate(nest.state, 0, nest.body, nest.span);
        }
    }

    /// What a core function does with an item.
    fn core_step(&mut self, i: usize, step: &CoreStep, state: State, way: &mut Way) {
        let whole = step.spans.whole;
        match (step.core, state) {
            (Core::Take, State::Take(a)) => self.f().emit(Instr::SubI { a, b: a, c: 1 }),
            (Core::Skip, State::Skip(a)) => {
                let mut pass = Jumps::new();
                self.f().emit_jump(Instr::JumpLeI { a, c: 0, x: 0 }, &mut pass);
                self.f().emit(Instr::SubI { a, b: a, c: 1 });
                self.f().emit_jump(Instr::Jump { w: 0 }, way.next());
                self.f().land(pass);
            }
            (Core::TakeWhile, _) => {
                if let Some(stage) = step.function() {
                    self.filter(stage, way.item, &mut way.stops[i]);
                }
            }
            (Core::Enumerate, State::Index(index)) => {
                way.item = self.pair(index, way.item);
                self.f().emit(Instr::AddI { a: index, b: index, c: 1 });
            }
            (Core::Zip, State::Second(state)) => {
                // An item that is pulled from a stream is made above everything that is
                // in use: the iterator goes there and back.
                let (mut got, a) = (Jumps::new(), self.f().registers.take_run(5));
                let parts = |i: u16| (Reg(a.0 + i), Reg(state.0 + i));
                for (here, there) in (0..3).map(parts) {
                    self.f().copy(here, there);
                }
                for instr in [Instr::IterNext { a, c: 0, x: 0 }, Instr::IterStream { a, c: 0, x: 0 }] {
                    self.f().position(weave_bytecode::position::Part::Whole, whole);
                    self.f().emit_jump(instr, &mut got);
                }
                self.f().emit_jump(Instr::Jump { w: 0 }, &mut way.stops[i]);
                self.f().land(got);
                for (here, there) in (0..2).map(parts) {
                    self.f().copy(there, here);
                }
                way.item = self.pair(way.item, Reg(a.0 + 3));
            }
            (Core::Unique, State::Seen(a)) => {
                let mark = self.f().registers.mark();
                let b = match step.function() {
                    Some(stage) => {
                        let value = self.run_stage(stage, &[way.item], None);
                        self.reg(value)
                    }
                    None => way.item,
                };
                self.f().position(weave_bytecode::position::Part::Whole, whole);
                self.f().emit_jump(Instr::UniqueStep { a, b, x: 0 }, way.next());
                self.f().registers.release(mark);
            }
            (Core::Flatten, _) => {
                let state = self.f().registers.take_run(5);
                let mut next = Jumps::new();
                self.f().emit_at(Instr::IterPrep { a: state, b: way.item, c: 2 }, whole);
                self.f().emit_jump(Instr::Jump { w: 0 }, &mut next);
                let body = self.f().here();
                self.f().reachable = !next.is_empty();
                way.item = Reg(state.0 + 3);
                way.nests.push(Nest { state, body, next, first: i + 1, span: whole });
            }
            (Core::Chunk, State::Chunk { size, buffer, held }) => {
                let mut begun = Jumps::new();
                self.f().emit_jump(Instr::JumpNeI { a: held, c: 0, x: 0 }, &mut begun);
                self.f().emit_at(Instr::NewContainer { a: buffer, b: buffer, c: 0 }, whole);
                self.f().land(begun);
                match way.key {
                    Some(c) => self.f().emit_at(Instr::PushItem { a: buffer, b: way.item, c }, whole),
                    None => self.f().emit_at(Instr::Append { a: buffer, b: way.item }, whole),
                }
                self.f().emit(Instr::AddI { a: held, b: held, c: 1 });
                self.f().emit_jump(Instr::JumpLt { a: held, b: size, x: 0 }, way.next());
                self.f().emit(Instr::LoadInt { a: held, w: 0 });
                way.item = buffer;
            }
            _ => {}
        }
    }

    /// A container of two values.
    fn pair(&mut self, first: Reg, second: Reg) -> Reg {
        let run = self.f().registers.take_run(2);
        self.f().copy(run, first);
        self.f().copy(Reg(run.0 + 1), second);
        self.f().emit(Instr::NewContainer { a: run, b: run, c: 2 });
        self.f().registers.release_behind(run);
        run
    }

    /// Items that a stage refuses jump to `refused`.
    pub(super) fn filter(&mut self, stage: &Stage, item: Reg, refused: &mut Jumps) {
        let mark = self.f().registers.mark();
        if !self.stage_condition(stage, item, refused) {
            let value = self.run_stage(stage, &[item], None);
            let a = self.reg(value);
            self.f().emit_jump(Instr::JumpIfNot { a, w: 0 }, refused);
        }
        self.f().registers.release(mark);
    }
}

impl Pass<'_> {
    /// Whether the key of each item is wanted.
    fn wants_keys(&self) -> bool {
        let dropped = self.steps.iter().position(|step| step.core().is_some_and(Core::drops_keys));
        match dropped {
            Some(at) => self.steps[at].core() == Some(Core::Chunk),
            None => self.ending.wants_keys(),
        }
    }
}
