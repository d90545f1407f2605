//! From source text to a syntax tree and every error in it.
//!
//! Binary and prefix operators wait on a stack on the heap ([`table`] is the
//! precedence table), chains are loops, and only what stands in brackets
//! recurses, up to [`MAX_NESTING`]. After an error the parser goes on at the
//! closing bracket or at the end of the statement, so that one source can
//! yield many errors.

mod control;
mod cursor;
mod declare;
#[doc(hidden)]
pub mod dump;
mod element;
mod expr;
mod format;
mod function;
#[doc(hidden)]
pub mod invariants;
mod lexical;
mod number;
mod operand;
mod pattern;
mod postfix;
mod print;
mod recover;
mod report;
mod stmt;
mod string;
mod table;
mod target;
#[cfg(test)]
mod tests;

use crate::ast::{Block, BlockId, TokenId, Tree};
use crate::error::{CompileError, ErrorKind};
use crate::symbols::Names;
use cursor::Parser;
use weave_bytecode::span::Span;

/// How many brackets, blocks and `if` conditions may be open at one place.
/// A debug build stays within a 2 MiB stack at this depth.
pub const MAX_NESTING: u32 = 1_100;

/// How many operators may wait for their right side at one place, counted
/// through all open brackets: `-`, `not`, `**`, `??` and operators in front of
/// tighter ones. With [`MAX_NESTING`] it bounds the depth of a tree; chains
/// that lean left do not count.
pub const MAX_PENDING: usize = 2_500;

/// How many errors of one source are kept.
pub const MAX_ERRORS: usize = 100;

/// What [`parse`] makes of a source.
#[derive(Debug)]
pub struct Parsed {
    /// A tree of the whole text, with error nodes where it could not be read.
    pub tree: Tree,
    /// In source order, at most [`MAX_ERRORS`]; the tree may be compiled only
    /// where this is empty.
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

/// Reads a source. Never fails and never panics; linear in its length.
///
/// ```
/// use weave_compiler::{parser::parse, symbols::Names};
///
/// let parsed = parse("total = [1, 2] &> ^(a, b) { a + b }", &mut Names::default());
/// assert!(parsed.errors.is_empty());
/// assert_eq!(parsed.tree[parsed.tree.root].kind.stmts.len(), 1);
/// ```
pub fn parse(source: &str, names: &mut Names) -> Parsed {
    finished(read(source, names, false))
}

/// As [`parse`] for an entry of a session, which may begin with a pipe
/// operator: its left side is then the name of the last value.
///
/// ```
/// use weave_compiler::{parser::{parse, parse_entry}, symbols::Names};
///
/// assert!(parse_entry("|> print", &mut Names::default()).errors.is_empty());
/// assert!(!parse("|> print", &mut Names::default()).errors.is_empty());
/// ```
pub fn parse_entry(source: &str, names: &mut Names) -> Parsed {
    finished(read(source, names, true))
}

fn finished(mut parser: Parser<'_, '_>) -> Parsed {
    parser.errors.sort_by_key(|error| error.span());
    parser.errors.truncate(MAX_ERRORS);
    Parsed { tree: parser.tree, errors: parser.errors }
}

/// Whether a source is whole, for an editor that decides between running an
/// entry and asking for another line. An entry may begin with a pipe operator.
///
/// ```
/// use weave_compiler::parser::{Completeness, completeness};
///
/// assert_eq!(completeness("f(1, 2)"), Completeness::Complete);
/// assert_eq!(completeness("f(1,"), Completeness::Incomplete);
/// assert_eq!(completeness("f(1]"), Completeness::Broken);
/// ```
pub fn completeness(source: &str) -> Completeness {
    let mut names = Names::default();
    let parser = read(source, &mut names, true);
    if parser.errors.is_empty() {
        Completeness::Complete
    } else if parser.wants_more && parser.errors.len() == parser.errors_at_end {
        Completeness::Incomplete
    } else {
        Completeness::Broken
    }
}

fn read<'s, 'n>(source: &'s str, names: &'n mut Names, is_entry: bool) -> Parser<'s, 'n> {
    let mut parser = Parser::new(source, weave_lexer::lex(source), names);
    if u32::try_from(source.len()).is_err() {
        let message = format!("a source has at most {} bytes, and this one has {}", u32::MAX, source.len());
        parser.errors.push(CompileError::new(ErrorKind::Limit, Span::new(0, 0), message));
    }
    parser.report_error_tokens();
    let first = parser.token();
    let mut stmts = Vec::new();
    if is_entry {
        parser.continued_entry(&mut stmts);
    }
    parser.statements(true, &mut stmts);
    let last = parser.token();
    let root = parser.tree.blocks.len() as u32;
    parser.tree.root = BlockId(root);
    parser.add_block(Block { stmts }, TokenId(first.0.min(last.0)), last);
    parser
}
