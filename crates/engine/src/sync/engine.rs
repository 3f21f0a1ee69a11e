//! The one task that decides, starts, collects and tells. It waits for nothing but events.

use super::clock::Clock;
use super::jobs::{self, Job, Outcome};
use super::network;
use super::persist::{Event, Write, Writer};
use super::plan::{Failure, Kind, Plan, next_part};
use super::progress::{Rate, Troubles, standstill};
use super::publish::{Part, Publisher};
use super::recall::Recalled;
use super::registry::Replay;
use super::source::Source;
use super::{Command, Options};
use futures_util::FutureExt;
use icpulse_ic::IcError;
use icpulse_model::act::SignerInfo;
use icpulse_model::text::Line;
use icpulse_model::world::{Change, SyncStatus, Topicality, World};
use icpulse_model::{Account, NeuronId, Proposal, ProposalId, Seconds, Timestamp};
use icpulse_store::cache::{Cache, Loaded, Older, Ranges, history};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

/// Places that history leaves to what the user waits for.
pub(super) const RESERVED: usize = 1;
/// With so many writes waiting, no more history is read.
const BACKLOG: usize = 64;
/// Pages of history are shown in batches of so many rows, or after so many milliseconds.
const BATCH_ROWS: usize = 1_000;
const BATCH_MILLIS: u64 = 250;
/// … or a millisecond for so many rows that are there already.
const MILLIS_PER_ROWS: u64 = 140;
/// How far the clock may go back before the plan takes note.
const STEP_BACK: Seconds = Seconds(5);

/// A reading that ended.
pub(super) struct Done {
    kind: Kind,
    part: Option<RangeInclusive<u64>>,
    result: Result<Outcome, IcError>,
}

/// What is known of an account's transactions beyond those in memory.
#[derive(Default)]
pub(super) struct Known {
    /// Blocks searched.
    pub(super) read: Ranges,
    /// The very first one.
    pub(super) oldest: Option<u64>,
    /// This network has no index.
    pub(super) index_missing: bool,
    /// The cache's transactions are in memory (or there are none).
    pub(super) recalled: bool,
}

pub(super) struct Engine<S: Source> {
    pub(super) source: Option<S>,
    pub(super) cache: Option<Arc<Cache>>,
    pub(super) options: Options,
    pub(super) signer: SignerInfo,
    pub(super) world: World,
    /// Proposal ids that need not be asked for again.
    pub(super) read: Ranges,
    pub(super) newest: Option<u64>,
    /// Settled proposals that are still to be taken from the cache.
    pub(super) older: Option<Older>,
    /// None are on their way either: what is missing now is on the network only.
    pub(super) older_recalled: bool,
    /// Unsettled rows that the canister does not know any more.
    pub(super) gone: BTreeSet<ProposalId>,
    pub(super) accounts: BTreeMap<Account, Known>,
    pub(super) transactions_in_memory: usize,
    pub(super) plan: Plan,
    pub(super) troubles: Troubles,
    pub(super) rate: Rate,
    pub(super) status: SyncStatus,
    pub(super) publisher: Publisher,
    pub(super) writer: Writer,
    /// Rows confirmed since they were written: the cache's copy says an earlier time.
    pub(super) confirmed: BTreeSet<ProposalId>,
    pub(super) neurons_written: Timestamp,
    /// Proposals have been read as this identity: the cache's ballots are of the past.
    pub(super) ballots_read: bool,
    pub(super) pending: Vec<Arc<Proposal>>,
    pub(super) folded: Timestamp,
    pub(super) jobs: JoinSet<Done>,
    pub(super) parts: Vec<RangeInclusive<u64>>,
    pub(super) registry: Replay,
    pub(super) recalls: JoinSet<Recalled>,
    pub(super) want_body: Option<ProposalId>,
    pub(super) want_neuron: Option<NeuronId>,
    pub(super) net: network::State,
    pub(super) idle: Vec<oneshot::Sender<()>>,
    pub(super) ready: Vec<oneshot::Sender<()>>,
    last_now: Timestamp,
    history_ran: bool,
}

impl<S: Source> Engine<S> {
    pub(super) fn new(
        source: Option<S>,
        cache: Option<Arc<Cache>>,
        loaded: Loaded,
        signer: SignerInfo,
        options: Options,
        out: mpsc::Sender<Change>,
    ) -> Self {
        let now = options.clock.now();
        let Loaded { mut world, read, older, .. } = loaded;
        world.neurons_known |= signer.is_anonymous();
        let newest = world.proposals.iter().next().map(|row| row.id.0).max(world.facts.latest_proposal);
        let plan = Plan::new(options.cadence, signer.is_anonymous(), options.history, now)
            .pausing(options.first_pause)
            .limited_to(options.only);
        let mut engine = Self {
            registry: Replay::new(&world),
            plan,
            writer: Writer::start(cache.clone()),
            status: SyncStatus {
                network: options.network.clone(),
                offline: options.offline,
                cache_note: options.cache_note.clone(),
                ..SyncStatus::default()
            },
            publisher: Publisher::new(out),
            source,
            cache,
            transactions_in_memory: options.transactions_in_memory,
            options,
            signer,
            world,
            read,
            newest,
            older_recalled: older.is_none(),
            older,
            gone: BTreeSet::new(),
            accounts: BTreeMap::new(),
            troubles: Troubles::default(),
            rate: Rate::default(),
            confirmed: BTreeSet::new(),
            neurons_written: now,
            ballots_read: false,
            pending: Vec::new(),
            folded: now,
            jobs: JoinSet::new(),
            parts: Vec::new(),
            recalls: JoinSet::new(),
            want_body: None,
            want_neuron: None,
            net: network::State::new(now),
            idle: Vec::new(),
            ready: Vec::new(),
            last_now: now,
            history_ran: false,
        };
        engine.watch_accounts();
        engine.forget_old_tallies();
        engine.recall_registry();
        if engine.options.only == Some(Topicality::Network) {
            engine.want_network(now);
        }
        engine.publisher.changed(Part::Sync);
        engine
    }

    pub(super) async fn run(mut self, mut commands: mpsc::UnboundedReceiver<Command<S>>) {
        loop {
            let now = self.now();
            self.fold(now, false);
            self.dispatch(now);
            self.refresh_status();
            self.pass_on_notes();
            let crowded = self.publisher.tell(&self.world, &self.status);
            self.answer(now);
            let wake = self.wake(now);
            let clock = Arc::clone(&self.options.clock);
            tokio::select! {
                biased;
                command = commands.recv() => match command {
                    Some(Command::Shutdown(done)) => {
                        self.end().await;
                        let _ = done.send(());
                        return;
                    }
                    Some(command) => self.obey(command),
                    None => return self.end().await,
                },
                Some(recalled) = self.recalls.join_next() => {
                    self.recalled(recalled.unwrap_or(Recalled::Nothing));
                }
                Some(done) = self.jobs.join_next() => {
                    self.finished(done);
                    while let Some(done) = self.jobs.try_join_next() {
                        self.finished(done);
                    }
                }
                Some(heard) = self.net.heard.join_next() => {
                    self.heard(heard);
                    while let Some(heard) = self.net.heard.try_join_next() {
                        self.heard(heard);
                    }
                }
                Some(event) = self.writer.events.recv() => self.written(event),
                () = self.publisher.room(), if crowded => {}
                () = sleep(clock.as_ref(), wake) => {}
            }
        }
    }

    pub(super) fn now(&mut self) -> Timestamp {
        let now = self.options.clock.now();
        if now < self.last_now.minus(STEP_BACK) {
            self.plan.clock_went_back(now);
            self.net.samples.clock_went_back(now);
            self.net.sights.clock_went_back(now);
        }
        self.last_now = now;
        now
    }

    pub(super) fn may_ask(&self) -> bool {
        !self.options.offline && self.source.is_some()
    }

    fn dispatch(&mut self, now: Timestamp) {
        let Some(source) = self.source.clone().filter(|_| !self.options.offline) else { return };
        for kind in self.plan.due(now) {
            if self.jobs.len() >= self.options.max_in_flight.max(1) && !kind.is_on_demand() {
                break;
            }
            if kind == Kind::Registry && !self.registry.is_settled() {
                continue;
            }
            match self.job(kind, now) {
                Some(job) => {
                    self.plan.started(kind, now);
                    self.spawn(source.clone(), kind, job, None);
                }
                None if kind.is_of_network() && kind != Kind::NodeStatus => {
                    self.plan.nothing_to_do(kind, now)
                }
                None => self.plan.cancel(kind),
            }
        }
        self.dispatch_replay(&source, now);
        self.dispatch_network(&source, now);
        let Some(newest) = self.newest else { return };
        if !self.plan.history_due(now) || !self.older_recalled {
            return;
        }
        let most = self.options.max_in_flight.saturating_sub(RESERVED).max(1);
        while self.parts.len() + self.registry.parts.len() < most && self.writer.backlog() < BACKLOG {
            let Some(part) = next_part(&self.read, newest, &self.parts) else { break };
            self.parts.push(part.clone());
            self.history_ran = true;
            self.spawn(source.clone(), Kind::History, Job::Part(part.clone()), Some(part));
        }
        if self.history_ran && self.parts.is_empty() && self.missing() == 0 {
            self.history_ran = false;
            self.fold(now, true);
            self.writer.put(Write::Compact);
        }
    }

    /// What a kind of reading asks now; `None` if there is nothing to ask.
    fn job(&mut self, kind: Kind, now: Timestamp) -> Option<Job> {
        Some(match kind {
            Kind::Body => Job::Body(self.want_body?),
            Kind::Neuron => Job::Neuron(self.want_neuron?),
            Kind::Newest => Job::Newest,
            Kind::Unsettled => Job::Unsettled { known: self.unsettled() },
            Kind::Neurons => Job::Neurons { known: self.world.neurons.iter().map(|n| n.id).collect() },
            Kind::Accounts => Job::Accounts(self.accounts.keys().copied().collect()),
            Kind::Rate => Job::Rate,
            Kind::Economics => Job::Economics,
            Kind::Reward => Job::Reward,
            Kind::Metrics => Job::Metrics,
            Kind::Modulation => Job::Modulation,
            Kind::KnownNeurons => Job::KnownNeurons,
            Kind::Transactions => {
                let (account, before) = self.older_transactions()?;
                Job::Older { account, before }
            }
            Kind::Registry => self.registry_job(),
            Kind::History | Kind::Replay => return None,
            kind => Job::Network(self.network_job(kind, now)?),
        })
    }

    pub(super) fn spawn(&mut self, source: S, kind: Kind, job: Job, part: Option<RangeInclusive<u64>>) {
        self.jobs.spawn(async move {
            let result = AssertUnwindSafe(jobs::run(source, job)).catch_unwind().await;
            let result = result.unwrap_or_else(|_| {
                Err(IcError::Invalid {
                    what: Line::new("read from the network"),
                    why: Line::new("icpulse met a state it did not expect; please report this"),
                })
            });
            Done { kind, part, result }
        });
    }

    fn finished(&mut self, done: Result<Done, tokio::task::JoinError>) {
        // Panics are caught inside; a cancelled reading is of a former identity.
        let Ok(Done { kind, part, result }) = done else { return };
        let parts = if kind == Kind::Replay { &mut self.registry.parts } else { &mut self.parts };
        parts.retain(|running| Some(running) != part.as_ref());
        let now = self.now();
        match result {
            Ok(outcome) => {
                match outcome.failure() {
                    None => {
                        self.plan.succeeded(kind, now);
                        self.troubles.over(kind);
                    }
                    Some(error) => self.failed(kind, error, now),
                }
                if self.plan.freshens(kind) {
                    self.status.last_success = Some(now);
                }
                self.apply(outcome, now);
            }
            Err(error) => self.failed(kind, &error, now),
        }
    }

    /// A reading failed, or a part of it.
    fn failed(&mut self, kind: Kind, error: &IcError, now: Timestamp) {
        let failure = Failure {
            retryable: error.is_retryable(),
            unreachable: matches!(error, IcError::Unreachable { .. } | IcError::Timeout { .. })
                && kind != Kind::NodeStatus,
            wait: match error {
                IcError::RateLimited { retry_after, .. } => retry_after.map(Seconds),
                _ => None,
            },
        };
        let jitter = (self.options.jitter)();
        let retry_at = self.plan.failed(kind, now, failure, jitter);
        if !kind.is_of_network() || self.network_failed(kind, error) {
            self.troubles.failed(kind, error, now, retry_at);
        } else {
            self.troubles.over(kind);
        }
    }

    fn written(&mut self, event: Event) {
        match event {
            Event::Drained => {}
            Event::Failed(error) => {
                tracing::warn!(%error, "the cache could not be written");
                self.status.cache_note = Some(Line::new(&format!("what is read is not kept: {error}")));
                self.publisher.changed(Part::Sync);
            }
            Event::Recovered => {
                self.status.cache_note = self.options.cache_note.clone();
                self.publisher.changed(Part::Sync);
            }
        }
    }

    /// When the next batch is put in. The more there is, the longer it takes to take in more of it:
    /// the batches grow with it.
    fn folds_at(&self) -> Timestamp {
        let millis = BATCH_MILLIS.max(self.world.proposals.len() as u64 / MILLIS_PER_ROWS);
        Timestamp(self.folded.0.saturating_add(millis * 1_000_000))
    }

    /// Puts pages of history into the world, a batch at a time.
    pub(super) fn fold(&mut self, now: Timestamp, at_once: bool) {
        let waited = now >= self.folds_at();
        let enough = self.pending.len() >= BATCH_ROWS.max(self.world.proposals.len() / 8);
        let due = at_once || waited || self.parts.is_empty() || enough;
        if due && !self.pending.is_empty() {
            let rows = std::mem::take(&mut self.pending);
            self.folded = now;
            self.put_proposals(rows, now);
        }
    }

    /// Ids below the newest that have not been read.
    pub(super) fn missing(&self) -> u64 {
        self.newest.map_or(0, |newest| self.read.gaps(1..=newest).count())
    }

    pub(super) fn refresh_status(&mut self) {
        let runs = self.options.history && self.may_ask();
        let total = self.newest.unwrap_or(0);
        let facts = &self.world.facts;
        let certified = facts.icp_xdr.as_ref().map(|fact| fact.evidence.at);
        let source = self.source.as_ref();
        let status = SyncStatus {
            network: self.options.network.clone(),
            offline: self.options.offline,
            paused: self.plan.is_paused(),
            in_flight: self.jobs.len(),
            last_success: self.status.last_success,
            certified_at: self
                .status
                .certified_at
                .max(source.and_then(Source::network_time))
                .max(certified.filter(|_| self.status.last_success.is_some())),
            clock_offset: source.map_or(self.status.clock_offset, Source::clock_offset),
            registry: self.registry_progress().filter(|_| self.may_ask()),
            history: self.rate.progress(total.saturating_sub(self.missing()), total).filter(|_| runs),
            trouble: self.troubles.worst().or_else(|| source?.standing_since().map(standstill)),
            cache_note: self.status.cache_note.clone(),
        };
        if status != self.status {
            self.status = status;
            self.publisher.changed(Part::Sync);
        }
    }

    /// What the cache noticed in passing: a database set aside, an entry it cannot read.
    fn pass_on_notes(&mut self) {
        for note in self.cache.iter().flat_map(|cache| cache.take_notes()) {
            self.publisher.note(note);
        }
    }

    fn wake(&self, now: Timestamp) -> Option<Timestamp> {
        let plan = self.plan.wake(now).filter(|_| self.may_ask());
        let fold = (!self.pending.is_empty()).then(|| self.folds_at());
        let network = self.network_wake(now).filter(|_| self.may_ask());
        [plan, fold, network].into_iter().flatten().min()
    }

    /// Answers those who wait for the first readings, or for quiet.
    fn answer(&mut self, now: Timestamp) {
        let asks = self.may_ask();
        let recalled = self.net.recalled != network::Recall::UnderWay;
        let replaying = self.plan.waits_for_registry() && self.replay_wants(now);
        if recalled && (self.options.offline || self.plan.tried_all() && !replaying) {
            self.ready.drain(..).for_each(|answer| {
                let _ = answer.send(());
            });
        }
        let history = self.older_recalled
            && self.newest.is_some_and(|newest| {
                self.plan.history_due(now) && next_part(&self.read, newest, &self.parts).is_some()
            });
        let quiet = self.jobs.is_empty()
            && self.recalls.is_empty()
            && self.pending.is_empty()
            && self.writer.backlog() == 0
            && !(asks
                && (history
                    || self.replay_wants(now)
                    || !self.plan.due(now).is_empty()
                    || self.network_busy(now)));
        if quiet {
            self.idle.drain(..).for_each(|answer| {
                let _ = answer.send(());
            });
        }
    }

    /// Forgets rings of proposals that have settled while nobody looked.
    fn forget_old_tallies(&mut self) {
        let old: Vec<String> = self
            .world
            .histories
            .keys()
            .filter(|name| {
                history::tally_of(name)
                    .is_some_and(|id| self.world.proposals.get(id).is_none_or(|row| row.is_final()))
            })
            .cloned()
            .collect();
        if !old.is_empty() {
            let histories = Arc::make_mut(&mut self.world.histories);
            old.iter().for_each(|name| drop(histories.remove(name)));
            self.writer.put(Write::Histories { put: Vec::new(), gone: old });
        }
    }

    /// Ends what runs and keeps what was read.
    async fn end(mut self) {
        self.jobs.shutdown().await;
        self.net.heard.shutdown().await;
        self.parts.clear();
        self.registry.parts.clear();
        let now = self.now();
        self.fold(now, true);
        self.save(now);
        self.publisher.tell(&self.world, &self.status);
        // Writes and flushes what is left, within the limit for closing.
        let writer = self.writer;
        let _ = tokio::task::spawn_blocking(move || drop(writer)).await;
    }
}

async fn sleep(clock: &dyn Clock, until: Option<Timestamp>) {
    match until {
        Some(at) => clock.sleep_until(at).await,
        None => std::future::pending().await,
    }
}
