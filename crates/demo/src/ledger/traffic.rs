//! Transfers that go on happening: one every few seconds of the network's time.

use super::accounts::DemoAccounts;
use super::book::{Book, FEE};
use super::genesis::{SeedOp, SeedOperation};
use super::history::{Past, human_amount, some_transfer};
use super::transaction::{LedgerTime, Operation, Transaction};
use crate::clock::Clock;
use icpulse_model::{AccountIdentifier, Seconds, Timestamp};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// Mean time between two transfers of everybody.
const PAUSE: Seconds = Seconds(5);
/// Mean time between two transfers to the user.
const USER_PAUSE: Seconds = Seconds::hours(22);
/// After so many transfers pauses are twice as long, and after so many more again: however long the network
/// lives and however fast, what it has to keep grows ever more slowly.
const DOUBLES_AFTER: u64 = 1_000;

/// The source of transfers. It has its own randomness, so that what happens depends on the seed
/// and on how time passes, not on who asks for what.
pub(super) struct Traffic {
    rng: ChaCha8Rng,
    accounts: DemoAccounts,
    holders: Vec<AccountIdentifier>,
    next: Timestamp,
    next_to_user: Timestamp,
    /// Transfers of everybody that were due so far.
    due: u64,
}

impl Traffic {
    pub(super) fn new(past: &Past) -> Self {
        let accounts = DemoAccounts::new(past.seed, past.user);
        let holders = accounts.exchanges.iter().chain(&accounts.people).copied().collect();
        Self {
            rng: ChaCha8Rng::seed_from_u64(past.seed ^ 0x7_aff1c),
            accounts,
            holders,
            next: past.start.plus(PAUSE),
            next_to_user: past.start.plus(USER_PAUSE),
            due: 0,
        }
    }

    /// Lets everything happen that is due, in its order: the same by one long step as by many short ones.
    pub(super) fn run(&mut self, book: &mut Book, clock: &Clock, now: Timestamp) {
        loop {
            let at = self.next.min(self.next_to_user);
            if at > now {
                return;
            }
            if at == self.next {
                self.transfer(book, clock, at);
            } else {
                self.pay_user(book, clock, at);
            }
        }
    }

    fn transfer(&mut self, book: &mut Book, clock: &Clock, at: Timestamp) {
        let doubled = 1u64 << (self.due / DOUBLES_AFTER).min(30);
        self.due += 1;
        self.next = at.plus(Seconds(self.rng.gen_range(1..2 * PAUSE.0).saturating_mul(doubled)));
        let balance = |account: &AccountIdentifier| book.balance(account);
        if let Some(op) = some_transfer(&mut self.rng, &self.holders, &self.accounts, at, balance) {
            apply(book, clock, op);
        }
    }

    fn pay_user(&mut self, book: &mut Book, clock: &Clock, at: Timestamp) {
        self.next_to_user = at.plus(Seconds(self.rng.gen_range(USER_PAUSE.0 / 2..USER_PAUSE.0 * 3 / 2)));
        let friend =
            self.accounts.people.get(self.rng.gen_range(0..3)).copied().unwrap_or(self.accounts.employer);
        let amount = human_amount(&mut self.rng, 3);
        // Friends run out of ICP, the employer does not.
        let rich = book.balance(&friend) > amount.saturating_add(FEE);
        let from = if rich { friend } else { self.accounts.employer };
        let operation = SeedOperation::Transfer { from, to: self.accounts.user, amount, spender: None };
        apply(book, clock, SeedOp::new(at, operation));
    }
}

fn apply(book: &mut Book, clock: &Clock, op: SeedOp) {
    let SeedOperation::Transfer { from, to, amount, .. } = op.operation else { return };
    let now = LedgerTime { network: op.at, shown: clock.out(op.at) };
    let transaction = Transaction {
        operation: Operation::Transfer { from, to, amount, fee: FEE, spender: None },
        memo: op.memo,
        created_at: op.icrc1_memo.is_none().then_some(now),
        icrc1_memo: op.icrc1_memo,
    };
    // A sender whose funds went elsewhere meanwhile just does not send.
    let _ = book.apply(&transaction, now);
}
