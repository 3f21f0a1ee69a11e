//! The registry: its history once, in parallel parts, then what is new, and the network's make-up
//! that follows from it.
//!
//! Verified pages go to the cache as they come. The network's make-up is only ever that of a prefix
//! of the history without a gap, put together off the reading task; it is told when it has reached
//! the newest version, so that nobody sees a network of years ago grow.

mod fold;
mod past;

use crate::sync::engine::Engine;
use crate::sync::feed::{Cadence, Feed, Fetch, Order, Part, Reading, Shape, Start, Wanted, fetch};
use crate::sync::feeds::HISTORY;
use crate::sync::plan::Failure;
use crate::sync::progress::Rate;
use crate::sync::query::{Network, queries};
use fold::{FoldStart, Folded, advance};
use icpulse_canisters::RegistryPage;
use icpulse_ic::IcError;
use icpulse_model::event::Event;
use icpulse_model::evidence::Sourced;
use icpulse_model::registry::{Delta, Topology, Version};
use icpulse_model::world::{HistoryProgress, Topicality, World};
use icpulse_model::{Evidence, Timestamp};
use icpulse_store::cache::{Cache, CacheError, Ranges, RegistryPosition};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// Versions in a part of the history: the canister puts no more into a reply.
const PART: u64 = 1_000;
/// Parts that may be read ahead of the first gap: what is read waits in memory until it is closed.
const AHEAD: u64 = 32;
/// With so many writes waiting, no more of the registry is read: its pages are large.
const BACKLOG: usize = 24;
/// Events kept in memory, the newest.
const EVENTS: usize = 2_000;

pub(super) static FEEDS: &[&Feed] = &[&REGISTRY, &REPLAY];

queries! {
    /// The registry's newest version, certified; [`IcError::NotFound`] where there is no registry.
    ReadLatestVersion {} -> Sourced<Version> = |client| client.registry_latest();
    /// What the versions after one changed, certified.
    ReadRegistryPage { after: Version } -> RegistryPage = |client| client.registry_page(after);
}

/// The registry's newest version and what changed since.
pub(in crate::sync) static REGISTRY: Feed = Feed {
    id: "registry",
    topic: Topicality::Network,
    cadence: Cadence::watched(10, 60),
    wanted: Wanted::WithHistoryOrRead,
    reading: &start_newest,
    ..Feed::USUAL
};

/// The registry's history.
pub(in crate::sync) static REPLAY: Feed = Feed {
    id: "registry-history",
    topic: Topicality::Network,
    cadence: Cadence::UntilDone,
    order: Order::Background,
    wanted: Wanted::WithHistoryOrRead,
    shape: Shape::Parts { backlog: BACKLOG },
    reading: &History,
    ..Feed::USUAL
};

/// What the cache has of the registry's history.
#[derive(Default)]
struct Kept {
    position: RegistryPosition,
    /// The version that the network's make-up is of, told apart from that of other histories.
    tip: Option<(Version, [u8; 32])>,
}

/// Where the reading of the registry stands.
pub(in crate::sync) struct Replay {
    /// The newest version, and the certificate's time.
    latest: Option<(Version, Timestamp)>,
    /// Versions that need not be asked for: in the cache, on the way there, or in `waiting`.
    read: Ranges,
    /// Pages that are not part of the topology yet, by their first version.
    waiting: BTreeMap<u64, Arc<Vec<Delta>>>,
    /// The network's make-up as far as there is no gap.
    topology: Arc<Topology>,
    /// The newest events until there, newest first.
    events: Arc<Vec<Arc<Event>>>,
    /// The last version of it, told apart from that of other histories.
    tip: Option<(Version, [u8; 32])>,
    /// The network has been seen to have the same last version.
    checked: bool,
    /// The cache was asked what it has …
    asked: bool,
    /// … and has said it.
    recalled: bool,
    /// The topology is being advanced.
    folding: bool,
    /// Answers to what was asked before a reset are of no use.
    epoch: u64,
    rate: Rate,
    /// How many proposals there were when events were last linked to them.
    linked: usize,
}

impl Replay {
    /// Nothing is known, and the cache need not be asked. Answers to what was asked before are of no use.
    pub(in crate::sync) fn anew(&self) -> Self {
        let epoch = self.epoch.wrapping_add(1);
        Self { asked: true, recalled: true, epoch, ..Self::new(&World::default()) }
    }

    /// From what the first frame shows.
    pub(in crate::sync) fn new(world: &World) -> Self {
        let topology = Arc::clone(&world.topology);
        let known = topology.evidence.filter(|_| !topology.is_empty());
        Self {
            latest: known.map(|evidence| (topology.version, evidence.at)),
            read: Ranges::new(),
            waiting: BTreeMap::new(),
            events: Arc::clone(&world.events),
            topology,
            tip: None,
            checked: false,
            asked: false,
            recalled: false,
            folding: false,
            epoch: 0,
            rate: Rate::default(),
            linked: 0,
        }
    }

    /// Until where there is no gap.
    fn head(&self) -> Version {
        let next = self.topology.version.next().0;
        let found = self.read.iter().find(|range| range.contains(&next));
        found.map_or(self.topology.version, |range| Version(*range.end()))
    }

    /// Versions that are there.
    fn done(&self) -> u64 {
        let latest = self.latest.map_or(0, |(version, _)| version.0);
        latest.saturating_sub(self.read.gaps(1..=latest.max(1)).count())
    }

    /// The next part to read: at most [`PART`] versions, oldest first, not read and not being read.
    /// Parts end at multiples of [`PART`].
    fn next_part<'a>(&self, running: impl IntoIterator<Item = &'a Part>) -> Option<Part> {
        let latest = self.latest.filter(|(version, _)| version.0 > 0 && self.recalled)?.0.0;
        let mut known = self.read.clone();
        running.into_iter().for_each(|part| known.insert(part.range.clone()));
        let first_gap = *self.read.gaps(1..=latest).iter().next()?.start();
        let gaps = known.gaps(1..=latest);
        let gap = gaps.iter().next()?;
        let start = *gap.start();
        // What lies below the topology is only written: it does not wait for anything.
        let waits = start > self.topology.version.0;
        let limit = first_gap.max(self.topology.version.0).saturating_add(AHEAD * PART);
        let end = start.div_ceil(PART).saturating_mul(PART).min(*gap.end());
        (!waits || start < limit).then_some((start..=end).into())
    }

    /// Whether it is known where to go on: before that, nothing is asked.
    fn is_settled(&self) -> bool {
        self.recalled && !self.folding
    }

    /// Whether something that is there is not in the topology yet.
    fn can_advance(&self) -> bool {
        self.recalled && !self.folding && self.head() > self.topology.version
    }
}

/// There is none on a network of one's own, perhaps: that is no trouble.
fn no_registry<T>(error: IcError) -> Result<Option<T>, IcError> {
    match error {
        IcError::NotFound { .. } => Ok(None),
        error if error.is_missing_canister() => Ok(None),
        error => Err(error),
    }
}

/// What is new, or, while much is missing, only how much there is.
fn start_newest(engine: &mut Engine, network: &Network, _: Timestamp) -> Start {
    let registry = &engine.feeds.registry;
    if !registry.is_settled() {
        return Start::Wait;
    }
    let head = registry.head();
    let missing = registry.latest.is_some_and(|(latest, _)| latest > head);
    let network = network.clone();
    if head == Version(0) || missing || engine.parts_of(&REPLAY).next().is_some() {
        let ask = async move { network.ask(ReadLatestVersion {}).await.map(Some).or_else(no_registry) };
        return Start::Fetch(fetch(ask, |engine, latest: Option<Sourced<Version>>, now| {
            if let Some(latest) = latest {
                engine.note_latest(latest.value, latest.evidence.at, now);
                engine.publish_registry();
            }
        }));
    }
    // The first time, the last version known comes along: is it the same history?
    let known = registry.tip.filter(|_| !registry.checked).map(|(version, _)| version.min(head));
    let after = known.and_then(|version| version.0.checked_sub(1)).map_or(head, Version);
    Start::Fetch(engine.read_page(network, after, None))
}

struct History;

impl Reading for History {
    fn next_part(&self, engine: &mut Engine, network: &Network) -> Option<(Part, Fetch)> {
        let part = engine.feeds.registry.next_part(engine.parts_of(&REPLAY))?;
        let after = Version(part.range.start().saturating_sub(1));
        Some((part.clone(), engine.read_page(network.clone(), after, Some(part))))
    }

    fn share(&self, engine: &Engine, most: usize, now: Timestamp) -> usize {
        // Proposals have their history, too; whoever looks at the network waits for this one.
        let alone = engine.plan.shows_network()
            || !engine.plan.is_due(&HISTORY, now)
            || engine.missing_proposals() == 0;
        if alone { most } else { (most / 4).max(1) }
    }

    fn is_busy(&self, engine: &Engine, now: Timestamp) -> bool {
        engine.may_ask() && engine.replay_wants(now)
    }

    fn holds_ready(&self, engine: &Engine, now: Timestamp) -> bool {
        !engine.options.offline && engine.plan.waits_for_registry() && engine.replay_wants(now)
    }
}

impl Engine {
    /// Asks the cache what it has of the registry's history, once, when it is to be read.
    pub(in crate::sync) fn recall_registry(&mut self) {
        if self.feeds.registry.asked || !self.plan.reads(&REGISTRY) {
            return;
        }
        self.feeds.registry.asked = true;
        let version = self.feeds.registry.topology.version;
        let ask = move |cache: &Cache| -> Result<Kept, CacheError> {
            let tip = cache.registry_delta(version)?.map(|delta| (version, delta.fingerprint()));
            Ok(Kept { position: cache.registry_position()?, tip })
        };
        self.recall(ask, Kept::default(), Self::put_recalled_registry);
    }

    fn put_recalled_registry(&mut self, kept: Kept) {
        let registry = &mut self.feeds.registry;
        registry.recalled = true;
        registry.read.extend(&kept.position.read);
        registry.tip = registry.tip.or(kept.tip);
        if let Some((version, at)) = kept.position.seen
            && registry.latest.is_none_or(|(_, before)| before < at)
        {
            registry.latest = Some((version, at));
        }
        self.advance_registry();
    }

    /// Reads what follows on a version; of a part of the history, or the newest.
    fn read_page(&self, network: Network, after: Version, part: Option<Part>) -> Fetch {
        let epoch = self.feeds.registry.epoch;
        fetch(async move { network.ask(ReadRegistryPage { after }).await }, move |engine, page, now| {
            engine.put_registry_page(page, part, epoch, now);
        })
    }

    /// Whether something of the history is still to be read now, or to be put together.
    fn replay_wants(&self, now: Timestamp) -> bool {
        let registry = &self.feeds.registry;
        let next = self.plan.is_due(&REPLAY, now) && registry.next_part(self.parts_of(&REPLAY)).is_some();
        let running = self.parts_of(&REPLAY).next().is_some();
        self.plan.reads(&REGISTRY) && (!registry.recalled || registry.folding || next || running)
    }

    pub(in crate::sync) fn registry_progress(&self) -> Option<HistoryProgress> {
        let total = self.feeds.registry.latest.filter(|_| self.plan.reads(&REGISTRY) && self.may_ask())?.0.0;
        self.feeds.registry.rate.progress(self.feeds.registry.done(), total)
    }

    /// Takes note of the newest version. One that is older than what is known comes of a node that
    /// is behind and changes nothing; but a later certificate that knows less is of another history.
    fn note_latest(&mut self, latest: Version, at: Timestamp, now: Timestamp) {
        match self.feeds.registry.latest {
            Some((known, before)) if latest < known && before < at => {
                self.begin_anew(
                    &format!("its registry ends at version {latest}, and {known} had been read"),
                    now,
                );
                self.feeds.registry.latest = Some((latest, at));
            }
            Some((known, before)) if latest < known || at < before => {}
            _ => self.feeds.registry.latest = Some((latest, at)),
        }
    }

    fn put_registry_page(&mut self, page: RegistryPage, part: Option<Part>, epoch: u64, now: Timestamp) {
        if epoch != self.feeds.registry.epoch {
            return;
        }
        let RegistryPage { deltas, latest, evidence } = page;
        if let Some((version, known)) = self.feeds.registry.tip
            && let Some(delta) = deltas.iter().find(|delta| delta.version == version)
        {
            if delta.fingerprint() != known {
                self.begin_anew(&format!("version {version} of its registry changed something else"), now);
                self.feeds.registry.latest = Some((latest, evidence.at));
                return;
            }
            self.feeds.registry.checked = true;
        }
        self.note_latest(latest, evidence.at, now);
        if epoch != self.feeds.registry.epoch {
            return;
        }
        if deltas.is_empty() && part.is_some() {
            // The node that answered is behind: another one may know more in a moment.
            let later = Failure { retryable: true, network_wide: false, stands_still: false, wait: None };
            let jitter = (self.options.jitter)();
            self.plan.failed(&REPLAY, now, later, jitter);
            return;
        }
        self.keep_deltas(deltas, part.as_ref().map(|part| &part.range), latest, evidence, now);
        self.advance_registry();
        self.publish_registry();
    }

    /// Keeps what is new of a page.
    fn keep_deltas(
        &mut self,
        deltas: Vec<Delta>,
        part: Option<&RangeInclusive<u64>>,
        latest: Version,
        evidence: Evidence,
        now: Timestamp,
    ) {
        let registry = &mut self.feeds.registry;
        let new = deltas.into_iter().filter(|delta| {
            let version = delta.version.0;
            part.is_none_or(|part| part.contains(&version)) && !registry.read.contains(version)
        });
        let new: Vec<Delta> = new.collect();
        // Of a page without a gap everything is new, or all but a beginning or an end.
        for run in new.chunk_by(|a, b| a.version.next() == b.version) {
            let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
            let (first, last) = (first.version, last.version);
            let run = Arc::new(run.to_vec());
            registry.read.insert(first.0..=last.0);
            if last > registry.topology.version {
                registry.waiting.insert(first.0, Arc::clone(&run));
            }
            self.writer.put(move |cache| cache.put_registry_page(&run, latest, evidence.at));
        }
        let done = registry.done();
        registry.rate.reached(now, done);
    }

    /// Takes what there is without a gap into the topology, off this task.
    fn advance_registry(&mut self) {
        let registry = &mut self.feeds.registry;
        if !registry.can_advance() {
            return;
        }
        registry.folding = true;
        let start = FoldStart {
            epoch: registry.epoch,
            topology: Arc::clone(&registry.topology),
            events: Arc::clone(&registry.events),
            waiting: registry.waiting.clone(),
            read: registry.read.clone(),
            proposals: self.world.proposals.clone(),
        };
        let cache = self.cache.clone();
        self.spawn_blocking(move || advance(start, cache.as_deref()), Self::put_folded_registry);
    }

    fn put_folded_registry(&mut self, folded: Folded) {
        self.feeds.registry.folding = false;
        if folded.epoch == self.feeds.registry.epoch {
            let registry = &mut self.feeds.registry;
            registry.topology = Arc::new(folded.topology);
            registry.events = Arc::new(folded.events);
            registry.tip = folded.tip.or(registry.tip);
            registry.linked = folded.proposals;
            registry.read = registry.read.difference(&folded.lost);
            let reached = registry.topology.version;
            registry.waiting.retain(|_, page| page.last().is_some_and(|delta| delta.version > reached));
        }
        self.advance_registry();
        self.publish_registry();
    }

    /// Publishes the network's make-up once it has reached the newest version.
    fn publish_registry(&mut self) {
        let registry = &self.feeds.registry;
        let version = registry.topology.version;
        if registry.folding || registry.topology.is_empty() || registry.can_advance() {
            return;
        }
        let caught_up = match registry.latest {
            Some((latest, _)) => version >= latest,
            None => true,
        };
        let only_old = self.options.offline && self.world.topology.is_empty();
        if !caught_up && !only_old {
            return;
        }
        let evidence = registry.latest.map(|(_, at)| Evidence::certified(at));
        let known = &self.world.topology;
        let news = known.version != version;
        if news || known.evidence != evidence {
            let mut topology = Topology::clone(&registry.topology);
            topology.evidence = evidence;
            self.feeds.registry.topology = Arc::new(topology);
            self.world.topology = Arc::clone(&self.feeds.registry.topology);
        }
        let before = Arc::clone(&self.world.events);
        self.link_registry();
        if !Arc::ptr_eq(&before, &self.feeds.registry.events) {
            self.world.events = Arc::clone(&self.feeds.registry.events);
        }
        if news || !Arc::ptr_eq(&before, &self.feeds.registry.events) {
            let (topology, events) = (Arc::clone(&self.world.topology), Arc::clone(&self.world.events));
            self.writer.put(move |cache| cache.put_registry_snapshot(&topology, &events));
        }
    }

    /// Looks again for the proposals that caused events, when more proposals are known than before.
    fn link_registry(&mut self) {
        let count = self.world.proposals.len();
        if count == self.feeds.registry.linked {
            return;
        }
        self.feeds.registry.linked = count;
        let mut events: Vec<Event> =
            self.feeds.registry.events.iter().map(|event| (**event).clone()).collect();
        if icpulse_model::registry::link_proposals(&mut events, &self.world.proposals) {
            self.feeds.registry.events = Arc::new(events.into_iter().map(Arc::new).collect());
        }
    }
}
