//! What can go wrong with the cache, and what to do about it.

use std::path::{Path, PathBuf};

/// Why the cache could not do something. None of these is a reason to stop: icpulse
/// works without its cache, only slower and without memory.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// Another icpulse holds this network's cache.
    #[error(
        "the cache {} is in use by another icpulse; close it, or go on without the shared cache",
        folder.display()
    )]
    Busy { folder: PathBuf },
    /// The operating system refused.
    #[error(
        "could not {attempted} {}: {why}; check the free space and the permissions there, or name another cache folder",
        path.display()
    )]
    Io { attempted: &'static str, path: PathBuf, why: String },
    /// The stored bytes are not what was written.
    #[error(
        "{what} cannot be read back ({why}); it is set aside on the next start and read again from the network"
    )]
    Damaged { what: String, why: String },
    /// A value could not be turned into bytes.
    #[error("could not encode {what} for the cache ({why}); please report this")]
    Encode { what: &'static str, why: String },
}

impl CacheError {
    /// From an error of the file system.
    pub(super) fn io(attempted: &'static str, path: &Path, error: &std::io::Error) -> Self {
        Self::Io { attempted, path: path.to_owned(), why: plain(&error.to_string()) }
    }
}

/// sled hands on a system error's debugging form; its words are what a person can use.
fn plain(why: &str) -> String {
    let words = why.split_once("message: \"").and_then(|(_, rest)| rest.split_once('"'));
    words.map_or(why, |(words, _)| words).to_owned()
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn a_system_error_is_told_in_words() {
        let debug = r#"Os { code: 28, kind: StorageFull, message: "No space left on device" }"#;
        assert_eq!(plain(debug), "No space left on device");
        assert_eq!(plain("File too large (os error 27)"), "File too large (os error 27)");
    }
}
