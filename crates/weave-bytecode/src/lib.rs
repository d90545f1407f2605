//! weave-bytecode
#![forbid(unsafe_code)]
pub mod signature;
pub mod span;
