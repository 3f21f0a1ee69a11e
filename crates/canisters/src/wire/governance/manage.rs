//! Commanding neurons: `manage_neuron`, `simulate_manage_neuron`, `create_neuron`,
//! `claim_or_refresh_neuron_from_account`. Making proposals is in [`super::propose`].

use candid::{CandidType, Deserialize, Principal};
use serde_bytes::ByteBuf;

use super::network::GovernanceError;
use super::neuron::{Neuron, NeuronId, NeuronIdOrSubaccount, NeuronInfo};
use super::proposal::{Proposal, ProposalId};
use super::propose::MakeProposalRequest;

/// An ICRC-1 account as governance takes it; the owner defaults to the caller where allowed.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct Account {
    pub owner: Option<Principal>,
    pub subaccount: Option<ByteBuf>,
}

/// A legacy 32-byte account identifier as governance takes it.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct AccountIdentifier {
    #[serde(with = "serde_bytes")]
    pub hash: Vec<u8>,
}

/// An amount in e8s.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default, Copy, Eq)]
pub struct Amount {
    pub e8s: u64,
}

/// Argument of `manage_neuron` and `simulate_manage_neuron`. `id` is deprecated; name the neuron
/// with `neuron_id_or_subaccount`.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct ManageNeuronRequest {
    pub neuron_id_or_subaccount: Option<NeuronIdOrSubaccount>,
    pub command: Option<ManageNeuronCommandRequest>,
    pub id: Option<NeuronId>,
}

/// What to do with a neuron.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq)]
pub enum ManageNeuronCommandRequest {
    Spawn(Spawn),
    Split(Split),
    Follow(Follow),
    ClaimOrRefresh(ClaimOrRefresh),
    Configure(Configure),
    RegisterVote(RegisterVote),
    Merge(Merge),
    DisburseToNeuron(DisburseToNeuron),
    MakeProposal(Box<MakeProposalRequest>),
    StakeMaturity(StakeMaturity),
    MergeMaturity(MergeMaturity),
    Disburse(Disburse),
    RefreshVotingPower(RefreshVotingPower),
    DisburseMaturity(DisburseMaturity),
    SetFollowing(SetFollowing),
}

/// A command to a neuron as a proposal on the topic "neuron management" carries it.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct ManageNeuronProposal {
    pub id: Option<NeuronId>,
    pub command: Option<ManageNeuronProposalCommand>,
    pub neuron_id_or_subaccount: Option<NeuronIdOrSubaccount>,
}

#[derive(CandidType, Deserialize, Clone, Debug, PartialEq)]
pub enum ManageNeuronProposalCommand {
    Spawn(Spawn),
    Split(Split),
    Follow(Follow),
    ClaimOrRefresh(ClaimOrRefresh),
    Configure(Configure),
    RegisterVote(RegisterVote),
    Merge(Merge),
    DisburseToNeuron(DisburseToNeuron),
    MakeProposal(Box<Proposal>),
    StakeMaturity(StakeMaturity),
    MergeMaturity(MergeMaturity),
    Disburse(Disburse),
    RefreshVotingPower(RefreshVotingPower),
    DisburseMaturity(DisburseMaturity),
    SetFollowing(SetFollowing),
}

/// Turns maturity (a whole percentage of it) into a new neuron.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct Spawn {
    pub percentage_to_spawn: Option<u32>,
    pub new_controller: Option<Principal>,
    pub nonce: Option<u64>,
}

/// Splits stake off into a new neuron; `amount_e8s` includes the ledger fee.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct Split {
    pub amount_e8s: u64,
    pub memo: Option<u64>,
}

/// Sets the followees on one topic; an empty list stops following.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct Follow {
    pub topic: i32,
    pub followees: Vec<NeuronId>,
}

/// Sets the followees on several topics at once.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct SetFollowing {
    pub topic_following: Option<Vec<FolloweesForTopic>>,
}

/// The followees on one topic of [`SetFollowing`].
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct FolloweesForTopic {
    pub followees: Option<Vec<NeuronId>>,
    pub topic: Option<i32>,
}

/// Claims a neuron from a funded subaccount, or makes it see stake added to one.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct ClaimOrRefresh {
    pub by: Option<By>,
}

/// How the neuron of [`ClaimOrRefresh`] is found.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq)]
pub enum By {
    NeuronIdOrSubaccount {},
    MemoAndController(ClaimOrRefreshNeuronFromAccount),
    Memo(u64),
}

/// Votes on a proposal. `vote`: 1 yes, 2 no.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct RegisterVote {
    pub vote: i32,
    pub proposal: Option<ProposalId>,
}

/// Merges another neuron into this one.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct Merge {
    pub source_neuron_id: Option<NeuronId>,
}

/// Pays a dissolved neuron's stake into a new neuron.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct DisburseToNeuron {
    pub dissolve_delay_seconds: u64,
    pub kyc_verified: bool,
    pub amount_e8s: u64,
    pub new_controller: Option<Principal>,
    pub nonce: u64,
}

/// Stakes a whole percentage of maturity; `None` is all of it.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct StakeMaturity {
    pub percentage_to_stake: Option<u32>,
}

/// Obsolete; old proposals carry it.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct MergeMaturity {
    pub percentage_to_merge: u32,
}

/// Pays out a dissolved neuron; `None` is to the caller, and all of it.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct Disburse {
    pub to_account: Option<AccountIdentifier>,
    pub amount: Option<Amount>,
}

/// Pays out a whole percentage of maturity, minted seven days later and subject to maturity
/// modulation. At most one of the two accounts; none is the caller's.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct DisburseMaturity {
    pub percentage_to_disburse: u32,
    pub to_account: Option<Account>,
    pub to_account_identifier: Option<AccountIdentifier>,
}

/// Confirms the neuron's following, so that its deciding voting power does not decline.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct RefreshVotingPower {}

/// Changes one setting of a neuron.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct Configure {
    pub operation: Option<Operation>,
}

/// The setting [`Configure`] changes.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq)]
pub enum Operation {
    RemoveHotKey(RemoveHotKey),
    AddHotKey(AddHotKey),
    ChangeAutoStakeMaturity(ChangeAutoStakeMaturity),
    StopDissolving {},
    StartDissolving {},
    IncreaseDissolveDelay(IncreaseDissolveDelay),
    SetVisibility(SetVisibility),
    JoinCommunityFund {},
    LeaveCommunityFund {},
    SetDissolveTimestamp(SetDissolveTimestamp),
}

/// Removes a hotkey.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct RemoveHotKey {
    pub hot_key_to_remove: Option<Principal>,
}

/// Adds a hotkey.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct AddHotKey {
    pub new_hot_key: Option<Principal>,
}

/// Stakes new maturity automatically, or stops that.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct ChangeAutoStakeMaturity {
    pub requested_setting_for_auto_stake_maturity: bool,
}

/// Adds to the dissolve delay.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct IncreaseDissolveDelay {
    pub additional_dissolve_delay_seconds: u32,
}

/// Makes a neuron private (1) or public (2).
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct SetVisibility {
    pub visibility: Option<i32>,
}

/// Sets the time (Unix seconds) a neuron would be dissolved at if it dissolved from now on.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct SetDissolveTimestamp {
    pub dissolve_timestamp_seconds: u64,
}

/// Reply of `manage_neuron` and `simulate_manage_neuron`.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct ManageNeuronResponse {
    pub command: Option<CommandResponse>,
}

/// What a command did (`Command_1` of the interface), or the error that stopped it.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq)]
pub enum CommandResponse {
    Error(GovernanceError),
    Spawn(SpawnResponse),
    Split(SpawnResponse),
    Follow {},
    ClaimOrRefresh(ClaimOrRefreshResponse),
    Configure {},
    RegisterVote {},
    Merge(Box<MergeResponse>),
    DisburseToNeuron(SpawnResponse),
    MakeProposal(MakeProposalResponse),
    StakeMaturity(StakeMaturityResponse),
    MergeMaturity(MergeMaturityResponse),
    Disburse(DisburseResponse),
    RefreshVotingPower(RefreshVotingPowerResponse),
    DisburseMaturity(DisburseMaturityResponse),
    SetFollowing(SetFollowingResponse),
}

/// The neuron a command made.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct SpawnResponse {
    pub created_neuron_id: Option<NeuronId>,
}

/// The neuron that was claimed or refreshed.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct ClaimOrRefreshResponse {
    pub refreshed_neuron_id: Option<NeuronId>,
}

/// Both neurons after a merge, or after a simulated one.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct MergeResponse {
    pub target_neuron: Option<Neuron>,
    pub source_neuron: Option<Neuron>,
    pub target_neuron_info: Option<NeuronInfo>,
    pub source_neuron_info: Option<NeuronInfo>,
}

/// The proposal that was made.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct MakeProposalResponse {
    pub message: Option<String>,
    pub proposal_id: Option<ProposalId>,
}

/// Maturity after staking (e8s).
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct StakeMaturityResponse {
    pub maturity_e8s: u64,
    pub staked_maturity_e8s: u64,
}

/// Obsolete.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct MergeMaturityResponse {
    pub merged_maturity_e8s: u64,
    pub new_stake_e8s: u64,
}

/// The ledger block of a disbursement.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct DisburseResponse {
    pub transfer_block_height: u64,
}

/// Empty.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct RefreshVotingPowerResponse {}

/// Maturity on its way (e8s, before modulation).
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct DisburseMaturityResponse {
    pub amount_disbursed_e8s: Option<u64>,
}

/// Empty.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct SetFollowingResponse {}

/// Argument of `claim_or_refresh_neuron_from_account`; also names a neuron by memo in
/// [`ClaimOrRefresh`]. No controller is the caller.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct ClaimOrRefreshNeuronFromAccount {
    pub controller: Option<Principal>,
    pub memo: u64,
}

/// Reply of `claim_or_refresh_neuron_from_account`.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct ClaimOrRefreshNeuronFromAccountResponse {
    pub result: Option<ClaimOrRefreshResult>,
}

/// The neuron, or the error (`Result_1` of the interface).
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq)]
pub enum ClaimOrRefreshResult {
    Error(GovernanceError),
    NeuronId(NeuronId),
}

/// Argument of `create_neuron`, paid by ICRC-2 allowance of governance. Only the amount is
/// required; the rest has the canister's defaults.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct CreateNeuronRequest {
    pub amount_e8s: Option<u64>,
    pub source_subaccount: Option<ByteBuf>,
    pub controller: Option<Principal>,
    pub followees: Option<SetFollowing>,
    pub dissolve_delay_seconds: Option<u64>,
    pub dissolving: Option<bool>,
    pub auto_stake_maturity: Option<bool>,
}

/// The neuron `create_neuron` made.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct CreatedNeuron {
    pub neuron_id: Option<NeuronId>,
}

/// Reply of `create_neuron`.
pub type CreateNeuronResponse = Result<CreatedNeuron, GovernanceError>;
