//! The example does what it says.

use std::process::Command;

fn run(script: &str) -> (String, String, bool) {
    let output = Command::new(env!("CARGO_BIN_EXE_weave-example-at-run-time")).arg(script).output().expect("it starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr), output.status.success())
}

#[test]
fn orders_are_priced() {
    let (out, err, fine) = run(concat!(env!("CARGO_MANIFEST_DIR"), "/../prices.wv"));
    assert!(fine, "{err}");
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!((lines[0], lines[2], lines.len()), ("order 0: 21.72", "order 2: 0.00", 3));
    assert!(lines[1].ends_with("prices.wv:11: nut: only 40 left (:user)"), "{out}");
}

#[test]
fn a_script_that_never_ends_is_stopped() {
    let folder = env!("CARGO_TARGET_TMPDIR");
    for (name, source, said) in [
        ("endless", "while true { }", "the time limit is reached (:timeout)"),
        ("greedy", "s = \"0123456789abcdef\"\nwhile true { s = s + s }", "the memory limit is reached (:memory)"),
        ("curious", "read(\"/etc/passwd\")", "`read`"),
        ("deep", "fn f() { f() + 1 }\nf()", "(:memory)"),
    ] {
        let path = format!("{folder}/{name}.wv");
        std::fs::write(&path, source).expect("a file");
        let (out, err, fine) = run(&path);
        assert!(!fine && err.contains(said), "{name}: {out}{err}");
    }
}
