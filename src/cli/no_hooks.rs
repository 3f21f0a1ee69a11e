//! In place of the test hooks where debug assertions are off, as in released programs: variables of
//! tests are not read, and nobody watches.

use icpulse_engine::action;
use icpulse_files::WriteObserver;
use icpulse_model::Seconds;
use icpulse_store::{cache, journal};
use std::sync::Arc;

/// Nobody watches actions.
pub(super) fn action_hook() -> Option<Arc<dyn action::Observer>> {
    None
}

/// Nobody watches the cache.
pub(super) fn cache_hook() -> Option<Arc<dyn cache::WriteObserver>> {
    None
}

/// Nobody watches the keystore.
pub(super) fn keystore_hook() -> Option<Arc<dyn WriteObserver>> {
    None
}

/// Requests are valid as long as usual.
pub(super) fn request_lifetime() -> Option<Seconds> {
    None
}

/// Frames that nobody counts.
pub(super) struct Frames;

impl Frames {
    /// Whatever the environment says.
    pub(super) fn from_environment() -> Self {
        Self
    }

    /// A frame is about to be drawn.
    pub(super) fn count_frame(&mut self) {}
}

/// Nothing observes the journal.
pub(super) fn journal_hook() -> journal::Observer {
    None
}
