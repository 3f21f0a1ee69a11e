//! Changes become a topology and events; two topologies become differences.

use super::compare::{Occurrence, compare_records, node_in_key, subnet_in_key};
use super::{Change, Key, Record, Topology};
use crate::Principal;
use crate::event::{Event, EventKind};
use crate::text::Line;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One difference between two topologies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The record that differs.
    pub key: Key,
    /// The change in between.
    pub kind: EventKind,
    /// The node that it is about.
    pub node: Option<Principal>,
    /// The subnet that it is about.
    pub subnet: Option<Principal>,
    /// The node provider that it concerns.
    pub provider: Option<Principal>,
    /// The node operator that it concerns.
    pub operator: Option<Principal>,
    /// The data center that it concerns.
    pub data_center: Option<Line>,
}

/// Lookup of removed records.
trait FormerRecords {
    fn operator_of_node(&self, node: &Principal) -> Option<Principal>;
    fn subnet_of_node(&self, node: &Principal) -> Option<Principal>;
    fn owner_of_operator(&self, operator: &Principal) -> Option<(Principal, Line)>;
}

impl FormerRecords for Topology {
    fn operator_of_node(&self, node: &Principal) -> Option<Principal> {
        self.nodes.get(node).map(|node| node.operator)
    }

    fn subnet_of_node(&self, node: &Principal) -> Option<Principal> {
        self.subnet_of(node)
    }

    fn owner_of_operator(&self, operator: &Principal) -> Option<(Principal, Line)> {
        self.operators.get(operator).map(|o| (o.provider, o.data_center.clone()))
    }
}

/// Records that a version removed.
#[derive(Default)]
struct RemovedRecords {
    nodes: BTreeMap<Principal, (Principal, Option<Principal>)>,
    operators: BTreeMap<Principal, (Principal, Line)>,
}

impl RemovedRecords {
    fn remember(&mut self, topology: &Topology, key: &Key) {
        match key {
            Key::Node(id) => {
                if let Some(node) = topology.nodes.get(id) {
                    self.nodes.insert(*id, (node.operator, topology.subnet_of(id)));
                }
            }
            Key::Operator(id) => {
                if let Some(was) = topology.owner_of_operator(id) {
                    self.operators.insert(*id, was);
                }
            }
            _ => {}
        }
    }
}

impl FormerRecords for RemovedRecords {
    fn operator_of_node(&self, node: &Principal) -> Option<Principal> {
        self.nodes.get(node).map(|was| was.0)
    }

    fn subnet_of_node(&self, node: &Principal) -> Option<Principal> {
        self.nodes.get(node).and_then(|was| was.1)
    }

    fn owner_of_operator(&self, operator: &Principal) -> Option<(Principal, Line)> {
        self.operators.get(operator).cloned()
    }
}

impl Difference {
    fn new(key: &Key, occurrence: Occurrence) -> Self {
        Self {
            key: key.clone(),
            kind: occurrence.kind,
            node: occurrence.node.or(node_in_key(key)),
            subnet: subnet_in_key(key),
            provider: None,
            operator: None,
            data_center: None,
        }
    }

    /// Fills in whom it concerns, as things are or, where they are gone, as they were.
    fn fill_in_owners(&mut self, now: &Topology, was: &impl FormerRecords) {
        if let Some(node) = &self.node {
            self.operator = now.operator_of_node(node).or_else(|| was.operator_of_node(node));
            let subnet = || now.subnet_of(node).or_else(|| was.subnet_of_node(node));
            self.subnet = self.subnet.or_else(subnet);
        }
        if let Key::Operator(id) = &self.key {
            self.operator = Some(*id);
        }
        if let Key::DataCenter(id) = &self.key {
            self.data_center = Some(id.clone());
        }
        if let Some(operator) = &self.operator
            && let Some((provider, data_center)) =
                now.owner_of_operator(operator).or_else(|| was.owner_of_operator(operator))
        {
            self.provider = Some(provider);
            self.data_center = Some(data_center);
        }
    }
}

/// Differences made by one write of a record.
fn describe_write(
    key: &Key,
    before: Option<&Record>,
    now: &Topology,
    undecoded: Option<&Line>,
) -> Vec<Difference> {
    let found = match undecoded {
        Some(why) => vec![Occurrence { kind: EventKind::Undecoded(why.clone()), node: None }],
        None => compare_records(key, before, now.record(key).as_ref()),
    };
    found.into_iter().map(|occurrence| Difference::new(key, occurrence)).collect()
}

/// Takes changes over into a topology, in the order of their versions; what happened, oldest first.
/// Each change is at least one event. Changes of one version belong into one call.
pub fn apply_changes(topology: &mut Topology, changes: &[Change]) -> Vec<Event> {
    let mut events = Vec::with_capacity(changes.len());
    for version in changes.chunk_by(|a, b| a.version == b.version) {
        let mut gone = RemovedRecords::default();
        let mut found: Vec<(&Change, Difference)> = Vec::with_capacity(version.len());
        for change in version {
            gone.remember(topology, &change.key);
            let before = topology.record(&change.key);
            topology.apply(change);
            let undecoded = topology.undecoded.get(&change.key);
            let all = describe_write(&change.key, before.as_ref(), topology, undecoded);
            found.extend(all.into_iter().map(|difference| (change, difference)));
        }
        // A node's record may come after that of the subnet it joined: only now all is there.
        for (change, mut difference) in found {
            difference.fill_in_owners(topology, &gone);
            let Difference { key, kind, node, subnet, provider, operator, data_center } = difference;
            events.push(Event {
                version: change.version,
                at: change.at,
                key,
                kind,
                node,
                subnet,
                provider,
                operator,
                data_center,
                proposal: None,
            });
        }
    }
    events
}

/// Changes that turn the records of `a` into those of `b`; empty if they are the same.
pub fn find_differences(a: &Topology, b: &Topology) -> Vec<Difference> {
    let mut keys = a.keys();
    keys.extend(b.keys());
    let mut all = Vec::new();
    for key in keys {
        let (before, after) = (a.record(&key), b.record(&key));
        let (was, is) = (a.undecoded.get(&key), b.undecoded.get(&key));
        if before == after && was == is {
            continue;
        }
        let mut found = describe_write(&key, before.as_ref(), b, is);
        found.iter_mut().for_each(|difference| difference.fill_in_owners(b, a));
        all.append(&mut found);
    }
    all
}
