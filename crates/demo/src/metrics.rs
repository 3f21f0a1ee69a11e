//! What `/subnet/<id>/metrics` says of a subnet's life: counters that grow with time.
//!
//! Each counter is the integral of a rate that swings with the day, the hours and the minutes
//! around a mean of the subnet's own. The integral has a closed form, so that any time can be
//! asked for. The time is that of the certificate: what a client divides by.

use super::fleet::key_of;
use super::seed::random::{QuickRng, mix};
use icpulse_model::health::SubnetMetrics;
use icpulse_model::registry::SubnetKind;
use icpulse_model::{Principal, Timestamp};

/// Counters began here: 2021-05-10, 00:00:00 UTC.
const BEGINNING: u64 = 1_620_604_800;
const WEEK_MILLIS: i128 = 7 * 86_400_000;
const DAY_MILLIS: i128 = 86_400_000;
const FINE: i128 = 1_000;
/// Periods of the swings, in milliseconds, and how far each moves a rate, in thousandths of it.
const SWINGS: [(i128, i128); 4] = [(DAY_MILLIS, 350), (10_800_000, 150), (1_260_000, 120), (240_000, 80)];

/// A subnet's counters as a function of time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Meter {
    subnet_seed: u64,
    kind: SubnetKind,
    /// Its counters begin anew once a week.
    resets: bool,
}

pub(crate) fn metrics_at(seed: u64, subnet: &Principal, kind: SubnetKind, now: Timestamp) -> SubnetMetrics {
    Meter::new(seed, subnet, kind, false).read_at(now)
}

/// Which of some subnets is the one whose counters begin anew once a week.
pub(crate) fn forgetful(seed: u64, subnets: impl Iterator<Item = Principal>) -> Option<Principal> {
    subnets.min_by_key(|id| mix(seed, 0x3E_0001, key_of(id)))
}

/// A rate's integral from the beginning to `millis`, of a mean of `per_day` units a day.
/// Not decreasing in `millis`: the swings together are smaller than the mean.
fn grown(subnet_seed: u64, per_day: i128, millis: i128) -> i128 {
    let mut whole = millis.saturating_mul(1_000 * FINE);
    for (number, (period, swing)) in (0u64..).zip(SWINGS) {
        let phase = i128::from(mix(subnet_seed, 0x3E_0002, number)) % period;
        let risen = triangle((millis + phase) % period, period) - triangle(phase, period);
        whole += swing * risen;
    }
    per_day.saturating_mul(whole) / (1_000 * FINE * DAY_MILLIS)
}

/// The integral of a triangle wave between −1 and 1 from the start of its period, in parts of a
/// millisecond: with whole ones the rounding would be more than what a millisecond adds.
fn triangle(into: i128, period: i128) -> i128 {
    let rest = period - into;
    let near = into.min(rest);
    let area = 2 * FINE * near * near / period - FINE * near;
    if into <= rest { area } else { -area }
}

impl Meter {
    pub fn new(seed: u64, subnet: &Principal, kind: SubnetKind, resets: bool) -> Self {
        Self { subnet_seed: mix(seed, 0x3E_0003, key_of(subnet)), kind, resets }
    }

    pub fn read_at(self, now: Timestamp) -> SubnetMetrics {
        let millis = i128::from(now.0 / 1_000_000) - i128::from(BEGINNING) * 1_000;
        let millis = millis.max(0);
        let mut rng = QuickRng::new(self.subnet_seed, 0, 0);
        let mut draw = |low, high| i128::from(rng.within(low, high));
        // Most subnets are calm, some are busy.
        let busy = (draw(1, 11) * draw(1, 11)).max(1);
        let system = self.kind == SubnetKind::System;
        let updates_a_day = 86_400 * (2 + busy + draw(0, 9));
        let cycles_a_day = if system { 0 } else { 86_400 * busy * draw(8_000_000, 40_000_000) };
        let canisters = draw(50, 400) * busy;
        let state = draw(2_000_000_000, 4_000_000_000) * (busy + 4);
        let state_a_day = draw(4_000_000, 40_000_000) * busy;
        let since = if self.resets {
            millis - (millis - draw(0, 604_800) * 1_000).rem_euclid(WEEK_MILLIS)
        } else {
            0
        };
        let counted = |number: u64, per_day: i128| {
            let subnet_seed = mix(self.subnet_seed, 0x3E_0004, number);
            grown(subnet_seed, per_day, millis) - grown(subnet_seed, per_day, since.max(0))
        };
        // Canisters and state came within the last years; a few canisters more a day.
        let age = millis / DAY_MILLIS;
        let whole = |number: i128| u64::try_from(number.max(0)).unwrap_or(u64::MAX);
        SubnetMetrics {
            canisters: whole(canisters + age * busy / 40),
            state_bytes: whole(state + grown(mix(self.subnet_seed, 0x3E_0005, 0), state_a_day, millis)),
            cycles_consumed: u128::try_from(counted(1, cycles_a_day)).unwrap_or(0),
            updates: whole(counted(2, updates_a_day)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn id(n: u8) -> Principal {
        Principal::self_authenticating([n])
    }

    fn time(secs: u64) -> Timestamp {
        Timestamp::from_secs(1_795_000_000 + secs)
    }

    fn per_second(meter: Meter, from: u64, secs: u64) -> u64 {
        (meter.read_at(time(from + secs)).updates - meter.read_at(time(from)).updates) / secs
    }

    #[test]
    fn rates_differ_by_subnet_and_swing_with_the_day() {
        let meters: Vec<Meter> =
            (0..40).map(|n| Meter::new(1, &id(n), SubnetKind::Application, false)).collect();
        let rates: Vec<u64> = meters.iter().map(|m| per_second(*m, 0, 86_400)).collect();
        assert!(rates.iter().all(|rate| (2..120).contains(rate)), "{rates:?}");
        assert!(rates.iter().min().unwrap() * 4 < *rates.iter().max().unwrap(), "{rates:?}");
        let busiest = meters.iter().max_by_key(|m| per_second(**m, 0, 86_400)).unwrap();
        let hours: Vec<u64> = (0..24).map(|hour| per_second(*busiest, hour * 3_600, 3_600)).collect();
        assert!(hours.iter().max().unwrap() * 10 > hours.iter().min().unwrap() * 13, "{hours:?}");
    }

    #[test]
    fn one_subnet_forgets_once_a_week() {
        let ids: Vec<Principal> = (0..40).map(id).collect();
        let forgetful = forgetful(1, ids.iter().copied()).unwrap();
        let meter = Meter::new(1, &forgetful, SubnetKind::Application, true);
        let samples: Vec<u64> =
            (0..4 * 7 * 24).map(|hour| meter.read_at(time(hour * 3_600)).updates).collect();
        let resets = samples.windows(2).filter(|pair| pair[1] < pair[0]).count();
        assert_eq!(resets, 4);
        let other = Meter::new(1, &forgetful, SubnetKind::Application, false);
        assert!(other.read_at(time(0)).updates > meter.read_at(time(0)).updates);
    }

    #[test]
    fn system_subnets_charge_nothing_and_all_grow() {
        let nns = metrics_at(1, &id(0), SubnetKind::System, time(0));
        assert_eq!(nns.cycles_consumed, 0);
        assert!(nns.updates > 0 && nns.canisters > 0);
        let (before, after) = (
            metrics_at(1, &id(1), SubnetKind::Application, time(0)),
            metrics_at(1, &id(1), SubnetKind::Application, time(86_400)),
        );
        assert!(after.state_bytes > before.state_bytes && after.cycles_consumed > before.cycles_consumed);
        assert!(before.state_bytes < 2 << 40, "less than a subnet can hold");
        assert!(
            metrics_at(1, &id(1), SubnetKind::Application, Timestamp(0)).updates == 0,
            "before the beginning"
        );
    }

    proptest! {
        #[test]
        fn counters_never_fall(seed: u64, n: u8, from in 0u64..2_000_000_000_000_000_000, step in 0u64..100_000_000_000) {
            let meter = Meter::new(seed, &id(n), SubnetKind::Application, false);
            let (a, b) = (meter.read_at(Timestamp(from)), meter.read_at(Timestamp(from.saturating_add(step))));
            prop_assert!(b.updates >= a.updates && b.cycles_consumed >= a.cycles_consumed);
            prop_assert!(b.state_bytes >= a.state_bytes && b.canisters >= a.canisters);
        }
    }
}
