//! The records of proposals that launch an SNS: `CreateServiceNervousSystem` and the older swap
//! actions.

use candid::{CandidType, Deserialize, Principal};

use super::network::Percentage;

/// Launches an SNS: its name, tokens, swap and first settings.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct CreateServiceNervousSystem {
    pub url: Option<String>,
    pub governance_parameters: Option<GovernanceParameters>,
    pub fallback_controller_principal_ids: Vec<Principal>,
    pub logo: Option<Image>,
    pub name: Option<String>,
    pub ledger_parameters: Option<LedgerParameters>,
    pub description: Option<String>,
    pub dapp_canisters: Vec<Canister>,
    pub swap_parameters: Option<SwapParameters>,
    pub initial_token_distribution: Option<InitialTokenDistribution>,
}

/// A canister handed to the SNS.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct Canister {
    pub id: Option<Principal>,
}

/// A picture as a data URL.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct Image {
    pub base64_encoding: Option<String>,
}

/// An amount of tokens, in e8s (10^-8 of the SNS's own token or of ICP).
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default, Copy, Eq)]
pub struct Tokens {
    pub e8s: Option<u64>,
}

/// A length of time.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default, Copy, Eq)]
pub struct Duration {
    pub seconds: Option<u64>,
}

/// A time of day, UTC.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default, Copy, Eq)]
pub struct GlobalTimeOfDay {
    pub seconds_after_utc_midnight: Option<u64>,
}

/// Countries by ISO code.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct Countries {
    pub iso_codes: Vec<String>,
}

/// The first nervous system parameters of an SNS.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct GovernanceParameters {
    pub neuron_maximum_dissolve_delay_bonus: Option<Percentage>,
    pub neuron_maximum_age_for_age_bonus: Option<Duration>,
    pub neuron_maximum_dissolve_delay: Option<Duration>,
    pub neuron_minimum_dissolve_delay_to_vote: Option<Duration>,
    pub neuron_maximum_age_bonus: Option<Percentage>,
    pub neuron_minimum_stake: Option<Tokens>,
    pub proposal_wait_for_quiet_deadline_increase: Option<Duration>,
    pub proposal_initial_voting_period: Option<Duration>,
    pub proposal_rejection_fee: Option<Tokens>,
    pub voting_reward_parameters: Option<VotingRewardParameters>,
    pub custom_proposal_criticality: Option<CustomProposalCriticality>,
}

/// Voting rewards of an SNS.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct VotingRewardParameters {
    pub reward_rate_transition_duration: Option<Duration>,
    pub initial_reward_rate: Option<Percentage>,
    pub final_reward_rate: Option<Percentage>,
}

/// Native actions an SNS counts as critical besides those that always are.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct CustomProposalCriticality {
    pub additional_critical_native_action_ids: Option<Vec<u64>>,
}

/// The SNS's ledger.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct LedgerParameters {
    pub transaction_fee: Option<Tokens>,
    pub token_symbol: Option<String>,
    pub token_logo: Option<Image>,
    pub token_name: Option<String>,
}

/// Who gets the first tokens.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct InitialTokenDistribution {
    pub treasury_distribution: Option<SwapDistribution>,
    pub developer_distribution: Option<DeveloperDistribution>,
    pub swap_distribution: Option<SwapDistribution>,
}

/// A share of the first tokens.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct SwapDistribution {
    pub total: Option<Tokens>,
}

/// The developers' share.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct DeveloperDistribution {
    pub developer_neurons: Vec<NeuronDistribution>,
}

/// One developer neuron.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct NeuronDistribution {
    pub controller: Option<Principal>,
    pub dissolve_delay: Option<Duration>,
    pub memo: Option<u64>,
    pub vesting_period: Option<Duration>,
    pub stake: Option<Tokens>,
}

/// The terms of the decentralisation swap.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct SwapParameters {
    pub minimum_participants: Option<u64>,
    pub neurons_fund_participation: Option<bool>,
    pub duration: Option<Duration>,
    pub neuron_basket_construction_parameters: Option<NeuronBasketConstructionParameters>,
    pub confirmation_text: Option<String>,
    pub maximum_participant_icp: Option<Tokens>,
    pub minimum_icp: Option<Tokens>,
    pub minimum_direct_participation_icp: Option<Tokens>,
    pub minimum_participant_icp: Option<Tokens>,
    pub start_time: Option<GlobalTimeOfDay>,
    pub maximum_direct_participation_icp: Option<Tokens>,
    pub maximum_icp: Option<Tokens>,
    pub neurons_fund_investment_icp: Option<Tokens>,
    pub restricted_countries: Option<Countries>,
}

/// How a participant's tokens are spread over neurons.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct NeuronBasketConstructionParameters {
    pub dissolve_delay_interval: Option<Duration>,
    pub count: Option<u64>,
}

/// Opens an SNS swap (obsolete; old proposals carry it).
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct OpenSnsTokenSwap {
    pub community_fund_investment_e8s: Option<u64>,
    pub target_swap_canister_id: Option<Principal>,
    pub params: Option<Params>,
}

/// The terms of [`OpenSnsTokenSwap`].
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct Params {
    pub min_participant_icp_e8s: u64,
    pub neuron_basket_construction_parameters: Option<SwapNeuronBasket>,
    pub max_icp_e8s: u64,
    pub swap_due_timestamp_seconds: u64,
    pub min_participants: u32,
    pub sns_token_e8s: u64,
    pub sale_delay_seconds: Option<u64>,
    pub max_participant_icp_e8s: u64,
    pub min_direct_participation_icp_e8s: Option<u64>,
    pub min_icp_e8s: u64,
    pub max_direct_participation_icp_e8s: Option<u64>,
}

/// `NeuronBasketConstructionParameters_1` of the interface: the basket of [`Params`].
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct SwapNeuronBasket {
    pub dissolve_delay_interval_seconds: u64,
    pub count: u64,
}

/// Sets when a swap may open (obsolete; old proposals carry it).
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct SetSnsTokenSwapOpenTimeWindow {
    pub request: Option<SetOpenTimeWindowRequest>,
    pub swap_canister_id: Option<Principal>,
}

/// Argument of the swap canister behind [`SetSnsTokenSwapOpenTimeWindow`].
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct SetOpenTimeWindowRequest {
    pub open_time_window: Option<TimeWindow>,
}

/// A span of time, Unix seconds.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct TimeWindow {
    pub start_timestamp_seconds: u64,
    pub end_timestamp_seconds: u64,
}
