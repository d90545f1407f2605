//! Rows made in part: over random tables with defects, a chain that reads some
//! fields prints and fails as it does where rows are made whole.

mod common;

use common::{Seeded, folder, machine, run_optimised};
use std::fmt::Write;
use weave_compiler::OptFlags;

/// Tables of each format that a run makes.
const TABLES: usize = 24;

/// Chains over `rows` that read fields of theirs in different ways.
const CHAINS: &[&str] = &[
    "rows *> .b *> print",
    "rows ?> ^{ it.a != 1 } *> ^{ \"{it.c}|{it.a}\" } *> print",
    "rows &> ^(acc: \"\", row) { print(row.b); acc + \"x\" } |> print",
    "rows ?> ^{ it?.a == it?.c } |> skip(1) |> take(3) *> ^{ print(it[\"b\"], it.d ?? 0) }",
    "for row in rows { if row.c != 2 { print(row.a, row?.c) } }",
    "for [b: b, d: d] in rows { print(b, d) }",
    "print(rows *> ^([a: a]) { a } |> collect)",
    "fn ok(row) { row.b != nil }\nfn part(row, more: 1) { [row.a, more, row.d] }\nprint(rows ?> ok *> part(2) |> collect)",
    "print(rows *> ^{ 1 } |> count)",
    "rows *> ^{ it.a.x ?? it.b } *> print",
    "rows ?> ^{ it.a == 1 } *> print",
    "rows |> take_while(^{ it.a != 2 }) *> ^{ print(it.c, it.b) }",
    "print(rows ?> ^{ it.a != 1 } |> count)",
    "rows |> each(^{ print(it.b) })\nfn one(row) { row.a == 1 }\nprint(one([a: 1]))",
    "print(rows |> count(^{ it.a == 1 }))",
    "print(rows |> count_by(.b))",
    "print(rows ?> ^{ it.b != 1 } |> group_by(.a))",
    "print(rows |> sort_by(^{ str(it.b) }) |> first)",
    "print(rows ?> ^{ it.a == it.a } |> chunk(2) |> collect)",
    "print(rows |> unique(.c) *> .b |> collect)",
    "rows |> max |> print",
    "rows *> ^{ it.c = it.a; print(it.c); it.e ??= 5; it.e + it.b } *> print",
];

/// Where a program stopped and what it had printed.
fn outcome(source: &str, optimise: OptFlags) -> String {
    let ran = run_optimised(machine(&[], false), source, optimise);
    let mut out = ran.printed.clone();
    if let Some(error) = &ran.error {
        let place = error.place.as_ref().map_or(0, |p| p.line());
        let _ =
            write!(out, "error {} at {} in {place}: {:?} {:?}", error.message, ran.place(), error.help, error.label);
    }
    out
}

fn compare(path: &str, bytes: &[u8], read: &str, results: &mut [usize; 2]) {
    std::fs::write(path, bytes).expect("a file");
    let mut whole = OptFlags::default();
    assert!(whole.disable("projection"));
    for chain in CHAINS {
        let source = format!("rows = {read}\n{chain}");
        let expected = outcome(&source, whole);
        let shown = || String::from_utf8_lossy(bytes).into_owned();
        assert_eq!(outcome(&source, OptFlags::default()), expected, "{source}\nover {:?}", shown());
        assert_eq!(outcome(&source, OptFlags::none()), expected, "{source}\nplain, over {:?}", shown());
        let alone = OptFlags { projection: true, ..OptFlags::none() };
        assert_eq!(outcome(&source, alone), expected, "{source}\nprojection alone, over {:?}", shown());
        results[usize::from(expected.contains("error "))] += 1;
    }
}

fn one_of<'t>(seeded: &mut Seeded, from: &[&'t str]) -> &'t str {
    from[seeded.below(from.len())]
}

/// A table whose header and cells are usually right.
fn table(seeded: &mut Seeded) -> String {
    let header = ["a,b,c,d", "d,c,b,a", "b,a", "a,b,c,d,f,\"g\"\"h\"", "\u{feff}a,c,b,d", "a,b,a", "\"a\",b,\"c\n\",d"];
    let mut text = header[if seeded.below(3) > 0 { 0 } else { seeded.below(header.len()) }].to_owned();
    let columns = text.split(',').count();
    text.push_str(one_of(seeded, &["\n", "\n", "\r\n"]));
    for _ in 0..seeded.below(9) {
        let wrong = seeded.below(24) == 0;
        let found = if wrong { seeded.below(7) } else { columns };
        for i in 0..found {
            if i > 0 {
                text.push(',');
            }
            let cells = [
                "1",
                "2",
                "1.10",
                "",
                "007",
                "é",
                "a longer text than fifteen",
                "\"x,y\"",
                "\"q\"\"q\"",
                "\"two\nlines\"",
            ];
            let bad = ["x\"y", "\"open", "\"closed\"x", "123456789012345678901", "1\r2", "\t"];
            let defect = seeded.below(90) == 0;
            text.push_str(if defect { one_of(seeded, &bad) } else { one_of(seeded, &cells) });
        }
        text.push_str(one_of(seeded, &["\n", "\n", "\n", "\n", "\r\n", "\n\n"]));
    }
    text
}

/// JSON values one on a line, usually objects with the same keys.
fn lines(seeded: &mut Seeded) -> String {
    let values = [
        "1",
        "2",
        "1.50",
        "null",
        "true",
        "\"t\"",
        "\"a longer text than fifteen\"",
        "\"\\u00e9\\n\"",
        "[1, [2, {}]]",
        "{\"x\": 1, \"y\": [{\"x\": 2}]}",
        "{}",
        "[]",
        "-0.0",
        "1e3",
        "{\"x\": {\"x\": \"\\\\\"}}",
    ];
    let bad = [
        "01",
        "tru",
        "\"open",
        "{\"x\": 1, \"x\": 2}",
        "[1,]",
        "{\"x\" 1}",
        "\"\\q\"",
        "1.",
        "[1",
        "\"\\ud800\"",
        "{\"\\u0078\": 1, \"x\": 2}",
        "\u{1}",
        "[{\"k\": 1, \"l\": [], \"k\": 1}]",
        "'x'",
        "nul",
        "-",
        "}",
    ];
    let mut text = String::new();
    for _ in 0..seeded.below(8) {
        match seeded.below(30) {
            0 => text.push_str(one_of(seeded, &["7", "[1]", "", "{\"a\": 1} x", "{\"a\": 1, \"a\": 2}", "\"a\""])),
            _ => {
                let keys = [["a", "b", "c", "d"], ["d", "b", "a", "zz"], ["a", "\\u0062", "c", "d"]];
                let keys = keys[if seeded.below(4) > 0 { 0 } else { seeded.below(3) }];
                text.push('{');
                for (i, key) in keys.iter().enumerate() {
                    let defect = seeded.below(60) == 0;
                    let value = if defect { one_of(seeded, &bad) } else { one_of(seeded, &values) };
                    let _ = write!(text, "{}\"{key}\": {value}", if i > 0 { ", " } else { "" });
                }
                text.push('}');
            }
        }
        text.push('\n');
    }
    text
}

/// Some runs end well and some by an error, or nothing was compared.
fn both_occur(results: [usize; 2]) {
    println!("{} ended well, {} by an error", results[0], results[1]);
    let all = results[0] + results[1];
    assert!(results.iter().all(|n| n * 10 > all), "{results:?}");
}

/// Now and then one byte of the text is no UTF-8.
fn sometimes_broken(text: String, seeded: &mut Seeded) -> Vec<u8> {
    let mut bytes = text.into_bytes();
    if seeded.below(30) == 0 && !bytes.is_empty() {
        let at = seeded.below(bytes.len());
        bytes[at] = 0xe9;
    }
    bytes
}

#[test]
fn rows_of_tables() {
    let folder = folder();
    let path = folder.path().join("t.csv").display().to_string();
    let mut seeded = Seeded(41);
    let mut results = [0, 0];
    for i in 0..TABLES {
        let text = table(&mut seeded);
        let bytes = sometimes_broken(text, &mut seeded);
        let options = [
            "[]",
            "[]",
            "[ragged: :pad]",
            "[ragged: :cut, nulls: [\"\", \"2\"]]",
            "[on_error: :skip]",
            "[header: false]",
        ];
        compare(&path, &bytes, &format!("read('{path}', :csv, {})", options[i % options.len()]), &mut results);
    }
    both_occur(results);
}

#[test]
fn rows_of_json_lines() {
    let folder = folder();
    let path = folder.path().join("t.jsonl").display().to_string();
    let mut seeded = Seeded(43);
    let mut results = [0, 0];
    for i in 0..TABLES {
        let text = lines(&mut seeded);
        let bytes = sometimes_broken(text, &mut seeded);
        let options = ["[]", "[on_error: :skip]"][i % 2];
        compare(&path, &bytes, &format!("read('{path}', :jsonl, {options})"), &mut results);
    }
    both_occur(results);
}

#[test]
fn elements_of_an_array() {
    let folder = folder();
    let path = folder.path().join("t.json").display().to_string();
    let mut seeded = Seeded(47);
    let mut results = [0, 0];
    for _ in 0..TABLES / 2 {
        let list = lines(&mut seeded).trim_end().replace('\n', ",\n");
        compare(&path, format!("[{list}]").as_bytes(), &format!("read('{path}', :json, [stream: true])"), &mut results);
    }
    both_occur(results);
}

#[test]
fn a_stream_that_another_pass_used_is_left_alone() {
    let used = "s = parse(\"a,b\\n1,2\\n3,4\\n\", :csv)\n";
    for chain in [
        // The pass that fails to take the stream must not change what the other one gets.
        "kept = s ?> ^{ it.b > 2 }\ntry { s *> ^{ print(it.a) } } catch e { print(e.kind) }\nprint(collect(kept))",
        "fn f(acc: collect(s), row) { row.a }\ntry { s &> f |> print } catch e { print(e.kind) }\nprint(s)",
        "for row in s { print(row.a)\ntry { s *> .b *> print } catch e { print(e.message) }\nprint(row.a) }",
        "print(peek(s, 1))\ns *> .b *> print",
        "m = s *> ^{ [x: it.a, y: it.b] }\nm ?> ^{ it.x > 1 } *> .y *> print",
    ] {
        let source = format!("{used}{chain}");
        assert_eq!(outcome(&source, OptFlags::default()), outcome(&source, OptFlags::none()), "{source}");
    }
}
