//! Transactions of the ICP ledger and their protobuf encoding in blocks.

use icpulse_canisters::wire::block as pb;
use icpulse_model::{AccountIdentifier, E8s, Timestamp};

/// An instant in both times: as the network lives it and as clients are told it.
///
/// Rules about spans (the deduplication window, expiry) are kept in the network's time;
/// what is written into a block is what clients see, so that an encoding never changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LedgerTime {
    /// Virtual time.
    pub network: Timestamp,
    /// The same instant on the clients' clocks.
    pub shown: Timestamp,
}

/// What a transaction does (the ledger's `Operation`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// New ICP.
    Mint { to: AccountIdentifier, amount: E8s },
    /// ICP taken out of the supply.
    Burn {
        from: AccountIdentifier,
        amount: E8s,
        /// Who did it on an approval (ICRC-2).
        spender: Option<AccountIdentifier>,
    },
    /// ICP moved; the fee is burnt.
    Transfer {
        from: AccountIdentifier,
        to: AccountIdentifier,
        amount: E8s,
        /// What the sender pays on top.
        fee: E8s,
        /// Who did it on an approval (ICRC-2).
        spender: Option<AccountIdentifier>,
    },
    /// An allowance set (not added to).
    Approve {
        from: AccountIdentifier,
        spender: AccountIdentifier,
        /// How much, fees of the spending included.
        allowance: E8s,
        /// What the owner believed the allowance to be.
        expected: Option<E8s>,
        expires: Option<LedgerTime>,
        fee: E8s,
    },
}

impl Operation {
    /// The accounts in whose history it stands: from whom or whose, and to whom.
    pub fn accounts(&self) -> [Option<AccountIdentifier>; 2] {
        match self {
            Self::Mint { to, .. } => [None, Some(*to)],
            Self::Burn { from, .. } => [Some(*from), None],
            Self::Transfer { from, to, .. } => [Some(*from), Some(*to)],
            Self::Approve { from, spender, .. } => [Some(*from), Some(*spender)],
        }
    }

    pub(crate) fn payer(&self) -> Option<(AccountIdentifier, E8s)> {
        match self {
            Self::Mint { .. } => None,
            Self::Burn { from, amount, .. } => Some((*from, *amount)),
            Self::Transfer { from, amount, fee, .. } => Some((*from, amount.saturating_add(*fee))),
            Self::Approve { from, fee, .. } => Some((*from, *fee)),
        }
    }

    pub(crate) fn pay_from(&mut self, account: AccountIdentifier) {
        match self {
            Self::Mint { .. } => {}
            Self::Burn { from, .. } | Self::Transfer { from, .. } | Self::Approve { from, .. } => {
                *from = account;
            }
        }
    }
}

/// An operation with what the sender attached to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    pub operation: Operation,
    /// The numeric memo; 0 for ICRC-1 calls.
    pub memo: u64,
    /// The ICRC-1 memo, at most 32 bytes.
    pub icrc1_memo: Option<Vec<u8>>,
    /// When the sender says it was made; asks for deduplication.
    pub created_at: Option<LedgerTime>,
}

impl Transaction {
    /// A transaction without memo and creation time.
    pub fn bare(operation: Operation) -> Self {
        Self { operation, memo: 0, icrc1_memo: None, created_at: None }
    }

    /// Its part of a block.
    pub fn to_wire(&self) -> pb::Transaction {
        pb::Transaction {
            transfer: Some(transfer_of(&self.operation)),
            // Present and empty when 0, as in every block of the main network.
            memo: Some(pb::Memo { memo: self.memo }),
            created_at: None,
            created_at_time: self.created_at.map(time),
            icrc1_memo: self.icrc1_memo.clone().map(|memo| pb::Icrc1Memo { memo }),
        }
    }
}

fn account(id: &AccountIdentifier) -> Option<pb::AccountIdentifier> {
    Some(pb::AccountIdentifier { hash: id.0.to_vec() })
}

fn tokens(amount: E8s) -> pb::Tokens {
    pb::Tokens { e8s: amount.0 }
}

fn time(moment: LedgerTime) -> pb::TimeStamp {
    pb::TimeStamp { timestamp_nanos: moment.shown.0 }
}

fn transfer_of(operation: &Operation) -> pb::Transfer {
    match operation {
        Operation::Mint { to, amount } => {
            pb::Transfer::Mint(pb::Mint { to: account(to), amount: Some(tokens(*amount)) })
        }
        Operation::Burn { from, amount, spender } => pb::Transfer::Burn(pb::Burn {
            from: account(from),
            amount: Some(tokens(*amount)),
            spender: spender.as_ref().and_then(account),
        }),
        Operation::Transfer { from, to, amount, fee, spender } => pb::Transfer::Send(pb::Send {
            from: account(from),
            to: account(to),
            amount: Some(tokens(*amount)),
            max_fee: Some(tokens(*fee)),
            extension: spender
                .as_ref()
                .map(|s| pb::Extension::TransferFrom(pb::TransferFrom { spender: account(s) })),
        }),
        Operation::Approve { from, spender, allowance, expected, expires, fee } => {
            pb::Transfer::Send(pb::Send {
                from: account(from),
                to: account(spender),
                amount: Some(pb::Tokens { e8s: 0 }),
                max_fee: Some(tokens(*fee)),
                extension: Some(pb::Extension::Approve(pb::Approve {
                    allowance: Some(tokens(*allowance)),
                    expires_at: expires.map(time),
                    expected_allowance: expected.map(tokens),
                })),
            })
        }
    }
}

/// A block read back from its encoding, with instants as clients are told them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadBlock {
    /// Hash of the block before; `None` in the first.
    pub parent: Option<Vec<u8>>,
    pub timestamp: Timestamp,
    /// What it holds. The network's time is not in a block: both halves of a [`LedgerTime`] are what is shown.
    pub transaction: Transaction,
}

/// Reads a block; `None` if the bytes are not a block this ledger writes.
pub(crate) fn read_block(encoded: &[u8]) -> Option<ReadBlock> {
    let block = pb::Block::from_bytes(encoded).ok()?;
    let transaction = block.transaction?;
    Some(ReadBlock {
        parent: block.parent_hash.map(|hash| hash.hash),
        timestamp: Timestamp(block.timestamp?.timestamp_nanos),
        transaction: Transaction {
            operation: read_operation(transaction.transfer?)?,
            memo: transaction.memo.map_or(0, |memo| memo.memo),
            icrc1_memo: transaction.icrc1_memo.map(|memo| memo.memo),
            created_at: transaction.created_at_time.map(read_time),
        },
    })
}

fn read_operation(transfer: pb::Transfer) -> Option<Operation> {
    Some(match transfer {
        pb::Transfer::Mint(mint) => {
            Operation::Mint { to: read_account(mint.to)?, amount: read_tokens(mint.amount) }
        }
        pb::Transfer::Burn(burn) => Operation::Burn {
            from: read_account(burn.from)?,
            amount: read_tokens(burn.amount),
            spender: read_account(burn.spender),
        },
        pb::Transfer::Send(send) => {
            let (from, to) = (read_account(send.from)?, read_account(send.to)?);
            let fee = read_tokens(send.max_fee);
            match send.extension {
                Some(pb::Extension::Approve(approve)) => Operation::Approve {
                    from,
                    spender: to,
                    allowance: read_tokens(approve.allowance),
                    expected: approve.expected_allowance.map(|t| E8s(t.e8s)),
                    expires: approve.expires_at.map(read_time),
                    fee,
                },
                extension => Operation::Transfer {
                    from,
                    to,
                    amount: read_tokens(send.amount),
                    fee,
                    spender: match extension {
                        Some(pb::Extension::TransferFrom(by)) => read_account(by.spender),
                        _ => None,
                    },
                },
            }
        }
    })
}

fn read_account(account: Option<pb::AccountIdentifier>) -> Option<AccountIdentifier> {
    AccountIdentifier::from_slice(&account?.hash).ok()
}

fn read_tokens(tokens: Option<pb::Tokens>) -> E8s {
    E8s(tokens.map_or(0, |t| t.e8s))
}

fn read_time(time: pb::TimeStamp) -> LedgerTime {
    let shown = Timestamp(time.timestamp_nanos);
    LedgerTime { network: shown, shown }
}
