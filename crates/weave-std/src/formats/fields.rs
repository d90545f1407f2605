//! Where the fields of a CSV or TSV record lie.
//!
//! Most records have no quote in them: their end is the next newline and their
//! fields lie between the delimiters, both found many bytes at a time. A record
//! with a quote is looked at field by field.

/// A field of a record, in bytes from its start.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Field {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Quotes inside are doubled.
    pub(crate) doubled: bool,
}

/// How records are written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dialect {
    pub(crate) delimiter: u8,
    /// Whether a quote in a field that does not start with one is an error.
    pub(crate) strict: bool,
}

/// What a look at a record with quotes found.
#[derive(PartialEq, Eq, Debug)]
pub(crate) enum Record {
    /// Its length, the line end included.
    Whole(usize),
    /// More bytes are needed.
    Open,
    /// What is wrong at which byte.
    Wrong(usize, &'static str),
}

/// The fields of a line without quotes; the line end is not part of it.
pub(crate) fn split_plain(line: &[u8], delimiter: u8, fields: &mut Vec<Field>) {
    let mut start = 0;
    for at in memchr::memchr_iter(delimiter, line) {
        fields.push(Field { start, end: at, doubled: false });
        start = at + 1;
    }
    fields.push(Field { start, end: line.len(), doubled: false });
}

/// The fields of the record at the start of `rest`, which may span lines.
/// `ended` says that nothing follows what is there.
pub(crate) fn split_quoted(rest: &[u8], dialect: Dialect, ended: bool, fields: &mut Vec<Field>) -> Record {
    let mut at = 0;
    loop {
        let (field, behind) = if rest.get(at) == Some(&b'"') {
            match quoted(rest, at) {
                None if ended => return Record::Wrong(at, "the quote that opens here is never closed"),
                None => return Record::Open,
                Some(found) => found,
            }
        } else {
            let end = memchr::memchr2(dialect.delimiter, b'\n', &rest[at..]).map_or(rest.len(), |n| at + n);
            if end == rest.len() && !ended {
                return Record::Open;
            }
            if let (true, Some(n)) = (dialect.strict, memchr::memchr(b'"', &rest[at..end])) {
                return Record::Wrong(at + n, "a quote inside a field that does not start with one");
            }
            (Field { start: at, end, doubled: false }, end)
        };
        fields.push(field);
        match rest.get(behind) {
            Some(&b) if b == dialect.delimiter => at = behind + 1,
            Some(b'\n') => {
                trim_return(rest, fields, behind);
                return Record::Whole(behind + 1);
            }
            Some(b'\r') if rest.get(behind + 1) == Some(&b'\n') => return Record::Whole(behind + 2),
            Some(b'\r') if behind + 1 == rest.len() => {
                if !ended {
                    return Record::Open;
                }
                return Record::Whole(behind + 1);
            }
            None if ended => {
                trim_return(rest, fields, behind);
                return Record::Whole(behind);
            }
            None => return Record::Open,
            Some(_) => return Record::Wrong(behind, "text behind the quote that closes the field"),
        }
    }
}

/// A bare last field does not hold the carriage return of the line end.
fn trim_return(rest: &[u8], fields: &mut [Field], end: usize) {
    if let Some(last) = fields.last_mut()
        && last.end == end
        && last.end > last.start
        && rest[last.end - 1] == b'\r'
        && rest[last.start] != b'"'
    {
        last.end -= 1;
    }
}

/// The field that opens with a quote at `at`, and what lies behind its closing
/// quote; `None` where that is not there.
fn quoted(rest: &[u8], at: usize) -> Option<(Field, usize)> {
    let start = at + 1;
    let (mut from, mut doubled) = (start, false);
    loop {
        let quote = from + memchr::memchr(b'"', &rest[from..])?;
        if rest.get(quote + 1) == Some(&b'"') {
            doubled = true;
            from = quote + 2;
            continue;
        }
        return Some((Field { start, end: quote, doubled }, quote + 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CSV: Dialect = Dialect { delimiter: b',', strict: true };

    fn split(text: &str, ended: bool) -> (Record, Vec<String>) {
        let mut fields = Vec::new();
        let record = split_quoted(text.as_bytes(), CSV, ended, &mut fields);
        (record, fields.iter().map(|f| text[f.start..f.end].to_owned()).collect())
    }

    #[test]
    fn quotes_open_only_at_the_start_of_a_field() {
        assert_eq!(split("\"a,b\",c\r\nx", false), (Record::Whole(9), vec!["a,b".into(), "c".into()]));
        assert_eq!(split("\"a\nb\"\n", false), (Record::Whole(6), vec!["a\nb".into()]));
        assert_eq!(split("\"a\"\"b\",\"\"", true), (Record::Whole(9), vec!["a\"\"b".into(), "".into()]));
        assert_eq!(split("\"\",\"x\"\r", true).0, Record::Whole(7));
        assert!(matches!(split("\"a\"b\n", false).0, Record::Wrong(3, _)));
        assert!(matches!(split("a\"b\n", false).0, Record::Wrong(1, _)));
        assert!(matches!(split("x,\"a\n", true).0, Record::Wrong(2, _)));
        assert_eq!(split("x,\"a\n", false).0, Record::Open);
        // A quote at the very end may be the first of two.
        assert_eq!(split("\"a\"", false).0, Record::Open);
    }

    #[test]
    fn a_bare_field_keeps_its_inner_carriage_returns() {
        assert_eq!(split("\"x\",a\rb\r\n", false), (Record::Whole(9), vec!["x".into(), "a\rb".into()]));
    }
}
