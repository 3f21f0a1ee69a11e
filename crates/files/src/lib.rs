//! The program's own files: only regular files are opened, they are written whole or not at all, and
//! what is made is for its owner only.
//!
//! Opening a named pipe waits until somebody opens its other side, and a device may never end: both are
//! refused with an error.
//!
//! A new way to open or write a file of the program belongs here.

use std::fs::{self, File, FileType, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// True if an error of reading a file means that there is none: no such name, or a file where a folder of its
/// path should be (`HOME=/dev/null`).
pub fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Opens or makes a file that processes lock.
///
/// # Errors
/// Of the system, and when it is no regular file.
pub fn open_lock(path: &Path) -> io::Result<File> {
    open(OpenOptions::new().create(true).truncate(false).read(true).write(true), path)
}

/// Opens a file to read.
///
/// # Errors
/// Of the system, and when it is no regular file.
pub fn open_to_read(path: &Path) -> io::Result<File> {
    open(OpenOptions::new().read(true), path)
}

/// Opens or makes a file to write at its end; others than its owner may not read it any more.
///
/// # Errors
/// Of the system, and when it is no regular file.
pub fn open_to_append(path: &Path) -> io::Result<File> {
    let file = open(OpenOptions::new().create(true).append(true), path)?;
    close_to_others(&file)?;
    Ok(file)
}

/// Reads a whole file of at most so many bytes.
///
/// # Errors
/// Of the system, and when it is no regular file or larger.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    open_to_read(path)?.take(most.saturating_add(1)).read_to_end(&mut content)?;
    if content.len() as u64 > most {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("it is larger than {most} bytes, the most that such a file may have"),
        ));
    }
    Ok(content)
}

/// Reads a whole text file of at most so many bytes.
///
/// # Errors
/// As [`read`], and when it is no UTF-8.
pub fn read_text(path: &Path, most: u64) -> io::Result<String> {
    String::from_utf8(read(path, most)?)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8 text"))
}

/// Makes a folder, and those above it that are missing, which only their owner may enter.
pub fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(path)
}

/// A step in writing one file, after which the process might end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteStep {
    /// The temporary file has its content.
    Written,
    /// The content is on the disk.
    Synced,
    /// The file has its name.
    Named,
    /// The name is on the disk.
    FolderSynced,
}

/// Sees every step of every write; a test can end the process there.
pub trait WriteObserver: Send + Sync {
    /// A step of writing `path` is done.
    fn reached(&self, step: WriteStep, path: &Path);
}

/// What happens to a file that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    Replace,
    /// It stays, and writing fails.
    Refuse,
}

/// Writes a file; after a crash at any step it is as before or as wanted. Only one process may write
/// the same file at a time.
///
/// # Errors
/// Of the system; then the file is as before.
pub fn write(
    path: &Path,
    content: &[u8],
    existing: Existing,
    observer: Option<&dyn WriteObserver>,
) -> io::Result<()> {
    let reached = |step| {
        if let Some(observer) = observer {
            observer.reached(step, path);
        }
    };
    let temporary = temporary_beside(path);
    let written = (|| {
        // Left by a process that was ended: nothing relies on it.
        match fs::remove_file(&temporary) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        let mut file = open(OpenOptions::new().create_new(true).write(true), &temporary)?;
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
        reached(WriteStep::FolderSynced);
        Ok(())
    })();
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// Writes a file in place of what was there, as [`write()`].
///
/// # Errors
/// As [`write()`].
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    write(path, content, Existing::Replace, None)
}

/// Gives a file another name, durably.
pub fn rename(from: &Path, to: &Path, observer: Option<&dyn WriteObserver>) -> io::Result<()> {
    let reached = |step| {
        if let Some(observer) = observer {
            observer.reached(step, to);
        }
    };
    fs::rename(from, to)?;
    reached(WriteStep::Named);
    sync_folder(to)?;
    sync_folder(from)?;
    reached(WriteStep::FolderSynced);
    Ok(())
}

/// Removes what an interrupted process left. Only for a process that holds the folder's lock: then
/// nothing is being written.
pub fn remove_unfinished(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with('.') && name.ends_with(UNFINISHED) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Ends the names of files that are being written.
const UNFINISHED: &str = ".new";

fn temporary_beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}{UNFINISHED}"))
}

/// Gives a file its name only if no other file has it: a hard link cannot replace.
fn name_if_free(temporary: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(temporary, path) {
        Ok(()) => fs::remove_file(temporary),
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Err(e),
        // Some file systems have no hard links; the folder's lock keeps other writers away.
        Err(_) if !path.exists() => fs::rename(temporary, path),
        Err(e) => Err(e),
    }
}

/// Makes a file's name durable. Folders cannot be synced on every system; there the rename must do.
fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        File::open(folder)?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

fn open(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    // Looked at before it is opened: opening some devices already does something.
    match fs::metadata(path) {
        Ok(found) => check_regular(found.file_type())?,
        Err(e) if is_absent(&e) => {}
        Err(e) => return Err(e),
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        // A named pipe that took its place meanwhile is opened without waiting.
        let at_once = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or_default();
        options.mode(0o600).custom_flags(at_once);
    }
    let file = options.open(path)?;
    check_regular(file.metadata()?.file_type())?;
    Ok(file)
}

/// The reason something that is no regular file is not opened.
fn check_regular(found: FileType) -> io::Result<()> {
    if found.is_file() {
        return Ok(());
    }
    #[cfg(unix)]
    let special = {
        use std::os::unix::fs::FileTypeExt;
        if found.is_fifo() {
            Some("a named pipe")
        } else if found.is_socket() {
            Some("a socket")
        } else if found.is_char_device() || found.is_block_device() {
            Some("a device")
        } else {
            None
        }
    };
    #[cfg(not(unix))]
    let special = None;
    let kind = special.unwrap_or(if found.is_dir() { "a folder" } else { "something else" });
    Err(io::Error::new(
        io::ErrorKind::InvalidInput,
        format!("it is {kind}, not a regular file; move it away"),
    ))
}

/// Takes a file's permissions from all but its owner.
fn close_to_others(file: &File) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = file.metadata()?.permissions().mode();
        if mode & 0o077 != 0 {
            file.set_permissions(fs::Permissions::from_mode(mode & 0o700))?;
        }
    }
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn what_is_made_is_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("a/b");
        make_folder(&folder).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder), 0o700);
        let path = folder.join("file");
        fs::write(&path, "before").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        replace(&path, b"after").unwrap();
        assert_eq!((read_text(&path, 5).unwrap().as_str(), mode(&path)), ("after", 0o600));
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "nothing is left beside it");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o664)).unwrap();
        open_to_append(&path).unwrap().write_all(b"!").unwrap();
        assert_eq!((read_text(&path, 9).unwrap().as_str(), mode(&path)), ("after!", 0o600));
        open_lock(&folder.join("lock")).unwrap().try_lock().unwrap();
        assert_eq!(mode(&folder.join("lock")), 0o600);
    }

    #[test]
    #[cfg(unix)]
    fn pipes_devices_and_folders_are_refused_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let pipe = dir.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&pipe, &link).unwrap();
        for path in [pipe.as_path(), &link, Path::new("/dev/zero"), dir.path()] {
            for opened in [open_lock(path), open_to_read(path), open_to_append(path)] {
                let why = opened.unwrap_err().to_string();
                assert!(why.contains("not a regular file"), "{}: {why}", path.display());
            }
            assert!(read(path, 10).is_err());
        }
    }

    #[test]
    fn an_existing_file_is_refused_or_replaced_and_every_step_is_seen() {
        struct Steps(std::sync::Mutex<Vec<WriteStep>>);
        impl WriteObserver for Steps {
            fn reached(&self, step: WriteStep, _: &Path) {
                self.0.lock().unwrap().push(step);
            }
        }
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        let steps = Steps(std::sync::Mutex::default());
        write(&path, b"first", Existing::Refuse, Some(&steps)).unwrap();
        assert_eq!(
            *steps.0.lock().unwrap(),
            [WriteStep::Written, WriteStep::Synced, WriteStep::Named, WriteStep::FolderSynced]
        );
        let refused = write(&path, b"second", Existing::Refuse, None).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(read(&path, 9).unwrap(), b"first");
        fs::write(temporary_beside(&path), b"half of").unwrap();
        write(&path, b"second", Existing::Replace, None).unwrap();
        assert_eq!(read(&path, 9).unwrap(), b"second");
        fs::write(temporary_beside(&path), b"half of").unwrap();
        remove_unfinished(dir.path());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_file_that_is_too_large_or_no_text_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        fs::write(&path, b"12345\xff").unwrap();
        assert!(read(&path, 5).unwrap_err().to_string().contains("larger than 5 bytes"));
        assert!(read_text(&path, 6).unwrap_err().to_string().contains("UTF-8"));
        assert_eq!(read(&path, 6).unwrap().len(), 6);
        let missing = read(&dir.path().join("none"), 1).unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
    }
}
