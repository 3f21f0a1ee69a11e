//! A made-up network of machines: subnets, nodes, providers, data centers, their health, rewards
//! and what happened to them. Everything follows from numbers, so that every run draws the same.

use icpulse_model::alert::{About, Alert, AlertBoard, Rule, Severity};
use icpulse_model::event::{Event, EventKind};
use icpulse_model::fleet::{BoundaryNode, Fleet, NodeStatus, Probe, ProviderName, Reported};
use icpulse_model::health::{Sample, SubnetHealth, SubnetMetrics};
use icpulse_model::node_rewards::{
    BaseRate, Day, ListedProvider, MicroXdr, NodeDay, NodeRewards, Payout, PayoutMonth, Performance, Ppm,
    RewardsDay, reduction,
};
use icpulse_model::registry::{
    Change, DataCenterRecord, HostOsRecord, Key, NodeRecord, OperatorRecord, Record, Region, ReplicaRecord,
    RewardType, Route, SubnetKind, SubnetRecord, Topology, Version,
};
use icpulse_model::text::Line;
use icpulse_model::world::World;
use icpulse_model::{E8s, Evidence, Principal, ProposalKey, Seconds, Timestamp, XdrPermyriad};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How large.
#[derive(Clone, Copy)]
pub struct Size {
    pub subnets: usize,
    pub nodes: usize,
    pub providers: usize,
    pub centers: usize,
}

/// A network that can be read as a whole.
pub const SMALL: Size = Size { subnets: 6, nodes: 90, providers: 12, centers: 14 };
pub const LARGE: Size = Size { subnets: 40, nodes: 1_400, providers: 100, centers: 80 };

pub const OLD: &str = "9866a6f5cb43c54e3d87fa02a4eb80d0f159dddb";
pub const NEW: &str = "e3d101b2c41f9b0a77d5e2c8f6139a40b85d27c1";
pub const HOST: &str = "0d47b9c2e1a865f3d9b7042c8e6f1a53b9d0e7f4";
const VERSION: u64 = 55_012;

const NAMES: [&str; 12] = [
    "Alpine Compute AG",
    "Boreal Nodes",
    "Cascade Hosting",
    "Delta Metal",
    "Elbe Systems GmbH",
    "Fjordkraft Data",
    "Geyser Labs",
    "Harbour Machines",
    "Indigo Racks",
    "Jura Informatique",
    "Kestrel Cloud",
    "Loch Servers",
];
const CENTERS: [(&str, &str, &str); 14] = [
    ("zh1", "Europe,CH,Zurich", "Everyware"),
    ("ge2", "Europe,CH,Geneva", "SafeHost"),
    ("fr2", "Europe,DE,Frankfurt", "Equinix"),
    ("mu1", "Europe,DE,Munich", "q.beyond"),
    ("br1", "Europe,BE,Brussels", "Digital Realty"),
    ("lj1", "Europe,SI,Ljubljana", "Posita.si"),
    ("at1", "North America,US,Atlanta", "Datasite"),
    ("ch3", "North America,US,Chicago", "CyrusOne"),
    ("sj1", "North America,US,San Jose", "INAP"),
    ("to2", "North America,CA,Toronto", "Cyxtera"),
    ("sg1", "Asia,SG,Singapore", "Telin"),
    ("ty3", "Asia,JP,Tokyo", "Equinix"),
    ("jb1", "Africa,ZA,Gauteng", "Teraco"),
    ("sp1", "South America,BR,Sao Paulo", "Ascenty"),
];

/// The id of the n-th thing of a kind.
pub fn id(kind: u8, n: usize) -> Principal {
    let mut bytes = [0u8; 29];
    let mut x = (n as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (u64::from(kind) << 56);
    for byte in &mut bytes {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        *byte = (x >> 24) as u8;
    }
    bytes[28] = 2;
    Principal::from_slice(&bytes)
}

pub fn subnet(n: usize) -> Principal {
    id(1, n)
}

pub fn node(n: usize) -> Principal {
    id(2, n)
}

pub fn provider(n: usize) -> Principal {
    id(3, n)
}

fn operator(n: usize) -> Principal {
    id(4, n)
}

pub fn center(n: usize) -> Line {
    match CENTERS.get(n) {
        Some((id, ..)) => Line::new(id),
        None => Line::new(&format!("{}{}", CENTERS[n % CENTERS.len()].0.get(..2).unwrap(), n)),
    }
}

pub fn address(n: usize) -> Line {
    Line::new(&format!("2001:db8:{:x}:{:x}:6801:94ff:feef:{:x}", n % 24, n / 24, n))
}

/// How many nodes each subnet has: the first is the NNS, the last has few.
fn members(size: Size) -> Vec<usize> {
    (0..size.subnets)
        .map(|n| match n {
            0 => 19,
            n if n + 1 == size.subnets => 7,
            _ => 13,
        })
        .collect()
}

struct Maker {
    topology: Topology,
    at: Timestamp,
}

impl Maker {
    fn put(&mut self, key: Key, record: Record) {
        let change = Change { version: Version(VERSION), at: Some(self.at), key, record: Some(record) };
        self.topology.apply(&change);
    }
}

/// The make-up. `upgraded`: so many subnets have the new version.
pub fn topology(size: Size, now: Timestamp, upgraded: usize) -> Topology {
    let mut maker = Maker { topology: Topology::default(), at: now.minus(Seconds(1_800)) };
    let operators = size.providers * 2;
    for n in 0..size.centers {
        let (_, region, owner) = CENTERS[n % CENTERS.len()];
        let record = DataCenterRecord {
            id: center(n),
            region: Region::parse(region),
            owner: Line::new(owner),
            gps: Some((47_376_900, 8_541_700)),
        };
        maker.put(Key::DataCenter(center(n)), Record::DataCenter(Box::new(record)));
    }
    for n in 0..operators {
        let record = OperatorRecord {
            provider: provider(n % size.providers),
            allowance: (n % 3) as u64,
            data_center: center((n * 5 + n / size.providers) % size.centers),
            rewardable: BTreeMap::from([(Line::new("type3.1"), 4)]),
            max_rewardable: BTreeMap::new(),
            ipv6: None,
        };
        maker.put(Key::Operator(operator(n)), Record::Operator(Box::new(record)));
    }
    for n in 0..size.nodes {
        let record = NodeRecord {
            operator: operator(n % operators),
            address: Some(address(n)),
            port: 8_080,
            hostos_version: Some(Line::new(HOST)),
            ipv4: None,
            domain: None,
            reward_type: Some(if n % 4 == 0 { RewardType::Type1Dot1 } else { RewardType::Type3Dot1 }),
            chip_id: None,
        };
        maker.put(Key::Node(node(n)), Record::Node(Box::new(record)));
    }
    let mut first = 0;
    for (n, count) in members(size).into_iter().enumerate() {
        let record = SubnetRecord {
            membership: (first..first + count).map(node).collect(),
            replica_version: Line::new(if n < upgraded { NEW } else { OLD }),
            kind: if n == 0 { SubnetKind::System } else { SubnetKind::Application },
            unit_delay_millis: 1_000,
            initial_notary_delay_millis: 300,
            dkg_interval_length: 499,
            max_canisters: 120_000,
            chain_keys: if n == 1 { vec![Line::new("ecdsa:Secp256k1:key_1")] } else { vec![] },
            ..SubnetRecord::default()
        };
        first += count;
        maker.put(Key::Subnet(subnet(n)), Record::Subnet(Box::new(record)));
        let start = Principal::from_slice(&[0, 0, 0, 0, n as u8, 0, 0, 0, 1, 1]);
        let end = Principal::from_slice(&[0, 0, 0, 0, n as u8, 0x0f, 0xff, 0xff, 1, 1]);
        let route = Route { start, end, subnet: subnet(n) };
        maker.put(Key::CanisterRanges(Line::new(&format!("{n:020x}"))), Record::Routes(vec![route]));
    }
    maker.put(Key::SubnetList, Record::SubnetList((0..size.subnets).map(subnet).collect()));
    maker.put(Key::NnsSubnet, Record::NnsSubnet(subnet(0)));
    for n in first..(first + 3).min(size.nodes) {
        maker.put(Key::ApiBoundaryNode(node(n)), Record::ApiBoundaryNode(Line::new(OLD)));
    }
    for version in [OLD, NEW] {
        let record = ReplicaRecord {
            sha256: Line::new(&"5f1c".repeat(16)),
            urls: vec![Line::new(&format!(
                "https://download.dfinity.systems/ic/{version}/guest-os/update-img.tar.zst"
            ))],
        };
        maker.put(Key::ReplicaVersion(Line::new(version)), Record::ReplicaVersion(record));
    }
    maker.put(Key::HostOsVersion(Line::new(HOST)), Record::HostOsVersion(HostOsRecord::default()));
    maker.put(Key::UnassignedNodes, Record::UnassignedNodes(Line::new(OLD)));
    maker.topology.evidence = Some(Evidence::certified(now.minus(Seconds(12))));
    for (key, (version, at)) in &mut maker.topology.elected {
        let days = if *key == Key::ReplicaVersion(Line::new(NEW)) { 0 } else { 41 };
        (*version, *at) =
            (Version(VERSION - 4 - 20 * days), Some(now.minus(Seconds(28_800 + days * 86_400))));
    }
    maker.topology
}

/// The network as it was: three nodes fewer, nobody upgraded.
pub fn topology_then(size: Size, now: Timestamp) -> Topology {
    let mut then = topology(Size { nodes: size.nodes - 3, ..size }, now, 0);
    then.version = Version(53_100);
    then.at = Some(now.minus(Seconds::days(20)));
    then
}

/// How subnets do: the last one stands still.
pub fn health(size: Size, now: Timestamp) -> BTreeMap<Principal, SubnetHealth> {
    let one = |n: usize| {
        let mut health = SubnetHealth::default();
        let busy = 40_000 + (n as u64 * 7_919) % 160_000;
        let value = |i: u64| busy + busy / 20 * ((i * 37 + n as u64 * 11) % 13) / 4;
        let mut put = |at: Timestamp, i: u64| {
            health.updates.push(at, value(i));
            health.cycles.push(at, value(i + 3) * 4_000_000);
            health.state.push(at, (90 << 30) + i * (3 << 26) + n as u64 * (5 << 30));
        };
        for day in (8..60).rev() {
            put(now.minus(Seconds::days(day)), 60 - day);
        }
        for hour in (4..168).rev() {
            put(now.minus(Seconds(hour * 3_600)), 100 + 168 - hour);
        }
        let stalled = n + 1 == size.subnets;
        for minute in (if stalled { 14 } else { 2 }..180).rev() {
            put(now.minus(Seconds(minute * 60)), 300 + 180 - minute);
        }
        let metrics = |i: u64| SubnetMetrics {
            canisters: 12_000 + n as u64 * 9_137,
            state_bytes: (110 << 30) + n as u64 * (5 << 30) + i * 4_096,
            cycles_consumed: 9_000_000_000_000_000 + u128::from(i * busy) * 40_000_000,
            updates: 400_000_000 + i * (busy / 100),
        };
        let last = if stalled { 804 } else { 4 };
        for (i, ago) in [(0, last + 10), (1, last)] {
            let at = now.minus(Seconds(ago));
            health.add_sample(Sample { at, metrics: metrics(i) }, Evidence::certified(at));
        }
        health.checked = Some(now.minus(Seconds(3)));
        (subnet(n), health)
    };
    (0..size.subnets).map(one).collect()
}

/// How nodes are, by the dashboard and by their own signatures, which sometimes disagree.
pub fn fleet(size: Size, now: Timestamp) -> Fleet {
    let mut fleet = Fleet::default();
    let read = now.minus(Seconds(95));
    let rows = (0..size.nodes).map(|n| {
        let (status, alert) = match n % 90 {
            20 | 33 | 45 | 85 => (NodeStatus::Down, Some("IC_PrometheusTargetMissing")),
            7 | 50 => (NodeStatus::Degraded, Some("IC_Replica_Behind")),
            _ => (NodeStatus::Up, None),
        };
        let since = now.minus(Seconds(3_600 * 26));
        let version = if n < 32 { NEW } else { OLD };
        let reported = Reported {
            status,
            alert: alert.map(Line::new),
            guestos_version: Some(Line::new(version)),
            at: read,
            since,
        };
        (node(n), reported)
    });
    fleet.merge_reports(rows.collect::<Vec<_>>(), read);
    for n in (0..size.nodes).filter(|n| n % 5 == 0 && !matches!(n % 90, 20 | 33 | 85)) {
        fleet.add_sighting(node(n), now.minus(Seconds(20 + (n as u64 % 7) * 11)));
    }
    let assigned: usize = members(size).iter().sum();
    for (i, n) in (assigned..assigned + 3).enumerate() {
        let mut boundary = BoundaryNode {
            domain: Line::new(&format!("{}-dll0{i}.example.network", center(i))),
            ipv4: None,
            ipv6: Some(address(n)),
            probes: vec![],
        };
        for probe in 0..15u64 {
            let healthy = i != 2 || probe < 12;
            boundary.add_probe(Probe {
                healthy,
                status: if healthy { 204 } else { 503 },
                millis: 40 + i as u64 * 35 + probe * 17 % 23,
                at: now.minus(Seconds((15 - probe) * 30)),
            });
        }
        fleet.boundary.insert(node(n), boundary);
    }
    fleet.boundary_evidence = Some(Evidence::certified(now.minus(Seconds(8))));
    for n in 0..size.providers {
        let name = match NAMES.get(n) {
            Some(name) => (*name).to_owned(),
            None => format!("{} {}", NAMES[n % NAMES.len()], n),
        };
        fleet.providers.insert(provider(n), ProviderName { name: Line::new(&name), website: None });
    }
    fleet
}

/// Thirty days of rewards; some nodes fail now and then, one badly.
pub fn rewards(size: Size, now: Timestamp, topology: &Topology) -> NodeRewards {
    let mut rewards = NodeRewards::default();
    let yesterday = Day::containing(now).previous();
    let monthly = MicroXdr(1_180_000_000);
    let daily = MicroXdr(monthly.0 * 10_000 / 304_375);
    for back in 0..30u32 {
        let day = Day(yesterday.0 - back);
        let mut all = RewardsDay::default();
        for n in 0..size.nodes {
            let node = node(n);
            let Some(provider) = topology.provider_of(&node) else { continue };
            let relative = match (n % 90, back) {
                (20, 0..=4) => 450_000,
                (12, 6..=9) => 60_000 + 60_000 * (back - 5),
                (14, 17) => 42_000,
                (_, b) if (n as u32 * 31 + b * 7).is_multiple_of(41) => 18_000,
                _ => (n as u32 % 5) * 700,
            };
            let relative = Ppm(relative);
            let performance = match topology.subnet_of(&node) {
                Some(subnet) => Performance::Assigned {
                    subnet,
                    proposed: 2_100,
                    failed: u64::from(relative.0) * 2_100 / 1_000_000,
                    failure: relative,
                    subnet_failure: Ppm(0),
                    relative,
                },
                None => Performance::Extrapolated(Ppm(2_000)),
            };
            let lost = reduction(performance.relative().unwrap());
            let base = MicroXdr(daily.0 * if n % 24 == 13 { 7 } else { 10 } / 10);
            let reward_type = Line::new(if n % 24 == 13 { "type3.1" } else { "type1.1" });
            let adjusted = base.minus(base.times(lost));
            let theirs = all.providers.entry(provider).or_default();
            theirs.base = theirs.base.plus(base);
            theirs.adjusted = theirs.adjusted.plus(adjusted);
            let region = Line::new("Europe,CH");
            if !theirs.bases.iter().any(|b| b.reward_type == reward_type) {
                theirs.bases.push(BaseRate {
                    region: region.clone(),
                    reward_type: reward_type.clone(),
                    monthly,
                    daily: base,
                    coefficient: None,
                });
            }
            theirs.nodes.push(NodeDay {
                node,
                reward_type,
                region,
                data_center: topology.operator_of(&node).unwrap().data_center.clone(),
                performance,
                multiplier: Ppm(1_000_000 - lost.0),
                reduction: lost,
                base,
                adjusted,
            });
        }
        rewards.days.insert(day, Arc::new(all));
    }
    let months = (0..4u64).map(|m| PayoutMonth {
        at: now.minus(Seconds::days(9 + m * 30)),
        days: None,
        rate: Some(XdrPermyriad(38_900)),
        minimum_rate: None,
        registry_version: Some(54_000),
        payouts: (0..size.providers)
            .map(|n| Payout {
                provider: provider(n),
                amount: E8s(220_000_000_000 + n as u64 * 1_700_000_000 - m * 3_140_000_000),
            })
            .collect(),
    });
    rewards.payouts = Arc::new(months.collect());
    let listed = |n| {
        let account = (n % 2 == 0).then(|| Line::new(&"a7".repeat(32)));
        (provider(n), ListedProvider { reward_account: account })
    };
    rewards.listed = Arc::new((0..size.providers).map(listed).collect());
    let evidence = Evidence::certified(now.minus(Seconds(600)));
    rewards.average_rate = Some((XdrPermyriad(38_250), evidence));
    rewards
}

/// What happened, the newest first, from a version downwards.
pub fn events(size: Size, now: Timestamp, count: usize) -> Vec<Arc<Event>> {
    (0..count)
        .map(|i| {
            let version = VERSION - i as u64;
            let mut event = Event {
                version: Version(version),
                at: Some(now.minus(Seconds(1_800 + i as u64 * 7_000))),
                key: Key::Node(node(i)),
                kind: EventKind::NodeJoined,
                node: None,
                subnet: None,
                provider: None,
                operator: None,
                data_center: None,
                proposal: None,
            };
            match i {
                0..=3 => {
                    let n = 3 - i;
                    event.key = Key::Subnet(subnet(n));
                    event.kind = EventKind::SubnetUpgraded { from: Line::new(OLD), to: Line::new(NEW) };
                    event.subnet = Some(subnet(n));
                    event.proposal = Some(ProposalKey::nns(140_800 + n as u64));
                }
                4 => {
                    event.key = Key::ReplicaVersion(Line::new(NEW));
                    event.kind = EventKind::ReplicaVersionElected(Line::new(NEW));
                    event.proposal = Some(ProposalKey::nns(140_790));
                }
                i if i % 4 == 1 => {
                    let n = i % 24;
                    event.key = Key::Operator(operator(n));
                    event.kind = EventKind::AllowanceChanged { from: 4, to: n as u64 % 3 };
                    event.operator = Some(operator(n));
                    event.provider = Some(provider(n % size.providers));
                    event.data_center = Some(center((n * 5 + n / size.providers) % size.centers));
                }
                i if i % 4 == 3 => {
                    event.key = Key::Other(Line::new("crypto_threshold_signing_public_key_x"));
                    event.kind = EventKind::OtherChanged { removed: false };
                }
                i => {
                    let n = i % size.nodes;
                    event.node = Some(node(n));
                    event.provider = Some(provider(n % (size.providers * 2) % size.providers));
                    event.subnet = Some(subnet(i % size.subnets));
                    event.kind = if i % 4 == 0 { EventKind::NodeJoined } else { EventKind::NodeLeft };
                    event.proposal = (i % 8 == 0).then_some(ProposalKey::nns(140_000 + i as u64));
                }
            }
            Arc::new(event)
        })
        .collect()
}

pub fn alerts(now: Timestamp) -> AlertBoard {
    let alert = |rule, about, severity, text: &str, ago| Alert {
        rule,
        about,
        severity,
        text: Line::new(text),
        since: now.minus(Seconds(ago)),
        recovered: None,
    };
    let short = |id: Principal| id.to_text().get(..5).unwrap().to_owned();
    let stalled = subnet(5);
    let down = node(20);
    let mut over = alert(Rule::NodeDown, About::Node(node(7)), Severity::Warning, "over", 9_000);
    over.recovered = Some(now.minus(Seconds(4_000)));
    AlertBoard {
        alerts: vec![
            alert(
                Rule::CertificateLag,
                About::Subnet(stalled),
                Severity::Critical,
                &format!("subnet {} stands still", short(stalled)),
                800,
            ),
            alert(
                Rule::NodeDown,
                About::Node(down),
                Severity::Warning,
                &format!("node {} is down", short(down)),
                93_600,
            ),
            over,
        ],
        ..AlertBoard::default()
    }
}

/// Puts all of it into a world.
pub fn join(world: &mut World, size: Size, now: Timestamp) {
    let topology = topology(size, now, 4);
    world.health = Arc::new(health(size, now));
    world.fleet = Arc::new(fleet(size, now));
    world.node_rewards = Arc::new(rewards(size, now, &topology));
    world.events = Arc::new(events(size, now, 60));
    world.topology = Arc::new(topology);
    world.alerts = Arc::new(alerts(now));
}

/// The user of the second provider, with two racks named.
pub fn mine(topology: &Topology) -> icpulse_model::own_nodes::OwnNodes {
    let mut mine = icpulse_model::own_nodes::OwnNodes { provider: Some(provider(8)), aliases: vec![] };
    mine.set_alias(topology, node(8), Line::new("rack-07/a"));
    mine.set_alias(topology, node(20), Line::new("rack-07/b"));
    mine
}
