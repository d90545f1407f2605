//! Running a build of the `instructions` command under callgrind, row by row, and
//! reading what that writes.

use super::Result;
use super::measure::{COMPILING, WATCHED, compiles};
use std::collections::HashMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fs, thread};

/// What one row took.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Counts {
    /// The row.
    pub name: String,
    /// Instructions of the processor.
    pub instructions: u64,
    /// Requests to the system's allocator.
    pub requests: u64,
    /// Objects made on the machine's heap.
    pub objects: u64,
    /// Bytes of their cells.
    pub bytes: u64,
}

/// How many callgrinds run at a time.
const WORKERS: usize = 2;

/// The names of the rows that a build of the `instructions` command has; `None` where
/// it knows no rows.
///
/// # Errors
/// Where the command can't be run.
pub fn rows(command: &Path) -> Result<Option<Vec<String>>> {
    let output = Command::new(command).arg("rows").output();
    let output = output.map_err(|error| format!("{}: {error}", command.display()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(output.status.success().then(|| text.lines().map(str::to_owned).collect()))
}

/// Counts rows of a build of the `instructions` command, and keeps their order.
///
/// # Errors
/// Where valgrind is missing or the command fails under it.
pub fn count(command: &Path, rows: &[String]) -> Result<Vec<Counts>> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mine = std::iter::from_fn(|| rows.get(next.fetch_add(1, Ordering::Relaxed)));
        mine.map(|name| count_row(command, name)).collect::<Result<Vec<_>>>()
    };
    let done: Vec<Result<Vec<Counts>>> = thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(work)).collect();
        let joined = workers.into_iter().map(|worker| worker.join());
        joined.map(|done| done.unwrap_or_else(|_| Err("counting panicked".to_owned()))).collect()
    });
    let mut counts: Vec<Counts> = done.into_iter().collect::<Result<Vec<_>>>()?.into_iter().flatten().collect();
    counts.sort_by_key(|row| rows.iter().position(|name| *name == row.name));
    Ok(counts)
}

fn count_row(command: &Path, name: &str) -> Result<Counts> {
    let folder = tempfile::tempdir().map_err(|error| format!("a temporary folder: {error}"))?;
    let out = folder.path().join("out");
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--collect-atstart=no", &format!("--toggle-collect={WATCHED}")])
        .args(compiles(name).then(|| format!("--toggle-collect={COMPILING}")))
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(command)
        .args(["run", name])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("valgrind: {error}"))?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        return Err(format!("counting {name} under valgrind failed ({}):\n{words}", output.status));
    }
    let allocated = String::from_utf8_lossy(&output.stdout).into_owned();
    let profile = fs::read_to_string(&out).map_err(|error| format!("the counts of {name}: {error}"))?;
    row(name, &allocated, &profile).ok_or_else(|| format!("the counts of {name} can't be read"))
}

/// A row from the objects and bytes that it printed, and callgrind's file.
fn row(name: &str, allocated: &str, profile: &str) -> Option<Counts> {
    let (objects, bytes) = allocated.trim().split_once(' ')?;
    let total = profile.lines().find_map(|line| line.strip_prefix("totals: "))?;
    Some(Counts {
        name: name.to_owned(),
        instructions: total.parse().ok()?,
        requests: requests(profile),
        objects: objects.parse().ok()?,
        bytes: bytes.parse().ok()?,
    })
}

/// The functions by which a program asks for memory.
const ALLOCATORS: [&str; 6] = ["malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc", "memalign"];

/// How often an allocator is called. A name is written once, with a number that
/// stands for it afterwards: `fn=(7) malloc`, `cfn=(7)`; the line behind a
/// callee's name says how often it was called there: `calls=3 0 12`.
fn requests(profile: &str) -> u64 {
    let mut names: HashMap<&str, &str> = HashMap::new();
    let mut callee = "";
    let mut total = 0;
    for line in profile.lines() {
        if let Some(name) = line.strip_prefix("cfn=").or_else(|| line.strip_prefix("fn=")) {
            let (number, words) = name.split_once(' ').unwrap_or((name, ""));
            if !words.is_empty() {
                names.insert(number, words);
            }
            if line.starts_with("cfn=") {
                callee = names.get(number).copied().unwrap_or("");
            }
        } else if let Some(calls) = line.strip_prefix("calls=")
            && ALLOCATORS.contains(&callee)
        {
            let times = calls.split(' ').next().and_then(|times| times.parse::<u64>().ok());
            total += times.unwrap_or(0);
        }
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_read() {
        let profile = "version: 1\nfn=(1) watched\n0 5\ncfn=(7) malloc\ncalls=3 0 \n0 90\ncfn=(8) free\ncalls=9 0\n0 1\n\nfn=(7)\n0 1\nfn=(2) grow\ncfn=(7)\ncalls=2 0\n0 4\n\ntotals: 1234\n";
        let row = row("hot/counter", "4 64\n", profile).expect("it is complete");
        assert_eq!((row.instructions, row.requests, row.objects, row.bytes), (1234, 5, 4, 64));
    }
}
