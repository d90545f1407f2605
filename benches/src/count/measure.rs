//! The side that is measured: a row is prepared, and run once inside a function
//! that the counter watches, so that compiling and loading do not count. Each row
//! has a process of its own: what a row takes from the system's allocator depends on
//! what was given back before.

use super::Result;
use crate::patterns::patterns;
use crate::phases::Phase;
use crate::prepared::Prepared;
use crate::programs::small_programs;
use weave_vm::Vm;

/// A program whose instructions are counted.
pub struct Row {
    /// `programs/fib`, `hot/counter`.
    pub name: String,
    source: String,
    work: Work,
}

enum Work {
    /// One run; whether functions may stand in place of their calls.
    Run { inline: bool },
    /// Something on the way to one.
    Phase(Phase),
}

/// All rows, in the order in which they are measured.
///
/// # Errors
/// Where a program can't be read.
pub fn rows() -> Result<Vec<Row>> {
    let programs = small_programs().map_err(|error| format!("the programs of benches/programs: {error}"))?;
    let programs = programs.into_iter().map(|(name, source)| {
        let work = Work::Run { inline: true };
        Row { name: format!("programs/{name}"), source, work }
    });
    let patterns =
        patterns().into_iter().map(|p| Row { name: p.id(), work: Work::Run { inline: p.inline }, source: p.source });
    let phases = Phase::rows().into_iter().map(|(name, phase, source)| Row { name, source, work: Work::Phase(phase) });
    Ok(programs.chain(patterns).chain(phases).collect())
}

/// What is counted. Its name is that of [`WATCHED`].
#[inline(never)]
pub fn watched(work: &mut dyn FnMut()) {
    work();
}

/// The function whose instructions count, as callgrind writes it.
pub const WATCHED: &str = "weave_benches::count::measure::watched";

/// What counts besides for the rows about compiling, since it runs on a thread of its
/// own.
pub const COMPILING: &str = "weave_compiler::compile::compile_here";

/// Whether a row is about compiling.
pub fn compiles(name: &str) -> bool {
    name.starts_with("chunk/") && name.ends_with("/compile")
}

/// Runs a row, and gives how many objects and bytes of the machine's heap that made;
/// none are counted of what is no run of a program alone.
///
/// # Errors
/// Where there is no such row, or a program can't be read.
///
/// # Panics
/// Where it does not compile or raises.
pub fn run(name: &str) -> Result<(u64, u64)> {
    Vm::fix_hash_seed(1);
    let row = rows()?.into_iter().find(|row| row.name == name).ok_or_else(|| format!("there is no row {name}"))?;
    let inline = match row.work {
        Work::Run { inline } => inline,
        Work::Phase(phase) => {
            watched(&mut *phase.prepare(row.source));
            return Ok((0, 0));
        }
    };
    let mut prepared = Prepared::new(&row.name, &row.source, inline);
    let before = prepared.vm.heap_stats();
    watched(&mut || prepared.run());
    let after = prepared.vm.heap_stats();
    Ok((after.allocated_objects - before.allocated_objects, after.allocated_bytes - before.allocated_bytes))
}
