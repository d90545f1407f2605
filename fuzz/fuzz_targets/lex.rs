//! Tokens cover every text, whatever it is.
#![no_main]

libfuzzer_sys::fuzz_target!(|source: &str| {
    if let Err(problem) = weave_lexer::invariants::check(source) {
        panic!("{problem}");
    }
});
