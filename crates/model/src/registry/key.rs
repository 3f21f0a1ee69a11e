//! Keys of the registry.

use crate::Principal;
use crate::text::Line;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The machines firewall rules are for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum FirewallScope {
    Global,
    /// All nodes that run a replica.
    ReplicaNodes,
    ApiBoundaryNodes,
    /// The nodes of a subnet.
    Subnet(Principal),
    Node(Principal),
}

/// A parsed key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Key {
    SubnetList,
    /// `nns_subnet_id`.
    NnsSubnet,
    /// `subnet_record_<id>`.
    Subnet(Principal),
    /// `node_record_<id>`.
    Node(Principal),
    /// `node_operator_record_<id>`.
    Operator(Principal),
    /// `data_center_record_<id>`, in lower case.
    DataCenter(Line),
    /// `node_rewards_table`.
    RewardTable,
    /// `api_boundary_node_<id>`.
    ApiBoundaryNode(Principal),
    ReplicaVersion(Line),
    /// `hostos_version_<version>`.
    HostOsVersion(Line),
    /// `unassigned_nodes_config`.
    UnassignedNodes,
    /// `standard_engine_replica_version`.
    StandardEngine,
    /// `firewall_rules_<scope>`.
    Firewall(FirewallScope),
    /// `canister_ranges_<first canister id in hexadecimal>`: one shard of the routing table.
    CanisterRanges(Line),
    /// `routing_table`: the whole of it, in old versions.
    RoutingTable,
    /// Any other key.
    Other(Line),
}

type FromPrincipal = fn(Principal) -> Key;
type FromName = fn(Line) -> Key;

const PREFIXES: &[(&str, FromPrincipal)] = &[
    ("subnet_record_", Key::Subnet),
    ("node_record_", Key::Node),
    ("node_operator_record_", Key::Operator),
    ("api_boundary_node_", Key::ApiBoundaryNode),
    ("firewall_rules_subnet_", |id| Key::Firewall(FirewallScope::Subnet(id))),
    ("firewall_rules_node_", |id| Key::Firewall(FirewallScope::Node(id))),
];
const NAMED: &[(&str, FromName)] = &[
    ("data_center_record_", Key::DataCenter),
    ("replica_version_", Key::ReplicaVersion),
    ("hostos_version_", Key::HostOsVersion),
    ("canister_ranges_", Key::CanisterRanges),
];

impl Key {
    /// Parses the bytes of a key. Keys of unknown families, and of known ones with an id that
    /// is none, are [`Key::Other`].
    pub fn parse(bytes: &[u8]) -> Self {
        let Ok(text) = std::str::from_utf8(bytes) else {
            return Self::Other(Line::new(&format!("0x{}", hex::encode(bytes))));
        };
        match text {
            "subnet_list" => return Self::SubnetList,
            "nns_subnet_id" => return Self::NnsSubnet,
            "node_rewards_table" => return Self::RewardTable,
            "unassigned_nodes_config" => return Self::UnassignedNodes,
            "standard_engine_replica_version" | "standard_engine_replica_version_record" => {
                return Self::StandardEngine;
            }
            "routing_table" => return Self::RoutingTable,
            "firewall_rules_global" => return Self::Firewall(FirewallScope::Global),
            "firewall_rules_replica_nodes" => return Self::Firewall(FirewallScope::ReplicaNodes),
            "firewall_rules_api_boundary_nodes" => return Self::Firewall(FirewallScope::ApiBoundaryNodes),
            _ => {}
        }
        for (prefix, make) in PREFIXES {
            if let Some(id) = text.strip_prefix(prefix).and_then(|id| Principal::from_text(id).ok()) {
                return make(id);
            }
        }
        for (prefix, make) in NAMED {
            if let Some(name) = text.strip_prefix(prefix)
                && Line::new(name).as_str() == name
            {
                return make(Line::new(name));
            }
        }
        Self::Other(Line::new(text))
    }
}

/// As the registry writes it.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SubnetList => f.write_str("subnet_list"),
            Self::NnsSubnet => f.write_str("nns_subnet_id"),
            Self::Subnet(id) => write!(f, "subnet_record_{id}"),
            Self::Node(id) => write!(f, "node_record_{id}"),
            Self::Operator(id) => write!(f, "node_operator_record_{id}"),
            Self::DataCenter(id) => write!(f, "data_center_record_{id}"),
            Self::RewardTable => f.write_str("node_rewards_table"),
            Self::ApiBoundaryNode(id) => write!(f, "api_boundary_node_{id}"),
            Self::ReplicaVersion(v) => write!(f, "replica_version_{v}"),
            Self::HostOsVersion(v) => write!(f, "hostos_version_{v}"),
            Self::UnassignedNodes => f.write_str("unassigned_nodes_config"),
            Self::StandardEngine => f.write_str("standard_engine_replica_version"),
            Self::Firewall(FirewallScope::Global) => f.write_str("firewall_rules_global"),
            Self::Firewall(FirewallScope::ReplicaNodes) => f.write_str("firewall_rules_replica_nodes"),
            Self::Firewall(FirewallScope::ApiBoundaryNodes) => {
                f.write_str("firewall_rules_api_boundary_nodes")
            }
            Self::Firewall(FirewallScope::Subnet(id)) => write!(f, "firewall_rules_subnet_{id}"),
            Self::Firewall(FirewallScope::Node(id)) => write!(f, "firewall_rules_node_{id}"),
            Self::CanisterRanges(first) => write!(f, "canister_ranges_{first}"),
            Self::RoutingTable => f.write_str("routing_table"),
            Self::Other(key) => write!(f, "{key}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn one_of_each() -> Vec<Key> {
        let id = Principal::management_canister();
        vec![
            Key::SubnetList,
            Key::NnsSubnet,
            Key::Subnet(id),
            Key::Node(id),
            Key::Operator(id),
            Key::DataCenter(Line::new("zh1")),
            Key::RewardTable,
            Key::ApiBoundaryNode(id),
            Key::ReplicaVersion(Line::new("e3d101b2")),
            Key::HostOsVersion(Line::new("0d47")),
            Key::UnassignedNodes,
            Key::StandardEngine,
            Key::Firewall(FirewallScope::Global),
            Key::Firewall(FirewallScope::ReplicaNodes),
            Key::Firewall(FirewallScope::ApiBoundaryNodes),
            Key::Firewall(FirewallScope::Subnet(id)),
            Key::Firewall(FirewallScope::Node(id)),
            Key::CanisterRanges(Line::new("00000000000000000101")),
            Key::RoutingTable,
            Key::Other(Line::new("crypto_records_x_1")),
        ]
    }

    #[test]
    fn every_kind_of_key_is_read_as_it_is_written() {
        for key in one_of_each() {
            assert_eq!(Key::parse(key.to_string().as_bytes()), key);
        }
        assert_eq!(Key::parse(b"node_record_nobody"), Key::Other(Line::new("node_record_nobody")));
    }

    proptest! {
        #[test]
        fn no_key_panics(bytes: Vec<u8>) {
            let _ = Key::parse(&bytes).to_string();
        }
    }
}
