//! Numbers: exact integer operations, comparison across int and float, and the
//! numbers of data files that keep their spelling until they are computed with.

use crate::access::number_text_of;
use crate::error::{ErrorKind, Raise};
use crate::value::{Raw, Tag};
use std::cmp::Ordering;

/// Quotient rounded toward negative infinity; `None` on overflow or zero.
pub(crate) fn floor_div(a: i64, b: i64) -> Option<i64> {
    let q = a.checked_div(b)?;
    if a % b != 0 && (a < 0) != (b < 0) { q.checked_sub(1) } else { Some(q) }
}

/// Remainder with the divisor's sign; `None` for zero.
pub(crate) fn floor_rem(a: i64, b: i64) -> Option<i64> {
    if b == -1 {
        return Some(0);
    }
    let r = a.checked_rem(b)?;
    Some(if r != 0 && (r < 0) != (b < 0) { r + b } else { r })
}

/// As [`floor_rem`] for floats, as Python does it.
pub(crate) fn float_rem(a: f64, b: f64) -> f64 {
    let r = a % b;
    if r != 0.0 && (r < 0.0) != (b < 0.0) {
        r + b
    } else if r == 0.0 {
        0f64.copysign(b)
    } else {
        r
    }
}

/// Exact power; `None` on overflow.
pub(crate) fn int_pow(base: i64, exponent: u64) -> Option<i64> {
    match base {
        0 | 1 => return Some(if exponent == 0 { 1 } else { base }),
        -1 => return Some(if exponent.is_multiple_of(2) { 1 } else { -1 }),
        _ => {}
    }
    base.checked_pow(u32::try_from(exponent).ok()?)
}

/// A plain number as a float.
pub(crate) fn to_float(v: Raw) -> f64 {
    if v.is_int() { v.int_bits() as f64 } else { v.float_bits() }
}

/// An int and a float by exact value; `None` for NaN.
pub(crate) fn compare_int_float(a: i64, b: f64) -> Option<Ordering> {
    if b.is_nan() {
        return None;
    }
    // All of i64 lies strictly below 2^63 and at or above -2^63.
    if b >= 9_223_372_036_854_775_808.0 {
        return Some(Ordering::Less);
    }
    if b < -9_223_372_036_854_775_808.0 {
        return Some(Ordering::Greater);
    }
    let whole = b.trunc();
    Some(match a.cmp(&(whole as i64)) {
        Ordering::Equal => 0.0f64.partial_cmp(&(b - whole)).unwrap_or(Ordering::Equal),
        other => other,
    })
}

/// Two plain numbers by exact value; `None` where one is NaN.
pub(crate) fn compare(a: Raw, b: Raw) -> Option<Ordering> {
    match (a.is_int(), b.is_int()) {
        (true, true) => Some(a.int_bits().cmp(&b.int_bits())),
        (true, false) => compare_int_float(a.int_bits(), b.float_bits()),
        (false, true) => compare_int_float(b.int_bits(), a.float_bits()).map(Ordering::reverse),
        (false, false) => a.float_bits().partial_cmp(&b.float_bits()),
    }
}

/// The plain number that a value is or denotes; `None` where it is no number
/// or one that Weave can't hold exactly.
pub(crate) fn resolve(v: Raw) -> Option<Raw> {
    match v.tag() {
        Tag::Int | Tag::Float => Some(v),
        Tag::ShortNumber | Tag::Number => parse_exact(number_text_of(&v)?),
        _ => None,
    }
}

/// As [`resolve`], with an error for a number that can't be held exactly.
#[inline]
pub(crate) fn operand(v: Raw) -> Result<Option<Raw>, Raise> {
    if v.is_int() || v.is_float() { Ok(Some(v)) } else { operand_from_data(v) }
}

#[cold]
fn operand_from_data(v: Raw) -> Result<Option<Raw>, Raise> {
    match v.tag() {
        Tag::ShortNumber | Tag::Number => match resolve(v) {
            Some(n) => Ok(Some(n)),
            None => {
                let text = number_text_of(&v).unwrap_or("").to_owned();
                let shown: String = text.chars().take(40).collect();
                Err(Raise::new(
                    ErrorKind::Value,
                    format!("the number {shown} has more digits than an int or a float holds"),
                )
                .help("say `float(x)` to compute with its nearest float"))
            }
        },
        _ => Ok(resolve(v)),
    }
}

/// Whether text is a plain decimal number as data files write them: an
/// optional minus, no leading zeros, digits around the dot, an exponent.
pub(crate) fn is_plain_decimal(text: &str) -> bool {
    let b = text.as_bytes();
    let mut i = usize::from(b.first() == Some(&b'-'));
    let digits = |mut i: usize| {
        let start = i;
        while b.get(i).is_some_and(u8::is_ascii_digit) {
            i += 1;
        }
        (i, i - start)
    };
    let (end, n) = digits(i);
    if n == 0 || (n > 1 && b[i] == b'0') {
        return false;
    }
    i = end;
    if b.get(i) == Some(&b'.') {
        let (end, n) = digits(i + 1);
        if n == 0 {
            return false;
        }
        i = end;
    }
    if matches!(b.get(i), Some(b'e' | b'E')) {
        i += 1;
        if matches!(b.get(i), Some(b'+' | b'-')) {
            i += 1;
        }
        let (end, n) = digits(i);
        if n == 0 {
            return false;
        }
        i = end;
    }
    i == b.len()
}

/// The plain number of a plain decimal text, where it can be held exactly: an
/// int of 64 bits, or a float of at most 15 significant digits.
pub(crate) fn parse_exact(text: &str) -> Option<Raw> {
    if let Scanned::Number(v) | Scanned::Spelled(v) = scan(text.as_bytes()) {
        return Some(v);
    }
    parse_slowly(text)
}

fn parse_slowly(text: &str) -> Option<Raw> {
    if !text.contains(['.', 'e', 'E']) {
        return text.parse::<i64>().ok().map(Raw::int);
    }
    let mantissa = text.split(['e', 'E']).next().unwrap_or(text);
    let digits = mantissa.bytes().filter(u8::is_ascii_digit);
    let significant = digits.skip_while(|&d| d == b'0').count();
    let trailing = if mantissa.contains('.') {
        mantissa.bytes().rev().filter(|&d| d != b'.').take_while(|&d| d == b'0').count()
    } else {
        0
    };
    if significant.saturating_sub(trailing) > 15 {
        return None;
    }
    let v = text.parse::<f64>().ok()?;
    // A mantissa that is not zero must not vanish or overflow.
    (v.is_finite() && (v != 0.0 || significant == 0 || significant == trailing)).then_some(Raw::float(v))
}

/// What a field of a data file denotes.
#[derive(Clone, Copy)]
pub(crate) enum Data {
    /// A number in its canonical spelling: a plain int or float.
    Number(Raw),
    /// A plain decimal number in another spelling.
    Spelled,
    /// Anything else.
    Text,
}

/// See [`Data`].
pub(crate) fn from_data(text: &str) -> Data {
    match scan(text.as_bytes()) {
        Scanned::Number(v) => Data::Number(v),
        Scanned::Spelled(_) => Data::Spelled,
        Scanned::Text => Data::Text,
        Scanned::Unusual if !is_plain_decimal(text) => Data::Text,
        Scanned::Unusual => match parse_exact(text) {
            Some(v) if NumberText::default().of(v) == text => Data::Number(v),
            _ => Data::Spelled,
        },
    }
}

/// What one pass over a field says.
enum Scanned {
    /// A number in its canonical spelling.
    Number(Raw),
    /// A number with zeros at its end: another spelling of this one.
    Spelled(Raw),
    /// No number.
    Text,
    /// Has to be looked at more closely.
    Unusual,
}

/// Powers of ten that a float holds exactly.
const TENS: [f64; 16] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// The usual numbers of data files in one pass. Digits and a power of ten that
/// are both exact floats give the nearest float in one division; and since any
/// two decimals of at most 15 digits are different floats, such a text without
/// zeros at its end is the shortest that reads back.
fn scan(b: &[u8]) -> Scanned {
    let negative = b.first() == Some(&b'-');
    let digits = &b[usize::from(negative)..];
    match digits.first() {
        Some(c) if c.is_ascii_digit() => {}
        _ => return Scanned::Text,
    }
    if digits.len() > 16 {
        return Scanned::Unusual;
    }
    let mut mantissa = 0u64;
    let mut dot = None;
    for (i, &c) in digits.iter().enumerate() {
        match c {
            b'0'..=b'9' => mantissa = mantissa * 10 + u64::from(c - b'0'),
            b'.' if dot.is_none() => dot = Some(i),
            b'e' | b'E' => return Scanned::Unusual,
            _ => return Scanned::Text,
        }
    }
    let whole = dot.unwrap_or(digits.len());
    if whole > 1 && digits[0] == b'0' {
        return Scanned::Text;
    }
    let Some(dot) = dot else {
        let v = mantissa as i64;
        return if negative && v == 0 {
            Scanned::Unusual
        } else {
            Scanned::Number(Raw::int(if negative { -v } else { v }))
        };
    };
    let fraction = digits.len() - dot - 1;
    if fraction == 0 {
        return Scanned::Text;
    }
    let v = mantissa as f64 / TENS[fraction.min(15)];
    let number = Raw::float(if negative { -v } else { v });
    if fraction > 1 && digits[digits.len() - 1] == b'0' {
        return Scanned::Spelled(number);
    }
    if v != 0.0 && v < 1e-3 { Scanned::Unusual } else { Scanned::Number(number) }
}

/// The type of a number that keeps its text.
pub(crate) fn type_name_of_text(v: &Raw) -> &'static str {
    match number_text_of(v) {
        Some(t) if !t.contains(['.', 'e', 'E']) => "int",
        _ => "float",
    }
}

/// Room for the text of a plain number.
#[derive(Default)]
pub(crate) struct NumberText {
    int: itoa::Buffer,
    float: String,
}

impl NumberText {
    /// The canonical text of a plain number; empty for anything else.
    pub(crate) fn of(&mut self, v: Raw) -> &str {
        if let Some(i) = v.as_int() {
            return self.int.format(i);
        }
        if v.is_float() {
            self.float.clear();
            float_text(v.float_bits(), &mut self.float);
            return &self.float;
        }
        ""
    }
}

/// Appends a float as Python's `repr` does: the shortest text that reads back,
/// with a dot or an exponent; the exponent form below 1e-4 and from 1e16 on.
pub(crate) fn float_text(v: f64, out: &mut String) {
    use std::fmt::Write;
    if v.is_nan() {
        out.push_str("nan");
        return;
    }
    if v.is_infinite() {
        out.push_str(if v < 0.0 { "-inf" } else { "inf" });
        return;
    }
    if v == 0.0 {
        out.push_str(if v.is_sign_negative() { "-0.0" } else { "0.0" });
        return;
    }
    let mut buffer = zmij::Buffer::new();
    let text = buffer.format_finite(v);
    // Take digits and exponent from whatever form the library chose.
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((m, e)) => (m, e.parse::<i32>().unwrap_or(0)),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all: String = [whole, fraction].concat();
    let leading = all.bytes().take_while(|&d| d == b'0').count();
    let digits = all[leading..].trim_end_matches('0');
    // The value is 0.DIGITS times ten to `point`.
    let point = whole.len() as i32 - leading as i32 + exponent;
    if negative {
        out.push('-');
    }
    let n = digits.len() as i32;
    if !(-3..=16).contains(&point) {
        out.push_str(&digits[..1]);
        if n > 1 {
            out.push('.');
            out.push_str(&digits[1..]);
        }
        let e = point - 1;
        let _ = write!(out, "e{}{:02}", if e < 0 { '-' } else { '+' }, e.abs());
    } else if point <= 0 {
        out.push_str("0.");
        (0..-point).for_each(|_| out.push('0'));
        out.push_str(digits);
    } else if n <= point {
        out.push_str(digits);
        (0..point - n).for_each(|_| out.push('0'));
        out.push_str(".0");
    } else {
        out.push_str(&digits[..point as usize]);
        out.push('.');
        out.push_str(&digits[point as usize..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(v: f64) -> String {
        let mut s = String::new();
        float_text(v, &mut s);
        s
    }

    #[test]
    fn floats_print_as_python_prints_them() {
        for (v, t) in [
            (1.0, "1.0"),
            (0.1, "0.1"),
            (-2.5, "-2.5"),
            (1e16, "1e+16"),
            (123456789012345680.0, "1.2345678901234568e+17"),
            (1e15, "1000000000000000.0"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (100.0, "100.0"),
            (-0.0, "-0.0"),
            (1.0 / 3.0, "0.3333333333333333"),
        ] {
            assert_eq!(text(v), t);
        }
    }

    #[test]
    fn ints_and_floats_compare_exactly() {
        let big = (1i64 << 53) + 1;
        assert_eq!(compare_int_float(big, 9007199254740992.0), Some(Ordering::Greater));
        assert_eq!(compare_int_float(1, 1.0), Some(Ordering::Equal));
        assert_eq!(compare_int_float(i64::MAX, 9.3e18), Some(Ordering::Less));
        assert_eq!(compare_int_float(i64::MIN, -9_223_372_036_854_775_808.0), Some(Ordering::Equal));
        assert_eq!(compare_int_float(-1, -1.5), Some(Ordering::Greater));
        assert_eq!(compare_int_float(0, f64::NAN), None);
    }

    #[test]
    fn data_numbers() {
        assert!(matches!(from_data("42"), Data::Number(v) if v.as_int() == Some(42)));
        assert!(matches!(from_data("1.5"), Data::Number(_)));
        for spelled in ["1.10", "0.00", "1e2", "-0", "12345678901234567890", "0.1234567890123456789"] {
            assert!(matches!(from_data(spelled), Data::Spelled), "{spelled}");
        }
        for text in ["007", "+5", "0x10", "1.", ".5", "", "-", "2024-01-01", "1e", "abc"] {
            assert!(!is_plain_decimal(text) && matches!(from_data(text), Data::Text), "{text}");
        }
        assert!(parse_exact("12345678901234567890").is_none());
        assert!(parse_exact("1.10").is_some_and(|v| v.float_bits() == 1.1));
    }

    #[test]
    fn scanned_numbers_equal_parsed_ones() {
        let mut seed = 7u64;
        for _ in 0..200_000 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let digits = format!("{}", (seed >> 11) % 10u64.pow(1 + (seed % 15) as u32));
            let at = (seed >> 40) as usize % (digits.len() + 1);
            let text = if at == 0 { digits } else { format!("{}.{}", &digits[..at], &digits[at..]) };
            let text = if seed & 1 == 0 { text } else { format!("-{text}") };
            if !is_plain_decimal(&text) {
                assert!(matches!(from_data(&text), Data::Text), "{text}");
                continue;
            }
            let slow = parse_slowly(&text);
            assert_eq!(slow.map(Raw::words), parse_exact(&text).map(Raw::words), "{text}");
            let canonical = slow.filter(|&v| NumberText::default().of(v) == text);
            let fast = match from_data(&text) {
                Data::Number(v) => Some(v),
                _ => None,
            };
            assert_eq!(canonical.map(Raw::words), fast.map(Raw::words), "{text}");
        }
    }

    #[test]
    fn floor_division() {
        assert_eq!(floor_div(-7, 3), Some(-3));
        assert_eq!(floor_rem(-7, 3), Some(2));
        assert_eq!(floor_div(i64::MIN, -1), None);
        assert_eq!(floor_rem(i64::MIN, -1), Some(0));
        assert_eq!(floor_div(1, 0), None);
    }
}
