//! The archive below a large world: a pure function of the seed and of the world's start.
//!
//! Nothing is held but what leads from an account to its neuron (16 bytes each); rows are derived
//! when they are asked for.

mod neurons;
mod proposals;
#[cfg(test)]
mod tests;
mod timeline;

pub(crate) use neurons::Neurons;
pub(crate) use proposals::{ArchivePlan, Proposals};
pub(crate) use timeline::Timeline;

use crate::governance::archive::{Archive, ProposalOutline};
use crate::governance::claim::stake_account;
use crate::governance::neuron::Neuron;
use crate::governance::proposal::Proposal;
use crate::ledger::derived_chain::Stakes;
use crate::ledger::history::Stake;
use icpulse_model::{AccountIdentifier, Subaccount, Timestamp, Vote};
use std::sync::Arc;

pub struct ArchivedRows {
    /// The neurons; the ledger has their stakes.
    pub neurons: Arc<Neurons>,
    pub proposals: Proposals,
}

impl Archive for ArchivedRows {
    fn proposals(&self) -> u64 {
        self.proposals.count()
    }

    fn outline_of(&self, id: u64) -> Option<ProposalOutline> {
        self.proposals.outline_of(id)
    }

    fn proposal(&self, id: u64) -> Option<Proposal> {
        self.proposals.get(id)
    }

    fn vote(&self, neuron: u64, proposal: u64) -> Option<Vote> {
        self.proposals.vote(neuron, proposal)
    }

    fn neurons(&self) -> u64 {
        self.neurons.count()
    }

    fn neuron_id(&self, position: u64) -> Option<u64> {
        self.neurons.id(position)
    }

    fn neuron(&self, position: u64) -> Option<Neuron> {
        self.neurons.neuron_at(position)
    }

    fn position_of(&self, id: u64) -> Option<u64> {
        self.neurons.position_of(id)
    }

    fn position_after(&self, id: u64) -> u64 {
        self.neurons.position_after(id)
    }

    fn neuron_of_subaccount(&self, subaccount: &Subaccount) -> Option<u64> {
        let position = self.neurons.position_of_account(&stake_account(subaccount))?;
        self.neurons.id(position)
    }
}

impl Stakes for Neurons {
    fn count(&self) -> u64 {
        Neurons::count(self)
    }

    fn begin(&self) -> Timestamp {
        self.timeline().from()
    }

    fn paid(&self, rank: u64) -> Timestamp {
        self.timeline().time_of(rank)
    }

    fn stake(&self, rank: u64) -> Option<Stake> {
        Neurons::stake(self, rank)
    }

    fn rank_of(&self, account: &AccountIdentifier) -> Option<u64> {
        self.position_of_account(account).map(|position| Neurons::rank_of(self, position))
    }
}
