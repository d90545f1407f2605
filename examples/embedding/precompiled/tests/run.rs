//! The example does what it says, and refuses what is no chunk.

use std::fs;
use std::process::Command;
use weave_bytecode::serial;
use weave_compiler::{Mode, Options, compile, declaration};

/// As `weave compile --module --host …` makes it.
fn chunk(source: &str, host: &[&str]) -> Vec<u8> {
    let mut core = weave_vm::Vm::new().signatures();
    for text in host {
        core.push(declaration(text, &core).expect("a signature"));
    }
    let options = Options { core: &core, mode: Mode::Module, ..Options::default() };
    let compiled = compile(source, "prices.wv", &options).expect("it compiles");
    serial::write(&compiled.chunk).expect("it is small")
}

fn run(name: &str, bytes: &[u8]) -> (String, String, bool) {
    let path = format!("{}/{name}.wvb", env!("CARGO_TARGET_TMPDIR"));
    fs::write(&path, bytes).expect("a file");
    let output = Command::new(env!("CARGO_BIN_EXE_weave-example-precompiled")).arg(path).output().expect("it starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr), output.status.success())
}

#[test]
fn a_chunk_is_run_and_called() {
    let source = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../prices.wv")).expect("the script");
    let (out, err, fine) = run("prices", &chunk(&source, &["stock(article)"]));
    assert!(fine, "{err}");
    let wanted =
        "10 bolts cost 119 cents\n200 bolts cost 2142 cents\n50000 bolts: bolt: only 10000 left\nVAT is 19 %\n";
    assert_eq!(out, wanted);
}

#[test]
fn what_is_no_chunk_is_refused() {
    let good = chunk("totals = 1", &[]);
    let lacking = chunk("fn total(order) { launch(order) }", &["launch(order)"]);
    for (name, bytes, said) in [
        ("empty", &[][..], "not a Weave chunk"),
        ("cut", &good[..good.len() - 3], "cut off"),
        ("lacking", &lacking, "launch"),
        ("other", &good, "no top-level value `total`"),
    ] {
        let (out, err, fine) = run(name, bytes);
        assert!(!fine && err.contains(said), "{name}: {out}{err}");
    }
}
