//! The ledger's book: the chain of blocks and the balances and allowances that follow from it.

use super::allowances::{Allowance, Allowances, ApprovalRefusal};
use super::derived_chain::DerivedChain;
use super::icrc3::{Accounts, hash_block};
use super::transaction::{LedgerTime, Operation, Transaction};
use super::window::{Window, WindowRefusal};
use icpulse_canisters::wire::block as pb;
use icpulse_model::{Account, AccountIdentifier, E8s, Timestamp};
use prost::Message;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a transfer or an approval costs; it is burnt.
pub const FEE: E8s = E8s(10_000);

/// The reason a transaction does not get into a block (the ledger's own error kinds).
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
    CreatedInFuture,
    /// Too many transactions in the window.
    Throttled,
    Duplicate(u64),
    /// More than all the tokens there can be.
    SupplyExceeded,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedBlock {
    /// Protobuf, `ic_ledger.pb.v1.Block`.
    pub bytes: Vec<u8>,
    /// sha-256 of `bytes`.
    pub hash: [u8; 32],
}

#[derive(Clone, Debug)]
pub struct Book {
    /// Under the blocks in a large world.
    derived: Option<Arc<DerivedChain>>,
    /// Known accounts of an ICRC-1 ledger, whose blocks are hashed as ICRC-3 says; none for ICP.
    accounts: Option<Accounts>,
    blocks: Vec<EncodedBlock>,
    latest: Timestamp,
    /// Without those that lie in the derived chain untouched.
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
    pub(crate) fn with_window(window: Window) -> Self {
        Self {
            derived: None,
            accounts: None,
            blocks: Vec::new(),
            latest: Timestamp(0),
            balances: BTreeMap::new(),
            pool: E8s(u64::MAX),
            allowances: Allowances::default(),
            window,
        }
    }

    /// An empty book of an ICRC-1 ledger.
    pub(super) fn icrc() -> Self {
        Self { accounts: Some(Accounts::new()), ..Self::default() }
    }

    /// The accounts of an ICRC-1 ledger; `None` for ICP.
    pub(crate) fn accounts(&self) -> Option<&Accounts> {
        self.accounts.as_ref()
    }

    /// Remembers the account behind an identifier, so that an ICRC-1 ledger's blocks can name it.
    pub(super) fn note_account(&mut self, account: Account) -> AccountIdentifier {
        let id = account.identifier();
        if let Some(accounts) = &mut self.accounts {
            accounts.insert(id, account);
        }
        id
    }

    /// Puts a derived chain under a book that has no blocks of its own yet.
    pub(super) fn set_derived(&mut self, derived: Arc<DerivedChain>) {
        self.latest = derived.latest();
        self.derived = Some(derived);
    }

    pub fn derived(&self) -> Option<&Arc<DerivedChain>> {
        self.derived.as_ref()
    }

    /// The number of blocks that lie in the derived chain.
    fn depth(&self) -> u64 {
        self.derived.as_ref().map_or(0, |derived| derived.length())
    }

    /// All blocks above the derived chain, the first first.
    #[cfg(test)]
    pub fn blocks(&self) -> &[EncodedBlock] {
        &self.blocks
    }

    /// The encoded blocks from `first` to below `end`, as far as there are any.
    pub fn page(&self, first: u64, end: u64) -> Vec<Vec<u8>> {
        let depth = self.depth();
        let mut page = self.derived.as_ref().map(|chain| chain.blocks(first, end)).unwrap_or_default();
        let place = |number: u64| usize::try_from(number.saturating_sub(depth)).unwrap_or(usize::MAX);
        let (from, to) = (place(first), place(end).min(self.blocks.len()));
        page.extend(self.blocks.get(from..to).into_iter().flatten().map(|block| block.bytes.clone()));
        page
    }

    pub fn length(&self) -> u64 {
        self.depth() + self.blocks.len() as u64
    }

    /// The last block's hash: what the ledger certifies.
    pub fn tip(&self) -> Option<[u8; 32]> {
        let bottom = || self.derived.as_ref().map(|derived| derived.tip());
        self.blocks.last().map(|block| block.hash).or_else(bottom)
    }

    pub fn balance(&self, account: &AccountIdentifier) -> E8s {
        let untouched = || self.derived.as_ref().and_then(|derived| derived.stake_in(account));
        self.balances.get(account).copied().or_else(untouched).unwrap_or_default()
    }

    /// All accounts that hold something, but for stakes of the derived chain that nobody touched.
    pub fn balances(&self) -> impl Iterator<Item = (&AccountIdentifier, &E8s)> {
        self.balances.iter().filter(|(_, e8s)| **e8s > E8s::ZERO)
    }

    /// All ICP there is.
    pub fn supply(&self) -> E8s {
        E8s(u64::MAX - self.pool.0)
    }

    pub fn allowances(&self) -> &Allowances {
        &self.allowances
    }

    /// Adds a block with this transaction; answers its index.
    pub fn apply(&mut self, transaction: &Transaction, now: LedgerTime) -> Result<u64, Refusal> {
        if self.window.purge_and_throttle(now.shown) {
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
        self.apply_operation(&transaction.operation, now.network)?;
        let index = self.append(wire, now.shown);
        if let Some(hash) = remembered {
            self.window.remember(hash, index, now.shown);
        }
        Ok(index)
    }

    /// Does what an operation of the past did, without a block: the derived chain has it.
    pub(super) fn replay(&mut self, operation: &Operation, at: Timestamp) -> Result<(), Refusal> {
        self.allowances.prune(at);
        self.apply_operation(operation, at)
    }

    /// Lets the payer of an archived neuron's stake pay; the stake's own account is the derived chain's.
    pub(super) fn pay_stake(&mut self, operation: &Operation) -> Result<(), Refusal> {
        let Some((payer, total)) = operation.payer() else { return Ok(()) };
        self.debit(payer, total)?;
        self.destroy(FEE);
        Ok(())
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
        let hash = match &self.accounts {
            None => pb::hash_of_encoded(&bytes),
            Some(accounts) => hash_block(&bytes, accounts),
        };
        self.blocks.push(EncodedBlock { bytes, hash });
        self.length() - 1
    }

    /// Checks an operation as the ledger does, in its order, and changes balances and allowances.
    fn apply_operation(&mut self, operation: &Operation, now: Timestamp) -> Result<(), Refusal> {
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
        self.set_balance(from, left);
        Ok(())
    }

    fn credit(&mut self, to: AccountIdentifier, amount: E8s) -> Result<(), Refusal> {
        // Cannot overflow: the supply fits into 64 bits.
        let balance = self.balance(&to).checked_add(amount).ok_or(Refusal::SupplyExceeded)?;
        self.set_balance(to, balance);
        Ok(())
    }

    fn set_balance(&mut self, account: AccountIdentifier, balance: E8s) {
        // A stake of the derived chain that was spent must be remembered as nothing.
        let hides = |derived: &Arc<DerivedChain>| derived.stake_in(&account).is_some();
        if balance == E8s::ZERO && !self.derived.as_ref().is_some_and(hides) {
            self.balances.remove(&account);
        } else {
            self.balances.insert(account, balance);
        }
    }

    fn destroy(&mut self, amount: E8s) {
        self.pool = self.pool.saturating_add(amount);
    }
}
