//! Names of one compilation, interned: the only file that knows `lasso`.
//! A chunk carries text, never these.

use lasso::{Rodeo, Spur};
use rustc_hash::FxBuildHasher;
use std::fmt;

/// An interned identifier of one source.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct Name(Spur);

/// Every identifier of one source.
pub struct Names {
    rodeo: Rodeo<Spur, FxBuildHasher>,
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Names({})", self.rodeo.len())
    }
}

impl Default for Names {
    fn default() -> Names {
        Names { rodeo: Rodeo::with_hasher(FxBuildHasher) }
    }
}

impl Names {
    /// The name of this text: equal texts give equal names.
    pub fn intern(&mut self, text: &str) -> Name {
        Name(self.rodeo.get_or_intern(text))
    }

    /// The name of this text, where something interned it.
    pub fn get(&self, text: &str) -> Option<Name> {
        self.rodeo.get(text).map(Name)
    }

    /// The text of a name.
    pub fn text(&self, name: Name) -> &str {
        self.rodeo.resolve(&name.0)
    }
}
