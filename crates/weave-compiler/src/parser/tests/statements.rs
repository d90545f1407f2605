//! Declarations, assignments, functions, containers and control flow.

use super::{errors, fails, tree};

#[test]
fn assignments_have_targets() {
    assert_eq!(tree("a = 1"), "(= a 1)");
    assert_eq!(tree("a.b = 1"), "(= (. a b) 1)");
    assert_eq!(tree("a[i + 1].c = 1"), "(= (. ([] a (Add i 1)) c) 1)");
    assert_eq!(tree("a += 1; a -= 1; a *= 2; a /= 2"), "(Add= a 1) (Subtract= a 1) (Multiply= a 2) (Divide= a 2)");
    assert_eq!(tree("a //= 1; a %= 1; a **= 2; a ??= 2"), "(FloorDivide= a 1) (Remainder= a 1) (Power= a 2) (??= a 2)");
    assert_eq!(tree("[a, b] = pair"), "(= [a b] pair)");
    assert_eq!(tree("[first, *rest] = xs"), "(= [first *rest] xs)");
    assert_eq!(tree("[name: n, age: a] = row"), "(= [\"name\": n \"age\": a] row)");
    assert_eq!(tree("[a.b, c[0], [d]] = x"), "(= [(. a b) ([] c 0) [d]] x)");
    assert_eq!(tree("[\"a b\": x, in: y] = z"), "(= [\"a b\": x \"in\": y] z)");
    fails("a + b = 1", 1, "the result of an operator can't be assigned");
    fails("f() = 1", 1, "the result of a call can't be assigned");
    fails("a?.b = 1", 1, "`?.` and `?[` can't be assigned");
    fails("1 = a", 1, "this can't be assigned");
    fails("a = b = c", 1, "an assignment is a statement");
    fails("[*a, b] = c", 1, "an element follows the `*rest`");
    fails("[a] += b", 1, "a container pattern can't be combined");
    fails("a, b = 1, 2", 1, "`[a, b] = [1, 2]`");
    fails("while = 1", 1, "`while` is a keyword");
}

#[test]
fn let_takes_names_only() {
    assert_eq!(tree("let a = 1"), "(let a 1)");
    assert_eq!(tree("let [a, [b, *c], k: d] = x"), "(let [a [b *c] \"k\": d] x)");
    fails("let a.b = 1", 1, "only names can be declared");
    fails("let a[0] = 1", 1, "only names can be declared");
    fails("let [a.b] = 1", 1, "only names can be declared");
    fails("let x", 1, "a declaration has a value");
    fails("let a, b = 1", 1, "`let [a, b] = [1, 2]`");
    fails("let in = 1", 1, "a keyword can't name a variable");
    fails("let [\"{k}\": v] = x", 1, "the key of a pattern is a fixed text");
}

#[test]
fn functions_have_parameters() {
    assert_eq!(tree("fn f() { }"), "(fn f() {})");
    assert_eq!(tree("fn f(a, b: 1, [c, d], *rest) { a }"), "(fn f(a b: 1 [c d] *rest) {a})");
    assert_eq!(tree("fn f(acc: 0, xs,) { }"), "(fn f(acc: 0 xs) {})");
    assert_eq!(tree("x = fn(a) { a }"), "(= x (fn(a) {a}))");
    assert_eq!(tree("x = ^(a, b) { a }"), "(= x (^(a b) {a}))");
    assert_eq!(tree("x = ^{ it + ^{ it } }"), "(= x (^(it) {(Add it (^(it) {it}))}))");
    assert_eq!(tree("fn f(totals: [], row) { }"), "(fn f(totals: [] row) {})");
    fails("fn f(*a, b) { }", 1, "`*rest` stands last");
    fails("fn f(a = 1) { }", 1, "write `name: default`");
    fails("fn f(a.b) { }", 1, "only names can be declared");
    fails("fn f(in) { }", 1, "a keyword can't name a variable");
    fails("fn in() { }", 1, "`in` is a keyword");
    fails("fn f { }", 1, "parameters stand in parentheses");
    fails("x = fn f(a) { a }", 1, "a function inside of an expression has no name");
    fails("x = ^y { y }", 1, "a lambda is written `^(x) { … }`");
    fails("def f(x) { x }", 1, "declared with `fn name(…) { … }`");
    fails("function f(x) { x }", 1, "`function` is no keyword");
    fails("var x = 1", 1, "`let name = value` declares");
    fails("const x = 1", 1, "`const` is no keyword");
    assert_eq!(tree("def = 1; var + 1"), "(= def 1) (Add var 1)");
}

#[test]
fn containers_have_elements_with_optional_keys() {
    assert_eq!(tree("[]"), "[]");
    assert_eq!(tree("[1, 2, 3,]"), "[1 2 3]");
    assert_eq!(tree("[a: 1, \"first name\": 2, 'raw': 3]"), "[\"a\": 1 \"first name\": 2 \"raw\": 3]");
    assert_eq!(tree("[1, :x, k: [27]]"), "[1 \"x\" \"k\": [27]]");
    assert_eq!(tree("[*xs, 4]"), "[*xs 4]");
    assert_eq!(tree("[\"{k}\": v]"), "[(text k): v]");
    assert_eq!(tree("[\"a\" + \"b\", \"c\".len()]"), "[(Add \"a\" \"b\") (. \"c\" len())]");
    fails("[1: 2]", 1, "write `\"1\": value`");
    fails("[:a: 2]", 1, "write `a: value`");
    fails("[1 2]", 1, "expected `,` or `]`, found `2`");
    fails("[\n1\n2\n]", 3, "expected `,` or `]`, found `2`");
    fails("x = { a: 1 }", 1, "containers are written in square brackets");
}

#[test]
fn a_colon_is_a_key_or_a_symbol() {
    assert_eq!(tree("[a:1]"), tree("[a: 1]"));
    assert_eq!(tree("[a :1]"), tree("[a: 1]"));
    assert_eq!(tree("[in: 1, nil: 2]"), "[\"in\": 1 \"nil\": 2]");
    assert_eq!(tree("f(:desc, by: :name)"), "(call f \"desc\" \"by\": \"name\")");
    assert_eq!(tree("[:1, :in, :\"any text\"]"), "[\"1\" \"in\" \"any text\"]");
    assert_eq!(tree("[a::b]"), "[\"a\": \"b\"]");
    assert_eq!(tree("x == :csv"), "(Equal x \"csv\")");
    assert_eq!(tree("fn f(a: :b) { }"), "(fn f(a: \"b\") {})");
    assert_eq!(tree("[x, if :a == b { c }]"), "[x (if (Equal \"a\" b) {c})]");
    fails("x = : y", 1, "write the name right behind it");
}

#[test]
fn control_flow_has_values_and_places() {
    assert_eq!(tree("if a { b } else if c { d } else { e }"), "(if a {b} (if c {d} {e}))");
    assert_eq!(tree("for k, v in c { break; continue }"), "(for k v in c {(break) (continue)})");
    assert_eq!(tree("for [a, b] in c { }"), "(for [a b] in c {})");
    assert_eq!(tree("while a { if b { break } }"), "(while a {(if b {(break)})})");
    assert_eq!(tree("fn f() { return }"), "(fn f() {(return)})");
    assert_eq!(tree("^{ return it\n1 }"), "(^(it) {(return it) 1})");
    assert_eq!(tree("fn f() { return\n1 }"), "(fn f() {(return) 1})");
    assert_eq!(tree("try { a } catch e { b }"), "(try {a} e {b})");
    fails("break", 1, "`break` outside of a loop");
    fails("while a { ^{ continue } }", 1, "does not reach out of a function");
    fails("while a { fn f() { break } }", 1, "does not reach out of a function");
    fails("return 1", 1, "`return` outside of a function");
    fails("if a { return }", 1, "`return` outside of a function");
    fails("x = a ?? return", 1, "put it in a block");
    fails("if a = 1 { }", 1, "compare with `==`");
    fails("if a { } elif b { }", 1, "write `else if`");
    fails("if a { } elseif b { } else { }", 1, "write `else if`");
    fails("try { a }\nb", 1, "this `try` has no `catch`");
    fails("if a { } else b", 1, "each branch stands in braces");
    fails("try { } catch (e) { }", 1, "`catch e { … }`");
    fails("else { }", 1, "behind the `}` of an `if`");
    fails("match x { }", 1, "`match` is reserved");
    fails("for x of xs { }", 1, "a loop is written");
}

#[test]
fn print_takes_the_rest_of_the_statement() {
    assert_eq!(tree("print a, b"), "(call print a b)");
    assert_eq!(tree("puts -1"), "(call puts (Negate 1))");
    assert_eq!(tree("puts - 1"), "(Subtract puts 1)");
    assert_eq!(tree("puts (1) + 2"), "(call puts (Add (paren 1) 2))");
    assert_eq!(tree("puts (1) + 2, 3"), "(call puts (Add (paren 1) 2) 3)");
    assert_eq!(tree("puts (1), 2"), "(call puts (paren 1) 2)");
    assert_eq!(tree("puts (1).abs()"), "(call puts (. (paren 1) abs()))");
    assert_eq!(tree("print(1) + 2"), "(Add (call print 1) 2)");
    assert_eq!(tree("puts (1, 2)"), "(call puts 1 2)");
    assert_eq!(tree("puts (1, 2) # comment\n3"), "(call puts 1 2) 3");
    assert_eq!(tree("puts ()"), "(call puts)");
    assert_eq!(tree("print [1][0]"), "(call print ([] [1] 0))");
    assert_eq!(tree("print .a"), "(call print (getter(<getter>) {(. <getter> a)}))");
    assert_eq!(tree("print :a, *b"), "(call print \"a\" *b)");
    assert_eq!(tree("print *b"), "(call print *b)");
    assert_eq!(tree("print not a"), "(call print (Not a))");
    assert_eq!(tree("print a |> f"), "(call print (Apply a f))");
    assert_eq!(tree("print if a { b } else { c }"), "(call print (if a {b} {c}))");
    assert_eq!(tree("x *> ^{ print it }"), "(Map x (^(it) {(call print it)}))");
    assert_eq!(tree("a |> print"), "(Apply a print)");
    assert_eq!(tree("print |> f; print = 1; print\n(a)"), "(Apply print f) (= print 1) print (paren a)");
    assert_eq!(tree("print * 2; print in a"), "(Multiply print 2) (In print a)");
}

#[test]
fn imports_stand_at_the_top() {
    assert_eq!(tree("import \"util.wv\" as util"), "(import \"util.wv\" util)");
    assert_eq!(tree("import 'a' as as; as + 1"), "(import \"a\" as) (Add as 1)");
    fails("if a { import \"b\" as b }", 1, "imports stand at the top level");
    fails("import \"a\"", 1, "expected `as`");
    fails("import \"{a}\" as b", 1, "fixed text");
    fails("import a as b", 1, "expected the path of a file as a string");
}

#[test]
fn every_statement_reports_its_own_error() {
    let source = "x = = 1\ny = 2\nz = * 3\nf(1, 2\nlet = 4\nfn g( { }\nok = 1\n)";
    let lines: Vec<String> = errors(source).iter().map(|error| error[..1].to_string()).collect();
    assert_eq!(lines, ["1", "3", "4", "5", "6", "8"], "{:#?}", errors(source));
}
