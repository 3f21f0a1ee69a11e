//! Who may spend from whose account, up to how much and until when (ICRC-2).

use super::transaction::LedgerTime;
use icpulse_model::{AccountIdentifier, E8s, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// An allowance: an amount in e8s and its expiry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allowance {
    /// What may still be spent, fees included.
    pub amount: E8s,
    /// From when on it counts as zero.
    pub expires: Option<LedgerTime>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApprovalRefusal {
    /// The expiry is not in the future.
    Expired,
    /// The allowance is not what the caller expected it to be.
    Changed(E8s),
    /// Owner and spender are the same account.
    ToItself,
}

type Pair = (AccountIdentifier, AccountIdentifier);

/// All allowances, by (owner, spender).
#[derive(Clone, Debug, Default)]
pub struct Allowances {
    by_pair: BTreeMap<Pair, Allowance>,
    expiries: BTreeSet<(Timestamp, Pair)>,
}

impl Allowances {
    /// What a spender may still take; zero without approval or after its expiry.
    pub fn get(&self, owner: &AccountIdentifier, spender: &AccountIdentifier, now: Timestamp) -> Allowance {
        self.by_pair
            .get(&(*owner, *spender))
            .filter(|allowance| allowance.expires.is_none_or(|e| e.network > now))
            .copied()
            .unwrap_or_default()
    }

    /// Whether an approval would be accepted.
    pub fn check(
        &self,
        owner: &AccountIdentifier,
        spender: &AccountIdentifier,
        expires: Option<LedgerTime>,
        expected: Option<E8s>,
        now: Timestamp,
    ) -> Result<(), ApprovalRefusal> {
        if owner == spender {
            return Err(ApprovalRefusal::ToItself);
        }
        if expires.is_some_and(|e| e.network <= now) {
            return Err(ApprovalRefusal::Expired);
        }
        let current = self.get(owner, spender, now).amount;
        match expected {
            Some(expected) if expected != current => Err(ApprovalRefusal::Changed(current)),
            _ => Ok(()),
        }
    }

    /// Sets an allowance; zero takes it away.
    pub fn set(&mut self, owner: AccountIdentifier, spender: AccountIdentifier, allowance: Allowance) {
        let pair = (owner, spender);
        self.forget(&pair);
        if allowance.amount == E8s::ZERO {
            return;
        }
        if let Some(expires) = allowance.expires {
            self.expiries.insert((expires.network, pair));
        }
        self.by_pair.insert(pair, allowance);
    }

    /// Takes from an allowance; the caller has checked that it suffices.
    pub fn spend(&mut self, owner: AccountIdentifier, spender: AccountIdentifier, amount: E8s) {
        let current = self.by_pair.get(&(owner, spender)).copied().unwrap_or_default();
        let left = Allowance { amount: current.amount.saturating_sub(amount), ..current };
        self.set(owner, spender, left);
    }

    pub(crate) fn prune(&mut self, now: Timestamp) {
        while let Some((at, pair)) = self.expiries.first().copied() {
            if at > now {
                break;
            }
            self.forget(&pair);
        }
    }

    /// An owner's allowances in the order of the spenders, after `previous`, at most `take`.
    pub(crate) fn of_owner(
        &self,
        owner: &AccountIdentifier,
        previous: Option<&AccountIdentifier>,
        take: usize,
        now: Timestamp,
    ) -> Vec<(AccountIdentifier, Allowance)> {
        // The ledger orders spenders by hash, without the checksum in front.
        let mut rows: Vec<_> = self
            .by_pair
            .range((*owner, AccountIdentifier([0; 32]))..=(*owner, AccountIdentifier([255; 32])))
            .filter(|(_, allowance)| allowance.expires.is_none_or(|e| e.network > now))
            .map(|((_, spender), allowance)| (*spender, *allowance))
            .collect();
        rows.sort_by(|(a, _), (b, _)| a.0[4..].cmp(&b.0[4..]));
        let after = previous.map(|p| p.0[4..].to_vec());
        rows.into_iter()
            .filter(|(spender, _)| after.as_ref().is_none_or(|after| spender.0[4..] > after[..]))
            .take(take)
            .collect()
    }

    fn forget(&mut self, pair: &Pair) {
        if let Some(old) = self.by_pair.remove(pair)
            && let Some(expires) = old.expires
        {
            self.expiries.remove(&(expires.network, *pair));
        }
    }
}
