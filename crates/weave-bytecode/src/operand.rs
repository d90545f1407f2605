//! The kinds of operand: which field of an instruction holds one, what it
//! names, and in which direction it is used. The verifier and the listing
//! walk operands, not opcodes, so they know only what stands here.

/// A register of the running function's window.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Debug)]
pub struct Reg(pub u16);

/// Where in the instruction an operand lies. The first word is
/// `op:16 | a:16 | b:16 | c:16`, or `op:16 | a:16 | w:32`, from the low end;
/// instructions with `x` or `y` have a second word `x:32 | y:32`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "named in the drawing above")]
pub enum Field {
    A,
    B,
    C,
    W,
    X,
    Y,
}

impl Field {
    /// The word that it lies in, where it begins there, and the bits that it has.
    #[inline]
    pub const fn place(self) -> (usize, u32, u32) {
        const PLACES: [(usize, u32, u32); 6] = [
            (0, 16, 0xffff),
            (0, 32, 0xffff),
            (0, 48, 0xffff),
            (0, 32, 0xffff_ffff),
            (1, 0, 0xffff_ffff),
            (1, 32, 0xffff_ffff),
        ];
        PLACES[self as usize]
    }
}

/// What an operand means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A register that is written.
    Out,
    /// A register that is read.
    In,
    /// A register that is read and written.
    InOut,
    /// The first of a run of registers, read and written, as long as the row's
    /// [`Kind::Count`] operand says and at least one. The run is the end of
    /// the frame that the callee's window overlaps.
    Window,
    /// The first of a run of registers that are read, as long as the row's
    /// [`Kind::Count`] operand says.
    WindowIn,
    /// The first of two registers, read and written.
    Window2,
    /// The first of two registers that are read.
    Window2In,
    /// The first of three registers, read and written.
    Window3,
    /// The first of five registers, read and written.
    Window5,
    /// A register of the frame's cell range.
    Cell,
    /// A number of registers or values.
    Count,
    /// A small signed number.
    Small,
    /// Bits whose meaning the row states.
    Flags,
    /// An index into the prototype's constants, 16 bits.
    Const,
    /// An index into the prototype's constants, 32 bits.
    WideConst,
    /// A signed number of 32 bits.
    Int,
    /// Distance in words from the end of this instruction.
    Jump,
    /// An index into the chunk's prototypes.
    Proto,
    /// An index into the chunk's top-level slots.
    Slot,
    /// An index into the chunk's list of native functions.
    Native,
    /// An index into the closure's captured variables that holds a value.
    Upvalue,
    /// An index into the closure's captured variables that holds a cell.
    UpCell,
    /// Room for the machine's own use; zero in a chunk.
    Cache,
}

/// One operand of an opcode.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Operand {
    /// Where it lies.
    pub field: Field,
    /// What it means.
    pub kind: Kind,
}

/// A value that fits one field.
pub trait Encode: Copy {
    /// Its bits, in the low end.
    fn bits(self) -> u32;
    /// The value with these bits.
    fn from_bits(bits: u32) -> Self;
}

macro_rules! encode {
    ($($ty:ty: |$v:ident| $to:expr, |$b:ident| $from:expr;)*) => {$(
        impl Encode for $ty {
            #[inline]
            fn bits(self) -> u32 {
                let $v = self;
                $to
            }
            #[inline]
            fn from_bits($b: u32) -> $ty {
                $from
            }
        }
    )*};
}

encode! {
    Reg: |v| u32::from(v.0), |b| Reg(b as u16);
    u16: |v| u32::from(v), |b| b as u16;
    i16: |v| u32::from(v as u16), |b| b as u16 as i16;
    u32: |v| v, |b| b;
    i32: |v| v as u32, |b| b as i32;
}
