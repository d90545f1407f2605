//! The word that every heap object begins with.

/// What an object is: tells the collector where its references lie.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Kind {
    /// Never allocated: filled in when freed cells are poisoned.
    #[allow(dead_code, reason = "the value of zeroed and poisoned memory")]
    Free = 0,
    Text,
    Bytes,
    Range,
    Container,
    Array,
    Shape,
    Index,
    Stream,
    Closure,
    Native,
    Host,
    Error,
    Cell,
}

/// The first word of a heap object.
#[repr(C)]
pub(crate) struct Header {
    pub(crate) kind: Kind,
    /// Bits whose meaning the kind gives.
    pub(crate) flags: u8,
    /// A small number whose meaning the kind gives.
    pub(crate) small: u16,
    /// A number whose meaning the kind gives.
    pub(crate) wide: u32,
}

const _: () = assert!(size_of::<Header>() == 8);

impl Header {
    pub(crate) const fn new(kind: Kind) -> Header {
        Header { kind, flags: 0, small: 0, wide: 0 }
    }
}
