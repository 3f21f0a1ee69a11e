use super::*;
use crate::registry::{Registry, SMALL};
use icpulse_model::decentralization::{self, Feature, measure_decentralization};
use icpulse_model::registry::{Key, SubnetKind, Topology};
use icpulse_model::{Seconds, Timestamp};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::LazyLock;

pub const START: Timestamp = Timestamp::from_secs(1_795_000_000);

/// One small world for all tests that only read it.
static WORLD: LazyLock<Registry> = LazyLock::new(|| Registry::seeded(1, START, SMALL));

/// What must hold of every version.
fn check(topology: &Topology) {
    let mut seen = BTreeSet::new();
    assert_eq!(topology.subnet_list.len(), topology.subnets.len());
    for (id, subnet) in &topology.subnets {
        assert!(topology.subnet_list.contains(id));
        assert!(!subnet.membership.is_empty(), "{id} has nodes");
        let version = topology.subnet_version(id).unwrap();
        assert!(topology.replica_versions.contains_key(version), "{id} runs what is elected");
        assert_eq!(subnet.replica_version.is_empty(), subnet.kind == SubnetKind::CloudEngine, "{id}");
        for node in &subnet.membership {
            assert!(seen.insert(*node), "{node} is in one subnet");
            assert!(topology.nodes.contains_key(node), "{node} exists");
        }
    }
    for (node, version) in &topology.api_boundary_nodes {
        assert!(seen.insert(*node), "{node} is no subnet's");
        let record = &topology.nodes[node];
        assert!(record.domain.is_some() && record.ipv4.is_some());
        assert!(topology.replica_versions.contains_key(version));
    }
    assert!(topology.replica_versions.contains_key(topology.unassigned_version.as_ref().unwrap()));
    for (id, node) in &topology.nodes {
        let operator =
            topology.operators.get(&node.operator).unwrap_or_else(|| panic!("{id} has an operator"));
        assert!(topology.data_centers.contains_key(&operator.data_center));
        assert!(topology.hostos_versions.contains_key(node.hostos_version.as_ref().unwrap()));
    }
    let mut routes: Vec<_> = topology.routes.values().flatten().collect();
    routes.sort_by(|a, b| a.start.as_slice().cmp(b.start.as_slice()));
    for pair in routes.windows(2) {
        assert!(pair[0].end.as_slice() < pair[1].start.as_slice(), "ranges are disjoint");
    }
    assert!(routes.iter().all(|route| topology.subnets.contains_key(&route.subnet)));
    assert!(topology.undecoded.is_empty(), "{:?}", topology.undecoded);
}

#[test]
fn the_network_is_as_big_and_as_spread_as_the_real_one() {
    let topology = WORLD.topology();
    check(topology);
    let assigned: usize = topology.subnets.values().map(|s| s.membership.len()).sum();
    assert_eq!(topology.subnets.len(), plan::SUBNETS);
    assert!((1_390..=1_410).contains(&topology.nodes.len()), "{} nodes", topology.nodes.len());
    assert!((560..=640).contains(&assigned), "{assigned} assigned");
    assert!((240..=260).contains(&topology.operators.len()));
    assert_eq!(topology.data_centers.len(), places::MOST);
    assert!((18..=20).contains(&topology.api_boundary_nodes.len()));
    let providers = topology.providers();
    assert_eq!(providers.len(), plan::PROVIDERS);
    let dfinity = Principal::from_text(DFINITY).unwrap();
    assert!((36..=50).contains(&providers[&dfinity].nodes.len()), "{}", providers[&dfinity].nodes.len());
    assert!(topology.firewall.len() == 3 && topology.hostos_versions.len() >= 2);
    assert!(topology.routes.len() >= 2 && !topology.routes.contains_key(&Line::default()), "shards only");
    let kinds: BTreeSet<_> = topology.subnets.values().map(|s| s.kind).collect();
    assert!(kinds.contains(&SubnetKind::System) && kinds.contains(&SubnetKind::CloudEngine));
    // The first two are the NNS and the application subnet of the world's canisters.
    let ids = WORLD.subnets();
    assert_eq!(topology.nns, ids.first().copied());
    let sizes: Vec<_> = ids.iter().take(2).map(|id| topology.subnets[id].membership.len()).collect();
    assert_eq!(sizes, [40, 13]);
}

#[test]
fn most_subnets_are_well_spread_and_some_are_not() {
    let topology = WORLD.topology();
    let mut coefficients = Vec::new();
    let mut keepers = 0;
    for (n, id) in WORLD.subnets().iter().enumerate() {
        let members = &topology.subnets[id].membership;
        let figures = measure_decentralization(topology, members, Some(id));
        if members.len() == 13 {
            coefficients.extend(figures.actors(Feature::Provider));
        }
        let dfinity = members
            .iter()
            .filter(|m| topology.provider_of(m).is_some_and(|p| p.to_text() == decentralization::DFINITY));
        keepers += usize::from(dfinity.count() == if n == 0 { 3 } else { 1 });
        if plan::subnet(n).choice == plan::Choice::European {
            let european = |m: &Principal| {
                topology.data_center_of(m).is_some_and(|c| c.region.continent.as_str() == "Europe")
            };
            assert!(members.iter().all(european));
        }
    }
    let best = coefficients.iter().filter(|c| **c == 5).count();
    assert!(best * 2 > coefficients.len(), "{coefficients:?}");
    assert!(coefficients.iter().any(|c| *c < 5), "{coefficients:?}");
    assert!(keepers > plan::SUBNETS / 2, "{keepers} subnets have their nodes of DFINITY");
}

#[test]
fn the_same_seed_is_the_same_history() {
    let again = Registry::seeded(1, START, SMALL);
    assert_eq!(again.log().changelog().root(), WORLD.log().changelog().root());
    let other = Registry::seeded(2, START, 50);
    assert_ne!(other.log().delta(1), WORLD.log().delta(1));
}

#[test]
fn everything_that_can_happen_happens() {
    let mut families = BTreeSet::new();
    for key in WORLD.log().keys() {
        families.insert(match Key::parse(key) {
            Key::Other(name) => {
                let name = name.as_str().to_owned();
                let end = name.find(|c: char| c.is_ascii_digit()).unwrap_or(name.len()).min(22);
                name.get(..end).unwrap_or_default().to_owned()
            }
            other => format!("{other:?}").split(['(', ' ']).next().unwrap_or_default().to_owned(),
        });
    }
    for family in [
        "SubnetList",
        "NnsSubnet",
        "Subnet",
        "Node",
        "Operator",
        "DataCenter",
        "RewardTable",
        "ApiBoundaryNode",
        "ReplicaVersion",
        "HostOsVersion",
        "UnassignedNodes",
        "Firewall",
        "CanisterRanges",
        "RoutingTable",
        "canister_migrations",
        "blessed_replica_versio",
        "catch_up_package_conte",
    ] {
        assert!(families.contains(family), "{family} in {families:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, ..ProptestConfig::default() })]
    #[test]
    fn life_keeps_every_invariant(seed in 0u64..1_000, steps in prop::collection::vec(1u64..200, 1..6)) {
        let clock = crate::clock::Clock::manual(START, 1);
        let mut registry = Registry::seeded(seed, START, 900);
        let before = registry.log().latest();
        let mut hours = 0;
        for step in steps {
            hours += step;
            registry.run_to(&clock, START.plus(Seconds::hours(hours)));
            check(registry.topology());
        }
        let made = registry.log().latest() - before;
        // One in 45 to 75 minutes.
        prop_assert!((hours * 60 / 75..=hours * 60 / 45).contains(&made), "{made} in {hours} hours");
    }
}

#[test]
fn adopted_proposals_change_what_they_name_and_nothing_else() {
    use crate::seed::payloads as p;
    fn order(registry: &mut Registry, function: i32, argument: impl candid::CandidType) -> bool {
        let clock = crate::clock::Clock::manual(START, 1);
        let before = registry.log().latest();
        registry.carry_out(&clock, START, function, &candid::encode_one(argument).unwrap());
        check(registry.topology());
        registry.log().latest() > before
    }
    let mut registry = Registry::seeded(5, START, SMALL);
    let topology = registry.topology().clone();
    let (subnet, record) = topology.subnets.iter().next_back().unwrap();
    let spare = |n: usize| {
        let is_spare = |id: &&Principal| topology.subnet_of(id).is_none() && !topology.is_boundary(id);
        *topology.nodes.keys().filter(is_spare).nth(n).unwrap()
    };
    // A node for another; the same again is impossible.
    let change = p::ChangeSubnetMembership {
        subnet_id: *subnet,
        node_ids_add: vec![spare(0)],
        node_ids_remove: vec![record.membership[0]],
    };
    assert!(order(&mut registry, 31, change.clone()) && !order(&mut registry, 31, change));
    let now = registry.topology();
    assert_eq!(now.subnet_of(&spare(0)), Some(*subnet));
    assert_eq!(now.subnet_of(&record.membership[0]), None);
    assert_eq!(now.subnets[subnet].membership.len(), record.membership.len());
    // A version is elected, then deployed; one that was not elected cannot be.
    let version = "0123456789abcdef0123456789abcdef01234567".to_owned();
    let deploy =
        |id: &str| p::DeployGuestosToAllSubnetNodes { subnet_id: *subnet, replica_version_id: id.to_owned() };
    assert!(!order(&mut registry, 11, deploy(&version)));
    let elect = p::ReviseElectedGuestosVersions {
        replica_version_to_elect: Some(version.clone()),
        ..Default::default()
    };
    assert!(order(&mut registry, 38, elect) && order(&mut registry, 11, deploy(&version)));
    assert_eq!(registry.topology().subnets[subnet].replica_version.as_str(), version);
    let retire =
        p::ReviseElectedGuestosVersions { replica_versions_to_unelect: vec![version], ..Default::default() };
    assert!(!order(&mut registry, 38, retire), "it is in use");
    // Operators and allowances.
    let id = Principal::self_authenticating([7; 32]);
    let (provider, center) = (providers(5)[3], topology.data_centers.keys().next().unwrap().to_string());
    let new = p::AddNodeOperator {
        node_operator_principal_id: Some(id),
        node_provider_principal_id: Some(provider),
        dc_id: center,
        node_allowance: 11,
        ipv6: None,
    };
    assert!(order(&mut registry, 8, new.clone()) && !order(&mut registry, 8, new));
    let added = &registry.topology().operators[&id];
    assert_eq!((added.provider, added.allowance), (provider, 11));
    let less = p::UpdateNodeOperatorConfig {
        node_operator_id: Some(id),
        node_allowance: Some(2),
        ..Default::default()
    };
    assert!(order(&mut registry, 16, less));
    assert_eq!(registry.topology().operators[&id].allowance, 2);
    // Nodes leave, unless they are in a subnet.
    assert!(order(&mut registry, 18, p::Nodes { node_ids: vec![spare(3)] }));
    assert!(!registry.topology().nodes.contains_key(&spare(3)));
    assert!(!order(&mut registry, 18, p::Nodes { node_ids: vec![record.membership[2]] }));
    // API boundary nodes come and go.
    let version = topology.replica_versions.keys().next().unwrap().to_string();
    assert!(order(&mut registry, 43, p::AddApiBoundaryNodes { node_ids: vec![spare(9)], version }));
    assert!(registry.topology().is_boundary(&spare(9)));
    assert!(order(&mut registry, 44, p::Nodes { node_ids: vec![spare(9)] }));
    assert!(!registry.topology().is_boundary(&spare(9)));
    // HostOS, and what is no call of the registry.
    let host = topology.hostos_versions.keys().next().unwrap().to_string();
    let nodes = vec![spare(1), spare(2)];
    assert!(order(
        &mut registry,
        51,
        p::DeployHostosToSomeNodes { node_ids: nodes, hostos_version_id: Some(host.clone()) }
    ));
    assert_eq!(registry.topology().nodes[&spare(2)].hostos_version.as_ref().unwrap().as_str(), host);
    assert!(!order(&mut registry, 30, p::Nodes { node_ids: vec![] }) && !order(&mut registry, 31, 5u8));
}
