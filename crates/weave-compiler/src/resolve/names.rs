//! What happens when a name is declared, assigned, read and captured.

use super::binding::{Binding, BindingId, BindingKind, OwnerId, Storage};
use super::resolver::Resolver;
use super::scope::Pending;
use super::{Mode, Use};
use crate::ast::{ExprId, PatId};
use crate::symbols::Name;
use weave_bytecode::span::Span;

impl Resolver<'_> {
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
    pub(super) fn in_root_block(&self) -> bool {
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
    pub(super) fn loop_within(&self, id: BindingId, end: usize) -> Option<u32> {
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
        let near = self.near_visible(name);
        self.frame().pending.push(Pending { name, expr, span, from_closure: false, in_function, near });
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
            (None, Some(&core)) if !self.out.is_value(core) => Use::Core(core),
            (None, _) => Use::Nothing,
        };
    }

    pub(super) fn session_function(&self, id: BindingId) -> bool {
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
        let check = !self.hoisted_function(id) && !self.flow.is_set(id);
        if check {
            self.out.bindings[id.0 as usize].maybe_unset = true;
            // The read itself proves it for what follows on this path.
            self.flow.set(id);
        }
        check
    }

    /// Whether this is a `fn` of the top level: it has a value before anything
    /// runs.
    pub(super) fn hoisted_function(&self, id: BindingId) -> bool {
        let binding = self.out.binding(id);
        binding.global && matches!(binding.kind, BindingKind::Function(_))
    }

    /// Hands a binding of an enclosing function down to the current one.
    pub(super) fn capture(&mut self, id: BindingId) {
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

    /// A `fn` of a session's entry makes its name callable as a method.
    pub(super) fn note_session_function(&mut self, id: BindingId) {
        if let Storage::Slot(slot) = self.out.binding(id).storage
            && let Some(slot) = self.out.slots.get_mut(slot as usize)
        {
            slot.function = true;
        }
    }
}
