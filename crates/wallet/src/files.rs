//! Files of the keystore: written whole or not at all, readable by their owner only.

use super::error::WalletError;
use icpulse_files as files;
pub(super) use icpulse_files::{Existing, WriteObserver, remove_unfinished};
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

/// Largest file read here; key files are far smaller.
const MAX_FILE: u64 = 1 << 20;

pub(super) fn failed(attempt: &'static str, path: &Path, why: io::Error) -> WalletError {
    WalletError::File { attempt, path: path.to_owned(), why }
}

/// Makes a folder that only its owner may enter.
pub(super) fn make_folder(path: &Path) -> Result<(), WalletError> {
    files::make_folder(path).map_err(|e| failed("make the folder", path, e))
}

/// As [`files::write`].
pub(super) fn write(
    path: &Path,
    content: &[u8],
    existing: Existing,
    observer: Option<&dyn WriteObserver>,
) -> Result<(), WalletError> {
    files::write(path, content, existing, observer).map_err(|e| failed("write", path, e))
}

/// As [`files::rename`].
pub(super) fn move_away(
    from: &Path,
    to: &Path,
    observer: Option<&dyn WriteObserver>,
) -> Result<(), WalletError> {
    files::rename(from, to, observer).map_err(|e| failed("move away", from, e))
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
