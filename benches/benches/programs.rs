//! The programs of `programs/`, at small sizes, without start-up: compiled and
//! loaded once, run again and again.

use criterion::{Criterion, criterion_group, criterion_main};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use weave_compiler::{Options, compile};
use weave_vm::Vm;

/// Program and size: a few milliseconds each.
const PROGRAMS: &[(&str, u64)] = &[
    ("closure_counter", 100_000),
    ("closure_create", 100_000),
    ("nested_closures", 100_000),
    ("shared_upvalues", 50_000),
    ("capture10", 40_000),
    ("plain_call", 100_000),
    ("fib", 22),
    ("tak", 3),
    ("ackermann", 1),
    ("higher_order", 40),
    ("loop_baseline", 400_000),
    ("sieve", 40_000),
    ("queens", 5),
    ("nbody", 1_500),
    ("mandelbrot", 80),
    ("string_build", 10_000),
    ("list_sort", 3_000),
    ("list_sort_default", 3_000),
    ("map_ops", 2_500),
    ("binary_trees", 20),
];

/// The program's text with its size replaced.
fn sized(text: &str, size: u64) -> String {
    let Some(at) = text.find("N = ") else { return text.to_owned() };
    let digits = text[at + 4..].bytes().take_while(u8::is_ascii_digit).count();
    format!("{}{size}{}", &text[..at + 4], &text[at + 4 + digits..])
}

fn programs(c: &mut Criterion) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs");
    let signatures = Vm::new().signatures();
    let options = Options { core: &signatures, ..Options::default() };
    let mut group = c.benchmark_group("programs");
    group.sample_size(20).measurement_time(Duration::from_secs(2)).warm_up_time(Duration::from_millis(300));
    for &(name, size) in PROGRAMS {
        let Ok(text) = std::fs::read_to_string(folder.join(format!("{name}.wv"))) else { continue };
        let Ok(compiled) = compile(&sized(&text, size), name, &options) else { continue };
        let mut vm = Vm::new();
        let Ok(program) = vm.load(&Arc::new(compiled.chunk), None) else { continue };
        group.bench_function(name, |b| b.iter(|| vm.run(program).is_ok()));
    }
    group.finish();
}

criterion_group!(benches, programs);
criterion_main!(benches);
