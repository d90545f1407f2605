//! Names of files that match a pattern.

use crate::access::no_files;
use crate::declare::plain;
use std::fs;
use weave_vm::error::Raise;
use weave_vm::native::{Native, Step, Value};

pub(crate) fn natives(sandbox: bool) -> Vec<Native> {
    vec![plain(
        "glob",
        "pattern",
        "the paths that match a pattern, in order: * and ? within a name, ** for any folders",
        &["print(glob(\"/dev/nul?\"))  # => [\"/dev/null\"]"],
        if sandbox { no_files } else { glob },
    )]
}

fn glob<'s>(step: &mut Step<'s>) -> Result<Value<'s>, Raise> {
    let pattern = step.arg(0);
    let Some(pattern) = pattern.as_text() else { return Err(step.expected(0, "a string")) };
    let (root, rest) = match pattern.strip_prefix('/') {
        Some(rest) => ("/", rest),
        None => ("", pattern),
    };
    let mut found = vec![root.to_owned()];
    let parts: Vec<&str> = rest.split('/').filter(|p| !p.is_empty()).collect();
    for (i, part) in parts.iter().enumerate() {
        let last = i + 1 == parts.len();
        let mut next = Vec::new();
        for folder in &found {
            match *part {
                "**" => below(step, folder, &mut next)?,
                part if part.contains(['*', '?']) => {
                    for name in names(folder) {
                        step.poll(1)?;
                        if matches(part, &name) {
                            next.push(format!("{folder}{name}"));
                        }
                    }
                }
                part => next.push(format!("{folder}{part}")),
            }
        }
        if !last {
            // What goes on must be a folder; `**` has given folders already.
            next.retain(|p| p.is_empty() || p.ends_with('/') || fs::metadata(p).is_ok_and(|m| m.is_dir()));
            for path in &mut next {
                if !path.is_empty() && !path.ends_with('/') {
                    path.push('/');
                }
            }
        }
        found = next;
    }
    found.retain(|p| !p.is_empty() && fs::symlink_metadata(p).is_ok());
    found.sort();
    found.dedup();
    let out = step.container(found.len())?;
    for path in &found {
        let path = step.text(path)?;
        step.push(out, path)?;
    }
    Ok(out.value())
}

/// Names in a folder that are text; none where it can't be read.
fn names(folder: &str) -> Vec<String> {
    let folder = if folder.is_empty() { "." } else { folder };
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    entries.filter_map(|e| e.ok()?.file_name().into_string().ok()).collect()
}

/// A folder and all folders below it; links are not followed, so this ends.
fn below(step: &mut Step<'_>, folder: &str, out: &mut Vec<String>) -> Result<(), Raise> {
    let mut pending = vec![folder.to_owned()];
    while let Some(folder) = pending.pop() {
        for name in names(&folder) {
            step.poll(1)?;
            let path = format!("{folder}{name}/");
            let plain = fs::symlink_metadata(path.trim_end_matches('/')).is_ok_and(|m| m.is_dir());
            if plain && !name.starts_with('.') {
                pending.push(path);
            }
        }
        out.push(folder);
    }
    Ok(())
}

/// Whether a name matches a pattern of `*` and `?`. Hidden names need a dot in
/// the pattern.
fn matches(pattern: &str, name: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    let (p, n): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut i, mut j) = (0, 0);
    // Where the last star stood, and what it has taken so far.
    let mut star = None;
    while j < n.len() {
        match p.get(i) {
            Some('*') => {
                star = Some((i, j));
                i += 1;
            }
            Some(&c) if c == '?' || c == n[j] => {
                i += 1;
                j += 1;
            }
            _ => match star {
                Some((at, taken)) => {
                    i = at + 1;
                    j = taken + 1;
                    star = Some((at, taken + 1));
                }
                None => return false,
            },
        }
    }
    p[i.min(p.len())..].iter().all(|&c| c == '*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_match_any_run() {
        for (pattern, name, yes) in [
            ("*.csv", "a.csv", true),
            ("*.csv", "a.csv.gz", false),
            ("a*b*c", "aXbYbc", true),
            ("?", "é", true),
            ("*", ".hidden", false),
            (".*", ".hidden", true),
            ("", "", true),
        ] {
            assert_eq!(matches(pattern, name), yes, "{pattern} {name}");
        }
    }
}
