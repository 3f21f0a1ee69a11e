//! Carrying out a stake: its steps in order.

use super::network::Network;
use super::run::{Run, not_sent};
use super::steps::Kind;
use icpulse_canisters::governance::calls::Target;
use icpulse_ic::IcError;
use icpulse_model::act::StepState;
use icpulse_model::text::Line;
use icpulse_model::{Neuron, Seconds, Subaccount};

/// The ledger accepts a transfer for 24 hours after its `created_at_time`; some minutes are left
/// for clocks and for the way there.
pub(super) const TRANSFER_WINDOW: Seconds = Seconds(24 * 3_600 - 600);

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
                Kind::Delay { from, target } => self.lengthen_delay(i, *from, *target).await,
                _ => self.send_patiently(vec![i]).await,
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

    /// Lengthens the new neuron's delay as reviewed. The command adds to the delay, so that it is
    /// signed only if a certificate says that the delay is the one the review began from: the delay
    /// never becomes longer than the reviewed one.
    async fn lengthen_delay(&self, i: usize, from: Seconds, target: Seconds) -> bool {
        let delay = match self.read_new_neuron().await {
            Ok(neuron) => neuron.dissolve_delay,
            Err(error) => {
                self.set(i, not_sent(&error).into());
                return true;
            }
        };
        if delay >= target {
            let note = line!("its delay is {} already", delay.words());
            self.set(i, StepState::AlreadyDone { note }.into());
            return true;
        }
        if delay != from {
            let message = line!(
                "its delay is {} by now and not {} as in the review, so that lengthening it as reviewed would make it another one than {}; nothing was signed. Review the rest again",
                delay.words(),
                from.words(),
                target.words()
            );
            self.set(i, StepState::NotSent { message }.into());
            return true;
        }
        self.send_patiently(vec![i]).await
    }

    /// Reads the new neuron, proven by a certificate.
    async fn read_new_neuron(&self) -> Result<Neuron, IcError> {
        let target = {
            let execution = self.state();
            let nonce = execution.nonce.unwrap_or_default();
            Target::StakedAt(Subaccount::neuron_stake(&execution.signer, nonce))
        };
        let mut tries = 0;
        loop {
            match self.network.certified_neuron(target).await {
                Err(error) if tries < 3 && error.is_retryable() => {
                    tries += 1;
                    self.network.pause(Seconds(1)).await;
                }
                other => return other,
            }
        }
    }
}
