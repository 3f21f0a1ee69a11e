//! The ledger's book: the chain of blocks and the balances and allowances that follow from it.

use super::allowances::{Allowance, Allowances, ApprovalRefusal};
use super::transaction::{Moment, Operation, Transaction};
use super::window::{Window, WindowRefusal};
use crate::ic::wire::block as pb;
use crate::model::{AccountIdentifier, E8s, Timestamp};
use prost::Message;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// What a transfer or an approval costs; it is burnt.
pub const FEE: E8s = E8s(10_000);

/// Why a transaction does not get into a block (the ledger's own error kinds).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The fee given is not the ledger's.
    BadFee(E8s),
    /// Less than the least amount that can be burnt.
    BadBurn(E8s),
    /// The account holds only this.
    InsufficientFunds(E8s),
    /// The spender may take only this.
    InsufficientAllowance(E8s),
    /// The approval would have expired before it began.
    ExpiredApproval,
    /// The allowance is this, not what the caller expected.
    AllowanceChanged(E8s),
    /// Owner and spender are the same.
    SelfApproval,
    /// Created longer ago than the window.
    TooOld,
    /// Created in the future.
    CreatedInFuture,
    /// Too many transactions in the window.
    Throttled,
    /// In this block already.
    Duplicate(u64),
    /// More than all the tokens there can be.
    SupplyExceeded,
}

/// A block: its encoding and the hash of that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedBlock {
    /// Protobuf, `ic_ledger.pb.v1.Block`.
    pub bytes: Vec<u8>,
    /// sha-256 of `bytes`.
    pub hash: [u8; 32],
}

/// The book.
#[derive(Clone, Debug)]
pub struct Book {
    blocks: Vec<EncodedBlock>,
    latest: Timestamp,
    balances: BTreeMap<AccountIdentifier, E8s>,
    /// Tokens that do not exist: all that fit into 64 bits less the supply.
    pool: E8s,
    allowances: Allowances,
    window: Window,
}

impl Default for Book {
    fn default() -> Self {
        Self::with_window(Window::default())
    }
}

impl Book {
    /// An empty book with a deduplication window of its own size.
    #[must_use]
    pub fn with_window(window: Window) -> Self {
        Self {
            blocks: Vec::new(),
            latest: Timestamp(0),
            balances: BTreeMap::new(),
            pool: E8s(u64::MAX),
            allowances: Allowances::default(),
            window,
        }
    }

    /// All blocks, the first first.
    #[must_use]
    pub fn blocks(&self) -> &[EncodedBlock] {
        &self.blocks
    }

    /// How many blocks there are.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.blocks.len() as u64
    }

    /// The last block's hash: what the ledger certifies.
    #[must_use]
    pub fn tip(&self) -> Option<[u8; 32]> {
        self.blocks.last().map(|block| block.hash)
    }

    /// What an account holds.
    #[must_use]
    pub fn balance(&self, account: &AccountIdentifier) -> E8s {
        self.balances.get(account).copied().unwrap_or_default()
    }

    /// All accounts that hold something.
    pub fn balances(&self) -> impl Iterator<Item = (&AccountIdentifier, &E8s)> {
        self.balances.iter()
    }

    /// All ICP there is.
    #[must_use]
    pub fn supply(&self) -> E8s {
        E8s(u64::MAX - self.pool.0)
    }

    /// Who may spend what.
    #[must_use]
    pub fn allowances(&self) -> &Allowances {
        &self.allowances
    }

    /// Adds a block with this transaction; answers its index.
    ///
    /// # Errors
    /// [`Refusal`]; the book is then as it was.
    pub fn apply(&mut self, transaction: &Transaction, now: Moment) -> Result<u64, Refusal> {
        if self.window.purge_and_throttle(now.network) {
            return Err(Refusal::Throttled);
        }
        self.allowances.prune(now.network);
        let wire = transaction.to_wire();
        let remembered = match transaction.created_at {
            Some(created_at) => {
                let hash: [u8; 32] = Sha256::digest(wire.encode_to_vec()).into();
                self.window.check(&hash, created_at, now).map_err(|refusal| match refusal {
                    WindowRefusal::TooOld => Refusal::TooOld,
                    WindowRefusal::InFuture => Refusal::CreatedInFuture,
                    WindowRefusal::Duplicate(block) => Refusal::Duplicate(block),
                })?;
                Some(hash)
            }
            None => None,
        };
        self.settle(&transaction.operation, now.network)?;
        let index = self.append(wire, now.shown);
        if let Some(hash) = remembered {
            self.window.remember(hash, index, now.network);
        }
        Ok(index)
    }

    fn append(&mut self, transaction: pb::Transaction, shown: Timestamp) -> u64 {
        // Blocks' times never go back, even if the caller's does by a rounding.
        self.latest = self.latest.max(shown);
        let block = pb::Block {
            parent_hash: self.tip().map(|hash| pb::Hash { hash: hash.to_vec() }),
            timestamp: Some(pb::TimeStamp { timestamp_nanos: self.latest.0 }),
            transaction: Some(transaction),
        };
        let bytes = block.to_bytes();
        let hash = pb::hash_of_encoded(&bytes);
        self.blocks.push(EncodedBlock { bytes, hash });
        self.length() - 1
    }

    /// Checks an operation as the ledger does, in its order, and changes balances and allowances.
    fn settle(&mut self, operation: &Operation, now: Timestamp) -> Result<(), Refusal> {
        match operation {
            Operation::Mint { to, amount } => {
                let pool = self.pool.checked_sub(*amount).ok_or(Refusal::SupplyExceeded)?;
                self.credit(*to, *amount)?;
                self.pool = pool;
                Ok(())
            }
            Operation::Burn { from, amount, spender } => {
                if let Some(spender) = spender {
                    let allowance = self.allowances.get(from, spender, now).amount;
                    if allowance < *amount {
                        return Err(Refusal::InsufficientAllowance(allowance));
                    }
                }
                self.debit(*from, *amount)?;
                self.destroy(*amount);
                if let Some(spender) = spender.filter(|s| s != from) {
                    self.allowances.spend(*from, spender, *amount);
                }
                Ok(())
            }
            Operation::Transfer { from, to, amount, fee, spender } => {
                let spender = spender.filter(|s| s != from);
                let total = amount.checked_add(*fee);
                if let Some(spender) = &spender {
                    let allowance = self.allowances.get(from, spender, now).amount;
                    if total.is_none_or(|total| allowance < total) {
                        return Err(Refusal::InsufficientAllowance(allowance));
                    }
                }
                let total = total.ok_or(Refusal::InsufficientFunds(self.balance(from)))?;
                self.debit(*from, total)?;
                self.credit(*to, *amount)?;
                self.destroy(*fee);
                if let Some(spender) = spender {
                    self.allowances.spend(*from, spender, total);
                }
                Ok(())
            }
            Operation::Approve { from, spender, allowance, expected, expires, fee } => {
                let balance = self.balance(from);
                if balance < *fee {
                    return Err(Refusal::InsufficientFunds(balance));
                }
                self.allowances.check(from, spender, *expires, *expected, now).map_err(|refusal| {
                    match refusal {
                        ApprovalRefusal::Expired => Refusal::ExpiredApproval,
                        ApprovalRefusal::Changed(current) => Refusal::AllowanceChanged(current),
                        ApprovalRefusal::ToItself => Refusal::SelfApproval,
                    }
                })?;
                self.debit(*from, *fee)?;
                self.destroy(*fee);
                self.allowances.set(*from, *spender, Allowance { amount: *allowance, expires: *expires });
                Ok(())
            }
        }
    }

    fn debit(&mut self, from: AccountIdentifier, amount: E8s) -> Result<(), Refusal> {
        let balance = self.balance(&from);
        let left = balance.checked_sub(amount).ok_or(Refusal::InsufficientFunds(balance))?;
        self.put(from, left);
        Ok(())
    }

    fn credit(&mut self, to: AccountIdentifier, amount: E8s) -> Result<(), Refusal> {
        // Cannot overflow: the supply fits into 64 bits.
        let balance = self.balance(&to).checked_add(amount).ok_or(Refusal::SupplyExceeded)?;
        self.put(to, balance);
        Ok(())
    }

    fn put(&mut self, account: AccountIdentifier, balance: E8s) {
        if balance == E8s::ZERO {
            self.balances.remove(&account);
        } else {
            self.balances.insert(account, balance);
        }
    }

    fn destroy(&mut self, amount: E8s) {
        self.pool = self.pool.saturating_add(amount);
    }
}
