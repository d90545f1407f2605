//! What becomes of a chunk file that may be anything.

use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};
use weave_bytecode::chunk::Chunk;
use weave_bytecode::verify::verify;
use weave_bytecode::{disasm, serial};
use weave_vm::Vm;
use weave_vm::error::{ErrorKind, RuntimeError};
use weave_vm::limits::Limits;

/// Bytes that a program may hold, and what it may hold beyond that: room for the
/// error that says so.
const MEMORY: usize = 8 << 20;
const RESERVE: usize = 1 << 20;
/// The longest that any number of allowed steps takes, in the slowest build.
const PATIENCE: Duration = Duration::from_secs(20);

/// How a file fares.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// It is no chunk.
    Unreadable,
    /// The verifier refuses it.
    Refused,
    /// It needs what the machine does not have.
    Unloadable,
    /// It ran to an end.
    Ended,
    /// It ran into an error.
    Raised,
    /// It ran into a limit.
    Limited,
}

/// How many files fared how.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Tally([u64; 6]);

impl Tally {
    /// Counts one.
    pub fn add(&mut self, fate: Fate) {
        self.0[fate as usize] += 1;
    }

    /// Adds what another one counted.
    pub fn merge(&mut self, other: Tally) {
        self.0.iter_mut().zip(other.0).for_each(|(mine, theirs)| *mine += theirs);
    }

    /// All.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// Those that ran.
    pub fn ran(&self) -> u64 {
        self.0[Fate::Ended as usize..].iter().sum()
    }

    /// The numbers, as [`Tally::parse`] reads them.
    pub fn to_line(self) -> String {
        self.0.map(|n| n.to_string()).join(" ")
    }

    /// Reads a line of numbers.
    pub fn parse(line: &str) -> Option<Tally> {
        let numbers: Vec<u64> = line.split_whitespace().map(str::parse).collect::<Result<_, _>>().ok()?;
        Some(Tally(numbers.try_into().ok()?))
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = ["unreadable", "refused", "not loaded", "ended", "raised", "limited"];
        write!(f, "{} files", self.total())?;
        for (name, count) in names.iter().zip(self.0) {
            write!(f, ", {count} {name}")?;
        }
        let share = 100.0 * self.ran() as f64 / self.total().max(1) as f64;
        write!(f, "; {share:.1} % verified and ran")
    }
}

/// How machines run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ways {
    /// With the `match` form of the loop, where the build has another.
    pub by_match: bool,
    /// Also with a collection at every allocation.
    pub stressed: bool,
}

/// Reads, verifies, lists and runs a file.
///
/// # Errors
/// What must never be: a panic inside the machine, memory beyond the limit, more time
/// than the steps allow, another end the second time, or bytes that are read but not written so.
pub fn try_file(file: &[u8], ways: Ways) -> Result<Fate, String> {
    let start = Instant::now();
    let Ok(chunk) = serial::read(file) else { return Ok(Fate::Unreadable) };
    if serial::write(&chunk).as_deref() != Ok(file) {
        return Err("what was read is written otherwise".to_owned());
    }
    let fate = survive(chunk, ways)?;
    let time = start.elapsed();
    if time > PATIENCE { Err(format!("it took {time:?}")) } else { Ok(fate) }
}

/// As [`try_file`], of a chunk that was read.
///
/// # Errors
/// As there.
pub fn survive(chunk: Chunk, ways: Ways) -> Result<Fate, String> {
    // A listing trusts nothing.
    disasm::list(&chunk, &mut String::new()).map_err(|error| error.to_string())?;
    if verify(&chunk).is_err() {
        let refused = Vm::new().load(&Arc::new(chunk), None).is_err();
        return if refused { Ok(Fate::Refused) } else { Err("it was loaded although it breaks a rule".to_owned()) };
    }
    let chunk = Arc::new(chunk);
    let fate = run(&chunk, ways.by_match, false)?;
    if ways.stressed && fate != Fate::Unloadable {
        run(&chunk, ways.by_match, true)?;
    }
    Ok(fate)
}

/// Runs a chunk twice in one machine.
fn run(chunk: &Arc<Chunk>, by_match: bool, stressed: bool) -> Result<Fate, String> {
    let mut vm = Vm::new();
    // A collection at every allocation makes each step dear.
    let steps = if stressed { 500 } else { 4_000 };
    vm.set_limits(Limits { steps, memory: MEMORY, depth: 1_000, ..Limits::default() });
    vm.use_match_dispatch(by_match);
    vm.stress_collector(stressed);
    vm.set_output(Box::new(Nowhere));
    let program = match vm.load(chunk, None) {
        Ok(program) => program,
        Err(error) => return checked(&vm, &error).map(|_| Fate::Unloadable),
    };
    let mut fate = Fate::Ended;
    for _ in 0..2 {
        vm.reset_steps();
        fate = match vm.run(program) {
            Ok(()) => Fate::Ended,
            Err(error) => checked(&vm, &error)?,
        };
        // What a program answers can be shown.
        let _ = vm.enter(|scope| scope.display(scope.last()));
        if vm.bytes_held() > MEMORY + RESERVE {
            return Err(format!("it holds {} bytes", vm.bytes_held()));
        }
    }
    Ok(fate)
}

/// What an error counts for; a panic that became one is a failure.
fn checked(vm: &Vm, error: &RuntimeError) -> Result<Fate, String> {
    let _ = (vm.bytes_held(), error.to_string(), error.place.as_ref().map(|place| place.line()));
    match error.kind {
        ErrorKind::Internal
            if error.message.contains("failed inside") || error.message.contains("without a slow form") =>
        {
            Err(error.message.clone())
        }
        ErrorKind::Steps | ErrorKind::Memory | ErrorKind::Depth => Ok(Fate::Limited),
        _ => Ok(Fate::Raised),
    }
}

/// Output that nobody reads.
struct Nowhere;

impl Write for Nowhere {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
