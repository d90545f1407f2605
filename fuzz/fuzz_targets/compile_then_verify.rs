//! See `weave_tests::fuzzing::compile_then_verify`.
#![no_main]

libfuzzer_sys::fuzz_target!(|source: &str| weave_tests::fuzzing::compile_then_verify(source));
