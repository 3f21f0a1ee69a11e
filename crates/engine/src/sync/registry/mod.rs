//! The registry: its history once, in parallel parts, then what is new, and the network's make-up
//! that follows from it.
//!
//! Verified pages go to the cache as they come. The network's make-up is only ever that of a prefix
//! of the history without a gap, put together off the reading task; it is told when it has reached
//! the newest version, so that nobody sees a network of years ago grow.

mod fold;
mod past;

pub(super) use fold::{Folded, advance};

use super::engine::{Engine, RESERVED};
use super::jobs::Job;
use super::persist::Write;
use super::plan::{Failure, Kind};
use super::progress::Rate;
use super::publish::Part;
use super::recall::Recalled;
use super::source::Source;
use fold::Start;
use icpulse_canisters::RegistryPage;
use icpulse_model::event::Event;
use icpulse_model::evidence::Sourced;
use icpulse_model::registry::{Delta, Topology, Version};
use icpulse_model::text::Line;
use icpulse_model::world::{HistoryProgress, World};
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
pub(super) const EVENTS: usize = 2_000;

/// What the cache has of the registry's history.
#[derive(Default)]
pub(super) struct Kept {
    position: RegistryPosition,
    /// The version that the network's make-up is of, told apart from that of other histories.
    tip: Option<(Version, [u8; 32])>,
}

/// Where the reading of the registry stands.
pub(super) struct Replay {
    /// The newest version, and the certificate's time.
    latest: Option<(Version, Timestamp)>,
    /// Versions that need not be asked for: in the cache, on the way there, or in `waiting`.
    read: Ranges,
    /// Pages that are not part of the topology yet, by their first version.
    waiting: BTreeMap<u64, Arc<Vec<Delta>>>,
    /// What is being read.
    pub(super) parts: Vec<RangeInclusive<u64>>,
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
    /// From what the first frame shows.
    pub(super) fn new(world: &World) -> Self {
        let topology = Arc::clone(&world.topology);
        let known = topology.evidence.filter(|_| !topology.is_empty());
        Self {
            latest: known.map(|evidence| (topology.version, evidence.at)),
            read: Ranges::new(),
            waiting: BTreeMap::new(),
            parts: Vec::new(),
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
    fn next_part(&self) -> Option<RangeInclusive<u64>> {
        let latest = self.latest.filter(|(version, _)| version.0 > 0 && self.recalled)?.0.0;
        let mut known = self.read.clone();
        self.parts.iter().for_each(|part| known.insert(part.clone()));
        let first_gap = *self.read.gaps(1..=latest).iter().next()?.start();
        let gaps = known.gaps(1..=latest);
        let gap = gaps.iter().next()?;
        let start = *gap.start();
        // What lies below the topology is only written: it does not wait for anything.
        let waits = start > self.topology.version.0;
        let limit = first_gap.max(self.topology.version.0).saturating_add(AHEAD * PART);
        let end = start.div_ceil(PART).saturating_mul(PART).min(*gap.end());
        (!waits || start < limit).then_some(start..=end)
    }

    /// Whether it is known where to go on: before that, nothing is asked.
    pub(super) fn is_settled(&self) -> bool {
        self.recalled && !self.folding
    }

    /// Whether something that is there is not in the topology yet.
    fn can_advance(&self) -> bool {
        self.recalled && !self.folding && self.head() > self.topology.version
    }
}

impl<S: Source> Engine<S> {
    /// Asks the cache what it has of the registry's history, once, when it is to be read.
    pub(super) fn recall_registry(&mut self) {
        if self.registry.asked || !self.plan.reads_registry() {
            return;
        }
        self.registry.asked = true;
        let version = self.registry.topology.version;
        let ask = move |cache: &Cache| -> Result<Recalled, CacheError> {
            let tip = cache.registry_delta(version)?.map(|delta| (version, delta.fingerprint()));
            Ok(Recalled::Registry(Kept { position: cache.registry_position()?, tip }))
        };
        self.recall(ask, Recalled::Registry(Kept::default()));
    }

    pub(super) fn registry_recalled(&mut self, kept: Kept) {
        let registry = &mut self.registry;
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

    /// What to ask for: what is new, or, while much is missing, only how much there is.
    pub(super) fn registry_job(&self) -> Job {
        let registry = &self.registry;
        let head = registry.head();
        let missing = registry.latest.is_some_and(|(latest, _)| latest > head);
        if head == Version(0) || missing || !registry.parts.is_empty() {
            return Job::RegistryLatest;
        }
        // The first time, the last version known comes along: is it the same history?
        let known = registry.tip.filter(|_| !registry.checked).map(|(version, _)| version.min(head));
        let after = known.and_then(|version| version.0.checked_sub(1)).map_or(head, Version);
        Job::RegistryPage { after, part: None, epoch: registry.epoch }
    }

    /// Starts reading what is missing of the history.
    pub(super) fn dispatch_replay(&mut self, source: &S, now: Timestamp) {
        if !self.plan.replay_due(now) {
            return;
        }
        let most = self.options.max_in_flight.saturating_sub(RESERVED).max(1);
        // Proposals have their history, too; whoever looks at the network waits for this one.
        let alone = self.plan.shows_network() || !self.plan.history_due(now) || self.missing() == 0;
        let share = if alone { most } else { (most / 4).max(1) };
        while self.registry.parts.len() < share
            && self.registry.parts.len() + self.parts.len() < most
            && self.writer.backlog() < BACKLOG
        {
            let Some(part) = self.registry.next_part() else { break };
            let after = Version(part.start().saturating_sub(1));
            let job = Job::RegistryPage { after, part: Some(part.clone()), epoch: self.registry.epoch };
            self.registry.parts.push(part.clone());
            self.spawn(source.clone(), Kind::Replay, job, Some(part));
        }
    }

    /// Whether something of the history is still to be read now, or to be put together.
    pub(super) fn replay_wants(&self, now: Timestamp) -> bool {
        let registry = &self.registry;
        let reads = self.plan.reads_registry();
        let next = self.plan.replay_due(now) && registry.next_part().is_some();
        reads && (!registry.recalled || registry.folding || next || !registry.parts.is_empty())
    }

    pub(super) fn registry_progress(&self) -> Option<HistoryProgress> {
        let total = self.registry.latest.filter(|_| self.plan.reads_registry())?.0.0;
        self.registry.rate.progress(self.registry.done(), total)
    }

    /// There is no registry on this network.
    pub(super) fn no_registry(&mut self) {
        tracing::debug!("this network has no registry");
    }

    pub(super) fn registry_latest(&mut self, latest: Sourced<Version>) {
        self.note_latest(latest.value, latest.evidence.at);
        self.tell_registry();
    }

    /// Takes note of the newest version. One that is older than what is known comes of a node that
    /// is behind and changes nothing; but a later certificate that knows less is of another history.
    fn note_latest(&mut self, latest: Version, at: Timestamp) {
        match self.registry.latest {
            Some((known, before)) if latest < known && before < at => {
                let why = format!("it ends at version {latest}, and version {known} had been read");
                self.begin_registry_anew(&why);
                self.registry.latest = Some((latest, at));
            }
            Some((known, before)) if latest < known || at < before => {}
            _ => self.registry.latest = Some((latest, at)),
        }
    }

    /// What was read belongs to another history under the same root key, such as that of a demo
    /// that was begun anew.
    fn begin_registry_anew(&mut self, why: &str) {
        let note = format!("the registry has another history than before ({why}): it is read anew");
        tracing::warn!(note, "registry");
        self.publisher.note(Line::new(&note));
        let (epoch, folding) = (self.registry.epoch.wrapping_add(1), self.registry.folding);
        self.registry =
            Replay { asked: true, recalled: true, epoch, folding, ..Replay::new(&World::default()) };
        self.writer.put(Write::ForgetRegistry);
        self.world.topology = Arc::default();
        self.world.events = Arc::default();
        self.publisher.changed(Part::Topology);
        self.publisher.changed(Part::Events);
    }

    pub(super) fn registry_page(
        &mut self,
        page: RegistryPage,
        part: Option<RangeInclusive<u64>>,
        epoch: u64,
        now: Timestamp,
    ) {
        if epoch != self.registry.epoch {
            return;
        }
        let RegistryPage { deltas, latest, evidence } = page;
        if let Some((version, known)) = self.registry.tip
            && let Some(delta) = deltas.iter().find(|delta| delta.version == version)
        {
            if delta.fingerprint() != known {
                self.begin_registry_anew(&format!("version {version} changed something else"));
                self.registry.latest = Some((latest, evidence.at));
                return;
            }
            self.registry.checked = true;
        }
        self.note_latest(latest, evidence.at);
        if epoch != self.registry.epoch {
            return;
        }
        if deltas.is_empty() && part.is_some() {
            // The node that answered is behind: another one may know more in a moment.
            let later = Failure { retryable: true, unreachable: false, wait: None };
            let jitter = (self.options.jitter)();
            self.plan.failed(Kind::Replay, now, later, jitter);
            return;
        }
        self.keep_deltas(deltas, part.as_ref(), latest, evidence, now);
        self.advance_registry();
        self.tell_registry();
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
        let registry = &mut self.registry;
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
            self.writer.put(Write::RegistryPage { deltas: run, latest, at: evidence.at });
        }
        let done = registry.done();
        registry.rate.reached(now, done);
    }

    /// Takes what there is without a gap into the topology, off this task.
    pub(super) fn advance_registry(&mut self) {
        let registry = &mut self.registry;
        if !registry.can_advance() {
            return;
        }
        registry.folding = true;
        let start = Start {
            epoch: registry.epoch,
            topology: Arc::clone(&registry.topology),
            events: Arc::clone(&registry.events),
            waiting: registry.waiting.clone(),
            read: registry.read.clone(),
            proposals: self.world.proposals.clone(),
        };
        let cache = self.cache.clone();
        self.recalls.spawn_blocking(move || Recalled::Folded(Box::new(advance(start, cache.as_deref()))));
    }

    pub(super) fn registry_folded(&mut self, folded: Folded) {
        self.registry.folding = false;
        if folded.epoch == self.registry.epoch {
            let registry = &mut self.registry;
            registry.topology = Arc::new(folded.topology);
            registry.events = Arc::new(folded.events);
            registry.tip = folded.tip.or(registry.tip);
            registry.linked = folded.proposals;
            registry.read = registry.read.difference(&folded.lost);
            let reached = registry.topology.version;
            registry.waiting.retain(|_, page| page.last().is_some_and(|delta| delta.version > reached));
        }
        self.advance_registry();
        self.tell_registry();
    }

    /// What was damaged in the cache is asked for again.
    pub(super) fn registry_lost(&mut self, lost: &Ranges) {
        self.registry.read = self.registry.read.difference(lost);
    }

    /// Tells the network's make-up once it has reached the newest version.
    fn tell_registry(&mut self) {
        let registry = &self.registry;
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
            self.registry.topology = Arc::new(topology);
            self.world.topology = Arc::clone(&self.registry.topology);
            self.publisher.changed(Part::Topology);
        }
        let before = Arc::clone(&self.world.events);
        self.link_registry();
        if !Arc::ptr_eq(&before, &self.registry.events) {
            self.world.events = Arc::clone(&self.registry.events);
            self.publisher.changed(Part::Events);
        }
        if news || !Arc::ptr_eq(&before, &self.registry.events) {
            self.writer.put(Write::RegistrySnapshot {
                topology: Arc::clone(&self.world.topology),
                events: Arc::clone(&self.world.events),
            });
        }
    }

    /// Looks again for the proposals that caused events, when more proposals are known than before.
    fn link_registry(&mut self) {
        let count = self.world.proposals.len();
        if count == self.registry.linked {
            return;
        }
        self.registry.linked = count;
        let mut events: Vec<Event> = self.registry.events.iter().map(|event| (**event).clone()).collect();
        if icpulse_model::registry::link(&mut events, &self.world.proposals) {
            self.registry.events = Arc::new(events.into_iter().map(Arc::new).collect());
        }
    }
}
