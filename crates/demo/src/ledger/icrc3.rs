//! Blocks as ICRC-3 has them: generic values, their representation-independent hashes, and the hash
//! tree over the tip that the ledger certifies.

use super::transaction::{Operation, ReadBlock, read_block};
use crate::hash::{self, leb128};
use candid::Nat;
use ic_certification::{HashTree, fork, labeled, leaf};
use icpulse_canisters::wire::icrc::Value;
use icpulse_model::{Account, AccountIdentifier, E8s, Subaccount};
use serde_bytes::ByteBuf;
use std::collections::BTreeMap;

/// The accounts behind account identifiers, which do not tell them.
pub type Accounts = BTreeMap<AccountIdentifier, Account>;

fn hashable(value: &Value) -> hash::Value<'_> {
    match value {
        Value::Blob(bytes) => hash::Value::Blob(bytes),
        Value::Text(text) => hash::Value::Text(text),
        Value::Nat(nat) => hash::Value::Nat(u64::try_from(&nat.0).unwrap_or(u64::MAX)),
        // No block of this ledger has integers.
        Value::Int(_) => hash::Value::Nat(u64::MAX),
        Value::Array(items) => hash::Value::Array(items.iter().map(hashable).collect()),
        Value::Map(fields) => {
            hash::Value::Map(fields.iter().map(|(name, value)| (name.as_str(), hashable(value))).collect())
        }
    }
}

fn blob(bytes: &[u8]) -> Value {
    Value::Blob(ByteBuf::from(bytes.to_vec()))
}

fn nat(amount: E8s) -> Value {
    Value::Nat(Nat::from(amount.0))
}

fn account(id: &AccountIdentifier, accounts: &Accounts) -> Value {
    let Some(account) = accounts.get(id) else { return Value::Array(Vec::new()) };
    let mut parts = vec![blob(account.owner.as_slice())];
    if account.subaccount != Subaccount::DEFAULT {
        parts.push(blob(&account.subaccount.0));
    }
    Value::Array(parts)
}

/// A block with the block types of the standard ledger: `tx.op` names what it does.
pub(crate) fn block_value(block: &ReadBlock, accounts: &Accounts) -> Value {
    let transaction = &block.transaction;
    let mut fields: Vec<(&str, Value)> = Vec::new();
    let mut tx: Vec<(&str, Value)> = Vec::new();
    let op = match &transaction.operation {
        Operation::Mint { to, amount } => {
            tx.extend([("to", account(to, accounts)), ("amt", nat(*amount))]);
            "mint"
        }
        Operation::Burn { from, amount, spender } => {
            tx.extend([("from", account(from, accounts)), ("amt", nat(*amount))]);
            tx.extend(spender.map(|spender| ("spender", account(&spender, accounts))));
            "burn"
        }
        Operation::Transfer { from, to, amount, fee, spender } => {
            fields.push(("fee", nat(*fee)));
            tx.extend([
                ("from", account(from, accounts)),
                ("to", account(to, accounts)),
                ("amt", nat(*amount)),
            ]);
            tx.extend(spender.map(|spender| ("spender", account(&spender, accounts))));
            "xfer"
        }
        Operation::Approve { from, spender, allowance, expected, expires, fee } => {
            fields.push(("fee", nat(*fee)));
            let spender = account(spender, accounts);
            tx.extend([("from", account(from, accounts)), ("spender", spender), ("amt", nat(*allowance))]);
            tx.extend(expected.map(|expected| ("expected_allowance", nat(expected))));
            tx.extend(expires.map(|expires| ("expires_at", Value::Nat(Nat::from(expires.shown.0)))));
            "approve"
        }
    };
    tx.push(("op", Value::Text(op.to_owned())));
    tx.extend(transaction.icrc1_memo.as_ref().map(|memo| ("memo", blob(memo))));
    tx.extend(transaction.created_at.map(|at| ("ts", Value::Nat(Nat::from(at.shown.0)))));
    fields.extend(block.parent.as_ref().map(|parent| ("phash", blob(parent))));
    fields.extend([("ts", Value::Nat(Nat::from(block.timestamp.0))), ("tx", map(tx))]);
    map(fields)
}

fn map(mut fields: Vec<(&str, Value)>) -> Value {
    fields.sort_by_key(|(name, _)| *name);
    Value::Map(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// The hash of a stored block, by which the next one names it.
pub(crate) fn hash_block(encoded: &[u8], accounts: &Accounts) -> [u8; 32] {
    read_block(encoded).map(|block| hashable(&block_value(&block, accounts)).hash()).unwrap_or_default()
}

/// The tree whose root hash the ledger certifies: the last block's index and hash.
pub(crate) fn tip_tree(index: u64, hash: [u8; 32]) -> HashTree {
    fork(labeled("last_block_hash", leaf(hash.to_vec())), labeled("last_block_index", leaf(leb128(index))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_of_a_real_ledger_has_the_hash_that_the_next_one_names() {
        // Blocks 0 and 1 of an SNS ledger of May 2026.
        let at = || Value::Nat(Nat::from(1_795_343_875_154_707_687_u64));
        let bytes = |text: &str| blob(&hex::decode(text).unwrap());
        let to = Value::Array(vec![
            bytes("ffffffffffd000010101"),
            bytes("03af6b1ea6657ff91f5fc63572d7f58c953cdd4df5667e28477c30e53f3b1e00"),
        ]);
        let op = Value::Text("mint".to_owned());
        let tx = map(vec![("amt", nat(E8s(0))), ("op", op), ("to", to), ("ts", at())]);
        let block = map(vec![("ts", at()), ("tx", tx)]);
        assert_eq!(
            hex::encode(hashable(&block).hash()),
            "43d022810b422a62bf645d1ee735c5d90c159e4fac9b8e0ba409db62a3be1328"
        );
    }
}
