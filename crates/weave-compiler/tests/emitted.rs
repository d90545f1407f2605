//! Everything the compiler emits keeps the machine's rules: registers are
//! written before they are read on every path, operands are in range, jumps
//! land on instructions. The sources are the language suite and the bench
//! programs, with every optimisation on and off.

use std::path::{Path, PathBuf};
use weave_bytecode::chunk::Chunk;
use weave_bytecode::decode::{Located, decode};
use weave_bytecode::operand::Kind;
use weave_bytecode::ops::Op;
use weave_bytecode::prototype::{Capture, Prototype};
use weave_bytecode::signature::{Parameter, Signature};
use weave_compiler::{Mode, OptFlags, Options, compile};

/// Core functions as the reference page lists them: `name(a, b: …, [c], *d)`.
fn core() -> Vec<Signature> {
    let page = std::fs::read_to_string(root().join("docs/reference-core.md")).expect("the reference page");
    let mut out: Vec<Signature> = Vec::new();
    for line in page.lines().filter(|l| l.starts_with("| `")) {
        let cell = line.split('|').nth(1).unwrap_or("");
        for item in cell.split('`').filter(|t| t.contains('(')) {
            let Some((name, rest)) = item.split_once('(') else { continue };
            if out.iter().any(|s| &*s.name == name) {
                continue;
            }
            out.push(Signature { name: name.into(), parameters: parameters(rest) });
        }
    }
    for name in ["min", "max"] {
        out.retain(|s| &*s.name != name);
        out.push(Signature { name: name.into(), parameters: parameters("*values)") });
    }
    out.retain(|s| &*s.name != "first" && &*s.name != "last");
    for name in ["first", "last"] {
        out.push(Signature { name: name.into(), parameters: parameters("xs, [n])") });
    }
    out
}

fn parameters(text: &str) -> Vec<Parameter> {
    let list = text.trim_end_matches(')').split(',').map(str::trim).filter(|p| !p.is_empty());
    list.map(|p| Parameter {
        name: p.trim_matches(['*', '[', ']']).split(':').next().unwrap_or("").into(),
        optional: p.contains(':') || p.starts_with('['),
        rest: p.starts_with('*'),
    })
    .collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn sources() -> Vec<(PathBuf, String)> {
    let mut folders = vec![root().join("tests/language"), root().join("benches/programs")];
    let mut out = Vec::new();
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "wv")
                && let Ok(source) = std::fs::read_to_string(&path)
            {
                out.push((path, source));
            }
        }
    }
    out.sort();
    out
}

#[test]
fn the_suite_compiles_to_sound_code() {
    let core = core();
    let sources = sources();
    assert!(sources.len() > 100, "the suite is found");
    let mut compiled = 0;
    let flags = [OptFlags::default(), OptFlags::none()];
    for (path, source) in &sources {
        for optimise in flags {
            for mode in [Mode::Script, Mode::Module] {
                let options = Options { core: &core, optimise, mode, value: true, ..Options::default() };
                if let Ok(out) = compile(source, "test", &options) {
                    compiled += 1;
                    check(&out.chunk).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
                }
            }
        }
    }
    assert!(compiled > 1000, "most of the suite compiles: {compiled}");
}

/// Whatever still compiles after pieces were cut out of it is sound too, and
/// nothing makes the compiler panic.
#[test]
fn mutilated_sources_compile_to_sound_code_or_errors() {
    let core = core();
    let rounds = std::env::var("WEAVE_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(4);
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random % below.max(1) as u64) as usize
    };
    let sources = sources();
    for (path, source) in &sources {
        for _ in 0..rounds {
            let words: Vec<&str> = source.split_inclusive(' ').collect();
            let cut = next(words.len());
            let other = sources[next(sources.len())].1.split_inclusive(' ').nth(next(20)).unwrap_or("");
            let mutilated: String = words.iter().enumerate().map(|(i, w)| if i == cut { other } else { *w }).collect();
            let options = Options { core: &core, value: true, ..Options::default() };
            if let Ok(out) = compile(&mutilated, "test", &options) {
                check(&out.chunk).unwrap_or_else(|e| panic!("{}: {e}\n{mutilated}", path.display()));
            }
        }
    }
}

fn check(chunk: &Chunk) -> Result<(), String> {
    for (i, proto) in chunk.prototypes.iter().enumerate() {
        let code: Vec<Located> =
            decode(&proto.code).collect::<Result<_, _>>().map_err(|e| format!("prototype {i}: {e:?}"))?;
        for located in &code {
            operands(chunk, proto, located).map_err(|e| format!("prototype {i}, {}: {e}", located.offset))?;
        }
        flow(chunk, proto, &code).map_err(|e| format!("prototype {i} {}: {e}", proto.signature))?;
    }
    Ok(())
}

fn operands(chunk: &Chunk, proto: &Prototype, located: &Located) -> Result<(), String> {
    let limit = |what: &str, value: u32, limit: usize| {
        if (value as usize) < limit { Ok(()) } else { Err(format!("{} has {what} {value}", located.op.name())) }
    };
    for operand in located.op.operands() {
        let bits = operand.bits(located.words);
        match operand.kind {
            Kind::Const | Kind::WideConst => limit("constant", bits, proto.constants.len())?,
            Kind::Proto => limit("prototype", bits, chunk.prototypes.len())?,
            Kind::Slot => limit("slot", bits, chunk.slots.len())?,
            Kind::Native => limit("native", bits, chunk.natives.len())?,
            Kind::Upvalue | Kind::UpCell => {
                limit("upvalue", bits, proto.upvalues.len())?;
                if proto.upvalues[bits as usize].cell != (operand.kind == Kind::UpCell) {
                    return Err(format!("{} reads upvalue {bits} as the wrong kind", located.op.name()));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Registers an instruction reads and writes.
fn effects(proto: &Prototype, chunk: &Chunk, located: &Located) -> (Vec<u32>, Vec<u32>) {
    let (mut reads, mut writes) = (Vec::new(), Vec::new());
    let op = located.op;
    let count = op.operands().iter().find(|o| o.kind == Kind::Count).map_or(1, |o| o.bits(located.words));
    for operand in op.operands() {
        let r = operand.bits(located.words);
        match operand.kind {
            Kind::Out => writes.push(r),
            Kind::In | Kind::InOut => reads.push(r),
            Kind::Cell if matches!(op, Op::NewCell | Op::NewCellUnset) => writes.push(r),
            Kind::Cell => reads.push(r),
            Kind::Window => {
                if op != Op::FoldStart {
                    reads.extend(r..r + count);
                }
                writes.push(r);
            }
            Kind::WindowIn => reads.extend(r..r + count),
            Kind::Window2In => reads.extend(r..r + 2),
            Kind::Window2 if op == Op::SinkNew => writes.extend(r..r + 2),
            Kind::Window2 => reads.extend(r..r + 2),
            Kind::Window3 if op == Op::ForPrep => {
                reads.extend(r..r + 2);
                writes.extend(r..r + 3);
            }
            Kind::Window3 if op == Op::ForLoop => reads.extend(r..r + 3),
            Kind::Window3 => {
                reads.push(r);
                writes.extend(r + 1..r + 3);
            }
            Kind::Window5 if op == Op::IterPrep => writes.extend((r..r + 3).chain([r + 4])),
            Kind::Window5 => reads.extend(r..r + 3),
            Kind::Proto => {
                for upvalue in &chunk.prototypes[r as usize].upvalues {
                    match upvalue.capture {
                        Capture::Value(r) | Capture::Cell(r) => reads.push(u32::from(r)),
                        Capture::Upvalue(_) | Capture::Itself => {}
                    }
                }
            }
            _ => {}
        }
    }
    let _ = proto;
    (reads, writes)
}

/// Registers that are written on every path: a fixed point over the code.
fn flow(chunk: &Chunk, proto: &Prototype, code: &[Located]) -> Result<(), String> {
    use std::collections::{BTreeMap, BTreeSet};
    let index: BTreeMap<u32, usize> = code.iter().enumerate().map(|(i, l)| (l.offset, i)).collect();
    let mut state: Vec<Option<BTreeSet<u32>>> = vec![None; code.len()];
    let parameters: BTreeSet<u32> = (0..proto.arity() as u32).collect();
    let mut work = vec![(0u32, parameters.clone())];
    if let Some(entry) = proto.default_entry {
        work.push((entry, parameters));
    }
    while let Some((offset, set)) = work.pop() {
        let Some(&i) = index.get(&offset) else { return Err(format!("a jump to {offset} lands nowhere")) };
        let set = match &state[i] {
            None => set,
            Some(old) => {
                let common: BTreeSet<u32> = old.intersection(&set).copied().collect();
                if common == *old {
                    continue;
                }
                common
            }
        };
        state[i] = Some(set.clone());
        let located = &code[i];
        for handler in &proto.handlers {
            if (handler.start..handler.end).contains(&offset) {
                let mut caught = set.clone();
                caught.insert(u32::from(handler.register));
                work.push((handler.target, caught));
            }
        }
        let (_, writes) = effects(proto, chunk, located);
        let mut after = set;
        after.extend(writes);
        for operand in located.op.operands() {
            if operand.kind == Kind::Jump {
                let distance = operand.bits(located.words) as i32;
                let mut taken = after.clone();
                if matches!(located.op, Op::IterNext | Op::IterStream) {
                    let a = located.op.operands()[0].bits(located.words);
                    taken.extend([a + 3, a + 4]);
                }
                work.push(((i64::from(located.end()) + i64::from(distance)) as u32, taken));
            }
        }
        if located.op == Op::IterNext {
            let end = located.end() + 2;
            work.push((end, after.clone()));
        }
        if !located.op.diverts() {
            work.push((located.end(), after));
        }
    }
    for (i, located) in code.iter().enumerate() {
        let Some(set) = &state[i] else {
            return Err(format!("{} at {} is never reached", located.op.name(), located.offset));
        };
        let (reads, writes) = effects(proto, chunk, located);
        for r in reads {
            if !set.contains(&r) {
                return Err(format!(
                    "{} at {} reads register {r}, which nothing wrote",
                    located.op.name(),
                    located.offset
                ));
            }
        }
        if let Some(r) = writes.iter().find(|r| **r >= u32::from(proto.registers)) {
            return Err(format!(
                "{} at {} writes register {r} of {}",
                located.op.name(),
                located.offset,
                proto.registers
            ));
        }
    }
    Ok(())
}
