//! A subnet's health, from its own certificates.
//!
//! `/subnet/<id>/metrics` has four counters and gauges, read together with the `/time` of the same
//! certificate (interface specification, "Subnet metrics"). There is no block height among them.

use super::series::Series;
use super::text::Line;
use super::{Evidence, Seconds, Timestamp};
use serde::{Deserialize, Serialize};

/// From this age of its certified time on a subnet that answers is said to stand still.
pub const STALLED_AFTER: Seconds = Seconds(60);
/// Samples of a rate that are kept a minute, an hour and a day apart.
const KEPT: [(Seconds, usize); 3] = [(Seconds(60), 180), (Seconds(3_600), 168), (Seconds(86_400), 400)];

/// The figures of `/subnet/<id>/metrics`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubnetMetrics {
    /// Canisters on the subnet.
    pub canisters: u64,
    pub state_bytes: u64,
    /// Cycles consumed since the subnet began, deleted canisters' included.
    pub cycles_consumed: u128,
    /// Replicated message executions since the subnet began.
    pub updates: u64,
}

/// The metrics at the `/time` of the certificate that proved them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// The certificate's `/time`.
    pub at: Timestamp,
    /// Its text.
    pub metrics: SubnetMetrics,
}

/// Outcome of adding a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SampleOutcome {
    /// The first one, or the first after a reset: there is no rate yet.
    Begun,
    /// Rates follow from it.
    Counted,
    /// Not newer than the one before (another node that is behind answered): dropped.
    Older,
    /// A counter is smaller than before: the counters began anew.
    Reset,
}

/// Rates between the last two samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rates {
    /// Thousandths of message executions a second.
    pub milli_updates_per_second: u64,
    pub cycles_per_second: u64,
    /// Bytes by which the state grew a day; negative when it shrank.
    pub state_bytes_per_day: i64,
}

/// A value's averages a minute, an hour and a day apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryRings {
    rings: [Series; 3],
    /// Sum and number of values since the last point of each ring.
    open: [(u128, u64, Timestamp); 3],
}

impl Default for HistoryRings {
    fn default() -> Self {
        Self { rings: KEPT.map(|(_, kept)| Series::new(kept)), open: [(0, 0, Timestamp(0)); 3] }
    }
}

/// The ring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Span {
    /// A point a minute, for three hours.
    #[default]
    Minute,
    /// A point an hour, for a week.
    Hour,
    /// A point a day, for more than a year.
    Day,
}

impl HistoryRings {
    /// Puts a value into all rings; a ring gets a point, the mean, when its span is over.
    pub fn push(&mut self, at: Timestamp, value: u64) {
        for ((ring, open), (apart, _)) in self.rings.iter_mut().zip(&mut self.open).zip(KEPT) {
            let start = |at: Timestamp| Timestamp::from_secs(at.secs() / apart.0 * apart.0);
            if open.1 > 0 && start(at) > open.2 {
                let mean = u64::try_from(open.0 / u128::from(open.1)).unwrap_or(u64::MAX);
                ring.push(open.2, mean);
                *open = (0, 0, start(at));
            }
            if open.1 == 0 {
                open.2 = start(at);
            }
            *open = (open.0.saturating_add(u128::from(value)), open.1 + 1, open.2);
        }
    }

    /// The finished points of a ring and the mean of the one that is open.
    pub fn points(&self, span: Span) -> Vec<(Timestamp, u64)> {
        let (ring, open) = (&self.rings[span as usize], self.open[span as usize]);
        let mut points: Vec<_> = ring.iter().collect();
        if open.1 > 0 {
            points.push((open.2, u64::try_from(open.0 / u128::from(open.1)).unwrap_or(u64::MAX)));
        }
        points
    }

    /// Values only, oldest first.
    pub fn values(&self, span: Span) -> Vec<u64> {
        self.points(span).into_iter().map(|(_, value)| value).collect()
    }
}

/// A subnet's health.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubnetHealth {
    /// The newest sample.
    pub last: Option<Sample>,
    /// Its proof.
    pub evidence: Option<Evidence>,
    /// Rates between the last two samples; none after a reset.
    pub rates: Option<Rates>,
    /// Thousandths of message executions a second.
    pub updates: HistoryRings,
    /// Cycles a second.
    pub cycles: HistoryRings,
    /// Bytes of state.
    pub state: HistoryRings,
    /// Number of counter resets.
    pub resets: u32,
    /// Samples that were dropped because they were not newer.
    pub dropped: u32,
    /// When it was asked last, by the network's time, whatever came of it.
    pub checked: Option<Timestamp>,
    /// The newest time that it certified, also where that was too old to be believed current.
    pub certified_at: Option<Timestamp>,
    /// The reason why the last reading failed, if it did and the subnet does not merely stand still.
    pub failure: Option<Line>,
}

/// Condition of a subnet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// It was not asked yet.
    Unknown,
    /// It certifies the present.
    Well,
    /// It answers, and its certified time is so far behind.
    Stalled(Seconds),
    /// It was asked and did not answer, or not with a valid certificate.
    Unreachable,
}

impl SubnetHealth {
    /// Takes a sample: computes rates and puts them into the rings.
    pub fn add_sample(&mut self, sample: Sample, evidence: Evidence) -> SampleOutcome {
        self.failure = None;
        self.certified_at = self.certified_at.max(Some(sample.at));
        let Some(last) = self.last else {
            self.last = Some(sample);
            self.evidence = Some(evidence);
            self.state.push(sample.at, sample.metrics.state_bytes);
            return SampleOutcome::Begun;
        };
        if sample.at <= last.at {
            self.dropped = self.dropped.saturating_add(1);
            return SampleOutcome::Older;
        }
        self.last = Some(sample);
        self.evidence = Some(evidence);
        let (now, before) = (sample.metrics, last.metrics);
        self.state.push(sample.at, now.state_bytes);
        if now.updates < before.updates || now.cycles_consumed < before.cycles_consumed {
            self.resets = self.resets.saturating_add(1);
            self.rates = None;
            return SampleOutcome::Reset;
        }
        let nanos = u128::from(sample.at.0 - last.at.0);
        let per_second = |amount: u128, scale: u128| {
            u64::try_from(amount.saturating_mul(scale).saturating_mul(1_000_000_000) / nanos)
                .unwrap_or(u64::MAX)
        };
        let grown = i128::from(now.state_bytes) - i128::from(before.state_bytes);
        let a_day = grown.saturating_mul(86_400_000_000_000) / i128::try_from(nanos).unwrap_or(i128::MAX);
        let limit = |value: i128| i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX });
        let rates = Rates {
            milli_updates_per_second: per_second(u128::from(now.updates - before.updates), 1_000),
            cycles_per_second: per_second(now.cycles_consumed - before.cycles_consumed, 1),
            state_bytes_per_day: limit(a_day),
        };
        self.updates.push(sample.at, rates.milli_updates_per_second);
        self.cycles.push(sample.at, rates.cycles_per_second);
        self.rates = Some(rates);
        SampleOutcome::Counted
    }

    /// Condition as of `now`, the network's time. Only a recently read subnet can be stalled: an
    /// old reading says nothing.
    pub fn condition(&self, now: Timestamp) -> Condition {
        let Some(checked) = self.checked else { return Condition::Unknown };
        if self.failure.is_some() {
            return Condition::Unreachable;
        }
        match self.lag_when_checked(checked) {
            Some(lag) if lag >= STALLED_AFTER => {
                Condition::Stalled(self.certified_at.map_or(lag, |at| now.since(at)))
            }
            Some(_) => Condition::Well,
            None => Condition::Unreachable,
        }
    }

    fn lag_when_checked(&self, checked: Timestamp) -> Option<Seconds> {
        self.certified_at.map(|at| checked.since(at))
    }

    /// Lag of its certified time at the last reading.
    pub fn lag(&self) -> Option<Seconds> {
        self.lag_when_checked(self.checked?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample(at: u64, updates: u64, cycles: u128, state: u64) -> Sample {
        let metrics = SubnetMetrics { canisters: 5, state_bytes: state, cycles_consumed: cycles, updates };
        Sample { at: Timestamp::from_secs(at), metrics }
    }

    fn take(health: &mut SubnetHealth, sample: Sample) -> SampleOutcome {
        health.checked = Some(sample.at);
        health.add_sample(sample, Evidence::certified(sample.at))
    }

    #[test]
    fn rates_follow_from_two_samples_and_begin_anew_after_a_reset() {
        let mut health = SubnetHealth::default();
        assert_eq!(take(&mut health, sample(100, 1_000, 5_000, 10)), SampleOutcome::Begun);
        assert_eq!(health.rates, None);
        assert_eq!(take(&mut health, sample(110, 1_025, 7_000, 20)), SampleOutcome::Counted);
        let rates = health.rates.unwrap();
        assert_eq!((rates.milli_updates_per_second, rates.cycles_per_second), (2_500, 200));
        assert_eq!(rates.state_bytes_per_day, 86_400);
        assert_eq!(take(&mut health, sample(105, 1_020, 6_000, 20)), SampleOutcome::Older);
        assert_eq!((health.dropped, health.rates), (1, Some(rates)), "a node that is behind changes nothing");
        assert_eq!(take(&mut health, sample(120, 3, 7_100, 20)), SampleOutcome::Reset);
        assert_eq!((health.resets, health.rates), (1, None));
        assert_eq!(take(&mut health, sample(121, 13, 7_200, 20)), SampleOutcome::Counted);
    }

    #[test]
    fn a_subnet_that_certifies_the_past_stands_still() {
        let mut health = SubnetHealth::default();
        assert_eq!(health.condition(Timestamp::from_secs(1)), Condition::Unknown);
        take(&mut health, sample(1_000, 1, 1, 1));
        assert_eq!(
            health.condition(Timestamp::from_secs(5_000)),
            Condition::Well,
            "an old reading says nothing"
        );
        health.checked = Some(Timestamp::from_secs(1_060));
        assert_eq!(health.condition(Timestamp::from_secs(1_070)), Condition::Stalled(Seconds(70)));
        health.failure = Some(Line::new("no route"));
        assert_eq!(health.condition(Timestamp::from_secs(1_070)), Condition::Unreachable);
    }

    #[test]
    fn rings_hold_means() {
        let mut rings = HistoryRings::default();
        for (at, value) in [(0, 10), (30, 20), (60, 40), (119, 60), (120, 1)] {
            rings.push(Timestamp::from_secs(at), value);
        }
        assert_eq!(rings.values(Span::Minute), vec![15, 50, 1]);
        assert_eq!(rings.values(Span::Hour), vec![26]);
    }

    proptest! {
        #[test]
        fn no_samples_panic(samples in prop::collection::vec((0u64..u64::MAX, any::<u64>(), any::<u128>(), any::<u64>()), 0..12)) {
            let mut health = SubnetHealth::default();
            for (at, updates, cycles, state) in samples {
                let metrics = SubnetMetrics { canisters: 0, state_bytes: state, cycles_consumed: cycles, updates };
                health.add_sample(Sample { at: Timestamp(at), metrics }, Evidence::certified(Timestamp(at)));
            }
            let _ = health.condition(Timestamp(u64::MAX));
        }
    }
}
