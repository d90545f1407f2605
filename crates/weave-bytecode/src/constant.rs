//! The constants of one prototype, each kept once.

/// A constant. Floats are equal by their bits, so that each is kept and saved as it is.
#[derive(Clone, Debug)]
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

impl PartialEq for Constant {
    fn eq(&self, other: &Constant) -> bool {
        match (self, other) {
            (Constant::Int(a), Constant::Int(b)) => a == b,
            (Constant::Float(a), Constant::Float(b)) => a.to_bits() == b.to_bits(),
            (Constant::Text(a), Constant::Text(b)) => a == b,
            (Constant::Keys(a), Constant::Keys(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for Constant {}
