//! The identity's accounts: balances and latest transactions, and older transactions page by page.

use crate::sync::engine::Engine;
use crate::sync::feed::{
    Audience, Cadence, Feed, Fetch, Fetched, Merge, Order, Part, Reading, Shape, Start, Wanted, fetch,
};
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
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::sync::Arc;

/// Transactions in the first page of an account.
const FIRST_TRANSACTIONS: u64 = 100;
/// With so many writes waiting, no more older transactions are read.
const BACKLOG: usize = 64;
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

/// Older transactions, in several places of the ledger at once.
pub(in crate::sync) static TRANSACTIONS: Feed = Feed {
    id: "transactions",
    topic: Topicality::Accounts,
    cadence: Cadence::UntilDone,
    order: Order::Background,
    wanted: Wanted::WithHistory,
    audience: Audience::Owner,
    shape: Shape::Parts { backlog: BACKLOG },
    reading: &OlderTransactions,
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
    /// Blocks that pages answered for, and how many transactions these had.
    density: (u64, u64),
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

struct OlderTransactions;

impl Reading for OlderTransactions {
    fn next_part(&self, engine: &mut Engine, network: &Network) -> Option<(Part, Fetch)> {
        let (key, range) = engine.next_transactions()?;
        let (id, account) = key;
        let ledger = engine.feeds.accounts.find_ledger(id).cloned()?;
        let before = range.end().checked_add(1);
        let query = ReadTransactions { ledger, account, before, limit: OLDER_TRANSACTIONS };
        let network = network.clone();
        let ask = async move { network.ask(query).await };
        let merge = move |engine: &mut Engine, page, _| {
            let covered = covered(&page, before);
            engine.put_transactions(&key, &page, covered);
        };
        Some((Part { account: Some(key), ..Part::from(range) }, fetch(ask, merge)))
    }

    fn is_busy(&self, engine: &Engine, now: Timestamp) -> bool {
        engine.may_ask() && engine.plan.is_due(&TRANSACTIONS, now) && engine.next_transactions().is_some()
    }
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
            let blocks = (range.end() - range.start()).saturating_add(1);
            known.density.0 = known.density.0.saturating_add(blocks);
            known.density.1 = known.density.1.saturating_add(page.transactions.len() as u64);
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

    /// Where transactions are missing and nobody reads yet: the account, and blocks to read from the last
    /// one down.
    fn next_transactions(&self) -> Option<(AccountKey, RangeInclusive<u64>)> {
        self.feeds.accounts.accounts.iter().find_map(|(key, known)| {
            let state = self.world.accounts.iter().find(|state| state.key() == *key)?;
            // Without an index that says where they begin, a ledger would be searched block by block.
            let oldest = known.oldest.filter(|_| known.recalled && !known.index_missing)?;
            let newest = state.transactions.first()?.block;
            let running = self.parts_of(&TRANSACTIONS).filter(|part| part.account == Some(*key));
            let tops: BTreeSet<u64> = running.map(|part| *part.range.end()).collect();
            let (blocks, rows) = known.density;
            let page = blocks.saturating_mul(OLDER_TRANSACTIONS).checked_div(rows).unwrap_or(u64::MAX);
            Some((*key, next_blocks(&known.read.gaps(oldest..=newest), &tops, page)?))
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
    }
}

/// The next blocks to read, from the last one down: first the top of a gap, then the lower half of what
/// another page begins to read, if both halves are more than a page.
fn next_blocks(gaps: &Ranges, tops: &BTreeSet<u64>, page: u64) -> Option<RangeInclusive<u64>> {
    let gaps = || gaps.iter().rev();
    if let Some(gap) = gaps().find(|gap| !tops.contains(gap.end())) {
        let below = tops.range(gap.clone()).next_back().map_or(*gap.start(), |top| top.saturating_add(1));
        return Some(below..=*gap.end());
    }
    let begun = gaps().flat_map(|gap| {
        let (start, tops) = (*gap.start(), tops.range(gap));
        tops.scan(start, |from, top| Some(std::mem::replace(from, top.saturating_add(1))..=*top))
    });
    let longest = begun.max_by_key(|part| part.end() - part.start())?;
    let half = (longest.end() - longest.start()) / 2;
    (half > page).then(|| *longest.start()..=longest.start() + half)
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Rows of a page in these tests.
    const ROWS: usize = 10;

    /// Reads blocks with transactions as the feed does, so many pages at once: how often it waits for
    /// answers, and how many pages it asks for.
    fn read_all(blocks: &BTreeSet<u64>, at_once: usize) -> (usize, usize) {
        let (oldest, newest) = (*blocks.first().unwrap(), *blocks.last().unwrap());
        let spread = (newest - oldest + 1) * ROWS as u64 / blocks.len() as u64;
        let (mut read, mut found) = (Ranges::new(), BTreeSet::new());
        let (mut waits, mut asked) = (0, 0);
        loop {
            let gaps = read.gaps(oldest..=newest);
            let mut tops = BTreeSet::new();
            while tops.len() < at_once {
                let Some(part) = next_blocks(&gaps, &tops, spread) else { break };
                assert!(gaps.contains(*part.end()) && tops.insert(*part.end()), "{part:?} is read already");
            }
            if tops.is_empty() {
                assert_eq!(&found, blocks);
                return (waits, asked);
            }
            waits += 1;
            for top in tops {
                asked += 1;
                let page: Vec<u64> = blocks.range(..=top).rev().take(ROWS).copied().collect();
                let bottom = page.last().filter(|_| page.len() == ROWS).copied().unwrap_or(oldest);
                read.insert(bottom..=top);
                found.extend(page);
            }
        }
    }

    #[test]
    fn even_transactions_are_read_in_many_places_at_once() {
        let blocks: BTreeSet<u64> = (0..2_000).map(|n| 500 + n * 7).collect();
        assert_eq!(read_all(&blocks, 1), (200, 200));
        let (waits, asked) = read_all(&blocks, 16);
        assert!(waits <= 25 && asked <= 250, "{waits} waits for {asked} pages; 13 for 200 are the least");
    }

    #[test]
    fn blocks_up_to_the_greatest_number_do_not_overflow() {
        let gaps: Ranges = [0..=u64::MAX].into_iter().collect();
        assert_eq!(next_blocks(&gaps, &BTreeSet::new(), 1), Some(0..=u64::MAX));
        assert_eq!(next_blocks(&gaps, &BTreeSet::from([u64::MAX]), 1), Some(0..=u64::MAX / 2));
    }

    proptest! {
        #[test]
        fn every_transaction_is_found_however_they_lie(
            clusters in prop::collection::vec((0u64..5_000, 1u64..9, 1u64..120), 1..6),
            at_once in 1usize..20,
        ) {
            let spread = |(from, step, count): (u64, u64, u64)| (0..count).map(move |n| from + n * step);
            let blocks: BTreeSet<u64> = clusters.into_iter().flat_map(spread).collect();
            let (waits, asked) = read_all(&blocks, at_once);
            let least = blocks.len().div_ceil(ROWS);
            prop_assert!(waits <= least + 1 && asked <= 2 * least + at_once, "{waits} waits, {asked} of {least}");
        }
    }
}
