//! What proposals there are, and how often.

use crate::data::PROPOSALS;
use std::sync::LazyLock;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
pub enum Kind {
    Motion,
    Spam,
    Hostile,
    RegisterKnownNeuron,
    DeregisterKnownNeuron,
    SetDefaultFollowees,
    UninstallCode,
    ManageNetworkEconomics,
    UpdateNodeRewardsTable,
    ClearProvisionalWhitelist,
    AssignNoid,
    UpdateNodeOperatorConfig,
    RemoveNodes,
    RemoveNodeOperators,
    BlessAlternativeGuestos,
    AddNodeProvider,
    RemoveNodeProvider,
    DataCenters,
    ChangeSubnetMembership,
    CreateSubnet,
    UpdateSubnet,
    UpgradeApplicationCanister,
    ApplicationCanisterSettings,
    StopOrStartCanister,
    CreateCanisterAndInstallCode,
    TakeCanisterSnapshot,
    LoadCanisterSnapshot,
    GenesisKyc,
    RewardNodeProvider,
    RewardNodeProviders,
    ElectGuestos,
    UnelectGuestos,
    ElectHostos,
    DeployGuestos,
    DeployHostos,
    DeployApiBoundaryGuestos,
    CreateSns,
    AddApiBoundaryNodes,
    RemoveApiBoundaryNodes,
    SubnetRental,
    FulfillSubnetRental,
    UpgradeProtocolCanister,
    ProtocolCanisterSettings,
    PauseMigrations,
    UnpauseMigrations,
    AddSnsWasm,
    UpgradeSnsW,
    ExchangeRate,
}

/// Kinds and how many of them there are among 600.
pub(crate) static SHARES: LazyLock<Vec<(Kind, u64)>> = LazyLock::new(|| {
    let shares = PROPOSALS.iter().map(|(kind, text)| (*kind, text.share));
    shares.filter(|(_, share)| *share > 0).collect()
});

/// Whether a kind is on governance or SNS, where following on all topics does not reach.
pub(crate) fn is_political(kind: Kind) -> bool {
    PROPOSALS.get(&kind).is_some_and(|text| text.political)
}
