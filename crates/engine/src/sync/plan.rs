//! What is due when. Pure: given what happened and what time it is, it says what to read next.
//!
//! Each feed has one place: at most one reading of it runs, and whatever is asked for
//! meanwhile is one more run after it, not a queue.

use super::feed::{Cadence, Feed, Wanted};
use super::feeds;
use icpulse_model::world::Topicality;
use icpulse_model::{Seconds, Timestamp};

/// How a reading failed, as far as the plan is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The same request may succeed soon.
    pub retryable: bool,
    /// The network as a whole failed (it was not reached, or stands still): when it answers again, this is tried
    /// at once.
    pub network_wide: bool,
    /// It answers and makes no progress: whether it goes on is looked at often.
    pub stands_still: bool,
    /// The network asked to wait so long.
    pub wait: Option<Seconds>,
}

/// First pause after a failure, in milliseconds; doubles with each further one.
pub const FIRST_PAUSE: u64 = 2_000;
/// Longest pause while the user waits, in milliseconds.
const LONGEST_PAUSE: u64 = 60_000;
/// Longest pause of what nobody waits for, and after a failure that time does not heal.
const LONGEST_BACKGROUND_PAUSE: u64 = 300_000;

/// Longest pause of the reading that finds out whether a network that stood still goes on.
const LONGEST_PROBE_PAUSE: u64 = 10_000;

/// So many failures of the network as a whole since something was read are an outage.
const OUTAGE: u32 = 3;

#[derive(Clone, Copy, Debug, Default)]
struct Place {
    due: Option<Timestamp>,
    running: bool,
    /// Asked for while running.
    again: Option<Timestamp>,
    /// By the user: done even while paused.
    asked: bool,
    failures: u32,
    network_wide: bool,
    tried: bool,
}

/// The schedule.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What is on the screen is read this often, and nothing else more often.
    refresh: Option<Seconds>,
    places: Vec<Place>,
    visible: Topicality,
    anonymous: bool,
    paused: bool,
    history: bool,
    only: Option<Topicality>,
    /// Failures of the network as a whole since something was read.
    outage: u32,
    first_pause: u64,
}

fn plus_millis(at: Timestamp, millis: u64) -> Timestamp {
    Timestamp(at.0.saturating_add(millis.saturating_mul(1_000_000)))
}

impl Plan {
    /// Everything that is read regularly is due at once.
    pub fn new(anonymous: bool, history: bool, now: Timestamp) -> Self {
        let mut plan = Self {
            refresh: None,
            places: vec![Place::default(); feeds::all().len() + 1],
            visible: Topicality::All,
            anonymous,
            paused: false,
            history,
            only: None,
            outage: 0,
            first_pause: FIRST_PAUSE,
        };
        for feed in feeds::all().iter().filter(|feed| !feed.is_on_demand()) {
            plan.place_mut(feed).due = Some(now);
        }
        plan
    }

    /// Reading what is on the screen every so often, and nothing else more often.
    pub fn refreshing(self, refresh: Option<Seconds>) -> Self {
        Self { refresh, ..self }
    }

    /// With another pause after a first failure, in milliseconds.
    pub fn pausing(self, first_pause: u64) -> Self {
        Self { first_pause, ..self }
    }

    /// Reading only what belongs to something.
    pub fn limited_to(self, only: Option<Topicality>) -> Self {
        Self { only, ..self }
    }

    // There is one place more than there are feeds: see `feeds::rank`.
    fn place(&self, feed: &Feed) -> &Place {
        &self.places[feeds::rank(feed)]
    }

    fn place_mut(&mut self, feed: &Feed) -> &mut Place {
        &mut self.places[feeds::rank(feed)]
    }

    /// Whether a feed has a meaning now.
    fn applies(&self, feed: &Feed) -> bool {
        let wanted = match feed.wanted {
            Wanted::Always => true,
            Wanted::WithHistory => self.history,
            Wanted::WithHistoryOrShown => self.history || self.is_visible(feed.topic),
            Wanted::WithHistoryOrRead => self.history || self.reads_only_or_shows(feed.topic),
        };
        !(self.anonymous && feed.needs_identity())
            && wanted
            && self.only.is_none_or(|only| feed.is_on_demand() || feed.belongs_to(only))
    }

    /// Whether a feed is read at all.
    pub fn reads(&self, feed: &Feed) -> bool {
        self.applies(feed)
    }

    fn reads_only_or_shows(&self, topic: Topicality) -> bool {
        self.visible == topic || self.only == Some(topic)
    }

    /// Whether the network's make-up is on the screen.
    pub fn shows_network(&self) -> bool {
        self.reads_only_or_shows(Topicality::Network)
    }

    /// Whether the data on the screen are fresher after a reading of this feed. What public services
    /// say is never that, and what is known of machines only where they are shown.
    pub fn freshens(&self, feed: &Feed) -> bool {
        !feed.unverified && (feed.topic != Topicality::Network || self.shows_network())
    }

    /// Whether the first readings include the whole of the registry: one command that is about it.
    pub fn waits_for_registry(&self) -> bool {
        self.only == Some(Topicality::Network) || !self.history && self.shows_network()
    }

    /// What to start now, most urgent first, apart from what is read in parts or of many.
    pub fn due(&self, now: Timestamp) -> Vec<&'static Feed> {
        let whole = |feed: &&Feed| !feed.is_in_parts() && !feed.is_sharded();
        feeds::all().iter().copied().filter(whole).filter(|feed| self.is_due(feed, now)).collect()
    }

    /// Whether a feed, or the next part of it, may be read now.
    pub fn is_due(&self, feed: &Feed, now: Timestamp) -> bool {
        let place = self.place(feed);
        self.applies(feed)
            && !place.running
            && (!self.paused || place.asked)
            && place.due.is_some_and(|due| due <= now)
            && (!feed.is_background() || self.tried_all())
    }

    /// Everything that the user sees first has been tried once.
    pub fn tried_all(&self) -> bool {
        let mut first = feeds::all().iter().filter(|feed| feed.comes_first() && self.applies(feed));
        first.all(|feed| self.place(feed).tried)
    }

    /// When something becomes due next, if nothing happens before; what is due already only
    /// waits for something else to end.
    pub fn wake(&self, now: Timestamp) -> Option<Timestamp> {
        feeds::all()
            .iter()
            .filter(|feed| {
                let place = self.place(feed);
                // What is read in parts has no place in time: only its pause after a failure is one.
                let waits = !feed.is_sharded() && (!feed.is_in_parts() || place.failures > 0);
                waits && self.applies(feed) && !place.running && (!self.paused || place.asked)
            })
            .filter_map(|feed| self.place(feed).due)
            .filter(|due| *due > now)
            .min()
    }

    /// It runs now.
    pub fn started(&mut self, feed: &Feed, now: Timestamp) {
        let place = self.place_mut(feed);
        place.running = true;
        place.again = place.again.filter(|again| *again > now);
    }

    /// It has been read.
    pub fn succeeded(&mut self, feed: &Feed, now: Timestamp) {
        let next = self.interval(feed).map(|interval| now.plus(interval));
        let place = self.place_mut(feed);
        let again = place.again.take();
        *place = Place {
            due: [next, again].into_iter().flatten().min(),
            tried: true,
            asked: again.is_some(),
            ..Place::default()
        };
        // What failed because there was no connection need not wait any longer; what fails
        // while the rest goes well must.
        if std::mem::take(&mut self.outage) >= OUTAGE {
            for place in &mut self.places {
                if place.network_wide && !place.running {
                    place.network_wide = false;
                    place.due = place.due.map(|due| due.min(now));
                }
            }
        }
    }

    /// It could not be read; when it is tried again, if at all. `jitter` of 0 to 1,000 spreads
    /// the pause over three to five quarters of its length.
    pub fn failed(
        &mut self,
        feed: &Feed,
        now: Timestamp,
        failure: Failure,
        jitter: u16,
    ) -> Option<Timestamp> {
        if failure.network_wide {
            self.outage = self.outage.saturating_add(1);
        }
        let first_pause = self.first_pause;
        let is_probe = failure.stands_still && *feed == feeds::NEWEST;
        let place = self.place_mut(feed);
        // Several pages run at once: together they fail once.
        if feed.is_in_parts() && place.failures > 0 && place.due.is_some_and(|due| due > now) {
            return place.due;
        }
        place.running = false;
        place.tried = true;
        place.asked = false;
        place.failures = place.failures.saturating_add(1);
        place.network_wide = failure.network_wide;
        let longest = match feed.is_background() {
            _ if is_probe => LONGEST_PROBE_PAUSE,
            true => LONGEST_BACKGROUND_PAUSE,
            false => LONGEST_PAUSE,
        };
        let pause = if failure.retryable || is_probe {
            first_pause.saturating_mul(1 << (place.failures - 1).min(20)).min(longest)
        } else {
            LONGEST_BACKGROUND_PAUSE
        };
        let pause = pause * (750 + u64::from(jitter.min(1_000)) / 2) / 1_000;
        let pause = pause.max(failure.wait.map_or(0, |wait| wait.0.saturating_mul(1_000)));
        let retry = plus_millis(now, pause);
        // What was asked for in vain is not asked again by itself if that cannot help.
        place.due = if feed.is_on_demand() && !failure.retryable { None } else { Some(retry) };
        if let Some(again) = place.again.take() {
            place.due = Some(place.due.map_or(again, |due| due.min(again)));
            place.asked = true;
        }
        place.due
    }

    /// Somebody wants it now, whatever the schedule says.
    pub fn request(&mut self, feed: &Feed, now: Timestamp) {
        self.request_at(feed, now);
        let place = self.place_mut(feed);
        place.asked = true;
    }

    /// It should be read at that time at the latest, however it goes before.
    pub fn request_at(&mut self, feed: &Feed, at: Timestamp) {
        let place = self.place_mut(feed);
        let after = place.running || place.due.is_some_and(|due| due < at);
        let when = if after { &mut place.again } else { &mut place.due };
        *when = Some(when.map_or(at, |due| due.min(at)));
    }

    /// Everything of a topicality, now.
    pub fn refresh(&mut self, topicality: Topicality, now: Timestamp) {
        for feed in feeds::all().iter().filter(|feed| feed.belongs_to(topicality)) {
            self.request(feed, now);
        }
    }

    /// Nothing of this feed is wanted any more.
    pub fn cancel(&mut self, feed: &Feed) {
        let running = self.place(feed).running;
        *self.place_mut(feed) = Place { running, tried: true, ..Place::default() };
    }

    /// There is nothing to read of it now: it is looked at again when it would be due next.
    pub fn nothing_to_do(&mut self, feed: &Feed, now: Timestamp) {
        let next = self.interval(feed).map(|interval| now.plus(interval));
        let place = self.place_mut(feed);
        let again = place.again.filter(|again| *again > now);
        *place = Place { due: [next, again].into_iter().flatten().min(), tried: true, ..Place::default() };
    }

    /// Whether a feed that is read of many may be read now: not before what is seen first.
    pub fn may_run(&self, feed: &Feed) -> bool {
        let newest = &feeds::NEWEST;
        let first = !self.applies(newest) || self.place(newest).tried || self.shows_network();
        self.applies(feed) && first && (!self.paused || self.place(feed).asked)
    }

    /// What the user asked for of a feed that is read of many has been started.
    pub fn was_done(&mut self, feed: &Feed) {
        self.place_mut(feed).asked = false;
    }

    /// All of a feed that is read of many have been tried once.
    pub fn tried(&mut self, feed: &Feed) {
        self.place_mut(feed).tried = true;
    }

    /// Whether a feed has been tried once.
    pub fn has_tried(&self, feed: &Feed) -> bool {
        self.place(feed).tried
    }

    /// How often a feed is read at present.
    pub fn period(&self, feed: &Feed) -> Option<Seconds> {
        self.interval(feed)
    }

    /// Whether this is what is on the screen.
    pub fn is_visible(&self, topicality: Topicality) -> bool {
        self.visible == topicality
    }

    /// Nothing that was read is of use: everything is due, and nothing runs any more.
    pub fn begin_anew(&mut self, now: Timestamp) {
        for feed in feeds::all() {
            let place = self.place_mut(feed);
            let due = (!feed.is_on_demand() || place.running || place.due.is_some()).then_some(now);
            *place = Place { due, tried: place.tried, ..Place::default() };
        }
    }

    /// Another identity reads: what depended on it is due, and nothing runs any more.
    pub fn identity_changed(&mut self, anonymous: bool, now: Timestamp) {
        self.anonymous = anonymous;
        for feed in feeds::all() {
            let place = self.place_mut(feed);
            let wanted = place.running || place.due.is_some();
            if feed.is_on_demand() {
                let due = (place.running || place.failures > 0).then_some(now).filter(|_| wanted);
                *place = Place { due, asked: true, ..Place::default() };
            } else if feed.depends_on_identity() {
                *place = Place { due: Some(now), ..Place::default() };
            } else if place.running {
                *place = Place { due: Some(now), tried: place.tried, ..Place::default() };
            }
        }
    }

    /// What failed is tried again now: something that may have been the reason is different.
    pub fn retry_failed(&mut self, now: Timestamp) {
        for place in &mut self.places {
            if place.failures > 0 {
                place.due = place.due.map(|due| due.min(now));
            }
        }
    }

    /// The clock went back: nothing may wait for a time that seemed near before.
    pub fn clock_went_back(&mut self, now: Timestamp) {
        for place in &mut self.places {
            place.due = place.due.map(|due| due.min(now));
            place.again = place.again.map(|again| again.min(now));
        }
    }

    /// Stops and resumes what is not asked for.
    pub fn pause(&mut self, paused: bool) {
        self.paused = paused;
    }

    /// Whether it is paused.
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// What is on the screen; what becomes visible is read sooner.
    pub fn show(&mut self, visible: Topicality, now: Timestamp) {
        self.visible = visible;
        for feed in feeds::all() {
            let Cadence::Every { shown, otherwise } = feed.cadence else { continue };
            let Some(interval) = self.interval(feed).filter(|_| shown != otherwise) else { continue };
            let place = self.place_mut(feed);
            if place.failures == 0 {
                place.due = place.due.map(|due| due.min(now.plus(interval)));
            }
        }
    }

    fn is_shown(&self, feed: &Feed) -> bool {
        match (feed.topic, feed.wanted) {
            (Topicality::Proposals, _) => matches!(self.visible, Topicality::All | Topicality::Proposals),
            (topic, Wanted::WithHistoryOrRead) => self.reads_only_or_shows(topic),
            (topic, _) => self.is_visible(topic),
        }
    }

    fn interval(&self, feed: &Feed) -> Option<Seconds> {
        let (shown, otherwise) = match feed.cadence {
            Cadence::Every { shown, otherwise } => (shown, otherwise),
            Cadence::UntilDone => return Some(Seconds(0)),
            Cadence::OnDemand => return None,
        };
        let refresh = self.refresh.unwrap_or(shown);
        // Public services are not asked more often than usual.
        let fixed = feed.unverified || shown == otherwise;
        Some(match self.is_shown(feed) {
            true if fixed => shown.max(self.refresh.unwrap_or(shown)),
            true => refresh,
            false => otherwise.max(self.refresh.unwrap_or(otherwise)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use feeds::*;

    const NOW: Timestamp = Timestamp::from_secs(1_000);
    const LATER: Failure = Failure { retryable: true, network_wide: false, stands_still: false, wait: None };

    fn secs(plan: &mut Plan, feed: &Feed, failure: Failure, jitter: u16) -> Option<u64> {
        plan.started(feed, NOW);
        plan.failed(feed, NOW, failure, jitter).map(|at| (at.0 - NOW.0) / 1_000_000)
    }

    #[test]
    fn everything_regular_is_due_at_first_in_order_of_urgency() {
        let plan = Plan::new(false, true, NOW);
        let due = plan.due(NOW);
        assert_eq!(due[..4], [&NEWEST, &UNSETTLED, &NEURONS, &ACCOUNTS]);
        assert!(
            due.is_sorted_by_key(|feed| feeds::rank(feed))
                && !due.contains(&&BODY)
                && !due.contains(&&TRANSACTIONS)
        );
        assert!(!plan.is_due(&HISTORY, NOW), "what the user sees comes first");
        let anonymous = Plan::new(true, true, NOW);
        assert!(!anonymous.due(NOW).iter().any(|feed| feed.needs_identity()));
        assert_eq!(anonymous.wake(NOW), None);
    }

    #[test]
    fn each_feed_comes_back_at_its_own_pace() {
        let mut plan = Plan::new(false, false, NOW);
        for feed in plan.due(NOW) {
            plan.started(feed, NOW);
            plan.succeeded(feed, NOW);
        }
        assert!(!plan.tried_all(), "no subnet has been asked");
        plan.tried(&SUBNET_HEALTH);
        assert!(plan.tried_all() && plan.due(NOW).is_empty());
        assert_eq!(plan.wake(NOW), Some(NOW.plus(Seconds(10))));
        assert_eq!(plan.due(NOW.plus(Seconds(10))), [&UNSETTLED]);
        assert_eq!(plan.due(NOW.plus(Seconds(30))), [&NEWEST, &UNSETTLED, &ACCOUNTS]);
        let regular = |feed: &&&Feed| {
            matches!(feed.cadence, Cadence::Every { .. }) && !feed.is_sharded() && plan.reads(feed)
        };
        let regular = all().iter().filter(regular).count();
        assert!(regular >= 14);
        assert_eq!(plan.due(NOW.plus(Seconds(3_600))).len(), regular);
        plan.show(Topicality::Neurons, NOW);
        plan.started(&UNSETTLED, NOW);
        plan.succeeded(&UNSETTLED, NOW);
        assert!(plan.due(NOW.plus(Seconds(29))).is_empty());
        // The clock is set back by an hour: nothing waits for an hour.
        plan.clock_went_back(NOW.minus(Seconds(3_600)));
        assert_eq!(plan.due(NOW.minus(Seconds(3_600))).len(), regular);
    }

    #[test]
    fn the_network_is_read_more_often_while_it_is_on_the_screen() {
        let mut plan = Plan::new(true, true, NOW).limited_to(Some(Topicality::Network));
        let due = [&REGISTRY, &NODE_LISTS, &NODE_STATUS, &PAYOUTS, &PROBES];
        assert_eq!(plan.due(NOW), due, "the anonymous too; what is read of many has times of its own");
        for feed in due {
            plan.started(feed, NOW);
            plan.succeeded(feed, NOW);
        }
        plan.tried(&SUBNET_HEALTH);
        assert!(plan.tried_all() && plan.due(NOW).contains(&&REWARDS));
        plan.nothing_to_do(&REWARDS, NOW);
        assert_eq!(plan.wake(NOW), Some(NOW.plus(Seconds(10))), "the registry");
        assert_eq!(plan.period(&SUBNET_HEALTH), Some(Seconds(60)));
        plan.show(Topicality::Network, NOW);
        assert_eq!(plan.wake(NOW), Some(NOW.plus(Seconds(10))));
        assert_eq!(plan.period(&SUBNET_HEALTH), Some(Seconds(10)));
        plan.pause(true);
        assert!(!plan.may_run(&SUBNET_HEALTH));
        plan.refresh(Topicality::Network, NOW);
        assert!(plan.may_run(&SUBNET_HEALTH) && plan.due(NOW).len() == 6);
        plan.was_done(&SUBNET_HEALTH);
        assert!(!plan.may_run(&SUBNET_HEALTH));
        let elsewhere = Plan::new(true, true, NOW).limited_to(Some(Topicality::Facts));
        assert!(
            !elsewhere.may_run(&SUBNET_HEALTH)
                && !elsewhere.due(NOW).iter().any(|feed| feed.topic == Topicality::Network)
        );
    }

    #[test]
    fn one_runs_and_one_is_next() {
        let mut plan = Plan::new(false, false, NOW);
        plan.started(&NEURONS, NOW);
        for _ in 0..5 {
            plan.request(&NEURONS, NOW);
        }
        assert!(!plan.due(NOW).contains(&&NEURONS));
        plan.succeeded(&NEURONS, NOW);
        assert!(plan.due(NOW).contains(&&NEURONS));
        plan.started(&NEURONS, NOW);
        plan.succeeded(&NEURONS, NOW);
        assert!(!plan.due(NOW).contains(&&NEURONS), "five requests are one");
    }

    #[test]
    fn any_success_after_a_standstill_ends_all_pauses() {
        let mut plan = Plan::new(false, false, NOW);
        // A clock that seems wrong does not get right by waiting, and may be the network's.
        let clock = Failure { retryable: false, network_wide: true, stands_still: true, wait: None };
        let refused = Failure { retryable: false, ..LATER };
        let pauses: Vec<_> = (0..5).filter_map(|_| secs(&mut plan, &NEWEST, clock, 500)).collect();
        assert_eq!(pauses, [2_000, 4_000, 8_000, 10_000, 10_000], "it is looked at often");
        for feed in [&UNSETTLED, &NEURONS, &ICP_XDR] {
            assert_eq!(secs(&mut plan, feed, clock, 500), Some(300_000));
        }
        assert_eq!(secs(&mut plan, &METRICS, refused, 500), Some(300_000), "no part of it");
        plan.started(&NEWEST, NOW);
        plan.succeeded(&NEWEST, NOW);
        let due = plan.due(NOW);
        assert!([&UNSETTLED, &NEURONS, &ICP_XDR].iter().all(|feed| due.contains(feed)), "{due:?}");
        assert!(!due.contains(&&METRICS));
    }

    #[test]
    fn pauses_double_up_to_a_bound_and_spread() {
        let mut plan = Plan::new(false, true, NOW);
        let pauses: Vec<_> = (0..7).filter_map(|_| secs(&mut plan, &NEWEST, LATER, 500)).collect();
        assert_eq!(pauses, [2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
        let mut plan = Plan::new(false, true, NOW);
        assert_eq!(secs(&mut plan, &NEWEST, LATER, 0), Some(1_500));
        assert_eq!(secs(&mut plan, &ICP_XDR, LATER, 1_000), Some(2_500));
        let asked = Failure { wait: Some(Seconds(90)), ..LATER };
        assert_eq!(secs(&mut plan, &NEURONS, asked, 500), Some(90_000));
        let hopeless = Failure { retryable: false, ..LATER };
        assert_eq!(secs(&mut plan, &METRICS, hopeless, 500), Some(300_000));
        plan.request(&BODY, NOW);
        assert_eq!(secs(&mut plan, &BODY, hopeless, 500), None);
        // Twelve pages of history that fail together are one failure.
        let first = plan.failed(&HISTORY, NOW, LATER, 500);
        assert_eq!((0..11).filter_map(|_| plan.failed(&HISTORY, NOW, LATER, 500)).max(), first);
    }
}
