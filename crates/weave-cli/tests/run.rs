//! Running programs: where they come from, what they print where, and the exit
//! codes.

use assert_cmd::Command;
use std::fs;
use tempfile::TempDir;

fn weave() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_weave"));
    command.env_remove("NO_COLOR").env("TERM", "xterm");
    command
}

struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn ran(command: &mut Command) -> Ran {
    let output = command.output().expect("weave starts");
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

#[test]
fn programs_come_from_file_stdin_or_code() {
    let (_folder, path) = script("print(1 + 1)\n");
    for arguments in [vec![path.as_str()], vec!["run", &path], vec!["-e", "print(2)"], vec!["-c", "print(2)"]] {
        let ran = ran(weave().args(&arguments));
        assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (Some(0), "2\n", ""), "{arguments:?}");
    }
    for arguments in [vec![], vec!["-"], vec!["run", "-"]] {
        let ran = ran(weave().args(&arguments).write_stdin("print(2)"));
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), "2\n"), "{arguments:?}");
    }
    assert_eq!(ran(weave().args(["-p", "x = 20\nx * 2 + 2"])).stdout, "42\n");
}

#[test]
fn a_script_may_be_named_like_a_command() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("check"), "print(:ran)").expect("a file");
    assert_eq!(ran(weave().current_dir(folder.path()).args(["run", "check"])).stdout, "ran\n");
}

#[test]
fn uncaught_errors_end_with_1_and_print_before() {
    let (_folder, path) = script("fn f(x) { x + \"a\" }\nprint(:before)\nf(2)\n");
    let ran = ran(weave().arg(&path));
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), "before\n"));
    for part in ["int + string", "x + \"a\"", "script.wv:1:11", "script.wv:3:1", "the program"] {
        assert!(ran.stderr.contains(part), "{part} is missing in\n{}", ran.stderr);
    }
    assert!(!ran.stderr.contains('\u{1b}'), "no colour without a terminal");
}

#[test]
fn what_can_not_be_read_ends_with_2() {
    let (_folder, path) = script("x");
    fs::write(&path, b"x = 1\ny = \"\xff\"\n").expect("a file");
    let bad = ran(weave().arg(&path));
    assert_eq!(bad.code, Some(2));
    assert!(bad.stderr.contains("byte 0xff at offset 11, on line 2"), "{}", bad.stderr);
    for arguments in [vec!["no-such-file.wv"], vec!["/"], vec!["--no-such-option"], vec!["--max-memory", "lots"]] {
        let ran = ran(weave().args(&arguments));
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(!ran.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn what_does_not_compile_ends_with_3_and_shows_all_errors() {
    let (_folder, path) = script("print(alpha)\nprint(beta)\nx = (\n");
    let ran = ran(weave().arg(&path));
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(3), ""));
    for part in ["alpha", "beta", "script.wv:3"] {
        assert!(ran.stderr.contains(part), "{part} is missing in\n{}", ran.stderr);
    }
}

#[test]
fn many_errors_are_capped() {
    let text: String = (0..200).map(|i| format!("print(name{i})\n")).collect();
    let (_folder, path) = script(&text);
    let ran = ran(weave().arg(&path));
    assert_eq!(ran.code, Some(3));
    assert_eq!(ran.stderr.matches("script.wv:").count(), 50, "{}", ran.stderr);
    assert!(ran.stderr.contains("more errors"), "{}", ran.stderr);
}

#[test]
fn check_reports_every_file_and_runs_none() {
    let (_a, good) = script("print(1)");
    let (_b, bad) = script("print(oops)");
    let (_c, worse) = script("x = ");
    assert_eq!(ran(weave().args(["check", &good])).code, Some(0));
    let all = ran(weave().args(["check", &good, &bad, "no-such-file.wv", &worse]));
    assert_eq!((all.code, all.stdout.as_str()), (Some(3), ""));
    for part in ["oops", "no-such-file.wv", worse.as_str()] {
        assert!(all.stderr.contains(part), "{part} is missing in\n{}", all.stderr);
    }
    assert_eq!(ran(weave().args(["check", &good, "no-such-file.wv"])).code, Some(2));
}

#[test]
fn disasm_lists_prototypes() {
    let (_folder, path) = script("fn double(x) { x * 2 }\nprint(double(21))\n");
    let ran = ran(weave().args(["disasm", &path]));
    assert_eq!(ran.code, Some(0));
    for part in ["program ", "#1 double(x), line 1", "MulI", "print()"] {
        assert!(ran.stdout.contains(part), "{part} is missing in\n{}", ran.stdout);
    }
}

#[test]
fn diagnostics_can_be_json() {
    let (_folder, path) = script("print(alpha)\nprint(beta)\n");
    let out = ran(weave().args(["--error-format=json", &path]));
    assert_eq!(out.code, Some(3));
    let objects: Vec<serde_json::Value> =
        out.stderr.lines().map(|line| serde_json::from_str(line).expect("an object a line")).collect();
    assert_eq!(objects.len(), 2);
    assert_eq!(objects[1]["line"], 2);
    assert_eq!(objects[1]["column"], 7);
    assert_eq!(objects[1]["kind"], "name");
    assert_eq!(objects[1]["file"], path);

    let out = ran(weave().args(["--error-format", "json", "-e", "x = 'a\u{1b}[31m\u{9b}'\nx - 1"]));
    assert_eq!(out.code, Some(1));
    assert!(!out.stderr.trim_end().chars().any(char::is_control), "{:?}", out.stderr);
    let object: serde_json::Value = serde_json::from_str(&out.stderr).expect("an object");
    assert_eq!(object["line"], 2);

    for arguments in [["--error-format=json", "--no-such-option"], ["--error-format=json", "no-such-file.wv"]] {
        let out = ran(weave().args(arguments));
        assert_eq!(out.code, Some(2));
        let object: serde_json::Value = serde_json::from_str(&out.stderr).expect("an object");
        assert!(object["message"].as_str().is_some_and(|text| text.contains("no-such")), "{}", out.stderr);
    }
}

#[test]
fn escapes_in_a_source_do_not_reach_the_terminal() {
    let (_folder, path) = script("x = '\u{1b}[2J\u{7}\u{202e}' - 1\n");
    let ran = ran(weave().args(["--color", "never", &path]));
    assert_eq!(ran.code, Some(1));
    assert!(!ran.stderr.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{:?}", ran.stderr);
}

#[test]
fn colour_is_decided_once() {
    let colored = |command: &mut Command| ran(command).stderr.contains('\u{1b}');
    assert!(!colored(weave().args(["-e", "1 + nil"])));
    assert!(colored(weave().args(["--color=always", "-e", "1 + nil"])));
    assert!(colored(weave().env("NO_COLOR", "1").args(["--color", "always", "-e", "1 + nil"])));
}

#[test]
fn a_huge_line_is_cut_around_the_error() {
    let text = format!("x = \"{}\"; y = 1 + nil; z = \"{}\"\n", "a".repeat(5_000_000), "b".repeat(5_000_000));
    let (_folder, path) = script(&text);
    let ran = ran(weave().arg(&path));
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("1 + nil"), "{}", ran.stderr);
    assert!(ran.stderr.len() < 2_000, "{} bytes", ran.stderr.len());
}

#[test]
fn nested_source_is_an_error_not_a_crash() {
    for (open, close) in [("(", ")"), ("[", "]"), ("-", ""), ("if 1 { ", "}"), ("fn(x) { ", "}")] {
        let text = format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
        let (_folder, path) = script(&text);
        let ran = ran(weave().arg(&path));
        assert!(matches!(ran.code, Some(0..=3)), "{open} {:?}", ran.code);
        assert!(ran.stderr.len() < 3_000, "{open}: {} bytes", ran.stderr.len());
    }
}

#[test]
fn switches_for_tests_change_no_output() {
    let program = "fn add(acc: 0, x) { acc + x }\n1..100 *> ^{ it * 2 } &> add |> print";
    for switch in
        ["--no-opt", "--no-opt=fold", "--no-opt=inline,known-calls", "--gc-stress", "--verify", "--dispatch=match"]
    {
        let ran = ran(weave().args([switch, "-e", program]));
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), "9900\n"), "{switch}: {}", ran.stderr);
    }
    assert_eq!(ran(weave().args(["--no-opt=nothing", "-e", "1"])).code, Some(2));
}

#[test]
fn help_and_version_go_to_stdout() {
    let help = ran(weave().arg("--help"));
    assert_eq!(help.code, Some(0));
    assert!(help.stdout.contains("completions") && !help.stdout.contains("gc-stress"), "{}", help.stdout);
    let version = ran(weave().arg("--version"));
    assert_eq!(version.stdout, format!("weave {}\n", env!("CARGO_PKG_VERSION")));
    for shell in ["bash", "zsh", "fish"] {
        let ran = ran(weave().args(["completions", shell]));
        assert!(ran.code == Some(0) && ran.stdout.contains("weave"), "{shell}");
    }
}

#[test]
fn one_liners_have_input_and_write_their_value() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("a.csv"), "n,name\n1,one\n2,two\n").expect("a file");
    fs::write(folder.path().join("b.csv"), "n,name\n3,three\n").expect("a file");
    fs::write(folder.path().join("c.txt"), "n,name\n4,four\n").expect("a file");
    let weave = || {
        let mut command = weave();
        command.current_dir(folder.path());
        command
    };
    for (arguments, printed) in [
        (vec!["-e", "input *> .name *> print", "a.csv"], "one\ntwo\n"),
        (vec!["-e", "input *> .name *> print", "a.csv", "b.csv"], "one\ntwo\nthree\n"),
        (vec!["--from", "csv", "-p", "input *> .n |> sum", "a.csv", "c.txt"], "7\n"),
        (vec!["--to", "json", "-e", "input ?> ^{ it.n > 1 }", "a.csv", "b.csv"], "JSON"),
        (vec!["--to", "csv", "-e", "input ?> ^{ it.n > 1 }", "a.csv"], "n,name\n2,two\n"),
        (vec!["--to=json", "-e", "if true { nil }"], "null\n"),
    ] {
        let ran = ran(weave().args(&arguments));
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{arguments:?}");
        if printed == "JSON" {
            let value: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
            assert_eq!(value, serde_json::json!([{"n": 2, "name": "two"}, {"n": 3, "name": "three"}]));
        } else {
            assert_eq!(ran.stdout, printed, "{arguments:?}");
        }
    }
    let lines = ran(weave().args(["-e", "input *> ^{ \"{it}!\" } *> print"]).write_stdin("x\ny\n"));
    assert_eq!(lines.stdout, "x!\ny!\n", "{}", lines.stderr);
    assert_eq!(ran(weave().args(["--to", "json", "a.csv"])).code, Some(2));
}

#[test]
fn scripts_have_arguments_and_choose_their_exit_code() {
    let (_folder, path) = script("print(args)\nexit(7)\nprint(:never)\n");
    for arguments in [vec![path.as_str(), "a", "--", "--help"], vec!["run", &path, "a", "--", "--help"]] {
        let ran = ran(weave().args(&arguments));
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(7), "[\"a\", \"--\", \"--help\"]\n"), "{}", ran.stderr);
    }
    assert_eq!(ran(weave().args(["-e", "try { exit(3) } catch { }"])).code, Some(3));
}

#[test]
fn a_sandbox_has_standard_input_and_output_only() {
    for code in [
        "read(\"/etc/hostname\")",
        "write(\"x.json\", 1)",
        "print(env)",
        "`ls`",
        "run([\"ls\"])",
        "import \"a.wv\" as a",
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let ran = ran(weave().current_dir(folder.path()).args(["--sandbox", "-e", code]));
        assert_eq!(ran.code, Some(1), "{code}: {}", ran.stdout);
        assert!(ran.stderr.contains("sandbox"), "{code}: {}", ran.stderr);
    }
    let ran = ran(weave().args(["--sandbox", "-e", "stdin *> print"]).write_stdin("a\n"));
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), "a\n"));
}

#[test]
fn errors_about_data_name_both_places() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("bad.csv"), "a,b\n1,2\n3\n").expect("a file");
    let text = ran(weave().current_dir(folder.path()).args(["-e", "read(\"bad.csv\") *> print"]));
    assert_eq!(text.code, Some(1));
    assert!(text.stderr.contains("bad.csv:3"), "{}", text.stderr);
    let json =
        ran(weave().current_dir(folder.path()).args(["--error-format=json", "-e", "read(\"bad.csv\") *> print"]));
    let object: serde_json::Value = serde_json::from_str(&json.stderr).expect("an object");
    assert!(object["data"].as_str().is_some_and(|place| place.starts_with("bad.csv:3")), "{}", json.stderr);
}

#[test]
fn a_session_previews_a_stream_and_leaves_it_whole() {
    let entries = "s = 1.. *> ^{ it * 2 }\ns\nt = take(s, 3)\nt |> collect\n";
    let ran = ran(weave().arg("repl").write_stdin(entries));
    assert_eq!(ran.stdout, "<stream [2, 4, 6, 8, 10] …>\n[2, 4, 6]\n", "{}", ran.stderr);
}
