//! Chunks as files: `.wvb`. The bytes are laid out by hand and described one by
//! one in `docs/bytecode.md`; numbers are little-endian, text is UTF-8 behind its
//! length. A chunk has exactly one form as bytes: what [`read()`] accepts,
//! [`write()`] makes again.
//!
//! Reading is one pass without recursion. A count is believed only as far as the
//! bytes behind it go, so a file allocates a few times its own size at most.
//! Nothing that is read here is trusted by a machine: it verifies every chunk
//! ([`crate::verify`]), and the checksum only tells an accident from a chunk.
//!
//! ```
//! use weave_bytecode::{chunk::Chunk, ops::Instr, prototype::Prototype, serial};
//!
//! let mut program = Prototype::default();
//! program.emit(Instr::ReturnNil {});
//! let chunk = Chunk { name: "empty.wv".into(), prototypes: vec![program], ..Chunk::default() };
//! let file = serial::write(&chunk).unwrap();
//! assert!(serial::is_chunk(&file));
//! assert_eq!(serial::read(&file).unwrap(), chunk);
//! ```

mod cursor;
mod read;
mod write;

pub use read::read;
pub use write::{TooLarge, write};

/// The first bytes of every chunk file. No source begins so: the first is a control
/// character, and a transfer that changes line ends breaks the last four.
pub const MAGIC: [u8; 8] = *b"\x1bWVB\r\n\x1a\n";

/// The version of the format that this crate writes, and the only one it reads. The
/// numbers and operands of the opcodes belong to the format.
pub const VERSION: u32 = 1;

/// Every version of the format: its number, the fingerprint of the opcodes that it
/// was made with, and what came with it. A change of the layout or of `ops.rs` after
/// a release adds a line here and raises [`VERSION`].
pub const HISTORY: &[(u32, u64, &str)] = &[(1, 0x6f73_8831_c5ff_9dca, "the first one")];

/// Bytes in front of the chunk itself: magic, version, length, checksum.
pub const HEADER: usize = MAGIC.len() + 12;

/// Stands for no text, no offset, and no inlined call.
const NONE: u32 = u32::MAX;

/// Whether these bytes mean to be a chunk file: they begin like one, as far as
/// they go. Empty input is none.
pub fn is_chunk(bytes: &[u8]) -> bool {
    // The first four bytes decide, so that a damaged file gets its own error.
    bytes.starts_with(&MAGIC[..4])
}

/// A number that changes whenever an opcode's number, name or operands do (FNV-1a).
pub fn opcode_fingerprint() -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut take = |bytes: &[u8]| {
        for &byte in bytes {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    for op in crate::ops::Op::ALL {
        take(op.name().as_bytes());
        for operand in op.operands() {
            take(format!(" {:?}:{:?}", operand.field, operand.kind).as_bytes());
        }
        take(b"\n");
    }
    hash
}

/// Why bytes are no chunk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ReadError {
    /// They do not begin like one.
    NotAChunk,
    /// They end before the header does, or before what it announces.
    Truncated {
        /// Bytes that there are.
        found: usize,
        /// Bytes that there should be.
        announced: u64,
    },
    /// Something follows the chunk.
    Surplus {
        /// Bytes that there are.
        found: usize,
        /// Bytes that there should be.
        announced: u64,
    },
    /// The chunk was written in another version of the format.
    Version {
        /// Its version.
        found: u32,
    },
    /// The line ends of the file were changed, as if it were text.
    LineEnds,
    /// The checksum is another one.
    Checksum,
    /// The checksum fits, but the bytes mean nothing.
    Malformed {
        /// Offset of the culprit in the file.
        offset: usize,
        /// What is wrong there.
        reason: &'static str,
    },
}

impl ReadError {
    /// The one thing to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            ReadError::NotAChunk => "a chunk is made by `weave compile`",
            ReadError::Version { .. } => "compile the source again with this version of weave",
            ReadError::LineEnds => "copy the file as binary data",
            _ => "compile the source again",
        }
    }
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ReadError::NotAChunk => f.write_str("this is not a Weave chunk"),
            ReadError::Truncated { found, announced } => {
                write!(f, "the chunk is cut off: it has {found} of {announced} bytes")
            }
            ReadError::Surplus { found, announced } => {
                write!(f, "the chunk has {announced} bytes, but the file has {found}")
            }
            ReadError::Version { found } => {
                write!(f, "the chunk has format version {found}; this weave understands version {VERSION}")
            }
            ReadError::LineEnds => f.write_str("the chunk was damaged by a transfer as text"),
            ReadError::Checksum => f.write_str("the chunk is damaged: its checksum does not fit"),
            ReadError::Malformed { offset, reason } => {
                write!(f, "the chunk is malformed at byte {offset}: {reason}")
            }
        }
    }
}

impl std::error::Error for ReadError {}
