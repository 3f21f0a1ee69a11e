//! A network's folder: its lock, its two databases, and what is set aside.
//!
//! `<base>/<fingerprint of the root key>/` holds `first` (small: what the first frame
//! needs), `bulk` (bodies, transactions) and `lock`.
//! A database that cannot be read, or that a newer icpulse wrote, is renamed to
//! `<name>.aside-<time>`; nothing is deleted.

use super::codec::SCHEMA;
use super::observe::Watch;
use super::store::{Batch, OpenFailure, Store, damage_mark};
use super::{CacheError, key};
use icpulse_files as files;
use icpulse_model::Timestamp;
use icpulse_model::text::Line;
use serde::{Deserialize, Serialize};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Between two looks at a lock that another process holds.
const POLL: Duration = Duration::from_millis(50);

/// A mark says a line at most.
const MARK_BYTES: u64 = 1 << 16;

/// What a mark begins with where a database is not damaged, but of another past.
const OUTDATED: &str = "outdated: ";

/// Notes that a database is to be set aside when it is opened next.
pub(super) fn mark_outdated(path: &Path, why: &str) -> Result<(), CacheError> {
    let mark = damage_mark(path);
    let text = format!("{OUTDATED}{}", Line::new(why));
    files::replace(&mark, text.as_bytes()).map_err(|e| CacheError::io("write", &mark, &e))
}

/// What a database says of itself. Its shape never changes: other versions must read it.
#[derive(Serialize, Deserialize)]
struct Meta {
    schema: u8,
    network: String,
}

/// Makes the folder, readable by its owner only.
pub(super) fn make(folder: &Path) -> Result<(), CacheError> {
    files::make_folder(folder).map_err(|e| CacheError::io("create", folder, &e))
}

/// Takes the folder's lock, looking again for as long as `wait`.
pub(super) fn lock(folder: &Path, wait: Duration) -> Result<File, CacheError> {
    let path = folder.join("lock");
    let file = files::open_lock(&path).map_err(|e| CacheError::io("open", &path, &e))?;
    let mut left = wait;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if left.is_zero() => {
                return Err(CacheError::Busy { folder: folder.to_owned() });
            }
            Err(TryLockError::WouldBlock) => {
                let step = left.min(POLL);
                std::thread::sleep(step);
                left -= step;
            }
            Err(TryLockError::Error(e)) => return Err(CacheError::io("lock", &path, &e)),
        }
    }
}

/// Opens one of the folder's databases; what cannot be used is set aside and a fresh one made.
pub(super) fn open_store(
    folder: &Path,
    name: &'static str,
    network: &str,
    cache_bytes: u64,
    now: Timestamp,
    watch: &Watch,
    notes: &mut Vec<Line>,
) -> Result<Store, CacheError> {
    let path = folder.join(name);
    let anew = |why: &str, notes: &mut Vec<Line>| {
        let aside = set_aside_database(&path, now)?;
        notes.push(aside_note(&aside, why));
        let store = fresh(&path, cache_bytes, watch)?;
        begin(&store, &path, network)?;
        Ok(store)
    };
    let mark = damage_mark(&path);
    if mark.exists() {
        let text = files::read_text(&mark, MARK_BYTES).unwrap_or_default();
        let why = match text.strip_prefix(OUTDATED) {
            Some(why) => why.to_owned(),
            None => format!("it was found damaged in the last run ({})", Line::new(&text)),
        };
        let store = anew(&why, notes)?;
        std::fs::remove_file(&mark).map_err(|e| CacheError::io("remove", &mark, &e))?;
        return Ok(store);
    }
    let mut tries = 30;
    let store = loop {
        match Store::open(&path, cache_bytes, watch) {
            Ok(store) => break store,
            // The folder's lock is ours, so this is a process that has just ended or an older icpulse.
            Err(OpenFailure::Locked) if tries > 0 => {
                tries -= 1;
                std::thread::sleep(POLL);
            }
            Err(OpenFailure::Locked) => return Err(CacheError::Busy { folder: folder.to_owned() }),
            Err(OpenFailure::Refused(e)) => return Err(CacheError::io("open", &path, &e)),
            Err(OpenFailure::Damaged(why)) => return anew(&format!("it could not be read ({why})"), notes),
        }
    };
    let why = match examine(&store, network) {
        Ok(Found::Ours) => {
            make_ready(&path)?;
            return Ok(store);
        }
        // sled takes files that it cannot make sense of for an empty database.
        Ok(Found::Empty) if ready_mark(&path).exists() => "its files hold nothing any more".to_owned(),
        Ok(Found::Empty) => {
            begin(&store, &path, network)?;
            return Ok(store);
        }
        Ok(Found::Other(why)) => why,
        Err(error @ CacheError::Io { .. }) => return Err(error),
        Err(why) => format!("it could not be read ({why})"),
    };
    // Closed before its folder is moved; damage met in use is noted by a mark, which is dealt with here.
    drop(store);
    let store = anew(&why, notes)?;
    let _ = std::fs::remove_file(&mark);
    Ok(store)
}

/// Makes a new database the network's own.
fn begin(store: &Store, path: &Path, network: &str) -> Result<(), CacheError> {
    write_meta(store, network)?;
    make_ready(path)
}

/// The file that says that a database has been made, so that an empty one has lost its content.
fn ready_mark(path: &Path) -> PathBuf {
    path.with_extension("ready")
}

fn make_ready(path: &Path) -> Result<(), CacheError> {
    let mark = ready_mark(path);
    if mark.exists() {
        return Ok(());
    }
    files::replace(&mark, b"").map_err(|e| CacheError::io("write", &mark, &e))
}

fn fresh(path: &Path, cache_bytes: u64, watch: &Watch) -> Result<Store, CacheError> {
    Store::open(path, cache_bytes, watch).map_err(|failure| match failure {
        OpenFailure::Locked => CacheError::Busy { folder: path.to_owned() },
        OpenFailure::Refused(e) => CacheError::io("open", path, &e),
        OpenFailure::Damaged(why) => {
            CacheError::Damaged { what: format!("the new cache {}", path.display()), why }
        }
    })
}

enum Found {
    Empty,
    Ours,
    Other(String),
}

fn examine(store: &Store, network: &str) -> Result<Found, CacheError> {
    let Some(bytes) = store.get(key::META)? else {
        return Ok(match store.scan_from(&[], &[], 1)?.is_empty() {
            true => Found::Empty,
            false => Found::Other("it does not say which schema it has".to_owned()),
        });
    };
    Ok(match postcard::from_bytes::<Meta>(&bytes) {
        Ok(meta) if meta.network != network => {
            Found::Other(format!("it belongs to another network ({})", Line::new(&meta.network)))
        }
        Ok(meta) if meta.schema == SCHEMA => Found::Ours,
        Ok(meta) if meta.schema > SCHEMA => Found::Other(format!(
            "a newer icpulse wrote it (schema {}, this one knows {SCHEMA})",
            meta.schema
        )),
        Ok(meta) => {
            Found::Other(format!("an older icpulse wrote it (schema {}, this one has {SCHEMA})", meta.schema))
        }
        Err(_) => Found::Other("it does not say which schema it has".to_owned()),
    })
}

fn write_meta(store: &Store, network: &str) -> Result<(), CacheError> {
    let meta = Meta { schema: SCHEMA, network: network.to_owned() };
    let bytes = postcard::to_stdvec(&meta)
        .map_err(|e| CacheError::Encode { what: "the cache's schema", why: e.to_string() })?;
    let mut batch = Batch::default();
    batch.put(key::META.to_vec(), bytes);
    store.apply(batch)?;
    store.flush()
}

/// Renames a database out of the way; its new name. Its place may be empty then without a loss.
fn set_aside_database(path: &Path, now: Timestamp) -> Result<PathBuf, CacheError> {
    let ready = ready_mark(path);
    match std::fs::remove_file(&ready) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(CacheError::io("remove", &ready, &e)),
        _ => set_aside(path, now),
    }
}

/// Renames a file or folder out of the way; its new name.
pub(super) fn set_aside(path: &Path, now: Timestamp) -> Result<PathBuf, CacheError> {
    let stamp = now.utc().map_or_else(|| now.secs().to_string(), |t| t.format("%Y%m%d-%H%M%S").to_string());
    let mut aside = path.with_extension(format!("aside-{stamp}"));
    let mut number = 2;
    while aside.exists() {
        aside = path.with_extension(format!("aside-{stamp}-{number}"));
        number += 1;
    }
    match std::fs::rename(path, &aside) {
        // A damage mark may outlive its database.
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(CacheError::io("set aside", path, &e)),
        _ => Ok(aside),
    }
}

fn aside_note(aside: &Path, why: &str) -> Line {
    Line::new(&format!(
        "cache set aside: {why}; everything is read again from the network, and no recorded action is lost; the old files are in {} and may be deleted",
        aside.display()
    ))
}
