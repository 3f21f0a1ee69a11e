//! What proposals there are, and how often.

/// What a proposal is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "each is named after its action or function")]
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
pub const SHARES: &[(Kind, u64)] = &[
    (Kind::Motion, 52),
    (Kind::Spam, 5),
    (Kind::RegisterKnownNeuron, 12),
    (Kind::DeregisterKnownNeuron, 2),
    (Kind::SetDefaultFollowees, 1),
    (Kind::UninstallCode, 2),
    (Kind::ManageNetworkEconomics, 7),
    (Kind::UpdateNodeRewardsTable, 3),
    (Kind::ClearProvisionalWhitelist, 1),
    (Kind::AssignNoid, 18),
    (Kind::UpdateNodeOperatorConfig, 18),
    (Kind::RemoveNodes, 10),
    (Kind::RemoveNodeOperators, 4),
    (Kind::BlessAlternativeGuestos, 2),
    (Kind::AddNodeProvider, 22),
    (Kind::RemoveNodeProvider, 4),
    (Kind::DataCenters, 14),
    (Kind::ChangeSubnetMembership, 66),
    (Kind::CreateSubnet, 4),
    (Kind::UpdateSubnet, 12),
    (Kind::UpgradeApplicationCanister, 44),
    (Kind::ApplicationCanisterSettings, 8),
    (Kind::StopOrStartCanister, 3),
    (Kind::CreateCanisterAndInstallCode, 3),
    (Kind::TakeCanisterSnapshot, 3),
    (Kind::LoadCanisterSnapshot, 1),
    (Kind::GenesisKyc, 5),
    (Kind::RewardNodeProvider, 4),
    (Kind::RewardNodeProviders, 7),
    (Kind::ElectGuestos, 26),
    (Kind::UnelectGuestos, 8),
    (Kind::ElectHostos, 8),
    (Kind::DeployGuestos, 72),
    (Kind::DeployHostos, 6),
    (Kind::DeployApiBoundaryGuestos, 6),
    (Kind::CreateSns, 14),
    (Kind::AddApiBoundaryNodes, 9),
    (Kind::RemoveApiBoundaryNodes, 6),
    (Kind::SubnetRental, 6),
    (Kind::FulfillSubnetRental, 3),
    (Kind::UpgradeProtocolCanister, 36),
    (Kind::ProtocolCanisterSettings, 5),
    (Kind::PauseMigrations, 2),
    (Kind::UnpauseMigrations, 2),
    (Kind::AddSnsWasm, 12),
    (Kind::UpgradeSnsW, 4),
    (Kind::ExchangeRate, 6),
];

/// Kinds on governance and SNS, where following on all topics does not reach.
#[must_use]
pub const fn is_political(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Motion
            | Kind::Spam
            | Kind::Hostile
            | Kind::RegisterKnownNeuron
            | Kind::DeregisterKnownNeuron
            | Kind::SetDefaultFollowees
            | Kind::UninstallCode
            | Kind::CreateSns
    )
}
