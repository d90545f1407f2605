//! Instructions that loading fuses do what they do one by one: arithmetic on the result of
//! arithmetic, on captured values and cells, returned results and tests with a return behind
//! them, on every kind of operand. The same program runs with and without fusing.
#![forbid(unsafe_code)]

use weave_tests::host::Host;

const VALUES: &[&str] = &[
    "3",
    "-7",
    "0",
    "9223372036854775807",
    "-9223372036854775807",
    "0.5",
    "-2.0",
    "1e308",
    "\"text\"",
    "nil",
    "true",
    "[1]",
    "[k: 2]",
];

/// Prints what `call` gives or raises, for every choice of its three operands.
fn over_all(functions: &str, call: &str) -> String {
    let list = VALUES.join(", ");
    format!(
        "{functions}\nvalues = [{list}]\nfor x in values {{ for y in values {{ for z in values {{\n\
         print(try {{ {call} }} catch e {{ \"{{e.kind}} {{e.line}} {{e.message}}\" }})\n}} }} }}\n"
    )
}

fn same(source: &str) {
    let fused = Host::default().outcome(source);
    let plain = Host { plain: true, ..Host::default() }.outcome(source);
    assert!(fused.1.is_ok() && plain.1.is_ok(), "it ends well:\n{source}");
    assert_eq!(fused.0.lines().count(), VALUES.len().pow(3), "{source}");
    for (i, (a, b)) in fused.0.lines().zip(plain.0.lines()).enumerate() {
        assert_eq!(a, b, "line {i} of what this prints:\n{source}");
    }
    assert_eq!(fused.0.len(), plain.0.len(), "{source}");
}

const OPERATORS: &[&str] = &["+", "-", "*"];

#[test]
fn arithmetic_on_the_result_of_arithmetic() {
    for first in OPERATORS {
        for second in OPERATORS {
            let functions = format!(
                "fn left(x, y, z) {{\n t = 0\n t = (x {first} y) {second} z\n t }}\n\
                 fn right(x, y, z) {{\n t = 0\n t = z {second} (x {first} y)\n t }}\n\
                 fn constant(x, y) {{\n t = 0\n t = (2 {first} x) {second} y\n u = (x {first} 2.5) {second} y\n \"{{t}} {{u}}\" }}\n\
                 fn onto_itself(x, y) {{\n t = x {first} y\n x = t {second} t\n x }}"
            );
            same(&over_all(&functions, "\"{left(x, y, z)} {right(x, y, z)}\""));
            same(&over_all(&functions, "constant(x, y)"));
            same(&over_all(&functions, "onto_itself(x, y)"));
        }
    }
}

#[test]
fn arithmetic_on_captured_variables() {
    for op in OPERATORS {
        let functions = format!(
            "fn by_value(k) {{ ^(x) {{ x {op} k }} }}\n\
             fn from_value(k) {{ ^(x) {{ k {op} x }} }}\n\
             fn in_cell(k) {{\n f = ^(x) {{ x {op} k }}\n g = ^(x) {{ k {op} x }}\n k = k\n [f, g] }}\n\
             fn next(a, b) {{\n f = ^() {{\n a = b {op} 1\n b = a {op} 2\n a = a\n [a, b] }}\n f()\n f() }}"
        );
        same(&over_all(&functions, "\"{by_value(x)(y)} {from_value(x)(y)}\""));
        same(&over_all(&functions, "{ fs = in_cell(x)\n \"{fs[0](y)} {fs[1](y)}\" }"));
        same(&over_all(&functions, "next(x, y)"));
    }
}

#[test]
fn results_that_are_returned_and_tests_before_a_return() {
    for op in ["+", "-", "*", "<", "<=", ">", ">=", "=="] {
        let functions = format!(
            "fn two(x, y) {{ return x {op} y }}\nfn small(x) {{ return x {op} 3 }}\nfn constant(x) {{ return 2 {op} x }}\n\
             fn counter(n) {{ ^() {{ n = n + 1\n return n }} }}"
        );
        same(&over_all(&functions, "[two(x, y), small(x), constant(x)]"));
        same(&over_all(&functions, "{ c = counter(x)\n [c(), c()] }"));
    }
    for op in ["<", "<=", ">", ">=", "==", "!="] {
        let functions = format!(
            "fn guard(x, y, z) {{\n if x {op} y {{ return z }}\n if x {op} 3 {{ return y }}\n if y {{ return x }}\n \"none\" }}"
        );
        same(&over_all(&functions, "guard(x, y, z)"));
    }
}

#[test]
fn loops_containers_and_fields() {
    let functions = "fn run(x, y, z) {
  out = []
  i = 0
  while i < 3 { i = i + 1
    out << true
    out << i % 2 }
  total = 0
  for v in out { if v == 0 { total += 1 } }
  for i in 0..2 { out[i] = false
    if out[i] { total += 100 } }
  o = [a: x, b: y]
  [o.a, o.b, total, out, x ?? z]
}
fn spread(x, y, z) { fn f(a, b: 5, *more) { [a, b, more] }
  [f(*[x, y, z]), f(b: x, a: y), f(*[x]), f(y)] }";
    same(&over_all(functions, "run(x, y, z)"));
    same(&over_all(functions, "spread(x, y, z)"));
    same(&over_all(functions, "sort([z, y, x], ^(a, b) { a < b })"));
    same(&over_all(functions, "[x, y, z] ?> ^{ it != nil } *> ^{ it * 2 + 1 }"));
}
