//! Letting others spend: `icrc2_approve` and `remove_approval`.

use super::Ledger;
use super::book::Refusal;
use super::call::{e8s, identifier};
use super::transaction::{LedgerTime, Operation, Transaction};
use super::transfers::{full_identifier, icrc_result, nat};
use crate::canister::Reject;
use icpulse_canisters::wire::ledger as wire;
use icpulse_model::{E8s, Principal};
use serde_bytes::ByteBuf;

impl Ledger {
    pub(super) fn icrc2_approve(
        &mut self,
        caller: Principal,
        now: LedgerTime,
        args: wire::ApproveArgs,
    ) -> Result<wire::ApproveResult, Reject> {
        self.check_not_anonymous(caller, "approve token transfers")?;
        let from = self.account_id(caller, args.from_subaccount.as_ref())?;
        if args.spender.owner == caller {
            return Err(self.trap("self approval is not allowed"));
        }
        let spender = self.account_id(args.spender.owner, args.spender.subaccount.as_ref())?;
        if from == self.minting_account() {
            return Err(self.trap("the minting account cannot delegate mints"));
        }
        self.check_memo(args.memo.as_ref())?;
        let expected = match &args.expected_allowance {
            None => None,
            Some(expected) => match e8s(expected) {
                Some(expected) => Some(expected),
                None => {
                    let current = self.book.allowances().get(&from, &spender, now.network).amount;
                    return Ok(Err(wire::ApproveError::AllowanceChanged { current_allowance: nat(current) }));
                }
            },
        };
        let fee = self.token.fee;
        if args.fee.as_ref().is_some_and(|given| e8s(given) != Some(fee)) {
            return Ok(Err(wire::ApproveError::BadFee { expected_fee: nat(fee) }));
        }
        let transaction = Transaction {
            operation: Operation::Approve {
                from,
                spender,
                // More than 64 bits is as much as there can be.
                allowance: e8s(&args.amount).unwrap_or(E8s(u64::MAX)),
                expected,
                expires: args.expires_at.map(|t| self.client_time(t)),
                fee,
            },
            memo: 0,
            icrc1_memo: args.memo.map(ByteBuf::into_vec),
            created_at: args.created_at_time.map(|t| self.client_time(t)),
        };
        self.approve(&transaction, now)
    }

    /// Takes an approval away, named by the spender's account identifier.
    pub(super) fn remove_approval(
        &mut self,
        caller: Principal,
        now: LedgerTime,
        args: &wire::RemoveApprovalArgs,
    ) -> Result<wire::ApproveResult, Reject> {
        self.check_not_anonymous(caller, "approve token transfers")?;
        let from = identifier(self.id, &caller, args.from_subaccount.as_ref())?;
        let spender = full_identifier(&args.spender)
            .ok_or_else(|| self.trap("Invalid account identifier: the checksum or the length is wrong"))?;
        let fee = self.token.fee;
        if args.fee.as_ref().is_some_and(|given| e8s(given) != Some(fee)) {
            return Ok(Err(wire::ApproveError::BadFee { expected_fee: nat(fee) }));
        }
        let operation =
            Operation::Approve { from, spender, allowance: E8s::ZERO, expected: None, expires: None, fee };
        self.approve(&Transaction::bare(operation), now)
    }

    fn approve(&mut self, transaction: &Transaction, now: LedgerTime) -> Result<wire::ApproveResult, Reject> {
        let done = self.book.apply(transaction, now);
        icrc_result!(self, now, done, wire::ApproveError {
            Refusal::AllowanceChanged(current) => Error::AllowanceChanged { current_allowance: nat(current) },
            Refusal::ExpiredApproval => Error::Expired { ledger_time: now.shown.0 },
            Refusal::SelfApproval => return Err(self.trap("self approval is not allowed")),
        })
    }
}
