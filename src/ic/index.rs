//! What is read of the ICP index: an account's transactions.

use crate::ic::client::Client;
use crate::ic::error::IcError;
use crate::ic::governance::unfinished;
use crate::model::evidence::Sourced;
use crate::model::ledger::Transaction;
use crate::model::{AccountIdentifier, E8s};

/// A page of an account's transactions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionsPage {
    /// Whose.
    pub account: AccountIdentifier,
    /// The account's balance: the index's, or the ledger's when there is no index.
    pub balance: Sourced<E8s>,
    /// Newest first.
    pub transactions: Vec<Transaction>,
    /// The account's very first transaction.
    pub oldest: Option<u64>,
    /// There are none older than these.
    pub complete: bool,
    /// This network has no index: only the balance is known.
    pub index_missing: bool,
}

impl Client {
    /// A page of an account's transactions, newest first, below `before_block`.
    ///
    /// Where the network has no index canister, the page says so and carries the ledger's balance.
    ///
    /// # Errors
    /// See [`IcError`].
    pub async fn transactions(
        &self,
        account: AccountIdentifier,
        before_block: Option<u64>,
        limit: u64,
    ) -> Result<TransactionsPage, IcError> {
        let _ = (account, before_block, limit);
        Err(unfinished())
    }
}
