//! The network's time, as certificates prove it.
//!
//! The newest certificate's time, plus what has passed here since it came, is a lower bound of the
//! network's time: no message without proof changes it, and neither does this machine's clock.

use super::agent_error::{CLOCK_TOLERANCE, clock_difference};
use super::certificate::FRESH;
use super::transport::local_time;
use icpulse_model::text::Line;
use icpulse_model::{Principal, Seconds, Timestamp};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// A clock of this machine that is further behind is not corrected, in seconds.
pub(super) const MOST_BEHIND: i64 = 86_400;
/// So far the network's time may be beyond the lower bound: certificates are made every few
/// seconds, and take a while to arrive.
const SLACK: Seconds = Seconds(60);
/// A reply may claim to be so far beyond the network's presumed time: the nodes of a subnet are not
/// all at the same block.
const AHEAD: Seconds = Seconds(60);
/// A certificate that is older than the lower bound by no more than this replaces it: so much
/// differ the ages of two certificates, and so the two clocks never drift apart.
const JITTER: Seconds = Seconds(10);
/// After so long an older certificate replaces the lower bound in any case.
const LASTS: Duration = Duration::from_secs(600);
/// If this machine's two clocks differ by more since a certificate came, the machine slept or its
/// clock was set.
const CLOCKS_DIFFER: i64 = 5;
/// Methods whose newest reply is remembered; there are some thirty.
const MOST_METHODS: usize = 500;

/// This machine's two clocks at one moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClockReading {
    /// Never set, but it does not count the time that the machine sleeps.
    pub(super) steady: Instant,
    /// As the machine's user sets it.
    pub(super) local: Timestamp,
}

impl ClockReading {
    pub(super) fn now() -> Self {
        Self { steady: Instant::now(), local: local_time() }
    }
}

/// A certificate's time and the moment at which it was seen.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    certified: Timestamp,
    seen: ClockReading,
}

/// What is proven of the network's time, and the newest reply of each method.
#[derive(Debug, Default)]
pub(super) struct NetworkClock {
    anchor: Option<Anchor>,
    /// A request was refused for its expiry since the last certificate.
    doubted: bool,
    newest: HashMap<(Principal, String), Timestamp>,
}

impl NetworkClock {
    /// A certificate of that time was verified at `now`.
    pub(super) fn note_certificate(&mut self, certified: Timestamp, now: ClockReading) {
        let replaces = self.anchor.is_none_or(|anchor| {
            let bound = anchor.bound(now);
            let is_newer = certified > anchor.certified && certified.plus(JITTER) >= bound;
            is_newer || anchor.age(now) > LASTS
        });
        if replaces {
            self.anchor = Some(Anchor { certified, seen: now });
        }
        self.doubted = false;
    }

    /// A request was refused for its expiry: the next one that depends on the time asks for it.
    pub(super) fn doubt(&mut self) {
        self.doubted = true;
    }

    /// The network's time is at least this.
    pub(super) fn lower_bound(&self, now: ClockReading) -> Option<Timestamp> {
        self.anchor.map(|anchor| anchor.bound(now))
    }

    /// The time of the certificate that the lower bound follows from.
    pub(super) fn newest_certified(&self) -> Option<Timestamp> {
        self.anchor.map(|anchor| anchor.certified)
    }

    /// The network's presumed time: this machine's clock, but not before the lower bound and not
    /// more than [`SLACK`] after it.
    pub(super) fn presumed(&self, now: ClockReading) -> Option<Timestamp> {
        let bound = self.lower_bound(now)?;
        Some(now.local.clamp(bound, bound.plus(SLACK)))
    }

    /// Whether the lower bound was certified no longer ago than `limit`, and neither a sleep of the
    /// machine nor a refusal gives reason to doubt it.
    pub(super) fn is_certified_within(&self, limit: Duration, now: ClockReading) -> bool {
        self.anchor.is_some_and(|anchor| {
            let steady = i64::try_from(anchor.age(now).as_secs()).unwrap_or(i64::MAX);
            let local = clock_difference(now.local, anchor.seen.local);
            !self.doubted
                && anchor.age(now) <= limit
                && local.saturating_sub(steady).saturating_abs() <= CLOCKS_DIFFER
        })
    }

    /// How far this machine's clock is behind the lower bound, in seconds; 0 if it is not, or by so
    /// little that it does no harm, or by so much that it is not corrected.
    pub(super) fn behind(&self, now: ClockReading) -> u64 {
        let offset = self.lower_bound(now).map_or(0, |bound| clock_difference(bound, now.local));
        if (CLOCK_TOLERANCE..=MOST_BEHIND).contains(&offset) { offset.unsigned_abs() } else { 0 }
    }

    /// How far this machine's clock is ahead of the lower bound.
    pub(super) fn local_ahead(&self, now: ClockReading) -> Seconds {
        self.lower_bound(now).map_or(Seconds(0), |bound| now.local.since(bound))
    }

    /// Whether a reply claims a time beyond what the network's can be.
    pub(super) fn is_too_far_ahead(&self, at: Timestamp, now: ClockReading) -> bool {
        self.presumed(now).is_none_or(|presumed| at > presumed.plus(AHEAD))
    }

    /// The reason a reply signed at that time is not accepted, if it is not.
    pub(super) fn find_refusal(
        &self,
        method: &(Principal, String),
        node: &Principal,
        at: Timestamp,
        now: ClockReading,
    ) -> Option<Line> {
        let bound = self.lower_bound(now).unwrap_or_default();
        if self.is_too_far_ahead(at, now) {
            let ahead = at.since(bound).words();
            let node = node.to_text();
            return Some(Line::new(&format!(
                "node {node} signed it {ahead} ahead of the time that the network certifies"
            )));
        }
        let read = self.newest.get(method).copied().unwrap_or_default();
        let (newest, than) = if bound >= read {
            (bound, "the time that the network certifies")
        } else {
            (read, "an answer read before")
        };
        let older = newest.since(at);
        (older > FRESH).then(|| Line::new(&format!("it is {} older than {than}", older.words())))
    }

    /// Notes an accepted reply. Returns its time, no later than the network's presumed time.
    pub(super) fn note_reply(
        &mut self,
        method: (Principal, String),
        at: Timestamp,
        now: ClockReading,
    ) -> Timestamp {
        let at = self.presumed(now).map_or(at, |presumed| at.min(presumed));
        if self.newest.len() < MOST_METHODS || self.newest.contains_key(&method) {
            let newest = self.newest.entry(method).or_insert(at);
            *newest = (*newest).max(at);
        }
        at
    }
}

impl Anchor {
    fn age(&self, now: ClockReading) -> Duration {
        now.steady.saturating_duration_since(self.seen.steady)
    }

    fn bound(&self, now: ClockReading) -> Timestamp {
        let passed = u64::try_from(self.age(now).as_nanos()).unwrap_or(u64::MAX);
        Timestamp(self.certified.0.saturating_add(passed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A network whose certificates and local clock start at the same time.
    const START: u64 = 1_795_356_000;

    struct Scene {
        clock: NetworkClock,
        begun: Instant,
    }

    impl Scene {
        fn new() -> Self {
            let mut scene = Self { clock: NetworkClock::default(), begun: Instant::now() };
            scene.clock.note_certificate(at(0), scene.moment(0, 0));
            scene
        }

        /// `after` seconds later, when this machine's clock is `off` seconds ahead.
        fn moment(&self, after: u64, off: i64) -> ClockReading {
            let local = START.saturating_add(after).saturating_add_signed(off);
            ClockReading {
                steady: self.begun + Duration::from_secs(after),
                local: Timestamp::from_secs(local),
            }
        }

        fn bound(&self, after: u64) -> u64 {
            self.clock.lower_bound(self.moment(after, 0)).unwrap().secs() - START
        }

        fn refusal(&self, claimed: Timestamp, now: ClockReading) -> Option<String> {
            let node = Principal::management_canister();
            self.clock.find_refusal(&method("m"), &node, claimed, now).map(|why| why.to_string())
        }
    }

    fn at(after: u64) -> Timestamp {
        Timestamp::from_secs(START + after)
    }

    fn method(name: &str) -> (Principal, String) {
        (Principal::anonymous(), name.to_owned())
    }

    #[test]
    fn the_lower_bound_grows_with_time_and_with_certificates_only() {
        let mut scene = Scene::new();
        assert_eq!((scene.bound(0), scene.bound(100)), (0, 100));
        scene.clock.note_certificate(at(103), scene.moment(100, 0));
        assert_eq!(scene.bound(100), 103, "the first certificate was three seconds older");
        scene.clock.note_certificate(at(104), scene.moment(110, 0));
        assert_eq!(scene.bound(110), 104, "as old as certificates are");
        scene.clock.note_certificate(at(105), scene.moment(150, 0));
        assert_eq!(scene.bound(150), 144, "of a subnet that stands still");
        scene.clock.note_certificate(at(50), scene.moment(150, 0));
        assert_eq!(scene.bound(150), 144, "repeated");
        scene.clock.note_certificate(at(650), scene.moment(750, 0));
        assert_eq!(scene.bound(750), 650, "nothing newer was certified for ten minutes");
    }

    #[test]
    fn only_a_clock_that_is_behind_certified_time_is_corrected() {
        let scene = Scene::new();
        for (off, behind) in [(0, 0), (-30, 0), (-600, 600), (600, 0), (-100_000, 0)] {
            assert_eq!(scene.clock.behind(scene.moment(10, off)), behind, "{off}");
        }
        assert_eq!(NetworkClock::default().behind(scene.moment(0, -600)), 0, "nothing is certified");
    }

    #[test]
    fn the_presumed_time_follows_the_local_clock_for_a_minute_at_most() {
        let scene = Scene::new();
        let presumed = |off| scene.clock.presumed(scene.moment(100, off)).unwrap().secs() - START;
        assert_eq!((presumed(0), presumed(20), presumed(3_600), presumed(-600)), (100, 120, 160, 100));
        assert_eq!(NetworkClock::default().presumed(scene.moment(0, 0)), None);
    }

    #[test]
    fn sleep_a_set_clock_and_a_refusal_give_reason_to_ask_again() {
        let mut scene = Scene::new();
        let limit = Duration::from_secs(180);
        let known =
            |scene: &Scene, after, off| scene.clock.is_certified_within(limit, scene.moment(after, off));
        assert!(known(&scene, 180, 0) && !known(&scene, 181, 0));
        assert!(!known(&scene, 10, 3_600), "it slept, or its clock was set ahead");
        assert!(!known(&scene, 10, -600), "its clock was set back");
        scene.clock.doubt();
        assert!(!known(&scene, 10, 0));
        scene.clock.note_certificate(at(12), scene.moment(12, 0));
        assert!(known(&scene, 12, 0));
    }

    #[test]
    fn a_reply_far_ahead_of_certified_time_is_refused_by_its_nodes_name() {
        let mut scene = Scene::new();
        let now = scene.moment(10, 0);
        let why = scene.refusal(at(3_610), now).unwrap();
        let node = Principal::management_canister().to_text();
        assert_eq!(why, format!("node {node} signed it 1 h ahead of the time that the network certifies"));
        assert_eq!(scene.refusal(at(70), now), None);
        assert!(scene.refusal(at(71), now).is_some());
        let fast = scene.moment(10, 600);
        assert!(scene.refusal(at(131), fast).is_some(), "a fast clock widens the bound by a minute only");
        // An accepted one, as far ahead as it may be, makes no honest one old.
        assert_eq!(scene.clock.note_reply(method("m"), at(70), now), at(10));
        assert_eq!(scene.refusal(at(9), now), None);
        let unknown = NetworkClock::default();
        assert!(unknown.is_too_far_ahead(at(0), now), "nothing is certified to compare it with");
    }

    #[test]
    fn a_reply_older_than_what_was_read_or_certified_is_refused() {
        let mut scene = Scene::new();
        let now = scene.moment(300, 0);
        assert_eq!(scene.refusal(at(0), now), None);
        let later = scene.moment(301, 0);
        assert_eq!(
            scene.refusal(at(0), later).unwrap(),
            "it is 5 m 1 s older than the time that the network certifies"
        );
        // The machine slept: replies are newer than what is certified.
        let awake = scene.moment(10, 400);
        scene.clock.note_reply(method("m"), at(65), awake);
        scene.clock.note_certificate(at(0), scene.moment(11, 0));
        let newest = scene.clock.newest.get(&method("m")).copied();
        assert_eq!(newest, Some(at(65)));
        assert_eq!(scene.clock.newest.get(&method("other")), None, "each method has its own");
    }
}
