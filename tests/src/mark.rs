//! Marks: the comments in a program that say what it must do.

/// What a program must do, read from its marks.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Marks {
    /// The lines of stdout, from first to last.
    pub printed: Vec<String>,
    /// The error that ends the run, if one must.
    pub error: Option<Expected>,
    /// The lines that do not compile, in the order of the file.
    pub compile_errors: Vec<Expected>,
}

/// An error that must be reported at a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Expected {
    /// The line, counted from 1.
    pub line: usize,
    /// What the message must contain; empty where any message will do.
    pub text: String,
}

/// The start of a comment that is a mark.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Printed,
    Error,
    CompileError,
}

const KINDS: [(&str, Kind); 3] =
    [("# =>", Kind::Printed), ("# error:", Kind::Error), ("# compile error:", Kind::CompileError)];

impl Marks {
    /// Reads the marks of a source.
    ///
    /// A comment that looks like a mark and is none (`#=>`, `# Error:`) is an
    /// error with its line, and so are two run-time errors, or a compile error
    /// beside any other mark: such a program could never do what it says.
    pub fn read(source: &str) -> Result<Marks, String> {
        let mut marks = Marks::default();
        for (index, line) in source.lines().enumerate() {
            let number = index + 1;
            let Some((kind, text)) = mark_of(line) else {
                if let Some(wrong) = near_mark(line) {
                    return Err(format!("line {number}: `{wrong}` is no mark"));
                }
                continue;
            };
            let text = text.to_owned();
            match kind {
                Kind::Printed => marks.printed.push(text),
                Kind::CompileError => marks.compile_errors.push(Expected { line: number, text }),
                Kind::Error if marks.error.is_some() => {
                    return Err(format!("line {number}: a second `# error:`, but a run ends at its first"));
                }
                Kind::Error => marks.error = Some(Expected { line: number, text }),
            }
        }
        if !marks.compile_errors.is_empty() && (marks.error.is_some() || !marks.printed.is_empty()) {
            return Err("a program that does not compile prints nothing".to_owned());
        }
        Ok(marks)
    }

    /// Whether the source has no mark at all.
    pub fn is_empty(&self) -> bool {
        *self == Marks::default()
    }
}

/// The first mark of a line and its text, without white space at its ends
/// except what a printed line starts with.
fn mark_of(line: &str) -> Option<(Kind, &str)> {
    let (at, (start, kind)) =
        KINDS.iter().filter_map(|kind| Some((line.find(kind.0)?, kind))).min_by_key(|(at, _)| *at)?;
    let text = line[at + start.len()..].trim_end();
    let text = text.strip_prefix(' ').unwrap_or(text);
    Some((*kind, if *kind == Kind::Printed { text } else { text.trim() }))
}

/// A comment that is a mark but for its spelling.
fn near_mark(line: &str) -> Option<&str> {
    let comment = line.rsplit_once('#').map(|(before, _)| &line[before.len()..])?;
    let letters: String = comment.chars().skip(1).filter(|c| !c.is_whitespace() && *c != '-' && *c != '_').collect();
    let letters = letters.to_lowercase();
    let near = ["=>", ">", "error:", "compileerror:", "errors:", "prints:", "expect:", "runtimeerror:"];
    near.iter().any(|start| letters.starts_with(start)).then_some(comment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printed_lines_keep_their_order_and_indentation() {
        let marks = Marks::read("print(1) # => 1\n# =>   two\n# =>\n").unwrap();
        assert_eq!(marks.printed, ["1", "  two", ""]);
    }

    #[test]
    fn errors_carry_their_line() {
        let marks = Marks::read("x = 1\nx.y # error: int\n").unwrap();
        assert_eq!(marks.error, Some(Expected { line: 2, text: "int".to_owned() }));
    }

    #[test]
    fn a_mark_in_the_wrong_spelling_is_refused() {
        assert!(Marks::read("print(1) #=> 1\n").is_err());
        assert!(Marks::read("print(1) # Error: 1\n").is_err());
    }

    #[test]
    fn a_second_error_is_refused() {
        assert!(Marks::read("a # error: x\nb # error: y\n").is_err());
    }

    #[test]
    fn output_beside_a_compile_error_is_refused() {
        assert!(Marks::read("print(1) # => 1\nx # compile error: x\n").is_err());
    }
}
