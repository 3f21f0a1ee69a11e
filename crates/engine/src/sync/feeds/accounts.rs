//! The identity's accounts: balances and latest transactions, and older transactions page by page.

use crate::sync::engine::Engine;
use crate::sync::feed::{Audience, Cadence, Feed, Order, Reading, Start, Wanted, fetch};
use crate::sync::merge;
use crate::sync::query::{Network, queries};
use icpulse_canisters::TransactionsPage;
use icpulse_ic::IcError;
use icpulse_model::evidence::Sourced;
use icpulse_model::ledger::{AccountState, Transaction};
use icpulse_model::world::{Topicality, default_accounts};
use icpulse_model::{Account, AccountIdentifier, E8s, Timestamp};
use icpulse_store::cache::{Ranges, history};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// Transactions in the first page of an account.
const FIRST_TRANSACTIONS: u64 = 100;
/// Transactions in a page of older ones.
const OLDER_TRANSACTIONS: u64 = 1_000;

pub(super) static FEEDS: &[&Feed] = &[&ACCOUNTS, &TRANSACTIONS];

queries! {
    /// An account's balance on the ledger.
    ReadBalance { account: Account } -> Sourced<E8s> = |client| client.balance(account);
    /// A page of an account's transactions below a block, newest first.
    ReadTransactions { account: Account, before: Option<u64>, limit: u64 } -> TransactionsPage =
        |client| client.transactions(account.identifier(), before, limit);
}

/// Balances and latest transactions.
pub(in crate::sync) static ACCOUNTS: Feed = Feed {
    id: "accounts",
    topic: Topicality::Accounts,
    cadence: Cadence::every(30),
    audience: Audience::Owner,
    touched: true,
    reading: &Accounts,
    ..Feed::USUAL
};

/// Older transactions.
pub(in crate::sync) static TRANSACTIONS: Feed = Feed {
    id: "transactions",
    topic: Topicality::Accounts,
    cadence: Cadence::UntilDone,
    order: Order::Background,
    wanted: Wanted::WithHistory,
    audience: Audience::Owner,
    reading: &start_older,
    ..Feed::USUAL
};

/// What is known besides balances and the transactions in memory.
pub(in crate::sync) struct State {
    accounts: BTreeMap<Account, Known>,
    /// Transactions of an account that may be in memory.
    in_memory: usize,
}

/// What is known of an account's transactions beyond those in memory.
#[derive(Default)]
struct Known {
    /// Blocks searched.
    read: Ranges,
    /// The very first one.
    oldest: Option<u64>,
    /// This network has no index.
    index_missing: bool,
    /// The cache's transactions are in memory (or there are none).
    recalled: bool,
}

impl State {
    pub(in crate::sync) fn new(in_memory: usize) -> Self {
        Self { accounts: BTreeMap::new(), in_memory }
    }
}

/// An account's balance with a page of its latest transactions.
struct AccountReading {
    account: Account,
    balance: Sourced<E8s>,
    page: TransactionsPage,
}

struct Accounts;

impl Reading for Accounts {
    fn start(&self, engine: &mut Engine, network: &Network, _: Timestamp) -> Start {
        let accounts: Vec<Account> = engine.feeds.accounts.accounts.keys().copied().collect();
        let network = network.clone();
        Start::Fetch(fetch(
            async move { read_accounts(&network, accounts).await },
            |engine, readings, now| {
                for reading in readings {
                    engine.put_account(reading, now);
                }
                if engine.older_transactions().is_some() {
                    engine.plan.request_at(&TRANSACTIONS, now);
                }
            },
        ))
    }

    fn save(&self, engine: &mut Engine, _: Timestamp) {
        let states = Arc::clone(&engine.world.accounts);
        engine.writer.put(move |cache| states.iter().try_for_each(|state| cache.put_account(state)));
    }
}

async fn read_accounts(network: &Network, accounts: Vec<Account>) -> Result<Vec<AccountReading>, IcError> {
    let mut readings = Vec::with_capacity(accounts.len());
    for account in accounts {
        let latest = ReadTransactions { account, before: None, limit: FIRST_TRANSACTIONS };
        let (balance, page) =
            futures_util::try_join!(network.ask(ReadBalance { account }), network.ask(latest))?;
        readings.push(AccountReading { account, balance, page });
    }
    Ok(readings)
}

fn start_older(engine: &mut Engine, network: &Network, _: Timestamp) -> Start {
    let Some((account, before)) = engine.older_transactions() else { return Start::Cancel };
    let query = ReadTransactions { account, before: Some(before), limit: OLDER_TRANSACTIONS };
    let network = network.clone();
    Start::Fetch(fetch(async move { network.ask(query).await }, move |engine, page, _| {
        let covered = covered(&page, Some(before));
        engine.put_transactions(&account, &page, covered);
    }))
}

impl Engine {
    /// Starts watching the identity's accounts, with what the cache knows of them.
    pub(in crate::sync) fn watch_accounts(&mut self) {
        let accounts = default_accounts(&self.signer);
        self.feeds.accounts.accounts = accounts.iter().map(|account| (*account, Known::default())).collect();
        for account in accounts {
            self.recall_account(account);
        }
    }

    /// Puts an account's transactions of the cache into memory, as many as may be there.
    fn recall_account(&mut self, account: Account) {
        let most = self.feeds.accounts.in_memory;
        self.recall(
            move |cache| {
                // Reading them may take lost ones out of the ranges, so it comes first.
                let rows = cache.transactions(&account, None, most)?;
                Ok((rows, cache.transaction_ranges(&account)?))
            },
            (Vec::new(), Ranges::new()),
            move |engine, (rows, read)| engine.put_recalled_transactions(&account, &rows, &read),
        );
    }

    /// More of an account's older transactions are wanted in memory: as many again.
    pub(in crate::sync) fn recall_more_transactions(&mut self, identifier: AccountIdentifier) {
        let accounts = &mut self.feeds.accounts;
        let asked = accounts.accounts.keys().copied().find(|account| account.identifier() == identifier);
        if let Some(account) = asked {
            accounts.in_memory = accounts.in_memory.saturating_add(self.options.transactions_in_memory);
            self.recall_account(account);
        }
    }

    fn put_account(&mut self, reading: AccountReading, now: Timestamp) {
        let AccountReading { account, balance, page } = reading;
        let mut states = self.world.accounts.as_ref().clone();
        let mut differs = true;
        match states.iter_mut().find(|state| state.account == account) {
            Some(state) if merge::is_later(&balance.evidence, &state.balance_evidence, now) => {
                differs = state.balance != balance.value;
                state.balance = balance.value;
                state.balance_evidence = balance.evidence;
            }
            Some(_) => differs = false,
            None => states.push(AccountState {
                account,
                balance: balance.value,
                balance_evidence: balance.evidence,
                transactions: Vec::new(),
                complete: false,
            }),
        }
        self.world.accounts = Arc::new(states);
        let wrote = self.put_transactions(&account, &page, covered(&page, None));
        if differs && !wrote {
            self.write_account(&account);
        }
        self.sample(&history::balance(&account), balance.evidence.at, balance.value.0);
    }

    /// Puts a page of transactions in; whether that changed anything.
    fn put_transactions(
        &mut self,
        account: &Account,
        page: &TransactionsPage,
        covered: Option<RangeInclusive<u64>>,
    ) -> bool {
        let most = self.feeds.accounts.in_memory;
        let Some(known) = self.feeds.accounts.accounts.get_mut(account) else { return false };
        known.oldest = page.oldest.or(known.oldest);
        known.index_missing = page.index_missing;
        let fresh = covered.filter(|range| !known.read.contains_all(range.clone()));
        if let Some(range) = &fresh {
            known.read.insert(range.clone());
        }
        let mut states = self.world.accounts.as_ref().clone();
        let Some(state) = states.iter_mut().find(|state| state.account == *account) else { return false };
        let new = merge::transactions(state, &page.transactions, most);
        let complete = known.recalled
            && !known.index_missing
            && (page.complete || known.oldest.is_some())
            && state.transactions.len() < most
            && missing_below(state, known).is_none();
        if new.is_empty() && fresh.is_none() && complete == state.complete {
            return false;
        }
        state.complete = complete;
        self.world.accounts = Arc::new(states);
        // Rows beyond those in memory are kept, too: the whole page, where it is news.
        let rows = if fresh.is_some() { page.transactions.clone() } else { new };
        let kept = *account;
        self.writer.put(move |cache| cache.put_transactions(&kept, &rows, fresh));
        self.write_account(account);
        true
    }

    fn write_account(&self, account: &Account) {
        if let Some(state) = self.world.accounts.iter().find(|state| state.account == *account).cloned() {
            self.writer.put(move |cache| cache.put_account(&state));
        }
    }

    /// Where transactions are missing: the account, and below which block to ask.
    fn older_transactions(&self) -> Option<(Account, u64)> {
        self.feeds.accounts.accounts.iter().find_map(|(account, known)| {
            let state = self.world.accounts.iter().find(|state| state.account == *account)?;
            let missing = missing_below(state, known);
            Some((*account, missing.filter(|_| known.recalled && !known.index_missing)?))
        })
    }

    fn put_recalled_transactions(&mut self, account: &Account, rows: &[Transaction], read: &Ranges) {
        let most = self.feeds.accounts.in_memory;
        let Some(known) = self.feeds.accounts.accounts.get_mut(account) else { return };
        known.recalled = true;
        known.read.extend(read);
        let mut states = self.world.accounts.as_ref().clone();
        if let Some(state) = states.iter_mut().find(|state| state.account == *account) {
            let new = merge::transactions(state, rows, most);
            let complete = state.complete
                || !known.index_missing
                    && known.oldest.is_some()
                    && state.transactions.len() < most
                    && missing_below(state, known).is_none();
            if !new.is_empty() || complete != state.complete {
                state.complete = complete;
                self.world.accounts = Arc::new(states);
            }
        }
        if self.older_transactions().is_some() {
            let now = self.now();
            self.plan.request_at(&TRANSACTIONS, now);
        }
    }
}

/// Which blocks a page answers for.
fn covered(page: &TransactionsPage, before: Option<u64>) -> Option<RangeInclusive<u64>> {
    if page.index_missing {
        return None;
    }
    let blocks = || page.transactions.iter().map(|t| t.block);
    let top = before.map(|before| before.saturating_sub(1)).or_else(|| blocks().max())?;
    // A page that says that it is not the last but holds nothing would be asked for again and again.
    let floor = if page.complete { 0 } else { blocks().min().unwrap_or(0) };
    Some(floor..=top)
}

/// Below which block transactions of an account are missing.
fn missing_below(state: &AccountState, known: &Known) -> Option<u64> {
    let newest = state.transactions.first()?.block;
    let gap = known.read.gaps(known.oldest.unwrap_or(0)..=newest).iter().next_back()?;
    gap.end().checked_add(1)
}
