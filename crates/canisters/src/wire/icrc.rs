//! ICRC ledgers (ICRC-1, ICRC-3) and their index (`ic-icrc1-index-ng`), as far as they are read. The argument of
//! the index's `get_account_transactions` is that of the ICP index, [`super::index`].

use super::ledger::Account;
use candid::{CandidType, Deserialize, Int, Nat, Principal};
use serde_bytes::ByteBuf;

#[derive(CandidType, Deserialize, Clone, Debug, PartialEq)]
pub struct GetAccountTransactionsError {
    pub message: String,
}

#[derive(CandidType, Deserialize, Clone, Debug, PartialEq)]
pub struct AccountTransactions {
    pub balance: Nat,
    pub transactions: Vec<TransactionWithId>,
    pub oldest_tx_id: Option<Nat>,
}

pub type GetAccountTransactionsResult = Result<AccountTransactions, GetAccountTransactionsError>;

#[derive(CandidType, Deserialize, Clone, Debug, PartialEq)]
pub struct TransactionWithId {
    pub id: Nat,
    pub transaction: Transaction,
}

/// A transaction: the field that `kind` names is there.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct Transaction {
    pub kind: String,
    pub mint: Option<Mint>,
    pub burn: Option<Burn>,
    pub transfer: Option<Transfer>,
    pub approve: Option<Approve>,
    pub timestamp: u64,
}

#[derive(CandidType, Deserialize, Clone, Debug, PartialEq)]
pub struct Mint {
    pub to: Account,
    pub amount: Nat,
    pub memo: Option<ByteBuf>,
    pub created_at_time: Option<u64>,
    pub fee: Option<Nat>,
}

#[derive(CandidType, Deserialize, Clone, Debug, PartialEq)]
pub struct Burn {
    pub from: Account,
    pub spender: Option<Account>,
    pub amount: Nat,
    pub memo: Option<ByteBuf>,
    pub created_at_time: Option<u64>,
    pub fee: Option<Nat>,
}

#[derive(CandidType, Deserialize, Clone, Debug, PartialEq)]
pub struct Transfer {
    pub from: Account,
    pub to: Account,
    pub spender: Option<Account>,
    pub amount: Nat,
    pub fee: Option<Nat>,
    pub memo: Option<ByteBuf>,
    pub created_at_time: Option<u64>,
}

#[derive(CandidType, Deserialize, Clone, Debug, PartialEq)]
pub struct Approve {
    pub from: Account,
    pub spender: Account,
    pub amount: Nat,
    pub expected_allowance: Option<Nat>,
    pub expires_at: Option<u64>,
    pub fee: Option<Nat>,
    pub memo: Option<ByteBuf>,
    pub created_at_time: Option<u64>,
}

/// Reply of `icrc106_get_index_principal`.
pub type GetIndexResult = Result<Principal, GetIndexError>;

#[derive(CandidType, Deserialize, Clone, Debug, PartialEq)]
pub enum GetIndexError {
    IndexPrincipalNotSet,
    GenericError { error_code: Nat, description: String },
}

/// A value of an ICRC-3 block.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq)]
pub enum Value {
    Blob(ByteBuf),
    Text(String),
    Nat(Nat),
    Int(Int),
    Array(Vec<Value>),
    Map(Vec<(String, Value)>),
}

/// One range of the argument of `icrc3_get_blocks`.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq)]
pub struct BlockRange {
    pub start: Nat,
    pub length: Nat,
}

#[derive(CandidType, Deserialize, Clone, Debug, PartialEq)]
pub struct BlockWithId {
    pub id: Nat,
    pub block: Value,
}

// The archive method that returns archived blocks.
candid::define_function!(
    pub GetBlocksFn : (Vec<BlockRange>) -> (GetBlocksResult) query
);

#[derive(CandidType, Deserialize, Clone, Debug, PartialEq)]
pub struct ArchivedBlocks {
    pub args: Vec<BlockRange>,
    pub callback: GetBlocksFn,
}

/// Reply of `icrc3_get_blocks`.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq)]
pub struct GetBlocksResult {
    pub log_length: Nat,
    pub blocks: Vec<BlockWithId>,
    pub archived_blocks: Vec<ArchivedBlocks>,
}
