//! Counts the instructions of the closure suite and the programs.
//!
//!     instructions table [FILTER]    the closure suite, for one iteration
//!     instructions record            rewrites benches/instructions.txt
//!     instructions check             fails where a count rose by more than 3 %
//!
//! Needs valgrind. `instructions rows` lists what is counted, `instructions run ROW` is
//! what runs under valgrind.
#![forbid(unsafe_code)]

use std::env;
use std::fs;
use std::path::Path;
use std::process::ExitCode;
use weave_benches::count::callgrind::{Counts, count};
use weave_benches::count::fingerprint::fingerprint;
use weave_benches::count::record::{FILE, Record, path};
use weave_benches::count::{Result, guard, measure, table};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match command(&arguments) {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(words) => {
            eprintln!("instructions: {words}");
            ExitCode::FAILURE
        }
    }
}

fn command(arguments: &[&str]) -> Result<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("the repository is not found")?;
    let this = env::current_exe().map_err(|error| format!("this command's file: {error}"))?;
    match arguments {
        ["rows"] => Ok(measure::rows()?.into_iter().map(|row| row.name + "\n").collect()),
        ["run", name] => {
            let (objects, bytes) = measure::run(name)?;
            Ok(format!("{objects} {bytes}\n"))
        }
        ["table"] | ["table", _] => {
            let criterion = this.ancestors().nth(2).unwrap_or(root).join("criterion");
            table::table(&counts(&this)?, &criterion, arguments.get(1).unwrap_or(&""))
        }
        ["record"] => {
            let record = counted(&this)?;
            fs::write(path(root), record.to_string()).map_err(|error| format!("{FILE}: {error}"))?;
            Ok(format!("{} counts are in {FILE}\n", record.rows.len()))
        }
        ["check"] => guard::check(root, &counted(&this)?),
        _ => Err("table [FILTER], record, or check?".to_owned()),
    }
}

fn counts(this: &Path) -> Result<Vec<Counts>> {
    let rows: Vec<String> = measure::rows()?.into_iter().map(|row| row.name).collect();
    count(this, &rows)
}

/// What this build takes.
fn counted(this: &Path) -> Result<Record> {
    Ok(Record::new(fingerprint(), &counts(this)?))
}
