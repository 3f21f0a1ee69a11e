//! The topic a proposal belongs to, and the functions of other canisters it may call.
//!
//! Rules: dfinity/ic `rs/nns/governance/src/proposals/{mod,execute_nns_function}.rs`.

use crate::data::{ACTIONS, NnsFunction};
use crate::world::canister_id;
use icpulse_canisters::wire::governance::Action;
use icpulse_model::{Principal, Topic};

/// A function that `ExecuteNnsFunction` may call, by its number.
pub fn nns_function(number: i32) -> Option<&'static NnsFunction> {
    ACTIONS.functions.iter().find(|function| function.number == number)
}

/// Canisters of the protocol itself by index (`ic_nns_constants`): registry, governance, ledger,
/// root, cycles minting, lifeline.
const PROTOCOL_CANISTERS: &[u64] = &[0, 1, 2, 3, 4, 5];

const SNS_CANISTERS: &[u64] = &[10];

fn topic_of_canister(canister: Option<Principal>) -> Topic {
    let is = |indices: &[u64]| canister.is_some_and(|id| indices.iter().any(|i| canister_id(*i) == id));
    if is(PROTOCOL_CANISTERS) {
        Topic::ProtocolCanisterManagement
    } else if is(SNS_CANISTERS) {
        Topic::ServiceNervousSystemManagement
    } else {
        Topic::ApplicationCanisterManagement
    }
}

pub fn topic_of(action: &Action) -> Topic {
    match action {
        Action::ManageNeuron(_) => Topic::NeuronManagement,
        Action::ManageNetworkEconomics(_) => Topic::NetworkEconomics,
        Action::Motion(_)
        | Action::SetDefaultFollowees(_)
        | Action::RegisterKnownNeuron(_)
        | Action::DeregisterKnownNeuron(_) => Topic::Governance,
        Action::ApproveGenesisKyc(_) => Topic::Kyc,
        Action::AddOrRemoveNodeProvider(_) => Topic::ParticipantManagement,
        Action::RewardNodeProvider(_) | Action::RewardNodeProviders(_) => Topic::NodeProviderRewards,
        Action::OpenSnsTokenSwap(_)
        | Action::SetSnsTokenSwapOpenTimeWindow(_)
        | Action::CreateServiceNervousSystem(_) => Topic::SnsAndCommunityFund,
        Action::UpdateCanisterSettings(a) => topic_of_canister(a.canister_id),
        Action::InstallCode(a) => topic_of_canister(a.canister_id),
        Action::StopOrStartCanister(a) => topic_of_canister(a.canister_id),
        Action::TakeCanisterSnapshot(a) => topic_of_canister(a.canister_id),
        Action::LoadCanisterSnapshot(a) => topic_of_canister(a.canister_id),
        Action::CreateCanisterAndInstallCode(_) => Topic::ApplicationCanisterManagement,
        Action::FulfillSubnetRentalRequest(_) => Topic::SubnetRental,
        Action::UpdateStandardEngineReplicaVersion(_) => Topic::IcOsVersionDeployment,
        Action::BlessAlternativeGuestOsVersion(_) => Topic::NodeAdmin,
        Action::ExecuteNnsFunction(call) => {
            nns_function(call.nns_function).map_or(Topic::Unspecified, |function| function.topic)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use icpulse_canisters::wire::governance::{InstallCode, StopOrStartCanister};

    #[test]
    fn canister_ids_are_those_of_the_main_network() {
        assert_eq!(canister_id(0).to_text(), "rwlgt-iiaaa-aaaaa-aaaaa-cai");
        assert_eq!(canister_id(1).to_text(), "rrkah-fqaaa-aaaaa-aaaaq-cai");
        assert_eq!(canister_id(2).to_text(), "ryjl3-tyaaa-aaaaa-aaaba-cai");
        assert_eq!(canister_id(10).to_text(), "qaa6y-5yaaa-aaaaa-aaafa-cai");
    }

    #[test]
    fn the_topic_of_an_upgrade_depends_on_the_canister() {
        let upgrade = |index| {
            topic_of(&Action::InstallCode(InstallCode {
                canister_id: Some(canister_id(index)),
                ..InstallCode::default()
            }))
        };
        assert_eq!(upgrade(1), Topic::ProtocolCanisterManagement);
        assert_eq!(upgrade(7), Topic::ApplicationCanisterManagement);
        assert_eq!(upgrade(10), Topic::ServiceNervousSystemManagement);
        let stop = Action::StopOrStartCanister(StopOrStartCanister::default());
        assert_eq!(topic_of(&stop), Topic::ApplicationCanisterManagement);
    }
}
