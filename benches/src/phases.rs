//! Generated programs through every phase: what `benches/phases.rs` times, and what
//! compiling, reading, verifying and starting a chunk takes in instructions.

use std::fmt::Write;
use std::sync::Arc;
use weave_bytecode::chunk::Chunk;
use weave_bytecode::serial;
use weave_bytecode::verify::verify;
use weave_compiler::{Options, compile};
use weave_vm::Vm;

/// Functions with what scripts are made of: arithmetic, conditions, loops,
/// containers, pipelines, interpolation.
pub fn program(functions: usize) -> String {
    let mut source = String::new();
    for i in 0..functions {
        let _ = write!(
            source,
            "fn work_{i}(xs, limit: {i}) {{\n  total = 0\n  for x in xs {{\n    if x > limit and x % 3 == 0 {{ total += x * 2 }} else {{ total -= 1 }}\n  }}\n  \
             row = [name: \"row {i}\", total: total, tags: [:a, :b]]\n  \"{{row.name}}: {{row.total:>8}}\"\n}}\n"
        );
    }
    source.push_str("[1, 2, 3] *> ^(x) { x * 2 } ?> ^(x) { x > 2 } &> ^(acc: 0, x) { acc + x }\n");
    source
}

/// A small script that does a little work.
const SMALL: &str = "fn add(totals: [], row) {\n  totals[row.region] = (totals[row.region] ?? 0) + row.units * row.price\n  totals\n}\n\
    rows = (0..30) *> ^(i) { [region: \"region {i % 3}\", units: i, price: 1.5] }\n\
    totals = rows ?> ^{ it.units > 3 } &> add\nfor name, total in totals { print(\"{name:<10} {total:>8.2f}\") }\n";

/// What a row measures.
#[derive(Clone, Copy, Debug)]
pub enum Phase {
    /// From source to a chunk.
    Compile,
    /// From a file to a chunk.
    Read,
    /// Verifying.
    Verify,
    /// Reading, loading, which verifies, and running.
    Start,
}

impl Phase {
    /// Rows of this phase, each with its program: 200 functions, and the small script.
    pub fn rows() -> Vec<(String, Phase, String)> {
        let phases =
            [("compile", Phase::Compile), ("read", Phase::Read), ("verify", Phase::Verify), ("start", Phase::Start)];
        let programs = [("functions", program(200)), ("small", SMALL.to_owned())];
        let row = |(name, source): (&str, String)| {
            phases.map(|(phase, what)| (format!("chunk/{name}/{phase}"), what, source.clone()))
        };
        programs.into_iter().flat_map(row).collect()
    }

    /// The work of a row, ready to be done.
    ///
    /// # Panics
    /// Where the program does not compile or run: these do.
    pub fn prepare(self, source: String) -> Box<dyn FnMut()> {
        let mut vm = Vm::new();
        let core = vm.signatures();
        let compiled = move || {
            let options = Options { core: &core, ..Options::default() };
            match compile(&source, "phases.wv", &options) {
                Ok(compiled) => compiled.chunk,
                Err(errors) => panic!("{errors:?}\n{source}"),
            }
        };
        if let Phase::Compile = self {
            // Not once before: the counter watches each time.
            return Box::new(move || drop(compiled()));
        }
        let chunk = compiled();
        let file = serial::write(&chunk).unwrap_or_default();
        match self {
            Phase::Compile | Phase::Read => Box::new(move || drop(read(&file))),
            Phase::Verify => Box::new(move || assert!(verify(&chunk).is_ok())),
            Phase::Start => Box::new(move || {
                let chunk = Arc::new(read(&file));
                let done = vm.load(&chunk, None).and_then(|program| vm.run(program));
                assert!(done.is_ok(), "{done:?}");
            }),
        }
    }
}

fn read(file: &[u8]) -> Chunk {
    match serial::read(file) {
        Ok(chunk) => chunk,
        Err(error) => panic!("{error}"),
    }
}
