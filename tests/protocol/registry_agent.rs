//! Certificates of registries, the main network's and the demo's, which come with their hash tree
//! as protobuf. (Certificates of read_state are tested beside the verifier.)

use crate::client::{anonymous, demo, id, shared};
use ic_certification::{HashTree, LookupResult, empty, fork, labeled, leaf, pruned};
use icpulse_canisters::wire::registry as wire;
use icpulse_ic::certificate::{Authority, main_network_root_key, verify};
use icpulse_model::network::RootKey;
use icpulse_model::registry::Key;
use icpulse_model::{Principal, Timestamp};
use prost::Message;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// `ic.registry.certification`'s MixedHashTree.
#[derive(Clone, PartialEq, Message)]
struct Mixed {
    #[prost(oneof = "Kind", tags = "1, 2, 3, 4, 5")]
    kind: Option<Kind>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum Kind {
    #[prost(message, tag = "1")]
    Empty(Nothing),
    #[prost(message, tag = "2")]
    Fork(Box<Fork>),
    #[prost(message, tag = "3")]
    Labeled(Box<Labeled>),
    #[prost(bytes, tag = "4")]
    Leaf(Vec<u8>),
    #[prost(bytes, tag = "5")]
    Pruned(Vec<u8>),
}

#[derive(Clone, PartialEq, Message)]
struct Nothing {}

#[derive(Clone, PartialEq, Message)]
struct Fork {
    #[prost(message, optional, boxed, tag = "1")]
    left: Option<Box<Mixed>>,
    #[prost(message, optional, boxed, tag = "2")]
    right: Option<Box<Mixed>>,
}

#[derive(Clone, PartialEq, Message)]
struct Labeled {
    #[prost(bytes, tag = "1")]
    label: Vec<u8>,
    #[prost(message, optional, boxed, tag = "2")]
    subtree: Option<Box<Mixed>>,
}

fn tree(mixed: &Mixed) -> HashTree {
    let below = |sub: &Option<Box<Mixed>>| tree(sub.as_deref().expect("a subtree"));
    match mixed.kind.as_ref().expect("a kind") {
        Kind::Empty(_) => empty(),
        Kind::Fork(both) => fork(below(&both.left), below(&both.right)),
        Kind::Labeled(one) => labeled(one.label.as_slice(), below(&one.subtree)),
        Kind::Leaf(value) => leaf(value.clone()),
        Kind::Pruned(digest) => pruned(<[u8; 32]>::try_from(digest.as_slice()).expect("32 bytes")),
    }
}

#[test]
fn a_certified_delta_of_the_registry_verifies_to_the_root_key() {
    let fixture: serde_json::Value = icpulse_testing::fixtures::registry_delta();
    let bytes = |name: &str| hex::decode(fixture[name].as_str().unwrap()).unwrap();
    let registry = id("rwlgt-iiaaa-aaaaa-aaaaa-cai");
    let time = Timestamp(fixture["time_nanos"].as_u64().unwrap());
    let verified =
        verify(&bytes("certificate_hex"), &main_network_root_key(), Authority::Canister(registry), time)
            .unwrap();
    assert_eq!(verified.time, time);
    let tree = tree(&Mixed::decode(bytes("hash_tree_hex").as_slice()).unwrap());
    let certified = verified.certified_data(&registry).unwrap().expect("certified data");
    assert_eq!(certified, tree.digest());
    let LookupResult::Found(version) = tree.lookup_path([b"current_version"]) else { panic!("no version") };
    let mut version = version;
    assert_eq!(leb128::read::unsigned(&mut version).unwrap(), fixture["latest_version"].as_u64().unwrap());

    let mut altered = bytes("certificate_hex");
    let last = altered.len() - 1;
    altered[last] ^= 1;
    assert!(verify(&altered, &main_network_root_key(), Authority::Canister(registry), time).is_err());
}

const REGISTRY: &str = "rwlgt-iiaaa-aaaaa-aaaaa-cai";

/// `CertifiedResponse`, its tree as this test reads it.
#[derive(Clone, PartialEq, Message)]
struct Certified {
    #[prost(message, optional, tag = "1")]
    tree: Option<Mixed>,
    #[prost(bytes, tag = "2")]
    certificate: Vec<u8>,
}

/// What was certified, checked against the root key: the tree of a reply.
fn certified(demo: &icpulse_demo::Demo, reply: &[u8]) -> HashTree {
    let reply = Certified::decode(reply).unwrap();
    let tree = tree(&reply.tree.unwrap());
    let (root, now) = (RootKey(demo.root_key()), demo.clock().wall());
    let verified = verify(&reply.certificate, &root, Authority::Canister(id(REGISTRY)), now).unwrap();
    assert_eq!(verified.certified_data(&id(REGISTRY)).unwrap().expect("certified data"), tree.digest());
    tree
}

fn version_of(tree: &HashTree) -> u64 {
    let LookupResult::Found(mut version) = tree.lookup_path([b"current_version"]) else {
        panic!("no version")
    };
    leb128::read::unsigned(&mut version).unwrap()
}

/// All keys and their newest values, from pages that were verified each.
async fn replay(demo: &icpulse_demo::Demo) -> (u64, BTreeMap<Vec<u8>, Option<wire::mutation::Content>>) {
    let agent = anonymous(demo);
    let (mut version, mut records) = (0u64, BTreeMap::new());
    loop {
        let arg = wire::encode(&wire::GetChangesSinceRequest { version });
        let query = agent.query(&id(REGISTRY), "get_certified_changes_since").with_arg(arg);
        let tree = certified(demo, &query.call().await.unwrap());
        let mut shown = 0;
        while let LookupResult::Found(delta) =
            tree.lookup_path([b"delta".as_slice(), &(version + 1).to_be_bytes()])
        {
            let delta: wire::HighCapacityRegistryAtomicMutateRequest = wire::decode(delta).unwrap();
            for mutation in delta.mutations {
                records.insert(mutation.key, mutation.content.filter(|_| mutation.mutation_type != 2));
            }
            version += 1;
            shown += 1;
        }
        assert!(shown <= 1_000);
        if shown == 0 {
            assert_eq!(version_of(&tree), version);
            return (version, records);
        }
    }
}

#[tokio::test]
async fn the_demos_registry_is_certified_page_by_page() {
    let demo = shared();
    let agent = anonymous(demo);
    let reply = agent.query(&id(REGISTRY), "get_certified_latest_version").with_arg(vec![]).call().await;
    let tree = certified(demo, &reply.unwrap());
    assert!(version_of(&tree) >= 3_000);
    let delta = tree.lookup_path([b"delta".as_slice(), &1u64.to_be_bytes()]);
    assert_eq!(delta, LookupResult::Unknown, "the changes are pruned");
    let (version, records) = replay(demo).await;
    assert!(version >= version_of(&tree));
    assert!(records.contains_key(b"subnet_list".as_slice()));
}

/// The members of each subnet, by the records.
fn members(
    records: &BTreeMap<Vec<u8>, Option<wire::mutation::Content>>,
) -> BTreeMap<Principal, BTreeSet<Principal>> {
    let mut all = BTreeMap::new();
    for (key, content) in records {
        if let (Key::Subnet(id), Some(wire::mutation::Content::Value(bytes))) = (Key::parse(key), content) {
            let record: wire::SubnetRecord = wire::decode(bytes).unwrap();
            all.insert(id, record.membership.iter().map(|m| Principal::from_slice(m)).collect());
        }
    }
    all
}

#[tokio::test]
async fn what_subnets_certify_follows_the_registry() {
    let demo = demo();
    let agent = anonymous(&demo);
    let (version, before) = replay(&demo).await;
    let before = members(&before);
    assert_eq!(before.len(), demo.subnets().len());
    for days in [0, 5] {
        demo.advance(Duration::from_secs(days * 86_400));
        let (newer, records) = replay(&demo).await;
        assert!(days == 0 || newer > version + 90, "{newer} after {version}");
        let after = members(&records);
        assert!(days == 0 || after != before, "in five days somewhere a node was replaced");
        // Those that changed most recently, and the first two.
        let changed = after.iter().filter(|(id, nodes)| before.get(id) != Some(nodes)).map(|(id, _)| *id);
        let checked: BTreeSet<Principal> =
            demo.subnets().into_iter().take(2).chain(changed.take(4)).collect();
        for subnet_id in checked {
            let subnet = agent.fetch_subnet_by_id(&subnet_id).await.unwrap();
            let nodes: BTreeSet<Principal> = subnet.iter_nodes().collect();
            assert_eq!(&nodes, &after[&subnet_id], "the nodes of {subnet_id}");
        }
        let listed = agent.fetch_api_boundary_nodes_by_subnet_id(demo.subnets()[0]).await.unwrap();
        let is_boundary = |(key, content): &(&Vec<u8>, &Option<_>)| {
            content.is_some() && matches!(Key::parse(key), Key::ApiBoundaryNode(_))
        };
        assert_eq!(listed.len(), records.iter().filter(is_boundary).count());
    }
}

#[tokio::test]
async fn every_subnet_is_asked_at_its_own_address() {
    let demo = shared();
    let agent = anonymous(demo);
    for subnet_id in demo.subnets().into_iter().step_by(9) {
        let subnet = agent.fetch_subnet_by_id(&subnet_id).await.unwrap();
        assert!(subnet.iter_canister_ranges().count() > 0);
        let metrics = agent.read_state_subnet_metrics(subnet_id).await.unwrap();
        assert!(metrics.num_canisters > 0);
    }
}
