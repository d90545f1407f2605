//! Files: whole or not at all, permissions, links, open files, the sandbox.

mod common;

use common::{folder, machine, prints, run, run_in, run_with};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

#[test]
fn a_failed_write_leaves_the_old_file_and_nothing_else() {
    let folder = folder();
    let path = folder.path().join("out.csv");
    fs::write(&path, "old\n").expect("a file");
    let ran = run(&format!("write('{}', 1.. *> ^{{ if it > 50000 {{ error(\"no\") }}\n [n: it] }})", path.display()));
    assert_eq!(ran.message(), "no");
    assert_eq!(fs::read_to_string(&path).expect("the old file"), "old\n");
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1, "no temporary file is left");
}

#[test]
fn permissions_and_links_are_kept() {
    let folder = folder();
    let (path, link) = (folder.path().join("a.txt"), folder.path().join("link.txt"));
    fs::write(&path, "old").expect("a file");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("permissions");
    symlink(&path, &link).expect("a link");
    prints(&format!("write('{}', \"new\")", link.display()));
    assert_eq!(fs::read_to_string(&path).expect("the file"), "new");
    assert!(fs::symlink_metadata(&link).expect("the link").is_symlink());
    assert_eq!(fs::metadata(&path).expect("the file").permissions().mode() & 0o777, 0o640);
}

#[test]
fn every_format_is_written_and_read_again() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let source = format!(
        "write('{0}', [1, \"b\"], :lines)\nprint(read('{0}', :lines) |> collect)\n\
         write('{1}', 1..4 *> ^{{ [n: it] }})\nprint(read('{1}') *> .n |> collect)\n\
         write('{2}', 1.. *> ^{{ it * it }} |> take(3))\nprint(read('{2}'))\n\
         write('{3}', [[a: 1, b: \"x\ty\"]])\nprint(read('{3}') |> first)\n\
         write('{4}', read('{1}', :binary), :binary)\nprint(len(read('{4}', :binary)))",
        path("lines"),
        path("rows.jsonl"),
        path("list.json"),
        path("table.tsv"),
        path("bytes")
    );
    assert_eq!(prints(&source), "[\"1\", \"b\"]\n[1, 2, 3]\n[1, 4, 9]\n[a: 1, b: \"x\\ty\"]\n24");
}

#[test]
fn a_function_is_a_format() {
    assert_eq!(prints("print(parse(\"1 2 3\", ^{ words(it) *> int }))"), "[1, 2, 3]");
    assert_eq!(prints("print(format([1, 2], ^{ join(it, \"-\") }))"), "1-2");
    let ran = run("format([1], ^{ it })");
    assert!(ran.message().contains("must be a string, not container"), "{}", ran.message());
}

#[test]
fn open_files() {
    let folder = folder();
    let path = folder.path().join("log.txt").display().to_string();
    let source = format!(
        "f = open('{path}', :write)\nwrite(f, \"one\\n\")\nwrite(f, [\"two\"], :lines)\nclose(f)\n\
         g = open('{path}', :append)\nwrite(g, \"three\\n\")\nclose(g)\n\
         print(open('{path}') *> upper |> collect)\nh = open('{path}')\nprint(first(h))\nread(h)"
    );
    let ran = run(&source);
    assert_eq!(ran.printed, "[\"ONE\", \"TWO\", \"THREE\"]\none\n", "{}", ran.message());
    assert!(ran.message().contains("not open for reading"), "{}", ran.message());
    let ran = run(&format!("f = open('{path}')\nwrite(f, \"x\")"));
    assert!(ran.message().contains("not open for writing"), "{}", ran.message());
    let ran = run("write(open('/dev/full', :write), repeat(\"x\", 100000))");
    assert!(ran.message().contains("no space"), "{}", ran.message());
}

#[test]
fn errors_of_the_system_name_the_file() {
    for (source, words) in [
        ("read('/no/such/file.csv')", "/no/such/file.csv"),
        ("write('/no/such/folder/x.txt', \"x\")", "/no/such/folder/x.txt"),
        ("read('/')", "directory"),
        ("write('/tmp', \"x\")", "directory"),
        ("open('x', :sideways)", "mode must be"),
        ("read('x.toml')", ".toml"),
    ] {
        let ran = run(source);
        assert!(ran.message().contains(words), "{source}: {}", ran.message());
    }
}

#[test]
fn arguments_and_environment_are_values() {
    let ran = run_with("args << \"c\"\nprint(args, args[0], type(env.PATH))", &["a", "b"]);
    assert_eq!(ran.printed, "[\"a\", \"b\", \"c\"] a string\n", "{}", ran.message());
}

#[test]
fn a_sandbox_reaches_nothing() {
    for source in [
        "read('/dev/null')",
        "write('/tmp/weave_sandbox', \"x\")",
        "open('/dev/null')",
        "glob('/*')",
        "env",
        "clock()",
        "run([\"true\"])",
    ] {
        let ran = run_in(machine(&[], true), source);
        assert!(ran.message().contains("sandbox"), "{source}: {}", ran.message());
    }
    let ran = run_in(machine(&["x"], true), "print(args, parse(\"[1]\", :json))");
    assert_eq!(ran.printed, "[\"x\"] [1]\n", "{}", ran.message());
}

#[test]
fn whole_files_count_against_the_memory_limit() {
    let folder = folder();
    let path = folder.path().join("large.txt");
    fs::write(&path, "0123456789abcde\n".repeat(1 << 20)).expect("a file");
    let limited = || {
        let mut vm = machine(&[], false);
        vm.set_limits(weave_vm::limits::Limits { memory: 8 << 20, ..Default::default() });
        vm
    };
    for source in ["read('PATH')", "format(read('PATH', :lines), :lines)", "read('PATH', :binary)"] {
        let ran = run_in(limited(), &source.replace("PATH", &path.display().to_string()));
        assert!(ran.message().contains("memory limit"), "{source}: {}", ran.message());
    }
    // A stream over the same file needs hardly any.
    let source = "for round in 0..20 { for line in read('PATH', :lines) |> take(10) { line } }\n\
                  print(read('PATH', :lines) |> count)";
    let ran = run_in(limited(), &source.replace("PATH", &path.display().to_string()));
    assert_eq!(ran.printed, "1048576\n", "{}", ran.message());
}
