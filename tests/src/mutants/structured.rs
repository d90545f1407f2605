//! Changes of a chunk that keep it a chunk: operands that lie where the row allows,
//! jumps to instructions, constants of other kinds, other handlers. Half of the
//! values are within what the verifier wants, so that much of it runs.

use crate::hostile::Dice;
use weave_bytecode::chunk::Chunk;
use weave_bytecode::constant::Constant;
use weave_bytecode::decode::{Located, decode};
use weave_bytecode::operand::{Kind, Operand};
use weave_bytecode::ops::Op;
use weave_bytecode::prototype::{Capture, Handler, Prototype};

/// Changes one to three things; `other` lends code and constants.
pub(super) fn change(chunk: &mut Chunk, other: &Chunk, dice: &mut Dice) {
    for _ in 0..1 + dice.below(3) {
        change_one(chunk, other, dice);
    }
}

fn change_one(chunk: &mut Chunk, other: &Chunk, dice: &mut Dice) {
    let Some(at) = pick(chunk.prototypes.len(), dice) else { return };
    let sizes = Sizes { protos: chunk.prototypes.len(), slots: chunk.slots.len(), natives: chunk.natives.len() };
    let p = &mut chunk.prototypes[at];
    match dice.below(20) {
        0..8 => operand(p, sizes, dice),
        8 | 9 => opcode(p, dice),
        10 | 11 => constant(p, other, dice),
        12 => handlers(p, dice),
        13 => frame(p, dice),
        14 => captures(p, dice),
        15 => borrow(p, other, dice),
        16 => swap(p, dice),
        17 => signature(p, dice),
        18 => names(chunk, other, dice),
        _ => prototypes(chunk, other, dice),
    }
}

#[derive(Clone, Copy)]
struct Sizes {
    protos: usize,
    slots: usize,
    natives: usize,
}

fn pick(count: usize, dice: &mut Dice) -> Option<usize> {
    (count > 0).then(|| dice.below(count))
}

fn instructions(p: &Prototype) -> Vec<Located> {
    decode(&p.code).map_while(Result::ok).collect()
}

/// A number below `bound` mostly, or one at its edge or beyond.
fn around(bound: usize, old: u32, dice: &mut Dice) -> u32 {
    let bound = bound as u32;
    match dice.below(8) {
        0 => bound,
        1 => bound.wrapping_sub(1),
        2 => old.wrapping_add(1),
        3 => old.wrapping_sub(1),
        4 => [0, 1, u32::MAX, 0x7fff, 0xffff][dice.below(5)],
        _ => dice.below(bound.max(1) as usize) as u32,
    }
}

/// Another value of one operand of one instruction.
fn operand(p: &mut Prototype, sizes: Sizes, dice: &mut Dice) {
    let all = instructions(p);
    let Some(located) = pick(all.len(), dice).map(|i| all[i]) else { return };
    let operands = located.op.operands();
    let Some(operand) = pick(operands.len(), dice).map(|i| operands[i]) else { return };
    let old = operand.bits(located.words);
    let bits = match operand.kind {
        Kind::Jump => {
            // To another instruction, forward mostly.
            let target = all[dice.below(all.len())].offset;
            let exact = target.wrapping_sub(located.end());
            if dice.below(6) == 0 { around(all.len(), old, dice) } else { exact }
        }
        Kind::Cell => {
            let cells = usize::from(p.cells);
            u32::from(p.first_cell).wrapping_add(around(cells, old, dice))
        }
        Kind::Count => around(6, old, dice),
        Kind::Flags => around(8, old, dice),
        Kind::Small | Kind::Int => around(100, old, dice),
        Kind::Const | Kind::WideConst => around(p.constants.len(), old, dice),
        Kind::Proto => around(sizes.protos, old, dice),
        Kind::Slot => around(sizes.slots, old, dice),
        Kind::Native => around(sizes.natives, old, dice),
        Kind::Upvalue | Kind::UpCell => around(p.upvalues.len(), old, dice),
        Kind::Cache => around(2, old, dice),
        _ => around(p.registers.into(), old, dice),
    };
    set(p, located.offset, operand, bits);
}

fn set(p: &mut Prototype, offset: u32, operand: Operand, bits: u32) {
    let (word, shift, mask) = operand.field.place();
    let mask = u64::from(mask) << shift;
    if let Some(word) = p.code.get_mut(offset as usize + word) {
        *word = *word & !mask | (u64::from(bits) << shift) & mask;
    }
}

/// Another opcode of the same length, its operands as they are.
fn opcode(p: &mut Prototype, dice: &mut Dice) {
    let all = instructions(p);
    let Some(located) = pick(all.len(), dice).map(|i| all[i]) else { return };
    // One with the same kinds of operands mostly.
    let alike = |op: &&Op| {
        op.operands().iter().map(|o| (o.field, o.kind)).eq(located.op.operands().iter().map(|o| (o.field, o.kind)))
    };
    let same_length = |op: &&Op| op.words() == located.op.words();
    let chosen: Vec<&Op> = match dice.below(3) {
        0 => Op::ALL.iter().filter(same_length).collect(),
        _ => Op::ALL.iter().filter(alike).collect(),
    };
    if let Some(i) = pick(chosen.len(), dice) {
        let word = &mut p.code[located.offset as usize];
        *word = *word & !0xffff | *chosen[i] as u64;
    }
}

fn constant(p: &mut Prototype, other: &Chunk, dice: &mut Dice) {
    let Some(i) = pick(p.constants.len(), dice) else { return };
    let new = match dice.below(9) {
        0 => Constant::Int([0, 1, -1, i64::MAX, i64::MIN, 1 << 32, 1 << 53][dice.below(7)]),
        1 => Constant::Float([0.0, -0.0, f64::NAN, f64::INFINITY, f64::MIN_POSITIVE, 1e308, 0.5][dice.below(7)]),
        2 => Constant::Text(
            ["", "a", "fourteen bytes", "fifteen bytes !", "é", ">9000.900f", "\0"][dice.below(7)].into(),
        ),
        3 => Constant::Text("long ".repeat(1 + dice.below(200)).into()),
        4 => {
            let key = |i: usize| [Some("a"), Some("b"), None, Some("a longer key than that")][i % 4].map(Box::from);
            Constant::Keys((0..dice.below(5)).map(|i| key(i + dice.below(4))).collect())
        }
        5 => p.constants[dice.below(p.constants.len())].clone(),
        6 => match pick(other.prototypes.len(), dice).map(|i| &other.prototypes[i].constants) {
            Some(lent) if !lent.is_empty() => lent[dice.below(lent.len())].clone(),
            _ => return,
        },
        7 => {
            p.constants.pop();
            return;
        }
        _ => match &p.constants[i] {
            Constant::Int(v) => Constant::Int(v.wrapping_add(dice.below(3) as i64 - 1)),
            Constant::Float(v) => Constant::Float(-v),
            Constant::Text(text) => Constant::Text(text.chars().rev().collect::<String>().into()),
            Constant::Keys(keys) => Constant::Keys(keys.iter().rev().cloned().collect()),
        },
    };
    p.constants[i] = new;
}

/// New handlers, and others for old ones.
fn handlers(p: &mut Prototype, dice: &mut Dice) {
    let all = instructions(p);
    if all.is_empty() {
        return;
    }
    let offset = |dice: &mut Dice| match dice.below(8) {
        0 => p.code.len() as u32,
        1 => dice.below(p.code.len() + 2) as u32,
        _ => all[dice.below(all.len())].offset,
    };
    let (one, two, target) = (offset(dice), offset(dice), offset(dice));
    let register = around(p.registers.into(), 0, dice) as u16;
    let new = Handler { start: one.min(two), end: one.max(two), target, register };
    match pick(p.handlers.len(), dice) {
        Some(i) if dice.below(3) > 0 => p.handlers[i] = new,
        at => p.handlers.insert(at.unwrap_or(0), new),
    }
}

/// Sizes of the frame.
fn frame(p: &mut Prototype, dice: &mut Dice) {
    let near = |old: u16, dice: &mut Dice| match dice.below(5) {
        0 => old.wrapping_add(1),
        1 => old.wrapping_sub(1),
        2 => old.wrapping_add(dice.below(300) as u16),
        3 => [0, 1, 31_999, 32_000, 32_001, u16::MAX][dice.below(6)],
        _ => dice.below(usize::from(old) + 1) as u16,
    };
    match dice.below(5) {
        0 | 1 => p.registers = near(p.registers, dice),
        2 => p.first_cell = near(p.first_cell, dice),
        3 => p.cells = near(p.cells, dice),
        _ => {
            let offset = around(p.code.len(), p.default_entry.unwrap_or(0), dice);
            p.default_entry = if dice.below(3) == 0 { None } else { Some(offset).filter(|&at| at != u32::MAX) };
        }
    }
}

fn captures(p: &mut Prototype, dice: &mut Dice) {
    let Some(i) = pick(p.upvalues.len(), dice) else { return };
    let index = around(8, 0, dice) as u16;
    match dice.below(6) {
        0 => p.upvalues[i].cell = !p.upvalues[i].cell,
        1 => p.upvalues[i].capture = Capture::Value(index),
        2 => (p.upvalues[i].capture, p.upvalues[i].cell) = (Capture::Cell(index), true),
        3 => p.upvalues[i].capture = Capture::Upvalue(index),
        4 => (p.upvalues[i].capture, p.upvalues[i].cell) = (Capture::Itself, false),
        _ => drop(p.upvalues.remove(i)),
    }
}

/// An instruction of another program in place of one of the same length.
fn borrow(p: &mut Prototype, other: &Chunk, dice: &mut Dice) {
    let own = instructions(p);
    let lent = match pick(other.prototypes.len(), dice) {
        Some(i) => instructions(&other.prototypes[i]),
        None => return,
    };
    let Some(to) = pick(own.len(), dice).map(|i| own[i]) else { return };
    let fits: Vec<&Located> = lent.iter().filter(|l| l.op.words() == to.op.words()).collect();
    if let Some(i) = pick(fits.len(), dice) {
        let words = to.op.words();
        p.code[to.offset as usize..][..words].copy_from_slice(&fits[i].words[..words]);
    }
}

/// Two instructions of the same length change places, or one is doubled over the other.
fn swap(p: &mut Prototype, dice: &mut Dice) {
    let all = instructions(p);
    let Some(one) = pick(all.len(), dice).map(|i| all[i]) else { return };
    let alike: Vec<&Located> = all.iter().filter(|l| l.op.words() == one.op.words()).collect();
    let two = alike[dice.below(alike.len())];
    let both = dice.below(2) == 0;
    for i in 0..one.op.words() {
        let (a, b) = (one.offset as usize + i, two.offset as usize + i);
        if both {
            p.code.swap(a, b);
        } else {
            p.code[a] = p.code[b];
        }
    }
}

fn signature(p: &mut Prototype, dice: &mut Dice) {
    let parameters = &mut p.signature.parameters;
    match pick(parameters.len(), dice) {
        Some(i) => match dice.below(4) {
            0 => parameters[i].optional = !parameters[i].optional,
            1 => parameters[i].rest = !parameters[i].rest,
            2 => parameters[i].name = ["", "a", "x", "acc"][dice.below(4)].into(),
            _ => drop(parameters.remove(i)),
        },
        None => p.signature.name = ["", "<stage>", "<items>", "f"][dice.below(4)].into(),
    }
}

/// Natives and slots: others, fewer, in another order.
fn names(chunk: &mut Chunk, other: &Chunk, dice: &mut Dice) {
    let (list, lent) =
        if dice.below(3) == 0 { (&mut chunk.slots, &other.slots) } else { (&mut chunk.natives, &other.natives) };
    let Some(i) = pick(list.len(), dice) else { return };
    match dice.below(4) {
        0 => drop(list.pop()),
        1 => {
            let j = dice.below(list.len());
            list.swap(i, j);
        }
        _ => {
            if let Some(name) = pick(lent.len(), dice).map(|j| lent[j].clone()) {
                list[i] = name;
            }
        }
    }
}

/// Prototypes change places, or one comes from another program.
fn prototypes(chunk: &mut Chunk, other: &Chunk, dice: &mut Dice) {
    let count = chunk.prototypes.len();
    let Some(i) = pick(count, dice) else { return };
    match pick(other.prototypes.len(), dice) {
        Some(j) if dice.below(2) == 0 => {
            let mut lent = other.prototypes[j].clone();
            // Its spans belong to another source.
            lent.positions = Default::default();
            lent.span = chunk.prototypes[i].span;
            chunk.prototypes[i] = lent;
        }
        _ => chunk.prototypes.swap(i, dice.below(count)),
    }
}
