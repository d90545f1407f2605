//! What each statement, pattern and function does to scopes and flow.

use super::binding::{BindingId, BindingKind, OwnerId};
use super::resolver::{LoopPaths, Resolver};
use crate::ast::{AssignOp, BlockId, Expr, ExprId, FnId, PatId, Pattern, PatternElement, Stmt, StmtId, TokenId};
use crate::error::{CompileError, ErrorKind};
use crate::symbols::Name;
use rustc_hash::FxHashMap;

impl Resolver<'_> {
    /// The program: a block whose functions exist before its first statement.
    pub(super) fn root_block(&mut self, id: BlockId) {
        self.frame().body_depth = self.scopes.depth() + 1;
        self.block_of(id, true);
    }

    /// A block with its own scope.
    pub(super) fn block(&mut self, id: BlockId) {
        self.block_of(id, false);
    }

    fn block_of(&mut self, id: BlockId, root: bool) {
        self.scopes.enter();
        self.hoist(id);
        let tree = self.tree;
        for &stmt in &tree[id].kind.stmts {
            self.stmt(stmt, root);
        }
        self.scopes.leave();
    }

    /// Makes the names of a block's functions visible in the whole block.
    fn hoist(&mut self, block: BlockId) {
        let tree = self.tree;
        let mut here: FxHashMap<Name, BindingId> = FxHashMap::default();
        let mut list = Vec::new();
        for &stmt in &tree[block].kind.stmts {
            let Stmt::Function(function) = tree[stmt].kind else { continue };
            let Some((name, token)) = tree[function].kind.name else { continue };
            let binding = match here.get(&name) {
                Some(&binding) => binding,
                None => {
                    let kind = BindingKind::Function(function);
                    let binding = self.declare_in_block(name, kind, tree.token_span(token));
                    self.note_session_function(binding);
                    here.insert(name, binding);
                    list.push(binding);
                    binding
                }
            };
            self.set_declared(function, binding);
        }
        if !list.is_empty() {
            self.out.hoisted.insert(block, list);
        }
    }

    fn stmt(&mut self, id: StmtId, root: bool) {
        let tree = self.tree;
        match &tree[id].kind {
            Stmt::Error => {}
            Stmt::Expr(expr) => self.expr(*expr),
            Stmt::Let { pattern, value } => {
                self.expr(*value);
                self.declare_pattern(*pattern, BindingKind::Let);
                self.note_lambda(*pattern, *value);
            }
            Stmt::Assign { target, op, value } => self.assignment(*target, *op, *value),
            Stmt::Function(function) => self.declared_function(*function, root),
            Stmt::While { condition, body } => self.while_loop(*condition, *body),
            Stmt::For { key, value, source, body } => self.for_loop(*key, *value, *source, *body),
            Stmt::Break => {
                if let Some(paths) = self.breaks.last_mut() {
                    let end = self.flow.path_so_far(paths.mark);
                    paths.ends.push(end);
                }
                self.flow.diverged = true;
            }
            Stmt::Continue => self.flow.diverged = true,
            Stmt::Return(value) => {
                if let Some(value) = value {
                    self.expr(*value);
                }
                let owner = self.owner();
                self.out.returning.insert(owner);
                self.flow.diverged = true;
            }
            Stmt::Import { name, name_token, .. } => {
                let span = tree.token_span(*name_token);
                if !root {
                    let error = CompileError::new(ErrorKind::Syntax, span, "`import` inside a block or function");
                    self.error(error.with_help("move it to the top level of the file"));
                }
                let binding = self.declare_in_block(*name, BindingKind::Import, span);
                self.out.imports.insert(id, binding);
            }
        }
    }

    fn declared_function(&mut self, function: FnId, root: bool) {
        let Some((name, _)) = self.tree[function].kind.name else { return };
        let Some(binding) = self.out.declared(function) else { return };
        if self.scopes.find(name) != Some(binding) && !self.out.binding(binding).global {
            // A `let` of the same name stood between; the declaration shows
            // its own name again.
            self.scopes.show_in_block(name, binding);
        }
        let hoisted = root && self.frames.len() == 1;
        // Nothing can call the function before its name has a value, so its
        // body finds one in the name.
        let mark = self.flow.mark();
        self.flow.set(binding);
        self.function(function, hoisted);
        self.flow.rewind_keeping(mark);
        self.assign(binding);
    }

    /// Walks a function: its parameters from left to right, then its body.
    pub(super) fn function(&mut self, id: FnId, hoisted: bool) {
        let assignments = self.assignments;
        let diverged = self.flow.diverged;
        let breaks = std::mem::take(&mut self.breaks);
        let mark = self.flow.mark();
        self.flow.diverged = false;
        let floor = hoisted.then(|| self.flow.raise_floor());
        self.enter_frame(OwnerId::of(id));
        self.parameters(id);
        self.frame().body_depth = self.scopes.depth() + 1;
        self.block(self.tree[id].kind.body);
        self.leave_frame();
        self.flow.rewind(mark);
        if let Some(floor) = floor {
            self.flow.lower_floor(floor);
        }
        self.flow.diverged = diverged;
        self.breaks = breaks;
        self.assignments = assignments;
    }

    /// Declares the parameters; each default sees those to its left.
    pub(super) fn parameters(&mut self, id: FnId) {
        let tree = self.tree;
        let mut seen: FxHashMap<Name, TokenId> = FxHashMap::default();
        for param in &tree[id].kind.params {
            if let Some(default) = param.default {
                // A default runs only where an argument is missing.
                let mark = self.flow.mark();
                self.expr(default);
                self.flow.rewind(mark);
            }
            self.declare_pattern(param.pattern, BindingKind::Parameter);
            self.no_repeats(param.pattern, &mut seen);
        }
    }

    /// Two parameters of one name could not both be read.
    fn no_repeats(&mut self, pattern: PatId, seen: &mut FxHashMap<Name, TokenId>) {
        let tree = self.tree;
        let mut rest = vec![pattern];
        while let Some(pattern) = rest.pop() {
            let node = &tree[pattern];
            match &node.kind {
                Pattern::Name(name) => {
                    if let Some(first) = seen.insert(*name, node.first) {
                        let text = self.names.text(*name);
                        let error = CompileError::new(
                            ErrorKind::Name,
                            tree.token_span(node.first),
                            format!("two parameters are named `{text}`"),
                        );
                        self.error(error.with_label(tree.token_span(first), "the first one").with_help("rename one"));
                    }
                }
                Pattern::Container(elements) => rest.extend(elements.iter().rev().map(PatternElement::pattern)),
                Pattern::Error | Pattern::Place(_) => {}
            }
        }
    }

    /// Makes fresh bindings of every name in a pattern.
    pub(super) fn declare_pattern(&mut self, pattern: PatId, kind: BindingKind) {
        let tree = self.tree;
        let node = &tree[pattern];
        match &node.kind {
            Pattern::Name(name) => {
                let binding = self.declare_in_block(*name, kind, tree.token_span(node.first));
                self.set_target(pattern, binding, false);
            }
            Pattern::Container(elements) => {
                for element in elements {
                    self.declare_pattern(element.pattern(), kind);
                }
            }
            // The parser reported both.
            Pattern::Error | Pattern::Place(_) => {}
        }
    }

    fn assignment(&mut self, target: PatId, op: Option<AssignOp>, value: ExprId) {
        let tree = self.tree;
        let node = &tree[target];
        match (&node.kind, op) {
            (Pattern::Name(name), None) => {
                self.expr(value);
                let binding = self.assign_name(target, *name, tree.token_span(node.first));
                self.set_target(target, binding, false);
                self.note_lambda(target, value);
                let binding = &mut self.out.bindings[binding.0 as usize];
                binding.alone |= binding.defined_by == Some(target);
            }
            (Pattern::Name(name), Some(op)) => self.update(target, *name, op, value),
            (Pattern::Place(place), op) => {
                self.expr(*place);
                let mark = self.flow.mark();
                self.expr(value);
                if op == Some(AssignOp::Coalesce) {
                    self.flow.rewind(mark);
                }
            }
            (Pattern::Container(_), _) => {
                self.expr(value);
                self.assign_pattern(target);
            }
            (Pattern::Error, _) => self.expr(value),
        }
    }

    /// Remembers the function that a declaration gives to its name.
    fn note_lambda(&mut self, target: PatId, value: ExprId) {
        let mut value = value;
        while let Expr::Paren(inner) = &self.tree[value].kind {
            value = *inner;
        }
        if let (Expr::Function(function), Some((binding, _))) = (&self.tree[value].kind, self.out.target(target)) {
            self.out.bindings[binding.0 as usize].lambda = Some(*function);
        }
    }

    /// `name op= value`: reads, then assigns.
    fn update(&mut self, target: PatId, name: Name, op: AssignOp, value: ExprId) {
        let tree = self.tree;
        let span = tree.token_span(tree[target].first);
        let check = match self.scopes.find(name) {
            Some(binding) => self.read(binding),
            None => {
                let text = self.names.text(name);
                let error = CompileError::new(ErrorKind::Name, span, format!("`{text}` has no value here yet"));
                self.error(error.with_help(format!("set it before the loop or above this line: `{text} = …`")));
                false
            }
        };
        let mark = self.flow.mark();
        self.expr(value);
        if op == AssignOp::Coalesce {
            self.flow.rewind(mark);
        }
        let binding = self.assign_name(target, name, span);
        self.set_target(target, binding, check);
    }

    fn assign_pattern(&mut self, pattern: PatId) {
        let tree = self.tree;
        let node = &tree[pattern];
        match &node.kind {
            Pattern::Name(name) => {
                let binding = self.assign_name(pattern, *name, tree.token_span(node.first));
                self.set_target(pattern, binding, false);
            }
            Pattern::Place(place) => self.expr(*place),
            Pattern::Container(elements) => {
                for element in elements {
                    self.assign_pattern(element.pattern());
                }
            }
            Pattern::Error => {}
        }
    }

    /// A new loop around what follows.
    pub(super) fn enter_loop(&mut self) {
        self.loops.push(self.next_loop);
        self.next_loop += 1;
        self.breaks.push(LoopPaths::default());
    }

    /// Ends a loop; gives the paths that leave it by `break`.
    pub(super) fn leave_loop(&mut self) -> LoopPaths {
        self.loops.pop();
        self.breaks.pop().unwrap_or_default()
    }

    fn begin_body(&mut self) -> usize {
        let mark = self.flow.mark();
        if let Some(paths) = self.breaks.last_mut() {
            paths.mark = mark;
        }
        mark
    }

    fn while_loop(&mut self, condition: ExprId, body: BlockId) {
        self.enter_loop();
        self.expr(condition);
        let mark = self.begin_body();
        self.block(body);
        self.flow.rewind(mark);
        let paths = self.leave_loop();
        if matches!(self.tree[condition].kind, Expr::Bool(true)) {
            // Only `break` leads out of it.
            self.flow.join(paths.ends);
        }
    }

    fn for_loop(&mut self, key: Option<PatId>, value: PatId, source: ExprId, body: BlockId) {
        self.expr(source);
        self.enter_loop();
        let mark = self.begin_body();
        self.scopes.enter();
        if let Some(key) = key {
            self.declare_pattern(key, BindingKind::Loop);
        }
        self.declare_pattern(value, BindingKind::Loop);
        self.block(body);
        self.scopes.leave();
        self.flow.rewind(mark);
        self.leave_loop();
    }
}

impl PatternElement {
    /// The pattern inside the element.
    pub(crate) fn pattern(&self) -> PatId {
        match self {
            PatternElement::Positional(pattern)
            | PatternElement::Rest(pattern)
            | PatternElement::Keyed { pattern, .. } => *pattern,
        }
    }
}
