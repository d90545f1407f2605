//! Data of any kind gives a value or an error, never a panic: documents cut at
//! every byte, with bytes replaced, and random bytes. All seeded.

mod common;

use common::{Ran, Seeded, folder, run};
use std::fs;

const CSV: &[u8] = b"id,name,\"no, te\"\r\n1,\"A \"\"x\"\"\",1.10\r\n2,\"two\nlines\",\xc3\xa9\n\n3,,\"\"\n";
const JSON: &[u8] =
    b"{\"a\": [1, -2.50, 1e3, true, null, {\"k\": \"v\\n\\u00e9\\ud83d\\ude00\"}], \"b\": [[[]]], \"\xc3\xa9\": \"x\"}";
const LINES: &[u8] = b"{\"n\": 1}\r\n\n[2, \"x\"]\n\"\xc3\xa9\"\n3";

/// Reads bytes in every format; each must end with rows or a data error.
fn read_all(path: &str, bytes: &[u8]) {
    fs::write(path, bytes).expect("a file");
    for (format, options) in [
        (":csv", "[]"),
        (":csv", "[ragged: :cut, on_error: :skip, nulls: [\"\"]]"),
        (":csv", "[header: false, separator: \";\"]"),
        (":tsv", "[]"),
        (":json", "[]"),
        (":json", "[stream: true]"),
        (":json", "[at: \"a\"]"),
        (":jsonl", "[on_error: :skip]"),
        (":lines", "[]"),
        (":text", "[]"),
    ] {
        let source =
            format!("x = read('{path}', {format}, {options})\nif type(x) == :stream {{ x = collect(x) }}\nlen(str(x))");
        let Ran { error, .. } = run(&source);
        if let Some(error) = error {
            let place = error.data_place.as_deref().unwrap_or("");
            assert_eq!(error.kind.name(), "data", "{format} {options} of {bytes:?}: {}", error.message);
            assert!(place.starts_with(path) && place[path.len()..].matches(':').count() == 2, "{format}: {place}");
        }
    }
}

#[test]
fn documents_cut_anywhere() {
    let folder = folder();
    let path = folder.path().join("cut").display().to_string();
    for document in [CSV, JSON, LINES] {
        for end in 0..=document.len() {
            read_all(&path, &document[..end]);
        }
    }
}

#[test]
fn documents_with_bytes_replaced() {
    let folder = folder();
    let path = folder.path().join("mutated").display().to_string();
    let mut seeded = Seeded(5);
    let likely = b"\"\",:[]{}\\\n\r\t;u0e.-\x00\xff\xc3";
    for _ in 0..150 {
        for document in [CSV, JSON, LINES] {
            let mut bytes = document.to_vec();
            for _ in 0..1 + seeded.below(3) {
                let at = seeded.below(bytes.len());
                match seeded.below(3) {
                    0 => bytes[at] = likely[seeded.below(likely.len())],
                    1 => bytes.insert(at, likely[seeded.below(likely.len())]),
                    _ => {
                        bytes.remove(at);
                    }
                }
            }
            read_all(&path, &bytes);
        }
    }
}

#[test]
fn random_bytes() {
    let folder = folder();
    let path = folder.path().join("random").display().to_string();
    let mut seeded = Seeded(99);
    for _ in 0..60 {
        let bytes: Vec<u8> = (0..seeded.below(200)).map(|_| seeded.below(256) as u8).collect();
        read_all(&path, &bytes);
    }
}

/// Records that are longer than the buffer are read as they are.
#[test]
fn records_longer_than_the_buffer() {
    let folder = folder();
    let path = folder.path().join("long").display().to_string();
    let cell = "x\ny\"\"".repeat(300_000);
    fs::write(&path, format!("a,b\n1,\"{cell}\"\n2,z\n")).expect("a file");
    let ran = run(&format!("read('{path}', :csv) *> ^{{ print(it.a, len(it.b)) }}"));
    assert_eq!(ran.printed, "1 1200000\n2 1\n", "{}", ran.message());
    fs::write(&path, format!("[\"{}\", 2]", "é".repeat(700_000))).expect("a file");
    let ran = run(&format!("read('{path}', :json, [stream: true]) *> ^{{ print(len(str(it))) }}"));
    assert_eq!(ran.printed, "700000\n1\n", "{}", ran.message());
    // An open quote is looked for to the end, once.
    fs::write(&path, format!("a\n\"{}", "x\n".repeat(2_000_000))).expect("a file");
    let ran = run(&format!("read('{path}', :csv) |> count"));
    assert!(ran.message().contains("never closed") && ran.place().ends_with(":2:1"), "{}", ran.message());
}
