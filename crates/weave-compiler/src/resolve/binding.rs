//! Bindings: what each variable is, who captures and assigns it, and where it
//! will live. The resolver records events while it walks; storage is decided
//! once everything is known.

use crate::ast::{FnId, PatId};
use crate::symbols::Name;
use rustc_hash::FxHashSet;
use weave_bytecode::span::Span;

/// A variable of the program: an index into the resolution's bindings.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct BindingId(pub u32);

/// A function of the program as the owner of variables: 0 is the top level,
/// the others are the tree's functions in order, plus one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct OwnerId(pub u32);

impl OwnerId {
    /// The top level.
    pub const MAIN: OwnerId = OwnerId(0);

    /// The owner that a function of the tree is.
    pub const fn of(function: FnId) -> OwnerId {
        OwnerId(function.0 + 1)
    }

    /// The index into the resolution's functions.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// How a binding came to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BindingKind {
    /// `name = expr` with no visible binding: lives as long as its function.
    Variable,
    /// `let name = expr`: lives as long as its block.
    Let,
    /// A parameter, or a name in a parameter's pattern.
    Parameter,
    /// The variable of a `for`, fresh for each iteration.
    Loop,
    /// The name after `catch`.
    Catch,
    /// `fn name`: visible in its whole block.
    Function(FnId),
    /// `import … as name`
    Import,
    /// A top-level name of earlier entries of a session, or one that a function
    /// of a session mentions before any entry declares it.
    Session,
}

/// Where a binding lives while the program runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Storage {
    /// In a register of its owner; closures that capture it copy its value.
    Register,
    /// In a heap cell that its owner's register and closures share.
    Cell,
    /// In a slot of the module instance.
    Slot(u32),
}

/// Something that happened to a binding, in the order of the source.
#[derive(Clone, Copy, Debug)]
struct Event {
    /// Grows along the source.
    order: u32,
    /// The outermost loop around the event within the binding's life.
    repeated_by: Option<u32>,
}

/// A variable or function of the program.
#[derive(Clone, Debug)]
pub struct Binding {
    /// Its name.
    pub name: Name,
    /// How it is declared.
    pub kind: BindingKind,
    /// The function whose frame it belongs to.
    pub owner: OwnerId,
    /// Where it is declared.
    pub span: Span,
    /// Whether it is a name of the top level, as opposed to one of a block or
    /// function.
    pub global: bool,
    /// Whether a function other than its owner mentions it.
    pub captured: bool,
    /// Whether some read of it has to look for a value first, or some path
    /// leaves it without one: its register must then be initialised as unset.
    pub maybe_unset: bool,
    /// Where it lives; final when resolution has ended.
    pub storage: Storage,
    /// The assignment that declares it, where that surely runs exactly once,
    /// before anything else can mention the name.
    pub defined_by: Option<PatId>,
    /// How often something assigns it, the declaration included.
    pub assignments: u32,
    /// Whether that assignment is a statement of this name alone.
    pub(super) alone: bool,
    /// The function that its declaration gives it, where that is written as
    /// one.
    pub(super) lambda: Option<FnId>,
    pub(super) loop_depth: usize,
    assigned: Vec<Event>,
    captures: Vec<Event>,
    /// Captures by the function of this name itself.
    self_captures: Vec<Event>,
    needs_cell: bool,
}

impl Binding {
    pub(super) fn new(name: Name, kind: BindingKind, owner: OwnerId, span: Span) -> Binding {
        Binding {
            name,
            kind,
            owner,
            span,
            global: false,
            captured: false,
            maybe_unset: false,
            storage: Storage::Register,
            defined_by: None,
            assignments: 0,
            alone: false,
            lambda: None,
            loop_depth: 0,
            assigned: Vec::new(),
            captures: Vec::new(),
            self_captures: Vec::new(),
            needs_cell: false,
        }
    }

    /// Whether each run of its declaration makes it anew, with a value.
    pub fn is_fresh(&self) -> bool {
        matches!(
            self.kind,
            BindingKind::Let | BindingKind::Parameter | BindingKind::Loop | BindingKind::Catch | BindingKind::Import
        )
    }

    /// The function that this name surely stands for, once everything is known.
    pub fn known_function(&self) -> Option<FnId> {
        match self.kind {
            BindingKind::Function(id) if self.assignments == 1 => Some(id),
            _ => None,
        }
    }

    /// The statement `name = …` that makes this variable in a register, where
    /// nothing can mention it before: until then it needs no register.
    pub fn made_by(&self) -> Option<PatId> {
        let made = self.alone && !self.maybe_unset && self.storage == Storage::Register;
        self.defined_by.filter(|_| made)
    }

    /// The function that this name stands for wherever it has a value. In each
    /// run of the block that declares it, it is made once, so what it captures
    /// is what a mention of the same variables finds at a call.
    pub fn fixed_function(&self) -> Option<FnId> {
        match self.kind {
            _ if self.assignments != 1 => None,
            BindingKind::Function(id) => Some(id),
            BindingKind::Let => self.lambda,
            BindingKind::Variable if self.defined_by.is_some() => self.lambda,
            _ => None,
        }
    }

    /// Whether this is a name of the top level that one statement sets, once.
    pub fn is_set_once(&self) -> bool {
        let once = match self.kind {
            BindingKind::Function(_) | BindingKind::Let | BindingKind::Import => true,
            BindingKind::Variable => self.defined_by.is_some(),
            _ => false,
        };
        self.global && self.assignments == 1 && once
    }

    /// Notes an assignment by the owner itself.
    pub(super) fn assign(&mut self, order: u32, repeated_by: Option<u32>) {
        self.assignments += 1;
        self.assigned.push(Event { order, repeated_by });
    }

    /// Notes an assignment by a function that captures the binding.
    pub(super) fn assign_from_closure(&mut self) {
        self.assignments += 1;
        self.needs_cell = true;
        self.captured = true;
    }

    /// Notes the creation of a closure that captures the binding. `itself`
    /// says that the closure is the very function that the name declares.
    pub(super) fn capture(&mut self, order: u32, repeated_by: Option<u32>, is_set: bool, itself: bool) {
        self.captured = true;
        let event = Event { order, repeated_by };
        if itself {
            self.self_captures.push(event);
            return;
        }
        // A copy of no value would stay without one for ever.
        self.needs_cell |= !is_set;
        self.captures.push(event);
    }

    /// Whether an assignment may run after a capture, so that a copied value
    /// would be out of date.
    pub(super) fn wants_cell(&self) -> bool {
        // A function that is its name's only value is handed to itself when it
        // is made.
        let own = if self.assignments > 1 { self.self_captures.as_slice() } else { &[] };
        let captures = || self.captures.iter().chain(own);
        if self.needs_cell {
            return true;
        }
        let Some(first) = captures().map(|c| c.order).min() else { return false };
        if self.assigned.iter().any(|a| a.order > first) {
            return true;
        }
        let loops: FxHashSet<u32> = captures().filter_map(|c| c.repeated_by).collect();
        self.assigned.iter().filter_map(|a| a.repeated_by).any(|l| loops.contains(&l))
    }
}
