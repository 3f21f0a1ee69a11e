//! The query methods of an ICRC-1 ledger: ICRC-1, ICRC-2, ICRC-3, ICRC-10 and ICRC-106.

use super::Ledger;
use super::call::{argument, nothing, reply};
use super::icrc3::{block_value, tip_tree};
use super::queries::name_standards;
use super::transaction::read_block;
use crate::canister::{Context, Reject};
use crate::certificate::cbor;
use candid::{CandidType, Deserialize, Nat, Principal};
use ic_certification::HashTree;
use icpulse_canisters::wire::icrc::{BlockRange, BlockWithId, GetBlocksResult, GetIndexError};
use serde_bytes::ByteBuf;

pub(super) const INTERFACE: &str = include_str!("../../data/icrc_ledger.did");

/// Most blocks of one reply.
const MAX_BLOCKS: u64 = 100;

#[derive(CandidType, Deserialize)]
struct GetArchivesArgs {
    from: Option<Principal>,
}

#[derive(CandidType)]
struct ArchiveInfo {
    canister_id: Principal,
    start: Nat,
    end: Nat,
}

#[derive(CandidType)]
struct DataCertificate {
    certificate: ByteBuf,
    hash_tree: ByteBuf,
}

#[derive(CandidType)]
struct BlockType {
    block_type: &'static str,
    url: &'static str,
}

impl Ledger {
    pub(super) fn answer_icrc(&self, ctx: &Context<'_>, method: &str, arg: &[u8]) -> Result<Vec<u8>, Reject> {
        let id = self.id;
        match method {
            "icrc1_balance_of" => return self.balance_of(arg),
            "icrc2_allowance" => return reply(id, self.allowance(ctx, &argument(id, arg)?)?),
            "icrc3_get_blocks" => return reply(id, self.icrc3_blocks(&argument::<Vec<_>>(id, arg)?)),
            "icrc3_get_archives" => {
                let _: GetArchivesArgs = argument(id, arg)?;
                return reply(id, Vec::<ArchiveInfo>::new());
            }
            _ => nothing(id, arg)?,
        }
        match method {
            "icrc3_get_tip_certificate" => reply(id, self.tip_certificate(ctx)),
            "icrc3_supported_block_types" => reply(id, block_types()),
            "icrc1_supported_standards" | "icrc10_supported_standards" => reply(id, standards()),
            "icrc106_get_index_principal" => {
                reply(id, self.token.index.ok_or(GetIndexError::IndexPrincipalNotSet))
            }
            _ => self.answer_icrc1(method),
        }
    }

    fn icrc3_blocks(&self, ranges: &[BlockRange]) -> GetBlocksResult {
        let mut blocks = Vec::new();
        let small = |nat: &Nat| u64::try_from(&nat.0).unwrap_or(u64::MAX);
        for range in ranges {
            let start = small(&range.start);
            let left = MAX_BLOCKS - blocks.len() as u64;
            let end = start.saturating_add(small(&range.length).min(left));
            for (encoded, number) in self.book.page(start, end).iter().zip(start..) {
                let accounts = self.book.accounts();
                let block = read_block(encoded).zip(accounts).map(|(b, accounts)| block_value(&b, accounts));
                blocks.extend(block.map(|block| BlockWithId { id: Nat::from(number), block }));
            }
        }
        GetBlocksResult { log_length: Nat::from(self.book.length()), blocks, archived_blocks: Vec::new() }
    }

    /// The tree that the ledger certifies; `None` before the first block.
    pub(super) fn tip_tree(&self) -> Option<HashTree> {
        Some(tip_tree(self.book.length().checked_sub(1)?, self.book.tip()?))
    }

    fn tip_certificate(&self, ctx: &Context<'_>) -> Option<DataCertificate> {
        let tree = self.tip_tree()?;
        let certificate = ByteBuf::from(ctx.data_certificate()?);
        Some(DataCertificate { certificate, hash_tree: ByteBuf::from(cbor(&tree)) })
    }
}

fn block_types() -> Vec<BlockType> {
    const ICRC1: &str = "https://github.com/dfinity/ICRC-1/blob/main/standards/ICRC-1/README.md";
    const ICRC2: &str = "https://github.com/dfinity/ICRC-1/blob/main/standards/ICRC-2/README.md";
    [("1burn", ICRC1), ("1mint", ICRC1), ("1xfer", ICRC1), ("2approve", ICRC2), ("2xfer", ICRC2)]
        .map(|(block_type, url)| BlockType { block_type, url })
        .into()
}

fn standards() -> Vec<icpulse_canisters::wire::ledger::Standard> {
    name_standards(&[
        ("ICRC-1", "https://github.com/dfinity/ICRC-1/tree/main/standards/ICRC-1"),
        ("ICRC-2", "https://github.com/dfinity/ICRC-1/tree/main/standards/ICRC-2"),
        ("ICRC-3", "https://github.com/dfinity/ICRC-1/tree/main/standards/ICRC-3"),
        ("ICRC-10", "https://github.com/dfinity/ICRC/blob/main/ICRCs/ICRC-10/ICRC-10.md"),
        ("ICRC-106", "https://github.com/dfinity/ICRC/pull/106"),
    ])
}
