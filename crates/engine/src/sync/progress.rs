//! How far the history has been read, how fast, and what readings suffer from.

use super::feed::Feed;
use super::feeds;
use icpulse_ic::IcError;
use icpulse_model::text::Line;
use icpulse_model::world::{HistoryProgress, SyncFailure};
use icpulse_model::{Seconds, Timestamp};
use std::collections::{BTreeMap, VecDeque};

/// Over how long the rate is measured.
const WINDOW: Seconds = Seconds(10);

/// Items read per second, over the last few seconds.
#[derive(Clone, Debug, Default)]
pub struct Rate {
    samples: VecDeque<(Timestamp, u64)>,
}

impl Rate {
    /// So many items had been read at that time, in all.
    pub fn reached(&mut self, at: Timestamp, items: u64) {
        self.samples.push_back((at, items));
        while self.samples.len() > 2
            && self.samples.get(1).is_some_and(|(second, _)| at.since(*second) >= WINDOW)
        {
            self.samples.pop_front();
        }
    }

    /// Items a second; 0 until two moments are known.
    pub fn per_second(&self) -> u64 {
        let (Some((from, before)), Some((to, after))) = (self.samples.front(), self.samples.back()) else {
            return 0;
        };
        let millis = to.0.saturating_sub(from.0) / 1_000_000;
        after.saturating_sub(*before).saturating_mul(1_000).checked_div(millis).unwrap_or(0)
    }

    /// Progress towards `total`; `None` when there is nothing left.
    pub fn progress(&self, done: u64, total: u64) -> Option<HistoryProgress> {
        let rest = total.checked_sub(done).filter(|rest| *rest > 0)?;
        let per_second = self.per_second();
        let left = (per_second > 0).then(|| Seconds(rest.div_ceil(per_second)));
        Some(HistoryProgress { done, total, per_second, left })
    }
}

/// A network that answers and makes no progress, since this time of its own.
pub fn standstill(since: Timestamp) -> SyncFailure {
    SyncFailure {
        attempted: Line::new("reading"),
        why: Line::new(&format!("the network has made no progress since {} UTC", since.clock())),
        advice: Line::new("responses are from that time; votes and transfers would not be executed now"),
        since,
        retry_at: None,
        unverified: false,
    }
}

/// What fails at present, by feed, the most urgent first.
#[derive(Clone, Debug, Default)]
pub struct Troubles(BTreeMap<usize, Failing>);

#[derive(Clone, Debug)]
struct Failing {
    trouble: SyncFailure,
    /// It is this machine's clock.
    clock: bool,
    quiet: bool,
}

impl Troubles {
    /// A reading failed; it is tried again at `retry_at`.
    pub fn add(&mut self, feed: &Feed, error: &IcError, now: Timestamp, retry_at: Option<Timestamp>) {
        let rank = feeds::rank(feed);
        let since = self.0.get(&rank).map_or(now, |before| before.trouble.since);
        let trouble = SyncFailure {
            attempted: error.what().clone(),
            why: error.why(),
            advice: Line::new(error.advice()),
            since,
            retry_at,
            unverified: error.is_unverified(),
        };
        let clock = matches!(error, IcError::Clock { .. });
        self.0.insert(rank, Failing { trouble, clock, quiet: feed.quiet });
    }

    /// Something could not be done without asking the network.
    pub fn note(&mut self, feed: &Feed, trouble: SyncFailure) {
        self.0.insert(feeds::rank(feed), Failing { trouble, clock: false, quiet: feed.quiet });
    }

    /// A reading succeeded or is not wanted any more.
    pub fn remove(&mut self, feed: &Feed) {
        self.0.remove(&feeds::rank(feed));
    }

    /// What merely could not be read of quiet feeds matters to nobody now.
    pub fn remove_quiet(&mut self) {
        self.0.retain(|_, failing| !failing.quiet || failing.trouble.unverified);
    }

    /// Nothing fails.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// What to tell: this machine's clock, which explains old proofs; then a wrong proof; then the
    /// most urgent reading.
    pub fn worst(&self) -> Option<SyncFailure> {
        let clock = self.0.values().find(|failing| failing.clock);
        let unverified = || self.0.values().find(|failing| failing.trouble.unverified);
        let worst = clock.or_else(unverified).or_else(|| self.0.values().next());
        worst.map(|failing| failing.trouble.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_of_the_last_seconds_and_gives_the_time_left() {
        let mut rate = Rate::default();
        assert_eq!(rate.progress(0, 0), None);
        assert_eq!(rate.progress(100, 1_000).map(|p| (p.per_second, p.left)), Some((0, None)));
        for second in 0..=20u64 {
            // Slow at first, then 50 a second.
            let items = if second < 10 { second } else { 9 + (second - 9) * 50 };
            rate.reached(Timestamp::from_secs(second), items);
        }
        assert_eq!(rate.per_second(), 50);
        let progress = rate.progress(559, 1_559);
        assert_eq!(progress.map(|p| (p.done, p.total, p.left)), Some((559, 1_559, Some(Seconds(20)))));
        assert_eq!(rate.progress(1_559, 1_559), None);
    }

    #[test]
    fn a_clock_and_then_a_wrong_proof_are_told_before_anything_else() {
        let what = || Line::new("read");
        let timeout = IcError::Timeout { what: what() };
        let wrong = IcError::Unverified { what: what(), why: Line::new("signature") };
        let mut troubles = Troubles::default();
        assert_eq!(troubles.worst(), None);
        troubles.add(&feeds::NEWEST, &timeout, Timestamp(5), None);
        troubles.add(&feeds::ICP_XDR, &wrong, Timestamp(6), None);
        troubles.add(&feeds::NEWEST, &timeout, Timestamp(9), Some(Timestamp(11)));
        assert!(troubles.worst().is_some_and(|t| t.unverified));
        let clock = IcError::Clock { what: what(), offset: -600 };
        troubles.add(&feeds::NEWEST, &clock, Timestamp(9), Some(Timestamp(11)));
        let told = troubles.worst().map(|t| t.why.to_string()).unwrap_or_default();
        assert!(told.contains("ahead of the network's"), "{told}");
        troubles.add(&feeds::NEWEST, &timeout, Timestamp(9), Some(Timestamp(11)));
        troubles.remove(&feeds::ICP_XDR);
        let left = troubles.worst();
        assert_eq!(left.map(|t| (t.since, t.retry_at)), Some((Timestamp(5), Some(Timestamp(11)))));
    }
}
