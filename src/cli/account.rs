//! `icpulse account …`

use super::args::Account as AccountCommand;
use super::context::Context;
use super::failure::Failure;
use super::json;
use super::open::{Need, Opened, open_to_ask};
use super::output::{Format, Rows, note, print_json, print_text};
use crate::datasets::Listed;
use icpulse_model::account::{Account, AccountIdentifier};
use icpulse_model::dataset::Context as Cells;
use icpulse_model::ledger::Transaction;
use icpulse_model::{E8s, Evidence, Timestamp};
use serde_json::json;

/// Runs one of the account commands.
///
/// # Errors
/// See [`Failure`].
pub async fn run(context: &Context, command: &AccountCommand) -> Result<(), Failure> {
    let (AccountCommand::Balance { account } | AccountCommand::Transactions { account, .. }) = command;
    let given = account.as_deref().map(parse).transpose()?;
    let need = if given.is_some() { Need::Nobody } else { Need::IfUnlocked };
    let mut opened = open_to_ask(context, need).await?;
    let account = match given {
        Some(account) => account,
        None if opened.who.info().is_anonymous() => {
            return Err(Failure::usage(
                "no identity is in use; name an account, or an identity with --identity",
            ));
        }
        None => opened.who.info().account,
    };
    match command {
        AccountCommand::Balance { .. } => balance(context, &mut opened, account).await,
        AccountCommand::Transactions { limit, .. } => {
            transactions(context, &mut opened, account, *limit).await
        }
    }
}

/// An account identifier, a principal or an ICRC-1 account.
fn parse(text: &str) -> Result<AccountIdentifier, Failure> {
    let text = text.trim();
    if text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return text.parse().map_err(Failure::usage);
    }
    text.parse::<Account>().map(|a| a.identifier()).map_err(Failure::usage)
}

async fn balance(context: &Context, opened: &mut Opened, account: AccountIdentifier) -> Result<(), Failure> {
    let now = context.now();
    let (amount, evidence): (E8s, Evidence) = match &opened.client {
        Some(client) => {
            let reading = client.balance_of(account).await?;
            (reading.value, reading.evidence)
        }
        None => {
            let world = opened.known(context)?;
            let known = world
                .accounts
                .iter()
                .find(|a| a.account.identifier() == account)
                .map(|a| (a.balance, a.balance_evidence));
            known.ok_or_else(|| {
                Failure::failed("this account is not in the cache; leave out --offline to read it")
            })?
        }
    };
    match Format::of(&context.global) {
        Format::Text => {
            print_text(&format!("{} ICP", amount.exact()))?;
            note(
                &context.global,
                format!("{account}, {} {}", evidence.proof.word(), evidence.at.date_minute()),
            );
            Ok(())
        }
        _ => print_json(&json!({
            "account": account.hex(),
            "balance_e8s": amount.0.to_string(),
            "network": opened.profile.name,
            "evidence": json::evidence(&evidence, now),
        })),
    }
}

async fn transactions(
    context: &Context,
    opened: &mut Opened,
    account: AccountIdentifier,
    limit: usize,
) -> Result<(), Failure> {
    let now = context.now();
    let mut rows: Vec<Transaction> = Vec::new();
    match &opened.client {
        Some(client) => {
            let mut before = None;
            while rows.len() < limit {
                let want = u64::try_from(limit - rows.len()).unwrap_or(u64::MAX).min(1_000);
                let page = client.transactions(account, before, want).await?;
                if page.index_missing {
                    return Err(Failure::failed(
                        "this network has no ICP index, so transactions cannot be listed",
                    ));
                }
                before = page.transactions.last().map(|t| t.block);
                let complete = page.complete || page.transactions.is_empty();
                rows.extend(page.transactions);
                if complete {
                    break;
                }
            }
            rows.truncate(limit);
        }
        None => {
            let world = opened.known(context)?;
            if let Some(known) = world.accounts.iter().find(|a| a.account.identifier() == account) {
                rows.extend(known.transactions.iter().take(limit).cloned());
            }
        }
    }
    print_rows(context, opened, account, &rows, now)
}

fn print_rows(
    context: &Context,
    opened: &Opened,
    account: AccountIdentifier,
    rows: &[Transaction],
    now: Timestamp,
) -> Result<(), Failure> {
    let cells = Cells { now, account: Some(account), ..Cells::default() };
    let format = Format::of(&context.global);
    Rows::of(Transaction::dataset(), rows.iter(), &cells, format).print(
        format,
        "transactions",
        json!({"network": opened.profile.name, "account": account.hex(), "count": rows.len()}),
    )
}
