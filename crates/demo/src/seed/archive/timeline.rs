//! When the archive's neurons were staked: an even, ever quicker sequence of instants between the
//! beginning of the network and the start of the demo.

use crate::seed::random::mix;
use icpulse_model::Timestamp;

/// So many instants, strictly ascending by rank.
#[derive(Clone, Copy, Debug)]
pub struct Timeline {
    seed: u64,
    from: u64,
    span: u64,
    count: u64,
}

impl Timeline {
    /// `count` instants from `from` to below `until`.
    pub fn new(seed: u64, from: Timestamp, until: Timestamp, count: u64) -> Self {
        Self { seed, from: from.0, span: until.0.saturating_sub(from.0), count }
    }

    pub const fn from(&self) -> Timestamp {
        Timestamp(self.from)
    }

    /// With the fraction `l` of ranks left, `span · l · (2 + 3l)/5` before the end: there the
    /// instants follow each other four times as quickly as at the beginning.
    fn base(&self, rank: u64) -> u64 {
        let (rank, count) = (u128::from(rank.min(self.count)), u128::from(self.count.max(1)));
        let left = count - rank;
        let from_end = u128::from(self.span) * left * (2 * count + 3 * left) / (5 * count * count);
        self.from.saturating_add(self.span).saturating_sub(u64::try_from(from_end).unwrap_or(self.span))
    }

    pub fn time_of(&self, rank: u64) -> Timestamp {
        let base = self.base(rank);
        let gap = self.base(rank.saturating_add(1)).saturating_sub(base);
        let jitter = mix(self.seed ^ 0x7469_6d65, 1, rank).checked_rem(gap).unwrap_or(0);
        Timestamp(base.saturating_add(jitter))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_instants_ascend_fill_the_span_and_become_denser() {
        let (from, until) = (Timestamp::from_secs(1_620_604_800), Timestamp::from_secs(1_795_000_000));
        let timeline = Timeline::new(3, from, until, 5_000);
        let all: Vec<u64> = (0..5_000).map(|rank| timeline.time_of(rank).0).collect();
        assert!(all.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(all[0] >= from.0 && all[4_999] < until.0);
        let middle = from.0 + (until.0 - from.0) / 2;
        let first_half = all.iter().filter(|at| **at < middle).count();
        assert!((1_000..2_200).contains(&first_half), "{first_half} of 5000 in the first half");
    }
}
