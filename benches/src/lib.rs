//! Benchmarks of Weave: `cargo bench -p weave-benches`.
//!
//! `benches/phases.rs` times lexing, parsing, compiling, loading and running one
//! generated program; `benches/closures.rs` times the calls and closures of
//! [`mod@patterns`] beside twins that do without; `benches/programs.rs` runs the
//! [`mod@programs`] at small sizes. `peers/run.py` times whole programs beside
//! other languages.
#![forbid(unsafe_code)]

pub mod patterns;
pub mod prepared;
pub mod programs;
