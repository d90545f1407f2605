//! Random programs that change one container, and what they print by a model of it: a
//! vector of keys and values.

use crate::hostile::Dice;
use std::fmt::Write;

/// A program and what it prints.
pub struct Script {
    /// The program.
    pub source: String,
    /// Its output by the model.
    pub expected: String,
}

/// A key, where there is one, and a value.
type Entry = (Option<String>, i64);

/// Grows a program of so many steps over a container that begins with about `size` values.
/// Some seeds give lists, some containers with keys alone, some both.
pub fn script(seed: u64, size: usize, steps: usize) -> Script {
    let mut dice = Dice::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let keyed = [0, 100, 100, 90][dice.below(4)];
    let mut writer = Writer {
        keyed,
        // Programs that mostly remove, that keep their length, and that grow.
        removals: [15, 35, 60][dice.below(3)],
        names: size * 2 + 4,
        dice,
        entries: Vec::new(),
        kept: Vec::new(),
        script: Script { source: "c = []\nkept = []\n".to_owned(), expected: String::new() },
    };
    for _ in 0..writer.dice.below(size) + size / 4 {
        writer.add();
    }
    for _ in 0..steps {
        writer.step();
    }
    writer.show();
    writer.script
}

struct Writer {
    /// How many of a hundred values get a key.
    keyed: usize,
    /// How many of a hundred steps remove.
    removals: usize,
    names: usize,
    dice: Dice,
    entries: Vec<Entry>,
    kept: Vec<Entry>,
    script: Script,
}

impl Writer {
    fn source(&mut self, line: &str) {
        let _ = writeln!(self.script.source, "{line}");
    }

    fn prints(&mut self, line: &str, output: &str) {
        self.source(&format!("print({line})"));
        let _ = writeln!(self.script.expected, "{output}");
    }

    /// Some key, short or long; the container may have it.
    fn name(&mut self) -> String {
        let n = self.dice.below(self.names);
        if n.is_multiple_of(3) { format!("key_of_many_letters_{n}") } else { format!("k{n}") }
    }

    fn find(&self, name: &str) -> Option<usize> {
        self.entries.iter().position(|(key, _)| key.as_deref() == Some(name))
    }

    fn add(&mut self) {
        let v = self.dice.below(1_000) as i64;
        if self.dice.below(100) >= self.keyed {
            self.source(&format!("c << {v}"));
            self.entries.push((None, v));
            return;
        }
        let name = self.name();
        self.source(&format!("c[\"{name}\"] = {v}"));
        match self.find(&name) {
            Some(at) => self.entries[at].1 = v,
            None => self.entries.push((Some(name), v)),
        }
    }

    /// A position, more often than by chance one at an end.
    fn position(&mut self) -> usize {
        match self.dice.below(4) {
            0 => 0,
            1 => self.entries.len() - 1,
            _ => self.dice.below(self.entries.len()),
        }
    }

    fn step(&mut self) {
        if self.entries.is_empty() {
            self.prints("len(c), c == [], has(c, 0)", "0 true false");
            return self.add();
        }
        if self.dice.below(100) < self.removals {
            return self.remove();
        }
        match self.dice.below(16) {
            0..4 => self.add(),
            4 => self.insert(),
            5 => self.put(),
            6..9 => self.look(),
            9 => self.keep(),
            10 => self.iterate(),
            11 => self.first(),
            12 => self.resize(),
            13 => self.parts(),
            14 => self.missing(),
            _ => self.show(),
        }
    }

    fn remove(&mut self) {
        let at = self.position();
        let (key, v) = self.entries.remove(at);
        let left = self.entries.len();
        let what = match key {
            Some(key) if self.dice.below(8) > 0 => format!("\"{key}\""),
            _ if at == left => "-1".to_owned(),
            _ => at.to_string(),
        };
        self.prints(&format!("remove(c, {what}), len(c)"), &format!("{v} {left}"));
    }

    fn insert(&mut self) {
        let at = self.dice.below(2) * self.position();
        let v = self.dice.below(1_000) as i64;
        self.source(&format!("insert(c, {at}, {v})"));
        self.entries.insert(at, (None, v));
    }

    fn put(&mut self) {
        let at = self.position();
        let v = self.dice.below(1_000) as i64;
        if self.entries[at].0.is_some() {
            self.source(&format!("try {{ c[{at}] = {v} }} catch e {{ print(e.kind) }}"));
            self.script.expected.push_str("index\n");
        } else {
            self.source(&format!("c[{at}] = {v}"));
            self.entries[at].1 = v;
        }
    }

    fn look(&mut self) {
        let at = self.position();
        let (key, v) = self.entries[at].clone();
        match key {
            Some(key) => self.prints(
                &format!("c.{key}, c[\"{key}\"], get(c, \"{key}\"), has(c, \"{key}\")"),
                &format!("{v} {v} {v} true"),
            ),
            None => self.prints(&format!("c[{at}], get(c, {at}), has(c, {at})"), &format!("{v} {v} true")),
        }
        let (first, last) = (self.entries[0].1, self.entries[self.entries.len() - 1].1);
        self.prints("c[0], c[-1], first(c), last(c)", &format!("{first} {last} {first} {last}"));
    }

    /// Keeps a copy, and compares the last one.
    fn keep(&mut self) {
        let bare = |entries: &[Entry]| entries.iter().filter(|e| e.0.is_none()).map(|e| e.1).collect::<Vec<_>>();
        let keyed = |entries: &[Entry]| {
            let mut keyed: Vec<Entry> = entries.iter().filter(|e| e.0.is_some()).cloned().collect();
            keyed.sort();
            keyed
        };
        let same = bare(&self.entries) == bare(&self.kept) && keyed(&self.entries) == keyed(&self.kept);
        self.prints("kept == c, len(kept)", &format!("{same} {}", self.kept.len()));
        self.kept = self.entries.clone();
        self.source("kept = copy(c)");
        self.prints("kept == c", "true");
    }

    fn iterate(&mut self) {
        self.source("for k, v in c { print(k, v) }");
        for (at, (key, v)) in self.entries.iter().enumerate() {
            let key = key.clone().unwrap_or(at.to_string());
            let _ = writeln!(self.script.expected, "{key} {v}");
        }
        let sum: i64 = self.entries.iter().map(|e| e.1).filter(|v| v % 2 == 0).map(|v| v + 1).sum();
        self.prints("c ?> ^{ it % 2 == 0 } *> ^{ it + 1 } |> sum", &sum.to_string());
    }

    /// Takes the first one out in a loop that is left at once.
    fn first(&mut self) {
        let (key, v) = self.entries.remove(0);
        self.source("for k, v in c { print(k, v, remove(c, k)); break }");
        let _ = writeln!(self.script.expected, "{} {v} {v}", key.unwrap_or("0".to_owned()));
    }

    /// Takes the first one out in a loop that goes on.
    fn resize(&mut self) {
        self.entries.remove(0);
        self.source("try { for k, v in c { remove(c, k) } } catch e { print(e.message) }");
        self.script.expected.push_str("the container was resized while it is iterated\n");
    }

    fn parts(&mut self) {
        let (a, b) = (self.position(), self.position());
        let (a, b) = (a.min(b), a.max(b));
        let part = display(&self.entries[a..b]);
        self.prints(&format!("c[{a}..{b}]"), &part);
        let mut back = self.entries.clone();
        back.reverse();
        self.prints("reverse(c)", &display(&back));
        let mut sorted = self.entries.clone();
        sorted.sort_by_key(|e| e.1);
        self.prints("sort(c)", &display(&sorted));
    }

    fn missing(&mut self) {
        let name = self.name();
        if self.find(&name).is_none() {
            self.prints(&format!("c?.{name}, has(c, \"{name}\"), get(c, \"{name}\", 5)"), "nil false 5");
            self.source(&format!("try {{ remove(c, \"{name}\") }} catch e {{ print(e.message) }}"));
            let _ = writeln!(self.script.expected, "no key `{name}`");
        }
        let len = self.entries.len();
        self.prints(&format!("has(c, {len}), has(c, -{len}), c[{len}] ?? 7"), "false true 7");
    }

    fn show(&mut self) {
        let all = display(&self.entries);
        self.prints("c", &all);
        let keys = self.entries.iter().enumerate();
        let keys: Vec<String> =
            keys.map(|(at, e)| e.0.as_ref().map_or(at.to_string(), |key| format!("\"{key}\""))).collect();
        self.prints("keys(c)", &format!("[{}]", keys.join(", ")));
    }
}

/// Entries as Weave prints them; every key is a name.
fn display(entries: &[Entry]) -> String {
    let parts = entries.iter().map(|(key, v)| match key {
        Some(key) => format!("{key}: {v}"),
        None => v.to_string(),
    });
    format!("[{}]", parts.collect::<Vec<_>>().join(", "))
}
