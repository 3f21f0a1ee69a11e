//! Economic parameters, metrics, reward events, modulation and rates.

use crate::wire::governance as wire;
use icpulse_model::economics::{
    DEFAULT_MIN_DELAY_TO_VOTE, Economics, GovernanceMetrics, MaturityModulation, RewardEvent,
};
use icpulse_model::{E8s, ProposalKey, Seconds, Timestamp, VotingPower, XdrPermyriad};

/// `get_network_economics_parameters`. What an older canister does not say is the default of the code.
pub fn decode_economics(from: &wire::NetworkEconomics) -> Economics {
    let defaults = Economics::defaults();
    let power = from.voting_power_economics.as_ref();
    Economics {
        neuron_minimum_stake: E8s(from.neuron_minimum_stake_e8s),
        reject_cost: E8s(from.reject_cost_e8s),
        neuron_management_fee: E8s(from.neuron_management_fee_per_proposal_e8s),
        transaction_fee: E8s(from.transaction_fee_e8s),
        spawn_dissolve_delay: Seconds(from.neuron_spawn_dissolve_delay_seconds),
        max_proposals_per_topic: from.max_proposals_to_keep_per_topic,
        // The canister keeps this one in hundredths of an XDR (`minimum_icp_xdr_rate`).
        minimum_icp_xdr: XdrPermyriad(from.minimum_icp_xdr_rate.saturating_mul(100)),
        maximum_node_provider_rewards: E8s(from.maximum_node_provider_rewards_e8s),
        start_reducing_after: power
            .and_then(|p| p.start_reducing_voting_power_after_seconds)
            .map_or(defaults.start_reducing_after, Seconds),
        clear_following_after: power
            .and_then(|p| p.clear_following_after_seconds)
            .map_or(defaults.clear_following_after, Seconds),
        minimum_delay_to_vote: power
            .and_then(|p| p.neuron_minimum_dissolve_delay_to_vote_seconds)
            .map_or(DEFAULT_MIN_DELAY_TO_VOTE, Seconds),
    }
}

/// `get_metrics`.
pub fn decode_metrics(from: &wire::GovernanceCachedMetrics) -> GovernanceMetrics {
    GovernanceMetrics {
        at: Timestamp::from_secs(from.timestamp_seconds),
        total_supply_icp: from.total_supply_icp,
        total_locked: E8s(from.total_locked_e8s),
        total_staked: E8s(from.total_staked_e8s),
        total_maturity: E8s(from.total_maturity_e8s_equivalent),
        total_staked_maturity: E8s(from.total_staked_maturity_e8s_equivalent),
        not_dissolving_count: from.not_dissolving_neurons_count,
        dissolving_count: from.dissolving_neurons_count,
        dissolved_count: from.dissolved_neurons_count,
        not_dissolving_buckets: decode_buckets(&from.not_dissolving_neurons_e8s_buckets),
        dissolving_buckets: decode_buckets(&from.dissolving_neurons_e8s_buckets),
        public_deciding_voting_power: from
            .public_neuron_subset_metrics
            .as_ref()
            .and_then(|m| m.total_deciding_voting_power)
            .map(VotingPower),
        declining_potential_voting_power: from
            .declining_voting_power_neuron_subset_metrics
            .as_ref()
            .and_then(|m| m.total_potential_voting_power)
            .map(VotingPower),
    }
}

/// The canister sends these sums as floating-point numbers; they are whole e8s (exact below 2^53).
fn decode_buckets(from: &[(u64, f64)]) -> Vec<(u64, E8s)> {
    let whole =
        |value: f64| if value.is_finite() && value > 0.0 { E8s(value.round() as u64) } else { E8s::ZERO };
    from.iter().map(|(bucket, e8s)| (*bucket, whole(*e8s))).collect()
}

/// `get_latest_reward_event`.
pub fn decode_reward_event(from: &wire::RewardEvent) -> RewardEvent {
    RewardEvent {
        day_after_genesis: from.day_after_genesis,
        at: Timestamp::from_secs(from.actual_timestamp_seconds),
        total_available: E8s(from.total_available_e8s_equivalent),
        latest_round_available: from.latest_round_available_e8s_equivalent.map(E8s),
        distributed: E8s(from.distributed_e8s_equivalent),
        rounds_since_last: from.rounds_since_last_distribution,
        settled: from.settled_proposals.iter().map(|p| ProposalKey::nns(p.id)).collect(),
    }
}

/// `get_maturity_modulation`; `None` when the canister has not computed it yet.
pub fn decode_modulation(from: &wire::GetMaturityModulationResponse) -> Option<MaturityModulation> {
    let modulation = from.maturity_modulation.as_ref()?;
    Some(MaturityModulation {
        permyriad: modulation.current_value_permyriad?,
        at: modulation.updated_at_timestamp_seconds.and_then(Timestamp::from_secs_or_never),
    })
}
