//! Making proposals: the `MakeProposal` command of `manage_neuron`.
//!
//! Proposals are made with whole modules and arguments, and read back with their hashes; the two
//! are therefore different types.

use candid::{CandidType, Deserialize, Principal};
use serde_bytes::ByteBuf;

use super::action::{
    AddOrRemoveNodeProvider, BlessAlternativeGuestOsVersion, CanisterSettings, DeregisterKnownNeuron,
    ExecuteNnsFunction, FulfillSubnetRentalRequest, LoadCanisterSnapshot, Motion, Principals,
    RewardNodeProvider, RewardNodeProviders, StopOrStartCanister, TakeCanisterSnapshot,
    UpdateCanisterSettings,
};
use super::manage::ManageNeuronRequest;
use super::network::NetworkEconomics;
use super::neuron::KnownNeuron;
use super::swap::CreateServiceNervousSystem;

/// A proposal to be made. A motion's URL must be on a domain the canister allows.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct MakeProposalRequest {
    pub url: String,
    pub title: Option<String>,
    pub action: Option<ProposalActionRequest>,
    pub summary: String,
}

/// The action of a proposal to be made.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq)]
pub enum ProposalActionRequest {
    RegisterKnownNeuron(KnownNeuron),
    DeregisterKnownNeuron(DeregisterKnownNeuron),
    ManageNeuron(Box<ManageNeuronRequest>),
    UpdateCanisterSettings(UpdateCanisterSettings),
    InstallCode(InstallCodeRequest),
    StopOrStartCanister(StopOrStartCanister),
    CreateServiceNervousSystem(Box<CreateServiceNervousSystem>),
    ExecuteNnsFunction(ExecuteNnsFunction),
    RewardNodeProvider(RewardNodeProvider),
    RewardNodeProviders(RewardNodeProviders),
    ManageNetworkEconomics(Box<NetworkEconomics>),
    ApproveGenesisKyc(Principals),
    AddOrRemoveNodeProvider(AddOrRemoveNodeProvider),
    Motion(Motion),
    FulfillSubnetRentalRequest(FulfillSubnetRentalRequest),
    BlessAlternativeGuestOsVersion(BlessAlternativeGuestOsVersion),
    TakeCanisterSnapshot(TakeCanisterSnapshot),
    LoadCanisterSnapshot(LoadCanisterSnapshot),
    CreateCanisterAndInstallCode(CreateCanisterAndInstallCodeRequest),
}

/// Installs code, given whole.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct InstallCodeRequest {
    pub arg: Option<ByteBuf>,
    pub wasm_module: Option<ByteBuf>,
    pub skip_stopping_before_installing: Option<bool>,
    pub canister_id: Option<Principal>,
    pub install_mode: Option<i32>,
}

/// Creates a canister and installs code, given whole.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct CreateCanisterAndInstallCodeRequest {
    pub host_subnet_id: Option<Principal>,
    pub canister_settings: Option<CanisterSettings>,
    pub wasm_module: Option<WasmModule>,
    pub install_arg: Option<ByteBuf>,
}

/// A module, given whole.
#[derive(CandidType, Deserialize, Clone, Debug, PartialEq)]
pub enum WasmModule {
    Inlined(ByteBuf),
}
