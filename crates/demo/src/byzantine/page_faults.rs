//! What is done to the rows of a page.

use crate::fault::{Faults, Kind};
use crate::seed::random::SeededRng;

/// Which faults of pages strike one page.
pub(super) struct PageFaults {
    repeats: bool,
    reorders: bool,
    shrinks: bool,
    pub(super) grows: bool,
}

impl PageFaults {
    /// Draws for a page of so many rows; an order or an end needs at least two.
    pub(super) fn draw(faults: &Faults, rows: usize) -> Self {
        Self {
            repeats: rows > 0 && faults.strikes(Kind::DuplicateRows),
            reorders: rows > 1 && faults.strikes(Kind::ReorderedRows),
            shrinks: rows > 1 && faults.strikes(Kind::ShrinkingPages),
            grows: faults.strikes(Kind::GrowingPages),
        }
    }

    pub(super) fn apply<T: Clone>(&self, rows: &mut Vec<T>, strange: Vec<T>, rng: &mut SeededRng) {
        if self.shrinks {
            // Up to half of it; a page that loses everything would be another canister's.
            let gone = rng.within(1, (rows.len() as u64 / 2).max(1) + 1);
            let kept = rows.len().saturating_sub(usize::try_from(gone).unwrap_or(1)).max(1);
            rows.truncate(kept);
        }
        if self.repeats {
            repeat(rows, rng);
        }
        for row in strange {
            let at = usize::try_from(rng.within(0, rows.len() as u64 + 1)).unwrap_or(0);
            rows.insert(at.min(rows.len()), row);
        }
        if self.reorders {
            for at in (1..rows.len()).rev() {
                let other = usize::try_from(rng.within(0, at as u64 + 1)).unwrap_or(0);
                rows.swap(at, other);
            }
        }
    }
}

/// Shows about every third row again a little later. In half of the pages those push others out
/// at the end, as they do where pages count rows while rows are added.
fn repeat<T: Clone>(rows: &mut Vec<T>, rng: &mut SeededRng) {
    let length = rows.len();
    let mut at = 0;
    while at < rows.len() {
        if rng.chance(333) {
            let again = rows.get(at).cloned();
            let later = (at + 1 + usize::try_from(rng.within(0, 5)).unwrap_or(0)).min(rows.len());
            rows.splice(later..later, again);
            at += 1;
        }
        at += 1;
    }
    if rows.len() == length {
        let again = rows.first().cloned();
        rows.splice(length..length, again);
    }
    if rng.chance(500) && length > 1 {
        rows.truncate(length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn struck(kind: Option<Kind>) -> PageFaults {
        let faults = Faults::new(1, &[]);
        let mut struck = PageFaults::draw(&faults, 100);
        match kind {
            Some(Kind::DuplicateRows) => struck.repeats = true,
            Some(Kind::ReorderedRows) => struck.reorders = true,
            Some(Kind::ShrinkingPages) => struck.shrinks = true,
            _ => {}
        }
        struck
    }

    proptest! {
        #[test]
        fn each_kind_does_what_it_says(length in 2u64..120, seed: u64) {
            let page: Vec<u64> = (0..length).collect();
            let told = |kind, strange: Vec<u64>| {
                let mut rows = page.clone();
                struck(kind).apply(&mut rows, strange, &mut SeededRng::new(seed, 0));
                rows
            };
            prop_assert_eq!(&told(None, Vec::new()), &page);
            let shrunk = told(Some(Kind::ShrinkingPages), Vec::new());
            prop_assert!(page.starts_with(&shrunk) && (1..page.len()).contains(&shrunk.len()));
            let mut repeated = told(Some(Kind::DuplicateRows), Vec::new());
            let shown = repeated.len();
            repeated.sort_unstable();
            repeated.dedup();
            prop_assert!(repeated.len() < shown || shown == page.len());
            prop_assert!(page.starts_with(&repeated));
            let mut reordered = told(Some(Kind::ReorderedRows), Vec::new());
            reordered.sort_unstable();
            prop_assert_eq!(&reordered, &page);
            let grown = told(None, vec![900, 901]);
            prop_assert!(grown.contains(&900) && grown.len() == page.len() + 2);
        }
    }
}
