//! Programs that nobody would write and that still compile: an expression of
//! one stands where another one stood.

use crate::hostile::Dice;
use weave_compiler::parser::parse;
use weave_compiler::symbols::Names;

/// Expressions that put pressure on where values go: calls of results, values
/// that come from branches, streams, closures, errors.
const DONORS: &[&str] = &[
    "nil",
    "(0 - 1)",
    "1.5",
    "\"a{1 + 1}b\"",
    "[1, 2, 3]",
    "[a: 1, b: [2]]",
    "(if 1 < 2 { 3 } else { \"no\" })",
    "(try { 1 // 0 } catch e { e.kind })",
    "{ let t = 4; t + 1 }",
    "(1..4 *> ^{ it * 2 })",
    "([3, 4] ?> ^{ it > 3 })",
    "([1, 2, 3] &> ^(acc: 0, x) { acc + x })",
    "(1.. *> ^(n) { n + 1 } |> take(2) |> collect)",
    "(^(x) { ^(y) { x + y } })(1)(2)",
    "(^(a, b: a) { [a, b] })(5)",
    "[f: ^(x) { x }].f(7)",
    "len([1, 2])",
    "(nil ?? 6)",
    "([1] << 2)",
    "(^{ it })",
];

/// `count` copies of a source, each with one or two of its expressions
/// replaced by others of it, or by well-chosen ones.
pub fn splices(source: &str, count: usize, dice: &mut Dice) -> Vec<String> {
    let parsed = parse(source, &mut Names::default());
    let tree = &parsed.tree;
    let spans: Vec<_> = tree
        .exprs
        .iter()
        .map(|node| tree.token_span(node.first).start as usize..tree.token_span(node.last).end as usize)
        .filter(|range| source.get(range.clone()).is_some())
        .collect();
    let mut all = Vec::with_capacity(count);
    for _ in 0..count {
        if spans.is_empty() {
            break;
        }
        let mut text = source.to_owned();
        // The later place is replaced first, so that the earlier one stays
        // where it is.
        let mut places = [dice.below(spans.len()), dice.below(spans.len())].map(|i| spans[i].clone());
        places.sort_by_key(|place| std::cmp::Reverse(place.start));
        let both = dice.below(2) == 0 && places[1].end <= places[0].start;
        for place in places.into_iter().take(if both { 2 } else { 1 }) {
            let donor = match dice.below(3) {
                0 => format!("({})", &source[spans[dice.below(spans.len())].clone()]),
                _ => DONORS[dice.below(DONORS.len())].to_owned(),
            };
            text.replace_range(place, &donor);
        }
        all.push(text);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_takes_the_place_of_another() {
        let all = splices("print(1 + 2)", 40, &mut Dice::new(3));
        assert_eq!(all, splices("print(1 + 2)", 40, &mut Dice::new(3)));
        assert!(all.iter().any(|text| text.starts_with("print(") && text != "print(1 + 2)"));
    }
}
