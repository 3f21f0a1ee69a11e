//! The thread that writes to the cache: in order, apart from everything async.
//!
//! A page and its position are one write there. What has been written is made durable a
//! moment after the last write, when somebody asks for it, and at the end.

use icpulse_store::cache::{Cache, CacheError, note_unkept, wait_closed};
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
type Keep = Box<dyn FnOnce(&Cache) -> Result<(), CacheError> + Send>;

enum Write {
    Keep(Keep),
    /// A page of many, which calls for a compaction now and then.
    Page(Keep),
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
    pub(super) fn put(&self, keep: impl FnOnce(&Cache) -> Result<(), CacheError> + Send + 'static) {
        self.queue(Write::Keep(Box::new(keep)));
    }

    /// Queues a write of one of many pages.
    pub(super) fn put_page(&self, keep: impl FnOnce(&Cache) -> Result<(), CacheError> + Send + 'static) {
        self.queue(Write::Page(Box::new(keep)));
    }

    fn queue(&self, write: Write) {
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
        self.queue(Write::Flush(done));
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
                "the cache could not be written: the newest readings are not saved and will be read again",
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
            Ok(Write::Keep(keep)) => {
                dirty = true;
                (keep(cache), true)
            }
            Ok(Write::Page(keep)) => {
                dirty = true;
                pages += 1;
                (keep(cache), true)
            }
            Err(RecvTimeoutError::Timeout) => {
                dirty = false;
                let compacted = if pages >= COMPACT_AFTER { cache.compact().map(|_| ()) } else { Ok(()) };
                pages %= COMPACT_AFTER;
                (compacted.and_then(|()| cache.flush()), false)
            }
            Err(RecvTimeoutError::Disconnected) => {
                if let Err(error) = cache.flush() {
                    note_unkept(&format!("the newest readings are not saved: {error}"));
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
