//! What is read of the ICP index: an account's transactions.

use crate::Client;
use crate::decode;
use crate::governance::{decode_error, encode_error};
use crate::wire::index as wire;
use crate::wire::lenient::{decode_one, decode_rows, encode_one};
use candid::{CandidType, Deserialize};
use icpulse_ic::IcError;
use icpulse_model::AccountIdentifier;
use icpulse_model::ledger::Transaction;
use icpulse_model::network::SystemCanister;
use icpulse_model::text::Line;

/// A page of an account's transactions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransactionsPage {
    /// Newest first.
    pub transactions: Vec<Transaction>,
    /// The account's very first transaction.
    pub oldest: Option<u64>,
    /// Older ones are below this block; `None` after the last page.
    pub next: Option<u64>,
    /// This network has no index: no transactions are known.
    pub index_missing: bool,
}

/// A page without its rows, which decode one by one when they do not decode together.
#[derive(CandidType, Deserialize)]
struct Head {
    oldest_tx_id: Option<u64>,
}

type HeadResult = Result<Head, wire::GetAccountIdentifierTransactionsError>;

impl Client {
    /// A page of an account's transactions, newest first, below `before_block`
    /// (`get_account_identifier_transactions`). The index gives 2,000 at most.
    ///
    /// Where the network has no index canister, the page says so.
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
                    transactions: Vec::new(),
                    oldest: None,
                    next: None,
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
        let ledger = self.profile().icp_ledger();
        let rows = rows.into_iter();
        let rows =
            rows.filter_map(|row| decode::ledger::decode_indexed(ledger, row, answer.evidence)).collect();
        finish_page(&what, rows, &account, before_block, limit, head.oldest_tx_id)
    }
}

/// Only what was asked for, whatever the canister sends: of this account, below the block, each once,
/// no more than the limit, newest first.
pub(crate) fn keep_asked(
    mut transactions: Vec<Transaction>,
    account: &AccountIdentifier,
    before: Option<u64>,
    limit: u64,
) -> Vec<Transaction> {
    transactions.retain(|t| before.is_none_or(|before| t.block < before) && t.involves(account));
    transactions.sort_by_key(|t| std::cmp::Reverse(t.block));
    transactions.dedup_by_key(|t| t.block);
    transactions.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    transactions
}

/// A page of what an index sent, whose oldest transaction of the account is in block `oldest`.
///
/// # Errors
/// [`IcError::Inconsistent`] if it withholds transactions that it says there are.
pub(crate) fn finish_page(
    what: &str,
    transactions: Vec<Transaction>,
    account: &AccountIdentifier,
    before: Option<u64>,
    limit: u64,
    oldest: Option<u64>,
) -> Result<TransactionsPage, IcError> {
    let transactions = keep_asked(transactions, account, before, limit);
    if let (Some(oldest), []) = (oldest, transactions.as_slice())
        && before.is_none_or(|before| before > oldest)
        && limit > 0
    {
        let why = format!("its oldest block is {oldest}, but it lists no transactions");
        return Err(IcError::Inconsistent { what: Line::new(what), why: Line::new(&why) });
    }
    let last = transactions.last().map(|t| t.block).or(before);
    let next = last.filter(|last| oldest.is_some_and(|oldest| *last > oldest));
    Ok(TransactionsPage { transactions, oldest, next, index_missing: false })
}
