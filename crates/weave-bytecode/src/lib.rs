//! The ground that Weave's compiler and machine share: spans, the table of
//! opcodes, prototypes, chunks and their files, the listing and the verifier.
//! Nothing here runs a program.
#![forbid(unsafe_code)]

pub mod chunk;
pub mod constant;
pub mod decode;
pub mod disasm;
pub mod operand;
pub mod ops;
pub mod position;
pub mod prototype;
pub mod serial;
pub mod signature;
pub mod span;
pub mod verify;
