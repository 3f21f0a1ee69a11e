//! The name that was probably meant.

/// The candidate closest to `wanted`, if it is close enough to be a slip of the fingers.
pub(super) fn find_nearest<'a>(wanted: &str, candidates: impl Iterator<Item = &'a str>) -> Option<String> {
    let wanted: Vec<char> = wanted.chars().take(64).flat_map(char::to_lowercase).collect();
    candidates
        .map(|c| (edit_distance(&wanted, &c.chars().take(64).collect::<Vec<_>>()), c))
        .min()
        .filter(|(d, c)| *d <= (c.chars().count() / 3).max(1))
        .map(|(_, c)| c.to_owned())
}

/// Levenshtein distance.
fn edit_distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (y, cell) in b.iter().zip(row.iter_mut().skip(1)) {
            let above = *cell;
            let best = (diagonal + usize::from(x != y)).min(above + 1).min(left + 1);
            diagonal = above;
            left = best;
            *cell = best;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(a.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognised_and_strangers_are_not() {
        let names = ["selection", "status.open", "bg"];
        assert_eq!(find_nearest("slection", names.into_iter()).as_deref(), Some("selection"));
        assert_eq!(find_nearest("status.opne", names.into_iter()).as_deref(), Some("status.open"));
        assert_eq!(find_nearest("wholly-other", names.into_iter()), None);
        assert_eq!(edit_distance(&['a'], &[]), 1);
        assert_eq!(edit_distance(&[], &['a', 'b']), 2);
    }
}
