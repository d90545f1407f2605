//! What the code of one function mentions that may be kept in a register, and
//! where: found in one walk before its code is emitted.

use super::Generator;
use super::expr::Value;
use super::literal::small;
use crate::ast::{BinaryOp, Expr, ExprId, Stmt, TokenId};
use crate::resolve::{BindingId, OwnerId, Storage, Use};
use crate::walk::{Piece, walk};
use rustc_hash::{FxHashMap, FxHashSet};

/// Something that may be kept in a register.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Item {
    /// A variable that is not the function's own, or lives in a cell.
    Variable(BindingId),
    /// An integer that instructions take from a register.
    Int(i64),
    /// Such a float, by its bits.
    Float(u64),
}

/// A mention of an item.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mention {
    pub(super) at: TokenId,
    pub(super) item: Item,
    /// Whether it has to look for a value.
    pub(super) check: bool,
}

#[derive(Debug, Default)]
struct Found {
    mentions: Vec<Mention>,
    loops: Vec<(TokenId, TokenId)>,
    /// Where statements begin.
    statements: Vec<TokenId>,
}

impl Item {
    /// The item that a number is.
    pub(super) fn of(value: Value) -> Option<Item> {
        match value {
            Value::Int(v) => Some(Item::Int(v)),
            Value::Float(v) => Some(Item::Float(v.to_bits())),
            Value::Variable(_) | Value::Temporary(_) => None,
        }
    }

    /// The number that the item is.
    pub(super) fn number(self) -> Option<Value> {
        match self {
            Item::Int(v) => Some(Value::Int(v)),
            Item::Float(bits) => Some(Value::Float(f64::from_bits(bits))),
            Item::Variable(_) => None,
        }
    }
}

impl Generator<'_> {
    /// The mentions of what is worth a register, in the order of the source:
    /// values that are mentioned twice or in a loop, cells that one statement
    /// mentions twice, numbers in loops.
    pub(super) fn mentions(&self, owner: OwnerId, code: Vec<Piece>) -> Vec<Mention> {
        let Found { mut mentions, loops, mut statements } = self.find_mentions(owner, code);
        mentions.sort_by_key(|mention| mention.at);
        statements.sort_unstable();
        let loops = outermost(loops);
        let mut last: FxHashMap<Item, TokenId> = FxHashMap::default();
        let mut worth = FxHashSet::default();
        for Mention { at, item, .. } in &mentions {
            let before = last.insert(*item, *at);
            let is_again = match item {
                Item::Variable(id) if self.is_cell(*id) => {
                    before.is_some_and(|before| none_between(&statements, before, *at))
                }
                Item::Variable(_) => before.is_some() || stands_in(&loops, *at),
                Item::Int(_) | Item::Float(_) => stands_in(&loops, *at),
            };
            if is_again {
                worth.insert(*item);
            }
        }
        mentions.retain(|mention| worth.contains(&mention.item));
        mentions
    }

    pub(super) fn is_cell(&self, id: BindingId) -> bool {
        self.resolution.binding(id).storage == Storage::Cell
    }

    fn may_be_kept(&self, id: BindingId, owner: OwnerId) -> bool {
        let captured = self.open.last().is_some_and(|f| f.captures.contains_key(&id));
        let binding = self.resolution.binding(id);
        match binding.storage {
            Storage::Register => captured,
            Storage::Cell => captured || binding.owner == owner,
            Storage::Slot(_) => !self.is_session && binding.is_set_once(),
        }
    }

    fn find_mentions(&self, owner: OwnerId, code: Vec<Piece>) -> Found {
        let (tree, resolution) = (self.tree, self.resolution);
        let mut out = Found::default();
        // Calls reach such a callee without reading it first.
        let mut called = FxHashSet::default();
        walk(tree, code, |piece, waiting| {
            match piece {
                Piece::Stmt(id) => {
                    out.statements.push(tree[id].first);
                    match &tree[id].kind {
                        Stmt::While { condition, .. } => {
                            out.loops.push((tree[id].first, tree[id].last));
                            self.bound_of(*condition, &mut out.mentions);
                        }
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
                            let item = Item::Variable(binding);
                            out.mentions.push(Mention { at: tree[id].first, item, check });
                        }
                    }
                    Expr::Binary { op, left, right } => self.operands_of(*op, *left, *right, &mut out.mentions),
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

    /// The number with which the test of a loop compares, where the
    /// instruction takes it from a register.
    fn bound_of(&self, condition: ExprId, out: &mut Vec<Mention>) {
        if let Expr::Binary { op, right, .. } = &self.tree[self.bare(condition)].kind
            && matches!(
                op,
                BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual | BinaryOp::NotEqual
            )
        {
            self.operand_of(*right, true, out);
        }
    }

    /// The numbers that an operator takes from registers.
    fn operands_of(&self, op: BinaryOp, left: ExprId, right: ExprId, out: &mut Vec<Mention>) {
        let has_small = match op {
            BinaryOp::Remainder | BinaryOp::FloorDivide => true,
            BinaryOp::Power => false,
            _ => return,
        };
        if self.number(left).is_none() {
            self.operand_of(right, has_small, out);
        } else if self.number(right).is_none() {
            self.operand_of(left, false, out);
        }
    }

    /// `has_small`: small numbers stand in the instruction.
    fn operand_of(&self, id: ExprId, has_small: bool, out: &mut Vec<Mention>) {
        let in_instruction = |value| has_small && self.flags.superinstructions && small(value).is_some();
        if let Some(item) = self.number(id).filter(|value| !in_instruction(*value)).and_then(Item::of) {
            out.push(Mention { at: self.tree[id].first, item, check: false });
        }
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
