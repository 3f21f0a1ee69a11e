//! Reading any ledger: the ICP ledger by its own interface, all others by ICRC-1 and ICRC-3.

use crate::Client;
use crate::decode::icrc as decode;
use crate::governance::{decode_error, encode_error};
use crate::index::{TransactionsPage, finish_page, keep_asked};
use crate::wire::icrc as wire;
use crate::wire::index::GetAccountTransactionsArgs;
use crate::wire::ledger::{Account as WireAccount, Standard, Value};
use crate::wire::lenient::{decode_one, encode_args, encode_one};
use candid::{CandidType, Nat};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use icpulse_ic::{Answer, IcError};
use icpulse_model::evidence::Sourced;
use icpulse_model::ledger::Party;
use icpulse_model::text::Line;
use icpulse_model::token::MOST_DECIMALS;
use icpulse_model::{Account, Amount, KnownLedger, LedgerId, Principal, Token};
use serde::de::DeserializeOwned;
use serde_bytes::ByteBuf;

/// Blocks asked for at once where a ledger has no index: no reply of `icrc3_get_blocks` has more.
const BLOCKS_AT_ONCE: u64 = 100;
/// Requests for blocks after which a page ends, whatever was found.
const MOST_BLOCK_REQUESTS: usize = 40;
/// Characters kept of a symbol, and of a standard's name.
const SYMBOL_LENGTH: usize = 20;
/// Characters kept of a token's name.
const NAME_LENGTH: usize = 60;
/// Standards kept.
const MOST_STANDARDS: usize = 20;

/// One ledger's interface.
pub trait LedgerAdapter: Send + Sync {
    /// Symbol, name, decimals, fee and standards.
    fn token<'a>(&'a self, client: &'a Client) -> BoxFuture<'a, Result<Token, IcError>>;

    /// An account's balance.
    fn balance<'a>(
        &'a self,
        client: &'a Client,
        account: Party,
    ) -> BoxFuture<'a, Result<Sourced<Amount>, IcError>>;

    /// A page of an account's transactions, newest first, below a block.
    fn transactions<'a>(
        &'a self,
        client: &'a Client,
        account: Party,
        before: Option<u64>,
        limit: u64,
    ) -> BoxFuture<'a, Result<TransactionsPage, IcError>>;
}

/// Chooses the adapter of a ledger.
pub fn find_adapter(client: &Client, ledger: &KnownLedger) -> Box<dyn LedgerAdapter> {
    if ledger.id == client.profile().icp_ledger() {
        Box::new(IcpLedger(ledger.id))
    } else {
        Box::new(IcrcLedger(ledger.clone()))
    }
}

/// The ICP ledger: its own interface for balances, the ICP index for transactions.
struct IcpLedger(LedgerId);

/// A ledger that knows ICRC-1; transactions come from its index, or from ICRC-3 blocks.
struct IcrcLedger(KnownLedger);

impl LedgerAdapter for IcpLedger {
    /// ICP's decimals are fixed by its interface, and its fee by governance.
    fn token<'a>(&'a self, _: &'a Client) -> BoxFuture<'a, Result<Token, IcError>> {
        std::future::ready(Ok(Token::icp(self.0))).boxed()
    }

    fn balance<'a>(
        &'a self,
        client: &'a Client,
        account: Party,
    ) -> BoxFuture<'a, Result<Sourced<Amount>, IcError>> {
        async move {
            let balance = client.balance_of(account.identifier()).await?;
            let amount = Amount { units: u128::from(balance.value.0), token: self.0 };
            Ok(Sourced::new(amount, balance.evidence))
        }
        .boxed()
    }

    fn transactions<'a>(
        &'a self,
        client: &'a Client,
        account: Party,
        before: Option<u64>,
        limit: u64,
    ) -> BoxFuture<'a, Result<TransactionsPage, IcError>> {
        Client::transactions(client, account.identifier(), before, limit).boxed()
    }
}

impl LedgerAdapter for IcrcLedger {
    fn token<'a>(&'a self, client: &'a Client) -> BoxFuture<'a, Result<Token, IcError>> {
        client.icrc_token(self.0.id).boxed()
    }

    fn balance<'a>(
        &'a self,
        client: &'a Client,
        account: Party,
    ) -> BoxFuture<'a, Result<Sourced<Amount>, IcError>> {
        async move {
            let ledger = self.0.id;
            let what = format!("reading a balance on the ledger {ledger}");
            let account = encode_account(find_account(&what, account)?);
            let reply: Sourced<Nat> = client.ask(&what, ledger.0, "icrc1_balance_of", account).await?;
            let units = decode_nat(&what, &reply.value)?;
            Ok(Sourced::new(Amount { units, token: ledger }, reply.evidence))
        }
        .boxed()
    }

    fn transactions<'a>(
        &'a self,
        client: &'a Client,
        account: Party,
        before: Option<u64>,
        limit: u64,
    ) -> BoxFuture<'a, Result<TransactionsPage, IcError>> {
        async move {
            let ledger = self.0.id;
            let account = find_account(&format!("reading transactions of the ledger {ledger}"), account)?;
            let index = match self.0.index {
                Some(index) => Some(index),
                None => client.find_index(ledger).await?,
            };
            match index {
                Some(index) => client.indexed_transactions(ledger, index, account, before, limit).await,
                None => client.search_blocks(ledger, account, before, limit).await,
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

    async fn icrc_token(&self, ledger: LedgerId) -> Result<Token, IcError> {
        let what = &format!("reading the token of the ledger {ledger}");
        let (metadata, standards) = futures_util::try_join!(
            self.ask_plain::<Vec<(String, Value)>>(what, ledger.0, "icrc1_metadata"),
            self.ask_plain::<Vec<Standard>>(what, ledger.0, "icrc1_supported_standards"),
        )?;
        let mut token = decode_token(what, ledger, &metadata.value, &standards.value)?;
        token.imitates = token.find_imitated(&self.profile().ledgers).map(Line::new);
        Ok(token)
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
    ) -> Result<TransactionsPage, IcError> {
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
        let rows = rows.filter_map(|row| decode::decode_indexed(ledger, row, reply.evidence)).collect();
        let oldest = page.oldest_tx_id.as_ref().and_then(decode::decode_block_number);
        finish_page(&what, rows, &account.identifier(), before, limit, oldest)
    }

    /// Searches the ledger's own blocks from the newest on.
    async fn search_blocks(
        &self,
        ledger: LedgerId,
        account: Account,
        before: Option<u64>,
        limit: u64,
    ) -> Result<TransactionsPage, IcError> {
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
        let identifier = account.identifier();
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
            found.retain(|t| t.involves(&identifier));
            end = start;
        }
        let all = found.len() as u64;
        let transactions = keep_asked(found, &identifier, before, limit);
        let next = match transactions.last() {
            // More were found than were asked for.
            Some(last) if all > limit => Some(last.block),
            _ => (end > 0).then_some(end),
        };
        Ok(TransactionsPage { transactions, oldest: None, next, index_missing: false })
    }
}

/// The account; a ledger other than ICP's knows none by its identifier.
fn find_account(what: &str, party: Party) -> Result<Account, IcError> {
    match party {
        Party::Account(account) => Ok(account),
        Party::Identifier(identifier) => Err(IcError::Invalid {
            what: Line::new(what),
            why: Line::new(&format!(
                "{} is an account of the ICP ledger only; name the account by its principal",
                identifier.short()
            )),
        }),
    }
}

/// Decodes a token's metadata; texts and lists are shortened.
fn decode_token(
    what: &str,
    ledger: LedgerId,
    metadata: &[(String, Value)],
    standards: &[Standard],
) -> Result<Token, IcError> {
    let unreadable = |why: String| IcError::Decode { what: Line::new(what), why: Line::new(&why) };
    let find = |key: &str| metadata.iter().find(|(name, _)| name == key).map(|(_, value)| value);
    let text = |key: &str, length: usize| match find(key) {
        Some(Value::Text(text)) => Ok(shorten(text, length)),
        _ => Err(unreadable(format!("its metadata has no {key}"))),
    };
    let number = |key: &str| match find(key) {
        Some(Value::Nat(nat)) => decode_nat(what, nat),
        _ => Err(unreadable(format!("its metadata has no {key}"))),
    };
    let decimals = number("icrc1:decimals")?;
    let decimals = u8::try_from(decimals).ok().filter(|decimals| *decimals <= MOST_DECIMALS);
    Ok(Token {
        ledger,
        is_icp: false,
        name: text("icrc1:name", NAME_LENGTH)?,
        symbol: text("icrc1:symbol", SYMBOL_LENGTH)?,
        decimals: decimals.ok_or_else(|| unreadable(format!("more than {MOST_DECIMALS} decimals")))?,
        fee: number("icrc1:fee")?,
        standards: standards.iter().take(MOST_STANDARDS).map(|s| shorten(&s.name, SYMBOL_LENGTH)).collect(),
        imitates: None,
    })
}

fn shorten(text: &str, length: usize) -> Line {
    let line = Line::new(text);
    match line.as_str().char_indices().nth(length) {
        Some((end, _)) => Line::new(&format!("{}…", line.as_str().get(..end).unwrap_or_default())),
        None => line,
    }
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn decode(decimals: Nat, symbol: &str) -> Result<Token, IcError> {
        let text = |key: &str, text: &str| (key.to_owned(), Value::Text(text.to_owned()));
        let metadata = [
            text("icrc1:name", &"n".repeat(4_000)),
            text("icrc1:symbol", symbol),
            ("icrc1:decimals".to_owned(), Value::Nat(decimals)),
            ("icrc1:fee".to_owned(), Value::Nat(Nat::from(10_u8))),
        ];
        let standards = vec![Standard { name: "ICRC-1".to_owned(), ..Standard::default() }; 1_000];
        decode_token("test", LedgerId(Principal::anonymous()), &metadata, &standards)
    }

    #[test]
    fn what_a_ledger_says_of_its_token_is_bounded() {
        let token = decode(Nat::from(38_u8), "A\u{1b}[2J\u{202e}BC").unwrap();
        assert_eq!((token.decimals, token.fee, token.standards.len()), (38, 10, MOST_STANDARDS));
        assert_eq!(token.name.as_str().chars().count(), NAME_LENGTH + 1);
        assert!(!token.symbol.as_str().contains(['\u{1b}', '\u{202e}']), "{}", token.symbol);
        assert!(
            decode(Nat::from(39_u8), "ABC").is_err() && decode(Nat::from(u128::MAX) * 2_u8, "A").is_err()
        );
        let missing = decode_token("test", token.ledger, &[], &[]).unwrap_err();
        assert!(missing.to_string().contains("icrc1:decimals"), "{missing}");
    }
}
