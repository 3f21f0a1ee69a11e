//! What a monitor knows, in a file. The process that has its lock writes it and sends messages;
//! others only look.

use super::monitor::MonitorState;
use icpulse_files as files;
use icpulse_model::text::Line;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::path::{Path, PathBuf};

/// The form of the file.
const FORM: u32 = 1;
/// A bigger file is not one of ours.
const MOST_BYTES: u64 = 16 << 20;

#[derive(Deserialize)]
struct Stored {
    form: u32,
    kept: MonitorState,
}

#[derive(Serialize)]
struct ToStore<'a> {
    form: u32,
    kept: &'a MonitorState,
}

/// The file and, if this process owns it, its lock.
pub struct Store {
    path: Option<PathBuf>,
    lock: Option<File>,
}

impl Store {
    /// Keeps nothing, and sends.
    pub fn without_file() -> Self {
        Self { path: None, lock: None }
    }

    /// Opens `<name>.json` in a folder, with what was kept and what the user should know.
    pub fn open(folder: &Path, name: &str) -> (Self, MonitorState, Option<Line>) {
        let path = folder.join(format!("{name}.json"));
        let lock = files::make_folder(folder)
            .and_then(|()| files::open_lock(&folder.join(format!("{name}.lock"))))
            .map(|file| file.try_lock().is_ok().then_some(file));
        let (lock, note) = match lock {
            Ok(lock) => (lock, None),
            Err(why) => {
                let text = format!("alerts are not saved: {} cannot be used ({why})", folder.display());
                // Nobody else can have it either: this process sends.
                return (Self::without_file(), MonitorState::default(), Some(Line::new(&text)));
            }
        };
        let (kept, unread) = match read_state(&path) {
            Ok(kept) => (kept, None),
            Err(why) => {
                let aside = path.with_extension("unreadable");
                // Put aside, so that the next save does not destroy it.
                let moved = lock.is_some() && std::fs::rename(&path, &aside).is_ok();
                let place = if moved { aside.display().to_string() } else { path.display().to_string() };
                let text = format!("earlier alerts are not known: {place} cannot be read ({why})");
                (MonitorState::default(), Some(Line::new(&text)))
            }
        };
        (Self { path: Some(path), lock }, kept, note.or(unread))
    }

    /// Whether this process sends: no other one has the file.
    pub fn is_owner(&self) -> bool {
        self.path.is_none() || self.lock.is_some()
    }

    /// Keeps it: the file is replaced as a whole. Does nothing where another process owns it.
    ///
    /// # Errors
    /// In words, when it cannot be written; what was there stays.
    pub fn save(&self, kept: &MonitorState) -> Result<(), Line> {
        let (Some(path), Some(_)) = (&self.path, &self.lock) else { return Ok(()) };
        let written = (|| {
            let text = serde_json::to_vec(&ToStore { form: FORM, kept })?;
            files::replace(path, &text)
        })();
        written.map_err(|why: std::io::Error| {
            Line::new(&format!("alerts are not saved: {} cannot be written ({why})", path.display()))
        })
    }
}

fn read_state(path: &Path) -> Result<MonitorState, String> {
    let bytes = match files::read(path, MOST_BYTES) {
        Ok(bytes) => bytes,
        Err(e) if icpulse_files::is_absent(&e) => return Ok(MonitorState::default()),
        Err(e) => return Err(e.to_string()),
    };
    let stored: Stored = serde_json::from_slice(&bytes).map_err(|e| e.to_string())?;
    match stored.form {
        FORM => Ok(stored.kept),
        other => Err(format!("its form {other} is of another version")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Alerts name nodes and neurons.
    #[test]
    #[cfg(unix)]
    fn the_state_of_alerts_is_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("alerts");
        let (store, kept, _) = Store::open(&folder, "net");
        store.save(&kept).unwrap();
        let path = folder.join("net.json");
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(&path)), (0o700, 0o600));
        // One that an earlier version made.
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        store.save(&kept).unwrap();
        assert_eq!(mode(&path), 0o600);
    }

    #[test]
    fn one_process_owns_the_file_and_damage_is_put_aside() {
        let dir = tempfile::tempdir().unwrap();
        let (first, kept, note) = Store::open(dir.path(), "net");
        assert!(first.is_owner() && note.is_none() && kept == MonitorState::default());
        first.save(&kept).unwrap();
        let (second, ..) = Store::open(dir.path(), "net");
        assert!(!second.is_owner());
        std::fs::write(dir.path().join("net.json"), b"{\"form\":1,\"kept\":[").unwrap();
        drop((first, second));
        let (third, kept, note) = Store::open(dir.path(), "net");
        assert!(third.is_owner() && kept == MonitorState::default());
        assert!(note.unwrap().as_str().contains("net.unreadable"));
        assert!(dir.path().join("net.unreadable").exists());
    }
}
