//! Instructions and allocations of the patterns and the programs: counts that are
//! the same in every run, so a change of a few per cent shows.
//!
//! The `instructions` command runs itself under callgrind (`measure`), keeps the
//! counts in `benches/instructions.txt` (`record`), and fails where one rose
//! (`guard`), against that record or against the parent commit (`parent`).

pub mod callgrind;
pub mod fingerprint;
pub mod guard;
pub mod measure;
pub mod parent;
pub mod record;
pub mod table;

/// What went wrong, in words for the user.
pub type Result<T> = std::result::Result<T, String>;
