//! One generated program of 1,000 functions through every phase.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::fmt::Write;
use std::hint::black_box;
use std::sync::Arc;
use weave_compiler::symbols::Names;
use weave_compiler::{Options, compile, parser};
use weave_vm::Vm;

/// Functions with what scripts are made of: arithmetic, conditions, loops,
/// containers, pipelines, interpolation.
fn program(functions: usize) -> String {
    let mut source = String::new();
    for i in 0..functions {
        let _ = write!(
            source,
            "fn work_{i}(xs, limit: {i}) {{\n  total = 0\n  for x in xs {{\n    if x > limit and x % 3 == 0 {{ total += x * 2 }} else {{ total -= 1 }}\n  }}\n  \
             row = [name: \"row {i}\", total: total, tags: [:a, :b]]\n  \"{{row.name}}: {{row.total:>8}}\"\n}}\n"
        );
    }
    source.push_str("[1, 2, 3] *> ^(x) { x * 2 } ?> ^(x) { x > 2 } &> ^(acc: 0, x) { acc + x }\n");
    source
}

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
