//! The walk's state, and what happens when names are declared, read, assigned
//! and captured. Which statement and expression does what stands in `stmt.rs`
//! and `expr.rs`.

use super::binding::{Binding, BindingId, BindingKind, OwnerId, Storage};
use super::flow::{Flow, PathEnd};
use super::scope::{Frame, Pending, Scopes};
use super::{Environment, FunctionInfo, Mode, Resolution, Slot, Use, suggest};
use crate::ast::{ExprId, FnId, PatId, TokenId, Tree};
use crate::error::{CompileError, ErrorKind};
use crate::symbols::{Name, Names};
use rustc_hash::FxHashMap;
use weave_bytecode::span::Span;

/// Errors beyond this number are not searched for suggestions, which would
/// make broken sources slow.
const SUGGESTIONS: usize = 50;

/// Errors beyond this number are dropped.
const MOST_ERRORS: usize = 100;

/// Names of the top level beyond this number live in slots: a frame has only
/// so many registers.
const MOST_IN_REGISTERS: usize = 20_000;

/// A call of a name, checked when it is known what the name stands for.
#[derive(Debug)]
pub(super) struct CallSite {
    /// The name that is called.
    pub(super) callee: ExprId,
    /// Arguments by position, a piped value included.
    pub(super) positional: usize,
    /// Names of the others, with the tokens they stand on.
    pub(super) named: Vec<(Box<str>, TokenId)>,
    /// What an error underlines.
    pub(super) span: Span,
}

/// The ways out of a loop.
#[derive(Debug, Default)]
pub(super) struct LoopPaths {
    /// Where its body begins on the trail.
    pub(super) mark: usize,
    /// What was assigned at each `break`.
    pub(super) ends: Vec<PathEnd>,
}

/// The walk over one tree.
pub(super) struct Resolver<'a> {
    pub(super) tree: &'a Tree,
    pub(super) names: &'a Names,
    pub(super) environment: Environment<'a>,
    pub(super) out: Resolution,
    pub(super) scopes: Scopes,
    pub(super) frames: Vec<Frame>,
    pub(super) flow: Flow,
    /// The loops around the current point, in all open functions.
    pub(super) loops: Vec<u32>,
    pub(super) next_loop: u32,
    /// Grows along the walk.
    pub(super) order: u32,
    /// How many assignments to variables of the current function were seen.
    pub(super) assignments: u32,
    pub(super) calls: Vec<CallSite>,
    /// The paths that leave each loop around the current point.
    pub(super) breaks: Vec<LoopPaths>,
    pub(super) errors: Vec<CompileError>,
    /// Nesting of the walk.
    pub(super) depth: u32,
    core: FxHashMap<Name, u32>,
    /// The bindings of the root block by name, in source order.
    globals: FxHashMap<Name, Vec<BindingId>>,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(tree: &'a Tree, names: &'a Names, environment: Environment<'a>) -> Resolver<'a> {
        let mut core = FxHashMap::default();
        for (i, signature) in environment.core.iter().enumerate() {
            // A core function that the source never mentions has no name here.
            if let Some(name) = names.get(&signature.name) {
                core.insert(name, i as u32);
            }
        }
        let out = Resolution {
            functions: vec![FunctionInfo::default(); tree.functions.len() + 1],
            uses: vec![Use::Nothing; tree.exprs.len()],
            targets: vec![None; tree.patterns.len()],
            declared: vec![None; tree.functions.len()],
            slots: environment.slots.to_vec(),
            ..Resolution::default()
        };
        Resolver {
            tree,
            names,
            environment,
            out,
            scopes: Scopes::default(),
            frames: Vec::new(),
            flow: Flow::default(),
            loops: Vec::new(),
            next_loop: 0,
            order: 0,
            assignments: 0,
            calls: Vec::new(),
            breaks: Vec::new(),
            errors: Vec::new(),
            depth: 0,
            core,
            globals: FxHashMap::default(),
        }
    }

    /// Walks the program.
    pub(super) fn run(mut self) -> (Resolution, Vec<CompileError>) {
        self.enter_frame(OwnerId::MAIN, false);
        self.declare_session();
        self.root_block(self.tree.root);
        self.end_main();
        self.place_bindings();
        self.check_calls();
        self.errors.sort_by_key(|e| (e.span().start, e.span().end));
        (self.out, self.errors)
    }

    /// Names of earlier entries are variables of the top level.
    fn declare_session(&mut self) {
        for (i, slot) in self.environment.slots.iter().enumerate() {
            let Some(name) = self.names.get(&slot.name) else { continue };
            let id = self.declare(name, BindingKind::Session, Span::default());
            self.out.bindings[id.0 as usize].storage = Storage::Slot(i as u32);
            self.out.bindings[id.0 as usize].global = true;
            self.scopes.show(name, id);
            self.globals.entry(name).or_default().push(id);
        }
    }

    pub(super) fn error(&mut self, error: CompileError) {
        if self.errors.len() < MOST_ERRORS {
            self.errors.push(error);
        }
    }

    pub(super) fn frame(&mut self) -> &mut Frame {
        let last = self.frames.len() - 1;
        &mut self.frames[last]
    }

    /// The function whose registers the current point uses.
    pub(super) fn owner(&self) -> OwnerId {
        self.frames.last().map_or(OwnerId::MAIN, |f| f.owner)
    }

    /// The next number of the walk's order.
    pub(super) fn tick(&mut self) -> u32 {
        self.order += 1;
        self.order
    }

    /// Begins a function.
    pub(super) fn enter_frame(&mut self, owner: OwnerId, hoisted: bool) {
        let order = self.tick();
        self.frames.push(Frame {
            owner,
            declared: Vec::new(),
            variables: FxHashMap::default(),
            pending: Vec::new(),
            order,
            loop_base: self.loops.len(),
            flow_mark: self.flow.mark(),
            body_depth: usize::MAX,
            hoisted,
            captures: FxHashMap::default(),
        });
        self.scopes.enter();
    }

    /// Ends a function: what it read before it had a value is either its own
    /// name, an error, or a question for the function around it.
    pub(super) fn leave_frame(&mut self) {
        self.scopes.leave();
        let Some(frame) = self.frames.pop() else { return };
        for name in &frame.declared {
            self.scopes.hide(*name);
        }
        for mut pending in frame.pending {
            if let Some(own) = frame.variables.get(&pending.name) {
                self.read_too_early(pending, *own);
                continue;
            }
            pending.from_closure = true;
            if let Some(outer) = self.frames.last_mut() {
                outer.pending.push(pending);
            }
        }
    }

    /// Ends the top level: the last chance of names that functions read.
    fn end_main(&mut self) {
        self.scopes.leave();
        let Some(frame) = self.frames.pop() else { return };
        for pending in frame.pending {
            let global = self.globals.get(&pending.name).and_then(|all| all.first().copied());
            match global {
                Some(own) if !pending.from_closure => self.read_too_early(pending, own),
                Some(global) => {
                    self.out.bindings[global.0 as usize].captured = true;
                    self.out.bindings[global.0 as usize].maybe_unset = true;
                    self.out.uses[pending.expr.0 as usize] = Use::Binding { binding: global, check: true };
                }
                None => self.outside_name(pending),
            }
        }
    }

    /// A name that the program does not declare.
    fn outside_name(&mut self, pending: Pending) {
        if let Some(&core) = self.core.get(&pending.name) {
            self.out.uses[pending.expr.0 as usize] = Use::Core(core);
            return;
        }
        if self.environment.mode == Mode::Session && pending.in_function {
            let binding = self.declare(pending.name, BindingKind::Session, pending.span);
            let slot = self.out.slots.len() as u32;
            self.out.slots.push(Slot { name: self.names.text(pending.name).into(), function: false });
            self.out.bindings[binding.0 as usize].storage = Storage::Slot(slot);
            self.out.bindings[binding.0 as usize].global = true;
            self.globals.entry(pending.name).or_default().push(binding);
            self.out.uses[pending.expr.0 as usize] = Use::Binding { binding, check: true };
            return;
        }
        // Inside functions every name of the top level counts, at the top
        // level only what is visible there, which is long forgotten: the
        // suggestion was made when the name was read.
        let text = self.names.text(pending.name);
        let error = CompileError::new(ErrorKind::Name, pending.span, format!("nothing here is named `{text}`"));
        let near = if self.errors.len() < SUGGESTIONS { self.suggestion(text) } else { None };
        let error = match near {
            Some(near) => error.with_help(format!("did you mean `{near}`?")),
            None => error.with_help(format!("set it first: `{text} = …`")),
        };
        self.error(error);
    }

    /// The nearest of the visible names, the top level's and the core's.
    fn suggestion(&self, text: &str) -> Option<String> {
        let visible = self.scopes.names().chain(self.globals.keys().copied()).map(|n| self.names.text(n));
        let core = self.environment.core.iter().map(|s| &*s.name);
        suggest::nearest(text, visible.chain(core)).map(str::to_owned)
    }

    fn read_too_early(&mut self, pending: Pending, own: BindingId) {
        let text = self.names.text(pending.name);
        let declared = self.out.binding(own).span;
        let error = if pending.from_closure {
            CompileError::new(
                ErrorKind::Name,
                pending.span,
                format!("`{text}` belongs to the function around this one, which assigns it further down"),
            )
            .with_help(format!("set `{text}` above this function; to call itself, a function needs `fn {text}`"))
        } else {
            CompileError::new(ErrorKind::Name, pending.span, format!("`{text}` has no value here yet"))
                .with_help(format!("set it before the loop or above this line: `{text} = …`"))
        };
        self.error(error.with_label(declared, "first assigned here"));
    }

    /// Makes a binding of the current function.
    pub(super) fn declare(&mut self, name: Name, kind: BindingKind, span: Span) -> BindingId {
        let id = BindingId(self.out.bindings.len() as u32);
        let mut binding = Binding::new(name, kind, self.owner(), span);
        binding.loop_depth = match kind {
            BindingKind::Variable => self.frames.last().map_or(0, |f| f.loop_base),
            _ => self.loops.len(),
        };
        if binding.is_fresh() {
            binding.assignments = 1;
        }
        self.out.bindings.push(binding);
        self.flow.declare();
        if self.out.binding(id).is_fresh() {
            self.flow.set(id);
        }
        id
    }

    /// Makes a binding and shows it in the current block.
    pub(super) fn declare_in_block(&mut self, name: Name, kind: BindingKind, span: Span) -> BindingId {
        let global = self.in_root_block();
        if global && self.environment.mode == Mode::Session {
            // Redefinition takes effect everywhere: one slot for each name.
            let same = self.scopes.find(name).filter(|b| self.out.binding(*b).global);
            if let Some(same) = same {
                self.assign(same);
                return same;
            }
        }
        let id = self.declare(name, kind, span);
        if global {
            self.out.bindings[id.0 as usize].global = true;
            self.globals.entry(name).or_default().push(id);
        }
        self.scopes.show_in_block(name, id);
        id
    }

    /// Whether the current block is the program itself.
    fn in_root_block(&self) -> bool {
        self.frames.len() == 1 && self.scopes.depth() == 2
    }

    /// The variable that `name = …` assigns: the nearest visible one, or a new
    /// one of the current function.
    pub(super) fn assign_name(&mut self, target: PatId, name: Name, span: Span) -> BindingId {
        let id = match self.scopes.find(name) {
            Some(id) => id,
            None => {
                let id = self.declare(name, BindingKind::Variable, span);
                if self.frames.len() == 1 {
                    self.out.bindings[id.0 as usize].global = true;
                    self.globals.entry(name).or_default().push(id);
                }
                let owner = self.owner();
                self.out.functions[owner.index()].variables.push(id);
                let straight = self.frames.last().is_some_and(|f| {
                    f.body_depth == self.scopes.depth() && f.loop_base == self.loops.len() && !self.flow.diverged
                });
                self.out.bindings[id.0 as usize].defined_by = straight.then_some(target);
                self.scopes.show(name, id);
                let frame = self.frame();
                frame.declared.push(name);
                frame.variables.insert(name, id);
                id
            }
        };
        self.assign(id);
        id
    }

    /// Notes that the current point assigns a binding.
    pub(super) fn assign(&mut self, id: BindingId) {
        let order = self.tick();
        if self.out.binding(id).owner == self.owner() {
            let around = self.loop_within(id, self.loops.len());
            self.out.bindings[id.0 as usize].assign(order, around);
            self.assignments += 1;
        } else {
            self.out.bindings[id.0 as usize].assign_from_closure();
            self.capture(id);
        }
        self.flow.set(id);
    }

    /// The outermost loop around the current point, of the first `end` loops,
    /// that runs within the life of a binding.
    fn loop_within(&self, id: BindingId, end: usize) -> Option<u32> {
        let start = self.out.binding(id).loop_depth;
        if start < end { Some(self.loops[start]) } else { None }
    }

    /// Reads a name.
    pub(super) fn read_name(&mut self, expr: ExprId, name: Name, span: Span) {
        if let Some(id) = self.scopes.find(name) {
            let check = self.read(id);
            self.out.uses[expr.0 as usize] = Use::Binding { binding: id, check };
            return;
        }
        let in_function = self.frames.len() > 1;
        if !in_function && let Some(&core) = self.core.get(&name) {
            self.out.uses[expr.0 as usize] = Use::Core(core);
            return;
        }
        self.frame().pending.push(Pending { name, expr, span, from_closure: false, in_function });
    }

    /// The function that `x.name(…)` calls where the receiver has no such key:
    /// the nearest `fn` of this name; plain variables do not count.
    pub(super) fn read_method(&mut self, expr: ExprId, name: Name) {
        let function = self.scopes.all(name).find(|b| match self.out.binding(*b).kind {
            BindingKind::Function(_) => true,
            BindingKind::Session => self.session_function(*b),
            _ => false,
        });
        self.out.uses[expr.0 as usize] = match (function, self.core.get(&name)) {
            (Some(id), _) => {
                let check = self.read(id);
                Use::Binding { binding: id, check }
            }
            (None, Some(&core)) => Use::Core(core),
            (None, None) => Use::Nothing,
        };
    }

    fn session_function(&self, id: BindingId) -> bool {
        match self.out.binding(id).storage {
            Storage::Slot(slot) => self.out.slots.get(slot as usize).is_some_and(|s| s.function),
            _ => false,
        }
    }

    /// Notes a read; says whether it has to look for a value.
    pub(super) fn read(&mut self, id: BindingId) -> bool {
        if self.out.binding(id).owner != self.owner() {
            self.capture(id);
        }
        let binding = self.out.binding(id);
        // What exists before the first statement sees a top level on which
        // nothing but such functions has a value.
        let early = binding.global && self.frames.iter().any(|f| f.hoisted);
        let ready = self.hoisted_function(id);
        let check = !ready && (!self.flow.is_set(id) || (early && self.flow.was_set(id, self.hoisted_mark())));
        if check {
            self.out.bindings[id.0 as usize].maybe_unset = true;
            // The read itself proves it for what follows on this path.
            self.flow.set(id);
        }
        check
    }

    /// The state of the walk in which the outermost hoisted function began.
    fn hoisted_mark(&self) -> usize {
        self.frames.iter().find(|f| f.hoisted).map_or(0, |f| f.flow_mark)
    }

    /// Whether this is a `fn` of the top level: it has a value before anything
    /// runs.
    fn hoisted_function(&self, id: BindingId) -> bool {
        let binding = self.out.binding(id);
        binding.global && matches!(binding.kind, BindingKind::Function(_))
    }

    /// Hands a binding of an enclosing function down to the current one.
    fn capture(&mut self, id: BindingId) {
        let owner = self.out.binding(id).owner;
        if self.out.binding(id).global {
            self.out.bindings[id.0 as usize].captured = true;
            return;
        }
        // The frames between the owner's innermost one and this one.
        let Some(at) = self.frames.iter().rposition(|f| f.owner == owner) else { return };
        for i in (at + 1..self.frames.len()).rev() {
            let frame = &mut self.frames[i];
            if frame.captures.contains_key(&id) {
                return;
            }
            let info = &mut self.out.functions[frame.owner.index()];
            frame.captures.insert(id, info.captures.len() as u32);
            info.captures.push(id);
        }
        let child = &self.frames[at + 1];
        let (child, order, base, mark) = (child.owner, child.order, child.loop_base, child.flow_mark);
        let around = self.loop_within(id, base);
        let is_set = self.flow.was_set(id, mark);
        let itself = matches!(self.out.binding(id).kind, BindingKind::Function(f) if OwnerId::of(f) == child);
        self.out.bindings[id.0 as usize].capture(order, around, is_set, itself);
    }

    /// Decides where each binding lives.
    fn place_bindings(&mut self) {
        let mut in_registers = 0;
        for i in 0..self.out.bindings.len() {
            let binding = &self.out.bindings[i];
            if matches!(binding.storage, Storage::Slot(_)) {
                continue;
            }
            let every_global = self.environment.mode != Mode::Script;
            let in_slot = binding.captured || every_global || in_registers >= MOST_IN_REGISTERS;
            let storage = if binding.global && in_slot {
                let name = self.names.text(binding.name).into();
                let function = matches!(binding.kind, BindingKind::Function(_));
                self.out.slots.push(Slot { name, function });
                Storage::Slot(self.out.slots.len() as u32 - 1)
            } else if binding.wants_cell() {
                Storage::Cell
            } else {
                in_registers += usize::from(binding.global);
                Storage::Register
            };
            self.out.bindings[i].storage = storage;
        }
    }

    /// A `fn` of a session's entry makes its name callable as a method.
    pub(super) fn note_session_function(&mut self, id: BindingId) {
        if let Storage::Slot(slot) = self.out.binding(id).storage
            && let Some(slot) = self.out.slots.get_mut(slot as usize)
        {
            slot.function = true;
        }
    }

    /// Remembers which binding a pattern assigns.
    pub(super) fn set_target(&mut self, pattern: PatId, binding: BindingId, check: bool) {
        self.out.targets[pattern.0 as usize] = Some((binding, check));
    }

    /// Remembers which binding a function declaration makes.
    pub(super) fn set_declared(&mut self, function: FnId, binding: BindingId) {
        self.out.declared[function.0 as usize] = Some(binding);
    }
}
