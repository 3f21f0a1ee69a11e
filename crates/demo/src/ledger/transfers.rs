//! The ledger's update methods: `transfer`, `send_dfx`, ICRC-1, ICRC-2, ICRC-21.

use super::book::{FEE, Refusal};
use super::call::{argument, e8s, hex_identifier, identifier, reply};
use super::transaction::{LedgerTime, Operation, Transaction};
use super::{Ledger, consent};
use crate::canister::Reject;
use candid::{CandidType, Deserialize, Nat};
use icpulse_canisters::wire::ledger as wire;
use icpulse_model::{AccountIdentifier, E8s, Principal, Subaccount, Timestamp};
use serde_bytes::ByteBuf;

/// Longest ICRC-1 memo, in bytes.
const MAX_MEMO: usize = 32;

/// Argument of `send_dfx`: `transfer` with the receiver in hexadecimal digits.
#[derive(CandidType, Deserialize)]
struct SendArgs {
    memo: u64,
    amount: wire::Tokens,
    fee: wire::Tokens,
    from_subaccount: Option<ByteBuf>,
    to: String,
    created_at_time: Option<wire::TimeStamp>,
}

/// What `icrc1_transfer` and `icrc2_transfer_from` have in common.
struct Icrc1 {
    from: AccountIdentifier,
    to: AccountIdentifier,
    spender: Option<AccountIdentifier>,
    amount: Nat,
    fee: Option<Nat>,
    memo: Option<ByteBuf>,
    created_at_time: Option<u64>,
}

/// The reply of an ICRC-1 or ICRC-2 method: the block, or the refusal as the method's error. The arms are for
/// the refusals that not all of these methods have.
macro_rules! icrc_result {
    ($ledger:expr, $now:expr, $done:expr, $error:path { $($refusal:pat => $answer:expr,)* }) => {{
        use $error as Error;
        Ok(match $done {
            Ok(block) => Ok(::candid::Nat::from(block)),
            Err(refusal) => Err(match refusal {
                Refusal::BadFee(expected) => Error::BadFee { expected_fee: nat(expected) },
                Refusal::InsufficientFunds(balance) => Error::InsufficientFunds { balance: nat(balance) },
                Refusal::TooOld => Error::TooOld,
                Refusal::CreatedInFuture => Error::CreatedInFuture { ledger_time: $now.shown.0 },
                Refusal::Throttled => Error::TemporarilyUnavailable,
                Refusal::Duplicate(block) => Error::Duplicate { duplicate_of: ::candid::Nat::from(block) },
                $($refusal => $answer,)*
                other => return Err($ledger.unexpected_refusal(other)),
            }),
        })
    }};
}

pub(super) use icrc_result;

impl Ledger {
    pub(super) fn execute(
        &mut self,
        caller: Principal,
        now: Timestamp,
        method: &str,
        arg: &[u8],
    ) -> Result<Vec<u8>, Reject> {
        let now = self.ledger_time(now);
        let id = self.id;
        match method {
            "icrc1_transfer" => reply(id, self.icrc1_transfer(caller, now, argument(id, arg)?)?),
            "icrc2_approve" => reply(id, self.icrc2_approve(caller, now, argument(id, arg)?)?),
            "icrc2_transfer_from" => reply(id, self.icrc2_transfer_from(caller, now, argument(id, arg)?)?),
            _ if self.is_icrc() => Err(Reject::no_update_method(id, method)),
            "transfer" => reply(id, self.transfer_method(caller, now, argument(id, arg)?)?),
            "send_dfx" => {
                let sent: SendArgs = argument(id, arg)?;
                let to = hex_identifier(id, &sent.to)?;
                let transfer = wire::TransferArgs {
                    memo: sent.memo,
                    amount: sent.amount,
                    fee: sent.fee,
                    from_subaccount: sent.from_subaccount,
                    to: to.0.to_vec(),
                    created_at_time: sent.created_at_time,
                };
                match self.transfer_method(caller, now, transfer)? {
                    Ok(block) => reply(id, block),
                    Err(error) => Err(self.trap(&describe_error(&error))),
                }
            }
            "remove_approval" => reply(id, self.remove_approval(caller, now, &argument(id, arg)?)?),
            "icrc21_canister_call_consent_message" => {
                reply(id, consent::message(caller, &argument(id, arg)?))
            }
            _ => Err(Reject::no_update_method(id, method)),
        }
    }

    pub(super) fn trap(&self, message: &str) -> Reject {
        Reject::trapped(self.id, message)
    }

    fn panicked(&self, message: &str) -> Reject {
        self.trap(&format!("Panicked at '{message}'"))
    }

    /// The ledger's own `transfer`.
    fn transfer_method(
        &mut self,
        caller: Principal,
        now: LedgerTime,
        args: wire::TransferArgs,
    ) -> Result<wire::TransferResult, Reject> {
        let to = full_identifier(&args.to)
            .ok_or_else(|| self.trap("Invalid account identifier: the checksum or the length is wrong"))?;
        if caller == Principal::anonymous() {
            return Err(self.panicked(&format!("Sending from {caller} is not allowed")));
        }
        let from = identifier(self.id, &caller, args.from_subaccount.as_ref())?;
        let minting = self.minting_account();
        let (amount, fee) = (E8s(args.amount.e8s), E8s(args.fee.e8s));
        let operation = if from == minting {
            if fee != E8s::ZERO {
                return Err(self.panicked("Fee for minting should be zero"));
            }
            if to == minting {
                return Err(self.panicked("It is illegal to mint to a minting_account"));
            }
            Operation::Mint { to, amount }
        } else if to == minting {
            if fee != E8s::ZERO {
                return Err(self.panicked("Fee for burning should be zero"));
            }
            if amount < FEE {
                return Err(self.panicked("Burns lower than 0.00010000 Token are not allowed"));
            }
            Operation::Burn { from, amount, spender: None }
        } else if fee == FEE {
            Operation::Transfer { from, to, amount, fee, spender: None }
        } else {
            return Ok(Err(wire::TransferError::BadFee { expected_fee: tokens(FEE) }));
        };
        let transaction = Transaction {
            operation,
            memo: args.memo,
            icrc1_memo: None,
            // Without a creation time the ledger's own is taken, and kept for deduplication.
            created_at: Some(args.created_at_time.map_or(now, |t| self.client_time(t.timestamp_nanos))),
        };
        match self.book.apply(&transaction, now) {
            Ok(block) => Ok(Ok(block)),
            Err(refusal) => self.transfer_error(refusal).map(Err),
        }
    }

    fn transfer_error(&self, refusal: Refusal) -> Result<wire::TransferError, Reject> {
        Ok(match refusal {
            Refusal::BadFee(expected) => wire::TransferError::BadFee { expected_fee: tokens(expected) },
            Refusal::InsufficientFunds(balance) => {
                wire::TransferError::InsufficientFunds { balance: tokens(balance) }
            }
            Refusal::TooOld => wire::TransferError::TxTooOld {
                allowed_window_nanos: super::window::WINDOW.0.saturating_mul(1_000_000_000),
            },
            Refusal::CreatedInFuture => wire::TransferError::TxCreatedInFuture,
            Refusal::Duplicate(duplicate_of) => wire::TransferError::TxDuplicate { duplicate_of },
            Refusal::Throttled => {
                return Err(self.panicked(
                    "Too many transactions in replay prevention window, ledger is throttling, please retry later",
                ));
            }
            other => return Err(self.unexpected_refusal(other)),
        })
    }

    fn icrc1_transfer(
        &mut self,
        caller: Principal,
        now: LedgerTime,
        args: wire::TransferArg,
    ) -> Result<wire::Icrc1TransferResult, Reject> {
        self.check_not_anonymous(caller, "hold tokens")?;
        let transfer = Icrc1 {
            from: self.account_id(caller, args.from_subaccount.as_ref())?,
            to: self.account_id(args.to.owner, args.to.subaccount.as_ref())?,
            spender: None,
            amount: args.amount,
            fee: args.fee,
            memo: args.memo,
            created_at_time: args.created_at_time,
        };
        let done = self.icrc1(now, transfer)?;
        icrc_result!(self, now, done, wire::Icrc1TransferError {
            Refusal::BadBurn(min) => Error::BadBurn { min_burn_amount: nat(min) },
        })
    }

    fn icrc2_transfer_from(
        &mut self,
        caller: Principal,
        now: LedgerTime,
        args: wire::TransferFromArgs,
    ) -> Result<wire::TransferFromResult, Reject> {
        self.check_not_anonymous(caller, "hold tokens")?;
        let transfer = Icrc1 {
            from: self.account_id(args.from.owner, args.from.subaccount.as_ref())?,
            to: self.account_id(args.to.owner, args.to.subaccount.as_ref())?,
            spender: Some(self.account_id(caller, args.spender_subaccount.as_ref())?),
            amount: args.amount,
            fee: args.fee,
            memo: args.memo,
            created_at_time: args.created_at_time,
        };
        let done = self.icrc1(now, transfer)?;
        icrc_result!(self, now, done, wire::TransferFromError {
            Refusal::BadBurn(min) => Error::BadBurn { min_burn_amount: nat(min) },
            Refusal::InsufficientAllowance(left) => Error::InsufficientAllowance { allowance: nat(left) },
        })
    }

    fn icrc1(&mut self, now: LedgerTime, args: Icrc1) -> Result<Result<u64, Refusal>, Reject> {
        self.check_memo(args.memo.as_ref())?;
        let balance = self.book.balance(&args.from);
        let Some(amount) = e8s(&args.amount) else {
            return Ok(Err(Refusal::InsufficientFunds(balance)));
        };
        let minting = self.minting_account();
        let fee_is = |expected: E8s| args.fee.as_ref().is_none_or(|fee| e8s(fee) == Some(expected));
        let Icrc1 { from, to, spender, .. } = args;
        let operation = if to == minting {
            if !fee_is(E8s::ZERO) {
                return Ok(Err(Refusal::BadFee(E8s::ZERO)));
            }
            let least = self.token.fee.min(balance);
            if amount < least {
                return Ok(Err(Refusal::BadBurn(least)));
            }
            if amount == E8s::ZERO {
                return Ok(Err(Refusal::BadBurn(self.token.fee)));
            }
            Operation::Burn { from, amount, spender }
        } else if from == minting {
            if spender.is_some() {
                return Err(self.trap("the minter account cannot delegate mints"));
            }
            if !fee_is(E8s::ZERO) {
                return Ok(Err(Refusal::BadFee(E8s::ZERO)));
            }
            Operation::Mint { to, amount }
        } else {
            if !fee_is(self.token.fee) {
                return Ok(Err(Refusal::BadFee(self.token.fee)));
            }
            Operation::Transfer { from, to, amount, fee: self.token.fee, spender }
        };
        let transaction = Transaction {
            operation,
            memo: 0,
            icrc1_memo: args.memo.map(ByteBuf::into_vec),
            created_at: args.created_at_time.map(|t| self.client_time(t)),
        };
        Ok(self.book.apply(&transaction, now))
    }

    pub(super) fn check_not_anonymous(&self, caller: Principal, doing: &str) -> Result<(), Reject> {
        if caller == Principal::anonymous() {
            return Err(self.trap(&format!("Anonymous principal cannot {doing} on the ledger.")));
        }
        Ok(())
    }

    pub(super) fn check_memo(&self, memo: Option<&ByteBuf>) -> Result<(), Reject> {
        if memo.is_some_and(|memo| memo.len() > MAX_MEMO) {
            return Err(self.trap("the memo field is too large"));
        }
        Ok(())
    }

    /// An error that this method's interface cannot express; only a mint beyond 64 bits gets here.
    pub(super) fn unexpected_refusal(&self, refusal: Refusal) -> Reject {
        match refusal {
            Refusal::SupplyExceeded => self.panicked("total token supply exceeded"),
            other => self.trap(&format!("{other:?} is not an error of this method")),
        }
    }
}

/// Exactly 32 bytes with a right checksum.
pub(super) fn full_identifier(bytes: &[u8]) -> Option<AccountIdentifier> {
    (bytes.len() == Subaccount::DEFAULT.0.len()).then(|| AccountIdentifier::from_slice(bytes).ok()).flatten()
}

fn tokens(amount: E8s) -> wire::Tokens {
    wire::Tokens { e8s: amount.0 }
}

pub(super) fn nat(amount: E8s) -> Nat {
    Nat::from(amount.0)
}

/// How `send_dfx`, which has no error of its own, traps.
fn describe_error(error: &wire::TransferError) -> String {
    let icp = |tokens: &wire::Tokens| {
        format!("{}.{:08} Token", tokens.e8s / E8s::PER_ICP, tokens.e8s % E8s::PER_ICP)
    };
    match error {
        wire::TransferError::BadFee { expected_fee } => {
            format!("transfer fee should be {}", icp(expected_fee))
        }
        wire::TransferError::InsufficientFunds { balance } => format!(
            "the debit account doesn't have enough funds to complete the transaction, current balance: {}",
            icp(balance)
        ),
        wire::TransferError::TxTooOld { allowed_window_nanos } => {
            format!("transaction is older than {} seconds", allowed_window_nanos / 1_000_000_000)
        }
        wire::TransferError::TxCreatedInFuture => "transaction's created_at_time is in future".to_owned(),
        wire::TransferError::TxDuplicate { duplicate_of } => {
            format!("transaction is a duplicate of another transaction in block {duplicate_of}")
        }
    }
}
