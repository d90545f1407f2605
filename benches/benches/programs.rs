//! The programs of `programs/`, at small sizes, without start-up: compiled and
//! loaded once, run again and again.

use criterion::{Criterion, criterion_group, criterion_main};
use std::time::Duration;
use weave_benches::prepared::Prepared;
use weave_benches::programs::{PROGRAMS, program};

fn programs(c: &mut Criterion) {
    let mut group = c.benchmark_group("programs");
    group.sample_size(20).measurement_time(Duration::from_secs(2)).warm_up_time(Duration::from_millis(300));
    for (name, size) in PROGRAMS {
        let source = match program(name, size) {
            Ok(source) => source,
            Err(error) => panic!("{name}: {error}"),
        };
        let mut prepared = Prepared::new(name, &source, true);
        group.bench_function(name, |b| b.iter(|| prepared.run()));
    }
    group.finish();
}

criterion_group!(benches, programs);
criterion_main!(benches);
