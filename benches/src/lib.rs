//! Benchmarks of Weave: `cargo bench -p weave-benches`.
//!
//! `benches/phases.rs` times lexing, parsing, compiling, loading and running one
//! generated program; `benches/closures.rs` times the calls and closures of
//! [`mod@patterns`] beside twins that do without; `benches/programs.rs` runs the
//! [`mod@programs`] at small sizes. `peers/run.py` times whole programs beside
//! other languages. [`mod@count`] counts what programs take instead of timing them.
#![forbid(unsafe_code)]

pub mod count;
pub mod patterns;
pub mod phases;
pub mod prepared;
pub mod programs;
