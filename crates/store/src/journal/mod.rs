//! The action journal: what was confirmed, signed and learnt, before and after every step.
//!
//! One JSON document an action (`document`), in a folder for each network (`files`), apart from the
//! cache: the cache may be thrown away, the journal never. A document names its network by the root
//! key and carries a MAC under a key that is derived from the signer's private key, so that a
//! document somebody else has written or changed is seen as altered. The folder is shared by all
//! running instances: a lock file for each action tells who works on it, and one for payments makes
//! sure that two instances never decide to pay at the same time.

mod document;
mod files;
#[doc(hidden)]
pub mod fuzzing;
#[cfg(test)]
mod tests;
mod version_1;

pub use document::JournalKey;
pub use files::{ActionJournal, ActionLock, PaymentLock};

pub use icpulse_model::act::Authenticity;

use icpulse_files::WriteObserver;
use icpulse_model::act::Execution;
use icpulse_model::text::Line;
use std::path::Path;
use std::sync::Arc;

/// The number of finished documents that are kept; open ones are kept always.
pub const FINISHED_KEPT: usize = 200;

/// Why the journal could not be written or read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("action journal unavailable: {0}")]
pub struct JournalError(pub Line);

impl JournalError {
    fn io_error(what: &str, path: &Path, error: &std::io::Error) -> Self {
        Self(Line::new(&format!(
            "cannot {what} {}: {error}; check the free space and the permissions there",
            path.display()
        )))
    }
}

/// An action as the journal has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalEntry {
    /// Its id by the name of its file, which is the action's unless somebody has copied it.
    pub id: String,
    /// What it says.
    pub execution: Execution,
    /// Whether that can be relied on.
    pub authenticity: Authenticity,
    /// A running instance, possibly this one, is working on it.
    pub under_way: bool,
}

/// All that the journal holds, the latest confirmed first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JournalEntries {
    /// The documents that could be read.
    pub entries: Vec<JournalEntry>,
    /// The ids, by their names, of those that could not be read: damaged, or written by a newer
    /// version.
    pub unreadable: Vec<String>,
}

/// An observer, if there is one.
pub type Observer = Option<Arc<dyn WriteObserver>>;
