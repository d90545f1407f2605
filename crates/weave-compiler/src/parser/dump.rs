//! A tree as an s-expression, compact enough to stand in a test.

use crate::ast::{
    AssignOp, BlockId, Element, Expr, ExprId, FnId, FnKind, Key, Part, PatId, Pattern, PatternElement, Stmt, StmtId,
    Tree,
};
use crate::symbols::Names;
use std::fmt::Write;

/// The whole tree, its statements separated by blanks. For small trees: it
/// recurses as deeply as they nest.
pub fn dump(tree: &Tree, names: &Names) -> String {
    let mut dumper = Dumper { tree, names, text: String::new() };
    dumper.stmts(tree.root);
    dumper.text
}

struct Dumper<'t> {
    tree: &'t Tree,
    names: &'t Names,
    text: String,
}

impl Dumper<'_> {
    fn put(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn name(&mut self, name: crate::symbols::Name) {
        let text = self.names.text(name);
        self.text.push_str(text);
    }

    fn quoted(&mut self, text: &str) {
        let _ = write!(self.text, "{text:?}");
    }

    fn stmts(&mut self, block: BlockId) {
        let tree = self.tree;
        for (index, stmt) in tree[block].kind.stmts.iter().enumerate() {
            if index > 0 {
                self.put(" ");
            }
            self.stmt(*stmt);
        }
    }

    fn block(&mut self, block: BlockId) {
        self.put("{");
        self.stmts(block);
        self.put("}");
    }

    fn stmt(&mut self, id: StmtId) {
        let tree = self.tree;
        match &tree[id].kind {
            Stmt::Error => self.put("<error>"),
            Stmt::Expr(expr) => self.expr(*expr),
            Stmt::Let { pattern, value } => {
                self.put("(let ");
                self.pattern(*pattern);
                self.put(" ");
                self.expr(*value);
                self.put(")");
            }
            Stmt::Assign { target, op, value } => {
                match op {
                    None => self.put("(= "),
                    Some(AssignOp::Binary(op)) => {
                        let _ = write!(self.text, "({op:?}= ");
                    }
                    Some(AssignOp::Coalesce) => self.put("(??= "),
                }
                self.pattern(*target);
                self.put(" ");
                self.expr(*value);
                self.put(")");
            }
            Stmt::Function(function) => self.function(*function),
            Stmt::While { condition, body } => {
                self.put("(while ");
                self.expr(*condition);
                self.put(" ");
                self.block(*body);
                self.put(")");
            }
            Stmt::For { key, value, source, body } => {
                self.put("(for ");
                if let Some(key) = key {
                    self.pattern(*key);
                    self.put(" ");
                }
                self.pattern(*value);
                self.put(" in ");
                self.expr(*source);
                self.put(" ");
                self.block(*body);
                self.put(")");
            }
            Stmt::Break => self.put("(break)"),
            Stmt::Continue => self.put("(continue)"),
            Stmt::Return(None) => self.put("(return)"),
            Stmt::Return(Some(value)) => {
                self.put("(return ");
                self.expr(*value);
                self.put(")");
            }
            Stmt::Import { path, name, .. } => {
                self.put("(import ");
                self.quoted(path);
                self.put(" ");
                self.name(*name);
                self.put(")");
            }
        }
    }

    fn list(&mut self, head: &str, parts: &[ExprId]) {
        self.put("(");
        self.put(head);
        for part in parts {
            self.put(" ");
            self.expr(*part);
        }
        self.put(")");
    }

    fn expr(&mut self, id: ExprId) {
        let tree = self.tree;
        match &tree[id].kind {
            Expr::Error => self.put("<error>"),
            Expr::Nil => self.put("nil"),
            Expr::Bool(value) => self.put(if *value { "true" } else { "false" }),
            Expr::Int(value) => {
                let _ = write!(self.text, "{value}");
            }
            Expr::Float(value) => {
                let _ = write!(self.text, "{value:?}");
            }
            Expr::Str(text) => self.quoted(text),
            Expr::Interpolated(parts) => self.parts("text", parts),
            Expr::Regex(text) => {
                self.put("re");
                self.quoted(text);
            }
            Expr::Shell(parts) => self.parts("shell", parts),
            Expr::Name(name) => self.name(*name),
            Expr::Container(elements) => {
                self.put("[");
                self.elements(elements, false);
                self.put("]");
            }
            Expr::Paren(inner) => self.list("paren", &[*inner]),
            Expr::Unary { op, operand } => self.list(&format!("{op:?}"), &[*operand]),
            Expr::Binary { op, left, right } => self.list(&format!("{op:?}"), &[*left, *right]),
            Expr::Logic { op, left, right } => self.list(&format!("{op:?}"), &[*left, *right]),
            Expr::Pipe { op, left, right } => self.list(&format!("{op:?}"), &[*left, *right]),
            Expr::Range { start, end, inclusive } => {
                self.put("(");
                if let Some(start) = start {
                    self.expr(*start);
                }
                self.put(if *inclusive { "..=" } else { ".." });
                if let Some(end) = end {
                    self.expr(*end);
                }
                self.put(")");
            }
            Expr::Call { callee, args } => {
                self.put("(call ");
                self.expr(*callee);
                self.elements(args, true);
                self.put(")");
            }
            Expr::Method { object, name, safe, args, .. } => {
                self.put(if *safe { "(?. " } else { "(. " });
                self.expr(*object);
                self.put(" ");
                self.name(*name);
                self.put("(");
                self.elements(args, false);
                self.put("))");
            }
            Expr::Index { object, index, safe } => self.list(if *safe { "?[]" } else { "[]" }, &[*object, *index]),
            Expr::Field { object, name, safe, .. } => {
                self.put(if *safe { "(?. " } else { "(. " });
                self.expr(*object);
                self.put(" ");
                self.name(*name);
                self.put(")");
            }
            Expr::Function(function) => self.function(*function),
            Expr::If { condition, then, otherwise } => {
                self.put("(if ");
                self.expr(*condition);
                self.put(" ");
                self.block(*then);
                if let Some(otherwise) = otherwise {
                    self.put(" ");
                    self.expr(*otherwise);
                }
                self.put(")");
            }
            Expr::Block(block) => self.block(*block),
            Expr::Try { body, name, handler } => {
                self.put("(try ");
                self.block(*body);
                if let Some((name, _)) = name {
                    self.put(" ");
                    self.name(*name);
                }
                self.put(" ");
                self.block(*handler);
                self.put(")");
            }
        }
    }

    fn parts(&mut self, head: &str, parts: &[Part]) {
        self.put("(");
        self.put(head);
        for part in parts {
            self.put(" ");
            match part {
                Part::Text(text) => self.quoted(text),
                Part::Value { expr, format } => {
                    self.expr(*expr);
                    if let Some(format) = format {
                        self.put(":");
                        self.quoted(format);
                    }
                }
            }
        }
        self.put(")");
    }

    fn elements(&mut self, elements: &[Element], leading: bool) {
        for (index, element) in elements.iter().enumerate() {
            if leading || index > 0 {
                self.put(" ");
            }
            match element {
                Element::Value(value) => self.expr(*value),
                Element::Spread(value) => {
                    self.put("*");
                    self.expr(*value);
                }
                Element::Keyed { key, value, .. } => {
                    match key {
                        Key::Text(text) => self.quoted(text),
                        Key::Computed(key) => self.expr(*key),
                    }
                    self.put(": ");
                    self.expr(*value);
                }
            }
        }
    }

    fn function(&mut self, id: FnId) {
        let tree = self.tree;
        let function = &tree[id].kind;
        self.put(match function.kind {
            FnKind::Declared => "(fn ",
            FnKind::Anonymous => "(fn",
            FnKind::Lambda => "(^",
            FnKind::Getter => "(getter",
        });
        if let Some((name, _)) = function.name {
            self.name(name);
        }
        self.put("(");
        for (index, param) in function.params.iter().enumerate() {
            if index > 0 {
                self.put(" ");
            }
            if param.rest {
                self.put("*");
            }
            self.pattern(param.pattern);
            if let Some(default) = param.default {
                self.put(": ");
                self.expr(default);
            }
        }
        self.put(") ");
        self.block(function.body);
        self.put(")");
    }

    fn pattern(&mut self, id: PatId) {
        let tree = self.tree;
        match &tree[id].kind {
            Pattern::Error => self.put("<error>"),
            Pattern::Name(name) => self.name(*name),
            Pattern::Place(expr) => self.expr(*expr),
            Pattern::Container(elements) => {
                self.put("[");
                for (index, element) in elements.iter().enumerate() {
                    if index > 0 {
                        self.put(" ");
                    }
                    let pattern = match element {
                        PatternElement::Positional(pattern) => *pattern,
                        PatternElement::Rest(pattern) => {
                            self.put("*");
                            *pattern
                        }
                        PatternElement::Keyed { key, pattern } => {
                            self.quoted(key);
                            self.put(": ");
                            *pattern
                        }
                    };
                    self.pattern(pattern);
                }
                self.put("]");
            }
        }
    }
}
