//! `icpulse account …`

use super::args::Account as AccountCommand;
use super::context::Context;
use super::failure::Failure;
use super::json;
use super::open::{IdentityNeed, OpenNetwork, open_uncached};
use super::output::{Format, ListRows, parse_filter, print_cache_age, print_json, print_note, print_text};
use crate::datasets::ListRow;
use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream;
use icpulse_canisters::ledger::{LedgerAdapter, find_adapter};
use icpulse_canisters::{Client, TransactionsPage};
use icpulse_model::account::Account;
use icpulse_model::dataset::Context as Cells;
use icpulse_model::evidence::Sourced;
use icpulse_model::ledger::{Party, Transaction, to_e8s};
use icpulse_model::lookalike::LookAlikes;
use icpulse_model::names::Names;
use icpulse_model::query::Query;
use icpulse_model::{Amount, KnownLedger, LedgerId, Timestamp, Token};
use serde_json::{Value, json};
use std::pin::pin;
use std::sync::Arc;

/// Transactions asked for at once.
const PAGE: u64 = 1_000;
/// Pages asked for at once while a filter looks for matches.
const FILTERED_AT_ONCE: u64 = 16;
/// Pages read of a ledger without an index, each of which is a search of many blocks.
const MOST_SEARCHES: usize = 5;

/// The question to each ledger.
enum Request {
    Balance,
    Transactions { query: Query, limit: usize, names: Arc<Names> },
}

/// A ledger's answer about the account.
struct LedgerAnswer {
    token: Token,
    balance: Option<Sourced<Amount>>,
    transactions: Vec<Transaction>,
}

/// The answers of ledgers, the ICP ledger's first, and the ledgers that failed.
#[derive(Default)]
struct LedgerAnswers {
    found: Vec<LedgerAnswer>,
    failed: Vec<(LedgerId, Failure)>,
}

/// Runs one of the account commands.
///
/// # Errors
/// See [`Failure`].
pub async fn run(context: &Context, command: &AccountCommand) -> Result<(), Failure> {
    let (account, token, mut wish) = match command {
        AccountCommand::Balance { account, token } => (account, token, Request::Balance),
        AccountCommand::Transactions { account, token, filter, limit } => {
            let query = parse_filter(filter, Transaction::dataset())?;
            (account, token, Request::Transactions { query, limit: *limit, names: Arc::default() })
        }
    };
    let given = account.as_deref().map(parse_account).transpose()?;
    let need = if given.is_some() { IdentityNeed::Nobody } else { IdentityNeed::IfUnlocked };
    let mut opened = open_uncached(context, need).await?;
    if let Request::Transactions { names, .. } = &mut wish {
        *names = context.names(&opened.profile.name);
    }
    let account = match given {
        Some(account) => account,
        None if opened.identity.info().is_anonymous() => {
            return Err(Failure::usage(
                "no identity is in use; name an account, or an identity with --identity",
            ));
        }
        None => Account::default_of(opened.identity.info().principal).into(),
    };
    let now = context.now();
    let answers = match &opened.client {
        Some(client) => read_ledgers(client, account, token.as_deref(), &wish, now).await?,
        None => read_cached(context, &mut opened, account, token.as_deref(), &wish)?,
    };
    for (ledger, failure) in &answers.failed {
        print_note(&context.global, format!("the ledger {ledger} is left out: {failure}"));
    }
    match wish {
        Request::Balance => print_balances(context, &opened, account, &answers, now),
        Request::Transactions { limit, names, .. } => {
            let cells = Cells { names, ..make_cells(account, Vec::new(), now) };
            print_transactions(context, &opened, account, answers, limit, cells)
        }
    }
}

/// An account identifier, a principal or an ICRC-1 account.
pub(super) fn parse_account(text: &str) -> Result<Party, Failure> {
    let text = text.trim();
    let digits = text.strip_prefix("0x").unwrap_or(text);
    if digits.len() == 64 && digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return digits.parse().map(Party::Identifier).map_err(Failure::usage);
    }
    text.parse().map(Party::Account).map_err(Failure::usage)
}

/// True if a token is meant by its symbol or its ledger's canister id.
fn matches_token(token: &Token, name: Option<&str>) -> bool {
    name.is_none_or(|name| {
        token.symbol.as_str().eq_ignore_ascii_case(name) || token.ledger.to_string() == name
    })
}

fn make_cells(account: Party, tokens: Vec<Token>, now: Timestamp) -> Cells {
    Cells { now, account: Some(account.identifier()), tokens: Arc::new(tokens), ..Cells::default() }
}

/// Asks all known ledgers at once. A failure of the ICP ledger, or of the only one, is the command's.
async fn read_ledgers(
    client: &Client,
    account: Party,
    token: Option<&str>,
    wish: &Request,
    now: Timestamp,
) -> Result<LedgerAnswers, Failure> {
    let mut ledgers = client.profile().all_ledgers();
    if matches!(account, Party::Identifier(_)) {
        // No other ledger knows accounts by their identifiers.
        ledgers.truncate(1);
    }
    let icp = client.profile().icp_ledger();
    let asked = ledgers.iter().map(|ledger| read_ledger(client, ledger, account, token, wish, now));
    let mut answers = LedgerAnswers::default();
    for (ledger, answer) in ledgers.iter().zip(join_all(asked).await) {
        match answer {
            Ok(found) => answers.found.extend(found),
            Err(failure) if ledger.id == icp => return Err(failure),
            Err(failure) => answers.failed.push((ledger.id, failure)),
        }
    }
    match token {
        Some(token) if answers.found.is_empty() => {
            let failed = answers.failed.into_iter().next().map(|(_, failure)| failure);
            Err(failed.unwrap_or_else(|| unknown_token_error(token)))
        }
        _ => Ok(answers),
    }
}

fn unknown_token_error(token: &str) -> Failure {
    Failure::usage(format!("no known ledger has the token '{token}'; `icpulse account balance` lists them"))
}

/// One ledger's answer; `None` if its token is not the one that is meant.
async fn read_ledger(
    client: &Client,
    ledger: &KnownLedger,
    account: Party,
    token: Option<&str>,
    wish: &Request,
    now: Timestamp,
) -> Result<Option<LedgerAnswer>, Failure> {
    let adapter = find_adapter(client, ledger);
    let read = adapter.token(client).await?;
    if !matches_token(&read, token) {
        return Ok(None);
    }
    let mut found = LedgerAnswer { token: read, balance: None, transactions: Vec::new() };
    match wish {
        Request::Balance => found.balance = Some(adapter.balance(client, account).await?),
        Request::Transactions { query, limit, names } => {
            let names = Arc::clone(names);
            let cells = Cells { names, ..make_cells(account, vec![found.token.clone()], now) };
            found.transactions =
                read_transactions(client, adapter.as_ref(), account, query, *limit, &cells).await?;
        }
    }
    Ok(Some(found))
}

/// As many transactions as are wanted that pass the filter, newest first.
async fn read_transactions(
    client: &Client,
    adapter: &dyn LedgerAdapter,
    account: Party,
    query: &Query,
    limit: usize,
    cells: &Cells,
) -> Result<Vec<Transaction>, Failure> {
    let matches = |row: &Transaction| Transaction::dataset().matches(query, row, cells);
    let (mut rows, mut before, mut searches) = (Vec::new(), None, 0);
    while rows.len() < limit {
        let missing = limit - rows.len();
        let want = if query.is_empty() { u64::try_from(missing).unwrap_or(u64::MAX).min(PAGE) } else { PAGE };
        let page = adapter.transactions(client, account, before, want).await?;
        if page.index_missing {
            return Err(Failure::failed("this network has no ICP index, so transactions cannot be listed"));
        }
        let slices = Slices::below(&page);
        searches += usize::from(page.oldest.is_none());
        before = page.next;
        rows.extend(page.transactions.into_iter().filter(matches));
        if let Some(slices) = slices.filter(|_| rows.len() < limit) {
            // Not much more is read than is wanted; with a filter nobody knows how much that is.
            let pages = match query.is_empty() {
                true => (limit - rows.len()) as u64 / PAGE + 2,
                false => FILTERED_AT_ONCE,
            };
            let at_once = usize::try_from(pages).unwrap_or(usize::MAX).min(client.profile().max_in_flight);
            let read = |(before, lowest)| read_slice(client, adapter, account, before, lowest);
            let mut parts = pin!(stream::iter(slices).map(read).buffered(at_once.max(1)));
            while rows.len() < limit
                && let Some(part) = parts.next().await
            {
                rows.extend(part?.into_iter().filter(matches));
            }
            break;
        }
        if before.is_none() || searches == MOST_SEARCHES {
            break;
        }
    }
    Ok(rows)
}

/// Ranges of blocks below a page of an index, each with about a page of transactions if they go on as in this
/// page. The first number of a range is above its blocks, the second is its lowest block.
#[derive(Clone, Copy)]
struct Slices {
    before: u64,
    oldest: u64,
    blocks: u64,
}

impl Slices {
    fn below(page: &TransactionsPage) -> Option<Self> {
        let (before, oldest, newest) = (page.next?, page.oldest?, page.transactions.first()?.block);
        let rows = u64::try_from(page.transactions.len()).ok()?;
        let blocks = newest.saturating_sub(before).saturating_add(1).saturating_mul(PAGE) / rows.max(1);
        // A little less, so that most need one request.
        Some(Self { before, oldest, blocks: (blocks / 10 * 9).max(1) })
    }
}

impl Iterator for Slices {
    type Item = (u64, u64);

    fn next(&mut self) -> Option<(u64, u64)> {
        let before = Some(self.before).filter(|before| *before > self.oldest)?;
        self.before = before.saturating_sub(self.blocks).max(self.oldest);
        Some((before, self.before))
    }
}

/// The transactions of a range of blocks, newest first.
async fn read_slice(
    client: &Client,
    adapter: &dyn LedgerAdapter,
    account: Party,
    before: u64,
    lowest: u64,
) -> Result<Vec<Transaction>, Failure> {
    let (mut rows, mut next) = (Vec::new(), Some(before));
    while let Some(before) = next.filter(|before| *before > lowest) {
        let page = adapter.transactions(client, account, Some(before), PAGE).await?;
        rows.extend(page.transactions.into_iter().filter(|row| row.block >= lowest));
        next = page.next;
    }
    Ok(rows)
}

/// The account's cached data.
fn read_cached(
    context: &Context,
    opened: &mut OpenNetwork,
    account: Party,
    token: Option<&str>,
    wish: &Request,
) -> Result<LedgerAnswers, Failure> {
    let now = context.now();
    let world = opened.cached_world(context)?;
    let own: Vec<_> =
        world.accounts.iter().filter(|state| account.has_identifier(&state.account.identifier())).collect();
    if own.is_empty() {
        return Err(Failure::not_cached("this account is"));
    }
    let meant = own.iter().filter(|state| matches_token(&state.token, token));
    let found: Vec<LedgerAnswer> = meant
        .map(|state| {
            let mut transactions = state.transactions.clone();
            if let Request::Transactions { query, names, .. } = wish {
                let names = Arc::clone(names);
                let cells = Cells { names, ..make_cells(account, vec![state.token.clone()], now) };
                transactions.retain(|row| Transaction::dataset().matches(query, row, &cells));
            }
            let balance = Some(Sourced::new(state.balance, state.balance_evidence));
            LedgerAnswer { token: state.token.clone(), balance, transactions }
        })
        .collect();
    match token {
        Some(token) if found.is_empty() && !own.is_empty() => Err(unknown_token_error(token)),
        _ => Ok(LedgerAnswers { found, failed: Vec::new() }),
    }
}

/// The failed ledgers for JSON.
fn failures_json(failed: &[(LedgerId, Failure)]) -> Value {
    failed
        .iter()
        .map(|(ledger, failure)| json!({"ledger": ledger.to_string(), "error": failure.to_string()}))
        .collect()
}

fn print_balances(
    context: &Context,
    opened: &OpenNetwork,
    account: Party,
    answers: &LedgerAnswers,
    now: Timestamp,
) -> Result<(), Failure> {
    let balances = || answers.found.iter().filter_map(|found| Some((&found.token, found.balance.as_ref()?)));
    if let Format::Text = Format::from_flags(&context.global) {
        for (token, balance) in balances() {
            // The well-known ledgers are many: those where nothing is are left out, unless one was asked for.
            if token.is_icp || balance.value.units > 0 || answers.found.len() == 1 {
                let imitates =
                    token.imitates.as_ref().map_or_else(String::new, |known| format!(" (not {known})"));
                print_text(&format!("{} {}{imitates}", token.exact(balance.value.units), token.symbol))?;
            }
        }
        if let Some((_, Sourced { evidence, .. })) = balances().next() {
            let (proof, at) = (evidence.proof.word(), evidence.at.date_minute());
            print_note(&context.global, format!("{}, {proof} {at} UTC", account.identifier()));
        }
        return Ok(());
    }
    let icp = balances().find(|(token, _)| token.is_icp).map(|(_, balance)| balance);
    let rows: Vec<Value> = balances()
        .map(|(token, balance)| {
            json!({
                "token": token.symbol,
                "name": token.name,
                "ledger": token.ledger.to_string(),
                "decimals": token.decimals,
                "balance_units": balance.value.units.to_string(),
                "fee_units": token.fee.to_string(),
                "standards": token.standards,
                "imitates": token.imitates,
                "evidence": json::evidence(&balance.evidence, now),
            })
        })
        .collect();
    print_json(&json!({
        "account": account.identifier().hex(),
        "balance_e8s": icp.map(|icp| to_e8s(icp.value.units).0.to_string()),
        "network": opened.profile.name,
        "evidence": icp.map(|icp| json::evidence(&icp.evidence, now)),
        "balances": rows,
        "failed": failures_json(&answers.failed),
    }))
}

fn print_transactions(
    context: &Context,
    opened: &OpenNetwork,
    account: Party,
    answers: LedgerAnswers,
    limit: usize,
    cells: Cells,
) -> Result<(), Failure> {
    let failed = failures_json(&answers.failed);
    let balances = answers.found.iter().filter_map(|found| found.balance.as_ref());
    print_cache_age(&context.global, balances.map(|balance| balance.evidence.at).max(), cells.now);
    let (mut tokens, mut rows) = (Vec::new(), Vec::new());
    for found in answers.found {
        tokens.push(found.token);
        rows.extend(found.transactions);
    }
    if tokens.len() > 1 {
        // Blocks of different ledgers have no order.
        rows.sort_by_key(|row| std::cmp::Reverse(row.timestamp));
    }
    rows.truncate(limit);
    let lookalikes = Arc::new(LookAlikes::of_transactions(account.identifier(), &rows));
    let cells = Cells { lookalikes, tokens: Arc::new(tokens), ..cells };
    let format = Format::from_flags(&context.global);
    ListRows::new(Transaction::dataset(), rows.iter(), &cells).print(
        format,
        "transactions",
        json!({
            "network": opened.profile.name,
            "account": account.identifier().hex(),
            "count": rows.len(),
            "failed": failed,
        }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn slices_cover_every_block_below_a_page_once(before in 1_u64..100_000, oldest in 0_u64..100_000, blocks in 1_u64..5_000) {
            let mut next = before;
            for (above, lowest) in (Slices { before, oldest, blocks }) {
                prop_assert!(above == next && lowest < above && above - lowest <= blocks);
                next = lowest;
            }
            prop_assert_eq!(next, before.min(oldest));
        }
    }
}
