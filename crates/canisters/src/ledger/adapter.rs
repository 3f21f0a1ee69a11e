//! Reading any ledger: the ICP ledger by its own interface, all others by ICRC-1 and ICRC-3.

use crate::Client;
use crate::decode::icrc as decode;
use crate::governance::{decode_error, encode_error};
use crate::wire::icrc as wire;
use crate::wire::index::GetAccountTransactionsArgs;
use crate::wire::ledger::Account as WireAccount;
use crate::wire::lenient::{decode_one, encode_args, encode_one};
use candid::{CandidType, Nat};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use icpulse_ic::{Answer, IcError};
use icpulse_model::evidence::Sourced;
use icpulse_model::network::SystemCanister;
use icpulse_model::text::Line;
use icpulse_model::token::TokenTransaction;
use icpulse_model::{Account, Amount, LedgerId, Principal, Token};
use serde::de::DeserializeOwned;
use serde_bytes::ByteBuf;

/// Blocks asked for at once where a ledger has no index.
const BLOCKS_AT_ONCE: u64 = 500;
/// Requests for blocks after which a page ends, whatever was found.
const MOST_BLOCK_REQUESTS: usize = 8;

/// A page of an account's transactions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenPage {
    /// Newest first.
    pub transactions: Vec<TokenTransaction>,
    /// Older ones are below this block; `None` after the last page.
    pub next: Option<u64>,
}

/// One ledger's interface.
pub trait LedgerAdapter: Send + Sync {
    fn id(&self) -> LedgerId;

    /// Name, symbol, decimals and fee, by ICRC-1, which every ledger knows.
    fn token<'a>(&'a self, client: &'a Client) -> BoxFuture<'a, Result<Sourced<Token>, IcError>> {
        client.icrc_token(self.id()).boxed()
    }

    /// An account's balance.
    fn balance<'a>(
        &'a self,
        client: &'a Client,
        account: Account,
    ) -> BoxFuture<'a, Result<Sourced<Amount>, IcError>>;

    /// A page of an account's transactions, newest first, below a block.
    fn transactions<'a>(
        &'a self,
        client: &'a Client,
        account: Account,
        before: Option<u64>,
        limit: u64,
    ) -> BoxFuture<'a, Result<TokenPage, IcError>>;
}

pub fn find_adapter(client: &Client, ledger: LedgerId) -> Box<dyn LedgerAdapter> {
    if ledger.0 == client.canisters().id(SystemCanister::IcpLedger) {
        Box::new(IcpLedger(ledger))
    } else {
        Box::new(IcrcLedger(ledger))
    }
}

/// The ICP ledger: its own interface for balances, the ICP index for transactions.
struct IcpLedger(LedgerId);

/// A ledger that knows ICRC-1; transactions come from its index, or from ICRC-3 blocks.
struct IcrcLedger(LedgerId);

impl LedgerAdapter for IcpLedger {
    fn id(&self) -> LedgerId {
        self.0
    }

    fn balance<'a>(
        &'a self,
        client: &'a Client,
        account: Account,
    ) -> BoxFuture<'a, Result<Sourced<Amount>, IcError>> {
        async move {
            let balance = client.balance(account).await?;
            let amount = Amount { units: u128::from(balance.value.0), token: self.0 };
            Ok(Sourced::new(amount, balance.evidence))
        }
        .boxed()
    }

    fn transactions<'a>(
        &'a self,
        client: &'a Client,
        account: Account,
        before: Option<u64>,
        limit: u64,
    ) -> BoxFuture<'a, Result<TokenPage, IcError>> {
        async move {
            let page = Client::transactions(client, account.identifier(), before, limit).await?;
            let oldest = page.transactions.last().map(|t| t.block);
            let next = if page.complete { None } else { oldest };
            let transactions = page.transactions.into_iter().map(|t| decode::generalize(self.0, t)).collect();
            Ok(TokenPage { transactions, next })
        }
        .boxed()
    }
}

impl LedgerAdapter for IcrcLedger {
    fn id(&self) -> LedgerId {
        self.0
    }

    fn balance<'a>(
        &'a self,
        client: &'a Client,
        account: Account,
    ) -> BoxFuture<'a, Result<Sourced<Amount>, IcError>> {
        async move {
            let what = format!("reading a balance on the ledger {}", self.0);
            let reply: Sourced<Nat> =
                client.ask(&what, self.0.0, "icrc1_balance_of", encode_account(account)).await?;
            let units = decode_nat(&what, &reply.value)?;
            Ok(Sourced::new(Amount { units, token: self.0 }, reply.evidence))
        }
        .boxed()
    }

    fn transactions<'a>(
        &'a self,
        client: &'a Client,
        account: Account,
        before: Option<u64>,
        limit: u64,
    ) -> BoxFuture<'a, Result<TokenPage, IcError>> {
        async move {
            match client.find_index(self.0).await? {
                Some(index) => client.indexed_transactions(self.0, index, account, before, limit).await,
                None => client.search_blocks(self.0, account, before, limit).await,
            }
        }
        .boxed()
    }
}

impl Client {
    /// Asks a method with one argument and decodes its reply.
    async fn ask<T: CandidType + DeserializeOwned>(
        &self,
        what: &str,
        canister: Principal,
        method: &str,
        argument: impl CandidType,
    ) -> Result<Sourced<T>, IcError> {
        let arg = encode_one(argument).map_err(|e| encode_error(what, &e))?;
        decode_answer(what, self.query(what, canister, method, arg).await?)
    }

    /// Asks a method without arguments.
    async fn ask_plain<T: CandidType + DeserializeOwned>(
        &self,
        what: &str,
        canister: Principal,
        method: &str,
    ) -> Result<Sourced<T>, IcError> {
        let arg = encode_args(()).map_err(|e| encode_error(what, &e))?;
        decode_answer(what, self.query(what, canister, method, arg).await?)
    }

    async fn icrc_token(&self, ledger: LedgerId) -> Result<Sourced<Token>, IcError> {
        let what = &format!("reading the token of the ledger {ledger}");
        let (name, symbol, decimals, fee) = futures_util::try_join!(
            self.ask_plain::<String>(what, ledger.0, "icrc1_name"),
            self.ask_plain::<String>(what, ledger.0, "icrc1_symbol"),
            self.ask_plain::<u8>(what, ledger.0, "icrc1_decimals"),
            self.ask_plain::<Nat>(what, ledger.0, "icrc1_fee"),
        )?;
        let token = Token {
            ledger,
            name: Line::new(&name.value),
            symbol: Line::new(&symbol.value),
            decimals: decimals.value,
            fee: decode_nat(what, &fee.value)?,
        };
        Ok(Sourced::new(token, fee.evidence))
    }

    /// The ledger's index canister (ICRC-106); `None` where the ledger names none.
    async fn find_index(&self, ledger: LedgerId) -> Result<Option<Principal>, IcError> {
        let what = format!("looking for the index of the ledger {ledger}");
        match self.ask_plain::<wire::GetIndexResult>(&what, ledger.0, "icrc106_get_index_principal").await {
            Ok(reply) => Ok(reply.value.ok()),
            // A ledger without the method: rejected by the canister or by the system.
            Err(IcError::Rejected { code: 3 | 5, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn indexed_transactions(
        &self,
        ledger: LedgerId,
        index: Principal,
        account: Account,
        before: Option<u64>,
        limit: u64,
    ) -> Result<TokenPage, IcError> {
        let what = format!("reading transactions of the ledger {ledger} from its index {index}");
        let request = GetAccountTransactionsArgs {
            account: encode_account(account),
            start: before.map(Nat::from),
            max_results: Nat::from(limit),
        };
        let reply: Sourced<wire::GetAccountTransactionsResult> =
            self.ask(&what, index, "get_account_transactions", request).await?;
        let page = reply.value.map_err(|error| IcError::Refused {
            what: Line::new(&what),
            error_type: 0,
            message: Line::new(&error.message),
        })?;
        let rows = page.transactions.iter();
        let transactions: Vec<TokenTransaction> =
            rows.filter_map(|row| decode::decode_indexed(ledger, row, reply.evidence)).collect();
        let transactions = keep_asked(transactions, account, before, limit);
        let oldest = page.oldest_tx_id.as_ref().and_then(decode::decode_block_number);
        let last = transactions.last().map(|t| t.block);
        let next = last.filter(|last| oldest.is_some_and(|oldest| *last > oldest));
        Ok(TokenPage { transactions, next })
    }

    /// Searches the ledger's own blocks from the newest on.
    async fn search_blocks(
        &self,
        ledger: LedgerId,
        account: Account,
        before: Option<u64>,
        limit: u64,
    ) -> Result<TokenPage, IcError> {
        let what = format!("searching the blocks of the ledger {ledger}");
        let range = |start: u64, length: u64| {
            vec![wire::BlockRange { start: Nat::from(start), length: Nat::from(length) }]
        };
        let mut end = match before {
            Some(before) => before,
            None => {
                let reply: Sourced<wire::GetBlocksResult> =
                    self.ask(&what, ledger.0, "icrc3_get_blocks", range(0, 0)).await?;
                decode::decode_block_number(&reply.value.log_length).unwrap_or(u64::MAX)
            }
        };
        let mut found = Vec::new();
        for _ in 0..MOST_BLOCK_REQUESTS {
            if end == 0 || found.len() as u64 >= limit {
                break;
            }
            let start = end.saturating_sub(BLOCKS_AT_ONCE);
            let reply: Sourced<wire::GetBlocksResult> =
                self.ask(&what, ledger.0, "icrc3_get_blocks", range(start, end - start)).await?;
            let mut pages = vec![(reply.value.blocks, reply.evidence)];
            for archived in reply.value.archived_blocks {
                let callback = archived.callback.0;
                let part: Sourced<wire::GetBlocksResult> =
                    self.ask(&what, callback.principal, &callback.method, archived.args).await?;
                pages.push((part.value.blocks, part.evidence));
            }
            for (blocks, evidence) in pages {
                let numbered = blocks.iter().filter_map(|b| Some((decode::decode_block_number(&b.id)?, b)));
                let asked = numbered.filter(|(number, _)| (start..end).contains(number));
                found.extend(
                    asked.map(|(number, b)| decode::decode_block(ledger, number, &b.block, evidence)),
                );
            }
            found.retain(|t| t.concerns(&account));
            end = start;
        }
        let all = found.len() as u64;
        let transactions = keep_asked(found, account, before, limit);
        let next = match transactions.last() {
            // More were found than were asked for.
            Some(last) if all > limit => Some(last.block),
            _ => (end > 0).then_some(end),
        };
        Ok(TokenPage { transactions, next })
    }
}

/// Only what was asked for, whatever the canister sends: of this account, below the block, each once,
/// no more than the limit, newest first.
fn keep_asked(
    mut transactions: Vec<TokenTransaction>,
    account: Account,
    before: Option<u64>,
    limit: u64,
) -> Vec<TokenTransaction> {
    transactions.retain(|t| before.is_none_or(|before| t.block < before) && t.concerns(&account));
    transactions.sort_by_key(|t| std::cmp::Reverse(t.block));
    transactions.dedup_by_key(|t| t.block);
    transactions.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    transactions
}

fn encode_account(account: Account) -> WireAccount {
    let subaccount = (!account.subaccount.is_default()).then(|| ByteBuf::from(account.subaccount.0));
    WireAccount { owner: account.owner, subaccount }
}

fn decode_answer<T: CandidType + DeserializeOwned>(
    what: &str,
    answer: Answer,
) -> Result<Sourced<T>, IcError> {
    let value = decode_one(&answer.bytes).map_err(|e| decode_error(what, &e))?;
    Ok(Sourced::new(value, answer.evidence))
}

fn decode_nat(what: &str, nat: &Nat) -> Result<u128, IcError> {
    decode::decode_units(nat).ok_or_else(|| IcError::Decode {
        what: Line::new(what),
        why: Line::new(&format!("{nat} is larger than 128 bits")),
    })
}
