//! Which topic a proposal belongs to, and the functions of other canisters it may call.
//!
//! Rules: dfinity/ic `rs/nns/governance/src/proposals/{mod,execute_nns_function}.rs`.

use icpulse_canisters::wire::governance::Action;
use icpulse_model::{Principal, Topic};

/// A function that `ExecuteNnsFunction` may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NnsFunction {
    /// Its number in the protocol.
    pub number: i32,
    /// Its name as the canister describes it.
    pub name: &'static str,
    /// The topic of its proposals.
    pub topic: Topic,
    pub description: &'static str,
}

const fn function(number: i32, name: &'static str, topic: Topic, description: &'static str) -> NnsFunction {
    NnsFunction { number, name, topic, description }
}

/// The functions the demo's proposals call.
pub const FUNCTIONS: &[NnsFunction] = &[
    function(1, "Create Subnet", Topic::SubnetManagement, "Makes a subnet of the named nodes."),
    function(
        7,
        "Update Subnet Config",
        Topic::SubnetManagement,
        "Changes the protocol parameters of a subnet; its nodes pick them up from the registry.",
    ),
    function(
        8,
        "Assign Node Operator ID (NOID)",
        Topic::NodeAdmin,
        "Registers a node operator with the number of nodes it may still add.",
    ),
    function(
        10,
        "Set ICP/XDR Conversion Rate",
        Topic::ExchangeRate,
        "Sets the price of ICP in XDR that cycles are minted at (obsolete).",
    ),
    function(
        11,
        "Deploy GuestOS To All Subnet Nodes",
        Topic::IcOsVersionDeployment,
        "Upgrades all nodes of a subnet to an elected GuestOS version.",
    ),
    function(
        12,
        "Clear Provisional Whitelist",
        Topic::NetworkEconomics,
        "Ends the free creation of canisters by the listed principals.",
    ),
    function(
        16,
        "Update Node Operator Config",
        Topic::NodeAdmin,
        "Changes how many nodes a node operator may still add, and their kinds.",
    ),
    function(
        18,
        "Remove Nodes from Registry",
        Topic::NodeAdmin,
        "Takes unassigned nodes out of the registry.",
    ),
    function(19, "Uninstall Code", Topic::Governance, "Removes the code and state of a canister."),
    function(
        20,
        "Update Node Rewards Table",
        Topic::NetworkEconomics,
        "Changes what node providers earn by kind of node and region.",
    ),
    function(
        21,
        "Add or Remove Data Centers",
        Topic::ParticipantManagement,
        "Changes the data centers known to the registry.",
    ),
    function(23, "Remove Node Operators", Topic::NodeAdmin, "Takes node operators out of the registry."),
    function(
        30,
        "Bless New SNS Deployment",
        Topic::ServiceNervousSystemManagement,
        "Adds a version of an SNS canister that every SNS can upgrade to.",
    ),
    function(
        31,
        "Change Subnet Membership",
        Topic::SubnetManagement,
        "Replaces nodes of a subnet: unassigned nodes join, the removed ones become unassigned.",
    ),
    function(
        38,
        "Revise Elected GuestOS Versions",
        Topic::IcOsVersionElection,
        "Elects a GuestOS version by the hash of its image, or strikes versions off the list.",
    ),
    function(
        43,
        "Add API Boundary Nodes",
        Topic::ApiBoundaryNodeManagement,
        "Turns unassigned nodes into API boundary nodes.",
    ),
    function(
        44,
        "Remove API Boundary Nodes",
        Topic::ApiBoundaryNodeManagement,
        "Turns API boundary nodes back into unassigned nodes.",
    ),
    function(
        46,
        "Deploy GuestOS To Some API Boundary Nodes",
        Topic::IcOsVersionDeployment,
        "Upgrades the named API boundary nodes to an elected GuestOS version.",
    ),
    function(
        50,
        "Revise Elected HostOS Versions",
        Topic::IcOsVersionElection,
        "Elects a HostOS version by the hash of its image, or strikes versions off the list.",
    ),
    function(
        51,
        "Deploy HostOS To Some Nodes",
        Topic::IcOsVersionDeployment,
        "Upgrades the host system of the named nodes.",
    ),
    function(
        52,
        "Subnet Rental Request",
        Topic::SubnetRental,
        "Reserves a subnet for a user who pays for it in advance.",
    ),
    function(
        53,
        "Pause Canister Migrations",
        Topic::ProtocolCanisterManagement,
        "Stops accepting migrations of canisters between subnets.",
    ),
    function(
        54,
        "Unpause Canister Migrations",
        Topic::ProtocolCanisterManagement,
        "Accepts migrations of canisters between subnets again.",
    ),
];

pub fn nns_function(number: i32) -> Option<&'static NnsFunction> {
    FUNCTIONS.iter().find(|function| function.number == number)
}

/// Canisters of the protocol itself by index (`ic_nns_constants`): registry, governance, ledger,
/// root, cycles minting, lifeline.
const PROTOCOL_CANISTERS: &[u64] = &[0, 1, 2, 3, 4, 5];

const SNS_CANISTERS: &[u64] = &[10];

/// The id of the NNS canister with this index, e.g. 1 for governance.
pub fn nns_canister(index: u64) -> Principal {
    let mut bytes = [0; 10];
    bytes[..8].copy_from_slice(&index.to_be_bytes());
    bytes[8] = 1;
    bytes[9] = 1;
    Principal::from_slice(&bytes)
}

fn topic_of_canister(canister: Option<Principal>) -> Topic {
    let is = |indices: &[u64]| canister.is_some_and(|id| indices.iter().any(|i| nns_canister(*i) == id));
    if is(PROTOCOL_CANISTERS) {
        Topic::ProtocolCanisterManagement
    } else if is(SNS_CANISTERS) {
        Topic::ServiceNervousSystemManagement
    } else {
        Topic::ApplicationCanisterManagement
    }
}

/// The topic of a proposal with this action.
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
        assert_eq!(nns_canister(0).to_text(), "rwlgt-iiaaa-aaaaa-aaaaa-cai");
        assert_eq!(nns_canister(1).to_text(), "rrkah-fqaaa-aaaaa-aaaaq-cai");
        assert_eq!(nns_canister(2).to_text(), "ryjl3-tyaaa-aaaaa-aaaba-cai");
        assert_eq!(nns_canister(10).to_text(), "qaa6y-5yaaa-aaaaa-aaafa-cai");
    }

    #[test]
    fn the_topic_of_an_upgrade_depends_on_the_canister() {
        let upgrade = |index| {
            topic_of(&Action::InstallCode(InstallCode {
                canister_id: Some(nns_canister(index)),
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
