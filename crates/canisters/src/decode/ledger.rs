//! Transactions of the ICP ledger, as the index and the ledger itself tell them.

use crate::wire::index;
use crate::wire::ledger as wire;
use crate::wire::lenient::{Row, UnreadableRow};
use icpulse_model::ledger::{Operation, Party, Transaction};
use icpulse_model::text::Line;
use icpulse_model::{AccountIdentifier, Evidence, LedgerId, Timestamp};

/// A row of the index; `None` only if not even its block can be told.
pub fn decode_indexed(
    ledger: LedgerId,
    row: Row<index::TransactionWithId>,
    evidence: Evidence,
) -> Option<Transaction> {
    match row {
        Row::Typed(row) => Some(Transaction {
            ledger,
            block: row.id,
            operation: indexed_operation(&row.transaction.operation),
            memo: row.transaction.memo,
            icrc1_memo: row.transaction.icrc1_memo.map(|memo| memo.into_vec()),
            created_at: row.transaction.created_at_time.map(decode_time),
            timestamp: row.transaction.timestamp.map(decode_time),
            evidence,
        }),
        Row::Raw(raw) => keep_unreadable(ledger, &raw, evidence),
    }
}

fn keep_unreadable(ledger: LedgerId, raw: &UnreadableRow, evidence: Evidence) -> Option<Transaction> {
    Some(Transaction {
        ledger,
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
pub fn decode_block(ledger: LedgerId, number: u64, block: &wire::Block, evidence: Evidence) -> Transaction {
    let transaction = &block.transaction;
    let operation = transaction.operation.as_ref();
    Transaction {
        ledger,
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
fn parse_account(text: &str) -> Result<Party, Line> {
    text.parse().map(Party::Identifier).map_err(|e| Line::new(&format!("'{text}' is not an account: {e}")))
}

fn indexed_operation(operation: &index::Operation) -> Operation {
    use index::Operation as I;
    let read = || -> Result<Operation, Line> {
        Ok(match operation {
            I::Transfer { to, fee, from, amount, spender } => Operation::Transfer {
                from: parse_account(from)?,
                to: parse_account(to)?,
                amount: amount.e8s.into(),
                fee: Some(fee.e8s.into()),
                spender: spender.as_deref().map(parse_account).transpose()?,
            },
            I::Mint { to, amount } => Operation::Mint { to: parse_account(to)?, amount: amount.e8s.into() },
            I::Burn { from, amount, .. } => {
                Operation::Burn { from: parse_account(from)?, amount: amount.e8s.into() }
            }
            I::Approve { fee, from, allowance, expires_at, spender, .. } => Operation::Approve {
                from: parse_account(from)?,
                spender: parse_account(spender)?,
                allowance: allowance.e8s.into(),
                fee: Some(fee.e8s.into()),
                expires: expires_at.map(decode_time),
            },
        })
    };
    read().unwrap_or_else(Operation::Unknown)
}

/// An account identifier in bytes, or what is there instead.
fn decode_account(bytes: &[u8]) -> Result<Party, Line> {
    AccountIdentifier::from_slice(bytes)
        .map(Party::Identifier)
        .map_err(|e| Line::new(&format!("{} is not an account: {e}", hex::encode(bytes))))
}

fn ledger_operation(operation: &wire::Operation) -> Operation {
    use wire::Operation as L;
    let read = || -> Result<Operation, Line> {
        Ok(match operation {
            L::Transfer { from, to, amount, fee, spender } => Operation::Transfer {
                from: decode_account(from)?,
                to: decode_account(to)?,
                amount: amount.e8s.into(),
                fee: Some(fee.e8s.into()),
                spender: spender.as_ref().map(|s| decode_account(s)).transpose()?,
            },
            L::Mint { to, amount } => Operation::Mint { to: decode_account(to)?, amount: amount.e8s.into() },
            L::Burn { from, amount, .. } => {
                Operation::Burn { from: decode_account(from)?, amount: amount.e8s.into() }
            }
            L::Approve { from, spender, allowance, fee, expires_at, .. } => Operation::Approve {
                from: decode_account(from)?,
                spender: decode_account(spender)?,
                allowance: allowance.e8s.into(),
                fee: Some(fee.e8s.into()),
                expires: expires_at.map(decode_time),
            },
        })
    };
    read().unwrap_or_else(Operation::Unknown)
}
