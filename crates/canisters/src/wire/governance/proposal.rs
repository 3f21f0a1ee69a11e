//! Proposals as they are read: `list_proposals`, `get_proposal_info`, `get_pending_proposals`.

use candid::{CandidType, Deserialize, Int, Nat, Principal};
use serde_bytes::ByteBuf;

use super::action::Action;
use super::network::GovernanceError;
use super::neuron::NeuronId;

/// A proposal's number.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default, Copy, Eq, Hash, PartialOrd, Ord)]
pub struct ProposalId {
    pub id: u64,
}

/// One neuron's ballot. `vote`: 0 unspecified, 1 yes, 2 no.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct Ballot {
    pub vote: i32,
    pub voting_power: u64,
}

/// Voting power cast so far, and the total that may be cast.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct Tally {
    pub no: u64,
    pub yes: u64,
    pub total: u64,
    pub timestamp_seconds: u64,
}

/// What a proposal proposes, and the words around it. All text in it is hostile.
///
/// `action` is `None` when the canister knows an action this program does not; the server's own
/// description (`self_describing_action`, asked for with `return_self_describing_action`) then
/// still tells what it is.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct Proposal {
    pub url: String,
    pub title: Option<String>,
    pub action: Option<Action>,
    pub summary: String,
    pub self_describing_action: Option<SelfDescribingProposalAction>,
}

/// An action as the canister itself describes it, payload decoded.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct SelfDescribingProposalAction {
    pub type_name: Option<String>,
    pub type_description: Option<String>,
    pub value: Option<SelfDescribingValue>,
}

/// A value of a self-described action.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq)]
pub enum SelfDescribingValue {
    Blob(ByteBuf),
    Text(String),
    Bool(bool),
    Nat(Nat),
    Int(Int),
    Array(Vec<SelfDescribingValue>),
    Map(Vec<(String, SelfDescribingValue)>),
    Null,
}

/// A proposal as `list_proposals`, `get_proposal_info` and `get_pending_proposals` return it.
///
/// `ballots` holds only those the caller may see: of neurons he controls or is a hotkey of.
/// Times are Unix seconds, 0 for "not yet".
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct ProposalInfo {
    pub id: Option<ProposalId>,
    pub proposer: Option<NeuronId>,
    pub proposal: Option<Proposal>,
    pub status: i32,
    pub topic: i32,
    pub reward_status: i32,
    pub failure_reason: Option<GovernanceError>,
    pub reject_cost_e8s: u64,

    pub ballots: Vec<(u64, Ballot)>,
    pub latest_tally: Option<Tally>,
    pub total_potential_voting_power: Option<u64>,
    pub reward_event_round: u64,

    pub proposal_timestamp_seconds: u64,
    pub deadline_timestamp_seconds: Option<u64>,
    pub decided_timestamp_seconds: u64,
    pub executed_timestamp_seconds: u64,
    pub failed_timestamp_seconds: u64,

    pub derived_proposal_information: Option<DerivedProposalInformation>,
}

/// Argument of `list_proposals`: newest first, at most 100, below `before_proposal`.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct ListProposalInfoRequest {
    pub include_reward_status: Vec<i32>,
    pub omit_large_fields: Option<bool>,
    pub before_proposal: Option<ProposalId>,
    pub limit: u32,
    pub exclude_topic: Vec<i32>,
    pub include_all_manage_neuron_proposals: Option<bool>,
    pub include_status: Vec<i32>,
    pub return_self_describing_action: Option<bool>,
}

/// Reply of `list_proposals`.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct ListProposalInfoResponse {
    pub proposal_info: Vec<ProposalInfo>,
}

/// Optional argument of `get_pending_proposals`, whose reply is a plain vector of `ProposalInfo`.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct GetPendingProposalsRequest {
    pub return_self_describing_action: Option<bool>,
}

/// What governance looked up itself about a proposal.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct DerivedProposalInformation {
    pub swap_background_information: Option<SwapBackgroundInformation>,
}

/// The canisters behind a proposal to open an SNS swap.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct SwapBackgroundInformation {
    pub ledger_index_canister_summary: Option<CanisterSummary>,
    pub fallback_controller_principal_ids: Vec<Principal>,
    pub ledger_archive_canister_summaries: Vec<CanisterSummary>,
    pub ledger_canister_summary: Option<CanisterSummary>,
    pub swap_canister_summary: Option<CanisterSummary>,
    pub governance_canister_summary: Option<CanisterSummary>,
    pub root_canister_summary: Option<CanisterSummary>,
    pub dapp_canister_summaries: Vec<CanisterSummary>,
}

/// A canister and its status at the time of the proposal.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct CanisterSummary {
    pub status: Option<CanisterStatusResultV2>,
    pub canister_id: Option<Principal>,
}

/// A canister's status: `status` 1 running, 2 stopping, 3 stopped; sizes in bytes.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct CanisterStatusResultV2 {
    pub status: Option<i32>,
    pub freezing_threshold: Option<u64>,
    pub controllers: Vec<Principal>,
    pub memory_size: Option<u64>,
    pub cycles: Option<u64>,
    pub idle_cycles_burned_per_day: Option<u64>,
    #[serde(with = "serde_bytes")]
    pub module_hash: Vec<u8>,
}
