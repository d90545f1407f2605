//! See `weave_tests::fuzzing::optimised_against_plain`.
#![no_main]

libfuzzer_sys::fuzz_target!(|source: &str| weave_tests::fuzzing::optimised_against_plain(source));
