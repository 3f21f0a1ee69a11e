//! One ordered map of bytes, on disk (sled) or in memory.
//!
//! Every table lives in one tree under a leading letter (see `key`), because a batch is
//! atomic within a tree: a page, its ballots and its position are one write.

use super::observe::{Watch, WriteStep, reached};
use super::{CacheError, closing};
use icpulse_files as files;
use parking_lot::{Mutex, MutexGuard};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::time::Duration;

/// Between two looks at whether an earlier write has ended.
const AGAIN: Duration = Duration::from_millis(5);

/// A key with its value.
pub(super) type Entry = (Vec<u8>, Vec<u8>);

/// A key with its new value; `None` takes it away.
type Change = (Vec<u8>, Option<Vec<u8>>);

/// Writes that happen all or not at all.
#[derive(Default)]
pub(super) struct Batch(Vec<Change>);

impl Batch {
    /// Sets a value.
    pub(super) fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.0.push((key, Some(value)));
    }

    /// Takes a value away.
    pub(super) fn delete(&mut self, key: Vec<u8>) {
        self.0.push((key, None));
    }

    /// Whether it would change nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Where the bytes are.
pub(super) enum Store {
    /// In a sled database.
    Disk(Disk),
    /// Gone with the process.
    Memory(Mutex<BTreeMap<Vec<u8>, Vec<u8>>>),
}

/// A sled database in its folder.
///
/// Once the system has refused a write, sled may wait for ever for what was not written, in a flush,
/// in a read of what is not on the disk, and in the flush when it is closed. From then on it is
/// therefore not used until the next start.
pub(super) struct Disk {
    /// `None` only while it is being closed.
    db: Option<sled::Db>,
    path: PathBuf,
    watch: Watch,
    /// A write was refused.
    refused: AtomicBool,
    /// What the system said. Writes and flushes go one after the other: none waits for one that failed.
    writing: Mutex<Option<String>>,
}

/// Why a database did not open.
pub(super) enum OpenFailure {
    /// Somebody else holds it.
    Locked,
    /// The system refused: the files themselves may be fine.
    Refused(std::io::Error),
    /// The files are not a database (any more).
    Damaged(String),
}

impl Store {
    /// An empty one in memory.
    pub(super) fn memory() -> Self {
        Self::Memory(Mutex::default())
    }

    /// Opens or makes the database in `path`.
    pub(super) fn open(path: &Path, cache_bytes: u64, watch: &Watch) -> Result<Self, OpenFailure> {
        let config = sled::Config::default()
            .path(path)
            .cache_capacity(cache_bytes)
            // Nothing wakes without a reason: whoever claims durability flushes.
            .flush_every_ms(None);
        match guarded(|| config.open()) {
            Ok(Ok(db)) => Ok(Self::Disk(Disk {
                db: Some(db),
                path: path.to_owned(),
                watch: watch.clone(),
                refused: AtomicBool::new(false),
                writing: Mutex::default(),
            })),
            Ok(Err(error)) => Err(failure(error)),
            Err(why) => Err(OpenFailure::Damaged(why)),
        }
    }

    /// One value.
    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, CacheError> {
        match self {
            Self::Disk(disk) => disk.read(|db| db.get(key).map(|found| found.map(|v| v.to_vec()))),
            Self::Memory(map) => Ok(lock(map).get(key).cloned()),
        }
    }

    /// All entries whose key starts with `prefix`, in order.
    pub(super) fn scan(&self, prefix: &[u8]) -> Result<Vec<Entry>, CacheError> {
        self.scan_from(prefix, prefix, usize::MAX)
    }

    /// At most `limit` entries whose key starts with `prefix`, from `start` on.
    pub(super) fn scan_from(
        &self,
        prefix: &[u8],
        start: &[u8],
        limit: usize,
    ) -> Result<Vec<Entry>, CacheError> {
        match self {
            Self::Disk(disk) => disk.read(|db| {
                db.range(start.to_vec()..)
                    .take_while(|entry| entry.as_ref().map_or(true, |(key, _)| key.starts_with(prefix)))
                    .take(limit)
                    .map(|entry| entry.map(|(key, value)| (key.to_vec(), value.to_vec())))
                    .collect()
            }),
            Self::Memory(map) => Ok(lock(map)
                .range(start.to_vec()..)
                .take_while(|(key, _)| key.starts_with(prefix))
                .take(limit)
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect()),
        }
    }

    /// All keys that start with `prefix`, in order.
    pub(super) fn keys(&self, prefix: &[u8]) -> Result<Vec<Vec<u8>>, CacheError> {
        match self {
            Self::Disk(disk) => {
                disk.read(|db| db.scan_prefix(prefix).keys().map(|key| key.map(|key| key.to_vec())).collect())
            }
            Self::Memory(map) => Ok(lock(map)
                .range(prefix.to_vec()..)
                .map(|(key, _)| key)
                .take_while(|key| key.starts_with(prefix))
                .cloned()
                .collect()),
        }
    }

    /// The last key that starts with `prefix`.
    pub(super) fn last(&self, prefix: &[u8]) -> Result<Option<Vec<u8>>, CacheError> {
        match self {
            Self::Disk(disk) => disk.read(|db| {
                db.scan_prefix(prefix).keys().next_back().transpose().map(|key| key.map(|key| key.to_vec()))
            }),
            Self::Memory(map) => Ok(lock(map)
                .range(prefix.to_vec()..)
                .map(|(key, _)| key)
                .take_while(|key| key.starts_with(prefix))
                .last()
                .cloned()),
        }
    }

    /// Writes a batch, all or nothing.
    pub(super) fn apply(&self, batch: Batch) -> Result<(), CacheError> {
        if batch.is_empty() {
            return Ok(());
        }
        match self {
            Self::Disk(disk) => {
                let changes = disk.read(|db| find_changes(db, batch))?;
                if changes.is_empty() {
                    return Ok(());
                }
                let mut writes = sled::Batch::default();
                for (key, value) in changes {
                    match value {
                        Some(value) => writes.insert(key, value),
                        None => writes.remove(key),
                    }
                }
                disk.write([WriteStep::Applying, WriteStep::Applied], |db| db.apply_batch(writes))
            }
            Self::Memory(map) => {
                let mut map = lock(map);
                for (key, value) in batch.0 {
                    match value {
                        Some(value) => map.insert(key, value),
                        None => map.remove(&key),
                    };
                }
                Ok(())
            }
        }
    }

    /// Returns when everything written is on the disk.
    pub(super) fn flush(&self) -> Result<(), CacheError> {
        match self {
            Self::Disk(disk) => {
                disk.write([WriteStep::Flushing, WriteStep::Flushed], |db| db.flush().map(|_| ()))?;
                disk.check_folder()
            }
            Self::Memory(_) => Ok(()),
        }
    }

    /// Bytes on disk.
    pub(super) fn size(&self) -> Result<u64, CacheError> {
        match self {
            Self::Disk(disk) => disk.read(sled::Db::size_on_disk),
            Self::Memory(_) => Ok(0),
        }
    }
}

/// What of a batch differs from what is stored: most of what is read again is as it was. Of several changes
/// of a key the last one counts.
fn find_changes(db: &sled::Db, batch: Batch) -> Result<Vec<Change>, sled::Error> {
    let last: BTreeMap<_, _> = batch.0.into_iter().collect();
    let mut changes = Vec::new();
    for (key, value) in last {
        if db.get(&key)?.as_deref() != value.as_deref() {
            changes.push((key, value));
        }
    }
    Ok(changes)
}

impl Disk {
    fn db(&self) -> Result<&sled::Db, CacheError> {
        match &self.db {
            Some(db) if !closing::is_stuck() => Ok(db),
            _ => Err(self.unusable("it is being closed, and that does not end")),
        }
    }

    fn read<T>(&self, read: impl FnOnce(&sled::Db) -> Result<T, sled::Error>) -> Result<T, CacheError> {
        if self.refused.load(Ordering::SeqCst) {
            let why = lock(&self.writing).clone().unwrap_or_default();
            return Err(self.unusable(&why));
        }
        let db = self.db()?;
        self.checked(|| read(db))
    }

    fn write(
        &self,
        [before, after]: [WriteStep; 2],
        write: impl FnOnce(&sled::Db) -> Result<(), sled::Error>,
    ) -> Result<(), CacheError> {
        let mut refusal = self.wait_for_writes()?;
        if let Some(why) = &*refusal {
            return Err(self.unusable(why));
        }
        let db = self.db()?;
        reached(&self.watch, before, &self.path);
        let outcome = self.checked(|| write(db));
        if let Err(CacheError::Io { why, .. } | CacheError::Damaged { why, .. }) = &outcome {
            *refusal = Some(why.clone());
            self.refused.store(true, Ordering::SeqCst);
            // Never closed, since closing flushes; the system takes the lock off at the end.
            std::mem::forget(db.clone());
        }
        outcome?;
        reached(&self.watch, after, &self.path);
        Ok(())
    }

    /// Waits for the writes before this one, unless one of them never ends.
    fn wait_for_writes(&self) -> Result<MutexGuard<'_, Option<String>>, CacheError> {
        loop {
            match self.writing.try_lock_for(AGAIN) {
                Some(refusal) => return Ok(refusal),
                None if closing::is_stuck() => return Err(self.unusable("an earlier write does not end")),
                None => {}
            }
        }
    }

    /// Files of a folder that was removed can still be written, and are gone with the process.
    fn check_folder(&self) -> Result<(), CacheError> {
        if self.path.exists() { Ok(()) } else { Err(self.unusable("its folder was removed")) }
    }

    fn unusable(&self, why: &str) -> CacheError {
        CacheError::Io { attempted: "use the cache in", path: self.path.clone(), why: why.to_owned() }
    }

    /// Runs a database operation; damage leaves a mark beside the folder, so that the next
    /// start sets the database aside before it relies on it.
    fn checked<T>(&self, operation: impl FnOnce() -> Result<T, sled::Error>) -> Result<T, CacheError> {
        let path = &self.path;
        let why = match guarded(operation) {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(error)) => match failure(error) {
                OpenFailure::Refused(error) => return Err(CacheError::io("use the cache in", path, &error)),
                OpenFailure::Locked => return Err(CacheError::Busy { folder: path.clone() }),
                OpenFailure::Damaged(why) => why,
            },
            Err(why) => why,
        };
        self.check_folder()?;
        // If even the mark cannot be written, the next start meets the damage by itself.
        let _ = files::replace(&damage_mark(path), why.as_bytes());
        Err(CacheError::Damaged { what: format!("the cache {}", path.display()), why })
    }
}

impl Drop for Disk {
    /// Closes the database on a thread of its own, and waits for that within the limit.
    fn drop(&mut self) {
        let Some(db) = self.db.take() else { return };
        if self.refused.load(Ordering::SeqCst) {
            // Another handle was kept for ever, so this one closes nothing.
            return;
        }
        let handle = Arc::new(Mutex::new(Some(db)));
        let given = Arc::clone(&handle);
        let (alive, closed) = channel::<()>();
        let thread = std::thread::Builder::new().name("cache-close".to_owned()).spawn(move || {
            let _ = guarded(|| drop(lock(&given).take()));
            drop(alive);
        });
        let why = match thread {
            Ok(_) if closing::wait_closed(&closed) => return,
            Ok(_) => "closing it does not end".to_owned(),
            Err(why) => {
                // Dropped here, it could wait for ever.
                std::mem::forget(handle);
                why.to_string()
            }
        };
        closing::note_unkept(&format!(
            "the cache {} could not be closed ({why}): what was read last may be missing in it, and is read again from the network",
            self.path.display()
        ));
    }
}

/// The file that says that a database was found damaged while in use.
pub(super) fn damage_mark(path: &Path) -> PathBuf {
    path.with_extension("damaged")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock()
}

thread_local! {
    static GUARDING: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is inside a database operation whose panic is caught and becomes an
/// error, or is one of sled's own, whose panics sled catches: a panic hook should neither print
/// it nor touch the terminal then.
pub fn guarding() -> bool {
    GUARDING.get() || std::thread::current().name().is_some_and(|name| name.starts_with("sled-"))
}

/// sled asserts on some kinds of damage instead of reporting them; that must not end the process.
fn guarded<T>(operation: impl FnOnce() -> T) -> Result<T, String> {
    let outer = GUARDING.replace(true);
    let result = catch_unwind(AssertUnwindSafe(operation));
    GUARDING.set(outer);
    result.map_err(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no reason given");
        text.chars().take(200).collect()
    })
}

/// What the system says when there are no file descriptors left; this error has no kind of its own.
const NO_DESCRIPTORS: &str = "Too many open files";

fn failure(error: sled::Error) -> OpenFailure {
    use std::io::ErrorKind as Kind;
    match error {
        sled::Error::Io(error) if error.to_string().contains("could not acquire lock") => OpenFailure::Locked,
        sled::Error::Io(error)
            if matches!(
                error.kind(),
                Kind::PermissionDenied
                    | Kind::StorageFull
                    | Kind::FileTooLarge
                    | Kind::QuotaExceeded
                    | Kind::ReadOnlyFilesystem
                    | Kind::NotADirectory
                    | Kind::OutOfMemory
            ) || error.to_string().contains(NO_DESCRIPTORS) =>
        {
            OpenFailure::Refused(error)
        }
        other => OpenFailure::Damaged(other.to_string().chars().take(200).collect()),
    }
}
