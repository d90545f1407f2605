//! What a callable accepts: shared by the compiler, which checks calls of
//! known functions, and the machine, which binds arguments when it calls.

use std::collections::{HashMap, HashSet};

/// Named arguments up to this many are compared one by one.
const FEW: usize = 16;

/// One parameter of a function.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parameter {
    /// The name that a named argument uses; empty for a pattern.
    pub name: Box<str>,
    /// Whether it may be left out.
    pub optional: bool,
    /// Whether it takes all surplus arguments; only the last one may.
    pub rest: bool,
}

/// Name and parameters of a function.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Signature {
    /// The function's name; empty for a closure without one.
    pub name: Box<str>,
    /// In the order of the declaration.
    pub parameters: Vec<Parameter>,
}

/// Why a list of arguments does not fit a signature.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Mismatch {
    /// More positional arguments than parameters are left for.
    TooMany,
    /// No value for this parameter (its index).
    Missing(usize),
    /// No parameter has this name (index into the named arguments).
    Unknown(usize),
    /// Two arguments carry this name (index into the named arguments).
    Twice(usize),
}

/// Where a parameter's value comes from, or that it has none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// The positional argument with this index.
    Positional(usize),
    /// The named argument with this index.
    Named(usize),
    /// Nothing: its default runs in the callee.
    Default,
    /// All positional arguments from this index on (and the named ones that
    /// no parameter has).
    Rest(usize),
}

impl Signature {
    /// Decides which argument goes to which parameter, by the rules of the
    /// language guide, section 5: named arguments first; then positional ones
    /// in order to the parameters not named; where they are fewer, the
    /// rightmost defaulted parameters go without; surplus goes to `*rest`.
    ///
    /// # Errors
    /// The first [`Mismatch`] in the order of the parameters. With a rest
    /// parameter unknown names are not an error: they go to it as keys.
    pub fn bind(&self, positional: usize, named: &[&str]) -> Result<Vec<Source>, Mismatch> {
        let has_rest = self.parameters.last().is_some_and(|p| p.rest);
        let fixed = self.parameters.len() - usize::from(has_rest);
        let mut out: Vec<Option<Source>> = vec![None; fixed];
        // Names of a call in a source are few; a container that is spread may have
        // any number of keys.
        let many = named.len() > FEW;
        let mut seen = HashSet::with_capacity(if many { named.len() } else { 0 });
        let by_name: HashMap<&str, usize> = match many {
            // The first of a name counts.
            true => self.parameters[..fixed].iter().enumerate().rev().map(|(i, p)| (&*p.name, i)).collect(),
            false => HashMap::new(),
        };
        for (i, name) in named.iter().enumerate() {
            if if many { !seen.insert(*name) } else { named[..i].contains(name) } {
                return Err(Mismatch::Twice(i));
            }
            let parameter = match many {
                true => by_name.get(name).copied(),
                false => self.parameters[..fixed].iter().position(|p| &*p.name == *name),
            };
            match parameter.filter(|_| !name.is_empty()) {
                Some(p) => out[p] = Some(Source::Named(i)),
                None if has_rest => {}
                None => return Err(Mismatch::Unknown(i)),
            }
        }
        let open: Vec<usize> = (0..fixed).filter(|&p| out[p].is_none()).collect();
        if positional > open.len() && !has_rest {
            return Err(Mismatch::TooMany);
        }
        let mut without = open.len().saturating_sub(positional);
        for &p in open.iter().rev() {
            if without > 0 && self.parameters[p].optional {
                out[p] = Some(Source::Default);
                without -= 1;
            }
        }
        let mut next = 0;
        for &p in &open {
            if out[p].is_some() {
                continue;
            }
            if next == positional {
                return Err(Mismatch::Missing(p));
            }
            out[p] = Some(Source::Positional(next));
            next += 1;
        }
        let mut sources: Vec<Source> = out.into_iter().map(|s| s.unwrap_or(Source::Default)).collect();
        if has_rest {
            sources.push(Source::Rest(next));
        }
        Ok(sources)
    }
}

/// As it is written in a declaration: `pad(text, width, fill: …)`.
impl std::fmt::Display for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}(", if self.name.is_empty() { "fn" } else { &self.name })?;
        for (i, p) in self.parameters.iter().enumerate() {
            let comma = if i > 0 { ", " } else { "" };
            let name = if p.name.is_empty() { "[…]" } else { &*p.name };
            let star = if p.rest { "*" } else { "" };
            let default = if p.optional { ": …" } else { "" };
            write!(f, "{comma}{star}{name}{default}")?;
        }
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature(text: &str) -> Signature {
        let parameters = text
            .split_whitespace()
            .map(|p| Parameter {
                name: p.trim_matches(['*', '?']).into(),
                optional: p.ends_with('?'),
                rest: p.starts_with('*'),
            })
            .collect();
        Signature { name: "f".into(), parameters }
    }

    #[test]
    fn the_rightmost_defaults_go_without() {
        use Source::*;
        let sum = signature("acc? xs");
        assert_eq!(sum.bind(1, &[]), Ok(vec![Default, Positional(0)]));
        assert_eq!(sum.bind(2, &[]), Ok(vec![Positional(0), Positional(1)]));
        let f = signature("a? b c?");
        assert_eq!(f.bind(2, &[]), Ok(vec![Positional(0), Positional(1), Default]));
        assert_eq!(f.bind(1, &["c"]), Ok(vec![Default, Positional(0), Named(0)]));
    }

    #[test]
    fn surplus_goes_to_rest() {
        use Source::*;
        let f = signature("a b? *rest");
        assert_eq!(f.bind(1, &[]), Ok(vec![Positional(0), Default, Rest(1)]));
        assert_eq!(f.bind(4, &[]), Ok(vec![Positional(0), Positional(1), Rest(2)]));
        assert_eq!(f.bind(0, &[]), Err(Mismatch::Missing(0)));
    }

    #[test]
    fn wrong_arguments_are_named() {
        let f = signature("a b");
        assert_eq!(f.bind(3, &[]), Err(Mismatch::TooMany));
        assert_eq!(f.bind(1, &[]), Err(Mismatch::Missing(1)));
        assert_eq!(f.bind(1, &["z"]), Err(Mismatch::Unknown(0)));
        assert_eq!(f.bind(0, &["a", "a"]), Err(Mismatch::Twice(1)));
        assert_eq!(f.bind(2, &["a"]), Err(Mismatch::TooMany));
    }

    #[test]
    fn many_names_are_bound_like_few() {
        let text = |n: usize| (0..n).map(|i| format!("p{i}")).collect::<Vec<_>>().join(" ");
        for count in [3, FEW, FEW + 1, 100] {
            let (f, open) = (signature(&text(count)), signature(&format!("{} *rest", text(2))));
            let names: Vec<String> = (0..count).rev().map(|i| format!("p{i}")).collect();
            let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
            let bound = f.bind(0, &names).expect("all are named");
            assert_eq!(bound, (0..count).rev().map(Source::Named).collect::<Vec<_>>());
            let bound = open.bind(0, &names).expect("the others go to the rest");
            assert_eq!(bound, [Source::Named(count - 1), Source::Named(count - 2), Source::Rest(0)]);
            names[count - 1] = "p1";
            assert_eq!(f.bind(0, &names), Err(Mismatch::Twice(count - 1)));
            names[count - 1] = "";
            assert_eq!(f.bind(1, &names), Err(Mismatch::Unknown(count - 1)));
        }
        // A call of a hundred thousand names takes no noticeable time.
        let names: Vec<String> = (0..100_000).map(|i| format!("key {i}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        assert_eq!(signature("*rest").bind(0, &names), Ok(vec![Source::Rest(0)]));
    }

    #[test]
    fn it_reads_as_a_declaration() {
        assert_eq!(signature("a b? *rest").to_string(), "f(a, b: …, *rest)");
    }
}
