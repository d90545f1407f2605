//! Which fields of its items a pass reads, where it reads nothing else of
//! them: rows of files are then made with these fields only.
//!
//! An item is followed from stage to stage. A function that is written in the
//! chain, or stands under a name that means nothing else, shows what it does
//! with it: `row.units` reads a field, and any other mention lets the row
//! escape, after which the pass projects nothing. A key that the rows lack is
//! still an error, and a row keeps all of its keys.

use super::Generator;
use super::arguments::{Arg, From, How, Shape, shape};
use super::pipeline::Link;
use super::step::Core;
use crate::ast::{Expr, ExprId, FnId, PatId, Pattern, PatternElement, PipeOp, Stmt};
use crate::resolve::{BindingId, Use, signature};
use crate::walk::{Piece, walk};
use weave_bytecode::constant::Constant;
use weave_bytecode::operand::Reg;
use weave_bytecode::ops::Instr;
use weave_bytecode::signature::Source;
use weave_bytecode::span::Span;

/// More fields than these are most of a row.
const MOST: usize = 64;

/// Keys that are read, each once.
type Fields = Vec<Box<str>>;

impl Generator<'_> {
    /// Notes what a pass over a source reads of its items. The span of the
    /// source stands for the pass. `drops`: what comes out is not kept.
    pub(super) fn plan_projection(&mut self, source: Span, links: &[Link], drops: bool) {
        if self.flags.projection
            && let Some(fields) = self.fields_of_pass(links, drops)
        {
            self.projections.insert(source, fields);
        }
    }

    /// Tells the rows that a pass has begun to draw from in `state` what is
    /// read of them; where `staged`, the first stage of a lazy chain.
    pub(super) fn project(&mut self, state: Reg, source: Span, staged: bool) {
        if let Some(fields) = self.projections.get(&source).cloned() {
            self.emit_projection(state, fields, staged);
        }
    }

    fn emit_projection(&mut self, a: Reg, fields: Fields, staged: bool) {
        let keys = fields.into_iter().map(Some).collect();
        if let Some(c) = self.f().short_constant(Constant::Keys(keys)) {
            self.f().emit(Instr::Project { a, b: u16::from(staged), c });
        }
    }

    /// The same for a `for` loop, whose items go to a pattern and a body.
    pub(super) fn project_loop(&mut self, state: Reg, item: PatId, body: Piece) {
        if !self.flags.projection {
            return;
        }
        let mut fields = Fields::new();
        if self.pattern_reads(item, vec![body], &mut fields).is_some() {
            self.emit_projection(state, fields, false);
        }
    }

    fn fields_of_pass(&self, links: &[Link], drops: bool) -> Option<Fields> {
        let mut fields = Fields::new();
        for link in links {
            match link.op {
                PipeOp::Filter => self.stage_reads(link.right, 0, 1, &mut fields)?,
                PipeOp::Map => {
                    self.stage_reads(link.right, 0, 1, &mut fields)?;
                    return Some(fields);
                }
                PipeOp::Fold => {
                    self.stage_reads(link.right, 1, 2, &mut fields)?;
                    return Some(fields);
                }
                PipeOp::Apply => {
                    let (core, args) = (self.core_link(link.right)?, self.call_args(link.right));
                    match core {
                        Core::Take | Core::Skip => {}
                        Core::TakeWhile => self.argument_reads(&args, &mut fields)?,
                        Core::Count if args.is_empty() => return Some(fields),
                        Core::Count | Core::CountBy | Core::Each => {
                            self.argument_reads(&args, &mut fields)?;
                            return Some(fields);
                        }
                        // The others keep items, or say of them what they are.
                        _ => return None,
                    }
                }
            }
        }
        drops.then_some(fields)
    }

    /// Adds what the only argument of a core function, a function that is called
    /// with each item, reads of it.
    fn argument_reads(&self, args: &[Arg], fields: &mut Fields) -> Option<()> {
        let [Arg { how: How::Position, from: From::Expr(id), .. }] = args else { return None };
        let function = match &self.tree[self.bare(*id)].kind {
            Expr::Function(function) => *function,
            _ => self.fixed_function(*id)?.0,
        };
        self.function_reads(function, 0, 1, fields)
    }

    /// Adds what a stage's function, called with so many items in front of the
    /// given arguments, reads of one of them.
    fn stage_reads(&self, right: ExprId, item: usize, items: usize, fields: &mut Fields) -> Option<()> {
        let tree = self.tree;
        let (function, given) = match &tree[right].kind {
            Expr::Function(function) => (*function, 0),
            Expr::Call { callee, .. } => {
                let args = self.call_args(right);
                if shape(&args) != Shape::Plain {
                    return None;
                }
                (self.fixed_function(*callee)?.0, args.len())
            }
            _ => (self.fixed_function(right)?.0, 0),
        };
        // Without a default the first item becomes the accumulator.
        if item == 1 && tree[function].kind.params.first()?.default.is_none() {
            return None;
        }
        self.function_reads(function, item, items + given, fields)
    }

    /// Adds what a function of so many arguments reads of one of them.
    fn function_reads(&self, function: FnId, item: usize, arguments: usize, fields: &mut Fields) -> Option<()> {
        let tree = self.tree;
        let sources = signature(tree, self.names, function).bind(arguments, &[]).ok()?;
        let at = sources.iter().position(|source| *source == Source::Positional(item))?;
        let function = &tree[function].kind;
        let param = function.params.get(at)?;
        let mut code: Vec<Piece> = function.params.iter().filter_map(|p| p.default).map(Piece::Expr).collect();
        code.push(Piece::Block(function.body));
        self.pattern_reads(param.pattern, code, fields)
    }

    /// Adds what a pattern takes of a value, and code of the variable that it
    /// is.
    fn pattern_reads(&self, pattern: PatId, code: Vec<Piece>, fields: &mut Fields) -> Option<()> {
        match &self.tree[pattern].kind {
            Pattern::Name(_) => self.variable_reads(self.resolution.target(pattern)?.0, code, fields),
            Pattern::Container(elements) if !elements.is_empty() => {
                elements.iter().try_for_each(|element| match element {
                    PatternElement::Keyed { key, .. } => add(fields, key),
                    PatternElement::Positional(_) | PatternElement::Rest(_) => None,
                })
            }
            _ => None,
        }
    }

    fn variable_reads(&self, row: BindingId, code: Vec<Piece>, fields: &mut Fields) -> Option<()> {
        let tree = self.tree;
        let mut kept = Some(());
        walk(tree, code, |piece, waiting| {
            let Piece::Expr(id) = piece else {
                if let Piece::Stmt(id) = piece
                    && let Stmt::Function(inner) = tree[id].kind
                {
                    self.enter(inner, waiting);
                }
                return kept.is_some();
            };
            match &tree[id].kind {
                Expr::Name(_) if self.is_variable(id, row) => kept = None,
                Expr::Function(inner) => self.enter(*inner, waiting),
                Expr::Field { object, name, .. } if self.is_variable(*object, row) => {
                    kept = kept.and_then(|()| add(fields, self.names.text(*name)));
                    return false;
                }
                Expr::Index { object, index, .. } if self.is_variable(*object, row) => {
                    if let Expr::Str(key) = &tree[self.bare(*index)].kind {
                        kept = kept.and_then(|()| add(fields, key));
                        return false;
                    }
                }
                _ => {}
            }
            kept.is_some()
        });
        kept
    }

    /// Visits a function inside the code as well.
    fn enter(&self, function: FnId, waiting: &mut Vec<Piece>) {
        let function = &self.tree[function].kind;
        waiting.extend(function.params.iter().filter_map(|p| p.default).map(Piece::Expr));
        waiting.push(Piece::Block(function.body));
    }

    fn is_variable(&self, id: ExprId, row: BindingId) -> bool {
        let id = self.bare(id);
        matches!(self.tree[id].kind, Expr::Name(_))
            && matches!(self.resolution.name_use(id), Use::Binding { binding, .. } if binding == row)
    }
}

fn add(fields: &mut Fields, key: &str) -> Option<()> {
    if !fields.iter().any(|known| **known == *key) {
        fields.push(key.into());
    }
    (fields.len() <= MOST).then_some(())
}
