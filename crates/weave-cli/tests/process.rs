//! What a process owes its surroundings: output that is not lost, signals,
//! limits.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

fn weave(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_weave"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn stderr_of(child: &mut Child) -> String {
    let mut text = String::new();
    child.stderr.take().expect("piped").read_to_string(&mut text).expect("UTF-8");
    text
}

fn send(signal: &str, child: &Child) {
    let status = Command::new("kill").args([signal, &child.id().to_string()]).status().expect("kill runs");
    assert!(status.success());
}

/// Starts a program that prints a line and goes on, and waits for the line.
fn started(arguments: &[&str]) -> Child {
    let mut child = weave(arguments).spawn().expect("weave starts");
    // Wait until the handlers are there: the process has its second thread.
    let tasks = format!("/proc/{}/task", child.id());
    let start = Instant::now();
    while std::fs::read_dir(&tasks).map_or(0, Iterator::count) < 2 {
        assert!(start.elapsed() < Duration::from_secs(20), "the program does not start");
        assert!(child.try_wait().expect("a status").is_none(), "the program ended");
        std::thread::sleep(Duration::from_millis(2));
    }
    child
}

#[test]
fn a_full_disk_is_an_error() {
    for code in ["print(1)", "for i in 0..100000 { print(i) }", "try { for i in 0..100000 { print(i) } } catch { }"] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("the device");
        let mut child = weave(&["-e", code]).stdout(full).spawn().expect("weave starts");
        let stderr = stderr_of(&mut child);
        assert_eq!(child.wait().expect("a status").code(), Some(1), "{code}");
        assert!(stderr.contains("can't write the output"), "{stderr}");
        assert_eq!(stderr.matches("can't write").count(), 1, "{stderr}");
    }
}

#[test]
fn a_reader_that_leaves_ends_the_program_quietly() {
    let mut child = weave(&["-e", "i = 0\nwhile true { print(i)\n i += 1 }"]).spawn().expect("weave starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
    assert_eq!(line, "0\n");
    let stderr = stderr_of(&mut child);
    assert_eq!(child.wait().expect("a status").signal(), Some(13));
    assert_eq!(stderr, "");
}

#[test]
fn an_interrupt_ends_by_the_signal_with_one_line_and_all_output() {
    for signal in ["-INT", "-TERM"] {
        let mut child = started(&["-e", "print(:first)\nwhile true { }"]);
        std::thread::sleep(Duration::from_millis(100));
        send(signal, &child);
        let start = Instant::now();
        let status = child.wait().expect("a status");
        assert!(start.elapsed() < Duration::from_secs(5));
        assert_eq!(status.signal(), Some(if signal == "-INT" { 2 } else { 15 }));
        let mut stdout = String::new();
        child.stdout.take().expect("piped").read_to_string(&mut stdout).expect("UTF-8");
        assert_eq!(stdout, "first\n");
        let stderr = stderr_of(&mut child);
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
    }
}

#[test]
fn an_interrupt_can_not_be_caught() {
    let mut child = started(&["-e", "while true { try { while true { } } catch { } }"]);
    send("-INT", &child);
    assert_eq!(child.wait().expect("a status").signal(), Some(2));
}

#[test]
fn a_blocked_write_is_ended_too() {
    // Nobody reads, so the pipe fills and the write blocks.
    let mut child = started(&["-e", "while true { print(:abcdefgh) }"]);
    std::thread::sleep(Duration::from_millis(300));
    send("-INT", &child);
    let start = Instant::now();
    assert_eq!(child.wait().expect("a status").signal(), Some(2));
    assert!(start.elapsed() < Duration::from_secs(2));
}

#[test]
fn an_ignored_interrupt_stays_ignored() {
    let binary = env!("CARGO_BIN_EXE_weave");
    let script = format!("trap '' INT; exec '{binary}' --timeout 1s -e 'while true {{ }}'");
    let mut child = Command::new("sh").args(["-c", &script]).stderr(Stdio::piped()).spawn().expect("a shell");
    std::thread::sleep(Duration::from_millis(300));
    send("-INT", &child);
    let stderr = stderr_of(&mut child);
    assert_eq!(child.wait().expect("a status").code(), Some(1));
    assert!(stderr.contains("time limit"), "{stderr}");
}

#[test]
fn limits_are_errors() {
    for (option, value, code, message) in [
        ("--max-steps", "1000", "while true { }", "1000 steps"),
        ("--max-steps", "1000", "while true { try { while true { } } catch { } }", "1000 steps"),
        ("--max-depth", "1000", "fn f() { 1 + f() }\nf()", "nested too deep"),
        ("--max-memory", "1M", "x = \"aaaaaaaa\"\nwhile true { x = x + x }", "memory limit"),
        ("--timeout", "100ms", "while true { }", "time limit"),
        ("--timeout", "100ms", "while true { print(:abcdefgh) }", "time limit"),
    ] {
        let start = Instant::now();
        let mut child = weave(&[option, value, "-e", code]).spawn().expect("weave starts");
        let stderr = stderr_of(&mut child);
        assert_eq!(child.wait().expect("a status").code(), Some(1), "{option} {code}");
        assert!(stderr.contains(message), "{option}: {stderr}");
        assert!(start.elapsed() < Duration::from_secs(10), "{option}");
    }
}

#[test]
fn output_comes_before_the_error() {
    let script = format!("'{}' -e 'print(1)\n1 + nil' 2>&1", env!("CARGO_BIN_EXE_weave"));
    let output = Command::new("sh").args(["-c", &script]).output().expect("a shell");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(text.starts_with("1\n"), "{text}");
}

#[test]
fn a_session_reads_plain_lines_from_a_pipe() {
    let mut child = weave(&["repl"]).stdin(Stdio::piped()).spawn().expect("weave starts");
    let entries =
        "x = [3, 1]\nx\n|> print\nfn f(a) {\n  a + later()\n}\nfn later() { 2 }\nf(40)\n\"quo\\\"ted\"\n1 + nil\n_";
    child.stdin.take().expect("piped").write_all(entries.as_bytes()).expect("it reads");
    let mut stdout = String::new();
    child.stdout.take().expect("piped").read_to_string(&mut stdout).expect("UTF-8");
    let stderr = stderr_of(&mut child);
    assert_eq!(stdout, "[3, 1]\n[3, 1]\n42\n\"quo\\\"ted\"\n\"quo\\\"ted\"\n", "{stderr}");
    assert!(stderr.contains("<entry 8>"), "{stderr}");
    assert_eq!(child.wait().expect("a status").code(), Some(0));
}
