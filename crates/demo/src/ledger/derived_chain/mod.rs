//! The bottom of a large ledger: blocks that are derived from the seed when they are asked for.
//!
//! Three streams make them, one block after the other in the order of time: the operations of the
//! small world's past (held), the stakes of the archive's neurons, and derived transfers of
//! everybody and of the demo user (`stream`). One pass at the start plays them all against the
//! book's rules, as if they had been called, and hashes them into a chain. Of it are kept: every
//! 128th hash, where a payer's funds did not reach, and the block numbers of the accounts that are
//! used again and again. The deduplication window knows nothing of these blocks.

mod stream;
#[cfg(test)]
mod tests;

use super::accounts::DemoAccounts;
use super::book::{Book, FEE, Refusal};
use super::genesis::{SeedError, SeedOp, SeedOperation};
use super::history::Stake;
use super::transaction::{LedgerTime, Operation, Transaction};
use icpulse_canisters::wire::block as pb;
use icpulse_model::{AccountIdentifier, E8s, Timestamp};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use stream::Stream;

/// A hash is kept for every so many blocks.
const STEP: u64 = 128;

/// The stakes of neurons nobody holds, by the order in which they were paid.
pub trait Stakes: Send + Sync {
    fn count(&self) -> u64;
    fn begin(&self) -> Timestamp;
    /// When one was paid; strictly ascending.
    fn paid(&self, rank: u64) -> Timestamp;
    fn stake(&self, rank: u64) -> Option<Stake>;
    /// Which of them lies in an account.
    fn rank_of(&self, account: &AccountIdentifier) -> Option<u64>;
}

pub struct Plan {
    pub seed: u64,
    /// Whose accounts the transfers go between.
    pub(super) accounts: DemoAccounts,
    /// Stakes of the archive's neurons.
    pub stakes: Arc<dyn Stakes>,
    pub blocks: u64,
    /// In how many of them the user's account is to be, at least.
    pub(crate) user_transactions: u64,
}

/// A block that is held: its number and what is in it.
struct Held {
    block: u64,
    at: Timestamp,
    transaction: Transaction,
}

pub struct DerivedChain {
    stream: Stream,
    reserve: AccountIdentifier,
    held: Vec<Held>,
    length: u64,
    /// Blocks whose payer could not afford it: the reserve pays instead.
    poor: BTreeSet<u64>,
    /// The hash of the block before every [`STEP`]th.
    hashes: Vec<[u8; 32]>,
    tip: [u8; 32],
    latest: Timestamp,
    /// Block numbers by account, ascending, without the stakes' own accounts.
    histories: HashMap<AccountIdentifier, Vec<u32>>,
}

impl std::fmt::Debug for DerivedChain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DerivedChain").field("length", &self.length).finish_non_exhaustive()
    }
}

impl DerivedChain {
    /// Builds the derived chain: `ops` are the operations to hold; `moment` tells what clients are told of
    /// an instant. Answers the book that stands on it.
    pub fn build(
        plan: Plan,
        mut ops: Vec<SeedOp>,
        moment: impl Fn(Timestamp) -> LedgerTime,
    ) -> Result<Book, SeedError> {
        ops.sort_by_key(|op| op.at);
        let concerns = |op: &SeedOp| {
            transaction(op, &moment)
                .operation
                .accounts()
                .into_iter()
                .flatten()
                .any(|a| a == plan.accounts.user)
        };
        let users = ops.iter().filter(|op| concerns(op)).count() as u64;
        let reserve = plan.accounts.reserve;
        let stream = Stream::new(plan, ops.len() as u64, users);
        let held: Vec<Held> = (0..)
            .zip(ops)
            .map(|(place, op)| Held {
                block: stream.count_until(op.at) + place,
                at: op.at,
                transaction: transaction(&op, &moment),
            })
            .collect();
        let length = stream.length() + held.len() as u64;
        let mut chain = Self {
            stream,
            reserve,
            held,
            length,
            poor: BTreeSet::new(),
            hashes: Vec::new(),
            tip: [0; 32],
            latest: Timestamp(0),
            histories: HashMap::new(),
        };
        let mut book = Book::default();
        for block in 0..length {
            chain.add_block(block, &mut book)?;
        }
        chain.histories.values_mut().for_each(Vec::shrink_to_fit);
        chain.hashes.shrink_to_fit();
        book.set_derived(Arc::new(chain));
        Ok(book)
    }

    /// Plays a block against the book and adds it to the chain.
    fn add_block(&mut self, number: u64, book: &mut Book) -> Result<(), SeedError> {
        let refuse = |refusal: Refusal, operation: SeedOperation| SeedError {
            index: usize::try_from(number).unwrap_or(usize::MAX),
            operation: Box::new(operation),
            refusal,
        };
        let place = self.place(number);
        let (at, transaction) = match place {
            Place::Held(at) => self.held_block(at),
            Place::Derived(n) => {
                let (at, transaction) = self.stream.get(n);
                let short = transaction.operation.payer().is_some_and(|(payer, amount)| {
                    payer != self.reserve && !self.stream.affords(&payer, book.balance(&payer), amount)
                });
                if short {
                    self.poor.insert(number);
                    self.derived(number, n)
                } else {
                    (at, transaction)
                }
            }
        };
        let result = if matches!(place, Place::Derived(n) if self.stream.is_stake(n)) {
            book.pay_stake(&transaction.operation)
        } else {
            book.replay(&transaction.operation, at)
        };
        result.map_err(|refusal| refuse(refusal, described(&transaction.operation)))?;
        let stake = matches!(place, Place::Derived(n) if self.stream.is_stake(n));
        let [from, to] = transaction.operation.accounts();
        let index = u32::try_from(number).unwrap_or(u32::MAX);
        for account in from.into_iter().chain(to.filter(|to| !stake && Some(*to) != from)) {
            self.histories.entry(account).or_default().push(index);
        }
        if number.is_multiple_of(STEP) {
            self.hashes.push(self.tip);
        }
        let parent = (number > 0).then_some(self.tip);
        self.tip = pb::hash_of_encoded(&encoded(parent, at, &transaction));
        self.latest = at;
        Ok(())
    }

    fn place(&self, number: u64) -> Place {
        let before = self.held.partition_point(|held| held.block < number);
        match self.held.get(before) {
            Some(held) if held.block == number => Place::Held(before),
            _ => Place::Derived(number - before as u64),
        }
    }

    fn held_block(&self, at: usize) -> (Timestamp, Transaction) {
        match self.held.get(at) {
            Some(held) => (held.at, held.transaction.clone()),
            // `place` gives only those there are.
            None => self.stream.get(0),
        }
    }

    fn derived(&self, number: u64, n: u64) -> (Timestamp, Transaction) {
        let (at, mut transaction) = self.stream.get(n);
        if self.poor.contains(&number) {
            transaction.operation.pay_from(self.reserve);
        }
        (at, transaction)
    }

    pub const fn length(&self) -> u64 {
        self.length
    }

    /// The hash of the last block.
    pub const fn tip(&self) -> [u8; 32] {
        self.tip
    }

    /// The time of the last block.
    pub const fn latest(&self) -> Timestamp {
        self.latest
    }

    /// What is in a block, and when it was added.
    pub fn transaction(&self, number: u64) -> Option<(Timestamp, Transaction)> {
        if number >= self.length {
            return None;
        }
        Some(match self.place(number) {
            Place::Held(at) => self.held_block(at),
            Place::Derived(n) => self.derived(number, n),
        })
    }

    /// The encoded blocks from `first` to below `end`.
    pub fn blocks(&self, first: u64, end: u64) -> Vec<Vec<u8>> {
        let end = end.min(self.length);
        if first >= end {
            return Vec::new();
        }
        let step = first / STEP;
        let kept = usize::try_from(step).ok().and_then(|step| self.hashes.get(step)).copied();
        let mut parent = kept.filter(|_| step > 0);
        let mut blocks = Vec::with_capacity(usize::try_from(end - first).unwrap_or(0));
        for number in step * STEP..end {
            let Some((at, transaction)) = self.transaction(number) else { break };
            let bytes = encoded(parent, at, &transaction);
            if number + 1 < end {
                parent = Some(pb::hash_of_encoded(&bytes));
            }
            if number >= first {
                blocks.push(bytes);
            }
        }
        blocks
    }

    /// What lies in the account of an archived neuron's stake; `None` for other accounts.
    pub(crate) fn stake_in(&self, account: &AccountIdentifier) -> Option<E8s> {
        let stakes = &self.stream.stakes;
        stakes.rank_of(account).and_then(|rank| stakes.stake(rank)).map(|stake| stake.amount)
    }

    /// The blocks an account is in, below `before`, newest first, at most `most`.
    pub fn history(&self, account: &AccountIdentifier, before: u64, most: usize) -> Vec<u64> {
        if let Some(blocks) = self.histories.get(account) {
            let end = blocks.partition_point(|block| u64::from(*block) < before);
            let rows = blocks.get(..end).unwrap_or_default().iter().rev();
            return rows.take(most).map(|block| u64::from(*block)).collect();
        }
        let stake = self.stake_block(account).filter(|block| *block < before);
        stake.into_iter().take(most).collect()
    }

    /// The first block an account is in.
    pub fn oldest(&self, account: &AccountIdentifier) -> Option<u64> {
        let known = self.histories.get(account).and_then(|blocks| blocks.first());
        known.map(|block| u64::from(*block)).or_else(|| self.stake_block(account))
    }

    fn stake_block(&self, account: &AccountIdentifier) -> Option<u64> {
        let n = self.stream.place_of_stake(self.stream.stakes.rank_of(account)?);
        // Held blocks stand before the derived block n while as many or fewer derived ones do.
        let (mut low, mut high) = (0, self.held.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.held.get(middle).is_some_and(|held| held.block - middle as u64 <= n) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Some(n + low as u64)
    }
}

#[derive(Clone, Copy)]
enum Place {
    Held(usize),
    Derived(u64),
}

fn encoded(parent: Option<[u8; 32]>, at: Timestamp, transaction: &Transaction) -> Vec<u8> {
    pb::Block {
        parent_hash: parent.map(|hash| pb::Hash { hash: hash.to_vec() }),
        timestamp: Some(pb::TimeStamp { timestamp_nanos: at.0 }),
        transaction: Some(transaction.to_wire()),
    }
    .to_bytes()
}

/// What a seeded operation is in a block.
pub(super) fn transaction(op: &SeedOp, moment: &impl Fn(Timestamp) -> LedgerTime) -> Transaction {
    let operation = match op.operation.clone() {
        SeedOperation::Mint { to, amount } => Operation::Mint { to, amount },
        SeedOperation::Burn { from, amount } => Operation::Burn { from, amount, spender: None },
        SeedOperation::Transfer { from, to, amount, spender } => {
            Operation::Transfer { from, to, amount, fee: FEE, spender }
        }
        SeedOperation::Approve { from, spender, allowance, expires } => Operation::Approve {
            from,
            spender,
            allowance,
            expected: None,
            expires: expires.map(moment),
            fee: FEE,
        },
    };
    // `transfer` writes a creation time into every block; ICRC-1 calls without one do not.
    let of_transfer = op.icrc1_memo.is_none()
        && matches!(operation, Operation::Transfer { spender: None, .. } | Operation::Mint { .. });
    Transaction {
        operation,
        memo: op.memo,
        icrc1_memo: op.icrc1_memo.clone(),
        created_at: of_transfer.then(|| moment(op.at)),
    }
}

/// An operation for the message of a [`SeedError`].
fn described(operation: &Operation) -> SeedOperation {
    match operation.clone() {
        Operation::Mint { to, amount } => SeedOperation::Mint { to, amount },
        Operation::Burn { from, amount, .. } => SeedOperation::Burn { from, amount },
        Operation::Transfer { from, to, amount, spender, .. } => {
            SeedOperation::Transfer { from, to, amount, spender }
        }
        Operation::Approve { from, spender, allowance, .. } => {
            SeedOperation::Approve { from, spender, allowance, expires: None }
        }
    }
}
