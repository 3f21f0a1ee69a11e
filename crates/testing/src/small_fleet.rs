//! A small network of nodes on a made-up day, for rules, metrics and lists.

use icpulse_model::alert::{About, Alert, AlertBoard, Rule, Severity};
use icpulse_model::fleet::{BoundaryNode, Fleet, NodeStatus, Probe, ProviderName, Reported};
use icpulse_model::health::{Sample, SubnetHealth, SubnetMetrics};
use icpulse_model::node_rewards::{
    Day, ListedProvider, MicroXdr, NodeDay, NodeRewards, Performance, Ppm, ProviderDay, RewardsDay,
};
use icpulse_model::own_nodes::{Alias, OwnNodes};
use icpulse_model::registry::{
    Change, DataCenterRecord, Key, NodeRecord, OperatorRecord, Record, Region, ReplicaRecord, RewardType,
    SubnetKind, SubnetRecord, Topology, Version,
};
use icpulse_model::text::Line;
use icpulse_model::world::World;
use icpulse_model::{Evidence, Principal, Seconds, Timestamp};
use std::collections::BTreeMap;
use std::sync::Arc;

pub use crate::NOW;
pub const NODES: usize = 26;

fn id(kind: u8, n: usize) -> Principal {
    let n = u8::try_from(n).unwrap();
    Principal::from_slice(&[kind, n, n.wrapping_mul(37), kind ^ n, 9, 9, 9, 9, 9, 9, 2])
}

pub fn node(n: usize) -> Principal {
    id(1, n)
}

pub fn subnet(n: usize) -> Principal {
    id(2, n)
}

pub fn operator(n: usize) -> Principal {
    id(3, n)
}

pub fn provider(n: usize) -> Principal {
    id(4, n)
}

/// The provider that is the user: its nodes are 0, 4, 8, …
pub fn mine() -> OwnNodes {
    let alias = Alias { name: Line::new("rack-07/a"), node: Some(node(0)), address: None };
    OwnNodes { provider: Some(provider(0)), aliases: vec![alias] }
}

pub fn change(key: Key, record: Option<Record>, version: u64) -> Change {
    Change { version: Version(version), at: Some(NOW.minus(Seconds(3_600))), key, record }
}

pub fn node_record(n: usize) -> Record {
    Record::Node(Box::new(NodeRecord {
        operator: operator(n % 4),
        address: Some(Line::new(&format!("2001:db8::{n}"))),
        port: 8080,
        hostos_version: Some(Line::new("0d47aa")),
        ipv4: None,
        domain: (n == NODES - 1).then(|| Line::new("bn.example")),
        reward_type: Some(RewardType::Type3Dot1),
        chip_id: None,
    }))
}

pub fn operator_record(n: usize, allowance: u64) -> Record {
    Record::Operator(Box::new(OperatorRecord {
        provider: provider(n),
        allowance,
        data_center: Line::new(&format!("dc{n}")),
        rewardable: BTreeMap::from([(Line::new("type3.1"), 7)]),
        max_rewardable: BTreeMap::new(),
        ipv6: None,
    }))
}

/// Two subnets of 13 and 7 nodes, spares, a boundary node, four providers.
pub fn topology() -> Topology {
    let mut topology = Topology::default();
    let mut put = |key, record| topology.apply(&change(key, Some(record), 53_218));
    for n in 0..4 {
        put(Key::Operator(operator(n)), operator_record(n, 5));
        let region = Region::parse(
            ["Europe,CH,Zurich", "Asia,JP,Tokyo", "North America,US,Nevada", "Europe,DE,Munich"][n],
        );
        let center = DataCenterRecord {
            id: Line::new(&format!("dc{n}")),
            region,
            owner: Line::new("Owner"),
            gps: Some((47_370_000, 8_540_000)),
        };
        put(Key::DataCenter(center.id.clone()), Record::DataCenter(Box::new(center)));
    }
    for n in 0..NODES {
        put(Key::Node(node(n)), node_record(n));
    }
    for (s, members) in [(0, 0..13), (1, 13..20)] {
        put(
            Key::Subnet(subnet(s)),
            Record::Subnet(Box::new(SubnetRecord {
                membership: members.map(node).collect(),
                replica_version: Line::new("e3d101b2c51c"),
                kind: if s == 0 { SubnetKind::System } else { SubnetKind::Application },
                ..SubnetRecord::default()
            })),
        );
    }
    put(Key::SubnetList, Record::SubnetList(vec![subnet(0), subnet(1)]));
    put(Key::NnsSubnet, Record::NnsSubnet(subnet(0)));
    put(Key::UnassignedNodes, Record::UnassignedNodes(Line::new("e3d101b2c51c")));
    put(Key::ApiBoundaryNode(node(NODES - 1)), Record::ApiBoundaryNode(Line::new("e3d101b2c51c")));
    put(
        Key::ReplicaVersion(Line::new("e3d101b2c51c")),
        Record::ReplicaVersion(ReplicaRecord { sha256: Line::new("ab"), urls: vec![] }),
    );
    topology
}

pub fn reported(status: NodeStatus, since: Timestamp, at: Timestamp) -> Reported {
    Reported { status, alert: None, guestos_version: Some(Line::new("e3d101b2c51c")), at, since }
}

/// All nodes up as of `at`.
pub fn fleet(at: Timestamp) -> Fleet {
    let mut fleet = Fleet::default();
    fleet.merge_reports((0..NODES).map(|n| (node(n), reported(NodeStatus::Up, at, at))), at);
    for n in 0..4 {
        let name = ProviderName { name: Line::new(&format!("Provider {n}")), website: None };
        fleet.providers.insert(provider(n), name);
    }
    let mut boundary =
        BoundaryNode { domain: Line::new("bn.example"), ipv4: None, ipv6: None, probes: vec![] };
    boundary.add_probe(Probe { healthy: true, status: 204, millis: 87, at });
    fleet.boundary.insert(node(NODES - 1), boundary);
    fleet
}

/// A subnet that certified `certified` when it was asked at `checked`.
pub fn health(certified: Timestamp, checked: Timestamp, updates: u64) -> SubnetHealth {
    let metrics = SubnetMetrics {
        canisters: 120,
        state_bytes: 7 << 30,
        cycles_consumed: 90_000_000_000_000_000_000,
        updates,
    };
    let mut health = SubnetHealth { checked: Some(checked), ..SubnetHealth::default() };
    let before = Sample {
        at: certified.minus(Seconds(10)),
        metrics: SubnetMetrics { updates: updates - 25, ..metrics },
    };
    health.add_sample(before, Evidence::certified(before.at));
    health.add_sample(Sample { at: certified, metrics }, Evidence::certified(certified));
    health
}

/// Yesterday's rewards of provider 0: its first node failed so much more than its subnet.
pub fn rewards(relative: u32) -> NodeRewards {
    let day = Day::containing(NOW).previous();
    let nodes = (0..NODES).step_by(4).map(|n| NodeDay {
        node: node(n),
        reward_type: Line::new("type3.1"),
        region: Line::new("Europe,CH,Zurich"),
        data_center: Line::new("dc0"),
        performance: Performance::Assigned {
            subnet: subnet(0),
            proposed: 9_000,
            failed: 100,
            failure: Ppm(11_000),
            subnet_failure: Ppm(2_000),
            relative: Ppm(if n == 0 { relative } else { 0 }),
        },
        multiplier: Ppm::ONE,
        reduction: Ppm(0),
        base: MicroXdr(30_000_000),
        adjusted: MicroXdr(30_000_000),
    });
    let nodes: Vec<NodeDay> = nodes.collect();
    let sum = MicroXdr(30_000_000 * nodes.len() as u64);
    let theirs = ProviderDay { base: sum, adjusted: sum, nodes, bases: vec![] };
    let all = RewardsDay { providers: BTreeMap::from([(provider(0), theirs)]), ..RewardsDay::default() };
    NodeRewards {
        days: BTreeMap::from([(day, Arc::new(all))]),
        listed: Arc::new(BTreeMap::from([(
            provider(0),
            ListedProvider { reward_account: Some(Line::new("aa11")) },
        )])),
        ..NodeRewards::default()
    }
}

/// Everything well as of `now`.
pub fn world(now: Timestamp) -> World {
    let health = [(subnet(0), health(now, now, 4_200)), (subnet(1), health(now, now, 77_000))];
    World {
        topology: Arc::new(topology()),
        fleet: Arc::new(fleet(now)),
        health: Arc::new(health.into()),
        node_rewards: Arc::new(rewards(0)),
        ..World::default()
    }
}

pub fn board() -> AlertBoard {
    let alert = Alert {
        rule: Rule::NodeDown,
        about: About::Node(node(4)),
        severity: Severity::Critical,
        text: Line::new("node is down"),
        since: NOW.minus(Seconds(900)),
        recovered: None,
    };
    AlertBoard { alerts: vec![alert], ..AlertBoard::default() }
}
