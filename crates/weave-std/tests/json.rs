//! JSON: values, errors with their places, streams of elements.

mod common;

use common::{prints, run};

#[test]
fn values_and_spellings() {
    assert_eq!(
        prints(r#"print(parse('[1, 1.10, -0, 1e2, 1E+2, 12345678901234567890, "a\u00e9\ud83d\ude00\/"]', :json))"#),
        r#"[1, 1.10, -0, 1e2, 1E+2, 12345678901234567890, "aé😀/"]"#
    );
    assert_eq!(
        prints(r#"print(format(parse('{"a":[1.10,{}],"b":null}', :json), :json))"#),
        r#"{"a":[1.10,[]],"b":null}"#
    );
    assert_eq!(
        prints("print(format([a: [1, \"x\"], b: []], :json, [pretty: true]))"),
        "{\n  \"a\": [\n    1,\n    \"x\"\n  ],\n  \"b\": []\n}"
    );
    assert_eq!(
        prints("print(format(1..4, :json), format(1.. |> take(2), :json), format([], :json))"),
        "[1,2,3] [1,2] []"
    );
}

#[test]
fn errors_name_line_and_column() {
    for (text, message, place) in [
        ("", "expected a value", "text:1:1"),
        ("[1,", "the text ends", "text:1:4"),
        ("[1 2]", "expected `,` or `]`", "text:1:4"),
        ("[1,]", "expected a value", "text:1:4"),
        ("{\"a\":1,}", "expected a key", "text:1:8"),
        ("{\n \"a\": tru}", "expected a value", "text:2:7"),
        ("[01]", "not a number", "text:1:2"),
        ("[1.]", "not a number", "text:1:2"),
        ("[-]", "not a number", "text:1:2"),
        ("[+1]", "expected a value", "text:1:2"),
        ("[NaN]", "expected a value", "text:1:2"),
        ("\"abc", "never closed", "text:1:1"),
        ("[\"a\nb\"]", "control character", "text:1:4"),
        ("\"\\x\"", "unknown escape", "text:1:2"),
        ("\"\\ud800\"", "surrogate", "text:1:2"),
        ("\"\\u12\"", "four hexadecimal", "text:1:2"),
        ("{\"é\": 1, \"é\": 2}", "given twice", "text:1:10"),
        ("[1] 2", "behind the end", "text:1:5"),
        ("// x\n1", "expected a value", "text:1:1"),
    ] {
        let ran = run(&format!("parse('{}', :json)", text.replace('\'', "''")));
        assert!(ran.message().contains(message), "{text:?}: {}", ran.message());
        assert_eq!(ran.place(), place, "{text:?}");
    }
}

#[test]
fn what_has_no_form_is_an_error() {
    for (value, message) in
        [("[1, a: 2]", "only some values"), ("0.0 / 0.0", "nan"), ("print", "function"), ("[1.. |> take(1)]", "stream")]
    {
        let ran = run(&format!("format({value}, :json)"));
        assert!(ran.message().contains(message), "{value}: {}", ran.message());
    }
    let ran = run("xs = [1]\nxs << xs\nformat(xs, :json)");
    assert!(ran.message().contains("holds itself"), "{}", ran.message());
    // Shared parts are no cycle.
    assert_eq!(prints("x = [1]\nprint(format([x, x], :json))"), "[[1],[1]]");
}

#[test]
fn elements_are_streamed_with_their_places() {
    let text = r#"{"skip": {"items": [9], "s": "]}"}, "data": {"n": 1, "items": [{"a": "]"}, [1], 2.50 , "x"]}}"#;
    let source = format!("print(parse('{text}', :json, [at: \"data.items\"]) |> collect)");
    assert_eq!(prints(&source), r#"[[a: "]"], [1], 2.50, "x"]"#);
    for (text, message, place) in [
        ("[1, 2", "expected `,` or `]`", "text:1:6"),
        ("[1,\n {\"a\" 1}]", "expected `:`", "text:2:7"),
        ("{\"a\": 1}", "an array to stream", "text:1:1"),
        ("[1, , 2]", "expected a value", "text:1:5"),
    ] {
        let ran = run(&format!("parse('{text}', :json, [stream: true]) |> collect"));
        assert!(ran.message().contains(message), "{text:?}: {}", ran.message());
        assert_eq!(ran.place(), place, "{text:?}");
    }
    let ran = run("parse('{\"a\": [1]}', :json, [at: \"b\"]) |> collect");
    assert!(ran.message().contains("no key `b`"), "{}", ran.message());
}

#[test]
fn lines_of_json() {
    assert_eq!(prints("print(parse(\"[1]\\n\\n[2]\\r\\n\", :jsonl) |> collect)"), "[[1], [2]]");
    let ran = run("parse(\"[1]\\n[2\\n\", :jsonl) |> collect");
    assert_eq!(ran.place(), "text:2:3");
    assert_eq!(
        prints(
            "r = parse(\"1\\n{\\n3\\n\", :jsonl, [on_error: :skip])\nprint(sum(r), skipped(r))"
                .replace("{", "\\{")
                .as_str()
        ),
        "4 1"
    );
    assert_eq!(prints("print(format([[a: 1], [2]], :jsonl))"), "{\"a\":1}\n[2]");
}

#[test]
fn nesting_is_bounded_by_memory_alone() {
    let source = "x = parse(repeat(\"[\", 300000) + repeat(\"]\", 300000), :json)\nprint(len(format(x, :json)))";
    assert_eq!(prints(source), "600000");
    let ran = run("parse(repeat(\"[\", 1200000), :json)");
    assert!(ran.message().contains("nested too deep"), "{}", ran.message());
}
