//! A certificate of the main network's registry, which comes with its hash tree as
//! protobuf. (Certificates of read_state are tested beside the verifier.)

use crate::client::id;
use ic_certification::{HashTree, LookupResult, empty, fork, labeled, leaf, pruned};
use icpulse::ic::certificate::{Authority, main_network_root_key, verify};
use icpulse::model::Timestamp;
use prost::Message;

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
    let fixture: serde_json::Value =
        serde_json::from_str(include_str!("../fixtures/certificates/registry_delta.json")).unwrap();
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
