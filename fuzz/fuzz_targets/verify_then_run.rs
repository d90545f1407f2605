//! See `weave_tests::fuzzing::verify_then_run`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| weave_tests::fuzzing::verify_then_run(bytes));
