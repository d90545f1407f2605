//! Hostile variants of a source: cut off anywhere, or with a byte replaced.
//! Whatever they are, the compiler answers with a chunk or with errors.

/// Numbers that look random and are the same in every run (xorshift), or that a
/// fuzzer's bytes decide on.
pub struct Dice {
    state: u64,
    /// What is used up first, its last byte first.
    fed: Vec<u8>,
}

impl Dice {
    /// Dice that show what this seed determines.
    pub fn new(seed: u64) -> Dice {
        Dice { state: seed | 1, fed: Vec::new() }
    }

    /// Dice that show what these bytes say, and then always the same.
    pub fn fed(bytes: &[u8]) -> Dice {
        Dice { state: 1, fed: bytes.iter().rev().copied().collect() }
    }

    /// A number below `n`; 0 where `n` is 0.
    pub fn below(&mut self, n: usize) -> usize {
        if let Some(low) = self.fed.pop() {
            // As many bytes as it takes.
            let high = if n > 256 { self.fed.pop().unwrap_or(0) } else { 0 };
            return usize::from(u16::from_le_bytes([low, high])) % n.max(1);
        }
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        usize::try_from(self.state % (n.max(1) as u64)).unwrap_or(0)
    }
}

/// Every prefix of a source that ends between two characters.
pub fn prefixes(source: &str) -> impl Iterator<Item = &str> {
    source.char_indices().map(|(at, _)| &source[..at])
}

/// What a byte is replaced by: what opens, closes, continues or confuses.
const REPLACEMENTS: &[u8] = b"\"'`{}()[]:;,.#\\\n\r\t *?&|<>=-+/%!^~$@0a_\x00\x7f\xc3\xff";

/// `count` copies of a source, each with one byte replaced, removed or doubled.
/// A copy that is no UTF-8 gets replacement characters, as a reader would
/// give it to the compiler.
pub fn mutations(source: &str, count: usize, dice: &mut Dice) -> Vec<String> {
    let mut all = Vec::with_capacity(count);
    for _ in 0..count {
        let mut bytes = source.as_bytes().to_vec();
        let at = dice.below(bytes.len());
        match dice.below(8) {
            _ if bytes.is_empty() => {}
            0 => drop(bytes.remove(at)),
            1 => bytes.insert(at, bytes[at]),
            2 => bytes.truncate(at),
            3 => {
                let other = dice.below(bytes.len());
                bytes.swap(at, other);
            }
            _ => bytes[at] = REPLACEMENTS[dice.below(REPLACEMENTS.len())],
        }
        all.push(String::from_utf8_lossy(&bytes).into_owned());
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_end_between_characters() {
        assert_eq!(prefixes("aé").collect::<Vec<_>>(), ["", "a"]);
    }

    #[test]
    fn the_same_seed_gives_the_same_mutations() {
        let once = mutations("print(1)", 50, &mut Dice::new(7));
        assert_eq!(once, mutations("print(1)", 50, &mut Dice::new(7)));
        assert!(once.iter().any(|text| text != "print(1)"));
    }
}
