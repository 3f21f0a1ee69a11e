//! The ledger's query methods.

use super::Ledger;
use super::book::FEE;
use super::call::{argument, hex_identifier, identifier, nothing, reply};
use super::transaction::{LedgerTime, Operation, read_block};
use super::transfers::full_identifier;
use crate::canister::{Context, Reject};
use candid::{CandidType, Deserialize, Int, Nat};
use icpulse_canisters::wire::ledger as wire;
use icpulse_model::{Principal, Timestamp};
use serde_bytes::ByteBuf;

/// Most blocks of one reply.
const MAX_BLOCKS: u64 = 2_000;
/// Most blocks of one reply when a person asks in replicated mode.
const MAX_BLOCKS_REPLICATED: u64 = 50;
/// Most allowances of one reply.
const MAX_ALLOWANCES: usize = 500;
/// What the ledger's metadata says it speaks: the methods below.
pub(super) const INTERFACE: &str = include_str!("../../data/ledger.did");

#[derive(CandidType)]
struct Symbol<'a> {
    symbol: &'a str,
}

#[derive(CandidType)]
struct Name<'a> {
    name: &'a str,
}

#[derive(CandidType)]
struct Decimals {
    decimals: u32,
}

#[derive(CandidType, Deserialize)]
struct AccountBalanceArgsDfx {
    account: String,
}

impl Ledger {
    pub(super) fn answer(&self, ctx: &Context<'_>, method: &str, arg: &[u8]) -> Result<Vec<u8>, Reject> {
        let id = self.id;
        match method {
            "account_balance" => {
                let args: wire::AccountBalanceArgs = argument(id, arg)?;
                // As the real one: a wrong length is an account that holds nothing, a wrong checksum an error.
                let e8s = if args.account.len() == 32 {
                    let account = full_identifier(&args.account).ok_or_else(|| {
                        Reject::trapped(id, "Invalid account identifier: the checksum is wrong")
                    })?;
                    self.book.balance(&account).0
                } else {
                    0
                };
                reply(id, wire::Tokens { e8s })
            }
            "account_balance_dfx" => {
                let args: AccountBalanceArgsDfx = argument(id, arg)?;
                let account = hex_identifier(id, &args.account)?;
                reply(id, wire::Tokens { e8s: self.book.balance(&account).0 })
            }
            "account_identifier" => {
                let account: wire::Account = argument(id, arg)?;
                let identifier = identifier(id, &account.owner, account.subaccount.as_ref())?;
                reply(id, ByteBuf::from(identifier.0.to_vec()))
            }
            "transfer_fee" => {
                let _: wire::TransferFeeArg = argument(id, arg)?;
                reply(id, wire::TransferFee { transfer_fee: wire::Tokens { e8s: FEE.0 } })
            }
            "icrc1_balance_of" => self.balance_of(arg),
            "icrc2_allowance" => reply(id, self.allowance(ctx, &argument(id, arg)?)?),
            "get_allowances" => reply(id, self.allowances(ctx, &argument(id, arg)?)?),
            "query_blocks" => reply(id, self.query_blocks(ctx, argument(id, arg)?)),
            "query_encoded_blocks" => reply(id, self.query_encoded_blocks(ctx, argument(id, arg)?)),
            _ => {
                if !NO_ARGUMENTS.contains(&method) {
                    return Err(Reject::no_query_method(id, method));
                }
                nothing(id, arg)?;
                self.answer_plain(ctx, method)
            }
        }
    }

    pub(super) fn balance_of(&self, arg: &[u8]) -> Result<Vec<u8>, Reject> {
        let account: wire::Account = argument(self.id, arg)?;
        let identifier = identifier(self.id, &account.owner, account.subaccount.as_ref())?;
        reply(self.id, Nat::from(self.book.balance(&identifier).0))
    }

    fn answer_plain(&self, ctx: &Context<'_>, method: &str) -> Result<Vec<u8>, Reject> {
        let id = self.id;
        match method {
            "symbol" => reply(id, Symbol { symbol: &self.token.symbol }),
            "name" => reply(id, Name { name: &self.token.name }),
            "decimals" => reply(id, Decimals { decimals: u32::from(self.token.decimals) }),
            "icrc1_supported_standards" | "icrc10_supported_standards" => reply(id, standards()),
            "archives" => reply(id, wire::Archives::default()),
            "is_ledger_ready" => reply(id, true),
            "tip_of_chain" => {
                let tip_index = self.book.length().checked_sub(1).ok_or_else(|| {
                    Reject::trapped(id, "Panicked at 'called `Option::unwrap()` on a `None` value'")
                })?;
                reply(id, wire::TipOfChain { certification: certificate(ctx), tip_index })
            }
            _ => self.answer_icrc1(method),
        }
    }

    /// What ICRC-1 asks of every ledger, of methods without an argument.
    pub(super) fn answer_icrc1(&self, method: &str) -> Result<Vec<u8>, Reject> {
        let (id, token) = (self.id, &self.token);
        match method {
            "icrc1_name" => reply(id, token.name.as_str()),
            "icrc1_symbol" => reply(id, token.symbol.as_str()),
            "icrc1_decimals" => reply(id, token.decimals),
            "icrc1_fee" => reply(id, Nat::from(token.fee.0)),
            "icrc1_total_supply" => reply(id, Nat::from(self.book.supply().0)),
            "icrc1_minting_account" => {
                reply(id, Some(wire::Account { owner: self.minting.owner, subaccount: None }))
            }
            "icrc1_metadata" => reply(id, token.metadata()),
            _ => Err(Reject::no_query_method(id, method)),
        }
    }

    pub(super) fn allowance(
        &self,
        ctx: &Context<'_>,
        args: &wire::AllowanceArgs,
    ) -> Result<wire::Allowance, Reject> {
        let owner = identifier(self.id, &args.account.owner, args.account.subaccount.as_ref())?;
        let spender = identifier(self.id, &args.spender.owner, args.spender.subaccount.as_ref())?;
        let allowance = self.book.allowances().get(&owner, &spender, ctx.now);
        Ok(wire::Allowance {
            allowance: Nat::from(allowance.amount.0),
            expires_at: allowance.expires.map(|e| self.client_expiry(e)),
        })
    }

    /// An expiry on the clients' clocks. A jump of the network's time may have brought it nearer
    /// than the owner said; one beyond what 64 bits of virtual time hold is told as the owner said it.
    fn client_expiry(&self, expires: LedgerTime) -> u64 {
        if expires.network == Timestamp(u64::MAX) {
            expires.shown.0
        } else {
            self.clock.out(expires.network).0
        }
    }

    fn allowances(
        &self,
        ctx: &Context<'_>,
        args: &wire::GetAllowancesArgs,
    ) -> Result<Vec<wire::AllowanceRow>, Reject> {
        let owner = hex_identifier(self.id, &args.from_account_id)?;
        let previous = args.prev_spender_id.as_ref().map(|text| hex_identifier(self.id, text)).transpose()?;
        let take = args.take.map_or(MAX_ALLOWANCES, |take| {
            usize::try_from(take).unwrap_or(MAX_ALLOWANCES).min(MAX_ALLOWANCES)
        });
        let rows = self.book.allowances().of_owner(&owner, previous.as_ref(), take, ctx.now);
        Ok(rows
            .into_iter()
            .map(|(spender, allowance)| wire::AllowanceRow {
                from_account_id: owner.hex(),
                to_spender_id: spender.hex(),
                allowance: wire::Tokens { e8s: allowance.amount.0 },
                expires_at: allowance.expires.map(|e| self.client_expiry(e)),
            })
            .collect())
    }

    fn query_blocks(&self, ctx: &Context<'_>, args: wire::GetBlocksArgs) -> wire::QueryBlocksResponse {
        let (first_block_index, page) = self.page(ctx, args);
        wire::QueryBlocksResponse {
            chain_length: self.book.length(),
            certificate: certificate(ctx),
            blocks: page.iter().filter_map(|block| to_candid(block)).collect(),
            first_block_index,
            archived_blocks: Vec::new(),
        }
    }

    fn query_encoded_blocks(
        &self,
        ctx: &Context<'_>,
        args: wire::GetBlocksArgs,
    ) -> wire::QueryEncodedBlocksResponse {
        let (first_block_index, page) = self.page(ctx, args);
        wire::QueryEncodedBlocksResponse {
            certificate: certificate(ctx),
            blocks: page.into_iter().map(ByteBuf::from).collect(),
            chain_length: self.book.length(),
            first_block_index,
            archived_blocks: Vec::new(),
        }
    }

    /// The asked blocks as far as there are any and one reply may hold, and the first one's index.
    fn page(&self, ctx: &Context<'_>, args: wire::GetBlocksArgs) -> (u64, Vec<Vec<u8>>) {
        // A query has a certificate to give, a replicated call has not.
        let most =
            if ctx.certify.is_none() && is_person(&ctx.caller) { MAX_BLOCKS_REPLICATED } else { MAX_BLOCKS };
        let length = self.book.length();
        let first = args.start.min(length);
        let end = first.saturating_add(args.length.min(most)).min(length);
        (first, self.book.page(first, end))
    }
}

/// Self-authenticating principals end in 2.
fn is_person(principal: &Principal) -> bool {
    principal.as_slice().len() == 29 && principal.as_slice().last() == Some(&2)
}

const NO_ARGUMENTS: &[&str] = &[
    "symbol",
    "name",
    "decimals",
    "icrc1_name",
    "icrc1_symbol",
    "icrc1_decimals",
    "icrc1_fee",
    "icrc1_total_supply",
    "icrc1_minting_account",
    "icrc1_metadata",
    "icrc1_supported_standards",
    "icrc10_supported_standards",
    "archives",
    "is_ledger_ready",
    "tip_of_chain",
];

fn certificate(ctx: &Context<'_>) -> Option<ByteBuf> {
    ctx.data_certificate().map(ByteBuf::from)
}

fn standards() -> Vec<wire::Standard> {
    name_standards(&[
        ("ICRC-1", "https://github.com/dfinity/ICRC-1/tree/main/standards/ICRC-1"),
        ("ICRC-2", "https://github.com/dfinity/ICRC-1/tree/main/standards/ICRC-2"),
        (
            "ICRC-21",
            "https://github.com/dfinity/wg-identity-authentication/blob/main/topics/ICRC-21/icrc_21_consent_msg.md",
        ),
        ("ICRC-10", "https://github.com/dfinity/ICRC/blob/main/ICRCs/ICRC-10/ICRC-10.md"),
        ("ICRC-103", "https://github.com/dfinity/ICRC/tree/main/ICRCs/ICRC-103"),
    ])
}

pub(super) fn name_standards(standards: &[(&str, &str)]) -> Vec<wire::Standard> {
    let standard =
        |(name, url): &(&str, &str)| wire::Standard { name: (*name).to_owned(), url: (*url).to_owned() };
    standards.iter().map(standard).collect()
}

/// A block as `query_blocks` gives it.
fn to_candid(encoded: &[u8]) -> Option<wire::Block> {
    let block = read_block(encoded)?;
    let timestamp = wire::TimeStamp { timestamp_nanos: block.timestamp.0 };
    Some(wire::Block {
        parent_hash: block.parent.map(ByteBuf::from),
        transaction: wire::Transaction {
            memo: block.transaction.memo,
            icrc1_memo: block.transaction.icrc1_memo.map(ByteBuf::from),
            operation: Some(operation_to_candid(block.transaction.operation)),
            // Not optional in this interface: without one the block's own time stands in.
            created_at_time: block
                .transaction
                .created_at
                .map_or(timestamp, |t| wire::TimeStamp { timestamp_nanos: t.shown.0 }),
        },
        timestamp,
    })
}

fn operation_to_candid(operation: Operation) -> wire::Operation {
    let tokens = |amount: icpulse_model::E8s| wire::Tokens { e8s: amount.0 };
    match operation {
        Operation::Mint { to, amount } => wire::Operation::Mint { to: to.0.to_vec(), amount: tokens(amount) },
        Operation::Burn { from, amount, spender } => wire::Operation::Burn {
            from: from.0.to_vec(),
            spender: spender.map(|s| ByteBuf::from(s.0.to_vec())),
            amount: tokens(amount),
        },
        Operation::Transfer { from, to, amount, fee, spender } => wire::Operation::Transfer {
            from: from.0.to_vec(),
            to: to.0.to_vec(),
            amount: tokens(amount),
            fee: tokens(fee),
            spender: spender.map(|s| ByteBuf::from(s.0.to_vec())),
        },
        Operation::Approve { from, spender, allowance, expected, expires, fee } => wire::Operation::Approve {
            from: from.0.to_vec(),
            spender: spender.0.to_vec(),
            allowance_e8s: Int::from(allowance.0),
            allowance: tokens(allowance),
            fee: tokens(fee),
            expires_at: expires.map(|e| wire::TimeStamp { timestamp_nanos: e.shown.0 }),
            expected_allowance: expected.map(tokens),
        },
    }
}
