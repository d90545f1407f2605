//! Random chains of pipeline operators, with effects, errors, early stops and sources that
//! are resized while they are passed through. They are grown from a seed, so a
//! failure names the program that shows it.

use crate::hostile::Dice;
use std::fmt::Write;

/// How many chains one program runs.
pub const CHAINS: usize = 10;

/// What a program begins with: functions of every kind that a stage may be.
const PRELUDE: &str = "\
fn bump(x) { x + 1 }
fn loud(x) { print(\"loud {x}\")\n  x }
fn add(x, n) { x + n }
fn is_even(x) { x % 2 == 0 }
fn below(x, n) { if x < n { return true }\n  false }
fn plus(acc: 0, x) { acc + x }
fn larger(a, b) { if a > b { a } else { b } }
fn pick(i) { [^(x) { x - 1 }, ^(x) { x * x }][i] }
fn fail(x) { if x == 3 { error(\"three\") }\n  x }
u = [twice: ^(x) { x * 2 }, odd: ^(x) { x % 2 == 1 }]
k = 2
xs = []
fn first_of(c) { c[0] }
";

/// A program of [`CHAINS`] chains. Each prints its result, marked so that those with
/// something in them can be counted, or its error.
pub fn program(seed: u64) -> String {
    let mut grower = Grower { dice: Dice::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1) };
    let mut text = PRELUDE.to_owned();
    for _ in 0..CHAINS {
        if grower.dice.below(3) == 0 { grower.statements(&mut text) } else { grower.chain(&mut text) }
    }
    text
}

/// Whether a line is the result of a chain that had something in it.
pub fn has_something(line: &str) -> bool {
    line.strip_prefix("= ").is_some_and(|rest| !matches!(rest, "[]" | "nil" | "0" | "\"\""))
}

/// What an item is as far as stages care.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Item {
    Number,
    Container,
    /// A container of numbers, each a value.
    Nested,
}

struct Grower {
    dice: Dice,
}

impl Grower {
    fn of(&mut self, options: &[&str]) -> String {
        options[self.dice.below(options.len())].to_owned()
    }

    fn chain(&mut self, text: &mut String) {
        let (setup, source, mut item) = self.source();
        let mut chain = source;
        let length = 1 + self.dice.below(4);
        for _ in 0..length {
            let (stage, next) = self.stage(item);
            let _ = write!(chain, " {stage}");
            item = next;
        }
        let end = self.end(item);
        let _ = write!(chain, "{end}");
        let effect = self.dice.below(6) == 0;
        let run = if effect {
            format!("{chain}\n  print(\"done\")")
        } else {
            format!(
                "r = {chain}\n  if \"{{r}}\" == \"<stream>\" {{ r = collect(first(r, 7)) }}\n  \
                 print(\"=\", if type(r) == :string {{ \"\\\"{{r}}\\\"\" }} else {{ r }})"
            )
        };
        let _ =
            write!(text, "k = 2\n{setup}try {{\n  {run}\n}} catch e {{ print(\"!\", e.message, e.kind, e.line) }}\n");
    }

    /// A chain in several statements, each of which names what the next one goes on with:
    /// most of them become one loop.
    fn statements(&mut self, text: &mut String) {
        let (setup, source, item) = self.source();
        let (mut body, mut name) = (String::new(), source);
        for i in 0..1 + self.dice.below(3) {
            let mut value = name;
            for _ in 0..1 + self.dice.below(2) {
                let stage = if self.dice.below(12) == 0 { self.stage(item).0 } else { self.quiet_stage() };
                let _ = write!(value, " {stage}");
            }
            let keyword = self.of(&["", "", "let "]);
            name = format!("t{i}");
            let _ = writeln!(body, "  {keyword}{name} = {value}");
        }
        let stage = if self.dice.below(2) == 0 { String::new() } else { format!(" {}", self.quiet_stage()) };
        let end = self.of(&[
            "",
            " |> sum",
            " |> mean",
            " |> count",
            " |> min",
            " |> max",
            " &> plus",
            " &> larger",
            " &> ^(acc: 0, x) { acc + x }",
            " &> ^(a, b) { a * k + b }",
            " |> first",
            " |> sort",
            " |> sum |> abs",
        ]);
        let chain = format!("{name}{stage}{end}");
        body += &match self.dice.below(8) {
            0 => format!("  print(\"=\", {chain})\n"),
            1 => format!("  r = k + ({chain})\n  print(\"=\", r)\n"),
            2 => format!("  print(\"=\", [k, ({chain}), {name}])\n"),
            3 => format!("  if ({chain}) == 4 {{ print(\"four\") }} else {{ print(\"other\") }}\n"),
            4 => format!("  for z in ({chain}) {{ print(\"= {{z}}\") }}\n"),
            5 => format!("  r = \"{{k}} {{{chain}}}\"\n  print(\"=\", r)\n"),
            _ => format!("  r = {chain}\n  print(\"=\", if \"{{r}}\" == \"<stream>\" {{ collect(r) }} else {{ r }})\n"),
        };
        let body = match self.dice.below(4) {
            0 => format!("for turn in 0..2 {{\n{body}  }}\n"),
            1 => format!("f = ^{{\n{body}  }}\n  f(0)\n"),
            _ => body,
        };
        let _ = write!(text, "k = 2\n{setup}try {{\n{body}}} catch e {{ print(\"!\", e.message, e.kind, e.line) }}\n");
    }

    /// A stage that writes nothing, though it may fail.
    fn quiet_stage(&mut self) -> String {
        self.of(&[
            "*> ^{ it + 1 }",
            "*> ^(x) { x * 2 - k }",
            "*> ^(x) { 12 // x }",
            "*> ^(x) { if x == 2 { return 20 }\n x }",
            "*> ^(x) { let y = x + k\n y * y }",
            "*> bump",
            "*> ^(x) { [x, k][x % 2] }",
            "*> ^{ \"{it}\" }",
            "*> ^{ it }",
            "*> .[0]",
            "?> ^{ it % 2 == 0 }",
            "?> ^{ it > 1 }",
            "?> ^(x) { x != nil and x < k + 5 }",
            "?> is_even",
            "?> ^{ it }",
        ])
    }

    fn source(&mut self) -> (String, String, Item) {
        let n = self.dice.below(9);
        let list = match self.dice.below(12) {
            0 => "[]".to_owned(),
            1 => "[1, \"a\", 2]".to_owned(),
            2 => "[4, nil, 1.5, 2]".to_owned(),
            3 => "[a: 3, b: 1, c: 2, d: 6]".to_owned(),
            4 => "[5, x: 2, 7, y: 1]".to_owned(),
            _ => {
                let items: Vec<String> = (0..n).map(|_| (self.dice.below(12) as i64 - 2).to_string()).collect();
                format!("[{}]", items.join(", "))
            }
        };
        let numbers = format!("xs = {list}\n");
        match self.dice.below(14) {
            0 => (String::new(), format!("{}..{}", self.dice.below(4), n), Item::Number),
            1 => (format!("r0 = 1..={n}\n"), "r0".to_owned(), Item::Number),
            2 => (String::new(), "(1.. |> take_while(^{ it < 9 }))".to_owned(), Item::Number),
            3 => (
                format!("{numbers}s = 1.. *> ^(x) {{ print(\"pull {{x}}\")\n x }} |> take({n})\n"),
                "s".to_owned(),
                Item::Number,
            ),
            4 => (String::new(), "[[1, 2], [3], [], [4, 5, 6]]".to_owned(), Item::Nested),
            5 => (String::new(), "[[1, 2], 3, nil, [4, [5]]]".to_owned(), Item::Nested),
            6 => (String::new(), format!("{}", self.dice.below(9)), Item::Number),
            7 => (String::new(), "nil".to_owned(), Item::Number),
            _ => (numbers, "xs".to_owned(), Item::Number),
        }
    }

    /// A stage on such items, and what they are behind it.
    fn stage(&mut self, item: Item) -> (String, Item) {
        let n = self.dice.below(5);
        if item != Item::Number && self.dice.below(4) > 0 {
            return match self.dice.below(7) {
                0 => ("*> ^(c) { sum(c) }".to_owned(), Item::Number),
                1 => ("*> len".to_owned(), Item::Number),
                2 => ("?> ^{ len(it) > 1 }".to_owned(), item),
                3 if item == Item::Container => ("*> ^([a, b]) { b }".to_owned(), Item::Number),
                4 => ("*> first_of".to_owned(), Item::Number),
                5 => ("*> .[0]".to_owned(), Item::Number),
                _ => ("|> flatten".to_owned(), Item::Number),
            };
        }
        match self.dice.below(24) {
            0..5 => {
                let f = self.of(&[
                    "^{ it + 1 }",
                    "^(x) { x * 2 - k }",
                    "^(x) { print(\"map {x}\")\n x }",
                    "bump",
                    "loud",
                    "add(3)",
                    "add(n: k)",
                    "u.twice",
                    "(pick(1))",
                    "fail",
                    "^(x) { if x == 2 { return 20 }\n x }",
                    "^(x) { k += 1\n x + k }",
                    "^(x) { try { fail(x) } catch e { 33 } }",
                    "abs",
                    ".abs()",
                ]);
                (format!("*> {f}"), item)
            }
            5 => ("*> ^(x) { if x == 4 { xs << 9 }\n x }".to_owned(), item),
            6..10 => {
                let f = self.of(&[
                    "^{ it % 2 == 0 }",
                    "^(x) { print(\"filter {x}\")\n x > 1 }",
                    "is_even",
                    "below(6)",
                    "u.odd",
                    "^(x) { x != nil and x < k + 5 }",
                    "(^(x) { x })",
                ]);
                (format!("?> {f}"), item)
            }
            10 => (format!("|> take({n})"), item),
            11 => ("|> take(k)".to_owned(), item),
            12 => (format!("|> skip({n})"), item),
            13 => (
                self.of(&["|> take_while(^{ it < 6 })", "|> take_while(below9)", "|> take_while(is_even)"])
                    .replace("below9", "^(x) { print(\"while {x}\")\n x < 9 }"),
                item,
            ),
            14 => ("|> enumerate".to_owned(), Item::Container),
            15 => (self.of(&["|> zip([7, 8, 9])", "|> zip(1..)", "|> zip(1.. *> loud)", "|> zip(5)"]), Item::Container),
            16 => (format!("|> chunk({})", n.max(1)), Item::Nested),
            17 => (self.of(&["|> unique", "|> unique(^{ it % 3 })", "|> unique(is_even)"]), item),
            18 => ("|> flatten".to_owned(), item),
            19 => (
                self.of(&[
                    "|> take(-1)",
                    "|> skip(\"a\")",
                    "|> chunk(0)",
                    "|> take_while(3)",
                    "|> flatten(2)",
                    "|> unique(nil)",
                ]),
                item,
            ),
            20 => ("|> sort".to_owned(), item),
            _ => (format!("*> ^(x) {{ x + {n} }}"), item),
        }
    }

    fn end(&mut self, item: Item) -> String {
        if item != Item::Number {
            return self.of(&[
                "",
                "",
                " |> collect",
                " |> count",
                " |> first",
                " |> first(2)",
                " |> each(print)",
                " |> join(\";\")",
            ]);
        }
        self.of(&[
            "",
            "",
            "",
            " |> sum",
            " |> mean",
            " |> count",
            " |> count(is_even)",
            " |> min",
            " |> max",
            " |> join",
            " |> join(\"-\")",
            " |> first",
            " |> first(2)",
            " |> collect",
            " |> each(loud)",
            " |> group_by(^{ it % 3 })",
            " |> count_by(is_even)",
            " |> sort_by(^{ 0 - it })",
            " |> sort_by(bump, :desc)",
            " &> ^(acc: 0, x) { acc + x }",
            " &> ^(a, b) { print(\"fold {a} {b}\")\n a + b }",
            " &> plus",
            " &> larger",
            " |> len",
            " |> join(3)",
            " |> group_by(^{ [it] })",
        ])
    }
}
