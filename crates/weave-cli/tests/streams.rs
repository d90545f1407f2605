//! Streams from outside: how much of them is read, that they are closed, and
//! that memory does not grow with their length.

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::thread;

fn weave(code: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_weave"));
    command.args(["-e", code]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn rest(child: &mut Child) -> (String, String) {
    let (mut stdout, mut stderr) = (String::new(), String::new());
    child.stdout.take().expect("piped").read_to_string(&mut stdout).expect("UTF-8");
    child.stderr.take().expect("piped").read_to_string(&mut stderr).expect("UTF-8");
    (stdout, stderr)
}

/// A source that never ends is read by a few blocks and closed, while the program
/// goes on: it waits for its standard input afterwards.
#[test]
fn an_early_stop_closes_the_source() {
    let folder = tempfile::tempdir().expect("a folder");
    let csv = "a,b\n";
    let chains = [
        ("read(PATH, :csv) |> take(10) *> .b *> print", csv, 10),
        ("read(PATH, :csv) ?> ^{ it.a != 0 } |> take(10) *> ^{ print(it) }", csv, 10),
        ("read(PATH, :csv) |> take(3) |> collect |> len |> print", csv, 1),
        ("print(read(PATH, :csv) |> first)", csv, 1),
        ("print(read(PATH, :csv) *> .b |> take_while(^{ false }) |> collect)", csv, 1),
        ("for row in read(PATH, :csv) { print(row.a)\nbreak }", csv, 1),
        ("fn f() { for row in read(PATH, :csv) { return row.a } }\nprint(f())", csv, 1),
        ("read(PATH, :lines) *> .len() |> take(2) *> print", "", 2),
        ("read(PATH, :jsonl) *> .len() |> take(2) *> print", "", 2),
        ("lines(open(PATH)) |> take(2) *> print", "", 2),
        ("open(PATH) |> take(2) *> print", "", 2),
        ("try { read(PATH, :csv) *> ^{ error(it.a) } |> collect } catch e { print(e.message) }", csv, 1),
        ("try { for row in read(PATH, :csv) { row.none } } catch e { print(e.kind) }", csv, 1),
        (
            "fn f() { lines(open(PATH)) *> ^(l) { l - 1 } &> ^(a, b) { b } }\ntry { f() } catch e { print(e.kind) }",
            "",
            1,
        ),
    ];
    for (i, (chain, header, printed)) in chains.into_iter().enumerate() {
        let path = folder.path().join(format!("pipe{i}"));
        assert!(Command::new("mkfifo").arg(&path).status().expect("mkfifo").success());
        let code = format!("PATH = \"{}\"\n{chain}\nprint(:waits)\ncollect(stdin)", path.display());
        let mut child = weave(&code).spawn().expect("weave starts");
        let row = if chain.contains("jsonl") { "[1, 2]\n" } else { "1,some text that is a little longer\n" };
        let block = row.repeat(256);
        let mut source = OpenOptions::new().write(true).open(&path).expect("the pipe");
        let mut written = header.len();
        // Writing fails once the reader has closed its end.
        let mut done = source.write_all(header.as_bytes());
        while done.is_ok() {
            done = source.write_all(block.as_bytes());
            written += block.len();
            assert!(written < 64 << 20, "{chain}: the source is never closed");
        }
        assert!(child.try_wait().expect("a status").is_none(), "{chain}: closed by the end of the program only");
        assert!(written < 4 << 20, "{chain}: {written} bytes were read");
        drop(child.stdin.take());
        let (stdout, stderr) = rest(&mut child);
        assert_eq!(child.wait().expect("a status").code(), Some(0), "{chain}: {stderr}");
        assert_eq!(stdout.lines().count(), printed + 1, "{chain}: {stdout}");
        assert!(stdout.ends_with("waits\n"), "{chain}: {stdout}");
    }
}

/// An error that leaves a loop closes what the loop draws from: nothing waits for the
/// collector. Counted where the system shows the descriptors of a process.
#[test]
fn errors_close_the_sources_of_the_loops_that_they_leave() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("lines");
    std::fs::write(&path, "1\n2\n3\n").expect("a file");
    let failing = [
        "open(PATH) *> ^(l) { error(l) }",
        "lines(open(PATH)) ?> ^(l) { l > 1 } |> collect",
        "for l in open(PATH) { for m in lines(open(PATH)) { l - m } }",
        "fn inner() { for l in open(PATH) { error(l) } }\nfor l in open(PATH) { inner() }",
        "for x in map(open(PATH), ^(l) { error(l) }) { x }",
        "open(PATH) |> zip([1, 2]) *> ^(p) { p.none } |> collect",
        "open(PATH) *> ^(l) { int(l) } ?> ^(n) { n / nil > 1 } |> count",
    ];
    for body in failing {
        let code = format!(
            "PATH = \"{}\"\nfn open_now() {{ len(glob(\"/proc/self/fd/*\")) }}\nfn fails() {{ {body} }}\n\
             before = open_now()\nfor i in 0..20 {{ try {{ fails()\nprint(:fine) }} catch e {{ e }} }}\n\
             print(open_now() - before)",
            path.display()
        );
        let (stdout, stderr) = rest(&mut weave(&code).spawn().expect("weave starts"));
        assert_eq!(stdout, "0\n", "{body}: {stderr}");
    }
}

/// The most memory that a process has used so far, in KiB.
fn peak(child: &Child) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).expect("a status");
    let line = status.lines().find(|l| l.starts_with("VmHWM:")).expect("a peak");
    line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).expect("a number")
}

#[test]
fn standard_input_flows_through_in_order_and_little_memory() {
    let filter = "stdin ?> ^{ \"ERROR\" in it } *> print";
    let table =
        "rows = read(stdin, :csv)\nrows ?> ^{ it.level == \"ERROR\" } *> ^{ print(\"{it.n} ERROR {it.text}\") }";
    for (code, header) in [(filter, ""), (table, "n,level,text\n")] {
        let mut child = weave(code).spawn().expect("weave starts");
        let mut stdin = child.stdin.take().expect("piped");
        let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
        let lines = 300_000;
        let feed = thread::spawn(move || {
            stdin.write_all(header.as_bytes()).expect("it reads");
            let mut block = String::new();
            for i in 0..lines {
                let level = if i % 10 == 3 { "ERROR" } else { "INFO" };
                let (a, b) = if header.is_empty() { (" ", " ") } else { (",", ",") };
                block.push_str(
                    &format!("{i}{a}{level}{b}{} a line of some length, as logs have them\n", "x".repeat(60))
                        .replace(", as", " as"),
                );
                if block.len() > 1 << 16 {
                    stdin.write_all(block.as_bytes()).expect("it reads");
                    block.clear();
                }
            }
            stdin.write_all(block.as_bytes()).expect("it reads");
            stdin
        });
        let mut line = String::new();
        for i in (3..lines - 10_000).step_by(10) {
            line.clear();
            stdout.read_line(&mut line).expect("a line");
            assert!(line.starts_with(&format!("{i} ERROR ")), "{line} in place of {i}");
        }
        // Nearly all of 30 MB went through.
        let used = peak(&child);
        assert!(used < 40 << 10, "{used} KiB");
        let mut others = String::new();
        drop(thread::spawn(move || drop(feed.join().expect("it is fed"))));
        stdout.read_to_string(&mut others).expect("UTF-8");
        assert_eq!(others.lines().count(), 1_000, "the last lines");
        assert_eq!(child.wait().expect("a status").code(), Some(0));
    }
}

#[test]
fn a_stream_ends_quietly_when_its_reader_closes() {
    for code in ["stdin *> print", "lines(stdin) ?> ^{ len(it) > 0 } *> ^{ \"{it}!\" } *> print", "1.. *> print"] {
        let mut child = weave(code).spawn().expect("weave starts");
        let mut stdin = child.stdin.take().expect("piped");
        let feed = thread::spawn(move || while stdin.write_all(b"1\n2\n3\n4\n5\n6\n7\n8\n").is_ok() {});
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
        assert!(line.starts_with('1'), "{line}");
        let mut stderr = String::new();
        child.stderr.take().expect("piped").read_to_string(&mut stderr).expect("UTF-8");
        assert_eq!(child.wait().expect("a status").signal(), Some(13), "{code}");
        assert_eq!(stderr, "", "{code}");
        feed.join().expect("it stops when nobody reads");
    }
}
