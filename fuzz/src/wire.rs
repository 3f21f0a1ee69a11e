//! What comes from the network.

use crate::{NOW, check, choose, evidence, reader};
use icpulse_canisters::wire::block::Block;
use icpulse_canisters::wire::lenient::{self, decode_rows};
use icpulse_canisters::wire::node_rewards as nr;
use icpulse_canisters::wire::untyped::{Message, text_of};
use icpulse_canisters::wire::{cmc, decode_one, encode_one, governance as g, index, ledger};
use icpulse_canisters::{cmc as rate, decode};
use icpulse_ic::certificate::{self, Authority, main_network_root_key};
use icpulse_model::network::RootKey;
use icpulse_model::{NeuronKey, Principal, Timestamp};

/// A kind of reply: the methods that answer so, and what is done with one.
pub type Kind = (&'static [&'static str], fn(&[u8]));

/// Every kind of reply that the program reads. Seeds name a kind by its place.
pub const KINDS: &[Kind] = &[
    (&["list_proposals"], proposals),
    (&["get_proposal_info"], proposal),
    (&["get_pending_proposals"], pending),
    (&["list_neurons"], neurons),
    (&["get_full_neuron"], |b| one::<g::NeuronResult>(b)),
    (&["get_neuron_info"], |b| one::<g::NeuronInfoResult>(b)),
    (&["get_neuron_index"], neuron_index),
    (&["list_neuron_votes"], votes),
    (&["list_known_neurons"], known_neurons),
    (&["get_network_economics_parameters"], economics),
    (&["get_metrics"], metrics),
    (&["get_latest_reward_event"], reward_event),
    (&["get_maturity_modulation"], modulation),
    (&["manage_neuron", "simulate_manage_neuron"], |b| one::<g::ManageNeuronResponse>(b)),
    (&["claim_or_refresh_neuron_from_account"], |b| one::<g::ClaimOrRefreshNeuronFromAccountResponse>(b)),
    (&["list_node_providers"], providers),
    (&["list_node_provider_rewards"], payouts),
    (&["get_node_provider_by_caller"], |b| one::<g::NodeProviderResult>(b)),
    (&["icrc1_balance_of"], |b| one::<candid::Nat>(b)),
    (&["icrc1_metadata"], |b| one::<Vec<(String, ledger::Value)>>(b)),
    (&["icrc2_allowance"], |b| one::<ledger::Allowance>(b)),
    (&["icrc1_transfer"], |b| one::<ledger::Icrc1TransferResult>(b)),
    (&["transfer"], |b| one::<ledger::TransferResult>(b)),
    (&["query_blocks"], blocks),
    (&["query_encoded_blocks"], encoded_blocks),
    (&["tip_of_chain"], |b| one::<ledger::TipOfChain>(b)),
    (&["archives"], |b| one::<ledger::Archives>(b)),
    (&["get_account_transactions", "get_account_identifier_transactions"], transactions),
    (&["status"], |b| one::<index::Status>(b)),
    (&["get_icp_xdr_conversion_rate"], conversion_rate),
    (&["get_default_subnets"], |b| one::<Vec<Principal>>(b)),
    (&["get_node_providers_rewards_calculation"], node_rewards),
];

/// A reply of a kind, decoded leniently and taken through the door.
pub fn reply(data: &[u8]) {
    let (kind, bytes) = choose(data);
    let (_, read) = KINDS[kind % KINDS.len()];
    read(bytes);
}

/// What decodes encodes again, to something that decodes to the same.
fn one<T>(bytes: &[u8])
where
    T: candid::CandidType + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug + Clone,
{
    if let Ok(value) = decode_one::<T>(bytes) {
        let encoded = encode_one(value.clone()).expect("what was decoded can be encoded");
        let again: T = decode_one(&encoded).expect("what was encoded can be decoded");
        // A value with NaN in it does not even equal itself.
        assert!(again == value || format!("{again:?}") == format!("{value:?}"), "{value:?}");
    }
}

fn proposals(bytes: &[u8]) {
    let rows = decode_rows::<g::ListProposalInfoResponse, g::ProposalInfo>(bytes, &["proposal_info"], |r| {
        r.proposal_info
    });
    for row in rows.into_iter().flatten() {
        match &row {
            lenient::Row::Typed(info) => body(info),
            lenient::Row::Raw(raw) => {
                check::neutral(&raw.reason);
                if let Some(body) = decode::proposals::keep_unreadable_body(raw, evidence()) {
                    check::neutral_all(&body);
                }
            }
        }
        if let Some(row) = decode::proposals::decode_row(row, evidence()) {
            check::neutral_all(&row);
        }
    }
}

fn providers(bytes: &[u8]) {
    one::<g::ListNodeProvidersResponse>(bytes);
    if let Ok(reply) = decode_one::<g::ListNodeProvidersResponse>(bytes) {
        check::neutral_all(&decode::node_rewards::decode_providers(&reply.node_providers));
    }
}

fn payouts(bytes: &[u8]) {
    one::<g::ListNodeProviderRewardsResponse>(bytes);
    if let Ok(reply) = decode_one::<g::ListNodeProviderRewardsResponse>(bytes) {
        let months = decode::node_rewards::decode_payouts(&reply.rewards);
        assert!(months.is_sorted_by(|a, b| a.at >= b.at));
    }
}

fn node_rewards(bytes: &[u8]) {
    if let Ok(Ok(results)) = nr::read(bytes) {
        let day = decode::node_rewards::decode_day(&results, evidence());
        check::neutral_all(&day);
        for provider in day.providers.values() {
            let losses = provider.losses();
            let lost = losses.coefficient.plus(losses.performance).plus(losses.other);
            assert_eq!(losses.full, lost.plus(losses.earned));
        }
    }
}

fn body(info: &g::ProposalInfo) {
    if let Some(body) = decode::proposals::decode_body(info, None, evidence()) {
        check::neutral_all(&body);
    }
}

fn proposal(bytes: &[u8]) {
    one::<Option<g::ProposalInfo>>(bytes);
    let rows =
        decode_rows::<Option<g::ProposalInfo>, g::ProposalInfo>(bytes, &[], |r| r.into_iter().collect());
    for row in rows.into_iter().flatten() {
        if let lenient::Row::Typed(info) = &row {
            body(info);
        }
        if let Some(row) = decode::proposals::decode_row(row, evidence()) {
            check::neutral_all(&row);
        }
    }
}

fn pending(bytes: &[u8]) {
    let rows = decode_rows::<Vec<g::ProposalInfo>, g::ProposalInfo>(bytes, &[], |r| r);
    for row in rows.into_iter().flatten() {
        if let Some(row) = decode::proposals::decode_row(row, evidence()) {
            check::neutral_all(&row);
        }
    }
}

fn neurons(bytes: &[u8]) {
    one::<g::ListNeuronsResponse>(bytes);
    let full = decode_rows::<g::ListNeuronsResponse, g::Neuron>(bytes, &["full_neurons"], |r| r.full_neurons);
    let infos = decode_rows::<g::ListNeuronsResponse, (u64, g::NeuronInfo)>(bytes, &["neuron_infos"], |r| {
        r.neuron_infos
    });
    let full: Vec<_> = full.into_iter().flatten().filter_map(lenient::Row::typed).collect();
    let infos: Vec<_> = infos.into_iter().flatten().filter_map(lenient::Row::typed).collect();
    for (place, neuron) in full.iter().enumerate() {
        for info in [None, infos.get(place).map(|(_, info)| info)] {
            if let Some(neuron) =
                decode::neurons::decode_neuron(Some(neuron), info, None, reader(), evidence())
            {
                check::neutral_all(&neuron);
            }
        }
    }
    for (id, info) in &infos {
        let id = Some(NeuronKey::nns(*id));
        if let Some(neuron) = decode::neurons::decode_neuron(None, Some(info), id, reader(), evidence()) {
            check::neutral_all(&neuron);
        }
    }
}

fn neuron_index(bytes: &[u8]) {
    one::<g::GetNeuronIndexResult>(bytes);
    if let Ok(Ok(data)) = decode_one::<g::GetNeuronIndexResult>(bytes) {
        for info in &data.neurons {
            if let Some(neuron) = decode::neurons::decode_neuron(None, Some(info), None, reader(), evidence())
            {
                check::neutral_all(&neuron);
            }
        }
    }
}

fn votes(bytes: &[u8]) {
    one::<g::ListNeuronVotesResponse>(bytes);
    if let Ok(Ok(page)) = decode_one::<g::ListNeuronVotesResponse>(bytes) {
        for vote in page.votes.iter().flatten() {
            let _ = decode::neurons::decode_vote(vote);
        }
    }
}

fn known_neurons(bytes: &[u8]) {
    one::<g::ListKnownNeuronsResponse>(bytes);
    let reply = decode_one::<g::ListKnownNeuronsResponse>(bytes);
    for row in reply.iter().flat_map(|reply| &reply.known_neurons) {
        if let Some(known) = decode::neurons::decode_known_neuron(row) {
            check::neutral_all(&known);
        }
    }
}

fn economics(bytes: &[u8]) {
    one::<g::NetworkEconomics>(bytes);
    if let Ok(reply) = decode_one::<g::NetworkEconomics>(bytes) {
        let _ = decode::facts::decode_economics(&reply);
    }
}

fn metrics(bytes: &[u8]) {
    one::<g::GetMetricsResult>(bytes);
    if let Ok(Ok(reply)) = decode_one::<g::GetMetricsResult>(bytes) {
        let _ = decode::facts::decode_metrics(&reply);
    }
}

fn reward_event(bytes: &[u8]) {
    one::<g::RewardEvent>(bytes);
    if let Ok(reply) = decode_one::<g::RewardEvent>(bytes) {
        let _ = decode::facts::decode_reward_event(&reply);
    }
}

fn modulation(bytes: &[u8]) {
    one::<g::GetMaturityModulationResponse>(bytes);
    if let Ok(reply) = decode_one::<g::GetMaturityModulationResponse>(bytes) {
        let _ = decode::facts::decode_modulation(&reply);
    }
}

fn blocks(bytes: &[u8]) {
    one::<ledger::QueryBlocksResponse>(bytes);
    let reply = decode_one::<ledger::QueryBlocksResponse>(bytes);
    for (number, block) in reply.iter().flat_map(|reply| &reply.blocks).enumerate() {
        let transaction =
            decode::ledger::decode_block(crate::files::token().ledger, number as u64, block, evidence());
        check::neutral_all(&transaction);
        let _ = (transaction.verb(&crate::files::account().identifier()), transaction.units());
    }
}

fn encoded_blocks(bytes: &[u8]) {
    one::<ledger::QueryEncodedBlocksResponse>(bytes);
    let reply = decode_one::<ledger::QueryEncodedBlocksResponse>(bytes);
    reply.iter().flat_map(|reply| &reply.blocks).for_each(|bytes| block(bytes));
}

fn transactions(bytes: &[u8]) {
    one::<index::GetAccountTransactionsResult>(bytes);
    let rows = decode_rows::<index::GetAccountTransactionsResult, index::TransactionWithId>(
        bytes,
        &["Ok", "transactions"],
        |reply| reply.map(|page| page.transactions).unwrap_or_default(),
    );
    for row in rows.into_iter().flatten() {
        if let Some(transaction) =
            decode::ledger::decode_indexed(crate::files::token().ledger, row, evidence())
        {
            check::neutral_all(&transaction);
        }
    }
}

fn conversion_rate(bytes: &[u8]) {
    one::<cmc::IcpXdrConversionRateCertifiedResponse>(bytes);
    if let Ok(reply) = decode_one::<cmc::IcpXdrConversionRateCertifiedResponse>(bytes) {
        let now = certificate::claimed_time(&reply.certificate).unwrap_or(NOW);
        let _ =
            rate::verify_rate(&reply, b"ICP_XDR_CONVERSION_RATE", &recorded_root_key(), cmc_canister(), now);
    }
}

/// Candid without a type, and rows cut out of it.
pub fn untyped(data: &[u8]) {
    let (choice, bytes) = choose(data);
    let Ok(message) = Message::parse(bytes) else { return };
    let sound = message.check().is_ok();
    if let Ok(values) = message.values() {
        for value in &values {
            let text = text_of(value, 2_000, &|_| None);
            assert!(text.chars().count() <= 2_001);
            assert!(!text.chars().any(char::is_control), "{text:?}");
        }
    }
    let paths: [&[&str]; 4] = [&[], &["proposal_info"], &["Ok", "transactions"], &["full_neurons"]];
    if let Ok(rows) = message.rows(paths[choice % paths.len()], 1_000) {
        for row in rows.iter().take(50) {
            let row = message.row_message(row);
            let again = lenient::check(&row);
            assert!(!sound || again.is_ok(), "a row of a sound message is sound: {again:?}");
        }
    }
}

/// A ledger block in its protobuf encoding.
pub fn block(data: &[u8]) {
    if let Ok(block) = Block::from_bytes(data) {
        let bytes = block.to_bytes();
        assert_eq!(Block::from_bytes(&bytes), Ok(block.clone()));
        assert_eq!(block.hash(), icpulse_canisters::wire::block::hash_of_encoded(&bytes));
    }
}

/// The argument of an NNS function in a proposal.
pub fn payload(data: &[u8]) {
    let (number, bytes) = choose(data);
    let number = i32::try_from(number).unwrap_or(0);
    check::neutral_all(&decode::payload::function_payload(number, bytes));
    let function = g::ExecuteNnsFunction { nns_function: number, payload: bytes.to_vec() };
    check::neutral_all(&decode::payload::decode_payload(
        Some(&g::Action::ExecuteNnsFunction(function)),
        None,
    ));
}

/// The root key of the network that the recordings come from.
fn recorded_root_key() -> RootKey {
    static KEY: std::sync::LazyLock<Vec<u8>> = std::sync::LazyLock::new(crate::seeds::recorded_root_key);
    RootKey(KEY.clone())
}

fn cmc_canister() -> Principal {
    Principal::from_text("rkp4c-7iaaa-aaaaa-aaaca-cai").expect("a principal")
}

/// Certificates and hash trees. Only what a root key signed may pass, so of all that is made here
/// only other encodings of the seeds do: they must say what the seeds say.
pub fn certificate(data: &[u8]) {
    let (choice, bytes) = choose(data);
    let key = if choice & 1 == 0 { main_network_root_key() } else { recorded_root_key() };
    let canister = Principal::from_text("rrkah-fqaaa-aaaaa-aaaaq-cai").expect("a principal");
    let authority = match (choice >> 1) & 3 {
        0 => Authority::Canister(canister),
        1 => Authority::Canister(cmc_canister()),
        2 => Authority::Canister(Principal::from_text("ivg37-qiaaa-aaaab-aaaga-cai").expect("a principal")),
        _ => Authority::Subnet(Principal::from_slice(&[1; 29])),
    };
    let _ = certificate::parse_tree(bytes);
    let now = certificate::claimed_time(bytes).unwrap_or(NOW);
    match certificate::verify(bytes, &key, authority, now) {
        Ok(verified) => {
            assert_eq!(verified.time, now);
            assert!(crate::seeds::trees().contains(&verified.tree.digest()), "a forged certificate passes");
            let _ = (verified.certified_data(&canister), verified.lookup(&[b"subnet"]));
            let late = Timestamp(now.0.saturating_add(301_000_000_000));
            assert!(certificate::verify(bytes, &key, authority, late).is_err());
        }
        Err(error) => check::neutral(&error.to_string()),
    }
}

/// The answer to an HTTP request: status, a header, a body.
pub fn http(data: &[u8]) {
    let (choice, rest) = choose(data);
    let path = ["/api/v2/canister/x/query", "/api/v4/canister/x/call", "/api/v2/canister/x/read_state", "/x"];
    let status = [200, 202, 400, 403, 404, 429, 500, 503];
    let line = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
    let (date, body) = (&rest[..line], rest.get(line + 1..).unwrap_or_default());
    let answer = icpulse_ic::fuzzing::answer(path[choice % 4], status[(choice >> 2) % 8], date, body);
    for error in &answer.errors {
        check::neutral(&error.to_string());
        check::neutral(error.advice());
        let _ = (error.why(), error.is_retryable(), error.proves_not_sent());
    }
}

/// A subnet's metrics, or what the dashboard says.
pub fn live(data: &[u8]) {
    let (choice, rest) = choose(data);
    if choice % 2 == 0 {
        let _ = icpulse_ic::fuzzing::metrics(rest);
        return;
    }
    let (nodes, providers) = icpulse_ic::fuzzing::dashboard(rest, NOW);
    check::neutral_all(&nodes);
    check::neutral_all(&providers);
}
