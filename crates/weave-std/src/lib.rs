//! Files, data formats and the environment for Weave programs.
//!
//! A machine has none of this until [`register`] gives it to it; an embedder that
//! leaves this crate out leaves all of it out.
//!
//! ```
//! let mut vm = weave_vm::Vm::new();
//! weave_std::register(&mut vm, weave_std::Access { args: vec!["sales.csv".into()], sandbox: false });
//! assert!(vm.signatures().iter().any(|s| &*s.name == "read"));
//! ```
#![forbid(unsafe_code)]

mod access;
pub mod atomic;
mod declare;
mod env;
mod file;
mod formats;
mod glob;
pub mod import;
mod input;
mod options;
mod pattern;
mod read;
mod register;
pub mod shell;
mod write;

pub use access::Access;
pub use register::{VALUES, register};
