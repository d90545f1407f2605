//! Precedence, pipes and postfixes: sections 4 and 7 of the reference.

use super::{errors, fails, tree};

#[test]
fn levels_group_as_the_table_says() {
    for (flat, grouped) in [
        ("a or b and c", "(Or a (And b c))"),
        ("a || b && c", "(Or a (And b c))"),
        ("not a and b", "(And (Not a) b)"),
        ("not a == b", "(Not (Equal a b))"),
        ("!a == b", "(Equal (Not a) b)"),
        ("a == b << c", "(Equal a (Append b c))"),
        ("a << b ?? c", "(Append a (Coalesce b c))"),
        ("a ?? b | c", "(Coalesce a (Union b c))"),
        ("a | b & c !& d", "(Difference (Intersection (Union a b) c) d)"),
        ("a | b .. c", "(Union a (b..c))"),
        ("a .. b + c", "(a..(Add b c))"),
        ("a + b ..= c", "((Add a b)..=c)"),
        ("a + b * c", "(Add a (Multiply b c))"),
        ("a * b + c", "(Add (Multiply a b) c)"),
        ("a * -b", "(Multiply a (Negate b))"),
        ("-a * b", "(Multiply (Negate a) b)"),
        ("-a ** b", "(Negate (Power a b))"),
        ("a ** -b", "(Power a (Negate b))"),
        ("a ** -b ** c", "(Power a (Negate (Power b c)))"),
        ("a ** -b * c", "(Multiply (Power a (Negate b)) c)"),
        ("a ** b ** c", "(Power a (Power b c))"),
        ("a ** b.c[0]", "(Power a ([] (. b c) 0))"),
        ("a - b - c", "(Subtract (Subtract a b) c)"),
        ("a / b // c % d", "(Remainder (FloorDivide (Divide a b) c) d)"),
        ("a << b << c", "(Append (Append a b) c)"),
        ("a ?? b ?? c", "(Coalesce a (Coalesce b c))"),
        ("a in b and c in d", "(And (In a b) (In c d))"),
        ("a or b |> f", "(Apply (Or a b) f)"),
        ("a ?? [] *> f", "(Map (Coalesce a []) f)"),
        ("x = a |> f", "(= x (Apply a f))"),
        ("--a", "(Negate (Negate a))"),
        ("!!a", "(Not (Not a))"),
        ("not not a", "(Not (Not a))"),
        ("a == not b", "(Equal a (Not b))"),
        ("a-1", "(Subtract a 1)"),
        ("a -1", "(Subtract a 1)"),
        ("a < -1", "(Less a (Negate 1))"),
        ("a<-1", "(Less a (Negate 1))"),
        ("a!=!b", "(NotEqual a (Not b))"),
        ("a >= b or a <= b or a > b", "(Or (Or (GreaterEqual a b) (LessEqual a b)) (Greater a b))"),
    ] {
        assert_eq!(tree(flat), grouped, "{flat}");
    }
}

#[test]
fn comparisons_do_not_chain() {
    fails("a < b < c", 1, "comparisons do not chain: `<` follows `<` (compare twice: `a < b and b < c`)");
    fails("a == == b", 1, "expected an expression, found `==`");
    fails("a == b == c", 1, "comparisons do not chain");
    fails("a in b in c", 1, "comparisons do not chain");
    fails("a < b + 1 == c", 1, "`==` follows `<`");
    assert_eq!(tree("(a < b) == c"), "(Equal (paren (Less a b)) c)");
    fails("a not in b", 1, "write `not (x in c)`");
}

#[test]
fn ranges_are_open_where_no_operand_follows() {
    assert_eq!(tree("1.."), "(1..)");
    assert_eq!(tree("x = 1..\ny"), "(= x (1..)) y");
    assert_eq!(tree("for i in 1.. { }"), "(for i in (1..) {})");
    assert_eq!(tree("1.. *> f"), "(Map (1..) f)");
    assert_eq!(tree("[1.., 2..]; 3..;"), "[(1..) (2..)] (3..)");
    assert_eq!(tree("f(1..)"), "(call f (1..))");
    assert_eq!(tree("1.. == x"), "(Equal (1..) x)");
    assert_eq!(tree("xs[2..]"), "([] xs (2..))");
    assert_eq!(tree("xs[..-1]"), "([] xs (..(Negate 1)))");
    assert_eq!(tree("xs[..=2 + 1]"), "([] xs (..=(Add 2 1)))");
    assert_eq!(tree("xs[..]"), "([] xs (..))");
    assert_eq!(tree("xs[-3..-1]"), "([] xs ((Negate 3)..(Negate 1)))");
    assert_eq!(tree("1..5"), "(1..5)");
    assert_eq!(tree("1..=n - 1"), "(1..=(Subtract n 1))");
    assert_eq!(tree("(1..3).len()"), "(. (paren (1..3)) len())");
    fails("x = ..3", 1, "a range is open at its start only inside an index");
    fails("1..2..3", 1, "ranges do not chain");
}

#[test]
fn the_right_side_of_a_pipe_is_one_operand() {
    assert_eq!(tree("a |> f(1)(2).g[0]"), "(Apply a ([] (. (call (call f 1) 2) g) 0))");
    assert_eq!(tree("a *> .b ?> ^{ it }"), "(Filter (Map a (getter(<getter>) {(. <getter> b)})) (^(it) {it}))");
    assert_eq!(tree("a &> (f)"), "(Fold a (paren f))");
    assert_eq!(tree("(a |> f) + 1"), "(Add (paren (Apply a f)) 1)");
    let help = "put the pipeline in parentheses: `(xs ?> f) > …`, or write a lambda: `xs ?> ^{ it.age > … }`";
    fails("xs ?> .age > 30", 1, help);
    fails("xs |> f + 1", 1, "`+` can't follow the right side of a pipe operator");
    fails("xs |> f ?? 1", 1, "`??` can't follow");
    fails("xs |> f\n  and b", 2, "`and` can't follow");
    fails("xs |> f .. 3", 1, "`..` can't follow");
    fails("xs |> -f", 1, "one operand, without prefix operators");
    fails("xs |> not f", 1, "one operand, without prefix operators");
}

#[test]
fn postfixes_follow_any_operand() {
    assert_eq!(tree("a.b.c"), "(. (. a b) c)");
    assert_eq!(tree("a?.b?[c]"), "(?[] (?. a b) c)");
    assert_eq!(tree("a.b(1, k: 2)"), "(. a b(1 \"k\": 2))");
    assert_eq!(tree("a?.b()"), "(?. a b())");
    assert_eq!(tree("a.b (1) [2]"), "([] (. a b(1)) 2)");
    assert_eq!(tree("\"a\".len()"), "(. \"a\" len())");
    assert_eq!(tree("[1][0]"), "([] [1] 0)");
    assert_eq!(tree("a.in.if"), "(. (. a in) if)");
    assert_eq!(tree("^{ it }(1)"), "(call (^(it) {it}) 1)");
    assert_eq!(tree("-a.b"), "(Negate (. a b))");
    fails("a.1", 1, "write an index: `[1]`");
    fails("a.\"b\"", 1, "write an index");
}

#[test]
fn getters_take_every_postfix() {
    assert_eq!(tree("x = .name"), "(= x (getter(<getter>) {(. <getter> name)}))");
    assert_eq!(tree("f(.a.b[0])"), "(call f (getter(<getter>) {([] (. (. <getter> a) b) 0)}))");
    assert_eq!(tree("xs *> .trim()"), "(Map xs (getter(<getter>) {(. <getter> trim())}))");
    assert_eq!(tree("xs *> .[\"Unit Price\"]"), "(Map xs (getter(<getter>) {([] <getter> \"Unit Price\")}))");
    assert_eq!(tree(".a"), "(getter(<getter>) {(. <getter> a)})");
    let nested = "(getter(<getter>) {(. <getter> a((getter(<getter>) {(. <getter> b)})))})";
    assert_eq!(tree("f(.a(.b))"), format!("(call f {nested})"));
}

#[test]
fn arguments_are_positional_then_named() {
    assert_eq!(tree("f(1, b: 2, *xs)"), "(call f 1 \"b\": 2 *xs)");
    assert_eq!(tree("f(1,)"), "(call f 1)");
    assert_eq!(tree("f(in: 1)"), "(call f \"in\": 1)");
    fails("f(a: 1, 2)", 1, "a positional argument follows a named one");
    fails("f(**a)", 1, "`*xs` also spreads keys");
    fails("f(a = 1)", 1, "a key is written `key: value`");
}

#[test]
fn operators_of_other_languages_are_named() {
    for (source, words) in [
        ("a === b", "`===` (write `==`"),
        ("a !== b", "`!==` (write `!=`"),
        ("a <> b", "write `!=`"),
        ("a ++ b", "`++`"),
        ("i++", "`+= 1`"),
        ("x -> x", "a lambda is written"),
        ("f(x => x)", "a lambda `^(x)"),
        ("a &&= b", "`x = x and y`"),
        ("a |= b", "`x = x | y`"),
        ("a := 1", "`let x = 1` declares"),
        ("a >> b", "`>>`"),
        ("a ? b : c", "write `if c { a } else { b }`"),
        ("a ^ b", "a power is written `**`"),
    ] {
        let errors = errors(source);
        assert!(errors.len() == 1 && errors[0].contains(words), "{source}: {errors:?}");
    }
}
