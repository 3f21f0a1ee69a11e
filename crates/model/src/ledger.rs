//! Accounts and transactions on any ledger.

use super::account::{Account, AccountIdentifier};
use super::token::{Amount, LedgerId, Token};
use super::{E8s, Evidence, Timestamp};
use serde::{Deserialize, Serialize};

/// One side of a transaction. The ICP ledger names hashes of accounts, ICRC ledgers the accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Party {
    Account(Account),
    Identifier(AccountIdentifier),
}

impl Party {
    pub fn identifier(&self) -> AccountIdentifier {
        match self {
            Self::Account(account) => account.identifier(),
            Self::Identifier(identifier) => *identifier,
        }
    }

    /// True if this is the account of that identifier.
    pub fn has_identifier(&self, account: &AccountIdentifier) -> bool {
        self.identifier() == *account
    }
}

impl From<Account> for Party {
    fn from(account: Account) -> Self {
        Self::Account(account)
    }
}

impl From<AccountIdentifier> for Party {
    fn from(identifier: AccountIdentifier) -> Self {
        Self::Identifier(identifier)
    }
}

/// As the ledger writes it: the hexadecimal identifier, or the account in ICRC-1's form.
impl std::fmt::Display for Party {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Account(account) => account.fmt(f),
            Self::Identifier(identifier) => identifier.fmt(f),
        }
    }
}

/// Kind of a transaction. Amounts are in the smallest unit of the ledger's token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Operation {
    Transfer {
        from: Party,
        to: Party,
        /// The received amount.
        amount: u128,
        /// Fee paid by the sender.
        fee: Option<u128>,
        /// The spender, if somebody else moved it for the owner (ICRC-2).
        spender: Option<Party>,
    },
    Mint {
        to: Party,
        amount: u128,
    },
    Burn {
        from: Party,
        amount: u128,
    },
    /// Somebody may spend from an account (ICRC-2).
    Approve {
        from: Party,
        spender: Party,
        /// Up to how much.
        allowance: u128,
        /// Its cost.
        fee: Option<u128>,
        /// Until when.
        expires: Option<Timestamp>,
    },
    /// An operation this version does not know, in words.
    Unknown(super::text::Line),
}

/// A transaction in a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    pub ledger: LedgerId,
    /// Block index.
    pub block: u64,
    pub operation: Operation,
    /// The 64-bit memo of the ICP ledger; 0 elsewhere.
    pub memo: u64,
    /// The ICRC-1 memo.
    pub icrc1_memo: Option<Vec<u8>>,
    /// Creation time given by the sender.
    pub created_at: Option<Timestamp>,
    /// When it got into a block.
    pub timestamp: Option<Timestamp>,
    pub evidence: Evidence,
}

/// An account on a ledger, with its balance and the transactions read so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountState {
    pub token: Token,
    pub account: Account,
    pub balance: Amount,
    pub balance_evidence: Evidence,
    /// Newest first.
    pub transactions: Vec<Transaction>,
    /// The index says there are none older.
    pub complete: bool,
}

/// The account on which ledger.
pub type AccountKey = (LedgerId, Account);

impl AccountState {
    /// An account whose balance was read, and no transactions yet.
    pub fn new(token: Token, account: Account, units: u128, balance_evidence: Evidence) -> Self {
        Self {
            balance: token.amount(units),
            token,
            account,
            balance_evidence,
            transactions: Vec::new(),
            complete: false,
        }
    }

    pub fn key(&self) -> AccountKey {
        (self.token.ledger, self.account)
    }

    /// True if it is worth a line: on the ICP ledger, or with a balance or transactions.
    pub fn is_used(&self) -> bool {
        self.token.is_icp || self.balance.units > 0 || !self.transactions.is_empty()
    }

    /// The name of the series of its balance over time.
    pub fn series_name(&self) -> String {
        let account = self.account.identifier();
        if self.token.is_icp {
            format!("balance:{account}")
        } else {
            format!("balance:{}:{account}", self.token.ledger)
        }
    }

    /// The balance of an account on the ICP ledger.
    pub fn icp(&self) -> Option<E8s> {
        self.token.is_icp.then(|| to_e8s(self.balance.units))
    }
}

/// ICP of the ICP ledger, whose amounts have 64 bits.
pub fn to_e8s(units: u128) -> E8s {
    E8s(u64::try_from(units).unwrap_or(u64::MAX))
}

/// Direction of a transaction for one account.
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
            Operation::Transfer { from, to, .. } if from.has_identifier(of) && to.has_identifier(of) => {
                Direction::Itself
            }
            Operation::Transfer { from, .. }
            | Operation::Burn { from, .. }
            | Operation::Approve { from, .. }
                if from.has_identifier(of) =>
            {
                Direction::Out
            }
            _ => Direction::In,
        }
    }

    /// True if an account takes part in it; of an operation that is not known, nobody can tell, and
    /// it counts as taking part.
    pub fn involves(&self, account: &AccountIdentifier) -> bool {
        let parties = match &self.operation {
            Operation::Transfer { from, to, spender, .. } => [Some(from), Some(to), spender.as_ref()],
            Operation::Mint { to, .. } => [Some(to), None, None],
            Operation::Burn { from, .. } => [Some(from), None, None],
            Operation::Approve { from, spender, .. } => [Some(from), Some(spender), None],
            Operation::Unknown(_) => return true,
        };
        parties.into_iter().flatten().any(|party| party.has_identifier(account))
    }

    /// The amount in the smallest unit, if it has one.
    pub fn units(&self) -> Option<u128> {
        match &self.operation {
            Operation::Transfer { amount, .. }
            | Operation::Mint { amount, .. }
            | Operation::Burn { amount, .. } => Some(*amount),
            Operation::Approve { allowance, .. } => Some(*allowance),
            Operation::Unknown(_) => None,
        }
    }

    /// The fee in the smallest unit, if it says one.
    pub fn fee(&self) -> Option<u128> {
        match &self.operation {
            Operation::Transfer { fee, .. } | Operation::Approve { fee, .. } => *fee,
            _ => None,
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
