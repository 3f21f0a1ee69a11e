//! The query methods of the index of an ICRC-1 ledger (`ic-icrc1-index-ng`).

use super::Index;
use crate::canister::Reject;
use crate::ledger::call::{argument, identifier, nothing, reply, subaccount};
use crate::ledger::icrc3::Accounts;
use crate::ledger::transaction::{Operation, ReadBlock};
use candid::{CandidType, Deserialize, Nat, Principal};
use icpulse_canisters::wire::icrc::{
    AccountTransactions, Approve, Burn, GetAccountTransactionsResult, Mint, Transaction, TransactionWithId,
    Transfer,
};
use icpulse_canisters::wire::index::GetAccountTransactionsArgs;
use icpulse_canisters::wire::ledger::Account;
use icpulse_model::{AccountIdentifier, E8s, Subaccount};
use serde_bytes::ByteBuf;
use std::collections::BTreeSet;

pub(super) const INTERFACE: &str = include_str!("../../data/icrc_index.did");

#[derive(CandidType, Deserialize)]
struct ListSubaccountsArgs {
    owner: Principal,
    start: Option<ByteBuf>,
}

#[derive(CandidType)]
struct Status {
    num_blocks_synced: Nat,
}

impl Index {
    pub(super) fn answer_icrc(
        &self,
        accounts: &Accounts,
        method: &str,
        arg: &[u8],
    ) -> Result<Vec<u8>, Reject> {
        let id = self.id;
        match method {
            "get_account_transactions" => {
                let args: GetAccountTransactionsArgs = argument(id, arg)?;
                let account = identifier(id, &args.account.owner, args.account.subaccount.as_ref())?;
                let start = args.start.map(|start| self.natural(&start)).transpose()?;
                let (ids, oldest) = self.page_of(&account, start, self.natural(&args.max_results)?);
                let row = |number: u64| {
                    let transaction = to_candid(self.block(number)?, accounts)?;
                    Some(TransactionWithId { id: Nat::from(number), transaction })
                };
                let page = AccountTransactions {
                    balance: Nat::from(self.balance(&account).0),
                    transactions: ids.into_iter().filter_map(row).collect(),
                    oldest_tx_id: oldest.map(Nat::from),
                };
                reply(id, GetAccountTransactionsResult::Ok(page))
            }
            "icrc1_balance_of" => {
                let account: Account = argument(id, arg)?;
                let account = identifier(id, &account.owner, account.subaccount.as_ref())?;
                reply(id, Nat::from(self.balance(&account).0))
            }
            "list_subaccounts" => {
                let args: ListSubaccountsArgs = argument(id, arg)?;
                let after = args.start.as_ref().map(|start| subaccount(id, Some(start))).transpose()?;
                let used = accounts.iter().filter(|(account, _)| self.by_account.contains_key(*account));
                let own = used.filter(|(_, account)| account.owner == args.owner);
                let own: BTreeSet<[u8; 32]> = own.map(|(_, account)| account.subaccount.0).collect();
                let later = own.into_iter().filter(|own| after.is_none_or(|after| *own > after.0));
                reply(id, later.map(|own| ByteBuf::from(own.to_vec())).collect::<Vec<_>>())
            }
            "status" => {
                nothing(id, arg)?;
                reply(id, Status { num_blocks_synced: Nat::from(self.synced()) })
            }
            "ledger_id" => {
                nothing(id, arg)?;
                reply(id, self.ledger)
            }
            _ => Err(Reject::no_query_method(id, method)),
        }
    }
}

/// A block as the index shows it; `None` if an account in it is not known.
fn to_candid(block: ReadBlock, accounts: &Accounts) -> Option<Transaction> {
    let account = |id: &AccountIdentifier| {
        let account = accounts.get(id)?;
        let subaccount =
            (account.subaccount != Subaccount::DEFAULT).then(|| ByteBuf::from(account.subaccount.0.to_vec()));
        Some(Account { owner: account.owner, subaccount })
    };
    let nat = |amount: E8s| Nat::from(amount.0);
    let memo = block.transaction.icrc1_memo.map(ByteBuf::from);
    let created_at_time = block.transaction.created_at.map(|at| at.shown.0);
    let empty = Transaction { timestamp: block.timestamp.0, ..Transaction::default() };
    Some(match block.transaction.operation {
        Operation::Mint { to, amount } => {
            let mint = Mint { to: account(&to)?, amount: nat(amount), memo, created_at_time, fee: None };
            Transaction { kind: "mint".to_owned(), mint: Some(mint), ..empty }
        }
        Operation::Burn { from, amount, spender } => {
            let burn = Burn {
                from: account(&from)?,
                spender: spender.as_ref().and_then(account),
                amount: nat(amount),
                memo,
                created_at_time,
                fee: None,
            };
            Transaction { kind: "burn".to_owned(), burn: Some(burn), ..empty }
        }
        Operation::Transfer { from, to, amount, fee, spender } => {
            let transfer = Transfer {
                from: account(&from)?,
                to: account(&to)?,
                spender: spender.as_ref().and_then(account),
                amount: nat(amount),
                fee: Some(nat(fee)),
                memo,
                created_at_time,
            };
            Transaction { kind: "transfer".to_owned(), transfer: Some(transfer), ..empty }
        }
        Operation::Approve { from, spender, allowance, expected, expires, fee } => {
            let approve = Approve {
                from: account(&from)?,
                spender: account(&spender)?,
                amount: nat(allowance),
                expected_allowance: expected.map(nat),
                expires_at: expires.map(|at| at.shown.0),
                fee: Some(nat(fee)),
                memo,
                created_at_time,
            };
            Transaction { kind: "approve".to_owned(), approve: Some(approve), ..empty }
        }
    })
}
