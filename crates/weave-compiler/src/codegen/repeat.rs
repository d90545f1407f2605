//! Code that may run twice, or a second time from its start, without anybody noticing:
//! it writes nothing, calls nothing, and draws nothing from a stream. It may fail.

use super::Generator;
use crate::ast::{BinaryOp, Element, Expr, ExprId, FnId, Pattern, Stmt};
use crate::resolve::Use;
use crate::walk::{Piece, walk};

impl Generator<'_> {
    /// Whether a function's body, and its defaults, may run again.
    pub(super) fn function_repeats(&self, id: FnId) -> bool {
        let function = &self.tree[id].kind;
        if !function.params.iter().all(|p| matches!(self.tree[p.pattern].kind, Pattern::Name(_))) {
            return false;
        }
        let defaults = function.params.iter().filter_map(|p| p.default).map(Piece::Expr);
        self.repeats(defaults.chain([Piece::Block(function.body)]).collect())
    }

    fn repeats(&self, pieces: Vec<Piece>) -> bool {
        let tree = self.tree;
        let mut repeats = true;
        walk(tree, pieces, |piece, _| {
            repeats &= match piece {
                Piece::Expr(id) => self.expr_repeats(id),
                Piece::Stmt(id) => match &tree[id].kind {
                    Stmt::Expr(_) | Stmt::Return(_) => true,
                    Stmt::Let { pattern, .. } => matches!(tree[*pattern].kind, Pattern::Name(_)),
                    _ => false,
                },
                Piece::Block(_) => true,
                Piece::Target(_) => false,
            };
            repeats
        });
        repeats
    }

    /// Whether the node itself may run again; its parts are asked by themselves.
    fn expr_repeats(&self, id: ExprId) -> bool {
        match &self.tree[id].kind {
            Expr::Interpolated(_) | Expr::Paren(_) | Expr::Unary { .. } | Expr::Logic { .. } => true,
            Expr::Index { .. } | Expr::Field { .. } | Expr::If { .. } | Expr::Block(_) => true,
            // `<<` writes; `in` and the operators on sets may draw from a stream.
            Expr::Binary { op, .. } => !matches!(
                op,
                BinaryOp::Append | BinaryOp::In | BinaryOp::Union | BinaryOp::Intersection | BinaryOp::Difference
            ),
            Expr::Container(elements) => !elements.iter().any(|e| matches!(e, Element::Spread(_))),
            _ => self.is_read(id),
        }
    }

    /// Whether it is a literal of one value, or a name whose mention only reads it: that of
    /// some functions of the host is a call.
    pub(super) fn is_read(&self, id: ExprId) -> bool {
        match &self.tree[id].kind {
            Expr::Nil | Expr::Bool(_) | Expr::Int(_) | Expr::Float(_) | Expr::Str(_) => true,
            Expr::Name(_) => match self.resolution.name_use(id) {
                Use::Binding { .. } => true,
                Use::Core(core) => !self.resolution.is_value(core),
                Use::Nothing => false,
            },
            _ => false,
        }
    }
}
