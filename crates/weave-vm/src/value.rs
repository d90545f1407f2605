//! The machine's value: 16 bytes, `Copy`, with exact 64-bit integers, floats
//! and short text inside. This is the only file that knows its bits.
//!
//! ```text
//!              tag word (u64, little end first)            payload (u64)
//! nil, bools   [tag|0|0 0 0 0 0 0]                          0
//! int, float   [tag|0|0 0 0 0 0 0]                          the number's bits
//! short text   [tag|length|text 0..6]                       text 6..14
//! on the heap  [tag|0|0 0 0 0 0 0]                          address of the object
//! ```
//!
//! Text of at most 14 bytes always lives in the value, zero-padded, so two
//! texts of that size are equal exactly when their words are. All-zero bits
//! are nil, so zeroed memory holds values.

use crate::heap::header::Header;

/// The low byte of the tag word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Tag {
    Nil = 0,
    False = 1,
    True = 2,
    Int = 3,
    Float = 4,
    /// Text of at most 14 bytes.
    Short = 5,
    /// A number read from data whose text is not its canonical one, in at
    /// most 14 bytes.
    ShortNumber = 6,
    /// No value yet; also the end of a stream. Never seen by a program.
    Unset = 7,
    /// First of those whose payload is an address.
    Text = 8,
    /// As `ShortNumber`, longer.
    Number = 9,
    Range = 10,
    Container = 11,
    Stream = 12,
    Closure = 13,
    Native = 14,
    Host = 15,
    Error = 16,
    Bytes = 17,
    /// The home of a captured variable; only in cell registers and closures.
    Cell = 18,
}

/// Bytes of text that fit into a value.
pub(crate) const SHORT: usize = 14;

/// A value without a lifetime: what registers, containers and cells hold.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Raw {
    tag: u64,
    payload: u64,
}

const _: () = assert!(size_of::<Raw>() == 16 && align_of::<Raw>() == 8);

impl Raw {
    pub(crate) const NIL: Raw = Raw { tag: Tag::Nil as u64, payload: 0 };
    pub(crate) const FALSE: Raw = Raw { tag: Tag::False as u64, payload: 0 };
    pub(crate) const TRUE: Raw = Raw { tag: Tag::True as u64, payload: 0 };
    pub(crate) const UNSET: Raw = Raw { tag: Tag::Unset as u64, payload: 0 };

    #[inline(always)]
    pub(crate) const fn int(v: i64) -> Raw {
        Raw { tag: Tag::Int as u64, payload: v as u64 }
    }

    #[inline(always)]
    pub(crate) const fn float(v: f64) -> Raw {
        Raw { tag: Tag::Float as u64, payload: v.to_bits() }
    }

    #[inline(always)]
    pub(crate) const fn bool(v: bool) -> Raw {
        if v { Raw::TRUE } else { Raw::FALSE }
    }

    /// Text inside the value, or `None` where it is longer than 14 bytes.
    #[inline]
    pub(crate) fn short(text: &str) -> Option<Raw> {
        Raw::short_tagged(text, Tag::Short)
    }

    /// As [`Raw::short`], for the text of a number read from data.
    pub(crate) fn short_number(text: &str) -> Option<Raw> {
        Raw::short_tagged(text, Tag::ShortNumber)
    }

    #[inline]
    fn short_tagged(text: &str, tag: Tag) -> Option<Raw> {
        let bytes = text.as_bytes();
        if bytes.len() > SHORT {
            return None;
        }
        let mut all = [0u8; 16];
        all[0] = tag as u8;
        all[1] = bytes.len() as u8;
        all[2..2 + bytes.len()].copy_from_slice(bytes);
        let word = |at: usize| {
            let mut w = [0u8; 8];
            w.copy_from_slice(&all[at..at + 8]);
            u64::from_le_bytes(w)
        };
        Some(Raw { tag: word(0), payload: word(8) })
    }

    /// A reference to a heap object. The address is exposed here and made
    /// into a pointer again in [`Raw::address`] alone.
    #[inline(always)]
    pub(crate) fn object(tag: Tag, object: *mut Header) -> Raw {
        debug_assert!(tag as u8 >= Tag::Text as u8, "only tags above Unset hold addresses");
        Raw { tag: tag as u64, payload: object.expose_provenance() as u64 }
    }

    /// The payload as an address; meaningful where [`Raw::is_object`].
    #[inline(always)]
    pub(crate) fn address(self) -> *mut Header {
        std::ptr::with_exposed_provenance_mut(self.payload as usize)
    }

    #[inline(always)]
    pub(crate) fn tag_byte(self) -> u8 {
        self.tag as u8
    }

    #[inline]
    pub(crate) fn tag(self) -> Tag {
        match self.tag_byte() {
            0 => Tag::Nil,
            1 => Tag::False,
            2 => Tag::True,
            3 => Tag::Int,
            4 => Tag::Float,
            5 => Tag::Short,
            6 => Tag::ShortNumber,
            8 => Tag::Text,
            9 => Tag::Number,
            10 => Tag::Range,
            11 => Tag::Container,
            12 => Tag::Stream,
            13 => Tag::Closure,
            14 => Tag::Native,
            15 => Tag::Host,
            16 => Tag::Error,
            17 => Tag::Bytes,
            18 => Tag::Cell,
            _ => Tag::Unset,
        }
    }

    #[inline(always)]
    pub(crate) fn is(self, tag: Tag) -> bool {
        self.tag_byte() == tag as u8
    }

    #[inline(always)]
    pub(crate) fn is_object(self) -> bool {
        self.tag_byte() >= Tag::Text as u8
    }

    #[inline(always)]
    pub(crate) fn is_nil(self) -> bool {
        self.tag == Tag::Nil as u64
    }

    #[inline(always)]
    pub(crate) fn is_unset(self) -> bool {
        self.tag == Tag::Unset as u64
    }

    /// Everything but nil and false holds in a condition.
    #[inline(always)]
    pub(crate) fn truthy(self) -> bool {
        self.tag_byte() > Tag::False as u8
    }

    #[inline(always)]
    pub(crate) fn is_int(self) -> bool {
        self.tag == Tag::Int as u64
    }

    #[inline(always)]
    pub(crate) fn is_float(self) -> bool {
        self.tag == Tag::Float as u64
    }

    /// The payload of an int; bits of something else otherwise.
    #[inline(always)]
    pub(crate) fn int_bits(self) -> i64 {
        self.payload as i64
    }

    /// The payload of a float; bits of something else otherwise.
    #[inline(always)]
    pub(crate) fn float_bits(self) -> f64 {
        f64::from_bits(self.payload)
    }

    #[inline(always)]
    pub(crate) fn as_int(self) -> Option<i64> {
        if self.is_int() { Some(self.int_bits()) } else { None }
    }

    /// Both words: equal words mean the same value for all but floats (NaN)
    /// and long text.
    #[inline(always)]
    pub(crate) fn words(self) -> (u64, u64) {
        (self.tag, self.payload)
    }

    #[inline(always)]
    pub(crate) fn same_words(self, other: Raw) -> bool {
        self.tag == other.tag && self.payload == other.payload
    }

    /// The text inside a short value, borrowed from it.
    #[inline]
    pub(crate) fn short_bytes(&self) -> &[u8] {
        let len = ((self.tag >> 8) as usize & 0xff).min(SHORT);
        // SAFETY: a Raw is 16 bytes of plain data behind `self`; bytes 2..2+len
        // lie inside because len is at most 14. Little-endian order of the
        // words is checked below.
        unsafe { std::slice::from_raw_parts((self as *const Raw as *const u8).add(2), len) }
    }
}

/// Short text that is put together from pieces, in two registers of the processor.
#[derive(Default)]
pub(crate) struct ShortText {
    /// Its bytes from the low end, as they stand behind a value's length.
    bits: u128,
    len: usize,
}

impl ShortText {
    /// Appends a short value's text; false, and no change, where it does not fit.
    #[inline(always)]
    pub(crate) fn push_short(&mut self, v: Raw) -> bool {
        debug_assert!(v.is(Tag::Short) || v.is(Tag::ShortNumber), "text inside the value");
        self.push(u128::from(v.tag >> 16) | u128::from(v.payload) << 48, (v.tag >> 8) as usize & 0xff)
    }

    /// Appends an int's digits, as [`ShortText::push_short`].
    #[inline(always)]
    pub(crate) fn push_int(&mut self, v: i64) -> bool {
        let mut n = v.unsigned_abs();
        if n >= 10u64.pow(SHORT as u32) {
            return false;
        }
        // The last digits come first and are pushed to the high end.
        let (mut bits, mut len) = (0u128, 0);
        loop {
            if n < 10 {
                bits = bits << 8 | u128::from(b'0' as u64 + n);
                len += 1;
                break;
            }
            bits = bits << 16 | u128::from(PAIRS[(n % 100) as usize]);
            len += 2;
            n /= 100;
            if n == 0 {
                break;
            }
        }
        if v < 0 {
            bits = bits << 8 | u128::from(b'-');
            len += 1;
        }
        self.push(bits, len)
    }

    #[inline(always)]
    fn push(&mut self, bits: u128, len: usize) -> bool {
        let fits = self.len + len <= SHORT;
        if fits {
            self.bits |= bits << (8 * self.len);
            self.len += len;
        }
        fits
    }

    /// The text as a value.
    #[inline(always)]
    pub(crate) fn finish(self) -> Raw {
        let tag = Tag::Short as u64 | (self.len as u64) << 8 | (self.bits as u64) << 16;
        Raw { tag, payload: (self.bits >> 48) as u64 }
    }
}

/// The digits of 0 to 99, the first of the two in the low byte.
const PAIRS: [u16; 100] = {
    let mut pairs = [0; 100];
    let mut n = 0;
    while n < 100 {
        pairs[n] = (b'0' as u16 + n as u16 / 10) | (b'0' as u16 + n as u16 % 10) << 8;
        n += 1;
    }
    pairs
};

#[cfg(target_endian = "big")]
compile_error!("short text is laid out for little-endian machines");

/// Reads a value as two halves. One 16-byte load right behind two 8-byte
/// stores can't be forwarded from them and stalls; a volatile read of each half
/// keeps the compiler from merging them. The `match` loop copies in one piece,
/// where halves are slower.
///
/// # Safety
/// `at` points at an initialised value.
#[inline(always)]
pub(crate) unsafe fn load(at: *const Raw) -> Raw {
    if cfg!(weave_tail) {
        // SAFETY: the caller says that `at` is valid; both halves lie in it.
        unsafe {
            let tag = std::ptr::read_volatile(at.cast::<u64>());
            let payload = std::ptr::read_volatile(at.cast::<u64>().add(1));
            Raw { tag, payload }
        }
    } else {
        // SAFETY: as above.
        unsafe { *at }
    }
}

/// Copies a value from place to place, half by half: that takes one processor
/// register where [`load`] takes two.
///
/// # Safety
/// `from` points at an initialised value, `to` at memory for one.
#[inline(always)]
pub(crate) unsafe fn copy(from: *const Raw, to: *mut Raw) {
    if cfg!(weave_tail) {
        // SAFETY: the caller says that both are valid.
        unsafe {
            *to.cast::<u64>() = std::ptr::read_volatile(from.cast::<u64>());
            *to.cast::<u64>().add(1) = std::ptr::read_volatile(from.cast::<u64>().add(1));
        }
    } else {
        // SAFETY: as above.
        unsafe { *to = *from }
    }
}

/// The tag words of numbers, which carry nothing else.
pub(crate) const INT: u64 = Tag::Int as u64;
pub(crate) const FLOAT: u64 = Tag::Float as u64;

/// The tag word at a place.
///
/// # Safety
/// As [`load`].
#[inline(always)]
pub(crate) unsafe fn tag_at(at: *const Raw) -> u64 {
    // SAFETY: the caller says that `at` is valid. Not volatile: the processor
    // compares it where it lies.
    unsafe { *at.cast::<u64>() }
}

/// The payload at a place, as an int.
///
/// # Safety
/// As [`load`].
#[inline(always)]
pub(crate) unsafe fn int_at(at: *const Raw) -> i64 {
    // SAFETY: the caller says that `at` is valid.
    unsafe { std::ptr::read_volatile(at.cast::<i64>().add(1)) }
}

/// The payload at a place, as a float.
///
/// # Safety
/// As [`load`].
#[inline(always)]
pub(crate) unsafe fn float_at(at: *const Raw) -> f64 {
    // SAFETY: the caller says that `at` is valid.
    unsafe { std::ptr::read_volatile(at.cast::<f64>().add(1)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_text_lives_inside() {
        for text in ["", "a", "fourteen bytes", "é€😀"] {
            let v = Raw::short(text).expect("short");
            assert_eq!(v.short_bytes(), text.as_bytes());
            assert!(v.same_words(Raw::short(text).expect("short")));
        }
        assert!(Raw::short("fifteen bytes!!").is_none());
        assert!(!Raw::short("a").expect("short").same_words(Raw::short("a\0").expect("short")));
    }

    #[test]
    fn short_text_is_put_together() {
        let texts = ["", "a", "é", "seven b", "€€€", "twelve bytes", "fourteen bytes"];
        let mut numbers = vec![0, 7, -7, 10, 99, 100, 101, -100, 99_999_999_999_999, -9_999_999_999_999];
        numbers.extend([100_000_000_000_000, -99_999_999_999_999, i64::MAX, i64::MIN]);
        let mut n = 3i64;
        numbers.extend((0..60).map(|_| {
            n = n.wrapping_mul(-7_919);
            n >> (n & 31)
        }));
        for before in texts {
            for &n in &numbers {
                for behind in texts {
                    let mut out = ShortText::default();
                    let pushed = out.push_short(Raw::short(before).expect("short"))
                        && out.push_int(n)
                        && out.push_short(Raw::short(behind).expect("short"));
                    let expected = Raw::short(&format!("{before}{n}{behind}"));
                    assert_eq!(pushed, expected.is_some(), "{before}{n}{behind}");
                    if let Some(expected) = expected {
                        assert_eq!(out.finish().words(), expected.words(), "{before}{n}{behind}");
                    }
                }
            }
        }
    }

    #[test]
    fn zeroed_memory_is_nil() {
        assert_eq!(Raw::NIL.words(), (0, 0));
        assert!(!Raw::NIL.truthy() && !Raw::FALSE.truthy() && Raw::TRUE.truthy() && Raw::int(0).truthy());
    }
}
