//! The derived blocks: which is which, when, and what is in it.
//!
//! Stakes are spread evenly over the blocks, and so are the user's transactions over the rest; all
//! is arithmetic on the block's place, so that no table leads from one to the other.

use super::{Plan, Stakes};
use crate::ledger::accounts::DemoAccounts;
use crate::ledger::book::FEE;
use crate::ledger::history::TOP_UP;
use crate::ledger::transaction::{LedgerTime, Operation, Transaction};
use crate::seed::random::QuickRng;
use icpulse_model::{AccountIdentifier, E8s, Timestamp};
use std::sync::Arc;

const PURPOSE: u64 = 0x626c_6f63;
/// The user's transactions come in groups after which the account holds what it held before.
const GROUP: u64 = 8;
const RECEIPTS: [bool; 8] = [true, false, true, false, false, true, false, false];
/// What nobody but the user goes below by a derived transfer: the held operations count on it.
const FLOOR: E8s = E8s(100 * E8s::PER_ICP);

pub(super) struct Stream {
    seed: u64,
    accounts: DemoAccounts,
    pub(super) stakes: Arc<dyn Stakes>,
    count: u64,
    users: u64,
}

impl Stream {
    /// The derived blocks of a plan, beside `held` blocks of which `of_user` concern the user.
    pub(super) fn new(plan: Plan, held: u64, of_user: u64) -> Self {
        let users = plan.user_transactions.saturating_sub(of_user).next_multiple_of(GROUP);
        let least = plan.stakes.count().saturating_add(users);
        Self {
            seed: plan.seed,
            accounts: plan.accounts,
            stakes: plan.stakes,
            count: plan.blocks.saturating_sub(held).max(least),
            users,
        }
    }

    pub(super) const fn length(&self) -> u64 {
        self.count
    }

    /// The number of stakes that are among the first `n`.
    fn stakes_before(&self, n: u64) -> u64 {
        share(n, self.stakes.count(), self.count)
    }

    pub(super) fn is_stake(&self, n: u64) -> bool {
        self.stakes_before(n + 1) > self.stakes_before(n)
    }

    pub(super) fn place_of_stake(&self, rank: u64) -> u64 {
        place(rank, self.stakes.count(), self.count)
    }

    /// A stake's own time; other blocks lie evenly between the stakes around them.
    fn time_of(&self, n: u64) -> Timestamp {
        let next = self.stakes_before(n);
        let end = self.place_of_stake(next);
        let until = self.stakes.paid(next).0;
        // The first gap begins before block 0.
        let (begin, from) = match next.checked_sub(1) {
            Some(last) => (self.place_of_stake(last) + 1, self.stakes.paid(last).0),
            None => (0, self.stakes.begin().0),
        };
        let (steps, step) = (end + 1 - begin, n + 1 - begin);
        let part = u128::from(until.saturating_sub(from)) * u128::from(step) / u128::from(steps.max(1));
        Timestamp(from.saturating_add(u64::try_from(part).unwrap_or(0)))
    }

    /// How many of the derived blocks were added until then.
    pub(super) fn count_until(&self, at: Timestamp) -> u64 {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.time_of(middle) <= at {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    pub(super) fn get(&self, n: u64) -> (Timestamp, Transaction) {
        let at = self.time_of(n);
        let rank = self.stakes_before(n);
        if self.is_stake(n)
            && let Some(stake) = self.stakes.stake(rank)
        {
            let from = self.accounts.reserve;
            let operation = transfer(from, stake.account, stake.amount);
            return (at, Transaction { memo: stake.memo, ..dated(operation, at) });
        }
        let (n, all) = (n - rank, self.count - self.stakes.count());
        let users = share(n, self.users, all);
        let transaction = if share(n + 1, self.users, all) > users {
            self.of_user(users, at)
        } else {
            self.of_others(n, at)
        };
        (at, transaction)
    }

    /// Whether a payer can well afford an amount; the user's own groups see to that themselves.
    pub(super) fn affords(&self, payer: &AccountIdentifier, balance: E8s, amount: E8s) -> bool {
        let floor = if *payer == self.accounts.user { E8s::ZERO } else { FLOOR };
        balance >= amount.saturating_add(floor)
    }

    fn choose_holder(&self, rng: &mut QuickRng) -> AccountIdentifier {
        let exchange = rng.chance(350);
        let of = if exchange { &self.accounts.exchanges } else { &self.accounts.people };
        let at = rng.within(0, of.len() as u64);
        usize::try_from(at).ok().and_then(|at| of.get(at)).copied().unwrap_or(self.accounts.reserve)
    }

    /// The user receives three times and spends it all in five, the fees included.
    fn of_user(&self, serial: u64, at: Timestamp) -> Transaction {
        let (group, step) = (serial / GROUP, serial % GROUP);
        let mut rng = QuickRng::new(self.seed, PURPOSE, group);
        let (mut purse, mut moved) = (0_u64, 0_u64);
        for (place, receipt) in (0..=step).zip(RECEIPTS) {
            moved = if receipt {
                some_amount(&mut rng, 40) + E8s::PER_ICP
            } else if place + 1 == GROUP {
                purse.saturating_sub(FEE.0)
            } else {
                // Round amounts of what can be spent.
                let part = purse / 100 * rng.within(10, 60);
                part / 1_000_000 * 1_000_000 + 1_000_000
            };
            purse = if receipt { purse + moved } else { purse.saturating_sub(moved + FEE.0) };
        }
        let mut rng = QuickRng::new(self.seed, PURPOSE ^ 1, serial);
        let (user, other) = (self.accounts.user, self.choose_holder(&mut rng));
        let receipt = usize::try_from(step).ok().and_then(|step| RECEIPTS.get(step)).copied();
        let (from, to) = if receipt.unwrap_or(true) { (other, user) } else { (user, other) };
        with_memo(transfer(from, to, E8s(moved)), at, &mut rng)
    }

    /// Everybody else: transfers, now and then ICP minted or burnt.
    fn of_others(&self, n: u64, at: Timestamp) -> Transaction {
        let mut rng = QuickRng::new(self.seed, PURPOSE ^ 2, n);
        let from = self.choose_holder(&mut rng);
        let kind = rng.within(0, 100);
        let most = if self.accounts.exchanges.contains(&from) { 900 } else { 12 };
        let amount = E8s(some_amount(&mut rng, most));
        match kind {
            0..4 => {
                let operation = Operation::Mint { to: from, amount: E8s(amount.0.min(40 * E8s::PER_ICP)) };
                Transaction { memo: at.secs(), ..dated(operation, at) }
            }
            4..6 => Transaction {
                memo: rng.any() >> 20,
                ..Transaction::bare(Operation::Burn { from, amount, spender: None })
            },
            6..9 => {
                let at_most = self.accounts.top_ups.len() as u64;
                let canister = usize::try_from(rng.within(0, at_most)).unwrap_or(0);
                let to = self.accounts.top_ups.get(canister).copied().unwrap_or(self.accounts.reserve);
                Transaction { memo: TOP_UP, ..dated(transfer(from, to, amount), at) }
            }
            _ => {
                let to = (0..8).map(|_| self.choose_holder(&mut rng)).find(|to| *to != from);
                with_memo(transfer(from, to.unwrap_or(self.accounts.reserve), amount), at, &mut rng)
            }
        }
    }
}

/// How many of `some` evenly spread among `all` are before the n-th.
fn share(n: u64, some: u64, all: u64) -> u64 {
    let product = u128::from(n) * u128::from(some);
    u64::try_from(product.checked_div(u128::from(all)).unwrap_or(0)).unwrap_or(0)
}

/// Where the one of a rank is among `all`: the inverse of [`share`].
fn place(rank: u64, some: u64, all: u64) -> u64 {
    let product = (u128::from(rank) + 1) * u128::from(all);
    let place = product.div_ceil(u128::from(some.max(1)));
    u64::try_from(place).unwrap_or(u64::MAX).saturating_sub(1)
}

fn transfer(from: AccountIdentifier, to: AccountIdentifier, amount: E8s) -> Operation {
    Operation::Transfer { from, to, amount, fee: FEE, spender: None }
}

fn dated(operation: Operation, at: Timestamp) -> Transaction {
    Transaction { created_at: Some(LedgerTime { network: at, shown: at }), ..Transaction::bare(operation) }
}

/// With a memo, as people write them; ICRC-1 transfers carry no creation time.
fn with_memo(operation: Operation, at: Timestamp, rng: &mut QuickRng) -> Transaction {
    const WORDS: [&str; 8] =
        ["rent", "thanks!", "coffee", "invoice", "dinner", "refund", "savings", "ありがとう"];
    match rng.within(0, 10) {
        0..6 => dated(operation, at),
        6..8 => Transaction { memo: rng.within(1, 1_000_000), ..dated(operation, at) },
        8 => {
            let memo = rng.within(1, 100_000).to_be_bytes().to_vec();
            Transaction { icrc1_memo: Some(memo), ..Transaction::bare(operation) }
        }
        _ => {
            let word = usize::try_from(rng.within(0, 8)).ok().and_then(|at| WORDS.get(at));
            let memo = format!("{} {}", word.copied().unwrap_or_default(), rng.within(1, 900));
            Transaction { icrc1_memo: Some(memo.into_bytes()), ..Transaction::bare(operation) }
        }
    }
}

/// Up to `most` ICP, mostly far less, and mostly round; e8s.
fn some_amount(rng: &mut QuickRng, most: u64) -> u64 {
    let most = match rng.within(0, 10) {
        0..5 => most.min(5),
        5..9 => (most / 4).max(1),
        _ => most,
    };
    let whole = rng.within(1, most + 1);
    match rng.within(0, 4) {
        0 => whole * E8s::PER_ICP,
        1 => whole * E8s::PER_ICP / 2,
        2 => whole * E8s::PER_ICP / 100 * rng.within(11, 97),
        _ => rng.within(E8s::PER_ICP / 20, whole * E8s::PER_ICP),
    }
}
