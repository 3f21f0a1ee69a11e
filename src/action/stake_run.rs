//! Carrying out a stake: its steps in order, each waiting for what it needs.

use super::network::{Network, SignedRequest as _};
use super::run::{Run, not_sent};
use super::steps::Kind;
use crate::ic::IcError;
use crate::model::act::{Step, StepState};
use crate::model::text::Line;
use crate::model::{Neuron, NeuronId, Seconds};

/// The ledger accepts a transfer for 24 hours after its `created_at_time`; some minutes are left
/// for clocks and for the way there.
const TRANSFER_WINDOW: Seconds = Seconds(24 * 3_600 - 600);

impl<N: Network> Run<'_, N> {
    /// The steps of a stake, in order; each waits for what it needs.
    pub(super) async fn stake(&self) {
        for (i, kind) in self.kinds.iter().enumerate() {
            if self.step_state(i) != StepState::Waiting {
                if !self.may_go_on(i) {
                    return;
                }
                continue;
            }
            let sent = match kind {
                Kind::Transfer if self.transfer_is_too_old() => {
                    let message = Line::new(
                        "more than a day has passed since the review, so the ledger would not take this transfer any more; nothing was paid. Make a new stake",
                    );
                    self.set(i, StepState::NotSent { message }.into());
                    true
                }
                Kind::Delay(target) => self.lengthen(i, *target).await,
                _ => self.send(vec![(i, self.prepare(i, None))]).await,
            };
            if !sent {
                self.refuse_waiting(&Line::new("the action journal cannot be written; it was not sent"));
                return;
            }
            if !self.may_go_on(i) {
                return;
            }
        }
    }

    /// Whether the steps after step `i` can be tried; if not and nothing is open, they are ended.
    fn may_go_on(&self, i: usize) -> bool {
        let state = self.step_state(i);
        let needed = match self.kinds.get(i) {
            Some(Kind::Transfer) => "the stake was not paid, so there is nothing to do",
            Some(Kind::Claim) => "the neuron was not claimed yet: claim it first",
            _ => return true,
        };
        if state.is_done() {
            return true;
        }
        // While the outcome is open the steps after it wait: the next start finds and continues them.
        if state.can_retry() {
            self.refuse_waiting(&Line::new(needed));
        }
        false
    }

    fn transfer_is_too_old(&self) -> bool {
        let created = self.state().transfer_created_at.unwrap_or_default();
        (self.options.clock)().since(created) >= TRANSFER_WINDOW
    }

    /// Lengthens the new neuron's delay by what it lacks now: asked anew each time, since lengthening
    /// is neither idempotent nor reversible.
    async fn lengthen(&self, i: usize, target: Seconds) -> bool {
        let Some(id) = self.state().created_neuron else {
            self.set(i, StepState::NotSent { message: Line::new("the neuron's number is not known") }.into());
            return true;
        };
        let neuron = match self.read_neuron(id).await {
            Ok(neuron) => neuron,
            Err(error) => {
                self.set(i, not_sent(&error).into());
                return true;
            }
        };
        if neuron.dissolve_delay >= target {
            let note = line!("its delay is {} already", neuron.dissolve_delay.words());
            self.set(i, StepState::AlreadyDone { note }.into());
            return true;
        }
        let additional = Seconds(target.0.saturating_sub(neuron.dissolve_delay.0));
        self.send(vec![(i, self.prepare(i, Some(additional)))]).await
    }

    /// Reads a neuron that may be so young that not every node knows it yet.
    async fn read_neuron(&self, id: NeuronId) -> Result<Neuron, IcError> {
        let mut tries = 0;
        loop {
            match self.network.neuron(id).await {
                Err(error) if tries < 5 && (error.is_retryable() || error.is_refusal()) => {
                    tries += 1;
                    self.network.pause(Seconds(1)).await;
                }
                other => return other,
            }
        }
    }

    /// Sends a transfer again whose first request the network does not know: the ledger makes it
    /// once at most, since it carries the same time and memo. `true` if it is paid now; if not, the
    /// step stands as before, because the first request may still arrive.
    pub(super) async fn resend_transfer(&self, i: usize) -> bool {
        let Some(before) = self.state().steps.get(i).cloned() else { return false };
        if self.transfer_is_too_old() {
            return false;
        }
        let Ok(call) = self.prepare(i, None) else { return false };
        let Ok(request) = self.network.sign(&call).await else { return false };
        self.checkpoint("signed", Some(i));
        if let Some(step) = self.state().steps.get_mut(i) {
            step.state = StepState::Submitted { request_id: request.request_id().to_owned() };
            // The later of both: until then either may arrive.
            step.expires = before.expires.max(Some(request.expires()));
        }
        if self.keep().is_err() {
            self.restore(i, before);
            return false;
        }
        self.checkpoint("recorded", Some(i));
        let (_, answer) = self.submit(i, request).await;
        self.checkpoint("answered", Some(i));
        match answer {
            Ok(outcome) if outcome.state.is_done() => {
                self.set(i, outcome);
                self.conclude();
                self.checkpoint("concluded", Some(i));
                true
            }
            Ok(_) => {
                self.restore(i, before);
                false
            }
            Err(_) => false,
        }
    }

    fn restore(&self, i: usize, before: Step) {
        if let Some(step) = self.state().steps.get_mut(i) {
            *step = before;
        }
        self.conclude();
    }
}
