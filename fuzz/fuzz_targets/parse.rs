//! Every text parses to a tree and errors that lie inside of it.
#![no_main]

libfuzzer_sys::fuzz_target!(|source: &str| {
    if let Err(problem) = weave_compiler::parser::invariants::check(source) {
        panic!("{problem}");
    }
});
