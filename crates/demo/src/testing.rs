//! A small grid for tests: three subnets, spares and boundary nodes in a handful of data centers.

use super::seed::random::QuickRng;
use super::world::canister_id;
use icpulse_model::registry::{
    Change, DataCenterRecord, Key, NodeRecord, OperatorRecord, Rate, Record, Region, ReplicaRecord,
    RewardType, Route, SubnetKind, SubnetRecord, Topology, Version,
};
use icpulse_model::text::Line;
use icpulse_model::{Principal, Timestamp};
use std::collections::BTreeMap;

/// 2026-11-20, 00:00:00 UTC.
pub(super) const NOW: u64 = 1_795_132_800;

const CENTERS: [(&str, &str); 6] = [
    ("zh1", "Europe,CH,Zurich"),
    ("zh2", "Europe,CH,Zurich"),
    ("fr1", "Europe,DE,Frankfurt"),
    ("ny1", "North America,US,New York"),
    ("sf1", "North America,US,California"),
    ("sg1", "Asia,SG,Singapore"),
];

/// The n-th version of GuestOS.
pub(super) fn version(n: u8) -> Line {
    Line::new(&hex::encode([n; 20]))
}

fn rate(xdr: u64, coefficient: Option<i32>) -> Rate {
    Rate { xdr_permyriad_per_node_per_month: xdr * 10_000, reward_coefficient_percent: coefficient }
}

/// An NNS of 13 nodes, two application subnets of 13, a cloud engine of 4, spares and two boundary
/// nodes: 60 nodes of six providers, each in a data center of its own.
pub(super) fn grid() -> Topology {
    let mut topology = Topology::default();
    let mut version_number = 0;
    let mut put = |key: Key, record: Record| {
        version_number += 1;
        let change = Change {
            version: Version(version_number),
            at: Some(Timestamp::from_secs(NOW - 1_000)),
            key,
            record: Some(record),
        };
        topology.apply(&change);
    };
    let mut rng = QuickRng::new(11, 0, 0);
    let operators: Vec<Principal> = CENTERS
        .iter()
        .map(|(center, region)| {
            let (operator, provider) = (rng.principal(), rng.principal());
            let record = DataCenterRecord {
                id: Line::new(center),
                region: Region::parse(region),
                owner: Line::new(&format!("Owner of {center}")),
                gps: Some((47_000_000, 8_000_000)),
            };
            put(Key::DataCenter(record.id.clone()), Record::DataCenter(Box::new(record)));
            let record = OperatorRecord {
                provider,
                allowance: 2,
                data_center: Line::new(center),
                rewardable: BTreeMap::from([(Line::new("type1"), 10)]),
                max_rewardable: BTreeMap::new(),
                ipv6: None,
            };
            put(Key::Operator(operator), Record::Operator(Box::new(record)));
            operator
        })
        .collect();
    let nodes: Vec<Principal> = (0..60)
        .map(|n| {
            let node = rng.principal();
            let record = NodeRecord {
                operator: operators[n % operators.len()],
                address: Some(Line::new(&format!("2001:db8::{n:x}"))),
                port: 8080,
                hostos_version: None,
                ipv4: None,
                domain: (n >= 58).then(|| Line::new(&format!("bn{n}.icpulse-demo.invalid"))),
                reward_type: Some(if n % 2 == 0 { RewardType::Type1 } else { RewardType::Type3Dot1 }),
                chip_id: None,
            };
            put(Key::Node(node), Record::Node(Box::new(record)));
            node
        })
        .collect();
    let kinds =
        [SubnetKind::System, SubnetKind::Application, SubnetKind::Application, SubnetKind::CloudEngine];
    let mut free = nodes.iter().copied();
    let mut subnets = Vec::new();
    for (at, kind) in kinds.into_iter().enumerate() {
        let id = rng.principal();
        subnets.push(id);
        let members = if kind == SubnetKind::CloudEngine { 4 } else { 13 };
        let record = SubnetRecord {
            membership: free.by_ref().take(members).collect(),
            replica_version: version(if at == 2 { 2 } else { 1 }),
            kind,
            ..SubnetRecord::default()
        };
        put(Key::Subnet(id), Record::Subnet(Box::new(record)));
    }
    put(Key::SubnetList, Record::SubnetList(subnets.clone()));
    put(Key::NnsSubnet, Record::NnsSubnet(subnets[0]));
    let route =
        |from, to, at: usize| Route { start: canister_id(from), end: canister_id(to), subnet: subnets[at] };
    let routes = vec![
        route(0, 0x000f_ffff, 0),
        route(0x0020_0000, 0x002f_ffff, 1),
        route(0x0030_0000, 0x003f_ffff, 2),
    ];
    put(Key::CanisterRanges(Line::new("00")), Record::Routes(routes));
    for n in [1, 2] {
        put(Key::ReplicaVersion(version(n)), Record::ReplicaVersion(ReplicaRecord::default()));
    }
    put(Key::UnassignedNodes, Record::UnassignedNodes(version(1)));
    for node in &nodes[58..] {
        put(Key::ApiBoundaryNode(*node), Record::ApiBoundaryNode(version(1)));
    }
    let kinds = |xdr, coefficient| {
        BTreeMap::from([
            (Line::new("type1"), rate(xdr, None)),
            (Line::new("type3.1"), rate(xdr + 300, Some(coefficient))),
        ])
    };
    let table = BTreeMap::from([
        (Line::new("Europe"), kinds(1_400, 95)),
        (Line::new("Europe,CH"), kinds(1_500, 90)),
        (Line::new("North America,US,California"), kinds(1_700, 70)),
        (Line::new("North America,US"), kinds(1_600, 80)),
        (Line::new("Asia"), kinds(1_800, 98)),
    ]);
    put(Key::RewardTable, Record::RewardTable(table));
    topology
}
