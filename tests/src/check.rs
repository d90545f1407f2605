//! Comparing what a program did with what its marks say.

use crate::mark::{Expected, Marks};
use crate::runner::Outcome;
use std::fmt::Write;

/// Whether the outcome is the one that the marks describe; otherwise a text
/// that names the first difference and then shows everything.
pub fn check(marks: &Marks, outcome: &Outcome) -> Result<(), String> {
    let problem = compile_errors(marks, outcome)
        .and_then(|()| printed(&marks.printed, &outcome.stdout))
        .and_then(|()| error(marks.error.as_ref(), outcome.error.as_ref()));
    problem.map_err(|problem| report(&problem, outcome))
}

/// Every marked line has a fitting error and every error is on a marked line;
/// one line may have several, since one mistake may be seen twice.
fn compile_errors(marks: &Marks, outcome: &Outcome) -> Result<(), String> {
    for expected in &marks.compile_errors {
        let fits = |(message, line): &(String, usize)| *line == expected.line && message.contains(&expected.text);
        if !outcome.compile_errors.iter().any(fits) {
            return Err(format!("line {}: no compile error with `{}`", expected.line, expected.text));
        }
    }
    for (message, line) in &outcome.compile_errors {
        if !marks.compile_errors.iter().any(|expected| expected.line == *line) {
            return Err(format!("line {line}: unexpected compile error: {message}"));
        }
    }
    Ok(())
}

/// The lines of stdout; white space at their ends does not count, since an
/// editor would remove it from the marks.
fn printed(expected: &[String], stdout: &str) -> Result<(), String> {
    let mut lines = stdout.lines().map(str::trim_end);
    for (index, line) in expected.iter().enumerate() {
        match lines.next() {
            Some(found) if found == line => {}
            Some(found) => {
                return Err(format!("printed line {}: expected `{line}`, found `{found}`", index + 1));
            }
            None => return Err(format!("printed line {}: expected `{line}`, but the output ends", index + 1)),
        }
    }
    match lines.next() {
        Some(found) => Err(format!("printed line {}: unexpected `{found}`", expected.len() + 1)),
        None => Ok(()),
    }
}

fn error(expected: Option<&Expected>, found: Option<&(String, usize)>) -> Result<(), String> {
    match (expected, found) {
        (None, None) => Ok(()),
        (None, Some((message, line))) => Err(format!("line {line}: unexpected error: {message}")),
        (Some(expected), None) => Err(format!("line {}: no error with `{}`", expected.line, expected.text)),
        (Some(expected), Some((message, line))) if !message.contains(&expected.text) => {
            Err(format!("line {line}: expected an error with `{}`, found: {message}", expected.text))
        }
        (Some(expected), Some((message, line))) if *line != expected.line => {
            Err(format!("line {line}: this error was expected at line {}: {message}", expected.line))
        }
        (Some(_), Some(_)) => Ok(()),
    }
}

/// The difference followed by all that the program did.
fn report(problem: &str, outcome: &Outcome) -> String {
    let mut text = format!("{problem}\n");
    for (message, line) in &outcome.compile_errors {
        let _ = writeln!(text, "  compile error at line {line}: {message}");
    }
    for line in outcome.stdout.lines().take(40) {
        let _ = writeln!(text, "  printed: {line}");
    }
    if let Some((message, line)) = &outcome.error {
        let _ = writeln!(text, "  error at line {line}: {message}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(stdout: &str) -> Outcome {
        Outcome { stdout: stdout.to_owned(), ..Outcome::default() }
    }

    #[test]
    fn the_same_lines_pass() {
        let marks = Marks::read("print(1) # => 1\n").unwrap();
        assert!(check(&marks, &outcome("1\n")).is_ok());
        assert!(check(&marks, &outcome("2\n")).is_err());
        assert!(check(&marks, &outcome("1\n2\n")).is_err());
        assert!(check(&marks, &outcome("")).is_err());
    }

    #[test]
    fn an_error_needs_its_line_and_its_text() {
        let marks = Marks::read("x\ny # error: int\n").unwrap();
        let failed = |message: &str, line| Outcome { error: Some((message.to_owned(), line)), ..Outcome::default() };
        assert!(check(&marks, &failed("an int has no fields", 2)).is_ok());
        assert!(check(&marks, &failed("an int has no fields", 1)).is_err());
        assert!(check(&marks, &failed("a string has no fields", 2)).is_err());
        assert!(check(&marks, &outcome("")).is_err());
    }

    #[test]
    fn every_compile_error_must_be_marked() {
        let marks = Marks::read("x # compile error: x\n").unwrap();
        let mut failed = outcome("");
        failed.compile_errors.push(("unknown name x".to_owned(), 1));
        assert!(check(&marks, &failed).is_ok());
        failed.compile_errors.push(("unknown name y".to_owned(), 2));
        assert!(check(&marks, &failed).is_err());
    }
}
