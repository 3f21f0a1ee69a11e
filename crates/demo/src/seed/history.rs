//! Proposals that were settled before the demo network began.

use super::drafts::inventory::Election;
use super::drafts::{self, Kind, ProposalContext};
use super::neurons::VotingHabit;
use super::random::SeededRng;
use super::simulation::decide_vote;
use crate::governance::proposal::{Ballots, Proposal, Tally, voting_period};
use crate::governance::state::State;
use crate::governance::topics::topic_of;
use icpulse_model::economics::GENESIS;
use icpulse_model::time::DAY;
use icpulse_model::{Topic, Vote};
use std::collections::BTreeMap;
use std::sync::Arc;

pub const COUNT: u64 = 545;
const DAYS: u64 = 310;
/// So long before an election its proposal is made, at least.
const DELIBERATED: u64 = 3_600;
const REMEMBERED: u64 = 100;

/// Kinds in the order in which they were proposed: one of each, the rest by their shares.
fn kinds(rng: &mut SeededRng) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = drafts::SHARES.iter().map(|(kind, _)| *kind).collect();
    let rest: Vec<Kind> = drafts::SHARES
        .iter()
        .flat_map(|(kind, share)| std::iter::repeat_n(*kind, usize::try_from(share - 1).unwrap_or(0)))
        .collect();
    let left = usize::try_from(COUNT).unwrap_or(0).saturating_sub(kinds.len() + 1);
    kinds.extend(rng.choose_several(&rest, left));
    let mut kinds = rng.shuffle(&kinds);
    // The hostile one is recent, so that everybody who scrolls meets it.
    kinds.insert(kinds.len().saturating_sub(2), Kind::Hostile);
    kinds
}

/// The elections that these proposals decided, by the place of the proposal that did: one made some
/// hours before.
fn elections<'a>(
    kinds: &[Kind],
    begin: u64,
    step: u64,
    context: &'a ProposalContext,
) -> BTreeMap<u64, &'a Election> {
    let mut places = BTreeMap::new();
    for election in &context.inventory.elections {
        // What was proposed before `begin` may be decided soon after.
        let ago = begin.saturating_sub(election.at);
        let Some(mut place) = COUNT.checked_sub((ago + DELIBERATED).div_ceil(step) + 1) else { continue };
        let is_free = |place: &u64, places: &BTreeMap<u64, &Election>| {
            let kind = usize::try_from(*place).ok().and_then(|at| kinds.get(at));
            !places.contains_key(place) && kind.is_some_and(|kind| *kind != Kind::Hostile)
        };
        while place > 0 && !is_free(&place, &places) {
            place -= 1;
        }
        places.insert(place, election);
    }
    places
}

/// When the first of them can have been made, if they end at `begin`.
pub const fn first_day(begin: u64) -> u64 {
    begin - COUNT * (DAYS * DAY.0 / COUNT)
}

/// Fills in the past until `begin`, with numbers above `base`. `voters` are the neurons whose votes
/// are remembered, with their habits.
pub fn fill(
    seed: u64,
    begin: u64,
    base: u64,
    state: &mut State,
    context: &ProposalContext,
    proposers: &[u64],
    voters: &BTreeMap<u64, VotingHabit>,
) {
    let mut rng = SeededRng::new(seed, 5);
    let lived: u64 = state.neurons().values().map(|n| n.potential(begin, &state.economics)).sum();
    let now_total = lived + state.silent_power().potential;
    let step = DAYS * DAY.0 / COUNT;
    let known_ones = state.known_neurons().clone();
    let kinds = kinds(&mut rng);
    let elections = elections(&kinds, begin, step, context);
    for (serial, kind) in (0..COUNT).zip(kinds) {
        let id = base + serial + 1;
        let created = begin - (COUNT - serial) * step + rng.within(0, step);
        let mut rated = drafts::write(kind, &mut rng, serial, context);
        // What the registry's history has of elections was decided by somebody.
        let elected = elections.get(&serial).filter(|election| {
            let last = created + voting_period(Topic::IcOsVersionElection);
            (created + 900..last).contains(&election.at)
        });
        if let Some(election) = elected {
            rated = drafts::write_election(election, &mut SeededRng::new(seed, 1_000 + serial), context);
        }
        let topic = topic_of(&rated.draft.action);
        let contested = rated.appeal.abs_diff(500) < 70 && !topic.is_covered_by_catch_all();
        let extension = if contested { rng.within(DAY.0 / 4, 2 * DAY.0) } else { 0 };
        let deadline = created + voting_period(topic) + extension;

        // The total grew by a tenth in this time.
        let age_days = (begin - created) / DAY.0;
        let total = now_total / 10_000 * (10_000 - 3 * age_days);
        let cast = total / 1_000
            * if topic.is_covered_by_catch_all() { rng.within(640, 820) } else { rng.within(360, 560) };
        let yes = cast / 1_000 * rated.appeal;
        let tally = Tally { yes, no: cast - yes, total, at: deadline - rng.within(60, 7_200) };
        let early = tally.majority_yes() || tally.majority_no();
        let decided = match elected {
            Some(election) => election.at.saturating_sub(rated.draft.outcome.after),
            None if early => created + rng.within(900, 16 * 3_600),
            None => deadline,
        };

        let proposer = if topic.is_covered_by_catch_all() {
            context.known.first().and_then(|k| k.id).map(|id| id.id)
        } else {
            Some(*rng.choose_or(proposers, &1))
        };
        let mut proposal = Proposal {
            id,
            proposer,
            topic,
            reject_cost: state.economics.reject_cost.0,
            created,
            deadline,
            decided,
            executed: 0,
            failed: 0,
            failure: None,
            tally,
            ballots: Ballots::default(),
            total_potential: total / 1_000 * 1_021,
            reward_round: deadline.saturating_sub(GENESIS.secs()) / DAY.0 + 1,
            draft: Arc::new(rated.draft),
        };
        if proposal.is_accepted() {
            let done = decided + proposal.draft.outcome.after;
            match &proposal.draft.outcome.failure {
                None => proposal.executed = done,
                Some(failure) => {
                    proposal.failure = Some(failure.clone());
                    proposal.failed = done;
                }
            }
        }
        let recent = serial + 1 + REMEMBERED + 40 >= COUNT;
        let concerned = voters.iter().filter(|(id, _)| recent || known_ones.contains(id));
        remember(seed, state, id, topic, rated.appeal, created, concerned);
        state.insert_proposal(proposal);
    }
}

fn remember<'a>(
    seed: u64,
    state: &mut State,
    id: u64,
    topic: Topic,
    appeal: u64,
    created: u64,
    voters: impl Iterator<Item = (&'a u64, &'a VotingHabit)>,
) {
    for (neuron, habit) in voters {
        let known = state.known_neurons().contains(neuron);
        let vote = decide_vote(seed, id, *neuron, appeal, *habit).map(|(vote, _)| vote);
        if known {
            state.insert_known_vote(*neuron, id, vote.unwrap_or(Vote::Unspecified));
        }
        if let Some(vote) = vote {
            state.remember_ballot(*neuron, topic, id, vote, created);
        }
    }
}
