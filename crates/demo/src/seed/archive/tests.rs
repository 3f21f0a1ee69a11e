//! The archive is what it promises, reads as one with the lived state, and yields to it.

use super::*;
use crate::clock::Clock;
use crate::governance::state::State;
use crate::governance::topics::topic_of;
use crate::identity;
use crate::seed::size::Size;
use crate::seed::{history, neurons as crowd, user, world_of};
use crate::world::World;
use candid::utils::ArgumentEncoder;
use candid::{CandidType, decode_one, encode_args};
use icpulse_canisters::wire::governance as wire;
use icpulse_canisters::wire::ledger::{Account as WireAccount, AccountBalanceArgs};
use icpulse_model::economics::GENESIS;
use icpulse_model::network::SystemCanister;
use icpulse_model::{Principal, ProposalStatus, RewardStatus, Topic};
use parking_lot::{Mutex, MutexGuard};
use proptest::prelude::*;
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use std::sync::LazyLock;

const START: Timestamp = Timestamp::from_secs(1_795_050_123);
const NOW: u64 = START.secs();
/// A large world small enough for a test.
const SIZE: Size = Size {
    archived_proposals: 700,
    neurons: 3_500,
    user_neurons: 1_100,
    blocks: 14_000,
    user_transactions: 900,
    registry_versions: 3_000,
};

/// A world behind its doors.
struct Desk {
    world: World,
    user: Principal,
}

impl Desk {
    fn new(seed: u64) -> Self {
        let clock = Clock::manual(START, 1);
        let world = World::build(seed, &clock, Some(&SIZE)).unwrap();
        Self { world, user: identity::principal(seed) }
    }

    fn ask<R: CandidType + DeserializeOwned>(
        &self,
        caller: Principal,
        method: &str,
        args: impl ArgumentEncoder,
    ) -> R {
        let governance = SystemCanister::Governance.id();
        let arg = encode_args(args).unwrap();
        decode_one(&self.world.query(caller, governance, method, &arg, None).unwrap()).unwrap()
    }

    fn proposals(&self, request: wire::ListProposalInfoRequest) -> Vec<wire::ProposalInfo> {
        self.ask::<wire::ListProposalInfoResponse>(self.user, "list_proposals", (request,)).proposal_info
    }

    /// All pages of a request, downwards.
    fn all_proposals(&self, request: &wire::ListProposalInfoRequest) -> Vec<wire::ProposalInfo> {
        let (mut all, mut before_proposal) = (Vec::new(), None);
        loop {
            let page = self.proposals(wire::ListProposalInfoRequest { before_proposal, ..request.clone() });
            let Some(last) = page.last() else { return all };
            before_proposal = last.id;
            all.extend(page);
        }
    }

    fn index(&self, after: Option<u64>, page_size: u32) -> Vec<u64> {
        let request = wire::GetNeuronIndexRequest {
            exclusive_start_neuron_id: after.map(|id| wire::NeuronId { id }),
            page_size: Some(page_size),
        };
        let page: wire::GetNeuronIndexResult = self.ask(self.user, "get_neuron_index", (request,));
        page.unwrap().neurons.iter().map(|n| n.id.unwrap().id).collect()
    }

    fn manage(&mut self, id: u64, command: wire::ManageNeuronCommandRequest) -> wire::CommandResponse {
        let request = wire::ManageNeuronRequest {
            neuron_id_or_subaccount: Some(wire::NeuronIdOrSubaccount::NeuronId(wire::NeuronId { id })),
            command: Some(command),
            id: None,
        };
        let arg = encode_args((request,)).unwrap();
        let governance = SystemCanister::Governance.id();
        let reply = self.world.update(self.user, governance, "manage_neuron", &arg).unwrap();
        decode_one::<wire::ManageNeuronResponse>(&reply).unwrap().command.unwrap()
    }
}

/// Read by many tests, changed by none.
fn desk() -> MutexGuard<'static, Desk> {
    static DESK: LazyLock<Mutex<Desk>> = LazyLock::new(|| Mutex::new(Desk::new(5)));
    DESK.lock()
}

fn archived_count() -> u64 {
    SIZE.neurons - crowd::PUBLIC - crowd::PRIVATE - SIZE.user_neurons
}

fn neurons(seed: u64, count: u64) -> Neurons {
    let from = GENESIS.plus(icpulse_model::Seconds::hours(1));
    Neurons::new(seed, NOW, count, Timeline::new(seed, from, START, count), 900)
}

fn proposals(seed: u64, count: u64) -> Proposals {
    let world = world_of(seed, START, identity::principal(seed), None);
    let state = world.governance.state();
    let known = state.known_neurons().iter().map(|id| (*id, Default::default(), 0)).collect();
    Proposals::new(ArchivePlan {
        seed,
        count,
        until: history::first_day(NOW),
        context: {
            use crate::seed::drafts::{ProposalContext, inventory::NetworkInventory};
            ProposalContext::new(Arc::new(NetworkInventory::invent(seed)), vec![1], Vec::new())
        },
        proposers: state.neurons().keys().copied().take(9).collect(),
        known,
        power: 50_000_000_000_000_000,
    })
}

#[test]
fn the_main_networks_numbers_are_as_promised() {
    let size = Size::MAINNET;
    let of_user = user::COUNT;
    assert_eq!((size.neurons, size.user_neurons), (400_000, 5_000));
    assert!(crowd::PUBLIC + crowd::PRIVATE + size.user_neurons < size.neurons && of_user < size.user_neurons);
    assert_eq!((size.blocks, size.user_transactions), (1_000_000, 100_000));
    // The small world above has at least 590, see its own test.
    assert_eq!(size.archived_proposals + 590, 140_000);
    // And a smaller large world has exactly what its size says.
    let world = world_of(5, START, identity::principal(5), Some(&SIZE));
    let state = world.governance.state();
    let archive = state.archive().unwrap();
    assert_eq!(state.neurons().len() as u64 + archive.neurons(), SIZE.neurons);
    assert_eq!(state.readable_by(&identity::principal(5)).len() as u64, SIZE.user_neurons);
    assert_eq!(archive.proposals(), SIZE.archived_proposals);
    assert!(state.proposals().len() >= 590);
    assert_eq!(state.proposals().keys().next(), Some(&(SIZE.archived_proposals + 1)));
}

#[test]
fn the_same_seed_is_the_same_archive_and_another_another() {
    let show = |seed| {
        let (neurons, proposals) = (neurons(seed, 300), proposals(seed, 200));
        let rows = (0..300).map(|at| format!("{:?}", neurons.neuron_at(at)));
        let motions = (1..=200).map(|id| format!("{:?}", proposals.get(id)));
        rows.chain(motions).collect::<Vec<_>>()
    };
    assert_eq!(show(1), show(1));
    let (a, b) = (show(1), show(2));
    assert!(a.iter().zip(&b).all(|(a, b)| a != b));
}

#[test]
fn every_proposal_is_settled_plausible_and_as_its_glance_says() {
    let proposals = proposals(1, 3_000);
    let (mut topics, mut statuses, mut titles) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut before = GENESIS.secs();
    for id in 1..=3_000 {
        let proposal = proposals.get(id).unwrap();
        let glance = proposals.outline_of(id).unwrap();
        assert_eq!((proposal.id, proposal.topic, proposal.status()), (id, glance.topic, glance.status));
        assert_eq!(proposal.topic, topic_of(&proposal.draft.action), "{id}");
        assert_eq!(proposal.reward_status(NOW), RewardStatus::Settled);
        assert!(proposal.created > before && proposal.created < history::first_day(NOW));
        before = proposal.created;
        assert!(proposal.decided > proposal.created && proposal.tally.at < proposal.deadline);
        let tally = proposal.tally;
        assert!(tally.yes + tally.no <= tally.total && tally.total <= proposal.total_potential);
        assert_eq!(proposal.failure.is_some(), proposal.failed > 0);
        assert!(proposal.proposer.is_some() && !proposal.draft.summary.is_empty());
        topics.insert(proposal.topic);
        statuses.insert(proposal.status());
        titles.insert(proposal.draft.title.clone());
    }
    let missing: Vec<_> = Topic::ALL.iter().filter(|topic| !topics.contains(topic)).collect();
    assert_eq!(missing, [&Topic::Unspecified, &Topic::NeuronManagement], "{topics:?}");
    let settled = [ProposalStatus::Rejected, ProposalStatus::Executed, ProposalStatus::Failed];
    assert_eq!(statuses, BTreeSet::from(settled));
    assert!(titles.len() > 400, "{} titles", titles.len());
    assert!(
        proposals.get(0).is_none() && proposals.get(3_001).is_none() && proposals.outline_of(0).is_none()
    );
}

#[test]
fn every_neuron_is_found_by_its_number_its_account_and_its_stakes_rank() {
    let neurons = neurons(1, 1_000);
    let mut before = 0;
    let mut ranks = BTreeSet::new();
    let mut states = BTreeSet::new();
    for position in 0..1_000 {
        let neuron = neurons.neuron_at(position).unwrap();
        assert!(neuron.id > before, "strictly ascending");
        before = neuron.id;
        assert_eq!(neurons.position_of(neuron.id), Some(position));
        assert_eq!(neurons.position_of(neuron.id ^ 1), None);
        let account = stake_account(&neuron.subaccount);
        assert_eq!(neurons.position_of_account(&account), Some(position));
        let rank = neurons.rank_of(position);
        assert!(ranks.insert(rank));
        let stake = neurons.stake(rank).unwrap();
        assert_eq!((stake.account, stake.amount.0), (account, neuron.stake));
        assert!(stake.at.secs() < neuron.created && neuron.created <= NOW);
        assert!(neuron.refreshed >= neuron.created && neuron.stake >= 5_000_000);
        states.insert(format!("{:?}", neuron.dissolve.state(NOW)));
    }
    assert_eq!(neurons.neuron_at(1_000).map(|n| n.id), None);
    assert_eq!(states.len(), 3, "{states:?}");
    // A tenth of the space holds about a tenth of them.
    let tenth = neurons.position_after(u64::MAX / 10);
    assert!((95..=105).contains(&tenth), "{tenth}");
}

#[test]
fn paging_down_sees_every_proposal_once() {
    let desk = desk();
    let ids = |request: &wire::ListProposalInfoRequest| {
        desk.all_proposals(request).iter().map(|p| p.id.unwrap().id).collect::<Vec<_>>()
    };
    let plain = ids(&wire::ListProposalInfoRequest {
        limit: 70,
        include_all_manage_neuron_proposals: Some(true),
        ..Default::default()
    });
    let newest = plain[0];
    assert!(newest >= SIZE.archived_proposals + 590);
    assert_eq!(plain, (1..=newest).rev().collect::<Vec<_>>());
}

#[test]
fn filters_select_from_both_what_they_select_from_one() {
    let desk = desk();
    let all_of = |request: wire::ListProposalInfoRequest| {
        desk.all_proposals(&wire::ListProposalInfoRequest {
            include_all_manage_neuron_proposals: Some(true),
            ..request
        })
    };
    let all = all_of(wire::ListProposalInfoRequest::default());
    let ids = |rows: &[wire::ProposalInfo], keep: &dyn Fn(&wire::ProposalInfo) -> bool| {
        rows.iter().filter(|p| keep(p)).map(|p| p.id.unwrap().id).collect::<Vec<_>>()
    };
    for (include_status, include_reward_status, exclude_topic) in [
        (vec![1], vec![], vec![]),
        (vec![5], vec![], vec![]),
        (vec![2, 5], vec![3], vec![4]),
        (vec![], vec![1], vec![]),
        (vec![], vec![2, 3], vec![2, 5, 13]),
        (vec![4], vec![4], vec![]),
    ] {
        let chosen = all_of(wire::ListProposalInfoRequest {
            include_status: include_status.clone(),
            include_reward_status: include_reward_status.clone(),
            exclude_topic: exclude_topic.clone(),
            limit: 41,
            ..Default::default()
        });
        let expected = ids(&all, &|p| {
            (include_status.is_empty() || include_status.contains(&p.status))
                && (include_reward_status.is_empty() || include_reward_status.contains(&p.reward_status))
                && !exclude_topic.contains(&p.topic)
        });
        assert_eq!(ids(&chosen, &|_| true), expected, "{include_status:?} {include_reward_status:?}");
    }
    // Open ones are many enough, and failed ones are in the archive too.
    assert!(ids(&all, &|p| p.status == 1).len() > 10);
    assert!(ids(&all, &|p| p.status == 5).iter().any(|id| *id <= SIZE.archived_proposals));
    let one: Option<wire::ProposalInfo> = desk.ask(desk.user, "get_proposal_info", (7_u64,));
    let listed = all.iter().find(|p| p.id.unwrap().id == 7).unwrap();
    assert_eq!(one.as_ref().unwrap().latest_tally, listed.latest_tally);
    assert!(one.unwrap().proposal.unwrap().self_describing_action.is_some());
}

fn all_numbers() -> &'static Vec<u64> {
    static ALL: LazyLock<Vec<u64>> = LazyLock::new(|| {
        let world = world_of(5, START, identity::principal(5), Some(&SIZE));
        let state: &State = world.governance.state();
        let archive = state.archive().unwrap();
        let archived = (0..archive.neurons()).map(|at| archive.neuron_id(at).unwrap());
        let mut all: Vec<u64> = state.neurons().keys().copied().chain(archived).collect();
        all.sort_unstable();
        all
    });
    &ALL
}

#[test]
fn the_neuron_index_is_the_sorted_list_of_all() {
    let desk = desk();
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = desk.index(after, 97);
        let Some(last) = page.last() else { break };
        after = Some(*last);
        seen.extend(page);
    }
    assert_eq!(seen.len() as u64, SIZE.neurons);
    assert_eq!(&seen, all_numbers());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_page_of_the_index_begins_anywhere(
        start in any::<u64>(), exact in any::<prop::sample::Index>(), on_one in any::<bool>(), size in 1u32..50,
    ) {
        let desk = desk();
        let all = all_numbers();
        let after = if on_one { all[exact.index(all.len())] } else { start };
        let from = all.partition_point(|id| *id <= after);
        let expected: Vec<u64> = all[from..].iter().copied().take(size as usize).collect();
        prop_assert_eq!(desk.index(Some(after), size), expected);
    }

    #[test]
    fn the_position_after_any_number_is_that_of_the_next(after in any::<u64>(), count in 1u64..2_000) {
        let neurons = neurons(count, count.min(60));
        let next = (0..neurons.count()).find(|at| neurons.id(*at).unwrap() > after);
        prop_assert_eq!(neurons.position_after(after).min(neurons.count()), next.unwrap_or(neurons.count()));
    }
}

/// The first neuron of the archive that is not public.
fn some_archived() -> Neuron {
    let world = world_of(5, START, identity::principal(5), Some(&SIZE));
    let archive = world.governance.state().archive().unwrap();
    assert_eq!(archive.neurons(), archived_count());
    (9..archive.neurons()).filter_map(|at| archive.neuron(at)).find(|n| !n.is_public()).unwrap()
}

#[test]
fn a_changed_neuron_of_the_archive_reads_changed_everywhere() {
    let mut desk = Desk::new(5);
    let neuron = some_archived();
    let id = neuron.id;
    let before: wire::NeuronInfoResult = desk.ask(desk.user, "get_neuron_info", (id,));
    assert_eq!(before.unwrap().stake_e8s, neuron.minted_stake());

    // Anybody may add to its stake and refresh it.
    let to = stake_account(&neuron.subaccount);
    let balance = |desk: &Desk| {
        let args = encode_args((AccountBalanceArgs { account: to.0.to_vec() },)).unwrap();
        let ledger = SystemCanister::IcpLedger.id();
        let reply = desk.world.query(desk.user, ledger, "account_balance", &args, None).unwrap();
        decode_one::<icpulse_canisters::wire::ledger::Tokens>(&reply).unwrap().e8s
    };
    assert_eq!(balance(&desk), neuron.stake, "the ledger holds every stake");
    let transfer = icpulse_canisters::wire::ledger::TransferArg {
        from_subaccount: None,
        to: WireAccount {
            owner: SystemCanister::Governance.id(),
            subaccount: Some(serde_bytes::ByteBuf::from(neuron.subaccount.0.to_vec())),
        },
        amount: candid::Nat::from(700_000_000_u64),
        fee: None,
        memo: None,
        created_at_time: None,
    };
    let arg = encode_args((transfer,)).unwrap();
    desk.world.update(desk.user, SystemCanister::IcpLedger.id(), "icrc1_transfer", &arg).unwrap();
    assert_eq!(balance(&desk), neuron.stake + 700_000_000);
    let refresh = wire::ManageNeuronCommandRequest::ClaimOrRefresh(wire::ClaimOrRefresh {
        by: Some(wire::By::NeuronIdOrSubaccount {}),
    });
    let done = desk.manage(id, refresh);
    assert!(matches!(done, wire::CommandResponse::ClaimOrRefresh(_)), "{done:?}");

    let expected = neuron.minted_stake() + 700_000_000;
    let info: wire::NeuronInfoResult = desk.ask(desk.user, "get_neuron_info", (id,));
    assert_eq!(info.unwrap().stake_e8s, expected);
    let by = wire::NeuronIdOrSubaccount::Subaccount(serde_bytes::ByteBuf::from(neuron.subaccount.0.to_vec()));
    let info: wire::NeuronInfoResult = desk.ask(desk.user, "get_neuron_info_by_id_or_subaccount", (by,));
    assert_eq!(info.unwrap().stake_e8s, expected);
    let request = wire::ListNeurons { neuron_ids: vec![id], ..Default::default() };
    let list: wire::ListNeuronsResponse = desk.ask(desk.user, "list_neurons", (request,));
    assert_eq!(list.neuron_infos.iter().map(|(_, n)| n.stake_e8s).collect::<Vec<_>>(), [expected]);
    let request = wire::GetNeuronIndexRequest {
        exclusive_start_neuron_id: Some(wire::NeuronId { id: id - 1 }),
        page_size: Some(1),
    };
    let page: wire::GetNeuronIndexResult = desk.ask(desk.user, "get_neuron_index", (request,));
    assert_eq!(page.unwrap().neurons[0].stake_e8s, expected);
    // It is still there once.
    let all = desk.index(None, 300);
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
    // What the owner alone may do is refused, not unknown.
    let split = wire::ManageNeuronCommandRequest::Split(wire::Split { amount_e8s: 500_000_000, memo: None });
    let other = some_other_archived(id);
    assert!(
        matches!(desk.manage(other, split), wire::CommandResponse::Error(e) if e.error_type == 3),
        "not authorised"
    );
}

fn some_other_archived(than: u64) -> u64 {
    let world = world_of(5, START, identity::principal(5), Some(&SIZE));
    let archive = world.governance.state().archive().unwrap();
    let position = archive.position_of(than).unwrap();
    archive.neuron_id(position + 1).unwrap()
}

#[test]
fn totals_count_each_neuron_once_wherever_it_is() {
    let mut world = world_of(5, START, identity::principal(5), Some(&SIZE));
    let state = world.governance.state_mut();
    state.compute_metrics(NOW);
    let before = (state.metrics.clone(), state.silent_power());
    let staked: u64 = state.neurons().values().map(|n| n.minted_stake()).sum::<u64>()
        + world.archived.as_ref().unwrap().staked().0;
    assert_eq!(before.0.total_staked_e8s, staked);
    let archive = state.archive().unwrap();
    let taken: Vec<Neuron> = (0..60).map(|n| archive.neuron(n * 7).unwrap()).collect();
    for neuron in &taken {
        state.load_archived(neuron.id);
        assert_eq!(state.neurons()[&neuron.id].stake, neuron.stake);
    }
    state.compute_metrics(NOW);
    let mut after = state.metrics.clone();
    // Buckets that became empty and were not there before do not count.
    after.timestamp_seconds = before.0.timestamp_seconds;
    assert_eq!(after, before.0);
    let power: u64 = taken.iter().map(|n| n.potential(NOW, &state.economics)).sum();
    assert_eq!(state.silent_power().potential + power, before.1.potential);
    assert!(power > 0);
}

#[test]
fn a_proposals_total_counts_the_archives_voting_power() {
    let world = world_of(5, START, identity::principal(5), Some(&SIZE));
    let state = world.governance.state();
    let silent = state.silent_power().deciding;
    assert!(silent > 0);
    let newest = state.proposals().values().rfind(|p| p.topic == Topic::Governance).unwrap();
    let cast: u64 = newest.ballots.iter().map(|(_, ballot)| ballot.power).sum();
    assert_eq!(newest.tally.total, cast + silent);
}

#[test]
fn the_users_neurons_are_listed_in_pages_of_50() {
    let desk = desk();
    let page = |number| -> wire::ListNeuronsResponse {
        let request = wire::ListNeurons {
            include_neurons_readable_by_caller: true,
            include_empty_neurons_readable_by_caller: Some(true),
            page_number: Some(number),
            ..Default::default()
        };
        desk.ask(desk.user, "list_neurons", (request,))
    };
    let pages: Vec<_> = (0..22).map(page).collect();
    assert!(pages.iter().all(|page| page.total_pages_available == Some(22)));
    assert!(pages.iter().all(|page| page.full_neurons.len() == 50));
    let all: Vec<_> = pages.iter().flat_map(|page| &page.full_neurons).collect();
    let count = |of: &dyn Fn(&wire::Neuron) -> bool| all.iter().filter(|n| of(n)).count();
    let mine = desk.user;
    assert!(count(&|n| n.controller == Some(mine)) > 1_000 && count(&|n| n.controller != Some(mine)) > 10);
    assert!(count(&|n| n.maturity_e8s_equivalent > 0) > 300);
    assert!(count(&|n| !n.followees.is_empty()) > 200);
    let until = |n: &wire::Neuron| match n.dissolve_state {
        Some(wire::DissolveState::WhenDissolvedTimestampSeconds(at)) => Some(at),
        _ => None,
    };
    assert!(count(&|n| until(n).is_some_and(|at| at > NOW)) > 100);
    assert!(count(&|n| until(n).is_some_and(|at| at <= NOW)) > 50);
    assert!(count(&|n| until(n).is_none()) > 500);
    let ids: Vec<u64> = desk.ask(desk.user, "get_neuron_ids", ());
    assert_eq!(ids.len(), all.len());
}

#[test]
fn a_known_neurons_votes_go_back_into_the_archive_without_a_gap() {
    let desk = desk();
    let known: wire::ListKnownNeuronsResponse = desk.ask(desk.user, "list_known_neurons", ());
    let oldest = known.known_neurons.iter().map(|k| k.id.unwrap().id).min_by_key(|id| {
        let info: wire::NeuronInfoResult = desk.ask(desk.user, "get_neuron_info", (*id,));
        info.unwrap().created_timestamp_seconds
    });
    let (mut seen, mut before_proposal) = (Vec::new(), None);
    loop {
        let request = wire::ListNeuronVotesRequest {
            neuron_id: oldest.map(|id| wire::NeuronId { id }),
            before_proposal,
            limit: Some(90),
        };
        let reply: wire::ListNeuronVotesResponse = desk.ask(desk.user, "list_neuron_votes", (request,));
        let votes = reply.unwrap().votes.unwrap();
        let Some(last) = votes.last() else { break };
        before_proposal = last.proposal_id;
        seen.extend(votes.iter().map(|vote| vote.proposal_id.unwrap().id));
    }
    assert!(seen.windows(2).all(|pair| pair[0] > pair[1]), "newest first, each once");
    let archived: Vec<u64> = seen.iter().copied().filter(|id| *id <= SIZE.archived_proposals).collect();
    assert!(archived.len() > 100, "{}", archived.len());
    assert_eq!(archived, (archived[archived.len() - 1]..=SIZE.archived_proposals).rev().collect::<Vec<_>>());
}

#[test]
fn a_vote_on_an_archived_proposal_comes_too_late() {
    let mut desk = Desk::new(5);
    let vote = |proposal| {
        wire::ManageNeuronCommandRequest::RegisterVote(wire::RegisterVote {
            vote: 1,
            proposal: Some(wire::ProposalId { id: proposal }),
        })
    };
    let main = user::id(5, user::Kind::Main);
    let late = desk.manage(main, vote(3));
    assert!(
        matches!(&late, wire::CommandResponse::Error(e) if e.error_message.contains("deadline")),
        "{late:?}"
    );
    let open =
        desk.proposals(wire::ListProposalInfoRequest { include_status: vec![1], ..Default::default() });
    let open = open.iter().find(|p| p.topic == Topic::Governance.number()).unwrap().id.unwrap();
    let done = desk.manage(main, vote(open.id));
    assert!(matches!(done, wire::CommandResponse::RegisterVote {}), "{done:?}");
    // Those of the user's that follow it have voted with it.
    let info: Option<wire::ProposalInfo> = desk.ask(desk.user, "get_proposal_info", (open.id,));
    let ballots = info.unwrap().ballots;
    assert!(ballots.len() > 600, "{}", ballots.len());
    assert!(ballots.iter().filter(|(_, ballot)| ballot.vote == 1).count() > 10);
}
