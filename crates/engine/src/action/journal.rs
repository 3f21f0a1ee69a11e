//! What actions need of the journal, and what it says about paying a second time.

use super::error::ActionError;
use icpulse_model::act::{Execution, PlanId, Review, StepState};
use icpulse_model::text::Line;
use icpulse_model::{E8s, Principal};
use icpulse_store::journal::{ActionJournal, Authenticity, JournalEntries, JournalError, JournalKey};
use std::sync::Arc;

/// Something that is held until it is dropped.
pub type Guard = Box<dyn Send + Sync>;

/// Where executions are written down. All running instances share it.
pub trait Journal: Send + Sync {
    /// Writes where an execution stands, in place of its earlier document. Returns when that would
    /// survive a loss of power.
    ///
    /// # Errors
    /// If it is not certain to be kept: then nothing that relies on it is sent.
    fn save(&self, execution: &Execution) -> Result<(), JournalError>;

    /// All documents.
    ///
    /// # Errors
    /// If they cannot be listed.
    fn entries(&self) -> Result<JournalEntries, JournalError>;

    /// Takes an action for one run of it; `None` if another run, here or in another instance, has it.
    ///
    /// # Errors
    /// If the lock cannot be tried.
    fn lock_action(&self, plan: PlanId) -> Result<Option<Guard>, JournalError>;

    /// Waits for the right to decide on a payment: one instance at a time.
    ///
    /// # Errors
    /// If another instance keeps it for long.
    fn lock_payments(&self) -> Result<Guard, JournalError>;
}

/// Takes an action for one run of it, if `execution` is its latest state.
///
/// # Errors
/// [`ActionError::UnderWay`] if another run has it, [`ActionError::Changed`] if the journal has a newer
/// state.
pub(super) fn lock_latest(execution: &Execution, journal: &dyn Journal) -> Result<Guard, ActionError> {
    let lock = journal.lock_action(execution.plan)?.ok_or(ActionError::UnderWay)?;
    let entries = journal.entries()?.entries;
    let written = entries.iter().filter(|e| e.authenticity == Authenticity::Authentic);
    let newest = written.filter(|e| e.execution.plan == execution.plan).map(|e| e.execution.revision).max();
    if newest.is_some_and(|revision| revision > execution.revision) {
        return Err(ActionError::Changed);
    }
    Ok(lock)
}

/// The journal with the key of the identity that writes to it.
#[derive(Clone)]
pub struct SignerJournal {
    journal: Arc<ActionJournal>,
    key: JournalKey,
}

impl SignerJournal {
    /// `journal`, written to with `key`.
    pub fn new(journal: Arc<ActionJournal>, key: JournalKey) -> Self {
        Self { journal, key }
    }
}

impl Journal for SignerJournal {
    fn save(&self, execution: &Execution) -> Result<(), JournalError> {
        self.journal.save(execution, &self.key)
    }

    fn entries(&self) -> Result<JournalEntries, JournalError> {
        self.journal.entries(Some(&self.key))
    }

    fn lock_action(&self, plan: PlanId) -> Result<Option<Guard>, JournalError> {
        Ok(self.journal.lock_action(plan)?.map(|lock| Box::new(lock) as Guard))
    }

    fn lock_payments(&self) -> Result<Guard, JournalError> {
        Ok(Box::new(self.journal.lock_payments()?))
    }
}

/// The open actions of an identity that can be relied on, oldest first. Actions that a running
/// instance is working on are not among them.
///
/// # Errors
/// If the journal cannot be read.
pub fn open_actions(journal: &dyn Journal, signer: Principal) -> Result<Vec<Execution>, JournalError> {
    let mut open: Vec<Execution> = journal
        .entries()?
        .entries
        .into_iter()
        .filter(|e| e.authenticity == Authenticity::Authentic && !e.under_way)
        .map(|e| e.execution)
        .filter(|e| e.signer == signer && e.is_open())
        .collect();
    open.reverse();
    Ok(open)
}

/// Why a review must not be carried out yet, judged by the journal; `None` if nothing is in its
/// way. A payment waits while another one of its signer may have been made or is under way in any
/// instance, and while a document of the journal is altered or cannot be read, since it may hide such
/// a payment.
pub fn find_review_obstacle(review: &Review, entries: &Result<JournalEntries, JournalError>) -> Option<Line> {
    // What moves no money, such as the rest of a stake that is paid, waits for nothing.
    if review.total_cost == E8s::ZERO {
        return None;
    }
    find_obstacle(Some(review.plan), entries, &review.signer)
}

/// As [`find_review_obstacle`], of an action that pays.
pub(super) fn find_obstacle(
    own: Option<PlanId>,
    entries: &Result<JournalEntries, JournalError>,
    signer: &Principal,
) -> Option<Line> {
    let entries = match entries {
        Ok(entries) => entries,
        Err(error) => return Some(line!("{error}, so whether a payment is under way is not known")),
    };
    if let Some(id) = entries.unreadable.first() {
        return Some(line!(
            "a document of the journal cannot be read ({id}: damaged, or written by a newer icpulse); it may hold a payment. Check your transactions, then put it aside with `icpulse journal dismiss {id}`"
        ));
    }
    let others = entries.entries.iter().filter(|e| Some(e.execution.plan) != own);
    for entry in others {
        let action = &entry.execution;
        let (when, id) = (action.confirmed.date_minute(), &entry.id);
        if entry.authenticity == Authenticity::Altered {
            return Some(line!(
                "a journal entry was altered since icpulse wrote it ({id}); it may hide a payment. Look at it with `icpulse journal list`, check your transactions, then put it aside with `icpulse journal dismiss {id}`"
            ));
        }
        if action.signer != *signer {
            continue;
        }
        if action.may_have_paid() && !entry.under_way {
            return Some(line!(
                "whether the payment of {when} UTC was made is not known yet ({}); another one would be paid on top of it. Follow it up first: from the journal (A), or with `icpulse journal resume`",
                action.title
            ));
        }
        let undecided = action.steps.iter().any(|s| {
            let waits = matches!(s.state, StepState::Waiting | StepState::RefusedForNow { .. });
            s.moves_money && (waits || s.state.is_unproven())
        });
        if entry.under_way && undecided {
            return Some(line!(
                "the payment of {when} UTC is under way, here or in another icpulse ({}); wait until it has ended",
                action.title
            ));
        }
    }
    None
}
