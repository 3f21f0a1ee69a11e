//! The record of what was intended, sent and learnt, kept over crashes.

use crate::cache::Cache;
use crate::model::act::{Execution, StepState};
use crate::model::text::Line;

/// Why the journal could not be written or read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the action journal cannot be used: {0}")]
pub struct JournalError(pub Line);

/// Where executions are kept.
pub trait Journal: Send + Sync {
    /// Keeps where an execution stands, in place of the earlier entry of its plan. Returns when
    /// that would survive a loss of power.
    ///
    /// # Errors
    /// If it is not certain to be kept: then nothing that relies on it is sent.
    fn put(&self, execution: &Execution) -> Result<(), JournalError>;

    /// Executions that have not ended or have a step of unknown outcome, oldest first.
    ///
    /// # Errors
    /// If they cannot be read.
    fn open_entries(&self) -> Result<Vec<Execution>, JournalError>;
}

/// Whether there is something left to do or to learn.
#[must_use]
pub fn is_open(execution: &Execution) -> bool {
    execution.steps.iter().any(|s| !s.state.is_final() || matches!(s.state, StepState::Unknown { .. }))
}

impl Journal for Cache {
    fn put(&self, execution: &Execution) -> Result<(), JournalError> {
        self.journal_put(execution).map_err(|e| JournalError(line!("{e}")))
    }

    fn open_entries(&self) -> Result<Vec<Execution>, JournalError> {
        let mut entries = self.journal_list(usize::MAX).map_err(|e| JournalError(line!("{e}")))?;
        entries.retain(is_open);
        entries.reverse();
        Ok(entries)
    }
}
