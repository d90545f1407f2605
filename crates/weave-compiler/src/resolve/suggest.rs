//! "Did you mean …": the known name nearest to a misspelt one.

/// The candidate nearest to `name`, where one is near enough to be a slip of
/// the fingers: at most a third of its characters differ. Ties go to the
/// alphabetically first, so that the answer does not depend on any order.
pub(super) fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let wanted: Vec<char> = name.chars().collect();
    let limit = (wanted.len() / 3).max(1);
    // A name of this length is no slip, and the table is quadratic in it.
    if wanted.len() > 64 {
        return None;
    }
    candidates
        .filter(|c| c.len() <= 256 && *c != name)
        .filter_map(|c| {
            let distance = if c.eq_ignore_ascii_case(name) { 0 } else { distance(&wanted, c, limit)? };
            Some((distance, c))
        })
        .filter(|(distance, c)| *distance < wanted.len().max(c.chars().count()))
        .min()
        .map(|(_, c)| c)
}

/// Edits (insert, delete, replace, swap of neighbours) from `wanted` to
/// `candidate`, or `None` above the limit.
fn distance(wanted: &[char], candidate: &str, limit: usize) -> Option<usize> {
    let other: Vec<char> = candidate.chars().collect();
    if wanted.len().abs_diff(other.len()) > limit {
        return None;
    }
    let width = other.len() + 1;
    let mut before: Vec<usize> = vec![0; width];
    let mut last: Vec<usize> = (0..width).collect();
    let mut row: Vec<usize> = vec![0; width];
    for i in 1..=wanted.len() {
        row[0] = i;
        for j in 1..width {
            let replace = last[j - 1] + usize::from(wanted[i - 1] != other[j - 1]);
            row[j] = replace.min(last[j] + 1).min(row[j - 1] + 1);
            let swapped = i > 1 && j > 1 && wanted[i - 1] == other[j - 2] && wanted[i - 2] == other[j - 1];
            if swapped {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        std::mem::swap(&mut before, &mut last);
        std::mem::swap(&mut last, &mut row);
    }
    let found = last[width - 1];
    (found <= limit).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_finds_its_name() {
        let names = ["print", "total", "count", "it"];
        assert_eq!(nearest("totla", names.into_iter()), Some("total"));
        assert_eq!(nearest("pritn", names.into_iter()), Some("print"));
        assert_eq!(nearest("Count", names.into_iter()), Some("count"));
        assert_eq!(nearest("x", names.into_iter()), None);
        assert_eq!(nearest("zebra", names.into_iter()), None);
    }
}
