//! How a ledger comes by its past: operations with their times, applied as if they had been called.

use super::Ledger;
use super::accounts::DemoAccounts;
use super::book::{FEE, Refusal};
use super::derived_chain::{DerivedChain, Plan, Stakes, transaction};
use super::history::{Past, history};
use super::traffic::Traffic;
use crate::clock::Clock;
use icpulse_model::{AccountIdentifier, E8s, Timestamp};
use std::sync::Arc;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SeedOperation {
    /// ICP came into being.
    Mint { to: AccountIdentifier, amount: E8s },
    /// ICP was destroyed.
    Burn { from: AccountIdentifier, amount: E8s },
    /// ICP moved, at the usual fee.
    Transfer {
        from: AccountIdentifier,
        to: AccountIdentifier,
        amount: E8s,
        /// Who moved it on an approval.
        spender: Option<AccountIdentifier>,
    },
    Approve {
        from: AccountIdentifier,
        spender: AccountIdentifier,
        allowance: E8s,
        /// Until when, in virtual time.
        expires: Option<Timestamp>,
    },
}

/// Something that happened before the demo network began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeedOp {
    /// When, in virtual time.
    pub at: Timestamp,
    /// The numeric memo, e.g. the nonce of a staked neuron.
    pub memo: u64,
    /// The ICRC-1 memo; makes it an ICRC-1 call, without a creation time.
    pub icrc1_memo: Option<Vec<u8>>,
    pub operation: SeedOperation,
}

impl SeedOp {
    pub fn new(at: Timestamp, operation: SeedOperation) -> Self {
        Self { at, memo: 0, icrc1_memo: None, operation }
    }

    /// What it adds to an account, and what it takes from it, the fee included.
    pub fn effect(&self, account: &AccountIdentifier) -> (E8s, E8s) {
        let at = |who: &AccountIdentifier, amount: E8s| if who == account { amount } else { E8s::ZERO };
        match &self.operation {
            SeedOperation::Mint { to, amount } => (at(to, *amount), E8s::ZERO),
            SeedOperation::Burn { from, amount } => (E8s::ZERO, at(from, *amount)),
            SeedOperation::Transfer { from, to, amount, .. } => {
                (at(to, *amount), at(from, amount.saturating_add(FEE)))
            }
            SeedOperation::Approve { from, .. } => (E8s::ZERO, at(from, FEE)),
        }
    }
}

/// A past that cannot have been.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("operation {index} of the demo ledger's past is refused ({refusal:?}): {operation:?}")]
pub struct SeedError {
    /// Which, in order of time.
    pub index: usize,
    pub operation: Box<SeedOperation>,
    pub refusal: Refusal,
}

impl Ledger {
    /// A ledger with this past, sorted by time; equal times keep their order.
    pub fn genesis(clock: Clock, mut ops: Vec<SeedOp>) -> Result<Self, SeedError> {
        ops.sort_by_key(|op| op.at);
        let mut ledger = Self::empty(clock);
        for (index, op) in ops.into_iter().enumerate() {
            let now = ledger.ledger_time(op.at);
            let transaction = transaction(&op, &|at| ledger.ledger_time(at));
            ledger.book.apply(&transaction, now).map_err(|refusal| SeedError {
                index,
                operation: Box::new(op.operation),
                refusal,
            })?;
        }
        Ok(ledger)
    }

    /// A ledger with a plausible past, on which transfers go on happening ([`history`]).
    pub(crate) fn seeded(clock: Clock, past: &Past) -> Result<Self, SeedError> {
        let mut ledger = Self::genesis(clock, history(past))?;
        ledger.traffic = Some(Traffic::new(past));
        Ok(ledger)
    }

    /// As [`Ledger::seeded`], the past drawn out to `blocks` blocks and `user_transactions` of the
    /// user's account ([`super::derived chain`]); the neurons of `stakes` are staked in it.
    pub fn deep(
        clock: Clock,
        past: &Past,
        stakes: Arc<dyn Stakes>,
        blocks: u64,
        user_transactions: u64,
    ) -> Result<Self, SeedError> {
        let mut ledger = Self::empty(clock);
        let accounts = DemoAccounts::new(past.seed, past.user);
        let plan = Plan { seed: past.seed, accounts, stakes, blocks, user_transactions };
        ledger.book = DerivedChain::build(plan, history(past), |at| ledger.ledger_time(at))?;
        ledger.traffic = Some(Traffic::new(past));
        Ok(ledger)
    }
}
