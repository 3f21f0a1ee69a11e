//! The functions that proposals execute on other NNS canisters, by number.
//!
//! Numbers: dfinity/ic `NnsFunction` of October 2026; those unknown show as their number. The number of
//! `MergeSubnets` is inferred from its place in the enum.

/// Name of an NNS function, if its number is known.
pub fn find_name(number: i32) -> Option<&'static str> {
    NAMES.get(usize::try_from(number).ok()?.checked_sub(1)?).copied()
}

/// As a row shows it: `ExecuteNnsFunction · ChangeSubnetMembership`, or `function 60`.
pub fn format_label(number: i32) -> String {
    find_name(number)
        .map_or_else(|| format!("function {number}"), |name| format!("ExecuteNnsFunction · {name}"))
}

/// In words: `Change Subnet Membership`, or `function 60`.
pub fn format_words(number: i32) -> String {
    find_name(number).map_or_else(|| format!("function {number}"), insert_spaces)
}

/// Puts spaces between the words of a name in camel case.
pub(super) fn insert_spaces(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 8);
    for c in name.chars() {
        if c.is_uppercase() && out.chars().last().is_some_and(|before| !before.is_uppercase()) {
            out.push(' ');
        }
        out.push(c);
    }
    out
}

/// From 1 on.
const NAMES: [&str; 59] = [
    "CreateSubnet",
    "AddNodeToSubnet",
    "NnsCanisterInstall",
    "NnsCanisterUpgrade",
    "BlessReplicaVersion",
    "RecoverSubnet",
    "UpdateConfigOfSubnet",
    "AssignNoid",
    "NnsRootUpgrade",
    "IcpXdrConversionRate",
    "DeployGuestosToAllSubnetNodes",
    "ClearProvisionalWhitelist",
    "RemoveNodesFromSubnet",
    "SetAuthorizedSubnetworks",
    "SetFirewallConfig",
    "UpdateNodeOperatorConfig",
    "StopOrStartNnsCanister",
    "RemoveNodes",
    "UninstallCode",
    "UpdateNodeRewardsTable",
    "AddOrRemoveDataCenters",
    "UpdateUnassignedNodesConfig",
    "RemoveNodeOperators",
    "RerouteCanisterRanges",
    "AddFirewallRules",
    "RemoveFirewallRules",
    "UpdateFirewallRules",
    "PrepareCanisterMigration",
    "CompleteCanisterMigration",
    "AddSnsWasm",
    "ChangeSubnetMembership",
    "UpdateSubnetType",
    "ChangeSubnetTypeAssignment",
    "UpdateSnsWasmSnsSubnetIds",
    "UpdateAllowedPrincipals",
    "RetireReplicaVersion",
    "InsertSnsWasmUpgradePathEntries",
    "ReviseElectedGuestosVersions",
    "BitcoinSetConfig",
    "UpdateElectedHostosVersions",
    "UpdateNodesHostosVersion",
    "HardResetNnsRootToVersion",
    "AddApiBoundaryNodes",
    "RemoveApiBoundaryNodes",
    "UpdateApiBoundaryNodeDomain",
    "UpdateApiBoundaryNodesVersion",
    "DeployGuestosToSomeApiBoundaryNodes",
    "DeployGuestosToAllUnassignedNodes",
    "UpdateSshReadOnlyAccessForAllUnassignedNodes",
    "ReviseElectedHostosVersions",
    "DeployHostosToSomeNodes",
    "SubnetRentalRequest",
    "PauseCanisterMigrations",
    "UnpauseCanisterMigrations",
    "SetSubnetOperationalLevel",
    "SplitSubnet",
    "DeleteSubnet",
    "SetDefaultInitialDkgSubnet",
    "MergeSubnets",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_most_needed() {
        for (number, expected) in [
            (1, "CreateSubnet"),
            (4, "NnsCanisterUpgrade"),
            (10, "IcpXdrConversionRate"),
            (11, "DeployGuestosToAllSubnetNodes"),
            (16, "UpdateNodeOperatorConfig"),
            (21, "AddOrRemoveDataCenters"),
            (30, "AddSnsWasm"),
            (31, "ChangeSubnetMembership"),
            (38, "ReviseElectedGuestosVersions"),
            (50, "ReviseElectedHostosVersions"),
            (51, "DeployHostosToSomeNodes"),
            (52, "SubnetRentalRequest"),
            (55, "SetSubnetOperationalLevel"),
            (56, "SplitSubnet"),
            (57, "DeleteSubnet"),
            (58, "SetDefaultInitialDkgSubnet"),
            (59, "MergeSubnets"),
        ] {
            assert_eq!(find_name(number), Some(expected), "{number}");
        }
        for unknown in [0, -1, 60, i32::MAX, i32::MIN] {
            assert_eq!(format_label(unknown), format!("function {unknown}"));
        }
        assert_eq!(format_words(31), "Change Subnet Membership");
        assert_eq!(format_label(31), "ExecuteNnsFunction · ChangeSubnetMembership");
    }
}
