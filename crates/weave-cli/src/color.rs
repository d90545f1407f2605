//! The one decision whether to colour, taken once for each stream.

use crate::args::When;
use std::io::IsTerminal;

/// Which streams are coloured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Color {
    /// Standard output, and the line editor.
    pub(crate) stdout: bool,
    /// Standard error.
    pub(crate) stderr: bool,
}

impl Color {
    /// `--color` wins over the environment, and that over what the streams are.
    pub(crate) fn decide(when: When) -> Color {
        match when {
            When::Always => Color { stdout: true, stderr: true },
            When::Never => Color { stdout: false, stderr: false },
            When::Auto => {
                let set = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty());
                let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
                let off = set("NO_COLOR") || dumb;
                Color {
                    stdout: !off && std::io::stdout().is_terminal(),
                    stderr: !off && std::io::stderr().is_terminal(),
                }
            }
        }
    }
}
