//! See `weave_tests::fuzzing::chunk_reader`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| weave_tests::fuzzing::chunk_reader(bytes));
