//! `docs/bytecode.md` holds the table of opcodes as the code has it. `BLESS=1`
//! rewrites the table.

use std::fmt::Write;
use weave_bytecode::operand::Kind;
use weave_bytecode::ops::Op;

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

#[test]
fn the_page_has_the_table_of_the_code() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/bytecode.md");
    let page = std::fs::read_to_string(path).expect("the page");
    let start = page.find(BEGIN).expect("the begin mark") + BEGIN.len();
    let end = page.find(END).expect("the end mark");
    let wanted = format!("\n{}\n", table());
    if std::env::var_os("BLESS").is_some() {
        let new = format!("{}{wanted}{}", &page[..start], &page[end..]);
        std::fs::write(path, new).expect("writable");
        return;
    }
    assert!(page[start..end] == wanted, "docs/bytecode.md differs from ops.rs; run `just bless`");
}
