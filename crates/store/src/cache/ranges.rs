//! Sets of numbers as ranges: which ids have been read, which blocks are known.

use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// A set of `u64`s kept as sorted, disjoint, non-adjacent inclusive ranges.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<(u64, u64)>", into = "Vec<(u64, u64)>")]
pub struct Ranges(Vec<(u64, u64)>);

// Stored bytes may say anything: what comes back is made sorted and disjoint again.
impl From<Vec<(u64, u64)>> for Ranges {
    fn from(stored: Vec<(u64, u64)>) -> Self {
        stored.into_iter().map(|(lo, hi)| lo..=hi).collect()
    }
}

impl From<Ranges> for Vec<(u64, u64)> {
    fn from(ranges: Ranges) -> Self {
        ranges.0
    }
}

impl FromIterator<RangeInclusive<u64>> for Ranges {
    fn from_iter<I: IntoIterator<Item = RangeInclusive<u64>>>(ranges: I) -> Self {
        let mut sorted: Vec<(u64, u64)> =
            ranges.into_iter().filter(|r| !r.is_empty()).map(|r| (*r.start(), *r.end())).collect();
        sorted.sort_unstable();
        let mut out: Vec<(u64, u64)> = Vec::with_capacity(sorted.len());
        for (lo, hi) in sorted {
            match out.last_mut() {
                Some(last) if lo <= last.1.saturating_add(1) => last.1 = last.1.max(hi),
                _ => out.push((lo, hi)),
            }
        }
        Self(out)
    }
}

impl FromIterator<u64> for Ranges {
    fn from_iter<I: IntoIterator<Item = u64>>(numbers: I) -> Self {
        numbers.into_iter().map(|n| n..=n).collect()
    }
}

impl Ranges {
    /// The empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a range in; an empty one changes nothing.
    pub fn insert(&mut self, range: RangeInclusive<u64>) {
        if range.is_empty() {
            return;
        }
        let (mut lo, mut hi) = range.into_inner();
        let first = self.0.partition_point(|r| r.1.saturating_add(1) < lo);
        let last = self.0.partition_point(|r| r.0 <= hi.saturating_add(1));
        if let Some(touched) = self.0.get(first..last) {
            lo = touched.first().map_or(lo, |r| r.0.min(lo));
            hi = touched.last().map_or(hi, |r| r.1.max(hi));
        }
        self.0.splice(first..last.max(first), [(lo, hi)]);
    }

    /// Takes a range out.
    pub fn remove(&mut self, range: RangeInclusive<u64>) {
        if range.is_empty() {
            return;
        }
        let (lo, hi) = range.into_inner();
        let first = self.0.partition_point(|r| r.1 < lo);
        let last = self.0.partition_point(|r| r.0 <= hi);
        let mut kept = Vec::with_capacity(2);
        if let Some(touched) = self.0.get(first..last) {
            if let Some(r) = touched.first().filter(|r| r.0 < lo) {
                kept.push((r.0, lo - 1));
            }
            if let Some(r) = touched.last().filter(|r| r.1 > hi) {
                kept.push((hi + 1, r.1));
            }
        }
        self.0.splice(first..last.max(first), kept);
    }

    /// Puts all of another set in.
    pub fn extend(&mut self, other: &Self) {
        *self = self.iter().chain(other.iter()).collect();
    }

    /// What is in this set and not in the other.
    pub fn difference(&self, other: &Self) -> Self {
        let mut out = Vec::new();
        let mut rest = other.0.iter().peekable();
        for (mut lo, hi) in self.0.iter().copied() {
            while rest.next_if(|r| r.1 < lo).is_some() {}
            let mut done = false;
            while let Some(cut) = rest.peek().filter(|r| r.0 <= hi) {
                if cut.0 > lo {
                    out.push((lo, cut.0 - 1));
                }
                if cut.1 >= hi {
                    done = true;
                    break;
                }
                lo = cut.1 + 1;
                rest.next();
            }
            if !done {
                out.push((lo, hi));
            }
        }
        Self(out)
    }

    /// Whether a number is in.
    pub fn contains(&self, number: u64) -> bool {
        self.contains_all(number..=number)
    }

    /// Whether every number of a range is in.
    pub fn contains_all(&self, range: RangeInclusive<u64>) -> bool {
        if range.is_empty() {
            return true;
        }
        let at = self.0.partition_point(|r| r.1 < *range.start());
        self.0.get(at).is_some_and(|r| r.0 <= *range.start() && *range.end() <= r.1)
    }

    /// What of a range is missing, lowest first.
    pub fn gaps(&self, range: RangeInclusive<u64>) -> Self {
        Self::from_iter([range]).difference(self)
    }

    /// The ranges, lowest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = RangeInclusive<u64>> + ExactSizeIterator + '_ {
        self.0.iter().map(|(lo, hi)| *lo..=*hi)
    }

    /// How many numbers there are; saturates at the one set that has 2^64.
    pub fn count(&self) -> u64 {
        self.0.iter().fold(0, |sum, (lo, hi)| sum.saturating_add((hi - lo).saturating_add(1)))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The greatest number.
    pub fn last(&self) -> Option<u64> {
        self.0.last().map(|r| r.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn numbers(ranges: &Ranges) -> BTreeSet<u64> {
        ranges.iter().flatten().collect()
    }

    fn is_normal(ranges: &Ranges) -> bool {
        ranges.0.iter().all(|(lo, hi)| lo <= hi) && ranges.0.windows(2).all(|w| w[0].1 + 1 < w[1].0)
    }

    proptest! {
        #[test]
        fn they_are_a_set(steps in prop::collection::vec((any::<bool>(), 0u64..80, 0u64..12), 0..60), other in prop::collection::vec((0u64..80, 0u64..9), 0..12), probe in (0u64..90, 0u64..20)) {
            let mut ranges = Ranges::new();
            let mut set = BTreeSet::new();
            for (add, lo, len) in steps {
                if add {
                    ranges.insert(lo..=lo + len);
                    set.extend(lo..=lo + len);
                } else {
                    ranges.remove(lo..=lo + len);
                    set.retain(|n| !(lo..=lo + len).contains(n));
                }
                prop_assert!(is_normal(&ranges), "{:?}", ranges);
            }
            prop_assert_eq!(numbers(&ranges), set.clone());
            prop_assert_eq!(ranges.count(), set.len() as u64);
            prop_assert_eq!(ranges.last(), set.last().copied());
            let other: Ranges = other.into_iter().map(|(lo, len)| lo..=lo + len).collect();
            prop_assert!(is_normal(&other));
            let others = numbers(&other);
            let rest = ranges.difference(&other);
            prop_assert!(is_normal(&rest));
            prop_assert_eq!(numbers(&rest), set.difference(&others).copied().collect::<BTreeSet<_>>());
            let mut union = ranges.clone();
            union.extend(&other);
            prop_assert_eq!(numbers(&union), set.union(&others).copied().collect::<BTreeSet<_>>());
            let span = probe.0..=probe.0 + probe.1;
            prop_assert_eq!(ranges.contains_all(span.clone()), span.clone().all(|n| set.contains(&n)));
            prop_assert_eq!(numbers(&ranges.gaps(span.clone())), span.filter(|n| !set.contains(n)).collect::<BTreeSet<_>>());
        }

        #[test]
        fn the_ends_of_u64_do_not_overflow(lo in (u64::MAX - 5)..=u64::MAX, cut in (u64::MAX - 5)..=u64::MAX) {
            let mut ranges = Ranges::new();
            ranges.insert(lo..=u64::MAX);
            ranges.insert(0..=3);
            prop_assert!(ranges.contains(u64::MAX) && ranges.contains(0));
            ranges.remove(cut..=u64::MAX);
            prop_assert!(!ranges.contains(u64::MAX));
            ranges.insert(0..=u64::MAX);
            prop_assert_eq!(ranges.count(), u64::MAX);
        }
    }

    #[test]
    fn stored_nonsense_becomes_a_set() {
        let ranges = Ranges::from(vec![(9, 3), (5, 6), (1, 2), (2, 4)]);
        assert_eq!(ranges.iter().collect::<Vec<_>>(), vec![1..=6]);
    }
}
