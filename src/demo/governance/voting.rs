//! Making proposals, voting, following and deciding.
//!
//! Rules: dfinity/ic `rs/nns/governance/src/voting.rs` (cascade) and `governance.rs`
//! (`make_proposal`, `register_vote`, `process_proposal`).

use super::error::{
    INSUFFICIENT_FUNDS, NEURON_ALREADY_VOTED, NOT_AUTHORIZED, NOT_FOUND, PRECONDITION_FAILED,
    RESOURCE_EXHAUSTED, error, neuron_not_found,
};
use super::proposal::{Ballots, Draft, Proposal, Tally, voting_period};
use super::state::{State, Timer};
use super::topics::topic_of;
use crate::ic::wire::governance::{Action, GovernanceError, NeuronIdOrSubaccount, RegisterVote};
use crate::model::economics::MIN_DELAY_TO_PROPOSE;
use crate::model::{Principal, ProposalStatus, Subaccount, Topic, Vote};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Proposals whose ballots are still kept (`MAX_NUMBER_OF_PROPOSALS_WITH_BALLOTS`).
pub const MAX_PROPOSALS_WITH_BALLOTS: usize = 200;

impl State {
    /// How this neuron would vote, from the ballots of its followees on `topic` or, where it has
    /// none there, on all topics: yes if more than half of them vote yes, no if at least half
    /// vote no.
    fn follows(&self, neuron: u64, topic: Topic, ballots: &Ballots) -> Vote {
        let Some(neuron) = self.neurons.get(&neuron) else { return Vote::Unspecified };
        let all = Topic::Unspecified.number();
        let Some(followees) = neuron.followees.get(&topic.number()).or_else(|| neuron.followees.get(&all))
        else {
            return Vote::Unspecified;
        };
        if followees.is_empty() {
            return Vote::Unspecified;
        }
        let of = |vote| {
            let voted = |id: &&u64| ballots.get(**id).is_some_and(|ballot| ballot.vote == vote);
            followees.iter().filter(voted).count()
        };
        if 2 * of(Vote::Yes) > followees.len() {
            Vote::Yes
        } else if 2 * of(Vote::No) >= followees.len() {
            Vote::No
        } else {
            Vote::Unspecified
        }
    }

    /// Marks one ballot and those of all that follow, then counts. Managing neurons knows no
    /// following; following on all topics leaves out governance and SNS.
    fn cast(&mut self, id: u64, voter: u64, vote: Vote, now: u64) {
        let Some(proposal) = self.proposals.get_mut(&id) else { return };
        let topic = proposal.topic;
        let mut ballots = std::mem::take(&mut proposal.ballots);
        let mut cast = Vec::new();
        let mut leaders = BTreeSet::new();
        let mut followers = BTreeSet::new();
        let mut mark = |ballots: &mut Ballots, leaders: &mut BTreeSet<u64>, neuron, vote| {
            if ballots.mark(neuron, vote) {
                cast.push((neuron, vote));
                if topic != Topic::NeuronManagement {
                    leaders.insert(neuron);
                }
            }
        };
        mark(&mut ballots, &mut leaders, voter, vote);
        loop {
            while let Some(leader) = leaders.pop_first() {
                followers.extend(self.followers_of(topic, leader));
                if topic.covered_by_catch_all() {
                    followers.extend(self.followers_of(Topic::Unspecified, leader));
                }
            }
            if followers.is_empty() {
                break;
            }
            followers.retain(|id| ballots.get(*id).is_some_and(|b| b.vote == Vote::Unspecified));
            while let Some(follower) = followers.pop_first() {
                let vote = self.follows(follower, topic, &ballots);
                mark(&mut ballots, &mut leaders, follower, vote);
            }
        }
        if let Some(proposal) = self.proposals.get_mut(&id) {
            proposal.ballots = ballots;
            proposal.recount(now);
        }
        for (neuron, vote) in cast {
            if let Some(voter) = self.neurons.get_mut(&neuron) {
                voter.note_ballot(topic, id, vote);
            }
            if self.known.contains(&neuron) {
                self.put_known_vote(neuron, id, vote);
            }
        }
        self.process(id, now);
    }

    /// A neuron votes by itself: refreshes its voting power. Used for the people of a seeded
    /// world; answers whether the vote counted.
    pub fn vote(&mut self, neuron: u64, proposal: u64, vote: Vote, now: u64) -> bool {
        let may = self.proposals.get(&proposal).is_some_and(|p| {
            p.accepts_votes(now) && p.ballots.get(neuron).is_some_and(|b| b.vote == Vote::Unspecified)
        });
        if may {
            self.cast(proposal, neuron, vote, now);
            if let Some(neuron) = self.neurons.get_mut(&neuron) {
                neuron.refreshed = now;
            }
        }
        may
    }

    /// `RegisterVote`.
    ///
    /// # Errors
    /// As the canister answers, in its order.
    pub fn register_vote(
        &mut self,
        id: u64,
        caller: &Principal,
        request: &RegisterVote,
        now: u64,
    ) -> Result<(), GovernanceError> {
        let neuron = self.neurons.get(&id).ok_or_else(|| neuron_not_found(id))?;
        if !neuron.is_hotkey_or_controller(caller) {
            return Err(error(NOT_AUTHORIZED, "Caller is not authorized to vote for neuron."));
        }
        let Some(proposal) = request.proposal else {
            return Err(error(PRECONDITION_FAILED, "Vote must include a proposal id."));
        };
        let Some(found) = self.proposals.get(&proposal.id) else {
            return Err(error(NOT_FOUND, "Can't find proposal."));
        };
        let vote = Vote::from_number(request.vote);
        if !matches!(vote, Vote::Yes | Vote::No) {
            return Err(error(PRECONDITION_FAILED, "Invalid vote specified."));
        }
        if !found.accepts_votes(now) {
            return Err(error(PRECONDITION_FAILED, "Proposal deadline has passed."));
        }
        match found.ballots.get(id) {
            None => return Err(error(NOT_AUTHORIZED, "Neuron not authorized to vote on proposal.")),
            Some(ballot) if ballot.vote != Vote::Unspecified => {
                return Err(error(NEURON_ALREADY_VOTED, "Neuron already voted on proposal."));
            }
            Some(_) => {}
        }
        self.vote(id, proposal.id, vote, now);
        Ok(())
    }

    /// The neuron a proposal manages.
    #[must_use]
    pub fn managed_neuron(&self, action: &Action) -> Option<u64> {
        let Action::ManageNeuron(manage) = action else { return None };
        match (&manage.neuron_id_or_subaccount, manage.id) {
            (Some(NeuronIdOrSubaccount::NeuronId(id)), _) => Some(id.id),
            (None, Some(id)) => Some(id.id),
            (Some(NeuronIdOrSubaccount::Subaccount(bytes)), _) => {
                self.neuron_of_subaccount(&Subaccount::from_slice(bytes)?)
            }
            (None, None) => None,
        }
    }

    /// Who may vote on managing this neuron: its followees on that topic.
    #[must_use]
    pub fn managers_of(&self, neuron: u64) -> Vec<u64> {
        let topic = Topic::NeuronManagement.number();
        self.neurons.get(&neuron).and_then(|n| n.followees.get(&topic)).cloned().unwrap_or_default()
    }

    fn ballots_for(&self, topic: Topic, action: &Action, now: u64) -> (Ballots, u64) {
        if topic == Topic::NeuronManagement {
            let managed = self.managed_neuron(action);
            let managers: BTreeSet<u64> =
                managed.map(|id| self.managers_of(id)).unwrap_or_default().into_iter().collect();
            let count = managers.len() as u64;
            return (Ballots::blank(managers.into_iter().map(|id| (id, 1))), count);
        }
        let mut total = 0_u64;
        let mut powers = Vec::with_capacity(self.neurons.len());
        for (id, neuron) in &self.neurons {
            if neuron.dissolve.delay(now) < self.economics.minimum_delay_to_vote.0 {
                continue;
            }
            let potential = neuron.potential(now, &self.economics);
            if potential > 0 {
                total = total.saturating_add(potential);
                powers.push((*id, neuron.decayed(potential, now, &self.economics)));
            }
        }
        (Ballots::blank(powers.into_iter()), total)
    }

    /// Makes a proposal. The proposer is charged the reject cost until it is adopted, and votes
    /// yes.
    ///
    /// # Errors
    /// When the neuron does not exist, has too little stake or delay, or too many proposals
    /// still have ballots.
    pub fn make_proposal(&mut self, proposer: u64, draft: Draft, now: u64) -> Result<u64, GovernanceError> {
        let topic = topic_of(&draft.action);
        let managing = topic == Topic::NeuronManagement;
        let neuron = self.neurons.get(&proposer).ok_or_else(|| neuron_not_found(proposer))?;
        let reject_cost = self.economics.reject_cost.0;
        let charge = if managing { self.economics.neuron_management_fee.0 } else { reject_cost };
        if neuron.minted_stake() < charge {
            return Err(error(
                INSUFFICIENT_FUNDS,
                format!(
                    "Neuron doesn't have enough minted stake to submit proposal: {}",
                    neuron.minted_stake()
                ),
            ));
        }
        if neuron.dissolve.delay(now) < MIN_DELAY_TO_PROPOSE.0 && !managing {
            return Err(error(NOT_AUTHORIZED, "Neuron's dissolve delay is too short."));
        }
        if managing {
            let managed = self.managed_neuron(&draft.action).map(|id| self.managers_of(id));
            if !managed.is_some_and(|managers| managers.contains(&proposer)) {
                return Err(error(NOT_AUTHORIZED, "Proposer isn't a designated manager."));
            }
        } else if self.proposals.values().filter(|p| !p.ballots.is_empty()).count()
            >= MAX_PROPOSALS_WITH_BALLOTS
        {
            return Err(error(
                RESOURCE_EXHAUSTED,
                "Reached maximum number of proposals that have not yet been taken into account for voting \
                 rewards. Please try again later.",
            ));
        }
        let (ballots, total_potential) = self.ballots_for(topic, &draft.action, now);
        if let Some(neuron) = self.neurons.get_mut(&proposer) {
            neuron.fees = neuron.fees.saturating_add(charge);
        }
        let id = self.next_proposal_id();
        let deadline = now + voting_period(topic);
        self.proposals.insert(
            id,
            Proposal {
                id,
                proposer: Some(proposer),
                draft: Arc::new(draft),
                topic,
                reject_cost: if managing { 0 } else { reject_cost },
                created: now,
                deadline,
                decided: 0,
                executed: 0,
                failed: 0,
                failure: None,
                tally: Tally::default(),
                ballots,
                total_potential,
                reward_round: 0,
            },
        );
        if let Some(proposal) = self.proposals.get_mut(&id) {
            proposal.recount(now);
        }
        self.set_timer(deadline, Timer::Deadline(id));
        self.cast(id, proposer, Vote::Yes, now);
        Ok(id)
    }

    /// Decides a proposal if that is possible: gives the proposer the charge back if it is
    /// adopted and starts its execution.
    pub(super) fn process(&mut self, id: u64, now: u64) {
        let Some(proposal) = self.proposals.get_mut(&id) else { return };
        if proposal.status() != ProposalStatus::Open || !proposal.can_be_decided(now) {
            return;
        }
        proposal.decided = now;
        if !proposal.is_accepted() {
            return;
        }
        let after = proposal.draft.outcome.after;
        let (proposer, charged) = (proposal.proposer, proposal.reject_cost);
        if let Some(neuron) = proposer.and_then(|id| self.neurons.get_mut(&id)) {
            neuron.fees = neuron.fees.saturating_sub(charged);
        }
        if after == 0 {
            self.execute(id, now);
        } else {
            self.set_timer(now + after, Timer::Execute(id));
        }
    }
}
