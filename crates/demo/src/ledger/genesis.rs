//! How a ledger comes by its past: operations with their times, applied as if they had been called.

use super::Ledger;
use super::bedrock::{Bedrock, Plan, Stakes, transaction};
use super::book::{FEE, Refusal};
use super::cast::Cast;
use super::history::{Past, history};
use super::traffic::Traffic;
use crate::clock::Clock;
use icpulse_model::{AccountIdentifier, E8s, Timestamp};
use std::sync::Arc;

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SeedOperation {
    /// ICP came into being.
    Mint {
        /// Who got it.
        to: AccountIdentifier,
        /// How much.
        amount: E8s,
    },
    /// ICP was destroyed.
    Burn {
        /// Whose.
        from: AccountIdentifier,
        /// How much.
        amount: E8s,
    },
    /// ICP moved, at the usual fee.
    Transfer {
        /// From.
        from: AccountIdentifier,
        /// To.
        to: AccountIdentifier,
        /// How much arrived.
        amount: E8s,
        /// Who moved it on an approval.
        spender: Option<AccountIdentifier>,
    },
    /// An allowance was set.
    Approve {
        /// Whose account.
        from: AccountIdentifier,
        /// Who may spend.
        spender: AccountIdentifier,
        /// How much.
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
    /// What.
    pub operation: SeedOperation,
}

impl SeedOp {
    /// An operation without memos.
    #[must_use]
    pub fn at(at: Timestamp, operation: SeedOperation) -> Self {
        Self { at, memo: 0, icrc1_memo: None, operation }
    }

    /// What it adds to an account, and what it takes from it, the fee included.
    #[must_use]
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
    /// What it would have done.
    pub operation: Box<SeedOperation>,
    /// Why the ledger would not have it.
    pub refusal: Refusal,
}

impl Ledger {
    /// A ledger with this past, sorted by time; equal times keep their order.
    ///
    /// # Errors
    /// [`SeedError`] for the first operation that the ledger's rules do not allow.
    pub fn genesis(clock: Clock, mut ops: Vec<SeedOp>) -> Result<Self, SeedError> {
        ops.sort_by_key(|op| op.at);
        let mut ledger = Self::empty(clock);
        for (index, op) in ops.into_iter().enumerate() {
            let now = ledger.moment(op.at);
            let transaction = transaction(&op, &|at| ledger.moment(at));
            ledger.book.apply(&transaction, now).map_err(|refusal| SeedError {
                index,
                operation: Box::new(op.operation),
                refusal,
            })?;
        }
        Ok(ledger)
    }

    /// A ledger with a plausible past, on which transfers go on happening ([`history`]).
    ///
    /// # Errors
    /// [`SeedError`], e.g. for stakes beyond the supply.
    pub fn seeded(clock: Clock, past: &Past) -> Result<Self, SeedError> {
        let mut ledger = Self::genesis(clock, history(past))?;
        ledger.traffic = Some(Traffic::new(past));
        Ok(ledger)
    }

    /// As [`Ledger::seeded`], the past drawn out to `blocks` blocks and `user_transactions` of the
    /// user's account ([`super::bedrock`]); the neurons of `stakes` are staked in it.
    ///
    /// # Errors
    /// [`SeedError`] as there.
    pub fn deep(
        clock: Clock,
        past: &Past,
        stakes: Arc<dyn Stakes>,
        blocks: u64,
        user_transactions: u64,
    ) -> Result<Self, SeedError> {
        let mut ledger = Self::empty(clock);
        let cast = Cast::new(past.seed, past.user);
        let plan = Plan { seed: past.seed, cast, stakes, blocks, user_transactions };
        ledger.book = Bedrock::lay(plan, history(past), |at| ledger.moment(at))?;
        ledger.traffic = Some(Traffic::new(past));
        Ok(ledger)
    }
}
