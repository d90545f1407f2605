//! The machine that runs Weave chunks.

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
mod result;
mod roots;
mod run;
mod scope;
mod scratch;
mod seen;
mod set;
mod text;
mod value;
pub mod vm;
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
pub use result::Arguments;
pub use scope::Scope;
pub use vm::{Program, SlotMap, Vm};
