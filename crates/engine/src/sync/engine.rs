//! The one task that decides, starts, collects and tells. It waits for nothing but events, and knows
//! feeds only by what [`Feed`] says of them.

use super::clock::Clock;
use super::feed::{Answered, Feed, Fetch, Fetched, Part, Shape, Start};
use super::feeds;
use super::persist::{Event, Writer};
use super::plan::{Failure, Plan};
use super::progress::{Troubles, standstill};
use super::publish::Publisher;
use super::query::{Network, internal_error};
use super::rounds::Rounds;
use super::{Command, Options};
use futures_util::FutureExt;
use icpulse_ic::IcError;
use icpulse_model::act::SignerInfo;
use icpulse_model::text::Line;
use icpulse_model::world::{Change, SyncFailure, SyncStatus, Topicality, World};
use icpulse_model::{Principal, Seconds, Timestamp};
use icpulse_store::cache::{Cache, CacheError, Loaded, history};
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinError, JoinSet};

/// Places that parts leave to what the user waits for.
const RESERVED: usize = 1;
/// How far the clock may go back before the plan takes note.
const STEP_BACK: Seconds = Seconds(5);

/// A reading that ended.
pub(super) struct Done {
    feed: &'static Feed,
    part: Option<Part>,
    result: Result<Fetched, IcError>,
}

/// Puts what the cache said into the world.
pub(super) type Recalled = Box<dyn FnOnce(&mut Engine) + Send>;

pub(super) struct Engine {
    pub(super) network: Option<Network>,
    pub(super) cache: Option<Arc<Cache>>,
    pub(super) options: Options,
    pub(super) signer: SignerInfo,
    pub(super) world: World,
    /// What feeds know besides the world.
    pub(super) feeds: feeds::State,
    pub(super) plan: Plan,
    pub(super) troubles: Troubles,
    pub(super) status: SyncStatus,
    pub(super) publisher: Publisher,
    pub(super) writer: Writer,
    /// Readings and parts of readings, under one limit.
    pub(super) jobs: JoinSet<Done>,
    /// Parts that are being read.
    pub(super) parts: Vec<(&'static Feed, Part)>,
    /// When members of sharded feeds are asked, by the feed's rank.
    rounds: BTreeMap<usize, Rounds>,
    /// Members being asked, each of whom waits for no other.
    pub(super) shards: JoinSet<(&'static Feed, Principal, Answered)>,
    pub(super) recalls: JoinSet<Recalled>,
    pub(super) idle: Vec<oneshot::Sender<()>>,
    pub(super) ready: Vec<oneshot::Sender<()>>,
    last_now: Timestamp,
}

impl Engine {
    pub(super) fn new(
        network: Option<Network>,
        cache: Option<Arc<Cache>>,
        loaded: Loaded,
        signer: SignerInfo,
        options: Options,
        out: mpsc::Sender<Change>,
    ) -> Self {
        let now = options.clock.now();
        let Loaded { mut world, read, older, .. } = loaded;
        world.neurons_known |= signer.is_anonymous();
        let plan = Plan::new(signer.is_anonymous(), options.history, now)
            .pausing(options.first_pause)
            .refreshing(options.refresh)
            .limited_to(options.only);
        let mut engine = Self {
            feeds: feeds::State::new(&world, read, older, &options, now),
            plan,
            writer: Writer::start(cache.clone()),
            status: SyncStatus {
                network: options.network.clone(),
                offline: options.offline,
                cache_note: options.cache_note.clone(),
                cached_at: world.newest_reading(),
                ..SyncStatus::default()
            },
            publisher: Publisher::new(out, world.clone()),
            network,
            cache,
            options,
            signer,
            world,
            troubles: Troubles::default(),
            jobs: JoinSet::new(),
            parts: Vec::new(),
            rounds: BTreeMap::new(),
            shards: JoinSet::new(),
            recalls: JoinSet::new(),
            idle: Vec::new(),
            ready: Vec::new(),
            last_now: now,
        };
        engine.watch_accounts();
        engine.forget_old_tallies();
        engine.recall_registry();
        if engine.options.only == Some(Topicality::Network) {
            engine.want_network(now);
        }
        engine
    }

    pub(super) async fn run(mut self, mut commands: mpsc::UnboundedReceiver<Command>) {
        loop {
            let now = self.now();
            for feed in feeds::all() {
                feed.reading.tick(&mut self, now);
            }
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
                    if let Ok(put) = recalled {
                        put(&mut self);
                    }
                }
                Some(done) = self.jobs.join_next() => {
                    self.finish(done);
                    while let Some(done) = self.jobs.try_join_next() {
                        self.finish(done);
                    }
                }
                Some(done) = self.shards.join_next() => {
                    self.finish_member(done);
                    while let Some(done) = self.shards.try_join_next() {
                        self.finish_member(done);
                    }
                }
                Some(event) = self.writer.events.recv() => self.note_written(event),
                () = self.publisher.room(), if crowded => {}
                () = sleep(clock.as_ref(), wake) => {}
            }
        }
    }

    pub(super) fn now(&mut self) -> Timestamp {
        let now = self.options.clock.now();
        if now < self.last_now.minus(STEP_BACK) {
            self.plan.clock_went_back(now);
            self.rounds.values_mut().for_each(|rounds| rounds.refresh(now));
        }
        self.last_now = now;
        now
    }

    /// This machine's time, set right by what the network says of it.
    pub(super) fn network_now(&self, now: Timestamp) -> Timestamp {
        let offset = self.network.as_ref().map_or(0, |network| network.state().clock_offset);
        let by = Seconds(offset.unsigned_abs());
        if offset < 0 { now.minus(by) } else { now.plus(by) }
    }

    pub(super) fn may_ask(&self) -> bool {
        !self.options.offline && self.network.is_some()
    }

    /// The parts of a feed that are being read.
    pub(super) fn parts_of(&self, feed: &Feed) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(move |(other, _)| *other == feed).map(|(_, part)| part)
    }

    fn dispatch(&mut self, now: Timestamp) {
        let Some(network) = self.network.clone().filter(|_| !self.options.offline) else { return };
        let allowed = network.state().allowed_in_flight.min(self.options.max_in_flight).max(1);
        // First: that all members have been tried may be what others wait for.
        for feed in feeds::all().iter().filter(|feed| feed.is_sharded()) {
            self.dispatch_members(feed, &network, now);
        }
        for feed in self.plan.due(now) {
            if self.jobs.len() >= allowed && !feed.is_on_demand() {
                break;
            }
            match feed.reading.start(self, &network, now) {
                Start::Fetch(fetch) => {
                    self.plan.started(feed, now);
                    self.spawn(feed, None, fetch);
                }
                Start::Nothing => self.plan.nothing_to_do(feed, now),
                Start::Cancel => self.plan.cancel(feed),
                Start::Wait => {}
            }
        }
        let most = allowed.saturating_sub(RESERVED).max(1);
        for feed in feeds::all() {
            let Shape::Parts { backlog } = feed.shape else { continue };
            if !self.plan.is_due(feed, now) {
                continue;
            }
            let share = feed.reading.share(self, most, now);
            while self.parts_of(feed).count() < share
                && self.parts.len() < most
                && self.writer.backlog() < backlog
            {
                let Some((part, fetch)) = feed.reading.next_part(self, &network) else { break };
                self.parts.push((feed, part.clone()));
                self.spawn(feed, Some(part), fetch);
            }
        }
    }

    fn spawn(&mut self, feed: &'static Feed, part: Option<Part>, fetch: Fetch) {
        self.jobs.spawn(async move {
            let result = AssertUnwindSafe(fetch).catch_unwind().await;
            Done { feed, part, result: result.unwrap_or_else(|_| Err(internal_error())) }
        });
    }

    /// Starts what is due of a sharded feed.
    fn dispatch_members(&mut self, feed: &'static Feed, network: &Network, now: Timestamp) {
        let Some(members) = feed.reading.members(self) else { return };
        let rounds = self.rounds.entry(feeds::rank(feed)).or_default();
        rounds.set_members(&members, now);
        if let Some(period) = self.plan.period(feed) {
            rounds.set_period(period, now);
        }
        if rounds.tried_all() {
            self.plan.tried(feed);
        }
        if !self.may_ask_members(feed) {
            return;
        }
        let due = self.rounds.get_mut(&feeds::rank(feed)).map(|rounds| rounds.start_due(now));
        for member in due.unwrap_or_default() {
            let Some(ask) = feed.reading.ask_member(self, network, member) else { continue };
            self.shards.spawn(async move {
                let answered = AssertUnwindSafe(ask).catch_unwind().await;
                let failed = |_| Answered { well: false, merge: Box::new(|_, _| {}) };
                (feed, member, answered.unwrap_or_else(failed))
            });
        }
        self.plan.was_done(feed);
    }

    fn may_ask_members(&self, feed: &Feed) -> bool {
        self.plan.may_run(feed) && feed.reading.is_wanted(self)
    }

    /// Whether a member of a sharded feed is being asked.
    pub(super) fn is_asking_members(&self, feed: &Feed) -> bool {
        self.rounds.get(&feeds::rank(feed)).is_some_and(Rounds::is_running)
    }

    /// When the next member of each sharded feed is to be asked.
    fn members_due(&self) -> impl Iterator<Item = Timestamp> {
        let sharded = feeds::all().iter().filter(|feed| feed.is_sharded() && self.may_ask_members(feed));
        sharded.filter_map(|feed| self.rounds.get(&feeds::rank(feed))?.wake()).filter(|_| self.may_ask())
    }

    /// Members of sharded feeds are asked as if for the first time.
    pub(super) fn forget_rounds(&mut self) {
        self.rounds.clear();
    }

    /// Everybody of a topic is asked now.
    pub(super) fn refresh_members(&mut self, topic: Topicality, now: Timestamp) {
        for feed in feeds::all().iter().filter(|feed| feed.belongs_to(topic)) {
            if let Some(rounds) = self.rounds.get_mut(&feeds::rank(feed)) {
                rounds.refresh(now);
            }
        }
    }

    fn finish_member(&mut self, done: Result<(&'static Feed, Principal, Answered), JoinError>) {
        // Panics are caught inside.
        let Ok((feed, member, Answered { well, merge })) = done else { return };
        let now = self.now();
        if let Some(rounds) = self.rounds.get_mut(&feeds::rank(feed)) {
            rounds.ended(&member, well, now);
        }
        merge(self, now);
    }

    fn finish(&mut self, done: Result<Done, JoinError>) {
        // Panics are caught inside; a cancelled reading is of a former identity.
        let Ok(Done { feed, part, result }) = done else { return };
        if let Some(part) = part {
            self.parts.retain(|running| *running != (feed, part.clone()));
        }
        let now = self.now();
        match result {
            Ok(Fetched { merge, failure }) => {
                match failure {
                    None => {
                        self.plan.succeeded(feed, now);
                        self.troubles.remove(feed);
                    }
                    Some(error) => self.note_failure(feed, &error, now),
                }
                if self.plan.freshens(feed) {
                    self.status.last_success = Some(now);
                }
                merge(self, now);
            }
            Err(error) => self.note_failure(feed, &error, now),
        }
    }

    /// A reading failed, or a part of it.
    fn note_failure(&mut self, feed: &'static Feed, error: &IcError, now: Timestamp) {
        tracing::debug!(feed = feed.id, %error, "reading");
        let failure = Failure {
            retryable: error.is_retryable(),
            // That a public service is not reached says nothing about the network.
            network_wide: error.is_network_wide() && !feed.unverified,
            stands_still: matches!(error, IcError::Stalled { .. } | IcError::Clock { .. }),
            wait: match error {
                IcError::RateLimited { retry_after, .. } => retry_after.map(Seconds),
                _ => None,
            },
        };
        let jitter = (self.options.jitter)();
        let retry_at = self.plan.failed(feed, now, failure, jitter);
        if feed.reading.note_failure(self, error) && self.matters(feed, error) {
            self.troubles.add(feed, error, now, retry_at);
        } else {
            self.troubles.remove(feed);
        }
    }

    /// Whether a failure is worth telling. Of a quiet feed a wrong proof always is; what merely could not
    /// be had, only to whom it matters now. A network that does not offer something is none the worse for it.
    pub(super) fn matters(&self, feed: &Feed, error: &IcError) -> bool {
        if !feed.quiet {
            return true;
        }
        if error.is_refusal() {
            return false;
        }
        let watched = self.plan.is_visible(feed.topic) || self.options.only == Some(feed.topic);
        watched || error.is_unverified() && !matches!(error, IcError::Stalled { .. })
    }

    /// Asks the network for something that somebody looks at, or says why that is impossible.
    pub(super) fn want(&mut self, feed: &'static Feed, attempted: &str, missing: bool) {
        let now = self.now();
        if !self.options.offline {
            self.plan.request(feed, now);
        } else if missing {
            let trouble = SyncFailure {
                attempted: Line::new(attempted),
                why: Line::new("it is not in the cache, and the network is not asked while offline"),
                advice: Line::new("start icpulse without --offline"),
                since: now,
                retry_at: None,
                unverified: false,
            };
            self.troubles.note(feed, trouble);
        }
    }

    /// Asks the cache for something, off this task; `nothing` if that fails.
    pub(super) fn recall<T: Send + 'static>(
        &mut self,
        ask: impl FnOnce(&Cache) -> Result<T, CacheError> + Send + 'static,
        nothing: T,
        put: impl FnOnce(&mut Self, T) + Send + 'static,
    ) {
        match self.cache.clone() {
            Some(cache) => self.spawn_blocking(move || ask(&cache).unwrap_or(nothing), put),
            None => {
                let recalled: Recalled = Box::new(move |engine| put(engine, nothing));
                self.recalls.spawn(std::future::ready(recalled));
            }
        }
    }

    /// Works out something that takes a while, off this task.
    pub(super) fn spawn_blocking<T: Send + 'static>(
        &mut self,
        work: impl FnOnce() -> T + Send + 'static,
        put: impl FnOnce(&mut Self, T) + Send + 'static,
    ) {
        self.recalls.spawn_blocking(move || {
            let done = work();
            let recalled: Recalled = Box::new(move |engine| put(engine, done));
            recalled
        });
    }

    /// Notes what the cache could not read back.
    pub(super) fn note_all(&mut self, notes: Vec<Line>) {
        for note in notes {
            tracing::warn!(%note, "reading the cache");
            self.publisher.note(note);
        }
    }

    /// Adds a sample to a history ring.
    pub(super) fn sample(&mut self, name: &str, at: Timestamp, value: u64) {
        let mut histories = Arc::clone(&self.world.histories);
        let ring =
            Arc::make_mut(&mut histories).entry(name.to_owned()).or_insert_with(|| history::ring(name));
        if history::sample(ring, name, at, value) {
            self.world.histories = histories;
            self.keep_histories(vec![name.to_owned()], Vec::new());
        }
    }

    /// Writes history rings and forgets others.
    pub(super) fn keep_histories(&mut self, touched: Vec<String>, gone: Vec<String>) {
        let rings = touched.into_iter();
        let put: Vec<_> = rings
            .filter_map(|name| self.world.histories.get(&name).cloned().map(|ring| (name, ring)))
            .collect();
        self.writer.put(move |cache| {
            cache.put_histories(put.iter().map(|(name, series)| (name.as_str(), series)))?;
            cache.drop_histories(gone.iter().map(String::as_str))
        });
    }

    fn note_written(&mut self, event: Event) {
        match event {
            Event::Drained => {}
            Event::Failed(error) => {
                tracing::warn!(%error, "the cache could not be written");
                self.status.cache_note = Some(Line::new(&format!("readings are not saved: {error}")));
            }
            Event::Recovered => {
                self.status.cache_note = self.options.cache_note.clone();
            }
        }
    }

    pub(super) fn refresh_status(&mut self) {
        let state = self.network.as_ref().map(Network::state);
        let status = SyncStatus {
            network: self.options.network.clone(),
            offline: self.options.offline,
            paused: self.plan.is_paused(),
            in_flight: self.jobs.len(),
            last_success: self.status.last_success,
            cached_at: self.status.cached_at,
            certified_at: self.status.certified_at.max(state.and_then(|state| state.network_time)),
            clock_offset: state.map_or(self.status.clock_offset, |state| state.clock_offset),
            registry: self.registry_progress(),
            history: self.history_progress(),
            trouble: self.troubles.worst().or_else(|| state?.standing_since.map(standstill)),
            cache_note: self.status.cache_note.clone(),
        };
        self.status = status;
    }

    /// What the cache noticed in passing: a database set aside, an entry it cannot read.
    fn pass_on_notes(&mut self) {
        for note in self.cache.iter().flat_map(|cache| cache.take_notes()) {
            self.publisher.note(note);
        }
    }

    fn wake(&self, now: Timestamp) -> Option<Timestamp> {
        let plan = self.plan.wake(now).filter(|_| self.may_ask());
        let members = self.members_due().filter(|due| *due > now);
        let feeds = feeds::all().iter().filter_map(|feed| feed.reading.next_due(self, now));
        feeds.chain(members).chain(plan).min()
    }

    /// Answers those who wait for the first readings, or for quiet.
    fn answer(&mut self, now: Timestamp) {
        let waits = |feed: &&Feed| feed.reading.holds_ready(self, now);
        if (self.options.offline || self.plan.tried_all()) && !feeds::all().iter().any(waits) {
            self.ready.drain(..).for_each(|answer| {
                let _ = answer.send(());
            });
        }
        let quiet = self.jobs.is_empty()
            && self.shards.is_empty()
            && self.recalls.is_empty()
            && self.writer.backlog() == 0
            && (!self.may_ask() || self.plan.due(now).is_empty())
            && !self.members_due().any(|due| due <= now)
            && !feeds::all().iter().any(|feed| feed.reading.is_busy(self, now));
        if quiet {
            self.idle.drain(..).for_each(|answer| {
                let _ = answer.send(());
            });
        }
    }

    /// Writes what the cache has an earlier reading of.
    pub(super) fn save(&mut self, now: Timestamp) {
        // The least urgent first: rows of the history belong in the world before the rest is written.
        for feed in feeds::all().iter().rev() {
            feed.reading.save(self, now);
        }
    }

    /// Ends what runs and keeps what was read.
    async fn end(mut self) {
        self.jobs.shutdown().await;
        self.shards.shutdown().await;
        self.parts.clear();
        let now = self.now();
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
