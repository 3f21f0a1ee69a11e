//! Where documents lie: `<journal folder>/<fingerprint of the root key>/<plan>.json`, with a
//! `<plan>.lock` for each action and one `payments.lock`.

use super::document::{self, JournalKey};
use super::{FINISHED_KEPT, JournalEntries, JournalEntry, JournalError, Observer};
use icpulse_files as files;
use icpulse_model::act::{Execution, PlanId};
use icpulse_model::network::RootKey;
use icpulse_model::text::Line;
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// What documents are called, after the plan they are of.
const SUFFIX: &str = "json";
/// The largest document that is read: a vote with thousands of ballots has some megabytes.
const LARGEST: u64 = 64 * 1024 * 1024;
/// How long another instance may take to decide on a payment.
const PAYMENT_WAIT: Duration = Duration::from_secs(10);
/// Attempts to take an action's lock: an instance that lists the journal tests it for a moment.
const LOCK_ATTEMPTS: u32 = 5;
/// The pause between two attempts to take a lock.
const POLL: Duration = Duration::from_millis(20);

/// The journal of one network.
#[derive(Debug)]
pub struct ActionJournal {
    root_key: String,
    place: JournalPlace,
}

enum JournalPlace {
    Folder(PathBuf, Observer),
    Memory(Memory),
}

impl std::fmt::Debug for JournalPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder(folder, _) => f.debug_tuple("Folder").field(folder).finish(),
            Self::Memory(_) => f.write_str("Memory"),
        }
    }
}

/// A journal that ends with its process. Clones of the sets are held by locks.
#[derive(Default)]
struct Memory {
    documents: Mutex<BTreeMap<String, Vec<u8>>>,
    locked: Arc<Mutex<BTreeSet<String>>>,
}

/// The right to work on one action, until dropped. No other instance has it meanwhile.
pub struct ActionLock {
    _lock: Lock,
}

/// The right to decide on a payment, until dropped. No other instance has it meanwhile.
pub struct PaymentLock {
    _lock: Lock,
}

enum Lock {
    File { _file: File },
    Memory(Arc<Mutex<BTreeSet<String>>>, String),
}

impl Drop for Lock {
    fn drop(&mut self) {
        if let Self::Memory(locked, name) = self {
            locked.lock().remove(name);
        }
    }
}

impl ActionJournal {
    /// The journal of the network with this root key, below `base`. The folder is made.
    ///
    /// # Errors
    /// If the folder cannot be made or listed.
    pub fn open(base: &Path, root_key: &RootKey, observer: Observer) -> Result<Self, JournalError> {
        let folder = base.join(root_key.fingerprint());
        files::make_folder(&folder).map_err(|e| JournalError::io_error("create", &folder, &e))?;
        list_files(&folder, SUFFIX)?;
        Ok(Self { root_key: hex::encode(&root_key.0), place: JournalPlace::Folder(folder, observer) })
    }

    /// A journal that ends with its process, for a network that does too.
    pub fn in_memory(root_key: &RootKey) -> Self {
        Self { root_key: hex::encode(&root_key.0), place: JournalPlace::Memory(Memory::default()) }
    }

    /// Writes where an action stands, in place of its earlier document. Returns when that would
    /// survive a loss of power.
    ///
    /// # Errors
    /// If it could not be written, or `key` is another identity's: then nothing that relies on it
    /// may be sent.
    pub fn save(&self, execution: &Execution, key: &JournalKey) -> Result<(), JournalError> {
        if key.signer() != execution.signer {
            return Err(JournalError(Line::new("the action belongs to another identity")));
        }
        let plan = execution.plan.to_string();
        let bytes = document::encode_document(execution, &self.root_key, key).map_err(|why| {
            JournalError(Line::new(&format!("could not write the action to the journal: {why}")))
        })?;
        match &self.place {
            JournalPlace::Memory(memory) => {
                memory.documents.lock().insert(plan, bytes);
            }
            JournalPlace::Folder(folder, observer) => {
                let path = folder.join(format!("{plan}.{SUFFIX}"));
                files::write(&path, &bytes, files::Existing::Replace, observer.as_deref())
                    .map_err(|e| JournalError::io_error("write", &path, &e))?;
            }
        }
        if execution.is_finished() {
            // The document is written; failing to remove older ones does no harm.
            let _ = self.forget_oldest();
        }
        Ok(())
    }

    /// Everything the journal holds. With a `key`, documents of its identity are checked.
    ///
    /// # Errors
    /// If the folder cannot be listed.
    pub fn entries(&self, key: Option<&JournalKey>) -> Result<JournalEntries, JournalError> {
        let mut all = JournalEntries::default();
        let mut add = |plan: &str, bytes: Option<Vec<u8>>, under_way: bool| {
            let read =
                bytes.and_then(|bytes| document::decode_document(&bytes, plan, &self.root_key, key).ok());
            match read {
                Some((execution, authenticity)) => {
                    all.entries.push(JournalEntry {
                        id: plan.to_owned(),
                        execution,
                        authenticity,
                        under_way,
                    });
                }
                None => all.unreadable.push(plan.to_owned()),
            }
        };
        match &self.place {
            JournalPlace::Memory(memory) => {
                let locked = memory.locked.lock().clone();
                for (plan, bytes) in memory.documents.lock().iter() {
                    add(plan, Some(bytes.clone()), locked.contains(plan));
                }
            }
            JournalPlace::Folder(folder, _) => {
                for path in list_files(folder, SUFFIX)? {
                    let plan = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                    add(&plan, files::read(&path, LARGEST).ok(), is_locked(&path.with_extension("lock")));
                }
            }
        }
        all.unreadable.sort();
        all.entries.sort_by_key(|e| std::cmp::Reverse((e.execution.confirmed, e.execution.plan)));
        Ok(all)
    }

    /// Takes an action for this run of it; `None` if it is taken.
    ///
    /// # Errors
    /// If the lock file cannot be made.
    pub fn lock_action(&self, plan: PlanId) -> Result<Option<ActionLock>, JournalError> {
        for attempt in 0..LOCK_ATTEMPTS {
            if attempt > 0 {
                std::thread::sleep(POLL);
            }
            if let Some(lock) = self.try_lock(&plan.to_string())? {
                return Ok(Some(ActionLock { _lock: lock }));
            }
        }
        Ok(None)
    }

    /// Waits for the right to decide on a payment.
    ///
    /// # Errors
    /// If another instance keeps it for long, or the lock file cannot be made.
    pub fn lock_payments(&self) -> Result<PaymentLock, JournalError> {
        let mut waited = Duration::ZERO;
        loop {
            if let Some(lock) = self.try_lock("payments")? {
                return Ok(PaymentLock { _lock: lock });
            }
            if waited >= PAYMENT_WAIT {
                return Err(JournalError(Line::new(
                    "another icpulse is preparing a payment: try again in a moment",
                )));
            }
            std::thread::sleep(POLL);
            waited += POLL;
        }
    }

    /// Puts a document aside under another name, so that it counts no more; returns where it is now.
    ///
    /// # Errors
    /// If it cannot be renamed.
    pub fn set_aside(&self, id: &str) -> Result<PathBuf, JournalError> {
        match &self.place {
            JournalPlace::Memory(memory) => {
                memory.documents.lock().remove(id);
                Ok(PathBuf::from("(in memory)"))
            }
            JournalPlace::Folder(folder, _) => {
                let path = folder.join(format!("{id}.{SUFFIX}"));
                let aside = path.with_extension("altered");
                std::fs::rename(&path, &aside).map_err(|e| JournalError::io_error("rename", &path, &e))?;
                Ok(aside)
            }
        }
    }

    fn try_lock(&self, name: &str) -> Result<Option<Lock>, JournalError> {
        match &self.place {
            JournalPlace::Memory(memory) => {
                let free = memory.locked.lock().insert(name.to_owned());
                Ok(free.then(|| Lock::Memory(Arc::clone(&memory.locked), name.to_owned())))
            }
            JournalPlace::Folder(folder, _) => {
                let path = folder.join(format!("{name}.lock"));
                let file = files::open_lock(&path).map_err(|e| JournalError::io_error("open", &path, &e))?;
                match file.try_lock() {
                    Ok(()) => Ok(Some(Lock::File { _file: file })),
                    Err(TryLockError::WouldBlock) => Ok(None),
                    Err(TryLockError::Error(e)) => Err(JournalError::io_error("lock", &path, &e)),
                }
            }
        }
    }

    /// Removes the oldest settled documents beyond [`FINISHED_KEPT`].
    fn forget_oldest(&self) -> Result<(), JournalError> {
        let count = match &self.place {
            JournalPlace::Memory(memory) => memory.documents.lock().len(),
            JournalPlace::Folder(folder, _) => list_files(folder, SUFFIX)?.len(),
        };
        if count <= FINISHED_KEPT {
            return Ok(());
        }
        let entries = self.entries(None)?.entries;
        let settled = entries.into_iter().filter(|e| !e.execution.is_open() && !e.under_way);
        for old in settled.skip(FINISHED_KEPT) {
            let plan = old.execution.plan.to_string();
            match &self.place {
                JournalPlace::Memory(memory) => {
                    memory.documents.lock().remove(&plan);
                }
                JournalPlace::Folder(folder, _) => {
                    let _ = std::fs::remove_file(folder.join(format!("{plan}.{SUFFIX}")));
                    let _ = std::fs::remove_file(folder.join(format!("{plan}.lock")));
                }
            }
        }
        Ok(())
    }
}

/// Whether an instance holds a lock file.
fn is_locked(path: &Path) -> bool {
    // The file is made when an instance first works on the action.
    if !path.exists() {
        return false;
    }
    files::open_lock(path).is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
}

fn list_files(folder: &Path, suffix: &str) -> Result<Vec<PathBuf>, JournalError> {
    let listing = std::fs::read_dir(folder).map_err(|e| JournalError::io_error("list", folder, &e))?;
    let paths = listing.flatten().map(|entry| entry.path());
    Ok(paths.filter(|path| path.extension().is_some_and(|found| found == suffix)).collect())
}
