//! Formats of interpolations, as in Python: fill, align, sign, `0`, width, `,`,
//! precision and one of `f e x b o %`.

use crate::display::{display, write_display};
use crate::error::{ErrorKind, Raise};
use crate::number;
use crate::scratch::Scratch;
use crate::value::Raw;
use crate::vm::Vm;

/// A format, taken apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spec {
    fill: char,
    align: Option<char>,
    sign: char,
    zero: bool,
    width: usize,
    comma: bool,
    precision: Option<usize>,
    kind: Option<char>,
}

/// Widest field and highest precision that a format may ask for.
const MOST: usize = 10_000;

impl Spec {
    fn parse(text: &str) -> Option<Spec> {
        let chars: Vec<char> = text.chars().collect();
        let mut spec = Spec {
            fill: ' ',
            align: None,
            sign: '-',
            zero: false,
            width: 0,
            comma: false,
            precision: None,
            kind: None,
        };
        let mut i = 0;
        let is_align = |c: Option<&char>| c.is_some_and(|c| matches!(c, '<' | '>' | '^'));
        if is_align(chars.get(1)) {
            spec.fill = chars[0];
            spec.align = Some(chars[1]);
            i = 2;
        } else if is_align(chars.first()) {
            spec.align = Some(chars[0]);
            i = 1;
        }
        if let Some(&c) = chars.get(i).filter(|c| matches!(c, '+' | '-' | ' ')) {
            spec.sign = c;
            i += 1;
        }
        if chars.get(i) == Some(&'0') {
            spec.zero = true;
            i += 1;
        }
        let number = |i: &mut usize| {
            let start = *i;
            while chars.get(*i).is_some_and(char::is_ascii_digit) {
                *i += 1;
            }
            chars[start..*i].iter().collect::<String>().parse::<usize>().ok()
        };
        spec.width = number(&mut i).unwrap_or(0);
        if chars.get(i) == Some(&',') {
            spec.comma = true;
            i += 1;
        }
        if chars.get(i) == Some(&'.') {
            i += 1;
            spec.precision = Some(number(&mut i)?);
        }
        if let Some(&c) = chars.get(i) {
            spec.kind = Some(c);
            i += 1;
        }
        let fits = spec.width <= MOST && spec.precision.unwrap_or(0) <= MOST;
        (i == chars.len() && fits && spec.kind.is_none_or(|k| "fexXbodsgn%".contains(k))).then_some(spec)
    }
}

/// The text of a value in a format.
///
/// # Errors
/// `:value` for a format that does not exist or does not suit the value.
pub(crate) fn format(scratch: &mut Scratch<'_>, v: Raw, text: &str) -> Result<String, Raise> {
    let Some(spec) = Spec::parse(text) else {
        return Err(Raise::new(ErrorKind::Value, format!("`{}` is no format", crate::display::clip(text)))
            .help("a format is fill, align, sign, 0, width, `,`, `.precision` and one of f e x b o %"));
    };
    let number = if spec.kind.is_some() || spec.precision.is_some() || spec.comma || spec.sign != '-' {
        number::operand(v)?
    } else {
        number::resolve(v)
    };
    let Some(n) = number else {
        if let Some(kind) = spec.kind.filter(|&k| k != 's') {
            return Err(Raise::new(
                ErrorKind::Type,
                format!("format `{kind}` needs a number, not {}", crate::access::type_name(v)),
            ));
        }
        let mut body = String::new();
        write_display(scratch, v, &mut body, 0)?;
        if let Some(p) = spec.precision {
            body = body.chars().take(p).collect();
        }
        return Ok(pad(&body, &spec, '<'));
    };
    let (negative, body) = digits(scratch.vm, v, n, &spec)?;
    let body = if spec.comma { group(&body) } else { body };
    let sign = match (negative, spec.sign) {
        (true, _) => "-",
        (false, '+') => "+",
        (false, ' ') => " ",
        _ => "",
    };
    if spec.zero && spec.align.is_none() {
        let width = spec.width.saturating_sub(sign.len() + body.chars().count());
        return Ok(format!("{sign}{}{body}", "0".repeat(width)));
    }
    Ok(pad(&format!("{sign}{body}"), &spec, '>'))
}

/// The digits of a number without its sign.
fn digits(vm: &Vm, v: Raw, n: Raw, spec: &Spec) -> Result<(bool, String), Raise> {
    let kind = match spec.kind {
        None if spec.precision.is_some() => 'f',
        None | Some('s' | 'd' | 'n' | 'g') => {
            let text = if spec.comma || spec.sign != '-' { display(vm, n) } else { display(vm, v) };
            return Ok(match text.strip_prefix('-') {
                Some(rest) => (true, rest.to_owned()),
                None => (false, text),
            });
        }
        Some(k) => k,
    };
    if let Some(i) = n.as_int() {
        let size = i.unsigned_abs();
        match kind {
            'x' => return Ok((i < 0, format!("{size:x}"))),
            'X' => return Ok((i < 0, format!("{size:X}"))),
            'b' => return Ok((i < 0, format!("{size:b}"))),
            'o' => return Ok((i < 0, format!("{size:o}"))),
            _ => {}
        }
    } else if matches!(kind, 'x' | 'X' | 'b' | 'o') {
        return Err(Raise::new(ErrorKind::Type, format!("format `{kind}` needs an int, not float")));
    }
    let f = number::to_float(n);
    if !f.is_finite() {
        return Ok((f < 0.0, if f.is_nan() { "nan".into() } else { "inf".into() }));
    }
    let precision = spec.precision.unwrap_or(6);
    let size = f.abs();
    let body = match kind {
        'e' => {
            let text = format!("{size:.precision$e}");
            let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
            let e: i32 = exponent.parse().unwrap_or(0);
            format!("{mantissa}e{}{:02}", if e < 0 { '-' } else { '+' }, e.abs())
        }
        '%' => format!("{:.precision$}%", size * 100.0),
        _ => format!("{size:.precision$}"),
    };
    Ok((f.is_sign_negative(), body))
}

/// Commas between groups of three digits of the whole part.
fn group(body: &str) -> String {
    let end = body.find(|c: char| !c.is_ascii_digit()).unwrap_or(body.len());
    let mut out = String::with_capacity(body.len() + end / 3);
    for (i, c) in body[..end].chars().enumerate() {
        if i > 0 && (end - i) % 3 == 0 {
            out.push(',');
        }
        out.push(c);
    }
    out.push_str(&body[end..]);
    out
}

fn pad(body: &str, spec: &Spec, default: char) -> String {
    let missing = spec.width.saturating_sub(body.chars().count());
    let fill = |n: usize| std::iter::repeat_n(spec.fill, n).collect::<String>();
    match spec.align.unwrap_or(default) {
        '<' => format!("{body}{}", fill(missing)),
        '^' => format!("{}{body}{}", fill(missing / 2), fill(missing - missing / 2)),
        _ => format!("{}{body}", fill(missing)),
    }
}
