//! weave-compiler
#![forbid(unsafe_code)]
pub mod ast;
pub mod error;
pub mod parser;
pub mod resolve;
pub mod symbols;
