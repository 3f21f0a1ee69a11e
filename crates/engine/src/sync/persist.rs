//! The thread that writes to the cache: in order, apart from everything async.
//!
//! A page and its position are one write there. What has been written is made durable a
//! moment after the last write, when somebody asks for it, and at the end.

use super::network::Keep;
use icpulse_model::event::Event as RegistryEvent;
use icpulse_model::ledger::{AccountState, Transaction};
use icpulse_model::network::Facts;
use icpulse_model::proposal::ProposalBody;
use icpulse_model::registry::{Delta, Topology, Version};
use icpulse_model::series::Series;
use icpulse_model::{Account, Neuron, NeuronId, Principal, Proposal, Timestamp};
use icpulse_store::cache::{Cache, CacheError, note_unkept, wait_closed};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// How long after a write the disk is flushed, if no other write does it before.
const FLUSH_AFTER: Duration = Duration::from_secs(2);
/// So many pages of history are worth a compaction.
const COMPACT_AFTER: usize = 200;

/// Something to keep.
pub(super) enum Write {
    Proposals { reader: Principal, rows: Vec<Arc<Proposal>>, read: Vec<RangeInclusive<u64>> },
    Neurons { reader: Principal, all: Vec<NeuronId>, changed: Vec<Arc<Neuron>> },
    Neuron { reader: Principal, neuron: Arc<Neuron> },
    Body { body: Arc<ProposalBody>, settled: bool },
    Account(AccountState),
    Transactions { account: Account, rows: Vec<Transaction>, covered: Option<RangeInclusive<u64>> },
    Facts { now: Arc<Facts>, before: Arc<Facts> },
    Histories { put: Vec<(String, Series)>, gone: Vec<String> },
    RegistryPage { deltas: Arc<Vec<Delta>>, latest: Version, at: Timestamp },
    RegistrySnapshot { topology: Arc<Topology>, events: Arc<Vec<Arc<RegistryEvent>>> },
    ForgetRegistry,
    Network(Keep),
    Compact,
    Flush(oneshot::Sender<()>),
}

/// What the writer has to say.
pub(super) enum Event {
    /// Nothing is left to write.
    Drained,
    /// Something could not be kept, for the first time in a row.
    Failed(CacheError),
    /// Writing works again.
    Recovered,
}

/// The way to the thread.
pub(super) struct Writer {
    queue: Option<Sender<Write>>,
    backlog: Arc<AtomicUsize>,
    /// Its other side lives as long as the thread.
    ended: Option<Receiver<()>>,
    /// What it says.
    pub(super) events: mpsc::UnboundedReceiver<Event>,
}

impl Writer {
    /// Starts it; without a cache (or a thread) writes go nowhere.
    pub(super) fn start(cache: Option<Arc<Cache>>) -> Self {
        let (queue, writes) = channel();
        let (say, events) = mpsc::unbounded_channel();
        let backlog = Arc::new(AtomicUsize::new(0));
        let left = Arc::clone(&backlog);
        let ended = cache.and_then(|cache| {
            let (alive, ended) = channel();
            let work = move || {
                work(&cache, &writes, &left, &say);
                drop(cache);
                drop(alive);
            };
            std::thread::Builder::new().name("cache".to_owned()).spawn(work).ok().map(|_| ended)
        });
        let queue = ended.is_some().then_some(queue);
        Self { queue, backlog, ended, events }
    }

    /// Queues a write.
    pub(super) fn put(&self, write: Write) {
        if let Some(queue) = &self.queue {
            self.backlog.fetch_add(1, Ordering::SeqCst);
            if queue.send(write).is_err() {
                self.backlog.fetch_sub(1, Ordering::SeqCst);
            }
        }
    }

    /// How many writes wait.
    pub(super) fn backlog(&self) -> usize {
        self.backlog.load(Ordering::SeqCst)
    }

    /// Ends when everything queued so far is on the disk.
    pub(super) fn flushed(&self) -> oneshot::Receiver<()> {
        let (done, wait) = oneshot::channel();
        self.put(Write::Flush(done));
        wait
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Closing the queue lets the thread write what is left, flush and end.
        self.queue = None;
        if let Some(ended) = self.ended.take()
            && !wait_closed(&ended)
        {
            note_unkept(
                "the cache could not be written: what was read last is not kept, and is read again from the network",
            );
        }
    }
}

fn work(cache: &Cache, writes: &Receiver<Write>, backlog: &AtomicUsize, say: &mpsc::UnboundedSender<Event>) {
    let mut dirty = false;
    let mut pages = 0usize;
    let mut failing = false;
    loop {
        let next = if dirty {
            writes.recv_timeout(FLUSH_AFTER)
        } else {
            writes.recv().map_err(|_| RecvTimeoutError::Disconnected)
        };
        let mut answer = None;
        let (result, counted) = match next {
            Ok(Write::Flush(done)) => {
                answer = Some(done);
                (cache.flush(), true)
            }
            Ok(write) => {
                dirty = true;
                pages += usize::from(matches!(write, Write::Proposals { .. }));
                (put(cache, write), true)
            }
            Err(RecvTimeoutError::Timeout) => {
                dirty = false;
                let compacted = if pages >= COMPACT_AFTER { cache.compact().map(|_| ()) } else { Ok(()) };
                pages %= COMPACT_AFTER;
                (compacted.and_then(|()| cache.flush()), false)
            }
            Err(RecvTimeoutError::Disconnected) => {
                if let Err(error) = cache.flush() {
                    note_unkept(&format!("what was read last is not kept: {error}"));
                }
                return;
            }
        };
        match result {
            Ok(()) if failing => {
                failing = false;
                let _ = say.send(Event::Recovered);
            }
            Ok(()) => {}
            Err(error) => {
                if !failing {
                    let _ = say.send(Event::Failed(error));
                }
                failing = true;
            }
        }
        if let Some(done) = answer {
            let _ = done.send(());
        }
        if counted && backlog.fetch_sub(1, Ordering::SeqCst) == 1 {
            let _ = say.send(Event::Drained);
        }
    }
}

fn put(cache: &Cache, write: Write) -> Result<(), CacheError> {
    match write {
        Write::Proposals { reader, rows, read } => cache.put_proposals(&reader, &rows, &read),
        Write::Neurons { reader, all, changed } => cache.put_neurons(&reader, &all, &changed),
        Write::Neuron { reader, neuron } => cache.put_neuron(&reader, &neuron),
        Write::Body { body, settled } => cache.put_body(&body, settled),
        Write::Account(state) => cache.put_account(&state),
        Write::Transactions { account, rows, covered } => cache.put_transactions(&account, &rows, covered),
        Write::Facts { now, before } => cache.put_facts(&now, &before),
        Write::Histories { put, gone } => {
            cache.put_histories(put.iter().map(|(name, series)| (name.as_str(), series)))?;
            cache.drop_histories(gone.iter().map(String::as_str))
        }
        Write::RegistryPage { deltas, latest, at } => cache.put_registry_page(&deltas, latest, at),
        Write::RegistrySnapshot { topology, events } => cache.put_registry_snapshot(&topology, &events),
        Write::ForgetRegistry => cache.forget_registry(),
        Write::Network(keep) => keep.put(cache),
        Write::Compact => cache.compact().map(|_| ()),
        Write::Flush(_) => cache.flush(),
    }
}
