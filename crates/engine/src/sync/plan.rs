//! What is due when. Pure: given what happened and what time it is, it says what to read next.
//!
//! Each kind of reading has one place: at most one of it runs, and whatever is asked for
//! meanwhile is one more run after it, not a queue.

use icpulse_model::world::Topicality;
use icpulse_model::{Seconds, Timestamp};
use std::ops::RangeInclusive;

use icpulse_store::cache::Ranges;

/// Kinds of readings, in the order of their urgency: what the user waits for comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The body of the proposal that is open on the screen.
    Body,
    /// The neuron that is open on the screen.
    Neuron,
    /// The newest page of proposals.
    Newest,
    /// Every proposal that is not settled.
    Unsettled,
    /// The identity's neurons.
    Neurons,
    /// The identity's balances and latest transactions.
    Accounts,
    /// XDR per ICP.
    Rate,
    /// Economic parameters.
    Economics,
    /// The latest reward event.
    Reward,
    /// Governance's metrics.
    Metrics,
    /// Maturity modulation.
    Modulation,
    /// Known neurons.
    KnownNeurons,
    /// Older transactions, page by page.
    Transactions,
    /// Older proposals, several pages at once.
    History,
    /// The registry's newest version and what changed since.
    Registry,
    /// The registry's history, several pages at once.
    Replay,
    /// The lists of API boundary nodes and of subnets.
    Boundary,
    /// How subnets do, each by itself.
    SubnetHealth,
    /// The dashboard's word on nodes.
    NodeStatus,
    /// What node providers were paid, and at which rate they will be.
    Payouts,
    /// Whether boundary nodes are well.
    Probes,
    /// Signatures of nodes, each subnet by itself.
    Sightings,
    /// What nodes earned, day by day.
    Rewards,
}

impl Kind {
    /// All, most urgent first.
    pub const ALL: [Self; 23] = [
        Self::Body,
        Self::Neuron,
        Self::Newest,
        Self::Unsettled,
        Self::Neurons,
        Self::Accounts,
        Self::Rate,
        Self::Economics,
        Self::Reward,
        Self::Metrics,
        Self::Modulation,
        Self::KnownNeurons,
        Self::Transactions,
        Self::History,
        Self::Registry,
        Self::Replay,
        Self::Boundary,
        Self::SubnetHealth,
        Self::NodeStatus,
        Self::Payouts,
        Self::Probes,
        Self::Sightings,
        Self::Rewards,
    ];

    /// Only read when somebody asks.
    #[must_use]
    pub fn is_on_demand(self) -> bool {
        matches!(self, Self::Body | Self::Neuron)
    }

    /// Read in the background when everything else has been.
    #[must_use]
    pub fn is_background(self) -> bool {
        matches!(self, Self::Transactions | Self::History | Self::Replay | Self::Rewards)
    }

    /// Read in several pages at once, started apart from the other kinds.
    #[must_use]
    pub fn is_parallel(self) -> bool {
        matches!(self, Self::History | Self::Replay)
    }

    /// About subnets, nodes and their providers.
    #[must_use]
    pub fn is_of_network(self) -> bool {
        matches!(
            self,
            Self::Boundary
                | Self::SubnetHealth
                | Self::NodeStatus
                | Self::Payouts
                | Self::Probes
                | Self::Sightings
                | Self::Rewards
        )
    }

    /// Read of many, each at a time of its own: here stands only whether it may be at all.
    #[must_use]
    pub fn is_of_many(self) -> bool {
        matches!(self, Self::SubnetHealth | Self::Sightings)
    }

    /// What is shown first waits for it.
    fn comes_first(self) -> bool {
        !self.is_on_demand() && !self.is_background() && !matches!(self, Self::Probes | Self::Sightings)
    }

    /// Means nothing to the anonymous identity.
    #[must_use]
    pub fn needs_identity(self) -> bool {
        matches!(self, Self::Neurons | Self::Accounts | Self::Transactions)
    }

    /// Answers differ by who asks.
    #[must_use]
    pub fn depends_on_identity(self) -> bool {
        self.needs_identity() || matches!(self, Self::Body | Self::Neuron | Self::Newest | Self::Unsettled)
    }

    fn belongs_to(self, topicality: Topicality) -> bool {
        match topicality {
            Topicality::All => !self.is_on_demand(),
            Topicality::Proposals => matches!(self, Self::Newest | Self::Unsettled),
            Topicality::Neurons => self == Self::Neurons,
            Topicality::Network => self.is_of_network() || matches!(self, Self::Registry | Self::Replay),
            Topicality::Accounts => matches!(self, Self::Accounts | Self::Transactions),
            Topicality::Facts => matches!(
                self,
                Self::Rate
                    | Self::Economics
                    | Self::Reward
                    | Self::Metrics
                    | Self::Modulation
                    | Self::KnownNeurons
            ),
        }
    }
}

/// How often what is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cadence {
    /// Unsettled proposals while proposals are on the screen.
    pub unsettled_visible: Seconds,
    /// Unsettled proposals otherwise.
    pub unsettled: Seconds,
    /// The newest page of proposals.
    pub newest: Seconds,
    /// The identity's neurons.
    pub neurons: Seconds,
    /// The identity's accounts.
    pub accounts: Seconds,
    /// XDR per ICP.
    pub rate: Seconds,
    /// The other facts.
    pub facts: Seconds,
    /// The registry while the network is on the screen.
    pub registry_visible: Seconds,
    /// The registry otherwise.
    pub registry: Seconds,
    /// Each subnet's metrics while the network is on the screen.
    pub health_visible: Seconds,
    /// Each subnet's metrics otherwise.
    pub health: Seconds,
    /// The dashboard's word on nodes while the network is on the screen.
    pub nodes_visible: Seconds,
    /// The dashboard's word on nodes otherwise.
    pub nodes: Seconds,
    /// Boundary nodes' health while the network is on the screen.
    pub probes_visible: Seconds,
    /// Boundary nodes' health otherwise.
    pub probes: Seconds,
    /// The lists of boundary nodes and subnets.
    pub lists: Seconds,
    /// Each subnet's signatures, where they are wanted.
    pub sightings: Seconds,
    /// Node rewards and payouts.
    pub rewards: Seconds,
}

impl Default for Cadence {
    fn default() -> Self {
        Self {
            unsettled_visible: Seconds(10),
            unsettled: Seconds(30),
            newest: Seconds(30),
            neurons: Seconds(60),
            accounts: Seconds(30),
            rate: Seconds(300),
            facts: Seconds(3_600),
            registry_visible: Seconds(10),
            registry: Seconds(60),
            health_visible: Seconds(10),
            health: Seconds(60),
            nodes_visible: Seconds(60),
            nodes: Seconds(300),
            probes_visible: Seconds(60),
            probes: Seconds(600),
            lists: Seconds(600),
            sightings: Seconds(20),
            rewards: Seconds(3_600),
        }
    }
}

impl Cadence {
    /// With what is on the screen read this often, and never less often than the rest.
    #[must_use]
    pub fn watched_every(self, span: Seconds) -> Self {
        Self {
            unsettled_visible: span,
            unsettled: self.unsettled.max(span),
            newest: self.newest.max(span),
            registry_visible: span,
            registry: self.registry.max(span),
            health_visible: span,
            health: self.health.max(span),
            nodes_visible: self.nodes_visible.max(span),
            ..self
        }
    }
}

/// How a reading failed, as far as the plan is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The same request may succeed soon.
    pub retryable: bool,
    /// The network was not reached at all: when it is again, this is tried at once.
    pub unreachable: bool,
    /// The network asked to wait so long.
    pub wait: Option<Seconds>,
}

/// First pause after a failure, in milliseconds; doubles with each further one.
pub const FIRST_PAUSE: u64 = 2_000;
/// Longest pause while the user waits, in milliseconds.
const LONGEST_PAUSE: u64 = 60_000;
/// Longest pause of what nobody waits for, and after a failure that time does not heal.
const LONGEST_BACKGROUND_PAUSE: u64 = 300_000;

/// So many failures to reach the network in a row are an outage.
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
    unreachable: bool,
    tried: bool,
}

/// The schedule.
#[derive(Clone, Debug)]
pub struct Plan {
    cadence: Cadence,
    places: [Place; Kind::ALL.len()],
    visible: Topicality,
    anonymous: bool,
    paused: bool,
    history: bool,
    only: Option<Topicality>,
    /// Failures to reach the network since something was read.
    outage: u32,
    first_pause: u64,
}

fn plus_millis(at: Timestamp, millis: u64) -> Timestamp {
    Timestamp(at.0.saturating_add(millis.saturating_mul(1_000_000)))
}

impl Plan {
    /// Everything that is read regularly is due at once.
    #[must_use]
    pub fn new(cadence: Cadence, anonymous: bool, history: bool, now: Timestamp) -> Self {
        let mut plan = Self {
            cadence,
            places: [Place::default(); Kind::ALL.len()],
            visible: Topicality::All,
            anonymous,
            paused: false,
            history,
            only: None,
            outage: 0,
            first_pause: FIRST_PAUSE,
        };
        for kind in Kind::ALL.into_iter().filter(|kind| !kind.is_on_demand()) {
            plan.place_mut(kind).due = Some(now);
        }
        plan
    }

    /// With another pause after a first failure, in milliseconds.
    #[must_use]
    pub fn pausing(self, first_pause: u64) -> Self {
        Self { first_pause, ..self }
    }

    /// Reading only what belongs to something.
    #[must_use]
    pub fn limited_to(self, only: Option<Topicality>) -> Self {
        Self { only, ..self }
    }

    fn place(&self, kind: Kind) -> &Place {
        // The array is as long as `Kind::ALL`, whose order is the order of the variants.
        &self.places[kind as usize]
    }

    fn place_mut(&mut self, kind: Kind) -> &mut Place {
        &mut self.places[kind as usize]
    }

    /// Whether a kind has a meaning now.
    fn applies(&self, kind: Kind) -> bool {
        // One command reads no history; but of the registry there is nothing without its history, and
        // whoever wants to see what nodes earn wants the days before.
        let wanted = match kind {
            Kind::Registry | Kind::Replay => self.history || self.shows_network(),
            Kind::Rewards => self.history || self.is_visible(Topicality::Network),
            _ => self.history || !kind.is_background(),
        };
        !(self.anonymous && kind.needs_identity())
            && wanted
            && self.only.is_none_or(|only| kind.is_on_demand() || kind.belongs_to(only))
    }

    /// Whether the registry is read at all.
    #[must_use]
    pub fn reads_registry(&self) -> bool {
        self.applies(Kind::Registry)
    }

    /// Whether the network's make-up is on the screen.
    #[must_use]
    pub fn shows_network(&self) -> bool {
        self.visible == Topicality::Network || self.only == Some(Topicality::Network)
    }

    /// Whether the data on the screen are fresher after a reading of this kind. What public services
    /// say is never that, and what is known of machines only where they are shown.
    #[must_use]
    pub fn freshens(&self, kind: Kind) -> bool {
        let of_machines = kind.is_of_network() || matches!(kind, Kind::Registry | Kind::Replay);
        !matches!(kind, Kind::NodeStatus | Kind::Probes) && (!of_machines || self.shows_network())
    }

    /// Whether the first readings include the whole of the registry: one command that is about it.
    #[must_use]
    pub fn waits_for_registry(&self) -> bool {
        self.only == Some(Topicality::Network) || !self.history && self.shows_network()
    }

    /// What to start now, most urgent first. What is read in parallel is not among them: see
    /// [`Plan::history_due`] and [`Plan::replay_due`].
    #[must_use]
    pub fn due(&self, now: Timestamp) -> Vec<Kind> {
        let one_by_one = |kind: &Kind| !kind.is_parallel() && !kind.is_of_many();
        Kind::ALL.into_iter().filter(|kind| one_by_one(kind) && self.is_due(*kind, now)).collect()
    }

    fn is_due(&self, kind: Kind, now: Timestamp) -> bool {
        let place = self.place(kind);
        self.applies(kind)
            && !place.running
            && (!self.paused || place.asked)
            && place.due.is_some_and(|due| due <= now)
            && (!kind.is_background() || self.tried_all())
    }

    /// Whether older proposals may be read now.
    #[must_use]
    pub fn history_due(&self, now: Timestamp) -> bool {
        self.is_due(Kind::History, now)
    }

    /// Whether the registry's history may be read now.
    #[must_use]
    pub fn replay_due(&self, now: Timestamp) -> bool {
        self.is_due(Kind::Replay, now)
    }

    /// Everything that the user sees first has been tried once.
    #[must_use]
    pub fn tried_all(&self) -> bool {
        Kind::ALL
            .into_iter()
            .filter(|kind| kind.comes_first() && self.applies(*kind))
            .all(|kind| self.place(kind).tried)
    }

    /// When something becomes due next, if nothing happens before; what is due already only
    /// waits for something else to end.
    #[must_use]
    pub fn wake(&self, now: Timestamp) -> Option<Timestamp> {
        Kind::ALL
            .into_iter()
            .filter(|kind| {
                let place = self.place(*kind);
                // What is read in parallel has no place in time: only its pause after a failure is one.
                let waits = !kind.is_of_many() && (!kind.is_parallel() || place.failures > 0);
                waits && self.applies(*kind) && !place.running && (!self.paused || place.asked)
            })
            .filter_map(|kind| self.place(kind).due)
            .filter(|due| *due > now)
            .min()
    }

    /// It runs now.
    pub fn started(&mut self, kind: Kind, now: Timestamp) {
        let place = self.place_mut(kind);
        place.running = true;
        place.again = place.again.filter(|again| *again > now);
    }

    /// It has been read.
    pub fn succeeded(&mut self, kind: Kind, now: Timestamp) {
        let next = self.interval(kind).map(|interval| now.plus(interval));
        let place = self.place_mut(kind);
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
                if place.unreachable && !place.running {
                    place.unreachable = false;
                    place.due = place.due.map(|due| due.min(now));
                }
            }
        }
    }

    /// It could not be read; when it is tried again, if at all. `jitter` of 0 to 1,000 spreads
    /// the pause over three to five quarters of its length.
    pub fn failed(&mut self, kind: Kind, now: Timestamp, failure: Failure, jitter: u16) -> Option<Timestamp> {
        self.outage = if failure.unreachable { self.outage.saturating_add(1) } else { 0 };
        let first_pause = self.first_pause;
        let place = self.place_mut(kind);
        // Several pages run at once: together they fail once.
        if kind.is_parallel() && place.failures > 0 && place.due.is_some_and(|due| due > now) {
            return place.due;
        }
        place.running = false;
        place.tried = true;
        place.asked = false;
        place.failures = place.failures.saturating_add(1);
        place.unreachable = failure.unreachable;
        let longest = if kind.is_background() { LONGEST_BACKGROUND_PAUSE } else { LONGEST_PAUSE };
        let pause = if failure.retryable {
            first_pause.saturating_mul(1 << (place.failures - 1).min(20)).min(longest)
        } else {
            LONGEST_BACKGROUND_PAUSE
        };
        let pause = pause * (750 + u64::from(jitter.min(1_000)) / 2) / 1_000;
        let pause = pause.max(failure.wait.map_or(0, |wait| wait.0.saturating_mul(1_000)));
        let retry = plus_millis(now, pause);
        // What was asked for in vain is not asked again by itself if that cannot help.
        place.due = if kind.is_on_demand() && !failure.retryable { None } else { Some(retry) };
        if let Some(again) = place.again.take() {
            place.due = Some(place.due.map_or(again, |due| due.min(again)));
            place.asked = true;
        }
        place.due
    }

    /// Somebody wants it now, whatever the schedule says.
    pub fn request(&mut self, kind: Kind, now: Timestamp) {
        self.request_at(kind, now);
        let place = self.place_mut(kind);
        place.asked = true;
    }

    /// It should be read at that time at the latest, however it goes before.
    pub fn request_at(&mut self, kind: Kind, at: Timestamp) {
        let place = self.place_mut(kind);
        let after = place.running || place.due.is_some_and(|due| due < at);
        let when = if after { &mut place.again } else { &mut place.due };
        *when = Some(when.map_or(at, |due| due.min(at)));
    }

    /// Everything of a topicality, now.
    pub fn refresh(&mut self, topicality: Topicality, now: Timestamp) {
        for kind in Kind::ALL.into_iter().filter(|kind| kind.belongs_to(topicality)) {
            self.request(kind, now);
        }
    }

    /// Nothing of this kind is wanted any more.
    pub fn cancel(&mut self, kind: Kind) {
        let running = self.place(kind).running;
        *self.place_mut(kind) = Place { running, tried: true, ..Place::default() };
    }

    /// There is nothing to read of it now: it is looked at again when it would be due next.
    pub fn nothing_to_do(&mut self, kind: Kind, now: Timestamp) {
        let next = self.interval(kind).map(|interval| now.plus(interval));
        let place = self.place_mut(kind);
        let again = place.again.filter(|again| *again > now);
        *place = Place { due: [next, again].into_iter().flatten().min(), tried: true, ..Place::default() };
    }

    /// Whether a kind that is read of many may be read now: not before what is seen first.
    #[must_use]
    pub fn may_run(&self, kind: Kind) -> bool {
        let first = !self.applies(Kind::Newest) || self.place(Kind::Newest).tried || self.shows_network();
        self.applies(kind) && first && (!self.paused || self.place(kind).asked)
    }

    /// What the user asked for of a kind that is read of many has been started.
    pub fn was_done(&mut self, kind: Kind) {
        self.place_mut(kind).asked = false;
    }

    /// All of a kind that is read of many have been tried once.
    pub fn tried(&mut self, kind: Kind) {
        self.place_mut(kind).tried = true;
    }

    /// Whether a kind has been tried once.
    #[must_use]
    pub fn has_tried(&self, kind: Kind) -> bool {
        self.place(kind).tried
    }

    /// How often a kind is read at present.
    #[must_use]
    pub fn period(&self, kind: Kind) -> Option<Seconds> {
        self.interval(kind)
    }

    /// Whether this is what is on the screen.
    #[must_use]
    pub fn is_visible(&self, topicality: Topicality) -> bool {
        self.visible == topicality
    }

    /// Another identity reads: what depended on it is due, and nothing runs any more.
    pub fn identity_changed(&mut self, anonymous: bool, now: Timestamp) {
        self.anonymous = anonymous;
        for kind in Kind::ALL {
            let place = self.place_mut(kind);
            let wanted = place.running || place.due.is_some();
            if kind.is_on_demand() {
                let due = (place.running || place.failures > 0).then_some(now).filter(|_| wanted);
                *place = Place { due, asked: true, ..Place::default() };
            } else if kind.depends_on_identity() {
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
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// What is on the screen; what becomes visible is read sooner.
    pub fn show(&mut self, visible: Topicality, now: Timestamp) {
        self.visible = visible;
        for kind in [Kind::Unsettled, Kind::Registry, Kind::NodeStatus, Kind::Probes] {
            let Some(interval) = self.interval(kind) else { continue };
            let place = self.place_mut(kind);
            if place.failures == 0 {
                place.due = place.due.map(|due| due.min(now.plus(interval)));
            }
        }
    }

    fn interval(&self, kind: Kind) -> Option<Seconds> {
        let cadence = &self.cadence;
        let network = self.visible == Topicality::Network;
        match kind {
            Kind::Boundary => Some(cadence.lists),
            Kind::SubnetHealth if network => Some(cadence.health_visible),
            Kind::SubnetHealth => Some(cadence.health),
            Kind::NodeStatus if network => Some(cadence.nodes_visible),
            Kind::NodeStatus => Some(cadence.nodes),
            Kind::Probes if network => Some(cadence.probes_visible),
            Kind::Probes => Some(cadence.probes),
            Kind::Sightings => Some(cadence.sightings),
            Kind::Payouts | Kind::Rewards => Some(cadence.rewards),
            Kind::Unsettled if matches!(self.visible, Topicality::All | Topicality::Proposals) => {
                Some(cadence.unsettled_visible)
            }
            Kind::Unsettled => Some(cadence.unsettled),
            Kind::Newest => Some(cadence.newest),
            Kind::Neurons => Some(cadence.neurons),
            Kind::Accounts => Some(cadence.accounts),
            Kind::Rate => Some(cadence.rate),
            Kind::Economics | Kind::Reward | Kind::Metrics | Kind::Modulation | Kind::KnownNeurons => {
                Some(cadence.facts)
            }
            Kind::Registry if self.shows_network() => Some(cadence.registry_visible),
            Kind::Registry => Some(cadence.registry),
            // There is always more of it until there is none.
            Kind::Transactions | Kind::History | Kind::Replay => Some(Seconds(0)),
            Kind::Body | Kind::Neuron => None,
        }
    }
}

/// Rows in a page of proposals: the canister gives no more.
pub const PAGE: u64 = 100;

/// The next part of the history to read: at most a page, newest first, not read yet and not
/// being read. Parts end at multiples of a page, so that no page spans two blocks of the cache.
#[must_use]
pub fn next_part(read: &Ranges, newest: u64, running: &[RangeInclusive<u64>]) -> Option<RangeInclusive<u64>> {
    let mut known = read.clone();
    for part in running {
        known.insert(part.clone());
    }
    let gap = known.gaps(1..=newest).iter().next_back()?;
    let floor = gap.end() - gap.end() % PAGE;
    Some(floor.max(*gap.start())..=*gap.end())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp::from_secs(1_000);
    const LATER: Failure = Failure { retryable: true, unreachable: false, wait: None };

    fn secs(plan: &mut Plan, kind: Kind, failure: Failure, jitter: u16) -> Option<u64> {
        plan.started(kind, NOW);
        plan.failed(kind, NOW, failure, jitter).map(|at| (at.0 - NOW.0) / 1_000_000)
    }

    #[test]
    fn everything_regular_is_due_at_first_in_order_of_urgency() {
        let plan = Plan::new(Cadence::default(), false, true, NOW);
        let due = plan.due(NOW);
        assert_eq!(due[..4], [Kind::Newest, Kind::Unsettled, Kind::Neurons, Kind::Accounts]);
        assert!(due.is_sorted() && !due.contains(&Kind::Body) && !due.contains(&Kind::Transactions));
        assert!(!plan.history_due(NOW), "what the user sees comes first");
        let anonymous = Plan::new(Cadence::default(), true, true, NOW);
        assert!(!anonymous.due(NOW).iter().any(|kind| kind.needs_identity()));
        assert_eq!(anonymous.wake(NOW), None);
    }

    #[test]
    fn each_kind_comes_back_at_its_own_pace() {
        let mut plan = Plan::new(Cadence::default(), false, false, NOW);
        for kind in plan.due(NOW) {
            plan.started(kind, NOW);
            plan.succeeded(kind, NOW);
        }
        assert!(!plan.tried_all(), "no subnet has been asked");
        plan.tried(Kind::SubnetHealth);
        assert!(plan.tried_all() && plan.due(NOW).is_empty());
        assert_eq!(plan.wake(NOW), Some(NOW.plus(Seconds(10))));
        assert_eq!(plan.due(NOW.plus(Seconds(10))), [Kind::Unsettled]);
        assert_eq!(plan.due(NOW.plus(Seconds(30))), [Kind::Newest, Kind::Unsettled, Kind::Accounts]);
        assert_eq!(plan.due(NOW.plus(Seconds(3_600))).len(), 14);
        plan.show(Topicality::Neurons, NOW);
        plan.started(Kind::Unsettled, NOW);
        plan.succeeded(Kind::Unsettled, NOW);
        assert!(plan.due(NOW.plus(Seconds(29))).is_empty());
        // The clock is set back by an hour: nothing waits for an hour.
        plan.clock_went_back(NOW.minus(Seconds(3_600)));
        assert_eq!(plan.due(NOW.minus(Seconds(3_600))).len(), 14);
    }

    #[test]
    fn the_network_is_read_more_often_while_it_is_on_the_screen() {
        let mut plan = Plan::new(Cadence::default(), true, true, NOW).limited_to(Some(Topicality::Network));
        let due = [Kind::Registry, Kind::Boundary, Kind::NodeStatus, Kind::Payouts, Kind::Probes];
        assert_eq!(plan.due(NOW), due, "the anonymous too; what is read of many has times of its own");
        for kind in due {
            plan.started(kind, NOW);
            plan.succeeded(kind, NOW);
        }
        plan.tried(Kind::SubnetHealth);
        assert!(plan.tried_all() && plan.due(NOW).contains(&Kind::Rewards));
        plan.nothing_to_do(Kind::Rewards, NOW);
        assert_eq!(plan.wake(NOW), Some(NOW.plus(Seconds(10))), "the registry");
        assert_eq!(plan.period(Kind::SubnetHealth), Some(Seconds(60)));
        plan.show(Topicality::Network, NOW);
        assert_eq!(plan.wake(NOW), Some(NOW.plus(Seconds(10))));
        assert_eq!(plan.period(Kind::SubnetHealth), Some(Seconds(10)));
        plan.pause(true);
        assert!(!plan.may_run(Kind::SubnetHealth));
        plan.refresh(Topicality::Network, NOW);
        assert!(plan.may_run(Kind::SubnetHealth) && plan.due(NOW).len() == 6);
        plan.was_done(Kind::SubnetHealth);
        assert!(!plan.may_run(Kind::SubnetHealth));
        let elsewhere = Plan::new(Cadence::default(), true, true, NOW).limited_to(Some(Topicality::Facts));
        assert!(
            !elsewhere.may_run(Kind::SubnetHealth) && !elsewhere.due(NOW).iter().any(|k| k.is_of_network())
        );
    }

    #[test]
    fn one_runs_and_one_is_next() {
        let mut plan = Plan::new(Cadence::default(), false, false, NOW);
        plan.started(Kind::Neurons, NOW);
        for _ in 0..5 {
            plan.request(Kind::Neurons, NOW);
        }
        assert!(!plan.due(NOW).contains(&Kind::Neurons));
        plan.succeeded(Kind::Neurons, NOW);
        assert!(plan.due(NOW).contains(&Kind::Neurons));
        plan.started(Kind::Neurons, NOW);
        plan.succeeded(Kind::Neurons, NOW);
        assert!(!plan.due(NOW).contains(&Kind::Neurons), "five requests are one");
    }

    #[test]
    fn pauses_double_up_to_a_bound_and_spread() {
        let mut plan = Plan::new(Cadence::default(), false, true, NOW);
        let pauses: Vec<_> = (0..7).filter_map(|_| secs(&mut plan, Kind::Newest, LATER, 500)).collect();
        assert_eq!(pauses, [2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
        let mut plan = Plan::new(Cadence::default(), false, true, NOW);
        assert_eq!(secs(&mut plan, Kind::Newest, LATER, 0), Some(1_500));
        assert_eq!(secs(&mut plan, Kind::Rate, LATER, 1_000), Some(2_500));
        let asked = Failure { wait: Some(Seconds(90)), ..LATER };
        assert_eq!(secs(&mut plan, Kind::Neurons, asked, 500), Some(90_000));
        let hopeless = Failure { retryable: false, ..LATER };
        assert_eq!(secs(&mut plan, Kind::Metrics, hopeless, 500), Some(300_000));
        plan.request(Kind::Body, NOW);
        assert_eq!(secs(&mut plan, Kind::Body, hopeless, 500), None);
        // Twelve pages of history that fail together are one failure.
        let first = plan.failed(Kind::History, NOW, LATER, 500);
        assert_eq!((0..11).filter_map(|_| plan.failed(Kind::History, NOW, LATER, 500)).max(), first);
    }

    proptest! {
        #[test]
        fn parts_cover_what_is_missing_and_never_overlap(read in prop::collection::vec((1u64..900, 0u64..120), 0..12), newest in 1u64..1_000, parallel in 1usize..8) {
            let mut read: Ranges = read.into_iter().map(|(lo, len)| lo..=lo + len).collect();
            let mut asked = 0u64;
            loop {
                let mut running: Vec<RangeInclusive<u64>> = Vec::new();
                while running.len() < parallel {
                    let Some(part) = next_part(&read, newest, &running) else { break };
                    prop_assert!(part.end() - part.start() < PAGE && *part.end() <= newest && *part.start() >= 1);
                    prop_assert!(part.start() / PAGE == part.end() / PAGE, "within one hundred");
                    prop_assert!(part.clone().all(|id| !read.contains(id)));
                    prop_assert!(running.iter().all(|other| other.end() < part.start() || part.end() < other.start()));
                    running.push(part);
                }
                if running.is_empty() {
                    break;
                }
                for part in running {
                    asked += part.end() - part.start() + 1;
                    read.insert(part);
                }
            }
            prop_assert!(read.contains_all(1..=newest));
            prop_assert!(asked <= newest);
        }
    }
}
