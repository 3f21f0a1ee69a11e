//! Accounts with their latest transactions, and all transactions in the bulk database.

use super::store::Batch;
use super::{Cache, CacheError, Ranges, codec, key};
use icpulse_model::Principal;
use icpulse_model::ledger::{AccountKey, AccountState, Transaction};
use icpulse_model::text::Line;
use std::ops::RangeInclusive;

/// So many of an account's latest transactions are there for the first frame.
pub const RECENT_TRANSACTIONS: usize = 100;

impl Cache {
    /// Keeps an account's balance and its latest transactions for the first frame.
    ///
    /// # Errors
    /// If it could not be written.
    pub fn put_account(&self, state: &AccountState) -> Result<(), CacheError> {
        let mut head = state.clone();
        head.complete &= head.transactions.len() <= RECENT_TRANSACTIONS;
        head.transactions.truncate(RECENT_TRANSACTIONS);
        let mut batch = Batch::default();
        batch.put(key::account(&state.key()), codec::encode("an account", &head)?);
        self.first.apply(batch)
    }

    /// An owner's accounts, those on the ICP ledger first, the default one before others.
    pub(super) fn accounts(
        &self,
        owner: &Principal,
        notes: &mut Vec<Line>,
    ) -> Result<Vec<AccountState>, CacheError> {
        let mut accounts: Vec<AccountState> = Vec::new();
        for (_, value) in self.first.scan(&key::accounts(owner))? {
            match codec::decode(&value) {
                Ok(state) => accounts.push(state),
                Err(why) => {
                    notes.push(Line::new(&format!("reading an account again: cached copy: {why}")));
                }
            }
        }
        accounts.sort_by_key(|state| !state.token.is_icp);
        Ok(accounts)
    }

    /// Keeps transactions of an account, and that the blocks of `covered` hold no others of it,
    /// in one write.
    ///
    /// # Errors
    /// If they could not be written.
    pub fn put_transactions(
        &self,
        account: &AccountKey,
        transactions: &[Transaction],
        covered: Option<RangeInclusive<u64>>,
    ) -> Result<(), CacheError> {
        let bulk = self.bulk()?;
        let mut batch = Batch::default();
        for transaction in transactions {
            batch.put(
                key::transaction(account, transaction.block),
                codec::encode("a transaction", transaction)?,
            );
        }
        if let Some(covered) = covered {
            let mut ranges = self.transaction_ranges(account)?;
            ranges.insert(covered);
            batch.put(key::transactions_position(account), codec::encode("a position", &ranges)?);
        }
        bulk.apply(batch)
    }

    /// Which blocks have been searched for transactions of an account.
    ///
    /// # Errors
    /// If the cache cannot be read.
    pub fn transaction_ranges(&self, account: &AccountKey) -> Result<Ranges, CacheError> {
        let bytes = self.bulk()?.get(&key::transactions_position(account))?;
        Ok(bytes.and_then(|bytes| codec::decode(&bytes).ok()).unwrap_or_default())
    }

    /// At most `limit` transactions of an account, newest first, in blocks before `before`.
    /// If one cannot be read back, the position is taken back so that it is read again.
    ///
    /// # Errors
    /// If the cache cannot be read.
    pub fn transactions(
        &self,
        account: &AccountKey,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<Transaction>, CacheError> {
        let prefix = key::transactions(account);
        let start = match before {
            Some(0) => return Ok(Vec::new()),
            Some(block) => key::transaction(account, block - 1),
            None => prefix.clone(),
        };
        let bulk = self.bulk()?;
        let mut found = Vec::new();
        let mut lost = Ranges::new();
        for (key, value) in bulk.scan_from(&prefix, &start, limit)? {
            match codec::decode(&value) {
                Ok(transaction) => found.push(transaction),
                Err(_) => {
                    let block = key::number(&key).map_or(0, |n| u64::MAX - n);
                    lost.insert(block..=block);
                }
            }
        }
        if !lost.is_empty() {
            let ranges = self.transaction_ranges(account)?.difference(&lost);
            let mut batch = Batch::default();
            batch.put(key::transactions_position(account), codec::encode("a position", &ranges)?);
            bulk.apply(batch)?;
        }
        Ok(found)
    }
}
