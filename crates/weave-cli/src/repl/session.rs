//! The names and values that live on between entries, and what one entry does.

use crate::escape;
use crate::host::Host;
use crate::output::Output;
use crate::report::{Reporter, note};
use crate::signals::{self, Signals};
use std::io::Write;
use std::sync::Arc;
use weave_bytecode::signature::Signature;
use weave_compiler::ast::Stmt;
use weave_compiler::parser::parse_entry;
use weave_compiler::symbols::Names;
use weave_compiler::{Options, Session as Known, compile};
use weave_vm::SlotMap;
use weave_vm::error::ErrorKind;

/// The name under which the compiler keeps the last value.
const LAST: &str = "_";
/// Characters of a value that are shown.
const MOST_SHOWN: usize = 10_000;

/// A session.
pub(crate) struct Session {
    host: Host,
    slots: SlotMap,
    known: Known,
    output: Output,
    reporter: Reporter,
    signals: Signals,
    entries: usize,
}

/// Why a session ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ended {
    /// The input came to its end.
    Input,
    /// `exit(code)`.
    Exit(i32),
}

impl Session {
    pub(crate) fn new(host: Host, output: Output, reporter: Reporter, signals: Signals) -> Session {
        Session { host, slots: SlotMap::default(), known: Known::default(), output, reporter, signals, entries: 0 }
    }

    /// Runs an entry and shows its value. Only `exit` ends the session.
    pub(crate) fn enter(&mut self, entry: &str) -> Option<Ended> {
        let shows = ends_in_expression(entry);
        self.entries += 1;
        let name = format!("<entry {}>", self.entries);
        let options = Options { session: Some(&self.known), value: shows, ..self.host.options() };
        let compiled = match compile(entry, &name, &options) {
            Ok(compiled) => compiled,
            Err(errors) => {
                self.reporter.compile_errors(&name, entry, &errors);
                return None;
            }
        };
        self.known = compiled.session;
        self.host.vm.reset_steps();
        self.signals.set_running(true);
        let loaded = self.host.vm.load(&Arc::new(compiled.chunk), Some(&mut self.slots));
        let result = loaded.and_then(|program| self.host.vm.run(program));
        self.signals.set_running(false);
        match result {
            Ok(()) => {
                if shows && self.host.vm.enter(|scope| scope.last().is_stream()) {
                    self.preview();
                } else if shows {
                    self.show();
                }
            }
            Err(error) => match error.kind {
                ErrorKind::Exit(code) => return Some(Ended::Exit(code)),
                ErrorKind::Interrupt => self.interrupted(),
                _ => {
                    self.flush();
                    self.reporter.runtime_error(&error);
                }
            },
        }
        self.flush();
        None
    }

    fn interrupted(&mut self) {
        if let Some(signal) = self.signals.take_if_fatal() {
            self.signals.claim();
            signals::die(signal, &self.output);
        }
        self.flush();
        note("interrupted\n");
    }

    fn flush(&mut self) {
        // A failure is remembered and reported when the session ends.
        let _ = self.output.flush();
    }

    /// Shows the first items of the stream that is the last value, and leaves
    /// them in it. Looking at them runs the stream's functions, so this may
    /// raise, or be interrupted.
    fn preview(&mut self) {
        let source = format!(
            "print(\"<stream {{peek({LAST}, 5)}}{{if len(peek({LAST}, 6)) > 5 {{ \" …\" }} else {{ \"\" }}}}>\")"
        );
        let options = Options { session: Some(&self.known), value: false, ..self.host.options() };
        let Ok(compiled) = compile(&source, "<preview>", &options) else { return self.show() };
        self.host.vm.reset_steps();
        self.signals.set_running(true);
        let loaded = self.host.vm.load(&Arc::new(compiled.chunk), Some(&mut self.slots));
        let result = loaded.and_then(|program| self.host.vm.run(program));
        self.signals.set_running(false);
        match result {
            Ok(()) => {}
            Err(error) if error.kind == ErrorKind::Interrupt => self.interrupted(),
            // A stream that was used already has nothing to show.
            Err(error) if error.kind == ErrorKind::State => {
                let _ = writeln!(self.output, "<stream>");
            }
            Err(error) => {
                self.flush();
                self.reporter.runtime_error(&error);
            }
        }
    }

    fn show(&mut self) {
        let shown = self.host.vm.enter(|scope| {
            let value = scope.last();
            (!value.is_nil()).then(|| scope.quoted(value))
        });
        let Some(text) = shown else { return };
        let shown = match text.char_indices().nth(MOST_SHOWN) {
            None => text,
            Some((end, _)) => {
                let all = text.chars().count();
                format!("{}… ({all} characters; print({LAST}) writes them all)", text.get(..end).unwrap_or_default())
            }
        };
        let safe: String = shown.chars().fold(String::new(), |mut out, c| {
            if escape::is_hostile(c) {
                escape::push(&mut out, c)
            } else {
                out.push(c)
            }
            out
        });
        let _ = writeln!(self.output, "{safe}");
    }

    /// The names of the session's own variables.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.known.slots.iter().map(|slot| &*slot.name)
    }

    /// Whether an entry declared the name.
    pub(crate) fn knows(&self, name: &str) -> bool {
        self.names().any(|known| known == name)
    }

    /// The machine's functions, for help and completion.
    pub(crate) fn catalogue(&self) -> Vec<(Signature, &'static str, &'static [&'static str])> {
        self.host.vm.catalogue()
    }
}

/// Whether the last statement is an expression, whose value is shown.
fn ends_in_expression(text: &str) -> bool {
    let parsed = parse_entry(text, &mut Names::default());
    let last = parsed.tree[parsed.tree.root].kind.stmts.last();
    last.is_some_and(|&id| matches!(parsed.tree[id].kind, Stmt::Expr(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_expressions_are_shown() {
        assert!(ends_in_expression("x = 1\nx"));
        assert!(ends_in_expression("|> sort"));
        assert!(!ends_in_expression("x = 1"));
        assert!(!ends_in_expression("fn f() { 1 }"));
        assert!(!ends_in_expression(""));
    }
}
