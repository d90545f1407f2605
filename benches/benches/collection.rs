//! The collector on about 1,000,000 live objects: how long a collection stops the
//! program, by what the objects are, and what making objects costs beside so many
//! live ones.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::time::Duration;
use weave_benches::prepared::Prepared;

/// What lives, by name.
const LIVE: [(&str, &str); 6] = [
    ("closures", "live = 0..1_000_000 *> ^(i) { ^() { i } }"),
    (
        "closures_in_another_order_than_made",
        "live = 0..1_000_000 *> ^(i) { ^() { i } } |> sort_by(^(f) { f() * 7919 % 1_000_003 })",
    ),
    ("cells_and_closures", "live = 0..500_000 *> ^(i) { ^() { i += 1 } }"),
    ("recursive_functions", "live = 0..1_000_000 *> ^(i) {\nfn f(n) { if n == 0 { i } else { f(n - 1) } }\nf\n}"),
    ("containers", "live = 0..500_000 *> ^(i) { [i] }"),
    ("linked_list", "live = nil\nfor i in 0..500_000 { live = [i, live] }"),
];

/// A program whose `live` lives on between runs: a function reads it.
fn keeping(source: &str) -> String {
    format!("fn keep() {{ live }}\n{source}\n")
}

/// Makes a million closures, none of which outlives its run of the loop.
const GARBAGE: &str = "fn garbage() { for i in 0..1_000_000 { f = ^() { i } } }\ngarbage()";

fn pauses(c: &mut Criterion) {
    let mut group = c.benchmark_group("collection");
    group.sample_size(20).measurement_time(Duration::from_secs(2)).warm_up_time(Duration::from_millis(300));
    for (name, source) in LIVE {
        let mut prepared = Prepared::new(name, &keeping(source), true);
        prepared.run();
        prepared.vm.collect_now();
        let stats = prepared.vm.heap_stats();
        assert!(stats.live_objects >= 1_000_000, "{name}: {} live objects", stats.live_objects);
        println!("{name}: {} live objects, {} MiB", stats.live_objects, stats.live_bytes >> 20);
        group.throughput(Throughput::Elements(stats.live_objects as u64));
        group.bench_function(name, |b| b.iter(|| prepared.vm.collect_now()));
    }
    group.finish();
}

fn throughput(c: &mut Criterion) {
    let mut group = c.benchmark_group("allocation");
    group.sample_size(20).measurement_time(Duration::from_secs(3)).warm_up_time(Duration::from_millis(300));
    group.throughput(Throughput::Elements(1_000_000));
    for (name, live) in [("beside_nothing", "live = nil"), ("beside_a_million_closures", LIVE[0].1)] {
        let mut first = Prepared::new(name, &keeping(live), true);
        first.run();
        let mut prepared = Prepared::beside(first.vm, name, GARBAGE, true);
        group.bench_function(name, |b| b.iter(|| prepared.run()));
    }
    group.finish();
}

criterion_group!(benches, pauses, throughput);
criterion_main!(benches);
