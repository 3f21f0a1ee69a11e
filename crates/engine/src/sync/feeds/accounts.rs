//! The identity's accounts: balances and latest transactions, and older transactions page by page.

use crate::sync::engine::Engine;
use crate::sync::feed::{Audience, Cadence, Feed, Fetched, Merge, Order, Reading, Start, Wanted, fetch};
use crate::sync::merge;
use crate::sync::query::{Network, queries};
use futures_util::future::join_all;
use icpulse_canisters::TransactionsPage;
use icpulse_canisters::ledger::find_adapter;
use icpulse_ic::IcError;
use icpulse_model::evidence::Sourced;
use icpulse_model::ledger::{AccountKey, AccountState, Transaction};
use icpulse_model::world::{Topicality, default_accounts};
use icpulse_model::{Account, Amount, KnownLedger, LedgerId, Seconds, Timestamp, Token};
use icpulse_store::cache::Ranges;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// Transactions in the first page of an account.
const FIRST_TRANSACTIONS: u64 = 100;
/// Transactions in a page of older ones.
const OLDER_TRANSACTIONS: u64 = 1_000;
/// Age at which a token's metadata is read again.
const TOKEN_AGE: Seconds = Seconds::days(1);

pub(super) static FEEDS: &[&Feed] = &[&ACCOUNTS, &TOKENS, &TRANSACTIONS];

queries! {
    /// A token's metadata, from its ledger.
    ReadToken { ledger: KnownLedger } -> Token = |client| find_adapter(client, &ledger).token(client);
    /// An account's balance on a ledger.
    ReadBalance { ledger: KnownLedger, account: Account } -> Sourced<Amount> =
        |client| find_adapter(client, &ledger).balance(client, account.into());
    /// A page of an account's transactions below a block, newest first.
    ReadTransactions { ledger: KnownLedger, account: Account, before: Option<u64>, limit: u64 } -> TransactionsPage =
        |client| find_adapter(client, &ledger).transactions(client, account.into(), before, limit);
}

/// Balance and latest transactions on the ICP ledger.
pub(in crate::sync) static ACCOUNTS: Feed = Feed {
    id: "accounts",
    topic: Topicality::Accounts,
    cadence: Cadence::every(30),
    audience: Audience::Owner,
    touched: true,
    reading: &Accounts { others: false },
    ..Feed::USUAL
};

/// Balances and latest transactions on all other ledgers.
pub(in crate::sync) static TOKENS: Feed = Feed {
    id: "tokens",
    topic: Topicality::Accounts,
    cadence: Cadence::watched(30, 600),
    order: Order::Unawaited,
    wanted: Wanted::WithHistoryOrShown,
    audience: Audience::Owner,
    quiet: true,
    reading: &Accounts { others: true },
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
    /// All ledgers, the ICP ledger first.
    ledgers: Vec<KnownLedger>,
    accounts: BTreeMap<AccountKey, Known>,
    /// When ledgers said what their token is.
    tokens_read: BTreeMap<LedgerId, Timestamp>,
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
    pub(in crate::sync) fn new(ledgers: &[KnownLedger], in_memory: usize) -> Self {
        let ledgers = ledgers.to_vec();
        Self { ledgers, accounts: BTreeMap::new(), tokens_read: BTreeMap::new(), in_memory }
    }

    fn find_ledger(&self, id: LedgerId) -> Option<&KnownLedger> {
        self.ledgers.iter().find(|ledger| ledger.id == id)
    }

    /// The place of an account's ledger in the order of ledgers.
    fn rank(&self, state: &AccountState) -> usize {
        let place = self.ledgers.iter().position(|ledger| ledger.id == state.token.ledger);
        place.unwrap_or(self.ledgers.len())
    }
}

/// An account to read: its ledger, and what is known of the token if that need not be read again.
struct Wish {
    ledger: KnownLedger,
    account: Account,
    token: Option<Token>,
}

/// An account's balance with a page of its latest transactions.
struct AccountReading {
    token: Token,
    /// The ledger was asked for it.
    is_token_new: bool,
    account: Account,
    balance: Sourced<Amount>,
    page: TransactionsPage,
}

/// Accounts on the ICP ledger, or on all others.
struct Accounts {
    others: bool,
}

impl Accounts {
    fn wishes(&self, engine: &Engine, now: Timestamp) -> Vec<Wish> {
        let known = &engine.feeds.accounts;
        let ledgers = known.ledgers.iter().enumerate().filter(|(place, _)| (*place > 0) == self.others);
        let keys = |id: LedgerId| known.accounts.keys().filter(move |(ledger, _)| *ledger == id);
        ledgers
            .flat_map(|(_, ledger)| keys(ledger.id).map(move |(_, account)| (ledger, *account)))
            .map(|(ledger, account)| {
                let is_new = known.tokens_read.get(&ledger.id).is_some_and(|at| now.since(*at) < TOKEN_AGE);
                let state = engine.world.accounts.iter().find(|state| state.token.ledger == ledger.id);
                let token = state.filter(|_| is_new).map(|state| state.token.clone());
                Wish { ledger: ledger.clone(), account, token }
            })
            .collect()
    }
}

impl Reading for Accounts {
    fn start(&self, engine: &mut Engine, network: &Network, now: Timestamp) -> Start {
        let wishes = self.wishes(engine, now);
        if wishes.is_empty() {
            return Start::Nothing;
        }
        let network = network.clone();
        Start::Fetch(Box::pin(async move {
            let (mut readings, mut failure) = (Vec::with_capacity(wishes.len()), None);
            // A ledger that does not answer holds up no other.
            for answer in join_all(wishes.into_iter().map(|wish| read_account(&network, wish))).await {
                match answer {
                    Ok(reading) => readings.push(reading),
                    Err(error) => failure = Some(error),
                }
            }
            if let (Some(error), []) = (&failure, readings.as_slice()) {
                return Err(error.clone());
            }
            let merge: Merge = Box::new(move |engine, now| {
                for reading in readings {
                    engine.put_account(reading, now);
                }
                if engine.older_transactions().is_some() {
                    engine.plan.request_at(&TRANSACTIONS, now);
                }
            });
            Ok(Fetched { merge, failure })
        }))
    }

    fn save(&self, engine: &mut Engine, _: Timestamp) {
        if !self.others {
            let states = Arc::clone(&engine.world.accounts);
            engine.writer.put(move |cache| states.iter().try_for_each(|state| cache.put_account(state)));
        }
    }
}

async fn read_account(network: &Network, wish: Wish) -> Result<AccountReading, IcError> {
    let Wish { ledger, account, token } = wish;
    let is_token_new = token.is_none();
    let token = match token {
        Some(token) => token,
        None => network.ask(ReadToken { ledger: ledger.clone() }).await?,
    };
    let latest =
        ReadTransactions { ledger: ledger.clone(), account, before: None, limit: FIRST_TRANSACTIONS };
    let (balance, page) =
        futures_util::try_join!(network.ask(ReadBalance { ledger, account }), network.ask(latest))?;
    Ok(AccountReading { token, is_token_new, account, balance, page })
}

fn start_older(engine: &mut Engine, network: &Network, _: Timestamp) -> Start {
    let Some((key, before)) = engine.older_transactions() else { return Start::Cancel };
    let (id, account) = key;
    let Some(ledger) = engine.feeds.accounts.find_ledger(id).cloned() else { return Start::Cancel };
    let query = ReadTransactions { ledger, account, before: Some(before), limit: OLDER_TRANSACTIONS };
    let network = network.clone();
    Start::Fetch(fetch(async move { network.ask(query).await }, move |engine, page, _| {
        let covered = covered(&page, Some(before));
        engine.put_transactions(&key, &page, covered);
    }))
}

impl Engine {
    /// Starts watching the identity's accounts, with what the cache knows of them.
    pub(in crate::sync) fn watch_accounts(&mut self) {
        let known = &mut self.feeds.accounts;
        let accounts = default_accounts(&self.signer);
        let keys: Vec<AccountKey> = known
            .ledgers
            .iter()
            .flat_map(|ledger| accounts.iter().map(|account| (ledger.id, *account)))
            .collect();
        known.accounts = keys.iter().map(|key| (*key, Known::default())).collect();
        for key in keys {
            self.recall_account(key);
        }
    }

    /// Puts an account's transactions of the cache into memory, as many as may be there.
    fn recall_account(&mut self, key: AccountKey) {
        let most = self.feeds.accounts.in_memory;
        self.recall(
            move |cache| {
                // Reading them may take lost ones out of the ranges, so it comes first.
                let rows = cache.transactions(&key, None, most)?;
                Ok((rows, cache.transaction_ranges(&key)?))
            },
            (Vec::new(), Ranges::new()),
            move |engine, (rows, read)| engine.put_recalled_transactions(&key, &rows, &read),
        );
    }

    /// More of an account's older transactions are wanted in memory: as many again.
    pub(in crate::sync) fn recall_more_transactions(&mut self, key: AccountKey) {
        let accounts = &mut self.feeds.accounts;
        if accounts.accounts.contains_key(&key) {
            accounts.in_memory = accounts.in_memory.saturating_add(self.options.transactions_in_memory);
            self.recall_account(key);
        }
    }

    fn put_account(&mut self, reading: AccountReading, now: Timestamp) {
        let AccountReading { token, is_token_new, account, balance, page } = reading;
        let key = (token.ledger, account);
        if is_token_new {
            self.feeds.accounts.tokens_read.insert(token.ledger, now);
        }
        let mut states = self.world.accounts.as_ref().clone();
        let mut differs = true;
        let series = match states.iter_mut().find(|state| state.key() == key) {
            Some(state) if merge::is_later(&balance.evidence, &state.balance_evidence, now) => {
                differs = state.balance != balance.value || state.token != token;
                state.token = token;
                state.balance = balance.value;
                state.balance_evidence = balance.evidence;
                state.series_name()
            }
            Some(state) => {
                differs = false;
                state.series_name()
            }
            None => {
                let state = AccountState::new(token, account, balance.value.units, balance.evidence);
                let series = state.series_name();
                states.push(state);
                states.sort_by_key(|state| (self.feeds.accounts.rank(state), state.account));
                series
            }
        };
        self.world.accounts = Arc::new(states);
        let wrote = self.put_transactions(&key, &page, covered(&page, None));
        if differs && !wrote {
            self.write_account(&key);
        }
        let sample = u64::try_from(balance.value.units).unwrap_or(u64::MAX);
        self.sample(&series, balance.evidence.at, sample);
    }

    /// Puts a page of transactions in; whether that changed anything.
    fn put_transactions(
        &mut self,
        key: &AccountKey,
        page: &TransactionsPage,
        covered: Option<RangeInclusive<u64>>,
    ) -> bool {
        let most = self.feeds.accounts.in_memory;
        let Some(known) = self.feeds.accounts.accounts.get_mut(key) else { return false };
        known.oldest = page.oldest.or(known.oldest);
        known.index_missing = page.index_missing;
        let fresh = covered.filter(|range| !known.read.contains_all(range.clone()));
        if let Some(range) = &fresh {
            known.read.insert(range.clone());
        }
        let mut states = self.world.accounts.as_ref().clone();
        let Some(state) = states.iter_mut().find(|state| state.key() == *key) else { return false };
        let new = merge::transactions(state, &page.transactions, most);
        let complete = known.recalled
            && !known.index_missing
            && (page.next.is_none() || known.oldest.is_some())
            && state.transactions.len() < most
            && missing_below(state, known).is_none();
        if new.is_empty() && fresh.is_none() && complete == state.complete {
            return false;
        }
        state.complete = complete;
        self.world.accounts = Arc::new(states);
        // Rows beyond those in memory are kept, too: the whole page, where it is news.
        let rows = if fresh.is_some() { page.transactions.clone() } else { new };
        let kept = *key;
        self.writer.put(move |cache| cache.put_transactions(&kept, &rows, fresh));
        self.write_account(key);
        true
    }

    fn write_account(&self, key: &AccountKey) {
        if let Some(state) = self.world.accounts.iter().find(|state| state.key() == *key).cloned() {
            self.writer.put(move |cache| cache.put_account(&state));
        }
    }

    /// Where transactions are missing: the account, and below which block to ask.
    fn older_transactions(&self) -> Option<(AccountKey, u64)> {
        self.feeds.accounts.accounts.iter().find_map(|(key, known)| {
            let state = self.world.accounts.iter().find(|state| state.key() == *key)?;
            let missing = missing_below(state, known);
            // Without an index that says where they begin, a ledger would be searched block by block.
            let is_indexed = known.oldest.is_some() && !known.index_missing;
            Some((*key, missing.filter(|_| known.recalled && is_indexed)?))
        })
    }

    fn put_recalled_transactions(&mut self, key: &AccountKey, rows: &[Transaction], read: &Ranges) {
        let most = self.feeds.accounts.in_memory;
        let Some(known) = self.feeds.accounts.accounts.get_mut(key) else { return };
        known.recalled = true;
        known.read.extend(read);
        let mut states = self.world.accounts.as_ref().clone();
        if let Some(state) = states.iter_mut().find(|state| state.key() == *key) {
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
    Some(page.next.unwrap_or(0)..=top)
}

/// Below which block transactions of an account are missing.
fn missing_below(state: &AccountState, known: &Known) -> Option<u64> {
    let newest = state.transactions.first()?.block;
    let gap = known.read.gaps(known.oldest.unwrap_or(0)..=newest).iter().next_back()?;
    gap.end().checked_add(1)
}
