//! A profile as tables, the heaviest rows first.

use super::file_line;
use crate::escape;
use unicode_width::UnicodeWidthStr;
use weave_vm::error::Place;
use weave_vm::profile::{Function, Profile};

/// Rows of a table that are shown.
const MOST_ROWS: usize = 30;
/// Characters of a name or a place that are shown.
const MOST_NAME: usize = 40;

const BOLD: &str = "\u{1b}[1m";
const PLAIN: &str = "\u{1b}[0m";

/// A table: its title, the heads of its columns, and its rows.
struct Table {
    title: &'static str,
    heads: &'static [&'static str],
    /// Columns from the left that hold text and not numbers.
    texts: usize,
    rows: Vec<Vec<String>>,
}

/// The report.
pub(super) fn tables(profile: &Profile, script: &str, color: bool) -> String {
    let mut out = format!("Profile of {}\n\n", escape::one_line(script, 200));
    out.push_str(&format!("    {:>10}  in the program\n", time(profile.total)));
    out.push_str(&format!("    {:>10}  from start to end, with measuring\n", time(profile.elapsed)));
    out.push_str(&format!("    {:>10}  instructions\n", count(profile.instructions)));
    out.push_str(&format!(
        "\nCounts are exact. Of instructions that take a few nanoseconds one in 16 is timed, of all others each.\n\
         What looking at the clock costs is subtracted: {} ns in the end.\n",
        profile.timing_cost
    ));
    for table in [functions(profile), sites(profile), opcodes(profile), allocations(profile)] {
        if !table.rows.is_empty() {
            write(&table, color, &mut out);
        }
    }
    write(&variables(profile), color, &mut out);
    let mean = profile.collection_ns / profile.collections.max(1);
    let collections = format!(
        "{} collections took {}, {} each.",
        count(profile.collections),
        time(profile.collection_ns),
        time(mean)
    );
    out.push_str(&format!("\n{}\n", if profile.collections == 0 { "There was no collection." } else { &collections }));
    if profile.cut_calls > 0 {
        let cut = count(profile.cut_calls);
        out.push_str(&format!("{cut} calls lie on paths too deep or too many to tell apart in stacks.\n"));
    }
    out
}

fn functions(profile: &Profile) -> Table {
    let row = |f: &Function| {
        let share = |ns| percent(ns, profile.total);
        let place = f.place.as_ref().map_or_else(String::new, file_line);
        let (own, total) = (share(f.self_ns), share(f.total_ns));
        vec![name(&f.name), short(&place), count(f.calls), time(f.self_ns), own, time(f.total_ns), total]
    };
    Table {
        title: "Functions",
        heads: &["function", "", "calls", "self", "%", "total", "%"],
        texts: 2,
        rows: profile.functions.iter().map(row).collect(),
    }
}

fn sites(profile: &Profile) -> Table {
    let name_of = |i: usize| profile.functions.get(i).map_or_else(String::new, |f| name(&f.name));
    // The start of the program is no call.
    let sites = profile.sites.iter().filter(|site| site.caller.is_some());
    let rows = sites.map(|s| {
        let place = s.place.as_ref().map_or_else(|| "-".to_owned(), file_line_column);
        let caller = s.caller.map_or_else(String::new, name_of);
        let share = percent(s.total_ns, profile.total);
        vec![short(&place), caller, name_of(s.function), count(s.calls), time(s.self_ns), time(s.total_ns), share]
    });
    Table {
        title: "Call sites",
        heads: &["place", "in", "calls of", "calls", "self", "total", "%"],
        texts: 3,
        rows: rows.collect(),
    }
}

fn opcodes(profile: &Profile) -> Table {
    let all: u64 = profile.opcodes.iter().map(|o| o.ns).sum();
    let rows = profile.opcodes.iter().map(|o| {
        let mean = format!("{:.1}", o.ns as f64 / o.count.max(1) as f64);
        let of_count = percent(o.count, profile.instructions);
        vec![o.op.name().to_owned(), count(o.count), of_count, time(o.ns), percent(o.ns, all), mean]
    });
    Table {
        title: "Instructions",
        heads: &["opcode", "count", "%", "total", "%", "mean ns"],
        texts: 1,
        rows: rows.collect(),
    }
}

fn allocations(profile: &Profile) -> Table {
    let all: u64 = profile.allocated.iter().map(|a| a.bytes).sum();
    let rows = profile.allocated.iter();
    let rows = rows.map(|a| vec![a.kind.to_owned(), count(a.count), count(a.bytes), percent(a.bytes, all)]);
    Table { title: "Allocations", heads: &["kind", "count", "bytes", "%"], texts: 1, rows: rows.collect() }
}

fn variables(profile: &Profile) -> Table {
    let row =
        |name: &str, uses: weave_vm::profile::Captured| vec![name.to_owned(), count(uses.reads), count(uses.writes)];
    let rows = vec![
        row("by the functions that captured them", profile.captured),
        row("by the function that they belong to", profile.own_cells),
    ];
    Table { title: "Captured variables", heads: &["used", "reads", "writes"], texts: 1, rows }
}

fn write(table: &Table, color: bool, out: &mut String) {
    let columns = table.heads.len();
    let shown = table.rows.iter().take(MOST_ROWS);
    let mut widths: Vec<usize> = table.heads.iter().map(|head| head.width()).collect();
    for row in shown.clone() {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let mut line = String::from("   ");
        for (i, (cell, width)) in cells.zip(&widths).enumerate() {
            let room = " ".repeat(width.saturating_sub(cell.width()));
            let (before, after) = if i < table.texts { ("", &*room) } else { (&*room, "") };
            line.push_str(&format!(" {before}{cell}{after}"));
            if i + 1 < columns {
                line.push(' ');
            }
        }
        line.truncate(line.trim_end().len());
        line
    };
    let (on, off) = if color { (BOLD, PLAIN) } else { ("", "") };
    out.push_str(&format!("\n{on}{}{off}\n", table.title));
    out.push_str(&format!("{}\n", line(&mut table.heads.iter().copied())));
    for row in shown {
        out.push_str(&format!("{}\n", line(&mut row.iter().map(String::as_str))));
    }
    if table.rows.len() > MOST_ROWS {
        out.push_str(&format!("    … and {} more\n", table.rows.len() - MOST_ROWS));
    }
}

fn name(text: &str) -> String {
    escape::one_line(text, MOST_NAME)
}

/// A place whose end matters more than its start.
fn short(text: &str) -> String {
    let shown = escape::one_line(text, 1_000);
    let surplus = shown.chars().count().saturating_sub(MOST_NAME);
    if surplus == 0 { shown } else { format!("…{}", shown.chars().skip(surplus + 1).collect::<String>()) }
}

fn file_line_column(place: &Place) -> String {
    match place.chunk.line_column(place.span) {
        Some(at) => format!("{}:{}", file_line(place), at.column),
        None => file_line(place),
    }
}

/// Three digits and a unit.
fn time(ns: u64) -> String {
    let ns = ns as f64;
    let (value, unit) = match ns {
        _ if ns < 999.5 => return format!("{ns} ns"),
        _ if ns < 999.5e3 => (ns / 1e3, "µs"),
        _ if ns < 999.5e6 => (ns / 1e6, "ms"),
        _ => (ns / 1e9, "s"),
    };
    let digits = if value < 9.995 { 2 } else { usize::from(value < 99.95) };
    format!("{value:.digits$} {unit}")
}

fn percent(part: u64, whole: u64) -> String {
    format!("{:.1}", part as f64 * 100.0 / whole.max(1) as f64)
}

/// A number with its thousands apart.
fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_easy_to_read() {
        for (ns, text) in [
            (0, "0 ns"),
            (999, "999 ns"),
            (1_000, "1.00 µs"),
            (12_345, "12.3 µs"),
            (999_499, "999 µs"),
            (999_500, "1.00 ms"),
            (9_996_000, "10.0 ms"),
            (61_500_000_000, "61.5 s"),
        ] {
            assert_eq!(time(ns), text);
        }
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(percent(1, 3), "33.3");
        assert_eq!(percent(0, 0), "0.0");
    }

    #[test]
    fn long_places_keep_their_end() {
        let text = format!("{}/script.wv:12:3", "folder".repeat(20));
        let shown = short(&text);
        assert!(shown.ends_with("/script.wv:12:3") && shown.starts_with('…'), "{shown}");
        assert_eq!(shown.chars().count(), MOST_NAME);
    }
}
