//! The ICP ledger: its own methods, and ICRC-1 and ICRC-2, which SNS and chain-key ledgers share.

use candid::{CandidType, Deserialize, Int, Nat, Principal};
use serde_bytes::ByteBuf;

/// An amount of ICP in e8s (10^-8 ICP).
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default, Copy, Eq, PartialOrd, Ord)]
pub struct Tokens {
    pub e8s: u64,
}

/// Nanoseconds since the Unix epoch.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default, Copy, Eq, PartialOrd, Ord)]
pub struct TimeStamp {
    pub timestamp_nanos: u64,
}

/// Argument of `transfer`: to a 32-byte account identifier (checksum included).
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct TransferArgs {
    pub memo: u64,
    pub amount: Tokens,
    pub fee: Tokens,
    pub from_subaccount: Option<ByteBuf>,
    #[serde(with = "serde_bytes")]
    pub to: Vec<u8>,
    pub created_at_time: Option<TimeStamp>,
}

/// Why `transfer` refused.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Eq)]
pub enum TransferError {
    BadFee { expected_fee: Tokens },
    InsufficientFunds { balance: Tokens },
    TxTooOld { allowed_window_nanos: u64 },
    TxCreatedInFuture,
    TxDuplicate { duplicate_of: u64 },
}

/// Reply of `transfer`: the block index.
pub type TransferResult = Result<u64, TransferError>;

/// Argument of `account_balance` (reply: [`Tokens`]).
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct AccountBalanceArgs {
    #[serde(with = "serde_bytes")]
    pub account: Vec<u8>,
}

/// Argument of `transfer_fee`.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct TransferFeeArg {}

/// Reply of `transfer_fee`.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct TransferFee {
    pub transfer_fee: Tokens,
}

/// Argument of `query_blocks`, `query_encoded_blocks` and of the archives' callbacks.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default, Copy, Eq)]
pub struct GetBlocksArgs {
    pub start: u64,
    pub length: u64,
}

/// What a transaction did. Accounts are 32-byte account identifiers.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq)]
pub enum Operation {
    Mint {
        #[serde(with = "serde_bytes")]
        to: Vec<u8>,
        amount: Tokens,
    },
    Burn {
        #[serde(with = "serde_bytes")]
        from: Vec<u8>,
        spender: Option<ByteBuf>,
        amount: Tokens,
    },
    Transfer {
        #[serde(with = "serde_bytes")]
        from: Vec<u8>,
        #[serde(with = "serde_bytes")]
        to: Vec<u8>,
        amount: Tokens,
        fee: Tokens,
        // The one who spent, when it was not the owner (ICRC-2).
        spender: Option<ByteBuf>,
    },
    Approve {
        #[serde(with = "serde_bytes")]
        from: Vec<u8>,
        #[serde(with = "serde_bytes")]
        spender: Vec<u8>,
        // Deprecated by the canister; may be negative.
        allowance_e8s: Int,
        allowance: Tokens,
        fee: Tokens,
        expires_at: Option<TimeStamp>,
        expected_allowance: Option<Tokens>,
    },
}

/// A transaction; `operation` is `None` when it is of a kind this program does not know.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct Transaction {
    pub memo: u64,
    pub icrc1_memo: Option<ByteBuf>,
    pub operation: Option<Operation>,
    pub created_at_time: TimeStamp,
}

/// A block as `query_blocks` returns it.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct Block {
    pub parent_hash: Option<ByteBuf>,
    pub transaction: Transaction,
    pub timestamp: TimeStamp,
}

/// Blocks as an archive returns them.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct BlockRange {
    pub blocks: Vec<Block>,
}

/// Why an archive refused.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Eq)]
pub enum QueryArchiveError {
    BadFirstBlockIndex { requested_index: u64, first_valid_index: u64 },
    Other { error_code: u64, error_message: String },
}

/// Reply of an archive's callback.
pub type QueryArchiveResult = Result<BlockRange, QueryArchiveError>;

/// Reply of an archive's callback for encoded blocks.
pub type EncodedArchiveResult = Result<Vec<ByteBuf>, QueryArchiveError>;

// The archive method that returns archived blocks.
candid::define_function!(
    pub QueryArchiveFn : (GetBlocksArgs) -> (QueryArchiveResult) query
);

// The archive method that returns archived blocks in their encoding.
candid::define_function!(
    pub EncodedArchiveFn : (GetBlocksArgs) -> (EncodedArchiveResult) query
);

/// Where a part of the asked blocks is archived.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq)]
pub struct ArchivedBlocksRange {
    pub start: u64,
    pub length: u64,
    pub callback: QueryArchiveFn,
}

/// Reply of `query_blocks`. `certificate` covers the hash of the last block, and is there only in
/// a query.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct QueryBlocksResponse {
    pub chain_length: u64,
    pub certificate: Option<ByteBuf>,
    pub blocks: Vec<Block>,
    pub first_block_index: u64,
    pub archived_blocks: Vec<ArchivedBlocksRange>,
}

/// Where a part of the asked encoded blocks is archived.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq)]
pub struct ArchivedEncodedBlocksRange {
    pub callback: EncodedArchiveFn,
    pub start: u64,
    pub length: u64,
}

/// Reply of `query_encoded_blocks`; the blocks decode with [`super::block::Block`].
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct QueryEncodedBlocksResponse {
    pub certificate: Option<ByteBuf>,
    pub blocks: Vec<ByteBuf>,
    pub chain_length: u64,
    pub first_block_index: u64,
    pub archived_blocks: Vec<ArchivedEncodedBlocksRange>,
}

/// Reply of `tip_of_chain`: the last block's index and a certificate over its hash.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct TipOfChain {
    pub certification: Option<ByteBuf>,
    pub tip_index: u64,
}

/// An archive canister.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq)]
pub struct Archive {
    pub canister_id: Principal,
}

/// Reply of `archives`.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct Archives {
    pub archives: Vec<Archive>,
}

/// Argument of `get_allowances`; accounts are identifiers in hex.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct GetAllowancesArgs {
    pub from_account_id: String,
    pub prev_spender_id: Option<String>,
    pub take: Option<u64>,
}

/// One allowance of `get_allowances`, whose reply is a vector of them.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct AllowanceRow {
    pub from_account_id: String,
    pub to_spender_id: String,
    pub allowance: Tokens,
    pub expires_at: Option<u64>,
}

/// Argument of `remove_approval` (reply: [`ApproveResult`]).
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct RemoveApprovalArgs {
    pub from_subaccount: Option<ByteBuf>,
    #[serde(with = "serde_bytes")]
    pub spender: Vec<u8>,
    pub fee: Option<Nat>,
}

/// An ICRC-1 account. Argument of `icrc1_balance_of` and `account_identifier`.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub owner: Principal,
    pub subaccount: Option<ByteBuf>,
}

/// Argument of `icrc1_transfer`; amounts in the token's base unit, time in nanoseconds.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq)]
pub struct TransferArg {
    pub from_subaccount: Option<ByteBuf>,
    pub to: Account,
    pub amount: Nat,
    pub fee: Option<Nat>,
    pub memo: Option<ByteBuf>,
    pub created_at_time: Option<u64>,
}

/// Why `icrc1_transfer` refused.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Eq)]
pub enum Icrc1TransferError {
    BadFee { expected_fee: Nat },
    BadBurn { min_burn_amount: Nat },
    InsufficientFunds { balance: Nat },
    TooOld,
    CreatedInFuture { ledger_time: u64 },
    TemporarilyUnavailable,
    Duplicate { duplicate_of: Nat },
    GenericError { error_code: Nat, message: String },
}

/// Reply of `icrc1_transfer`: the block index.
pub type Icrc1TransferResult = Result<Nat, Icrc1TransferError>;

/// A value of `icrc1_metadata`, whose reply is a vector of `(String, Value)`.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Nat(Nat),
    Int(Int),
    Text(String),
    Blob(ByteBuf),
}

/// One row of `icrc1_supported_standards` and `icrc10_supported_standards`.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default, Eq)]
pub struct Standard {
    pub name: String,
    pub url: String,
}

/// Argument of `icrc2_approve`.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq)]
pub struct ApproveArgs {
    pub from_subaccount: Option<ByteBuf>,
    pub spender: Account,
    pub amount: Nat,
    pub expected_allowance: Option<Nat>,
    pub expires_at: Option<u64>,
    pub fee: Option<Nat>,
    pub memo: Option<ByteBuf>,
    pub created_at_time: Option<u64>,
}

/// Why `icrc2_approve` refused.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Eq)]
pub enum ApproveError {
    BadFee { expected_fee: Nat },
    InsufficientFunds { balance: Nat },
    AllowanceChanged { current_allowance: Nat },
    Expired { ledger_time: u64 },
    TooOld,
    CreatedInFuture { ledger_time: u64 },
    Duplicate { duplicate_of: Nat },
    TemporarilyUnavailable,
    GenericError { error_code: Nat, message: String },
}

/// Reply of `icrc2_approve`: the block index.
pub type ApproveResult = Result<Nat, ApproveError>;

/// Argument of `icrc2_allowance`.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq)]
pub struct AllowanceArgs {
    pub account: Account,
    pub spender: Account,
}

/// Reply of `icrc2_allowance`; the expiry is in nanoseconds.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct Allowance {
    pub allowance: Nat,
    pub expires_at: Option<u64>,
}

/// Argument of `icrc2_transfer_from`.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq)]
pub struct TransferFromArgs {
    pub spender_subaccount: Option<ByteBuf>,
    pub from: Account,
    pub to: Account,
    pub amount: Nat,
    pub fee: Option<Nat>,
    pub memo: Option<ByteBuf>,
    pub created_at_time: Option<u64>,
}

/// Why `icrc2_transfer_from` refused.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Eq)]
pub enum TransferFromError {
    BadFee { expected_fee: Nat },
    BadBurn { min_burn_amount: Nat },
    InsufficientFunds { balance: Nat },
    InsufficientAllowance { allowance: Nat },
    TooOld,
    CreatedInFuture { ledger_time: u64 },
    Duplicate { duplicate_of: Nat },
    TemporarilyUnavailable,
    GenericError { error_code: Nat, message: String },
}

/// Reply of `icrc2_transfer_from`: the block index.
pub type TransferFromResult = Result<Nat, TransferFromError>;
