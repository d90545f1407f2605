//! What holds for the parse of every text, for tests and fuzz targets.

use crate::ast::{Node, TokenId, Tree};
use crate::parser::{Completeness, MAX_ERRORS, Parsed, completeness, parse, parse_entry};
use crate::symbols::Names;

/// Checks that the tokens of a source cover it, that every node and every
/// error lies inside of it, and that an entry is complete exactly where it has
/// no error. Says what does not hold.
pub fn check(source: &str) -> Result<(), String> {
    weave_lexer::invariants::check(source)?;
    parsed(source, &parse(source, &mut Names::default()))?;
    let entry = parse_entry(source, &mut Names::default());
    parsed(source, &entry)?;
    let complete = completeness(source) == Completeness::Complete;
    if complete != entry.errors.is_empty() {
        return Err(format!("complete is {complete}, with {} errors", entry.errors.len()));
    }
    Ok(())
}

fn parsed(source: &str, parsed: &Parsed) -> Result<(), String> {
    let tree = &parsed.tree;
    if source_from_tokens(tree, source) != source {
        return Err("the tokens do not give the source back".to_string());
    }
    nodes(tree, "expression", &tree.exprs)?;
    nodes(tree, "statement", &tree.stmts)?;
    nodes(tree, "block", &tree.blocks)?;
    nodes(tree, "function", &tree.functions)?;
    nodes(tree, "pattern", &tree.patterns)?;
    if tree.root.0 as usize >= tree.blocks.len() {
        return Err("there is no root".to_string());
    }
    if parsed.errors.len() > MAX_ERRORS {
        return Err(format!("{} errors were kept", parsed.errors.len()));
    }
    for error in &parsed.errors {
        if error.labels.is_empty() || error.message.is_empty() {
            return Err(format!("an error without a place or without words: {error:?}"));
        }
        for label in &error.labels {
            if source.get(label.span.range()).is_none() {
                return Err(format!("an error outside of the source: {error:?}"));
            }
        }
    }
    Ok(())
}

fn nodes<T>(tree: &Tree, what: &str, nodes: &[Node<T>]) -> Result<(), String> {
    let inside = |token: TokenId| (token.0 as usize) < tree.tokens.len();
    for (index, node) in nodes.iter().enumerate() {
        if !inside(node.first) || !inside(node.last) || node.first > node.last {
            return Err(format!("{what} {index} spans tokens {:?} to {:?}", node.first, node.last));
        }
    }
    Ok(())
}

/// The source, put together from a tree's tokens.
pub fn source_from_tokens(tree: &Tree, source: &str) -> String {
    tree.tokens.iter().map(|token| source.get(token.span.range()).unwrap_or_default()).collect()
}
