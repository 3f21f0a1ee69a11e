//! What is read of the ICP ledger. Changes are in [`calls`].

pub mod calls;

use crate::ic::client::Client;
use crate::ic::error::IcError;
use crate::ic::governance::unfinished;
use crate::model::evidence::Sourced;
use crate::model::ledger::Transaction;
use crate::model::{Account, E8s};

/// A stretch of the ledger's blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocks {
    /// How many blocks the ledger has in all.
    pub chain_length: u64,
    /// The blocks asked for that there are, oldest first, archived ones included.
    pub transactions: Vec<Transaction>,
}

impl Client {
    /// An account's balance, asked of the ledger itself.
    ///
    /// # Errors
    /// See [`IcError`].
    pub async fn balance(&self, account: Account) -> Result<Sourced<E8s>, IcError> {
        let _ = account;
        Err(unfinished())
    }

    /// Blocks from `start` on, at most `length`; archived ones are fetched from their archive.
    ///
    /// # Errors
    /// See [`IcError`].
    pub async fn query_blocks(&self, start: u64, length: u64) -> Result<Blocks, IcError> {
        let _ = (start, length);
        Err(unfinished())
    }
}
