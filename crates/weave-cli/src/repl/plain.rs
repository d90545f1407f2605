//! A session without a line editor: entries are read line by line, and an entry
//! goes on while it is incomplete.

use super::help;
use super::session::{Ended, Session};
use std::io::BufRead;
use weave_compiler::parser::{Completeness, completeness};

pub(crate) fn run(session: &mut Session) -> Result<Ended, String> {
    let stdin = std::io::stdin();
    let mut entry = String::new();
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        // The handle is not held while an entry runs: it may read `stdin`.
        let read = stdin.lock().read_until(b'\n', &mut bytes).map_err(|e| format!("can't read standard input: {e}"))?;
        let line = std::str::from_utf8(&bytes).map_err(|_| "standard input is not UTF-8 text".to_owned())?;
        entry.push_str(line);
        let at_end = read == 0;
        if !at_end && completeness(&entry) == Completeness::Incomplete {
            continue;
        }
        let text = std::mem::take(&mut entry);
        if !text.trim().is_empty()
            && !help::answer(session, &text)
            && let Some(ended) = session.enter(&text)
        {
            return Ok(ended);
        }
        if at_end {
            return Ok(Ended::Input);
        }
    }
}
