//! A session with a line editor: history, completion, colours, and Enter that
//! knows whether an entry is complete.

use super::help;
use super::highlight::highlight;
use super::session::{Ended, Session};
use crate::color::Color;
use crate::report::note;
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::history::DefaultHistory;
use rustyline::validate::Validator;
use rustyline::{
    Cmd, ColorMode, CompletionType, ConditionalEventHandler, Config, Context, Editor, Event, EventContext,
    EventHandler, Helper, KeyCode, KeyEvent, Modifiers, RepeatCount,
};
use std::borrow::Cow;
use std::path::PathBuf;
use weave_compiler::parser::{Completeness, completeness};

const PROMPT: &str = "> ";
/// What a line inside an entry is indented by: the prompt's width, and two
/// columns for each open bracket.
const STEP: &str = "  ";
const KEYWORDS: &[&str] = &[
    "and", "break", "catch", "continue", "else", "false", "fn", "for", "if", "import", "in", "let", "nil", "not", "or",
    "return", "true", "try", "while",
];

pub(crate) fn run(session: &mut Session, color: Color) -> Result<Ended, String> {
    let broken = |error: ReadlineError| format!("the line editor failed: {error}");
    let config = Config::builder()
        .completion_type(CompletionType::List)
        .color_mode(if color.stdout { ColorMode::Forced } else { ColorMode::Disabled })
        .history_ignore_space(true)
        .max_history_size(10_000)
        .and_then(|config| config.history_ignore_dups(true))
        .map_err(broken)?
        .build();
    let mut editor: Editor<Assistant, DefaultHistory> = Editor::with_config(config).map_err(broken)?;
    editor.set_helper(Some(Assistant { words: Vec::new(), color: color.stdout }));
    editor.bind_sequence(
        Event::from(KeyEvent(KeyCode::Enter, Modifiers::NONE)),
        EventHandler::Conditional(Box::new(OnEnter)),
    );
    let history = history_file();
    if let Some(file) = &history {
        // The first session has none.
        let _ = editor.load_history(file);
    }
    note(&format!("Weave {}; `help` helps, Ctrl-D leaves\n", env!("CARGO_PKG_VERSION")));
    loop {
        if let Some(assistant) = editor.helper_mut() {
            assistant.words = words(session);
        }
        let entry = match editor.readline(PROMPT) {
            Ok(entry) => entry,
            // Ctrl-C gives up what was typed.
            Err(ReadlineError::Interrupted) => continue,
            Err(ReadlineError::Eof) => return Ok(Ended::Input),
            Err(error) => return Err(broken(error)),
        };
        let entry = entry.trim_end_matches(['\n', '\r']);
        if entry.trim().is_empty() {
            continue;
        }
        let added = editor.add_history_entry(entry).unwrap_or(false);
        if let Some(file) = history.as_ref().filter(|_| added) {
            // A history that can't be written is no reason to stop.
            let _ = editor.append_history(file);
        }
        if help::answer(session, entry) {
            continue;
        }
        if let Some(ended) = session.enter(entry) {
            return Ok(ended);
        }
    }
}

/// `$XDG_STATE_HOME/weave/history`, its folder made; `None` where there is no
/// home.
fn history_file() -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = absolute("XDG_STATE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/state")))?;
    let folder = state.join("weave");
    std::fs::create_dir_all(&folder).ok()?;
    Some(folder.join("history"))
}

/// Everything that completion offers.
fn words(session: &Session) -> Vec<String> {
    let catalogue = session.catalogue();
    let core = catalogue.iter().map(|(signature, ..)| &*signature.name);
    let mut words: Vec<String> =
        KEYWORDS.iter().copied().chain(core).chain(session.names()).map(str::to_owned).collect();
    words.retain(|word| word != "_");
    words.sort_unstable();
    words.dedup();
    words
}

/// Enter runs a complete entry, and begins another line of an incomplete one.
struct OnEnter;

impl ConditionalEventHandler for OnEnter {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, context: &EventContext<'_>) -> Option<Cmd> {
        let line = context.line();
        if completeness(line) != Completeness::Incomplete {
            return Some(Cmd::AcceptLine);
        }
        let before = line.get(..context.pos()).unwrap_or(line);
        Some(Cmd::Insert(1, format!("\n{}", indent(before))))
    }
}

/// The indentation of the line that follows a text.
fn indent(before: &str) -> String {
    let last = before.rsplit('\n').next().unwrap_or_default();
    let base: String = last.chars().take_while(|&c| c == ' ').collect();
    // The first line begins behind the prompt.
    let base = if before.contains('\n') { base } else { format!("{}{base}", " ".repeat(PROMPT.len())) };
    let opens = last.trim_end().ends_with(['{', '(', '[']);
    if opens { base + STEP } else { base }
}

/// What rustyline asks while a line is edited.
struct Assistant {
    words: Vec<String>,
    color: bool,
}

impl Completer for Assistant {
    type Candidate = String;

    fn complete(&self, line: &str, pos: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        let before = line.get(..pos).unwrap_or_default();
        let start = before
            .char_indices()
            .rev()
            .take_while(|&(_, c)| c.is_alphanumeric() || c == '_')
            .last()
            .map_or(pos, |(at, _)| at);
        let prefix = before.get(start..).unwrap_or_default();
        if prefix.is_empty() || prefix.starts_with(|c: char| c.is_ascii_digit()) {
            return Ok((pos, Vec::new()));
        }
        Ok((start, self.words.iter().filter(|word| word.starts_with(prefix)).cloned().collect()))
    }
}

impl Highlighter for Assistant {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        if self.color { Cow::Owned(highlight(line)) } else { Cow::Borrowed(line) }
    }

    fn highlight_char(&self, _: &str, _: usize, _: CmdKind) -> bool {
        // The whole line is drawn again at each key: one more character may
        // change what all others are.
        self.color
    }
}

impl Hinter for Assistant {
    type Hint = String;
}

impl Validator for Assistant {}

impl Helper for Assistant {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_an_entry_are_indented() {
        assert_eq!(indent("fn f() {"), "    ");
        assert_eq!(indent("fn f() {\n    x"), "    ");
        assert_eq!(indent("fn f() {\n    g("), "      ");
        assert_eq!(indent("1 +"), "  ");
    }
}
