//! Counts the instructions of the closure suite and the programs.
//!
//!     instructions table [FILTER]    the closure suite, for one iteration
//!     instructions record            rewrites benches/instructions.txt
//!     instructions check             fails where a count rose by more than 3 %
//!
//! Needs valgrind. `instructions run PART PARTS` is what it runs under it.
#![forbid(unsafe_code)]

use std::env;
use std::fs;
use std::path::Path;
use std::process::ExitCode;
use weave_benches::count::callgrind::count;
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
        ["run", part, parts] => {
            let number = |text: &str| text.parse::<usize>().map_err(|error| format!("{text}: {error}"));
            measure::run(number(part)?, number(parts)?.max(1))
        }
        ["table"] | ["table", _] => {
            let criterion = this.ancestors().nth(2).unwrap_or(root).join("criterion");
            table::table(&count(&this)?, &criterion, arguments.get(1).unwrap_or(&""))
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

/// What this build takes.
fn counted(this: &Path) -> Result<Record> {
    Ok(Record::new(fingerprint(), &count(this)?))
}
