//! A transfer on the ICP ledger to a neuron's account.

use crate::action::outcome::{self, StepOutcome};
use crate::action::step::{Reading, Readings, Reply, Step, StepDescription, Verdict, step_identity};
use icpulse_canisters::ledger::calls::{self, TransferRefusal, TransferRequest};
use icpulse_ic::{IcError, PreparedCall};
use icpulse_model::act::StepState;
use icpulse_model::network::{Canisters, SystemCanister};
use icpulse_model::text::Line;
use icpulse_model::{Account, E8s, Principal, Seconds, Subaccount, Timestamp};
use serde::{Deserialize, Serialize};

/// The ledger accepts a transfer for 24 hours after its `created_at_time`; some minutes are left
/// for clocks and for the way there.
pub(super) const WINDOW: Seconds = Seconds(24 * 3_600 - 600);

/// Moves a stake to the account of a new neuron. The ledger carries it out once at most: its nonce,
/// fee and time are fixed at the first review.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct StakeTransfer {
    pub controller: Principal,
    pub amount: E8s,
    pub fee: E8s,
    pub nonce: u64,
    pub created_at: Timestamp,
}

impl StakeTransfer {
    pub(super) const STEP: &'static str = "transfer";

    /// Where the stake of the new neuron lies.
    pub(super) fn subaccount(&self) -> Subaccount {
        Subaccount::neuron_stake(&self.controller, self.nonce)
    }

    fn account(&self, canisters: &Canisters) -> Account {
        Account { owner: canisters.id(SystemCanister::Governance), subaccount: self.subaccount() }
    }

    /// Whether the ledger would take it no more.
    pub(super) fn is_too_old(&self, now: Timestamp) -> bool {
        now.since(self.created_at) >= WINDOW
    }
}

impl Step for StakeTransfer {
    step_identity!(Self::STEP);

    fn prepare_call(&self, canisters: &Canisters) -> Result<PreparedCall, IcError> {
        let request = TransferRequest {
            from_subaccount: None,
            to: self.account(canisters).identifier(),
            amount: self.amount,
            fee: self.fee,
            memo: self.nonce,
            created_at: self.created_at,
        };
        calls::transfer(canisters, &request)
    }

    fn description(&self, canisters: &Canisters) -> StepDescription {
        let to = self.account(canisters).identifier();
        StepDescription::new(
            "transfer",
            line!("move {} ICP to the new neuron's account", self.amount.exact()),
            vec![
                ("from", line!("your default account")),
                ("to", line!("{to} (governance, subaccount of your principal and the nonce)")),
                ("amount", line!("{} ICP", self.amount.exact())),
                ("fee", line!("{} ICP", self.fee.exact())),
                ("memo (nonce)", line!("{}", self.nonce)),
                (
                    "created at",
                    line!("{} UTC (the ledger makes it once at most)", self.created_at.date_minute()),
                ),
            ],
        )
    }

    fn moves_money(&self) -> bool {
        true
    }

    fn needed_because(&self) -> Option<&'static str> {
        Some("the stake was not paid, so there is nothing to do")
    }

    fn advice(&self) -> &'static str {
        "Do not stake anew: follow it up with `icpulse journal resume`, or with f among the steps of the action (A)"
    }

    fn read_reply(&self, reply: &Reply<'_>) -> StepOutcome {
        match calls::parse_transfer_reply(reply.bytes) {
            Ok(block) => {
                let note = line!("transferred in block {block}");
                let state = StepState::Done { note, certified_at: reply.certified_at };
                StepOutcome { block: Some(block), ..state.into() }
            }
            Err(TransferRefusal::Duplicate { of }) => {
                let note = line!("the ledger already made this transfer in block {of}");
                StepOutcome { block: Some(of), ..StepState::AlreadyDone { note }.into() }
            }
            Err(TransferRefusal::Unreadable(why)) => {
                outcome::unreadable_reply_state(reply, &why, self.advice()).into()
            }
            Err(refusal) => refused_state(&refusal).into(),
        }
    }

    /// The balance of the neuron's account, which nothing else pays into: its subaccount comes from
    /// a random nonce.
    fn proof_readings(&self, canisters: &Canisters) -> Vec<Reading> {
        let account = self.account(canisters);
        vec![Reading::Balance(account), Reading::Transactions(account.identifier())]
    }

    fn judge_readings(&self, found: &Readings) -> Verdict {
        let Some(balance) = found.balance() else { return Verdict::Nothing };
        let is_it =
            |memo: u64, created: Option<Timestamp>| memo == self.nonce && created == Some(self.created_at);
        let block = found.transactions().iter().find(|t| is_it(t.memo, t.created_at)).map(|t| t.block);
        if block.is_none() && balance.value < self.amount {
            return Verdict::NotUntil(balance.evidence.at);
        }
        match Verdict::found("the stake is on the neuron's account") {
            Verdict::Happened(outcome) => Verdict::Happened(StepOutcome { block, ..outcome }),
            other => other,
        }
    }

    fn check_guard(&self, _: &Readings, now: Timestamp) -> Result<(), StepState> {
        if self.is_too_old(now) {
            let message = Line::new(
                "more than a day has passed since the review, so the ledger would not take this transfer any more; nothing was paid. Make a new stake",
            );
            return Err(StepState::NotSent { message });
        }
        Ok(())
    }
}

fn refused_state(refusal: &TransferRefusal) -> StepState {
    let (code, what) = match refusal {
        TransferRefusal::BadFee { .. } => {
            ("ledger: bad fee", "nothing was paid; stake again with the new fee")
        }
        TransferRefusal::InsufficientFunds { .. } => {
            ("ledger: insufficient funds", "nothing was paid; add ICP or stake less")
        }
        TransferRefusal::TooOld { .. } => (
            "ledger: too old",
            "check the neuron's account before staking again: an earlier attempt may have paid",
        ),
        TransferRefusal::CreatedInFuture => {
            ("ledger: created in the future", "nothing was paid; set this machine's clock and stake again")
        }
        // These two are read as other states before.
        TransferRefusal::Duplicate { .. } | TransferRefusal::Unreadable(_) => ("ledger", "check the account"),
    };
    StepState::Refused { code: code.to_owned(), message: line!("{refusal}; {what}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use icpulse_canisters::wire::{encode_one, ledger as wire};

    const T: Timestamp = Timestamp::from_secs(5);

    #[test]
    fn every_answer_of_the_ledger_says_whether_it_was_paid() {
        let transfer = StakeTransfer {
            controller: Principal::self_authenticating(b"a key"),
            amount: E8s(1),
            fee: E8s(1),
            nonce: 1,
            created_at: T,
        };
        let reply = |bytes: &[u8]| transfer.read_reply(&Reply { request_id: "id", bytes, certified_at: T });
        let read = |error| reply(&encode_one::<wire::TransferResult>(Err(error)).unwrap());
        let done = reply(&encode_one::<wire::TransferResult>(Ok(7)).unwrap());
        assert_eq!(done.block, Some(7));
        assert!(matches!(done.state, StepState::Done { certified_at: T, .. }));
        let duplicate = read(wire::TransferError::TxDuplicate { duplicate_of: 3 });
        assert_eq!(duplicate.block, Some(3));
        assert!(matches!(duplicate.state, StepState::AlreadyDone { .. }));
        for error in [
            wire::TransferError::BadFee { expected_fee: wire::Tokens { e8s: 20_000 } },
            wire::TransferError::InsufficientFunds { balance: wire::Tokens { e8s: 1 } },
            wire::TransferError::TxCreatedInFuture,
            wire::TransferError::TxTooOld { allowed_window_nanos: 86_400_000_000_000 },
        ] {
            assert!(matches!(read(error).state, StepState::Refused { .. }));
        }
        // Something was answered: it may have paid.
        assert!(matches!(reply(b"noise").state, StepState::Unknown { .. }));
    }
}
