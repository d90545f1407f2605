//! Assignment targets. They are read as expressions, because only the `=`
//! behind them tells what they are, and become patterns then.

use crate::ast::{Element, Expr, ExprId, Key, PatId, Pattern, PatternElement};
use crate::parser::cursor::Parser;

impl Parser<'_, '_> {
    /// The pattern that an expression in front of `=` is. Recurses no deeper
    /// than the expression was nested.
    pub(super) fn target(&mut self, id: ExprId) -> PatId {
        let (first, last) = (self.tree[id].first, self.tree[id].last);
        // A field's safe form reads a missing thing as nil: nothing to set.
        let pattern = match &mut self.tree.exprs[id.0 as usize].kind {
            Expr::Name(name) => Pattern::Name(*name),
            Expr::Field { safe: false, .. } | Expr::Index { safe: false, .. } => Pattern::Place(id),
            Expr::Error => Pattern::Error,
            Expr::Container(elements) => {
                let elements = std::mem::take(elements);
                self.target_elements(elements)
            }
            _ => {
                self.complain_target(id);
                Pattern::Error
            }
        };
        let target = self.add_pattern(pattern, first);
        self.tree.patterns[target.0 as usize].last = last;
        target
    }

    #[cold]
    fn complain_target(&mut self, id: ExprId) {
        let (message, help) = match self.tree[id].kind {
            Expr::Field { .. } | Expr::Index { .. } => ("`?.` and `?[` can't be assigned", "assign with `.` or `[`"),
            Expr::Method { .. } | Expr::Call { .. } => ("the result of a call can't be assigned", ""),
            Expr::Binary { .. } | Expr::Logic { .. } => {
                ("the result of an operator can't be assigned", "`==` compares; `=` assigns to a name, `c.k` or `c[e]`")
            }
            _ => ("this can't be assigned", "targets are a name, `c.k`, `c[e]` and `[a, b]`"),
        };
        self.complain_expr(id, message, help);
    }

    fn target_elements(&mut self, elements: Vec<Element>) -> Pattern {
        let mut targets = Vec::with_capacity(elements.len());
        for element in elements {
            targets.push(match element {
                Element::Value(id) => PatternElement::Positional(self.target(id)),
                Element::Spread(id) => PatternElement::Rest(self.target(id)),
                Element::Keyed { key: Key::Text(key), value, .. } => {
                    PatternElement::Keyed { key, pattern: self.target(value) }
                }
                Element::Keyed { key: Key::Computed(key), value, .. } => {
                    self.complain_expr(key, "the key of a pattern is a fixed text", "");
                    PatternElement::Positional(self.target(value))
                }
            });
        }
        self.check_rest(&targets);
        Pattern::Container(targets)
    }
}
