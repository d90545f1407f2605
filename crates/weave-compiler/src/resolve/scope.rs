//! Scopes: which bindings a name means at the current point of the walk.
//!
//! Every name has a stack of the bindings that are visible under it, the
//! nearest last; a scope remembers which names to pop when it ends.

use super::binding::{BindingId, OwnerId};
use crate::ast::ExprId;
use crate::symbols::Name;
use rustc_hash::FxHashMap;
use weave_bytecode::span::Span;

/// A name that was read while nothing visible had it: a top-level name further
/// down may still turn up.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub(super) name: Name,
    pub(super) expr: ExprId,
    pub(super) span: Span,
    /// Whether a nested function reads it, not the frame that holds this.
    pub(super) from_closure: bool,
    /// Whether a function reads it: a session may declare it later.
    pub(super) in_function: bool,
    /// The nearest name that was visible at the read, where one is near.
    pub(super) near: Option<String>,
}

/// A function whose body is being walked.
#[derive(Debug)]
pub(super) struct Frame {
    /// Which one.
    pub(super) owner: OwnerId,
    /// The names to forget when the function ends.
    pub(super) declared: Vec<Name>,
    /// What `name = expr` declared, by name.
    pub(super) variables: FxHashMap<Name, BindingId>,
    /// Names read before anything visible had them.
    pub(super) pending: Vec<Pending>,
    /// Where the walk's order, loops and flow stood when it began.
    pub(super) order: u32,
    pub(super) loop_base: usize,
    pub(super) flow_mark: usize,
    /// How many blocks are open where its body's own statements stand.
    pub(super) body_depth: usize,
    /// Captured bindings: position in the function's captures.
    pub(super) captures: FxHashMap<BindingId, u32>,
}

/// The visible bindings.
#[derive(Debug, Default)]
pub(super) struct Scopes {
    visible: FxHashMap<Name, Vec<BindingId>>,
    blocks: Vec<Vec<Name>>,
}

impl Scopes {
    /// The nearest visible binding.
    pub(super) fn find(&self, name: Name) -> Option<BindingId> {
        self.visible.get(&name)?.last().copied()
    }

    /// All visible bindings of a name, the nearest first.
    pub(super) fn all(&self, name: Name) -> impl Iterator<Item = BindingId> + '_ {
        self.visible.get(&name).into_iter().flat_map(|stack| stack.iter().rev().copied())
    }

    /// Every name that means something.
    pub(super) fn names(&self) -> impl Iterator<Item = Name> + '_ {
        self.visible.iter().filter(|(_, stack)| !stack.is_empty()).map(|(name, _)| *name)
    }

    /// How many blocks are open, those of functions included.
    pub(super) fn depth(&self) -> usize {
        self.blocks.len()
    }

    /// Opens a block.
    pub(super) fn enter(&mut self) {
        self.blocks.push(Vec::new());
    }

    /// Ends a block: its names mean what they meant before.
    pub(super) fn leave(&mut self) {
        for name in self.blocks.pop().unwrap_or_default() {
            self.hide(name);
        }
    }

    /// Makes a binding visible until the current block ends.
    pub(super) fn show_in_block(&mut self, name: Name, binding: BindingId) {
        self.show(name, binding);
        if let Some(block) = self.blocks.last_mut() {
            block.push(name);
        }
    }

    /// Makes a binding visible until it is hidden.
    pub(super) fn show(&mut self, name: Name, binding: BindingId) {
        self.visible.entry(name).or_default().push(binding);
    }

    /// Takes back the nearest binding of a name.
    pub(super) fn hide(&mut self, name: Name) {
        if let Some(stack) = self.visible.get_mut(&name) {
            stack.pop();
        }
    }
}
