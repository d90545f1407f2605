//! From Weave source to a chunk: parser, resolver and code generation.
//!
//! ```
//! use weave_compiler::{Options, compile};
//!
//! let compiled = compile("let x = 6\nlet y = x * 7", "example.wv", &Options::default());
//! assert!(compiled.is_ok());
//! let errors = compile("print(totla)", "example.wv", &Options::default()).unwrap_err();
//! assert_eq!(errors.len(), 2); // neither name is known without core functions
//! ```
#![forbid(unsafe_code)]

pub mod ast;
mod codegen;
mod compile;
mod declare;
pub mod error;
mod options;
pub mod parser;
pub mod resolve;
pub mod symbols;
mod walk;

#[doc(hidden)]
pub use compile::chunk_of;
pub use compile::{Compiled, compile};
pub use declare::declaration;
pub use options::{OptFlags, Options, Session};
pub use resolve::{LAST_VALUE, Mode, Slot};
