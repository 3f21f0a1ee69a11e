use super::*;
use crate::event::{Event, EventKind};
use crate::proposal::Proposal;
use crate::text::Line;
use crate::world::Proposals;
use crate::{E8s, Evidence, Principal, ProposalKey, ProposalStatus, RewardStatus, Seconds, Topic};
use proptest::prelude::*;
use std::sync::Arc;

fn id(n: u8) -> Principal {
    Principal::self_authenticating([n; 32])
}

/// Only for what tests write themselves.
fn short(id: &Principal) -> String {
    id.to_text()[..5].to_owned()
}

fn node(operator: u8) -> NodeRecord {
    NodeRecord {
        operator: id(operator),
        address: None,
        port: 0,
        hostos_version: None,
        ipv4: None,
        domain: None,
        reward_type: None,
        chip_id: None,
    }
}

fn operator(provider: u8, allowance: u64) -> OperatorRecord {
    OperatorRecord {
        provider: id(provider),
        allowance,
        data_center: Line::new("zh1"),
        rewardable: Default::default(),
        max_rewardable: Default::default(),
        ipv6: None,
    }
}

fn subnet(members: &[u8], version: &str) -> SubnetRecord {
    SubnetRecord {
        membership: members.iter().map(|n| id(*n)).collect(),
        replica_version: Line::new(version),
        ..SubnetRecord::default()
    }
}

fn change(version: u64, key: Key, record: Option<Record>) -> Change {
    Change { version: Version(version), at: Some(Timestamp::from_secs(1_000 * version)), key, record }
}

const NODE: u8 = 10;
const OPERATOR: u8 = 50;
const PROVIDER: u8 = 70;
const SUBNET: u8 = 90;

fn node_change(version: u64, n: u8, record: Option<NodeRecord>) -> Change {
    change(version, Key::Node(id(n)), record.map(|r| Record::Node(Box::new(r))))
}

fn subnet_change(version: u64, record: Option<SubnetRecord>) -> Change {
    change(version, Key::Subnet(id(SUBNET)), record.map(|r| Record::Subnet(Box::new(r))))
}

fn operator_change(version: u64, record: Option<OperatorRecord>) -> Change {
    change(version, Key::Operator(id(OPERATOR)), record.map(|r| Record::Operator(Box::new(r))))
}

fn told(topology: &mut Topology, changes: &[Change]) -> Vec<String> {
    let names = |principal: &Principal| (*principal == id(PROVIDER)).then(|| "Ada".to_owned());
    apply_changes(topology, changes).iter().map(|event| event.to_sentence(&names)).collect()
}

#[test]
fn a_nodes_life_is_told_with_whom_it_concerns() {
    let mut topology = Topology::default();
    let (n, s, o) = (short(&id(NODE)), short(&id(SUBNET)), short(&id(OPERATOR)));
    let who = format!("node {n} of provider Ada");
    assert_eq!(
        told(&mut topology, &[operator_change(1, Some(operator(PROVIDER, 3)))]),
        [format!("operator {o} of provider Ada was added in data center zh1 at version 1")]
    );
    assert_eq!(
        told(&mut topology, &[node_change(2, NODE, Some(node(OPERATOR)))]),
        [format!("{who} was added in data center zh1 at version 2")]
    );
    assert_eq!(
        told(&mut topology, &[subnet_change(53_218, Some(subnet(&[NODE], "v1")))]),
        [
            format!("subnet {s} was created with 1 node at version 53,218"),
            format!("{who} joined subnet {s} at version 53,218"),
        ]
    );
    let mut upgraded = subnet(&[NODE], "b0c3a1f6b0c3a1f6b0c3a1f6b0c3a1f6b0c3a1f6");
    upgraded.is_halted = true;
    upgraded.max_canisters = 5;
    assert_eq!(
        told(&mut topology, &[subnet_change(53_219, Some(upgraded.clone()))]),
        [
            format!("subnet {s} is to run GuestOS b0c3a1f6 after v1 at version 53,219"),
            format!("subnet {s} was halted at version 53,219"),
            format!("subnet {s} changed: most canisters at version 53,219"),
        ]
    );
    // It leaves, is removed, and its operator with it, in one version and the least kind order.
    upgraded.membership = vec![];
    let last = [
        operator_change(53_220, None),
        node_change(53_220, NODE, None),
        subnet_change(53_220, Some(upgraded)),
    ];
    let events = apply_changes(&mut topology, &last);
    assert!(events.iter().all(|event| event.provider == Some(id(PROVIDER))), "{events:?}");
    assert_eq!(events[1].subnet, Some(id(SUBNET)), "where it was");
    assert_eq!(
        events.iter().map(|event| event.kind.clone()).collect::<Vec<_>>(),
        [EventKind::OperatorRemoved, EventKind::NodeRemoved, EventKind::NodeLeft]
    );
    assert!(topology.nodes.is_empty() && topology.operators.is_empty());
}

#[test]
fn a_node_that_is_registered_after_it_joined_in_the_same_version_has_its_provider_all_the_same() {
    let mut topology = Topology::default();
    let changes = [
        subnet_change(1, Some(subnet(&[NODE], "v"))),
        node_change(1, NODE, Some(node(OPERATOR))),
        operator_change(1, Some(operator(PROVIDER, 1))),
    ];
    let events = apply_changes(&mut topology, &changes);
    let joined = events.iter().find(|event| event.kind == EventKind::NodeJoined).unwrap();
    assert_eq!(
        (joined.provider, joined.operator, joined.subnet),
        (Some(id(PROVIDER)), Some(id(OPERATOR)), Some(id(SUBNET)))
    );
}

#[test]
fn what_is_written_again_or_cannot_be_read_is_told_too() {
    let mut topology = Topology::default();
    let s = short(&id(SUBNET));
    let same = || subnet_change(1, Some(subnet(&[], "v")));
    let _ = apply_changes(&mut topology, &[same()]);
    assert_eq!(
        told(&mut topology, &[same()]),
        [format!("the record of subnet {s} was written again at version 1")]
    );
    let broken = change(2, Key::Subnet(id(SUBNET)), Some(Record::Undecoded(Line::new("odd"))));
    assert_eq!(
        told(&mut topology, &[broken]),
        [format!(
            "subnet_record_{} changed, but the new record cannot be decoded: odd at version 2",
            id(SUBNET)
        )]
    );
    assert!(topology.subnets.contains_key(&id(SUBNET)), "as it was last understood");
    let other = |size| change(3, Key::Other(Line::new("crypto_records_x")), size);
    assert_eq!(
        told(&mut topology, &[other(Some(Record::Other(9))), other(None)]),
        ["crypto_records_x changed at version 3", "crypto_records_x was removed at version 3"]
    );
    // Removed twice: the second time there was nothing.
    assert_eq!(
        told(&mut topology, &[node_change(4, NODE, None)]),
        [format!("node_record_{} was removed at version 4", id(NODE))]
    );
}

#[test]
fn routes_rates_rules_and_versions_are_told() {
    let mut topology = Topology::default();
    let route = |n: u8, subnet: u8| Route { start: id(n), end: id(n), subnet: id(subnet) };
    let shard =
        |version, routes| change(version, Key::CanisterRanges(Line::new("00")), Some(Record::Routes(routes)));
    let rate = |xdr| Rate { xdr_permyriad_per_node_per_month: xdr, reward_coefficient_percent: None };
    let table = |a, b| {
        let of = |xdr| [(Line::new("type3"), rate(xdr))].into();
        Some(Record::RewardTable([(Line::new("Europe"), of(a)), (Line::new("Asia"), of(b))].into()))
    };
    let elected = |version, record| change(version, Key::ReplicaVersion(Line::new("v9")), record);
    let unassigned =
        |version, to| change(version, Key::UnassignedNodes, Some(Record::UnassignedNodes(Line::new(to))));
    let changes = [
        shard(1, vec![route(1, 1), route(2, 1)]),
        shard(2, vec![route(1, 1), route(2, 3), route(4, 1)]),
        change(3, Key::RewardTable, table(5, 6)),
        change(4, Key::RewardTable, table(5, 7)),
        elected(5, Some(Record::ReplicaVersion(ReplicaRecord::default()))),
        elected(6, None),
        unassigned(7, "v9"),
        unassigned(8, "v10"),
        change(
            9,
            Key::Firewall(FirewallScope::Global),
            Some(Record::Firewall(vec![FirewallRule::default()])),
        ),
    ];
    assert_eq!(
        told(&mut topology, &changes),
        [
            "2 ranges of canister ids changed at version 1",
            "2 ranges of canister ids changed at version 2",
            "what nodes are paid changed in Asia, Europe at version 3",
            "what nodes are paid changed in Asia at version 4",
            "GuestOS v9 was elected at version 5",
            "GuestOS v9 was retired at version 6",
            "nodes in no subnet are to run GuestOS v9 after none at version 7",
            "nodes in no subnet are to run GuestOS v10 after v9 at version 8",
            "firewall rules of all nodes changed: 1 after 0 at version 9",
        ]
    );
}

#[test]
fn a_filter_takes_what_fits_all_of_it() {
    let mut topology = Topology::default();
    let changes = [
        operator_change(1, Some(operator(PROVIDER, 3))),
        node_change(1_234, NODE, Some(node(OPERATOR))),
        node_change(1_235, NODE + 1, Some(node(OPERATOR + 1))),
        subnet_change(1_236, Some(subnet(&[NODE, NODE + 1], "v"))),
    ];
    let events = apply_changes(&mut topology, &changes);
    let none = |_: &Principal| None;
    let count = |filter: EventFilter| events.iter().filter(|event| filter.matches(event, &none)).count();
    assert_eq!(count(EventFilter::default()), 6);
    assert_eq!(count(EventFilter { provider: Some(id(PROVIDER)), ..Default::default() }), 3);
    assert_eq!(count(EventFilter { subnet: Some(id(SUBNET)), ..Default::default() }), 3);
    assert_eq!(count(EventFilter { node: Some(id(NODE)), ..Default::default() }), 2);
    let words = |words: &str| EventFilter { words: words.to_owned(), ..Default::default() };
    assert_eq!(count(words("JOINED subnet")), 2);
    assert_eq!(count(words("1,234")), 1);
    assert_eq!(count(words("1234")), 1);
    assert_eq!(count(words(&id(NODE).to_text())), 2);
    assert_eq!(count(words("zh1 added")), 2);
    assert_eq!(count(words("no such")), 0);
}

fn proposal(id: u64, action: &str, title: &str, executed: u64) -> Arc<Proposal> {
    Arc::new(Proposal {
        id: ProposalKey::nns(id),
        topic: Topic::SubnetManagement,
        status: ProposalStatus::Executed,
        reward_status: RewardStatus::Settled,
        title: Line::new(title),
        action: Line::new(&format!("ExecuteNnsFunction · {action}")),
        proposer: None,
        created: Timestamp(0),
        deadline: None,
        decided: None,
        executed: Some(Timestamp::from_secs(executed)),
        failed: None,
        tally: None,
        total_potential_voting_power: None,
        reject_cost: E8s(0),
        reward_event_round: 0,
        ballots: vec![],
        undecoded: None,
        evidence: Evidence::certified(Timestamp(0)),
    })
}

fn linked(events: &mut [Event], proposals: Vec<Arc<Proposal>>) -> Vec<Option<u64>> {
    link_proposals(events, &Proposals::new(proposals));
    events.iter().map(|event| event.proposal.map(|p| p.number)).collect()
}

#[test]
fn a_proposal_is_a_cause_only_beyond_doubt() {
    let mut topology = Topology::default();
    let _ = apply_changes(&mut topology, &[subnet_change(1, Some(subnet(&[], "v1")))]);
    let s = short(&id(SUBNET));
    // At 2,000 and 2,030 seconds: two upgrades of the same subnet.
    let mut events = apply_changes(&mut topology, &[subnet_change(2, Some(subnet(&[], "v2")))]);
    events.extend(apply_changes(&mut topology, &[subnet_change(3, Some(subnet(&[], "v3")))]));
    events[1].at = Some(Timestamp::from_secs(2_030));
    let upgrade = |id, title: &str, at| proposal(id, "DeployGuestosToAllSubnetNodes", title, at);
    let fresh = || events.clone();

    let other_action = proposal(5, "UpdateConfigOfSubnet", &format!("Update subnet {s}"), 2_000);
    let too_early = upgrade(6, &format!("Update subnet {s}"), 1_939);
    assert_eq!(linked(&mut fresh(), vec![other_action, too_early]), [None, None]);
    // Whose title names the subnet is certain, even twice.
    assert_eq!(
        linked(&mut fresh(), vec![upgrade(7, &format!("Update subnet {s}"), 1_990)]),
        [Some(7), Some(7)]
    );
    // A title that names nothing is enough for one change, not for two.
    assert_eq!(linked(&mut fresh(), vec![upgrade(7, "Update", 1_990)]), [None, None]);
    assert_eq!(linked(&mut fresh()[..1], vec![upgrade(7, "Update", 1_990)]), [Some(7)]);
    // Two that could have been it: the one that names it, or none.
    let two = vec![upgrade(7, "Update subnet zzzzz", 1_990), upgrade(8, &format!("Update {s}"), 1_995)];
    assert_eq!(linked(&mut fresh()[..1], two), [Some(8)]);
    let two = vec![upgrade(7, "Update", 1_990), upgrade(8, "Update", 1_995)];
    assert_eq!(linked(&mut fresh()[..1], two), [None]);
    // What is known is not changed, and what has no time has no cause.
    let mut known = fresh()[..1].to_vec();
    known[0].proposal = Some(ProposalKey::nns(1));
    assert_eq!(linked(&mut known, vec![upgrade(7, "Update", 1_990)]), [Some(1)]);
    let mut timeless = fresh()[..1].to_vec();
    timeless[0].at = None;
    assert_eq!(linked(&mut timeless, vec![upgrade(7, "Update", 1_990)]), [None]);
    let names = |_: &Principal| None;
    let mut one = fresh()[..1].to_vec();
    linked(&mut one, vec![upgrade(132_411, &s, 2_000 + Seconds(59).0)]);
    assert!(one[0].to_sentence(&names).ends_with(" at version 2, proposal 132,411"));
}

#[test]
fn all_events_of_a_version_have_the_same_cause() {
    let mut topology = Topology::default();
    let changes = [
        change(2, Key::SubnetList, Some(Record::SubnetList(vec![id(SUBNET)]))),
        subnet_change(2, Some(subnet(&[NODE], "v"))),
        change(2, Key::Other(Line::new("crypto_records_x")), Some(Record::Other(3))),
    ];
    let mut events = apply_changes(&mut topology, &changes);
    let found = linked(&mut events, vec![proposal(9, "CreateSubnet", "New subnet", 2_010)]);
    assert_eq!(found, vec![Some(9); events.len()]);
}

#[test]
fn what_elected_a_version_is_known_as_long_as_it_is_elected() {
    let record = |sha256: &str| {
        Some(Record::ReplicaVersion(ReplicaRecord { sha256: Line::new(sha256), ..ReplicaRecord::default() }))
    };
    let guest = |name: &str| Key::ReplicaVersion(Line::new(name));
    let (mut topology, old, new) = (Topology::default(), guest("0a0a0a0a00"), guest("0b0b0b0b00"));
    let changes = [
        change(2, old.clone(), record("x")),
        change(3, new.clone(), record("y")),
        // Written again: it was elected before.
        change(4, old.clone(), record("z")),
    ];
    let _ = apply_changes(&mut topology, &changes);
    let by = |id, title: &str, at| proposal(id, "ReviseElectedGuestosVersions", title, at);
    let all = vec![by(7, "Elect 0a0a0a0a", 2_001), by(8, "Elect 0b0b0b0b", 3_001), by(9, "Elect", 4_000)];
    let told = |topology: &Topology| -> Vec<(Version, Option<u64>)> {
        let found = find_elections(topology, &Proposals::new(all.clone()));
        found.into_iter().map(|e| (e.version, e.proposal.map(|p| p.number))).collect()
    };
    assert_eq!(told(&topology), [(Version(3), Some(8)), (Version(2), Some(7))]);
    let _ = apply_changes(&mut topology, &[change(5, old.clone(), None)]);
    assert_eq!(told(&topology), [(Version(3), Some(8))]);
    let _ = apply_changes(&mut topology, &[change(6, old, record("x"))]);
    assert_eq!(told(&topology), [(Version(6), None), (Version(3), Some(8))]);
}

// Properties over histories of a few keys.

fn any_change() -> impl Strategy<Value = (Key, Option<Record>)> {
    let members = |n: u8| {
        prop::collection::btree_set(0u8..6, 0..6).prop_map(move |set| {
            // A node belongs to one subnet at most.
            set.into_iter().map(|m| n * 6 + m).collect::<Vec<u8>>()
        })
    };
    let some = prop_oneof![
        (0u8..12, 0u8..3, 0u16..2).prop_map(|(n, o, port)| {
            let record = NodeRecord { port, ..node(OPERATOR + o) };
            (Key::Node(id(n)), Record::Node(Box::new(record)))
        }),
        (0u8..2).prop_flat_map(move |s| (Just(s), members(s), "[ab]")).prop_map(|(s, members, version)| {
            (Key::Subnet(id(SUBNET + s)), Record::Subnet(Box::new(subnet(&members, &version))))
        }),
        (0u8..3, 0u8..2, 0u64..3).prop_map(|(o, p, allowance)| {
            (Key::Operator(id(OPERATOR + o)), Record::Operator(Box::new(operator(PROVIDER + p, allowance))))
        }),
        ("[ab]", 0u8..3).prop_map(|(name, subnet)| {
            let routes =
                (0..subnet).map(|n| Route { start: id(n), end: id(n), subnet: id(subnet) }).collect();
            let key = if name == "a" { Key::RoutingTable } else { Key::CanisterRanges(Line::new(&name)) };
            (key, Record::Routes(routes))
        }),
        "[ab]".prop_map(|v| (
            Key::ReplicaVersion(Line::new(&v)),
            Record::ReplicaVersion(ReplicaRecord::default())
        )),
        (0u8..3, "[ab]")
            .prop_map(|(n, v)| (Key::ApiBoundaryNode(id(n)), Record::ApiBoundaryNode(Line::new(&v)))),
        prop::collection::vec(0u8..3, 1..3)
            .prop_map(|ids| (Key::SubnetList, Record::SubnetList(ids.into_iter().map(id).collect()))),
        ("[ab]", 0usize..3).prop_map(|(name, size)| (Key::Other(Line::new(&name)), Record::Other(size))),
        "[ab]".prop_map(|v| (Key::UnassignedNodes, Record::UnassignedNodes(Line::new(&v)))),
        ("[ab]", 0u32..3).prop_map(|(v, progress_ppm)| {
            let versions = StandardEngine { new: Line::new(&v), old: Line::new("old"), progress_ppm };
            (Key::StandardEngine, Record::StandardEngine(versions))
        }),
    ];
    (some, 0u8..10).prop_map(|((key, record), fate)| match fate {
        0 | 1 => (key, None),
        2 => (key, Some(Record::Undecoded(Line::new("odd")))),
        _ => (key, Some(record)),
    })
}

#[test]
fn a_cloud_engine_without_a_version_of_its_own_follows_the_standard_one() {
    let mut topology = Topology::default();
    let engine = SubnetRecord { kind: SubnetKind::CloudEngine, ..subnet(&[1], "") };
    apply_changes(&mut topology, &[subnet_change(1, Some(engine))]);
    assert_eq!(topology.subnet_version(&id(SUBNET)), None, "no version is not an empty one");
    let standard = |version, progress_ppm| {
        let versions = StandardEngine { new: Line::new("abcd"), old: Line::new("1234"), progress_ppm };
        change(version, Key::StandardEngine, Some(Record::StandardEngine(versions)))
    };
    for (version, progress_ppm, expected) in [(2, 0, "1234"), (3, 1_000_000, "abcd")] {
        let told = told(&mut topology, &[standard(version, progress_ppm)]);
        assert_eq!(topology.subnet_version(&id(SUBNET)).unwrap().as_str(), expected);
        assert_eq!(topology.desired_version(&id(1)).unwrap().as_str(), expected);
        let share = if progress_ppm == 0 { "0.00 %" } else { "100.00 %" };
        assert!(told[0].contains(share) && told[0].contains("cloud engines"), "{told:?}");
    }
    assert!(topology.followed_standard(&id(SUBNET)).is_some());
    apply_changes(&mut topology, &[subnet_change(4, Some(subnet(&[1], "9999")))]);
    assert_eq!(topology.subnet_version(&id(SUBNET)).unwrap().as_str(), "9999");
    assert!(topology.followed_standard(&id(SUBNET)).is_none());
}

fn any_history() -> impl Strategy<Value = Vec<Change>> {
    prop::collection::vec((any_change(), any::<bool>()), 0..40).prop_map(|rows| {
        let mut version = 1;
        let rows = rows.into_iter().map(|((key, record), next)| {
            version += u64::from(next);
            change(version, key, record)
        });
        rows.collect()
    })
}

fn of(changes: &[Change]) -> (Topology, Vec<Event>) {
    let mut topology = Topology::default();
    let events = apply_changes(&mut topology, changes);
    (topology, events)
}

/// Without what says only how far it was read.
fn bare(mut topology: Topology) -> Topology {
    (topology.version, topology.at, topology.evidence) = (Version(0), None, None);
    topology.elected.clear();
    topology
}

proptest! {
    #[test]
    fn every_change_is_told_and_versions_do_not_depend_on_how_they_come(history in any_history(), cut in any::<prop::sample::Index>()) {
        let (whole, events) = of(&history);
        prop_assert!(events.len() >= history.len());
        prop_assert!(events.is_sorted_by_key(|event| event.version));
        let mut applied = Topology::default();
        history.iter().for_each(|change| applied.apply(change));
        prop_assert_eq!(&whole, &applied);
        // In two calls, cut between versions.
        let at = cut.index(history.len() + 1);
        let at = history.get(at).map_or(history.len(), |c| history.partition_point(|d| d.version < c.version));
        let (mut parts, mut told) = of(&history[..at]);
        told.extend(apply_changes(&mut parts, &history[at..]));
        prop_assert_eq!((parts, told), (whole, events));
    }

    #[test]
    fn two_networks_differ_exactly_where_their_records_do(a in any_history(), b in any_history()) {
        let (a, b) = (of(&a).0, of(&b).0);
        prop_assert_eq!(find_differences(&a, &a), vec![]);
        prop_assert_eq!(find_differences(&a, &b).is_empty(), bare(a.clone()) == bare(b.clone()));
        let keys = |differences: Vec<Difference>| differences.into_iter().map(|d| d.key).collect::<std::collections::BTreeSet<_>>();
        prop_assert_eq!(keys(find_differences(&a, &b)), keys(find_differences(&b, &a)));
    }

    #[test]
    fn only_the_last_word_on_each_record_counts(history in any_history()) {
        let (whole, _) = of(&history);
        // Undecoded ones keep what was understood before: they are left in.
        let last = |at: usize, change: &Change| {
            history[at + 1..].iter().all(|later| {
                later.key != change.key || matches!(later.record, Some(Record::Undecoded(_)))
            })
        };
        let kept: Vec<Change> =
            history.iter().enumerate().filter(|(at, change)| last(*at, change)).map(|(_, c)| c.clone()).collect();
        prop_assert_eq!(find_differences(&whole, &of(&kept).0), vec![]);
    }

    #[test]
    fn every_key_has_its_record_and_every_record_its_key(history in any_history()) {
        let (topology, _) = of(&history);
        for key in topology.keys() {
            prop_assert!(topology.record(&key).is_some() || topology.undecoded.contains_key(&key), "{}", key);
        }
        for change in &history {
            if topology.record(&change.key).is_some() {
                prop_assert!(topology.keys().contains(&change.key), "{}", change.key);
            }
        }
    }

    #[test]
    fn versions_of_different_content_have_different_fingerprints(key in prop::collection::vec(any::<u8>(), 0..4), value in prop::option::of(prop::collection::vec(any::<u8>(), 0..4)), moved in 0usize..4) {
        let delta = |key: &[u8], value: Option<&[u8]>| Delta {
            version: Version(1),
            at: None,
            mutations: vec![Mutation { key: key.to_vec(), value: value.map(<[u8]>::to_vec) }],
        };
        let one = delta(&key, value.as_deref());
        prop_assert_eq!(one.fingerprint(), one.clone().fingerprint());
        // A byte moved from the key to the value is another delta.
        if let Some(value) = value.filter(|_| moved < key.len()) {
            let (rest, end) = key.split_at(moved);
            let other = delta(rest, Some(&[end, value.as_slice()].concat()));
            prop_assert_ne!(one.fingerprint(), other.fingerprint());
        }
    }
}
