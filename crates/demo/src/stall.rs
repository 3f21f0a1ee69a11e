//! Subnets that stand still: one now and then by itself, any one by hand.
//!
//! A subnet that makes no blocks keeps certifying the state of its last one, its nodes answer
//! queries from that state and with its time, and calls wait. The schedule counts from the start
//! of the network: every six hours of virtual time, for twenty minutes of it, but never more often
//! than every fifteen minutes of the wall clock and never shorter than three of its minutes, which
//! a client needs to tell a standstill from a slow answer.

use icpulse_model::{Principal, Timestamp};
use parking_lot::{Mutex, MutexGuard};
use std::collections::BTreeMap;

const PERIOD: u64 = 6 * 3_600 * SECOND;
const LEAST_PERIOD: u64 = 15 * 60 * SECOND;
const LENGTH: u64 = 20 * 60 * SECOND;
const LEAST_LENGTH: u64 = 3 * 60 * SECOND;
const SECOND: u64 = 1_000_000_000;

/// When subnets stand still, in the protocol's time.
#[derive(Debug)]
pub struct Stalls {
    start: Timestamp,
    speed: u64,
    /// The subnet that stalls by itself.
    chosen: Option<Principal>,
    manual: Mutex<BTreeMap<Principal, Option<Timestamp>>>,
}

impl Stalls {
    /// From `start` on, where virtual time is so many times faster; `chosen` stalls by itself.
    pub fn new(start: Timestamp, speed: u64, chosen: Option<Principal>) -> Self {
        Self { start, speed: speed.max(1), chosen, manual: Mutex::default() }
    }

    /// The subnet that stalls by itself: of application subnets that host nothing of the demo's,
    /// one by the seed.
    pub fn choose(seed: u64, candidates: impl Iterator<Item = Principal>) -> Option<Principal> {
        candidates.min_by_key(|id| super::seed::random::mix(seed, 0x57A1, super::fleet::key_of(id)))
    }

    fn manual(&self) -> MutexGuard<'_, BTreeMap<Principal, Option<Timestamp>>> {
        self.manual.lock()
    }

    /// Lets a subnet stand still from `now` on, or go on and stall no more by itself.
    pub fn set(&self, subnet: &Principal, still: bool, now: Timestamp) {
        self.manual().insert(*subnet, still.then_some(now));
    }

    /// Since when a subnet stands still; `None` if it makes blocks.
    pub fn since(&self, subnet: &Principal, now: Timestamp) -> Option<Timestamp> {
        if let Some(manual) = self.manual().get(subnet) {
            return manual.map(|since| since.min(now));
        }
        if self.chosen != Some(*subnet) {
            return None;
        }
        let period = (PERIOD / self.speed).max(LEAST_PERIOD);
        let length = (LENGTH / self.speed).max(LEAST_LENGTH);
        let into = now.0.checked_sub(self.start.0)? % period;
        // In the middle of each period: never right at the start.
        let begin = period / 2;
        (begin..begin + length).contains(&into).then(|| Timestamp(now.0 - (into - begin)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: u64) -> Timestamp {
        Timestamp(1_795_000_000 * SECOND + minutes * 60 * SECOND)
    }

    #[test]
    fn the_chosen_subnet_stands_still_for_minutes_every_few_hours() {
        let (one, other) = (Principal::management_canister(), Principal::anonymous());
        for (speed, period, length) in [(1, 360, 20), (60, 15, 3), (4, 90, 5)] {
            let stalls = Stalls::new(at(0), speed, Some(one));
            for minute in 0..2 * period {
                let into = minute % period;
                let still = (period / 2..period / 2 + length).contains(&into);
                // At 60x a period is an odd number of minutes: the middle lies between two.
                if period % 2 == 0 {
                    let since = still.then(|| at(minute - (into - period / 2)));
                    assert_eq!(stalls.since(&one, at(minute)), since, "minute {minute} at {speed}x");
                }
                assert_eq!(stalls.since(&other, at(minute)), None);
            }
        }
        let stalls = Stalls::new(at(0), 60, Some(one));
        assert_eq!(stalls.since(&one, at(8)), Some(Timestamp(at(7).0 + 30 * SECOND)));
        assert_eq!(stalls.since(&one, at(11)), None);
    }

    #[test]
    fn by_hand_comes_first() {
        let one = Principal::management_canister();
        let stalls = Stalls::new(at(0), 1, Some(one));
        assert!(stalls.since(&one, at(190)).is_some());
        stalls.set(&one, false, at(190));
        assert_eq!(stalls.since(&one, at(190)), None);
        stalls.set(&one, true, at(3));
        assert_eq!(stalls.since(&one, at(50)), Some(at(3)));
    }
}
