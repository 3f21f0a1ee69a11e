//! The ICP index: an account's transactions, newest first. `ledger_id` replies with a principal,
//! `get_account_identifier_balance` and `icrc1_balance_of` with e8s.

use candid::{CandidType, Deserialize, Nat};
use serde_bytes::ByteBuf;

use super::ledger::{Account, TimeStamp, Tokens};

/// Argument of `get_account_identifier_transactions`: by account identifier in hex. `start` is the
/// last transaction already seen; it is not returned again.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct GetAccountIdentifierTransactionsArgs {
    pub max_results: u64,
    pub start: Option<u64>,
    pub account_identifier: String,
}

/// Argument of `get_account_transactions`; as [`GetAccountIdentifierTransactionsArgs`].
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq)]
pub struct GetAccountTransactionsArgs {
    pub account: Account,
    pub start: Option<Nat>,
    pub max_results: Nat,
}

/// Why the index refused.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default, Eq)]
pub struct GetAccountIdentifierTransactionsError {
    pub message: String,
}

/// A page of an account's transactions, with its balance (e8s) and its very first transaction.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct GetAccountIdentifierTransactionsResponse {
    pub balance: u64,
    pub transactions: Vec<TransactionWithId>,
    pub oldest_tx_id: Option<u64>,
}

/// Reply of `get_account_transactions` and `get_account_identifier_transactions`.
pub type GetAccountTransactionsResult =
    Result<GetAccountIdentifierTransactionsResponse, GetAccountIdentifierTransactionsError>;

/// A transaction and its block index.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq)]
pub struct TransactionWithId {
    pub id: u64,
    pub transaction: Transaction,
}

/// A transaction as the index returns it.
///
/// Unlike the ledger's, its operation is not optional: one of an unknown kind fails to decode, and
/// [`super::lenient::decode_rows`] keeps the others.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq)]
pub struct Transaction {
    pub memo: u64,
    pub icrc1_memo: Option<ByteBuf>,
    pub operation: Operation,
    pub created_at_time: Option<TimeStamp>,
    pub timestamp: Option<TimeStamp>,
}

/// What a transaction did; accounts are identifiers in hex.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    Approve {
        fee: Tokens,
        from: String,
        allowance: Tokens,
        expires_at: Option<TimeStamp>,
        spender: String,
        expected_allowance: Option<Tokens>,
    },
    Burn {
        from: String,
        amount: Tokens,
        spender: Option<String>,
    },
    Mint {
        to: String,
        amount: Tokens,
    },
    Transfer {
        to: String,
        fee: Tokens,
        from: String,
        amount: Tokens,
        spender: Option<String>,
    },
}

/// Argument of `get_blocks`.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct GetBlocksRequest {
    pub start: Nat,
    pub length: Nat,
}

/// Reply of `get_blocks`; the blocks decode with [`super::block::Block`].
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct GetBlocksResponse {
    pub blocks: Vec<ByteBuf>,
    pub chain_length: u64,
}

/// Reply of `status`: how many blocks of the ledger the index knows.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default, Copy, Eq)]
pub struct Status {
    pub num_blocks_synced: u64,
}
