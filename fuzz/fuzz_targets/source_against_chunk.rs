//! See `weave_tests::fuzzing::source_against_chunk`.
#![no_main]

libfuzzer_sys::fuzz_target!(|source: &str| weave_tests::fuzzing::source_against_chunk(source));
