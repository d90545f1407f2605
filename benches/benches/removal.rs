//! Values that go from a container one by one, in every order: each run fills the container
//! first, which `fill` measures alone.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::time::Duration;
use weave_benches::prepared::Prepared;

/// Values, and values that go, of one run.
const VALUES: u64 = 40_000;

/// What a run does behind `c = []` and `n = 40_000`, by name.
const PATTERNS: [(&str, &str); 11] = [
    ("fill", ""),
    ("front_to_back", "for i in 0..n { remove(c, \"k{i}\") }"),
    ("back_to_front", "for i in 0..n { remove(c, \"k{n - 1 - i}\") }"),
    ("any_order", "for i in 0..n { remove(c, \"k{i * 7919 % n}\") }"),
    ("while_going_through_the_keys", "for k in keys(c) { if c[k] % 2 == 0 { remove(c, k) } }"),
    ("first_in_a_loop", "while len(c) > 0 { for k, v in c { remove(c, k); break } }"),
    ("half_then_positions", "for i in 0..n // 2 { remove(c, \"k{2 * i}\") }\nfor i in 0..n // 2 { c[i] }"),
    ("window", "for i in n..2 * n { c[\"k{i}\"] = i; remove(c, \"k{i - n}\") }"),
    ("recently_used", "for i in 0..n { k = \"k{i * 7919 % n}\"; c[k] = remove(c, k)\nif i % 2 == 0 { c[0] } }"),
    ("list_front", "q = collect(0..n)\nwhile len(q) > 0 { remove(q, 0) }"),
    ("list_as_a_queue", "q = collect(0..1000)\nfor i in 0..n { q << remove(q, 0) }"),
];

fn removal(c: &mut Criterion) {
    let mut group = c.benchmark_group("removal");
    group.sample_size(20).measurement_time(Duration::from_secs(2)).warm_up_time(Duration::from_millis(300));
    group.throughput(Throughput::Elements(VALUES));
    for (name, pattern) in PATTERNS {
        let filled = if name.starts_with("list") { "" } else { "for i in 0..n { c[\"k{i}\"] = i }" };
        let source = format!("fn run() {{ n = {VALUES}\nc = []\n{filled}\n{pattern}\nnil }}\nrun()\n");
        let mut prepared = Prepared::new(name, &source, true);
        group.bench_function(name, |b| b.iter(|| prepared.run()));
    }
    group.finish();
}

criterion_group!(benches, removal);
criterion_main!(benches);
