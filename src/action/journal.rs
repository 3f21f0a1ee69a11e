//! The record of what was intended, sent and learnt, kept over crashes.

use crate::cache::Cache;
use crate::model::Principal;
use crate::model::act::{Execution, Intent, Step, StepState};
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

    /// Executions that are open (see [`is_open`]), oldest first.
    ///
    /// # Errors
    /// If they cannot be read.
    fn open_entries(&self) -> Result<Vec<Execution>, JournalError>;
}

/// Whether there is something left to do or to learn: a step that has not ended, an outcome that
/// is not known, a stake that was paid and not claimed, or only the last word of the entry itself.
#[must_use]
pub fn is_open(execution: &Execution) -> bool {
    let undecided = |s: &Step| !s.state.is_final() || matches!(s.state, StepState::Unknown { .. });
    execution.finished.is_none() || execution.steps.iter().any(undecided) || is_paid_and_unclaimed(execution)
}

/// Whether a stake was paid, and claiming its neuron is still to be tried.
pub(super) fn is_paid_and_unclaimed(execution: &Execution) -> bool {
    let state = |i: usize| execution.steps.get(i).map(|s| &s.state);
    matches!(execution.intent, Intent::Stake(_))
        && state(0).is_some_and(StepState::is_done)
        && matches!(state(1), Some(StepState::Waiting | StepState::NotSent { .. }))
}

/// Why this must not be done yet, if it must not: a stake of this signer may have been paid, and
/// another one would be paid on top of it. Asking the ledger settles that at any time.
#[must_use]
pub fn unresolved(intent: &Intent, journal: &dyn Journal, signer: &Principal) -> Option<Line> {
    if !matches!(intent, Intent::Stake(_)) {
        return None;
    }
    let may_be_paid = |e: &Execution| {
        let first = e.steps.first().map(|s| &s.state);
        e.signer == *signer
            && matches!(e.intent, Intent::Stake(_))
            && matches!(first, Some(StepState::Submitted { .. } | StepState::Unknown { .. }))
    };
    // A journal that cannot be read is said where it must be written.
    let entries = journal.open_entries().unwrap_or_default();
    let earlier = entries.into_iter().rev().find(may_be_paid)?;
    Some(line!(
        "whether the stake of {} UTC was paid is not known yet ({}); another one would be paid on top of it. Follow it up first: from the journal, or with `icpulse journal resume`",
        earlier.confirmed.date_minute(),
        earlier.title
    ))
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
