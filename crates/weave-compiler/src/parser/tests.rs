//! Tests of the whole parser, through its dump and its errors.

mod errors;
mod limits;
mod lines;
mod operators;
mod seeded;
mod statements;
mod text;

use crate::parser::dump::dump;
use crate::parser::{Parsed, parse};
use crate::symbols::Names;

/// The dump of a source that has no error.
fn tree(source: &str) -> String {
    let mut names = Names::default();
    let parsed = parse(source, &mut names);
    assert!(parsed.errors.is_empty(), "{source:?} has errors: {:#?}", parsed.errors);
    dump(&parsed.tree, &names)
}

fn parsed(source: &str) -> Parsed {
    parse(source, &mut Names::default())
}

/// The errors of a source: for each the line, the text at fault, the message
/// and the help.
fn errors(source: &str) -> Vec<String> {
    let show = |error: &crate::error::CompileError| {
        let span = error.span();
        let line = source[..span.start as usize].matches('\n').count() + 1;
        let help = error.help.as_ref().map_or(String::new(), |help| format!(" ({help})"));
        format!("{line}: `{}` {}{help}", &source[span.range()], error.message)
    };
    parsed(source).errors.iter().map(show).collect()
}

/// Asserts that a source has exactly one error, on this line, and that its
/// words hold these.
#[track_caller]
fn fails(source: &str, line: usize, words: &str) {
    let errors = errors(source);
    assert_eq!(errors.len(), 1, "{source:?}: {errors:#?}");
    assert!(errors[0].starts_with(&format!("{line}: ")) && errors[0].contains(words), "{source:?}: {errors:#?}");
}

/// Asserts that two sources mean the same.
#[track_caller]
fn same(one: &str, other: &str) {
    assert_eq!(tree(one), tree(other), "{one:?} and {other:?}");
}

#[test]
fn an_entry_that_goes_on_from_the_last_value_is_whole() {
    use super::{Completeness, completeness};

    assert_eq!(completeness("|> print"), Completeness::Complete);
    assert_eq!(completeness("# note\n *> f\n ?> g; 1"), Completeness::Complete);
    assert_eq!(completeness("&> ^(a, b) {"), Completeness::Incomplete);
    assert_eq!(completeness("?>"), Completeness::Incomplete);
    assert_eq!(completeness("|> )"), Completeness::Broken);
    assert_eq!(completeness("1\n+ 2"), Completeness::Broken);
}
