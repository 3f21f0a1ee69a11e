//! Balances and transactions on the ICP ledger.

use super::account::{Account, AccountIdentifier};
use super::{E8s, Evidence, Timestamp};
use serde::{Deserialize, Serialize};

/// What a transaction did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Operation {
    /// ICP moved.
    Transfer {
        from: AccountIdentifier,
        to: AccountIdentifier,
        /// How much arrived.
        amount: E8s,
        /// What the sender paid on top.
        fee: E8s,
        /// Who moved it on the owner's behalf (ICRC-2).
        spender: Option<AccountIdentifier>,
    },
    /// ICP came into being.
    Mint {
        to: AccountIdentifier,
        /// How much.
        amount: E8s,
    },
    /// ICP was destroyed.
    Burn {
        from: AccountIdentifier,
        /// How much.
        amount: E8s,
    },
    /// Somebody may spend from an account (ICRC-2).
    Approve {
        from: AccountIdentifier,
        /// Who may spend.
        spender: AccountIdentifier,
        /// Up to how much.
        allowance: E8s,
        /// What it cost.
        fee: E8s,
        /// Until when.
        expires: Option<Timestamp>,
    },
    /// An operation this version does not know, in words.
    Unknown(super::text::Line),
}

/// A transaction in a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    /// Block index.
    pub block: u64,
    /// What it did.
    pub operation: Operation,
    /// The 64-bit memo.
    pub memo: u64,
    /// The ICRC-1 memo.
    pub icrc1_memo: Option<Vec<u8>>,
    /// What the sender said the time was.
    pub created_at: Option<Timestamp>,
    /// When it got into a block.
    pub timestamp: Option<Timestamp>,
    /// Where this comes from.
    pub evidence: Evidence,
}

/// An account with its balance and the transactions read so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountState {
    pub account: Account,
    pub balance: E8s,
    /// Where the balance comes from.
    pub balance_evidence: Evidence,
    /// Newest first.
    pub transactions: Vec<Transaction>,
    /// The index says there are none older.
    pub complete: bool,
}

/// What a transaction meant for one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Received.
    In,
    /// Sent, burnt or approved.
    Out,
    /// Sent to itself.
    Itself,
}

impl Transaction {
    /// Direction seen from an account.
    pub fn direction(&self, of: &AccountIdentifier) -> Direction {
        match &self.operation {
            Operation::Transfer { from, to, .. } if from == of && to == of => Direction::Itself,
            Operation::Transfer { from, .. }
            | Operation::Burn { from, .. }
            | Operation::Approve { from, .. }
                if from == of =>
            {
                Direction::Out
            }
            _ => Direction::In,
        }
    }

    /// Whether an account takes part in it; of an operation that is not known, nobody can tell, and
    /// it counts as taking part.
    pub fn concerns(&self, account: &AccountIdentifier) -> bool {
        match &self.operation {
            Operation::Transfer { from, to, spender, .. } => {
                from == account || to == account || spender.as_ref() == Some(account)
            }
            Operation::Mint { to, .. } => to == account,
            Operation::Burn { from, .. } => from == account,
            Operation::Approve { from, spender, .. } => from == account || spender == account,
            Operation::Unknown(_) => true,
        }
    }

    /// The amount, if it has one.
    pub fn amount(&self) -> Option<E8s> {
        match &self.operation {
            Operation::Transfer { amount, .. }
            | Operation::Mint { amount, .. }
            | Operation::Burn { amount, .. } => Some(*amount),
            Operation::Approve { allowance, .. } => Some(*allowance),
            Operation::Unknown(_) => None,
        }
    }

    /// One word: `sent`, `received`, `minted`, `burnt`, `approved`, `to itself`.
    pub fn verb(&self, of: &AccountIdentifier) -> &'static str {
        match (&self.operation, self.direction(of)) {
            (Operation::Transfer { .. }, Direction::In) => "received",
            (Operation::Transfer { .. }, Direction::Out) => "sent",
            (Operation::Transfer { .. }, Direction::Itself) => "to itself",
            (Operation::Mint { .. }, _) => "minted",
            (Operation::Burn { .. }, _) => "burnt",
            (Operation::Approve { .. }, _) => "approved",
            (Operation::Unknown(_), _) => "other",
        }
    }
}
