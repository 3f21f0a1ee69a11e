//! Reading ledgers: any ledger through [`LedgerAdapter`], the ICP ledger's blocks by its own interface.
//! Changes are in [`calls`].

mod adapter;
pub mod calls;

pub use adapter::{LedgerAdapter, find_adapter};

use crate::Client;
use crate::decode;
use crate::governance::{decode_error, encode_error};
use crate::wire::ledger as wire;
use crate::wire::lenient::{decode_one, encode_one};
use futures_util::{StreamExt, TryStreamExt, stream};
use icpulse_ic::Answer;
use icpulse_ic::IcError;
use icpulse_model::evidence::Sourced;
use icpulse_model::ledger::Transaction;
use icpulse_model::network::SystemCanister;
use icpulse_model::text::Line;
use icpulse_model::{Account, AccountIdentifier, E8s, LedgerId};

/// Most blocks asked of an archive at once: its own limit.
const ARCHIVE_PAGE: u64 = 2_000;

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
        self.balance_of(account.identifier()).await
    }

    /// As [`Client::balance`], by account identifier (`account_balance`).
    ///
    /// # Errors
    /// See [`IcError`].
    pub async fn balance_of(&self, account: AccountIdentifier) -> Result<Sourced<E8s>, IcError> {
        let what = format!("reading the balance of {}", account.short());
        let arg = encode_one(wire::AccountBalanceArgs { account: account.0.to_vec() })
            .map_err(|e| encode_error(&what, &e))?;
        let answer =
            self.query(&what, self.canisters().id(SystemCanister::IcpLedger), "account_balance", arg).await?;
        let tokens: wire::Tokens = decode_one(&answer.bytes).map_err(|e| decode_error(&what, &e))?;
        Ok(Sourced::new(E8s(tokens.e8s), answer.evidence))
    }

    /// Blocks from `start` on, at most `length` (the ledger gives 2,000 at most); archived ones are
    /// fetched from their archives.
    ///
    /// # Errors
    /// See [`IcError`].
    pub async fn query_blocks(&self, start: u64, length: u64) -> Result<Blocks, IcError> {
        let what = format!("reading blocks {start} to {} of the ledger", start.saturating_add(length));
        let arg = encode_one(wire::GetBlocksArgs { start, length }).map_err(|e| encode_error(&what, &e))?;
        let answer =
            self.query(&what, self.canisters().id(SystemCanister::IcpLedger), "query_blocks", arg).await?;
        let reply: wire::QueryBlocksResponse =
            decode_one(&answer.bytes).map_err(|e| decode_error(&what, &e))?;
        let mut pieces = Vec::new();
        for range in &reply.archived_blocks {
            let mut at = range.start.max(start);
            let end = range.start.saturating_add(range.length).min(start.saturating_add(length));
            while at < end {
                let piece = (end - at).min(ARCHIVE_PAGE);
                pieces.push((range.callback.0.clone(), at, piece));
                at += piece;
            }
        }
        let archived: Vec<Vec<Transaction>> = stream::iter(pieces)
            .map(|(callback, start, length)| async move {
                self.archived(callback.principal, &callback.method, start, length).await
            })
            .buffered(self.profile().max_in_flight.max(1))
            .try_collect()
            .await?;
        let mut transactions: Vec<Transaction> = archived.into_iter().flatten().collect();
        let ledger = self.profile().icp_ledger();
        transactions.extend(number_blocks(ledger, reply.first_block_index, &reply.blocks, &answer));
        transactions.sort_by_key(|t| t.block);
        transactions.dedup_by_key(|t| t.block);
        Ok(Blocks { chain_length: reply.chain_length, transactions })
    }

    async fn archived(
        &self,
        archive: icpulse_model::Principal,
        method: &str,
        start: u64,
        length: u64,
    ) -> Result<Vec<Transaction>, IcError> {
        let what = format!("reading blocks from {start} of the archive {archive}");
        let arg = encode_one(wire::GetBlocksArgs { start, length }).map_err(|e| encode_error(&what, &e))?;
        let answer = self.query(&what, archive, method, arg).await?;
        let reply: wire::QueryArchiveResult =
            decode_one(&answer.bytes).map_err(|e| decode_error(&what, &e))?;
        match reply {
            Ok(range) => Ok(number_blocks(self.profile().icp_ledger(), start, &range.blocks, &answer)),
            Err(error) => Err(IcError::Refused {
                what: Line::new(&what),
                error_type: 0,
                message: Line::new(&match error {
                    wire::QueryArchiveError::BadFirstBlockIndex { requested_index, first_valid_index } => {
                        format!("block {requested_index} is before its first block, {first_valid_index}")
                    }
                    wire::QueryArchiveError::Other { error_message, .. } => error_message,
                }),
            }),
        }
    }
}

fn number_blocks(ledger: LedgerId, first: u64, blocks: &[wire::Block], answer: &Answer) -> Vec<Transaction> {
    (first..)
        .zip(blocks)
        .map(|(number, block)| decode::ledger::decode_block(ledger, number, block, answer.evidence))
        .collect()
}
