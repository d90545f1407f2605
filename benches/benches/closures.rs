//! Calls, closures and captured variables, 10,000 iterations of each pattern. A
//! pattern that uses a closure stands beside its twin that does the same work
//! without one, so the difference is a figure.

use criterion::{Criterion, criterion_group, criterion_main};
use std::time::Duration;
use weave_benches::patterns::patterns;
use weave_benches::prepared::Prepared;

fn closures(c: &mut Criterion) {
    for pattern in patterns() {
        let mut prepared = Prepared::new(&pattern.id(), &pattern.source, pattern.inline);
        prepared.run();
        let mut group = c.benchmark_group(pattern.group);
        group.sample_size(20).measurement_time(Duration::from_millis(600)).warm_up_time(Duration::from_millis(150));
        group.bench_function(&pattern.name, |b| b.iter(|| prepared.run()));
        group.finish();
    }
}

criterion_group!(benches, closures);
criterion_main!(benches);
