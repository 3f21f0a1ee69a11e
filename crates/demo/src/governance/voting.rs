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
use icpulse_canisters::wire::governance::{Action, GovernanceError, NeuronIdOrSubaccount, RegisterVote};
use icpulse_model::economics::MIN_DELAY_TO_PROPOSE;
use icpulse_model::{Principal, ProposalStatus, Subaccount, Topic, Vote};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Proposals whose ballots are still kept (`MAX_NUMBER_OF_PROPOSALS_WITH_BALLOTS`).
pub(crate) const MAX_PROPOSALS_WITH_BALLOTS: usize = 200;

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

    /// SpecialNodes one ballot and those of all that follow, then counts. Managing neurons knows no
    /// following; following on all topics leaves out governance and SNS.
    fn cast(&mut self, id: u64, voter: u64, vote: Vote, now: u64) {
        let Some(proposal) = self.proposals.get_mut(&id) else { return };
        let topic = proposal.topic;
        let mut ballots = std::mem::take(&mut proposal.ballots);
        let mut cast = Vec::new();
        let mut leaders = BTreeSet::new();
        let mut followers = BTreeSet::new();
        let mut mark = |ballots: &mut Ballots, leaders: &mut BTreeSet<u64>, neuron, vote| {
            if ballots.record_vote(neuron, vote) {
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
                if topic.is_covered_by_catch_all() {
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
                self.insert_known_vote(neuron, id, vote);
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
        let Some(found) = self.proposal(proposal.id) else {
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

    pub(crate) fn managed_neuron(&self, action: &Action) -> Option<u64> {
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
    pub(crate) fn managers_of(&self, neuron: u64) -> Vec<u64> {
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
        let silent = self.silent_power();
        (Ballots::blank(powers.into_iter()).plus(silent.deciding), total.saturating_add(silent.potential))
    }

    fn unsettled(&self) -> usize {
        let waiting = |p: &&Proposal| p.topic != Topic::NeuronManagement && !p.ballots.is_empty();
        self.proposals.values().filter(waiting).count()
    }

    /// Makes a proposal. The proposer is charged the reject cost until it is adopted, and votes
    /// yes.
    pub(crate) fn make_proposal(
        &mut self,
        proposer: u64,
        draft: Draft,
        now: u64,
    ) -> Result<u64, GovernanceError> {
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
        } else if self.unsettled() >= MAX_PROPOSALS_WITH_BALLOTS {
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

#[cfg(test)]
mod tests {
    use super::super::error::EXTERNAL;
    use super::super::proposal::Outcome;
    use super::super::testing::{NOW, draft, motion, people, registered};
    use super::*;
    use icpulse_canisters::wire::governance::{KnownNeuron, KnownNeuronData, NeuronId};
    use icpulse_model::E8s;
    use icpulse_model::time::{DAY, YEAR};

    const FEE: u64 = 25 * E8s::PER_ICP;

    #[test]
    fn the_proposer_pays_unless_the_proposal_is_adopted() {
        let mut state = people(&[(1, 100, YEAR.0), (2, 1_000, YEAR.0)]);
        let adopted = state.make_proposal(1, motion(), NOW).unwrap();
        let rejected = state.make_proposal(1, motion(), NOW).unwrap();
        assert_eq!(state.neurons[&1].fees, 2 * FEE);
        assert_eq!(state.proposals[&adopted].ballots.get(1).unwrap().vote, Vote::Yes, "it votes for itself");
        state.vote(2, adopted, Vote::Yes, NOW + 1);
        state.vote(2, rejected, Vote::No, NOW + 1);
        assert_eq!(state.proposals[&adopted].status(), ProposalStatus::Executed);
        assert_eq!(state.proposals[&rejected].status(), ProposalStatus::Rejected);
        assert_eq!(state.neurons[&1].fees, FEE, "only the rejected one is paid for");
        // 75 ICP are left: three more, then no more.
        for _ in 0..3 {
            state.make_proposal(1, motion(), NOW + 2).unwrap();
        }
        assert_eq!(state.make_proposal(1, motion(), NOW + 2).unwrap_err().error_type, INSUFFICIENT_FUNDS);
    }

    #[test]
    fn proposing_needs_half_a_year_of_delay_and_voting_two_weeks() {
        let mut state = people(&[
            (1, 100, YEAR.0 / 2 - 1),
            (2, 100, 14 * DAY.0),
            (3, 100, 14 * DAY.0 - 1),
            (4, 100, YEAR.0),
        ]);
        assert_eq!(state.make_proposal(1, motion(), NOW).unwrap_err().error_type, NOT_AUTHORIZED);
        let id = state.make_proposal(4, motion(), NOW).unwrap();
        let voters: Vec<u64> = state.proposals[&id].ballots.iter().map(|(id, _)| *id).collect();
        assert_eq!(voters, [1, 2, 4]);
    }

    #[test]
    fn an_open_proposal_is_decided_at_its_deadline() {
        let mut state = people(&[(1, 100, YEAR.0), (2, 1_000, YEAR.0)]);
        let id = state.make_proposal(1, motion(), NOW).unwrap();
        state.run_to(NOW + 4 * DAY.0 - 1);
        assert_eq!(state.proposals[&id].status(), ProposalStatus::Open);
        state.run_to(NOW + 4 * DAY.0);
        assert_eq!(state.proposals[&id].status(), ProposalStatus::Executed, "a tenth said yes and nobody no");
        assert_eq!(state.proposals[&id].decided, NOW + 4 * DAY.0);
    }

    #[test]
    fn execution_takes_its_time_and_may_fail() {
        let mut state = people(&[(1, 1_000, YEAR.0)]);
        let failure = error(EXTERNAL, "no more values on the wire");
        let mut late = registered();
        late.outcome = Outcome { after: 20, failure: Some(failure.clone()) };
        let id = state.make_proposal(1, late, NOW).unwrap();
        assert_eq!(state.proposals[&id].status(), ProposalStatus::Adopted);
        state.run_to(NOW + 19);
        assert_eq!(state.proposals[&id].status(), ProposalStatus::Adopted);
        state.run_to(NOW + 20);
        let proposal = &state.proposals[&id];
        assert_eq!(proposal.status(), ProposalStatus::Failed);
        assert_eq!((proposal.failed, proposal.executed), (NOW + 20, 0));
        assert_eq!(proposal.failure, Some(failure));
        assert!(state.node_providers.is_empty(), "nothing was done");
    }

    #[test]
    fn votes_count_for_rewards_after_the_decision_and_not_for_it() {
        let mut state = people(&[(1, 1_000, YEAR.0), (2, 100, YEAR.0)]);
        let id = state.make_proposal(1, motion(), NOW).unwrap();
        assert_eq!(state.proposals[&id].decided, NOW);
        assert!(state.vote(2, id, Vote::No, NOW + 100));
        let proposal = &state.proposals[&id];
        assert!(proposal.tally.no > 0);
        assert_eq!((proposal.status(), proposal.decided), (ProposalStatus::Executed, NOW));
        assert!(!state.vote(2, id, Vote::Yes, NOW + 101), "a vote stands");
    }

    #[test]
    fn an_adopted_name_is_given_and_a_taken_one_is_not() {
        let mut state = people(&[(1, 1_000, YEAR.0), (2, 100, YEAR.0)]);
        let register = |id| {
            let data = KnownNeuronData { name: "Beacon".to_owned(), ..KnownNeuronData::default() };
            draft(Action::RegisterKnownNeuron(KnownNeuron {
                id: Some(NeuronId { id }),
                known_neuron_data: Some(data),
            }))
        };
        let first = state.make_proposal(1, register(2), NOW).unwrap();
        let second = state.make_proposal(1, register(1), NOW).unwrap();
        assert!(state.neurons[&2].is_public() && state.known.contains(&2));
        assert_eq!(state.proposals[&first].status(), ProposalStatus::Executed);
        assert_eq!(state.proposals[&second].status(), ProposalStatus::Failed);
    }
}
