//! What lies below the lived state of a large world: proposals settled long ago and neurons
//! that hardly anybody looks at, derived from their numbers whenever they are asked for.
//!
//! Rows of the archive are as of the world's start. What follows from the time alone goes on
//! (age, decay of voting power, dissolving); chores, rewards and votes do not reach them. A neuron
//! that somebody names in an update is first taken into the state ([`State::summon`]), whose row
//! then hides the archive's: copy on write.

use super::metrics::{Step, Sums};
use super::neuron::Neuron;
use super::proposal::Proposal;
use super::state::State;
use icpulse_model::{ProposalStatus, Subaccount, Topic, Vote};
use std::borrow::Cow;
use std::sync::Arc;

/// What filters of proposals ask for, known without deriving the whole row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProposalOutline {
    pub topic: Topic,
    pub status: ProposalStatus,
}

/// An archive: a pure function of its seed. All its proposals are settled.
pub trait Archive: Send + Sync {
    /// The number of proposals; their numbers are 1 to this.
    fn proposals(&self) -> u64;
    /// Topic and status of a proposal, cheaply.
    fn outline_of(&self, id: u64) -> Option<ProposalOutline>;
    fn proposal(&self, id: u64) -> Option<Proposal>;
    /// How a known neuron voted on a proposal; `None` if the archive has no history of it then.
    fn vote(&self, neuron: u64, proposal: u64) -> Option<Vote>;
    /// The number of neurons; their positions are 0 to below this.
    fn neurons(&self) -> u64;
    /// The number of the neuron at a position; strictly ascending.
    fn neuron_id(&self, position: u64) -> Option<u64>;
    fn neuron(&self, position: u64) -> Option<Neuron>;
    /// The position of the neuron with this number.
    fn position_of(&self, id: u64) -> Option<u64>;
    /// The position of the first neuron with a greater number.
    fn position_after(&self, id: u64) -> u64;
    /// The number of the neuron whose stake lies in this subaccount.
    fn neuron_of_subaccount(&self, subaccount: &Subaccount) -> Option<u64>;
}

/// Voting power in e8s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Power {
    pub deciding: u64,
    pub potential: u64,
}

/// An archive with what is summed over its neurons once: walking them all takes too long for
/// every day and every proposal, so totals show the archive's neurons as they were at the start.
pub(super) struct Below {
    archive: Arc<dyn Archive>,
    summed_at: u64,
    /// Less the neurons taken into the state.
    pub(super) sums: Sums,
    power: Power,
}

impl State {
    /// Puts an archive below the state; sums its neurons as of `now`.
    pub(crate) fn set_archive(&mut self, archive: Arc<dyn Archive>, now: u64) {
        let mut below = Below { archive, summed_at: now, sums: Sums::default(), power: Power::default() };
        for neuron in (0..below.archive.neurons()).filter_map(|at| below.archive.neuron(at)) {
            let power = below.sums.count(Step::Add, &neuron, now, &self.economics);
            below.power.deciding = below.power.deciding.saturating_add(power.deciding);
            below.power.potential = below.power.potential.saturating_add(power.potential);
        }
        self.below = Some(below);
    }

    pub fn archive(&self) -> Option<&dyn Archive> {
        self.below.as_ref().map(|below| below.archive.as_ref())
    }

    /// Voting power of the neurons that are in the archive only: it counts in a proposal's total
    /// and is never cast. As of the start.
    pub(crate) fn silent_power(&self) -> Power {
        self.below.as_ref().map_or_else(Power::default, |below| below.power)
    }

    /// A neuron of the state or else of the archive.
    pub fn neuron(&self, id: u64) -> Option<Cow<'_, Neuron>> {
        if let Some(neuron) = self.neurons.get(&id) {
            return Some(Cow::Borrowed(neuron));
        }
        let archive = self.archive()?;
        archive.neuron(archive.position_of(id)?).map(Cow::Owned)
    }

    /// Whether there is a neuron with this number.
    pub(crate) fn has_neuron(&self, id: u64) -> bool {
        self.neurons.contains_key(&id) || self.archive().is_some_and(|a| a.position_of(id).is_some())
    }

    /// A proposal of the state or else of the archive.
    pub fn proposal(&self, id: u64) -> Option<Cow<'_, Proposal>> {
        if let Some(proposal) = self.proposals.get(&id) {
            return Some(Cow::Borrowed(proposal));
        }
        self.archive()?.proposal(id).map(Cow::Owned)
    }

    /// Takes a neuron of the archive into the state, where it can change, vote and be rewarded
    /// like any other; does nothing if it is there already or nowhere.
    pub(crate) fn load_archived(&mut self, id: u64) {
        if self.neurons.contains_key(&id) {
            return;
        }
        let Some(below) = &mut self.below else { return };
        let found = below.archive.position_of(id).and_then(|at| below.archive.neuron(at));
        let Some(neuron) = found else { return };
        let power = below.sums.count(Step::Remove, &neuron, below.summed_at, &self.economics);
        below.power.deciding = below.power.deciding.saturating_sub(power.deciding);
        below.power.potential = below.power.potential.saturating_sub(power.potential);
        self.insert_neuron(neuron);
    }
}
