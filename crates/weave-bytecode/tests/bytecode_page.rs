//! `docs/bytecode.md` holds the tables of opcodes and rules as the code has them.
//! `BLESS=1` rewrites the tables.

use std::fmt::Write;
use weave_bytecode::operand::Kind;
use weave_bytecode::ops::Op;
use weave_bytecode::verify::Rule;

const BEGIN: &str = "<!-- opcodes: made from ops.rs by `just bless` -->\n";
const END: &str = "<!-- end of opcodes -->\n";

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Out => "out",
        Kind::In => "in",
        Kind::InOut => "in out",
        Kind::Window => "window",
        Kind::WindowIn => "run",
        Kind::Window2 => "2 registers",
        Kind::Window2In => "2 registers in",
        Kind::Window3 => "3 registers",
        Kind::Window5 => "5 registers",
        Kind::Cell => "cell",
        Kind::Count => "count",
        Kind::Small => "i16",
        Kind::Flags => "flags",
        Kind::Const => "const",
        Kind::WideConst => "const32",
        Kind::Int => "i32",
        Kind::Jump => "jump",
        Kind::Proto => "prototype",
        Kind::Slot => "slot",
        Kind::Native => "native",
        Kind::Upvalue => "upvalue",
        Kind::UpCell => "upvalue cell",
        Kind::Cache => "cache",
    }
}

fn table() -> String {
    let mut out = String::from("| number | opcode | operands | effect |\n|---:|---|---|---|\n");
    for (number, op) in Op::ALL.iter().enumerate() {
        let operands: Vec<String> = op
            .operands()
            .iter()
            .map(|o| format!("{}: {}", format!("{:?}", o.field).to_lowercase(), kind(o.kind)))
            .collect();
        let effect = op.effect().trim().replace('|', "\\|");
        writeln!(out, "| {number} | `{}` | {} | {effect} |", op.name(), operands.join(", "))
            .expect("writing to a string");
    }
    out
}

/// The rules of the verifier.
fn rules() -> String {
    let mut out = String::from("| number | rule | what holds |\n|---:|---|---|\n");
    for rule in Rule::ALL {
        writeln!(out, "| {} | {} | {} |", rule.number(), rule.name(), rule.holds()).expect("writing to a string");
    }
    out
}

/// Compares what stands between two marks with what the code has, or rewrites it.
fn has(begin: &str, end: &str, table: &str) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/bytecode.md");
    let page = std::fs::read_to_string(path).expect("the page");
    let start = page.find(begin).expect("the begin mark") + begin.len();
    let end = page.find(end).expect("the end mark");
    let wanted = format!("\n{table}\n");
    if std::env::var_os("BLESS").is_some() {
        let new = format!("{}{wanted}{}", &page[..start], &page[end..]);
        std::fs::write(path, new).expect("writable");
        return;
    }
    assert!(page[start..end] == wanted, "docs/bytecode.md differs from the code; run `just bless`");
}

#[test]
fn the_page_has_the_tables_of_the_code() {
    has("<!-- rules: made from verify/rule.rs by `just bless` -->\n", "<!-- end of rules -->\n", &rules());
    has(BEGIN, END, &table());
}

/// A comment that cites a rule must cite one that there is.
#[test]
fn the_machine_cites_rules_that_there_are() {
    fn visit(folder: &std::path::Path, cited: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                visit(&path, cited);
            } else if path.extension().is_some_and(|ext| ext == "rs") {
                let text = std::fs::read_to_string(&path).expect("a source");
                for (at, _) in text.match_indices("V-") {
                    let capital = |c: char| c.is_ascii_uppercase();
                    let rest = &text[at + 2..];
                    let end = rest.find(|c| !capital(c)).unwrap_or(rest.len());
                    let inside = text[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
                    if end > 1 && !inside {
                        cited.push(text[at..at + 2 + end].to_owned());
                    }
                }
            }
        }
    }
    let mut cited = Vec::new();
    visit(concat!(env!("CARGO_MANIFEST_DIR"), "/../weave-vm/src").as_ref(), &mut cited);
    assert!(cited.len() > 100, "{} citations", cited.len());
    for name in cited {
        assert!(Rule::ALL.iter().any(|rule| rule.name() == name), "weave-vm cites {name}, which is no rule");
    }
}
