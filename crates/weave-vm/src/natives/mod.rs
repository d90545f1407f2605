//! The core functions, a file for each theme, one declaration each.

use crate::native::Native;

mod output;

/// Every core function.
pub(crate) fn all() -> Vec<Native> {
    [output::natives()].concat()
}
