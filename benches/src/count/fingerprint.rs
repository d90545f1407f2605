//! What a count depends on besides the program: counts made under the same
//! fingerprint can be compared.

use std::fs;
use std::process::Command;

/// Compiler, target, counter, C library and processor, a line each:
/// `rustc: rustc 1.95.0 (…)`.
pub fn fingerprint() -> Vec<String> {
    let rustc = output("rustc", &["-vV"]);
    let find = |text: &str, start: &str| {
        text.lines().find_map(|line| line.strip_prefix(start)).unwrap_or("unknown").trim().to_owned()
    };
    let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default().replace('\t', "");
    vec![
        format!("rustc: {}", rustc.lines().next().unwrap_or("unknown")),
        format!("target: {}", find(&rustc, "host: ")),
        format!("valgrind: {}", output("valgrind", &["--version"]).trim()),
        format!("libc: {}", output("getconf", &["GNU_LIBC_VERSION"]).trim()),
        format!("processor: {}", find(&processor, "model name:")),
    ]
}

/// What a command prints; nothing where it can't be run.
fn output(command: &str, arguments: &[&str]) -> String {
    let output = Command::new(command).args(arguments).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default()
}
