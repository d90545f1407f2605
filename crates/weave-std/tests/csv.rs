//! CSV and TSV: quoting, line ends, bad rows and their places, round trips.

mod common;

use common::{Seeded, folder, prints, run};

#[test]
fn quoting_and_line_ends() {
    assert_eq!(prints(r#"print(parse("a,b\r\n\"x\ny\",\"\"\"\"\r\n", :csv) |> collect)"#), r#"[[a: "x\ny", b: "\""]]"#);
    assert_eq!(prints(r#"print(parse("\u{feff}a,b\n1,2", :csv) |> collect)"#), "[[a: 1, b: 2]]");
    assert_eq!(prints(r#"print(parse("a;b\n1;2\n", :csv, [separator: ";"]) |> collect)"#), "[[a: 1, b: 2]]");
    assert_eq!(prints(r#"print(parse("1,2\n3,4\n", :csv, [header: false]) |> collect)"#), "[[1, 2], [3, 4]]");
    assert_eq!(prints(r#"print(parse("a\tb\n5\"\tx\n", :tsv) |> collect)"#), r#"[[a: "5\"", b: "x"]]"#);
    assert_eq!(prints(r#"print(parse("", :csv) |> collect, parse("a\n\nb\n", :csv) |> count)"#), "[] 2");
    assert_eq!(prints(r#"print(parse("a,b\n\n1,2\n\n", :csv) |> count)"#), "1");
}

#[test]
fn bad_rows_name_their_place() {
    for (text, message, place) in [
        ("a,b\n1\n", "short row", "text:2:2"),
        ("a,b\n1,2\n1,2,3\n", "long row", "text:3:4"),
        ("a,b\n1,\"x\ny\n", "never closed", "text:2:3"),
        ("a,b\nx\"y,2\n", "quote inside", "text:2:2"),
        ("a,b\n\"x\"y,2\n", "behind the quote", "text:2:4"),
        ("a,b\né,\"x\"z\n", "behind the quote", "text:2:6"),
        ("a,b,a\n", "column `a` twice", "text:1:5"),
        ("a,b\n\"x\ny\",1\n2\n", "short row", "text:4:2"),
    ] {
        let source = format!("parse({}, :csv) |> collect", weave_text(text));
        let ran = run(&source);
        assert!(ran.message().contains(message), "{text:?}: {}", ran.message());
        assert_eq!(ran.place(), place, "{text:?}");
    }
}

#[test]
fn bytes_that_are_no_text_name_their_place() {
    let folder = folder();
    let path = folder.path().join("latin.csv");
    std::fs::write(&path, b"name,n\nAnn,1\nJos\xe9,2\n").expect("a file");
    let ran = run(&format!("read('{}') |> collect", path.display()));
    assert!(ran.message().contains("not UTF-8"), "{}", ran.message());
    assert!(ran.place().ends_with("latin.csv:3:4"), "{}", ran.place());
}

#[test]
fn an_error_in_the_use_of_a_row_names_the_row() {
    let folder = folder();
    let path = folder.path().join("sales.csv");
    std::fs::write(&path, "a,b\n1,2\n3,x\n5,6\n").expect("a file");
    let path = path.display();
    for body in [
        "for row in read('PATH') { row.a * row.b }",
        "read('PATH') *> ^{ it.a * it.b } |> sum",
        "read('PATH') &> ^(acc: 0, row) { acc + row.a * row.b }",
        "fn f(row) { row.a * row.b }\nread('PATH') *> f *> print",
        "read('PATH') *> .b |> sum",
        "read('PATH') |> each(^{ it.missing + it.b * 1 })",
    ] {
        let ran = run(&body.replace("PATH", &path.to_string()));
        assert!(ran.error.is_some(), "{body}");
        let line = if body.contains("missing") { "sales.csv:2" } else { "sales.csv:3" };
        assert!(ran.place().ends_with(line), "{body}: {}", ran.place());
    }
    // Afterwards no row is in use any more.
    for body in [
        "for row in read('PATH') { break }\n1 + \"a\"",
        "rows = read('PATH') |> collect\nrows[0].a + rows[1].b",
        "x = read('PATH') |> first\nx.a + \"a\"",
        "try { for row in read('PATH') { error(1) } } catch { }\n1 + \"a\"",
    ] {
        let ran = run(&body.replace("PATH", &path.to_string()));
        assert!(ran.error.is_some(), "{body}");
        assert_eq!(ran.place(), "", "{body}");
    }
}

#[test]
fn ragged_rows_and_bad_rows_as_the_options_say() {
    let text = r#""a,b\n1\n1,2,3\n4,5\n""#;
    assert_eq!(
        prints(&format!("print(parse({text}, :csv, [ragged: :cut]) |> collect)")),
        "[[a: 1, b: nil], [a: 1, b: 2], [a: 4, b: 5]]"
    );
    assert_eq!(
        prints(&format!(
            "rows = parse({text}, :csv, [on_error: :skip])\nprint(rows *> .b |> collect)\nprint(skipped(rows))"
        )),
        "[5]\n2"
    );
    let ran = run(&format!("parse({text}, :csv, [raged: :pad])"));
    assert!(ran.message().contains("no option `raged`"), "{}", ran.message());
}

#[test]
fn many_columns_share_their_keys_too() {
    let names: Vec<String> = (0..100).map(|i| format!("column_number_{i}")).collect();
    let values: Vec<String> = (0..100).map(|i| i.to_string()).collect();
    let text = format!("{}\n{}\n{}\n", names.join(","), values.join(","), values.join(","));
    let source = format!(
        "rows = parse({}, :csv) |> collect\nrows[0].extra = 1\nprint(rows[1].column_number_99, len(rows[0]), len(rows[1]))",
        weave_text(&text)
    );
    assert_eq!(prints(&source), "99 101 100");
}

/// Rows of any texts are read as they were written.
#[test]
fn written_rows_are_read_again() {
    let mut seeded = Seeded(11);
    let parts = ["a", "\"", ",", "\n", "\r", "é", " ", "'", "{", "\\", "\t", "x"];
    for round in 0..60 {
        let mut rows = String::from("rows = [");
        for _ in 0..1 + seeded.below(4) {
            rows.push('[');
            for column in ["k", "l", "m"] {
                let text: String = (0..seeded.below(6)).map(|_| parts[seeded.below(parts.len())]).collect();
                rows.push_str(&format!("{column}: {}, ", weave_text(&text)));
            }
            rows.push_str("], ");
        }
        rows.push_str("]\n");
        for format in ["csv", "tsv"] {
            let source = format!("{rows}print((format(rows, :{format}) |> parse(:{format}) |> collect) == rows)");
            assert_eq!(prints(&source), "true", "round {round}: {source}");
        }
    }
}

/// A text as a literal.
fn weave_text(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' | '{' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
