//! A proposal: ballots, tally, deadline, decision.
//!
//! Rules: dfinity/ic `rs/nns/governance/src/governance.rs` (`ProposalData`) and `voting.rs`.
//! Times are Unix seconds of virtual time; 0 is "not yet".

use icpulse_canisters::wire::governance::{Action, GovernanceError, SelfDescribingValue};
use icpulse_model::economics::MINIMUM_YES_BP;
use icpulse_model::{ProposalStatus, RewardStatus, Topic, Vote};
use std::collections::BTreeSet;
use std::sync::Arc;

/// How far a turn of the vote moves the deadline at most: two days
/// (`WAIT_FOR_QUIET_DEADLINE_INCREASE_SECONDS`).
pub(crate) const WAIT_FOR_QUIET: u64 = 2 * 86_400;

/// How long votes are counted: four days, 12 hours for exchange rates, two days for managing
/// neurons (`rs/nns/governance/init`, the main network's values).
pub(crate) const fn voting_period(topic: Topic) -> u64 {
    match topic {
        Topic::ExchangeRate => 12 * 3_600,
        Topic::NeuronManagement => 2 * 86_400,
        _ => 4 * 86_400,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ballot {
    pub vote: Vote,
    /// Deciding voting power when the proposal was made.
    pub power: u64,
}

/// Ballots by neuron, with running sums so that a vote costs no recount.
#[derive(Clone, Debug, Default)]
pub struct Ballots {
    by_neuron: Vec<(u64, Ballot)>,
    yes: u64,
    no: u64,
    total: u64,
}

impl Ballots {
    /// Blank ballots with these voting powers, ascending by neuron.
    pub fn blank(powers: impl Iterator<Item = (u64, u64)>) -> Self {
        let by_neuron: Vec<_> =
            powers.map(|(id, power)| (id, Ballot { vote: Vote::Unspecified, power })).collect();
        debug_assert!(by_neuron.is_sorted_by_key(|(id, _)| *id));
        let total = by_neuron.iter().fold(0_u64, |sum, (_, ballot)| sum.saturating_add(ballot.power));
        Self { by_neuron, yes: 0, no: 0, total }
    }

    /// With voting power that counts in the total and has no ballot: it is never cast.
    pub fn plus(mut self, silent: u64) -> Self {
        self.total = self.total.saturating_add(silent);
        self
    }

    pub fn get(&self, neuron: u64) -> Option<Ballot> {
        let at = self.by_neuron.binary_search_by_key(&neuron, |(id, _)| *id).ok()?;
        self.by_neuron.get(at).map(|(_, ballot)| *ballot)
    }

    /// Those of some neurons, ascending: one walk along both, or a search for each of a few.
    pub(crate) fn of_neurons<'a>(
        &'a self,
        neurons: &'a BTreeSet<u64>,
    ) -> impl Iterator<Item = (u64, Ballot)> + 'a {
        let few = neurons.len().saturating_mul(16) < self.by_neuron.len();
        let searched = few.then(|| neurons.iter().filter_map(|id| Some((*id, self.get(*id)?))));
        let mut rest = self.by_neuron.as_slice();
        let walked = (!few && !rest.is_empty()).then(|| {
            neurons.iter().filter_map(move |id| {
                while let Some(((at, ballot), after)) = rest.split_first() {
                    if at > id {
                        return None;
                    }
                    rest = after;
                    if at == id {
                        return Some((*id, *ballot));
                    }
                }
                None
            })
        });
        searched.into_iter().flatten().chain(walked.into_iter().flatten())
    }

    /// SpecialNodes a blank ballot; answers whether it was there and blank. A mark is never changed.
    pub(crate) fn record_vote(&mut self, neuron: u64, vote: Vote) -> bool {
        let Ok(at) = self.by_neuron.binary_search_by_key(&neuron, |(id, _)| *id) else { return false };
        let Some((_, ballot)) = self.by_neuron.get_mut(at) else { return false };
        if ballot.vote != Vote::Unspecified {
            return false;
        }
        match vote {
            Vote::Yes => self.yes = self.yes.saturating_add(ballot.power),
            Vote::No => self.no = self.no.saturating_add(ballot.power),
            _ => return false,
        }
        ballot.vote = vote;
        true
    }

    /// All of them, ascending by neuron.
    pub fn iter(&self) -> impl Iterator<Item = &(u64, Ballot)> {
        self.by_neuron.iter()
    }

    pub fn len(&self) -> usize {
        self.by_neuron.len()
    }

    /// Whether there are none (any more).
    pub fn is_empty(&self) -> bool {
        self.by_neuron.is_empty()
    }

    fn tally(&self, now: u64) -> Tally {
        Tally { yes: self.yes, no: self.no, total: self.total, at: now }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub yes: u64,
    pub no: u64,
    pub total: u64,
    pub at: u64,
}

impl Tally {
    /// More than half of all is yes.
    pub(crate) const fn majority_yes(&self) -> bool {
        self.yes > self.total.saturating_sub(self.yes)
    }

    /// At least half of all is no.
    pub(crate) const fn majority_no(&self) -> bool {
        self.no >= self.total.saturating_sub(self.no)
    }

    /// Adopted if nobody votes any more: more yes than no, and yes is at least 3 % of all.
    pub fn carries(&self) -> bool {
        let share = u128::from(self.yes) * 10_000;
        self.yes > self.no && share >= u128::from(self.total) * u128::from(MINIMUM_YES_BP)
    }

    const fn leads_yes(&self) -> bool {
        self.yes > self.no
    }
}

/// The outcome of a proposal when it is adopted: decided by whoever makes the world, because the
/// canisters a proposal would call are not there.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Seconds from adoption to the result; 0 is at once.
    pub after: u64,
    /// Why it fails; `None` is success.
    pub failure: Option<GovernanceError>,
}

impl Outcome {
    /// Success at once, as for a motion.
    pub(crate) const AT_ONCE: Self = Self { after: 0, failure: None };
}

#[derive(Clone, Debug)]
pub struct Draft {
    pub title: Option<String>,
    pub summary: String,
    pub url: String,
    pub action: Action,
    /// The payload of an NNS function, as the canister itself describes it.
    pub payload: Option<SelfDescribingValue>,
    pub outcome: Outcome,
}

#[derive(Clone, Debug)]
pub struct Proposal {
    pub id: u64,
    pub proposer: Option<u64>,
    /// What is proposed; shared because replies carry it.
    pub draft: Arc<Draft>,
    pub topic: Topic,
    pub reject_cost: u64,
    pub created: u64,
    pub deadline: u64,
    pub decided: u64,
    pub executed: u64,
    pub failed: u64,
    pub failure: Option<GovernanceError>,
    pub tally: Tally,
    /// Who may vote, until it settles.
    pub ballots: Ballots,
    /// What all eligible neurons could have had, before decay.
    pub(crate) total_potential: u64,
    /// The reward round it settled in; 0 before.
    pub(crate) reward_round: u64,
}

impl Proposal {
    pub fn status(&self) -> ProposalStatus {
        if self.decided == 0 {
            ProposalStatus::Open
        } else if !self.is_accepted() {
            ProposalStatus::Rejected
        } else if self.executed > 0 {
            ProposalStatus::Executed
        } else if self.failed > 0 {
            ProposalStatus::Failed
        } else {
            ProposalStatus::Adopted
        }
    }

    /// Whether votes still count, for the decision or for rewards.
    pub const fn accepts_votes(&self, now: u64) -> bool {
        now < self.deadline
    }

    /// Where it stands with rewards. Managing neurons earns none.
    pub fn reward_status(&self, now: u64) -> RewardStatus {
        if self.topic == Topic::NeuronManagement {
            RewardStatus::Ineligible
        } else if self.reward_round > 0 {
            RewardStatus::Settled
        } else if self.accepts_votes(now) {
            RewardStatus::AcceptVotes
        } else {
            RewardStatus::ReadyToSettle
        }
    }

    /// Nothing of it changes any more.
    pub(crate) fn can_be_purged(&self, now: u64) -> bool {
        let decided = matches!(
            self.status(),
            ProposalStatus::Rejected | ProposalStatus::Executed | ProposalStatus::Failed
        );
        decided && matches!(self.reward_status(now), RewardStatus::Settled | RewardStatus::Ineligible)
    }

    /// Managing a neuron needs an absolute majority of its managers; everything else carries
    /// at the deadline.
    pub(crate) fn is_accepted(&self) -> bool {
        if self.waits_for_quiet() { self.tally.carries() } else { self.tally.majority_yes() }
    }

    /// Whether a decision can be made: a majority either way, or the deadline.
    pub(crate) fn can_be_decided(&self, now: u64) -> bool {
        self.tally.majority_yes() || self.tally.majority_no() || !self.accepts_votes(now)
    }

    const fn waits_for_quiet(&self) -> bool {
        !matches!(self.topic, Topic::NeuronManagement)
    }

    /// Counts again; a vote that turns the result before there is a majority moves the deadline
    /// to `now + W + period/2 − elapsed/2` if that is later.
    pub(crate) fn recount(&mut self, now: u64) {
        let new = self.ballots.tally(now);
        let old = self.tally;
        if (new.yes, new.no, new.total) == (old.yes, old.no, old.total) {
            return;
        }
        let undecided = !new.majority_yes() && !new.majority_no() && now <= self.deadline;
        if self.waits_for_quiet() && undecided && old.leads_yes() != new.leads_yes() {
            let elapsed = now.saturating_sub(self.created);
            let margin =
                WAIT_FOR_QUIET.saturating_add(voting_period(self.topic) / 2).saturating_sub(elapsed / 2);
            self.deadline = self.deadline.max(now.saturating_add(margin));
        }
        self.tally = new;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use icpulse_canisters::wire::governance::Motion;
    use proptest::prelude::*;

    const NOW: u64 = 1_795_000_000;
    const DAY: u64 = 86_400;

    fn motion(powers: &[u64]) -> Proposal {
        let draft = Draft {
            title: None,
            summary: String::new(),
            url: String::new(),
            action: Action::Motion(Motion::default()),
            payload: None,
            outcome: Outcome::AT_ONCE,
        };
        let ballots = Ballots::blank(powers.iter().enumerate().map(|(i, p)| (i as u64, *p)));
        let tally = ballots.tally(NOW);
        Proposal {
            id: 1,
            proposer: None,
            draft: Arc::new(draft),
            topic: Topic::Governance,
            reject_cost: 0,
            created: NOW,
            deadline: NOW + 4 * DAY,
            decided: 0,
            executed: 0,
            failed: 0,
            failure: None,
            total_potential: tally.total,
            tally,
            ballots,
            reward_round: 0,
        }
    }

    fn vote(proposal: &mut Proposal, neuron: u64, vote: Vote, now: u64) {
        assert!(proposal.ballots.record_vote(neuron, vote));
        proposal.recount(now);
    }

    #[test]
    fn yes_needs_more_than_half_and_no_needs_half() {
        let mut even = motion(&[50, 50]);
        vote(&mut even, 0, Vote::Yes, NOW);
        assert!(!even.can_be_decided(NOW));
        let mut even = motion(&[50, 50]);
        vote(&mut even, 0, Vote::No, NOW);
        assert!(even.can_be_decided(NOW));
        assert!(!even.is_accepted());
        let mut more = motion(&[51, 49]);
        vote(&mut more, 0, Vote::Yes, NOW);
        assert!(more.can_be_decided(NOW) && more.is_accepted());
    }

    #[test]
    fn at_the_deadline_yes_must_lead_and_have_three_percent() {
        let decided = |yes, no, blank| {
            let mut proposal = motion(&[yes, no, blank]);
            proposal.ballots.record_vote(0, Vote::Yes);
            proposal.ballots.record_vote(1, Vote::No);
            proposal.recount(NOW + 1);
            assert!(proposal.can_be_decided(proposal.deadline));
            proposal.is_accepted()
        };
        assert!(decided(300, 0, 9_700));
        assert!(!decided(299, 0, 9_701));
        assert!(decided(400, 399, 9_201));
        assert!(!decided(400, 400, 9_200));
    }

    #[test]
    fn a_turn_of_the_vote_moves_the_deadline() {
        let mut proposal = motion(&[10, 20, 30, 1_000]);
        // The first yes is a turn too, on the first day: 2 + 2 days from now are the deadline.
        vote(&mut proposal, 0, Vote::Yes, NOW);
        assert_eq!(proposal.deadline, NOW + 4 * DAY);
        let late = NOW + 4 * DAY - 600;
        vote(&mut proposal, 1, Vote::No, late);
        assert_eq!(proposal.deadline, late + 2 * DAY + 2 * DAY - (late - NOW) / 2);
        let before = proposal.deadline;
        // No turn, no move.
        let mut quiet = proposal.clone();
        quiet.ballots.record_vote(2, Vote::No);
        quiet.recount(late + 1);
        assert_eq!(quiet.deadline, before);
        // Another turn later moves it by less; at period + 2 W the margin is used up.
        vote(&mut proposal, 2, Vote::Yes, before - 1);
        assert!(proposal.deadline > before && proposal.deadline <= NOW + 8 * DAY);
    }

    #[test]
    fn a_majority_does_not_move_the_deadline() {
        let mut proposal = motion(&[10, 1_000]);
        vote(&mut proposal, 0, Vote::Yes, NOW);
        vote(&mut proposal, 1, Vote::No, NOW + 3 * DAY);
        assert_eq!(proposal.deadline, NOW + 4 * DAY);
    }

    #[test]
    fn rewards_run_from_accepting_votes_to_settled() {
        let mut proposal = motion(&[1]);
        assert_eq!(proposal.reward_status(NOW), RewardStatus::AcceptVotes);
        // A decision does not end it.
        proposal.decided = NOW;
        assert_eq!(proposal.reward_status(NOW + 1), RewardStatus::AcceptVotes);
        assert_eq!(proposal.reward_status(NOW + 4 * DAY), RewardStatus::ReadyToSettle);
        assert!(!proposal.can_be_purged(NOW + 4 * DAY));
        proposal.reward_round = 2_000;
        assert_eq!(proposal.reward_status(NOW + 4 * DAY), RewardStatus::Settled);
        assert!(proposal.can_be_purged(NOW + 4 * DAY));
        proposal.topic = Topic::NeuronManagement;
        assert_eq!(proposal.reward_status(NOW), RewardStatus::Ineligible);
    }

    #[test]
    fn a_mark_stays() {
        let mut ballots = Ballots::blank([(3, 7), (9, 2)].into_iter());
        assert!(ballots.record_vote(9, Vote::No));
        assert!(!ballots.record_vote(9, Vote::Yes));
        assert!(!ballots.record_vote(4, Vote::Yes));
        assert!(!ballots.record_vote(3, Vote::Unspecified));
        assert_eq!(ballots.get(9), Some(Ballot { vote: Vote::No, power: 2 }));
    }

    proptest! {
        #[test]
        fn the_running_tally_is_the_recounted_one(
            powers in prop::collection::vec(0u64..1_000_000, 1..60),
            marks in prop::collection::vec((0u64..70, 0i32..4), 0..200),
        ) {
            let mut proposal = motion(&powers);
            let mut deadline = proposal.deadline;
            for (step, (neuron, mark)) in marks.into_iter().enumerate() {
                proposal.ballots.record_vote(neuron, Vote::from_number(mark));
                proposal.recount(NOW + step as u64 * 3_000);
                prop_assert!(proposal.deadline >= deadline);
                deadline = proposal.deadline;
            }
            let sum = |vote| {
                let of = proposal.ballots.iter().filter(|(_, b)| b.vote == vote);
                of.map(|(_, b)| b.power).sum::<u64>()
            };
            prop_assert_eq!(proposal.tally.yes, sum(Vote::Yes));
            prop_assert_eq!(proposal.tally.no, sum(Vote::No));
            prop_assert_eq!(proposal.tally.total, powers.iter().sum::<u64>());
        }
    }
}
