//! The ICP index: which transactions an account was in, newest first.
//!
//! It reads the ledger's blocks and keeps its own account book, as the real one does. The real
//! one asks for new blocks every second or so; this one has always caught up before it answers,
//! because time passes before each request.

mod icrc;

use super::canister::{Canister, Context, Reject, UpdateContext};
use super::ledger::book::Book;
use super::ledger::call::{argument, hex_identifier, identifier, nothing, reply};
use super::ledger::derived_chain::DerivedChain;
use super::ledger::icrc3::Accounts;
use super::ledger::transaction::{Operation, ReadBlock, read_block};
use candid::Nat;
use icpulse_canisters::wire::index as wire;
use icpulse_canisters::wire::ledger::{Account, TimeStamp, Tokens};
use icpulse_model::network::SystemCanister;
use icpulse_model::{AccountIdentifier, E8s, Principal};
use serde_bytes::ByteBuf;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::Arc;

/// Most transactions or blocks of one reply.
const MOST: u64 = 2_000;

pub struct Index {
    id: Principal,
    ledger: Principal,
    /// What the ledger stands on in a large world: read, and not copied.
    derived: Option<Arc<DerivedChain>>,
    blocks: Vec<Vec<u8>>,
    /// Block indices by account, ascending.
    by_account: HashMap<AccountIdentifier, Vec<u64>>,
    balances: HashMap<AccountIdentifier, E8s>,
    /// The accounts of an ICRC-1 ledger; none for the ICP index.
    accounts: Option<Accounts>,
}

impl Default for Index {
    fn default() -> Self {
        Self {
            id: SystemCanister::IcpIndex.id(),
            ledger: SystemCanister::IcpLedger.id(),
            derived: None,
            blocks: Vec::new(),
            by_account: HashMap::new(),
            balances: HashMap::new(),
            accounts: None,
        }
    }
}

impl Index {
    /// An index that has read nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The index of an ICRC-1 ledger.
    pub(crate) fn of_token(id: Principal, ledger: Principal) -> Self {
        Self { id, ledger, accounts: Some(Accounts::new()), ..Self::default() }
    }

    /// Takes over the accounts that a ledger's blocks name.
    pub(crate) fn note_accounts(&mut self, accounts: &Accounts) {
        self.accounts = Some(accounts.clone());
    }

    /// An index that has read the derived chain of a book, if it stands on one.
    pub fn over(book: &Book) -> Self {
        let Some(derived) = book.derived() else { return Self::new() };
        let balances = book.balances().map(|(account, e8s)| (*account, *e8s)).collect();
        Self { derived: Some(Arc::clone(derived)), balances, ..Self::new() }
    }

    fn depth(&self) -> u64 {
        self.derived.as_ref().map_or(0, |derived| derived.length())
    }

    /// The number of blocks that it has read.
    pub fn synced(&self) -> u64 {
        self.depth() + self.blocks.len() as u64
    }

    /// Reads the blocks after those it has.
    pub fn append(&mut self, encoded: Vec<Vec<u8>>) {
        for bytes in encoded {
            let index = self.synced();
            if let Some(block) = read_block(&bytes) {
                self.note(index, &block.transaction.operation);
            }
            self.blocks.push(bytes);
        }
    }

    fn note(&mut self, index: u64, operation: &Operation) {
        let mut concerned = |account: &AccountIdentifier| {
            let list = self.by_account.entry(*account).or_default();
            if list.last() != Some(&index) {
                list.push(index);
            }
        };
        match operation {
            Operation::Mint { to, amount } => {
                concerned(to);
                self.credit(*to, *amount);
            }
            Operation::Burn { from, amount, .. } => {
                concerned(from);
                self.debit(*from, *amount);
            }
            Operation::Transfer { from, to, amount, fee, .. } => {
                concerned(from);
                concerned(to);
                self.debit(*from, amount.saturating_add(*fee));
                self.credit(*to, *amount);
            }
            Operation::Approve { from, spender, fee, .. } => {
                concerned(from);
                concerned(spender);
                self.debit(*from, *fee);
            }
        }
    }

    fn credit(&mut self, to: AccountIdentifier, amount: E8s) {
        let balance = self.balance(&to).saturating_add(amount);
        self.balances.insert(to, balance);
    }

    fn debit(&mut self, from: AccountIdentifier, amount: E8s) {
        let balance = self.balance(&from).saturating_sub(amount);
        self.balances.insert(from, balance);
    }

    pub fn balance(&self, account: &AccountIdentifier) -> E8s {
        let untouched = || self.derived.as_ref().and_then(|derived| derived.stake_in(account));
        self.balances.get(account).copied().or_else(untouched).unwrap_or_default()
    }

    /// A page of block indices, newest first, and the first of all.
    fn page_of(
        &self,
        account: &AccountIdentifier,
        start: Option<u64>,
        max_results: u64,
    ) -> (Vec<u64>, Option<u64>) {
        let lived = self.by_account.get(account).map(Vec::as_slice).unwrap_or_default();
        let most = usize::try_from(max_results.min(MOST)).unwrap_or_default();
        // `start` was seen already.
        let seen = start.unwrap_or(u64::MAX);
        let newer = lived.get(..lived.partition_point(|id| *id < seen)).unwrap_or_default();
        let mut ids: Vec<u64> = newer.iter().rev().take(most).copied().collect();
        let derived = self.derived.as_ref();
        let left = most.saturating_sub(ids.len());
        ids.extend(derived.into_iter().flat_map(|chain| chain.history(account, seen, left)));
        (ids, derived.and_then(|chain| chain.oldest(account)).or_else(|| lived.first().copied()))
    }

    fn transactions(
        &self,
        account: &AccountIdentifier,
        start: Option<u64>,
        max_results: u64,
    ) -> wire::GetAccountIdentifierTransactionsResponse {
        let (ids, oldest_tx_id) = self.page_of(account, start, max_results);
        let row = |id| Some(wire::TransactionWithId { id, transaction: self.block(id).map(to_candid)? });
        wire::GetAccountIdentifierTransactionsResponse {
            balance: self.balance(account).0,
            transactions: ids.into_iter().filter_map(row).collect(),
            oldest_tx_id,
        }
    }

    fn block(&self, id: u64) -> Option<ReadBlock> {
        if let Some((timestamp, transaction)) = self.derived.as_ref().and_then(|b| b.transaction(id)) {
            return Some(ReadBlock { parent: None, timestamp, transaction });
        }
        let bytes = self.blocks.get(usize::try_from(id.checked_sub(self.depth())?).ok()?)?;
        read_block(bytes)
    }

    fn natural(&self, nat: &Nat) -> Result<u64, Reject> {
        u64::try_from(&nat.0)
            .map_err(|_| Reject::trapped(self.id, "Conversion from candid Nat to u64 failed"))
    }

    fn blocks(&self, request: &wire::GetBlocksRequest) -> Result<wire::GetBlocksResponse, Reject> {
        let start = self.natural(&request.start)?;
        let end = start.saturating_add(self.natural(&request.length)?.min(MOST));
        let deep = self.derived.as_ref().map(|chain| chain.blocks(start, end)).unwrap_or_default();
        let place = |id: u64| usize::try_from(id.saturating_sub(self.depth())).unwrap_or(usize::MAX);
        let (from, to) = (place(start), place(end).min(self.blocks.len()));
        let above = self.blocks.get(from..to).into_iter().flatten().cloned();
        let blocks = deep.into_iter().chain(above).map(ByteBuf::from).collect();
        Ok(wire::GetBlocksResponse { blocks, chain_length: self.synced() })
    }
}

impl Canister for Index {
    fn id(&self) -> Principal {
        self.id
    }

    fn module_hash(&self) -> [u8; 32] {
        Sha256::digest(b"icpulse demo: ICP index").into()
    }

    fn metadata(&self) -> Vec<(String, Vec<u8>)> {
        let interface = if self.accounts.is_some() { icrc::INTERFACE } else { INTERFACE };
        vec![("candid:service".to_owned(), interface.as_bytes().to_vec())]
    }

    fn query(&self, _: &Context<'_>, method: &str, arg: &[u8]) -> Result<Vec<u8>, Reject> {
        if let Some(accounts) = &self.accounts {
            return self.answer_icrc(accounts, method, arg);
        }
        let id = self.id;
        match method {
            "get_account_transactions" => {
                let args: wire::GetAccountTransactionsArgs = argument(id, arg)?;
                let account = identifier(id, &args.account.owner, args.account.subaccount.as_ref())?;
                let start = args.start.map(|start| self.natural(&start)).transpose()?;
                let page = self.transactions(&account, start, self.natural(&args.max_results)?);
                reply(id, wire::GetAccountTransactionsResult::Ok(page))
            }
            "get_account_identifier_transactions" => {
                let args: wire::GetAccountIdentifierTransactionsArgs = argument(id, arg)?;
                let account = hex_identifier(id, &args.account_identifier)?;
                let page = self.transactions(&account, args.start, args.max_results);
                reply(id, wire::GetAccountTransactionsResult::Ok(page))
            }
            "get_account_identifier_balance" => {
                let text: String = argument(id, arg)?;
                reply(id, self.balance(&hex_identifier(id, &text)?).0)
            }
            "icrc1_balance_of" => {
                let account: Account = argument(id, arg)?;
                let account = identifier(id, &account.owner, account.subaccount.as_ref())?;
                reply(id, self.balance(&account).0)
            }
            "get_blocks" => reply(id, self.blocks(&argument(id, arg)?)?),
            "status" => {
                nothing(id, arg)?;
                reply(id, wire::Status { num_blocks_synced: self.synced() })
            }
            "ledger_id" => {
                nothing(id, arg)?;
                reply(id, self.ledger)
            }
            _ => Err(Reject::no_query_method(id, method)),
        }
    }

    fn update(&mut self, _: &mut UpdateContext<'_>, method: &str, _: &[u8]) -> Result<Vec<u8>, Reject> {
        Err(Reject::no_update_method(self.id, method))
    }

    fn tick(&mut self, ctx: &mut UpdateContext<'_>) {
        // The index of an ICRC-1 ledger is given that ledger's blocks by the world.
        if let (Some(ledger), None) = (&ctx.ledger, &self.accounts) {
            let new = ledger.encoded_blocks(self.synced());
            self.append(new);
        }
    }

    fn certified_data(&self) -> Option<[u8; 32]> {
        None
    }
}

const INTERFACE: &str = include_str!("../data/index.did");

fn to_candid(block: ReadBlock) -> wire::Transaction {
    let time = |nanos: u64| TimeStamp { timestamp_nanos: nanos };
    wire::Transaction {
        memo: block.transaction.memo,
        icrc1_memo: block.transaction.icrc1_memo.map(ByteBuf::from),
        operation: operation_to_candid(block.transaction.operation),
        created_at_time: block.transaction.created_at.map(|t| time(t.shown.0)),
        timestamp: Some(time(block.timestamp.0)),
    }
}

fn operation_to_candid(operation: Operation) -> wire::Operation {
    let tokens = |amount: E8s| Tokens { e8s: amount.0 };
    match operation {
        Operation::Mint { to, amount } => wire::Operation::Mint { to: to.hex(), amount: tokens(amount) },
        Operation::Burn { from, amount, spender } => wire::Operation::Burn {
            from: from.hex(),
            amount: tokens(amount),
            spender: spender.map(|s| s.hex()),
        },
        Operation::Transfer { from, to, amount, fee, spender } => wire::Operation::Transfer {
            to: to.hex(),
            fee: tokens(fee),
            from: from.hex(),
            amount: tokens(amount),
            spender: spender.map(|s| s.hex()),
        },
        Operation::Approve { from, spender, allowance, expected, expires, fee } => wire::Operation::Approve {
            fee: tokens(fee),
            from: from.hex(),
            allowance: tokens(allowance),
            expires_at: expires.map(|e| TimeStamp { timestamp_nanos: e.shown.0 }),
            spender: spender.hex(),
            expected_allowance: expected.map(tokens),
        },
    }
}
