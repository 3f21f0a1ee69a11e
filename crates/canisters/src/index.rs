//! What is read of the ICP index: an account's transactions.

use crate::Client;
use crate::decode;
use crate::governance::{decode_error, encode_error};
use crate::wire::index as wire;
use crate::wire::lenient::{decode_one, decode_rows, encode_one};
use candid::{CandidType, Deserialize};
use icpulse_ic::IcError;
use icpulse_model::evidence::Sourced;
use icpulse_model::ledger::Transaction;
use icpulse_model::network::SystemCanister;
use icpulse_model::text::Line;
use icpulse_model::{AccountIdentifier, E8s};

/// A page of an account's transactions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionsPage {
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

/// A page without its rows, which decode one by one when they do not decode together.
#[derive(CandidType, Deserialize)]
struct Head {
    balance: u64,
    oldest_tx_id: Option<u64>,
}

type HeadResult = Result<Head, wire::GetAccountIdentifierTransactionsError>;

impl Client {
    /// A page of an account's transactions, newest first, below `before_block`
    /// (`get_account_identifier_transactions`). The index gives 2,000 at most.
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
        let what = format!("reading the transactions of {}", account.short());
        let request = wire::GetAccountIdentifierTransactionsArgs {
            max_results: limit,
            start: before_block,
            account_identifier: account.hex(),
        };
        let arg = encode_one(request).map_err(|e| encode_error(&what, &e))?;
        let method = "get_account_identifier_transactions";
        let answer = match self.query(&what, self.canisters().id(SystemCanister::IcpIndex), method, arg).await
        {
            Ok(answer) => answer,
            Err(error) if error.is_missing_canister() => {
                return Ok(TransactionsPage {
                    account,
                    balance: self.balance_of(account).await?,
                    transactions: Vec::new(),
                    oldest: None,
                    complete: false,
                    index_missing: true,
                });
            }
            Err(error) => return Err(error),
        };
        let head = match decode_one::<HeadResult>(&answer.bytes) {
            Ok(Ok(head)) => head,
            Ok(Err(error)) => {
                let message = Line::new(&error.message);
                return Err(IcError::Refused { what: Line::new(&what), error_type: 0, message });
            }
            Err(error) => return Err(decode_error(&what, &error)),
        };
        let rows = decode_rows::<wire::GetAccountTransactionsResult, wire::TransactionWithId>(
            &answer.bytes,
            &["Ok", "transactions"],
            |reply| reply.map(|page| page.transactions).unwrap_or_default(),
        );
        let rows = rows.map_err(|e| decode_error(&what, &e))?;
        let mut transactions: Vec<Transaction> =
            rows.into_iter().filter_map(|row| decode::ledger::decode_indexed(row, answer.evidence)).collect();
        // Only what was asked for, whatever the canister sends: of this account, below the block,
        // each once, no more than the limit.
        transactions.retain(|t| before_block.is_none_or(|before| t.block < before) && t.concerns(&account));
        transactions.sort_by_key(|t| std::cmp::Reverse(t.block));
        transactions.dedup_by_key(|t| t.block);
        transactions.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        if let (Some(oldest), []) = (head.oldest_tx_id, transactions.as_slice())
            && before_block.is_none_or(|before| before > oldest)
            && limit > 0
        {
            let why = format!("its oldest block is {oldest}, but it lists no transactions");
            return Err(IcError::Inconsistent { what: Line::new(&what), why: Line::new(&why) });
        }
        let reached_oldest = match (head.oldest_tx_id, transactions.last()) {
            (Some(oldest), Some(last)) => last.block <= oldest,
            (None, _) => true,
            (Some(oldest), None) => before_block.is_some_and(|before| before <= oldest),
        };
        Ok(TransactionsPage {
            account,
            balance: Sourced::new(E8s(head.balance), answer.evidence),
            transactions,
            oldest: head.oldest_tx_id,
            complete: reached_oldest,
            index_missing: false,
        })
    }
}
