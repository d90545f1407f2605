//! The resident memory of this process, where the system tells.

use std::fs;

/// The most that this process held so far, in bytes.
pub fn peak() -> Option<usize> {
    status("VmHWM:")
}

/// What this process holds now, in bytes.
pub fn now() -> Option<usize> {
    status("VmRSS:")
}

fn status(name: &str) -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse::<usize>().ok().map(|kib| kib * 1024)
}
