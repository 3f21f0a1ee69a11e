//! The journal of a process that did not get the shared cache: a file of its own.
//!
//! Entries are appended and synced. The file is locked for as long as its process lives;
//! whoever opens the shared cache takes over the files that nobody holds.

use super::codec;
use super::{Cache, CacheError};
use crate::model::act::Execution;
use crate::model::text::Line;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// So many processes at once can have a journal of their own.
const MOST: u32 = 64;

/// An open, locked journal file.
pub(super) struct SideJournal {
    file: File,
    path: PathBuf,
}

impl SideJournal {
    /// Makes one in a network's folder.
    pub(super) fn create(folder: &Path) -> Result<Self, CacheError> {
        super::folder::make(folder)?;
        for number in 0..MOST {
            let path = folder.join(format!("side-{number}.journal"));
            let mut options = File::options();
            options.create(true).append(true).read(true);
            #[cfg(unix)]
            {
                use std::os::unix::fs::OpenOptionsExt;
                options.mode(0o600);
            }
            let file = options.open(&path).map_err(|e| CacheError::io("create", &path, &e))?;
            // Between opening and locking, its taker may have removed it: then it is nobody's.
            if file.try_lock().is_ok() && path.exists() {
                return Ok(Self { file, path });
            }
        }
        Err(CacheError::Busy { folder: folder.to_owned() })
    }

    /// Appends an encoded entry and returns when it is on the disk. What could not be appended whole
    /// is taken back, so that later entries can be read.
    pub(super) fn put(&mut self, entry: &[u8]) -> Result<(), CacheError> {
        let len = u32::try_from(entry.len())
            .map_err(|_| CacheError::Encode { what: "a journal entry", why: "too long".to_owned() })?;
        let mut bytes = len.to_le_bytes().to_vec();
        bytes.extend_from_slice(entry);
        let before = self.file.metadata().map_err(|e| CacheError::io("look at", &self.path, &e))?.len();
        self.file.write_all(&bytes).and_then(|()| self.file.sync_data()).map_err(|e| {
            let _ = self.file.set_len(before);
            CacheError::io("write to", &self.path, &e)
        })
    }
}

/// Entries of a file, oldest first, and how many are not understood; a torn last one, which
/// nothing relied on, is left out.
pub(super) fn entries(bytes: &[u8]) -> (Vec<Execution>, usize) {
    let mut rest = bytes;
    let mut found = Vec::new();
    let mut bad = 0;
    while let Some((len, after)) = rest.split_first_chunk::<4>() {
        let Some((entry, after)) =
            usize::try_from(u32::from_le_bytes(*len)).ok().and_then(|len| after.split_at_checked(len))
        else {
            break;
        };
        match codec::decode(entry) {
            Ok(execution) => found.push(execution),
            Err(_) => bad += 1,
        }
        rest = after;
    }
    (found, bad)
}

impl Cache {
    /// Takes over the journals of processes that have ended.
    pub(super) fn adopt_side_journals(&self, folder: &Path, notes: &mut Vec<Line>) -> Result<(), CacheError> {
        for number in 0..MOST {
            let path = folder.join(format!("side-{number}.journal"));
            let Ok(mut file) = File::options().read(true).write(true).open(&path) else { continue };
            if file.try_lock().is_err() {
                continue;
            }
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).map_err(|e| CacheError::io("read", &path, &e))?;
            let (found, bad) = entries(&bytes);
            // Of a plan the last entry counts: put in order, it replaces those before it.
            for execution in &found {
                let entry = codec::encode("a journal entry", execution)?;
                self.actions.put(&execution.plan.to_string(), entry)?;
            }
            if bad > 0 {
                let kept = super::folder::set_aside(&path, self.opened)?;
                notes.push(Line::new(&format!(
                    "{bad} entries of the journal of an icpulse without the shared cache cannot be read; they are kept in {}: check your neurons and transactions before repeating an action",
                    kept.display()
                )));
            } else {
                std::fs::remove_file(&path).map_err(|e| CacheError::io("remove", &path, &e))?;
            }
            let open = found.iter().filter(|e| !e.is_finished()).count();
            if open > 0 {
                notes.push(Line::new(
                    "actions begun by an icpulse without the shared cache were found and are taken up",
                ));
            }
        }
        Ok(())
    }
}
