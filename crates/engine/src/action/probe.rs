//! Learning what became of a request whose answer was lost: from the network's record of the
//! request, and where that is gone, from the state it would have changed. Both are read with
//! certificates only.

use super::network::{Network, SignedRequest};
use super::outcome::{self, StepOutcome};
use super::run::Run;
use super::step::{Readings, Reply, Verdict};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use icpulse_ic::CallStatus;
use icpulse_model::act::StepState;
use icpulse_model::text::Line;
use icpulse_model::{Seconds, Timestamp};

/// Failed questions after which asking is given up for now.
const MAX_FAILURES: u32 = 4;
/// Questions in all: at ten seconds each, some minutes beyond any request's life.
const MAX_POLLS: u32 = 90;

/// A request that was signed and whose outcome is looked for.
pub(super) struct Request {
    pub id: String,
    /// The network's certified time when it was signed.
    pub signed_at: Option<Timestamp>,
    /// When it expires. Without it nothing can be concluded from silence.
    pub expires: Option<Timestamp>,
}

impl Request {
    pub(super) fn from_signed(signed: &impl SignedRequest) -> Self {
        let (signed_at, expires) = (Some(signed.signed_at()), Some(signed.expires_at()));
        Self { id: signed.request_id().to_owned(), signed_at, expires }
    }
}

impl<N: Network> Run<'_, N> {
    /// Learns how these requests ended, several at the same time. What cannot be learnt is unknown.
    pub(super) async fn follow_requests(&self, open: Vec<(usize, Request)>) {
        let mut rest = open.into_iter();
        let mut under_way = FuturesUnordered::new();
        loop {
            while under_way.len() < self.options.in_flight.max(1) {
                let Some((i, request)) = rest.next() else { break };
                under_way.push(async move { (i, self.follow_request(i, &request).await, request.id) });
            }
            let Some((i, learnt, id)) = under_way.next().await else { break };
            match (learnt, self.steps.get(i)) {
                (Some(outcome), _) => self.set_outcome(i, outcome),
                (None, Some(step)) => self.set_outcome(i, outcome::unknown_state(&**step, &id).into()),
                (None, None) => {}
            }
        }
    }

    /// How a request ended, if that can be learnt; waits until it has ended or cannot happen any more.
    async fn follow_request(&self, i: usize, request: &Request) -> Option<StepOutcome> {
        let request_id = request.id.as_str();
        let expires = request.expires.unwrap_or(Timestamp(u64::MAX));
        let signed_at = request.signed_at.unwrap_or_default();
        let step = self.steps.get(i)?;
        let canister = self.lock_execution().steps.get(i)?.call.canister;
        let mut failures = 0;
        let mut wait = Seconds(1);
        for _ in 0..MAX_POLLS {
            match self.network.read_call_status(request_id, canister).await {
                Ok(CallStatus::Replied { bytes, certified_at }) => {
                    return Some(step.read_reply(&Reply { request_id, bytes: &bytes, certified_at }));
                }
                Ok(CallStatus::Rejected { code, error_code, message, .. }) => {
                    return Some(outcome::read_rejection(
                        &**step,
                        request_id,
                        code,
                        error_code.as_ref(),
                        &message,
                    ));
                }
                Ok(CallStatus::Done { .. }) => return self.probe_state(i, expires).await,
                Ok(status @ CallStatus::Unknown { certified_at }) => {
                    if status.never_happened(signed_at, expires) {
                        return Some(outcome::not_sent_state().into());
                    }
                    if certified_at > expires {
                        return self.probe_state(i, expires).await;
                    }
                    failures = 0;
                }
                Ok(CallStatus::Processing) => failures = 0,
                Err(error) => {
                    failures += 1;
                    if failures >= MAX_FAILURES || !error.is_retryable() {
                        return self.probe_state(i, expires).await;
                    }
                }
            }
            self.network.wait_for(wait).await;
            wait = Seconds(wait.0.saturating_mul(2).min(10));
        }
        self.probe_state(i, expires).await
    }

    /// Looks at the state that step `i` would have changed. `None` if that proves nothing.
    async fn probe_state(&self, i: usize, expires: Timestamp) -> Option<StepOutcome> {
        let step = self.steps.get(i)?;
        let found = Readings::read_all(self.network, &step.proof_readings(self.network.canisters())).await;
        match step.judge_readings(&found) {
            Verdict::Happened(outcome) => Some(outcome),
            Verdict::Refused(state) => Some(state.into()),
            // Only a state that is younger than the request's expiry shows that it never came.
            Verdict::NotUntil(at) if at > expires => {
                let message = Line::new("it expired before it was executed: it did not happen; try again");
                Some(StepState::NotSent { message }.into())
            }
            Verdict::NotUntil(_) | Verdict::Nothing => None,
        }
    }
}
