//! The ICP ledger: real blocks in a hash chain, ICP transfers, ICRC-1 and ICRC-2, and a certified tip.
//!
//! Instants: rules about spans are kept in virtual time, blocks and replies carry the clients'
//! ([`transaction::LedgerTime`]). A block is encoded once; its hash never changes.

mod accounts;
pub mod allowances;
mod approvals;
pub(crate) mod book;
pub mod call;
mod consent;
pub(crate) mod derived_chain;
pub mod genesis;
pub mod history;
pub(crate) mod icrc3;
mod icrc_queries;
mod lookalike;
mod queries;
#[cfg(test)]
mod tests;
pub(crate) mod tokens;
mod traffic;
pub mod transaction;
mod transfers;
pub mod window;

use super::canister::{Canister, Context, LedgerPort, Reject, UpdateContext};
use super::clock::Clock;
use book::{Book, Refusal};
use icpulse_model::network::SystemCanister;
use icpulse_model::{Account, AccountIdentifier, E8s, Principal, Timestamp};
use serde_bytes::ByteBuf;
use sha2::{Digest, Sha256};
use tokens::Token;
use traffic::Traffic;
use transaction::{LedgerTime, Operation, Transaction};

pub struct Ledger {
    clock: Clock,
    id: Principal,
    minting: Account,
    token: Token,
    book: Book,
    traffic: Option<Traffic>,
}

impl Ledger {
    /// A ledger without blocks, at its id on the main network; governance's default account mints and burns.
    pub fn empty(clock: Clock) -> Self {
        Self {
            clock,
            id: SystemCanister::IcpLedger.id(),
            minting: Account::default_of(SystemCanister::Governance.id()),
            token: Token::icp(),
            book: Book::default(),
            traffic: None,
        }
    }

    pub(crate) fn book(&self) -> &Book {
        &self.book
    }

    /// The account whose transfers mint and to which transfers burn.
    pub(crate) fn minting_account(&self) -> AccountIdentifier {
        self.minting.identifier()
    }

    /// Whether it is an ICRC-1 ledger with ICRC-3 blocks, and not the ICP ledger.
    fn is_icrc(&self) -> bool {
        self.book.accounts().is_some()
    }

    /// The identifier of an account that takes part in a call.
    fn account_id(
        &mut self,
        owner: Principal,
        subaccount: Option<&ByteBuf>,
    ) -> Result<AccountIdentifier, Reject> {
        let subaccount = call::subaccount(self.id, subaccount)?;
        Ok(self.book.note_account(Account { owner, subaccount }))
    }

    /// An instant of the network with what clients are told of it.
    fn ledger_time(&self, network: Timestamp) -> LedgerTime {
        LedgerTime { network, shown: self.clock.out(network) }
    }

    /// An instant a client named.
    fn client_time(&self, shown: u64) -> LedgerTime {
        let shown = Timestamp(shown);
        LedgerTime { network: self.clock.to_virtual(shown), shown }
    }

    /// A transaction of another canister, whose amount it has checked.
    pub(crate) fn record_operation(
        &mut self,
        now: Timestamp,
        operation: Operation,
        memo: u64,
    ) -> Result<u64, Refusal> {
        let moment = self.ledger_time(now);
        // No creation time: two equal transfers of a canister at one instant are two transfers.
        self.book.apply(&Transaction { memo, ..Transaction::bare(operation) }, moment)
    }
}

impl Canister for Ledger {
    fn id(&self) -> Principal {
        self.id
    }

    fn module_hash(&self) -> [u8; 32] {
        Sha256::digest(format!("icpulse demo: {} ledger", self.token.symbol)).into()
    }

    fn metadata(&self) -> Vec<(String, Vec<u8>)> {
        let interface = if self.is_icrc() { icrc_queries::INTERFACE } else { queries::INTERFACE };
        vec![("candid:service".to_owned(), interface.as_bytes().to_vec())]
    }

    fn query(&self, ctx: &Context<'_>, method: &str, arg: &[u8]) -> Result<Vec<u8>, Reject> {
        if self.is_icrc() { self.answer_icrc(ctx, method, arg) } else { self.answer(ctx, method, arg) }
    }

    fn update(&mut self, ctx: &mut UpdateContext<'_>, method: &str, arg: &[u8]) -> Result<Vec<u8>, Reject> {
        self.execute(ctx.caller, ctx.now, method, arg)
    }

    fn tick(&mut self, ctx: &mut UpdateContext<'_>) {
        if let Some(traffic) = &mut self.traffic {
            traffic.run(&mut self.book, &self.clock, ctx.now);
        }
    }

    fn certified_data(&self) -> Option<[u8; 32]> {
        if self.is_icrc() {
            return self.tip_tree().map(|tree| tree.digest());
        }
        // The ICP ledger certifies the last block's hash itself, without a hash tree around it.
        Some(self.book.tip().unwrap_or_default())
    }
}

impl LedgerPort for Ledger {
    fn balance(&self, account: &AccountIdentifier) -> E8s {
        self.book.balance(account)
    }

    fn mint(&mut self, now: Timestamp, to: AccountIdentifier, amount: E8s, memo: u64) -> u64 {
        // Cut to what 64 bits leave room for; out of reach with any plausible supply.
        let amount = amount.min(E8s(u64::MAX - self.book.supply().0));
        match self.record_operation(now, Operation::Mint { to, amount }, memo) {
            Ok(block) => block,
            Err(_) => self.book.length().saturating_sub(1),
        }
    }

    fn encoded_blocks(&self, start: u64) -> Vec<Vec<u8>> {
        self.book.page(start, u64::MAX)
    }
}
