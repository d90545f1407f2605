//! Every prefix of real programs, and seeded random bytes and tokens: no panic,
//! and the invariants hold.

use crate::parser::invariants::check;

/// Programs that use the whole grammar.
const PROGRAMS: &[&str] = &[include_str!("seeds/report.wv"), include_str!("seeds/grammar.wv")];

/// A small generator with a fixed seed (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}

/// Pieces that random sources are made of.
const SOUP: &[&str] = &[
    "a",
    "b",
    "print",
    "puts",
    "it",
    "1",
    "2.5",
    "0x",
    "12a",
    "9223372036854775808",
    "\"",
    "\"\"\"",
    "'",
    "re'",
    "`",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "?[",
    ",",
    ";",
    ":",
    ".",
    "?.",
    "..",
    "..=",
    "^",
    "^{",
    "^(",
    "=",
    "+=",
    "??=",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    "<<",
    "+",
    "-",
    "- ",
    "*",
    "/",
    "//",
    "%",
    "**",
    "??",
    "|",
    "&",
    "!&",
    "||",
    "&&",
    "!",
    "|>",
    "*>",
    "?>",
    "&>",
    "===",
    "->",
    "=>",
    "++",
    "?",
    "and ",
    "or ",
    "not ",
    "in ",
    "if ",
    "else ",
    "else if ",
    "elif ",
    "for ",
    "while ",
    "fn ",
    "fn f(",
    "let ",
    "return ",
    "break",
    "continue",
    "try ",
    "catch ",
    "import ",
    "as ",
    "match ",
    "nil",
    "true",
    " ",
    "\n",
    "\n",
    "\r\n",
    "\r",
    "\t",
    "# c\n",
    "\\",
    "\\n",
    "\\u{1}",
    "$",
    "é",
    "\u{feff}",
    "\u{1f600}",
    ":a",
    ":\"",
    "{x:",
    ":>8,.2f",
    "def ",
    "\0",
];

#[test]
fn every_prefix_of_a_program_holds() {
    for program in PROGRAMS {
        check(program).unwrap();
        assert!(super::errors(program).is_empty(), "{:#?}", super::errors(program));
        for (at, _) in program.char_indices() {
            check(&program[..at]).unwrap_or_else(|problem| panic!("{problem}: {:?}", &program[..at]));
        }
    }
}

#[test]
fn every_program_with_a_character_replaced_or_missing_holds() {
    let mut random = Random(1);
    for program in PROGRAMS {
        for (at, c) in program.char_indices() {
            let piece = SOUP[random.below(SOUP.len())];
            for replacement in ["", piece] {
                let source = format!("{}{replacement}{}", &program[..at], &program[at + c.len_utf8()..]);
                check(&source).unwrap_or_else(|problem| panic!("{problem}: {source:?}"));
            }
        }
    }
}

#[test]
fn random_bytes_hold() {
    let mut random = Random(2);
    for _ in 0..5_000 {
        let length = random.below(60);
        let bytes: Vec<u8> = (0..length).map(|_| random.below(256) as u8).collect();
        let source = String::from_utf8_lossy(&bytes);
        check(&source).unwrap_or_else(|problem| panic!("{problem}: {source:?}"));
    }
}

#[test]
fn random_tokens_hold() {
    let mut random = Random(3);
    for _ in 0..30_000 {
        let length = random.below(30);
        let source: String = (0..length).map(|_| SOUP[random.below(SOUP.len())]).collect();
        check(&source).unwrap_or_else(|problem| panic!("{problem}: {source:?}"));
    }
}

#[test]
fn tokens_give_the_source_back() {
    for program in PROGRAMS {
        let parsed = super::parsed(program);
        assert_eq!(crate::parser::invariants::source_from_tokens(&parsed.tree, program), *program);
    }
}
