//! Actions as the canister describes them: a name, what it does, and the content as a tree
//! (`SelfDescribingProposalAction`, dfinity/ic `rs/nns/governance/src/proposals/self_describing.rs`).
//!
//! Absent fields are `Null`, principals are text, bytes are blobs; an NNS function's payload is
//! decoded by the interface of the canister it calls.

use super::topics::nns_function;
use crate::data::ACTIONS;
use candid::{Int, Nat};
use icpulse_canisters::wire::governance as wire;
use icpulse_model::Principal;
use serde_bytes::ByteBuf;
use wire::{Action, SelfDescribingProposalAction, SelfDescribingValue as Value};

pub trait Describe {
    fn describe(&self) -> Value;
}

/// Describes a record by its fields, under the names of the interface.
macro_rules! describe_record {
    ($($name:path { $($field:ident),* $(,)? })*) => { $(
        impl $crate::governance::describe::Describe for $name {
            fn describe(&self) -> ::icpulse_canisters::wire::governance::SelfDescribingValue {
                ::icpulse_canisters::wire::governance::SelfDescribingValue::Map(vec![$((
                    stringify!($field).to_owned(),
                    $crate::governance::describe::Describe::describe(&self.$field),
                )),*])
            }
        }
    )* };
}

pub(crate) use describe_record;

macro_rules! describe_numbers {
    ($($number:ty => $variant:ident $big:ident),* $(,)?) => { $(
        impl Describe for $number {
            fn describe(&self) -> Value {
                Value::$variant($big::from(*self))
            }
        }
    )* };
}

describe_numbers!(u64 => Nat Nat, u32 => Nat Nat, u16 => Nat Nat, i32 => Int Int, i64 => Int Int);

impl Describe for String {
    fn describe(&self) -> Value {
        Value::Text(self.clone())
    }
}

impl Describe for f64 {
    fn describe(&self) -> Value {
        Value::Text(self.to_string())
    }
}

impl Describe for bool {
    fn describe(&self) -> Value {
        Value::Bool(*self)
    }
}

impl Describe for Principal {
    fn describe(&self) -> Value {
        Value::Text(self.to_text())
    }
}

impl Describe for ByteBuf {
    fn describe(&self) -> Value {
        Value::Blob(self.clone())
    }
}

impl<T: Describe> Describe for Option<T> {
    fn describe(&self) -> Value {
        self.as_ref().map_or(Value::Null, Describe::describe)
    }
}

impl<T: Describe> Describe for Vec<T> {
    fn describe(&self) -> Value {
        Value::Array(self.iter().map(Describe::describe).collect())
    }
}

impl<T: Describe> Describe for Box<T> {
    fn describe(&self) -> Value {
        self.as_ref().describe()
    }
}

impl<T: Describe> Describe for (i32, T) {
    fn describe(&self) -> Value {
        Value::Map(vec![(self.0.to_string(), self.1.describe())])
    }
}

fn tagged(name: &str, value: Value) -> Value {
    Value::Map(vec![(name.to_owned(), value)])
}

impl Describe for wire::NeuronId {
    fn describe(&self) -> Value {
        self.id.describe()
    }
}

impl Describe for wire::AccountIdentifier {
    fn describe(&self) -> Value {
        Value::Text(hex::encode(&self.hash))
    }
}

impl Describe for wire::TopicToFollow {
    fn describe(&self) -> Value {
        Value::Text(format!("{self:?}"))
    }
}

/// Describes a variant as a map from its tag to its content.
macro_rules! describe_variants {
    ($($name:ident { $($tag:ident),* })*) => { $(
        impl Describe for wire::$name {
            fn describe(&self) -> Value {
                match self {
                    $(Self::$tag(content) => tagged(stringify!($tag), content.describe()),)*
                }
            }
        }
    )* };
}

describe_variants! {
    Change { ToAdd, ToRemove }
    RewardMode { RewardToNeuron, RewardToAccount }
    NeuronIdOrSubaccount { NeuronId, Subaccount }
}

impl Describe for wire::ManageNeuronProposalCommand {
    fn describe(&self) -> Value {
        match self {
            Self::Follow(c) => tagged("Follow", c.describe()),
            Self::RegisterVote(c) => tagged("RegisterVote", c.describe()),
            Self::SetFollowing(c) => tagged("SetFollowing", c.describe()),
            Self::Configure(c) => tagged("Configure", c.describe()),
            Self::RefreshVotingPower(_) => tagged("RefreshVotingPower", Value::Map(Vec::new())),
            other => Value::Text(format!("{other:?}")),
        }
    }
}

impl Describe for wire::Operation {
    fn describe(&self) -> Value {
        match self {
            Self::IncreaseDissolveDelay(o) => tagged("IncreaseDissolveDelay", o.describe()),
            Self::SetDissolveTimestamp(o) => tagged("SetDissolveTimestamp", o.describe()),
            Self::AddHotKey(o) => tagged("AddHotKey", o.describe()),
            Self::RemoveHotKey(o) => tagged("RemoveHotKey", o.describe()),
            Self::ChangeAutoStakeMaturity(o) => tagged("ChangeAutoStakeMaturity", o.describe()),
            Self::SetVisibility(o) => tagged("SetVisibility", o.describe()),
            Self::StartDissolving {} => Value::Text("StartDissolving".to_owned()),
            Self::StopDissolving {} => Value::Text("StopDissolving".to_owned()),
            Self::JoinCommunityFund {} => Value::Text("JoinNeuronsFund".to_owned()),
            Self::LeaveCommunityFund {} => Value::Text("LeaveNeuronsFund".to_owned()),
        }
    }
}

describe_record! {
    wire::Motion { motion_text }
    wire::KnownNeuronData { name, description, links, committed_topics }
    wire::KnownNeuron { id, known_neuron_data }
    wire::DeregisterKnownNeuron { id }
    wire::Principals { principals }
    wire::Followees { followees }
    wire::SetDefaultFollowees { default_followees }
    wire::NodeProvider { id, reward_account }
    wire::AddOrRemoveNodeProvider { change }
    wire::RewardToNeuron { dissolve_delay_seconds }
    wire::RewardToAccount { to_account }
    wire::RewardNodeProvider { node_provider, reward_mode, amount_e8s }
    wire::RewardNodeProviders { use_registry_derived_rewards, rewards }
    wire::Controllers { controllers }
    wire::CanisterSettings {
        freezing_threshold, controllers, log_visibility, snapshot_visibility, wasm_memory_limit,
        memory_allocation, compute_allocation, wasm_memory_threshold,
    }
    wire::UpdateCanisterSettings { canister_id, settings }
    wire::InstallCode { canister_id, install_mode, skip_stopping_before_installing, wasm_module_hash, arg_hash }
    wire::StopOrStartCanister { canister_id, action }
    wire::CreateCanisterAndInstallCode { host_subnet_id, canister_settings, wasm_module_hash, install_arg_hash }
    wire::TakeCanisterSnapshot { canister_id, replace_snapshot }
    wire::LoadCanisterSnapshot { canister_id, snapshot_id }
    wire::FulfillSubnetRentalRequest { user, node_ids, replica_version_id, initial_dkg_subnet_id }
    wire::UpdateStandardEngineReplicaVersion { new_replica_version_id, old_replica_version_id, deployment_progress }
    wire::BlessAlternativeGuestOsVersion { chip_ids, rootfs_hash, base_guest_launch_measurements }
    wire::GuestLaunchMeasurements { guest_launch_measurements }
    wire::GuestLaunchMeasurement { measurement, metadata }
    wire::GuestLaunchMeasurementMetadata { kernel_cmdline, vcpu_type }
    wire::Percentage { basis_points }
    wire::Decimal { human_readable }
    wire::NetworkEconomics {
        neuron_minimum_stake_e8s, max_proposals_to_keep_per_topic, neuron_management_fee_per_proposal_e8s,
        reject_cost_e8s, transaction_fee_e8s, neuron_spawn_dissolve_delay_seconds, minimum_icp_xdr_rate,
        maximum_node_provider_rewards_e8s, neurons_fund_economics, voting_power_economics,
    }
    wire::VotingPowerEconomics {
        start_reducing_voting_power_after_seconds, clear_following_after_seconds,
        neuron_minimum_dissolve_delay_to_vote_seconds,
    }
    wire::NeuronsFundEconomics {
        maximum_icp_xdr_rate, neurons_fund_matched_funding_curve_coefficients,
        max_theoretical_neurons_fund_participation_amount_xdr, minimum_icp_xdr_rate,
    }
    wire::NeuronsFundMatchedFundingCurveCoefficients {
        contribution_threshold_xdr, one_third_participation_milestone_xdr, full_participation_milestone_xdr,
    }
    wire::ManageNeuronProposal { id, neuron_id_or_subaccount, command }
    wire::ProposalId { id }
    wire::Follow { topic, followees }
    wire::FolloweesForTopic { topic, followees }
    wire::SetFollowing { topic_following }
    wire::RegisterVote { vote, proposal }
    wire::Configure { operation }
    wire::IncreaseDissolveDelay { additional_dissolve_delay_seconds }
    wire::SetDissolveTimestamp { dissolve_timestamp_seconds }
    wire::AddHotKey { new_hot_key }
    wire::RemoveHotKey { hot_key_to_remove }
    wire::ChangeAutoStakeMaturity { requested_setting_for_auto_stake_maturity }
    wire::SetVisibility { visibility }
    wire::CreateServiceNervousSystem {
        name, description, url, logo, fallback_controller_principal_ids, dapp_canisters,
        initial_token_distribution, swap_parameters, ledger_parameters, governance_parameters,
    }
    wire::Canister { id }
    wire::Image { base64_encoding }
    wire::Tokens { e8s }
    wire::Duration { seconds }
    wire::GlobalTimeOfDay { seconds_after_utc_midnight }
    wire::Countries { iso_codes }
    wire::GovernanceParameters {
        neuron_maximum_dissolve_delay_bonus, neuron_maximum_age_for_age_bonus, neuron_maximum_dissolve_delay,
        neuron_minimum_dissolve_delay_to_vote, neuron_maximum_age_bonus, neuron_minimum_stake,
        proposal_wait_for_quiet_deadline_increase, proposal_initial_voting_period, proposal_rejection_fee,
        voting_reward_parameters, custom_proposal_criticality,
    }
    wire::VotingRewardParameters { reward_rate_transition_duration, initial_reward_rate, final_reward_rate }
    wire::CustomProposalCriticality { additional_critical_native_action_ids }
    wire::LedgerParameters { transaction_fee, token_name, token_symbol, token_logo }
    wire::InitialTokenDistribution { developer_distribution, treasury_distribution, swap_distribution }
    wire::SwapDistribution { total }
    wire::DeveloperDistribution { developer_neurons }
    wire::NeuronDistribution { controller, dissolve_delay, memo, vesting_period, stake }
    wire::SwapParameters {
        minimum_participants, neurons_fund_participation, duration, neuron_basket_construction_parameters,
        confirmation_text, maximum_participant_icp, minimum_icp, minimum_direct_participation_icp,
        minimum_participant_icp, start_time, maximum_direct_participation_icp, maximum_icp,
        neurons_fund_investment_icp, restricted_countries,
    }
    wire::NeuronBasketConstructionParameters { dissolve_delay_interval, count }
}

/// An action as the canister describes it; `payload` is the decoded argument of an NNS function.
pub fn describe(action: &Action, payload: Option<&Value>) -> SelfDescribingProposalAction {
    macro_rules! describe_action {
        ($($tag:ident),*; $($other:tt)*) => {
            match action {
                $(Action::$tag(content) => (stringify!($tag), content.describe()),)*
                $($other)*
            }
        };
    }
    let (key, value) = describe_action! {
        Motion, RegisterKnownNeuron, DeregisterKnownNeuron, ManageNeuron,
        UpdateCanisterSettings, InstallCode, StopOrStartCanister, CreateServiceNervousSystem,
        RewardNodeProvider, RewardNodeProviders, SetDefaultFollowees, ManageNetworkEconomics,
        ApproveGenesisKyc, AddOrRemoveNodeProvider, FulfillSubnetRentalRequest, BlessAlternativeGuestOsVersion,
        TakeCanisterSnapshot, LoadCanisterSnapshot, CreateCanisterAndInstallCode,
        UpdateStandardEngineReplicaVersion;
        Action::ExecuteNnsFunction(call) => {
            let value = payload.cloned().unwrap_or_else(|| super::convert::blob(&call.payload));
            if let Some(function) = nns_function(call.nns_function) {
                return described(&function.name, &function.description, value);
            }
            ("ExecuteNnsFunction", value)
        }
        Action::OpenSnsTokenSwap(_) | Action::SetSnsTokenSwapOpenTimeWindow(_) => {
            ("SnsSwap", Value::Text(format!("{action:?}")))
        }
    };
    let text = ACTIONS.actions.iter().find(|text| text.action == key);
    text.map_or_else(
        || described(key, "", value.clone()),
        |text| described(&text.name, &text.description, value.clone()),
    )
}

fn described(name: &str, description: &str, value: Value) -> SelfDescribingProposalAction {
    SelfDescribingProposalAction {
        type_name: Some(name.to_owned()),
        type_description: Some(description.to_owned()),
        value: Some(value),
    }
}
