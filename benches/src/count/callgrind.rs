//! Running a build of the `instructions` command under callgrind, and reading
//! what it writes: a file for each call of the watched function.

use super::Result;
use super::measure::WATCHED;
use std::collections::HashMap;
use std::path::Path;
use std::process::{Command, Stdio};
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
const PARTS: usize = 2;

/// Counts all rows of a build of the `instructions` command.
///
/// # Errors
/// Where valgrind is missing or the command fails under it.
pub fn count(command: &Path) -> Result<Vec<Counts>> {
    let parts: Vec<Result<Vec<Counts>>> = thread::scope(|scope| {
        let threads: Vec<_> = (0..PARTS).map(|part| scope.spawn(move || count_part(command, part))).collect();
        let joined = threads.into_iter().map(|thread| thread.join());
        joined.map(|done| done.unwrap_or_else(|_| Err("counting panicked".to_owned()))).collect()
    });
    let mut parts = parts.into_iter().map(|part| part.map(Vec::into_iter)).collect::<Result<Vec<_>>>()?;
    // Each part took every second row.
    let most = parts.iter().map(ExactSizeIterator::len).max().unwrap_or(0);
    let mut rows = Vec::new();
    for _ in 0..most {
        rows.extend(parts.iter_mut().filter_map(Iterator::next));
    }
    Ok(rows)
}

fn count_part(command: &Path, part: usize) -> Result<Vec<Counts>> {
    let folder = tempfile::tempdir().map_err(|error| format!("a temporary folder: {error}"))?;
    let out = folder.path().join("out");
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--collect-atstart=no"])
        .args([format!("--toggle-collect={WATCHED}"), format!("--dump-after={WATCHED}")])
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(command)
        .args(["run", &part.to_string(), &PARTS.to_string()])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("valgrind: {error}"))?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        return Err(format!("counting under valgrind failed ({}):\n{words}", output.status));
    }
    let listed = String::from_utf8_lossy(&output.stdout).into_owned();
    let rows = listed.lines().enumerate().map(|(index, line)| {
        let path = out.with_extension((index + 1).to_string());
        let dump = fs::read_to_string(&path).map_err(|error| format!("no counts of {line}: {error}"))?;
        row(line, &dump).ok_or_else(|| format!("the counts of {line} can't be read"))
    });
    rows.collect()
}

/// A row from its line and callgrind's file.
fn row(line: &str, dump: &str) -> Option<Counts> {
    let mut words = line.split(' ');
    let (name, objects, bytes) = (words.next()?, words.next()?, words.next()?);
    let total = dump.lines().find_map(|line| line.strip_prefix("totals: "))?;
    Some(Counts {
        name: name.to_owned(),
        instructions: total.parse().ok()?,
        requests: requests(dump),
        objects: objects.parse().ok()?,
        bytes: bytes.parse().ok()?,
    })
}

/// The functions by which a program asks for memory.
const ALLOCATORS: [&str; 6] = ["malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc", "memalign"];

/// How often an allocator is called. A name is written once, with a number that
/// stands for it afterwards: `fn=(7) malloc`, `cfn=(7)`; the line behind a
/// callee's name says how often it was called there: `calls=3 0 12`.
fn requests(dump: &str) -> u64 {
    let mut names: HashMap<&str, &str> = HashMap::new();
    let mut callee = "";
    let mut total = 0;
    for line in dump.lines() {
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
    fn a_dump_is_read() {
        let dump = "version: 1\nfn=(1) watched\n0 5\ncfn=(7) malloc\ncalls=3 0 \n0 90\ncfn=(8) free\ncalls=9 0\n0 1\n\nfn=(7)\n0 1\nfn=(2) grow\ncfn=(7)\ncalls=2 0\n0 4\n\ntotals: 1234\n";
        let row = row("hot/counter 4 64", dump).expect("it is complete");
        assert_eq!((row.instructions, row.requests, row.objects, row.bytes), (1234, 5, 4, 64));
    }
}
