//! Compiled chunks on the command line: made, run, listed, checked, refused.

use assert_cmd::Command;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use weave_bytecode::chunk::Chunk;
use weave_bytecode::ops::Instr;
use weave_bytecode::prototype::Prototype;
use weave_bytecode::serial::{read, write};

struct Ran {
    code: Option<i32>,
    stdout: Vec<u8>,
    stderr: String,
}

impl Ran {
    fn out(&self) -> &str {
        std::str::from_utf8(&self.stdout).expect("UTF-8")
    }
}

/// A folder with one script, `script.wv`, where commands run.
struct Folder(TempDir);

impl Folder {
    fn with(script: &str) -> Folder {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("script.wv"), script).expect("a file");
        Folder(folder)
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn weave(&self, arguments: &[&str]) -> Ran {
        self.weave_with(arguments, b"")
    }

    fn weave_with(&self, arguments: &[&str], stdin: &[u8]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_weave"));
        command.env_remove("NO_COLOR").env("TERM", "xterm").current_dir(self.0.path());
        let output = command.args(arguments).write_stdin(stdin).output().expect("weave starts");
        let stderr = String::from_utf8(output.stderr).expect("UTF-8");
        Ran { code: output.status.code(), stdout: output.stdout, stderr }
    }

    /// Compiles the script to `out.wvb`, with further arguments.
    fn compile(&self, more: &[&str]) -> Vec<u8> {
        let mut arguments = vec!["compile", "script.wv", "-o", "out.wvb"];
        arguments.extend(more);
        let ran = self.weave(&arguments);
        assert_eq!((ran.code, ran.out(), ran.stderr.as_str()), (Some(0), "", ""));
        fs::read(self.path("out.wvb")).expect("the chunk")
    }
}

const FAILS: &str = "fn add(a, b) {\n  a + b\n}\nfn sum(xs) {\n  total = add(0, xs[0])\n  for i in 1..2 { total = add(total, xs[i]) }\n  total\n}\nprint(args)\nprint(sum([1, \"x\"]))\n";

#[test]
fn a_chunk_runs_like_its_source() {
    let folder = Folder::with(FAILS);
    let file = folder.compile(&[]);
    let source = folder.weave(&["script.wv", "--a", "b"]);
    assert_eq!((source.code, source.out()), (Some(1), "[\"--a\", \"b\"]\n"));
    assert!(source.stderr.contains("script.wv:2:3"), "{}", source.stderr);
    // Told by its first bytes, whatever its name is, from a file and from stdin.
    fs::copy(folder.path("out.wvb"), folder.path("renamed.wv")).expect("a copy");
    for arguments in
        [&["out.wvb", "--a", "b"][..], &["run", "out.wvb", "--a", "b"], &["renamed.wv", "--a", "b"], &["-", "--a", "b"]]
    {
        let ran = folder.weave_with(arguments, &file);
        assert_eq!((ran.code, ran.out(), &ran.stderr), (source.code, source.out(), &source.stderr), "{arguments:?}");
    }
    let json = |file| folder.weave(&["--error-format=json", file]).stderr;
    assert_eq!(json("out.wvb"), json("script.wv"));
}

#[test]
fn a_stripped_chunk_names_function_and_kind() {
    let folder = Folder::with(FAILS);
    let (whole, stripped) = (folder.compile(&[]), folder.compile(&["--strip"]));
    assert!(stripped.len() < whole.len() * 3 / 4, "{} of {}", stripped.len(), whole.len());
    let ran = folder.weave(&["out.wvb"]);
    assert_eq!((ran.code, ran.out()), (Some(1), "[]\n"));
    for part in
        ["`+` does not work on int and string", "kind: type", "add          script.wv", "sum          script.wv"]
    {
        assert!(ran.stderr.contains(part), "{part} is missing in\n{}", ran.stderr);
    }
    assert!(!ran.stderr.contains("a + b") && !ran.stderr.contains(":0"), "{}", ran.stderr);
    let json: serde_json::Value =
        serde_json::from_str(&folder.weave(&["--error-format=json", "out.wvb"]).stderr).expect("JSON");
    assert_eq!(json["kind"], "type");
    assert_eq!(json["trace"][0]["function"], "add");
    // A chunk can be stripped later, with the same result.
    fs::write(folder.path("whole.wvb"), &whole).expect("a file");
    let again = folder.weave(&["compile", "whole.wvb", "--strip", "-o", "-"]);
    assert_eq!((again.code, again.stdout), (Some(0), stripped));
    assert_eq!(folder.weave(&["compile", "whole.wvb", "-o", "-"]).code, Some(2));
}

#[test]
fn a_caught_error_of_a_stripped_chunk_has_no_line() {
    let folder = Folder::with("fn f(x) { x + 1 }\ntry { f(:a) } catch e { print(e.line, e.kind, e.trace) }\n");
    folder.compile(&["--strip"]);
    let ran = folder.weave(&["out.wvb"]);
    assert_eq!(ran.out(), "nil type [\"f (script.wv)\", \"the program (script.wv)\"]\n", "{}", ran.stderr);
}

#[test]
fn every_damage_ends_with_3_and_says_what_it_is() {
    let folder = Folder::with("print(1)\n");
    let file = folder.compile(&[]);
    let run = |bytes: &[u8]| {
        fs::write(folder.path("bad.wvb"), bytes).expect("a file");
        for command in [&["bad.wvb"][..], &["run", "bad.wvb"], &["check", "bad.wvb"], &["profile", "bad.wvb"]] {
            let ran = folder.weave(command);
            assert_eq!((ran.code, ran.out()), (Some(3), ""), "{command:?}: {}", ran.stderr);
            assert!(ran.stderr.contains("bad.wvb: "), "{}", ran.stderr);
        }
        folder.weave(&["bad.wvb"]).stderr
    };
    assert!(run(&file[..50]).contains("the chunk is cut off: it has 50 of"));
    let mut changed = file.clone();
    changed[40] ^= 1;
    assert!(run(&changed).contains("its checksum does not fit"));
    let mut version = file.clone();
    version[8] = 9;
    let said = run(&version);
    assert!(said.contains("format version 9") && said.contains("understands version 1"), "{said}");
    assert!(said.contains("help: compile the source again"), "{said}");
    // Well-formed, but no machine may run it.
    let mut chunk = read(&file).expect("a chunk");
    chunk.prototypes[0].code[0] = 0xffff;
    let bytes = write(&chunk).expect("a file");
    assert!(run(&bytes).contains("no opcode has the number 65535"));
    // Its listing is shown all the same.
    let listed = folder.weave(&["disasm", "bad.wvb"]);
    assert_eq!(listed.code, Some(3));
    assert!(listed.out().contains("no opcode has the number 65535"), "{}", listed.out());
    assert!(listed.stderr.contains("no machine runs this chunk"), "{}", listed.stderr);
    assert_eq!(folder.weave(&["disasm", "no-such.wvb"]).code, Some(2));
}

#[test]
fn functions_that_the_host_lacks_are_listed() {
    let folder = Folder::with("");
    let mut program = Prototype { registers: 1, ..Prototype::default() };
    program.emit(Instr::ReturnNil {});
    let natives = vec!["print".into(), "teleport".into(), "levitate".into()];
    let chunk = Chunk { name: "x.wv".into(), prototypes: vec![program], natives, ..Chunk::default() };
    fs::write(folder.path("needs.wvb"), write(&chunk).expect("a file")).expect("a file");
    for command in [&["needs.wvb"][..], &["check", "needs.wvb"]] {
        let ran = folder.weave(command);
        assert_eq!(ran.code, Some(3));
        let expected = "the host lacks functions that the program needs: teleport, levitate";
        assert!(ran.stderr.contains(expected), "{}", ran.stderr);
    }
}

#[test]
fn a_chunk_obeys_limits_and_sandbox() {
    let folder = Folder::with("print(args)\nwhile true { }\n");
    folder.compile(&[]);
    let ran = folder.weave(&["--max-steps", "1000", "out.wvb"]);
    assert_eq!((ran.code, ran.out()), (Some(1), "[]\n"));
    assert!(ran.stderr.contains("the limit of 1000 steps is reached"), "{}", ran.stderr);
    let folder = Folder::with("print(read(\"script.wv\"))\n");
    folder.compile(&[]);
    assert_eq!(folder.weave(&["out.wvb"]).code, Some(0));
    let ran = folder.weave(&["--sandbox", "out.wvb"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("can't be used in a sandbox"), "{}", ran.stderr);
}

#[test]
fn a_chunk_is_listed_and_profiled_like_its_source() {
    let folder = Folder::with("fn twice(x) { x * 2 }\nprint([1, 2] *> twice)\n");
    folder.compile(&[]);
    assert_eq!(folder.weave(&["disasm", "out.wvb"]).out(), folder.weave(&["disasm", "script.wv"]).out());
    let functions = |file: &str| {
        let report = folder.weave(&["profile", "--format", "json", file]).stderr;
        let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
        let functions = report["functions"].as_array().expect("a list").clone();
        let mut rows: Vec<String> =
            functions.iter().map(|f| format!("{} {} {}", f["name"], f["line"], f["calls"])).collect();
        rows.sort();
        rows
    };
    let expected = functions("script.wv");
    assert!(expected.contains(&"\"twice\" 1 2".to_owned()), "{expected:?}");
    assert_eq!(functions("out.wvb"), expected);
    folder.compile(&["--strip"]);
    assert!(functions("out.wvb").contains(&"\"twice\" null 2".to_owned()), "{:?}", functions("out.wvb"));
}

#[test]
fn a_script_that_does_not_compile_writes_nothing() {
    let folder = Folder::with("print(nowhere)\n");
    fs::write(folder.path("out.wvb"), "kept").expect("a file");
    let ran = folder.weave(&["compile", "script.wv", "-o", "out.wvb"]);
    assert_eq!(ran.code, Some(3));
    assert!(ran.stderr.contains("nowhere"), "{}", ran.stderr);
    assert_eq!(fs::read(folder.path("out.wvb")).expect("a file"), b"kept");
    // Usage: no file to write, a folder, a folder that there is not.
    fs::write(folder.path("script.wv"), "1").expect("a file");
    for out in [&[][..], &["-o", "."], &["-o", "no/such/folder.wvb"]] {
        let arguments = [&["compile", "script.wv"], out].concat();
        let ran = folder.weave(&arguments);
        assert_eq!((ran.code, ran.out()), (Some(2), ""), "{arguments:?}: {}", ran.stderr);
        assert!(!ran.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_chunk_imports_what_its_source_imports() {
    let folder = Folder::with("import \"lib/m.wv\" as m\nprint(m.f(2))\n");
    fs::create_dir(folder.path("lib")).expect("a folder");
    fs::write(folder.path("lib/m.wv"), "fn f(x) { x + 1 }\n").expect("a file");
    for more in [&[][..], &["--strip"]] {
        folder.compile(more);
        let ran = folder.weave(&["out.wvb"]);
        assert_eq!((ran.code, ran.out()), (Some(0), "3\n"), "{}", ran.stderr);
    }
    assert!(Path::new(&folder.path("out.wvb")).exists());
}

/// The same chunk in a library: what the command line writes is what embedders read.
#[test]
fn a_machine_runs_what_the_command_line_wrote() {
    let folder = Folder::with("40 + 2\n");
    let chunk = read(&folder.compile(&[])).expect("a chunk");
    let mut vm = weave_vm::Vm::new();
    let program = vm.load(&Arc::new(chunk), None).expect("it loads");
    vm.run(program).expect("it runs");
}

/// What an embedder does with `examples/embedding/prices.wv`: compile it here for a program
/// that has `stock`, and run it there.
#[test]
fn a_script_for_another_program_is_compiled() {
    let script = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/embedding/prices.wv"));
    let folder = Folder::with(&script.expect("the example"));
    let ran = folder.weave(&["compile", "script.wv", "-o", "out.wvb"]);
    assert_eq!(ran.code, Some(3));
    assert!(ran.stderr.contains("nothing here is named `stock`"), "{}", ran.stderr);

    for more in [&["--strip"][..], &[]] {
        let bytes = folder.compile(&[&["--module", "--host", "stock(article)"], more].concat());
        assert!(read(&bytes).expect("a chunk").natives.iter().any(|name| &**name == "stock"));
        let mut vm = weave_vm::Vm::new();
        let error = vm.load_file(&bytes).expect_err("it has no `stock` yet");
        assert!(error.message.ends_with("that the program needs: stock"), "{}", error.message);
        vm.define("stock", ["article"], |article: &str| article.len() as i64 * 10).expect("it is declared");
        let program = vm.load_file(&bytes).expect("it loads");
        vm.run(program).expect("it runs");
        let total: weave_vm::Handle = vm.global(program, "total").expect("a function");
        let item = |units: i64| std::collections::BTreeMap::from([("units", units), ("price", 2)]);
        let error = vm.call::<i64>(&total, (vec![item(5)],)).expect_err("it has no article");
        assert!(error.message.contains("article"), "{}", error.message);
    }
    // The command line is not that program.
    for command in [&["out.wvb"][..], &["check", "out.wvb"]] {
        let ran = folder.weave(command);
        assert_eq!(ran.code, Some(3));
        assert!(
            ran.stderr.contains("needs: stock") && ran.stderr.contains("the program that provides"),
            "{}",
            ran.stderr
        );
    }
    assert_eq!(folder.weave(&["disasm", "out.wvb"]).code, Some(0));
}

#[test]
fn functions_of_a_host_are_declared_as_the_language_does() {
    let folder = Folder::with("log(1, \"a\", level: 2)\nprint(now(), 7)\n");
    let host = |host: &[&str]| {
        let mut words = vec!["compile", "script.wv", "-o", "out.wvb"];
        host.iter().for_each(|text| words.extend(["--host", text]));
        folder.weave(&words)
    };
    let ran = host(&["log(*words, level: 1)"]);
    assert_eq!((ran.code, ran.stderr.contains("`*rest` stands last")), (Some(2), true), "{}", ran.stderr);
    // Several, of which the last may stand for one that there is.
    let ran = host(&["log(level: nil, *words)", "now()", "print(time, n)"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    let ran = host(&["log(level: nil, *words)", "now(zone)"]);
    assert_eq!(ran.code, Some(3));
    assert!(ran.stderr.contains("now"), "{}", ran.stderr);
    for (text, said) in [
        ("now", "the signature is cut off"),
        ("now(", "the signature is cut off"),
        ("now([a])", "a parameter of a host's function is a name"),
        ("now(zone: local)", "nothing here is named `local`"),
        ("now() { } fn log()", "this is no signature of a function"),
        ("", "cut off"),
    ] {
        let ran = host(&[text]);
        assert_eq!(ran.code, Some(2), "{text}");
        assert!(ran.stderr.contains(said) && ran.stderr.contains("help: "), "{text}: {}", ran.stderr);
        assert!(!ran.stderr.contains("{ }") || text.contains("{ }"), "{text}: {}", ran.stderr);
    }
    // A chunk is compiled already.
    let bytes = Folder::with("1\n").compile(&[]);
    fs::write(folder.path("chunk.wvb"), bytes).expect("a file");
    for more in [&["--module"][..], &["--host", "now()"]] {
        let ran = folder.weave(&[&["compile", "--strip", "chunk.wvb", "-o", "again.wvb"], more].concat());
        assert_eq!((ran.code, ran.stderr.contains("compiled already")), (Some(2), true), "{}", ran.stderr);
    }
}

/// A chunk of a module has the names that nothing in it uses.
#[test]
fn a_module_keeps_its_names() {
    let folder = Folder::with("rate = 0.19\nfn tax(x) { x * 2 }\n");
    for (more, has) in [(&[][..], false), (&["--module"], true)] {
        let bytes = folder.compile(more);
        let mut vm = weave_vm::Vm::new();
        let program = vm.load_file(&bytes).expect("it loads");
        vm.run(program).expect("it runs");
        assert_eq!(vm.global::<f64>(program, "rate").is_ok(), has);
        assert_eq!(vm.global::<weave_vm::Handle>(program, "tax").is_ok(), has);
    }
}
