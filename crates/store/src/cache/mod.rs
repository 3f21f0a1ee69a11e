//! What icpulse remembers of a network between runs; the only room that knows sled.
//!
//! One folder a network, named by its root key, with two databases: a small one for what
//! the first frame needs and a larger one, opened when it is first needed, for bodies and
//! transactions. Calls are synchronous: an async caller puts them on a thread of its own.
//!
//! Every write of a page and of the position it reaches is one batch: killed at any
//! moment, the next start finds both or neither. [`Cache::flush`] makes writes durable.

mod accounts;
mod closing;
mod codec;
mod error;
mod facts;
mod folder;
#[doc(hidden)]
pub mod fuzzing;
pub mod history;
mod key;
mod load;
mod network;
mod neurons;
mod observe;
mod proposals;
mod ranges;
mod registry;
mod store;

pub use closing::{closing_limit, hurry_closing, note_unkept, take_unkept, wait_closed};
pub use codec::SCHEMA;
pub use error::CacheError;
pub use load::{IdentityPart, Loaded, Older, OlderRows};
pub use network::{KeptRewards, REWARD_DAYS_KEPT};
pub use observe::{WriteObserver, WriteStep};
pub use proposals::ProposalRange;
pub use ranges::Ranges;
pub use registry::{RegistryPosition, RegistryReplay};
pub use store::guarding;

use icpulse_model::Timestamp;
use icpulse_model::network::RootKey;
use icpulse_model::text::Line;
use observe::Watch;
use parking_lot::Mutex;
use proposals::Positions;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use store::Store;

/// Memory that sled may use for pages of the small database, in bytes.
const FIRST_CACHE: u64 = 8 << 20;
/// … and of the bulk database.
const BULK_CACHE: u64 = 8 << 20;
/// How long to wait for another icpulse that holds the cache, unless told otherwise.
pub const DEFAULT_WAIT: Duration = Duration::from_millis(1_500);

/// A network's memory.
pub struct Cache {
    first: Store,
    bulk: Mutex<Option<Arc<Store>>>,
    folder: Option<PathBuf>,
    network: String,
    opened: Timestamp,
    positions: Mutex<Positions>,
    watch: Watch,
    notes: Mutex<Vec<Line>>,
    // Declared last: the databases close before the lock is given up.
    _lock: Option<File>,
}

/// An opened cache and what the user should know about it.
pub struct Opened {
    pub cache: Cache,
    /// One line each: what was set aside, why it is not shared.
    pub notes: Vec<Line>,
}

impl Cache {
    /// Opens the cache of a network under `base` (see `config`'s paths), waiting up to `wait`
    /// while another icpulse holds it. A database that is damaged or has another schema is set
    /// aside, which the notes say. `now` names what is set aside.
    ///
    /// # Errors
    /// [`CacheError::Busy`] after `wait`; [`CacheError::Io`] if the folder cannot be used.
    pub fn open(
        base: &Path,
        network: &RootKey,
        wait: Duration,
        now: Timestamp,
    ) -> Result<Opened, CacheError> {
        Self::open_watched(base, network, wait, now, None)
    }

    fn open_watched(
        base: &Path,
        network: &RootKey,
        wait: Duration,
        now: Timestamp,
        watch: Watch,
    ) -> Result<Opened, CacheError> {
        match Self::try_open(base, network, wait, now, watch.clone()) {
            // Noticed only when it was read: it is marked now, and set aside by the second try.
            Err(CacheError::Damaged { .. }) => Self::try_open(base, network, wait, now, watch),
            other => other,
        }
    }

    fn try_open(
        base: &Path,
        network: &RootKey,
        wait: Duration,
        now: Timestamp,
        watch: Watch,
    ) -> Result<Opened, CacheError> {
        let network = network.fingerprint();
        let folder = base.join(&network);
        folder::make(&folder)?;
        let lock = folder::lock(&folder, wait)?;
        let mut notes = Vec::new();
        let first = folder::open_store(&folder, "first", &network, FIRST_CACHE, now, &watch, &mut notes)?;
        let mut cache = Self {
            first,
            bulk: Mutex::new(None),
            folder: Some(folder.clone()),
            network,
            opened: now,
            positions: Mutex::default(),
            watch,
            notes: Mutex::default(),
            _lock: Some(lock),
        };
        cache.positions = Mutex::new(cache.read_positions(&mut notes)?);
        Ok(Opened { cache, notes })
    }

    /// Opens the cache, or works without one and says why. `watch` is told of every write.
    pub fn open_or_memory(
        base: &Path,
        network: &RootKey,
        wait: Duration,
        now: Timestamp,
        watch: Option<Arc<dyn WriteObserver>>,
    ) -> Opened {
        let error = match Self::open_watched(base, network, wait, now, watch) {
            Ok(opened) => return opened,
            Err(error) => error,
        };
        let note = Line::new(&format!("working without the cache, nothing is saved: {error}"));
        Opened { cache: Self::in_memory(), notes: vec![note] }
    }

    /// A cache that ends with the process.
    pub fn in_memory() -> Self {
        Self {
            first: Store::memory(),
            bulk: Mutex::new(Some(Arc::new(Store::memory()))),
            folder: None,
            network: String::new(),
            opened: Timestamp(0),
            positions: Mutex::default(),
            watch: None,
            notes: Mutex::default(),
            _lock: None,
        }
    }

    /// Whether what is written outlives the process.
    pub fn is_durable(&self) -> bool {
        self.folder.is_some()
    }

    /// Lets the next start set both databases aside, and says why then.
    ///
    /// # Errors
    /// If that cannot be written down.
    pub fn set_aside_at_next_start(&self, why: &str) -> Result<(), CacheError> {
        let Some(folder) = &self.folder else { return Ok(()) };
        ["first", "bulk"].into_iter().try_for_each(|name| folder::mark_outdated(&folder.join(name), why))
    }

    /// Returns when everything written so far is on the disk.
    ///
    /// # Errors
    /// If the system refuses; nothing may be called durable then.
    pub fn flush(&self) -> Result<(), CacheError> {
        self.first.flush()?;
        let bulk = self.bulk.lock().clone();
        bulk.map_or(Ok(()), |bulk| bulk.flush())
    }

    /// Bytes on disk, of the databases opened so far.
    ///
    /// # Errors
    /// If the system refuses to say.
    pub fn size_on_disk(&self) -> Result<u64, CacheError> {
        let bulk = self.bulk.lock().clone();
        let bulk = bulk.map_or(Ok(0), |bulk| bulk.size())?;
        Ok(self.first.size()?.saturating_add(bulk))
    }

    /// What the user should know since the last call: a bulk database that was set aside.
    pub fn take_notes(&self) -> Vec<Line> {
        std::mem::take(&mut *self.notes.lock())
    }

    /// The folder of this network, if there is one.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// The bulk database, opened at its first use.
    fn bulk(&self) -> Result<Arc<Store>, CacheError> {
        let mut bulk = self.bulk.lock();
        if let Some(store) = bulk.as_ref() {
            return Ok(Arc::clone(store));
        }
        let Some(folder) = &self.folder else { return Ok(Arc::new(Store::memory())) };
        let mut notes = Vec::new();
        let store = folder::open_store(
            folder,
            "bulk",
            &self.network,
            BULK_CACHE,
            self.opened,
            &self.watch,
            &mut notes,
        );
        self.notes.lock().append(&mut notes);
        let store = Arc::new(store?);
        *bulk = Some(Arc::clone(&store));
        Ok(store)
    }
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cache").field("folder", &self.folder).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
