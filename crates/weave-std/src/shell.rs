//! Other programs: shell literals, `run`, `check` and `raw`.
//!
//! A command runs in a process group of its own, so that an interrupt ends all
//! of it. Its input is the script's, but never the terminal, which a group in
//! the background may not read.

mod process;
mod quote;

use std::process::Command;
use weave_vm::error::{ErrorKind, Raise};
use weave_vm::native::{Native, PlainFn, Run, Step, Value};

/// The natives that start programs.
pub fn natives() -> Vec<Native> {
    list(shell, run, check)
}

/// The same natives where programs may not start others: using one is an
/// error. `raw` and `check` touch nothing.
pub fn forbidden() -> Vec<Native> {
    list(refuse, refuse, check)
}

fn list(shell: PlainFn, run: PlainFn, check: PlainFn) -> Vec<Native> {
    let native =
        |name, parameters, about, examples, run| Native { name, parameters, about, examples, run: Run::Plain(run) };
    vec![
        native("<shell>", "pieces", "runs a shell literal", &[], shell),
        native(
            "run",
            "words",
            "starts a program without a shell and waits for it: [success:, code:, output:, error:]",
            &["print(run([\"printf\", \"%s\", \"a b\"]).output)  # => a b"],
            run,
        ),
        native(
            "check",
            "result",
            "the result of a command; an error where it failed",
            &["print(check(`echo fine`).code)  # => 0", "check(`exit 4`)  # error: 4"],
            check,
        ),
        native(
            "raw",
            "text",
            "text that a shell literal takes as it is, unquoted",
            &["words = \"a b\"\nprint(`printf '%s|' {raw(words)}`.output)  # => a|b|"],
            quote::raw,
        ),
    ]
}

fn refuse<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    let what = if step.name() == "run" { "`run`" } else { "shell literals" };
    let raise = Raise::new(ErrorKind::Io, format!("the sandbox forbids {what}: they start other programs"));
    Err(raise.help("run the program without `--sandbox`"))
}

/// A shell literal: its pieces are text and values by turns.
fn shell<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    let Some(pieces) = step.arg(0).as_container() else { return Err(step.expected(0, "a container")) };
    let mut script = String::new();
    for i in 0..pieces.len() {
        let piece = pieces.get(i);
        match piece.as_text() {
            Some(text) if i % 2 == 0 => script.push_str(text),
            _ => quote::value(step, piece, &mut script)?,
        }
    }
    if script.contains('\0') {
        return Err(Raise::new(ErrorKind::Value, "a command can't hold a character 0"));
    }
    let ended = process::run(step, process::shell().arg("-c").arg(&script))?;
    result(step, &ended)
}

/// `run(words)`
fn run<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    let Some(words) = step.arg(0).as_container() else {
        return Err(step.expected(0, "a container of words").help("write run([\"git\", \"log\"])"));
    };
    let mut texts = Vec::with_capacity(words.len());
    for i in 0..words.len() {
        let text = quote::word(step, words.get(i))?;
        if text.contains('\0') {
            return Err(Raise::new(ErrorKind::Value, "a word of a command can't hold a character 0"));
        }
        texts.push(text);
    }
    let Some((program, rest)) = texts.split_first() else {
        return Err(Raise::new(ErrorKind::Value, "run: words must begin with a program, and there are none"));
    };
    let ended = process::run(step, Command::new(program).args(rest))?;
    result(step, &ended)
}

/// What a command gives: `[success:, code:, output:, error:]`.
fn result<'s>(step: &mut Step<'s>, ended: &process::Ended) -> Result<Value<'s>, Raise> {
    let output = text_or_bytes(step, &ended.output)?;
    let error = text_or_bytes(step, &ended.error)?;
    let container = step.container(4)?;
    step.put_text(container, "success", Value::bool(ended.code == 0))?;
    step.put_text(container, "code", Value::int(ended.code))?;
    step.put_text(container, "output", output)?;
    step.put_text(container, "error", error)?;
    Ok(container.value())
}

/// Output that is no UTF-8 stays bytes: nothing of it is lost.
fn text_or_bytes<'s>(step: &mut Step<'s>, bytes: &[u8]) -> Result<Value<'s>, Raise> {
    match std::str::from_utf8(bytes) {
        Ok(text) => step.text(text),
        Err(_) => step.bytes(bytes),
    }
}

/// `check(result)`
fn check<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    let result = step.arg(0);
    let field = |name| result.as_container().and_then(|c| c.field(step, name));
    let (Some(success), Some(code)) = (field("success"), field("code")) else {
        return Err(step.expected(0, "the result of a command"));
    };
    if success.is_true() {
        return Ok(result);
    }
    let said = field("error").and_then(|error| error.as_text().and_then(|t| t.lines().next_back().map(str::to_owned)));
    let said = said.filter(|line| !line.trim().is_empty()).map_or(String::new(), |line| format!(": {line}"));
    let code = step.display(code);
    Err(Raise::new(ErrorKind::Io, format!("the command ended with code {code}{said}")))
}
