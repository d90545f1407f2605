//! The format of an interpolation: `[[fill]align][sign][0][width][,][.precision][type]`.

/// The widest field and the longest fraction that a format may ask for.
const MOST: u32 = 1_000_000;

/// Says what is wrong with a format, which stands without its colon.
pub(super) fn check(format: &str) -> Result<(), String> {
    let mut rest = format;
    let mut chars = rest.chars();
    let (first, second) = (chars.next(), chars.next());
    if second.is_some_and(is_align) {
        rest = chars.as_str();
    } else if first.is_some_and(is_align) {
        rest = &rest[1..];
    }
    rest = rest.strip_prefix(['+', '-', ' ']).unwrap_or(rest);
    rest = rest.strip_prefix('0').unwrap_or(rest);
    rest = digits(rest, "width")?.1;
    rest = rest.strip_prefix(',').unwrap_or(rest);
    if let Some(precision) = rest.strip_prefix('.') {
        let (found, after) = digits(precision, "precision")?;
        if !found {
            return Err("a format's `.` has digits behind it".to_string());
        }
        rest = after;
    }
    rest = rest.strip_prefix(['f', 'e', 'x', 'b', 'o', '%']).unwrap_or(rest);
    match rest.chars().next() {
        None => Ok(()),
        Some(c) => Err(format!("a format does not have `{c}` at this place")),
    }
}

fn is_align(c: char) -> bool {
    matches!(c, '<' | '>' | '^')
}

/// Passes the digits of a number; whether there were any.
fn digits<'t>(text: &'t str, what: &str) -> Result<(bool, &'t str), String> {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at(length);
    if length > 0 && digits.parse::<u32>().map_or(true, |number| number > MOST) {
        return Err(format!("a format's {what} is at most {MOST}"));
    }
    Ok((length > 0, rest))
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn formats_of_the_reference_are_accepted() {
        for format in
            ["", ".2f", ">8,", "*^10", "}<3", "+", "-5", " 7", "08.3f", ",", "x", "b", "o", "%", ".1%", "e", "é>4"]
        {
            assert_eq!(check(format), Ok(()), "{format}");
        }
    }

    #[test]
    fn other_formats_are_not() {
        for format in ["d", ".f", "5.", ">8q", "f2", "99999999999", ",,", "+-3", "s"] {
            assert!(check(format).is_err(), "{format}");
        }
    }
}
