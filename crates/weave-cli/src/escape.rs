//! The one way by which text of programs and data reaches a terminal inside a
//! diagnostic: what could move the cursor, change colours or reorder the line is
//! written out.

/// Whether a character must not reach a terminal as it is.
pub(crate) fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Appends a character in a form that is safe to show.
pub(crate) fn push(out: &mut String, c: char) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if is_hostile(c) => out.extend(c.escape_unicode()),
        c => out.push(c),
    }
}

/// A text on one line, cut behind `most` characters.
pub(crate) fn one_line(text: &str, most: usize) -> String {
    escape(text, most, false)
}

/// A text whose lines stay lines, cut behind `most` characters.
pub(crate) fn lines(text: &str, most: usize) -> String {
    escape(text, most, true)
}

fn escape(text: &str, most: usize, keep_lines: bool) -> String {
    let mut out = String::new();
    for (i, c) in text.chars().enumerate() {
        if i == most {
            let left = text.chars().count() - most;
            out.push_str(&format!("… ({left} more characters)"));
            break;
        }
        if keep_lines && (c == '\n' || c == '\t') { out.push(c) } else { push(&mut out, c) }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_hostile_is_left() {
        assert_eq!(one_line("a\u{1b}[31m\tb\n", 100), "a\\u{1b}[31m\\tb\\n");
        assert_eq!(one_line("\u{202e}x\u{9b}", 100), "\\u{202e}x\\u{9b}");
        assert_eq!(one_line("grüße 👍", 100), "grüße 👍");
        assert_eq!(one_line("abcdef", 3), "abc… (3 more characters)");
        assert_eq!(lines("a\nb\r", 100), "a\nb\\r");
    }
}
