//! Resolution: each name becomes a variable, a core function, or an error with
//! a suggestion (section 3 of the language guide).
//!
//! One walk over the tree in source order finds for every use the binding it
//! means, which reads surely find a value, and which variables closures
//! capture. From that follows where each variable lives: in a register, in a
//! cell, or in a slot of the module. The tree itself is not changed; the
//! answers lie in tables beside it.

mod binding;
mod calls;
mod expr;
mod flow;
mod names;
mod resolver;
mod scope;
mod stmt;
mod suggest;
#[cfg(test)]
mod tests;
mod unknown;

pub use binding::{Binding, BindingId, BindingKind, OwnerId, Storage};

use crate::ast::{BlockId, ExprId, FnId, PatId, StmtId, Tree};
use crate::error::CompileError;
use crate::symbols::Names;
use rustc_hash::{FxHashMap, FxHashSet};
use weave_bytecode::signature::Signature;

/// What a name in an expression stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Use {
    /// A variable of the program.
    Binding {
        /// Which one.
        binding: BindingId,
        /// Whether it may have no value yet, which the read has to look for.
        check: bool,
    },
    /// A core or host function: its index in the environment.
    Core(u32),
    /// Nothing in scope. In a method call the receiver's key must hold the
    /// function; anywhere else an error was reported.
    Nothing,
}

/// What a function needs from its surroundings.
#[derive(Clone, Debug, Default)]
pub struct FunctionInfo {
    /// Variables of enclosing functions, in the order of their first use.
    pub captures: Vec<BindingId>,
    /// Variables that `name = expr` declares in it, in source order.
    pub variables: Vec<BindingId>,
}

/// A name of the module instance.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Slot {
    /// Its text.
    pub name: Box<str>,
    /// The function declared under this name, where it is a `fn`.
    pub function: bool,
}

/// The name under which a session keeps the value of the last entry.
pub const LAST_VALUE: &str = "_";

/// How the top level of a source is treated.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Mode {
    /// Top-level names that no function uses live in registers.
    #[default]
    Script,
    /// Every top-level name has a slot, so that an import can read it.
    Module,
    /// Every top-level name has a slot, and functions may mention names that
    /// do not exist yet.
    Session,
}

/// What a source can see from outside.
#[derive(Clone, Copy, Debug, Default)]
pub struct Environment<'a> {
    /// Core and host functions.
    pub core: &'a [Signature],
    /// Those of them whose bare mention is a call.
    pub values: &'a [&'a str],
    /// The slots of earlier entries.
    pub slots: &'a [Slot],
    /// How the top level is treated.
    pub mode: Mode,
}

/// The answers, in tables beside the tree.
#[derive(Debug, Default)]
pub struct Resolution {
    /// All variables.
    pub bindings: Vec<Binding>,
    /// By [`OwnerId`].
    pub functions: Vec<FunctionInfo>,
    /// The module's slots: those of earlier entries first.
    pub slots: Vec<Slot>,
    uses: Vec<Use>,
    targets: Vec<Option<(BindingId, bool)>>,
    declared: Vec<Option<BindingId>>,
    catches: FxHashMap<ExprId, BindingId>,
    imports: FxHashMap<StmtId, BindingId>,
    hoisted: FxHashMap<BlockId, Vec<BindingId>>,
    assigning: FxHashSet<ExprId>,
    returning: FxHashSet<OwnerId>,
    values: FxHashSet<u32>,
}

impl Resolution {
    /// What the name of this expression, or the method it calls, stands for.
    pub fn name_use(&self, id: ExprId) -> Use {
        self.uses[id.0 as usize]
    }

    /// How often the program mentions each binding, other than to assign it.
    pub fn mentions(&self) -> Vec<u32> {
        let mut counts = vec![0; self.bindings.len()];
        for name in &self.uses {
            if let Use::Binding { binding, .. } = name {
                counts[binding.0 as usize] += 1;
            }
        }
        counts
    }

    /// The variable that this pattern binds or assigns, and whether an `op=`
    /// has to look for a value first.
    pub fn target(&self, id: PatId) -> Option<(BindingId, bool)> {
        self.targets[id.0 as usize]
    }

    /// The binding of a declared function's name.
    pub fn declared(&self, id: FnId) -> Option<BindingId> {
        self.declared[id.0 as usize]
    }

    /// The binding after a `catch`.
    pub fn catch(&self, id: ExprId) -> Option<BindingId> {
        self.catches.get(&id).copied()
    }

    /// The binding of an import.
    pub fn import(&self, id: StmtId) -> Option<BindingId> {
        self.imports.get(&id).copied()
    }

    /// The names of the functions that a block declares.
    pub fn hoisted(&self, id: BlockId) -> &[BindingId] {
        self.hoisted.get(&id).map_or(&[], Vec::as_slice)
    }

    /// Whether evaluating this operand may assign a variable of the function
    /// that it stands in.
    pub fn assigns(&self, id: ExprId) -> bool {
        self.assigning.contains(&id)
    }

    /// Whether a bare mention of this core or host function is a call of it.
    pub fn is_value(&self, core: u32) -> bool {
        self.values.contains(&core)
    }

    /// Whether a `return` stands in a function's own body.
    pub fn returns(&self, id: FnId) -> bool {
        self.returning.contains(&OwnerId::of(id))
    }

    /// A variable.
    pub fn binding(&self, id: BindingId) -> &Binding {
        &self.bindings[id.0 as usize]
    }
}

/// Resolves every name of a tree.
///
/// The answers may be used only where no error is reported; errors are in
/// source order.
pub fn resolve(tree: &Tree, names: &Names, environment: Environment<'_>) -> (Resolution, Vec<CompileError>) {
    resolver::Resolver::new(tree, names, environment).run()
}

/// The parameters of a function as its callers see them.
pub fn signature(tree: &Tree, names: &Names, id: FnId) -> Signature {
    calls::signature(tree, names, id)
}
