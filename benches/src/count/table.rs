//! The table of the closure suite: counts for one iteration of each pattern
//! beside those of its twin, and criterion's time where it was measured.

use super::Result;
use super::callgrind::Counts;
use crate::patterns::{Pattern, patterns};
use std::collections::HashMap;
use std::fs;
use std::path::Path;

const HEAD: &str = "| pattern | ns | instructions | twin | difference | objects | bytes | requests |\n|---|---:|---:|---:|---:|---:|---:|---:|\n";

/// The table as Markdown, of the patterns whose name contains `filter`.
/// `criterion` is the folder with criterion's results.
///
/// # Errors
/// Where a pattern was not counted.
pub fn table(counts: &[Counts], criterion: &Path, filter: &str) -> Result<String> {
    let counts: HashMap<&str, &Counts> = counts.iter().map(|row| (row.name.as_str(), row)).collect();
    let mut text = HEAD.to_owned();
    for pattern in patterns().iter().filter(|pattern| pattern.id().contains(filter)) {
        let name = pattern.id();
        let row = counts.get(&*name).ok_or_else(|| format!("{name} was not counted"))?;
        let each = |n: u64| n as f64 / pattern.iterations as f64;
        let twin = pattern.twin.as_ref().and_then(|twin| counts.get(&*format!("{}/{twin}", pattern.group)));
        let (twin, difference) = match twin {
            Some(twin) => {
                let more = each(row.instructions) - each(twin.instructions);
                (format!("{:.1}", each(twin.instructions)), format!("{more:+.1}"))
            }
            None => Default::default(),
        };
        let time = nanoseconds(criterion, pattern).map_or(String::new(), |time| format!("{time:.1}"));
        let rest = [each(row.objects), each(row.bytes), each(row.requests)].map(|n| format!("{n:.2}")).join(" | ");
        text.push_str(&format!(
            "| {name} | {time} | {:.1} | {twin} | {difference} | {rest} |\n",
            each(row.instructions)
        ));
    }
    Ok(text)
}

/// The fastest of criterion's last samples, for one iteration: what other work on
/// the machine adds to a sample says nothing about the pattern.
fn nanoseconds(criterion: &Path, pattern: &Pattern) -> Option<f64> {
    let path = criterion.join(pattern.group).join(&pattern.name).join("new/sample.json");
    let samples: serde_json::Value = serde_json::from_str(&fs::read_to_string(path).ok()?).ok()?;
    let numbers = |name| samples.get(name)?.as_array();
    let times = numbers("times")?.iter().zip(numbers("iters")?);
    let each = times.filter_map(|(time, runs)| Some(time.as_f64()? / runs.as_f64()?));
    each.min_by(f64::total_cmp).map(|time| time / pattern.iterations as f64)
}
