//! The walk's state, and what happens when names are declared, read, assigned
//! and captured. Which statement and expression does what stands in `stmt.rs`
//! and `expr.rs`.

use super::binding::{BindingId, BindingKind, OwnerId, Storage};
use super::flow::{Flow, PathEnd};
use super::scope::{Frame, Scopes};
use super::{Environment, FunctionInfo, Mode, Resolution, Slot, Use};
use crate::ast::{ExprId, FnId, PatId, TokenId, Tree};
use crate::error::CompileError;
use crate::symbols::{Name, Names};
use rustc_hash::{FxHashMap, FxHashSet};
use weave_bytecode::span::Span;

/// Errors beyond this number are not searched for suggestions, which would
/// make broken sources slow.
pub(super) const SUGGESTIONS: usize = 50;

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
    /// Names for which a near one was looked for.
    pub(super) searched: FxHashSet<Name>,
    /// Nesting of the walk.
    pub(super) depth: u32,
    pub(super) core: FxHashMap<Name, u32>,
    /// The bindings of the root block by name, in source order.
    pub(super) globals: FxHashMap<Name, Vec<BindingId>>,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(tree: &'a Tree, names: &'a Names, environment: Environment<'a>) -> Resolver<'a> {
        let mut core = FxHashMap::default();
        let mut values = FxHashSet::default();
        for (i, signature) in environment.core.iter().enumerate() {
            // A core function that the source never mentions has no name here.
            if let Some(name) = names.get(&signature.name) {
                core.insert(name, i as u32);
                if environment.values.contains(&&*signature.name) {
                    values.insert(i as u32);
                }
            }
        }
        let out = Resolution {
            functions: vec![FunctionInfo::default(); tree.functions.len() + 1],
            uses: vec![Use::Nothing; tree.exprs.len()],
            targets: vec![None; tree.patterns.len()],
            declared: vec![None; tree.functions.len()],
            slots: environment.slots.to_vec(),
            values,
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
            searched: FxHashSet::default(),
            depth: 0,
            core,
            globals: FxHashMap::default(),
        }
    }

    /// Walks the program.
    pub(super) fn run(mut self) -> (Resolution, Vec<CompileError>) {
        self.enter_frame(OwnerId::MAIN);
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
    pub(super) fn enter_frame(&mut self, owner: OwnerId) {
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
                self.read_too_early(&pending, *own);
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
                Some(own) if !pending.from_closure => self.read_too_early(&pending, own),
                Some(global) => {
                    self.out.bindings[global.0 as usize].captured = true;
                    self.out.bindings[global.0 as usize].maybe_unset = true;
                    self.out.uses[pending.expr.0 as usize] = Use::Binding { binding: global, check: true };
                }
                None => self.outside_name(pending),
            }
        }
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

    /// Remembers which binding a pattern assigns.
    pub(super) fn set_target(&mut self, pattern: PatId, binding: BindingId, check: bool) {
        self.out.targets[pattern.0 as usize] = Some((binding, check));
    }

    /// Remembers which binding a function declaration makes.
    pub(super) fn set_declared(&mut self, function: FnId, binding: BindingId) {
        self.out.declared[function.0 as usize] = Some(binding);
    }
}
