//! Proposal actions as they are read. Those with the records of an SNS launch or swap are in
//! [`super::swap`].

use candid::{CandidType, Deserialize, Principal};
use serde_bytes::ByteBuf;

use super::manage::{AccountIdentifier, ManageNeuronProposal};
use super::network::{NetworkEconomics, NodeProvider};
use super::neuron::{Followees, KnownNeuron, NeuronId};
use super::swap::{CreateServiceNervousSystem, OpenSnsTokenSwap, SetSnsTokenSwapOpenTimeWindow};

/// What an adopted proposal does. Always behind an `opt`, so that an action added by a newer
/// canister reads as `None` instead of failing the whole reply.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq)]
pub enum Action {
    RegisterKnownNeuron(KnownNeuron),
    DeregisterKnownNeuron(DeregisterKnownNeuron),
    ManageNeuron(Box<ManageNeuronProposal>),
    UpdateCanisterSettings(UpdateCanisterSettings),
    InstallCode(InstallCode),
    StopOrStartCanister(StopOrStartCanister),
    CreateServiceNervousSystem(Box<CreateServiceNervousSystem>),
    ExecuteNnsFunction(ExecuteNnsFunction),
    RewardNodeProvider(RewardNodeProvider),
    OpenSnsTokenSwap(OpenSnsTokenSwap),
    SetSnsTokenSwapOpenTimeWindow(SetSnsTokenSwapOpenTimeWindow),
    SetDefaultFollowees(SetDefaultFollowees),
    RewardNodeProviders(RewardNodeProviders),
    ManageNetworkEconomics(Box<NetworkEconomics>),
    ApproveGenesisKyc(Principals),
    AddOrRemoveNodeProvider(AddOrRemoveNodeProvider),
    Motion(Motion),
    FulfillSubnetRentalRequest(FulfillSubnetRentalRequest),
    BlessAlternativeGuestOsVersion(BlessAlternativeGuestOsVersion),
    TakeCanisterSnapshot(TakeCanisterSnapshot),
    LoadCanisterSnapshot(LoadCanisterSnapshot),
    CreateCanisterAndInstallCode(CreateCanisterAndInstallCode),
    UpdateStandardEngineReplicaVersion(UpdateStandardEngineReplicaVersion),
}

/// A motion: nothing but its text.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct Motion {
    pub motion_text: String,
}

/// A call of a registered function of another NNS canister; `payload` is that function's argument
/// (left empty by `omit_large_fields`).
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct ExecuteNnsFunction {
    pub nns_function: i32,
    #[serde(with = "serde_bytes")]
    pub payload: Vec<u8>,
}

/// Strikes a neuron off the list of known ones.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct DeregisterKnownNeuron {
    pub id: Option<NeuronId>,
}

/// Canister principals or persons, as several actions carry them.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct Principals {
    pub principals: Vec<Principal>,
}

/// The followees new neurons start with, by topic.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct SetDefaultFollowees {
    pub default_followees: Vec<(i32, Followees)>,
}

/// Adds a node provider to, or removes it from, the list of those that are paid.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct AddOrRemoveNodeProvider {
    pub change: Option<Change>,
}

/// The change of [`AddOrRemoveNodeProvider`].
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq)]
pub enum Change {
    ToRemove(NodeProvider),
    ToAdd(NodeProvider),
}

/// Pays one node provider (e8s).
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct RewardNodeProvider {
    pub node_provider: Option<NodeProvider>,
    pub reward_mode: Option<RewardMode>,
    pub amount_e8s: u64,
}

/// Pays several node providers.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct RewardNodeProviders {
    pub use_registry_derived_rewards: Option<bool>,
    pub rewards: Vec<RewardNodeProvider>,
}

/// How a node provider is paid.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq)]
pub enum RewardMode {
    RewardToNeuron(RewardToNeuron),
    RewardToAccount(RewardToAccount),
}

/// Paid as a new neuron with this dissolve delay.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct RewardToNeuron {
    pub dissolve_delay_seconds: u64,
}

/// Paid to an account; `None` is the provider's own.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct RewardToAccount {
    pub to_account: Option<AccountIdentifier>,
}

/// Controllers a canister is given.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct Controllers {
    pub controllers: Vec<Principal>,
}

/// Settings a proposal gives a canister; `None` leaves one as it is.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct CanisterSettings {
    pub freezing_threshold: Option<u64>,
    pub controllers: Option<Controllers>,
    pub log_visibility: Option<i32>,
    pub snapshot_visibility: Option<i32>,
    pub wasm_memory_limit: Option<u64>,
    pub memory_allocation: Option<u64>,
    pub compute_allocation: Option<u64>,
    pub wasm_memory_threshold: Option<u64>,
}

/// Changes the settings of a canister the NNS controls.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct UpdateCanisterSettings {
    pub canister_id: Option<Principal>,
    pub settings: Option<CanisterSettings>,
}

/// Installs code on a canister: module and argument by sha-256. `install_mode`: 1 install,
/// 2 reinstall, 3 upgrade.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct InstallCode {
    pub skip_stopping_before_installing: Option<bool>,
    pub wasm_module_hash: Option<ByteBuf>,
    pub canister_id: Option<Principal>,
    pub arg_hash: Option<ByteBuf>,
    pub install_mode: Option<i32>,
}

/// Stops or starts a canister. `action`: 1 stop, 2 start.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct StopOrStartCanister {
    pub action: Option<i32>,
    pub canister_id: Option<Principal>,
}

/// Creates a canister on a subnet and installs code: module and argument by sha-256.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct CreateCanisterAndInstallCode {
    pub host_subnet_id: Option<Principal>,
    pub canister_settings: Option<CanisterSettings>,
    pub wasm_module_hash: Option<ByteBuf>,
    pub install_arg_hash: Option<ByteBuf>,
}

/// Takes a snapshot of a canister, in place of an older one or beside it.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct TakeCanisterSnapshot {
    pub canister_id: Option<Principal>,
    pub replace_snapshot: Option<ByteBuf>,
}

/// Puts a canister back to a snapshot.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct LoadCanisterSnapshot {
    pub canister_id: Option<Principal>,
    pub snapshot_id: Option<ByteBuf>,
}

/// Creates a rented subnet from the request of `user` with these nodes and this replica version.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct FulfillSubnetRentalRequest {
    pub user: Option<Principal>,
    pub node_ids: Option<Vec<Principal>>,
    pub replica_version_id: Option<String>,
    pub initial_dkg_subnet_id: Option<Principal>,
}

/// Begins or advances the deployment of the GuestOS version of cloud engines that name none of their own.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct UpdateStandardEngineReplicaVersion {
    pub new_replica_version_id: Option<String>,
    pub old_replica_version_id: Option<String>,
    pub deployment_progress: Option<f64>,
}

/// Approves a guest operating system for recovering named machines.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct BlessAlternativeGuestOsVersion {
    pub chip_ids: Option<Vec<ByteBuf>>,
    pub rootfs_hash: Option<String>,
    pub base_guest_launch_measurements: Option<GuestLaunchMeasurements>,
}

/// Launch measurements of the software an alternative version may replace.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct GuestLaunchMeasurements {
    pub guest_launch_measurements: Option<Vec<GuestLaunchMeasurement>>,
}

/// One SEV-SNP measurement (48 bytes).
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct GuestLaunchMeasurement {
    pub measurement: Option<ByteBuf>,
    pub metadata: Option<GuestLaunchMeasurementMetadata>,
}

/// The kernel command line a measurement was made with.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct GuestLaunchMeasurementMetadata {
    pub kernel_cmdline: Option<String>,
    pub vcpu_type: Option<String>,
}
