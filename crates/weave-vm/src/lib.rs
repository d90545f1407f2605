//! The machine that runs Weave chunks.

pub mod access;
mod display;
mod equality;
pub mod error;
mod format;
mod frame;
mod heap;
mod interp;
pub mod limits;
mod load;
pub mod loaded;
pub mod native;
mod natives;
mod number;
mod object;
#[cfg(feature = "profile")]
pub mod profile;
mod roots;
mod rows;
mod scratch;
mod seen;
mod set;
mod text;
mod value;
pub mod vm;
pub mod walk;

pub use heap::Stats;
pub use object::host::HostObject;
pub use object::range::Range;
pub use vm::{Program, SlotMap, Vm};
