//! See `weave_tests::fuzzing::changed_chunk`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| weave_tests::fuzzing::changed_chunk(bytes));
