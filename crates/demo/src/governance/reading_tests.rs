//! The query methods through the canister's door: paging and limits as observed on the real
//! canister, access, visibility, instants, rejections.

use super::Governance;
use super::neuron::Dissolve;
use super::state::State;
use super::testing::{HOTKEY, ME, NOW, STRANGER, draft, motion, people, registered};
use crate::canister::{Canister, Context, Reject};
use crate::clock::Clock;
use candid::utils::ArgumentEncoder;
use candid::{CandidType, decode_one, encode_args};
use icpulse_canisters::wire::governance::*;
use icpulse_model::time::YEAR;
use icpulse_model::{Principal, Timestamp, Vote as ModelVote};
use serde::de::DeserializeOwned;
use std::time::Duration;

struct Desk {
    governance: Governance,
    clock: Clock,
}

impl Desk {
    fn new(state: State) -> Self {
        Self { governance: Governance::new(state, None), clock: Clock::manual(Timestamp::from_secs(NOW), 1) }
    }

    fn raw(&self, caller: Principal, method: &str, arg: &[u8]) -> Result<Vec<u8>, Reject> {
        let now = self.clock.virtual_now();
        let ctx = Context { caller, now, clock: &self.clock, certify: None };
        self.governance.query(&ctx, method, arg)
    }

    fn ask<R: CandidType + DeserializeOwned>(
        &self,
        caller: Principal,
        method: &str,
        args: impl ArgumentEncoder,
    ) -> R {
        decode_one(&self.raw(caller, method, &encode_args(args).unwrap()).unwrap()).unwrap()
    }

    fn proposals(&self, caller: Principal, request: ListProposalInfoRequest) -> Vec<ProposalInfo> {
        self.ask::<ListProposalInfoResponse>(caller, "list_proposals", (request,)).proposal_info
    }

    fn ids(&self, request: ListProposalInfoRequest) -> Vec<u64> {
        self.proposals(STRANGER, request).iter().map(|p| p.id.unwrap().id).collect()
    }
}

/// A voter of weight and 250 proposals with numbers 1 to 250, the last ten open.
fn many_proposals() -> Desk {
    let mut state = people(&[(1, 1_000, 2 * YEAR.0), (2, 5_000, 2 * YEAR.0)]);
    for id in 1..=250_u64 {
        let now = NOW + id;
        if id <= 240 {
            // Settled long ago.
            let made =
                state.make_proposal(2, if id % 2 == 0 { motion() } else { registered() }, now).unwrap();
            let mut proposal = state.proposals()[&made].clone();
            proposal.reward_round = 2_000;
            proposal.ballots = Default::default();
            state.insert_proposal(proposal);
        } else {
            state.make_proposal(1, motion(), now).unwrap();
        }
    }
    state.run_to(NOW + 300);
    let desk = Desk::new(state);
    desk.clock.advance(Duration::from_secs(300));
    desk
}

#[test]
fn list_proposals_pages_as_observed() {
    let desk = many_proposals();
    let page = |limit, before: Option<u64>| {
        desk.ids(ListProposalInfoRequest {
            limit,
            before_proposal: before.map(|id| ProposalId { id }),
            ..Default::default()
        })
    };
    let full: Vec<u64> = (151..=250).rev().collect();
    for (limit, before, expected) in [
        // 0, too many and the greatest number give a full page, newest first.
        (0, None, full.clone()),
        (1_000, None, full.clone()),
        (u32::MAX, None, full.clone()),
        (100, None, full.clone()),
        (3, None, vec![250, 249, 248]),
        (3, Some(200), vec![199, 198, 197]),
        // before 1 or 0 gives none; far beyond the last the first page.
        (10, Some(1), vec![]),
        (10, Some(0), vec![]),
        (0, Some(9_999), full.clone()),
        (0, Some(3), vec![2, 1]),
    ] {
        assert_eq!(page(limit, before), expected, "limit {limit}, before {before:?}");
    }
    // Walking the pages sees each once.
    let mut seen = Vec::new();
    let mut before = None;
    loop {
        let ids = page(70, before);
        let Some(last) = ids.last() else { break };
        before = Some(*last);
        seen.extend(ids);
    }
    assert_eq!(seen, (1..=250).rev().collect::<Vec<u64>>());
}

#[test]
fn list_proposals_filters() {
    let desk = many_proposals();
    let ask = |request| desk.ids(request);
    let open = ListProposalInfoRequest { include_status: vec![1], ..Default::default() };
    assert_eq!(ask(open), (241..=250).rev().collect::<Vec<u64>>());
    let settled = ListProposalInfoRequest { include_reward_status: vec![3], limit: 2, ..Default::default() };
    assert_eq!(ask(settled), [240, 239]);
    let accepting = ListProposalInfoRequest { include_reward_status: vec![1, 2], ..Default::default() };
    assert_eq!(ask(accepting).len(), 10);
    let no_motions = ListProposalInfoRequest { exclude_topic: vec![4], limit: 3, ..Default::default() };
    assert_eq!(ask(no_motions), [239, 237, 235]);
    // Adding a provider twice fails.
    let failed = ListProposalInfoRequest { include_status: vec![5], limit: 2, ..Default::default() };
    assert_eq!(ask(failed), [239, 237]);
    let shown = desk.proposals(STRANGER, ListProposalInfoRequest { limit: 10, ..Default::default() });
    assert!(shown.iter().all(|p| p.ballots.is_empty()), "a stranger sees no ballots");
    let mine = desk.proposals(HOTKEY, ListProposalInfoRequest { limit: 1, ..Default::default() });
    let mine: Vec<_> = mine[0].ballots.iter().map(|(id, ballot)| (*id, ballot.vote)).collect();
    assert_eq!(mine, [(1, 1), (2, 0)]);
}

#[test]
fn pending_proposals_come_oldest_first() {
    let desk = many_proposals();
    let pending: Vec<ProposalInfo> = desk.ask(ME, "get_pending_proposals", ());
    assert_eq!(pending.iter().map(|p| p.id.unwrap().id).collect::<Vec<_>>(), (241..=250).collect::<Vec<_>>());
    assert!(pending[0].proposal.as_ref().unwrap().self_describing_action.is_none());
    let described: Vec<ProposalInfo> = desk.ask(
        ME,
        "get_pending_proposals",
        (Some(GetPendingProposalsRequest { return_self_describing_action: Some(true) }),),
    );
    let shown = described[0].proposal.as_ref().unwrap();
    assert!(shown.action.is_none());
    assert_eq!(shown.self_describing_action.as_ref().unwrap().type_name.as_deref(), Some("Motion"));
}

#[test]
fn lists_leave_out_what_is_large_and_one_proposal_shows_all() {
    let mut state = people(&[(1, 1_000, 2 * YEAR.0)]);
    let call = |size| {
        draft(Action::ExecuteNnsFunction(ExecuteNnsFunction { nns_function: 31, payload: vec![7; size] }))
    };
    state.make_proposal(1, call(1_000), NOW).unwrap();
    state.make_proposal(1, call(1_001), NOW).unwrap();
    let picture = || Some(Image { base64_encoding: Some("data:image/png;base64,AAAA".to_owned()) });
    let create = CreateServiceNervousSystem {
        logo: picture(),
        ledger_parameters: Some(LedgerParameters { token_logo: picture(), ..Default::default() }),
        ..Default::default()
    };
    state.make_proposal(1, draft(Action::CreateServiceNervousSystem(Box::new(create))), NOW).unwrap();
    let desk = Desk::new(state);
    let size = |info: &ProposalInfo| match info.proposal.as_ref().unwrap().action.as_ref().unwrap() {
        Action::ExecuteNnsFunction(call) => call.payload.len(),
        Action::CreateServiceNervousSystem(create) => {
            usize::from(create.logo.is_some())
                + usize::from(create.ledger_parameters.as_ref().unwrap().token_logo.is_some())
        }
        _ => panic!("none of these"),
    };
    let sizes = |omit: Option<bool>| {
        let request = ListProposalInfoRequest { omit_large_fields: omit, ..Default::default() };
        desk.proposals(ME, request).iter().map(size).collect::<Vec<_>>()
    };
    assert_eq!(sizes(None), [2, 0, 1_000]);
    assert_eq!(sizes(Some(true)), [0, 0, 1_000]);
    let one: Option<ProposalInfo> = desk.ask(ME, "get_proposal_info", (2_u64,));
    assert_eq!(size(one.as_ref().unwrap()), 1_001);
    assert!(one.unwrap().proposal.unwrap().self_describing_action.is_some());
    let missing: Option<ProposalInfo> = desk.ask(ME, "get_proposal_info", (999_u64,));
    assert_eq!(missing, None);
}

#[test]
fn managing_a_neuron_is_shown_to_its_managers_only() {
    let mut state = people(&[(1, 1_000, 2 * YEAR.0), (2, 1_000, 2 * YEAR.0), (3, 1_000, 2 * YEAR.0)]);
    let other = Principal::self_authenticating([5]);
    state.change(2, |n| n.controller = other);
    state.change(3, |n| {
        n.controller = STRANGER;
        n.hot_keys.clear();
        n.followees.insert(1, vec![1, 2]);
    });
    let manage = ManageNeuronProposal {
        neuron_id_or_subaccount: Some(NeuronIdOrSubaccount::NeuronId(NeuronId { id: 3 })),
        id: None,
        command: Some(ManageNeuronProposalCommand::RefreshVotingPower(RefreshVotingPower {})),
    };
    state.make_proposal(1, draft(Action::ManageNeuron(Box::new(manage))), NOW + 9).unwrap();
    let desk = Desk::new(state);
    let count = |caller, all| {
        let request =
            ListProposalInfoRequest { include_all_manage_neuron_proposals: all, ..Default::default() };
        desk.proposals(caller, request).len()
    };
    assert_eq!(count(ME, None), 1);
    assert_eq!(count(other, Some(false)), 1);
    assert_eq!(count(STRANGER, None), 0, "not even to the owner of the managed neuron");
    assert_eq!(count(STRANGER, Some(true)), 1);
    let info = desk.proposals(ME, ListProposalInfoRequest::default()).remove(0);
    assert_eq!((info.topic, info.reward_status, info.status), (1, 4, 1));
    assert_eq!(info.latest_tally.as_ref().map(|t| (t.yes, t.no, t.total)), Some((1, 0, 2)));
    assert_eq!(info.deadline_timestamp_seconds, Some(NOW + 9 + 2 * 86_400));
    // A manager may read the managed neuron.
    assert!(desk.ask::<NeuronResult>(other, "get_full_neuron", (3_u64,)).is_ok());

    // The second manager's yes is the absolute majority: it is done in the controller's name.
    let mut desk = desk;
    assert_eq!(desk.governance.state().neurons()[&3].refreshed, NOW);
    assert!(desk.governance.state_mut().vote(2, 1, ModelVote::Yes, NOW + 60));
    assert_eq!(desk.governance.state().neurons()[&3].refreshed, NOW + 60);
    assert_eq!(desk.governance.state().proposals()[&1].executed, NOW + 60);
    assert_eq!(desk.governance.state().neurons()[&1].fees, 1_000_000, "the fee for managing is not returned");
}

/// 269 neurons with stake and 2 emptied ones, as in the observation.
fn many_neurons() -> Desk {
    let neurons: Vec<(u64, u64, u64)> =
        (1..=271).map(|id| (id, if id <= 269 { 5 } else { 0 }, YEAR.0)).collect();
    Desk::new(people(&neurons))
}

#[test]
fn list_neurons_pages_as_observed() {
    let desk = many_neurons();
    let list = |with_empty, page_number, page_size| -> ListNeuronsResponse {
        let request = ListNeurons {
            include_neurons_readable_by_caller: true,
            include_empty_neurons_readable_by_caller: with_empty,
            page_number,
            page_size,
            ..Default::default()
        };
        desk.ask(HOTKEY, "list_neurons", (request,))
    };
    for (with_empty, number, size, expected, pages) in [
        (None, None, None, 50, 6),
        (Some(false), None, None, 50, 6),
        (Some(true), Some(5), None, 21, 6),
        // More than 50 is cut to 50.
        (Some(true), Some(0), Some(5_000), 50, 6),
        (None, Some(0), Some(40), 40, 7),
        (None, Some(6), Some(40), 29, 7),
        // Past the last page nothing, but the number of pages.
        (None, Some(7), Some(40), 0, 7),
        (None, Some(u64::MAX), Some(40), 0, 7),
    ] {
        let page = list(with_empty, number, size);
        assert_eq!(page.neuron_infos.len(), expected, "{with_empty:?} {number:?} {size:?}");
        assert_eq!(page.full_neurons.len(), expected);
        assert_eq!(page.total_pages_available, Some(pages));
    }
    let all: std::collections::BTreeSet<u64> =
        (0..6).flat_map(|number| list(None, Some(number), None).neuron_infos).map(|(id, _)| id).collect();
    assert_eq!(all.len(), 269);

    let request =
        ListNeurons { include_neurons_readable_by_caller: true, page_size: Some(0), ..Default::default() };
    let reject = desk.raw(ME, "list_neurons", &encode_args((request,)).unwrap()).unwrap_err();
    assert_eq!((reject.code, reject.error_code), (5, "IC0503"));
}

#[test]
fn list_neurons_by_number_and_subaccount_shows_what_the_caller_may_see() {
    let mut state = people(&[(1, 10, YEAR.0), (2, 10, YEAR.0), (3, 10, YEAR.0)]);
    state.change(2, |n| n.public = true);
    let id = state.make_proposal(3, motion(), NOW).err();
    assert!(id.is_some(), "10 ICP are too little to propose");
    state.change(1, |n| n.note_ballot(icpulse_model::Topic::Governance, 7, ModelVote::Yes));
    state.change(2, |n| n.note_ballot(icpulse_model::Topic::Governance, 7, ModelVote::Yes));
    let subaccount = state.neurons()[&2].subaccount;
    let desk = Desk::new(state);
    let list = |caller, public: Option<bool>| -> ListNeuronsResponse {
        let request = ListNeurons {
            neuron_ids: vec![1, 999],
            neuron_subaccounts: Some(vec![NeuronSubaccount { subaccount: subaccount.0.to_vec() }]),
            include_public_neurons_in_full_neurons: public,
            ..Default::default()
        };
        desk.ask(caller, "list_neurons", (request,))
    };
    let full =
        |reply: &ListNeuronsResponse| reply.full_neurons.iter().map(|n| n.id.unwrap().id).collect::<Vec<_>>();
    let stranger = list(STRANGER, None);
    assert_eq!((stranger.neuron_infos.len(), full(&stranger)), (2, vec![]));
    let ballots = |reply: &ListNeuronsResponse, id| {
        let (_, info) = reply.neuron_infos.iter().find(|(i, _)| *i == id).unwrap();
        info.recent_ballots.len()
    };
    assert_eq!(
        (ballots(&stranger, 1), ballots(&stranger, 2)),
        (0, 1),
        "ballots of private neurons are hidden"
    );
    assert_eq!(full(&list(STRANGER, Some(true))), [2]);
    let hotkey = list(HOTKEY, None);
    assert_eq!(full(&hotkey).into_iter().collect::<std::collections::BTreeSet<_>>(), [1, 2].into());
    assert_eq!(ballots(&hotkey, 1), 1);
}

#[test]
fn get_full_neuron_is_for_its_own_people_even_when_it_is_public() {
    let mut state = people(&[(1, 10, YEAR.0)]);
    state.change(1, |n| n.public = true);
    let subaccount = state.neurons()[&1].subaccount;
    let desk = Desk::new(state);
    let denied: NeuronResult = desk.ask(Principal::anonymous(), "get_full_neuron", (1_u64,));
    // Recorded: get_full_neuron_denied.
    let denied = denied.unwrap_err();
    assert_eq!(denied.error_type, 3);
    assert_eq!(
        denied.error_message,
        "Principal 2vxsx-fae is not authorized to get full neuron information for neuron NeuronId { id: 1 }"
    );
    let by = NeuronIdOrSubaccount::Subaccount(serde_bytes::ByteBuf::from(subaccount.0.to_vec()));
    let full: NeuronResult = desk.ask(HOTKEY, "get_full_neuron_by_id_or_subaccount", (by.clone(),));
    let full = full.unwrap();
    assert_eq!(full.account, subaccount.0);
    assert_eq!(full.dissolve_state, Some(DissolveState::DissolveDelaySeconds(YEAR.0)));
    assert_eq!(full.visibility, Some(2));
    let info: NeuronInfoResult = desk.ask(STRANGER, "get_neuron_info_by_id_or_subaccount", (by,));
    assert_eq!(info.unwrap().stake_e8s, 1_000_000_000);
    let missing: NeuronInfoResult = desk.ask(STRANGER, "get_neuron_info", (5_u64,));
    assert_eq!(missing.unwrap_err().error_message, "Neuron not found: NeuronId { id: 5 }");
    let ids: Vec<u64> = desk.ask(HOTKEY, "get_neuron_ids", ());
    assert_eq!(ids, [1]);
    assert!(desk.ask::<Vec<u64>>(STRANGER, "get_neuron_ids", ()).is_empty());
}

#[test]
fn get_neuron_index_pages_as_observed() {
    let desk = many_neurons();
    let page = |after: Option<u64>, size| {
        let request = GetNeuronIndexRequest {
            exclusive_start_neuron_id: after.map(|id| NeuronId { id }),
            page_size: size,
        };
        let reply: GetNeuronIndexResult = desk.ask(STRANGER, "get_neuron_index", (request,));
        reply.unwrap().neurons.iter().map(|n| n.id.unwrap().id).collect::<Vec<_>>()
    };
    assert_eq!(page(None, None), (1..=271).collect::<Vec<_>>());
    assert_eq!(page(None, Some(1_000)).len(), 271);
    assert_eq!(page(None, Some(0)), [] as [u64; 0]);
    assert_eq!(page(Some(269), Some(10)), [270, 271]);
    assert_eq!(page(Some(u64::MAX), None), [] as [u64; 0]);
    let many: Vec<(u64, u64, u64)> = (1..=400).map(|id| (id, 1, YEAR.0)).collect();
    let desk = Desk::new(people(&many));
    let reply: GetNeuronIndexResult = desk.ask(
        STRANGER,
        "get_neuron_index",
        (GetNeuronIndexRequest { page_size: Some(500), ..Default::default() },),
    );
    assert_eq!(reply.unwrap().neurons.len(), 300);
}

#[test]
fn known_neurons_have_a_history_of_votes() {
    let mut state = people(&[(1, 1_000, YEAR.0), (2, 1_000, YEAR.0), (3, 2_000, YEAR.0)]);
    state.change(1, |n| {
        n.known = Some(KnownNeuronData { name: "Beacon".to_owned(), ..Default::default() });
    });
    for step in 0..3 {
        state.make_proposal(2, motion(), NOW + step).unwrap();
    }
    state.vote(1, 1, ModelVote::No, NOW + 9);
    state.vote(1, 3, ModelVote::Yes, NOW + 9);
    state.run_to(NOW + 6 * 86_400);
    state.make_proposal(2, motion(), NOW + 6 * 86_400).unwrap();
    let desk = Desk::new(state);
    desk.clock.advance(Duration::from_secs(6 * 86_400));
    let votes = |id, before: Option<u64>, limit| -> ListNeuronVotesResponse {
        let request = ListNeuronVotesRequest {
            neuron_id: Some(NeuronId { id }),
            before_proposal: before.map(|id| ProposalId { id }),
            limit,
        };
        desk.ask(STRANGER, "list_neuron_votes", (request,))
    };
    let all = votes(1, None, None).unwrap();
    let rows: Vec<_> =
        all.votes.unwrap().iter().map(|v| (v.proposal_id.unwrap().id, v.vote.unwrap())).collect();
    assert_eq!(rows, [(3, Vote::Yes), (2, Vote::Unspecified), (1, Vote::No)], "an abstention is kept too");
    assert_eq!(all.all_finalized_before_proposal, Some(ProposalId { id: 4 }));
    assert_eq!(votes(1, Some(3), Some(1)).unwrap().votes.unwrap().len(), 1);
    assert_eq!(votes(2, None, None).unwrap_err().error_type, 11);
    assert_eq!(votes(77, None, None).unwrap_err().error_type, 11, "as one that is not known");
    let known: ListKnownNeuronsResponse = desk.ask(STRANGER, "list_known_neurons", ());
    assert_eq!(known.known_neurons.len(), 1);
}

#[test]
fn the_network_s_own_numbers_decode() {
    let mut state = people(&[(1, 1_000, YEAR.0)]);
    let provider = NodeProvider { id: Some(ME), reward_account: None };
    state.node_providers.push(provider.clone());
    for month in 0..30 {
        state.reward_node_providers(NOW + month);
    }
    state.update_modulation(NOW);
    state.compute_metrics(NOW);
    let desk = Desk::new(state);
    let economics: NetworkEconomics = desk.ask(STRANGER, "get_network_economics_parameters", ());
    assert_eq!(economics.reject_cost_e8s, 2_500_000_000);
    let power = economics.voting_power_economics.unwrap();
    assert_eq!(power.neuron_minimum_dissolve_delay_to_vote_seconds, Some(14 * 86_400));
    assert_eq!(power.start_reducing_voting_power_after_seconds, Some(15_778_800));
    let metrics: GetMetricsResult = desk.ask(STRANGER, "get_metrics", ());
    assert_eq!(metrics.unwrap().not_dissolving_neurons_count, 1);
    let event: RewardEvent = desk.ask(STRANGER, "get_latest_reward_event", ());
    assert_eq!(event.day_after_genesis, 2_018);
    let modulation: GetMaturityModulationResponse =
        desk.ask(STRANGER, "get_maturity_modulation", (GetMaturityModulationRequest {},));
    assert!(modulation.maturity_modulation.unwrap().updated_at_timestamp_seconds.is_some());
    let providers: ListNodeProvidersResponse = desk.ask(STRANGER, "list_node_providers", ());
    assert_eq!(providers.node_providers, std::slice::from_ref(&provider));
    let own: NodeProviderResult = desk.ask(ME, "get_node_provider_by_caller", ((),));
    assert_eq!(own.unwrap(), provider);
    let none: NodeProviderResult = desk.ask(STRANGER, "get_node_provider_by_caller", ((),));
    assert_eq!(none.unwrap_err().error_type, 4);
    let rewards: ListNodeProviderRewardsResponse =
        desk.ask(STRANGER, "list_node_provider_rewards", (ListNodeProviderRewardsRequest::default(),));
    assert_eq!(rewards.rewards.len(), 24, "at most two years' worth");
    assert!(rewards.rewards[0].timestamp > rewards.rewards[1].timestamp);
    assert!(desk.ask::<String>(STRANGER, "get_build_metadata", ()).contains("version"));
}

#[test]
fn instants_leave_by_the_client_s_clock() {
    // At 60x, four virtual days ahead are 96 minutes ahead; spans stay as they are.
    let mut state = people(&[(1, 1_000, 2 * YEAR.0)]);
    state.change(1, |n| n.dissolve = Dissolve::Until { at: NOW + YEAR.0 });
    state.change(1, |n| n.created = NOW - 1_000);
    state.make_proposal(1, motion(), NOW).unwrap();
    let desk = Desk {
        governance: Governance::new(state, None),
        clock: Clock::manual(Timestamp::from_secs(NOW), 60),
    };
    let info: Option<ProposalInfo> = desk.ask(ME, "get_proposal_info", (1_u64,));
    let info = info.unwrap();
    assert_eq!(info.proposal_timestamp_seconds, NOW);
    assert_eq!(info.deadline_timestamp_seconds, Some(NOW + 96 * 60));
    assert_eq!(info.executed_timestamp_seconds, NOW, "one neuron decides at once");
    assert_eq!(info.failed_timestamp_seconds, 0);
    let full: NeuronResult = desk.ask(ME, "get_full_neuron", (1_u64,));
    let full = full.unwrap();
    assert_eq!(full.created_timestamp_seconds, NOW - 1_000);
    assert_eq!(full.dissolve_state, Some(DissolveState::WhenDissolvedTimestampSeconds(NOW + YEAR.0 / 60)));
    assert_eq!(full.aging_since_timestamp_seconds, u64::MAX);
    let info: NeuronInfoResult = desk.ask(ME, "get_neuron_info", (1_u64,));
    assert_eq!(info.unwrap().dissolve_delay_seconds, YEAR.0);
}

#[test]
fn rejections_are_those_of_a_replica() {
    let desk = Desk::new(people(&[]));
    let reject = |method: &str, arg: &[u8]| {
        let reject = desk.raw(ME, method, arg).unwrap_err();
        (reject.code, reject.error_code, reject.message)
    };
    let (code, error, message) = reject("no_such_method", b"DIDL\0\0");
    assert_eq!((code, error), (5, "IC0536"));
    assert!(message.contains("Canister has no query method 'no_such_method'.."));
    assert_eq!(reject("manage_neuron", b"DIDL\0\0").1, "IC0536");
    let (code, error, message) = reject("get_proposal_info", b"DIDL\0\0");
    assert_eq!((code, error), (5, "IC0503"));
    assert!(
        message.contains(
            "Canister called `ic0.trap` with message: 'Panicked at 'called `Result::unwrap()` on an \
                          `Err` value: Custom(No more values on the wire, the expected type nat64"
        ),
        "{message}"
    );
    let (_, error, message) = reject("get_proposal_info", &[0xff, 0xff]);
    assert_eq!(error, "IC0503");
    assert!(message.contains("Cannot parse header ffff"), "{message}");
}
