//! Neurons: `get_full_neuron`, `get_neuron_info`, `list_neurons`, `get_neuron_index`,
//! `list_known_neurons`, `list_neuron_votes`.

use candid::{CandidType, Deserialize, Principal};
use serde_bytes::ByteBuf;

use super::manage::{Account, AccountIdentifier};
use super::network::GovernanceError;
use super::proposal::ProposalId;

/// A neuron's number.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default, Copy, Eq, Hash, PartialOrd, Ord)]
pub struct NeuronId {
    pub id: u64,
}

/// How a neuron is named in a request: by number or by its 32-byte subaccount of governance.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq)]
pub enum NeuronIdOrSubaccount {
    Subaccount(ByteBuf),
    NeuronId(NeuronId),
}

/// Whether a neuron dissolves: a remaining delay (seconds; it does not dissolve), or the time
/// (Unix seconds) at which it is or was dissolved. None of the two means dissolved.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Copy, Eq)]
pub enum DissolveState {
    DissolveDelaySeconds(u64),
    WhenDissolvedTimestampSeconds(u64),
}

/// A recent ballot of a neuron, newest first in the neuron's list. `vote`: 0 unspecified, 1 yes,
/// 2 no.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct BallotInfo {
    pub vote: i32,
    pub proposal_id: Option<ProposalId>,
}

/// Followees on one topic.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct Followees {
    pub followees: Vec<NeuronId>,
}

/// A topic as a known neuron names those it commits to vote on.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Copy, Eq)]
pub enum TopicToFollow {
    CatchAll,
    NeuronManagement,
    ExchangeRate,
    NetworkEconomics,
    Governance,
    NodeAdmin,
    ParticipantManagement,
    SubnetManagement,
    Kyc,
    NodeProviderRewards,
    IcOsVersionDeployment,
    IcOsVersionElection,
    SnsAndCommunityFund,
    ApiBoundaryNodeManagement,
    SubnetRental,
    ApplicationCanisterManagement,
    ProtocolCanisterManagement,
    ServiceNervousSystemManagement,
}

/// What a known neuron says of itself. All of it is hostile text.
///
/// A topic this program does not know is `None` inside `committed_topics`.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct KnownNeuronData {
    pub name: String,
    pub description: Option<String>,
    pub links: Option<Vec<String>>,
    pub committed_topics: Option<Vec<Option<TopicToFollow>>>,
}

/// A known neuron: one row of `list_known_neurons`, and the proposal action that registers it.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct KnownNeuron {
    pub id: Option<NeuronId>,
    pub known_neuron_data: Option<KnownNeuronData>,
}

/// Reply of `list_known_neurons`.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct ListKnownNeuronsResponse {
    pub known_neurons: Vec<KnownNeuron>,
}

/// The transfer that funded a neuron of the genesis era.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct NeuronStakeTransfer {
    #[serde(with = "serde_bytes")]
    pub to_subaccount: Vec<u8>,
    pub neuron_stake_e8s: u64,
    pub from: Option<Principal>,
    pub memo: u64,
    #[serde(with = "serde_bytes")]
    pub from_subaccount: Vec<u8>,
    pub transfer_timestamp: u64,
    pub block_height: u64,
}

/// Maturity on its way to an account: the canister mints it seven days after it was asked for.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct MaturityDisbursement {
    pub amount_e8s: Option<u64>,
    pub timestamp_of_disbursement_seconds: Option<u64>,
    pub finalize_disbursement_timestamp_seconds: Option<u64>,
    pub account_to_disburse_to: Option<Account>,
    pub account_identifier_to_disburse_to: Option<AccountIdentifier>,
}

/// A neuron as its controller and hotkeys see it, or anybody when it is public
/// (`get_full_neuron`, `list_neurons`).
///
/// Its stake is `cached_neuron_stake_e8s - neuron_fees_e8s`; amounts are e8s, times Unix seconds.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct Neuron {
    pub id: Option<NeuronId>,
    #[serde(with = "serde_bytes")]
    pub account: Vec<u8>,
    pub controller: Option<Principal>,
    pub hot_keys: Vec<Principal>,
    pub visibility: Option<i32>,
    pub kyc_verified: bool,
    pub not_for_profit: bool,
    pub neuron_type: Option<i32>,
    pub known_neuron_data: Option<KnownNeuronData>,

    pub cached_neuron_stake_e8s: u64,
    pub neuron_fees_e8s: u64,
    pub maturity_e8s_equivalent: u64,
    pub staked_maturity_e8s_equivalent: Option<u64>,
    pub auto_stake_maturity: Option<bool>,
    pub maturity_disbursements_in_progress: Option<Vec<MaturityDisbursement>>,
    // Since April 2026: the base of the bonus of neurons that had the old maximum delay of eight years.
    pub eight_year_gang_bonus_base_e8s: Option<u64>,

    pub created_timestamp_seconds: u64,
    pub aging_since_timestamp_seconds: u64,
    pub spawn_at_timestamp_seconds: Option<u64>,
    pub dissolve_state: Option<DissolveState>,
    pub joined_community_fund_timestamp_seconds: Option<u64>,

    pub followees: Vec<(i32, Followees)>,
    pub recent_ballots: Vec<BallotInfo>,
    pub voting_power_refreshed_timestamp_seconds: Option<u64>,
    pub deciding_voting_power: Option<u64>,
    pub potential_voting_power: Option<u64>,

    pub transfer: Option<NeuronStakeTransfer>,
}

/// A neuron as anybody sees it (`get_neuron_info`, `list_neurons`, `get_neuron_index`).
///
/// `stake_e8s` is the stake net of fees, without staked maturity (the canister's comment says with; its code
/// decides); `state`: 1 not dissolving, 2 dissolving, 3 dissolved, 4 spawning. Ages and delays hold at
/// `retrieved_at_timestamp_seconds`.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct NeuronInfo {
    pub id: Option<NeuronId>,
    pub state: i32,
    pub stake_e8s: u64,
    pub age_seconds: u64,
    pub dissolve_delay_seconds: u64,
    pub created_timestamp_seconds: u64,
    pub retrieved_at_timestamp_seconds: u64,
    pub recent_ballots: Vec<BallotInfo>,
    pub neuron_type: Option<i32>,
    pub visibility: Option<i32>,
    pub known_neuron_data: Option<KnownNeuronData>,
    pub joined_community_fund_timestamp_seconds: Option<u64>,
    // Deprecated by the canister; its code gives the potential voting power, its comment says the deciding.
    pub voting_power: u64,
    pub voting_power_refreshed_timestamp_seconds: Option<u64>,
    pub deciding_voting_power: Option<u64>,
    pub potential_voting_power: Option<u64>,
    pub eight_year_gang_bonus_base_e8s: Option<u64>,
    // Since July 2026.
    pub staked_maturity_e8s_equivalent: Option<u64>,
}

/// Reply of `get_full_neuron` and `get_full_neuron_by_id_or_subaccount`.
pub type NeuronResult = Result<Neuron, GovernanceError>;

/// Reply of `get_neuron_info` and `get_neuron_info_by_id_or_subaccount`.
pub type NeuronInfoResult = Result<NeuronInfo, GovernanceError>;

/// A neuron's 32-byte subaccount of governance, as `list_neurons` takes it.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct NeuronSubaccount {
    #[serde(with = "serde_bytes")]
    pub subaccount: Vec<u8>,
}

/// Argument of `list_neurons`: which neurons, and what is shown of the public ones among them.
/// At most 50 neurons come in a page.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct ListNeurons {
    pub neuron_ids: Vec<u64>,
    pub neuron_subaccounts: Option<Vec<NeuronSubaccount>>,
    pub include_neurons_readable_by_caller: bool,
    pub include_empty_neurons_readable_by_caller: Option<bool>,
    pub include_public_neurons_in_full_neurons: Option<bool>,
    pub page_number: Option<u64>,
    pub page_size: Option<u64>,
}

/// Reply of `list_neurons`.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct ListNeuronsResponse {
    pub neuron_infos: Vec<(u64, NeuronInfo)>,
    pub full_neurons: Vec<Neuron>,
    pub total_pages_available: Option<u64>,
}

/// Argument of `get_neuron_index`: every neuron of the network, by number, in pages.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct GetNeuronIndexRequest {
    pub exclusive_start_neuron_id: Option<NeuronId>,
    pub page_size: Option<u32>,
}

/// A page of `get_neuron_index`.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct NeuronIndexData {
    pub neurons: Vec<NeuronInfo>,
}

/// Reply of `get_neuron_index`.
pub type GetNeuronIndexResult = Result<NeuronIndexData, GovernanceError>;

/// Argument of `list_neuron_votes`; the history is kept for known neurons only, 500 a page.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct ListNeuronVotesRequest {
    pub neuron_id: Option<NeuronId>,
    pub before_proposal: Option<ProposalId>,
    pub limit: Option<u64>,
}

/// A vote in the history of a known neuron; an abstention is `Unspecified`.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Copy, Eq)]
pub enum Vote {
    Unspecified,
    Yes,
    No,
}

/// One row of `list_neuron_votes`.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct NeuronVote {
    pub proposal_id: Option<ProposalId>,
    pub vote: Option<Vote>,
}

/// A page of `list_neuron_votes`. Nothing below `all_finalized_before_proposal` changes any more.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct NeuronVotes {
    pub votes: Option<Vec<NeuronVote>>,
    pub all_finalized_before_proposal: Option<ProposalId>,
}

/// Reply of `list_neuron_votes`.
pub type ListNeuronVotesResponse = Result<NeuronVotes, GovernanceError>;
