//! What the standard library does at the edge of a program: imports that fail,
//! commands that are stopped, and the sandbox.
#![forbid(unsafe_code)]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{fs, thread};
use weave_compiler::{Options, compile};
use weave_std::{import, shell};
use weave_tests::file;
use weave_tests::mode::Mode;
use weave_tests::runner::run_source;
use weave_vm::Vm;
use weave_vm::error::{ErrorKind, RuntimeError};
use weave_vm::limits::Reason;

fn failure(mut vm: Vm, source: &str) -> Box<RuntimeError> {
    let core = vm.signatures();
    let options = Options { core: &core, ..Options::default() };
    let chunk = compile(source, "test", &options).expect("it compiles").chunk;
    let program = vm.load(&Arc::new(chunk), None).expect("it loads");
    vm.run(program).expect_err("it fails")
}

fn with_shell() -> Vm {
    let mut vm = Vm::new();
    for native in shell::natives() {
        vm.register(native);
    }
    vm
}

#[test]
fn a_file_that_does_not_compile_says_where() {
    let importer = file::home().join("language/imports/broken.wv");
    let outcome = run_source("x = 1\nimport \"lib/broken.wv\" as b", &importer, Mode::Normal);
    let (message, line) = outcome.error.expect("an error");
    assert_eq!(line, 2);
    assert!(message.contains("broken.wv` does not compile: ") && message.contains("broken.wv:1)"), "{message}");
}

#[test]
fn an_error_in_an_imported_file_stands_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("it is written");
    write("bad.wv", "fn f() {\n  1 // 0\n}\nx = 1\nf()\n");
    write("user.wv", "import \"bad.wv\" as bad");
    let outcome = weave_tests::runner::run(&folder.path().join("user.wv"), Mode::Normal).expect("it is read");
    let (message, line) = outcome.error.expect("an error");
    assert!(message.contains("division") && line == 2, "{message}, line {line}");
}

#[test]
fn a_failed_import_can_be_tried_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("flaky.wv");
    let mut vm = Vm::new();
    vm.register(import::native(Box::new(|source, name| {
        let options = Options { mode: weave_compiler::Mode::Module, ..Options::default() };
        let refusal = |_| import::Refusal { message: "no".to_owned(), place: name.to_owned() };
        compile(source, name, &options).map(|c| c.chunk).map_err(refusal)
    })));
    let source = "import \"flaky.wv\" as f";
    let name = folder.path().join("main.wv");
    let chunk = compile(source, &name.to_string_lossy(), &Options::default()).expect("it compiles").chunk;
    let program = vm.load(&Arc::new(chunk), None).expect("it loads");
    fs::write(&path, "x = 1 // 0").expect("it is written");
    for _ in 0..2 {
        assert_eq!(vm.run(program).expect_err("it fails").kind, ErrorKind::Zero);
    }
    fs::write(&path, "x = 1").expect("it is written");
    vm.run(program).expect("the file is mended");
    fs::write(&path, "x = 1 // 0").expect("it is written");
    vm.run(program).expect("a file that has run is not read again");
}

#[test]
fn a_waiting_command_ends_with_the_program() {
    let marker = tempfile::tempdir().expect("a folder");
    let late = marker.path().join("late");
    for (source, reason) in [
        (format!("`(sleep 1; touch {}) & sleep 30`", late.display()), Reason::Interrupt),
        ("run([\"sleep\", \"30\"])".to_owned(), Reason::Timeout),
        ("`exec >&- 2>&-; sleep 30`".to_owned(), Reason::Timeout),
    ] {
        let kind = if reason == Reason::Interrupt { ErrorKind::Interrupt } else { ErrorKind::Timeout };
        let vm = with_shell();
        let interrupt = vm.interrupt();
        let stopper = thread::spawn(move || {
            thread::sleep(Duration::from_millis(300));
            interrupt.set(reason);
        });
        let began = Instant::now();
        assert_eq!(failure(vm, &source).kind, kind, "{source}");
        assert!(began.elapsed() < Duration::from_secs(5), "{source} took {:?}", began.elapsed());
        stopper.join().expect("it has stopped the program");
    }
    thread::sleep(Duration::from_millis(1_200));
    assert!(!late.exists(), "what the command had started goes on");
}

#[test]
fn much_output_on_both_ways_does_not_block() {
    let source = "r = `head -c 300000 /dev/zero | tr '\\0' a; head -c 300000 /dev/zero | tr '\\0' b >&2`\n\
                  print(len(r.output), len(r.error))";
    let outcome = run_source(source, Path::new("test.wv"), Mode::Normal);
    assert_eq!((outcome.stdout.as_str(), outcome.error), ("300000 300000\n", None));
}

#[test]
fn output_that_is_no_text_stays_bytes() {
    let outcome = run_source("print(type(`printf '\\377'`.output))", Path::new("test.wv"), Mode::Normal);
    assert_eq!(outcome.stdout, "bytes\n");
}

#[test]
fn words_without_a_text_are_errors() {
    for source in ["`echo {nil}`", "`echo {[[1]]}`", "run([])", "run(\"ls\")", "run([nil])", "check(1)", "raw(nil)"] {
        assert!(failure(with_shell(), source).kind.is_catchable(), "{source}");
    }
    assert_eq!(failure(with_shell(), "`echo \\0{\"\\0\"}`").kind, ErrorKind::Value);
}

#[test]
fn the_sandbox_says_what_it_forbids() {
    let mut vm = Vm::new();
    for native in shell::forbidden() {
        vm.register(native);
    }
    let error = failure(vm, "`ls`");
    assert!(error.message.contains("sandbox forbids shell literals"), "{}", error.message);
    let mut vm = Vm::new();
    for native in shell::forbidden() {
        vm.register(native);
    }
    let error = failure(vm, "run([\"ls\"])");
    assert!(error.message.contains("sandbox forbids `run`"), "{}", error.message);
    let mut vm = Vm::new();
    vm.register(import::forbidden());
    let error = failure(vm, "import \"a.wv\" as a");
    assert!(error.message.contains("sandbox forbids `import`"), "{}", error.message);
}
