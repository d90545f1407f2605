//! One generated program of 1,000 functions through every phase.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::sync::Arc;
use weave_benches::phases::program;
use weave_bytecode::serial;
use weave_compiler::symbols::Names;
use weave_compiler::{Options, compile, parser};
use weave_vm::Vm;

fn phases(c: &mut Criterion) {
    let source = program(1_000);
    let signatures = Vm::new().signatures();
    let options = Options { core: &signatures, ..Options::default() };
    let mut group = c.benchmark_group("phases");
    group.throughput(Throughput::Bytes(source.len() as u64));
    group.bench_function("lex", |b| b.iter(|| weave_lexer::lex(black_box(&source)).len()));
    group.bench_function("parse", |b| b.iter(|| parser::parse(black_box(&source), &mut Names::default()).errors.len()));
    group.bench_function("compile", |b| {
        b.iter(|| compile(black_box(&source), "bench.wv", &options).map(|c| c.chunk.prototypes.len()).ok());
    });
    let Ok(compiled) = compile(&source, "bench.wv", &options) else { return };
    let chunk = Arc::new(compiled.chunk);
    let Ok(file) = serial::write(&chunk) else { return };
    group.bench_function("write", |b| b.iter(|| serial::write(black_box(&chunk)).map_or(0, |file| file.len())));
    group.bench_function("read", |b| b.iter(|| serial::read(black_box(&file)).is_ok()));
    group.bench_function("verify", |b| b.iter(|| weave_bytecode::verify::verify(black_box(&chunk)).is_ok()));
    group.bench_function("load", |b| {
        b.iter_with_large_drop(|| {
            let mut vm = Vm::new();
            let _ = vm.load(black_box(&chunk), None);
            vm
        });
    });
    group.bench_function("run", |b| {
        let mut vm = Vm::new();
        let Ok(program) = vm.load(&chunk, None) else { return };
        b.iter(|| vm.run(program).is_ok());
    });
    group.finish();
}

criterion_group!(benches, phases);
criterion_main!(benches);
