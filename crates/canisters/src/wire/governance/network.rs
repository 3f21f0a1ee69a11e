//! The network's own numbers: `get_network_economics_parameters`, `get_metrics`,
//! `get_latest_reward_event`, `get_maturity_modulation`, node providers and their rewards; and the
//! error every governance method answers with.

use candid::{CandidType, Deserialize, Principal};

use super::action::RewardNodeProvider;
use super::manage::AccountIdentifier;
use super::proposal::ProposalId;

/// An error of governance. `error_message` is hostile text. Types seen on the network: 3 not
/// authorised, 4 not found, 11 precondition failed, 16 invalid command, 19 already voted.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct GovernanceError {
    pub error_message: String,
    pub error_type: i32,
}

/// A percentage in basis points (1/100 of a percent).
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default, Copy, Eq)]
pub struct Percentage {
    pub basis_points: Option<u64>,
}

/// A decimal number as text.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct Decimal {
    pub human_readable: Option<String>,
}

/// Reply of `get_network_economics_parameters`; amounts in e8s.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct NetworkEconomics {
    pub neuron_minimum_stake_e8s: u64,
    pub max_proposals_to_keep_per_topic: u32,
    pub neuron_management_fee_per_proposal_e8s: u64,
    pub reject_cost_e8s: u64,
    pub transaction_fee_e8s: u64,
    pub neuron_spawn_dissolve_delay_seconds: u64,
    pub minimum_icp_xdr_rate: u64,
    pub maximum_node_provider_rewards_e8s: u64,
    pub neurons_fund_economics: Option<NeuronsFundEconomics>,
    pub voting_power_economics: Option<VotingPowerEconomics>,
}

/// When the deciding voting power of neurons declines, and the least delay that votes.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct VotingPowerEconomics {
    pub start_reducing_voting_power_after_seconds: Option<u64>,
    pub clear_following_after_seconds: Option<u64>,
    pub neuron_minimum_dissolve_delay_to_vote_seconds: Option<u64>,
}

/// What the Neurons' Fund may put into a swap.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct NeuronsFundEconomics {
    pub maximum_icp_xdr_rate: Option<Percentage>,
    pub neurons_fund_matched_funding_curve_coefficients: Option<NeuronsFundMatchedFundingCurveCoefficients>,
    pub max_theoretical_neurons_fund_participation_amount_xdr: Option<Decimal>,
    pub minimum_icp_xdr_rate: Option<Percentage>,
}

/// The curve that matches direct participation with the Neurons' Fund's.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct NeuronsFundMatchedFundingCurveCoefficients {
    pub contribution_threshold_xdr: Option<Decimal>,
    pub one_third_participation_milestone_xdr: Option<Decimal>,
    pub full_participation_milestone_xdr: Option<Decimal>,
}

/// Metrics the canister computes once a day (`get_metrics`). Amounts are e8s except
/// `total_supply_icp` (whole ICP); buckets are keyed by dissolve delay in half-years.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct GovernanceCachedMetrics {
    pub timestamp_seconds: u64,
    pub total_supply_icp: u64,

    pub total_staked_e8s: u64,
    pub total_staked_e8s_ect: u64,
    pub total_staked_e8s_seed: u64,
    pub total_staked_e8s_non_self_authenticating_controller: Option<u64>,
    pub total_locked_e8s: u64,
    pub total_maturity_e8s_equivalent: u64,
    pub total_staked_maturity_e8s_equivalent: u64,
    pub total_staked_maturity_e8s_equivalent_ect: u64,
    pub total_staked_maturity_e8s_equivalent_seed: u64,
    pub total_maturity_disbursements_in_progress_e8s_equivalent: Option<u64>,
    pub total_voting_power_non_self_authenticating_controller: Option<u64>,

    pub dissolved_neurons_count: u64,
    pub dissolved_neurons_e8s: u64,
    pub dissolving_neurons_count: u64,
    pub dissolving_neurons_count_buckets: Vec<(u64, u64)>,
    pub dissolving_neurons_e8s_buckets: Vec<(u64, f64)>,
    pub dissolving_neurons_e8s_buckets_ect: Vec<(u64, f64)>,
    pub dissolving_neurons_e8s_buckets_seed: Vec<(u64, f64)>,
    pub dissolving_neurons_staked_maturity_e8s_equivalent_sum: u64,
    pub dissolving_neurons_staked_maturity_e8s_equivalent_buckets: Vec<(u64, f64)>,
    pub not_dissolving_neurons_count: u64,
    pub not_dissolving_neurons_count_buckets: Vec<(u64, u64)>,
    pub not_dissolving_neurons_e8s_buckets: Vec<(u64, f64)>,
    pub not_dissolving_neurons_e8s_buckets_ect: Vec<(u64, f64)>,
    pub not_dissolving_neurons_e8s_buckets_seed: Vec<(u64, f64)>,
    pub not_dissolving_neurons_staked_maturity_e8s_equivalent_sum: u64,
    pub not_dissolving_neurons_staked_maturity_e8s_equivalent_buckets: Vec<(u64, f64)>,

    pub ect_neuron_count: u64,
    pub seed_neuron_count: u64,
    pub spawning_neurons_count: u64,
    pub garbage_collectable_neurons_count: u64,
    pub neurons_with_invalid_stake_count: u64,
    pub neurons_with_less_than_6_months_dissolve_delay_count: u64,
    pub neurons_with_less_than_6_months_dissolve_delay_e8s: u64,
    pub community_fund_total_maturity_e8s_equivalent: u64,
    pub community_fund_total_staked_e8s: u64,
    pub neurons_fund_total_active_neurons: u64,

    pub non_self_authenticating_controller_neuron_subset_metrics: Option<NeuronSubsetMetrics>,
    pub public_neuron_subset_metrics: Option<NeuronSubsetMetrics>,
    pub declining_voting_power_neuron_subset_metrics: Option<NeuronSubsetMetrics>,
    pub fully_lost_voting_power_neuron_subset_metrics: Option<NeuronSubsetMetrics>,
}

/// The same numbers of some of the neurons.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct NeuronSubsetMetrics {
    pub count: Option<u64>,
    pub total_staked_e8s: Option<u64>,
    pub total_maturity_e8s_equivalent: Option<u64>,
    pub total_staked_maturity_e8s_equivalent: Option<u64>,
    pub total_voting_power: Option<u64>,
    pub total_deciding_voting_power: Option<u64>,
    pub total_potential_voting_power: Option<u64>,
    pub count_buckets: Vec<(u64, u64)>,
    pub staked_e8s_buckets: Vec<(u64, u64)>,
    pub maturity_e8s_equivalent_buckets: Vec<(u64, u64)>,
    pub staked_maturity_e8s_equivalent_buckets: Vec<(u64, u64)>,
    pub voting_power_buckets: Vec<(u64, u64)>,
    pub deciding_voting_power_buckets: Vec<(u64, u64)>,
    pub potential_voting_power_buckets: Vec<(u64, u64)>,
}

/// Reply of `get_metrics`.
pub type GetMetricsResult = Result<GovernanceCachedMetrics, GovernanceError>;

/// A distribution of voting rewards (`get_latest_reward_event`); amounts are e8s of maturity.
///
/// When no proposal settled in a round, nothing is distributed and what was available rolls over.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct RewardEvent {
    pub rounds_since_last_distribution: Option<u64>,
    pub day_after_genesis: u64,
    pub actual_timestamp_seconds: u64,
    pub total_available_e8s_equivalent: u64,
    pub latest_round_available_e8s_equivalent: Option<u64>,
    pub distributed_e8s_equivalent: u64,
    pub settled_proposals: Vec<ProposalId>,
}

/// Argument of `get_maturity_modulation` (unverified, as its reply is).
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct GetMaturityModulationRequest {}

/// Reply of `get_maturity_modulation`.
///
/// Unverified: the method is newer than the interface description these types follow, and no reply
/// of it has been recorded. Everything is optional, so a different reply reads as "unknown".
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct GetMaturityModulationResponse {
    pub maturity_modulation: Option<MaturityModulation>,
}

/// Maturity modulation in force, in 1/10,000 (unverified, see
/// [`GetMaturityModulationResponse`]).
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct MaturityModulation {
    pub current_value_permyriad: Option<i32>,
    pub updated_at_timestamp_seconds: Option<u64>,
}

/// A node provider (`list_node_providers`, `get_node_provider_by_caller`).
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct NodeProvider {
    pub id: Option<Principal>,
    pub reward_account: Option<AccountIdentifier>,
}

/// Reply of `get_node_provider_by_caller`, whose argument is `null`.
pub type NodeProviderResult = Result<NodeProvider, GovernanceError>;

/// Reply of `list_node_providers`.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct ListNodeProvidersResponse {
    pub node_providers: Vec<NodeProvider>,
}

/// Argument of `update_node_provider`.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct UpdateNodeProvider {
    pub reward_account: Option<AccountIdentifier>,
}

/// Reply of `update_node_provider`.
pub type UpdateNodeProviderResult = Result<(), GovernanceError>;

/// A calendar day, UTC.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default, Copy, Eq)]
pub struct DateUtc {
    pub year: u32,
    pub month: u32,
    pub day: u32,
}

/// A price of ICP in 1/10,000 XDR.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct XdrConversionRate {
    pub xdr_permyriad_per_icp: Option<u64>,
    pub timestamp_seconds: Option<u64>,
}

/// One month's node provider rewards (`list_node_provider_rewards`,
/// `get_most_recent_monthly_node_provider_rewards`).
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct MonthlyNodeProviderRewards {
    pub minimum_xdr_permyriad_per_icp: Option<u64>,
    pub registry_version: Option<u64>,
    pub algorithm_version: Option<u32>,
    pub node_providers: Vec<NodeProvider>,
    pub timestamp: u64,
    pub start_date: Option<DateUtc>,
    pub end_date: Option<DateUtc>,
    pub rewards: Vec<RewardNodeProvider>,
    pub xdr_conversion_rate: Option<XdrConversionRate>,
    pub maximum_node_provider_rewards_e8s: Option<u64>,
}

/// Reply of `get_monthly_node_provider_rewards`.
pub type MonthlyNodeProviderRewardsResult = Result<MonthlyNodeProviderRewards, GovernanceError>;

/// Which distributions are listed, Unix seconds.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct DateRangeFilter {
    pub start_timestamp_seconds: Option<u64>,
    pub end_timestamp_seconds: Option<u64>,
}

/// Argument of `list_node_provider_rewards`; at most 24 distributions are returned.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct ListNodeProviderRewardsRequest {
    pub date_filter: Option<DateRangeFilter>,
}

/// Reply of `list_node_provider_rewards`.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct ListNodeProviderRewardsResponse {
    pub rewards: Vec<MonthlyNodeProviderRewards>,
}
