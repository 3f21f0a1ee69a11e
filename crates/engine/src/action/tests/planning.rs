//! Reviews: what they say, what they refuse, how long they hold.

use super::sim::*;
use crate::action::operations::{CastVotes, ConfirmFollowing, Follow, STAKE, Stake};
use crate::action::*;
use icpulse_model::act::{Confirmation, Intent, REVIEW_LIFETIME, Review, SignerInfo};
use icpulse_model::network::SystemCanister;
use icpulse_model::neuron::Access;
use icpulse_model::proposal::Tally;
use icpulse_model::text::Line;
use icpulse_model::topic::Visibility;
use icpulse_model::world::World;
use icpulse_model::*;
use sha2::{Digest, Sha256};
use std::sync::Arc;

fn plan(sim: &Sim, world: &World, signer: &SignerInfo, intent: Intent) -> (Plans, Review) {
    let profile = profile();
    let context = PlanContext { world, signer, profile: &profile, now: sim.now(), clock_offset: 0 };
    let mut plans = Plans::new();
    let review = plans.plan_intent(intent, &context, &mut rand::rngs::OsRng).unwrap();
    (plans, review)
}

fn review(sim: &Sim, intent: Intent) -> Review {
    plan(sim, &sim.world(), &sim.signer_info(), intent).1
}

fn text(lines: &[Line]) -> String {
    lines.iter().map(Line::as_str).collect::<Vec<_>>().join("\n")
}

pub fn vote(proposal: u64, neurons: &[u64]) -> Intent {
    let ballots = neurons.iter().map(|n| (ProposalKey::nns(proposal), NeuronKey::nns(*n))).collect();
    CastVotes { vote: Vote::Yes, ballots }.intent()
}

pub fn refresh(neurons: &[u64]) -> Intent {
    let neurons: Vec<_> = neurons.iter().copied().map(NeuronKey::nns).collect();
    ConfirmFollowing {}.intent_for(&neurons)
}

pub fn stake_request(icp: u64) -> Stake {
    Stake {
        amount: E8s::from_icp(icp).unwrap(),
        delay: Seconds(31_557_600),
        auto_stake: true,
        follow: vec![(Topic::Governance, vec![NeuronKey::nns(27), NeuronKey::nns(28)])],
    }
}

#[test]
fn a_vote_says_who_what_and_what_changes() {
    let sim = Sim::new();
    sim.propose(140_812, &[1, 2, 3]);
    let review = review(&sim, vote(140_812, &[1, 2, 3, 3]));
    assert_eq!(review.title.as_str(), "Vote YES on 140812 “Reduce the reject cost” with 3 neurons (0 V)");
    assert_eq!(
        (review.signer, review.signer_name.as_str(), review.network.as_str()),
        (sim.signer, "main", "mainnet")
    );
    assert_eq!(review.calls.len(), 3, "a ballot given twice is cast once");
    assert!(review.calls.iter().all(
        |c| c.canister == sim.canisters.id(SystemCanister::Governance) && c.canister_name == "governance"
    ));
    assert_eq!(review.calls[0].method, "manage_neuron · RegisterVote");
    assert_eq!(review.calls[0].summary.as_str(), "vote YES on 140812 with neuron 1");
    // 400 of 1,000 are for it; three ballots of 60 each make 580: more than half.
    assert!(
        text(&review.effects).contains("140812: yes 40.0 % → 58.0 %; this decides it at once"),
        "{:?}",
        review.effects
    );
    assert!(text(&review.irreversible).contains("cannot be changed"));
    assert_eq!((review.total_cost, review.fees), (E8s(0), E8s(0)));
    assert_eq!(review.confirmation, Confirmation::Enter);
    assert_eq!(review.blocked, None);
}

#[test]
fn ballots_that_cannot_be_cast_are_left_out_with_their_reasons() {
    let sim = Sim::new();
    sim.propose(5, &[1, 2]);
    sim.get().ballots.insert((5, 2), Vote::No);
    let some = review(&sim, vote(5, &[1, 2, 9]));
    assert_eq!(some.calls.len(), 1);
    let warnings = text(&some.warnings);
    assert!(warnings.contains("neuron 2 already voted no on 5"), "{warnings}");
    assert!(warnings.contains("neuron 9"), "{warnings}");
    let none = review(&sim, vote(5, &[2]));
    assert!(none.blocked.unwrap().as_str().contains("already voted no"));
    assert!(review(&sim, vote(6, &[1])).blocked.unwrap().as_str().contains("has not been read"));
    assert!(review(&sim, vote(5, &[])).blocked.is_some());
    sim.wait(5 * 86_400);
    assert!(review(&sim, vote(5, &[1])).blocked.unwrap().as_str().contains("has ended"));
    let neither =
        CastVotes { vote: Vote::Unspecified, ballots: vec![(ProposalKey::nns(5), NeuronKey::nns(1))] };
    assert!(review(&sim, neither.intent()).blocked.is_some());
}

/// Somebody else's neuron, as it is looked up for a review.
fn others(id: u64, visibility: Visibility) -> Neuron {
    Neuron { access: Access::Info, visibility, controller: None, ..icpulse_testing::plain::neuron(id) }
}

#[test]
fn whom_governance_would_refuse_as_a_followee_is_refused_before_anything_is_signed() {
    let sim = Sim::new();
    let mut world = sim.world();
    let looked_up =
        [(5, None), (6, Some(others(6, Visibility::Private))), (7, Some(others(7, Visibility::Public)))];
    world.looked_up =
        Arc::new(looked_up.into_iter().map(|(id, neuron)| (NeuronKey::nns(id), neuron)).collect());
    let stake = |followee| {
        let follow = vec![(Topic::Governance, vec![NeuronKey::nns(followee)])];
        let stake = Stake { amount: E8s(200_000_000), delay: Seconds::days(200), auto_stake: false, follow };
        plan(&sim, &world, &sim.signer_info(), stake.intent()).1.blocked
    };
    assert!(stake(5).unwrap().as_str().contains("neuron 5 cannot be followed: it does not exist"));
    assert!(stake(6).unwrap().as_str().contains("neuron 6 cannot be followed: it is private"));
    assert_eq!(stake(7), None);
    let management = vec![(Topic::NeuronManagement, vec![NeuronKey::nns(6)])];
    let stake =
        Stake { amount: E8s(200_000_000), delay: Seconds::days(200), auto_stake: false, follow: management };
    assert_eq!(plan(&sim, &world, &sim.signer_info(), stake.intent()).1.blocked, None);
    // What the review must know is asked for, once.
    let asked = |world: &World| STAKE.neurons_to_look_up(&stake.intent().args, world);
    assert_eq!(asked(&sim.world()), [NeuronKey::nns(6)]);
    assert!(asked(&world).is_empty());
}

#[test]
fn a_review_never_says_less_than_what_is_locked_and_names_every_obstacle() {
    let sim = Sim::new();
    let stake = |days| Stake {
        amount: E8s(200_000_000),
        delay: Seconds::days(days),
        auto_stake: false,
        follow: Vec::new(),
    };
    let locked = review(&sim, stake(730).intent());
    assert!(locked.title.as_str().ends_with("for 730 d"), "{}", locked.title);
    assert!(text(&locked.irreversible).contains("for 730 d"), "{:?}", locked.irreversible);
    let longer = review(&sim, stake(731).intent()).blocked.unwrap();
    assert!(longer.as_str().contains("the longest dissolve delay is 2 y; this is 731 d"), "{longer}");
    let both = Stake { amount: E8s(1), ..stake(731) };
    let blocked = review(&sim, both.intent()).blocked.unwrap();
    assert!(blocked.as_str().contains("smallest stake") && blocked.as_str().contains("731 d"), "{blocked}");
}

#[test]
fn every_proposal_of_a_vote_is_named_and_an_arrow_stands_where_a_figure_changes() {
    let sim = Sim::new();
    (1..=12).for_each(|id| sim.propose(id, &[1]));
    let ballots = (1..=12).map(|id| (ProposalKey::nns(id), NeuronKey::nns(1))).collect();
    let review = review(&sim, CastVotes { vote: Vote::Yes, ballots }.intent());
    let effects = text(&review.effects);
    for id in 1..=12 {
        assert!(effects.contains(&format!("{id} “Reduce the reject cost”: yes")), "{id}: {effects}");
    }
    let mut world = sim.world();
    let unchanged = world.proposals.get(ProposalKey::nns(1)).unwrap();
    let tally = Tally { total: VotingPower(u64::MAX / 2), ..unchanged.tally.unwrap() };
    let row = Arc::new(Proposal { tally: Some(tally), ..(**unchanged).clone() });
    world.proposals = world.proposals.merge([row]);
    let review = plan(&sim, &world, &sim.signer_info(), vote(1, &[1])).1;
    assert!(!text(&review.effects).contains('→'), "{:?}", review.effects);
}

#[test]
fn a_missing_ballot_is_explained_by_what_is_known_of_the_neuron() {
    let sim = Sim::new();
    sim.propose(5, &[1]);
    let mut world = sim.world();
    let known = [(8, None), (9, Some(others(9, Visibility::Public)))];
    world.looked_up = Arc::new(known.into_iter().map(|(id, neuron)| (NeuronKey::nns(id), neuron)).collect());
    let why = |neuron| {
        let review = plan(&sim, &world, &sim.signer_info(), vote(5, &[neuron])).1;
        review.blocked.unwrap().to_string()
    };
    assert!(why(8).contains("neuron 8 does not exist"), "{}", why(8));
    assert!(why(9).contains("neither controller nor hotkey of neuron 9"), "{}", why(9));
}

#[test]
fn a_review_of_many_ballots_has_a_line_for_each_proposal() {
    let sim = Sim::new();
    let neurons: Vec<u64> = (1..=100).collect();
    for p in 1..=20 {
        sim.propose(p, &neurons);
    }
    let ballots =
        (1..=20).flat_map(|p| (1..=100).map(move |n| (ProposalKey::nns(p), NeuronKey::nns(n)))).collect();
    let review = review(&sim, CastVotes { vote: Vote::No, ballots }.intent());
    assert_eq!(review.title.as_str(), "Vote NO on 20 proposals with 100 neurons (2000 ballots)");
    assert_eq!(review.effects.len(), 21, "and that voting power is refreshed");
}

#[test]
fn a_stake_says_what_it_costs_and_what_it_brings() {
    let sim = Sim::new();
    let review = review(&sim, stake_request(12).intent());
    assert_eq!(review.blocked, None);
    assert_eq!(review.total_cost, E8s(1_200_010_000));
    assert_eq!(review.fees, E8s(FEE));
    assert_eq!(review.confirmation, Confirmation::Type("stake 12".to_owned()));
    let methods: Vec<_> = review.calls.iter().map(|c| c.method.as_str()).collect();
    assert_eq!(
        methods,
        [
            "transfer",
            "manage_neuron · ClaimOrRefresh",
            "manage_neuron · IncreaseDissolveDelay",
            "manage_neuron · ChangeAutoStakeMaturity",
            "manage_neuron · Follow"
        ]
    );
    let effects = text(&review.effects);
    assert!(effects.contains("87.9999 ICP stay on the account"), "{effects}");
    // 12 ICP at one year of two: 1 + 2·(1/2)² = 1.5.
    assert!(effects.contains("voting power 18.00 V"), "{effects}");
    assert!(text(&review.irreversible).contains("never shortened"));
    // No argument depends on an answer: every digest is shown.
    assert!(review.calls.iter().all(|c| c.arg_digest.len() == 64));
}

#[test]
fn the_digest_shown_is_that_of_the_bytes_signed() {
    let sim = Sim::new();
    let execution = confirmed(&sim, stake_request(12).intent());
    let transfer = &execution.steps[0].args;
    let nonce = transfer["nonce"].as_u64().unwrap();
    let request = icpulse_canisters::ledger::calls::TransferRequest {
        from_subaccount: None,
        to: AccountIdentifier::new(
            &sim.canisters.id(SystemCanister::Governance),
            &Subaccount::neuron_stake(&sim.signer, nonce),
        ),
        amount: E8s(1_200_000_000),
        fee: E8s(FEE),
        memo: nonce,
        created_at: Timestamp(transfer["created_at"].as_u64().unwrap()),
    };
    let call = icpulse_canisters::ledger::calls::transfer(&sim.canisters, &request).unwrap();
    assert_eq!(execution.steps[0].call.arg_digest, hex::encode(Sha256::digest(&call.arg)));
}

#[test]
fn impossible_stakes_are_blocked_with_what_to_do() {
    let sim = Sim::new();
    let blocked = |stake: Stake| review(&sim, stake.intent()).blocked.unwrap().as_str().to_owned();
    assert!(blocked(stake_request(0)).contains("smallest stake is 1.00 ICP"));
    assert!(blocked(stake_request(100)).contains("holds 100.00 ICP"), "the fee does not fit");
    assert!(blocked(Stake { amount: E8s(u64::MAX), ..stake_request(1) }).contains("more than there can be"));
    let brief = Stake { delay: Seconds::days(1), ..stake_request(1) };
    assert!(blocked(brief).contains("shortest dissolve delay is 7 d; this is 1 d"));
    let long = Stake { delay: Seconds(63_115_201), ..stake_request(1) };
    assert!(blocked(long).contains("longest dissolve delay"));
    let many = vec![(Topic::Governance, (0..16).map(NeuronKey::nns).collect())];
    assert!(blocked(Stake { follow: many, ..stake_request(1) }).contains("at most 15"));
    let twice = vec![(Topic::Governance, vec![NeuronKey::nns(1), NeuronKey::nns(1)])];
    assert!(blocked(Stake { follow: twice, ..stake_request(1) }).contains("given twice"));
    let unread = World { accounts: Default::default(), ..sim.world() };
    let (_, review) = plan(&sim, &unread, &sim.signer_info(), stake_request(1).intent());
    assert!(review.blocked.unwrap().as_str().contains("has not been read"));
    let short = Stake { delay: Seconds::days(7), ..stake_request(1) };
    let (_, review) = plan(&sim, &sim.world(), &sim.signer_info(), short.intent());
    assert!(review.blocked.is_none() && text(&review.warnings).contains("cannot vote"));
}

#[test]
fn nobody_signs_nothing() {
    let sim = Sim::new();
    sim.propose(1, &[1]);
    for intent in [vote(1, &[1]), stake_request(1).intent(), refresh(&[1])] {
        let (mut plans, review) = plan(&sim, &sim.world(), &SignerInfo::anonymous(), intent);
        assert!(review.blocked.as_ref().unwrap().as_str().contains("identity"));
        assert!(matches!(
            plans.confirm_plan(review.plan, Principal::anonymous(), sim.now()),
            Err(ActionError::Blocked(_))
        ));
    }
}

#[test]
fn a_locked_identity_and_a_wrong_clock_are_warned_of() {
    let sim = Sim::new();
    sim.propose(1, &[1]);
    let signer = SignerInfo { locked: true, ..sim.signer_info() };
    let (_, locked) = plan(&sim, &sim.world(), &signer, vote(1, &[1]));
    assert!(text(&locked.warnings).contains("is locked"));
    let (world, signer, profile) = (sim.world(), sim.signer_info(), profile());
    let context =
        PlanContext { world: &world, signer: &signer, profile: &profile, now: sim.now(), clock_offset: -600 };
    let mut plans = Plans::new();
    let review = plans.plan_intent(stake_request(1).intent(), &context, &mut rand::rngs::OsRng).unwrap();
    assert!(text(&review.warnings).contains("clock is 10 m fast"), "{:?}", review.warnings);
    let execution = plans.confirm_plan(review.plan, sim.signer, sim.now()).unwrap();
    assert_eq!(
        execution.steps[0].args["created_at"].as_u64(),
        Some(sim.now().minus(Seconds(600)).0),
        "the ledger is told the network's time, else it would refuse a transfer from the future"
    );
}

#[test]
fn a_review_holds_five_minutes_for_one_signer_and_once() {
    let sim = Sim::new();
    sim.propose(1, &[1]);
    let make = || plan(&sim, &sim.world(), &sim.signer_info(), vote(1, &[1]));
    let (mut plans, review) = make();
    let late = sim.now().plus(REVIEW_LIFETIME);
    assert!(matches!(plans.confirm_plan(review.plan, sim.signer, late), Err(ActionError::Expired { .. })));
    assert_eq!(plans.confirm_plan(review.plan, sim.signer, sim.now()), Err(ActionError::NoSuchPlan));

    let (mut plans, review) = make();
    let other = Principal::self_authenticating(b"another");
    assert!(matches!(
        plans.confirm_plan(review.plan, other, sim.now()),
        Err(ActionError::SignerChanged { .. })
    ));

    let (mut plans, review) = make();
    let just = Timestamp(late.0 - 1);
    assert!(plans.confirm_plan(review.plan, sim.signer, just).is_ok());
    assert_eq!(plans.confirm_plan(review.plan, sim.signer, just), Err(ActionError::NoSuchPlan));

    let (mut plans, review) = make();
    plans.discard_plan(review.plan);
    assert_eq!(plans.confirm_plan(review.plan, sim.signer, sim.now()), Err(ActionError::NoSuchPlan));
    assert_eq!(sim.signed(), 0, "planning and confirming sign nothing");
}

#[test]
fn following_is_checked() {
    let sim = Sim::new();
    sim.propose(1, &[1]);
    let follow = |topic, followees: Vec<u64>| {
        let followees = followees.into_iter().map(NeuronKey::nns).collect();
        review(&sim, Follow { topic, followees }.intent_for(&[NeuronKey::nns(1)]))
    };
    let some = follow(Topic::Governance, vec![27]);
    assert!(text(&some.effects).contains("neuron 1, Governance: nobody → 27"), "{:?}", some.effects);
    assert_eq!(some.confirmation, Confirmation::Enter);
    assert!(follow(Topic::Governance, (1..=16).collect()).blocked.is_some());
    assert!(text(&follow(Topic::Governance, vec![1]).warnings).contains("follow itself"));
    assert!(text(&follow(Topic::Governance, vec![]).effects).contains("only by hand"));
    let managed = follow(Topic::NeuronManagement, vec![27]);
    assert!(matches!(managed.confirmation, Confirmation::Type(_)));
    assert!(text(&managed.irreversible).contains("managed by proposal"));
}

#[test]
fn hotkeys_may_follow_but_not_set_who_manages() {
    let sim = Sim::new();
    sim.propose(1, &[1]);
    let mut world = sim.world();
    let mut neuron = world.neurons.get(NeuronKey::nns(1)).unwrap().as_ref().clone();
    neuron.access = icpulse_model::neuron::Access::Hotkey;
    world.neurons = icpulse_model::world::Neurons::new([std::sync::Arc::new(neuron.clone())]);
    let follow =
        |topic| Follow { topic, followees: vec![NeuronKey::nns(27)] }.intent_for(&[NeuronKey::nns(1)]);
    assert_eq!(plan(&sim, &world, &sim.signer_info(), follow(Topic::Governance)).1.blocked, None);
    assert!(plan(&sim, &world, &sim.signer_info(), follow(Topic::NeuronManagement)).1.blocked.is_some());
    neuron.access = icpulse_model::neuron::Access::Public;
    world.neurons = icpulse_model::world::Neurons::new([std::sync::Arc::new(neuron)]);
    assert!(plan(&sim, &world, &sim.signer_info(), follow(Topic::Governance)).1.blocked.is_some());
    assert!(plan(&sim, &world, &sim.signer_info(), vote(1, &[1])).1.blocked.is_some());
}

#[test]
fn refreshing_shows_what_comes_back() {
    let sim = Sim::new();
    sim.propose(1, &[1, 2]);
    let review = review(&sim, refresh(&[2, 1, 2]));
    assert_eq!(review.title.as_str(), "Confirm the following of 2 neurons");
    assert_eq!(review.calls.len(), 2);
    assert_eq!(review.effects.len(), 2);
}
