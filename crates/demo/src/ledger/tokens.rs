//! What a ledger knows of its token, and the demo's ICRC-1 ledgers: a row of `data/tokens.toml` each.

use super::transaction::{Operation, Transaction};
use super::{Book, Ledger};
use crate::canister::{Canister, LedgerPort};
use crate::clock::Clock;
use crate::data::TokenRow;
use crate::index::Index;
use crate::seed::random::QuickRng;
use crate::world::canister_id;
use candid::Nat;
use icpulse_canisters::wire::ledger::Value;
use icpulse_model::{Account, AccountIdentifier, E8s, Principal, Seconds, Subaccount, Timestamp};

/// How long before the start the first tokens were minted.
const PAST: Seconds = Seconds::days(200);

/// A ledger's token. Amounts are in its smallest unit, and at most 64 bits.
pub struct Token {
    pub(super) name: String,
    pub(super) symbol: String,
    pub(super) decimals: u8,
    pub(super) fee: E8s,
    /// The index canister, if the ledger tells it.
    pub(super) index: Option<Principal>,
}

impl Token {
    pub(super) fn icp() -> Self {
        Self {
            name: "Internet Computer".to_owned(),
            symbol: "ICP".to_owned(),
            decimals: 8,
            fee: super::book::FEE,
            index: None,
        }
    }

    pub(super) fn metadata(&self) -> Vec<(String, Value)> {
        let mut metadata = vec![
            ("icrc1:decimals".to_owned(), Value::Nat(Nat::from(self.decimals))),
            ("icrc1:name".to_owned(), Value::Text(self.name.clone())),
            ("icrc1:symbol".to_owned(), Value::Text(self.symbol.clone())),
            ("icrc1:fee".to_owned(), Value::Nat(Nat::from(self.fee.0))),
        ];
        if let Some(index) = self.index {
            metadata.push(("icrc1:max_memo_length".to_owned(), Value::Nat(Nat::from(32_u8))));
            metadata.push(("icrc106:index_principal".to_owned(), Value::Text(index.to_text())));
        }
        metadata
    }
}

/// An ICRC-1 ledger and its index.
pub struct TokenCanisters {
    pub(crate) ledger: Ledger,
    pub(crate) index: Index,
}

impl TokenCanisters {
    /// One a row, with their past until `start`.
    pub(crate) fn build_all(
        rows: &[TokenRow],
        seed: u64,
        clock: &Clock,
        start: Timestamp,
        user: Principal,
    ) -> Vec<Self> {
        rows.iter().map(|row| Self::build(row, seed, clock, start, user)).collect()
    }

    fn build(row: &TokenRow, seed: u64, clock: &Clock, start: Timestamp, user: Principal) -> Self {
        let (id, index) = (canister_id(row.ledger), canister_id(row.index));
        let token = Token {
            name: row.name.clone(),
            symbol: row.symbol.clone(),
            decimals: row.decimals,
            fee: E8s(row.fee),
            index: Some(index),
        };
        let minting = Account::default_of(canister_id(row.minter));
        let mut book = Book::icrc();
        book.note_account(minting);
        let mut ledger = Ledger { clock: clock.clone(), id, minting, token, book, traffic: None };
        ledger.fill_past(row, seed, start, user);
        let mut canisters = Self { ledger, index: Index::of_token(index, id) };
        canisters.sync_index();
        canisters
    }

    /// Gives the index what the ledger recorded meanwhile.
    pub(crate) fn sync_index(&mut self) {
        let new = self.ledger.encoded_blocks(self.index.synced());
        if let (false, Some(accounts)) = (new.is_empty(), self.ledger.book.accounts()) {
            self.index.note_accounts(accounts);
            self.index.append(new);
        }
    }

    pub(crate) fn canister_mut(&mut self, id: Principal) -> Option<&mut dyn Canister> {
        if self.ledger.id() == id {
            Some(&mut self.ledger)
        } else if self.index.id() == id {
            Some(&mut self.index)
        } else {
            None
        }
    }
}

impl Ledger {
    /// Mints the balances of a row and makes its transfers, evenly over the past.
    fn fill_past(&mut self, row: &TokenRow, seed: u64, start: Timestamp, user: Principal) {
        let first = start.minus(PAST);
        let mut holders = Vec::new();
        for (balance, serial) in row.balances.iter().zip(0_u64..) {
            let name = balance.holder.bytes().fold(0, |key, byte| (key << 8) | u64::from(byte));
            let owner = if balance.holder == "user" {
                user
            } else {
                QuickRng::new(seed, row.ledger, name).principal()
            };
            let mut subaccount = Subaccount::DEFAULT;
            if let Some(last) = subaccount.0.last_mut() {
                *last = balance.subaccount;
            }
            let to = self.book.note_account(Account { owner, subaccount });
            let mint = Operation::Mint { to, amount: E8s(balance.amount) };
            self.record(mint, None, first.plus(Seconds(serial)));
            holders.push(to);
        }
        let mut rng = QuickRng::new(seed, row.ledger, 0);
        let pause = PAST.0 / (row.transfers + 2);
        for serial in 0..row.transfers {
            let Some((from, to)) = choose_pair(&holders, serial, &mut rng) else { return };
            let unit = 10_u64.saturating_pow(row.decimals.into());
            let amount = (rng.within(1, 2_000) * (unit / 100)).min(self.book.balance(&from).0 / 10);
            let operation =
                Operation::Transfer { from, to, amount: E8s(amount), fee: self.token.fee, spender: None };
            let memo = (serial % 4 == 0).then(|| format!("invoice {serial}").into_bytes());
            self.record(operation, memo, first.plus(Seconds((serial + 1) * pause)));
        }
    }

    fn record(&mut self, operation: Operation, memo: Option<Vec<u8>>, at: Timestamp) {
        let transaction = Transaction { icrc1_memo: memo, ..Transaction::bare(operation) };
        let now = self.ledger_time(at);
        // A holder who has too little does not send.
        let _ = self.book.apply(&transaction, now);
    }
}

/// Sender and receiver: the first holder takes part in two of three transfers.
fn choose_pair(
    holders: &[AccountIdentifier],
    serial: u64,
    rng: &mut QuickRng,
) -> Option<(AccountIdentifier, AccountIdentifier)> {
    let (first, others) = holders.split_first()?;
    let mut choose = || {
        let at = usize::try_from(rng.within(0, others.len() as u64)).ok()?;
        others.get(at).copied()
    };
    let other = choose()?;
    match serial % 3 {
        0 => Some((other, *first)),
        1 => Some((*first, other)),
        _ => Some((other, choose()?)),
    }
}
