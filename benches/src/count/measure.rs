//! The side that is measured: every row is prepared, and run once inside a
//! function that the counter watches, so that compiling and loading do not count.

use super::Result;
use crate::patterns::patterns;
use crate::prepared::Prepared;
use crate::programs::small_programs;
use std::fmt::Write;
use weave_vm::Vm;

/// A program whose instructions are counted.
pub struct Row {
    /// `programs/fib`, `hot/counter`.
    pub name: String,
    source: String,
    inline: bool,
}

/// All rows, in the order in which they are measured.
///
/// # Errors
/// Where a program can't be read.
pub fn rows() -> Result<Vec<Row>> {
    let programs = small_programs().map_err(|error| format!("the programs of benches/programs: {error}"))?;
    let programs =
        programs.into_iter().map(|(name, source)| Row { name: format!("programs/{name}"), source, inline: true });
    let patterns = patterns().into_iter().map(|p| Row { name: p.id(), inline: p.inline, source: p.source });
    Ok(programs.chain(patterns).collect())
}

/// What is counted. Its name is that of [`WATCHED`].
#[inline(never)]
pub fn watched(prepared: &mut Prepared) {
    prepared.run();
}

/// The function whose instructions count, as callgrind writes it.
pub const WATCHED: &str = "weave_benches::count::measure::watched";

/// Runs each `parts`-th row, beginning with row `part`, and writes a line for each: the
/// name, and how many objects and bytes of the machine's heap the run made.
///
/// # Errors
/// Where a program can't be read.
///
/// # Panics
/// Where one does not compile or raises.
pub fn run(part: usize, parts: usize) -> Result<String> {
    Vm::fix_hash_seed(1);
    let mut text = String::new();
    for row in rows()?.iter().skip(part).step_by(parts) {
        let mut prepared = Prepared::new(&row.name, &row.source, row.inline);
        let before = prepared.vm.heap_stats();
        watched(&mut prepared);
        let after = prepared.vm.heap_stats();
        let objects = after.allocated_objects - before.allocated_objects;
        let bytes = after.allocated_bytes - before.allocated_bytes;
        // Writing to a text can't fail.
        let _ = writeln!(text, "{} {objects} {bytes}", row.name);
    }
    Ok(text)
}
