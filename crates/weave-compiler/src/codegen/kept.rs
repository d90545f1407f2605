//! What is kept in a register though it lives elsewhere: values that closures
//! captured, names of the top level that are set once, numbers in loops, cells
//! for the length of a statement.
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
use super::expr::Value;
use super::function::CellPlace;
use super::mentions::{Item, Mention};
use super::stage::{Plan, Stage};
use super::variables::Place;
use crate::ast::{BlockId, TokenId};
use crate::resolve::{BindingId, OwnerId};
use crate::walk::Piece;
use rustc_hash::{FxHashMap, FxHashSet};
use weave_bytecode::operand::Reg;
use weave_bytecode::ops::Op;

/// What an open function keeps.
#[derive(Debug, Default)]
pub(super) struct Kept {
    registers: FxHashMap<Item, Reg>,
    /// Mentions of these variables, in the order of the source.
    mentions: Vec<Mention>,
    /// The loads that surely ran before the next instruction, with their
    /// offsets.
    loaded: Vec<(Item, u32)>,
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

    fn is_loaded(&self, item: Item) -> bool {
        self.loaded.iter().any(|(loaded, _)| *loaded == item)
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
    /// Takes registers for what the open function will keep.
    pub(super) fn plan_kept(&mut self, owner: OwnerId, code: Vec<Piece>) {
        if !self.flags.captures {
            return;
        }
        let mentions = self.mentions(owner, code);
        for mention in &mentions {
            if !self.f().kept.registers.contains_key(&mention.item) {
                let reg = self.f().registers.take();
                self.f().registers.make_home(reg);
                self.f().kept.registers.insert(mention.item, reg);
            }
        }
        self.f().kept.mentions = mentions;
    }

    /// Reads a variable that is kept, where its value lies in its register or
    /// may be loaded into it.
    pub(super) fn read_kept(&mut self, id: BindingId, place: Place, dest: Option<Reg>) -> Kind {
        let kept = &self.f().kept;
        let Some(&reg) = kept.registers.get(&Item::Variable(id)) else { return Kind::Plain };
        let (here, free) = match cell_of(place) {
            Some(cell) => (kept.cells.contains(&cell), !kept.used.contains(&cell)),
            None => (kept.is_loaded(Item::Variable(id)), true),
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
            None => f.kept.loaded.push((Item::Variable(id), offset)),
        }
    }

    /// Loads what a loop reads, in front of it.
    pub(super) fn load_ahead(&mut self, first: TokenId, last: TokenId) {
        let mentions = &self.f().kept.mentions;
        let start = mentions.partition_point(|mention| mention.at < first);
        let end = mentions.partition_point(|mention| mention.at <= last);
        let inside = mentions[start..end].to_vec();
        // A read that looks for a value fails where it stands.
        let checked: FxHashSet<Item> = inside.iter().filter(|m| m.check).map(|m| m.item).collect();
        for mention in inside {
            match mention.item {
                Item::Variable(id) if !self.is_cell(id) && !checked.contains(&mention.item) => {
                    let span = self.tree.token_span(mention.at);
                    self.read(id, false, span, None);
                }
                Item::Variable(_) => {}
                number => self.load_number(number),
            }
        }
    }

    fn load_number(&mut self, item: Item) {
        let f = self.f();
        if f.kept.is_loaded(item) || !f.reachable {
            return;
        }
        if let (Some(&reg), Some(value)) = (f.kept.registers.get(&item), item.number()) {
            let offset = f.offset();
            f.kept.loaded.push((item, offset));
            self.put(value, reg);
        }
    }

    /// The register in which a number is kept here.
    pub(super) fn kept_number(&mut self, value: Value) -> Option<Reg> {
        let kept = &self.f().kept;
        let item = Item::of(value).filter(|item| kept.is_loaded(*item))?;
        kept.registers.get(&item).copied()
    }

    /// Loads what the body of a loop reads, in front of it.
    pub(super) fn load_ahead_of(&mut self, body: BlockId) {
        self.load_ahead(self.tree[body].first, self.tree[body].last);
    }

    /// Loads what stages read whose functions become part of a loop.
    pub(super) fn load_ahead_of_stages<'s>(&mut self, stages: impl IntoIterator<Item = &'s Stage>) {
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

fn cell_of(place: Place) -> Option<CellPlace> {
    match place {
        Place::Cell(b) => Some(CellPlace::Own(b)),
        Place::UpCell(b) => Some(CellPlace::Captured(b)),
        _ => None,
    }
}
