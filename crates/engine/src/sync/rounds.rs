//! When each of many is asked: all at first, then each once in every period, spread over it.
//! Pure, as `plan` is.

use icpulse_model::{Principal, Seconds, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// Groups that a period is divided into: more would wake the program more often.
const GROUPS: u64 = 10;
/// A period is not divided into shorter pieces.
const SHORTEST: u64 = 1_000_000_000;
/// Whoever failed waits so many periods longer at most …
const MOST_PERIODS: u32 = 5;
/// … and at most so long.
const LONGEST: Seconds = Seconds(60);

#[derive(Clone, Copy, Debug)]
struct Place {
    due: Timestamp,
    running: bool,
    tried: bool,
    failures: u32,
    group: u64,
}

/// The schedule of many.
#[derive(Clone, Debug, Default)]
pub struct Rounds {
    places: BTreeMap<Principal, Place>,
    period: u64,
}

impl Rounds {
    /// Whom to ask. New ones are due at once, those that are gone are forgotten.
    pub fn set_members(&mut self, members: &[Principal], now: Timestamp) {
        let wanted: BTreeSet<Principal> = members.iter().copied().collect();
        if wanted.len() == self.places.len() && wanted.iter().all(|id| self.places.contains_key(id)) {
            return;
        }
        self.places.retain(|id, _| wanted.contains(id));
        let new = Place { due: now, running: false, tried: false, failures: 0, group: 0 };
        for id in wanted {
            self.places.entry(id).or_insert(new);
        }
        let count = self.places.len() as u64;
        for (at, place) in self.places.values_mut().enumerate() {
            place.group = at as u64 * GROUPS / count.max(1);
        }
    }

    /// How often each is asked. A shorter period counts at once.
    pub fn set_period(&mut self, period: Seconds, now: Timestamp) {
        let period = period.0.saturating_mul(1_000_000_000);
        if period == self.period {
            return;
        }
        self.period = period;
        for place in self.places.values_mut().filter(|place| place.tried && !place.running) {
            place.due = place.due.min(slot(now, period, place.group));
        }
    }

    /// Whom to ask now, each marked as being asked.
    pub(super) fn start_due(&mut self, now: Timestamp) -> Vec<Principal> {
        let due = self.due(now);
        for id in &due {
            self.started(id);
        }
        due
    }

    /// Whom to ask now.
    fn due(&self, now: Timestamp) -> Vec<Principal> {
        let due = self.places.iter().filter(|(_, place)| !place.running && place.due <= now);
        due.map(|(id, _)| *id).collect()
    }

    /// When somebody is due next.
    pub fn wake(&self) -> Option<Timestamp> {
        self.places.values().filter(|place| !place.running).map(|place| place.due).min()
    }

    fn started(&mut self, id: &Principal) {
        if let Some(place) = self.places.get_mut(id) {
            place.running = true;
        }
    }

    /// Has answered, or not.
    pub fn ended(&mut self, id: &Principal, well: bool, now: Timestamp) {
        let period = self.period;
        if let Some(place) = self.places.get_mut(id) {
            place.running = false;
            place.tried = true;
            place.failures = if well { 0 } else { place.failures.saturating_add(1) };
            let longer = u64::from(place.failures.min(MOST_PERIODS)).saturating_mul(period);
            let longer = longer.min(LONGEST.0 * 1_000_000_000);
            place.due = slot(Timestamp(now.0.saturating_add(longer)), period, place.group);
        }
    }

    /// Everybody, now.
    pub fn refresh(&mut self, now: Timestamp) {
        for place in self.places.values_mut() {
            place.due = place.due.min(now);
        }
    }

    /// Everybody has been asked once.
    pub fn tried_all(&self) -> bool {
        self.places.values().all(|place| place.tried)
    }

    /// Somebody is being asked.
    pub fn is_running(&self) -> bool {
        self.places.values().any(|place| place.running)
    }
}

/// A group's next turn, at least half a period from now: so that the groups keep their distance
/// however long answers take.
fn slot(now: Timestamp, period: u64, group: u64) -> Timestamp {
    let piece = period / GROUPS;
    // In a very short period there is nothing to spread.
    if piece < SHORTEST {
        return Timestamp(now.0.saturating_add(period));
    }
    let earliest = now.0.saturating_add(period / 2);
    let phase = piece.saturating_mul(group);
    let begun = earliest.saturating_sub(phase).div_ceil(period).saturating_mul(period);
    Timestamp(begun.saturating_add(phase).max(earliest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_003);

    fn ids(count: u8) -> Vec<Principal> {
        (0..count).map(|n| Principal::self_authenticating([n])).collect()
    }

    fn rounds(count: u8, period: u64) -> Rounds {
        let mut rounds = Rounds::default();
        rounds.set_period(Seconds(period), NOW);
        rounds.set_members(&ids(count), NOW);
        rounds
    }

    fn all(rounds: &mut Rounds, now: Timestamp) -> usize {
        let due = rounds.due(now);
        for id in &due {
            rounds.started(id);
            rounds.ended(id, true, now);
        }
        due.len()
    }

    #[test]
    fn all_at_first_and_then_a_few_at_a_time() {
        let mut rounds = rounds(40, 10);
        assert!(!rounds.tried_all());
        assert_eq!(all(&mut rounds, NOW), 40);
        assert!(rounds.tried_all());
        let asked: Vec<usize> = (1..=30).map(|second| all(&mut rounds, NOW.plus(Seconds(second)))).collect();
        assert!(asked.iter().all(|n| *n <= 4), "{asked:?}");
        assert_eq!(asked[10..20].iter().sum::<usize>(), 40, "each once in ten seconds: {asked:?}");
        assert_eq!(asked[20..30].iter().sum::<usize>(), 40, "{asked:?}");
    }

    #[test]
    fn one_that_does_not_answer_holds_up_nobody() {
        let mut rounds = rounds(20, 10);
        let silent = ids(20)[7];
        rounds.started(&silent);
        assert_eq!(all(&mut rounds, NOW), 19);
        assert!(!rounds.tried_all() && rounds.is_running());
        let later: usize = (1..=15).map(|s| all(&mut rounds, NOW.plus(Seconds(s)))).sum();
        assert!(later >= 19, "{later}");
        assert!(!rounds.due(NOW.plus(Seconds(500))).contains(&silent));
        // It failed at last: the more often, the later it is asked again, but within bounds.
        let mut waits = Vec::new();
        for _ in 0..8 {
            rounds.ended(&silent, false, NOW);
            let wait = (1..200).find(|s| rounds.due(NOW.plus(Seconds(*s))).contains(&silent)).unwrap();
            waits.push(wait);
            rounds.started(&silent);
        }
        assert!(waits.is_sorted() && waits[0] >= 15 && waits[7] <= 75, "{waits:?}");
    }

    #[test]
    fn what_becomes_visible_is_asked_sooner_and_a_refresh_asks_all() {
        let mut rounds = rounds(40, 60);
        all(&mut rounds, NOW);
        assert!(rounds.wake().unwrap() >= NOW.plus(Seconds(30)));
        rounds.set_period(Seconds(10), NOW);
        assert!(rounds.wake().unwrap() <= NOW.plus(Seconds(6)));
        assert!(rounds.due(NOW.plus(Seconds(15))).len() == 40);
        rounds.refresh(NOW);
        assert_eq!(rounds.due(NOW).len(), 40);
    }

    #[test]
    fn new_ones_are_asked_at_once_and_gone_ones_forgotten() {
        let mut rounds = rounds(3, 10);
        all(&mut rounds, NOW);
        rounds.set_members(&ids(4)[1..], NOW);
        assert_eq!((rounds.due(NOW), rounds.places.len()), (vec![ids(4)[3]], 3));
        assert!(!rounds.places.contains_key(&ids(1)[0]));
    }

    proptest! {
        #[test]
        fn a_turn_comes_after_half_a_period_and_before_one_and_a_half(
            now in 0u64..1 << 62, seconds in 10u64..4_000, group in 0u64..GROUPS,
        ) {
            let period = seconds * 1_000_000_000;
            let at = slot(Timestamp(now), period, group).0;
            prop_assert!(at >= now + period / 2 && at <= now + period / 2 + period, "{}", at - now);
        }
    }
}
