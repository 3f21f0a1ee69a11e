//! Neurons: full ones, public extracts, and both of one neuron merged.

use crate::wire::governance as wire;
use icpulse_model::neuron::{Access, DissolveState, KnownNeuron, KnownNeuronData, MaturityDisbursement};
use icpulse_model::text::{Block, Line};
use icpulse_model::topic::{NeuronState, Visibility};
use icpulse_model::{
    Account, AccountIdentifier, E8s, Evidence, Neuron, NeuronKey, Principal, ProposalKey, Seconds,
    Subaccount, Timestamp, Topic, Vote, VotingPower,
};

/// A neuron from what was read of it: its full record (where the reader may have it), its public
/// extract, or both; `None` without either or without a number.
pub fn decode_neuron(
    full: Option<&wire::Neuron>,
    info: Option<&wire::NeuronInfo>,
    id: Option<NeuronKey>,
    reader: Principal,
    evidence: Evidence,
) -> Option<Neuron> {
    match (full, info) {
        (Some(full), info) => from_full(full, info, id, reader, evidence),
        (None, Some(info)) => from_info(info, id, evidence),
        (None, None) => None,
    }
}

fn decode_access(full: &wire::Neuron, reader: Principal) -> Access {
    if reader == Principal::anonymous() {
        Access::Public
    } else if full.controller == Some(reader) {
        Access::Controller
    } else if full.hot_keys.contains(&reader) {
        Access::Hotkey
    } else {
        Access::Public
    }
}

fn from_full(
    full: &wire::Neuron,
    info: Option<&wire::NeuronInfo>,
    id: Option<NeuronKey>,
    reader: Principal,
    evidence: Evidence,
) -> Option<Neuron> {
    let id = full.id.map(|n| NeuronKey::nns(n.id)).or(id)?;
    let cached = E8s(full.cached_neuron_stake_e8s);
    let fees = E8s(full.neuron_fees_e8s);
    let staked_maturity = E8s(full.staked_maturity_e8s_equivalent.unwrap_or(0));
    let power = |full: Option<u64>, info: Option<u64>, old: Option<u64>| {
        VotingPower(full.or(info).or(old).unwrap_or(0))
    };
    // What the old field gives is the potential voting power; canisters that have no other know no decay.
    let old_power = info.map(|i| i.voting_power);
    let computed = Computed::of(full, evidence.at);
    Some(Neuron {
        id,
        access: decode_access(full, reader),
        controller: full.controller,
        hot_keys: full.hot_keys.clone(),
        subaccount: Subaccount::from_slice(&full.account),
        state: info.map_or(computed.state, |i| NeuronState::from_number(i.state)),
        cached_stake: cached,
        fees,
        staked_maturity: Some(staked_maturity),
        maturity: E8s(full.maturity_e8s_equivalent),
        stake: cached.saturating_sub(fees).saturating_add(staked_maturity),
        created: Timestamp::from_secs(full.created_timestamp_seconds),
        dissolve_delay: info.map_or(computed.delay, |i| Seconds(i.dissolve_delay_seconds)),
        dissolve_state: computed.dissolve_state,
        age: info.map_or(computed.age, |i| Seconds(i.age_seconds)),
        potential_voting_power: power(
            full.potential_voting_power,
            info.and_then(|i| i.potential_voting_power),
            old_power,
        ),
        deciding_voting_power: power(
            full.deciding_voting_power,
            info.and_then(|i| i.deciding_voting_power),
            old_power,
        ),
        refreshed: full.voting_power_refreshed_timestamp_seconds.map(Timestamp::from_secs),
        followees: full
            .followees
            .iter()
            .map(|(topic, followees)| {
                let followees = followees.followees.iter().map(|n| NeuronKey::nns(n.id)).collect();
                (Topic::from_number(*topic), followees)
            })
            .collect(),
        recent_ballots: decode_ballots(&full.recent_ballots),
        auto_stake_maturity: full.auto_stake_maturity.unwrap_or(false),
        visibility: decode_visibility(full.visibility),
        known: full.known_neuron_data.as_ref().map(known_data),
        joined_fund: full.joined_community_fund_timestamp_seconds.map(Timestamp::from_secs),
        gang_bonus_base: E8s(full.eight_year_gang_bonus_base_e8s.unwrap_or(0)),
        disbursements: full
            .maturity_disbursements_in_progress
            .iter()
            .flatten()
            .map(decode_disbursement)
            .collect(),
        spawns: full.spawn_at_timestamp_seconds.map(Timestamp::from_secs),
        neuron_type: full.neuron_type,
        evidence,
    })
}

fn from_info(info: &wire::NeuronInfo, id: Option<NeuronKey>, evidence: Evidence) -> Option<Neuron> {
    let id = info.id.map(|n| NeuronKey::nns(n.id)).or(id)?;
    Some(Neuron {
        id,
        access: Access::Info,
        controller: None,
        hot_keys: Vec::new(),
        subaccount: None,
        state: NeuronState::from_number(info.state),
        cached_stake: E8s::ZERO,
        fees: E8s::ZERO,
        staked_maturity: info.staked_maturity_e8s_equivalent.map(E8s),
        maturity: E8s::ZERO,
        stake: E8s(info.stake_e8s.saturating_add(info.staked_maturity_e8s_equivalent.unwrap_or(0))),
        created: Timestamp::from_secs(info.created_timestamp_seconds),
        dissolve_delay: Seconds(info.dissolve_delay_seconds),
        dissolve_state: DissolveState::None,
        age: Seconds(info.age_seconds),
        potential_voting_power: VotingPower(info.potential_voting_power.unwrap_or(info.voting_power)),
        deciding_voting_power: VotingPower(info.deciding_voting_power.unwrap_or(info.voting_power)),
        refreshed: info.voting_power_refreshed_timestamp_seconds.map(Timestamp::from_secs),
        followees: Vec::new(),
        recent_ballots: decode_ballots(&info.recent_ballots),
        auto_stake_maturity: false,
        visibility: decode_visibility(info.visibility),
        known: info.known_neuron_data.as_ref().map(known_data),
        joined_fund: info.joined_community_fund_timestamp_seconds.map(Timestamp::from_secs),
        gang_bonus_base: E8s(info.eight_year_gang_bonus_base_e8s.unwrap_or(0)),
        disbursements: Vec::new(),
        spawns: None,
        neuron_type: info.neuron_type,
        evidence,
    })
}

/// What the canister's extract would say, computed from the full record when there is none.
struct Computed {
    state: NeuronState,
    delay: Seconds,
    age: Seconds,
    dissolve_state: DissolveState,
}

impl Computed {
    fn of(full: &wire::Neuron, now: Timestamp) -> Self {
        let (state, delay, dissolve_state) = match full.dissolve_state {
            Some(wire::DissolveState::DissolveDelaySeconds(0)) => {
                (NeuronState::Dissolved, Seconds(0), DissolveState::Delay(Seconds(0)))
            }
            Some(wire::DissolveState::DissolveDelaySeconds(delay)) => {
                (NeuronState::NotDissolving, Seconds(delay), DissolveState::Delay(Seconds(delay)))
            }
            Some(wire::DissolveState::WhenDissolvedTimestampSeconds(at)) => {
                let at = Timestamp::from_secs(at);
                let state = if at > now { NeuronState::Dissolving } else { NeuronState::Dissolved };
                (state, at.since(now), DissolveState::At(at))
            }
            None => (NeuronState::Dissolved, Seconds(0), DissolveState::None),
        };
        let state = if full.spawn_at_timestamp_seconds.is_some() { NeuronState::Spawning } else { state };
        // u64::MAX stands for "does not age".
        let age = now.since(Timestamp::from_secs(full.aging_since_timestamp_seconds));
        Self { state, delay, age, dissolve_state }
    }
}

fn decode_ballots(ballots: &[wire::BallotInfo]) -> Vec<(ProposalKey, Vote)> {
    ballots
        .iter()
        .filter_map(|b| Some((ProposalKey::nns(b.proposal_id?.id), Vote::from_number(b.vote))))
        .collect()
}

fn decode_visibility(number: Option<i32>) -> Visibility {
    number.map_or(Visibility::Unspecified, Visibility::from_number)
}

fn decode_disbursement(d: &wire::MaturityDisbursement) -> MaturityDisbursement {
    let account = d.account_to_disburse_to.as_ref().and_then(|account| {
        let subaccount = match &account.subaccount {
            Some(bytes) => Subaccount::from_slice(bytes)?,
            None => Subaccount::DEFAULT,
        };
        Some(Account { owner: account.owner?, subaccount })
    });
    MaturityDisbursement {
        amount: E8s(d.amount_e8s.unwrap_or(0)),
        ordered: Timestamp::from_secs(d.timestamp_of_disbursement_seconds.unwrap_or(0)),
        arrives: Timestamp::from_secs(d.finalize_disbursement_timestamp_seconds.unwrap_or(0)),
        account,
        account_identifier: d
            .account_identifier_to_disburse_to
            .as_ref()
            .and_then(|id| AccountIdentifier::from_slice(&id.hash).ok()),
    }
}

/// What a known neuron says of itself, neutralised.
pub fn known_data(data: &wire::KnownNeuronData) -> KnownNeuronData {
    KnownNeuronData {
        name: Line::new(&data.name),
        description: Block::new(data.description.as_deref().unwrap_or_default()),
        links: data.links.iter().flatten().map(|link| Line::new(link)).collect(),
        committed_topics: data
            .committed_topics
            .iter()
            .flatten()
            .flatten()
            .map(|topic| topic_of(*topic))
            .collect(),
    }
}

/// A row of `list_known_neurons`; `None` without number or words.
pub fn decode_known_neuron(row: &wire::KnownNeuron) -> Option<KnownNeuron> {
    Some(KnownNeuron { id: NeuronKey::nns(row.id?.id), data: known_data(row.known_neuron_data.as_ref()?) })
}

/// A row of `list_neuron_votes`.
pub fn decode_vote(row: &wire::NeuronVote) -> Option<(ProposalKey, Vote)> {
    let vote = match row.vote? {
        wire::Vote::Unspecified => Vote::Unspecified,
        wire::Vote::Yes => Vote::Yes,
        wire::Vote::No => Vote::No,
    };
    Some((ProposalKey::nns(row.proposal_id?.id), vote))
}

fn topic_of(topic: wire::TopicToFollow) -> Topic {
    use wire::TopicToFollow as T;
    match topic {
        T::CatchAll => Topic::Unspecified,
        T::NeuronManagement => Topic::NeuronManagement,
        T::ExchangeRate => Topic::ExchangeRate,
        T::NetworkEconomics => Topic::NetworkEconomics,
        T::Governance => Topic::Governance,
        T::NodeAdmin => Topic::NodeAdmin,
        T::ParticipantManagement => Topic::ParticipantManagement,
        T::SubnetManagement => Topic::SubnetManagement,
        T::Kyc => Topic::Kyc,
        T::NodeProviderRewards => Topic::NodeProviderRewards,
        T::IcOsVersionDeployment => Topic::IcOsVersionDeployment,
        T::IcOsVersionElection => Topic::IcOsVersionElection,
        T::SnsAndCommunityFund => Topic::SnsAndCommunityFund,
        T::ApiBoundaryNodeManagement => Topic::ApiBoundaryNodeManagement,
        T::SubnetRental => Topic::SubnetRental,
        T::ApplicationCanisterManagement => Topic::ApplicationCanisterManagement,
        T::ProtocolCanisterManagement => Topic::ProtocolCanisterManagement,
        T::ServiceNervousSystemManagement => Topic::ServiceNervousSystemManagement,
    }
}
