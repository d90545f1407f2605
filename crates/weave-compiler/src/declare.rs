//! What a host provides, declared as the language writes it.

use crate::ast::{Pattern, Stmt};
use crate::compile::compile;
use crate::error::{CompileError, ErrorKind};
use crate::options::Options;
use crate::parser;
use crate::resolve;
use crate::symbols::Names;
use weave_bytecode::signature::Signature;
use weave_bytecode::span::Span;

/// What makes a function of a signature.
const BEFORE: &str = "fn ";
const BEHIND: &str = " { }";

/// Reads the signature of a function that a host will provide, as it would stand behind
/// `fn`: `price(article, currency: nil, *more)`. What the default of a parameter is does not
/// matter, only that there is one: the host has its own. `core` are the functions that
/// defaults may use.
///
/// # Errors
/// The first thing that is wrong with the text; its places are those of the text.
///
/// ```
/// use weave_compiler::declaration;
///
/// let signature = declaration("price(article, currency: \"EUR\")", &[]).unwrap();
/// assert_eq!(&*signature.name, "price");
/// assert!(!signature.parameters[0].optional && signature.parameters[1].optional);
///
/// let error = declaration("price(article", &[]).unwrap_err();
/// assert_eq!(error.message, "the signature is cut off");
/// ```
pub fn declaration(text: &str, core: &[Signature]) -> Result<Signature, CompileError> {
    let source = format!("{BEFORE}{text}{BEHIND}");
    // A function of the same name may be replaced.
    if let Err(errors) = compile(&source, "", &Options { core, ..Options::default() }) {
        return Err(errors.into_iter().next().map_or_else(|| no_signature(text), |error| of_text(error, text)));
    }
    let mut names = Names::default();
    let tree = parser::parse(&source, &mut names).tree;
    let [only] = tree[tree.root].kind.stmts[..] else { return Err(no_signature(text)) };
    let Stmt::Function(id) = tree[only].kind else { return Err(no_signature(text)) };
    let function = &tree[id];
    let whole = tree.span_between(function.first, function.last);
    let is_ours = (whole.start, whole.end as usize) == (0, source.len());
    if !is_ours || !tree[function.kind.body].kind.stmts.is_empty() {
        return Err(no_signature(text));
    }
    for param in &function.kind.params {
        let pattern = &tree[param.pattern];
        if !matches!(pattern.kind, Pattern::Name(_)) {
            let span = tree.span_between(pattern.first, pattern.last);
            let error = CompileError::new(ErrorKind::Syntax, span, "a parameter of a host's function is a name");
            return Err(of_text(error.with_help("take the argument apart inside of the function"), text));
        }
    }
    Ok(resolve::signature(&tree, &names, id))
}

fn no_signature(text: &str) -> CompileError {
    let span = Span { start: 0, end: text.len() as u32 };
    with_help(CompileError::new(ErrorKind::Syntax, span, "this is no signature of a function"))
}

fn with_help(error: CompileError) -> CompileError {
    match error.help {
        Some(_) => error,
        None => error.with_help("write it as behind `fn`: `price(article, currency: nil)`"),
    }
}

/// An error about the function as one about its signature.
fn of_text(mut error: CompileError, text: &str) -> CompileError {
    let end = text.len() as u32;
    // What stands behind the text is not the user's.
    if error.span().start as usize >= BEFORE.len() + text.len() {
        error = CompileError::new(ErrorKind::Syntax, error.span(), "the signature is cut off");
    }
    if error.kind == ErrorKind::Name {
        error.help = Some("what a default is does not matter here: write `nil`".to_owned());
    }
    for label in &mut error.labels {
        let inside = |at: u32| at.saturating_sub(BEFORE.len() as u32).min(end);
        label.span = Span { start: inside(label.span.start), end: inside(label.span.end) };
    }
    with_help(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, String> {
        let signature = declaration(text, &[]).map_err(|e| {
            let span = e.span();
            assert!(span.start <= span.end && span.end as usize <= text.len(), "{text}: {span:?}");
            assert!(e.help.is_some(), "{text}");
            e.message
        })?;
        let parameters = signature
            .parameters
            .iter()
            .map(|p| format!("{}{}{}", if p.rest { "*" } else { "" }, p.name, if p.optional { "?" } else { "" }));
        Ok(format!("{}({})", signature.name, parameters.collect::<Vec<_>>().join(", ")))
    }

    #[test]
    fn signatures_are_read() {
        for (text, shape) in [
            ("now()", "now()"),
            ("price(article)", "price(article)"),
            (" price ( article , currency : \"EUR\" ) ", "price(article, currency?)"),
            ("log(level: 1, *words)", "log(level?, *words)"),
            ("größe(straße)", "größe(straße)"),
            ("price(article)\n", "price(article)"),
            ("f(a, # the first\n  b)", "f(a, b)"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(shape), "{text}");
        }
    }

    #[test]
    fn what_is_no_signature_is_refused() {
        for text in [
            "",
            "price",
            "price(",
            "price(article",
            "price(article,",
            "price article",
            "(article)",
            "fn price(article)",
            "price(article) { }",
            "price(article) { } fn other()",
            "price(article) { fn other()",
            "price(article) #",
            "price(a, a)",
            "price(*a, b)",
            "price([a, b])",
            "price(a: )",
            "price(a: unknown)",
            "print(a); print(b)",
            "1",
            "if(a)",
            "\"",
            "/*",
            "price(\u{1b}[31m)",
        ] {
            assert!(read(text).is_err(), "{text}: {:?}", read(text));
        }
        assert_eq!(read("price("), Err("the signature is cut off".to_owned()));
        assert_eq!(read("price([a, b])"), Err("a parameter of a host's function is a name".to_owned()));
    }
}
