//! See `weave_tests::fuzzing::source_run`.
#![no_main]

libfuzzer_sys::fuzz_target!(|source: &str| weave_tests::fuzzing::source_run(source));
