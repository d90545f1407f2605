//! What the compiler has to say about a source: facts with spans, whose words
//! are chosen where the facts are known and whose rendering is another crate's
//! work.

use weave_bytecode::span::Span;

/// Which part of the compiler found the error.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ErrorKind {
    /// A piece of text that is no token: a bad escape, an unterminated string.
    Token,
    /// Tokens in an order that the grammar does not have.
    Syntax,
    /// A name that no scope declares, or that has no value yet.
    Name,
    /// Arguments that a known function does not take.
    Arity,
    /// A source that is too long or nested too deeply.
    Limit,
}

/// A range of the source with what it has to do with the error.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Label {
    /// The bytes to underline; empty at a place where something is missing.
    pub span: Span,
    /// A few words beside the underlining; empty where the message says it all.
    pub text: String,
}

/// One error. The first label is the culprit, the others are context.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CompileError {
    /// What is wrong, as one sentence without a full stop.
    pub message: String,
    /// Who found it.
    pub kind: ErrorKind,
    /// The places it is about, the smallest culprit first; never empty.
    pub labels: Vec<Label>,
    /// One thing to do about it.
    pub help: Option<String>,
}

impl CompileError {
    /// An error about one place, without label text and help.
    pub fn new(kind: ErrorKind, span: Span, message: impl Into<String>) -> CompileError {
        CompileError { message: message.into(), kind, labels: vec![Label { span, text: String::new() }], help: None }
    }

    /// The same error with a help line.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> CompileError {
        self.help = Some(help.into());
        self
    }

    /// The same error with words beside the culprit's underlining.
    #[must_use]
    pub fn with_text(mut self, text: impl Into<String>) -> CompileError {
        if let Some(first) = self.labels.first_mut() {
            first.text = text.into();
        }
        self
    }

    /// The same error with another place that explains it.
    #[must_use]
    pub fn with_label(mut self, span: Span, text: impl Into<String>) -> CompileError {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// The culprit's place.
    pub fn span(&self) -> Span {
        self.labels.first().map(|label| label.span).unwrap_or_default()
    }
}
