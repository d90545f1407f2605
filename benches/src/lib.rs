//! Benchmarks of Weave: `cargo bench -p weave-benches`.
//!
//! `benches/phases.rs` times lexing, parsing, compiling, loading and running one
//! generated program; `benches/closures.rs` times calls, closures and captured
//! variables beside twins that do without; `benches/programs.rs` runs the programs of `programs/` at
//! small sizes. `peers/run.py` times whole programs beside other languages.
#![forbid(unsafe_code)]
