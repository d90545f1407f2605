//! Chunks that no compiler wrote but the verifier accepts: they may fail, and
//! never reach what is not theirs.

use std::sync::Arc;
use weave_bytecode::chunk::Chunk;
use weave_bytecode::constant::Constant;
use weave_bytecode::operand::Reg;
use weave_bytecode::ops::Instr;
use weave_bytecode::prototype::{Handler, Prototype};
use weave_bytecode::verify::verify;
use weave_vm::Vm;
use weave_vm::error::ErrorKind;
use weave_vm::limits::Limits;

fn r(n: u16) -> Reg {
    Reg(n)
}

fn program(code: &[Instr], natives: &[&str]) -> Chunk {
    let mut main = Prototype { registers: 12, ..Prototype::default() };
    main.constants.push(Constant::Text("a text that does not fit".into()));
    for &instr in code {
        main.emit(instr);
    }
    main.emit(Instr::ReturnNil {});
    let natives = natives.iter().map(|n| (*n).into()).collect();
    Chunk { prototypes: vec![main], natives, slots: vec!["s".into()], ..Chunk::default() }
}

/// How a chunk ends, in each dispatch form; all agree.
fn ends(chunk: Chunk) -> Option<ErrorKind> {
    verify(&chunk).expect("the verifier accepts it");
    let chunk = Arc::new(chunk);
    let run = |change: fn(&mut Vm)| {
        let mut vm = Vm::new();
        vm.set_limits(Limits { steps: 100_000, ..Limits::default() });
        change(&mut vm);
        let program = vm.load(&chunk, None).map_err(|e| e.kind)?;
        vm.run(program).map_err(|e| e.kind)
    };
    let first = run(|_| {});
    assert_eq!(run(|vm| vm.use_match_dispatch(true)), first);
    assert_eq!(run(|vm| vm.stress_collector(true)), first);
    first.err()
}

#[test]
fn the_second_half_of_a_pair_alone() {
    // A jump lands on the DrainNext; the register holds an int, then a text.
    for load in [Instr::LoadInt { a: r(1), w: 77 }, Instr::LoadConst { a: r(1), w: 0 }] {
        let code = [load, Instr::Jump { w: 1 }, Instr::Drain { a: r(1) }, Instr::DrainNext { a: r(1) }];
        assert_eq!(ends(program(&code, &[])), Some(ErrorKind::Internal));
    }
    let iterate = [
        Instr::LoadInt { a: r(1), w: 77 },
        Instr::Jump { w: 2 },
        Instr::IterNext { a: r(1), c: 1, x: -3 },
        Instr::IterStream { a: r(1), c: 1, x: -5 },
    ];
    assert_eq!(ends(program(&iterate, &[])), Some(ErrorKind::Steps));
}

#[test]
fn the_stages_of_streams_are_out_of_reach() {
    for name in ["<items>", "<map>", "<filter>", "<take>", "<zip>", "<chunk>", "<unique>", "<flatten>", "<enumerate>"] {
        let code = [Instr::LoadInt { a: r(0), w: 1 }, Instr::CallNative { a: r(0), c: 1, x: 0 }];
        assert_eq!(ends(program(&code, &[name])), Some(ErrorKind::Name), "{name}");
    }
}

#[test]
fn natives_with_too_few_and_too_many_arguments() {
    for count in 0..8 {
        for name in ["print", "map", "sort", "reduce", "insert", "sum", "range", "join", "copy", "keys", "zip", "error"]
        {
            let mut code: Vec<Instr> = (0..8).map(|i| Instr::LoadInt { a: r(i), w: 7 }).collect();
            code.push(Instr::CallNative { a: r(0), c: count, x: 0 });
            // Whatever it answers, it ends.
            let _ = ends(program(&code, &[name]));
        }
    }
}

#[test]
fn loops_over_registers_that_hold_something_else() {
    let loads = [
        Instr::LoadNil { a: r(1) },
        Instr::LoadTrue { a: r(1) },
        Instr::LoadUnset { a: r(1) },
        Instr::LoadInt { a: r(1), w: -1 },
        Instr::LoadConst { a: r(1), w: 0 },
        Instr::NewContainer { a: r(1), b: r(0), c: 1 },
        Instr::Closure { a: r(1), w: 0 },
    ];
    for a in loads {
        for b in
            [Instr::LoadInt { a: r(2), w: -5 }, Instr::LoadInt { a: r(2), w: i32::MAX }, Instr::LoadNil { a: r(2) }]
        {
            for third in [Instr::LoadInt { a: r(3), w: 0 }, Instr::LoadInt { a: r(3), w: i32::MAX }] {
                let next = [
                    Instr::Jump { w: 0 },
                    Instr::IterNext { a: r(1), c: 1, x: -3 },
                    Instr::IterStream { a: r(1), c: 1, x: -5 },
                    Instr::IterClose { a: r(1) },
                ];
                let code: Vec<Instr> = [a, b, third].into_iter().chain(next).collect();
                let _ = ends(program(&code, &[]));
                let count = [a, b, third, Instr::ForLoop { a: r(1), w: -1 }];
                let _ = ends(program(&count, &[]));
                let sink = [a, b, third, Instr::SinkPush { a: r(1), b: r(2), c: r(3) }, Instr::FoldEnd { a: r(1) }];
                let _ = ends(program(&sink, &[]));
                let stage = [
                    a,
                    b,
                    third,
                    Instr::Stage { a: r(1), b: 9, c: 3 },
                    Instr::Drain { a: r(1) },
                    Instr::DrainNext { a: r(1) },
                ];
                let _ = ends(program(&stage, &[]));
            }
        }
    }
}

#[test]
fn cells_and_unset_markers_as_values() {
    // A register above the window still holds what a callee left there.
    let mut chunk = program(
        &[
            Instr::Closure { a: r(1), w: 1 },
            Instr::Call { a: r(2), b: r(1), c: 0 },
            Instr::Move { a: r(0), b: r(4) },
            Instr::Eq { a: r(3), b: r(0), c: r(5) },
            Instr::NewContainer { a: r(5), b: r(0), c: 6 },
            Instr::CallNative { a: r(5), c: 1, x: 0 },
            Instr::LoadUnset { a: r(0) },
            Instr::CallNative { a: r(0), c: 1, x: 0 },
            Instr::Lt { a: r(3), b: r(0), c: r(5) },
        ],
        &["print"],
    );
    let mut inner = Prototype { registers: 6, first_cell: 2, cells: 2, ..Prototype::default() };
    inner.emit(Instr::LoadInt { a: r(0), w: 5 });
    inner.emit(Instr::NewCell { a: r(2), b: r(0) });
    inner.emit(Instr::NewCellUnset { a: r(3) });
    inner.emit(Instr::Return { a: r(0) });
    chunk.prototypes.push(inner);
    assert_eq!(ends(chunk), Some(ErrorKind::Type));
}

#[test]
fn cells_that_were_never_made() {
    let forms = [
        Instr::GetCell { a: r(0), b: r(8) },
        Instr::SetCell { a: r(8), b: r(0) },
        Instr::AddCell { a: r(0), b: r(8), c: 1 },
        Instr::GetCellChecked { a: r(0), b: r(8), c: 0 },
    ];
    for form in forms {
        let mut chunk = program(&[form], &[]);
        chunk.prototypes[0].first_cell = 8;
        chunk.prototypes[0].cells = 1;
        assert_eq!(ends(chunk), Some(ErrorKind::Internal));
    }
}

#[test]
fn a_handler_that_covers_itself_ends_at_the_step_limit() {
    let mut chunk =
        program(&[Instr::LoadNil { a: r(0) }, Instr::AddI { a: r(0), b: r(0), c: 1 }, Instr::Loop { w: -2 }], &[]);
    chunk.prototypes[0].handlers.push(Handler { start: 0, end: 3, target: 2, register: 0 });
    assert_eq!(ends(chunk), Some(ErrorKind::Steps));
}

#[test]
fn a_handler_that_raises_into_itself_ends() {
    let mut chunk = program(&[Instr::LoadNil { a: r(0) }, Instr::AddI { a: r(0), b: r(0), c: 1 }], &[]);
    chunk.prototypes[0].handlers.push(Handler { start: 1, end: 2, target: 1, register: 0 });
    assert_eq!(ends(chunk), Some(ErrorKind::Steps));
}

#[test]
fn a_return_behind_a_return() {
    // Loading looks for the second of a pair behind an instruction without operands.
    let code = [Instr::ReturnNil {}, Instr::Return { a: r(0) }, Instr::ReturnNil {}];
    assert_eq!(ends(program(&code, &[])), None);
}

#[test]
fn a_set_that_a_program_put_together() {
    // Values, hashes and slots, of which none is free.
    for slots in [1, 2, 4] {
        let mut code =
            vec![Instr::NewContainer { a: r(1), b: r(1), c: 0 }, Instr::NewContainer { a: r(2), b: r(2), c: 0 }];
        code.extend((4..4 + slots).map(|i| Instr::LoadInt { a: r(i), w: 1 }));
        code.push(Instr::NewContainer { a: r(3), b: r(4), c: slots });
        code.push(Instr::NewContainer { a: r(1), b: r(1), c: 3 });
        code.extend((0..5).map(|i| Instr::UniqueStep { a: r(1), b: r(i + 3), x: 0 }));
        assert_eq!(ends(program(&code, &[])), None, "{slots} slots");
    }
}

#[test]
fn the_search_for_a_handler_counts_steps() {
    // A hundred errors, each of which looks at a hundred thousand handlers.
    let code = [
        Instr::LoadInt { a: r(4), w: 0 },
        Instr::LoadNil { a: r(0) },
        Instr::AddI { a: r(0), b: r(0), c: 1 },
        Instr::AddI { a: r(4), b: r(4), c: 1 },
        Instr::LoopLtI { a: r(4), c: 100, x: -5 },
    ];
    let mut chunk = program(&code, &[]);
    chunk.prototypes[0].handlers = vec![Handler { start: 3, end: 3, target: 3, register: 0 }; 100_000];
    chunk.prototypes[0].handlers.push(Handler { start: 2, end: 3, target: 3, register: 1 });
    let chunk = Arc::new(chunk);
    let within = |steps| {
        let mut vm = Vm::new();
        vm.set_limits(Limits { steps, ..Limits::default() });
        let loaded = vm.load(&chunk, None).expect("it loads");
        vm.run(loaded).map_err(|e| e.kind)
    };
    // Ten steps for the search, two for the error and the loop.
    assert_eq!(within(1_000), Err(ErrorKind::Steps));
    assert_eq!(within(1_500), Ok(()));
}

#[test]
fn wide_instructions_count_steps() {
    let wide = [
        Instr::NewContainer { a: r(1), b: r(2), c: 30_000 },
        Instr::NewKeyed { a: r(1), b: r(2), c: 30_000, x: 1, y: 0 },
        Instr::Concat { a: r(1), b: r(2), c: 30_000 },
    ];
    for wide in wide {
        // Over the wide instruction, the addition and the two words of the loop.
        let again = Instr::LoopLtI { a: r(0), c: 100, x: -(wide.op().words() as i32) - 3 };
        let first = Instr::LoadInt { a: r(0), w: 0 };
        let mut chunk = program(&[first, wide, Instr::AddI { a: r(0), b: r(0), c: 1 }, again], &[]);
        chunk.prototypes[0].registers = 32_000;
        chunk.prototypes[0].constants.push(Constant::Keys(vec![None; 30_000].into()));
        let chunk = Arc::new(chunk);
        let within = |steps| {
            let mut vm = Vm::new();
            vm.set_limits(Limits { steps, ..Limits::default() });
            let loaded = vm.load(&chunk, None).expect("it loads");
            vm.run(loaded).map_err(|e| e.kind)
        };
        // Three steps for the instruction, one for the loop.
        assert_eq!(within(300), Err(ErrorKind::Steps), "{wide:?}");
        assert_eq!(within(2_000), Ok(()), "{wide:?}");
    }
}

#[test]
fn long_names_of_functions_are_cut_in_traces() {
    let name = "é".repeat(1_000_000);
    let mut chunk = program(&[Instr::Closure { a: r(1), w: 1 }, Instr::Call { a: r(2), b: r(1), c: 0 }], &[]);
    let mut inner = Prototype { registers: 1, ..Prototype::default() };
    inner.signature.name = name.into();
    inner.emit(Instr::LoadNil { a: r(0) });
    inner.emit(Instr::AddI { a: r(0), b: r(0), c: 1 });
    inner.emit(Instr::ReturnNil {});
    chunk.prototypes.push(inner);
    let mut vm = Vm::new();
    let loaded = vm.load(&Arc::new(chunk), None).expect("it loads");
    let error = vm.run(loaded).expect_err("nil is no number");
    assert!(error.trace[0].function.len() < 500 && error.trace[0].function.ends_with('…'));
}

#[test]
fn what_is_loaded_counts_for_the_memory_limit() {
    let mut chunk = program(&[], &[]);
    chunk.prototypes[0].constants.extend((0..100_000).map(Constant::Int));
    let chunk = Arc::new(chunk);
    let mut vm = Vm::new();
    vm.set_limits(Limits { memory: 1 << 20, ..Limits::default() });
    let before = vm.bytes_held();
    assert_eq!(vm.load(&chunk, None).map_err(|e| e.kind).err(), Some(ErrorKind::Memory));
    assert_eq!(vm.bytes_held(), before);
    vm.set_limits(Limits { memory: 8 << 20, ..Limits::default() });
    let loaded = vm.load(&chunk, None).expect("there is room");
    assert!(vm.bytes_held() >= 1_600_000 + before);
    assert!(vm.run(loaded).is_ok());
}

#[test]
fn what_counts_is_a_number_whatever_it_was() {
    // A container, or text in the value itself, where loops and sums keep a count.
    let counts = [
        vec![Instr::NewContainer { a: r(2), b: r(2), c: 0 }],
        vec![Instr::LoadConst { a: r(2), w: 0 }],
        vec![Instr::LoadConst { a: r(2), w: 1 }],
        vec![Instr::LoadTrue { a: r(2) }],
    ];
    // The count of a sum; the position in a range and in a container.
    let sum = [Instr::LoadInt { a: r(1), w: 1 }, Instr::SumStep { a: r(1), b: r(1), c: 0 }];
    let iterate = |source: [Instr; 3]| {
        let next =
            [Instr::Jump { w: 0 }, Instr::IterNext { a: r(1), c: 0, x: 2 }, Instr::IterStream { a: r(1), c: 0, x: 0 }];
        source.into_iter().chain(next).collect::<Vec<Instr>>()
    };
    let range = [
        Instr::LoadInt { a: r(8), w: 0 },
        Instr::LoadInt { a: r(9), w: i32::MAX },
        Instr::Range { a: r(1), b: r(8), c: 4 },
    ];
    let list = [
        Instr::NewContainer { a: r(1), b: r(4), c: 8 },
        Instr::LoadInt { a: r(3), w: 8 },
        Instr::Move { a: r(8), b: r(8) },
    ];
    for count in &counts {
        for body in [sum.to_vec(), iterate(range), iterate(list)] {
            // The end of what is left of a range: more than any address.
            let most = Instr::LoadConst { a: r(3), w: 2 };
            let uses = [Instr::NewContainer { a: r(5), b: r(1), c: 3 }, Instr::CallNative { a: r(5), c: 1, x: 0 }];
            let code: Vec<Instr> = count.iter().copied().chain([most]).chain(body).chain(uses).collect();
            let mut chunk = program(&code, &["print"]);
            chunk.prototypes[0].constants.extend([Constant::Text("seven b".into()), Constant::Int(i64::MAX)]);
            let _ = ends(chunk);
        }
    }
}
