//! Programs put together instruction by instruction: what the machine does
//! without a compiler.
#![allow(clippy::disallowed_methods, reason = "a test interrupts the machine from another thread")]

use std::sync::{Arc, Mutex};
use weave_bytecode::chunk::Chunk;
use weave_bytecode::constant::Constant;
use weave_bytecode::operand::Reg;
use weave_bytecode::ops::Instr;
use weave_bytecode::prototype::{Capture, Handler, Prototype, Upvalue};
use weave_bytecode::signature::{Parameter, Signature};
use weave_vm::Vm;

fn proto(name: &str, params: &[&str], registers: u16, code: &[Instr]) -> Prototype {
    let parameters = params.iter().map(|p| Parameter { name: (*p).into(), optional: false, rest: false }).collect();
    let mut p = Prototype { signature: Signature { name: name.into(), parameters }, registers, ..Prototype::default() };
    for &instr in code {
        p.emit(instr);
    }
    p
}

fn r(n: u16) -> Reg {
    Reg(n)
}

#[derive(Clone, Default)]
struct Out(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Out {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("not poisoned").extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn chunk(prototypes: Vec<Prototype>, slots: &[&str]) -> Arc<Chunk> {
    Arc::new(Chunk {
        name: "assembled".into(),
        prototypes,
        slots: slots.iter().map(|s| (*s).into()).collect(),
        natives: vec!["print".into()],
        source: None,
    })
}

fn run_in(vm: &mut Vm, chunk: &Arc<Chunk>) -> Result<String, Box<weave_vm::error::RuntimeError>> {
    let out = Out::default();
    vm.set_output(Box::new(out.clone()));
    let program = vm.load(chunk, None)?;
    vm.run(program)?;
    Ok(String::from_utf8(out.0.lock().expect("not poisoned").clone()).expect("text"))
}

/// In the tail-call form where this build has it, in the `match` form, and with
/// a collection at every allocation.
fn run_everywhere(chunk: &Arc<Chunk>) -> String {
    let first = run_in(&mut Vm::new(), chunk).expect("runs");
    let mut vm = Vm::new();
    vm.use_match_dispatch(true);
    assert_eq!(run_in(&mut vm, chunk).expect("runs"), first, "match dispatch");
    let mut vm = Vm::new();
    vm.stress_collector(true);
    assert_eq!(run_in(&mut vm, chunk).expect("runs"), first, "collecting at every allocation");
    first
}

fn fib(n: i32) -> Arc<Chunk> {
    let fib = proto(
        "fib",
        &["n"],
        4,
        &[
            Instr::JumpNotLtI { a: r(0), c: 2, x: 1 },
            Instr::Return { a: r(0) },
            Instr::SubI { a: r(1), b: r(0), c: 1 },
            Instr::CallSlot { a: r(1), c: 1, x: 0, y: 0 },
            Instr::SubI { a: r(2), b: r(0), c: 2 },
            Instr::CallSlot { a: r(2), c: 1, x: 0, y: 0 },
            Instr::Add { a: r(1), b: r(1), c: r(2) },
            Instr::Return { a: r(1) },
        ],
    );
    let main = proto(
        "",
        &[],
        4,
        &[
            Instr::Closure { a: r(0), w: 1 },
            Instr::SetSlot { a: r(0), w: 0 },
            Instr::LoadInt { a: r(0), w: n },
            Instr::CallSlot { a: r(0), c: 1, x: 0, y: 0 },
            Instr::CallNative { a: r(0), c: 1, x: 0 },
            Instr::ReturnNil {},
        ],
    );
    chunk(vec![main, fib], &["fib"])
}

#[test]
fn recursion() {
    assert_eq!(run_everywhere(&fib(15)), "610\n");
}

fn counter(n: i32) -> Arc<Chunk> {
    let mut step = proto("step", &[], 1, &[Instr::AddUpCell { a: r(0), b: 0, c: 1 }, Instr::Return { a: r(0) }]);
    step.upvalues.push(Upvalue { name: "count".into(), capture: Capture::Cell(0), cell: true });
    let mut make = proto(
        "make",
        &[],
        2,
        &[
            Instr::LoadInt { a: r(1), w: 0 },
            Instr::NewCell { a: r(0), b: r(1) },
            Instr::Closure { a: r(1), w: 2 },
            Instr::Return { a: r(1) },
        ],
    );
    make.cells = 1;
    let main = proto(
        "",
        &[],
        5,
        &[
            Instr::Closure { a: r(0), w: 1 },
            Instr::Call { a: r(1), b: r(0), c: 0 },
            Instr::LoadInt { a: r(2), w: 0 },
            Instr::LoadInt { a: r(4), w: n },
            Instr::Call { a: r(3), b: r(1), c: 0 },
            Instr::AddI { a: r(2), b: r(2), c: 1 },
            Instr::LoopLt { a: r(2), b: r(4), x: -4 },
            Instr::CallNative { a: r(3), c: 1, x: 0 },
            Instr::ReturnNil {},
        ],
    );
    chunk(vec![main, make, step], &[])
}

#[test]
fn captured_cells() {
    assert_eq!(run_everywhere(&counter(1000)), "1000\n");
}

/// Ten recursive closures a round, each a cycle through its own cell: only the
/// collector can give them back.
fn cycles(n: i32) -> Arc<Chunk> {
    let mut inner = proto("inner", &[], 1, &[Instr::GetUpCell { a: r(0), b: 0 }, Instr::Return { a: r(0) }]);
    inner.upvalues.push(Upvalue { name: "inner".into(), capture: Capture::Cell(3), cell: true });
    let mut main = proto(
        "",
        &[],
        8,
        &[
            Instr::LoadInt { a: r(0), w: 0 },
            Instr::LoadInt { a: r(1), w: n },
            Instr::NewCellUnset { a: r(3) },
            Instr::Closure { a: r(2), w: 1 },
            Instr::SetCell { a: r(3), b: r(2) },
            Instr::AddI { a: r(0), b: r(0), c: 1 },
            Instr::LoopLt { a: r(0), b: r(1), x: -6 },
            Instr::CallNative { a: r(4), c: 0, x: 0 },
            Instr::ReturnNil {},
        ],
    );
    main.first_cell = 3;
    main.cells = 1;
    chunk(vec![main, inner], &[])
}

#[test]
fn cycles_are_collected() {
    let mut vm = Vm::new();
    run_in(&mut vm, &cycles(1_000_000)).expect("runs");
    assert!(vm.heap_stats().collections > 0, "a collection ran");
    assert!(vm.bytes_held() < 32 << 20, "{} bytes held", vm.bytes_held());
}

#[test]
fn errors_find_their_handler_and_the_machine_stays_usable() {
    let divide = proto("divide", &["x"], 2, &[Instr::RemI { a: r(1), b: r(0), c: 0 }, Instr::Return { a: r(1) }]);
    let mut main = proto(
        "",
        &[],
        4,
        &[
            Instr::Closure { a: r(0), w: 1 },
            Instr::LoadInt { a: r(1), w: 7 },
            Instr::Call { a: r(1), b: r(0), c: 1 },
            Instr::ReturnNil {},
            Instr::CallNative { a: r(2), c: 1, x: 0 },
            Instr::LoadInt { a: r(1), w: 8 },
            Instr::Call { a: r(1), b: r(0), c: 1 },
            Instr::ReturnNil {},
        ],
    );
    main.handlers.push(Handler { start: 2, end: 3, target: 4, register: 2 });
    let chunk = chunk(vec![main, divide], &[]);
    let mut vm = Vm::new();
    for _ in 0..2 {
        let error = run_in(&mut vm, &chunk).expect_err("the second division is not caught");
        assert_eq!(error.kind.name(), "zero");
        assert_eq!(error.trace.len(), 2);
    }
    assert_eq!(run_in(&mut vm, &fib(10)).expect("usable"), "55\n");
}

#[test]
fn endless_recursion_is_an_error() {
    let down = proto(
        "down",
        &["n"],
        3,
        &[
            Instr::AddI { a: r(1), b: r(0), c: 1 },
            Instr::CallSlot { a: r(1), c: 1, x: 0, y: 0 },
            Instr::Return { a: r(1) },
        ],
    );
    let main = proto(
        "",
        &[],
        2,
        &[
            Instr::Closure { a: r(0), w: 1 },
            Instr::SetSlot { a: r(0), w: 0 },
            Instr::LoadInt { a: r(0), w: 0 },
            Instr::CallSlot { a: r(0), c: 1, x: 0, y: 0 },
            Instr::ReturnNil {},
        ],
    );
    let chunk = chunk(vec![main, down], &["down"]);
    let mut vm = Vm::new();
    let error = run_in(&mut vm, &chunk).expect_err("no end");
    assert_eq!(error.kind.name(), "depth");
    assert!(error.omitted.is_some_and(|(_, n)| n > 900_000), "the trace is cut in the middle");
    assert_eq!(run_in(&mut vm, &fib(10)).expect("usable"), "55\n");
}

#[test]
fn the_step_limit_and_the_interrupt_end_a_loop() {
    let main = proto("", &[], 1, &[Instr::LoadNil { a: r(0) }, Instr::Loop { w: -1 }, Instr::ReturnNil {}]);
    let chunk = chunk(vec![main], &[]);
    let mut vm = Vm::new();
    vm.set_limits(weave_vm::limits::Limits { steps: 100_000, ..Default::default() });
    assert_eq!(run_in(&mut vm, &chunk).expect_err("no end").kind.name(), "steps");
    vm.set_limits(weave_vm::limits::Limits::default());
    let handle = vm.interrupt();
    let setter = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(30));
        handle.set(weave_vm::limits::Reason::Interrupt);
    });
    assert_eq!(run_in(&mut vm, &chunk).expect_err("no end").kind.name(), "interrupt");
    setter.join().expect("the setter ends");
}

#[test]
fn long_and_short_text_join() {
    let mut main = proto(
        "",
        &[],
        3,
        &[
            Instr::LoadConst { a: r(0), w: 0 },
            Instr::LoadConst { a: r(1), w: 1 },
            Instr::Concat { a: r(0), b: r(0), c: 2 },
            Instr::CallNative { a: r(0), c: 1, x: 0 },
            Instr::ReturnNil {},
        ],
    );
    main.constants = vec![Constant::Text("a text longer than fourteen bytes".into()), Constant::Text("!".into())];
    assert_eq!(run_everywhere(&chunk(vec![main], &[])), "a text longer than fourteen bytes!\n");
}
