//! The moments of a write, for whoever watches them.

use std::path::Path;
use std::sync::Arc;

/// A moment in a write after which the process might die.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteStep {
    /// A batch is about to be given to a database.
    Applying,
    /// The database has it, not necessarily on the disk.
    Applied,
    /// A database is about to be made durable.
    Flushing,
    /// Everything it has is on the disk.
    Flushed,
}

/// Told of every step of every write to the disk. A test can end the process there.
pub trait WriteObserver: Send + Sync {
    /// `step` of writing `path` (a database's folder) has come.
    fn reached(&self, step: WriteStep, path: &Path);
}

/// Somebody who watches, or nobody.
pub(super) type Watch = Option<Arc<dyn WriteObserver>>;

pub(super) fn reached(watch: &Watch, step: WriteStep, path: &Path) {
    if let Some(observer) = watch {
        observer.reached(step, path);
    }
}
