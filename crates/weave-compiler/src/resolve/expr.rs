//! What each expression reads, in the order in which it runs.
//!
//! Chains lean left in the tree and may be very long, so the left spine of an
//! expression is a loop: only right operands, arguments and bodies recurse,
//! and the parser limits how deep those nest.

use super::binding::BindingKind;
use super::resolver::{CallSite, Resolver};
use crate::ast::{BlockId, Element, Expr, ExprId, Key, LogicOp, Part, PipeOp};
use crate::error::{CompileError, ErrorKind};

/// Deeper trees than the parser makes.
const DEEPEST: u32 = 10_000;

impl Resolver<'_> {
    /// An expression and everything in it.
    pub(super) fn expr(&mut self, id: ExprId) {
        if self.depth > DEEPEST {
            let span = self.tree.expr_span(id);
            self.error(CompileError::new(ErrorKind::Limit, span, "this is nested too deeply"));
            return;
        }
        self.depth += 1;
        let before = self.assignments;
        self.spine(id);
        if self.assignments != before {
            self.out.assigning.insert(id);
        }
        self.depth -= 1;
    }

    /// Walks down the left operands, then handles what stands right of each.
    fn spine(&mut self, id: ExprId) {
        let mut chain = Vec::new();
        let mut at = id;
        while let Some(left) = self.left_of(at) {
            chain.push(at);
            at = left;
        }
        self.leaf(at);
        while let Some(id) = chain.pop() {
            self.right_of(id);
        }
    }

    /// The part of an expression that runs first, where it is an operand.
    fn left_of(&mut self, id: ExprId) -> Option<ExprId> {
        match &self.tree[id].kind {
            Expr::Paren(inner) => Some(*inner),
            Expr::Unary { operand, .. } => Some(*operand),
            Expr::Binary { left, .. } | Expr::Logic { left, .. } | Expr::Pipe { left, .. } => Some(*left),
            Expr::Call { callee, .. } => Some(*callee),
            Expr::Method { object, .. } | Expr::Index { object, .. } | Expr::Field { object, .. } => Some(*object),
            Expr::Range { start, .. } => *start,
            _ => None,
        }
    }

    /// What runs after the left operand.
    fn right_of(&mut self, id: ExprId) {
        let tree = self.tree;
        match &tree[id].kind {
            Expr::Binary { right, .. } => self.expr(*right),
            Expr::Logic { op, right, .. } => self.conditional(*op, *right),
            Expr::Pipe { op, right, .. } => self.stage(*op, *right),
            Expr::Call { callee, args } => {
                self.elements(args);
                self.note_call(*callee, args, 0);
            }
            Expr::Method { name, args, .. } => {
                self.read_method(id, *name);
                self.elements(args);
            }
            Expr::Index { index, .. } => self.expr(*index),
            Expr::Range { end: Some(end), .. } => self.expr(*end),
            _ => {}
        }
    }

    /// An operand that may not run. `a ?? b ?? c` leans right, so its operands
    /// are a loop.
    fn conditional(&mut self, op: LogicOp, right: ExprId) {
        let tree = self.tree;
        let mark = self.flow.mark();
        let diverged = self.flow.diverged;
        let mut at = right;
        while let Expr::Logic { op: LogicOp::Coalesce, left, right } = &tree[at].kind {
            if op != LogicOp::Coalesce {
                break;
            }
            self.expr(*left);
            at = *right;
        }
        self.expr(at);
        self.flow.rewind(mark);
        self.flow.diverged = diverged;
    }

    /// Expressions without a left operand.
    fn leaf(&mut self, id: ExprId) {
        let tree = self.tree;
        match &tree[id].kind {
            Expr::Name(name) => self.read_name(id, *name, tree.expr_span(id)),
            Expr::Container(elements) => self.elements(elements),
            Expr::Interpolated(parts) | Expr::Shell(parts) => {
                for part in parts {
                    if let Part::Value { expr, .. } = part {
                        self.expr(*expr);
                    }
                }
            }
            Expr::Range { end: Some(end), .. } => self.expr(*end),
            Expr::Function(function) => self.function(*function, false),
            Expr::If { .. } => self.if_chain(id),
            Expr::Block(block) => self.block(*block),
            Expr::Try { body, handler, .. } => self.try_catch(id, *body, *handler),
            _ => {}
        }
    }

    fn elements(&mut self, elements: &[Element]) {
        for element in elements {
            match element {
                Element::Value(value) | Element::Spread(value) => self.expr(*value),
                Element::Keyed { key, value, .. } => {
                    if let Key::Computed(key) = key {
                        self.expr(*key);
                    }
                    self.expr(*value);
                }
            }
        }
    }

    /// The right side of a pipe operator. The piped value counts as the first
    /// argument of a call; `&>` gives its function two.
    fn stage(&mut self, op: PipeOp, right: ExprId) {
        let tree = self.tree;
        let piped = if op == PipeOp::Fold { 2 } else { 1 };
        match &tree[right].kind {
            Expr::Call { callee, args } => {
                self.expr(*callee);
                self.elements(args);
                self.note_call(*callee, args, piped);
            }
            Expr::Name(_) => {
                self.expr(right);
                self.note_call(right, &[], piped);
            }
            _ => self.expr(right),
        }
    }

    /// Remembers a call of a name, to check its arguments later.
    fn note_call(&mut self, callee: ExprId, args: &[Element], piped: usize) {
        let tree = self.tree;
        if !matches!(tree[callee].kind, Expr::Name(_)) {
            return;
        }
        let mut positional = piped;
        let mut named = Vec::new();
        for element in args {
            match element {
                Element::Value(_) => positional += 1,
                Element::Keyed { key: Key::Text(text), key_token, .. } => named.push((text.clone(), *key_token)),
                // What these give is known only when they run.
                Element::Keyed { key: Key::Computed(_), .. } | Element::Spread(_) => return,
            }
        }
        self.calls.push(CallSite { callee, positional, named, span: tree.expr_span(callee) });
    }

    /// `if … else if … else …` of any length.
    fn if_chain(&mut self, id: ExprId) {
        let tree = self.tree;
        let mut at = id;
        let mut ends = Vec::new();
        let mut base = None;
        while let Expr::If { condition, then, otherwise } = &tree[at].kind {
            self.expr(*condition);
            let mark = self.flow.mark();
            let start = *base.get_or_insert(mark);
            self.block(*then);
            ends.push(self.flow.path_so_far(start));
            self.flow.rewind(mark);
            match otherwise {
                Some(next) if matches!(tree[*next].kind, Expr::If { .. }) => {
                    at = *next;
                    continue;
                }
                Some(last) => self.expr(*last),
                None => {}
            }
            break;
        }
        let start = base.unwrap_or_else(|| self.flow.mark());
        ends.push(self.flow.end_path(start));
        self.flow.join(ends);
    }

    fn try_catch(&mut self, id: ExprId, body: BlockId, handler: BlockId) {
        let tree = self.tree;
        let mark = self.flow.mark();
        self.block(body);
        let tried = self.flow.end_path(mark);
        self.scopes.enter();
        if let Expr::Try { name: Some((name, token)), .. } = &tree[id].kind {
            let binding = self.declare_in_block(*name, BindingKind::Catch, tree.token_span(*token));
            self.out.catches.insert(id, binding);
        }
        self.block(handler);
        self.scopes.leave();
        let handled = self.flow.end_path(mark);
        self.flow.join(vec![tried, handled]);
    }
}
