//! Tries mutants by the million, in processes of their own, so that one that kills its
//! process is found and named.
//!
//!     mutants COUNT [--from N] [--stress-every N] [--match] [--jobs N]
//!     mutants show N            writes mutant N to standard output
//!
//! A failure is reported as the number of the mutant and what it did.
#![forbid(unsafe_code)]

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use weave_tests::mutants::{Parents, Tally, Ways, try_file};
use weave_tests::resident;

/// Mutants that one process tries.
const BATCH: u64 = 5_000;

#[derive(Clone, Copy)]
struct Options {
    from: u64,
    count: u64,
    stress_every: u64,
    by_match: bool,
    jobs: usize,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("show") => show(arguments.get(1)),
        Some("batch") => batch(options(&arguments[1..])),
        Some(_) => parent(options(&arguments)),
        None => {
            eprintln!("mutants COUNT [--from N] [--stress-every N] [--match] [--jobs N]");
            ExitCode::FAILURE
        }
    }
}

fn options(arguments: &[String]) -> Options {
    let value = |name: &str, default: u64| {
        let at = arguments.iter().position(|word| word == name);
        at.and_then(|at| arguments.get(at + 1)).and_then(|n| n.parse().ok()).unwrap_or(default)
    };
    Options {
        count: arguments.first().and_then(|n| n.parse().ok()).unwrap_or(0),
        from: value("--from", 0),
        stress_every: value("--stress-every", 8),
        by_match: arguments.iter().any(|word| word == "--match"),
        jobs: value("--jobs", 2) as usize,
    }
}

fn show(number: Option<&String>) -> ExitCode {
    let number = number.and_then(|n| n.parse().ok()).unwrap_or(0);
    let Ok(parents) = Parents::of_the_suite() else { return ExitCode::FAILURE };
    match std::io::stdout().write_all(&parents.mutant(number)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Says each number before it is tried, so that the last one said is the one that
/// ended the process.
fn batch(options: Options) -> ExitCode {
    // A panic is reported with its number; its words are enough.
    let Ok(parents) = Parents::of_the_suite() else { return ExitCode::FAILURE };
    let tried = Arc::new(AtomicU64::new(0));
    watch(Arc::clone(&tried));
    let mut out = std::io::stdout().lock();
    let mut tally = Tally::default();
    for number in options.from..options.from + options.count {
        let stressed = options.stress_every > 0 && (number / 2).is_multiple_of(options.stress_every);
        if writeln!(out, "at {number}").and_then(|()| out.flush()).is_err() {
            return ExitCode::FAILURE;
        }
        tried.fetch_add(1, Ordering::Relaxed);
        match try_file(&parents.mutant(number), Ways { by_match: options.by_match, stressed }) {
            Ok(fate) => tally.add(fate),
            Err(what) => {
                let _ = writeln!(out, "bad {number} {what}");
            }
        }
    }
    let _ = writeln!(out, "peak {}", resident::peak().unwrap_or(0));
    let _ = writeln!(out, "done {}", tally.to_line());
    ExitCode::SUCCESS
}

/// Ends the process where one mutant takes for ever.
fn watch(tried: Arc<AtomicU64>) {
    std::thread::spawn(move || {
        let mut last = u64::MAX;
        loop {
            std::thread::sleep(Duration::from_secs(60));
            let now = tried.load(Ordering::Relaxed);
            if now == last {
                std::process::abort();
            }
            last = now;
        }
    });
}

fn parent(options: Options) -> ExitCode {
    let start = Instant::now();
    let next = AtomicU64::new(options.from);
    let end = options.from + options.count;
    let sums = Mutex::new((Tally::default(), Vec::<String>::new(), 0_u64));
    std::thread::scope(|scope| {
        for _ in 0..options.jobs {
            scope.spawn(|| {
                loop {
                    let from = next.fetch_add(BATCH, Ordering::Relaxed);
                    if from >= end {
                        break;
                    }
                    let mut at = from;
                    let stop = (from + BATCH).min(end);
                    while at < stop {
                        let (tally, said, peak, reached) = child(options, at, stop);
                        let mut sums = sums.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                        sums.0.merge(tally);
                        said.iter().for_each(|line| eprintln!("{line}"));
                        sums.1.extend(said);
                        sums.2 = sums.2.max(peak);
                        at = reached;
                    }
                }
            });
        }
    });
    let (tally, bad, peak) = sums.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    println!("{tally}");
    println!("{} failures, {} MiB resident at most, {:.0} s", bad.len(), peak >> 20, start.elapsed().as_secs_f64());
    if bad.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs a batch in a process; what it counted, the failures, its peak of resident
/// memory, and the first number that was not tried.
fn child(options: Options, from: u64, stop: u64) -> (Tally, Vec<String>, u64, u64) {
    let nothing = |what: String| (Tally::default(), vec![what], 0, stop);
    let Ok(this) = std::env::current_exe() else { return nothing("this command's file is not found".to_owned()) };
    let mut command = Command::new(this);
    command.args(["batch", &(stop - from).to_string(), "--from", &from.to_string()]);
    command.args(["--stress-every", &options.stress_every.to_string()]);
    command.args(options.by_match.then_some("--match"));
    command.env("RUST_BACKTRACE", "0").stdout(Stdio::piped()).stderr(Stdio::null());
    let mut process = match command.spawn() {
        Ok(process) => process,
        Err(error) => return nothing(error.to_string()),
    };
    let (mut tally, mut said, mut peak, mut last) = (None, Vec::new(), 0, from);
    if let Some(out) = process.stdout.take() {
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            match line.split_once(' ') {
                Some(("at", number)) => last = number.parse().unwrap_or(last),
                Some(("bad", what)) => said.push(format!("mutant {what}")),
                Some(("peak", bytes)) => peak = bytes.parse().unwrap_or(0),
                Some(("done", line)) => tally = Tally::parse(line),
                _ => {}
            }
        }
    }
    let status = process.wait();
    match (status, tally) {
        (Ok(status), Some(tally)) if status.success() => (tally, said, peak, stop),
        (status, _) => {
            let how = status.map_or_else(|error| error.to_string(), |status| status.to_string());
            said.push(format!("mutant {last} ended its process: {how}"));
            (Tally::default(), said, peak, last + 1)
        }
    }
}
