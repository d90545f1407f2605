//! The machine alone reaches nothing outside itself: what it is built from, and what
//! its sources name. The lints of its `clippy.toml` say the same function by function.
#![forbid(unsafe_code)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use weave_tests::file;

/// The crates that the machine is built from, itself among them: small ones in Rust
/// alone.
const PARTS: &[&str] =
    &["cfg-if", "crc32fast", "foldhash", "itoa", "memchr", "rustc-hash", "weave-bytecode", "weave-vm", "zmij"];

#[test]
fn the_machine_is_built_from_few_small_crates() {
    let cargo = option_env!("CARGO").unwrap_or("cargo");
    let tree = ["tree", "--package", "weave-vm", "--edges", "normal,build", "--prefix", "none", "--format", "{lib}"];
    let output = Command::new(cargo)
        .args(tree)
        .args(["--all-features", "--offline", "--locked"])
        .current_dir(file::root())
        .output()
        .expect("cargo runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found: BTreeSet<String> = text.split_whitespace().map(|name| name.replace('_', "-")).collect();
    assert!(found.contains("weave-vm"), "{text}");
    let known: BTreeSet<String> = PARTS.iter().map(|&name| name.to_owned()).collect();
    let new: Vec<_> = found.difference(&known).collect();
    assert!(new.is_empty(), "the machine needs {new:?}: it stays small, and reaches nothing");
    assert!(known.len() - 1 <= 10);
}

/// Modules of the standard library that lead outside.
const OUTSIDE: &[&str] = &["fs", "net", "process", "env", "time", "os", "thread", "backtrace"];

#[test]
fn the_sources_name_nothing_outside() {
    let mut named = Vec::new();
    for part in ["weave-vm", "weave-bytecode"] {
        let sources = file::root().join("crates").join(part).join("src");
        let files = file::below(&sources, "rs").expect("the sources are there");
        assert!(files.len() > 5, "{}", sources.display());
        for path in files {
            let text = fs::read_to_string(&path).expect("a source");
            // Tests stand at the end of a file, or in one of their own.
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            if !is_test(&path) {
                named.extend(outside(code).map(|name| format!("{}: std::{name}", path.display())));
            }
        }
    }
    assert!(named.is_empty(), "{named:#?}");
}

fn is_test(path: &Path) -> bool {
    path.file_stem().is_some_and(|name| name == "tests")
}

/// The modules that a source names, by path or in a list.
fn outside(code: &str) -> impl Iterator<Item = &'static str> {
    let code: String = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    OUTSIDE.iter().copied().filter(move |name| {
        code.match_indices("std::").any(|(at, path)| {
            let rest = &code[at + path.len()..];
            let list = rest.strip_prefix('{').and_then(|list| list.split('}').next());
            let is = |text: &str| text.strip_prefix(name).is_some_and(|rest| !rest.starts_with(is_letter));
            is(rest) || list.is_some_and(|list| list.split([',', ' ']).any(|part| is(part.trim())))
        })
    })
}

fn is_letter(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[test]
fn names_of_modules_are_found() {
    let found = |code: &str| outside(code).collect::<Vec<_>>();
    assert_eq!(found("use std::fs;"), ["fs"]);
    assert_eq!(found("use std::{fmt, net::TcpStream};"), ["net"]);
    assert_eq!(found("let x = std::time::Instant::now();"), ["time"]);
    assert!(found("use std::fmt;\n// std::fs\nuse std::{timeless, io};").is_empty());
}
