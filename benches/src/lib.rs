//! Benchmarks of Weave: `cargo bench -p weave-benches`.
//!
//! `benches/phases.rs` times lexing, parsing, compiling, loading and running one
//! generated program; `benches/programs.rs` runs the programs of `programs/` at
//! small sizes. `peers/run.py` times whole programs beside other languages.
#![forbid(unsafe_code)]
