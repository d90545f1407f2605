//! Every function's examples print what they say, and the examples folder runs.

mod common;

use std::path::Path;

#[test]
fn examples_of_functions_print_what_they_say() {
    let vm = common::machine(&[], false);
    for (signature, about, examples) in vm.catalogue() {
        assert!(!about.is_empty(), "{}: one line about it", signature.name);
        for example in examples {
            let wanted: Vec<&str> =
                example.lines().filter_map(|l| l.split_once("# =>").map(|(_, text)| text.trim())).collect();
            let ran = common::run(example);
            match example.split_once("# error:") {
                Some((_, text)) => assert!(ran.message().contains(text.trim()), "{example}: {}", ran.message()),
                None => {
                    assert!(ran.error.is_none(), "{example}: {}", ran.message());
                    assert_eq!(ran.printed.lines().collect::<Vec<_>>(), wanted, "{example}");
                }
            }
        }
    }
}

#[test]
fn revenue_per_region() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let source = std::fs::read_to_string(examples.join("revenue.wv")).expect("the example");
    let data = examples.join("sales.csv");
    let ran = common::run_with(&source, &[data.to_str().expect("a path that is text")]);
    assert!(ran.error.is_none(), "{}", ran.message());
    assert!(ran.printed.starts_with("South          115,991.65\n"), "{}", ran.printed);
    assert_eq!(ran.printed.lines().count(), 5);
}
