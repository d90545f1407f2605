//! Code generation: from a resolved tree to a chunk.
//!
//! The machine has registers. Variables live in registers of their function;
//! an expression is evaluated into a register that its user names, or stays
//! where it already lies. Each file here handles one kind of node; all of them
//! are methods of [`Generator`], so that recursion goes through one type.

mod access;
mod arguments;
mod assign;
mod body;
mod call;
mod condition;
mod container;
mod control;
mod core_call;
mod drain;
mod ends;
mod expr;
mod forward;
mod function;
mod inline;
mod kept;
mod known;
mod literal;
mod loops;
mod mentions;
mod method;
mod operators;
mod pass;
mod pattern;
mod pipeline;
mod projection;
mod registers;
mod repeat;
mod stage;
mod step;
mod stmt;
mod variables;

use crate::ast::{ExprId, FnId, Tree};
use crate::error::{CompileError, ErrorKind};
use crate::options::{OptFlags, Options};
use crate::resolve::{BindingId, OwnerId, Resolution, Storage};
use crate::symbols::Names;
use function::Open;
use rustc_hash::FxHashMap;
use weave_bytecode::operand::Reg;
use weave_bytecode::prototype::Prototype;
use weave_bytecode::signature::Signature;
use weave_bytecode::span::Span;

/// What a chunk consists of.
pub(crate) struct Generated {
    /// The program first.
    pub(crate) prototypes: Vec<Prototype>,
    /// Names of the slots.
    pub(crate) slots: Vec<Box<str>>,
    /// Names of the native functions in use.
    pub(crate) natives: Vec<Box<str>>,
}

/// Everything that is known while code is generated.
struct Generator<'a> {
    pub(super) tree: &'a Tree,
    pub(super) names: &'a Names,
    pub(super) resolution: &'a Resolution,
    pub(super) core: &'a [Signature],
    pub(super) flags: OptFlags,
    /// Whether later entries of a session may give the names of the top level
    /// other values.
    pub(super) is_session: bool,
    pub(super) source: &'a str,
    prototypes: Vec<Prototype>,
    slots: Vec<Box<str>>,
    natives: Vec<Box<str>>,
    native_index: FxHashMap<Box<str>, u32>,
    /// The open functions, the innermost last.
    open: Vec<Open>,
    /// The bindings that live in cells, by owner.
    cells: FxHashMap<OwnerId, Vec<BindingId>>,
    /// Functions that have a prototype already.
    compiled: FxHashMap<FnId, u32>,
    /// The functions whose code is being emitted in the open one, that one
    /// first.
    inlining: Vec<FnId>,
    /// The sizes of functions that may stand in place of calls.
    small: FxHashMap<FnId, Option<usize>>,
    /// Whether functions may give streams.
    streams: FxHashMap<FnId, bool>,
    /// What passes over a source read of its items, by the span of the source.
    projections: FxHashMap<Span, Vec<Box<str>>>,
    /// How often the program mentions each binding.
    mentioned: Vec<u32>,
    /// Expressions that have been evaluated already, and where their values lie.
    given: FxHashMap<ExprId, Reg>,
    errors: Vec<CompileError>,
}

/// Makes the code of a tree that resolved without errors.
pub(crate) fn generate(
    tree: &Tree,
    names: &Names,
    resolution: &Resolution,
    source: &str,
    options: &Options<'_>,
) -> Result<Generated, Vec<CompileError>> {
    let mut cells: FxHashMap<OwnerId, Vec<BindingId>> = FxHashMap::default();
    for (i, binding) in resolution.bindings.iter().enumerate() {
        if binding.storage == Storage::Cell {
            cells.entry(binding.owner).or_default().push(BindingId(i as u32));
        }
    }
    let mut generator = Generator {
        tree,
        names,
        resolution,
        core: options.core,
        flags: options.optimise,
        is_session: options.session.is_some(),
        source,
        prototypes: Vec::new(),
        slots: slot_names(resolution),
        natives: Vec::new(),
        native_index: FxHashMap::default(),
        open: Vec::new(),
        cells,
        compiled: FxHashMap::default(),
        inlining: Vec::new(),
        small: FxHashMap::default(),
        streams: FxHashMap::default(),
        projections: FxHashMap::default(),
        mentioned: resolution.mentions(),
        given: FxHashMap::default(),
        errors: Vec::new(),
    };
    generator.program(options.value, options.value && options.session.is_some());
    if generator.errors.is_empty() {
        Ok(Generated { prototypes: generator.prototypes, slots: generator.slots, natives: generator.natives })
    } else {
        Err(generator.errors)
    }
}

/// The names of the slots. A machine keeps one value under each name, so where
/// a second `let` hides a name, the hidden one gets a name that no source can
/// spell.
fn slot_names(resolution: &Resolution) -> Vec<Box<str>> {
    let mut last: FxHashMap<&str, usize> = FxHashMap::default();
    for (i, slot) in resolution.slots.iter().enumerate() {
        last.insert(&slot.name, i);
    }
    let named = resolution.slots.iter().enumerate();
    named
        .map(|(i, slot)| if last[&*slot.name] == i { slot.name.clone() } else { format!("_{}@{i}", slot.name).into() })
        .collect()
}

impl Generator<'_> {
    /// The function whose code is being emitted.
    pub(super) fn f(&mut self) -> &mut Open {
        let last = self.open.len() - 1;
        &mut self.open[last]
    }

    /// The index of a native function in the chunk.
    pub(super) fn native(&mut self, name: &str) -> u32 {
        if let Some(&index) = self.native_index.get(name) {
            return index;
        }
        let index = self.natives.len() as u32;
        self.natives.push(name.into());
        self.native_index.insert(name.into(), index);
        index
    }

    /// A slot that no name of the program refers to.
    pub(super) fn hidden_slot(&mut self, purpose: &str) -> u32 {
        let index = self.slots.len() as u32;
        self.slots.push(format!("_{purpose}@{index}").into());
        index
    }

    /// Reports that a limit of the encoding is passed.
    pub(super) fn limit(&mut self, span: Span, message: &str) {
        self.errors.push(
            CompileError::new(ErrorKind::Limit, span, message)
                .with_help("split it into several functions or statements"),
        );
    }
}
