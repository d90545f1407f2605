//! The `weave` command: runs scripts, checks, compiles and lists them, and holds
//! sessions.
#![forbid(unsafe_code)]

mod args;
mod check;
mod color;
mod compile;
mod dump;
mod escape;
mod host;
mod inout;
mod json;
mod limits;
mod output;
mod profile;
mod repl;
mod report;
mod run;
mod signals;
mod snippet;
mod source;

use args::{Cli, Command, ErrorFormat, Split};
use clap::{ColorChoice, CommandFactory, FromArgMatches};
use color::Color;
use report::Reporter;
use run::{InOut, Job, USAGE};
use source::{Program, Source};
use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

fn main() {
    let split = args::split(std::env::args_os());
    let code = start(split);
    std::process::exit(code)
}

fn start(split: Split) -> i32 {
    let Split { own: words, script } = split;
    let mut command = Cli::command().color(color_of(&words));
    let parsed = command
        .try_get_matches_from_mut(&words)
        .and_then(|mut matches| Cli::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command)));
    match parsed {
        Ok(cli) => dispatch(cli, script, command),
        Err(error) if error.use_stderr() && wants_json(&words) => {
            let text = error.render().to_string();
            let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
            run::refuse(Reporter { color: false, format: ErrorFormat::Json }, message, None)
        }
        Err(error) => {
            // Help goes to standard output and ends well, misuse does not.
            let printed = error.print();
            if printed.is_err() && !error.use_stderr() { 1 } else { error.exit_code() }
        }
    }
}

/// Whether errors of the command line itself go out as JSON: asked before clap
/// knows.
fn wants_json(words: &[OsString]) -> bool {
    let after = words.windows(2).any(|pair| pair[0] == "--error-format" && pair[1] == "json");
    after || words.iter().any(|word| word == "--error-format=json")
}

/// clap colours its own help and errors before it has read `--color`.
fn color_of(words: &[OsString]) -> ColorChoice {
    let texts = || words.iter().filter_map(|word| word.to_str());
    let after = texts().zip(texts().skip(1)).find(|(word, _)| *word == "--color").map(|(_, value)| value);
    match texts().find_map(|word| word.strip_prefix("--color=")).or(after) {
        Some("always") => ColorChoice::Always,
        Some("never") => ColorChoice::Never,
        _ => ColorChoice::Auto,
    }
}

fn dispatch(cli: Cli, script: Vec<OsString>, mut command: clap::Command) -> i32 {
    let Cli { file, eval, print, from, to, common, command: sub } = cli;
    let color = Color::decide(common.color);
    let reporter = Reporter { color: color.stderr, format: common.error_format };
    let mut profile = None;
    let file = match sub {
        Some(Command::Run { file }) => Some(file),
        Some(Command::Profile { format, output, file }) => {
            profile = Some(profile::Request { format, output });
            Some(file)
        }
        Some(Command::Check { files }) => return check::check(&files, &common, reporter),
        Some(Command::Compile { file, output, strip, host, module }) => {
            let request = compile::Request { file, output, strip, host, module };
            return compile::compile(&request, &common, reporter);
        }
        Some(Command::Disasm { file }) => return dump::disasm(&file, &common, reporter),
        Some(Command::Repl) => return repl::repl(&common, reporter, color),
        Some(Command::Completions { shell }) => return completions(shell, &mut command),
        None => file,
    };
    let prints = print.is_some();
    let is_code = prints || eval.is_some();
    if !is_code && (from.is_some() || to.is_some()) {
        return run::refuse(reporter, "`--from` and `--to` go with `-e` or `-p`", None);
    }
    let program = match (eval.or(print), file) {
        (Some(code), _) => {
            Source::from_bytes("<command line>".to_owned(), code.into_encoded_bytes()).map(Program::Source)
        }
        (None, Some(path)) => Program::read(&path),
        (None, None) if std::io::stdin().is_terminal() => return repl::repl(&common, reporter, color),
        (None, None) => Program::read(Path::new("-")),
    };
    let program = match program {
        Ok(program) => program,
        Err(message) => {
            reporter.failure("io", &message, None);
            return USAGE;
        }
    };
    let mut args = Vec::with_capacity(script.len());
    for word in script {
        match word.into_string() {
            Ok(text) => args.push(text),
            Err(word) => {
                let shown = PathBuf::from(word);
                return run::refuse(reporter, &format!("the argument {} is not UTF-8 text", shown.display()), None);
            }
        }
    }
    run::run(
        &program,
        Job {
            common: &common,
            reporter,
            args,
            print: prints,
            one_line: is_code.then_some(InOut { from, to }),
            profile,
        },
    )
}

fn completions(shell: clap_complete::Shell, command: &mut clap::Command) -> i32 {
    let mut script = Vec::new();
    clap_complete::generate(shell, command, "weave", &mut script);
    match std::io::stdout().lock().write_all(&script) {
        Ok(()) => 0,
        Err(_) => 1,
    }
}
