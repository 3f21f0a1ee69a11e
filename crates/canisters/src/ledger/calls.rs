//! Changes asked of the ICP ledger: `transfer`, and its answers.

use crate::wire::ledger as wire;
use crate::wire::{decode_one, encode_one};
use icpulse_ic::IcError;
use icpulse_ic::PreparedCall;
use icpulse_model::network::{Canisters, SystemCanister};
use icpulse_model::text::Line;
use icpulse_model::{AccountIdentifier, E8s, Seconds, Subaccount, Timestamp};
use serde_bytes::ByteBuf;

/// A transfer of ICP. With the same `memo`, amount, accounts and `created_at` the ledger carries it
/// out once at most, however often it is sent within its window of 24 hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransferRequest {
    /// From which of the signer's accounts; `None` is the default one.
    pub from_subaccount: Option<Subaccount>,
    pub to: AccountIdentifier,
    /// How much arrives.
    pub amount: E8s,
    /// What it costs on top.
    pub fee: E8s,
    /// The memo; the nonce when staking.
    pub memo: u64,
    /// The sender's time, the key of the ledger's deduplication.
    pub created_at: Timestamp,
}

/// Why the ledger did not make a new transfer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransferRefusal {
    /// Another fee is due.
    #[error("the ledger's fee is {expected} ICP")]
    BadFee { expected: E8s },
    /// The account has too little.
    #[error("the account has only {balance} ICP")]
    InsufficientFunds { balance: E8s },
    /// `created_at` lies before the ledger's window.
    #[error("the transfer is older than the {} the ledger accepts", window.words())]
    TooOld { window: Seconds },
    /// `created_at` lies in the ledger's future.
    #[error("the transfer is dated in the future: this machine's clock is ahead")]
    CreatedInFuture,
    /// The very same transfer was made before: the wanted state is there.
    #[error("duplicate of the transfer in block {of}")]
    Duplicate { of: u64 },
    /// An answer this version cannot read.
    #[error("could not decode the ledger's response: {0}")]
    Unreadable(Line),
}

/// Moves ICP.
///
/// # Errors
/// [`IcError::Invalid`] if the argument cannot be written.
pub fn transfer(canisters: &Canisters, request: &TransferRequest) -> Result<PreparedCall, IcError> {
    let argument = wire::TransferArgs {
        memo: request.memo,
        amount: wire::Tokens { e8s: request.amount.0 },
        fee: wire::Tokens { e8s: request.fee.0 },
        from_subaccount: request.from_subaccount.map(|s| ByteBuf::from(s.0.to_vec())),
        to: request.to.0.to_vec(),
        created_at_time: Some(wire::TimeStamp { timestamp_nanos: request.created_at.0 }),
    };
    let arg = encode_one(argument).map_err(|e| IcError::Invalid {
        what: Line::new("writing the argument of transfer"),
        why: Line::new(&e.to_string()),
    })?;
    Ok(PreparedCall {
        canister: canisters.id(SystemCanister::IcpLedger),
        method: "transfer",
        arg,
        effective: canisters.id(SystemCanister::IcpLedger),
    })
}

/// Reads the answer of `transfer`: the block of the new transfer.
///
/// # Errors
/// [`TransferRefusal`]; of these, [`TransferRefusal::Duplicate`] means that it happened before.
pub fn parse_transfer_reply(bytes: &[u8]) -> Result<u64, TransferRefusal> {
    let reply: wire::TransferResult =
        decode_one(bytes).map_err(|e| TransferRefusal::Unreadable(Line::new(&e.to_string())))?;
    reply.map_err(|error| match error {
        wire::TransferError::BadFee { expected_fee } => {
            TransferRefusal::BadFee { expected: E8s(expected_fee.e8s) }
        }
        wire::TransferError::InsufficientFunds { balance } => {
            TransferRefusal::InsufficientFunds { balance: E8s(balance.e8s) }
        }
        wire::TransferError::TxTooOld { allowed_window_nanos } => {
            TransferRefusal::TooOld { window: Timestamp(allowed_window_nanos).since(Timestamp(0)) }
        }
        wire::TransferError::TxCreatedInFuture => TransferRefusal::CreatedInFuture,
        wire::TransferError::TxDuplicate { duplicate_of } => TransferRefusal::Duplicate { of: duplicate_of },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use icpulse_model::{Account, Principal};

    fn canisters() -> Canisters {
        Canisters::default()
    }

    fn request() -> TransferRequest {
        TransferRequest {
            from_subaccount: Some(Subaccount([3; 32])),
            to: Account::default_of(Principal::anonymous()).identifier(),
            amount: E8s(5),
            fee: E8s(10_000),
            memo: u64::MAX,
            created_at: Timestamp(1_795_343_192_000_000_000),
        }
    }

    #[test]
    fn the_argument_says_what_was_asked_for() {
        let call = transfer(&canisters(), &request()).unwrap();
        assert_eq!(
            (call.canister, call.effective, call.method),
            (
                canisters().id(SystemCanister::IcpLedger),
                canisters().id(SystemCanister::IcpLedger),
                "transfer"
            )
        );
        let argument: wire::TransferArgs = decode_one(&call.arg).unwrap();
        assert_eq!((argument.amount.e8s, argument.fee.e8s, argument.memo), (5, 10_000, u64::MAX));
        assert_eq!(argument.to, request().to.0);
        assert_eq!(argument.from_subaccount.unwrap().into_vec(), [3; 32]);
        assert_eq!(argument.created_at_time.unwrap().timestamp_nanos, 1_795_343_192_000_000_000);
        assert_eq!(call.arg_digest().len(), 64);
        // The same request has the same bytes: nothing random but the nonce of the envelope.
        assert_eq!(transfer(&canisters(), &request()).unwrap(), call);
    }

    #[test]
    fn every_answer_of_the_ledger() {
        let tokens = |e8s| wire::Tokens { e8s };
        let answer = |reply: wire::TransferResult| parse_transfer_reply(&encode_one(reply).unwrap());
        assert_eq!(answer(Ok(7)), Ok(7));
        for (error, expected) in [
            (
                wire::TransferError::BadFee { expected_fee: tokens(9) },
                TransferRefusal::BadFee { expected: E8s(9) },
            ),
            (
                wire::TransferError::InsufficientFunds { balance: tokens(3) },
                TransferRefusal::InsufficientFunds { balance: E8s(3) },
            ),
            (
                wire::TransferError::TxTooOld { allowed_window_nanos: 86_400_000_000_000 },
                TransferRefusal::TooOld { window: Seconds(86_400) },
            ),
            (wire::TransferError::TxCreatedInFuture, TransferRefusal::CreatedInFuture),
            (wire::TransferError::TxDuplicate { duplicate_of: 12 }, TransferRefusal::Duplicate { of: 12 }),
        ] {
            assert_eq!(answer(Err(error)), Err(expected));
        }
        assert!(matches!(parse_transfer_reply(b"DIDL"), Err(TransferRefusal::Unreadable(_))));
    }
}
