//! Escape sequences of strings: where one ends and what it stands for.

/// Length in bytes of the escape sequence at the start of a text, which is a
/// backslash, however wrong the rest may be.
pub(crate) fn extent(text: &str) -> usize {
    let bytes = text.as_bytes();
    let hex =
        |from: usize, most: usize| bytes.iter().skip(from).take(most).take_while(|b| b.is_ascii_hexdigit()).count();
    match bytes.get(1) {
        None | Some(b'\n' | b'\r') => 1,
        Some(b'x') => 2 + hex(2, 2),
        Some(b'u') if bytes.get(2) == Some(&b'{') => {
            let digits = hex(3, 16);
            3 + digits + usize::from(bytes.get(3 + digits) == Some(&b'}'))
        }
        Some(_) => 1 + text[1..].chars().next().map_or(0, char::len_utf8),
    }
}

/// The character that an escape sequence of a string stands for, `None` where
/// it is no escape: `\n \t \r \0 \\ \" \{ \}`, `\xNN` below 80, `\u{…}` with
/// one to six digits of a Unicode scalar value.
///
/// ```
/// assert_eq!(weave_lexer::unescape(r"\u{e9}"), Some('é'));
/// assert_eq!(weave_lexer::unescape(r"\q"), None);
/// ```
pub fn unescape(escape: &str) -> Option<char> {
    let body = escape.strip_prefix('\\')?;
    Some(match body {
        "n" => '\n',
        "t" => '\t',
        "r" => '\r',
        "0" => '\0',
        "\\" => '\\',
        "\"" => '"',
        "{" => '{',
        "}" => '}',
        _ => {
            if let Some(digits) = body.strip_prefix('x') {
                let code = u8::from_str_radix(digits, 16).ok()?;
                return (digits.len() == 2 && code < 0x80).then_some(char::from(code));
            }
            let digits = body.strip_prefix("u{")?.strip_suffix('}')?;
            if digits.is_empty() || digits.len() > 6 {
                return None;
            }
            return char::from_u32(u32::from_str_radix(digits, 16).ok()?);
        }
    })
}

/// The character that an escape sequence of a shell literal stands for. There
/// every other backslash belongs to the shell.
pub fn unescape_shell(escape: &str) -> Option<char> {
    match escape {
        "\\{" => Some('{'),
        "\\}" => Some('}'),
        "\\`" => Some('`'),
        _ => None,
    }
}
