//! Files of the keystore: written whole or not at all, readable by their owner only.

use super::error::WalletError;
use icpulse_files as files;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

/// Largest file read here; key files are far smaller.
const MAX_FILE: u64 = 1 << 20;
/// Marks files that were not finished.
const UNFINISHED: &str = ".tmp-";

/// A moment in the writing of one file after which the process might die.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteStep {
    /// The temporary file has its content.
    Written,
    /// The content is on the disk.
    Synced,
    /// The file has its name.
    Named,
    /// The name is on the disk.
    DirectorySynced,
}

/// Told of every step of every write; a test can end the process there.
pub trait WriteObserver: Send + Sync {
    /// `step` of writing `path` is done.
    fn reached(&self, step: WriteStep, path: &Path);
}

/// Whether a file may take the place of another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Existing {
    Replace,
    Refuse,
}

pub(super) fn failed(attempt: &'static str, path: &Path, why: io::Error) -> WalletError {
    WalletError::File { attempt, path: path.to_owned(), why }
}

/// Makes a folder that only its owner may enter.
pub(super) fn make_folder(path: &Path) -> Result<(), WalletError> {
    files::make_folder(path).map_err(|e| failed("make the folder", path, e))
}

/// Writes a file so that after a crash at any moment it is either as before or as wanted.
pub(super) fn write(
    path: &Path,
    content: &[u8],
    existing: Existing,
    observer: Option<&dyn WriteObserver>,
) -> Result<(), WalletError> {
    let reached = |step| {
        if let Some(observer) = observer {
            observer.reached(step, path);
        }
    };
    let temporary = temporary_beside(path);
    let attempt = || -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        let mut file = options.open(&temporary)?;
        file.write_all(content)?;
        reached(WriteStep::Written);
        file.sync_all()?;
        reached(WriteStep::Synced);
        match existing {
            Existing::Replace => fs::rename(&temporary, path)?,
            Existing::Refuse => name_if_free(&temporary, path)?,
        }
        reached(WriteStep::Named);
        sync_folder(path)?;
        reached(WriteStep::DirectorySynced);
        Ok(())
    };
    attempt().map_err(|e| {
        // What could not be finished holds an encrypted key at most; failing to remove it harms nobody.
        let _ = fs::remove_file(&temporary);
        failed("write", path, e)
    })
}

/// Gives a file another name, durably.
pub(super) fn move_away(
    from: &Path,
    to: &Path,
    observer: Option<&dyn WriteObserver>,
) -> Result<(), WalletError> {
    let attempt = || -> io::Result<()> {
        fs::rename(from, to)?;
        if let Some(observer) = observer {
            observer.reached(WriteStep::Named, to);
        }
        sync_folder(to)?;
        sync_folder(from)?;
        if let Some(observer) = observer {
            observer.reached(WriteStep::DirectorySynced, to);
        }
        Ok(())
    };
    attempt().map_err(|e| failed("move away", from, e))
}

/// Gives a file its name only if nobody has it: a hard link cannot replace.
fn name_if_free(temporary: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(temporary, path) {
        Ok(()) => fs::remove_file(temporary),
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Err(e),
        // Some file systems have no hard links; the folder's lock keeps other writers away.
        Err(_) if !path.exists() => fs::rename(temporary, path),
        Err(e) => Err(e),
    }
}

fn temporary_beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}{UNFINISHED}{:016x}", rand::random::<u64>()))
}

/// Makes a name durable. Folders cannot be synced on every system; there the rename must do.
pub(super) fn sync_folder(of: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if let Some(folder) = of.parent() {
        File::open(folder)?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = of;
    Ok(())
}

/// Removes what an interrupted process left. Only to be called while holding the lock: then no
/// writer is under way.
pub(super) fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with('.') && name.contains(UNFINISHED) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Holds other processes off the keystore until it is dropped.
pub(super) struct Lock(#[allow(dead_code)] Option<File>);

pub(super) fn lock(path: &Path) -> Result<Lock, WalletError> {
    let file = files::open_lock(path).map_err(|e| failed("open the lock file", path, e))?;
    match file.lock() {
        Ok(()) => Ok(Lock(Some(file))),
        // Some network file systems know no locks; a lone user there is better off without.
        Err(e) if e.kind() == io::ErrorKind::Unsupported => Ok(Lock(None)),
        Err(e) => Err(failed("lock", path, e)),
    }
}

/// Reads a file of a size that a key or index may have.
pub(super) fn read(path: &Path) -> Result<zeroize::Zeroizing<Vec<u8>>, WalletError> {
    let attempt = || -> io::Result<zeroize::Zeroizing<Vec<u8>>> {
        let file = files::open_to_read(path)?;
        let length = file.metadata()?.len();
        if length > MAX_FILE {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the file is far larger than a key"));
        }
        // Room for all of it at once: growing would leave copies of a plaintext key behind.
        let room = usize::try_from(length).unwrap_or(0).saturating_add(64);
        let mut content = zeroize::Zeroizing::new(Vec::with_capacity(room));
        file.take(MAX_FILE).read_to_end(&mut content)?;
        Ok(content)
    };
    attempt().map_err(|e| failed("read", path, e))
}

/// The permission bits that let others than the owner at a file; `None` if there are none.
pub(super) fn too_open(path: &Path) -> Option<u32> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(path).ok()?.permissions().mode() & 0o777;
        (mode & 0o077 != 0).then_some(mode)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        None
    }
}
