//! Bodies: the program, functions, blocks, and what becomes of the value of
//! their last statement.

use super::Generator;
use super::expr::Value;
use super::function::{Home, Jumps, Open};
use crate::ast::{BlockId, Expr, ExprId, FnId, Pattern, Stmt};
use crate::resolve::{self, OwnerId, Storage};
use crate::walk::Piece;
use weave_bytecode::operand::Reg;
use weave_bytecode::ops::Instr;
use weave_bytecode::prototype::{Prototype, Upvalue};
use weave_bytecode::signature::Signature;
use weave_bytecode::span::Span;
use weave_bytecode::verify::MOST_CAPTURES;

/// What becomes of a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Tail {
    /// Nobody uses it.
    Effect,
    /// It goes to a register.
    Into(Reg),
    /// The function returns it.
    Return,
}

impl Generator<'_> {
    /// The program: prototype 0. An entry of a session keeps its value, unless
    /// that is nil, for the next one.
    pub(super) fn program(&mut self, value: bool, keeps_value: bool) {
        let tree = self.tree;
        let root = tree.root;
        // The numbers of other prototypes follow it.
        self.prototypes.push(Prototype::default());
        let span = Span::new(0, self.source.len() as u32);
        self.open.push(Open::new(span));
        self.frame(OwnerId::MAIN, 0);
        self.plan_kept(OwnerId::MAIN, vec![Piece::Block(root)]);
        self.make_variables(OwnerId::MAIN);
        self.hoist(root, true);
        if keeps_value {
            let a = self.f().registers.take();
            self.statements(root, Tail::Into(a));
            let w = self.last_value_slot();
            let mut end = Jumps::new();
            self.f().emit_jump(Instr::JumpIfNil { a, w: 0 }, &mut end);
            self.f().emit(Instr::SetSlot { a, w });
            self.f().emit(Instr::Return { a });
            self.f().land(end);
        } else {
            let tail = if value { Tail::Return } else { Tail::Effect };
            self.statements(root, tail);
        }
        self.f().emit(Instr::ReturnNil {});
        if let Some(main) = self.close() {
            self.prototypes[0] = main;
        }
    }

    fn last_value_slot(&mut self) -> u32 {
        if let Some(known) = self.slots.iter().position(|name| &**name == resolve::LAST_VALUE) {
            return known as u32;
        }
        self.slots.push(resolve::LAST_VALUE.into());
        self.slots.len() as u32 - 1
    }

    /// Registers that a function has from the start: parameters, then cells.
    fn frame(&mut self, owner: OwnerId, arity: usize) {
        self.f().registers.take_run(arity);
        let cells = self.cells.get(&owner).cloned().unwrap_or_default();
        let first = self.f().registers.take_run(cells.len());
        self.f().proto.first_cell = if cells.is_empty() { 0 } else { first.0 };
        self.f().proto.cells = cells.len() as u16;
        for (i, binding) in cells.into_iter().enumerate() {
            let reg = Reg((usize::from(first.0) + i) as u16);
            self.f().homes.insert(binding, Home::Cell(reg));
            if self.resolution.binding(binding).maybe_unset {
                // A checked read names it in a short operand, so the name is
                // among the first constants.
                self.name_constant(binding);
            }
        }
    }

    /// Variables that `name = …` declares in a function live as long as it.
    /// Where that statement stands in the body itself, it makes the variable.
    pub(super) fn make_variables(&mut self, owner: OwnerId) {
        let resolution = self.resolution;
        for &binding in &resolution.functions[owner.index()].variables {
            if resolution.binding(binding).made_by().is_none() {
                self.define_unset(binding);
            }
        }
    }

    /// Ends the open function.
    pub(super) fn close(&mut self) -> Option<Prototype> {
        let open = self.open.pop()?;
        let mut proto = open.proto;
        if open.registers.exhausted {
            self.limit(proto.span, "this function needs more than 31,000 registers");
        }
        if proto.upvalues.len() > MOST_CAPTURES {
            self.limit(proto.span, "this function captures more than 32,000 variables");
        }
        proto.registers = open.registers.most();
        Some(proto)
    }

    /// Compiles a function, unless it was compiled before for the same
    /// surroundings; gives the number of its prototype.
    pub(super) fn function(&mut self, id: FnId, upvalues: Vec<Upvalue>) -> u32 {
        if let Some(&same) = self.compiled.get(&id) {
            if self.prototypes[same as usize].upvalues == upvalues {
                return same;
            }
            // Its code does not depend on where its variables come from.
            let copy = Prototype { upvalues, ..self.prototypes[same as usize].clone() };
            self.prototypes.push(copy);
            return self.prototypes.len() as u32 - 1;
        }
        let proto = self.new_function(id, upvalues);
        self.prototypes.push(proto);
        let index = self.prototypes.len() as u32 - 1;
        self.compiled.insert(id, index);
        index
    }

    #[inline(never)]
    fn new_function(&mut self, id: FnId, upvalues: Vec<Upvalue>) -> Prototype {
        let tree = self.tree;
        let node = &tree[id];
        let owner = OwnerId::of(id);
        let span = tree.span_between(node.first, node.last);
        let arity = node.kind.params.len();
        let inlining = std::mem::replace(&mut self.inlining, vec![id]);
        self.open.push(Open::new(span));
        let captures = &self.resolution.functions[owner.index()].captures;
        self.f().captures = captures.iter().enumerate().map(|(i, b)| (*b, i as u16)).collect();
        self.f().proto.upvalues = upvalues;
        self.f().proto.signature = self.signature_of(id);
        self.frame(owner, arity);
        let defaults = node.kind.params.iter().filter_map(|p| p.default).map(Piece::Expr);
        self.plan_kept(owner, defaults.chain([Piece::Block(node.kind.body)]).collect());
        self.make_variables(owner);
        self.parameters(id);
        self.block(node.kind.body, Tail::Return);
        self.f().emit(Instr::ReturnNil {});
        self.default_entry(id);
        self.inlining = inlining;
        self.close().unwrap_or_default()
    }

    fn signature_of(&self, id: FnId) -> Signature {
        let mut signature = resolve::signature(self.tree, self.names, id);
        for parameter in &mut signature.parameters {
            // The hidden parameter of a getter has a name that nobody can use.
            if parameter.name.starts_with('<') {
                parameter.name = "it".into();
            }
        }
        signature
    }

    /// Gives parameters their defaults and takes them apart, left to right.
    fn parameters(&mut self, id: FnId) {
        let tree = self.tree;
        for (i, param) in tree[id].kind.params.iter().enumerate() {
            let reg = Reg(i as u16);
            if let Some(default) = param.default {
                let mut given = Jumps::new();
                self.f().emit_jump(Instr::JumpIfSet { a: reg, w: 0 }, &mut given);
                self.expr_to(default, reg);
                self.f().land(given);
            }
            self.parameter(param.pattern, reg);
        }
    }

    /// Binds what a parameter register holds.
    pub(super) fn parameter(&mut self, pattern: crate::ast::PatId, reg: Reg) {
        match &self.tree[pattern].kind {
            Pattern::Name(_) => {
                if let Some((binding, _)) = self.resolution.target(pattern) {
                    self.define(binding, reg);
                }
            }
            _ => self.declare_from(pattern, reg),
        }
    }

    /// Code that computes the default of the first parameter by itself: a fold
    /// begins with it.
    fn default_entry(&mut self, id: FnId) {
        let Some(default) = self.tree[id].kind.params.first().and_then(|p| p.default) else { return };
        let here = self.f().here();
        self.f().reachable = true;
        self.f().proto.default_entry = Some(here);
        self.f().kept.forget_from(0);
        self.f().inlined_at = None;
        let resolution = self.resolution;
        for &binding in &resolution.functions[OwnerId::of(id).index()].variables {
            let binding_info = resolution.binding(binding);
            match (self.f().homes.get(&binding).copied(), binding_info.maybe_unset) {
                (Some(Home::Cell(a)), _) if binding_info.defined_by.is_none() => {
                    self.f().emit(Instr::NewCellUnset { a })
                }
                (Some(Home::Register(a)), true) => self.f().emit(Instr::LoadUnset { a }),
                _ => {}
            }
        }
        let a = self.operand(default);
        self.f().emit(Instr::Return { a });
    }

    /// A block with its own variables.
    pub(super) fn block(&mut self, id: BlockId, tail: Tail) {
        let mark = self.f().registers.mark();
        self.hoist(id, false);
        self.statements(id, tail);
        self.f().registers.release(mark);
    }

    /// Makes the names of a block's functions; at the top level the functions
    /// too.
    fn hoist(&mut self, id: BlockId, root: bool) {
        let resolution = self.resolution;
        for &binding in resolution.hoisted(id) {
            self.define_unset(binding);
        }
        if !root {
            return;
        }
        let tree = self.tree;
        for &stmt in &tree[id].kind.stmts {
            let Stmt::Function(function) = tree[stmt].kind else { continue };
            if self.is_first_of_its_name(function) {
                self.declare_function(function);
            }
        }
    }

    /// Whether a declared function is the one that its name has from the
    /// start.
    pub(super) fn is_first_of_its_name(&self, id: FnId) -> bool {
        let Some(binding) = self.resolution.declared(id) else { return false };
        match self.resolution.binding(binding).kind {
            resolve::BindingKind::Function(first) => first == id,
            // A name of an earlier entry: the last declaration stands.
            _ => true,
        }
    }

    fn statements(&mut self, id: BlockId, tail: Tail) {
        let tree = self.tree;
        let stmts = tree[id].kind.stmts.as_slice();
        if stmts.is_empty() {
            return self.no_value(tail);
        }
        let mut at = 0;
        while at < stmts.len() {
            let forwarded = self.forward(&stmts[at..], tail);
            if forwarded == 0 {
                self.stmt(stmts[at], if at + 1 == stmts.len() { tail } else { Tail::Effect });
            }
            at += forwarded.max(1);
        }
    }

    /// Where a body has no value, it is nil.
    pub(super) fn no_value(&mut self, tail: Tail) {
        match tail {
            Tail::Effect => {}
            Tail::Into(a) => self.f().emit(Instr::LoadNil { a }),
            Tail::Return => self.f().emit(Instr::ReturnNil {}),
        }
    }

    /// Does with a value what is to become of it.
    pub(super) fn finish(&mut self, value: Value, tail: Tail) {
        match tail {
            Tail::Effect => {}
            Tail::Into(dest) => self.put(value, dest),
            Tail::Return => {
                let a = self.reg(value);
                self.f().emit(Instr::Return { a });
            }
        }
    }

    /// An expression whose value is used as `tail` says. `if`, blocks and
    /// `try` hand that on to their last statements.
    pub(super) fn tail(&mut self, id: ExprId, tail: Tail) {
        let tree = self.tree;
        let id = self.bare(id);
        match (&tree[id].kind, tail) {
            (Expr::If { .. }, _) => self.if_chain(id, tail),
            (Expr::Block(block), _) => self.block(*block, tail),
            (Expr::Try { body, handler, .. }, _) => self.try_catch(id, *body, *handler, tail),
            (_, Tail::Effect) => self.effect(id),
            (_, Tail::Into(dest)) => self.expr_to(id, dest),
            (_, Tail::Return) => {
                let mark = self.f().registers.mark();
                let value = self.value(id, None);
                self.finish(value, tail);
                self.f().registers.release(mark);
            }
        }
    }

    /// Whether a function's body can stand in another one's: none of its own
    /// variables needs a cell.
    pub(super) fn owns_cells(&self, id: FnId) -> bool {
        self.cells.contains_key(&OwnerId::of(id))
    }

    /// Whether a variable lives in a register.
    pub(super) fn in_register(&self, id: crate::resolve::BindingId) -> bool {
        self.resolution.binding(id).storage == Storage::Register
    }
}
