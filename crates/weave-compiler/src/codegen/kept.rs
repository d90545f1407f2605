//! Variables of other frames that are kept in a register: values that closures
//! captured, names of the top level that are set once, cells for the length of
//! a statement.
//!
//! Such a value never changes while the function runs, so every load of it
//! writes the same into its register, and the only question is whether each
//! path to a read has passed a load. Code is emitted in order and all jumps
//! forward end in [`Open::land`], so the loads that surely ran are a stack:
//! where jumps land, those behind the first of them are taken from it. A loop
//! that reads the value gets its load in front.
//!
//! A cell's value is kept from one instruction to the next while nothing can
//! write a cell. Once a statement has used the register it is not written
//! again, because operands of the statement may still wait in it.

use super::Generator;
use super::function::CellPlace;
use super::stage::{Plan, Stage};
use super::variables::Place;
use crate::ast::{BlockId, Expr, Stmt, TokenId};
use crate::resolve::{BindingId, OwnerId, Storage, Use};
use crate::walk::{Piece, walk};
use rustc_hash::{FxHashMap, FxHashSet};
use weave_bytecode::operand::Reg;
use weave_bytecode::ops::Op;

/// A mention of a variable in the code of one function.
#[derive(Clone, Copy, Debug)]
struct Read {
    at: TokenId,
    binding: BindingId,
    check: bool,
}

/// The variables that an open function keeps.
#[derive(Debug, Default)]
pub(super) struct Kept {
    registers: FxHashMap<BindingId, Reg>,
    /// Mentions of these variables, in the order of the source.
    reads: Vec<Read>,
    /// The loads that surely ran before the next instruction, with their
    /// offsets.
    loaded: Vec<(BindingId, u32)>,
    /// Cells whose value lies in their register now.
    cells: Vec<CellPlace>,
    /// Cells whose register this statement uses.
    used: Vec<CellPlace>,
    /// How many expressions around the current statement wait for its value.
    pub(super) nested: u32,
}

impl Kept {
    /// Only what was loaded before `offset` is surely loaded from here on.
    pub(super) fn forget_from(&mut self, offset: u32) {
        let surely = self.loaded.partition_point(|(_, at)| *at < offset);
        self.loaded.truncate(surely);
    }

    /// What the values of cells are is not known any more.
    pub(super) fn forget_cells(&mut self) {
        self.cells.clear();
    }

    /// A statement begins.
    pub(super) fn begin_statement(&mut self) {
        if self.nested == 0 {
            self.used.clear();
        }
    }

    /// Whether a register is one that keeps a variable: nothing assigns it
    /// while an expression is evaluated.
    pub(super) fn holds(&self, reg: Reg) -> bool {
        self.registers.values().any(|kept| *kept == reg)
    }
}

/// Whether no cell can have another value behind this instruction.
pub(super) fn leaves_cells(op: Op) -> bool {
    matches!(
        op,
        Op::Move
            | Op::LoadNil
            | Op::LoadTrue
            | Op::LoadFalse
            | Op::LoadInt
            | Op::LoadConst
            | Op::LoadNative
            | Op::LoadUnset
            | Op::CheckSet
            | Op::GetSlot
            | Op::GetSlotChecked
            | Op::GetUpvalue
            | Op::GetUpCell
            | Op::GetUpCellChecked
            | Op::GetCell
            | Op::GetCellChecked
            | Op::Add
            | Op::Sub
            | Op::Mul
            | Op::Div
            | Op::FloorDiv
            | Op::Rem
            | Op::Pow
            | Op::AddI
            | Op::SubI
            | Op::MulI
            | Op::FloorDivI
            | Op::RemI
            | Op::AddK
            | Op::SubK
            | Op::MulK
            | Op::DivK
            | Op::AddFromK
            | Op::SubFromK
            | Op::MulFromK
            | Op::DivFromK
            | Op::Neg
            | Op::Not
            | Op::Eq
            | Op::Ne
            | Op::Lt
            | Op::Le
            | Op::Gt
            | Op::Ge
            | Op::JumpIf
            | Op::JumpIfNot
            | Op::JumpIfNil
            | Op::JumpIfNotNil
            | Op::JumpEq
            | Op::JumpNe
            | Op::JumpLt
            | Op::JumpLe
            | Op::JumpGt
            | Op::JumpGe
            | Op::JumpNotLt
            | Op::JumpNotLe
            | Op::JumpNotGt
            | Op::JumpNotGe
            | Op::JumpEqI
            | Op::JumpNeI
            | Op::JumpLtI
            | Op::JumpLeI
            | Op::JumpGtI
            | Op::JumpGeI
            | Op::JumpNotLtI
            | Op::JumpNotLeI
            | Op::JumpNotGtI
            | Op::JumpNotGeI
            | Op::JumpEqK
            | Op::JumpNeK
            | Op::JumpNotLtK
            | Op::JumpNotLeK
            | Op::JumpNotGtK
            | Op::JumpNotGeK
            | Op::GetIndex
            | Op::GetIndexI
            | Op::GetField
    )
}

impl Generator<'_> {
    /// Takes registers for the variables that the open function will keep:
    /// those that are read more than once, or in a loop, and cells that one
    /// statement reads more than once.
    pub(super) fn plan_kept(&mut self, owner: OwnerId, code: Vec<Piece>) {
        if !self.flags.captures {
            return;
        }
        let Mentions { mut reads, loops, mut statements } = self.mentions(owner, code);
        reads.sort_by_key(|read| read.at);
        statements.sort_unstable();
        let loops = outermost(loops);
        let mut last: FxHashMap<BindingId, TokenId> = FxHashMap::default();
        let mut again = FxHashSet::default();
        for read in &reads {
            let before = last.insert(read.binding, read.at);
            let is_again = if self.is_cell(read.binding) {
                before.is_some_and(|before| none_between(&statements, before, read.at))
            } else {
                before.is_some() || stands_in(&loops, read.at)
            };
            if is_again {
                again.insert(read.binding);
            }
        }
        reads.retain(|read| again.contains(&read.binding));
        for read in &reads {
            if !self.f().kept.registers.contains_key(&read.binding) {
                let reg = self.f().registers.take();
                self.f().registers.make_home(reg);
                self.f().kept.registers.insert(read.binding, reg);
            }
        }
        self.f().kept.reads = reads;
    }

    fn is_cell(&self, id: BindingId) -> bool {
        self.resolution.binding(id).storage == Storage::Cell
    }

    /// Whether the open function may keep a variable.
    fn may_be_kept(&self, id: BindingId, owner: OwnerId) -> bool {
        let captured = self.open.last().is_some_and(|f| f.captures.contains_key(&id));
        let binding = self.resolution.binding(id);
        match binding.storage {
            Storage::Register => captured,
            Storage::Cell => captured || binding.owner == owner,
            Storage::Slot(_) => !self.is_session && binding.is_set_once(),
        }
    }

    /// The mentions of variables that may be kept, and the loops.
    fn mentions(&self, owner: OwnerId, code: Vec<Piece>) -> Mentions {
        let (tree, resolution) = (self.tree, self.resolution);
        let mut out = Mentions::default();
        // Calls reach such a callee without reading it first.
        let mut called = FxHashSet::default();
        walk(tree, code, |piece, waiting| {
            match piece {
                Piece::Stmt(id) => {
                    out.statements.push(tree[id].first);
                    match &tree[id].kind {
                        Stmt::While { .. } => out.loops.push((tree[id].first, tree[id].last)),
                        Stmt::For { body, .. } => out.loops.push((tree[*body].first, tree[*body].last)),
                        _ => {}
                    }
                }
                Piece::Expr(id) => match &tree[id].kind {
                    Expr::Name(_) => {
                        if let Use::Binding { binding, check } = resolution.name_use(id)
                            && !called.contains(&id)
                            && self.may_be_kept(binding, owner)
                        {
                            out.reads.push(Read { at: tree[id].first, binding, check });
                        }
                    }
                    Expr::Call { callee, .. } if self.flags.known_calls => {
                        called.insert(self.bare(*callee));
                    }
                    // The body of a lambda that becomes part of this code.
                    Expr::Pipe { left, right, .. } => {
                        if let Expr::Function(function) = tree[self.bare(*right)].kind {
                            out.loops.push((tree[function].first, tree[function].last));
                            waiting.extend([Piece::Expr(*left), Piece::Block(tree[function].kind.body)]);
                            return false;
                        }
                        called.insert(self.bare(*right));
                    }
                    _ => {}
                },
                Piece::Block(_) | Piece::Target(_) => {}
            }
            true
        });
        out
    }

    /// Reads a variable that is kept, where its value lies in its register or
    /// may be loaded into it.
    pub(super) fn read_kept(&mut self, id: BindingId, place: Place, dest: Option<Reg>) -> Kind {
        let kept = &self.f().kept;
        let Some(&reg) = kept.registers.get(&id) else { return Kind::Plain };
        let (here, free) = match cell_of(place) {
            Some(cell) => (kept.cells.contains(&cell), !kept.used.contains(&cell)),
            None => (kept.loaded.iter().any(|(loaded, _)| *loaded == id), true),
        };
        match (here, free && dest.is_none()) {
            (true, _) => {
                if let (Some(cell), true) = (cell_of(place), free) {
                    self.f().kept.used.push(cell);
                }
                Kind::Here(reg)
            }
            (false, true) => Kind::Load(reg),
            (false, false) => Kind::Plain,
        }
    }

    /// Notes that the next instruction loads a variable that is kept.
    pub(super) fn note_load(&mut self, id: BindingId, place: Place) {
        let f = self.f();
        let offset = f.offset();
        if !f.reachable {
            return;
        }
        match cell_of(place) {
            Some(cell) => {
                f.kept.cells.push(cell);
                f.kept.used.push(cell);
            }
            None => f.kept.loaded.push((id, offset)),
        }
    }

    /// Loads what a loop reads, in front of it.
    pub(super) fn load_ahead(&mut self, first: TokenId, last: TokenId) {
        let reads = &self.f().kept.reads;
        let start = reads.partition_point(|read| read.at < first);
        let end = reads.partition_point(|read| read.at <= last);
        let inside = reads[start..end].to_vec();
        // A read that looks for a value fails where it stands.
        let checked: FxHashSet<BindingId> = inside.iter().filter(|r| r.check).map(|r| r.binding).collect();
        for read in inside {
            if !self.is_cell(read.binding) && !checked.contains(&read.binding) {
                let span = self.tree.token_span(read.at);
                self.read(read.binding, false, span, None);
            }
        }
    }

    /// Loads what the body of a loop reads, in front of it.
    pub(super) fn load_ahead_of(&mut self, body: BlockId) {
        self.load_ahead(self.tree[body].first, self.tree[body].last);
    }

    /// Loads what stages read whose functions become part of a loop.
    pub(super) fn load_ahead_of_stages(&mut self, stages: &[Stage]) {
        for stage in stages {
            if let Plan::Inline(function) = stage.plan {
                self.load_ahead(self.tree[function].first, self.tree[function].last);
            }
        }
    }
}

/// How a variable is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// It lies in this register.
    Here(Reg),
    /// It is loaded into this register, where it stays.
    Load(Reg),
    /// It is loaded for this read alone.
    Plain,
}

#[derive(Debug, Default)]
struct Mentions {
    reads: Vec<Read>,
    loops: Vec<(TokenId, TokenId)>,
    /// Where statements begin.
    statements: Vec<TokenId>,
}

fn cell_of(place: Place) -> Option<CellPlace> {
    match place {
        Place::Cell(b) => Some(CellPlace::Own(b)),
        Place::UpCell(b) => Some(CellPlace::Captured(b)),
        _ => None,
    }
}

/// The loops that stand in no other one, in order.
fn outermost(mut loops: Vec<(TokenId, TokenId)>) -> Vec<(TokenId, TokenId)> {
    loops.sort_unstable();
    let mut out: Vec<(TokenId, TokenId)> = Vec::new();
    for (first, last) in loops {
        if out.last().is_none_or(|(_, end)| *end < first) {
            out.push((first, last));
        }
    }
    out
}

fn stands_in(loops: &[(TokenId, TokenId)], at: TokenId) -> bool {
    let after = loops.partition_point(|(first, _)| *first <= at);
    after > 0 && at <= loops[after - 1].1
}

/// Whether no statement begins behind `first`, up to `last`.
fn none_between(statements: &[TokenId], first: TokenId, last: TokenId) -> bool {
    statements.partition_point(|at| *at <= first) == statements.partition_point(|at| *at <= last)
}
