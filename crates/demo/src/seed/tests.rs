//! The world is what it promises, is the same for the same seed, and does not care how often
//! anybody looks.

use super::user::Kind;
use super::*;
use crate::governance::neuron::Dissolve;
use crate::governance::proposal::Proposal;
use icpulse_model::topic::NeuronState;
use icpulse_model::{ProposalStatus, RewardStatus, Topic, Vote};
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

const START: Timestamp = Timestamp::from_secs(1_795_050_123);
const NOW: u64 = START.secs();

fn me() -> Principal {
    Principal::self_authenticating([42])
}

fn digest(state: &State) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("{:?}", state.neurons()));
    hash.update(format!("{:?}", state.proposals()));
    hash.update(format!("{:?} {:?} {:?}", state.round, state.modulation, state.metrics));
    hash.update(format!("{:?} {}", state.wanted, state.supply));
    hex::encode(hash.finalize())
}

fn open(state: &State) -> Vec<&Proposal> {
    state.proposals().values().filter(|p| p.status() == ProposalStatus::Open).collect()
}

#[test]
fn the_world_is_as_large_and_as_varied_as_promised() {
    let world = world(1, START, me());
    let state = world.governance.state();
    let proposals = state.proposals();

    assert!((590..=640).contains(&proposals.len()), "{} proposals", proposals.len());
    let ids: Vec<u64> = proposals.keys().copied().collect();
    assert_eq!(ids, (1..=ids.len() as u64).collect::<Vec<_>>(), "dense");
    let topics: BTreeSet<Topic> = proposals.values().map(|p| p.topic).collect();
    let missing: Vec<_> =
        Topic::ALL.iter().filter(|t| **t != Topic::Unspecified && !topics.contains(t)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let count = |status| proposals.values().filter(|p| p.status() == status).count();
    assert!((12..=24).contains(&count(ProposalStatus::Open)), "{} open", count(ProposalStatus::Open));
    assert!(count(ProposalStatus::Rejected) > 20);
    assert!(count(ProposalStatus::Failed) > 3);
    assert!(count(ProposalStatus::Executed) > 400);
    assert!(
        proposals
            .values()
            .filter(|p| p.failed > 0)
            .all(|p| p.failure.as_ref().is_some_and(|f| !f.error_message.is_empty()))
    );
    let actions: BTreeSet<String> = proposals
        .values()
        .map(|p| format!("{:?}", p.draft.action).split('(').next().unwrap_or_default().to_owned())
        .collect();
    assert!(actions.len() >= 19, "{actions:?}");
    assert!(
        proposals.values().any(|p| p.draft.title.as_ref().is_some_and(|t| t.contains('\u{202e}'))),
        "a hostile one"
    );

    let public = state.neurons().values().filter(|n| n.is_public()).count();
    assert!((300..=302).contains(&public), "{public} public neurons");
    assert!(state.known_neurons().len() >= 25);
    let power: u64 = state.neurons().values().map(|n| n.deciding(NOW, &state.economics)).sum();
    let power = power / E8s::PER_ICP;
    assert!((450_000_000..650_000_000).contains(&power), "{power} voting power");
    let supply = state.supply / E8s::PER_ICP;
    assert!((530_000_000..570_000_000).contains(&supply), "{supply} ICP");
    assert_eq!(state.metrics.total_supply_icp, supply);
    assert!((38..=45).contains(&state.node_providers.len()));
    assert!(state.node_provider_rewards.len() >= 13);
    assert!(state.round.distributed > 0 && !state.round.settled.is_empty());

    // Stakes: one for every neuron that holds something, in the order of time.
    let holding = state.neurons().values().filter(|n| n.stake > 0).count();
    assert_eq!(world.stakes.len(), holding);
    assert!(world.stakes.is_sorted_by_key(|s| s.at));
    assert!(world.stakes.iter().filter(|s| s.by_user).count() >= 11);
}

#[test]
fn at_the_start_deadlines_are_near_and_far() {
    let world = world(1, START, me());
    let state = world.governance.state();
    let left: Vec<u64> = open(state).iter().map(|p| p.deadline.saturating_sub(NOW)).collect();
    assert!(left.iter().any(|left| *left < 6 * 3_600), "{left:?}");
    assert!(left.iter().filter(|left| **left < 14 * 3_600).count() >= 3, "{left:?}");
    assert!(left.iter().any(|left| *left > 3 * DAY.0), "{left:?}");
    assert!(left.iter().all(|left| *left > 0));
    // The history is settled; what was decided lately still takes votes for rewards.
    let settled = |p: &Proposal| p.reward_status(NOW) == RewardStatus::Settled;
    assert!(state.proposals().values().filter(|p| p.id <= history::COUNT).all(settled));
    assert!(state.proposals().values().filter(|p| settled(p)).all(|p| p.ballots.is_empty()));
    let accepting = state
        .proposals()
        .values()
        .filter(|p| p.status() != ProposalStatus::Open && p.reward_status(NOW) == RewardStatus::AcceptVotes);
    assert!(accepting.count() > 5);
}

#[test]
fn the_user_has_one_of_every_kind() {
    let world = world(7, START, me());
    let state = world.governance.state();
    let of = |kind| &state.neurons()[&user::id(7, kind)];
    let mine = state.readable_by(&me());
    assert_eq!(mine.len() as u64, user::COUNT);

    let economics = &state.economics;
    let votes = |kind| of(kind).deciding(NOW, economics) > 0;
    assert!(
        [Kind::Main, Kind::Follower, Kind::Companion, Kind::Public, Kind::Dissolving, Kind::Hotkey]
            .map(votes)
            .iter()
            .all(|v| *v)
    );
    assert_eq!(of(Kind::Dissolving).dissolve.state(NOW), NeuronState::Dissolving);
    assert_eq!(of(Kind::Dissolved).dissolve.state(NOW), NeuronState::Dissolved);
    assert!(of(Kind::Dissolved).maturity > 0);
    assert_eq!(of(Kind::Fresh).dissolve.delay(NOW), 7 * DAY.0);
    assert!(!votes(Kind::Fresh) && !votes(Kind::Dissolved) && !votes(Kind::Empty));
    let decaying = of(Kind::Decaying);
    let (full, left) = (decaying.potential(NOW, economics), decaying.deciding(NOW, economics));
    assert!(left > 0 && left < full, "{left} of {full}");
    assert!(!decaying.followees.is_empty(), "its following lapses later");
    let hotkey = of(Kind::Hotkey);
    assert!(hotkey.controller != me() && hotkey.hot_keys == [me()]);
    assert!(of(Kind::Fund).joined_fund.is_some());
    assert!(of(Kind::Disbursing).disbursements.iter().any(|d| d.due > NOW));
    assert!(of(Kind::Empty).is_empty());
    assert!(of(Kind::Gang).gang_base > 0);
    assert!(matches!(of(Kind::Main).dissolve, Dissolve::Locked { .. }));

    // Its ballots: some blank ones to vote on, and some cast by those it follows.
    let ballots = |kind| {
        let id = user::id(7, kind);
        open(state).into_iter().filter_map(move |p| p.ballots.get(id)).map(|b| b.vote).collect::<Vec<_>>()
    };
    assert!(ballots(Kind::Main).iter().filter(|v| **v == Vote::Unspecified).count() >= 8);
    assert!(ballots(Kind::Follower).iter().any(|v| *v != Vote::Unspecified));
    let managing = open(state).into_iter().find(|p| p.topic == Topic::NeuronManagement).unwrap();
    assert_eq!(managing.ballots.get(user::id(7, Kind::Main)).unwrap().vote, Vote::Unspecified);
}

#[test]
fn a_vote_of_the_user_is_followed_by_the_companion() {
    let mut world = world(7, START, me());
    let main = user::id(7, Kind::Main);
    let state = world.governance.state_mut();
    let proposal = open(state).iter().find(|p| p.topic == Topic::Governance).unwrap().id;
    assert!(state.vote(main, proposal, Vote::No, NOW));
    let companion = state.proposals()[&proposal].ballots.get(user::id(7, Kind::Companion)).unwrap();
    assert_eq!(companion.vote, Vote::No);
}

#[test]
fn the_same_seed_is_the_same_world_and_another_is_not() {
    let a = world(3, START, me());
    let b = world(3, START, me());
    assert_eq!(digest(a.governance.state()), digest(b.governance.state()));
    assert_eq!(a.stakes, b.stakes);
    let c = world(4, START, me());
    assert_ne!(digest(a.governance.state()), digest(c.governance.state()));
}

#[test]
fn something_happens_every_few_seconds_and_every_few_minutes() {
    let mut world = world(1, START, me());
    let cast = |state: &State| -> u64 {
        let all = state.proposals().values().filter(|p| !p.ballots.is_empty());
        all.map(|p| p.tally.yes + p.tally.no).sum()
    };
    let mut moved = 0;
    let mut before = cast(world.governance.state());
    let proposals = world.governance.state().proposals().len();
    // An hour in steps of five seconds.
    for step in 1..=720 {
        world.governance.run_to(NOW + step * 5);
        let now = cast(world.governance.state());
        moved += u64::from(now != before);
        before = now;
    }
    assert!(moved > 360, "votes in {moved} of 720 steps");
    let new = world.governance.state().proposals().len() - proposals;
    assert!((8..=20).contains(&new), "{new} new proposals in an hour");
}

#[test]
fn proposals_are_opened_decided_executed_and_settled_for_a_month() {
    let mut world = world(2, START, me());
    let proposals = world.governance.state().proposals().len() as u64;
    let mut most_with_ballots = 0;
    for day in 1..=30 {
        world.governance.run_to(NOW + day * DAY.0);
        let state = world.governance.state();
        let with_ballots = state.proposals().values().filter(|p| !p.ballots.is_empty()).count();
        most_with_ballots = most_with_ballots.max(with_ballots);
        assert!((4..=60).contains(&open(state).len()), "{} open on day {day}", open(state).len());
        assert_eq!(state.round.rounds, 1, "rewards every day");
    }
    assert!(most_with_ballots <= 200, "{most_with_ballots}");
    let state = world.governance.state();
    let new: Vec<_> = state.proposals().values().filter(|p| p.id > proposals).collect();
    assert!(new.len() > 500);
    let count = |status| new.iter().filter(|p| p.status() == status).count();
    assert!(count(ProposalStatus::Executed) > 300);
    assert!(count(ProposalStatus::Rejected) > 5);
    assert!(count(ProposalStatus::Failed) > 1);
    // Wait-for-quiet moved some deadline.
    assert!(new.iter().any(|p| p.deadline > p.created + 4 * DAY.0));
    // The user's followers were rewarded, the disbursement paid.
    let of = |kind| &state.neurons()[&user::id(2, kind)];
    assert!(of(Kind::Follower).staked_maturity > 6_120_448_001);
    assert!(of(Kind::Disbursing).disbursements.is_empty());
    assert!(of(Kind::Decaying).followees.is_empty());
    // No topic grows beyond what is kept, except for what is not final.
    assert!(state.proposals().len() < 1_300);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3))]

    #[test]
    fn a_long_jump_is_many_small_steps(
        seed in 0u64..1_000,
        cuts in prop::collection::vec(0u64..4 * DAY.0, 0..400),
    ) {
        let mut jumped = world(seed, START, me());
        jumped.governance.run_to(NOW + 4 * DAY.0);
        let mut walked = world(seed, START, me());
        let mut cuts = cuts;
        cuts.sort_unstable();
        for cut in cuts {
            walked.governance.run_to(NOW + cut);
        }
        walked.governance.run_to(NOW + 4 * DAY.0);
        prop_assert_eq!(digest(jumped.governance.state()), digest(walked.governance.state()));
    }
}

#[test]
fn elected_versions_were_elected_by_proposals() {
    use crate::registry::{Registry, SMALL};
    let registry = Registry::seeded(1, START, SMALL);
    let inventory = NetworkInventory {
        elections: registry.elections(),
        ..NetworkInventory::from_topology(registry.topology())
    };
    let shown = SharedInventory::new(Arc::new(inventory));
    let world = world_with(1, START, me(), None, &shown);
    let begin = NOW - PRELUDE;
    let mut decided = 0;
    for election in &shown.now().elections {
        if !(history::first_day(begin) + 5 * DAY.0..begin + 3 * DAY.0).contains(&election.at) {
            continue;
        }
        let brief: String = election.version.chars().take(8).collect();
        let proposal = world.governance.state().proposals().values().find(|p| p.executed == election.at);
        let proposal = proposal.unwrap_or_else(|| panic!("nobody elected {brief}"));
        assert!(proposal.draft.title.as_ref().unwrap().contains(&brief));
        assert!(proposal.created < proposal.decided && proposal.decided <= proposal.deadline);
        assert!(proposal.is_accepted());
        decided += 1;
    }
    assert!(decided > 0);
}
