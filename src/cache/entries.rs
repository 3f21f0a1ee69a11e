//! Where journal entries lie: one file an action, beside the databases and not in them.
//!
//! A database that is damaged or of another version is set aside; an action that was begun must
//! outlive that. An entry is written whole or not at all, and one that cannot be read costs only
//! itself and stays where it is, for the icpulse that understands it.

use super::observe::{Watch, WriteStep, reached};
use super::{CacheError, held};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// What entries are called, after the plan they are of.
const SUFFIX: &str = "action";
/// What an unfinished one is called.
const UNFINISHED: &str = "unfinished";

/// Entries by plan.
pub(super) enum Entries {
    /// Files of this folder.
    Folder(PathBuf, Watch),
    /// Gone with the process.
    Memory(Mutex<BTreeMap<String, Vec<u8>>>),
}

impl Entries {
    /// None, in memory.
    pub(super) fn memory() -> Self {
        Self::Memory(Mutex::default())
    }

    /// Those of a network's folder, whose lock must be held.
    pub(super) fn of(folder: &Path, watch: &Watch) -> Result<Self, CacheError> {
        let folder = folder.join("actions");
        super::folder::make(&folder)?;
        for path in files(&folder, UNFINISHED)? {
            // What was not finished was never relied on.
            let _ = std::fs::remove_file(path);
        }
        Ok(Self::Folder(folder, watch.clone()))
    }

    /// Puts an entry in place of the earlier one of its plan; returns when it would survive a loss
    /// of power.
    pub(super) fn put(&self, plan: &str, bytes: Vec<u8>) -> Result<(), CacheError> {
        match self {
            Self::Folder(folder, watch) => {
                let path = folder.join(format!("{plan}.{SUFFIX}"));
                let unfinished = path.with_extension(UNFINISHED);
                write(&unfinished, &path, &bytes, watch).map_err(|e| {
                    let _ = std::fs::remove_file(&unfinished);
                    CacheError::io("write", &path, &e)
                })
            }
            Self::Memory(map) => {
                held(map).insert(plan.to_owned(), bytes);
                Ok(())
            }
        }
    }

    /// Forgets an entry.
    pub(super) fn remove(&self, plan: &str) -> Result<(), CacheError> {
        match self {
            Self::Folder(folder, _) => {
                let path = folder.join(format!("{plan}.{SUFFIX}"));
                match std::fs::remove_file(&path) {
                    Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                        Err(CacheError::io("remove", &path, &e))
                    }
                    _ => Ok(()),
                }
            }
            Self::Memory(map) => {
                held(map).remove(plan);
                Ok(())
            }
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> Result<usize, CacheError> {
        match self {
            Self::Folder(folder, _) => Ok(files(folder, SUFFIX)?.len()),
            Self::Memory(map) => Ok(held(map).len()),
        }
    }

    /// All of them, in no order; `None` for one that the system cannot read.
    pub(super) fn all(&self) -> Result<Vec<Option<Vec<u8>>>, CacheError> {
        match self {
            Self::Folder(folder, _) => {
                Ok(files(folder, SUFFIX)?.iter().map(|path| std::fs::read(path).ok()).collect())
            }
            Self::Memory(map) => Ok(held(map).values().cloned().map(Some).collect()),
        }
    }
}

fn write(unfinished: &Path, path: &Path, bytes: &[u8], watch: &Watch) -> std::io::Result<()> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(unfinished)?;
    file.write_all(bytes)?;
    reached(watch, WriteStep::EntryWritten, path);
    file.sync_all()?;
    reached(watch, WriteStep::EntrySynced, path);
    std::fs::rename(unfinished, path)?;
    reached(watch, WriteStep::EntryNamed, path);
    // Folders cannot be synced on every system; there the rename must do.
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    reached(watch, WriteStep::EntryDurable, path);
    Ok(())
}

fn files(folder: &Path, suffix: &str) -> Result<Vec<PathBuf>, CacheError> {
    let listing = std::fs::read_dir(folder).map_err(|e| CacheError::io("list", folder, &e))?;
    let paths = listing.flatten().map(|entry| entry.path());
    Ok(paths.filter(|path| path.extension().is_some_and(|found| found == suffix)).collect())
}
