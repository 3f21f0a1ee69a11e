//! What to read when. One task asks the network through a [`Source`], keeps what it reads in
//! the cache, and tells the screen what changed.
//!
//! * `feeds` is all that is read, a file for each reading or small family; `feed` says what a feed is.
//! * `plan` says what is due, purely; `engine` runs it; `persist` is the thread that writes; `publish`
//!   tells without waiting. None of them knows what is read.
//! * `query` is the seam to the network, where tests bring their own.
//!
//! An answer that is not proven is an error of its reading: it reaches neither the world nor
//! the cache. A failure keeps what is there, says so, and is tried again later and later.

mod clock;
mod command;
mod engine;
mod feed;
mod feeds;
mod merge;
mod persist;
mod plan;
mod progress;
mod publish;
mod query;
mod rounds;

pub use clock::{Clock, SystemClock};
pub use feed::Feed;
pub use plan::FIRST_PAUSE;
pub use query::{Answer, AnyQuery, Network, Query, Source, SourceState};

use crate::action::operations;
use icpulse_model::act::{Execution, SignerInfo};
use icpulse_model::event::Event;
use icpulse_model::ledger::AccountKey;
use icpulse_model::network::{MOST_IN_FLIGHT, Profile};
use icpulse_model::registry::{PointInTime, Topology, Version};
use icpulse_model::text::Line;
use icpulse_model::world::{Change, SyncStatus, Topicality, World};
use icpulse_model::{Governance, KnownLedger, NeuronKey, Principal, ProposalKey, Seconds};
use icpulse_store::cache::{Cache, CacheError, Loaded, closing_limit, note_unkept};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// What ending may take longer than closing the cache.
const MARGIN: Duration = Duration::from_secs(2);
/// Changes that may wait to be taken; beyond them, newer ones replace older ones.
const ROOM: usize = 256;

/// How to read.
pub struct Options {
    /// The network's name, for the header.
    pub network: Line,
    /// Never ask the network.
    pub offline: bool,
    /// Read only what belongs to this, for a command that prints nothing else.
    pub only: Option<Topicality>,
    /// Read all older proposals and transactions in the background; a one-shot command does not.
    pub history: bool,
    /// How often what is on the screen is read, and nothing else more often; `None`: as each feed says.
    pub refresh: Option<Seconds>,
    /// Governances that are read.
    pub governances: Vec<Governance>,
    /// Readings at the same time, at most (what the user opens comes on top).
    pub max_in_flight: usize,
    /// Its ledgers, the ICP ledger first.
    pub ledgers: Vec<KnownLedger>,
    /// Transactions of an account kept in memory, newest first; the cache keeps all.
    pub transactions_in_memory: usize,
    /// Why the shared cache is not used, if it is not.
    pub cache_note: Option<Line>,
    pub clock: Arc<dyn Clock>,
    /// The pause after a first failure, in milliseconds; each further one doubles it.
    pub first_pause: u64,
    /// A number from 0 to 1,000 that spreads retries.
    pub jitter: Box<dyn FnMut() -> u16 + Send>,
}

impl Options {
    /// The usual ones, for a network of that name.
    pub fn new(network: &str) -> Self {
        Self {
            network: Line::new(network),
            offline: false,
            only: None,
            history: true,
            refresh: None,
            governances: vec![Governance::Nns],
            max_in_flight: MOST_IN_FLIGHT,
            ledgers: Profile::main_network().all_ledgers(),
            transactions_in_memory: 5_000,
            cache_note: None,
            clock: Arc::new(SystemClock),
            first_pause: FIRST_PAUSE,
            jitter: Box::new(|| rand::random::<u16>() % 1_001),
        }
    }
}

enum Command {
    Refresh(Topicality),
    Show(Topicality),
    Proposal(ProposalKey),
    Neuron(NeuronKey),
    Identity(SignerInfo, Option<Network>),
    Touched(Vec<Topicality>),
    Older(AccountKey),
    TopologyAt(PointInTime, oneshot::Sender<Result<Arc<Topology>, Line>>),
    EventsBefore(Version, usize, oneshot::Sender<Result<Vec<Arc<Event>>, Line>>),
    Pause(bool),
    WatchNodes(bool),
    Idle(oneshot::Sender<()>),
    Ready(oneshot::Sender<()>),
    World(oneshot::Sender<(World, SyncStatus)>),
    Shutdown(oneshot::Sender<()>),
}

/// The way to the reading task. When the last one is dropped, the task ends and keeps what it read.
#[derive(Clone)]
pub struct SyncHandle {
    commands: mpsc::UnboundedSender<Command>,
}

/// What the cache knows, for the first frame: of settled proposals only the newest.
///
/// # Errors
/// If the cache cannot be read at all; what cannot be read back is noted.
pub fn load(cache: &Cache, identity: &Principal) -> Result<Loaded, CacheError> {
    load_values(cache, cache.load_recent(identity)?)
}

/// As [`load`], with all proposals.
///
/// # Errors
/// As [`load`].
pub fn load_whole(cache: &Cache, identity: &Principal) -> Result<Loaded, CacheError> {
    load_values(cache, cache.load_world(identity)?)
}

fn load_values(cache: &Cache, mut loaded: Loaded) -> Result<Loaded, CacheError> {
    feeds::load(cache, &mut loaded.world, &mut loaded.notes)?;
    Ok(loaded)
}

/// Starts reading, from what the cache had (`loaded`, which the first frame shows already), as
/// `signer`. Without a network nothing is asked until [`SyncHandle::set_identity`] brings one.
/// Needs a tokio runtime.
///
/// The receiver gets what changed; if it is slow, it gets fewer and newer changes.
pub fn start(
    network: Option<Network>,
    cache: Option<Arc<Cache>>,
    loaded: Loaded,
    signer: SignerInfo,
    options: Options,
) -> (SyncHandle, mpsc::Receiver<Change>) {
    let (commands, inbox) = mpsc::unbounded_channel();
    let (out, changes) = mpsc::channel(ROOM);
    let engine = engine::Engine::new(network, cache, loaded, signer, options, out);
    tokio::spawn(engine.run(inbox));
    (SyncHandle { commands }, changes)
}

impl SyncHandle {
    // A closed channel means that the task has ended: there is nothing left to ask.
    fn send(&self, command: Command) {
        let _ = self.commands.send(command);
    }

    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> Option<T> {
        let (answer, wait) = oneshot::channel();
        self.send(command(answer));
        wait.await.ok()
    }

    /// Reads it now, even while paused. Never while offline.
    pub fn refresh(&self, topicality: Topicality) {
        self.send(Command::Refresh(topicality));
    }

    /// Says what is on the screen: it is read more often.
    pub fn show(&self, topicality: Topicality) {
        self.send(Command::Show(topicality));
    }

    /// Wants the whole of a proposal: from the cache at once, from the network if it may have
    /// changed. Only the one asked for last is insisted on.
    pub fn open_proposal(&self, id: ProposalKey) {
        self.send(Command::Proposal(id));
    }

    /// Wants a neuron, as far as the identity may see it.
    pub fn open_neuron(&self, id: NeuronKey) {
        self.send(Command::Neuron(id));
    }

    /// Reads as another identity from now on, through `network` (or through the present one, if
    /// none is given and the principal is the same). Nothing that the former one could see stays:
    /// a [`Change::World`] says so.
    pub fn set_identity(&self, signer: SignerInfo, network: Option<Network>) {
        self.send(Command::Identity(signer, network));
    }

    /// Reads what an action touched, at once and once more when all nodes have caught up.
    pub fn after(&self, execution: &Execution) {
        let operation = operations::find_operation(&execution.intent.op);
        let mut touched = operation.map_or_else(Vec::new, |o| o.touches.to_vec());
        if execution.transfer_block.is_some() && !touched.contains(&Topicality::Accounts) {
            touched.push(Topicality::Accounts);
        }
        self.send(Command::Touched(touched));
    }

    /// Wants more of an account's older transactions in memory than [`Options`] allows so far:
    /// as many again, from the cache, and from the network what it does not have.
    pub fn older_transactions(&self, account: AccountKey) {
        self.send(Command::Older(account));
    }

    /// The network's make-up as of a moment, from the registry's history in the cache.
    ///
    /// # Errors
    /// In words, when that part of the history has not been read.
    pub async fn topology_at(&self, moment: PointInTime) -> Result<Arc<Topology>, Line> {
        self.ask(|answer| Command::TopologyAt(moment, answer)).await.unwrap_or_else(|| Err(ended()))
    }

    /// Events older than a version, the newest first, at most so many, from the cache.
    ///
    /// # Errors
    /// In words, when they could not be read.
    pub async fn events_before(&self, before: Version, most: usize) -> Result<Vec<Arc<Event>>, Line> {
        let asked = self.ask(|answer| Command::EventsBefore(before, most, answer)).await;
        asked.unwrap_or_else(|| Err(ended()))
    }

    /// Whether nodes' signatures are sampled also while the network is not on the screen: the user
    /// has chosen a node provider whose nodes are watched.
    pub fn watch_nodes(&self, watch: bool) {
        self.send(Command::WatchNodes(watch));
    }

    /// Stops reading by itself, or goes on.
    pub fn pause(&self, paused: bool) {
        self.send(Command::Pause(paused));
    }

    /// Ends when nothing runs, nothing is due now (a retry later is not now), the history is
    /// read as far as it can be, and everything read is written.
    pub async fn idle(&self) {
        self.ask(Command::Idle).await;
    }

    /// Ends when everything that is shown first has been tried once: not the history.
    pub async fn ready(&self) {
        self.ask(Command::Ready).await;
    }

    /// The world and the state of the reading now; `None` after [`SyncHandle::shutdown`].
    pub async fn world(&self) -> Option<(World, SyncStatus)> {
        self.ask(Command::World).await
    }

    /// Ends all reading; returns when what was read is on the disk, or after the time limit for closing
    /// the cache (then [`icpulse_store::cache::take_unkept`] says what is not kept).
    pub async fn shutdown(&self) {
        let limit = closing_limit() + MARGIN;
        if tokio::time::timeout(limit, self.ask(Command::Shutdown)).await.is_err() {
            note_unkept("sync did not finish: the newest readings are not saved and will be read again");
        }
    }
}

fn ended() -> Line {
    Line::new("sync has stopped")
}

#[cfg(test)]
mod tests;
