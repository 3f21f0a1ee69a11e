//! The moments of an execution, for whoever watches it.

/// A moment after which the process might die. Numbers count up over one execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Its number, from 1.
    pub number: u32,
    /// What has just happened: `intended`, `signed`, `recorded`, `answered`, `concluded`.
    pub what: &'static str,
    /// Which step it is about; the first one where several go together.
    pub step: Option<usize>,
}

/// Told of every checkpoint as it is passed. A test can end the process there.
pub trait Observer: Send + Sync {
    /// This has just happened.
    fn on_checkpoint(&self, checkpoint: Checkpoint);
}
