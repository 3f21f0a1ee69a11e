//! The tables that follow from the registry's records as of one version.

use super::{
    Change, DataCenterRecord, FirewallRule, FirewallScope, HostOsRecord, Key, NodeRecord, OperatorRecord,
    Record, ReplicaRecord, RewardTable, Route, StandardEngine, SubnetRecord, Version,
};
use crate::text::Line;
use crate::{Evidence, Principal, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The network's make-up as of one registry version. Cloning costs as much as it has rows; share
/// it behind an `Arc`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topology {
    /// As of which version; 0: nothing was read.
    pub version: Version,
    /// When that version was made, if the registry says so.
    pub at: Option<Timestamp>,
    /// Proof of the newest page.
    pub evidence: Option<Evidence>,
    /// The subnets there are, in the registry's order.
    pub subnet_list: Vec<Principal>,
    /// The subnet of the NNS.
    pub nns: Option<Principal>,
    /// Subnets by id.
    pub subnets: BTreeMap<Principal, SubnetRecord>,
    /// Nodes by id.
    pub nodes: BTreeMap<Principal, NodeRecord>,
    /// Operators by id.
    pub operators: BTreeMap<Principal, OperatorRecord>,
    /// Data centers by id.
    pub data_centers: BTreeMap<Line, DataCenterRecord>,
    /// Reward rates of nodes.
    pub reward_table: RewardTable,
    /// API boundary nodes and the version that each is to run.
    pub api_boundary_nodes: BTreeMap<Principal, Line>,
    /// Elected GuestOS versions.
    pub replica_versions: BTreeMap<Line, ReplicaRecord>,
    /// Elected HostOS versions.
    pub hostos_versions: BTreeMap<Line, HostOsRecord>,
    /// When each elected version was elected: in which version of the registry, and at what time if
    /// that says so.
    pub elected: BTreeMap<Key, (Version, Option<Timestamp>)>,
    /// The version that nodes in no subnet are to run.
    pub unassigned_version: Option<Line>,
    /// The versions of cloud engines that name none of their own.
    pub standard_engine: Option<StandardEngine>,
    /// Firewall rules.
    pub firewall: BTreeMap<FirewallScope, Vec<FirewallRule>>,
    /// The routing table's shards by their first canister id in hexadecimal; the old whole table
    /// under the empty name, in versions that have no shards.
    pub routes: BTreeMap<Line, Vec<Route>>,
    /// Records that are not looked into: their sizes in bytes, by key.
    pub others: BTreeMap<Line, usize>,
    /// Records that could not be decoded, and why.
    pub undecoded: BTreeMap<Key, Line>,
    /// The subnet of each assigned node; follows from `subnets`.
    assigned: BTreeMap<Principal, Principal>,
}

/// A node provider as the registry shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provider {
    pub operators: Vec<Principal>,
    pub nodes: Vec<Principal>,
    /// … of them in subnets.
    pub assigned: usize,
    pub data_centers: BTreeSet<Line>,
    /// Nodes that it may still add.
    pub allowance: u64,
    /// Nodes that are paid, of all reward types.
    pub rewardable: u64,
}

fn set<K: Ord, V>(map: &mut BTreeMap<K, V>, key: K, value: Option<V>) {
    match value {
        Some(value) => {
            map.insert(key, value);
        }
        None => {
            map.remove(&key);
        }
    }
}

/// Puts a record of the right kind into its table; `false` if it is of another kind.
macro_rules! table {
    ($map:expr, $key:expr, $record:expr, $pattern:pat => $value:expr) => {
        match $record {
            None => {
                set(&mut $map, $key, None);
                true
            }
            Some($pattern) => {
                set(&mut $map, $key, Some($value));
                true
            }
            Some(_) => false,
        }
    };
}

impl Topology {
    /// True if nothing was read yet.
    pub fn is_empty(&self) -> bool {
        self.version == Version(0)
    }

    /// Takes over a change. Changes come in the order of their versions.
    pub fn apply(&mut self, change: &Change) {
        self.version = self.version.max(change.version);
        if change.at.is_some() {
            self.at = change.at;
        }
        let key = change.key.clone();
        self.undecoded.remove(&key);
        if let Some(Record::Undecoded(why)) = &change.record {
            self.undecoded.insert(key, why.clone());
            return;
        }
        let record = change.record.as_ref();
        if matches!(key, Key::ReplicaVersion(_) | Key::HostOsVersion(_)) {
            match record {
                Some(_) => drop(self.elected.entry(key.clone()).or_insert((change.version, change.at))),
                None => drop(self.elected.remove(&key)),
            }
        }
        let fits = match key {
            Key::SubnetList => {
                self.subnet_list = match record {
                    Some(Record::SubnetList(list)) => list.clone(),
                    _ => Vec::new(),
                };
                true
            }
            Key::NnsSubnet => {
                self.nns = match record {
                    Some(Record::NnsSubnet(id)) => Some(*id),
                    _ => None,
                };
                true
            }
            Key::Subnet(id) => {
                let before = self.subnets.get(&id).cloned();
                let fits = table!(self.subnets, id, record, Record::Subnet(r) => (**r).clone());
                self.reassign(id, before.as_ref());
                fits
            }
            Key::Node(id) => table!(self.nodes, id, record, Record::Node(r) => (**r).clone()),
            Key::Operator(id) => {
                table!(self.operators, id, record, Record::Operator(r) => (**r).clone())
            }
            Key::DataCenter(id) => {
                table!(self.data_centers, id, record, Record::DataCenter(r) => (**r).clone())
            }
            Key::RewardTable => {
                self.reward_table = match record {
                    Some(Record::RewardTable(t)) => t.clone(),
                    _ => RewardTable::default(),
                };
                true
            }
            Key::ApiBoundaryNode(id) => {
                table!(self.api_boundary_nodes, id, record, Record::ApiBoundaryNode(v) => v.clone())
            }
            Key::ReplicaVersion(v) => {
                table!(self.replica_versions, v, record, Record::ReplicaVersion(r) => r.clone())
            }
            Key::HostOsVersion(v) => {
                table!(self.hostos_versions, v, record, Record::HostOsVersion(r) => r.clone())
            }
            Key::UnassignedNodes => {
                self.unassigned_version = match record {
                    Some(Record::UnassignedNodes(v)) => Some(v.clone()),
                    _ => None,
                };
                true
            }
            Key::StandardEngine => {
                self.standard_engine = match record {
                    Some(Record::StandardEngine(versions)) => Some(versions.clone()),
                    _ => None,
                };
                true
            }
            Key::Firewall(scope) => {
                table!(self.firewall, scope, record, Record::Firewall(r) => r.clone())
            }
            Key::CanisterRanges(first) => {
                table!(self.routes, first, record, Record::Routes(r) => r.clone())
            }
            Key::RoutingTable => {
                table!(self.routes, Line::default(), record, Record::Routes(r) => r.clone())
            }
            Key::Other(name) => table!(self.others, name, record, Record::Other(size) => *size),
        };
        if !fits {
            let why = Line::new("the record is of another kind than its key");
            self.undecoded.insert(change.key.clone(), why);
        }
    }

    fn reassign(&mut self, id: Principal, before: Option<&SubnetRecord>) {
        for node in before.iter().flat_map(|b| &b.membership) {
            if self.assigned.get(node) == Some(&id) {
                self.assigned.remove(node);
            }
        }
        if let Some(subnet) = self.subnets.get(&id) {
            for node in &subnet.membership {
                self.assigned.insert(*node, id);
            }
        }
    }

    pub fn subnet_of(&self, node: &Principal) -> Option<Principal> {
        self.assigned.get(node).copied()
    }

    /// A node's operator.
    pub fn operator_of(&self, node: &Principal) -> Option<&OperatorRecord> {
        self.operators.get(&self.nodes.get(node)?.operator)
    }

    /// A node's provider.
    pub fn provider_of(&self, node: &Principal) -> Option<Principal> {
        self.operator_of(node).map(|o| o.provider)
    }

    /// Where a node stands.
    pub fn data_center_of(&self, node: &Principal) -> Option<&DataCenterRecord> {
        self.data_centers.get(&self.operator_of(node)?.data_center)
    }

    /// True if a node is an API boundary node.
    pub fn is_boundary(&self, node: &Principal) -> bool {
        self.api_boundary_nodes.contains_key(node)
    }

    /// The GuestOS version that a subnet's nodes are to run; `None` where the registry does not say it.
    pub fn subnet_version(&self, subnet: &Principal) -> Option<&Line> {
        let own = &self.subnets.get(subnet)?.replica_version;
        if !own.is_empty() {
            return Some(own);
        }
        let version = self.standard_engine.as_ref()?.version_of(subnet);
        Some(version).filter(|version| !version.is_empty())
    }

    /// The standard engine version, for a subnet that names no version of its own.
    pub fn followed_standard(&self, subnet: &Principal) -> Option<&StandardEngine> {
        self.standard_engine
            .as_ref()
            .filter(|_| self.subnets.get(subnet).is_some_and(|record| record.replica_version.is_empty()))
    }

    /// The GuestOS version that a node is to run: its subnet's, its boundary node record's or that
    /// of all unassigned nodes. What it really runs is not in the registry.
    pub fn desired_version(&self, node: &Principal) -> Option<&Line> {
        if let Some(version) = self.api_boundary_nodes.get(node) {
            return Some(version);
        }
        match self.subnet_of(node) {
            Some(subnet) => self.subnet_version(&subnet),
            None => self.unassigned_version.as_ref(),
        }
    }

    /// The subnet that hosts a canister.
    pub fn subnet_of_canister(&self, canister: &Principal) -> Option<Principal> {
        let holds =
            |r: &&Route| r.start.as_slice() <= canister.as_slice() && canister.as_slice() <= r.end.as_slice();
        let sharded = self.routes.iter().filter(|(name, _)| !name.is_empty());
        let found = sharded.flat_map(|(_, routes)| routes.iter()).find(holds);
        found.or_else(|| self.routes.get(&Line::default())?.iter().find(holds)).map(|r| r.subnet)
    }

    /// All providers that have an operator, with what is theirs.
    pub fn providers(&self) -> BTreeMap<Principal, Provider> {
        let mut providers: BTreeMap<Principal, Provider> = BTreeMap::new();
        for (id, operator) in &self.operators {
            let provider = providers.entry(operator.provider).or_default();
            provider.operators.push(*id);
            provider.data_centers.insert(operator.data_center.clone());
            provider.allowance = provider.allowance.saturating_add(operator.allowance);
            let rewardable: u64 = operator.rewardable.values().map(|n| u64::from(*n)).sum();
            provider.rewardable = provider.rewardable.saturating_add(rewardable);
        }
        for (id, node) in &self.nodes {
            let Some(operator) = self.operators.get(&node.operator) else { continue };
            let provider = providers.entry(operator.provider).or_default();
            provider.nodes.push(*id);
            provider.assigned += usize::from(self.assigned.contains_key(id));
        }
        providers
    }

    /// A provider's nodes.
    pub fn nodes_of<'t>(
        &'t self,
        provider: &'t Principal,
    ) -> impl Iterator<Item = (&'t Principal, &'t NodeRecord)> {
        let is_theirs =
            move |operator: &Principal| self.operators.get(operator).is_some_and(|o| o.provider == *provider);
        self.nodes.iter().filter(move |(_, node)| is_theirs(&node.operator))
    }
}
