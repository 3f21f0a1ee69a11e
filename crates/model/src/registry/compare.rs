//! Compares a record before and after a change.

use super::{Key, OperatorRecord, Record, RewardTable, Route, StandardEngine};
use crate::Principal;
use crate::event::EventKind;
use crate::registry::{DataCenterRecord, FirewallScope, NodeRecord, SubnetRecord};
use crate::text::Line;
use std::collections::BTreeSet;

/// One thing that happened to a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Occurrence {
    pub(super) kind: EventKind,
    /// The node that joined or left a subnet.
    pub(super) node: Option<Principal>,
}

/// The names of the fields that differ.
macro_rules! differing {
    ($before:expr, $after:expr; $($field:ident => $name:literal),* $(,)?) => {{
        let mut names: Vec<Line> = Vec::new();
        $(if $before.$field != $after.$field {
            names.push(Line::new($name));
        })*
        names
    }};
}

/// All that happened; at least one thing, since somebody wrote the record.
pub(super) fn compare_records(key: &Key, before: Option<&Record>, after: Option<&Record>) -> Vec<Occurrence> {
    let mut found = Vec::new();
    let mut say = |kind: EventKind| found.push(Occurrence { kind, node: None });
    match key {
        Key::Node(_) => match (node(before), node(after)) {
            (None, Some(_)) => say(EventKind::NodeAdded),
            (Some(_), None) => say(EventKind::NodeRemoved),
            (Some(before), Some(after)) => compare_nodes(before, after, &mut say),
            (None, None) => {}
        },
        Key::Subnet(_) => compare_subnets(subnet(before), subnet(after), &mut found),
        Key::Operator(_) => match (operator(before), operator(after)) {
            (None, Some(_)) => say(EventKind::OperatorAdded),
            (Some(_), None) => say(EventKind::OperatorRemoved),
            (Some(before), Some(after)) => compare_operators(before, after, &mut say),
            (None, None) => {}
        },
        Key::DataCenter(_) => match (data_center(before), data_center(after)) {
            (None, Some(_)) => say(EventKind::DataCenterAdded),
            (Some(_), None) => say(EventKind::DataCenterRemoved),
            (Some(_), Some(_)) => say(EventKind::DataCenterChanged),
            (None, None) => {}
        },
        Key::ReplicaVersion(version) => match (before, after) {
            (None, Some(_)) => say(EventKind::ReplicaVersionElected(version.clone())),
            (Some(_), None) => say(EventKind::ReplicaVersionRetired(version.clone())),
            _ => {}
        },
        Key::HostOsVersion(version) => match (before, after) {
            (None, Some(_)) => say(EventKind::HostOsVersionElected(version.clone())),
            (Some(_), None) => say(EventKind::HostOsVersionRetired(version.clone())),
            _ => {}
        },
        Key::UnassignedNodes => {
            let version = |record: Option<&Record>| match record {
                Some(Record::UnassignedNodes(version)) => Some(version.clone()),
                _ => None,
            };
            if let (from, Some(to)) = (version(before), version(after)) {
                say(EventKind::UnassignedUpgraded { from, to });
            }
        }
        Key::StandardEngine => {
            if let Some(Record::StandardEngine(StandardEngine { new, progress_ppm, .. })) = after {
                say(EventKind::StandardEngineChanged { to: new.clone(), progress_ppm: *progress_ppm });
            }
        }
        Key::ApiBoundaryNode(_) => {
            let version = |record: Option<&Record>| match record {
                Some(Record::ApiBoundaryNode(version)) => Some(version.clone()),
                _ => None,
            };
            match (version(before), version(after)) {
                (None, Some(version)) => say(EventKind::BoundaryNodeAdded(version)),
                (Some(_), None) => say(EventKind::BoundaryNodeRemoved),
                (Some(from), Some(to)) if from != to => say(EventKind::BoundaryNodeUpgraded { from, to }),
                _ => {}
            }
        }
        Key::RewardTable => say(EventKind::RewardTableChanged(regions(before, after))),
        Key::CanisterRanges(_) | Key::RoutingTable => {
            say(EventKind::RoutesChanged(count_moved(routes(before), routes(after))));
        }
        Key::Firewall(_) => {
            let count = |record: Option<&Record>| match record {
                Some(Record::Firewall(rules)) => rules.len(),
                _ => 0,
            };
            say(EventKind::FirewallChanged { from: count(before), to: count(after) });
        }
        Key::SubnetList | Key::NnsSubnet | Key::Other(_) => {}
    }
    if found.is_empty() {
        let kind = match (key, after) {
            (_, None) => EventKind::OtherChanged { removed: true },
            // Written again, or changed where we do not look.
            (Key::Node(_), _) => EventKind::NodeChanged(Vec::new()),
            (Key::Subnet(_), _) => EventKind::SubnetChanged(Vec::new()),
            (Key::Operator(_), _) => EventKind::OperatorChanged(Vec::new()),
            _ => EventKind::OtherChanged { removed: false },
        };
        found.push(Occurrence { kind, node: None });
    }
    found
}

/// The subnet, node or other thing that a key itself names.
pub(super) fn subnet_in_key(key: &Key) -> Option<Principal> {
    match key {
        Key::Subnet(id) | Key::Firewall(FirewallScope::Subnet(id)) => Some(*id),
        _ => None,
    }
}

pub(super) fn node_in_key(key: &Key) -> Option<Principal> {
    match key {
        Key::Node(id) | Key::ApiBoundaryNode(id) | Key::Firewall(FirewallScope::Node(id)) => Some(*id),
        _ => None,
    }
}

fn node(record: Option<&Record>) -> Option<&NodeRecord> {
    match record {
        Some(Record::Node(node)) => Some(node),
        _ => None,
    }
}

fn subnet(record: Option<&Record>) -> Option<&SubnetRecord> {
    match record {
        Some(Record::Subnet(subnet)) => Some(subnet),
        _ => None,
    }
}

fn operator(record: Option<&Record>) -> Option<&OperatorRecord> {
    match record {
        Some(Record::Operator(operator)) => Some(operator),
        _ => None,
    }
}

fn data_center(record: Option<&Record>) -> Option<&DataCenterRecord> {
    match record {
        Some(Record::DataCenter(data_center)) => Some(data_center),
        _ => None,
    }
}

fn compare_nodes(before: &NodeRecord, after: &NodeRecord, say: &mut impl FnMut(EventKind)) {
    if before.hostos_version != after.hostos_version {
        let (from, to) = (before.hostos_version.clone(), after.hostos_version.clone());
        say(EventKind::HostOsChanged { from, to });
    }
    let fields = differing!(before, after;
        operator => "operator",
        address => "address",
        port => "port",
        ipv4 => "IPv4 address",
        domain => "domain",
        reward_type => "reward type",
        chip_id => "chip id",
    );
    if !fields.is_empty() {
        say(EventKind::NodeChanged(fields));
    }
}

fn compare_operators(before: &OperatorRecord, after: &OperatorRecord, say: &mut impl FnMut(EventKind)) {
    if before.allowance != after.allowance {
        say(EventKind::AllowanceChanged { from: before.allowance, to: after.allowance });
    }
    let fields = differing!(before, after;
        provider => "provider",
        data_center => "data center",
        rewardable => "rewardable nodes",
        max_rewardable => "most rewardable nodes",
        ipv6 => "IPv6 prefix",
    );
    if !fields.is_empty() {
        say(EventKind::OperatorChanged(fields));
    }
}

fn compare_subnets(before: Option<&SubnetRecord>, after: Option<&SubnetRecord>, found: &mut Vec<Occurrence>) {
    let mut say = |kind: EventKind, node: Option<Principal>| found.push(Occurrence { kind, node });
    match (before, after) {
        (None, Some(after)) => say(EventKind::SubnetCreated(after.membership.len()), None),
        (Some(_), None) => say(EventKind::SubnetRemoved, None),
        _ => {}
    }
    let members = |subnet: Option<&SubnetRecord>| -> BTreeSet<Principal> {
        subnet.map(|s| s.membership.iter().copied().collect()).unwrap_or_default()
    };
    let (were, are) = (members(before), members(after));
    were.difference(&are).for_each(|node| say(EventKind::NodeLeft, Some(*node)));
    are.difference(&were).for_each(|node| say(EventKind::NodeJoined, Some(*node)));
    let (Some(before), Some(after)) = (before, after) else { return };
    if before.replica_version != after.replica_version {
        let (from, to) = (before.replica_version.clone(), after.replica_version.clone());
        say(EventKind::SubnetUpgraded { from, to }, None);
    }
    if before.is_halted != after.is_halted {
        say(EventKind::SubnetHalted(after.is_halted), None);
    }
    let mut fields = differing!(before, after;
        kind => "type",
        halt_at_cup_height => "halt at the next catch-up package",
        max_canisters => "most canisters",
        unit_delay_millis => "unit delay",
        initial_notary_delay_millis => "notary delay",
        dkg_interval_length => "key generation interval",
        max_ingress_bytes_per_message => "most bytes of a call",
        chain_keys => "chain keys",
        is_free => "cycles cost",
    );
    if were == are && before.membership != after.membership {
        fields.push(Line::new("order of its nodes"));
    }
    if !fields.is_empty() {
        say(EventKind::SubnetChanged(fields), None);
    }
}

/// The regions whose rates differ.
fn regions(before: Option<&Record>, after: Option<&Record>) -> Vec<Line> {
    let table = |record: Option<&Record>| match record {
        Some(Record::RewardTable(table)) => table.clone(),
        _ => RewardTable::new(),
    };
    let (before, after) = (table(before), table(after));
    let all: BTreeSet<&Line> = before.keys().chain(after.keys()).collect();
    all.into_iter().filter(|region| before.get(*region) != after.get(*region)).cloned().collect()
}

fn routes(record: Option<&Record>) -> &[Route] {
    match record {
        Some(Record::Routes(routes)) => routes,
        _ => &[],
    }
}

/// How many ranges are only in one of two tables or have another subnet in the other.
fn count_moved(before: &[Route], after: &[Route]) -> usize {
    let sorted = |routes: &[Route]| {
        let mut routes: Vec<(Principal, Principal, Principal)> =
            routes.iter().map(|route| (route.start, route.end, route.subnet)).collect();
        routes.sort_unstable();
        routes
    };
    let (before, after) = (sorted(before), sorted(after));
    let mut starts = BTreeSet::new();
    let mut rest = before.iter().peekable();
    for route in &after {
        while let Some(gone) = rest.next_if(|gone| *gone < route) {
            starts.insert(gone.0);
        }
        if rest.next_if(|same| *same == route).is_none() {
            starts.insert(route.0);
        }
    }
    starts.extend(rest.map(|gone| gone.0));
    starts.len()
}
