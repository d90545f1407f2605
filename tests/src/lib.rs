//! The harness of the language suite: it finds the programs, reads the marks
//! that say what each must do, runs them in every mode, and compares.
//!
//! A program says what it must do where it does it: `# => text` ends a line
//! that prints `text`, `# error: text` the line that fails when it runs, and
//! `# compile error: text` a line that does not compile.
//!
//! ```
//! use weave_tests::mark::Marks;
//!
//! let marks = Marks::read("print(1 + 1) # => 2\n").unwrap();
//! assert_eq!(marks.printed, ["2"]);
//! ```
#![forbid(unsafe_code)]

pub mod block;
pub mod chains;
pub mod check;
pub mod edits;
pub mod facts;
pub mod file;
pub mod fuzzing;
pub mod generated;
pub mod host;
pub mod hostile;
pub mod mark;
pub mod measure;
pub mod mode;
pub mod mutants;
pub mod random;
pub mod resident;
pub mod runner;
pub mod splice;
