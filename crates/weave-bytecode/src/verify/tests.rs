//! One chunk for each check, which breaks that alone. A check that is taken away lets
//! its chunk pass, or be refused for another reason.

use super::*;
use crate::constant::Constant;
use crate::operand::Reg;
use crate::ops::{Instr, Op};
use crate::position::{InlinedAt, Part};
use crate::prototype::{Capture, Handler, Upvalue};
use crate::signature::Parameter;
use crate::span::Span;

fn r(n: u16) -> Reg {
    Reg(n)
}

/// A program of eight registers with a text, a number, a list of one key, and a list
/// of a key and a bare value; a slot and a native.
fn sample() -> Chunk {
    let mut main = Prototype { registers: 8, ..Prototype::default() };
    main.constants.push(Constant::Text("t".into()));
    main.constants.push(Constant::Int(7));
    main.constants.push(Constant::Keys([Some("k".into())].into()));
    main.constants.push(Constant::Keys([Some("k".into()), None].into()));
    Chunk {
        name: "test.wv".into(),
        source: Some("a source é".into()),
        prototypes: vec![main],
        slots: vec!["s".into()],
        natives: vec!["print".into()],
    }
}

/// The sample after a change, with a last instruction.
fn changed(change: impl FnOnce(&mut Chunk)) -> Chunk {
    let mut chunk = sample();
    change(&mut chunk);
    for prototype in &mut chunk.prototypes {
        prototype.emit(Instr::ReturnNil {});
    }
    chunk
}

fn with(instrs: &[Instr]) -> Chunk {
    changed(|c| {
        for &instr in instrs {
            c.prototypes[0].emit(instr);
        }
    })
}

/// The sample with a function whose closures the program makes.
fn with_function(change: impl FnOnce(&mut Prototype, &mut Prototype)) -> Chunk {
    changed(|c| {
        let mut inner = Prototype { registers: 4, ..Prototype::default() };
        change(&mut c.prototypes[0], &mut inner);
        c.prototypes[0].emit(Instr::Closure { a: r(0), w: 1 });
        c.prototypes.push(inner);
    })
}

fn upvalue(capture: Capture, cell: bool) -> Upvalue {
    Upvalue { name: "x".into(), capture, cell }
}

fn parameter(name: &str, rest: bool) -> Parameter {
    Parameter { name: name.into(), optional: false, rest }
}

#[track_caller]
fn accepted(chunk: &Chunk) {
    if let Err(refusal) = verify(chunk) {
        panic!("refused: {refusal}");
    }
}

#[track_caller]
fn refused(chunk: &Chunk, rule: Rule, reason: &str) {
    let refusal = verify(chunk).expect_err(reason);
    assert!(refusal.rule == rule && refusal.reason.contains(reason), "{refusal}");
}

#[test]
fn numbers_and_names_are_told_apart() {
    for (i, rule) in Rule::ALL.iter().enumerate() {
        assert_eq!(usize::from(rule.number()), i + 1);
        assert!(rule.name().starts_with("V-") && !rule.holds().is_empty());
        assert!(!Rule::ALL[..i].iter().any(|other| other.name() == rule.name()));
    }
    let refusal = Refusal { rule: Rule::Code, prototype: 3, offset: 9, reason: "it is so".into() };
    assert_eq!(refusal.to_string(), "prototype 3 at 9: it is so (rule 4, V-CODE)");
}

#[test]
fn v_program() {
    accepted(&with(&[]));
    refused(&Chunk::default(), Rule::Program, "the first prototype");
    let with_parameter = changed(|c| c.prototypes[0].signature.parameters.push(parameter("a", false)));
    refused(&with_parameter, Rule::Program, "the first prototype");
    let with_capture = changed(|c| c.prototypes[0].upvalues.push(upvalue(Capture::Itself, false)));
    refused(&with_capture, Rule::Program, "the first prototype");
}

#[test]
fn v_size() {
    accepted(&changed(|c| c.prototypes[0].registers = MOST_REGISTERS));
    refused(&changed(|c| c.prototypes[0].registers = MOST_REGISTERS + 1), Rule::Size, "registers");
    // Zeros that nobody reads take no memory.
    let mut large = sample();
    large.prototypes[0].code = vec![0; MOST_CODE + 1];
    refused(&large, Rule::Size, "too much code");
    let captures = |count| with_function(|_, f| f.upvalues = vec![upvalue(Capture::Itself, false); count]);
    accepted(&captures(MOST_CAPTURES));
    refused(&captures(MOST_CAPTURES + 1), Rule::Size, "captured variables");
    // Many functions that make closures of one with many captures, in little code.
    let makers = |count, captures| {
        changed(|c| {
            let mut inner = Prototype { registers: 1, ..Prototype::default() };
            inner.upvalues = vec![upvalue(Capture::Itself, false); captures];
            c.prototypes.push(inner);
            for _ in 0..count {
                let mut maker = Prototype { registers: 1, ..Prototype::default() };
                maker.emit(Instr::Closure { a: r(0), w: 1 });
                c.prototypes.push(maker);
            }
        })
    };
    accepted(&makers(100, 100));
    refused(&makers(100, 1_000), Rule::Size, "too many functions make closures");
    // One function may make as many as it likes.
    accepted(&with_function(|main, f| {
        f.upvalues = vec![upvalue(Capture::Itself, false); MOST_CAPTURES];
        for _ in 0..100 {
            main.emit(Instr::Closure { a: r(1), w: 1 });
        }
    }));
}

#[test]
fn v_signature() {
    let function = |registers, parameters: Vec<Parameter>| {
        with_function(|_, f| {
            f.registers = registers;
            f.signature.parameters = parameters;
        })
    };
    let (a, b, pattern, rest) =
        (parameter("a", false), parameter("b", false), parameter("", false), parameter("rest", true));
    accepted(&function(4, vec![a.clone(), pattern.clone(), pattern, rest.clone()]));
    refused(&function(1, vec![a.clone(), b.clone()]), Rule::Signature, "need registers");
    refused(&function(4, vec![rest, a.clone()]), Rule::Signature, "before the last");
    refused(&function(4, vec![a.clone(), b.clone(), a]), Rule::Signature, "the same name");
    // Many are told apart by other means than few.
    let mut many: Vec<Parameter> = (0..30).map(|i| parameter(&format!("p{i}"), false)).collect();
    accepted(&function(40, many.clone()));
    many[29] = many[3].clone();
    refused(&function(40, many), Rule::Signature, "the same name");
    let in_cells = with_function(|_, f| {
        f.signature.parameters.push(b);
        f.cells = 1;
    });
    refused(&in_cells, Rule::Signature, "lies in the cell range");
}

#[test]
fn v_code() {
    refused(&changed(|c| c.prototypes[0].code.push(0xffff)), Rule::Code, "no opcode has the number 65535");
    let mut cut = sample();
    cut.prototypes[0].emit(Instr::JumpEq { a: r(0), b: r(0), x: 0 });
    cut.prototypes[0].code.pop();
    refused(&cut, Rule::Code, "cut off");
    for own in [Instr::Halt {}, Instr::NativeStep {}, Instr::MergeStep { a: r(0), b: r(0), c: r(0) }] {
        refused(&with(&[own]), Rule::Code, "the machine's own");
    }
    refused(&sample(), Rule::Code, "run off the end");
    let mut open = sample();
    open.prototypes[0].emit(Instr::LoadNil { a: r(0) });
    refused(&open, Rule::Code, "run off the end");
    for last in [Instr::ReturnNil {}, Instr::Return { a: r(0) }, Instr::Loop { w: -1 }] {
        let mut closed = sample();
        closed.prototypes[0].emit(last);
        accepted(&closed);
    }
}

#[test]
fn v_jump() {
    accepted(&with(&[Instr::Jump { w: 0 }, Instr::Loop { w: -2 }]));
    // Behind the code, in front of it, and to the second word of an instruction.
    refused(&with(&[Instr::Jump { w: 1 }]), Rule::Jump, "lands on no instruction");
    refused(&with(&[Instr::Loop { w: -2 }]), Rule::Jump, "lands on no instruction");
    refused(&with(&[Instr::Jump { w: i32::MAX }]), Rule::Jump, "lands on no instruction");
    refused(&with(&[Instr::Loop { w: i32::MIN }]), Rule::Jump, "lands on no instruction");
    let middle = [Instr::Jump { w: 1 }, Instr::JumpEq { a: r(0), b: r(0), x: 0 }];
    refused(&with(&middle), Rule::Jump, "lands on no instruction");
    for back in [
        Instr::Jump { w: -1 },
        Instr::JumpIfNot { a: r(0), w: -1 },
        Instr::JumpEq { a: r(0), b: r(0), x: -2 },
        Instr::ForPrep { a: r(0), c: 0, x: -2 },
    ] {
        refused(&with(&[back]), Rule::Jump, "goes back");
    }
    for back in [Instr::ForLoop { a: r(0), w: -1 }, Instr::LoopIf { a: r(0), w: -1 }] {
        accepted(&with(&[back]));
    }
}

#[test]
fn v_reg() {
    accepted(&with(&[Instr::Move { a: r(7), b: r(7) }]));
    for outside in [
        Instr::Move { a: r(0), b: r(8) },
        Instr::Move { a: r(8), b: r(0) },
        Instr::Add { a: r(0), b: r(0), c: r(u16::MAX) },
        Instr::ExtremeStep { a: r(8), b: r(0), c: 0 },
    ] {
        refused(&with(&[outside]), Rule::Reg, "outside the frame");
    }
}

#[test]
fn v_cell() {
    let cells = |instr| {
        changed(|c| {
            (c.prototypes[0].first_cell, c.prototypes[0].cells) = (2, 2);
            c.prototypes[0].emit(instr);
        })
    };
    accepted(&cells(Instr::NewCell { a: r(3), b: r(1) }));
    accepted(&cells(Instr::NewContainer { a: r(1), b: r(4), c: 4 }));
    accepted(&cells(Instr::NewContainer { a: r(1), b: r(2), c: 0 }));
    refused(&changed(|c| c.prototypes[0].cells = 9), Rule::Cell, "leaves the frame");
    let last = changed(|c| (c.prototypes[0].first_cell, c.prototypes[0].cells) = (u16::MAX, 2));
    refused(&last, Rule::Cell, "leaves the frame");
    for outside in [1, 4] {
        refused(&cells(Instr::NewCell { a: r(outside), b: r(0) }), Rule::Cell, "not in the cell range");
    }
    for value in [
        Instr::Move { a: r(0), b: r(2) },
        Instr::Move { a: r(3), b: r(0) },
        Instr::NewContainer { a: r(0), b: r(1), c: 2 },
        Instr::NewContainer { a: r(0), b: r(3), c: 2 },
        Instr::NewContainer { a: r(0), b: r(0), c: 8 },
        Instr::IterClose { a: r(0) },
        Instr::Call { a: r(3), b: r(0), c: 0 },
    ] {
        refused(&cells(value), Rule::Cell, "used as a value");
    }
}

#[test]
fn v_window() {
    accepted(&with(&[Instr::Call { a: r(5), b: r(0), c: 3 }, Instr::IterClose { a: r(3) }]));
    for wide in [
        Instr::Call { a: r(6), b: r(0), c: 3 },
        Instr::Call { a: r(8), b: r(0), c: 0 },
        Instr::NewContainer { a: r(0), b: r(6), c: 3 },
        Instr::NewContainer { a: r(0), b: r(9), c: 0 },
        Instr::SinkNew { a: r(7), b: r(0), c: 0 },
        Instr::Range { a: r(0), b: r(7), c: 0 },
        Instr::Drain { a: r(6) },
        Instr::IterPrep { a: r(4), b: r(0), c: 0 },
        Instr::CheckStage { a: r(7), c: 2, x: 0 },
    ] {
        refused(&with(&[wide]), Rule::Window, "outside the frame");
    }
    refused(&with(&[Instr::Stage { a: r(6), b: 0, c: 1 }]), Rule::Window, "a stream and a function");
    accepted(&with(&[Instr::Stage { a: r(6), b: 0, c: 2 }]));
    for call in [
        Instr::CallMethod { a: r(0), b: r(1), c: 0, x: 0, y: 0 },
        Instr::CallMethodNative { a: r(0), c: 0, x: 0, y: 0 },
    ] {
        refused(&with(&[call]), Rule::Window, "a receiver");
    }
}

#[test]
fn v_const() {
    const { assert!(Op::ALL.len() > 150, "all opcodes are tried below") };
    let (text, number, keys, none) = (0, 1, 2, 9);
    refused(&with(&[Instr::LoadConst { a: r(0), w: none }]), Rule::Const, "no constant 9");
    // Each constant operand of each opcode with each kind of constant.
    let mut kinds = Vec::new();
    for op in Op::ALL.iter().filter(|op| !op.is_internal()) {
        let constant = op
            .operands()
            .iter()
            .find(|o| matches!(o.kind, crate::operand::Kind::Const | crate::operand::Kind::WideConst));
        let Some(constant) = constant else { continue };
        let takes = |index: u64| {
            let mut words = [*op as u64, 0];
            match constant.field {
                crate::operand::Field::B => words[0] |= index << 32,
                crate::operand::Field::C => words[0] |= index << 48,
                crate::operand::Field::W => words[0] |= index << 32,
                crate::operand::Field::X => words[1] |= index,
                field => panic!("no constant lies in {field:?}"),
            }
            // Where the row has a count it lies in c, and is 1.
            if op.operands().iter().any(|o| o.kind == crate::operand::Kind::Count) {
                words[0] |= 1 << 48;
            }
            let chunk = changed(|c| {
                // Cell operands name register 0, value operands too: one of both fails.
                let cells = op.operands().iter().any(|o| o.kind == crate::operand::Kind::Cell);
                (c.prototypes[0].first_cell, c.prototypes[0].cells) = (0, u16::from(cells));
                if cells {
                    words[0] |= 1 << 16;
                }
                c.prototypes[0].code.extend(&words[..op.words()]);
            });
            match verify(&chunk) {
                Ok(()) => true,
                Err(refusal) => {
                    assert_eq!(refusal.rule, Rule::Const, "{}: {refusal}", op.name());
                    false
                }
            }
        };
        assert!(!takes(none.into()), "{} takes a constant that there is not", op.name());
        let taken: String =
            [(text, 't'), (number, 'n'), (keys, 'k')].iter().filter(|(i, _)| takes(*i)).map(|(_, kind)| kind).collect();
        kinds.push(format!("{} {taken}", op.name()));
    }
    kinds.sort();
    let expected = "AddFromK n, AddK n, CallMethod t, CallMethodNative t, CallNamed k, CheckSet t, DivFromK n, DivK n, \
        FindMethod t, Format t, GetCellChecked t, GetField t, GetFieldOpt t, GetFieldSafe t, JumpEqK tn, JumpNeK tn, \
        JumpNotGeK n, JumpNotGtK n, JumpNotLeK n, JumpNotLtK n, LoadConst tn, MulFromK n, MulK n, NewKeyed k, Project k, \
        SetField t, SubFromK n, SubK n";
    assert_eq!(kinds.join(", "), expected);
}

#[test]
fn v_keys() {
    let literal = |count, x| with(&[Instr::NewKeyed { a: r(0), b: r(1), c: count, x, y: 0 }]);
    accepted(&literal(1, 2));
    accepted(&literal(2, 3));
    refused(&literal(2, 2), Rule::Keys, "a key for each value");
    refused(&literal(1, 3), Rule::Keys, "a key for each value");
    let call = |count, x| with(&[Instr::CallNamed { a: r(0), b: r(1), c: count, x, y: 0 }]);
    accepted(&call(1, 2));
    accepted(&call(5, 2));
    refused(&call(0, 2), Rule::Keys, "named arguments have names");
    refused(&call(2, 3), Rule::Keys, "named arguments have names");
}

#[test]
fn v_up() {
    let function = |cell, instr| {
        with_function(|main, f| {
            (main.first_cell, main.cells) = (4, 1);
            f.upvalues.push(if cell { upvalue(Capture::Cell(4), true) } else { upvalue(Capture::Value(1), false) });
            f.emit(instr);
        })
    };
    let value = Instr::GetUpvalue { a: r(0), b: 0 };
    let cell = Instr::GetUpCell { a: r(0), b: 0 };
    accepted(&function(false, value));
    accepted(&function(true, cell));
    refused(&function(true, value), Rule::Up, "no such captured variable");
    refused(&function(false, cell), Rule::Up, "no such captured variable");
    refused(&function(true, Instr::SetUpCell { a: r(0), b: 1 }), Rule::Up, "no such captured variable");
    refused(&with(&[Instr::CallUpvalue { a: r(0), b: 0, c: 0 }]), Rule::Up, "no such captured variable");
}

#[test]
fn v_slot_and_v_native() {
    accepted(&with(&[Instr::GetSlot { a: r(0), w: 0 }, Instr::LoadNative { a: r(0), w: 0 }]));
    refused(&with(&[Instr::GetSlot { a: r(0), w: 1 }]), Rule::Slot, "no such slot");
    refused(&with(&[Instr::CallSlot { a: r(0), c: 0, x: u32::MAX, y: 0 }]), Rule::Slot, "no such slot");
    refused(&with(&[Instr::LoadNative { a: r(0), w: 1 }]), Rule::Native, "no such native");
    refused(&with(&[Instr::CallMethodNative { a: r(0), c: 1, x: 0, y: 1 }]), Rule::Native, "no such native");
}

#[test]
fn v_proto() {
    accepted(&with_function(|main, _| {
        main.emit(Instr::Closure { a: r(1), w: 1 });
    }));
    refused(&with(&[Instr::Closure { a: r(0), w: 1 }]), Rule::Proto, "no such prototype");
}

#[test]
fn v_capture() {
    let captures = |capture, cell| {
        with_function(|main, f| {
            (main.first_cell, main.cells) = (4, 1);
            f.upvalues.push(upvalue(capture, cell));
        })
    };
    for (capture, cell) in [(Capture::Value(7), false), (Capture::Cell(4), true), (Capture::Itself, false)] {
        accepted(&captures(capture, cell));
        refused(&captures(capture, !cell), Rule::Capture, "what is not there");
    }
    for (capture, cell) in [
        (Capture::Value(8), false),
        (Capture::Value(4), false),
        (Capture::Cell(3), true),
        (Capture::Cell(5), true),
        (Capture::Upvalue(0), false),
        (Capture::Upvalue(0), true),
    ] {
        refused(&captures(capture, cell), Rule::Capture, "what is not there");
    }
    // From a captured variable of the maker: as that one is.
    let nested = |cell| {
        changed(|c| {
            let mut outer = Prototype { registers: 1, ..Prototype::default() };
            let mut inner = outer.clone();
            outer.upvalues.push(upvalue(Capture::Value(1), false));
            inner.upvalues.push(upvalue(Capture::Upvalue(0), cell));
            outer.emit(Instr::Closure { a: r(0), w: 2 });
            c.prototypes[0].emit(Instr::Closure { a: r(0), w: 1 });
            c.prototypes.extend([outer, inner]);
        })
    };
    accepted(&nested(false));
    refused(&nested(true), Rule::Capture, "what is not there");
}

#[test]
fn v_cache() {
    for full in [
        Instr::GetField { a: r(0), b: r(0), c: 0, x: 1, y: 0 },
        Instr::SetField { a: r(0), b: 0, c: r(0), x: 0, y: 1 },
        Instr::NewKeyed { a: r(0), b: r(1), c: 1, x: 2, y: 1 },
        Instr::CallSlot { a: r(0), c: 0, x: 0, y: 1 },
    ] {
        refused(&with(&[full]), Rule::Cache, "not empty");
    }
}

#[test]
fn v_pair() {
    let next = Instr::IterNext { a: r(0), c: 1, x: 2 };
    let stream = |a, c| Instr::IterStream { a: r(a), c, x: 0 };
    accepted(&with(&[next, stream(0, 1)]));
    for second in [Some(stream(1, 1)), Some(stream(0, 0)), Some(Instr::Jump { w: 0 }), None] {
        let code: Vec<Instr> = [Instr::IterNext { a: r(0), c: 1, x: 0 }].into_iter().chain(second).collect();
        refused(&with(&code), Rule::Pair, "second half");
    }
    accepted(&with(&[Instr::Drain { a: r(0) }, Instr::DrainNext { a: r(0) }]));
    for second in [Instr::DrainNext { a: r(1) }, Instr::Jump { w: 0 }] {
        refused(&with(&[Instr::Drain { a: r(0) }, second]), Rule::Pair, "second half");
    }
}

#[test]
fn v_handler() {
    // Offsets 0 and 2 begin instructions, 3 is the end.
    let handler = |start, end, target, register| {
        changed(|c| {
            c.prototypes[0].cells = 1;
            c.prototypes[0].emit(Instr::JumpEq { a: r(1), b: r(1), x: 0 });
            c.prototypes[0].handlers.push(Handler { start, end, target, register });
        })
    };
    for (start, end, target, register) in [(0, 2, 2, 7), (0, 3, 0, 1), (2, 2, 2, 1)] {
        accepted(&handler(start, end, target, register));
    }
    for (start, end, target) in [(1, 2, 2), (0, 1, 2), (0, 4, 2), (2, 0, 2), (0, 2, 1), (0, 2, 3), (3, 3, 0)] {
        refused(&handler(start, end, target, 1), Rule::Handler, "covers or leads to no instruction");
    }
    for register in [0, 8] {
        refused(&handler(0, 2, 2, register), Rule::Handler, "its register");
    }
}

#[test]
fn v_default() {
    let function = |optional, rest, entry| {
        with_function(|_, f| {
            f.signature.parameters.push(Parameter { name: "a".into(), optional, rest });
            f.emit(Instr::JumpEq { a: r(0), b: r(0), x: 0 });
            f.default_entry = Some(entry);
        })
    };
    accepted(&function(true, false, 0));
    accepted(&function(true, false, 2));
    for (optional, rest, entry) in [(true, false, 1), (true, false, 3), (false, false, 0), (true, true, 0)] {
        refused(&function(optional, rest, entry), Rule::Default, "the default's code");
    }
    refused(&changed(|c| c.prototypes[0].default_entry = Some(0)), Rule::Default, "the default's code");
}

#[test]
fn v_position() {
    let span = Span::new(0, 8);
    let rows = |rows: &[(u32, Part, Span, u32)], inlined: &[(u32, Span, Span)]| {
        changed(|c| {
            let p = &mut c.prototypes[0];
            p.emit(Instr::LoadNil { a: r(0) });
            for &(parent, span, body) in inlined {
                p.positions.add_inlined(InlinedAt { function: "f".into(), span, body, default: false, parent });
            }
            for &(offset, part, span, parent) in rows {
                p.positions.add(offset, part, span, Some(parent).filter(|&parent| parent != u32::MAX));
            }
        })
    };
    let none = u32::MAX;
    let (whole, left) = (Part::Whole, Part::Left);
    accepted(&rows(
        &[(0, whole, span, 1), (0, left, span, 0), (1, whole, span, none)],
        &[(none, span, span), (0, span, span)],
    ));
    let ascend = "positions do not ascend";
    refused(&rows(&[(0, whole, span, none), (0, whole, span, none)], &[]), Rule::Position, ascend);
    refused(&rows(&[(0, left, span, none), (0, whole, span, none)], &[]), Rule::Position, ascend);
    refused(&rows(&[(0, whole, span, none), (2, whole, span, none)], &[]), Rule::Position, "behind the code");
    refused(&rows(&[(0, whole, span, 1)], &[(none, span, span)]), Rule::Position, "no such inlined call");
    // The source has eleven bytes, the last two of one character.
    for bad in [Span { start: 5, end: 4 }, Span::new(0, 10), Span::new(10, 11), Span::new(0, 12)] {
        let outside = "a span lies outside of the source";
        refused(&rows(&[(0, whole, bad, none)], &[]), Rule::Position, outside);
        refused(&rows(&[], &[(none, bad, span)]), Rule::Position, outside);
        refused(&rows(&[], &[(none, span, bad)]), Rule::Position, outside);
        refused(&changed(|c| c.prototypes[0].span = bad), Rule::Position, outside);
    }
    accepted(&rows(&[(0, whole, Span::new(0, 11), none)], &[]));
    let mut stripped = rows(&[(0, whole, Span::new(90, 91), none)], &[]);
    stripped.source = None;
    accepted(&stripped);
    refused(&rows(&[], &[(0, span, span)]), Rule::Position, "in a later one");
    refused(&rows(&[], &[(none, span, span), (2, span, span), (none, span, span)]), Rule::Position, "in a later one");
    let nested = |count: u32| {
        let calls: Vec<_> = (0..count).map(|i| (i.checked_sub(1).unwrap_or(none), span, span)).collect();
        rows(&[], &calls)
    };
    accepted(&nested(MOST_INLINED.into()));
    refused(&nested(u32::from(MOST_INLINED) + 1), Rule::Position, "too deep");
}
