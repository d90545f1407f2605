//! The command line as text: what belongs to `weave` and what to the script,
//! and clap's definition of the first part.

use crate::inout::FORMATS;
use crate::limits::{parse_duration, parse_size};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::time::Duration;

/// Runs Weave programs: short scripts for data pipelines.
///
/// Without FILE it is interactive on a terminal and otherwise runs the program on
/// standard input. Everything after FILE or CODE goes to the script as `args`.
#[derive(Parser, Debug)]
#[command(
    name = "weave",
    version,
    args_conflicts_with_subcommands = false,
    override_usage = "weave [OPTIONS] [FILE | -] [ARG]...\n       weave [OPTIONS] -e CODE [ARG]...\n       weave [OPTIONS] COMMAND",
    subcommand_help_heading = "Commands",
    disable_help_subcommand = true
)]
pub(crate) struct Cli {
    /// The script or compiled chunk; `-` for standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,

    /// Run CODE
    #[arg(short = 'e', long = "eval", short_alias = 'c', value_name = "CODE", allow_hyphen_values = true)]
    pub(crate) eval: Option<OsString>,

    /// Run CODE and print the value of its last expression
    #[arg(short = 'p', long = "print", value_name = "CODE", allow_hyphen_values = true, conflicts_with = "eval")]
    pub(crate) print: Option<OsString>,

    /// With -e or -p: the format of `input`, where it is not that of the files' names
    #[arg(long, value_name = "FORMAT", value_parser = FORMATS)]
    pub(crate) from: Option<String>,

    /// With -e or -p: write the last value in this format
    #[arg(long, value_name = "FORMAT", value_parser = FORMATS)]
    pub(crate) to: Option<String>,

    #[command(flatten)]
    pub(crate) common: Common,

    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// Options of every command.
#[derive(Args, Debug, Default, Clone)]
pub(crate) struct Common {
    /// When to colour
    #[arg(long, value_name = "WHEN", global = true, default_value = "auto", hide_possible_values = false)]
    pub(crate) color: When,

    /// How to write diagnostics
    #[arg(long, value_name = "FORM", global = true, default_value = "text")]
    pub(crate) error_format: ErrorFormat,

    /// Bytes that the program may hold: 64K, 256M, 2G
    #[arg(long, value_name = "SIZE", global = true, value_parser = parse_size, help_heading = "Limits")]
    pub(crate) max_memory: Option<usize>,

    /// Steps that the program may take: calls and repetitions of a loop
    #[arg(long, value_name = "N", global = true, help_heading = "Limits")]
    pub(crate) max_steps: Option<u64>,

    /// Calls that may be nested
    #[arg(long, value_name = "N", global = true, help_heading = "Limits")]
    pub(crate) max_depth: Option<usize>,

    /// Time that the program may take: 500ms, 5s, 2m
    #[arg(long, value_name = "TIME", global = true, value_parser = parse_duration, help_heading = "Limits")]
    pub(crate) timeout: Option<Duration>,

    /// Give the program standard input and output only
    #[arg(long, global = true, help_heading = "Limits")]
    pub(crate) sandbox: bool,

    /// Switch optimisations off, all or by name
    #[arg(long, value_name = "NAME", global = true, hide = true, num_args = 0.., require_equals = true, value_delimiter = ',')]
    pub(crate) no_opt: Option<Vec<String>>,

    /// Collect at every allocation
    #[arg(long, global = true, hide = true)]
    pub(crate) gc_stress: bool,

    /// Check what the compiler made before it runs
    #[arg(long, global = true, hide = true)]
    pub(crate) verify: bool,

    /// Which form of the interpreter's loop to run
    #[arg(long, value_name = "FORM", global = true, hide = true)]
    pub(crate) dispatch: Option<Dispatch>,
}

/// When to colour.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum When {
    /// On a terminal, unless NO_COLOR or TERM=dumb is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How to write diagnostics.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum ErrorFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// The forms of a profile.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum ProfileFormat {
    /// Tables for people.
    #[default]
    Text,
    /// Everything, as one JSON object.
    Json,
    /// For <https://www.speedscope.app>.
    Speedscope,
    /// Stacks of names, one a line, for flame graphs.
    Folded,
}

/// The forms of the interpreter's loop.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Dispatch {
    /// A loop around a `match`.
    Match,
    /// Handlers that end in calls.
    Tail,
}

/// What else than running a script.
#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Run a script or a chunk, also one that is named like a command
    #[command(override_usage = "weave run [OPTIONS] FILE [ARG]...")]
    Run {
        /// The script or chunk; `-` for standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Compile scripts, or load chunks, and report every error, without running them
    Check {
        /// The scripts or chunks; `-` for standard input
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
    },
    /// Compile a script to a chunk, which `weave` runs like a script
    Compile {
        /// The script, or a chunk to strip; `-` for standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Write the chunk to OUT; `-` for standard output
        #[arg(short, long, value_name = "OUT.wvb", required = true)]
        output: PathBuf,
        /// Leave out the source and the positions that errors show
        #[arg(long)]
        strip: bool,
        /// A function that the program which runs the chunk provides, as 'price(article, currency: nil)'; may be given several times
        #[arg(long, value_name = "SIGNATURE")]
        host: Vec<String>,
        /// Keep every top-level name, for a program that looks for them in the chunk
        #[arg(long)]
        module: bool,
    },
    /// Show what a script compiles to, or what a chunk holds
    Disasm {
        /// The script or chunk; `-` for standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Run a script and report where its time goes
    #[command(override_usage = "weave profile [OPTIONS] FILE [ARG]...")]
    Profile {
        /// How to write the report
        #[arg(long, value_name = "FORM", default_value = "text")]
        format: ProfileFormat,
        /// Write the report to FILE instead of standard error
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// The script or chunk; `-` for standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Read, run and print, entry by entry
    Repl,
    /// Write a completion script for a shell
    Completions {
        /// The shell
        #[arg(value_name = "SHELL")]
        shell: clap_complete::Shell,
    },
}

/// The two parts of a command line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Split {
    /// For clap, the program's name included.
    pub(crate) own: Vec<OsString>,
    /// For the script.
    pub(crate) script: Vec<OsString>,
}

const COMMANDS: &[&str] = &["check", "compile", "disasm", "repl", "completions"];
/// Options whose value is the next word where no `=` follows.
const VALUED: &[&str] = &[
    "--color",
    "--error-format",
    "--max-memory",
    "--max-steps",
    "--max-depth",
    "--timeout",
    "--dispatch",
    "--from",
    "--to",
    "--format",
    "--output",
    "-o",
];
const CODE: &[&str] = &["-e", "-c", "-p", "--eval", "--print"];

/// Cuts a command line behind the script's name or the code: clap would take
/// `--` and `--help` there for its own.
pub(crate) fn split(words: impl IntoIterator<Item = OsString>) -> Split {
    let mut words = words.into_iter();
    let mut own: Vec<OsString> = words.next().into_iter().collect();
    let mut may_be_command = true;
    while let Some(word) = words.next() {
        let text = word.to_str().unwrap_or("\u{fffd}");
        let takes_next = VALUED.contains(&text);
        let code = CODE.contains(&text);
        let code_attached = text.starts_with("--eval=")
            || text.starts_with("--print=")
            || (is_short_code(&word) && text != "-e" && text != "-c" && text != "-p");
        if text == "--" {
            own.push(word);
            own.extend(words.next());
            break;
        }
        let plain = text == "-" || !text.starts_with('-');
        let is_run = plain && may_be_command && matches!(text, "run" | "profile");
        if plain && may_be_command && COMMANDS.contains(&text) {
            own.push(word);
            own.extend(words.by_ref());
            break;
        }
        own.push(word);
        if takes_next || code {
            own.extend(words.next());
        }
        if code || code_attached || (plain && !is_run) {
            break;
        }
        may_be_command &= !is_run;
    }
    Split { own, script: words.collect() }
}

/// Whether a word is `-eCODE` in one piece.
fn is_short_code(word: &OsStr) -> bool {
    let bytes = word.as_encoded_bytes();
    matches!(bytes, [b'-', b'e' | b'c' | b'p', ..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(line: &str) -> (String, String) {
        let split = split(line.split(' ').map(OsString::from));
        let join = |words: Vec<OsString>| words.join(OsStr::new(" ")).into_string().unwrap();
        (join(split.own), join(split.script))
    }

    #[test]
    fn everything_behind_the_script_is_its_own() {
        for (line, own, script) in [
            ("weave a.wv --help -- x", "weave a.wv", "--help -- x"),
            ("weave run a.wv check", "weave run a.wv", "check"),
            ("weave run check --x", "weave run check", "--x"),
            ("weave - a -e", "weave -", "a -e"),
            ("weave -e 1 --help", "weave -e 1", "--help"),
            ("weave -e1 b", "weave -e1", "b"),
            ("weave --eval=1 b", "weave --eval=1", "b"),
            ("weave --max-memory 1M a.wv --max-steps 3", "weave --max-memory 1M a.wv", "--max-steps 3"),
            ("weave --max-memory=1M --sandbox a.wv b", "weave --max-memory=1M --sandbox a.wv", "b"),
            ("weave -- -odd.wv -x", "weave -- -odd.wv", "-x"),
            ("weave check a.wv b.wv --error-format json", "weave check a.wv b.wv --error-format json", ""),
            ("weave compile a.wv -o b.wvb --strip", "weave compile a.wv -o b.wvb --strip", ""),
            ("weave --no-opt a.wv b", "weave --no-opt a.wv", "b"),
            ("weave run --timeout 5s a.wv b", "weave run --timeout 5s a.wv", "b"),
            ("weave profile a.wv --format x", "weave profile a.wv", "--format x"),
            ("weave profile --format json -o p a.wv -o", "weave profile --format json -o p a.wv", "-o"),
            ("weave profile -op --format=json run b", "weave profile -op --format=json run", "b"),
        ] {
            assert_eq!(parts(line), (own.to_owned(), script.to_owned()), "{line}");
        }
    }

    #[test]
    fn claps_definition_is_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }
}
