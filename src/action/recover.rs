//! Taking up what a crash, a lost connection or a closed terminal left open.

use super::error::ActionError;
use super::journal::{Journal, JournalError, is_paid_and_unclaimed};
use super::network::Network;
use super::outcome;
use super::run::{Options, Report, Run};
use super::steps::Kind;
use crate::ic::CallStatus;
use crate::model::act::{Execution, Intent, Step, StepState};
use crate::model::text::Line;
use crate::model::{Seconds, Timestamp};

/// Outcomes that could not be learnt are asked for again on every start for so long.
const ASKED_AGAIN: Seconds = Seconds::days(7);

/// How far a recovery goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Asks what became of requests; signs no change. A paid stake without its neuron stays open.
    Explain,
    /// Also finishes a stake: pays only if it is certain that it was not paid, and within the day
    /// in which the ledger itself would notice a second payment.
    Finish,
}

/// Learns what became of an execution that did not end, and with [`Policy::Finish`] finishes a
/// stake. Votes and settings that were not sent are never sent by themselves: they are reported
/// and can be retried.
///
/// # Errors
/// As [`super::execute`].
pub async fn recover<N: Network>(
    mut execution: Execution,
    network: &N,
    journal: &dyn Journal,
    options: &Options,
    policy: Policy,
    report: Report<'_>,
) -> Result<Execution, ActionError> {
    execution.finished = None;
    let run = Run::new(execution, network, journal, options, report)?;
    let stakes = matches!(run.state().intent, Intent::Stake(_));
    if stakes && policy == Policy::Finish {
        run.learn_or_resend().await;
    } else {
        run.learn_open().await;
    }
    run.conclude();
    run.checkpoint("learnt", None);
    if stakes {
        match policy {
            Policy::Explain => run.explain_stake(),
            Policy::Finish => {
                run.reopen_stake();
                run.carry_out().await;
            }
        }
    } else {
        run.explain_rest();
        run.check_directions().await;
    }
    Ok(run.end())
}

/// Recovers every open execution of the network's signer, oldest first; those of other identities
/// stay open, since only they may ask about their requests.
///
/// # Errors
/// If the journal cannot be read. An entry that does not fit is left as it is.
pub async fn recover_all<N: Network>(
    network: &N,
    journal: &dyn Journal,
    options: &Options,
    policy: Policy,
    report: Report<'_>,
) -> Result<Vec<Execution>, JournalError> {
    let mut recovered = Vec::new();
    let now = (options.clock)();
    for entry in journal.open_entries()? {
        let old = entry.is_finished() && now.since(entry.confirmed) > ASKED_AGAIN;
        // Who asks for it has it asked, however old: the state that it would have changed may tell.
        let hopeless = old && policy == Policy::Explain && !is_paid_and_unclaimed(&entry);
        if entry.signer != network.signer() || hopeless {
            continue;
        }
        match recover(entry, network, journal, options, policy, report).await {
            Ok(execution) => recovered.push(execution),
            Err(error) => tracing::warn!("an open action cannot be recovered: {error}"),
        }
    }
    Ok(recovered)
}

/// Gives up the steps that were not begun; what was sent stays as it is.
///
/// # Errors
/// If the journal cannot be written.
pub fn abandon(
    mut execution: Execution,
    journal: &dyn Journal,
    now: Timestamp,
) -> Result<Execution, JournalError> {
    let paid = is_paid_and_unclaimed(&execution);
    for step in &mut execution.steps {
        if step.state == StepState::Waiting {
            step.state = StepState::NotSent { message: Line::new("given up before it was sent") };
        }
    }
    if let Some(claim) = execution.steps.get_mut(1).filter(|_| paid) {
        // Not merely unsent, else the next start would take it up again.
        claim.state = StepState::Refused {
            code: "given up".to_owned(),
            message: Line::new(
                "the stake was paid but its neuron was not claimed; it can be claimed at any time by trying this step again",
            ),
        };
    }
    if execution.is_finished() {
        execution.finished = Some(now);
    }
    journal.put(&execution)?;
    Ok(execution)
}

impl<N: Network> Run<'_, N> {
    /// Asks about every request whose outcome is open, several at the same time.
    async fn learn_open(&self) {
        let mut open = Vec::new();
        for (i, step) in self.state().steps.iter().enumerate() {
            if let StepState::Submitted { request_id } | StepState::Unknown { request_id, .. } = &step.state {
                // Without a known expiry nothing can be concluded from silence.
                let expires = step.expires.unwrap_or(Timestamp(u64::MAX));
                open.push((i, request_id.clone(), expires));
            }
        }
        self.learn_all(open, false).await;
    }

    /// The same for a stake that is to be finished, without waiting where waiting proves nothing
    /// that is needed: what the network does not know is sent again if that is harmless.
    async fn learn_or_resend(&self) {
        for (i, kind) in self.kinds.iter().enumerate() {
            let (id, expires) = match self.state().steps.get(i) {
                Some(Step {
                    state: StepState::Submitted { request_id } | StepState::Unknown { request_id, .. },
                    expires,
                    ..
                }) => (request_id.clone(), expires.unwrap_or(Timestamp(u64::MAX))),
                _ => continue,
            };
            let unseen = self.is_unseen(i, &id, expires).await;
            match kind {
                Kind::Transfer if unseen && self.resend_transfer(i).await => {}
                // Run again with the steps that wait.
                _ if unseen && kind.is_idempotent() => self.set(i, StepState::Waiting.into()),
                _ => {
                    let open = match self.step_state(i) {
                        StepState::Submitted { request_id } => request_id,
                        _ => id,
                    };
                    let expires = self.state().steps.get(i).and_then(|s| s.expires).unwrap_or(expires);
                    self.learn_all(vec![(i, open, expires)], false).await;
                }
            }
        }
    }

    /// Whether the network does not know a request that could still arrive.
    async fn is_unseen(&self, i: usize, id: &str, expires: Timestamp) -> bool {
        let Some(canister) = self.state().steps.get(i).map(|s| s.call.canister) else { return false };
        matches!(
            self.network.follow(id, canister).await,
            Ok(CallStatus::Unknown { certified_at }) if certified_at <= expires
        )
    }

    /// Ends what was not sent and names what could not be learnt.
    fn explain_rest(&self) {
        self.refuse_waiting(&Line::new(
            "icpulse was interrupted before it was sent: it did not happen; try again if it is still wanted",
        ));
        for (i, kind) in self.kinds.iter().enumerate() {
            if let StepState::Submitted { request_id } = self.step_state(i) {
                self.set(i, outcome::unknown(kind, &request_id).into());
            }
        }
    }

    /// A stake whose payment is certain stays open until its neuron is claimed; one that was not
    /// paid is over.
    fn explain_stake(&self) {
        match self.step_state(0) {
            StepState::Waiting => self.refuse_waiting(&Line::new(
                "icpulse was interrupted before the stake was paid: nothing was paid; try again if it is still wanted",
            )),
            state if state.can_retry() => {
                self.refuse_waiting(&Line::new("the stake was not paid, so there is nothing to do"));
            }
            _ => {}
        }
    }

    /// Lets those steps run again that certainly did not happen, or do no harm when repeated.
    fn reopen_stake(&self) {
        for (i, kind) in self.kinds.iter().enumerate() {
            let again = match self.step_state(i) {
                StepState::NotSent { .. } => true,
                StepState::Submitted { .. } | StepState::Unknown { .. } => kind.is_idempotent(),
                _ => false,
            };
            if again {
                self.set(i, StepState::Waiting.into());
            }
        }
    }
}
