//! From source to chunk, on one screen.

use crate::codegen;
use crate::error::{CompileError, ErrorKind};
use crate::options::{Options, Session};
use crate::parser;
use crate::resolve::{self, Environment, Mode, Slot};
use crate::symbols::Names;
use std::sync::Arc;
use weave_bytecode::chunk::Chunk;
use weave_bytecode::signature::Signature;
use weave_bytecode::span::Span;

/// Stack for the passes behind the parser: a walk over a tree of the deepest
/// nesting that the parser allows fits into it in every build.
const STACK: usize = 64 << 20;

/// A compiled source.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// What a machine runs.
    pub chunk: Chunk,
    /// The names of the top level with their slots: those of earlier entries,
    /// in their old places, and the new ones.
    pub session: Session,
}

/// Compiles a source.
///
/// # Errors
/// Every error of the source, in source order; never empty. Names are looked
/// up in whatever could be parsed, so a syntax error does not hide a wrong
/// name elsewhere.
pub fn compile(source: &str, source_name: &str, options: &Options<'_>) -> Result<Compiled, Vec<CompileError>> {
    // Nested source is walked by recursion, and the caller's stack may be
    // small.
    std::thread::scope(|scope| {
        let work = || compile_here(source, source_name, options);
        match std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work) {
            Ok(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            Err(error) => {
                let message = format!("no thread to compile on: {error}");
                Err(vec![CompileError::new(ErrorKind::Limit, Span::default(), message)])
            }
        }
    })
}

/// The chunk of a script that keeps the value of its last expression: what examples in
/// documentation run without saying each time how it is made.
///
/// # Panics
/// Where it does not compile.
#[doc(hidden)]
pub fn chunk_of(source: &str, core: &[Signature]) -> Arc<Chunk> {
    let options = Options { core, value: true, ..Options::default() };
    match compile(source, "example.wv", &options) {
        Ok(compiled) => Arc::new(compiled.chunk),
        Err(errors) => panic!("{}", errors[0].message),
    }
}

// Never inlined: instruction counts name it.
#[inline(never)]
fn compile_here(source: &str, source_name: &str, options: &Options<'_>) -> Result<Compiled, Vec<CompileError>> {
    let mut names = Names::default();
    let is_entry = options.session.is_some();
    let parsed = if is_entry { parser::parse_entry(source, &mut names) } else { parser::parse(source, &mut names) };
    let environment = Environment {
        core: options.core,
        values: options.values,
        slots: options.session.map_or(&[], |session| &session.slots),
        mode: if is_entry { Mode::Session } else { options.mode },
    };
    let (resolution, found) = resolve::resolve(&parsed.tree, &names, environment);
    let mut errors = parsed.errors;
    errors.extend(found);
    if !errors.is_empty() {
        errors.sort_by_key(|e| (e.span().start, e.span().end));
        return Err(errors);
    }
    let code = codegen::generate(&parsed.tree, &names, &resolution, source, options)?;
    let mut slots = resolution.slots;
    slots.extend(code.slots[slots.len()..].iter().map(|name| Slot { name: name.clone(), function: false }));
    let chunk = Chunk {
        name: source_name.into(),
        source: Some(Arc::from(source)),
        prototypes: code.prototypes,
        slots: code.slots,
        natives: code.natives,
    };
    // The machine relies on these rules; a chunk that breaks one is a fault of
    // this crate, which debug and test builds show at once.
    #[cfg(debug_assertions)]
    if let Err(refusal) = weave_bytecode::verify::verify(&chunk) {
        debug_assert!(false, "the emitted code breaks a rule: {refusal}");
    }
    Ok(Compiled { chunk, session: Session { slots } })
}
