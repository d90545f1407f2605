//! The interpreter. `dispatch.rs` fetches and dispatches; the bodies of the
//! opcodes live in the files of their themes. The rules that every body keeps:
//!
//! 1. A *fast* body works on the machine's registers alone and either finishes
//!    the instruction or changes nothing and asks for the slow one. In the
//!    tail-call form it is part of the handler, so it holds nothing that has a
//!    destructor and calls nothing that takes a local's address.
//! 2. A *slow* body finds the state in `vm.cur`, where `ip` stands behind the
//!    instruction's first word. It may allocate, call, move the stack and
//!    raise; what it leaves in `vm.cur` is where execution goes on.
//! 3. Collection happens before an allocation, while every input is still in a
//!    register, and never while a native or host code runs.
//! 4. A call may move the stack: no pointer into it is kept across one.
//! 5. Calls and taken back-edges count steps, and nothing else polls.

pub(crate) mod arith;
pub(crate) mod bind;
pub(crate) mod call;
pub(crate) mod cell;
pub(crate) mod chain;
pub(crate) mod compare;
pub(crate) mod container;
pub(crate) mod count;
pub(crate) mod dispatch;
mod drain;
pub(crate) mod field;
pub(crate) mod fused;
pub(crate) mod index;
pub(crate) mod iterate;
pub(crate) mod jump;
pub(crate) mod machine;
pub(crate) mod merge;
pub(crate) mod moves;
pub(crate) mod named;
pub(crate) mod native_step;
pub(crate) mod pipeline;
pub(crate) mod project;
pub(crate) mod sinks;
pub(crate) mod slice;
mod source;
pub(crate) mod stage;
pub(crate) mod throw;
mod trace;
