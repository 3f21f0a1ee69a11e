//! Learning what became of actions that a crash, a lost connection or a closed terminal left open.
//!
//! Following up only asks: it signs no change, and an entry of the journal only says what to ask
//! about. What is left to do afterwards is reviewed and confirmed anew (`rest`).

use super::error::ActionError;
use super::journal::{Journal, lock_latest, open_actions};
use super::network::Network;
use super::operation::Order;
use super::probe::Request;
use super::run::{Options, Report, Run};
use icpulse_model::act::{Execution, StepState};
use icpulse_model::text::Line;
use icpulse_model::{Seconds, Timestamp};
use icpulse_store::journal::JournalError;

/// How long an outcome that could not be learnt is asked for again on every start.
const ASKED_AGAIN: Seconds = Seconds::days(7);

/// Which open actions are followed up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Those of which something may still be learnt: on every start.
    Recent,
    /// All of them, however old: when the user asks.
    All,
}

/// Learns what became of an action's requests, from certificates alone. Signs no change. Steps that
/// were never begun are ended where nothing came before them that they would finish.
///
/// # Errors
/// As [`super::execute_plan`].
pub async fn follow_up<N: Network>(
    mut execution: Execution,
    network: &N,
    journal: &dyn Journal,
    options: &Options,
    report: Report<'_>,
) -> Result<Execution, ActionError> {
    execution.finished = None;
    let run = Run::new(execution, network, journal, options, report)?;
    run.learn_open().await;
    run.save_and_report();
    run.pass_checkpoint("learnt", None);
    run.end_waiting();
    run.check_done_before().await;
    Ok(run.into_execution())
}

/// Follows up every open action of the network's signer, oldest first; those of other identities
/// stay open, since only they may ask about their requests.
///
/// # Errors
/// If the journal cannot be read. An entry that does not fit is left as it is.
pub async fn follow_up_all<N: Network>(
    network: &N,
    journal: &dyn Journal,
    options: &Options,
    scope: Scope,
    report: Report<'_>,
) -> Result<Vec<Execution>, JournalError> {
    let mut followed = Vec::new();
    let now = (options.clock)();
    for action in open_actions(journal, network.signer())? {
        let old = action.is_finished() && now.since(action.confirmed) > ASKED_AGAIN;
        if old && scope == Scope::Recent && !action.is_paid_and_unfinished() {
            continue;
        }
        match follow_up(action, network, journal, options, report).await {
            Ok(execution) => followed.push(execution),
            Err(error) => tracing::warn!("an open action cannot be followed up: {error}"),
        }
    }
    Ok(followed)
}

/// Leaves an action as it is: it is not offered or mentioned any more. What was sent may still
/// happen.
///
/// # Errors
/// If another run is working on it, or the journal cannot be written.
pub fn dismiss_action(
    mut execution: Execution,
    journal: &dyn Journal,
    now: Timestamp,
) -> Result<Execution, ActionError> {
    let _lock = lock_latest(&execution, journal)?;
    for step in &mut execution.steps {
        if step.state == StepState::Waiting {
            step.state = StepState::NotSent { message: Line::new("dismissed before it was sent") };
        }
    }
    execution.dismissed = Some(now);
    execution.revision = execution.revision.saturating_add(1);
    if execution.is_finished() {
        execution.finished.get_or_insert(now);
    }
    journal.save(&execution)?;
    Ok(execution)
}

impl<N: Network> Run<'_, N> {
    /// Asks about every request whose outcome is open, several at the same time.
    async fn learn_open(&self) {
        let mut open = Vec::new();
        for (i, step) in self.lock_execution().steps.iter().enumerate() {
            if let StepState::Submitted { request_id } | StepState::Unknown { request_id, .. } = &step.state {
                open.push((
                    i,
                    Request { id: request_id.clone(), signed_at: step.signed_at, expires: step.expires },
                ));
            }
        }
        self.follow_requests(open).await;
    }

    /// Ends steps that were not begun. Where steps depend on each other and some were done or may have
    /// been, the others stay open: they are what is left of the action.
    fn end_waiting(&self) {
        if self.operation.order == Order::InOrder {
            let first = self.step_state(0);
            if first.is_done() || first.is_unproven() {
                return;
            }
            if let Some(why) =
                self.steps.first().and_then(|s| s.needed_because()).filter(|_| first.can_retry())
            {
                return self.refuse_waiting(&Line::new(why));
            }
        }
        self.refuse_waiting(&Line::new(
            "icpulse was interrupted before it was sent: it did not happen; try again if it is still wanted",
        ));
    }
}
