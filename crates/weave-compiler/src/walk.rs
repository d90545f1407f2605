//! Walks over a part of the tree without recursion, for questions that need
//! no scopes: what a piece of code mentions, how large it is.

use crate::ast::{BlockId, Element, Expr, ExprId, Key, Part, PatId, Pattern, PatternElement, Stmt, StmtId, Tree};

/// A piece of the tree.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Piece {
    Expr(ExprId),
    Stmt(StmtId),
    Block(BlockId),
    /// A pattern that is assigned: its places are evaluated.
    Target(PatId),
}

/// Visits everything in `pieces`, each piece before its parts and otherwise in
/// no order that matters. `visit` says whether the parts of a piece are
/// visited, and may add pieces. Bodies of functions are not entered by
/// themselves.
pub(crate) fn walk(tree: &Tree, pieces: Vec<Piece>, mut visit: impl FnMut(Piece, &mut Vec<Piece>) -> bool) {
    let mut waiting = pieces;
    while let Some(piece) = waiting.pop() {
        if visit(piece, &mut waiting) {
            parts(tree, piece, &mut waiting);
        }
    }
}

fn parts(tree: &Tree, piece: Piece, out: &mut Vec<Piece>) {
    match piece {
        Piece::Block(id) => out.extend(tree[id].kind.stmts.iter().map(|s| Piece::Stmt(*s))),
        Piece::Stmt(id) => stmt_parts(&tree[id].kind, out),
        Piece::Expr(id) => expr_parts(&tree[id].kind, out),
        Piece::Target(id) => match &tree[id].kind {
            Pattern::Place(place) => out.push(Piece::Expr(*place)),
            Pattern::Container(elements) => out.extend(elements.iter().map(PatternElement::pattern).map(Piece::Target)),
            Pattern::Error | Pattern::Name(_) => {}
        },
    }
}

fn stmt_parts(stmt: &Stmt, out: &mut Vec<Piece>) {
    match stmt {
        Stmt::Error | Stmt::Function(_) | Stmt::Break | Stmt::Continue | Stmt::Import { .. } | Stmt::Return(None) => {}
        Stmt::Expr(value) | Stmt::Let { value, .. } | Stmt::Return(Some(value)) => out.push(Piece::Expr(*value)),
        Stmt::Assign { target, value, .. } => out.extend([Piece::Target(*target), Piece::Expr(*value)]),
        Stmt::While { condition, body } => out.extend([Piece::Expr(*condition), Piece::Block(*body)]),
        Stmt::For { source, body, .. } => out.extend([Piece::Expr(*source), Piece::Block(*body)]),
    }
}

fn expr_parts(expr: &Expr, out: &mut Vec<Piece>) {
    let mut push = |id: ExprId| out.push(Piece::Expr(id));
    match expr {
        Expr::Paren(inner) | Expr::Unary { operand: inner, .. } => push(*inner),
        Expr::Binary { left, right, .. } | Expr::Logic { left, right, .. } | Expr::Pipe { left, right, .. } => {
            push(*left);
            push(*right);
        }
        Expr::Range { start, end, .. } => start.iter().chain(end).for_each(|id| push(*id)),
        Expr::Index { object, index, .. } => {
            push(*object);
            push(*index);
        }
        Expr::Field { object, .. } => push(*object),
        Expr::Call { callee: first, args } | Expr::Method { object: first, args, .. } => {
            push(*first);
            elements(args, push);
        }
        Expr::Container(args) => elements(args, push),
        Expr::Interpolated(parts) | Expr::Shell(parts) => {
            for part in parts {
                if let Part::Value { expr, .. } = part {
                    push(*expr);
                }
            }
        }
        Expr::If { condition, then, otherwise } => {
            push(*condition);
            otherwise.iter().for_each(|id| push(*id));
            out.push(Piece::Block(*then));
        }
        Expr::Block(block) => out.push(Piece::Block(*block)),
        Expr::Try { body, handler, .. } => out.extend([Piece::Block(*body), Piece::Block(*handler)]),
        _ => {}
    }
}

fn elements(elements: &[Element], mut push: impl FnMut(ExprId)) {
    for element in elements {
        match element {
            Element::Value(value) | Element::Spread(value) => push(*value),
            Element::Keyed { key, value, .. } => {
                if let Key::Computed(key) = key {
                    push(*key);
                }
                push(*value);
            }
        }
    }
}
