//! `weave profile`: where the report goes, that each of its forms can be read back,
//! and that it is there however the program ends.

use serde_json::Value;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use tempfile::TempDir;

const SCRIPT: &str = "fn fib(n) { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } }\n\
                      fn counter() {\n  n = 0\n  ^() { n += 1 }\n}\n\
                      c = counter()\nfor i in 0..10 { c() }\n\
                      print([1, 2, 3] *> ^{ it + fib(12) } |> sum)\n";

struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn ran(arguments: &[&str], stdin: &str) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_weave"));
    command.env_remove("NO_COLOR").env("TERM", "xterm").args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("weave starts");
    if let Some(mut pipe) = child.stdin.take() {
        use std::io::Write;
        // One that refuses to start reads nothing.
        let _ = pipe.write_all(stdin.as_bytes());
    }
    let output = child.wait_with_output().expect("weave ends");
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

fn script(text: &str) -> (TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("script.wv");
    fs::write(&path, text).expect("a file");
    let path = path.to_string_lossy().into_owned();
    (folder, path)
}

/// The report of a script that is expected to print and to end well.
fn report(format: &str) -> String {
    let (folder, path) = script(SCRIPT);
    let out = folder.path().join("report");
    let out = out.to_string_lossy();
    let ran = ran(&["profile", "--format", format, "-o", &out, &path], "");
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (Some(0), "438\n", ""), "{format}");
    fs::read_to_string(&*out).expect("a report")
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn rows<'a>(value: &'a Value, key: &str) -> &'a Vec<Value> {
    value[key].as_array().unwrap_or_else(|| panic!("no list {key}: {value}"))
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("no number: {value}"))
}

#[test]
fn tables_go_to_standard_error() {
    let (_folder, path) = script(SCRIPT);
    let ran = ran(&["profile", &path, "--format", "json"], "");
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), "438\n"), "what follows the script is its own");
    for words in ["Functions", "Call sites", "Instructions", "Allocations", "Captured variables", "fib"] {
        assert!(ran.stderr.contains(words), "{words}: {}", ran.stderr);
    }
    assert!(ran.stderr.contains(&format!("{path}:1:35")) || ran.stderr.contains(":1:35"), "{}", ran.stderr);
    assert!(!ran.stderr.contains('\u{1b}'));
    // Columns are aligned: each heading ends where its numbers do.
    let table: Vec<&str> = ran.stderr.lines().skip_while(|line| *line != "Instructions").skip(1).take(3).collect();
    let end = |line: &str| line.chars().count();
    assert_eq!(end(table[0]), end(table[1]), "{table:?}");
    assert_eq!(end(table[1]), end(table[2]), "{table:?}");
}

#[test]
fn colour_obeys_its_option() {
    let (folder, path) = script("print(1)");
    assert!(ran(&["profile", "--color", "always", &path], "").stderr.contains("\u{1b}[1mFunctions"));
    let out = folder.path().join("report");
    let out = out.to_string_lossy();
    for (when, colored) in [("always", true), ("auto", false), ("never", false)] {
        ran(&["profile", "--color", when, "-o", &out, &path], "");
        assert_eq!(fs::read_to_string(&*out).expect("a report").contains('\u{1b}'), colored, "{when}");
    }
}

#[test]
fn programs_come_from_standard_input_too() {
    let ran = ran(&["profile", "--format=folded", "-"], "print(1 + 1)");
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), "2\n"));
    assert!(ran.stderr.contains("the program (<stdin>:1);print "), "{}", ran.stderr);
}

#[test]
fn json_holds_every_count() {
    let profile = json(&report("json"));
    assert_eq!(profile["version"], 1);
    let functions = rows(&profile, "functions");
    let fib = functions.iter().find(|f| f["name"] == "fib").expect("fib");
    assert_eq!((number(&fib["calls"]), number(&fib["line"]), &fib["kind"]), (3 * 465, 1, &Value::from("function")));
    assert!(fib["file"].as_str().is_some_and(|file| file.ends_with("script.wv")));
    assert_eq!(profile["captured"], serde_json::json!({ "reads": 10, "writes": 10 }));
    let opcodes = rows(&profile, "opcodes");
    let counted: u64 = opcodes.iter().map(|o| number(&o["count"])).sum();
    assert_eq!(counted, number(&profile["instructions"]));
    let add = opcodes.iter().find(|o| o["opcode"] == "AddUpCell").expect("the counter");
    assert_eq!(number(&add["count"]), 10);
    assert!(rows(&profile, "allocations").iter().any(|a| a["kind"] == "cells" && a["count"] == 1));
    for site in rows(&profile, "call_sites") {
        assert!(number(&site["function"]) < functions.len() as u64);
        assert!(site["caller"].is_null() || number(&site["caller"]) < functions.len() as u64);
    }
    let inner = rows(&profile, "call_sites").iter().filter(|s| s["line"] == 1 && s["column"] == 35);
    assert_eq!(inner.map(|s| number(&s["calls"])).collect::<Vec<_>>(), [3 * 232]);
    for (i, node) in rows(&profile, "stacks").iter().enumerate() {
        assert!(node["parent"].is_null() || number(&node["parent"]) < i as u64, "a path stands behind its start");
    }
    assert!(number(&profile["total_ns"]) > 0 && number(&profile["elapsed_ns"]) > 0);
    assert_eq!(number(&profile["collections"]["count"]), 0);
}

/// The rules of <https://www.speedscope.app/file-format-schema.json> for the kind of
/// profile that weave writes.
fn check_speedscope(file: &Value) {
    assert_eq!(file["$schema"], "https://www.speedscope.app/file-format-schema.json");
    let known = ["$schema", "name", "exporter", "activeProfileIndex", "shared", "profiles"];
    for key in file.as_object().expect("an object").keys() {
        assert!(known.contains(&key.as_str()), "{key}");
    }
    assert!(file["exporter"].is_string() && file["name"].is_string());
    let frames = rows(&file["shared"], "frames");
    for frame in frames {
        for (key, value) in frame.as_object().expect("an object") {
            match key.as_str() {
                "name" | "file" => assert!(value.is_string(), "{frame}"),
                "line" | "col" => assert!(value.is_u64(), "{frame}"),
                other => panic!("{other}"),
            }
        }
        assert!(frame["name"].is_string());
    }
    let profiles = rows(file, "profiles");
    assert!(number(&file["activeProfileIndex"]) < profiles.len() as u64);
    for profile in profiles {
        assert_eq!((&profile["type"], &profile["unit"]), (&"sampled".into(), &"nanoseconds".into()));
        assert!(profile["name"].is_string());
        let (samples, weights) = (rows(profile, "samples"), rows(profile, "weights"));
        assert_eq!(samples.len(), weights.len());
        for sample in samples {
            let sample = sample.as_array().expect("a list");
            assert!(!sample.is_empty() && sample.iter().all(|frame| number(frame) < frames.len() as u64));
        }
        let sum: u64 = weights.iter().map(number).sum();
        assert_eq!(sum, number(&profile["endValue"]) - number(&profile["startValue"]));
        assert!(sum > 0);
    }
}

#[test]
fn speedscope_files_follow_the_schema() {
    let file = json(&report("speedscope"));
    check_speedscope(&file);
    let frames = rows(&file["shared"], "frames");
    let fib = frames.iter().find(|frame| frame["name"] == "fib").expect("fib");
    assert_eq!((&fib["line"], &fib["col"]), (&1.into(), &1.into()));
    // Every path begins with the program.
    let program = frames.iter().position(|frame| frame["name"] == "the program").expect("the program");
    let samples = rows(&file["profiles"][0], "samples");
    assert!(samples.iter().all(|sample| sample[0] == program));
}

#[test]
fn folded_stacks_are_names_and_a_number() {
    let text = report("folded");
    let mut deepest = 0;
    for line in text.lines() {
        let (stack, weight) = line.rsplit_once(' ').expect("a weight");
        assert!(weight.parse::<u64>().is_ok_and(|ns| ns > 0), "{line}");
        let names: Vec<&str> = stack.split(';').collect();
        assert!(names[0].starts_with("the program (") && names.iter().all(|name| !name.is_empty()), "{line}");
        deepest = deepest.max(names.iter().filter(|name| name.starts_with("fib ")).count());
    }
    // The deepest calls may be too short to have a time.
    assert!((6..=12).contains(&deepest), "{text}");
}

#[test]
fn names_can_not_reach_the_terminal_or_break_a_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("evil;\u{1b}[31m\n name.wv");
    fs::write(&path, "fn f() { 1 }\nf()").expect("a file");
    let path = path.to_string_lossy();
    for format in ["text", "json", "speedscope", "folded"] {
        let ran = ran(&["profile", "--format", format, &path], "");
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert!(!ran.stderr.contains('\u{1b}'), "{format}: {:?}", ran.stderr);
        match format {
            "json" => assert!(json(&ran.stderr)["script"].as_str().is_some_and(|name| name.contains('\u{1b}'))),
            "speedscope" => check_speedscope(&json(&ran.stderr)),
            "folded" => {
                assert!(
                    ran.stderr.lines().all(|line| line.rsplit(' ').next().is_some_and(|n| n.parse::<u64>().is_ok()))
                );
            }
            _ => {}
        }
    }
}

#[test]
fn the_report_is_there_however_a_program_ends() {
    for (text, code, words) in [
        ("fn f() { [1][5] }\nf()", 1, "no position 5"),
        ("fn f() { exit(7) }\nf()", 7, ""),
        ("fn f() { while true { } }\nf()", 1, "steps"),
    ] {
        let (folder, path) = script(text);
        let out = folder.path().join("report");
        let out = out.to_string_lossy();
        let ran = ran(&["profile", "--max-steps", "10000", "--format=json", "-o", &out, &path], "");
        assert_eq!(ran.code, Some(code), "{text}: {}", ran.stderr);
        assert!(ran.stderr.contains(words), "{words}: {}", ran.stderr);
        let profile = json(&fs::read_to_string(&*out).expect("a report"));
        assert!(rows(&profile, "functions").iter().any(|f| f["name"] == "f" && f["calls"] == 1), "{text}");
    }
    let (_folder, path) = script("print(:before)\n[1][5]");
    let both = ran(&["profile", &path], "");
    let at = |words: &str| both.stderr.find(words).unwrap_or_else(|| panic!("{words}: {}", both.stderr));
    assert!(at("Functions") < at("no position 5"), "the error comes last");
    assert_eq!(both.stdout, "before\n");
}

#[test]
fn an_interrupt_leaves_a_report() {
    let (folder, path) = script("fn f() {\n  write(args[0], [:running], :lines)\n  while true { }\n}\nf()");
    let (out, running) = (folder.path().join("report"), folder.path().join("running"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_weave"));
    command.args(["profile", "--format=json", "-o"]).arg(&out).arg(&path).arg(&running);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("weave starts");
    while !running.exists() {
        assert!(child.try_wait().expect("a status").is_none(), "the program ended");
        std::thread::yield_now();
    }
    let status = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
    assert!(status.success());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.signal(), Some(2));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "weave: interrupted\n");
    let profile = json(&fs::read_to_string(&out).expect("a report"));
    assert!(rows(&profile, "functions").iter().any(|f| f["name"] == "f"));
}

#[test]
fn a_report_that_can_not_be_written_is_usage() {
    let (folder, path) = script("print(:ran)");
    let missing = folder.path().join("no/such/folder");
    let missing = missing.to_string_lossy();
    let ended = ran(&["profile", "-o", &missing, &path], "");
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "nothing ran");
    assert!(
        ended.stderr.contains("can't write the profile to") && ended.stderr.contains("no such file"),
        "{}",
        ended.stderr
    );
    let full = ran(&["profile", "-o", "/dev/full", &path], "");
    assert_eq!((full.code, full.stdout.as_str()), (Some(1), "ran\n"));
    assert!(full.stderr.contains("can't write the profile to /dev/full"), "{}", full.stderr);
}

#[test]
fn misuse_and_compile_errors_have_their_codes() {
    assert_eq!(ran(&["profile"], "").code, Some(2));
    assert_eq!(ran(&["profile", "--format=xml", "x.wv"], "").code, Some(2));
    assert_eq!(ran(&["profile", "/no/such.wv"], "").code, Some(2));
    let (folder, path) = script("x = ");
    let out = folder.path().join("report");
    assert_eq!(ran(&["profile", "-o", &out.to_string_lossy(), &path], "").code, Some(3));
    assert!(!out.exists(), "a program that does not compile leaves no report");
}

#[test]
fn limits_and_imports_work_as_in_a_run() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("lib.wv"), "fn helper(x) { x * 2 }\n").expect("a file");
    let path = folder.path().join("main.wv");
    fs::write(&path, "import \"lib.wv\" as lib\nprint(lib.helper(21))\n").expect("a file");
    let path = path.to_string_lossy();
    for form in [vec!["--dispatch=match"], vec![]] {
        let ended = ran(&[vec!["profile", "--format=json"], form, vec![&*path]].concat(), "");
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(0), "42\n"), "{}", ended.stderr);
        let profile = json(&ended.stderr);
        let functions = rows(&profile, "functions");
        let helper = functions.iter().find(|f| f["name"] == "helper").expect("helper");
        assert!(helper["file"].as_str().is_some_and(|file| file.ends_with("lib.wv")), "{helper}");
        assert_eq!(functions.iter().filter(|f| f["kind"] == "program").count(), 2, "script and module");
    }
    let ended = ran(&["profile", "--sandbox", &path], "");
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
}
