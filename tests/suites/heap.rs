//! What the heap says of itself.
#![forbid(unsafe_code)]

use weave_tests::host::Host;

/// Objects, bytes and collections of a program.
fn made(source: &str) -> (u64, u64, u64) {
    let mut host = Host::default();
    host.prints(source);
    let stats = host.vm.heap_stats();
    (stats.allocated_objects, stats.allocated_bytes, stats.collections)
}

#[test]
fn allocations_are_counted_exactly_across_collections() {
    let closures = |runs| made(&format!("fn main() {{ for i in 0..{runs} {{ f = ^() {{ i }} }} }}\nmain()"));
    let (none, few, many) = (closures(0), closures(1_000), closures(1_000_000));
    assert_eq!(few.0 - none.0, 1_000);
    assert_eq!(many.0 - none.0, 1_000_000);
    assert_eq!(many.1 - none.1, 1_000 * (few.1 - none.1));
    assert!(none.2 == 0 && many.2 > 1, "the larger one is collected: {} times", many.2);
}

#[test]
fn a_large_text_counts_as_one_object() {
    let doubled = |length| made(&format!("s = \"0123456789abcdef\"\nwhile s.len() < {length} {{ s = s + s }}"));
    let (half, whole) = (doubled(500_000), doubled(1_000_000));
    assert_eq!(whole.0 - half.0, 1);
    assert!((1 << 20..(1 << 20) + 100).contains(&(whole.1 - half.1)), "{} bytes", whole.1 - half.1);
}
