//! A topology's records by their keys, as the registry has them.

use super::{Key, Record, Topology};
use crate::text::Line;
use std::collections::BTreeSet;

impl Topology {
    /// The record as last decoded, even if its present bytes could not be
    /// decoded (see [`Topology::undecoded`] for that).
    pub fn record(&self, key: &Key) -> Option<Record> {
        match key {
            Key::SubnetList => {
                (!self.subnet_list.is_empty()).then(|| Record::SubnetList(self.subnet_list.clone()))
            }
            Key::NnsSubnet => self.nns.map(Record::NnsSubnet),
            Key::Subnet(id) => self.subnets.get(id).map(|r| Record::Subnet(Box::new(r.clone()))),
            Key::Node(id) => self.nodes.get(id).map(|r| Record::Node(Box::new(r.clone()))),
            Key::Operator(id) => self.operators.get(id).map(|r| Record::Operator(Box::new(r.clone()))),
            Key::DataCenter(id) => self.data_centers.get(id).map(|r| Record::DataCenter(Box::new(r.clone()))),
            Key::RewardTable => {
                (!self.reward_table.is_empty()).then(|| Record::RewardTable(self.reward_table.clone()))
            }
            Key::ApiBoundaryNode(id) => self.api_boundary_nodes.get(id).cloned().map(Record::ApiBoundaryNode),
            Key::ReplicaVersion(v) => self.replica_versions.get(v).cloned().map(Record::ReplicaVersion),
            Key::HostOsVersion(v) => self.hostos_versions.get(v).cloned().map(Record::HostOsVersion),
            Key::UnassignedNodes => self.unassigned_version.clone().map(Record::UnassignedNodes),
            Key::StandardEngine => self.standard_engine.clone().map(Record::StandardEngine),
            Key::Firewall(scope) => self.firewall.get(scope).cloned().map(Record::Firewall),
            Key::CanisterRanges(first) => self.routes.get(first).cloned().map(Record::Routes),
            Key::RoutingTable => self.routes.get(&Line::default()).cloned().map(Record::Routes),
            Key::Other(name) => self.others.get(name).copied().map(Record::Other),
        }
    }

    /// The keys of all records, those that could not be decoded among them.
    pub fn keys(&self) -> BTreeSet<Key> {
        let mut keys: BTreeSet<Key> = self.undecoded.keys().cloned().collect();
        keys.extend((!self.subnet_list.is_empty()).then_some(Key::SubnetList));
        keys.extend(self.nns.map(|_| Key::NnsSubnet));
        keys.extend(self.subnets.keys().copied().map(Key::Subnet));
        keys.extend(self.nodes.keys().copied().map(Key::Node));
        keys.extend(self.operators.keys().copied().map(Key::Operator));
        keys.extend(self.data_centers.keys().cloned().map(Key::DataCenter));
        keys.extend((!self.reward_table.is_empty()).then_some(Key::RewardTable));
        keys.extend(self.api_boundary_nodes.keys().copied().map(Key::ApiBoundaryNode));
        keys.extend(self.replica_versions.keys().cloned().map(Key::ReplicaVersion));
        keys.extend(self.hostos_versions.keys().cloned().map(Key::HostOsVersion));
        keys.extend(self.unassigned_version.as_ref().map(|_| Key::UnassignedNodes));
        keys.extend(self.standard_engine.as_ref().map(|_| Key::StandardEngine));
        keys.extend(self.firewall.keys().cloned().map(Key::Firewall));
        keys.extend(self.routes.keys().map(|first| match first.is_empty() {
            true => Key::RoutingTable,
            false => Key::CanisterRanges(first.clone()),
        }));
        keys.extend(self.others.keys().cloned().map(Key::Other));
        keys
    }
}
