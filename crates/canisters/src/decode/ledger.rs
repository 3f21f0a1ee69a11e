//! Transactions of the ICP ledger, as the index and the ledger itself tell them.

use crate::wire::index;
use crate::wire::ledger as wire;
use crate::wire::lenient::{Row, UnreadableRow};
use icpulse_model::ledger::{Operation, Transaction};
use icpulse_model::text::Line;
use icpulse_model::{AccountIdentifier, E8s, Evidence, Timestamp};

/// A row of the index; `None` only if not even its block can be told.
pub fn decode_indexed(row: Row<index::TransactionWithId>, evidence: Evidence) -> Option<Transaction> {
    match row {
        Row::Typed(row) => Some(Transaction {
            block: row.id,
            operation: indexed_operation(&row.transaction.operation),
            memo: row.transaction.memo,
            icrc1_memo: row.transaction.icrc1_memo.map(|memo| memo.into_vec()),
            created_at: row.transaction.created_at_time.map(decode_time),
            timestamp: row.transaction.timestamp.map(decode_time),
            evidence,
        }),
        Row::Raw(raw) => keep_unreadable(&raw, evidence),
    }
}

fn keep_unreadable(raw: &UnreadableRow, evidence: Evidence) -> Option<Transaction> {
    Some(Transaction {
        block: raw.id_hint?,
        operation: Operation::Unknown(Line::new(&format!("{} · {}", raw.reason, raw.candid_text))),
        memo: 0,
        icrc1_memo: None,
        created_at: None,
        timestamp: None,
        evidence,
    })
}

/// A block as `query_blocks` returns it.
pub fn decode_block(number: u64, block: &wire::Block, evidence: Evidence) -> Transaction {
    let transaction = &block.transaction;
    let operation = transaction.operation.as_ref();
    Transaction {
        block: number,
        operation: operation
            .map_or_else(|| Operation::Unknown(Line::new("unknown operation")), ledger_operation),
        memo: transaction.memo,
        icrc1_memo: transaction.icrc1_memo.as_ref().map(|memo| memo.to_vec()),
        created_at: Some(decode_time(transaction.created_at_time)),
        timestamp: Some(decode_time(block.timestamp)),
        evidence,
    }
}

fn decode_time(time: wire::TimeStamp) -> Timestamp {
    Timestamp(time.timestamp_nanos)
}

/// An account identifier in hex, or what is there instead.
fn parse_account(text: &str) -> Result<AccountIdentifier, Operation> {
    text.parse().map_err(|e| Operation::Unknown(Line::new(&format!("'{text}' is not an account: {e}"))))
}

fn indexed_operation(operation: &index::Operation) -> Operation {
    use index::Operation as I;
    let read = || -> Result<Operation, Operation> {
        Ok(match operation {
            I::Transfer { to, fee, from, amount, spender } => Operation::Transfer {
                from: parse_account(from)?,
                to: parse_account(to)?,
                amount: E8s(amount.e8s),
                fee: E8s(fee.e8s),
                spender: spender.as_deref().map(parse_account).transpose()?,
            },
            I::Mint { to, amount } => Operation::Mint { to: parse_account(to)?, amount: E8s(amount.e8s) },
            I::Burn { from, amount, .. } => {
                Operation::Burn { from: parse_account(from)?, amount: E8s(amount.e8s) }
            }
            I::Approve { fee, from, allowance, expires_at, spender, .. } => Operation::Approve {
                from: parse_account(from)?,
                spender: parse_account(spender)?,
                allowance: E8s(allowance.e8s),
                fee: E8s(fee.e8s),
                expires: expires_at.map(decode_time),
            },
        })
    };
    read().unwrap_or_else(|unknown| unknown)
}

/// An account identifier in bytes, or what is there instead.
fn decode_account(bytes: &[u8]) -> Result<AccountIdentifier, Operation> {
    AccountIdentifier::from_slice(bytes)
        .map_err(|e| Operation::Unknown(Line::new(&format!("{} is not an account: {e}", hex::encode(bytes)))))
}

fn ledger_operation(operation: &wire::Operation) -> Operation {
    use wire::Operation as L;
    let read = || -> Result<Operation, Operation> {
        Ok(match operation {
            L::Transfer { from, to, amount, fee, spender } => Operation::Transfer {
                from: decode_account(from)?,
                to: decode_account(to)?,
                amount: E8s(amount.e8s),
                fee: E8s(fee.e8s),
                spender: spender.as_ref().map(|s| decode_account(s)).transpose()?,
            },
            L::Mint { to, amount } => Operation::Mint { to: decode_account(to)?, amount: E8s(amount.e8s) },
            L::Burn { from, amount, .. } => {
                Operation::Burn { from: decode_account(from)?, amount: E8s(amount.e8s) }
            }
            L::Approve { from, spender, allowance, fee, expires_at, .. } => Operation::Approve {
                from: decode_account(from)?,
                spender: decode_account(spender)?,
                allowance: E8s(allowance.e8s),
                fee: E8s(fee.e8s),
                expires: expires_at.map(decode_time),
            },
        })
    };
    read().unwrap_or_else(|unknown| unknown)
}
