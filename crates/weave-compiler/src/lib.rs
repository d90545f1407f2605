//! weave-compiler
#![forbid(unsafe_code)]
pub mod ast;
pub mod symbols;
