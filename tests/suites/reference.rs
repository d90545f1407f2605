//! `docs/reference/functions.md` lists every function as its declaration has it.
//! `BLESS=1` writes the page anew.
#![forbid(unsafe_code)]

use weave_tests::file;
use weave_tests::runner::functions;

const HEAD: &str = "# Every function\n\nMade from the declarations by `just bless`; [the core functions](../reference-core.md) \
are explained in groups. A parameter with `: …` may be left out; `*` takes all that remain.\n\n\
| function | meaning | example |\n|---|---|---|\n";

#[test]
fn the_page_has_every_function() {
    let path = file::root().join("docs/reference/functions.md");
    let wanted = format!("{HEAD}{}\n", functions().join("\n"));
    if std::env::var_os("BLESS").is_some_and(|v| v == "1") {
        std::fs::write(&path, wanted).expect("the page can be written");
        return;
    }
    let page = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(page == wanted, "docs/reference/functions.md differs from the declarations; run `just bless`");
}
