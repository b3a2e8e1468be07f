//! The nearest right name to a wrong one.

/// The one of `candidates` that `name` most likely meant: a few letters off, or the same but for case. None if none is
/// near.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Long input is no typing error, and the comparison takes the product of the lengths.
    if name.chars().count() > 64 {
        return None;
    }
    let lower = name.to_lowercase();
    let allowed = name.chars().count().div_ceil(3).min(3);
    candidates
        .into_iter()
        .filter(|candidate| candidate.chars().count() <= 64)
        .map(|candidate| (distance(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many letters must be added, dropped, changed or swapped with their neighbour to get from `from` to `to`.
fn distance(from: &str, to: &str) -> usize {
    let from: Vec<char> = from.chars().collect();
    let to: Vec<char> = to.chars().collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (row, letter) in from.iter().enumerate() {
        let mut current = vec![row.saturating_add(1)];
        for (column, other) in to.iter().enumerate() {
            let at = |line: &[usize], index: usize| line.get(index).copied().unwrap_or(usize::MAX);
            let changed = at(&last, column).saturating_add(usize::from(letter != other));
            let dropped = at(&last, column.saturating_add(1)).saturating_add(1);
            let added = at(&current, column).saturating_add(1);
            let mut best = changed.min(dropped).min(added);
            if let (Some(row_before), Some(column_before)) = (row.checked_sub(1), column.checked_sub(1))
                && from.get(row_before) == Some(other)
                && to.get(column_before) == Some(letter)
            {
                best = best.min(at(&before_last, column_before).saturating_add(1));
            }
            current.push(best);
        }
        before_last = std::mem::replace(&mut last, current);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_name_that_was_meant() {
        let names = ["hw", "leo", "isr", "position", "partitions"];
        let rows = [
            ("hww", Some("hw")),
            ("HW", Some("hw")),
            ("loe", Some("leo")),
            ("positoin", Some("position")),
            ("partition", Some("partitions")),
            ("zebra", None),
            ("", None),
        ];
        for (wrong, right) in rows {
            assert_eq!(nearest(wrong, names), right, "{wrong}");
        }
        assert_eq!(nearest(&"x".repeat(100_000), names), None);
    }
}
