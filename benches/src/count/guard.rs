//! The check that no count rises unnoticed. Where the record was made by the same
//! compiler, counter and processor, counts are compared with it; elsewhere with
//! those of the parent commit, counted side by side. A record may only be raised
//! with its reason in the documentation.

use super::Result;
use super::callgrind::{count, rows};
use super::parent::Parent;
use super::record::{FILE, Record, Rise, path};
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// The page with the reasons, and the section.
const PAGE: &str = "docs/performance.md";
const SECTION: &str = "## Raised counts";

/// Checks what was counted now in the checkout at `root`, and says what it was
/// compared with.
///
/// # Errors
/// Where a count rose, the record is incomplete or raised without a reason, or
/// the parent commit can't be counted.
pub fn check(root: &Path, now: &Record) -> Result<String> {
    let record = read(root)?;
    let parent = Parent::find(root);
    let old = parent.as_ref().and_then(|parent| parent.file(FILE)).map(|text| Record::read(&text)).transpose()?;
    if let (Some(old), Some(parent)) = (&old, &parent) {
        let page = fs::read_to_string(root.join(PAGE)).map_err(|error| format!("{PAGE}: {error}"))?;
        reasons(&record, old, &page, &parent.file(PAGE).unwrap_or_default())?;
    }
    complete(&record, now)?;
    if now.fingerprint == record.fingerprint {
        verdict(&now.risen(&record, |_| 1.0), "the record")?;
        return Ok(format!("{} counts within 3 % of {FILE}{}\n", now.rows.len(), fallen(now, &record)));
    }
    let mut said = format!("{FILE} was made elsewhere:\n");
    for (here, there) in now.fingerprint.iter().zip(&record.fingerprint).filter(|(here, there)| here != there) {
        let _ = writeln!(said, "  here {here}\n  there {there}");
    }
    let Some(parent) = parent else {
        said.push_str("There is no history to compare with, so nothing is checked. The counts are:\n");
        return Ok(said + &now.to_string());
    };
    let Some(before) = counted(&parent)? else {
        let _ = writeln!(said, "{} has no counts to compare with. The counts are:", parent.short());
        return Ok(said + &now.to_string());
    };
    // What the record was raised by is allowed; it has its reason.
    let raised = |name: &str| match (record.get(name), old.as_ref().and_then(|old| old.get(name))) {
        (Some(new), Some(old)) => (new as f64 / old.max(1) as f64).max(1.0),
        _ => 1.0,
    };
    verdict(&now.risen(&before, raised), &format!("the parent commit {}", parent.short()))?;
    let _ = writeln!(said, "{} counts within 3 % of the parent commit {}", now.rows.len(), parent.short());
    Ok(said)
}

/// What the parent commit takes; `None` where it counts nothing yet.
fn counted(parent: &Parent) -> Result<Option<Record>> {
    let Some(build) = parent.build()? else { return Ok(None) };
    let Some(rows) = rows(&build.command())? else { return Ok(None) };
    Ok(Some(Record::new(Vec::new(), &count(&build.command(), &rows)?)))
}

/// Reads the record of the checkout.
///
/// # Errors
/// Where there is none or it can't be read.
pub fn read(root: &Path) -> Result<Record> {
    let text = fs::read_to_string(path(root)).map_err(|error| format!("{FILE}: {error}"))?;
    Record::read(&text)
}

/// Each row that the record raises has a line that the parent's page lacks.
fn reasons(record: &Record, old: &Record, page: &str, old_page: &str) -> Result<()> {
    if record.fingerprint != old.fingerprint {
        // Counts made by different compilers say nothing about the change.
        return Ok(());
    }
    let known: Vec<&str> = lines(old_page).collect();
    let without = record.risen(old, |_| 1.0).into_iter().filter(|rise| {
        let name = format!("`{}`", rise.name);
        !lines(page).any(|line| line.contains(&name) && !known.contains(&line))
    });
    let missing: Vec<String> = without.map(|rise| format!("  {rise}")).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let words = "The record is raised without a reason. Write a line with each of these names in backquotes";
    Err(format!("{words} in the section \"{}\" of {PAGE}:\n{}", &SECTION[3..], missing.join("\n")))
}

/// The lines of the section with the reasons.
fn lines(page: &str) -> impl Iterator<Item = &str> {
    page.lines().skip_while(|line| *line != SECTION).skip(1).take_while(|line| !line.starts_with("## "))
}

/// Every row is recorded, and every recorded one still there.
fn complete(record: &Record, now: &Record) -> Result<()> {
    let absent = |from: &Record, other: &Record| -> Vec<String> {
        from.rows.iter().filter(|(name, _)| other.get(name).is_none()).map(|(name, _)| name.clone()).collect()
    };
    let (new, gone) = (absent(now, record), absent(record, now));
    if new.is_empty() && gone.is_empty() {
        return Ok(());
    }
    Err(format!("{FILE} lacks {new:?} and has {gone:?} too many; `just record-instructions` rewrites it"))
}

fn verdict(risen: &[Rise], than: &str) -> Result<()> {
    if risen.is_empty() {
        return Ok(());
    }
    let list: Vec<String> = risen.iter().map(|rise| format!("  {rise}")).collect();
    Err(format!(
        "{} counts rose by more than 3 % over {than}:\n{}\nMend it, or run `just record-instructions` and give the reason in {PAGE}, \"{}\".",
        risen.len(),
        list.join("\n"),
        &SECTION[3..]
    ))
}

/// Says which rows fell by so much that the record should follow.
fn fallen(now: &Record, record: &Record) -> String {
    let count = record.risen(now, |_| 1.0).len();
    if count == 0 {
        return String::new();
    }
    format!("; {count} fell by more than 3 %, `just record-instructions` keeps the gain")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(rows: &[(&str, u64)]) -> Record {
        Record { rows: rows.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect(), ..Record::default() }
    }

    const PAGE: &str = "# Page\n`a/b` elsewhere\n## Raised counts\n- `a/b`: it is safer\n## Next\n- `c/d`\n";

    #[test]
    fn a_raised_record_needs_a_new_line_with_its_name() {
        let (old, new) = (record(&[("a/b", 100), ("c/d", 100)]), record(&[("a/b", 110), ("c/d", 100)]));
        assert_eq!(reasons(&new, &old, PAGE, ""), Ok(()));
        // The line of an earlier rise is no reason for the next one.
        assert!(reasons(&new, &old, PAGE, PAGE).is_err());
        assert!(reasons(&record(&[("c/d", 110)]), &old, PAGE, "").is_err());
        assert_eq!(reasons(&record(&[("c/d", 103)]), &old, PAGE, ""), Ok(()));
    }

    #[test]
    fn a_record_must_be_complete() {
        let now = record(&[("a/b", 1), ("c/d", 1)]);
        assert_eq!(complete(&now, &now), Ok(()));
        assert!(complete(&record(&[("a/b", 1)]), &now).is_err_and(|words| words.contains("c/d")));
        assert!(complete(&now, &record(&[("a/b", 1)])).is_err());
    }

    #[test]
    fn a_rise_fails_the_check() {
        let risen = record(&[("a/b", 104)]).risen(&record(&[("a/b", 100)]), |_| 1.0);
        assert!(verdict(&risen, "the record").is_err_and(|words| words.contains("+4.0 %")));
    }
}
