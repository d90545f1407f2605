//! The constants of one prototype, each kept once.

/// A constant.
#[derive(Clone, PartialEq, Debug)]
pub enum Constant {
    /// An integer.
    Int(i64),
    /// A float; told apart by its bits, so `-0.0` is not `0.0`.
    Float(f64),
    /// Text: a string, a symbol, a key, a name for a message, a format.
    Text(Box<str>),
    /// The keys of a container literal, `None` for a bare value, or the names
    /// of named arguments.
    Keys(Box<[Option<Box<str>>]>),
}

impl Constant {
    /// Whether both are the same constant, floats compared by bits.
    pub fn same(&self, other: &Constant) -> bool {
        match (self, other) {
            (Constant::Float(a), Constant::Float(b)) => a.to_bits() == b.to_bits(),
            (a, b) => a == b,
        }
    }
}
