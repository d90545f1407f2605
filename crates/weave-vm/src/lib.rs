//! The machine that runs Weave chunks: load, verify, run, and call back and forth
//! between Rust and Weave. It reaches nothing outside itself; what a program may touch
//! is what its host registers.
//!
//! ```
//! use std::sync::Arc;
//! use weave_compiler::{Mode, Options, compile};
//! use weave_vm::{Handle, Limits, Vm};
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let mut vm = Vm::new();
//!     vm.set_output(Box::new(std::io::stderr()));
//!     vm.set_limits(Limits { memory: 64 << 20, ..Limits::default() });
//!     // A Rust function that scripts may call.
//!     vm.define("price", ["article"], |article: &str| match article {
//!         "tea" => Ok(4.5),
//!         other => Err(format!("there is no {other}")),
//!     })?;
//!
//!     // A script, compiled here; it may as well have been compiled elsewhere.
//!     let source = "fn total(order) { order *> ^{ price(it[0]) * it[1] } |> sum }";
//!     let core = vm.signatures();
//!     let options = Options { core: &core, mode: Mode::Module, ..Options::default() };
//!     let compiled = compile(source, "total.wv", &options);
//!     let chunk = Arc::new(compiled.map_err(|errors| errors[0].message.clone())?.chunk);
//!     let program = vm.load(&chunk, None)?;
//!     vm.run(program)?;
//!
//!     // A Weave function that Rust calls.
//!     let total: Handle = vm.global(program, "total")?;
//!     assert_eq!(vm.call::<f64>(&total, (vec![("tea", 2), ("tea", 1)],))?, 13.5);
//!     let error = vm.call::<f64>(&total, (vec![("gold", 1)],)).unwrap_err();
//!     assert_eq!((error.kind.name(), &*error.message), ("user", "there is no gold"));
//!     Ok(())
//! }
//! ```
//!
//! [`Vm`] is where a host begins; [`Scope`] reads and makes values; [`Handle`] keeps
//! them; [`FromValue`] and [`IntoValue`] say what Rust types become; [`native`] is for
//! functions that call functions; `docs/embedding.md` goes through all of it.

/// The programs of the guide are tests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/embedding.md")]
pub struct Guide;

mod access;
mod convert;
mod display;
mod equality;
pub mod error;
mod format;
mod frame;
mod function;
mod handle;
mod heap;
mod interp;
mod items;
pub mod limits;
mod load;
mod loaded;
pub mod native;
mod natives;
mod number;
mod object;
#[cfg(feature = "profile")]
pub mod profile;
mod program;
mod pull;
mod result;
mod roots;
mod rows;
mod run;
mod scope;
mod scratch;
mod seen;
mod set;
mod step;
mod switches;
mod text;
mod value;
mod vm;
pub mod walk;

pub use convert::{FromValue, IntoValue, Mismatch};
pub use error::{ErrorKind, Raise, RuntimeError};
pub use function::{HostFunction, Parameter, Rest};
pub use handle::Handle;
pub use heap::Stats;
pub use items::{Items, Iteration};
pub use limits::{Interrupt, Limits, Reason};
pub use native::{Container, Native, Step, Value};
pub use object::host::HostObject;
pub use object::range::Range;
pub use program::{Program, SlotMap};
pub use result::Arguments;
pub use scope::Scope;
pub use vm::Vm;
